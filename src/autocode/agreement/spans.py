"""Coded spans of one document, and what two coders' spans have in common, by character.

Nothing here expands a text into characters: sums run over the stretches between boundaries.
Offsets are half-open code points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from autocode.matrix import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One coded stretch of a document."""

    start: int
    end: int
    code: str = ""

    @property
    def length(self) -> int:
        """Characters covered."""
        return self.end - self.start


def of_code(spans: Iterable[Span], code: str) -> list[Span]:
    """The spans of one code."""
    return [s for s in spans if s.code == code]


def merge(spans: Iterable[Span], touching: bool = True) -> list[Span]:
    """One coder's spans of one code with overlapping (and touching) ones made one, in order."""
    merged: list[Span] = []
    for span in sorted(spans):
        last = merged[-1] if merged else None
        if last and (span.start < last.end or (touching and span.start == last.end)):
            merged[-1] = Span(last.start, max(last.end, span.end), last.code)
        elif span.length > 0:
            merged.append(span)
    return merged


def edges(length: int, coders: Iterable[Iterable[Span]]) -> IntArray:
    """All boundaries from 0 to `length`, sorted, once each."""
    points = {0, length}
    for spans in coders:
        for span in spans:
            points.update((min(span.start, length), min(span.end, length)))
    return np.array(sorted(points), dtype=np.int64)


def covered(bounds: IntArray, spans: Sequence[Span]) -> BoolArray:
    """(len(bounds) - 1,) whether each stretch between boundaries lies in one of the spans."""
    depth = np.zeros(len(bounds), dtype=np.int64)
    if spans:
        np.add.at(depth, np.searchsorted(bounds, [s.start for s in spans]), 1)
        ends = np.minimum(np.searchsorted(bounds, [s.end for s in spans]), len(bounds) - 1)
        np.add.at(depth, ends, -1)
    return np.asarray(np.cumsum(depth)[:-1] > 0)


def character_table(length: int, first: Sequence[Span], second: Sequence[Span]) -> FloatArray:
    """(4,) characters that both coders, only the first, only the second, neither coded."""
    bounds = edges(length, (first, second))
    sizes = np.diff(bounds).astype(np.float64)
    a, b = covered(bounds, first), covered(bounds, second)
    cells = (a & b, a & ~b, b & ~a, ~(a | b))
    return np.array([sizes[cell].sum() for cell in cells])


def iou(a: Span, b: Span) -> float:
    """Shared characters over characters that either covers."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    return shared / (max(a.end, b.end) - min(a.start, b.start)) if shared > 0 else 0.0


def overlap_of_shorter(a: Span, b: Span) -> float:
    """Shared characters over the length of the shorter span."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    return shared / min(a.length, b.length) if shared > 0 else 0.0
