"""One procedure for all peers: scores, calibration and thresholds from other documents, timed.

A peer only learns scores. For each outer part, models that left out an inner fold as well score that fold;
on these held-out scores of the training documents alone are fitted, per code, Platt's calibration (Platt
1999, with his smoothed targets; the slope is kept positive, so no peer's ranking is turned) and a threshold,
by best F1 and by best kappa. Which of the two rules decides is chosen for each outer part by the mean kappa
it reaches on training documents when its thresholds come from the others of them. A code with fewer than
three coded training units is never suggested, as in the product.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from measures import RARE, kappa
from numpy.typing import NDArray
from sets import Corpus, Split

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Scorer = Callable[[IntArray], FloatArray]
Learner = Callable[[IntArray], Scorer]
RULES = ("f1", "kappa")
PARTS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """Held-out scores and decisions (n, K); rows outside every `out` are zero."""

    P: FloatArray
    D: FloatArray  # by the rule chosen
    by_rule: Mapping[str, FloatArray]
    rules: tuple[str, ...]  # the rule chosen for each outer part
    seconds: dict[str, float]  # per outer part: train_s, train_cpu, suggest_s, suggest_cpu


@dataclass
class Clock:
    """Seconds by the wall and by the processor."""

    wall: float = 0.0
    cpu: float = 0.0

    def run(self, job: Callable[[], Any]) -> Any:
        """The job's result; its time is added."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = job()
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
        return result


@dataclass
class Shop:
    """Trains each model once: one without the folds f and g serves both f and g."""

    learner: Learner
    universe: IntArray  # rows that folds share; none where the parts are no folds
    shape: tuple[int, int]
    train: Clock = field(default_factory=Clock)
    suggest: Clock = field(default_factory=Clock)
    kept: dict[bytes, FloatArray] = field(default_factory=dict)

    def outer(self, known: IntArray, out: IntArray) -> FloatArray:
        """Scores of `out` (m, K) from a model of `known`."""
        scorer = self.train.run(lambda: self.learner(known))
        return np.asarray(self.suggest.run(lambda: scorer(out)))

    def inner(self, known: IntArray, wanted: IntArray) -> FloatArray:
        """Scores (n, K) from a model of `known`, of `wanted` at least; zeros elsewhere."""
        if known.tobytes() not in self.kept:
            rest = np.union1d(np.setdiff1d(self.universe, known), wanted)
            S = np.zeros(self.shape)
            S[rest] = self.train.run(lambda: self.learner(known)(rest))
            self.kept[known.tobytes()] = S
        return self.kept[known.tobytes()]


def judge(corpus: Corpus, parts: Sequence[Split], learner: Learner, one: bool = False) -> Answer:
    """Judge the `out` rows of each part by a peer that learnt from its `known` rows alone.

    Args:
        corpus: The study; the peer learns codes that half of the coders or more gave.
        parts: Outer parts.
        learner: From rows to a scorer of rows.
        one: Fit calibration and thresholds on one inner fold only, for a slow peer.
    """
    hard = (corpus.Y >= 0.5).astype(float)
    shop = Shop(learner, _shared(parts), hard.shape)
    P, by_rule = np.zeros(hard.shape), {rule: np.zeros(hard.shape) for rule in RULES}
    chosen: list[str] = []
    for part in parts:
        scores = shop.outer(part.known, part.out)
        evidence, S = _evidence(shop, part, one)
        P[part.out] = shop.train.run(partial(calibrated, scores, S, hard[evidence]))
        known = hard[part.known].sum(axis=0) >= RARE
        for rule in RULES:
            by_rule[rule][part.out] = (scores >= cuts(S, hard[evidence], rule)) & known
        chosen.append(better_rule(S, hard[evidence], corpus.groups[evidence]))
    D = np.zeros(hard.shape)
    for part, rule in zip(parts, chosen, strict=True):
        D[part.out] = by_rule[rule][part.out]
    clocks = {"train": shop.train, "suggest": shop.suggest}
    wall = {f"{n}_s": c.wall / len(parts) for n, c in clocks.items()}
    return Answer(P, D, by_rule, tuple(chosen), wall | {f"{n}_cpu": c.cpu / len(parts) for n, c in clocks.items()})


