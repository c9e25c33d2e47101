"""Where spans meet segments."""

from __future__ import annotations

import numpy as np

from autocode.config import Config, MatrixConfig
from autocode.study import Coder, Coding, Document, Reading, Study, Turn
from autocode.study.codebook import codebook_from_rows
from autocode.study.matrix import coding_matrix


def _study(codings: list[Coding], readings: list[Reading]) -> Study:
    text = "aaaa bbbb\n\ncccc dddd"
    document = Document("d", text, turns=(Turn(0, 9, "R"), Turn(11, 20, "R")))
    book = codebook_from_rows([{"code": "x"}, {"code": "y"}])
    return Study((document,), book, (Coder("a"), Coder("b")), tuple(codings), tuple(readings))


def test_not_seen_is_not_not_coded() -> None:
    """A unit outside every reading is missing for the coder; a unit read and left alone is zero."""
    study = _study([Coding("d", 0, 4, "x", "a")], [Reading("d", "a", 0, 20), Reading("d", "b", 0, 9)])
    m = coding_matrix(study, Config(), ["a", "b"])
    assert m.seen.tolist() == [[True, True], [True, False]]
    assert m.Y[:, :, 0].tolist() == [[True, False], [False, False]]
    assert m.share[:, 0].tolist() == [0.5, 0.0]


def test_one_shared_letter_counts_under_any() -> None:
    """Under the rule `any`, a coding counts for every unit of which it covers a letter."""
    m = coding_matrix(_study([Coding("d", 8, 12, "x", "a")], []), Config(), ["a"])
    assert m.Y[0, :, 0].tolist() == [True, True]


def test_half_of_the_unit_is_needed_under_half() -> None:
    """Under the rule `half`, a coding counts only where it covers half of the unit."""
    config = Config(matrix=MatrixConfig(overlap="half"))
    m = coding_matrix(_study([Coding("d", 4, 12, "x", "a")], []), config, ["a"])
    assert m.Y[0, :, 0].tolist() == [True, False]


def test_spaces_do_not_count() -> None:
    """A coding that reaches only the blank between two units touches neither and is counted as outside."""
    m = coding_matrix(_study([Coding("d", 9, 11, "x", "a")], []), Config(), ["a"])
    assert not m.Y.any()
    assert m.outside.tolist() == [1]


def test_two_codes_on_one_unit_are_both_kept() -> None:
    """Overlapping codings of one coder give the unit both codes."""
    m = coding_matrix(_study([Coding("d", 0, 4, "x", "a"), Coding("d", 2, 9, "y", "a")], []), Config(), ["a"])
    assert m.Y[0, 0].tolist() == [True, True]


def test_interviewer_turns_are_no_units(study: Study) -> None:
    """Only the respondent's turns are rows, and their documents are numbered in order."""
    m = coding_matrix(study, Config(), study.humans)
    assert {s.speaker for s in m.segments} == {"R"}
    assert np.array_equal(np.unique(m.groups), np.arange(8))


def test_selecting_keeps_rows_together(study: Study) -> None:
    """Selecting units keeps segments, codings and coverage in step."""
    m = coding_matrix(study, Config(), study.humans)
    keep = m.Y.any(axis=(0, 2))
    chosen = m.select(keep)
    assert len(chosen.segments) == chosen.Y.shape[1] == chosen.seen.shape[1] == keep.sum()
