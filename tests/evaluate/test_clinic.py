"""The clinic names the cause that was planted, and merges only what two coders exchange."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.errors import AutocodeError
from autocode.evaluate.clinic import LEVEL, MISSED, NEIGHBOUR, RARE, SAME_NAME, SCATTERED, SILENT, WEAK, clinic
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


def test_a_theme_is_the_cause_only_where_the_differences_stay_within_it() -> None:
    """One code is exchanged for others of its theme, one is missed beside them, one meets codes of another theme."""
    codes = ("T > own", "T > missed", "T > p", "T > q", "T > r", "T > s", "U > a", "U > b", "U > c", "U > far")
    Y = np.zeros((2, 240, 10), dtype=bool)
    for d in range(12):
        at = 20 * d
        Y[:, at, 2] = Y[:, at + 1, 3] = Y[:, at + 2, 4] = Y[:, at + 3, 5] = True  # the theme is agreed on
        Y[0, at + 4, 0] = Y[1, at + 4, 2 + d % 4] = True
        Y[d % 2, at + 5, 1] = True
        Y[d % 2, at + 6, 9] = Y[1 - d % 2, at + 6, 6 + d % 3] = True
        Y[1, at + 7, 0] = Y[0, at + 7, 2 + d % 4] = True
        Y[:, at + 8 : at + 11, 6] = Y[:, at + 11 : at + 14, 7] = Y[:, at + 14 : at + 17, 8] = True
    made = clinic(matrix_of(Y, 12, codes), "ana", "ben")
    causes = {w.code: w.cause for w in made.weak}
    assert causes["T > own"] == LEVEL
    assert causes["T > missed"] == MISSED
    assert causes["U > far"] in (SCATTERED, LEVEL, NEIGHBOUR)
    assert causes["U > far"] != MISSED


def test_a_weak_code_has_an_interval_and_is_surely_weak_only_below_the_line() -> None:
    """A code on which two coders truly agree at .7 falls below .60 by chance at times; it is seldom called surely weak."""
    below = sure = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth = rng.random((300, 1)) < 0.1
        Y = np.stack([np.where(rng.random(truth.shape) < 0.72, truth, rng.random(truth.shape) < 0.1) for _ in range(2)])
        Y[1] = np.where(rng.random(truth.shape) < 0.7, Y[0], rng.random(truth.shape) < 0.1)
        for w in clinic(matrix_of(Y, 15, ("A",)), "ana", "ben").weak:
            assert w.low is None or w.low <= (w.kappa or 0.0) <= (w.high or 0.0)
            below, sure = below + 1, sure + w.sure
            assert w.kappa is None or w.kappa < WEAK
    assert below > 3
    assert sure <= 2


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


def test_a_gain_is_no_greater_than_kappa_can_be() -> None:
    """Where few documents hold the exchanges the interval is wide, but ends where the joint code's kappa must."""
    Y = np.zeros((2, 60, 2), dtype=bool)
    Y[0, 0:3, 0] = Y[1, 0:3, 1] = True  # all exchanges in one document of three
    Y[0, 20, 0] = Y[1, 41, 1] = True
    (pair,) = clinic(matrix_of(Y, 3, ("T > a", "T > b")), "ana", "ben").pairs
    assert pair.low is not None
    assert pair.high is not None
    assert pair.low == pytest.approx(-1 - pair.apart)
    assert pair.apart + pair.high == pytest.approx(1)
    assert not pair.sure
