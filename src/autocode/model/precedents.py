"""Precedents: the human-coded segments that speak for a suggestion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.matrix import CodingMatrix
from autocode.study import Evidence


@dataclass(frozen=True, slots=True)
class Precedent:
    """One coded segment: where it is, its words, and who gave it which codes."""

    document: str
    segment: str
    text: str
    codes: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Precedents:
    """All coded segments a model learnt from, with their vectors.

    Attributes:
        items: The m coded segments.
        vectors: (m, d) their unit vectors, float32.
    """

    items: tuple[Precedent, ...]
    vectors: NDArray[np.float32]

    @classmethod
    def gather(cls, matrix: CodingMatrix, texts: Sequence[str], vectors: NDArray[np.float32]) -> Precedents:
        """Collect the segments of a matrix that carry a code.

        Args:
            matrix: n segments x K codes of R coders.
            texts: The n segments' words.
            vectors: (n, d) their vectors.
        """
        coded = np.flatnonzero(matrix.Y.any(axis=(0, 2)))
        return cls(tuple(_precedent(matrix, i, texts[i]) for i in coded.tolist()), vectors[coded])

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]], vectors: NDArray[np.float32]) -> Precedents:
        """The reverse of `rows`, with the vectors kept elsewhere."""
        return cls(tuple(Precedent(**row) for row in rows), vectors)

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

    def nearest(self, vector: NDArray[np.float32], code: str, count: int = 3) -> tuple[Evidence, ...]:
        """The coded segments of a code that are nearest to a vector by cosine, nearest first.

        Args:
            vector: (d,) of unit length.
            code: Path of the code.
            count: How many at most.
        """
        rows = self._by_code.get(code, np.empty(0, dtype=np.int64))
        own = self._vectors_by_code.get(code, self.vectors[:0])
        similarity = np.round((own @ vector).astype(np.float64), 6)
        best = np.argsort(-similarity, kind="stable")[:count]
        return tuple(self._evidence(int(rows[i]), code, float(similarity[i])) for i in best)

    def _evidence(self, row: int, code: str, similarity: float) -> Evidence:
        item = self.items[row]
        return Evidence(item.document, ", ".join(item.codes[code]), item.text, similarity)


def _precedent(matrix: CodingMatrix, i: int, text: str) -> Precedent:
    given = matrix.Y[:, i, :]
    codes = {
        code: [coder for r, coder in enumerate(matrix.coders) if given[r, k]]
        for k, code in enumerate(matrix.codes)
        if given[:, k].any()
    }
    return Precedent(matrix.segments[i].document, matrix.segments[i].id, text, codes)
