"""The receipt of an import: short, whole, odd things first; every file, row, coding and speaker is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import ReadOptions, read_all
from autocode.formats.overview import DocumentRow, Overview, accounts
from autocode.formats.receipt import asks
from autocode.study import Document, Turn

TALK = "I: How did it go for you then?\nR: It was hard, I had no time at all and no money.\nI: Why?\nR: The job.\n"
GO_ON = ReadOptions(go_on=True, add_codes=True)


def _folder(folder: Path) -> Path:
    """A folder as people have it: transcripts, tables, a codebook, and what cannot be read."""
    files = {
        "R01.txt": TALK,
        "R02.txt": TALK.replace("hard", "easy").replace("R:", "Rosa:"),
        "notes.doc": "x",
        "slides.pptx": "x",
        "talk.mp3": "x",
        "broken.docx": "x",
        "empty.txt": " ",
        "README.txt": "about",
        ".DS_Store": "x",
        "sub/R03.txt": TALK,
        "codebook.csv": "Theme,Code,Definition\nBarriers,Time,hours\n,Money,costs\n",
        "codings.csv": "document,text,code,coder\n"
        + "".join(
            f"{row}\n" for row in ("R01,no time at all,Time,ana", "R01,not there,Time,ana", "R02,no time at all,Time,ben")
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_every_file_row_coding_and_speaker_has_a_line_that_counts_it(tmp_path: Path) -> None:
    """Nothing that a folder holds goes without a word."""
    study, receipts = read_all([_folder(tmp_path)], GO_ON)
    told = Overview.of(study, receipts)
    text = str(told)
    for name in ("notes.doc", "slides.pptx", "talk.mp3", "broken.docx", "empty.txt", "README.txt", "sub/", "hidden files"):
        assert f"Not read: {name}" in text, name
    assert text.startswith("2 documents, 2 coders, 2 codings, 2 codes in 1 theme; 1 could not be placed.")
    assert "codings.csv: 2 of 3 coded segments, 1 left out (1 not found in the transcript)" in text
    assert "not found in the transcript: lines 3" in text
    assert "codebook.csv: 2 of 2 codes" in text
    for speaker in {t.speaker for d in study.documents for t in d.turns}:
        assert speaker in text
    assert told.failed == 2
    assert sum(row.turns for row in told.documents) == sum(len(d.turns) for d in study.documents) == 8


def test_one_bad_file_stops_the_others_only_where_nobody_asked_to_go_on(tmp_path: Path) -> None:
    """A program that reads a folder gets an error, a person the rest and a line."""
    with pytest.raises(InputError, match=r"broken\.docx|empty\.txt"):
        read_all([_folder(tmp_path)])
    assert len(read_all([tmp_path], GO_ON)[0].documents) == 2


def test_like_notes_are_gathered_with_the_names_of_their_files(tmp_path: Path) -> None:
    """Three files read by the same guess are one line that names them."""
    for name in "abc":
        (tmp_path / f"{name}.txt").write_bytes("Grüße an alle, schöne Woche.\n".encode("cp1252"))
    receipts = read_all([tmp_path])[1]
    assert [n.split(":")[0] for n in receipts[0].notes] == ["a.txt, b.txt, c.txt"]


def test_odd_documents_come_first_and_say_what_is_odd(tmp_path: Path) -> None:
    """A document without speakers and one with a single speaker stand above the others, in the table too."""
    (tmp_path / "a.txt").write_text(TALK)
    (tmp_path / "b.txt").write_text("Just a block of words that nobody says.\n\nAnd another one.\n")
    told = Overview.of(*read_all([tmp_path]))
    lines = str(told).splitlines()
    assert lines[1:3] == ["To look at:", "  b: no speakers found: 2 paragraphs are the units"]
    assert [line.split()[0] for line in lines[3:6]] == ["Document", "b", "a"]


def test_doubts_stand_above_and_what_was_done_below(tmp_path: Path) -> None:
    """What asks for a look is told first and once, with its file; what was left out is told with the account of the files."""
    talk = "".join(f"Ann: Why did you go there, number {n}?\nBo: It was on the way home.\n" for n in range(4))
    (tmp_path / "a.txt").write_text(f"{talk}Zed: Once only.\n")
    (tmp_path / "b.html").write_text(f"<nav>Home News</nav>{''.join(f'<p>{x}</p>' for x in talk.splitlines())}")
    overview = Overview.of(*read_all([tmp_path]))
    lines = str(overview).splitlines()
    assert lines[1:3] == ["To look at:", "  a.txt: 'Zed': one turn only; a speaker?"]
    assert lines[-1] == "  b.html: 2 words of menus, notices or comments left out"
    assert str(overview).count("Zed'") == 1
    assert accounts(overview.receipts)[1] == "  to look at: a.txt: 'Zed': one turn only; a speaker?"
    receipt = overview.to_json()["receipts"][0]  # type: ignore[index]
    assert len(receipt["notes"]) == 2
    assert receipt["doubts"] == ("a.txt: 'Zed': one turn only; a speaker?",)


@pytest.mark.parametrize(
    ("note", "doubt"),
    [
        ("'Why?', 'Look at me': taken for a line about the transcript, not for a speaker", False),
        ("12 numbers of lines left out", False),
        ("'Zed': one turn only; a speaker?", True),
        ("2 pages in two columns, read one after the other: check their order", True),
        ("the interviewer's words may be missing", True),
    ],
)
def test_a_note_that_asks_is_a_doubt(note: str, doubt: bool) -> None:
    """How a note is worded tells whether a person should look; names in quotation marks ask nothing."""
    assert asks(note) is doubt


def test_json_has_all_of_it(tmp_path: Path) -> None:
    """Counts, the table of documents, and each receipt with what it skipped and why."""
    made = Overview.of(*read_all([_folder(tmp_path)], GO_ON)).to_json()
    assert (made["documents"], made["codings"], made["codes"], made["themes"]) == (2, 2, 2, 1)
    assert {row["document"] for row in made["table"]} == {"R01", "R02"}  # type: ignore[union-attr, index]
    files = next(r for r in made["receipts"] if r["what"] == "files")  # type: ignore[union-attr, index]
    assert files["skipped"] == {"not read": 6, "that could not be read": 2}


@pytest.mark.row(14)
def test_no_word_of_a_transcript_is_in_a_receipt(tmp_path: Path) -> None:
    """Receipts are kept and sent: they name files, speakers and numbers only."""
    text = str(Overview.of(*read_all([_folder(tmp_path)], GO_ON)))
    assert not any(words in text for words in ("no money", "How did it go", "no time at all", "not there"))


def test_a_list_of_codes_that_is_not_called_a_codebook_is_asked_about(tmp_path: Path) -> None:
    """Names with what they mean are no interview; the receipt asks, and says which option settles it."""
    codes = [
        "Barriers: what keeps people away",
        "Cost: money that is needed",
        "Time - hours",
        "Helpers",
        "1.2 Family: parents",
        "Friends",
    ]
    (tmp_path / "notes.txt").write_text("\n".join(codes) + "\n", encoding="utf-8")
    (tmp_path / "talk.txt").write_text(
        "It was late when we came.\nNobody knew us.\nWe slept.\nWe left.\nAnd on.\n", encoding="utf-8"
    )
    rows = {row.document: row.odd for row in Overview.of(*read_all([tmp_path / "notes.txt", tmp_path / "talk.txt"])).documents}
    assert rows["notes"].endswith("a list of codes? If so, import it with --kind codebook")
    assert rows["talk"] == "no speakers found: 5 lines are the units"


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("One here. And another.\nstill it.\n\nTwo here.\n\nThree.\n", "3 paragraphs are the units"),
        ("A line without an end\nanother one of these\nand a third\n", "3 lines are the units"),
        ("A sentence. " * 900, "900 sentences are the units"),
    ],
)
def test_a_text_without_speakers_names_its_units(text: str, units: str) -> None:
    """Paragraphs, else lines, else sentences are what is coded, and the receipt says which."""
    assert units in DocumentRow.of(Document("a", text)).odd


def test_a_document_shows_the_roles_that_the_study_knows() -> None:
    """Who asks elsewhere is the interviewer here too, though this document alone does not tell."""
    text = "Vera: Yes.\nOlaf: No.\nVera: Perhaps.\nOlaf: Fine.\n"
    turns = tuple(Turn(text.index(w), text.index(w) + len(w), who) for who, w in (("Vera", "Yes."), ("Olaf", "No.")))
    row = DocumentRow.of(Document("d", text, turns=turns, interviewers=("Vera",)))
    assert (row.speakers, row.odd) == (("Vera (interviewer)", "Olaf"), "")
    assert "nobody is known as the interviewer" in DocumentRow.of(Document("d", text, turns=turns)).odd


@pytest.mark.parametrize("name", ["README.md", "LESEN.txt", "LIZENZ.txt", "Read_me_en.txt", "00 readme.md"])
def test_a_note_on_the_files_is_no_transcript_beside_others(tmp_path: Path, name: str) -> None:
    """Named with other files or lying among them it stays out and is told; named alone it is read; 'Licensing 03' is a talk."""
    (tmp_path / name).write_text("The table holds what Ana coded in the talks.\n")
    (tmp_path / "Licensing 03.txt").write_text(TALK)
    (tmp_path / "coded.csv").write_text("Document,Code,Segment,Coder\nTalk 9,Money,no money at all,Ana\n")
    for sources in ([tmp_path], sorted(tmp_path.iterdir())):
        study, receipts = read_all(sources, GO_ON)
        assert {d.id for d in study.documents} == {"Licensing 03", "Talk 9"}
        assert f"Not read: {name}: a note on the files; name it alone to read it" in str(Overview.of(study, receipts))
    assert len(read_all([tmp_path / name])[0].documents) == 1
