"""Decisions and their sums by document."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from autocode.agreement.coefficients import binary
from autocode.agreement.counts import Decisions, by_document, check_coders, cluster, decisions, pair_counts, uses
from autocode.errors import StudyError
from tests.agreement.made import any_decisions, decided, from_cells, matrix_of, noisy


def test_pair_counts_by_document() -> None:
    """Counts of both, first only, second only, neither are kept apart by document."""
    data = from_cells(2, 1, 1, 4, documents=2)
    assert pair_counts(data, 0, 1)[:, 0].tolist() == [[2, 1, 1, 0], [0, 0, 0, 4]]


def test_not_seen_is_missing_not_zero() -> None:
    """A unit that one coder did not see counts for no cell of the table."""
    seen = np.array([[True, True, False], [True, False, True]])
    data = decided(np.ones((2, 3, 1), dtype=bool), 1, seen)
    assert pair_counts(data, 0, 1)[0, 0].tolist() == [1, 0, 0, 0]


def test_documents_without_units_get_zeros() -> None:
    """A document that nobody shares has an empty row."""
    assert by_document(np.array([[1.0], [2.0]]), np.array([2, 2]), 4)[:, 0].tolist() == [0, 0, 3, 0]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(any_decisions())
def test_a_weight_is_a_repetition(data: Decisions) -> None:
    """A unit of weight 3 counts as three units, for kappa and pi alike."""
    heavy = decided(data.Y, 1, data.seen, [3.0] * data.Y.shape[1])
    often = decided(np.repeat(data.Y, 3, axis=1), 1, np.repeat(data.seen, 3, axis=1))
    np.testing.assert_allclose(pair_counts(heavy, 0, 1).sum(0), pair_counts(often, 0, 1).sum(0))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(any_decisions())
def test_splitting_documents_changes_no_value(data: Decisions) -> None:
    """Coefficients depend on sums only, so the number of documents does not move them."""
    one = decided(data.Y, 1, data.seen)
    np.testing.assert_allclose(
        binary.cohen_kappa(pair_counts(one, 0, 1).sum(0)), binary.cohen_kappa(pair_counts(data, 0, 1).sum(0))
    )


def test_uses_counts_places_not_characters() -> None:
    """Neighbouring coded stretches of a running text are one place; segments are one each."""
    Y = np.array([[0, 1, 1, 0, 1], [0, 1, 1, 0, 0]], dtype=bool)[:, :, None]
    assert uses(decided(Y), [0, 1])[0, 0] == 3
    assert uses(decided(Y, weight=[5, 6, 7, 8, 9]), [0, 1])[0, 0] == 2


def test_participants_take_the_place_of_documents() -> None:
    """Documents of one participant become one; the others stay as they are."""
    data = cluster(noisy(documents=4), {"d1": "p", "d3": "p"})
    assert data.documents == ("d0", "p", "d2")
    assert np.bincount(data.groups).tolist() == [30, 60, 30]


def test_decisions_of_a_matrix_count_each_segment_once() -> None:
    """A coding matrix becomes decisions of weight one."""
    data = noisy(documents=2, each=5)
    again = decisions(matrix_of(data))
    assert again.weight.tolist() == [1.0] * 10
    assert (again.Y == data.Y).all()


def test_one_coder_or_nothing_shared_is_refused() -> None:
    """Agreement needs two coders and a unit that both saw; the message says which is missing."""
    with pytest.raises(StudyError, match="needs two coders"):
        check_coders(decided(np.zeros((1, 3, 1), dtype=bool)))
    apart = decided(np.zeros((2, 2, 1), dtype=bool), 2, np.array([[True, False], [False, True]]))
    with pytest.raises(StudyError, match="share no document"):
        check_coders(apart)
