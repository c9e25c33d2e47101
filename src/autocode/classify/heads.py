"""Linear heads: from the features of a segment to one raw score per code.

Sources: prior mean, Mueller et al. 2022 (Label Tuning, ACL, arXiv 2203.14655); theme back-off, Gopal and
Yang 2013 (Recursive regularization, KDD).
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from autocode.classify.material import (
    ROLES,
    Context,
    Features,
    FloatArray,
    IntArray,
    Network,
    Target,
    each_encoder,
    unshared_roles,
)
from autocode.config import ClassifyConfig

_Floats: TypeAlias = NDArray[np.floating[Any]]
Loss: TypeAlias = Callable[[_Floats, NDArray[np.integer[Any]]], tuple[_Floats, _Floats]]
Steps: TypeAlias = "deque[tuple[FloatArray, FloatArray, float]]"
_MEMORY = 6  # steps remembered of each problem
_ROOM = 50_000_000  # numbers that the steps of all problems may take up at once
_ENOUGH = 1e-4  # share of the gain promised by the slope that a step must bring (Armijo)


def minimise(loss: Loss, shape: tuple[int, int], rounds: int, tolerance: float = 1e-4) -> _Floats:
    """The points (K, d) float32 of least loss of K problems in d unknowns, from zero.

    Args:
        loss: From points (k, d) and the numbers (k,) of their problems to losses (k,) and slopes (k, d).
        shape: K and d.
        rounds: Evaluations at most, after the first.
        tolerance: A problem is done when a step gains no more than this share of its loss.
    """
    blocks = math.ceil(shape[0] * shape[1] * 2 * _MEMORY / _ROOM)
    parts = np.array_split(np.arange(shape[0]), max(min(blocks, shape[0]), 1))
    return np.concatenate([_together(loss, codes, shape[1], rounds, tolerance) for codes in parts])


def _together(loss: Loss, codes: NDArray[np.integer[Any]], d: int, rounds: int, tolerance: float) -> _Floats:
    V = np.zeros((len(codes), d), dtype=np.float32)
    f, g = loss(V, codes)
    steps: list[Steps] = [deque(maxlen=_MEMORY) for _ in codes]
    D, size = -g, 1 / np.maximum(np.sqrt(np.vecdot(g, g)), 1e-9)
    live = np.arange(len(codes))
    for _ in range(rounds):
        W = V[live] + size[live, None].astype(np.float32) * D[live]
        value, slope = loss(W, codes[live])
        gain = f[live] - value
        better = gain >= -_ENOUGH * size[live] * np.vecdot(D[live], g[live])
        for i in np.flatnonzero(better):
            k = live[i]
            s, y = W[i] - V[k], slope[i] - g[k]
            if (bend := float(s @ y)) > 0:  # the loss bends upwards: the step and the change of slope along it are kept
                steps[k].append((s, y, bend))
            V[k], f[k], g[k] = W[i], value[i], slope[i]
            D[k] = -_turned(g[k], steps[k])
        size[live] = np.where(better, 1, size[live] / 2)
        live = live[~better | (gain > tolerance * np.abs(value))]
        if not len(live):
            break
    return V


def _turned(slope: _Floats, steps: Steps) -> _Floats:
    """The slope times the inverse curvature that the steps speak for (two-loop recursion)."""
    q, shares = slope.copy(), []
    for s, y, bend in reversed(steps):
        shares.append(float(s @ q) / bend)
        q -= np.float32(shares[-1]) * y
    if steps:
        _, y, bend = steps[-1]
        q *= np.float32(bend / float(y @ y))
    for (s, y, bend), share in zip(steps, reversed(shares), strict=True):
        q += np.float32(share - float(y @ q) / bend) * s
    return q


if TYPE_CHECKING:
    from scipy import sparse

Rows: TypeAlias = Union[FloatArray, "sparse.csr_array"]
_FEW = 1500  # rows up to which the detour over their inner products is the faster way


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
    """The scorers of each code: by meaning, by wording, and by the meaning of its most telling piece."""

    dense: Head
    lexical: Head | None = None
    more: tuple[Head, ...] = ()  # by meaning, as further encoders have it
    network: Network | None = None  # by the words as they stand, fine-tuned
    layers: tuple[Head, ...] = ()  # by what each layer of an encoder makes of a segment, encoder by encoder

    def score(self, features: Features) -> FloatArray:
        """Scores (H, n, K) float32: by meaning, wording, the best piece, further encoders, their layers, the network."""
        scores = [self.dense.score(features.X[:])]
        if self.lexical is not None and features.T is not None:
            scores.append(self.lexical.score(features.T))
        if features.pieces is not None:
            scores.append(features.pieces.highest(self.dense.W[:, : features.pieces.V.shape[1]]))
        scores += [head.score(M[:]) for head, M in zip(self.more, features.more, strict=True)]
        scores += [head.score(_flat(L)) for head, L in zip(self.layers, features.layers, strict=True)]
        if self.network is not None:
            scores.append(self.network.score(features.words))
        return np.stack(scores)

    def replaced(self, codes: IntArray, other: Heads, columns: IntArray) -> Heads:
        """These scorers with those of `other`'s codes `columns` for their own `codes`."""
        views = ((self.more, other.more), (self.layers, other.layers))
        more, layers = (tuple(a.replaced(codes, b, columns) for a, b in zip(*pair, strict=True)) for pair in views)
        dense, lexical = self.dense.replaced(codes, other.dense, columns), self.lexical
        if lexical is not None and other.lexical is not None:
            lexical = lexical.replaced(codes, other.lexical, columns)
        return Heads(dense, lexical, more, layers=layers)


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
    dense = [_dense(X[rows], replace(part, prior=p), names, config) for X, p in zip(views, priors, strict=True)]
    lexical = None if T is None else _lexical(T, part, names, config)
    layers = tuple(_layered(L[rows] if isinstance(L, np.ndarray) else L.take(rows), part, config) for L in features.layers)
    network = features.words.take(rows).learn(part.Y, config.seed) if features.words else None
    return Heads(dense[0], lexical, tuple(dense[1:]), network, layers)


