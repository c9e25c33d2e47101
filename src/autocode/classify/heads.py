"""Linear heads: from the features of a segment to one raw score per code.

Sources: prior mean, Mueller et al. 2022 (Label Tuning, ACL, arXiv 2203.14655); theme back-off, Gopal and
Yang 2013 (Recursive regularization, KDD).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autocode.classify.lbfgs import FEW, ONE_THREAD, Mixed, Rows, Space, minimise
from autocode.classify.material import (
    ROLES,
    Context,
    Features,
    FloatArray,
    IntArray,
    Network,
    Target,
    each_encoder,
    hashed,
    unshared_roles,
)
from autocode.config import ClassifyConfig

if TYPE_CHECKING:
    from scipy import sparse

_AT_ONCE = 2048  # rows put together at a time
_FULL = 10  # one row in so many has a number in a column: from there on the column is read faster with all its zeros
_ENTRY = 3.0  # coded segments that a codebook entry counts as


@dataclass(frozen=True, slots=True)
class Head:
    """A linear scorer of K codes."""

    W: FloatArray  # (K, d) float32
    b: FloatArray  # (K,) float32

    def score(self, X: Rows) -> FloatArray:
        """Scores (n, K) float32 of rows X (n, d)."""
        return np.asarray(X @ self.W.T + self.b, dtype=np.float32)

    def replaced(self, codes: IntArray, other: Head, columns: IntArray) -> Head:
        """This scorer with the weights of `other`'s codes `columns` for its own `codes`."""
        W, b = self.W.copy(), self.b.copy()
        W[codes], b[codes] = other.W[columns], other.b[columns]
        return Head(W, b)


@dataclass(frozen=True, slots=True)
class Heads:
    """The scorers of each code: by meaning, by wording, by likeness, and by the meaning of its most telling piece."""

    dense: Head
    lexical: Head | None = None
    more: tuple[Head, ...] = ()  # by meaning, as further encoders have it
    network: Network | None = None  # by the words as they stand, fine-tuned
    layers: tuple[Head, ...] = ()  # by what each layer of an encoder makes of a segment, two of each encoder
    likeness: Head | None = None  # by the words of a segment and of the turn before, side by side

    def score(self, features: Features) -> FloatArray:
        """Scores (H, n, K) float32: by meaning, wording, likeness, the best piece, further encoders, layers, the network."""
        scores = [self.dense.score(features.X[:])]
        if self.lexical is not None and features.T is not None:
            scores.append(self.lexical.score(features.T))
        if self.likeness is not None and features.T is not None and features.before is not None:
            own, before = np.split(self.likeness.W, [features.T.shape[1]], axis=1)
            scores.append(Head(own, self.likeness.b).score(features.T) + features.before @ before.T)
        if features.pieces is not None:
            scores.append(features.pieces.highest(self.dense.W[:, : features.pieces.V.shape[1]]))
        scores += [head.score(M[:]) for head, M in zip(self.more, features.more, strict=True)]
        for i, A in enumerate(map(_flat, features.layers)):
            scores += [head.score(A) for head in self.layers[2 * i : 2 * i + 2]]
        if self.network is not None:
            scores.append(self.network.score(features.words))
        return np.stack(scores)

    def replaced(self, codes: IntArray, other: Heads, columns: IntArray) -> Heads:
        """These scorers with those of `other`'s codes `columns` for their own `codes`."""
        views = ((self.more, other.more), (self.layers, other.layers))
        more, layers = (tuple(a.replaced(codes, b, columns) for a, b in zip(*pair, strict=True)) for pair in views)
        lexical, likeness = (
            mine.replaced(codes, theirs, columns) if mine is not None and theirs is not None else mine
            for mine, theirs in ((self.lexical, other.lexical), (self.likeness, other.likeness))
        )
        return Heads(self.dense.replaced(codes, other.dense, columns), lexical, more, layers=layers, likeness=likeness)


