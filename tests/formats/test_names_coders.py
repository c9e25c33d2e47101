"""Whose codings: document groups as coders, and one file a coder."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import AutocodeError
from autocode.formats import read_coders, write
from autocode.formats.names import join_coders, unite_copies
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Code, Codebook
from tests.formats.projects_made import ANA, BEN, code, coding, project, qdpx, selection, source

TEXT = "some words to code"
BOOK = Codebook((Code("c"), Code("d")))


def _copies(first: str, second: str, text: str = TEXT) -> Study:
    """One document in two groups, each coded by the user named."""
    documents = (Document("A", TEXT, "A", groups=("G1",)), Document("A (G2)", text, "A", groups=("G2",)))
    coders = tuple(Coder(i, i) for i in dict.fromkeys((first, second)))
    codings = (Coding("A", 0, 4, "c", first), Coding("A (G2)", 5, 10, "c", second))
    readings = (Reading("A", first, 0, len(TEXT)), Reading("A (G2)", second, 0, len(text)))
    return Study(documents, BOOK, coders, codings, readings)


def test_two_users_in_two_groups_stay_the_coders() -> None:
    """Where each group was coded by its own user, the users' names are kept."""
    study, notes = unite_copies(_copies("Ana", "Ben"))
    assert [d.id for d in study.documents] == ["A"]
    assert [(c.document, c.coder) for c in study.codings] == [("A", "Ana"), ("A", "Ben")]
    assert {r.document for r in study.readings} == {"A"}
    assert "users are the coders" in notes[0]


def test_one_user_in_two_groups_means_that_the_groups_are_the_coders() -> None:
    """A project merged on one machine knows one user; the groups tell who coded."""
    study, _ = unite_copies(_copies("User", "User"))
    assert study.humans == ("G1", "G2")
    assert [r.coder for r in study.readings] == ["G1", "G2"]


def test_documents_of_different_texts_are_not_united() -> None:
    """The same name is not enough: an edited copy keeps its own positions."""
    study = _copies("Ana", "Ben", TEXT + ".")
    assert unite_copies(study) == (study, [])


def test_a_copy_without_codings_is_left_alone() -> None:
    """One coded copy makes no comparison."""
    study = _copies("Ana", "Ben")
    alone = Study(study.documents, BOOK, study.coders, study.codings[:1], study.readings[:1])
    assert unite_copies(alone) == (alone, [])


def test_one_file_a_coder_is_joined_by_text_and_path(tmp_path: Path) -> None:
    """The same text under another name, and the same code under another guid, are the same."""
    one = project(code(1, "c"), source(5, "A", selection(0, 4, coding(7, 1, ANA))))
    two = project(code(2, "c") + code(3, "d"), source(6, "A copy", selection(5, 10, coding(7, 2, BEN))))
    files = {
        "Zoe": qdpx(tmp_path, one, {"5.txt": TEXT}, "1.qdpx"),
        "Yan": qdpx(tmp_path, two, {"6.txt": TEXT}, "2.qdpx"),
    }
    study, receipts = read_coders(files)
    assert [(c.document, c.start, c.code, c.coder) for c in study.codings] == [
        ("A", 0, "c", "Zoe"),
        ("A", 5, "c", "Yan"),
    ]
    assert study.humans == ("Zoe", "Yan")
    assert [c.path for c in study.codebook] == ["c", "d"]
    assert "named as in the files before" in str(receipts[-1])


def test_files_of_any_kind_can_be_joined(tmp_path: Path) -> None:
    """A table and a project of the same text give two coders."""
    study = Study((Document("A", TEXT, "A"),), BOOK, (Coder("x"),), (Coding("A", 0, 4, "c", "x"),), (Reading("A", "x", 0, 9),))
    write(study, tmp_path / "one.csv")
    write(study, tmp_path / "two.qdpx")
    joined, _ = read_coders({"Ana": tmp_path / "one.csv", "Ben": tmp_path / "two.qdpx"})
    assert [(d.id, len(d.text)) for d in joined.documents] == [("A", len(TEXT))]
    assert joined.humans == ("Ana", "Ben")


def test_another_text_under_the_same_name_gets_the_coders_name() -> None:
    """Two interviews that both are called A stay two."""

    def part(text: str) -> Study:
        return Study((Document("A", text, "A"),), BOOK, (Coder("x"),), (Coding("A", 0, 1, "c", "x"),))

    study, notes = join_coders([("Ana", part("one")), ("Ben", part("two"))])
    assert [d.id for d in study.documents] == ["A", "A (Ben)"]
    assert [c.document for c in study.codings] == ["A", "A (Ben)"]
    assert notes


def test_several_coders_in_one_file_are_taken_for_one_and_said() -> None:
    """The name given wins; machines keep theirs."""
    coders = (Coder("a"), Coder("b"), Coder("m", kind="machine"))
    codings = tuple(Coding("A", i, i + 1, "c", c.id) for i, c in enumerate(coders))
    study, notes = join_coders([("Ana", Study((Document("A", TEXT),), BOOK, coders, codings))])
    assert [c.coder for c in study.codings] == ["Ana", "Ana", "m"]
    assert "2 coders (a, b)" in notes[0]


def test_a_file_that_cannot_be_read_stops_the_joining(tmp_path: Path) -> None:
    """No half of a comparison."""
    with pytest.raises(AutocodeError, match="no such file"):
        read_coders({"Ana": tmp_path / "missing.qdpx"})
