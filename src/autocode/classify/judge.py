"""The judge of scores: probabilities, the machine's coding, the bands for a reader, and a frank word on each code.

Two things are kept apart. The machine's *coding* is where it agrees best with the coders (Cohen's kappa): it is
compared with theirs. The *bands* are for a human reader and hold promises (`bands`).

Source: thresholds on calibrated probabilities, Lipton et al. 2014 (arXiv 1402.1892).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from autocode.classify.bands import Cuts, draw, known
from autocode.classify.calibration import calibrate
from autocode.classify.material import BoolArray, FloatArray, IntArray, Target
from autocode.classify.reliability import Reliability, measured
from autocode.config import ClassifyConfig

BANDS = ("silent", "ask", "suggest")  # by number


@dataclass(frozen=True, slots=True)
class Judge:
    """Calibration, threshold of coding and bands of K codes."""

    theta: FloatArray  # (K, 1 + H) intercept, weight of each head's score
    thresholds: FloatArray  # (K,) the machine codes from this probability on; inf: never
    cuts: Cuts

    def probabilities(self, S: FloatArray) -> FloatArray:
        """Probabilities (n, K) float64 inside (0, 1) of scores S (H, n, K)."""
        from scipy.special import expit  # late: the command line must start at once

        logits = self.theta[:, 0] + sum(S[h] * self.theta[:, 1 + h] for h in range(len(S)))
        return np.asarray(np.clip(expit(np.asarray(logits, dtype=np.float64)), 1e-6, 1 - 1e-6))

    def coded(self, P: FloatArray) -> BoolArray:
        """Whether the machine, as one more coder, gives the codes: (n, K) bool."""
        return np.asarray(self.thresholds <= P)

    def bands(self, P: FloatArray) -> IntArray:
        """Bands (n, K) int8 of probabilities: 2 suggest, 1 ask, 0 silent."""
        return (self.cuts.suggest <= P).astype(np.int8) + (self.cuts.ask <= P).astype(np.int8)


def judge(S: FloatArray, target: Target, config: ClassifyConfig) -> tuple[Judge, Reliability]:
    """Calibrate, and set the thresholds of coding and of the bands.

    Args:
        S: (H, n, K) scores from heads that had not seen the document of the segment.
        target: Of the same n segments.
        config: Smoothing, least evidence and promises.
    """
    Y = np.asarray(target.Y, dtype=np.float64)
    never = np.full(Y.shape[1], np.inf)
    nothing = Cuts(never, never, np.zeros(len(never), dtype=np.int8), np.zeros(len(never), dtype=np.int8))
    plain = Judge(calibrate(S, Y, config), never, nothing)
    P = plain.probabilities(S)
    best = best_cuts(P, Y, config.smoothing)
    reasons = tuple(_reasons(P, target, best, config))
    silent = np.array([bool(why) for why in reasons], dtype=bool)
    coding = np.where(silent, np.inf, np.maximum(best, config.least_probability))
    evidence = known(P, target, coding)
    made = replace(plain, thresholds=coding, cuts=draw(evidence, config))
    return made, measured(evidence, made.cuts, reasons, config)


def best_cuts(P: FloatArray, Y: FloatArray, smoothing: float) -> FloatArray:
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


def _reasons(P: FloatArray, target: Target, coding: FloatArray, config: ClassifyConfig) -> list[str]:
    """Why each code stays silent, "" where it does not."""
    Y = np.asarray(target.Y, dtype=np.float64)
    given, taken = Y > 0, coding <= P
    documents = [len(np.unique(target.groups[column])) for column in given.T]
    better = (taken * Y).sum(axis=0) * len(Y) > taken.sum(axis=0) * Y.sum(axis=0)
    rows = zip(given.sum(axis=0).tolist(), documents, better.tolist(), strict=True)
    return [_reason(*row, config) for row in rows]


def _reason(segments: int, documents: int, better: bool, config: ClassifyConfig) -> str:
    """Why a code stays silent, "" where it does not."""
    if segments < config.min_segments:
        return f"{segments} coded segment{'s' * (segments != 1)}, {config.min_segments} needed"
    if documents < config.min_documents:
        return f"coded in {documents} document{'s' * (documents != 1)}, {config.min_documents} needed"
    return "" if better else "on documents it had not seen it did no better than chance"
