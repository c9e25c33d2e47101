"""Speakers in chats, in other programs' marks, and questions that nobody's name opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.formats import read
from autocode.formats.transcripts.speakers import turns_in
from tests.formats.office import docx

SIX = ["How did you come?", "My uncle had a boat: he said, come.", "And then?", "Cold. I recall 4:30.", "Why?", "It was dawn."]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("[03-Mar-25 03:5{n} PM] {who}\n{words}\n", ("mara.l", "otis_hale")),
        ("15:5{n} <{who}> {words}", ("mara.l", "otis_hale")),
        ("\\textbf{{{who}:}} {words}\n", ("I", "H")),
        ("{who}> {words}", ("01", "02")),
        ("［{who}］{words}", ("聞き手", "佐藤")),
        ("- speaker: {who}\n  time: 00:0{n}:00\n  text: {words}", ("Mara", "Otis")),
        ("{who}_0{n}: {words}", ("INT", "OTIS")),
    ],
)
def test_names_in_chats_and_in_other_programs_marks(line: str, names: tuple[str, str]) -> None:
    """Names with a dot in them, days with a month's name, the bold of LaTeX, a prompt."""
    text = "\n".join(line.format(n=n, who=who, words=words) for n, (who, words) in enumerate(zip(names * 3, SIX, strict=True)))
    turns = turns_in(text).turns
    assert [(t.speaker, text[t.start : t.end]) for t in turns] == list(zip(names * 3, SIX, strict=True))


def test_remarks_in_brackets_that_name_their_writer_are_no_turns() -> None:
    """``[Memo ML: he looks away]`` comes back, but always in brackets, where no speaker's name stands in any."""
    pairs = list(zip(["I", "P07"] * 3, SIX, strict=True))
    blocks = [f"{who}: {words}" for who, words in pairs]
    text = "\n\n".join([*blocks[:2], "[Memo ML: he looks away]", *blocks[2:4], "[Memo ML: a long pause]", *blocks[4:]]) + "\n"
    assert [(t.speaker, text[t.start : t.end]) for t in turns_in(text).turns] == pairs


def test_questions_as_headings_or_in_other_type_above_named_answers() -> None:
    """Who asks has no name where questions are headings; a title above them is no question."""
    asked = ["What does it mean to you?", "What should change?", "Who should pay?"]
    answers = [(who, f"{n} said {who.lower()}.") for n in range(3) for who in ("Otis", "Ines")]
    blocks = [line for n in range(3) for line in (f"## {asked[n]}", *(f"**{w}:** {s}" for w, s in answers[2 * n : 2 * n + 2]))]
    wanted = [turn for n in range(3) for turn in (("Interviewer", asked[n]), *answers[2 * n : 2 * n + 2])]
    text = "# Group\n\n" + "\n\n".join(blocks) + "\n"
    assert [(t.speaker, text[t.start : t.end]) for t in turns_in(text).turns] == wanted
    plain = text.replace("# ", "").replace("#", "").replace("*", "")
    bold = [(plain.index(q), plain.index(q) + len(q), "bold") for q in asked]
    assert [(t.speaker, plain[t.start : t.end]) for t in turns_in(plain, bold).turns] == wanted


def test_questions_in_brackets_are_the_interviewer_s() -> None:
    """Brackets around every question and no other paragraph tell the sides apart, and are no words."""
    text = "\n\n".join(f"[{s}]" if n % 2 == 0 else s for n, s in enumerate(SIX)) + "\n"
    turns = turns_in(text).turns
    assert [(t.speaker, text[t.start : t.end]) for t in turns] == list(zip(["Interviewer", "Respondent"] * 3, SIX, strict=True))


def test_a_number_and_a_time_in_the_cells_of_a_name_are_no_turn(tmp_path: Path) -> None:
    """A cell with the time above the name parts a row of a table in two lines: the time alone is nobody's words."""
    who = ["Mara Lind", "Otis Hale"] * 3
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>".format
    timed = "<w:tc><w:p><w:r><w:t>00:00:1{}</w:t></w:r></w:p><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>".format
    rows = "".join(f"<w:tr>{cell(n)}{timed(n, who[n])}{cell(SIX[n])}<w:tc><w:p/></w:tc></w:tr>" for n in range(6))
    document = read(docx(tmp_path / "a.docx", f"<w:tbl>{rows}</w:tbl><w:p/>")).documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == list(zip(who, SIX, strict=True))


def test_objects_a_line_that_say_who_speaks_are_turns(tmp_path: Path) -> None:
    """JSON with an object a line is read as a list of them is."""
    path = tmp_path / "a.jsonl"
    said = list(zip(["Mara", "Otis"] * 3, SIX, strict=True))
    path.write_text("".join(f'{{"speaker": "{who}", "text": "{words}"}}\n' for who, words in said))
    document = read(path).documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == said


def test_the_first_question_below_lines_about_the_document_is_said() -> None:
    """A role's letter that opens lines again and again opens talk, though a time hides that a sentence ends there."""
    lines = [f"{who}: {words} #00:00:1{n}-{n}#" for n, (who, words) in enumerate(zip(["I", "B1"] * 3, SIX, strict=True))]
    text = "Datum: 3.3.2025\nDauer: 00:08:20\n\n" + "\n\n".join(lines) + "\n"
    assert [(t.speaker, text[t.start : t.end]) for t in turns_in(text).turns] == list(zip(["I", "B1"] * 3, SIX, strict=True))
