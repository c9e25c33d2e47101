"""Two ways to see the same segments: is the dearer one better on documents it has not seen?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autocode.classify.calibration import calibrate
from autocode.classify.classifier import Scores
from autocode.classify.material import FloatArray, Target
from autocode.config import ClassifyConfig

_LEAST = 0.01  # share of the plain way's loss: less than that is not worth a second encoder


@dataclass(frozen=True, slots=True)
class Gain:
    """How much less wrong the dearer way is, by log loss of a decision on unseen documents.

    Attributes:
        plain: Mean log loss of a decision of the plain way, in nats.
        mean: By how much the dearer way is below it; negative where it is worse.
        error: Standard error of that over documents.
    """

    plain: float
    mean: float
    error: float

    @property
    def taken(self) -> bool:
        """Whether the dearer way is kept: it must be better by more than its standard error, and by 1 % at least."""
        return self.mean > max(self.error, _LEAST * self.plain)


def gain(plain: FloatArray, dear: FloatArray, target: Target, config: ClassifyConfig) -> Gain:
    """Compare scores (H, n, K) of two ways, both out of document, on the same n segments.

    Each way gets a calibration of its own; the error follows from the differences between documents.
    """
    documents, where = np.unique(target.groups, return_inverse=True)
    sums = [np.bincount(where, _losses(S, target, config).sum(axis=1)) for S in (plain, dear)]
    decisions = float(target.Y.size)
    difference = sums[0] - sums[1]
    spread = np.sqrt(len(documents) * difference.var(ddof=1)) if len(documents) > 1 else float("inf")
    return Gain(float(sums[0].sum() / decisions), float(difference.sum() / decisions), float(spread / decisions))


def better(plain: Scores, dear: Scores, target: Target, config: ClassifyConfig) -> list[Scores]:
    """For each fold, the way that the other folds speak for; `held` takes them as they are."""
    target = target.take(np.flatnonzero(target.groups >= 0))
    chosen = []
    for f in range(int(plain.fold.max()) + 1):
        known = np.flatnonzero(plain.fold != f)
        found = gain(plain.inner[f][:, known], dear.inner[f][:, known], target.take(known), config)
        chosen.append(dear if found.taken else plain)
    return chosen


def _losses(S: FloatArray, target: Target, config: ClassifyConfig) -> FloatArray:
    """Log loss (n, K) of calibrated probabilities against the shares of the coders."""
    Y = np.asarray(target.Y, dtype=np.float64)
    theta = calibrate(S, Y, config)
    logits = theta[:, 0] + np.einsum("hnk,kh->nk", S, theta[:, 1:])
    return np.asarray(np.logaddexp(0, logits) - Y * logits)
