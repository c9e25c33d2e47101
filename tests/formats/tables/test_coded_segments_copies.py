"""Documents of one name in several document groups of a table."""

from __future__ import annotations

from pathlib import Path

from autocode.formats import ReadOptions, read_all
from autocode.formats.tables.coded_segments import told_apart
from autocode.formats.tables.quotes import Quote
from autocode.study import Document

LONG, PART = "It was hard and it took so long.", "hard and it took so long"


def _told(*quotes: Quote, documents: tuple[Document, ...] = ()) -> tuple[list[tuple[str, str]], str]:
    found, notes = told_apart(quotes, ReadOptions(documents=documents))
    return [(q.document, q.coder) for q in found], " ".join(notes)


def test_one_author_in_two_groups_means_that_the_groups_are_the_coders() -> None:
    """A project merged on one machine knows one author; overlapping passages show one document."""
    found, said = _told(Quote(2, "A", LONG, ("x",), "User", group="Ana"), Quote(3, "A", PART, ("x",), "User", group="Ben"))
    assert found == [("A", "Ana"), ("A", "Ben")]
    assert "1 document" in said
    assert "the groups are the coders" in said


def test_two_authors_stay_the_coders() -> None:
    """Where each group has its own author, the authors' names are kept."""
    found, said = _told(Quote(2, "A", LONG, ("x",), "Ana", group="G1"), Quote(3, "A", LONG, ("x",), "Ben", group="G2"))
    assert found == [("A", "Ana"), ("A", "Ben")]
    assert "the authors are the coders" in said


def test_two_interviews_of_one_name_are_told_apart() -> None:
    """Groups that quote nothing alike hold two documents."""
    found, said = _told(
        Quote(2, "A", LONG, ("x",), "U", group="Teachers"),
        Quote(3, "A", "We never saw any of them.", ("x",), "U", group="Pupils"),
    )
    assert found == [("A (Teachers)", "U"), ("A (Pupils)", "U")]
    assert "the group is added" in said


def test_a_known_transcript_shows_one_document() -> None:
    """Where the transcript is there, two groups are two coders though they quote nothing alike."""
    quotes = (Quote(2, "A", LONG, ("x",), group="Ana"), Quote(3, "A", "Yes.", ("x",), group="Ben"))
    assert _told(*quotes, documents=(Document("A", f"{LONG} Yes."),))[0] == [("A", "Ana"), ("A", "Ben")]


def test_one_group_or_none_changes_nothing() -> None:
    """Documents of different names may share a group."""
    quotes = [Quote(2, "A", LONG, ("x",), "U", group="G"), Quote(3, "B", LONG, ("x",), "U", group="G"), Quote(4, "A", "y")]
    assert told_apart(quotes, ReadOptions()) == (quotes, [])


def test_a_table_of_two_groups_is_read_as_two_coders(tmp_path: Path) -> None:
    """MAXQDA's columns, one user, the same interview in two document groups."""
    (tmp_path / "A.txt").write_text(f"R: {LONG}\n\nR: Nobody helped us there.\n")
    (tmp_path / "segments.csv").write_text(
        "Document group,Document name,Code,Beginning,End,Segment,Author\n"
        f"Ana,A,Effort,1,1,{LONG},pc\nBen,A,Effort,1,1,{LONG},pc\nBen,A,Help,3,3,Nobody helped us there.,pc\n"
    )
    study, receipts = read_all([tmp_path / "A.txt", tmp_path / "segments.csv"], ReadOptions(add_codes=True))
    assert study.humans == ("Ana", "Ben")
    assert sorted((c.coder, c.code) for c in study.codings) == [("Ana", "Effort"), ("Ben", "Effort"), ("Ben", "Help")]
    assert "the groups are the coders" in " ".join(map(str, receipts))
