"""What the classifier learns from: settings, features of segments, and what the coders said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autocode.config import ClassifyConfig
from autocode.lexical import hashed

if TYPE_CHECKING:
    from scipy import sparse

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of n segments."""

    X: FloatArray  # (n, d) float32: own vector, weighted previous turn, weighted next turn
    T: sparse.csr_array  # (n, h) float32: hashed words and word parts

    def take(self, rows: IntArray) -> Features:
        """The features of some segments, in the order of `rows`."""
        return Features(self.X[rows], self.T[rows])

    def joined(self, other: Features) -> Features:
        """These segments and, below them, those of `other`."""
        from scipy import sparse  # late: the command line must start at once

        T = sparse.vstack([self.T, other.T], format="csr")
        return Features(np.vstack([self.X, other.X]), T)


@dataclass(frozen=True, slots=True)
class Target:
    """What the coders said of n segments and K codes, and what the codebook says of the codes."""

    Y: FloatArray  # (n, K) in [0, 1]: share of the coders who saw the segment and gave the code
    groups: IntArray  # (n,) document index; negative: another study's, always learnt from and never judged
    prior: FloatArray  # (K, d0) embedding of the codebook entry; zeros where there is none
    parents: IntArray  # (K,) index of the theme, or -1

    def take(self, rows: IntArray) -> Target:
        """The target of some segments, in the order of `rows`."""
        return Target(self.Y[rows], self.groups[rows], self.prior, self.parents)

    def of(self, codes: IntArray) -> Target:
        """The target of some codes, in the order of `codes`."""
        return Target(self.Y[:, codes], self.groups, self.prior[codes], self.parents[codes])


def features(
    vectors: FloatArray,
    texts: Sequence[str],
    neighbours: IntArray,
    config: ClassifyConfig = ClassifyConfig(),
    context_vectors: FloatArray | None = None,
) -> Features:
    """Join a segment's own vector, its neighbouring turns and its hashed text.

    Args:
        vectors: (n, d0) unit-norm embeddings.
        texts: n texts.
        neighbours: (n, 2) row of the previous and of the next turn in `context_vectors`, -1 for none.
        config: Weights of the turns and width of the hashed text.
        context_vectors: (m, d0) embeddings of the turns; the segments themselves when None.

    Raises:
        ValueError: The numbers of vectors, texts and neighbours differ.
    """
    own = np.asarray(vectors, dtype=np.float32)
    if not len(own) == len(texts) == len(neighbours):
        counts = f"{len(own)} vectors, {len(texts)} texts and {len(neighbours)} neighbours"
        raise ValueError(f"{counts}: not one per segment")
    turns = own if context_vectors is None else np.asarray(context_vectors, dtype=np.float32)
    turns = np.vstack([turns, np.zeros((1, own.shape[1]), dtype=np.float32)])  # row -1: no neighbour
    around = [w * turns[neighbours[:, i]] for i, w in enumerate((config.previous, config.following)) if w]
    return Features(np.hstack([own, *around]), hashed(texts, config.width))
