"""Vectors to calibrated probabilities, thresholds and silence: learn a classifier, and judge each segment by other documents.

Two linear heads per code (`heads`), a small calibration that turns their scores into one probability (`calibration`), and
thresholds that turn it into the machine's coding and into bands for a reader, which hold promises (`bands`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations, count, takewhile
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autocode.classify.bands import BandThresholds
from autocode.classify.calibration import Calibrator, Predicted, Reliability, calibrated, judge
from autocode.classify.heads import Head, Heads, trained
from autocode.classify.lbfgs import ONE_THREAD
from autocode.classify.material import ROLES, BoolArray, Features, FloatArray, IntArray, Network, Target
from autocode.config import ClassifyConfig, Progress

Tick: TypeAlias = Callable[[], object]


_AT_ONCE = 8192
"""Segments scored together: all rows of their features are then put together at once."""
_HALVED = 100_000_000
"""Scores within training parts beyond which they are kept in half precision: they only calibrate."""
NESTED_MOST = 3000
"""Segments up to which `fit` trains the further models that a fully nested judgement takes."""


def folds_of(features: Features, target: Target, config: ClassifyConfig) -> IntArray:
    """Fold of every segment (n,): whole documents, the largest first into the emptiest fold; -1 without document."""
    if len(features.X) != len(target.Y):
        raise ValueError(f"{len(features.X)} rows of features for {len(target.Y)} coded segments: they must match")
    own = target.groups >= 0
    documents, where, sizes = np.unique(target.groups[own], return_inverse=True, return_counts=True)
    if len(documents) < 2:
        raise ValueError("all coding is in one document: code a second, for the model is checked on unseen documents")
    order = np.random.default_rng(config.seed).permutation(len(documents))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold, load = np.zeros(len(documents), dtype=np.int64), np.zeros(min(config.folds, len(documents)))
    for document in order:
        fold[document] = np.argmin(load)
        load[fold[document]] += sizes[document]
    if len(load) == 2 and load.min() < 2:
        raise ValueError("one of two documents has a single segment: code more of it, so that either can be checked")
    found = np.full(len(own), -1)
    found[own] = fold[where]
    return found


def others(fold: IntArray) -> list[IntArray]:
    """The rows outside each fold, those of no fold (-1) among them."""
    return [np.flatnonzero(fold != f) for f in range(int(fold.max()) + 1)]


def held_out_scores(
    features: Features, target: Target, fold: IntArray, learnt: Iterator[Heads], tick: Tick = int
) -> FloatArray:
    """Scores (H, n, K) of each segment from the heads learnt from `_others`; zeros in rows of no fold (-1)."""
    S = np.zeros((features.heads, *target.Y.shape), dtype=np.float32)
    for f in range(int(fold.max()) + 1):
        _score(S, next(learnt), features, np.flatnonzero(fold == f))
        tick()
    return S


def _score(S: FloatArray, heads: Heads, features: Features, rows: IntArray) -> None:
    """Write the scores of some segments into S (H, n, K)."""
    for part in np.split(rows, range(_AT_ONCE, len(rows), _AT_ONCE)):
        S[:, part] = heads.score(features.take(part))


def pair_scores(features: Features, target: Target, fold: IntArray, config: ClassifyConfig, tick: Tick) -> FloatArray:
    """Out-of-document scores within each training part (F, H, n, K): entry f has seen nothing of fold f.

    Heads that leave out the folds f and g serve twice: they score g for the judge of f, and f for the
    judge of g. Five folds so need ten models, not twenty.
    """
    folds = int(fold.max()) + 1
    shape = folds, features.heads, *target.Y.shape
    S = np.zeros(shape, dtype=np.float32 if math.prod(shape) <= _HALVED else np.float16)
    pairs = list(combinations(range(folds), 2))
    parts = [np.flatnonzero((fold != f) & (fold != g)) for f, g in pairs]
    for (f, g), heads in zip(pairs, trained(features, target, parts, config), strict=True):
        for judged, scored in ((f, g), (g, f)):
            _score(S[judged], heads, features, np.flatnonzero(fold == scored))
        tick()
    return S


def half_scores(features: Features, target: Target, fold: IntArray, config: ClassifyConfig, tick: Tick) -> FloatArray:
    """The same where there are two folds only: each is halved, by documents if it has several."""
    S = np.zeros((2, features.heads, *target.Y.shape), dtype=np.float32)
    for f in range(2):
        known = np.flatnonzero(fold != f)
        own = fold[known] >= 0
        documents = np.unique(target.groups[known[own]], return_inverse=True)[1]
        place = documents if documents.max() else np.arange(own.sum())
        half = np.full(len(known), -1)
        half[own] = place * 2 > place.max()
        seen, taught = features.take(known), target.take(known)
        S[f][:, known] = held_out_scores(seen, taught, half, trained(seen, taught, others(half), config), tick)
    return S


_KNOWN = tuple(f.name for f in fields(Reliability) if f.name != "reasons")
NETWORK = "network_"
"""Stands before the names of a network's arrays."""
_CUTS = tuple(f.name for f in fields(BandThresholds))


