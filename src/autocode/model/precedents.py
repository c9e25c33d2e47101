"""Precedents: the human-coded segments that speak for a suggestion, and what else the model has met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.study import Evidence, Segment
from autocode.study.matrix import CodingMatrix

Vectors = NDArray[np.float32]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

QUANTILE = 0.95
"""Share of out-of-document distances that lie inside the edge."""

LEAST_SEGMENTS, LEAST_DOCUMENTS = 3, 2
"""What a possible new code needs."""

_BLOCK = 16_000_000  # cosines at a time
_MET = 20_000  # segments that another is held against, at most
_CHECKED = 5000  # training segments whose distances make the edge, at most
_FEW = 1000  # coded segments of a code, up to which each question is compared with all of them by itself
_CLOSE = 2e-6  # more than products of many and of one may differ
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
            {"segments": [_place(s) for s in p.segments], "central": [_place(s) for s in p.central]} for p in self.possible
        ]
        return {"edge": self.edge, "segments": places, "possible_codes": possible}


def _place(s: Segment) -> dict[str, Any]:
    return {"document": s.document, "segment": s.id, "start": s.start, "end": s.end}


def nearest_distance(vectors: Vectors, known: Vectors, apart: tuple[IntArray, IntArray] | None = None) -> FloatArray:
    """Cosine distance (n,) of each vector to the nearest one known; infinite where there is none.

    Args:
        vectors: (n, d) of unit length.
        known: (m, d) of unit length; of more than 20,000 as many are looked at, evenly drawn.
        apart: Groups of the vectors (n,) and of the known (m,): equal groups are not compared.
    """
    if len(known) > _MET:
        some = np.linspace(0, len(known) - 1, _MET).astype(np.int64)
        known, apart = known[some], apart and (apart[0], apart[1][some])
    found = np.full(len(vectors), np.inf)
    height = max(1, _BLOCK // max(1, len(known)))
    for at in range(0, len(vectors) if len(known) else 0, height):
        rows = slice(at, at + height)
        near = vectors[rows] @ known.T
        if apart:
            near[apart[0][rows, None] == apart[1]] = -np.inf
        found[rows] = 1 - near.max(axis=1).astype(np.float64)
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
    found = [
        _possible([segments[i] for i in rows[member == c].tolist()], near[np.ix_(member == c, member == c)])
        for c in dict.fromkeys(member.tolist())
    ]
    enough = [p for p in found if len(p.segments) >= LEAST_SEGMENTS and len(p.documents) >= LEAST_DOCUMENTS]
    return sorted(enough, key=lambda p: -len(p.segments))


def _linked(distance: FloatArray, edge: float) -> IntArray:
    """Cluster of each row of a distance matrix (n, n)."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(np.maximum(distance, 0), checks=False), "average")
    return np.asarray(fcluster(tree, edge, "distance"), dtype=np.int64)


def _possible(segments: list[Segment], near: FloatArray) -> PossibleCode:
    central = np.argsort(-near.mean(axis=1), kind="stable")[:LEAST_SEGMENTS]
    return PossibleCode(tuple(segments), tuple(segments[i] for i in central))


_UNCODED = 2000  # segments without a code kept as vectors at most


@dataclass(frozen=True, slots=True)
class Precedent:
    """One coded segment: where it is, its words, who gave it which codes, and who has read it."""

    document: str
    segment: str
    text: str
    codes: Mapping[str, Sequence[str]]
    readers: Sequence[str] = ()


