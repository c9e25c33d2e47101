"""Made matrices of codings whose truth is known, for the second look and what stands beside it."""

from __future__ import annotations

import numpy as np

from autocode.classify import HeldOutPredictions
from autocode.evaluate import HeldOut
from autocode.study import Document, Segment
from autocode.study.matrix import CodingMatrix


def matrix_of(Y: np.ndarray, documents: int, codes: tuple[str, ...], coders: tuple[str, ...] = ("ana", "ben")) -> CodingMatrix:
    """A matrix of (R, n, K) decisions over units shared out evenly to documents; every coder saw all."""
    _, n, _ = Y.shape
    groups = np.sort(np.arange(n) % documents)
    segments = tuple(Segment(f"D{g}", 10 * i, 10 * i + 9, str(i)) for i, g in enumerate(groups))
    names = tuple(f"D{g}" for g in range(documents))
    return CodingMatrix(
        segments, names, groups, codes, coders[: len(Y)], Y, np.ones(Y.shape[:2], bool), np.zeros(len(Y), np.int64)
    )


def simulated(seed: int = 0, units: int = 1200, codes: int = 6, documents: int = 24, coders: int = 2) -> HeldOut:
    """Coders who code by known chances, and a machine that knows the chances: there is no slip in it."""
    rng = np.random.default_rng(seed)
    P = np.clip(rng.beta(0.15, 1.2, (units, codes)), 1e-4, 1 - 1e-4)
    Y = rng.random((coders, units, codes)) < P
    names = tuple(f"Theme > code {k}" for k in range(codes))
    matrix = matrix_of(Y, documents, names, ("ana", "ben", "eva", "dan", "fay", "gus", "hal"))
    held = HeldOutPredictions(P, np.zeros(P.shape, np.int8), np.full((1, codes), 0.5), np.zeros(units, np.int64))
    return HeldOut(matrix, held, {d: Document(d, "x" * 10 * units) for d in matrix.documents})
