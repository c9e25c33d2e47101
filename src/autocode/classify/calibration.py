"""From raw scores to probabilities, and how far the probabilities can be believed.

Sources: calibration, Platt 1999; share as offset, King and Zeng 2001 (prior correction); expected calibration
error, Guo et al. 2017 (arXiv 1706.04599); reliability diagram, DeGroot and Fienberg 1983.
"""

from __future__ import annotations

import numpy as np

from autocode.classify.material import FloatArray, IntArray
from autocode.classify.promise import interval, share_of
from autocode.config import ClassifyConfig

BINS = 10


def calibrate(S: FloatArray, Y: FloatArray, config: ClassifyConfig) -> FloatArray:
    """Intercept and one weight per head for each code (K, 1 + H), drawn to those of all codes together.

    The log odds of a code's share enter as a fixed offset: one intercept then serves rare and frequent
    codes alike. With evidence a code's own intercept and weights take over.

    Args:
        S: (H, n, K) scores from heads that had not seen the document of the segment.
        Y: (n, K) shares of the coders.
        config: Strength of the common calibration.
    """
    H, n, K = S.shape
    spread = S.std(axis=(1, 2)) + 1e-9
    A = np.concatenate([np.ones((1, n, K)), S / spread[:, None, None]])
    counts = Y.sum(axis=0)
    # Shares are smoothed: a rare code must not look rarer just where its few segments are held out.
    offset = np.log((counts + config.free_intercept) / (n - counts + config.free_intercept))
    # All decisions as those of one code: the calibration common to all.
    together = A.reshape(1 + H, -1, 1), Y.reshape(-1, 1), np.tile(offset, n)[:, None]
    common = _newton(*together, np.array([[0.0, *[1 / H] * H]]), np.ones(1 + H))
    free = np.array([config.free_intercept, *[config.free_slope] * H])
    theta = _newton(A, Y, offset, np.repeat(common, K, axis=0), free)
    theta[:, 0] += offset
    theta[:, 1:] /= spread
    return theta


def _newton(A: FloatArray, Y: FloatArray, offset: FloatArray, mean: FloatArray, precision: FloatArray) -> FloatArray:
    """Logistic regressions with Gaussian priors, (K, J): A (J, n, K), Y (n, K), mean (K, J), precision (J,)."""
    from scipy.special import expit  # late: the command line must start at once

    theta = mean.copy()
    for _ in range(20):
        P = expit(offset + np.einsum("jnk,kj->nk", A, theta))
        slope = np.einsum("jnk,nk->kj", A, P - Y) + precision * (theta - mean)
        weighted = A * (P * (1 - P))
        curve = np.stack([[(row * a).sum(axis=0) for a in A] for row in weighted]).transpose(2, 0, 1)
        step = np.linalg.solve(curve + np.diag(precision), slope[..., None])[..., 0]
        # Full steps may overshoot far from the optimum; bounded ones arrive.
        theta = theta - np.clip(step, -1, 1)
    return theta


def reliability_bins(P: FloatArray, Y: FloatArray, groups: IntArray, confidence: float = 0.95) -> FloatArray:
    """What was said beside what came true, in bins of equal width: (B, 5), B = 10.

    Columns: number of decisions, mean probability, share coded, and its exact limits on counts that
    allow for decisions of one document being alike; nan in an empty bin.

    Args:
        P: (n, K) probabilities, out of document.
        Y: (n, K) shares of the coders.
        groups: (n,) document index.
        confidence: Of the limits.
    """
    p, y, group = P.ravel(), Y.ravel(), np.repeat(groups, P.shape[1])
    place = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    rows = np.full((BINS, 5), np.nan)
    for b in range(BINS):
        inside = place == b
        rows[b, 0] = inside.sum()
        if inside.any():
            found = share_of(y[inside], np.ones(int(inside.sum())), group[inside], 0.0)
            rows[b, 1:] = p[inside].mean(), found.value, *interval(found, confidence)
    return rows


def calibration_error(bins: FloatArray) -> float:
    """Expected calibration error: mean distance of said and true over the bins, weighted by decisions."""
    filled = bins[bins[:, 0] > 0]
    return float((filled[:, 0] * np.abs(filled[:, 1] - filled[:, 2])).sum() / max(filled[:, 0].sum(), 1))
