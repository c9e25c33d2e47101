"""Agreement on sets of codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from autocode.agreement.coefficients.krippendorff import exact_match, set_alpha
from autocode.agreement.counts import Decisions
from autocode.agreement.summary import distinct_sets, set_agreement
from tests.agreement.made import any_decisions, decided, noisy


def as_sets(data: Decisions) -> list[list[list[str] | None]]:
    """The decisions as lists of codes, None where not seen."""
    R, n, _ = data.Y.shape
    return [
        [[c for c, y in zip(data.codes, data.Y[r, u], strict=True) if y] if data.seen[r, u] else None for r in range(R)]
        for u in range(n)
    ]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(any_decisions(coders=3, codes=3))
def test_arrays_give_what_lists_give(data: Decisions) -> None:
    """The sums by document give the same alphas and exact match as unit by unit."""
    found, units = set_agreement(data), as_sets(data)
    for name in ("masi", "jaccard"):
        expected = set_alpha(units, name).value
        ours = getattr(found, name).value
        assert (expected is None and ours is None) or ours == pytest.approx(expected, abs=1e-10)
    assert found.exact.value == pytest.approx(exact_match(units).value)


def test_intervals_leave_out_documents() -> None:
    """Twelve documents give an interval around alpha, five give none."""
    found = set_agreement(noisy(documents=12))
    assert found.masi.low is not None
    assert found.masi.low < (found.masi.value or 0) < (found.masi.high or 0)
    assert set_agreement(noisy(documents=5)).masi.no_interval == "few_documents"


def test_nothing_shared_or_coded() -> None:
    """No unit seen twice, or no code at all, is undefined."""
    seen = np.array([[True, False], [False, True]])
    assert set_agreement(decided(np.zeros((2, 2, 1), dtype=bool), 1, seen)).masi.reason == "no_pairs"
    assert set_agreement(decided(np.zeros((2, 9, 1), dtype=bool), 9)).masi.reason == "no_variance"


def test_distinct_sets_are_few() -> None:
    """Each set of codes gets one index."""
    Y = np.array([[[1, 0], [1, 1]], [[1, 0], [0, 0]]], dtype=bool)
    index, sets = distinct_sets(decided(Y))
    assert sorted(sets.sum(1).tolist()) == [0, 1, 2]
    assert index[0, 0] == index[1, 0]