def train(features: Features, target: Target, rows: IntArray, config: ClassifyConfig) -> Heads:
    """Learn the heads from some segments; centring and scaling are folded into the weights.

    Args:
        features: Of n segments.
        target: Of the same segments, K codes.
        rows: The segments to learn from, at least one.
        config: Strengths and priors.
    """
    rows = rows[_drawn(target.Y[rows], config)]
    part, T = target.take(rows), None if features.T is None else features.T[rows]
    names = np.zeros(0, dtype=np.int64) if T is None else unshared_roles(T, part.groups)
    views = (features.X, *features.more)
    priors = _priors(part.prior, views, features.pieces.V.shape[1] if features.pieces else 1)
    dense = [_dense(X, rows, replace(part, prior=p), names, config) for X, p in zip(views, priors, strict=True)]
    lexical = None if T is None else _lexical(T, part, names, config)
    likeness = None if T is None or features.before is None else _likeness(T, features.before[rows], part)
    layers = tuple(head for L in features.layers for head in _layered(L[rows], part, config))
    network = features.words.take(rows).learn(part.Y, config.seed) if features.words else None
    return Heads(dense[0], lexical, tuple(dense[1:]), network, layers, likeness)


Crew: TypeAlias = Callable[[Features, Target, Sequence[IntArray], ClassifyConfig], Iterator[Heads]]
"""Who learns the heads of each part (rows to learn from), and gives them in order."""


def by_threads(features: Features, target: Target, parts: Sequence[IntArray], config: ClassifyConfig) -> Iterator[Heads]:
    """Heads for each part, by threads of this process; as many at once as there are processors."""
    # What is native is used here first: imports and libraries that several threads enter at once can wait for each other.
    if features.words:
        features.words.read()
    crew = os.cpu_count() or 1
    with ThreadPoolExecutor(crew) as pool:
        for i in range(0, len(parts), crew):
            yield from pool.map(lambda rows: train(features, target, rows, config), parts[i : i + crew])


_CREW: ContextVar[Crew] = ContextVar("crew", default=by_threads)


@contextmanager
def learning_by(crew: Crew) -> Iterator[None]:
    """Let others than the threads of this process learn the heads inside the block; the results are the same to the bit."""
    token = _CREW.set(crew)
    try:
        yield
    finally:
        _CREW.reset(token)


def trained(features: Features, target: Target, parts: Sequence[IntArray], config: ClassifyConfig) -> Iterator[Heads]:
    """Heads for each part (rows to learn from), in order, by whoever learns here.

    Each fit runs on one thread: small matrices shared among threads are many times slower on a busy
    machine, and one thread gives the same bits everywhere.
    """
    with ONE_THREAD:
        yield from _CREW.get()(features, target, parts, config)


