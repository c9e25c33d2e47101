"""What the classifier learns from: settings, features of segments, and what the coders said of them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from autocode.classify.lexical import hashed
from autocode.config import ClassifyConfig

if TYPE_CHECKING:
    from scipy import sparse

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]


ROLES = 64
"""Columns that a speaker's role is hashed to, and as many for the role of the one who spoke before."""
_ROLE_WEIGHT = 0.5  # of a role beside a unit vector


@dataclass(frozen=True, slots=True)
class Chunks:
    """Sentences of n segments, or a few of them together: a mention is washed out in a long text's one vector."""

    V: FloatArray  # (m, d0) float32 unit vectors, in the order of the segments
    counts: IntArray  # (n,) pieces of each segment, at least 1

    def take(self, rows: IntArray) -> Chunks:
        """The pieces of some segments, in the order of `rows`."""
        starts, counts = np.cumsum(self.counts) - self.counts, self.counts[rows]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return Chunks(self.V[np.repeat(starts[rows], counts) + within], counts)

    def highest(self, W: FloatArray) -> FloatArray:
        """The score of each segment's best piece (n, K) for weights W (K, d0)."""
        if not len(self.counts):
            return np.zeros((0, len(W)), dtype=np.float32)
        return np.maximum.reduceat(self.V @ W.T, np.cumsum(self.counts) - self.counts, axis=0)


class Words(Protocol):
    """The words of n segments, for a network that learns to read them."""

    def take(self, rows: IntArray) -> Words:
        """Some of them, in the order of `rows`."""

    def read(self) -> None:
        """Get ready for parts of them to be learnt side by side."""

    def learn(self, Y: FloatArray, seed: int) -> Network:
        """Learn from shares of coders Y (n, K)."""


class Network(Protocol):
    """What has learnt K codes from words."""

    @property
    def arrays(self) -> Mapping[str, FloatArray]:
        """All there is to it, by name."""

    def score(self, words: Any) -> FloatArray:
        """Scores (n, K) float32."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of n segments; numbers alone, without words and pieces, have the first head only."""

    X: FloatArray  # (n, d) float32: own vector, weighted previous turn, weighted next turn, roles
    T: sparse.csr_array | None = None  # (n, h) float32: hashed words and word parts, roles
    pieces: Chunks | None = None
    more: tuple[FloatArray, ...] = ()  # further encoders' view of the same segments, each like X
    words: Words | None = None  # where a network is to learn as well

    @property
    def heads(self) -> int:
        """How many scores a code gets: by meaning, wording, best piece, each further encoder, a network."""
        return 1 + sum(part is not None for part in (self.T, self.pieces, self.words)) + len(self.more)

    def take(self, rows: IntArray) -> Features:
        """The features of some segments, in the order of `rows`."""
        words = self.words.take(rows) if self.words else None
        T = None if self.T is None else self.T[rows]
        pieces = self.pieces.take(rows) if self.pieces else None
        return Features(self.X[rows], T, pieces, tuple(M[rows] for M in self.more), words)

    def joined(self, other: Features) -> Features:
        """These segments and, below them, those of `other`; no network learns from both."""
        from scipy import sparse

        both_pieces = [(p.V, p.counts) for p in (self.pieces, other.pieces) if p is not None]
        V, counts = (np.concatenate(both) for both in zip(*both_pieces, strict=True))
        T = sparse.vstack([self.T, other.T], format="csr")
        more = tuple(np.vstack(both) for both in zip(self.more, other.more, strict=True))
        return Features(np.vstack([self.X, other.X]), T, Chunks(V, counts), more)


@dataclass(frozen=True, slots=True)
class Turns:
    """The m turns of some documents, of which n are segments: who says what before and after what."""

    vectors: FloatArray  # (m, d0) unit vectors; of several encoders side by side
    speakers: Sequence[str]  # m roles or names, "" for none
    own: IntArray  # (n,) the turn of each segment
    around: IntArray  # (n, 2) the turn before it and the turn after it, -1 for none
    widths: tuple[int, ...] = ()  # columns of each encoder; empty: there is one


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
    texts: Sequence[str], turns: Turns, config: ClassifyConfig = ClassifyConfig(), pieces: Chunks | None = None
) -> Features:
    """Join a segment's own vector, its neighbouring turns, the roles of who speaks, and its hashed text.

    Args:
        texts: The n segments' words.
        turns: What stands around them.
        config: Weights of the turns and width of the hashed text.
        pieces: Of the n segments, by the first encoder; None takes each segment whole.

    Raises:
        ValueError: The numbers of texts, turns and neighbours differ.
    """
    if not len(texts) == len(turns.own) == len(turns.around):
        counts = f"{len(turns.own)} turns, {len(texts)} texts and {len(turns.around)} neighbours"
        raise ValueError(f"{counts}: not one per segment")
    roles = _roles(turns)
    views = [_view(V, turns, roles, config) for V in each_encoder(np.asarray(turns.vectors, dtype=np.float32), turns.widths)]
    whole = Chunks(views[0][:, : (turns.widths or turns.vectors.shape[1:])[0]], np.ones(len(texts), dtype=np.int64))
    return Features(views[0], _beside(hashed(texts, config.width), roles), pieces or whole, tuple(views[1:]))


def each_encoder(V: FloatArray, widths: tuple[int, ...]) -> list[FloatArray]:
    """The unit vectors of each encoder in vectors (m, d) that hold several, side by side."""
    if len(widths) < 2:
        return [V]
    return [np.float32(np.sqrt(len(widths))) * part for part in np.split(V, np.cumsum(widths)[:-1], axis=1)]


def _view(known: FloatArray, turns: Turns, roles: sparse.csr_array, config: ClassifyConfig) -> FloatArray:
    """Own vector, weighted previous and next turn, and roles (n, d) of one encoder's vectors of the turns."""
    own = known[turns.own]
    known = np.vstack([known, np.zeros((1, known.shape[1]), dtype=np.float32)])  # row -1: no neighbour
    around = [w * known[turns.around[:, i]] for i, w in enumerate((config.previous, config.following)) if w]
    return np.hstack([own, *around, _ROLE_WEIGHT * roles.toarray()])


def _roles(turns: Turns) -> sparse.csr_array:
    """Who speaks and who spoke before (n, 2 * ROLES), hashed like words: a name cannot be read back."""
    from scipy import sparse

    column = np.array([zlib.crc32(s.encode("utf-8", "surrogatepass")) % ROLES if s else -1 for s in turns.speakers] + [-1])
    n, now, before = len(turns.own), column[turns.own], column[turns.around[:, 0]]
    places = np.stack([now, np.where(before < 0, -1, before + ROLES)], axis=1)
    rows, _ = np.nonzero(places >= 0)
    cells = (np.ones(len(rows), dtype=np.float32), (rows, places[places >= 0]))
    return sparse.csr_array(cells, shape=(n, 2 * ROLES))


def _beside(T: sparse.csr_array, roles: sparse.csr_array) -> sparse.csr_array:
    from scipy import sparse

    return sparse.hstack([T, roles], format="csr")


def unshared_roles(T: sparse.csr_array, groups: IntArray) -> IntArray:
    """Which of the 2 * ROLES role columns are met in one document at most, (c,): names, not roles."""
    roles = T[:, -2 * ROLES :].tocoo()
    pairs = np.unique(np.stack([roles.col, groups[roles.row]]), axis=1)
    return np.flatnonzero(np.bincount(pairs[0], minlength=2 * ROLES) < 2)
