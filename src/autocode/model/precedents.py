"""Precedents: the human-coded segments that speak for a suggestion, and what else the model has met."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.matrix import CodingMatrix
from autocode.model.novelty import edge_of, nearest_distance
from autocode.study import Evidence

_UNCODED = 2000  # segments without a code kept as vectors at most


@dataclass(frozen=True, slots=True)
class Precedent:
    """One coded segment: where it is, its words, and who gave it which codes."""

    document: str
    segment: str
    text: str
    codes: Mapping[str, Sequence[str]]


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
            {"document": p.document, "segment": p.segment, "text": p.text if quotes else "", "codes": dict(p.codes)}
            for p in self.items
        ]

    @cached_property
    def _by_code(self) -> dict[str, NDArray[np.int64]]:
        rows: dict[str, list[int]] = {}
        for i, item in enumerate(self.items):
            for code in item.codes:
                rows.setdefault(code, []).append(i)
        return {code: np.array(found, dtype=np.int64) for code, found in rows.items()}

    @cached_property
    def _vectors_by_code(self) -> dict[str, NDArray[np.float32]]:
        """Copies once, for a copy at each question is what a large batch would spend its time on."""
        return {code: self.vectors[rows] for code, rows in self._by_code.items()}

    def nearest(
        self, vector: NDArray[np.float32], code: str | Collection[str], count: int = 3
    ) -> tuple[Evidence, ...]:
        """The coded segments of a code that are nearest to a vector by cosine, nearest first.

        Args:
            vector: (d,) of unit length.
            code: Path of the code, or of several, any of which counts.
            count: How many at most.
        """
        wanted = (code,) if isinstance(code, str) else tuple(code)
        rows, own = self._rows_of(wanted)
        similarity = np.round((own @ vector).astype(np.float64), 6)
        best = np.argsort(-similarity, kind="stable")[:count]
        return tuple(self._evidence(int(rows[i]), wanted, float(similarity[i])) for i in best)

    def _rows_of(self, codes: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The segments that carry any of some codes, and their vectors."""
        none = np.empty(0, dtype=np.int64)
        if len(codes) == 1:
            return self._by_code.get(codes[0], none), self._vectors_by_code.get(codes[0], self.vectors[:0])
        rows = np.unique(np.concatenate([none, *(self._by_code.get(c, none) for c in codes)]))
        return rows, self.vectors[rows]

    def _evidence(self, row: int, wanted: Iterable[str], similarity: float) -> Evidence:
        item = self.items[row]
        coders = dict.fromkeys(c for code in wanted for c in item.codes.get(code, ()))
        return Evidence(item.document, ", ".join(coders), item.text, similarity)


def _precedent(matrix: CodingMatrix, i: int, text: str) -> Precedent:
    given = matrix.Y[:, i, :]
    codes = {
        code: [coder for r, coder in enumerate(matrix.coders) if given[r, k]]
        for k, code in enumerate(matrix.codes)
        if given[:, k].any()
    }
    return Precedent(matrix.segments[i].document, matrix.segments[i].id, text, codes)
