"""Where and what two coders disagree about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from autocode.agreement.counts import Decisions
from autocode.agreement.differences import CAUSES, inventory, offsets
from autocode.errors import StudyError
from autocode.study import Coding, Study
from tests.agreement.made import any_decisions, decided, matrix_of


def test_kinds_of_disagreement() -> None:
    """Only the first coded, only the second did, both did but not alike; agreement is not listed."""
    first = [[1, 0], [0, 0], [1, 0], [1, 1], [0, 0]]
    second = [[0, 0], [0, 1], [0, 1], [1, 1], [0, 0]]
    matrix = matrix_of(decided(np.array([first, second], dtype=bool)))
    found = inventory(matrix, "a", "b").segments
    assert [d.kind for d in found] == ["only_first", "only_second", "other_code"]
    assert found[0].segment == matrix.segments[0]
    assert found[2].first == ("c0",)
    assert found[2].causes == ("neighbour",)


def test_each_difference_has_one_cause() -> None:
    """One name twice, a silent coder, parent or child, a neighbour, a boundary and a miss are told apart, once each."""
    codes = ("T > pay", "U > Pay ", "quiet", "top", "top > low", "left", "right")
    given = np.zeros((2, 20, len(codes)), dtype=bool)
    given[0, 0, 0] = given[1, 0, 1] = True  # one name under two themes
    given[0, 2:5, 2] = True  # the second coder never gives it
    given[0, 6, 3] = given[1, 6, 4] = True  # a code or the one above it
    given[0, 8, 5] = given[1, 8, 6] = True  # one or its neighbour
    given[0, 10, 5] = given[1, 11, 5] = True  # drawn one unit later
    given[1, 14, 6] = True  # missed by the first
    found = inventory(replace(matrix_of(decided(given)), codes=codes), "a", "b")
    by_cause = {cause: sum(d.cause == cause for d in found.differences) for cause in CAUSES}
    assert by_cause == {"name": 2, "silent": 3, "level": 2, "neighbour": 2, "boundary": 2, "missed": 1}
    assert sum(map(len, found.groups().values())) == len(found.differences) == int((given[0] != given[1]).sum())
    assert next(d for d in found.differences if d.cause == "missed").given == "b"


@settings(max_examples=50, deadline=None, derandomize=True)
@given(any_decisions(coders=2, codes=3))
def test_confusion_keeps_the_number_of_uses(data: Decisions) -> None:
    """Row sums are the first coder's uses, column sums the second's, the diagonal what both gave."""
    table = inventory(matrix_of(data), "a", "b").confusion
    kept = data.seen.all(0)
    A, B = data.Y[0][kept], data.Y[1][kept]
    np.testing.assert_allclose(table[:3].sum(1), A.sum(0), atol=1e-12)
    np.testing.assert_allclose(table[:, :3].sum(0), B.sum(0), atol=1e-12)
    np.testing.assert_allclose(np.diag(table)[:3], (A & B).sum(0))
    assert (table >= -1e-12).all()


def test_offsets_of_boundaries() -> None:
    """The same code in the same place, with other ends."""
    codings = (
        Coding("d", 0, 10, "x", "a"),
        Coding("d", 2, 15, "x", "b"),
        Coding("d", 50, 60, "y", "a"),
        Coding("e", 0, 9, "x", "b"),
    )
    found = offsets(Study(codings=codings), "a", "b")
    assert [(o.document, o.code, o.start, o.end) for o in found] == [("d", "x", 2, 5)]


def test_an_unknown_coder_is_named() -> None:
    """The error says who is there."""
    with pytest.raises(StudyError, match="the coders are a, b"):
        inventory(matrix_of(decided(np.zeros((2, 3, 1), dtype=bool))), "a", "zoe")
