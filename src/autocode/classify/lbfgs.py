"""Many smooth problems of one shape minimised side by side: limited-memory BFGS, each with its own curvature and step.

Linear scores of rows are learnt in a `Space`, which says what stands for their weights: as few numbers as will do.

Source: Nocedal, J. (1980). Updating quasi-Newton matrices with limited storage. Mathematics of Computation 35(151).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from scipy import sparse

_Floats: TypeAlias = NDArray[np.floating[Any]]
Loss: TypeAlias = Callable[[_Floats, NDArray[np.integer[Any]]], tuple[_Floats, _Floats]]
Blocks: TypeAlias = Iterator[tuple[_Floats, _Floats, _Floats]]
Inner: TypeAlias = Callable[[_Floats, _Floats], _Floats]
Rows: TypeAlias = Union[_Floats, "sparse.csr_array"]
Steps: TypeAlias = "deque[tuple[_Floats, _Floats, float]]"
FEW = 1500  # rows up to which the detour over their inner products is the faster way
_MEMORY = 6  # steps remembered of each problem
_ROOM = 12_000_000  # numbers that the steps of all problems may take up at once
_STILL = 1e-10  # a step below which Newton's method has arrived
_ENOUGH = 1e-4  # share of the gain promised by the slope that a step must bring (Armijo)


def minimise(loss: Loss, shape: tuple[int, int], rounds: int, tolerance: float = 1e-4, inner: Inner = np.vecdot) -> _Floats:
    """The points (K, d) float32 of least loss of K problems in d unknowns, from zero.

    Args:
        loss: From points (k, d) and the numbers (k,) of their problems to losses (k,) and slopes (k, d).
        shape: K and d.
        rounds: Evaluations at most, after the first.
        tolerance: A problem is done when a step gains no more than this share of its loss.
        inner: Product of vectors along their last axis, where they stand for others than themselves.
    """
    blocks = math.ceil(shape[0] * shape[1] * 2 * _MEMORY / _ROOM)
    parts = np.array_split(np.arange(shape[0]), max(min(blocks, shape[0]), 1))
    return np.concatenate([_together(loss, inner, codes, shape[1], rounds, tolerance) for codes in parts])


def _together(loss: Loss, inner: Inner, codes: NDArray[np.integer[Any]], d: int, rounds: int, tolerance: float) -> _Floats:
    V = np.zeros((len(codes), d), dtype=np.float32)
    f, g = loss(V, codes)
    steps: list[Steps] = [deque(maxlen=_MEMORY) for _ in codes]
    D, size = -g, 1 / np.maximum(np.sqrt(inner(g, g)), 1e-9)
    live = np.arange(len(codes))
    for _ in range(rounds):
        W = V[live] + size[live, None].astype(np.float32) * D[live]
        value, slope = loss(W, codes[live])
        gain = f[live] - value
        better = gain >= -_ENOUGH * size[live] * inner(D[live], g[live])
        for i in np.flatnonzero(better):
            k = live[i]
            s, y = W[i] - V[k], slope[i] - g[k]
            if (bend := float(inner(s, y))) > 0:  # the loss bends upwards: the step and the change of slope along it are kept
                steps[k].append((s, y, bend))
            V[k], f[k], g[k] = W[i], value[i], slope[i]
            D[k] = -_turned(g[k], steps[k], inner)
        size[live] = np.where(better, 1, size[live] / 2)
        live = live[~better | (gain > tolerance * np.abs(value))]
        if not len(live):
            break
    return V


def _turned(slope: _Floats, steps: Steps, inner: Inner) -> _Floats:
    """The slope times the inverse curvature that the steps speak for (two-loop recursion)."""
    q, shares = slope.copy(), []
    for s, y, bend in reversed(steps):
        shares.append(float(inner(s, q)) / bend)
        q -= np.float32(shares[-1]) * y
    if steps:
        _, y, bend = steps[-1]
        q *= np.float32(bend / float(inner(y, y)))
    for (s, y, bend), share in zip(steps, reversed(shares), strict=True):
        q += np.float32(share - float(inner(y, q)) / bend) * s
    return q


def newton(blocks: Callable[[], Blocks], mean: _Floats, precision: _Floats, start: _Floats) -> _Floats:
    """Logistic regressions with Gaussian priors, (K, J): `blocks` of A (K, J, n), Y (K, n) and offsets; (K, J)."""
    from scipy.special import expit

    theta = start.copy()
    for _ in range(20):
        slope, curve = precision * (theta - mean), np.diag(precision)[None]
        for A, Y, offset in blocks():
            P = expit(offset + (theta[:, None] @ A)[:, 0])
            slope = slope + (A @ (P - Y)[..., None])[..., 0]
            curve = curve + (A * (P * (1 - P))[:, None]) @ A.swapaxes(1, 2)
        # Full steps may overshoot far from the optimum; bounded ones arrive.
        theta = theta - (step := np.clip(np.linalg.solve(curve, slope[..., None])[..., 0], -1, 1))
        if np.abs(step).max() < _STILL:
            break
    return theta


@dataclass(frozen=True, slots=True)
class Mixed:
    """Sparse rows whose first columns, met in many of them, stand apart with all their zeros: products take half the time."""

    common: _Floats  # (n, c)
    rest: sparse.csr_array  # (n, d - c)

    @classmethod
    def of(cls, A: sparse.csr_array, common: int) -> Mixed:
        """The rows (n, d) with their first columns apart."""
        return cls(A[:, :common].toarray(), A[:, common:])

    @property
    def shape(self) -> tuple[int, int]:
        """n and d."""
        return len(self.common), self.common.shape[1] + self.rest.shape[1]

    @property
    def T(self) -> _Turned:
        """Columns as rows."""
        return _Turned(self)

    def __matmul__(self, M: _Floats) -> _Floats:
        c = self.common.shape[1]
        return np.asarray(self.common @ M[:c] + self.rest @ M[c:])


@dataclass(frozen=True, slots=True)
class _Turned:
    """The columns of mixed rows, to be multiplied with."""

    rows: Mixed

    def __matmul__(self, M: _Floats) -> _Floats:
        return np.concatenate([self.rows.common.T @ M, self.rows.rest.T @ M])


@dataclass(frozen=True, slots=True)
class Space:
    """Rows X (n, d) as A (n, r) with as few columns as the rows span: exact, and fast for few rows."""

    X: Any
    A: Any  # rows of numbers, sparse or mixed
    R: _Floats | None  # (n, r), A = X @ X.T @ R; None: A is X

    @classmethod
    def of(cls, X: Any) -> Space:
        """The space of n rows: X itself where it is small, else the span of its rows by the eigenvectors of X @ X.T."""
        if X.shape[0] >= min(X.shape[1], FEW):
            return cls(X, X, None)
        gram = X @ X.T
        gram = gram if isinstance(gram, np.ndarray) else gram.toarray()
        values, U = np.linalg.eigh(np.asarray(gram, dtype=np.float64))
        kept = values > 1e-6 * max(values[-1], 1e-9)
        roots = np.sqrt(values[kept])
        return cls(X, (U[:, kept] * roots).astype(np.float32), (U[:, kept] / roots).astype(np.float32))

    @property
    def by_rows(self) -> bool:
        """Whether weights are kept as sums of rows: their shares (K, n), and beside them what the sums score (K, n).

        Where there are far more columns than rows these are the shorter vectors; their products are those of the weights.
        """
        return self.R is None and not isinstance(self.A, np.ndarray) and 2 * self.A.shape[0] < self.A.shape[1]

    @property
    def unknowns(self) -> int:
        """How many numbers stand for the weights of a code."""
        return int(2 * self.A.shape[0] if self.by_rows else self.A.shape[1])

    def scores(self, D: _Floats) -> _Floats:
        """Scores (n, K) of weights D (K, unknowns)."""
        return np.asarray(D[:, self.A.shape[0] :].T if self.by_rows else self.A @ D.T)

    def summed(self, G: _Floats) -> _Floats:
        """The sum of all rows, each by its share in G (n, K), as weights (K, unknowns)."""
        D = self.A.T @ G
        return np.asarray(np.concatenate([G.T, (self.A @ D).T], axis=1) if self.by_rows else D.T)

    def inner(self, V: _Floats, U: _Floats, bias: int = 1) -> _Floats:
        """Products along the last axis of weights and bias (..., unknowns + 1), or of the weights alone."""
        n, end = self.A.shape[0], self.unknowns
        if self.by_rows:
            return np.asarray(np.vecdot(V[..., :n], U[..., n:end]) + bias * V[..., end] * U[..., end])
        return np.asarray(np.vecdot(V[..., : end + bias], U[..., : end + bias]))

    def lift(self, D: _Floats) -> _Floats:
        """Weights (K, unknowns) on A as weights (K, d) on X."""
        if self.by_rows:
            return np.asarray((self.A.T @ D[:, : self.A.shape[0]].T).T)
        return D if self.R is None else np.asarray((self.X.T @ (self.R @ D.T)).T)


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
