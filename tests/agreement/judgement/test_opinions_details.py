"""Every coefficient of one pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.agreement import agree_on
from autocode.agreement.coefficients import BINARY
from autocode.agreement.judgement.opinions import details, mean_over_codes, on_ratings
from autocode.errors import StudyError
from tests.agreement.made import decided, noisy


def test_all_coefficients_with_intervals() -> None:
    """Pooled and each code have every coefficient; kappa is that of the report."""
    data = noisy(coders=2)
    found = details(data, "a", "b")
    assert list(found) == ["", "c0", "c1"]
    assert found["c0"].keys() == BINARY.keys()
    row = agree_on(data).row("c0")
    assert row is not None
    assert found["c0"]["cohen_kappa"] == row.kappa
    bias = found[""]["bias_index"]
    assert bias.low is not None
    assert bias.low <= (bias.value or 0) <= (bias.high or 0)


def test_the_mean_says_over_how_many_codes() -> None:
    """A code nobody used does not count for the mean, neither as 0 nor as 1."""
    data = noisy(coders=2, codes=3)
    data.Y[:, :, 2] = False
    found = details(data, "a", "b")
    mean, defined, codes = mean_over_codes(found)
    assert (defined, codes) == (2, 3)
    assert mean.value == pytest.approx(np.mean([found[c]["cohen_kappa"].value for c in ("c0", "c1")]))


def test_coders_who_cannot_be_compared() -> None:
    """An unknown coder, and two who share nothing, are refused."""
    with pytest.raises(StudyError, match="coder 'zoe'"):
        details(noisy(), "a", "zoe")
    seen = np.array([[True, False], [False, True]])
    with pytest.raises(StudyError, match="share no document"):
        details(decided(np.zeros((2, 2, 1), dtype=bool), 2, seen), "a", "b")


def test_a_coefficient_of_ratings_of_one_s_own() -> None:
    """Any function of the coders' ratings gets a value and an interval for each code; missing decisions are -1."""
    data = noisy(documents=12, coders=2)
    seen = data.seen.copy()
    seen[1, data.groups == 0] = False
    data = replace(data, seen=seen, Y=data.Y & seen[:, :, None])
    asked = []

    def alike(ratings: np.ndarray) -> float:
        asked.append(set(np.unique(ratings).tolist()))
        return float((ratings[:, 0] == ratings[:, 1]).mean())

    found = on_ratings(data, alike)
    row = agree_on(data).row("c0")
    assert row is not None
    assert found["c0"].value == row.percent.value
    assert found["c0"].low is not None
    assert found["c0"].low < (found["c0"].value or 0)
    assert -1 not in set().union(*asked)
