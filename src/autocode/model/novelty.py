"""Unlike anything coded: segments far from all that a model has met, and clusters of them.

Sources: distance to the nearest neighbour as novelty score, Knorr & Ng 1998 (VLDB); average linkage,
Sokal & Michener 1958.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.study import Segment

Vectors = NDArray[np.float32]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

QUANTILE = 0.95
"""Share of out-of-document distances that lie inside the edge."""

LEAST_SEGMENTS, LEAST_DOCUMENTS = 3, 2
"""What a possible new code needs."""

_BLOCK = 1024  # rows at a time
_CHECKED = 5000  # training segments whose distances make the edge, at most
_JOINED = 2000  # segments clustered at once, at most: memory grows with the square


@dataclass(frozen=True, slots=True)
class PossibleCode:
    """Segments like each other and unlike anything coded: perhaps a code that the codebook lacks.

    Attributes:
        segments: All of them, in the order given.
        central: The three that are most like the others, most central first.
    """

    segments: tuple[Segment, ...]
    central: tuple[Segment, ...]

    @property
    def documents(self) -> tuple[str, ...]:
        """Ids of the documents they lie in."""
        return tuple(dict.fromkeys(s.document for s in self.segments))


@dataclass(frozen=True, slots=True)
class Unlike:
    """The segments of some documents that are unlike anything a model has met.

    Attributes:
        segments: In reading order.
        distances: Cosine distance of each to the nearest segment met.
        edge: The distance from which on a segment counts.
        possible: Clusters of them, the largest first.
    """

    segments: tuple[Segment, ...]
    distances: tuple[float, ...]
    edge: float
    possible: tuple[PossibleCode, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping; places, no words."""
        places = [_place(s) | {"distance": d} for s, d in zip(self.segments, self.distances, strict=True)]
        possible = [
            {"segments": [_place(s) for s in p.segments], "central": [_place(s) for s in p.central]}
            for p in self.possible
        ]
        return {"edge": self.edge, "segments": places, "possible_codes": possible}


def _place(s: Segment) -> dict[str, Any]:
    return {"document": s.document, "segment": s.id, "start": s.start, "end": s.end}


def nearest_distance(vectors: Vectors, known: Vectors, apart: tuple[IntArray, IntArray] | None = None) -> FloatArray:
    """Cosine distance (n,) of each vector to the nearest one known; infinite where there is none.

    Args:
        vectors: (n, d) of unit length.
        known: (m, d) of unit length.
        apart: Groups of the vectors (n,) and of the known (m,): equal groups are not compared.
    """
    found = np.full(len(vectors), np.inf)
    for at in range(0, len(vectors) if len(known) else 0, _BLOCK):
        rows = slice(at, at + _BLOCK)
        distance = 1 - (vectors[rows] @ known.T).astype(np.float64)
        if apart:
            distance[apart[0][rows, None] == apart[1]] = np.inf
        found[rows] = distance.min(axis=1)
    # The last bits differ between processors; six decimals are the same everywhere.
    return np.round(found, 6)


def edge_of(vectors: Vectors, groups: IntArray, kept: IntArray) -> float:
    """The distance that 95 of 100 segments keep below, each to the kept segments of other documents.

    A segment of a new document of the same kind lies beyond it about once in twenty.

    Args:
        vectors: (n, d) of the training segments.
        groups: (n,) their documents.
        kept: Rows of those that the model keeps.
    """
    some = np.arange(0, len(vectors), max(1, -(-len(vectors) // _CHECKED)))
    found = nearest_distance(vectors[some], vectors[kept], (groups[some], groups[kept]))
    found = found[np.isfinite(found)]
    return float(np.quantile(found, QUANTILE)) if len(found) else float("inf")


def unlike(segments: Sequence[Segment], vectors: Vectors, distances: FloatArray, edge: float) -> Unlike:
    """Pick the segments beyond the edge, and gather those that are like each other.

    Args:
        segments: n segments in reading order.
        vectors: (n, d) of unit length.
        distances: (n,) to the nearest segment met.
        edge: What counts as unlike.
    """
    far = np.flatnonzero(distances > edge)
    chosen = tuple(segments[i] for i in far.tolist())
    shown = tuple(distances[far].tolist())
    return Unlike(chosen, shown, edge, tuple(_clusters(chosen, vectors[far], distances[far], edge)))


def _clusters(segments: Sequence[Segment], vectors: Vectors, distances: FloatArray, edge: float) -> list[PossibleCode]:
    """Average linkage, cut where segments are as near to each other as training segments usually are."""
    rows = np.sort(np.argsort(-distances, kind="stable")[:_JOINED])
    if len(rows) < LEAST_SEGMENTS:
        return []
    near = np.asarray(np.round(vectors[rows] @ vectors[rows].T, 6), dtype=np.float64)
    member = _linked(1 - near, edge)
    found = [_possible([segments[i] for i in rows[member == c].tolist()], near[np.ix_(member == c, member == c)])
             for c in dict.fromkeys(member.tolist())]  # fmt: skip
    enough = [p for p in found if len(p.segments) >= LEAST_SEGMENTS and len(p.documents) >= LEAST_DOCUMENTS]
    return sorted(enough, key=lambda p: -len(p.segments))


def _linked(distance: FloatArray, edge: float) -> IntArray:
    """Cluster of each row of a distance matrix (n, n)."""
    from scipy.cluster.hierarchy import fcluster, linkage  # late: the command line must start at once
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(np.maximum(distance, 0), checks=False), "average")
    return np.asarray(fcluster(tree, edge, "distance"), dtype=np.int64)


def _possible(segments: list[Segment], near: FloatArray) -> PossibleCode:
    central = np.argsort(-near.mean(axis=1), kind="stable")[:LEAST_SEGMENTS]
    return PossibleCode(tuple(segments), tuple(segments[i] for i in central))
