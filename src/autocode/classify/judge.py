"""From raw scores to probabilities, bands and a frank word on each code.

Sources: calibration, Platt 1999; share as offset, King and Zeng 2001 (prior correction); thresholds on
calibrated probabilities, Lipton et al. 2014 (arXiv 1402.1892).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autocode.classify.material import FloatArray, IntArray, Target
from autocode.config import ClassifyConfig

BANDS = ("silent", "ask", "suggest")  # by number


@dataclass(frozen=True, slots=True)
class Judge:
    """Calibration and thresholds of K codes."""

    theta: FloatArray  # (K, 3) intercept, weight of the embedding score, weight of the lexical score
    thresholds: FloatArray  # (K,) suggest from this probability on; inf: never
    ask_share: float  # ask from this share of the threshold on

    def probabilities(self, S: FloatArray) -> FloatArray:
        """Probabilities (n, K) float64 inside (0, 1) of scores S (2, n, K)."""
        from scipy.special import expit  # late: the command line must start at once

        logits = self.theta[:, 0] + S[0] * self.theta[:, 1] + S[1] * self.theta[:, 2]
        return np.asarray(np.clip(expit(np.asarray(logits, dtype=np.float64)), 1e-6, 1 - 1e-6))

    def bands(self, P: FloatArray) -> IntArray:
        """Bands (n, K) int8 of probabilities: 2 suggest, 1 ask, 0 silent."""
        return (self.thresholds <= P).astype(np.int8) + (self.ask_share * self.thresholds <= P).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Reliability:
    """What a code's own out-of-document evidence says, one entry per code."""

    segments: IntArray  # (K,) segments to which any coder gave the code
    documents: IntArray  # (K,) documents among them
    average_precision: FloatArray  # (K,) nan without coded segments
    precision: FloatArray  # (K,) at the threshold of `suggest`; nan without suggestions
    recall: FloatArray  # (K,) at the same threshold; nan without coded segments
    reasons: tuple[str, ...]  # (K,) why a code is silent, "" where it is not


def judge(S: FloatArray, target: Target, config: ClassifyConfig) -> tuple[Judge, Reliability]:
    """Calibrate and set thresholds.

    Args:
        S: (2, n, K) scores from heads that had not seen the document of the segment.
        target: Of the same n segments.
        config: Smoothing and least evidence.
    """
    Y = np.asarray(target.Y, dtype=np.float64)
    plain = Judge(_calibration(S, Y, config), np.full(Y.shape[1], np.inf), config.ask_share)
    P = plain.probabilities(S)
    cuts = np.maximum(_cuts(P, Y, config.smoothing), config.least_probability)
    known = _reliability(P, target, cuts, config)
    silent = np.array([bool(why) for why in known.reasons], dtype=bool)
    return Judge(plain.theta, np.where(silent, np.inf, cuts), config.ask_share), known


def _calibration(S: FloatArray, Y: FloatArray, config: ClassifyConfig) -> FloatArray:
    """Intercept and two weights per code (K, 3), drawn to those of all codes together.

    The log odds of a code's share enter as a fixed offset: one intercept then serves rare and frequent
    codes alike. With evidence a code's own intercept and weights take over.
    """
    n, K = Y.shape
    spread = S.std(axis=(1, 2)) + 1e-9
    A = np.stack([np.ones((n, K)), S[0] / spread[0], S[1] / spread[1]])
    counts = Y.sum(axis=0)
    # Shares are smoothed: a rare code must not look rarer just where its few segments are held out.
    offset = np.log((counts + config.free_intercept) / (n - counts + config.free_intercept))
    # All decisions as those of one code: the calibration common to all.
    together = A.reshape(3, -1, 1), Y.reshape(-1, 1), np.tile(offset, n)[:, None]
    common = _newton(*together, np.array([[0.0, 0.5, 0.5]]), np.ones(3))
    free = np.array([config.free_intercept, config.free_slope, config.free_slope])
    theta = _newton(A, Y, offset, np.repeat(common, K, axis=0), free)
    theta[:, 0] += offset
    theta[:, 1:] /= spread
    return theta


def _newton(A: FloatArray, Y: FloatArray, offset: FloatArray, mean: FloatArray, precision: FloatArray) -> FloatArray:
    """Logistic regressions with Gaussian priors, (K, 3): A (3, n, K), Y (n, K), mean (K, 3), precision (3,)."""
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


def _cuts(P: FloatArray, Y: FloatArray, smoothing: float) -> FloatArray:
    """The probability from which on coding agrees best with the coders, by Cohen's kappa, (K,).

    Kappa of the decision with a coder drawn at random. The codings are mixed with the calibrated
    probabilities, which weigh as much as `smoothing` coded segments: few codings cannot move a
    threshold far.
    """
    n, counts = len(P), Y.sum(axis=0)
    goal = (counts * Y + smoothing * P) / (counts + smoothing)
    order = np.argsort(-P, axis=0, kind="stable")
    ranked = np.take_along_axis(P, order, axis=0)
    hits = np.cumsum(np.take_along_axis(goal, order, axis=0), axis=0)
    taken, total = np.arange(1, n + 1)[:, None], goal.sum(axis=0)
    kappa = 2 * (hits * n - taken * total) / ((taken + total) * n - 2 * taken * total + 1e-9)
    best = np.argmax(kappa, axis=0)[None]
    below = np.take_along_axis(ranked, np.minimum(best + 1, n - 1), axis=0)
    return np.asarray((np.take_along_axis(ranked, best, axis=0) + below)[0] / 2)


def _reliability(P: FloatArray, target: Target, cuts: FloatArray, config: ClassifyConfig) -> Reliability:
    """Evidence per code, with the reasons for silence."""
    Y, K = np.asarray(target.Y, dtype=np.float64), target.Y.shape[1]
    given, taken = Y > 0, cuts <= P
    segments = given.sum(axis=0)
    documents = np.array([len(np.unique(target.groups[given[:, k]])) for k in range(K)], dtype=np.int64)
    hits, total = (taken * Y).sum(axis=0), Y.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = hits / taken.sum(axis=0), hits / total
    better = hits * len(Y) > taken.sum(axis=0) * total
    rows = zip(segments.tolist(), documents.tolist(), better.tolist(), strict=True)
    reasons = tuple(_reason(*row, config) for row in rows)
    return Reliability(segments, documents, average_precisions(P, Y), precision, recall, reasons)


def _reason(segments: int, documents: int, better: bool, config: ClassifyConfig) -> str:
    """Why a code stays silent, "" where it does not."""
    if segments < config.min_segments:
        return f"{segments} coded segment{'s' * (segments != 1)}, {config.min_segments} needed"
    if documents < config.min_documents:
        return f"coded in {documents} document{'s' * (documents != 1)}, {config.min_documents} needed"
    return "" if better else "on documents it had not seen it did no better than chance"


def average_precisions(P: FloatArray, Y: FloatArray) -> FloatArray:
    """Average precision per code (K,) of shares Y (n, K) ranked by P; nan where nothing is coded.

    A segment coded by half of its coders counts as half a hit. Ties in P keep the order of the rows.
    """
    order = np.argsort(-P, axis=0, kind="stable")
    hits = np.take_along_axis(np.asarray(Y, dtype=np.float64), order, axis=0)
    precision = np.cumsum(hits, axis=0) / np.arange(1, len(Y) + 1)[:, None]
    with np.errstate(invalid="ignore"):
        return np.asarray((precision * hits).sum(axis=0) / hits.sum(axis=0))
