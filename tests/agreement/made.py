"""Small made-up decisions that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from autocode.agreement.counts import Decisions
from autocode.study import Segment
from autocode.study.matrix import CodingMatrix

Bools = NDArray[np.bool_]


def decided(Y: Bools, documents: int = 1, seen: Bools | None = None, weight: Sequence[float] | None = None) -> Decisions:
    """Decisions (R, n, K) spread evenly over documents, coders named a, b, c ..."""
    R, n, K = Y.shape
    return Decisions(
        coders=tuple("abcdefghijkl"[:R]),
        codes=tuple(f"c{k}" for k in range(K)),
        documents=tuple(f"d{g}" for g in range(documents)),
        groups=np.arange(n) * documents // max(1, n),
        Y=Y,
        seen=np.ones((R, n), dtype=bool) if seen is None else seen,
        weight=np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64),
    )


def matrix_of(data: Decisions) -> CodingMatrix:
    """The same decisions as a coding matrix with segments of ten characters."""
    segments = tuple(Segment(data.documents[g], 10 * i, 10 * i + 10, str(i)) for i, g in enumerate(data.groups))
    outside = np.zeros(len(data.coders), dtype=np.int64)
    return CodingMatrix(segments, data.documents, data.groups, data.codes, data.coders, data.Y, data.seen, outside)


def noisy(
    seed: int = 0, coders: int = 3, documents: int = 12, each: int = 30, codes: int = 2, noise: float = 0.05
) -> Decisions:
    """Coders who see one truth (20 % coded) and err independently."""
    rng = np.random.default_rng(seed)
    truth = rng.random((documents * each, codes)) < 0.2
    Y = np.stack([truth ^ (rng.random(truth.shape) < noise) for _ in range(coders)])
    return decided(Y, documents)


def from_cells(a: int, b: int, c: int, d: int, documents: int = 1) -> Decisions:
    """Two coders and one code with these counts of both, first only, second only, neither."""
    first = [1] * a + [1] * b + [0] * c + [0] * d
    second = [1] * a + [0] * b + [1] * c + [0] * d
    return decided(np.array([first, second], dtype=bool)[:, :, None], documents)


tables = st.tuples(*[st.integers(0, 40)] * 4).map(lambda cells: np.array(cells, dtype=np.float64))
"""Any 2 x 2 table of small counts."""


@st.composite
def any_decisions(draw: st.DrawFn, coders: int = 2, codes: int = 2) -> Decisions:
    """Any decisions of some coders on 4 to 24 units in 1 to 4 documents, some not seen."""
    n = draw(st.integers(4, 24))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    seen = rng.random((coders, n)) < 0.9
    Y = (rng.random((coders, n, codes)) < 0.3) & seen[:, :, None]
    return decided(Y, draw(st.integers(1, 4)), seen)