class _OneThread:
    """Linear algebra on one thread while anybody is inside; the limit is the process's, so whoever leaves last lifts it."""

    def __init__(self) -> None:
        self._lock, self._inside = Lock(), 0
        self._limits: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._limits = self._limits if self._inside else threadpool_limits(1)
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limits.restore_original_limits()


ONE_THREAD = _OneThread()

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


def _dense(X: FloatArray, target: Target, names: IntArray, config: ClassifyConfig) -> Head:
    (_, width), K = X.shape, target.Y.shape[1]
    columns = np.setdiff1d(np.arange(width), width - 2 * ROLES + names)
    A = X[:, columns]
    middle = A.mean(axis=0)
    entries = np.zeros((K, len(columns)), dtype=np.float32)
    entries[:, : target.prior.shape[1]] = config.prior_weight * _centred(target.prior)
    head = _backed_off(A - middle, target, config.strength, entries, config)
    W = np.zeros((K, width), dtype=np.float32)
    W[:, columns] = head.W
    return Head(W, head.b - head.W @ middle)


def _flat(L: Any) -> FloatArray:
    return np.asarray(L).reshape(len(L), math.prod(L.shape[1:])).astype(np.float32)


def _layered(L: Any, target: Target, config: ClassifyConfig) -> Head:
    """All layers (n, l, d) side by side, each as wide spread as the others.

    The last layer of a sentence encoder keeps what a text is about; those below still tell how it is said.
    """
    shape, K = L.shape[1:], target.Y.shape[1]
    A = _flat(L)
    middle = A.mean(axis=0)
    A -= middle
    each = np.split(A, shape[0], axis=1)  # a square of all at once would double the room
    spread = np.array([np.square(layer).mean(axis=0).sum() for layer in each])
    scale = np.repeat(1 / np.sqrt(shape[0] * spread + 1e-9), shape[1]).astype(np.float32)
    A *= scale
    head = _backed_off(A, target, config.strength, np.zeros((K, A.shape[1]), dtype=np.float32), config)
    W = head.W * scale
    return Head(W, head.b - W @ middle)


def _lexical(T: sparse.csr_array, target: Target, names: IntArray, config: ClassifyConfig) -> Head:
    """Columns met in two segments or more, weighted by idf; other columns and names get no weight."""
    from scipy import sparse

    (n, width), K = T.shape, target.Y.shape[1]
    met = np.bincount(T.indices, minlength=width)
    columns = np.setdiff1d(np.flatnonzero(met > 1), width - 2 * ROLES + names)
    idf = (1 + np.log((1 + n) / (1 + np.minimum(met[columns], n)))).astype(np.float32)
    A = sparse.csr_array(T[:, columns] * idf[None])
    unit = np.float32(np.sqrt(A.multiply(A).sum() / n) + 1e-9)
    head = _backed_off(A / unit, target, config.lexical_strength, np.zeros((K, len(columns)), dtype=np.float32), config)
    W = np.zeros((K, width), dtype=np.float32)
    W[:, columns] = head.W * (idf / unit)
    return Head(W, -np.asarray(T @ W.T).mean(axis=0))


def _drawn(Y: FloatArray, config: ClassifyConfig) -> IntArray:
    """All rows, or `max_rows` of very many: rows with rare codes are kept before others."""
    n = len(Y)
    if n <= config.max_rows:
        return np.arange(n)
    rarity = np.max((Y > 0) / np.maximum((Y > 0).sum(axis=0), 1), axis=1)
    # Exponential races: the chance to stay grows with the rarity of a row's rarest code.
    race = np.random.default_rng(config.seed).exponential(size=n) / (rarity + 1 / n)
    return np.sort(np.argsort(race, kind="stable")[: config.max_rows])


def _centred(entries: FloatArray) -> FloatArray:
    """Codebook entries (K, d) without what all of them share, unit norm; zeros stay zeros."""
    known = np.linalg.norm(entries, axis=1) > 0
    middle = entries[known].mean(axis=0) if known.sum() > 2 else np.zeros(entries.shape[1])
    moved = np.where(known[:, None], entries - middle, 0.0)
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9))