@dataclass(frozen=True)
class Precedents:
    """All coded segments a model learnt from, and those read and left alone, with their vectors.

    Attributes:
        items: The m segments; those without a code (2,000 at most, evenly drawn) keep no words.
        vectors: (m, d) their unit vectors, float32.
        edge: Cosine distance to the nearest of them beyond which a segment is unlike anything met:
            95 of 100 training segments lie nearer to the segments of other documents.
    """

    items: tuple[Precedent, ...]
    vectors: NDArray[np.float32]
    edge: float = float("inf")

    @classmethod
    def gather(cls, matrix: CodingMatrix, texts: Sequence[str], vectors: NDArray[np.float32]) -> Precedents:
        """Collect the segments of a matrix: all that carry a code, and of the others evenly drawn ones.

        Args:
            matrix: n segments x K codes of R coders.
            texts: The n segments' words.
            vectors: (n, d) their vectors.
        """
        given = np.asarray(matrix.Y.any(axis=(0, 2)))
        coded, left = np.flatnonzero(given), np.flatnonzero(~given)
        kept = np.concatenate([coded, left[:: max(1, -(-len(left) // _UNCODED))]])
        items = tuple(_precedent(matrix, i, texts[i] if given[i] else "") for i in kept.tolist())
        return cls(items, vectors[kept], edge_of(vectors, matrix.groups, kept))

    @classmethod
    def from_rows(
        cls, rows: Iterable[Mapping[str, Any]], vectors: NDArray[np.float32], edge: float = float("inf")
    ) -> Precedents:
        """The reverse of `rows`, with the vectors kept elsewhere."""
        return cls(tuple(Precedent(**row) for row in rows), vectors, edge)

    def unfamiliar(self, vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which of n vectors (n, d) are unlike anything the model has met, (n,)."""
        return np.asarray(nearest_distance(vectors, self.vectors) > self.edge)

    def rows(self, quotes: bool = True) -> list[dict[str, Any]]:
        """The coded segments as JSON-ready mappings; their words only where `quotes`."""
        return [
            {
                "document": p.document,
                "segment": p.segment,
                "text": p.text if quotes else "",
                "codes": dict(p.codes),
                "readers": list(p.readers),
            }
            for p in self.items
        ]

    @cached_property
    def _by_code(self) -> dict[str, NDArray[np.int64]]:
        rows: dict[str, list[int]] = {}
        for i, item in enumerate(self.items):
            for code in item.codes:
                rows.setdefault(code, []).append(i)
        return {code: np.array(found, dtype=np.int64) for code, found in rows.items()}

    def nearest(
        self, vectors: NDArray[np.float32], codes: Sequence[tuple[str, ...]], count: int = 3
    ) -> list[tuple[Evidence, ...]]:
        """For each of q questions the coded segments of its codes that are nearest by cosine, nearest first.

        Args:
            vectors: (q, d) of unit length, what each question is about.
            codes: For each question paths of codes, any of which counts.
            count: How many at most.
        """
        asked: dict[tuple[str, ...], list[int]] = {}
        for q, wanted in enumerate(codes):
            asked.setdefault(wanted, []).append(q)
        found: list[tuple[Evidence, ...]] = [()] * len(codes)
        for wanted, questions in asked.items():  # one copy and one product for all that ask for the same codes
            none = np.empty(0, dtype=np.int64)
            rows = np.unique(np.concatenate([none, *(self._by_code.get(c, none) for c in wanted)]))
            own = self.vectors[rows]
            for q, near, similarity in _near(vectors, questions, own, count):
                found[q] = tuple(self._evidence(int(rows[i]), wanted, s) for i, s in zip(near, similarity, strict=True))
        return found

    def _evidence(self, row: int, wanted: Iterable[str], similarity: float) -> Evidence:
        item = self.items[row]
        coders = dict.fromkeys(c for code in wanted for c in item.codes.get(code, ()))
        without = ", ".join(c for c in item.readers if c not in coders)
        return Evidence(item.document, ", ".join(coders), item.text, similarity, without)


def _near(vectors: Vectors, questions: Sequence[int], own: Vectors, count: int) -> Iterator[tuple[int, list[int], list[float]]]:
    """For each question the rows that are nearest, of equal ones the first, and their cosines to six decimals."""
    height = max(1, _BLOCK // max(1, len(own)))
    for at in range(0, len(questions), height):
        some = list(questions[at : at + height])
        close = vectors[some] @ own.T if len(own) > _FEW else None
        for j, q in enumerate(some):
            near = np.arange(len(own))
            if close is not None:
                near = np.flatnonzero(close[j] >= np.partition(close[j], -count)[-count] - _CLOSE)
                # Again one by one and in the fours they stand in, as a product of many has other last bits.
                near = (np.unique(near // 4)[:, None] * 4 + np.arange(4)).ravel()
                near = near[near < len(own)]
            like = own if close is None else own[near]
            similarity = np.round((like @ np.asarray(vectors[q])).astype(np.float64), 6)
            best = np.argsort(-similarity, kind="stable")[:count]
            yield q, near[best].tolist(), similarity[best].tolist()


def _precedent(matrix: CodingMatrix, i: int, text: str) -> Precedent:
    given = matrix.Y[:, i, :]
    codes = {
        matrix.codes[k]: [coder for coder, own in zip(matrix.coders, given[:, k], strict=True) if own]
        for k in np.flatnonzero(given.any(axis=0)).tolist()
    }
    readers = [coder for coder, seen in zip(matrix.coders, matrix.seen[:, i], strict=True) if seen]
    return Precedent(matrix.segments[i].document, matrix.segments[i].id, text, codes, readers)
