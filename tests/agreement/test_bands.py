"""Words for coefficients."""

from __future__ import annotations

import pytest

from autocode.agreement import Estimate
from autocode.agreement.bands import band, cautious_band, gwet_band


@pytest.mark.parametrize(
    ("value", "author", "word"),
    [
        (0.81, "landis_koch", "almost perfect"),
        (0.6, "landis_koch", "substantial"),
        (-0.1, "landis_koch", "poor"),
        (-1.0, "fleiss", "poor"),
        (0.7, "krippendorff", "tentative conclusions only"),
        (0.76, "fleiss", "excellent"),
        (0.39, "mchugh", "minimal"),
    ],
)
def test_published_bands(value: float, author: str, word: str) -> None:
    """Each author's word for a value, limits included."""
    assert band(value, author) == word


def test_the_lower_end_speaks() -> None:
    """.75 with an interval from .55 is called moderate; without an interval nothing is said."""
    assert cautious_band(Estimate(0.75, 0.55, 0.88)) == "moderate"
    assert cautious_band(Estimate(0.75)) == ""


def test_gwet_needs_95_percent() -> None:
    """.75 with a wide error is only fair; with a tiny one it is substantial."""
    assert gwet_band(0.75, 0.2) == "moderate"
    assert gwet_band(0.75, 0.01) == "substantial"
    assert gwet_band(0.75, 0.0) == "substantial"
