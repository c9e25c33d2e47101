"""Calibration of any number of heads, and how far probabilities can be believed."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.classify.calibration import calibrate, calibration_error, reliability_bins
from autocode.config import ClassifyConfig


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_any_number_of_heads_is_calibrated(heads: int) -> None:
    """With one, two or three heads, expected and observed numbers of codings are close."""
    rng = np.random.default_rng(2)
    truth = rng.normal(size=(800, 4))
    Y = (rng.random((800, 4)) < 1 / (1 + np.exp(2 - 2 * truth))).astype(float)
    S = np.stack([truth + rng.normal(size=truth.shape) * h for h in range(heads)])
    theta = calibrate(S, Y, ClassifyConfig())
    P = 1 / (1 + np.exp(-(theta[:, 0] + np.einsum("hnk,kh->nk", S, theta[:, 1:]))))
    assert theta.shape == (4, 1 + heads)
    assert np.all(np.abs(P.sum(0) / Y.sum(0) - 1) < 0.1)
    assert calibration_error(reliability_bins(P, Y, np.arange(800))) < 0.03


def test_bins_by_hand() -> None:
    """Four decisions in two bins: counts, means and shares as counted on paper, other bins empty."""
    bins = reliability_bins(np.array([[0.12], [0.18], [0.95], [0.97]]), np.array([[0.0], [1], [1], [1]]), np.arange(4))
    assert bins[:, 0].tolist() == [0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert bins[1, 1:3].tolist() == [pytest.approx(0.15), 0.5]
    assert bins[9, 1:3].tolist() == [pytest.approx(0.96), 1.0]
    assert np.isnan(bins[0, 1:]).all()
    assert calibration_error(bins) == pytest.approx((2 * 0.35 + 2 * 0.04) / 4)
