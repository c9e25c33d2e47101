"""alpha_U of 1995 and 2004."""

from __future__ import annotations

import pytest

from autocode.agreement.spans import Span
from autocode.agreement.spans.unitizing import alpha_u, expected_disagreement, observed_disagreement

BOOK = [
    [Span(75, 145, "c"), Span(220, 250, "c"), Span(30, 90, "k"), Span(150, 200, "k")],
    [Span(70, 150, "c"), Span(205, 225, "c"), Span(250, 270, "c"), Span(30, 90, "k"), Span(150, 200, "k")],
]
"""Krippendorff 2004, p. 254: two coders, codes c and k, length 300."""


def test_the_example_of_the_book() -> None:
    """.7286 for code c from D_o .0144 and D_e .0532, .859 over both codes."""
    assert alpha_u(300, BOOK, "c").value == pytest.approx(0.728598996805)
    assert observed_disagreement(300, BOOK, "c") == pytest.approx(0.0144, abs=5e-5)
    assert expected_disagreement(300, BOOK, "c") == pytest.approx(0.053221779855)
    assert alpha_u(300, BOOK).value == pytest.approx(0.858665405184)
    assert alpha_u(300, BOOK, "k").value == 1.0


def test_the_example_of_dkpro() -> None:
    """One long unit against three short ones inside it: -.7003."""
    coders = [[Span(1, 9, "A")], [Span(2, 3, "A"), Span(4, 5, "A"), Span(6, 7, "A")]]
    assert alpha_u(10, coders, "A").value == pytest.approx(-0.700346020761)


def test_undefined_without_units_or_pairs() -> None:
    """A code nobody used has no variance; one coder alone has no pair."""
    assert alpha_u(300, BOOK, "z").reason == "no_variance"
    assert alpha_u(300, BOOK[:1], "c").reason == "no_pairs"
