"""The clinic names the cause that was planted, and merges only what two coders exchange."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.errors import AutocodeError
from autocode.evaluate.clinic import NEIGHBOUR, RARE, SAME_NAME, SILENT, clinic
from tests.evaluate.made import matrix_of

CODES = ("T > clear", "T > pay", "T > wage", "T > silent", "T > rare", "T > stress", "U > Stress ", "T > good")


def planted() -> np.ndarray:
    """12 documents of 20 units with one cause for each weak code."""
    Y = np.zeros((2, 240, 8), dtype=bool)
    for d in range(12):
        at = 20 * d
        Y[:, at, 0] = Y[:, at + 1, 7] = True
        Y[0, at + 2, 1] = Y[1, at + 2, 2] = True
        Y[0, at + 3, 2] = Y[1, at + 3, 1] = True
        Y[:, at + 4, 1] = Y[:, at + 5, 2] = True
        Y[0, at + 6, 3] = True
        Y[0, at + 7, 5] = Y[1, at + 7, 6] = True
    Y[0, 8, 4] = True
    return Y


def test_each_planted_cause_is_named() -> None:
    """Neighbours, a silent coder, one name twice and too rare a code; agreed codes are not listed."""
    made = clinic(matrix_of(planted(), 12, CODES), "ana", "ben")
    causes = {w.code: w.cause for w in made.weak}
    assert causes["T > pay"] == causes["T > wage"] == NEIGHBOUR
    assert causes["T > silent"] == SILENT
    assert causes["T > rare"] == RARE
    assert causes["T > stress"] == SAME_NAME
    assert "T > clear" not in causes


def test_merging_helps_where_two_codes_are_exchanged() -> None:
    """The pair that is exchanged in every document gains surely; what divides it is quoted by place."""
    made = clinic(matrix_of(planted(), 12, CODES), "ana", "ben")
    pair = next(p for p in made.pairs if p.first == "T > pay")
    assert pair.second == "T > wage"
    assert pair.merged == pytest.approx(1.0)
    assert pair.sure
    assert pair.divide_first[0].id == "4"
    assert pair.divide_second[0].id == "5"


def test_coders_without_a_shared_document_are_refused() -> None:
    """There is nothing to compare."""
    matrix = matrix_of(planted(), 12, CODES)
    matrix.seen[1] = False
    with pytest.raises(AutocodeError, match="share no document"):
        clinic(matrix, "ana", "ben")
