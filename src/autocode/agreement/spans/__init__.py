"""Agreement on passages of free length: here where coders put boundaries, whatever the codes.

Boundary and segmentation similarity. Sources: Fournier, C. (2013). Evaluating text segmentation using
boundary edit distance. ACL; Fournier, C. & Inkpen, D. (2012). Segmentation similarity and agreement. NAACL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from autocode.agreement.estimate import BoolArray, Estimate, FloatArray, IntArray


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


@dataclass(frozen=True, slots=True)
class Edits:
    """What turns one segmentation into the other.

    Attributes:
        matches: Boundaries at the same place.
        misses: Boundaries that only one coder set.
        near: Distances of the boundaries set close to each other.
        window: Distance from which two boundaries no longer are near (n_t).
    """

    matches: int
    misses: int
    near: tuple[int, ...]
    window: int

    @property
    def cost(self) -> float:
        """Misses, and near misses scaled by their distance."""
        return self.misses + sum(self.near) / self.window


def edits(first: Iterable[int], second: Iterable[int], window: int = 2) -> Edits:
    """Compare two sets of boundary places; the nearest free pairs are near misses first."""
    a, b = set(first), set(second)
    left, right = sorted(a - b), sorted(b - a)
    pairs = sorted(
        (abs(x - y), min(x, y), i, j) for i, x in enumerate(left) for j, y in enumerate(right) if abs(x - y) < window
    )
    used: tuple[set[int], set[int]] = (set(), set())
    near = []
    for distance, _, i, j in pairs:
        if i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            near.append(distance)
    misses = len(left) + len(right) - 2 * len(near)
    return Edits(len(a & b), misses, tuple(near), window)


def boundaries(masses: Sequence[int]) -> list[int]:
    """Places of the boundaries between segments of the given lengths."""
    return [int(place) for place in np.cumsum(masses)[:-1]]


def boundary_similarity(first: Sequence[int], second: Sequence[int], window: int = 2) -> Estimate:
    """B of two lists of segment lengths; 1 where neither coder set any boundary.

    Formula: 1 - (misses + near distances / window) / (misses + near + matches).

    Example:
        >>> round(boundary_similarity([5, 3, 4], [5, 4, 3]).value, 3)  # one boundary alike, one off by one
        0.75
    """
    found = edits(boundaries(first), boundaries(second), window)
    total = found.misses + len(found.near) + found.matches
    return Estimate(1 - found.cost / total) if total else Estimate(1.0, flags=("no_variance",))


def segmentation_similarity(first: Sequence[int], second: Sequence[int], window: int = 2) -> Estimate:
    """S of two lists of segment lengths, over all places where a boundary could be.

    Formula: 1 - (misses + near distances / window) / possible places.

    Example:
        >>> round(segmentation_similarity([5, 3, 4], [5, 4, 3]).value, 3)
        0.955
    """
    places = sum(first) - 1
    found = edits(boundaries(first), boundaries(second), window)
    return Estimate(1 - found.cost / places) if places > 0 else Estimate(None, reason="no_pairs")


def boundary_offsets(first: Sequence[Span], second: Sequence[Span]) -> list[tuple[int, int]]:
    """How far apart two coders set the ends of segments of one code that overlap most.

    Returns:
        (start of the second minus start of the first, the same for the ends) in characters, for
        each pair of segments that are each other's best overlap.

    Example:
        >>> boundary_offsets([Span(10, 40, 'x')], [Span(15, 38, 'x')])
        [(5, -2)]
    """
    found = []
    for a in first:
        b = max(second, key=lambda s: iou(a, s), default=None)
        if b is not None and iou(a, b) > 0 and max(first, key=lambda s: iou(s, b)) == a:
            found.append((b.start - a.start, b.end - a.end))
    return found
