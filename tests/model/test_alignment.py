"""The table that a person edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import CodebookError, InputError, StudyError
from autocode.model.transfer import Alignment, Pair, read_alignment, write_alignment
from autocode.study.codebook import Codebook

PAIRS = (
    Pair("older", "Work > Time", "Job > Hours", 0.77, "name 0.00, entry 0.92", "yes"),
    Pair("older", "Work > Recognition", "Job > Esteem", 0.71, "name 0.24", "no"),
    Pair("older", "- Rest", "=Other", 0.5, "", ""),
    Pair("older", "", "Left", None, "no counterpart found", ""),
    Pair("another", "Work > Time", "T", 0.9, "", "yes"),
)


def test_the_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Paths that look like formulas, empty cells and decisions survive writing and reading."""
    write_alignment(tmp_path / "a.csv", Alignment(PAIRS))
    assert read_alignment(tmp_path / "a.csv").pairs == PAIRS


def test_only_what_is_confirmed_is_taken() -> None:
    """No and undecided are left out, studies are kept apart, and what is undecided can be counted."""
    found = Alignment(PAIRS)
    assert found.taken("older") == (("Work > Time", "Job > Hours"),)
    assert found.undecided == (PAIRS[2],)


def test_a_person_may_write_rows_by_hand(tmp_path: Path) -> None:
    """Score and why may be missing; Y, TRUE and 1 are yes."""
    (tmp_path / "a.csv").write_text("study,code,other,decision\no,A,B,Y\no,C,D,TRUE\no,E,F,1\no,G,H,n\n")
    assert read_alignment(tmp_path / "a.csv").taken("o") == (("A", "B"), ("C", "D"), ("E", "F"))


def test_another_decision_is_refused_with_its_line(tmp_path: Path) -> None:
    """A word that is neither yes nor no names the line it stands on."""
    (tmp_path / "a.csv").write_text("study,code,other,decision\no,A,B,yes\no,C,D,perhaps\n")
    with pytest.raises(InputError, match=r"a.csv, line 3: the decision is neither yes, no nor empty"):
        read_alignment(tmp_path / "a.csv")


def test_codes_that_do_not_exist_are_refused(book: Codebook) -> None:
    """A mistyped path names the nearest code; an alignment without a yes says what to do."""
    with pytest.raises(CodebookError, match="Did you mean 'Work > Time'"):
        Alignment((Pair("o", "Work > Tima", "Work", decision="yes"),)).check("o", book, book)
    with pytest.raises(StudyError, match="no code is confirmed"):
        Alignment((Pair("o", "Work > Time", "Work"),)).check("o", book, book)
