"""What other tools print."""

from __future__ import annotations

import pytest

from autocode.agreement.judgement.conventions import (
    Coded,
    atlasti,
    maxqda_frequency,
    maxqda_occurrence,
    maxqda_segments,
    nvivo,
    qualcoder,
)
from autocode.agreement.spans import Span

A = (Span(0, 100, "x"), Span(200, 300, "x"), Span(400, 500, "y"), Span(600, 650, "z"))
B = (Span(0, 95, "x"), Span(200, 280, "x"), Span(400, 500, "y"), Span(600, 650, "w"))
DOCUMENT = Coded("d", 1000, A, B)


def test_maxqda_segment_level() -> None:
    """Both coders' segments are checked; unmatched ones disagree; chance is 1 / number of codes."""
    found = maxqda_segments([DOCUMENT], 0.9)
    assert (found.agreements, found.disagreements, found.chance) == (4, 4, 0.25)
    assert found.kappa.value == pytest.approx(1 / 3)
    assert found.by_code["x"] == (2, 2)


def test_maxqda_overlap_of_the_shorter_is_more_lenient() -> None:
    """Measured on the shorter segment, 200-280 lies wholly in 200-300."""
    assert maxqda_segments([DOCUMENT], 0.9, "min").agreements == 6


def test_maxqda_undefined() -> None:
    """Nothing coded, or one code only: undefined, not 1."""
    assert maxqda_segments([Coded("d", 10, (), ())]).kappa.reason == "no_positives"
    one = Coded("d", 10, (Span(0, 5, "x"),), (Span(0, 5, "x"),))
    assert maxqda_segments([one]).kappa.reason == "one_code"


def test_maxqda_document_levels() -> None:
    """Occurrence asks whether, frequency how often."""
    other = Coded("e", 100, (Span(0, 5, "x"), Span(6, 9, "x")), (Span(0, 5, "x"),))
    assert maxqda_occurrence([DOCUMENT, other], ["x", "z"])["x"].value == 1.0
    assert maxqda_occurrence([DOCUMENT, other], ["x", "z"])["z"].value == 0.5
    assert maxqda_frequency([DOCUMENT, other], ["x"])["x"].value == 0.5
    assert maxqda_occurrence([], ["x"])["x"].reason == "no_pairs"


def test_nvivo_by_document_and_weighted() -> None:
    """NVivo's help: 50 both, 100 one, 50 other, 800 none gives kappa .318; undefined documents do not average in."""
    helped = Coded("d", 1000, (Span(0, 150, "q"),), (Span(100, 200, "q"),))
    empty = Coded("e", 9000, (), ())
    found = nvivo([helped, empty], "q")
    assert found.documents[0][2].value == pytest.approx(0.318181818182)
    assert found.documents[1][2].reason == "no_variance"
    assert found.kappa.value == found.kappa_plain.value == pytest.approx(0.318181818182)
    assert found.percent.value == pytest.approx((0.85 * 1000 + 9000) / 10000)
    assert found.percent_plain.value == pytest.approx(0.925)


def test_atlasti_like_values() -> None:
    """Percent, Holsti and the alpha family; overlapping codes leave cu-alpha undefined with a reason."""
    found = atlasti([DOCUMENT], ["x", "y", "z", "w"])
    assert found.holsti.value == pytest.approx(2 * 275 / (350 + 325))
    assert found.percent.value == pytest.approx(1 - (5 + 20 + 50 + 50) / 4000)
    assert found.binary_u_alpha.value is not None
    assert found.cu_alpha.value is not None
    both = Coded("d", 50, (Span(0, 20, "x"), Span(10, 30, "y")), (Span(0, 20, "x"),))
    assert atlasti([both], ["x", "y"]).cu_alpha.reason == "overlapping_codes"


def test_qualcoder_takes_a_product_for_chance() -> None:
    """QualCoder's kappa looks at coded characters and multiplies the chances of yes and no."""
    coded = Coded("d", 1000, (Span(0, 60, "q"),), (Span(20, 100, "q"),))
    percent, kappa = qualcoder([coded], "q")
    chance = 0.6 * 0.8 * 0.4 * 0.2
    assert percent.value == pytest.approx(0.94)
    assert kappa.value == pytest.approx((0.4 - chance) / (1 - chance))
    assert qualcoder([Coded("d", 10, (), ())], "q")[1].reason == "no_positives"
