"""Survey answers and transcripts that are tables: read as what they are, or the column to name is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import ReadOptions, read_all
from tests.conftest import shared

SURVEY = (
    'ID,Age,"Q1. What went well?","Q2. What did not?"\n'
    "p1,34,the teachers had time for all of us,nothing that I can think of\n"
    "p2,51,I met people from other towns,\n"
    "p3,28,,the room was far too cold for me\n"
    "p4,30,,\n"
)


def _file(folder: Path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def test_the_column_named_is_read_whatever_the_table_looks_like(tmp_path: Path) -> None:
    """Each person is a document, each answer a unit, the rest are variables; rows without an answer are counted."""
    options = ReadOptions(columns={"text": "Q1. What went well?\nQ2. What did not?"})
    study, receipts = read_all([_file(tmp_path, SURVEY)], options)
    assert [(d.id, len(d.segments), d.variables["Age"]) for d in study.documents] == [
        ("p1", 2, "34"),
        ("p2", 1, "51"),
        ("p3", 1, "28"),
    ]
    assert study.documents[2].text == "the room was far too cold for me"
    assert receipts[0].skipped == {"without an answer": 1}


def test_without_a_column_the_message_names_what_looks_like_answers(tmp_path: Path) -> None:
    """Answers are words, hardly any twice; the option to type is given whole."""
    with pytest.raises(InputError, match=r"--column 'text=Q1\. What went well\?'"):
        read_all([_file(tmp_path, SURVEY)])


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A misspelt column is no reason to read something else."""
    with pytest.raises(InputError, match="missing column Q9"):
        read_all([_file(tmp_path, SURVEY)], ReadOptions(columns={"text": "Q9"}))


@pytest.mark.parametrize(
    "header",
    ["start time,end time,speaker,dialog", "Start,End,Speaker,Text", "from time,to time,Who,What was said"],
)
def test_a_table_of_turns_is_a_transcript(tmp_path: Path, header: str) -> None:
    """Speaker, words and times, a row a turn; neighbouring rows of one speaker are one turn."""
    rows = "00:00:01.5,00:00:04,Jo,How was it?\n00:00:05,00:00:09,Ana,Hard.\n00:00:09,00:00:12,Ana,And long.\n"
    study, receipts = read_all([_file(tmp_path, f"{header}\n{rows}")])
    turns = study.documents[0].turns
    assert [(t.speaker, t.start_ms, study.documents[0].text_of(t)) for t in turns] == [
        ("Jo", 1500, "How was it?"),
        ("Ana", 5000, "Hard. And long."),
    ]
    assert receipts[0].given == 3


def test_a_transcript_in_a_table_that_was_read_as_participants() -> None:
    """The export of a player that lost its twelve rows."""
    study, _ = read_all([shared("cases", "22-transcript-as-csv", "92_vizscribe.csv")])
    assert len(study.documents[0].turns) == 12


def test_a_participants_table_with_long_notes_still_describes_documents(tmp_path: Path) -> None:
    """Where its names are those of documents, free text beside them is a variable."""
    talk = _file(tmp_path, "I: Well?\nR: It was hard.\n", "R01.txt")
    table = _file(tmp_path, "document,notes\nR01,she was tired on that day and left early\n")
    assert read_all([talk, table])[0].documents[0].variables["notes"].startswith("she was tired")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_excels_unicode_text_is_a_table(tmp_path: Path, encoding: str) -> None:
    """A .txt whose cells are parted by tabs under headings that we know is no transcript."""
    text = "document\ttext\tcode\tcoder\r\nInt1\tthe price was low\tCost\tana\r\nInt1\tno time\tTime\tana\r\n"
    study, receipts = read_all([_file(tmp_path, text, "t.txt", encoding)])
    assert len(study.codings) == 2
    assert receipts[0].what == "coded segments"


def test_a_transcript_with_tabs_stays_a_transcript(tmp_path: Path) -> None:
    """Speaker, tab, words: without headings it is no table."""
    study, _ = read_all([_file(tmp_path, "I\tHow was it?\nR\tHard.\nI\tWhy?\nR\tThe time.\n", "t.txt")])
    assert len(study.documents) == 1
    assert not study.codings


def test_headings_of_r_packages_are_known(tmp_path: Path) -> None:
    """doc_name, code_name, segment_text, user_name and offsets, as an R package writes them."""
    (tmp_path / "Int1.txt").write_text("I: How?\nR: the price was low\n")
    table = _file(
        tmp_path, "doc_name,code_name,segment_text,user_name,segment_start,segment_end\nInt1,Cost,price was low,ana,15,28\n"
    )
    study, _ = read_all([tmp_path / "Int1.txt", table])
    assert [(c.document, c.start, c.end, c.coder) for c in study.codings] == [("Int1", 15, 28, "ana")]


@pytest.mark.parametrize(("name", "sep"), [("t.tsv", "\t"), ("t.csv", ";")])
def test_a_transcript_without_headings_is_read(name: str, sep: str, tmp_path: Path) -> None:
    """The first row is a turn like the others, and the receipt says so."""
    said = ("Where did you learn it?", "From my aunt, mostly.", "And who taught her?", "Nobody at all, she said.")
    rows = [sep.join((f"00:00:0{n}", ("VERA", "OLAF")[n % 2], words)) for n, words in enumerate(said)]
    (tmp_path / name).write_text("\n".join(rows) + "\n")
    study, receipts = read_all([tmp_path / name])
    document = study.documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == [
        (("VERA", "OLAF")[n % 2], w) for n, w in enumerate(said)
    ]
    assert any("no headings" in note for r in receipts for note in r.notes)
