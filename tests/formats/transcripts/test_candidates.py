"""Names that are speakers', and examples by which a person shows how they are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read_all
from autocode.formats.receipt import SHAPED, ReadOptions
from autocode.formats.transcripts.candidates import labels_like, shape_of
from autocode.formats.transcripts.speakers import turns_in


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        ("Interviewer (00:01):", "Name (00:01):"),
        ("Anna Berg (00:01): So tell me: what then", "Name (00:01):"),
        ("[00:12] Anna S.: well", "[00:12] Name:"),
        ("1. I: well", "1. Name:"),
        ("#1: hello", "#1:"),
        ("*** P1 ***", "*** Name ***"),
        ("Turn 5 – Anna: yes", "Turn 5 – Name:"),
        ("THE COURT:", "NAME:"),
        ("Speaker 1: 00:00:00", "Name: 00:00:00"),
        ("(P4) I think so", "(Name)"),
        ("ann_b — Today at 4:02 PM", "Name — Today at 4:02 PM"),
        ("Anna", "Name"),
    ],
)
def test_a_shape_holds_no_persons_name(line: str, shape: str) -> None:
    """Of an example only the way of naming is kept, and that is an example of itself."""
    assert shape_of(line) == shape
    assert shape_of(shape) == shape


@pytest.mark.parametrize(
    "line", ["...", "", "It was a long day and nobody had told us that the bus would be late, so we went on foot to the mill."]
)
def test_a_line_without_a_speaker_is_refused(line: str) -> None:
    """A line that names nobody is no example."""
    with pytest.raises(InputError, match="no speaker is named"):
        shape_of(line)


def test_all_lines_of_the_shape_are_found_with_their_times() -> None:
    """Other names and times are found, other shapes are not."""
    found = labels_like("~~ Name @ 00:01 ~~", "~~ Ana @ 0:05 ~~ yes\nAna: no\n~~ Dr. Li @ 01:02:03 ~~\nwell\n~~ Ana ~~ hm\n")
    assert [(x.name, x.start_ms) for x in found] == [("Ana", 5000), ("Dr. Li", 3723000)]


def test_a_name_alone_is_a_line_of_its_own() -> None:
    """An example without any sign means lines that hold nothing else; in capitals, it means names in capitals."""
    text = "ANNA\nYes, I do.\nOf course\n\nBEN\nAnd I too.\n"
    assert [x.name for x in labels_like("NAME", text)] == ["ANNA", "BEN"]


def test_an_example_reads_what_no_rule_knows(tmp_path: Path) -> None:
    """A layout of nobody else's is read by one line of it, and the receipt counts the turns."""
    lines = [
        f"=~ {who} ~= {words}\nand more of it\nand more"
        for who, words in (("Ana", "Why?"), ("Ben", "No idea."), ("Ana", "Still?"), ("Ben", "Yes."))
    ]
    (tmp_path / "t.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    before, _ = read_all([tmp_path / "t.txt"])
    study, receipts = read_all([tmp_path / "t.txt"], ReadOptions(shapes=("=~ Name ~=",)))
    assert not before.documents[0].turns
    document = study.documents[0]
    said = [(t.speaker, document.text[t.start : t.end].split("\n")[0]) for t in document.turns]
    assert said[:2] == [("Ana", "Why?"), ("Ben", "No idea.")]
    assert [(r.source, r.kept) for r in receipts if r.what == SHAPED] == [("'=~ Name ~='", 4)]


def test_an_example_does_not_spoil_texts_of_another_layout(tmp_path: Path) -> None:
    """Where names of the shape do not come back, speakers are found as usual."""
    text = "[I] Why did you go?\n[P] Reason: none.\n[I] And now?\nProblem: money.\n[P] Home.\n"
    (tmp_path / "t.txt").write_text(text, encoding="utf-8")
    study, _ = read_all([tmp_path / "t.txt"], ReadOptions(shapes=("Name:",)))
    assert [t.speaker for t in study.documents[0].turns] == ["I", "P", "I", "P"]


def _turns(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    """Speakers and words found where each pair is an opening and what is said."""
    text = "".join(f"{opening}{words}\n" for opening, words in pairs)
    return [(t.speaker, text[t.start : t.end]) for t in turns_in(text).turns]


WORDS = ("Why did you go?", "There was no work.", "And then?", "Then we came back.", "When was that?", "In May.")


@pytest.mark.parametrize(
    ("openings", "names"),
    [
        (("[14/03/2023, 10:02:11] Lena: ", "[14/03/2023, 10:03:40] Omar: "), ("Lena", "Omar")),
        (("3/14/23, 10:02 AM - Lena: ", "3/14/23, 10:03 AM - Omar: "), ("Lena", "Omar")),
        (("ANN [v] ", "BOB [v] "), ("ANN", "BOB")),
        (("佐藤\u3000", "田中\u3000"), ("佐藤", "田中")),
        (("THE COURT: ", "MS. LEE: "), ("THE COURT", "MS. LEE")),
        (("P04, female, 52: ", "Interviewer: "), ("P04, female, 52", "Interviewer")),
        (("Ms Fay, head teacher – ", "Researcher – "), ("Ms Fay, head teacher", "Researcher")),
    ],
)
def test_names_of_many_shapes_come_back(openings: tuple[str, str], names: tuple[str, str]) -> None:
    """Dates, brackets, wide spaces, capitals and commas with a name are told from running speech."""
    assert _turns(*((openings[n % 2], words) for n, words in enumerate(WORDS))) == [
        (names[n % 2], words) for n, words in enumerate(WORDS)
    ]


def test_questions_that_are_counted_are_one_speakers() -> None:
    """The number of a question tells no speakers apart; that of a participant does."""
    counted = [(f"Question {n // 2 + 1}: " if n % 2 == 0 else "Answer: ", words) for n, words in enumerate(WORDS)]
    assert [who for who, _ in _turns(*counted)] == ["Question", "Answer"] * 3
    group = [("Moderator: " if n % 2 == 0 else f"P{n // 2 + 1}: ", words) for n, words in enumerate(WORDS)]
    assert [who for who, _ in _turns(*group)] == ["Moderator", "P1", "Moderator", "P2", "Moderator", "P3"]


def test_a_name_that_comes_once_speaks_where_it_is_set_as_all_names_are() -> None:
    """Capitals, or type that stands out, tell a name that comes once from a word before a colon."""
    rest = (
        "INTERVIEWER: Who else?\nMARTA: My aunt, she cooked.\nINTERVIEWER: And he?\nMARTA: One thing: he slept.\nAll night.\n"
    )
    text = f"INTERVIEWER: How was it?\nMARTA: Cold.\nVery.\nAUNT: It was not cold at all.\n{rest}"
    assert [t.speaker for t in turns_in(text).turns] == ["INTERVIEWER", "MARTA", "AUNT", *["INTERVIEWER", "MARTA"] * 2]
    text = text.replace("INTERVIEWER", "Interviewer").replace("MARTA", "Marta").replace("AUNT", "Aunt")
    named = [m.span() for m in re.finditer(r"(?m)^\w+:", text)]
    assert "Aunt" in {t.speaker for t in turns_in(text, [(a, b, "bold") for a, b in named]).turns}
    plain = [(a, b, "bold") for a, b in named if not text.startswith("Aunt", a)]
    assert "Aunt" not in {t.speaker for t in turns_in(text, plain).turns}


def test_one_who_answers_between_dashes_of_whoever_asks() -> None:
    """Japanese magazines name who answers, with a wide space, and put a dash before the questions."""
    rounds = [("いつ始めましたか。", "十年前です。"), ("なぜですか？", "父が病気でした。"), ("今は？", "元気です。")]
    text = "".join(f"――{asked}\n\n田中\u3000{answered}\n\n" for asked, answered in rounds)
    turns = turns_in(f"町の人\u3000第二回\n\n{text}").turns
    assert [t.speaker for t in turns] == ["Interviewer", "田中"] * 3