def _priors(prior: FloatArray, views: Sequence[FloatArray | Context], width: int) -> list[FloatArray]:
    """The codebook entries as each encoder has them; all views are made alike, so their widths are in proportion."""
    if len(views) == 1:
        return [prior]
    parts = (views[0].shape[1] - 2 * ROLES) // width
    return each_encoder(prior, tuple((X.shape[1] - 2 * ROLES) // parts for X in views))


def _dense(X: FloatArray | Context, rows: IntArray, target: Target, names: IntArray, config: ClassifyConfig) -> Head:
    (_, width), K = X.shape, target.Y.shape[1]
    columns = np.setdiff1d(np.arange(width), width - 2 * ROLES + names)
    A = np.empty((len(rows), len(columns)), dtype=np.float32, order="F")  # the one copy that is held while it is learnt from
    for start in range(0, len(rows), _AT_ONCE):
        A[start : start + _AT_ONCE] = X[rows[start : start + _AT_ONCE]][:, columns]
    A -= (middle := A.mean(axis=0))
    entries, known = np.zeros((K, len(columns)), dtype=np.float32), np.linalg.norm(target.prior, axis=1) > 0
    # What all codebook entries share says nothing of any; a code without an entry keeps zeros.
    shared = target.prior[known].mean(axis=0) if known.sum() > 2 else np.zeros(target.prior.shape[1])
    moved = np.where(known[:, None], target.prior - shared, 0.0)
    moved = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    entries[:, : moved.shape[1]] = config.prior_weight * moved
    head = _backed_off(Space.of(A), target, config.strength, entries, config)
    W = np.zeros((K, width), dtype=np.float32)
    W[:, columns] = head.W
    return Head(W, head.b - head.W @ middle)


def _flat(L: Any) -> FloatArray:
    return np.asarray(L).reshape(len(L), math.prod(L.shape[1:])).astype(np.float32)


def _layered(L: FloatArray, target: Target, config: ClassifyConfig) -> tuple[Head, Head]:
    """All layers (n, l, d) side by side, each as wide spread as the others: a regression as of the other heads, and another.

    The last layer of a sentence encoder keeps what a text is about; those below still tell how it is said. The other is the
    linear discriminant of each code's mean (Fisher 1936): it asks of few examples only where they lie, and errs elsewhere.
    """
    shape, K = L.shape[1:], target.Y.shape[1]
    A = _flat(L)
    middle = A.mean(axis=0)
    A -= middle
    each = np.split(A, shape[0], axis=1)  # a square of all at once would double the room
    spread = np.array([np.square(layer).mean(axis=0).sum() for layer in each])
    scale = np.repeat(1 / np.sqrt(shape[0] * spread + 1e-9), shape[1]).astype(np.float32)
    A *= scale
    space = Space.of(A)
    head = _backed_off(space, target, config.strength, np.zeros((K, A.shape[1]), dtype=np.float32), config)
    B, share = space.A, target.Y / np.maximum(target.Y.sum(axis=0), 1e-6)
    means = np.asarray(B.T @ (share - share.mean(axis=0)), dtype=np.float32)
    apart = space.lift(np.linalg.solve(B.T @ B + np.eye(B.shape[1], dtype=np.float32), means).T)
    first, second = head.W * scale, apart / (np.std(A @ apart.T) + 1e-9) * scale
    return Head(first, -first @ middle), Head(second, -second @ middle)


def _lexical(T: sparse.csr_array, target: Target, names: IntArray, config: ClassifyConfig) -> Head:
    """Columns met in two segments or more, weighted by idf; other columns and names get no weight."""
    from scipy import sparse

    (n, width), K = T.shape, target.Y.shape[1]
    met = np.bincount(T.indices, minlength=width)
    columns = np.setdiff1d(np.flatnonzero(met > 1), width - 2 * ROLES + names)
    columns = columns[np.argsort(-met[columns], kind="stable")]
    idf = (1 + np.log((1 + n) / (1 + np.minimum(met[columns], n)))).astype(np.float32)
    A: Any = sparse.csr_array(T[:, columns] * idf[None])
    unit = np.float32(np.sqrt(A.multiply(A).sum() / n) + 1e-9)
    A = A / unit  # not one more beside it while it is learnt from
    A = A if n < FEW else Mixed.of(A, int((met[columns] * _FULL > n).sum()))
    head = _backed_off(Space.of(A), target, config.lexical_strength, np.zeros((K, len(columns)), dtype=np.float32), config)
    W = np.zeros((K, width), dtype=np.float32)
    W[:, columns] = head.W * (idf / unit)
    return Head(W, -(W @ np.asarray(T.mean(axis=0), dtype=np.float32).ravel()))


def _likeness(T: sparse.csr_array, before: sparse.csr_array, target: Target) -> Head:
    """How like a segment and the turn before are, in their words, to the segments of a code, against all segments.

    The mean of a code's segments, its codebook entry counting as `_ENTRY` of them (Rocchio 1971): the less a code was met,
    the more its entry speaks. Words, word parts and the words of the turn before weigh alike, rare ones more.
    """
    from scipy import sparse

    A = sparse.hstack([T, before], format="csr")
    (n, width), half = A.shape, before.shape[1]
    met = np.bincount(A.indices, minlength=width)
    idf = np.where(met > 0, 1 + np.log((1 + n) / (1 + np.minimum(met, n))), 0.0)
    idf[2 * half : -half] = 0  # who speaks
    power = np.bincount(A.indices, A.data**2, minlength=width) * idf**2
    for block in (slice(0, half), slice(half, 2 * half), slice(-half, None)):
        idf[block] /= np.sqrt(power[block].sum() / n) + 1e-9
    counts, middle = target.Y.sum(axis=0)[:, None], np.asarray(A.mean(axis=0)).ravel()
    W = np.asarray((A.T @ target.Y).T, dtype=np.float32) - counts * middle
    if target.entries:
        entries = hashed(target.entries, 2 * half).toarray()
        W[:, : 2 * half] += _ENTRY * (entries - entries.mean(axis=0))
    W = (W * (np.square(idf) / (counts + _ENTRY))).astype(np.float32)
    W /= np.std(A @ W.T) + 1e-9
    return Head(W, -W @ middle.astype(np.float32))


def _drawn(Y: FloatArray, config: ClassifyConfig) -> IntArray:
    """All rows, or `max_rows` of very many: rows with rare codes are kept before others."""
    n = len(Y)
    if n <= config.max_rows:
        return np.arange(n)
    rarity = np.max((Y > 0) / np.maximum((Y > 0).sum(axis=0), 1), axis=1)
    # Exponential races: the chance to stay grows with the rarity of a row's rarest code.
    race = np.random.default_rng(config.seed).exponential(size=n) / (rarity + 1 / n)
    return np.sort(np.argsort(race, kind="stable")[: config.max_rows])


def _backed_off(space: Space, target: Target, C: float, entries: FloatArray, config: ClassifyConfig) -> Head:
    """Heads of the codes, each drawn to its codebook entry and to the head of its theme."""
    members = np.arange(target.parents.max(initial=-1) + 1)[:, None] == target.parents
    members, prior = members[members.sum(axis=1) > 1].astype(np.float32), entries
    if len(members) and config.theme_weight:
        given = np.stack([target.Y[:, m > 0].max(axis=1) for m in members], axis=1).astype(np.float32)
        middle = members @ entries / members.sum(axis=1, keepdims=True)
        themes = _fit(space, given, C, middle, config)
        prior = entries + config.theme_weight * (members.T @ (themes.W - middle))
    head = _fit(space, target.Y, C, prior, config)
    # Heads of more rows have longer weights; in units of their own spread all heads speak alike.
    return Head(head.W / (np.std(space.X @ head.W.T) + 1e-9), head.b)


def _fit(space: Space, Y: FloatArray, C: float, prior: FloatArray, config: ClassifyConfig) -> Head:
    """Balanced one-vs-rest logistic regressions whose weights are drawn to `prior` (K, d), not to zero; Y (n, K) in [0, 1]."""
    from scipy.special import expit

    n, K = Y.shape
    positives = np.clip(Y.sum(axis=0), 1e-6, np.nextafter(np.float32(n), 0))  # below n also in single precision
    goal = np.asarray(Y * (n / (2 * positives)), dtype=np.float32)
    S = goal + np.asarray((1 - Y) * (n / (2 * (n - positives))), dtype=np.float32)
    base = np.asarray(space.X @ prior.T, dtype=np.float32)
    # Steps in units of sqrt(C): regularisation then bends the loss of every code alike.
    # The strength counts codings: balanced weights would let two segments outvote the codebook.
    unit = np.sqrt(np.maximum(C * Y.sum(axis=0) / (Y.sum(axis=0) + config.half_count), 1e-3)).astype(np.float32)

    def loss(V: FloatArray, codes: IntArray) -> tuple[FloatArray, FloatArray]:
        """Regularised logistic loss (C,) and its slope (C, r + 1) at V (C, r + 1), weights and bias of some codes."""
        D, goals, shares = V[:, :-1], goal[:, codes], S[:, codes]
        Z = base[:, codes] + space.scores(D) * unit[codes] + V[:, -1]
        P = expit(Z)
        G = shares * P - goals
        slope = V.copy()
        slope[:, :-1] += space.summed(G * unit[codes])
        slope[:, -1] = G.sum(axis=0)
        # log(1 + e^z) - y z, from the probability already at hand.
        values = np.sum(shares * (np.maximum(Z, 0) - np.log(np.maximum(P, 1 - P))) - goals * Z, axis=0, dtype=np.float64)
        return values + 0.5 * space.inner(V, V, 0), slope

    steps = minimise(loss, (K, space.unknowns + 1), config.iterations, inner=space.inner)[:, :-1] * unit[:, None]
    # The intercept of balanced classes says nothing of a code's share, and runs away where a code is
    # rare; scores are left centred instead, and calibration sets the intercept.
    return Head((prior + space.lift(steps)).astype(np.float32), np.zeros(K, dtype=np.float32))
