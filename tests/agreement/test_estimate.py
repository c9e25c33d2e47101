"""Estimate: a value, or the reason why there is none."""

from __future__ import annotations

import math

from autocode.agreement.estimate import REASONS, Estimate, how_likely, number


def test_undefined_is_null_with_its_reason() -> None:
    """JSON gets null and a reason that readers can look up, never 0 or 1."""
    found = Estimate(None, reason="no_variance").to_json()
    assert found["value"] is None
    assert found["reason"] in REASONS


def test_counts_only_is_not_shown() -> None:
    """A value that rests on three units at most is kept but not printed."""
    assert not Estimate(0.5, flags=("counts_only",)).shown
    assert Estimate(0.5).shown


def test_nan_becomes_none() -> None:
    """Arrays say NaN, estimates say None."""
    assert number(math.nan) is None
    assert number(0.25) == 0.25


def test_no_number_denies_the_word_for_it() -> None:
    """Likely is what is shown as .50 or more; less is possible."""
    assert [how_likely(p) for p in (0.02, 0.22, 0.494, 0.496, 0.5, 0.97)] == ["possible"] * 3 + ["likely"] * 3
