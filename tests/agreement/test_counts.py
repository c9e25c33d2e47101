"""Decisions and their sums by document."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from autocode.agreement import agree, agree_on
from autocode.agreement import coefficients as binary
from autocode.agreement.counts import (
    Decisions,
    by_document,
    check_coders,
    cluster,
    decisions,
    of_frame,
    only,
    pair_counts,
    uses,
)
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


def test_chosen_codes_by_path_or_name() -> None:
    """Codes are chosen by their path or their last name; one that nobody gave is refused with the nearest name."""
    data = replace(noisy(codes=3), codes=("Work > Stress", "Work > Hours", "Home"))
    chosen = only(data, ["home", "Work > Stress"])
    assert chosen.codes == ("Home", "Work > Stress")
    assert (chosen.Y[:, :, 0] == data.Y[:, :, 2]).all()
    assert only(data, []) is data
    with pytest.raises(StudyError, match="Did you mean 'Work > Hours'"):
        only(data, ["Work > Hour"])


def test_counts_of_given_cells_are_those_of_all_cells() -> None:
    """Counting where a code is given, by document and weight, equals summing every cell."""
    data = noisy(seed=3, coders=3, documents=7, each=9, codes=4)
    rng = np.random.default_rng(0)
    seen = rng.random(data.seen.shape) < 0.8
    data = replace(data, seen=seen, Y=data.Y & seen[:, :, None])
    weight = rng.integers(1, 5, len(data.groups)).astype(float)
    found = pair_counts(data, 0, 2, weight)
    expected = np.zeros_like(found)
    for u in np.flatnonzero(seen[0] & seen[2]):
        for k in range(4):
            a, b = data.Y[0, u, k], data.Y[2, u, k]
            expected[data.groups[u], k, {(1, 1): 0, (1, 0): 1, (0, 1): 2, (0, 0): 3}[int(a), int(b)]] += weight[u]
    assert (found == expected).all()


def test_a_tidy_table_of_coder_unit_and_code() -> None:
    """Rows of coder, unit and code compare as the same decisions given as arrays; an empty code says seen and left."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    data = noisy(coders=2, documents=8, each=6)
    rows = [
        (data.coders[r], data.documents[data.groups[u]], u, code)
        for r in range(2)
        for u in range(len(data.groups))
        for code in ([data.codes[k] for k in np.flatnonzero(data.Y[r, u])] or [None])
    ]
    frame = pandas.DataFrame(rows, columns=["Coder", "document", "segment", "code"])
    ours, arrays = agree(frame), agree_on(data)
    assert ours.row().kappa == arrays.row().kappa  # type: ignore[union-attr]
    plain = agree(frame.assign(unit=frame["segment"]).drop(columns=["document", "segment"]))
    assert plain.row().kappa.value == pytest.approx(arrays.row().kappa.value)  # type: ignore[union-attr]
    with pytest.raises(StudyError, match="it has no column code"):
        agree(frame.drop(columns=["code"]))


def test_a_document_a_coder_never_opened_is_missing_not_empty() -> None:
    """In a table with documents a coder without a row in one has not seen it."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    rows = [("a", "d1", 1, "x"), ("b", "d1", 2, "x"), ("a", "d2", 3, "x")]
    data = of_frame(pandas.DataFrame(rows, columns=["coder", "document", "segment", "code"]))
    assert data.seen.tolist() == [[True, True, True], [True, True, False]]