def _shared(parts: Sequence[Split]) -> IntArray:
    """The rows of all parts where each part learns from or judges every one of them; else none."""
    rows = np.unique(np.concatenate([r for part in parts for r in (part.known, part.out)]))
    folds = len(parts) > 1 and all(len(part.known) + len(part.out) == len(rows) for part in parts)
    return rows if folds else rows[:0]


def _evidence(shop: Shop, part: Split, one: bool) -> tuple[IntArray, FloatArray]:
    """Training rows with their held-out scores."""
    S, filled = np.zeros(shop.shape), []
    for g in [part.only] if one else np.unique(part.inner):
        rest = part.known[part.inner == g]
        S[rest] = shop.inner(part.known[part.inner != g], rest)[rest]
        filled.append(rest)
    rows = np.sort(np.concatenate(filled))
    return rows, S[rows]


def cuts(S: FloatArray, hard: FloatArray, rule: str) -> FloatArray:
    """The threshold of the best F1 or kappa per code (K,); infinite where nothing is coded.

    Never so low that a score of zero passes: that is a code the model had no example of.
    """
    n, order = len(S), np.argsort(-S, axis=0, kind="stable")
    ranked, y = np.take_along_axis(S, order, axis=0), np.take_along_axis(hard, order, axis=0)
    hits, taken, total = np.cumsum(y, axis=0), np.arange(1.0, n + 1)[:, None], hard.sum(axis=0)
    if rule == "f1":
        value = 2 * hits / (taken + total)
    else:
        value = 2 * (hits * n - taken * total) / ((taken + total) * n - 2 * taken * total + 1e-9)
    # A cut must take all units of one score or none.
    value[:-1][ranked[:-1] == ranked[1:]] = -np.inf
    best = np.take_along_axis(ranked, np.argmax(value, axis=0)[None], axis=0)[0]
    return np.where((total > 0) & (best > 0), best, np.inf)


def better_rule(S: FloatArray, hard: FloatArray, groups: IntArray) -> str:
    """The rule with the higher mean kappa when each part's thresholds come from other documents."""
    part = np.unique(groups, return_inverse=True)[1] % PARTS
    used = np.flatnonzero(hard.sum(axis=0) >= RARE)
    reached = {}
    for rule in RULES:
        D = np.zeros(hard.shape)
        for p in range(PARTS):
            if (part == p).any() and (part != p).any():
                D[part == p] = S[part == p] >= cuts(S[part != p], hard[part != p], rule)
        values = [kappa(D[:, k], hard[:, k]) for k in used]
        reached[rule] = float(np.nanmean(values)) if values else 0.0
    return max(RULES, key=reached.__getitem__)


def calibrated(scores: FloatArray, S: FloatArray, hard: FloatArray) -> FloatArray:
    """Probabilities of `scores` (m, K) by Platt's calibration on held-out scores S (n, K)."""
    P = np.zeros(scores.shape)
    for k in range(scores.shape[1]):
        slope, shift = platt(_logit(S[:, k]), hard[:, k])
        P[:, k] = 1 / (1 + np.exp(-np.clip(slope * _logit(scores[:, k]) + shift, -30, 30)))
    return P


def _logit(p: FloatArray) -> FloatArray:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p / (1 - p)))


def platt(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Slope, above zero, and intercept of Platt's sigmoid with his targets for n+ and n- examples."""
    from scipy.optimize import minimize

    positives, n = float(y.sum()), len(y)
    t = np.where(y > 0, (positives + 1) / (positives + 2), 1 / (n - positives + 2))

    def loss(v: FloatArray) -> tuple[float, FloatArray]:
        z = v[0] * x + v[1]
        p = 1 / (1 + np.exp(-np.clip(z, -500, 500)))
        return float(np.sum(np.logaddexp(0, z) - t * z)), np.array([((p - t) * x).sum(), (p - t).sum()])

    start = np.array([1.0, np.log((positives + 1) / (n - positives + 1))])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(1e-3, None), (None, None)]).x
    return float(found[0]), float(found[1])
