"""Two ways to see the same segments: is the dearer one better on documents it has not seen?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from autocode.agreement.coefficients import kappa_of_counts
from autocode.classify import Classifier, HeldOutPredictions, Scores, held, nested_scores
from autocode.classify.calibration import average_precisions, calibrate, calibrated, judge, logits
from autocode.classify.heads import train
from autocode.classify.material import Features, FloatArray, IntArray, Target
from autocode.config import ClassifyConfig, Progress

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SourceMaterial:
    """What another study lends: m coded segments, and what they say of J of the K codes."""

    features: Features
    Y: FloatArray  # (m, J) in [0, 1]: share of its coders who gave a counterpart of the code
    groups: IntArray  # (m,) document index
    codes: IntArray  # (J,) which of the K codes


@dataclass(frozen=True, slots=True)
class TransferComparison:
    """What came of it: n own segments, K codes, M other studies.

    `choice` counts from 1 for the other studies; 0: own material alone.
    """

    alone: HeldOutPredictions  # own material alone
    kept: HeldOutPredictions  # by the rule, chosen within the training part of each fold
    choices: IntArray  # (F, K) what the rule chose in each fold
    choice: IntArray  # (K,) what the rule chose on all evidence
    ways: tuple[FloatArray, ...]  # 1 + M scores (H, n, K), out of document


def compare_transfer(
    features: Features, target: Target, lent: Sequence[SourceMaterial], config: ClassifyConfig, progress: Progress | None = None
) -> TransferComparison:
    """Judge every own segment without and with the other studies' material.

    Args:
        features: Of n own segments.
        target: Of the same segments; K codes.
        lent: Of M other studies.
        config: As for `cross_predict`.
        progress: Told (done, total) for each part of the work.

    Raises:
        ValueError: As for `cross_predict`.
    """
    own = nested_scores(features, target, config, progress)
    ways = [own, *(_spread(own, nested_scores(*_with(features, target, x), config, progress), x.codes) for x in lent)]
    choices = []
    for f in range(len(own.inner)):
        known = np.flatnonzero(own.fold != f)
        choices.append(choose([w.inner[f][:, known] for w in ways], target.take(known), config))
    outers = tuple(w.outer for w in ways)
    kept = held(_by_fold(ways, choices), target, config)
    return TransferComparison(held(own, target, config), kept, np.array(choices), choose(outers, target, config), outers)


def fit_transfer(
    features: Features, target: Target, lent: Sequence[SourceMaterial], found: TransferComparison, config: ClassifyConfig
) -> Classifier:
    """Learn from all own segments and, for each code, from the study that the rule chose.

    Calibration, thresholds and promises rest on the scores of the heads so chosen, out of document.
    Args: as for `compare_transfer`, with what it found.
    """
    heads = train(features, target, np.arange(len(target.Y)), config)
    for m, x in enumerate(lent, start=1):
        columns = np.flatnonzero(found.choice[x.codes] == m)
        if len(columns):
            more, taught = _with(features, target, x)
            other = train(more, taught, np.arange(len(taught.Y)), config)
            heads = heads.replaced(x.codes[columns], other, columns)
    judged, known = judge(_picked(found.ways, found.choice), target, config, found.kept.said)
    return Classifier(heads, judged, known)


def choose(ways: Sequence[FloatArray], target: Target, config: ClassifyConfig) -> IntArray:
    """Which way (K,) to score each code: 0 own material alone, m with that of study m.

    The rule: a study's material is used for a code where, on documents of the new study that were held out,
    neither average precision nor kappa with the coders is lower than without it, and one of them is higher; of
    several such studies, the one with the highest sum of the two. A code with too little coding in the new
    study to be checked (`min_segments`, `min_documents`) keeps to its own material.

    Args:
        ways: 1 + M raw scores (H, n, K), out of document; the first is own material alone.
        target: Of the same n segments.
        config: Least evidence.
    """
    alone, *others = (_worth(S, target, config) for S in ways)
    best, choice = alone.sum(axis=0), np.zeros(target.Y.shape[1], dtype=np.int64)
    for m, worth in enumerate(others, start=1):
        gain = worth - alone
        better = checkable(target, config) & (gain >= 0).all(axis=0) & (gain > 1e-9).any(axis=0)
        better &= worth.sum(axis=0) > best + 1e-9
        choice[better], best = m, np.where(better, worth.sum(axis=0), best)
    return choice


def _worth(S: FloatArray, target: Target, config: ClassifyConfig) -> FloatArray:
    """Average precision and kappa of each code (2, K), 0 where undefined; by itself, for its rivals' heads change with it."""
    judged, *_ = calibrated(S, target, config, rivalled=False)
    P, Y = judged.probabilities(S), np.asarray(target.Y, dtype=np.float64)
    taken = judged.thresholds <= P
    kappa = kappa_of_counts((taken * Y).sum(axis=0), taken.sum(axis=0), Y.sum(axis=0), len(Y))
    return np.nan_to_num(np.stack([average_precisions(P, Y), kappa]))


def checkable(target: Target, config: ClassifyConfig) -> BoolArray:
    """Whether each code (K,) has the least evidence of its own."""
    given = target.Y > 0
    documents = np.array([len(np.unique(target.groups[column])) for column in given.T])
    return np.asarray((given.sum(axis=0) >= config.min_segments) & (documents >= config.min_documents))


def _with(features: Features, target: Target, lent: SourceMaterial) -> tuple[Features, Target]:
    """Own segments and, below them, those of another study, on the codes they share."""
    own = target.of(lent.codes)
    Y = np.concatenate([own.Y, lent.Y])
    groups = np.concatenate([own.groups, -1 - lent.groups])
    return features.joined(lent.features), replace(own, Y=Y, groups=groups)


def _spread(own: Scores, shared: Scores, codes: IntArray) -> Scores:
    """Scores of all K codes: those shared with another study by its help, the rest as they are."""
    outer, inner = own.outer.copy(), own.inner.copy()
    outer[:, :, codes], inner[..., codes] = shared.outer, shared.inner
    return Scores(outer, inner, own.fold)


def _by_fold(ways: Sequence[Scores], choices: Sequence[IntArray]) -> Scores:
    """The scores that each fold's own choice leads to."""
    fold, outer = ways[0].fold, ways[0].outer.copy()
    for f, choice in enumerate(choices):
        outer[:, fold == f] = _picked([w.outer[:, fold == f] for w in ways], choice)
    inner = np.stack([_picked([w.inner[f] for w in ways], choice) for f, choice in enumerate(choices)])
    return Scores(outer, inner, fold)


def _picked(ways: Sequence[FloatArray], choice: IntArray) -> FloatArray:
    """Scores (..., K) of each code by the way chosen for it."""
    S = ways[0].copy()
    for k in np.flatnonzero(choice):
        S[..., k] = ways[choice[k]][..., k]
    return S


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
        """Whether the dearer way is kept: it must be better by more than two standard errors, and by 1% at least."""
        return self.mean > max(2 * self.error, _LEAST * self.plain)


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
    odds = logits(S, calibrate(S, Y, config, rivalled=False))
    return np.asarray(np.logaddexp(0, odds) - Y * odds)