@dataclass(frozen=True, slots=True)
class HeldOutPredictions:
    """Held-out judgements: nothing behind a row has seen that row's document."""

    P: FloatArray  # (n, K) float64 probabilities
    bands: IntArray  # (n, K) int8, for a human reader: 2 suggest, 1 ask, 0 silent
    thresholds: FloatArray  # (folds, K) the machine codes from here on; inf for a silent code
    fold: IntArray  # (n,) the fold that held the segment out

    @property
    def coded(self) -> BoolArray:
        """Whether the machine, as one more coder, gives the codes: (n, K)."""
        return np.asarray(self.thresholds[self.fold] <= self.P)

    @property
    def said(self) -> Predicted:
        """Probabilities, codings and bands together."""
        return Predicted(self.P, self.coded, self.bands)


@dataclass(frozen=True, slots=True)
class Scores:
    """Raw scores of every segment by heads that have seen nothing of its document."""

    outer: FloatArray  # (H, n, K) from all other folds
    inner: FloatArray  # (F, H, n, K) entry f has seen nothing of fold f either
    fold: IntArray  # (n,) the fold that held the segment out


@dataclass(frozen=True, slots=True)
class Classifier:
    """Heads, calibration and thresholds of K codes, and what is known of their worth."""

    heads: Heads
    judge: Calibrator
    reliability: Reliability

    def predict_proba(self, features: Features, groups: IntArray | None = None) -> FloatArray:
        """Calibrated probabilities (n, K) float64, inside (0, 1).

        Args:
            features: Of n segments.
            groups: (n,) ascending number of each segment's document. A document is then judged by itself:
                products of matrices of another height have other last bits, and so would its probabilities.
        """
        edges = np.flatnonzero(np.diff(groups if groups is not None else [])) + 1
        with ONE_THREAD:
            scored = [self.heads.score(features.take(rows)) for rows in np.split(np.arange(len(features.X)), edges)]
            return self.judge.probabilities(np.concatenate(scored, axis=1))

    def coded(self, P: FloatArray) -> BoolArray:
        """Whether the machine, as one more coder, gives the codes: (n, K) bool of probabilities."""
        return self.judge.coded(P)

    def bands(self, P: FloatArray) -> IntArray:
        """Bands (n, K) int8 of probabilities, for a human reader: 2 suggest, 1 ask, 0 silent."""
        return self.judge.bands(P)

    def wording(self, codes: Sequence[int]) -> FloatArray:
        """Weights (len(codes), width) of the head by wording for the hashed text, in units of its score."""
        head = self.heads.lexical
        return np.zeros((len(codes), 0)) if head is None else head.W[list(codes), : -2 * ROLES]

    def meaning(self, V: FloatArray, codes: Sequence[int]) -> FloatArray:
        """Scores (m, len(codes)) by meaning of pieces of texts, from their unit vectors V (m, d0)."""
        return np.asarray(V @ self.heads.dense.W[list(codes), : V.shape[1]].T)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All that is needed to predict again, as numbers only; no word of a text is among them."""
        known = self.reliability
        return {
            "dense_W": self.heads.dense.W,
            "dense_b": self.heads.dense.b,
            **{
                f"{name}_{part}": getattr(head, part)
                for name, head in (("lexical", self.heads.lexical), ("likeness", self.heads.likeness))
                for part in ("W", "b")
                if head
            },
            **{
                f"{name}{i}_{part}": getattr(head, part)
                for name, heads in (("more", self.heads.more), ("layers", self.heads.layers))
                for i, head in enumerate(heads)
                for part in ("W", "b")
            },
            **{f"{NETWORK}{name}": array for name, array in (self.heads.network.arrays if self.heads.network else {}).items()},
            "theta": self.judge.theta,
            "thresholds": self.judge.thresholds,
            **{f"cut_{name}": getattr(self.judge.cuts, name) for name in _CUTS},
            **{f"known_{name}": getattr(known, name) for name in _KNOWN},
            "reasons": _as_numbers(known.reasons),
        }

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], network: Callable[[Mapping[str, NDArray[Any]]], Network] | None = None
    ) -> Classifier:
        """The reverse of `to_arrays`; `network` makes a network of its arrays, where there are any.

        Raises:
            KeyError: An array is missing.
        """
        a = arrays
        tuned = {name.removeprefix(NETWORK): array for name, array in a.items() if name.startswith(NETWORK)}
        known = network(tuned) if tuned and network else None
        return cls(
            Heads(
                Head(a["dense_W"], a["dense_b"]),
                Head(a["lexical_W"], a["lexical_b"]),
                tuple(_further(a, "more")),
                known,
                tuple(_further(a, "layers")),
                Head(a["likeness_W"], a["likeness_b"]) if "likeness_W" in a else None,
            ),
            Calibrator(a["theta"], a["thresholds"], BandThresholds(**{name: a[f"cut_{name}"] for name in _CUTS})),
            Reliability(**{name: a[f"known_{name}"] for name in _KNOWN}, reasons=_as_texts(a["reasons"])),
        )


def _further(arrays: Mapping[str, NDArray[Any]], name: str) -> Iterator[Head]:
    """The heads of further encoders, or of layers."""
    for i in takewhile(lambda i: f"{name}{i}_W" in arrays, count()):
        yield Head(arrays[f"{name}{i}_W"], arrays[f"{name}{i}_b"])


def _as_numbers(texts: tuple[str, ...]) -> IntArray:
    """Short texts as code points, one row each, zeros at the end."""
    return np.array(texts, dtype="U80")[:, None].view(np.uint32) if texts else np.zeros((0, 80), dtype=np.uint32)


def _as_texts(numbers: IntArray) -> tuple[str, ...]:
    return tuple("".join(map(chr, row[row > 0])) for row in numbers)


def cross_predict(
    features: Features, target: Target, config: ClassifyConfig = ClassifyConfig(), progress: Progress | None = None
) -> HeldOutPredictions:
    """Judge every segment by heads, calibration and thresholds that saw nothing of its document.

    Args:
        features: Of n segments.
        target: Of the same segments; K codes.
        config: Folds, strengths, least evidence.
        progress: Told (done, total) after every trained model.

    Raises:
        ValueError: All segments lie in one document, or features and target differ in length.
    """
    return held(nested_scores(features, target, config, progress), target, config)


def nested_scores(
    features: Features, target: Target, config: ClassifyConfig = ClassifyConfig(), progress: Progress | None = None
) -> Scores:
    """The scores that `held` judges by, of the n rows that have a document; other rows are learnt from only.

    Args and errors: as for `cross_predict`.
    """
    fold = folds_of(features, target, config)
    own, folds = fold >= 0, int(fold.max()) + 1
    tick = _ticker(progress, folds, _inner_models(fold))
    outer = held_out_scores(features, target, fold, trained(features, target, others(fold), config), tick)
    inner = _inner(features, target, fold, config, tick)
    if own.all():  # a mask would copy all scores
        return Scores(outer, inner, fold)
    return Scores(outer[:, own], inner[:, :, own], fold[own])


def held(scores: Scores | Sequence[Scores], target: Target, config: ClassifyConfig = ClassifyConfig()) -> HeldOutPredictions:
    """Judge each fold of n segments by calibration and thresholds of the others.

    `scores` are of all folds, or one for each where folds are seen in different ways.
    """
    target = target.take(np.flatnonzero(target.groups >= 0))
    fold = (scores if isinstance(scores, Scores) else scores[0]).fold
    each = [scores] * (int(fold.max()) + 1) if isinstance(scores, Scores) else scores
    P, bands, thresholds = np.zeros(target.Y.shape), np.zeros(target.Y.shape, dtype=np.int8), []
    for f, seen in enumerate(each):
        known, out = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
        judged, *_ = calibrated(seen.inner[f][:, known], target.take(known), config)
        P[out] = judged.probabilities(seen.outer[:, out])
        bands[out] = judged.bands(P[out])
        thresholds.append(judged.thresholds)
    return HeldOutPredictions(P, bands, np.array(thresholds), fold)


def fit(
    features: Features,
    target: Target,
    config: ClassifyConfig = ClassifyConfig(),
    progress: Progress | None = None,
    watch: Callable[[IntArray, Heads], None] | None = None,
) -> Classifier:
    """Learn from all segments; calibrate and set thresholds on out-of-document scores.

    What is known of the worth of each code is measured as `cross_predict` judges: by calibration and thresholds from
    other documents. Beyond `NESTED_MOST` segments these come from the scores of the other folds, whose heads have seen
    the document that is judged; so many segments leave a threshold little to flatter itself with.

    Args and errors: as for `cross_predict`; `watch` is shown, fold after fold, the rows left out and the heads
    that have not seen their documents.
    """
    fold = folds_of(features, target, config)
    nested = (fold >= 0).sum() <= NESTED_MOST
    tick = _ticker(progress, int(fold.max()) + 1, 1, _inner_models(fold) if nested else 0)
    learnt = trained(features, target, [*others(fold), np.arange(len(fold))], config)
    scores = held_out_scores(features, target, fold, _watched(learnt, fold, watch) if watch else learnt, tick)
    (heads,) = learnt  # learnt beside the last fold's
    tick()
    own = np.flatnonzero(fold >= 0)
    inner = _inner(features, target, fold, config, tick)[:, :, own] if nested else None
    scores = scores[:, own]
    if inner is None:
        inner = np.broadcast_to(scores, (int(fold.max()) + 1, *scores.shape))
    seen = held(Scores(scores, inner, fold[own]), target, config)
    judged, known = judge(scores, target.take(own), config, seen.said)
    return Classifier(heads, judged, known)


def _watched(learnt: Iterator[Heads], fold: IntArray, watch: Callable[[IntArray, Heads], None]) -> Iterator[Heads]:
    for f in range(int(fold.max()) + 1):
        heads = next(learnt)
        watch(np.flatnonzero(fold == f), heads)
        yield heads


def _inner_models(fold: IntArray) -> int:
    folds = int(fold.max()) + 1
    return folds * (folds - 1) // 2 if folds > 2 else 2 * 2


def _inner(features: Features, target: Target, fold: IntArray, config: ClassifyConfig, tick: Tick) -> FloatArray:
    return (pair_scores if fold.max() > 1 else half_scores)(features, target, fold, config, tick)


def out_of_document(
    features: Features, target: Target, config: ClassifyConfig = ClassifyConfig(), progress: Progress | None = None
) -> FloatArray:
    """Raw scores (H, n, K) of every segment by heads that have seen nothing of its document.

    Args and errors: as for `cross_predict`.
    """
    fold = folds_of(features, target, config)
    tick = _ticker(progress, int(fold.max()) + 1)
    return held_out_scores(features, target, fold, trained(features, target, others(fold), config), tick)


def _ticker(progress: Progress | None, *parts: int) -> Callable[[], None]:
    """Counts trained models and tells `progress`."""
    done = count(1)

    def tick() -> None:
        """Tell of one more trained model."""
        if progress:
            progress(next(done), sum(parts))

    return tick


def logistic(X: FloatArray, y: BoolArray, weight: FloatArray) -> tuple[float, ...]:
    """Weights of d clues and, last, the intercept of a logistic regression.

    Args:
        X: (n, d) clues.
        y: (n,) what is to be told from them; where all are alike, only the intercept says so.
        weight: (n,) how much each counts.
    """
    from sklearn.linear_model import LogisticRegression

    if y.all() or not y.any():
        return (*(0.0,) * X.shape[1], 9.0 if y.all() else -9.0)
    learnt = LogisticRegression(C=1.0, max_iter=500).fit(X, y, weight)
    return (*learnt.coef_[0].tolist(), float(learnt.intercept_[0]))
