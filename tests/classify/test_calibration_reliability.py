"""The figures behind licences."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.classify.bands import draw
from autocode.classify.calibration import measured
from autocode.config import ClassifyConfig
from tests.classify.test_bands import evidence

CONFIG = ClassifyConfig()


def test_figures_are_those_counted_by_hand() -> None:
    """Fifty of fifty suggestions right, all codings found, no further question; nothing more is needed."""
    k = evidence((50, 5))
    found = measured(k, draw(k, CONFIG), ("", ""), CONFIG)
    assert found.suggested[0, 0] == 1.0
    assert found.suggested[0, 1] == pytest.approx(0.025 ** (1 / 50))
    assert (found.coverage[0], found.found[0, 0], found.asked[0]) == (1.0, 1.0, 0.0)
    assert found.needed[0].tolist() == [0.0, 0.0]
    assert found.segments.tolist() == [50, 5]


def test_a_rare_code_says_how_much_more_it_needs() -> None:
    """Five clear codings need about thirteen or more for precision, and 39 (44 - 5) for recall."""
    k = evidence((5, 5))
    found = measured(k, draw(k, CONFIG), ("", ""), CONFIG)
    assert 8 <= found.needed[0, 0] <= 25
    assert found.needed[0, 1] == 39
    assert np.isnan(found.suggested[0]).all()


def test_no_limits_from_four_documents() -> None:
    """A share that four documents speak for is given without limits."""
    k = evidence((4, 40))
    found = measured(k, draw(k, CONFIG), ("", ""), CONFIG)
    assert found.found[0, 0] == 1.0
    assert np.isnan(found.found[0, 1:]).all()
