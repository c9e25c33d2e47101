"""Many smooth problems of one shape minimised side by side: limited-memory BFGS, each with its own curvature and step.

Source: Nocedal, J. (1980). Updating quasi-Newton matrices with limited storage. Mathematics of Computation 35(151).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[np.floating[Any]]
Loss: TypeAlias = Callable[[_Floats, NDArray[np.integer[Any]]], tuple[_Floats, _Floats]]
Steps: TypeAlias = "deque[tuple[_Floats, _Floats, float]]"
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