def _backed_off(X: Rows, target: Target, C: float, entries: FloatArray, config: ClassifyConfig) -> Head:
    """Heads of the codes, each drawn to its codebook entry and to the head of its theme."""
    members, given = _themes(target)
    space, prior = _Space.of(X), entries
    if len(members) and config.theme_weight:
        middle = members @ entries / members.sum(axis=1, keepdims=True)
        themes = _fit(space, given, _strengths(given, C, config), middle, config)
        prior = entries + config.theme_weight * (members.T @ (themes.W - middle))
    head = _fit(space, target.Y, _strengths(target.Y, C, config), prior, config)
    # Heads of more rows have longer weights; in units of their own spread all heads speak alike.
    return Head(head.W / (np.std(X @ head.W.T) + 1e-9), head.b)


@dataclass(frozen=True, slots=True)
class _Space:
    """Rows X (n, d) as A (n, r) with as few columns as the rows span: exact, and fast for few rows."""

    X: Rows
    A: Rows
    R: FloatArray | None  # (n, r), A = X @ X.T @ R; None: A is X

    @classmethod
    def of(cls, X: Rows) -> _Space:
        """The space of n rows: X itself where it is small, else the span of its rows by the eigenvectors of X @ X.T."""
        if X.shape[0] >= min(X.shape[1], _FEW):
            return cls(X, X, None)
        gram = X @ X.T
        gram = gram if isinstance(gram, np.ndarray) else gram.toarray()
        values, U = np.linalg.eigh(np.asarray(gram, dtype=np.float64))
        kept = values > 1e-6 * max(values[-1], 1e-9)
        roots = np.sqrt(values[kept])
        return cls(X, (U[:, kept] * roots).astype(np.float32), (U[:, kept] / roots).astype(np.float32))

    def lift(self, D: FloatArray) -> FloatArray:
        """Weights (K, r) on A as weights (K, d) on X."""
        return D if self.R is None else np.asarray((self.X.T @ (self.R @ D.T)).T)


def _themes(target: Target) -> tuple[FloatArray, FloatArray]:
    """Codes of each theme with two or more (M, K), and whether a segment has any of them (n, M)."""
    members = np.arange(target.parents.max(initial=-1) + 1)[:, None] == target.parents
    members = members[members.sum(axis=1) > 1]
    given = np.array([target.Y[:, m].max(axis=1) for m in members], dtype=np.float32)
    return members.astype(np.float32), given.reshape(len(members), len(target.Y)).T


def _strengths(Y: FloatArray, C: float, config: ClassifyConfig) -> FloatArray:
    """Count-aware strength (K,): balanced weights would let two segments outvote the codebook."""
    counts = Y.sum(axis=0)
    return np.asarray(np.maximum(C * counts / (counts + config.half_count), 1e-3))


def _fit(space: _Space, Y: FloatArray, C: FloatArray, prior: FloatArray, config: ClassifyConfig) -> Head:
    """Balanced one-vs-rest logistic regressions whose weights are drawn to `prior`, not to zero.

    Y (n, K) in [0, 1], C (K,), prior (K, d).
    """
    from scipy.special import expit

    A, (n, K) = space.A, Y.shape
    positives = np.clip(Y.sum(axis=0), 1e-6, n - 1e-6)
    goal = np.asarray(Y * (n / (2 * positives)), dtype=np.float32)
    S = goal + np.asarray((1 - Y) * (n / (2 * (n - positives))), dtype=np.float32)
    base = np.asarray(space.X @ prior.T, dtype=np.float32)
    # Steps in units of sqrt(C): regularisation then bends the loss of every code alike.
    unit = np.sqrt(C).astype(np.float32)

    def loss(V: FloatArray, codes: IntArray) -> tuple[FloatArray, FloatArray]:
        """Regularised logistic loss (C,) and its slope (C, r + 1) at V (C, r + 1), weights and bias of some codes."""
        D, goals, shares = V[:, :-1], goal[:, codes], S[:, codes]
        Z = base[:, codes] + (A @ D.T) * unit[codes] + V[:, -1]
        P = expit(Z)
        G = shares * P - goals
        slope = V.copy()
        slope[:, :-1] += (A.T @ (G * unit[codes])).T
        slope[:, -1] = G.sum(axis=0)
        # log(1 + e^z) - y z, from the probability already at hand.
        values = np.sum(shares * (np.maximum(Z, 0) - np.log(np.maximum(P, 1 - P))) - goals * Z, axis=0, dtype=np.float64)
        return values + 0.5 * np.vecdot(D, D), slope

    steps = minimise(loss, (K, A.shape[1] + 1), config.iterations)[:, :-1] * unit[:, None]
    # The intercept of balanced classes says nothing of a code's share, and runs away where a code is
    # rare; scores are left centred instead, and calibration sets the intercept.
    return Head((prior + space.lift(steps)).astype(np.float32), np.zeros(K, dtype=np.float32))
