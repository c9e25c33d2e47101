"""The u-alpha family."""

from __future__ import annotations

import pytest

from autocode.agreement.spans import Span
from autocode.agreement.spans.unitizing import binary_u_alpha, continuum, cu_alpha, ku_alpha, u_alpha
from autocode.errors import StudyError

KALPHA = [
    [
        Span(2, 6, "cat1"),
        Span(8, 15, "cat2"),
        Span(18, 28, "cat5"),
        Span(28, 35, "cat6"),
        Span(35, 50, "cat6"),
        Span(50, 63, "cat7"),
    ],
    [Span(2, 6, "cat1"), Span(8, 15, "cat3"), Span(15, 20, "cat5"), Span(28, 50, "cat6")],
    [
        Span(2, 6, "cat1"),
        Span(8, 15, "cat4"),
        Span(17, 24, "cat5"),
        Span(28, 35, "cat6"),
        Span(35, 43, "cat6"),
        Span(43, 50, "cat6"),
    ],
]
"""Spans of the example file of emerging-welfare/kAlpha."""


def test_cu_alpha_of_the_example() -> None:
    """Which code, where two coded: .7164 (definition computed three ways in the methods guide)."""
    assert cu_alpha(continuum(100, KALPHA)).value == pytest.approx(0.71642240738)


def test_sums_of_documents_may_be_added() -> None:
    """Two copies of a document give nearly the value of one: only the correction shrinks."""
    codes = sorted({s.code for own in KALPHA for s in own})
    one = continuum(100, KALPHA, codes)
    assert u_alpha(one + one).value == pytest.approx(u_alpha(one).value, abs=0.05)
    assert (one + one).stretches.tolist() == (2 * one.stretches).tolist()


def test_complete_agreement_is_one() -> None:
    """Coders who cut and code alike reach 1 in all three."""
    same = continuum(60, [KALPHA[1], KALPHA[1]])
    assert [f(same).value for f in (u_alpha, binary_u_alpha, cu_alpha)] == pytest.approx([1, 1, 1])
    assert ku_alpha(same, "cat5") == (ku_alpha(same, "cat5")[0], 1.0)
    assert ku_alpha(same, "cat5")[0].value == pytest.approx(1)


def test_one_code_leaves_no_choice() -> None:
    """With a single code there is nothing to tell apart: cu-alpha is undefined, u-alpha is not."""
    c = continuum(50, [[Span(0, 20, "x")], [Span(5, 25, "x")]])
    assert cu_alpha(c).reason == "one_code"
    assert u_alpha(c).value == pytest.approx(binary_u_alpha(c).value)


def test_a_code_that_only_one_coder_used() -> None:
    """(k)u-alpha rests on the share of the code that another coder coded too: here none."""
    c = continuum(50, [[Span(0, 20, "x")], [Span(30, 40, "y")]])
    assert ku_alpha(c, "x")[0].reason == "no_pairs"
    assert ku_alpha(c, "x")[1] == 0.0


def test_overlapping_codes_of_one_coder_are_refused() -> None:
    """The family takes one code a place; the message says to run code by code."""
    with pytest.raises(StudyError, match="one code at a time"):
        continuum(50, [[Span(0, 20, "x"), Span(10, 30, "y")], []])
