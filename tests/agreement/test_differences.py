"""Where and what two coders disagree about."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from autocode.agreement import confusion, disagreements, offsets
from autocode.agreement.counts import Decisions
from autocode.errors import StudyError
from autocode.study import Coding, Study
from tests.agreement.made import any_decisions, decided, matrix_of


def test_kinds_of_disagreement() -> None:
    """Only the first coded, only the second did, both did but not alike; agreement is not listed."""
    first = [[1, 0], [0, 0], [1, 0], [1, 1], [0, 0]]
    second = [[0, 0], [0, 1], [0, 1], [1, 1], [0, 0]]
    matrix = matrix_of(decided(np.array([first, second], dtype=bool)))
    P = np.full((5, 2), 0.25)
    found = disagreements(matrix, "a", "b", P)
    assert [d.kind for d in found] == ["only_first", "only_second", "other_code"]
    assert found[0].segment == matrix.segments[0]
    assert found[2].first == ("c0",)
    assert found[2].probabilities == (("c0", 0.25), ("c1", 0.25))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(any_decisions(coders=2, codes=3))
def test_confusion_keeps_the_number_of_uses(data: Decisions) -> None:
    """Row sums are the first coder's uses, column sums the second's, the diagonal what both gave."""
    table = confusion(matrix_of(data), "a", "b")
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
        disagreements(matrix_of(decided(np.zeros((2, 3, 1), dtype=bool))), "a", "zoe")
