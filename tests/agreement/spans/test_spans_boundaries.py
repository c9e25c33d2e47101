"""Where coders put boundaries."""

from __future__ import annotations

import pytest

from autocode.agreement.spans import Span, boundary_offsets, boundary_similarity, edits, segmentation_similarity


@pytest.mark.parametrize(
    ("first", "second", "b", "s"),
    [
        ([5, 5, 5], [6, 4, 5], 0.75, 0.9642857142857143),  # S from segeval 2.0.11
        ([12], [3, 3, 3, 3], 0.0, 1 - 3 / 11),
        ([4, 4], [4, 4], 1.0, 1.0),
    ],
)
def test_similarities(first: list[int], second: list[int], b: float, s: float) -> None:
    """Misses cost one, a near miss half, and matches nothing."""
    assert boundary_similarity(first, second).value == pytest.approx(b)
    assert segmentation_similarity(first, second).value == pytest.approx(s)


def test_no_boundary_at_all_is_flagged() -> None:
    """Two coders who set no boundary agree, but without variance."""
    assert boundary_similarity([9], [9]).flags == ("no_variance",)
    assert segmentation_similarity([1], [1]).reason == "no_pairs"


def test_each_boundary_is_near_to_one_other_only() -> None:
    """A boundary between two of the other coder pairs with one; the second is a miss."""
    found = edits([5], [4, 6])
    assert (found.near, found.misses) == ((1,), 1)


def test_offsets_of_segments_that_belong_together() -> None:
    """Segments pair up where each is the other's best overlap."""
    first, second = [Span(0, 10), Span(20, 30)], [Span(2, 9), Span(19, 40), Span(50, 60)]
    assert boundary_offsets(first, second) == [(2, -1), (-1, 10)]
