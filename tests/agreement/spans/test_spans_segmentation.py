"""Coded spans and what two coders' spans have in common."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autocode.agreement.spans import Span, character_table, covered, edges, iou, merge, overlap_of_shorter

some = st.lists(st.tuples(st.integers(0, 29), st.integers(1, 10)), max_size=5).map(
    lambda pairs: [Span(a, min(30, a + n), "x") for a, n in pairs]
)


def painted(spans: list[Span]) -> np.ndarray:
    """The same spans as thirty characters, one by one."""
    line = np.zeros(30, dtype=bool)
    for s in spans:
        line[s.start : s.end] = True
    return line


@settings(max_examples=100, deadline=None, derandomize=True)
@given(some, some)
def test_sweeping_equals_expanding(first: list[Span], second: list[Span]) -> None:
    """Sums over stretches are those of the expanded text, overlapping spans included."""
    a, b = painted(first), painted(second)
    expected = [(a & b).sum(), (a & ~b).sum(), (b & ~a).sum(), (~(a | b)).sum()]
    assert character_table(30, merge(first), merge(second)).tolist() == expected
    assert character_table(30, first, second).tolist() == expected


def test_merge_joins_touching_spans_only_if_asked() -> None:
    """Touching spans of one coder are one passage, or stay two units."""
    spans = [Span(5, 9, "x"), Span(0, 3, "x"), Span(3, 5, "x"), Span(8, 10, "x")]
    assert merge(spans) == [Span(0, 10, "x")]
    assert merge(spans, touching=False) == [Span(0, 3, "x"), Span(3, 5, "x"), Span(5, 10, "x")]


def test_edges_and_coverage() -> None:
    """Boundaries are sorted and unique; coverage tells which stretches lie inside."""
    bounds = edges(10, [[Span(2, 5)], [Span(5, 8)]])
    assert bounds.tolist() == [0, 2, 5, 8, 10]
    assert covered(bounds, [Span(2, 8)]).tolist() == [False, True, True, False]
    assert not covered(bounds, []).any()


def test_two_measures_of_overlap() -> None:
    """Shared over either, shared over the shorter; nothing shared is 0."""
    assert iou(Span(0, 10), Span(5, 20)) == 0.25
    assert overlap_of_shorter(Span(0, 10), Span(5, 20)) == 0.5
    assert iou(Span(0, 5), Span(5, 9)) == 0.0
