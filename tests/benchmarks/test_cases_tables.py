"""Cases given as tables, ratings or counts."""

from __future__ import annotations

import pytest
from cases_tables import contingency, counts, doc_counts, ratings


def test_one_table_as_three_formats() -> None:
    """A table, the ratings behind it and its counts give one Fleiss kappa."""
    rows = [["x", "x"]] * 5 + [["x", "y"]] * 2 + [["y", "y"]] * 3
    as_table = contingency("fleiss_kappa", {"table": [[5, 2], [0, 3]], "categories": ["x", "y"]})
    as_ratings = ratings("fleiss_kappa", {"values": rows})
    as_counts = counts("fleiss_kappa", {"values": [[2, 0]] * 5 + [[1, 1]] * 2 + [[0, 2]] * 3})
    assert as_table.value == pytest.approx(as_ratings.value)
    assert as_counts.value == pytest.approx(as_ratings.value)


def test_cohen_of_many_coders_is_light() -> None:
    """Asked for Cohen's kappa of three coders one gets the mean over pairs."""
    rows = [[1, 1, 1], [2, 2, 1], [2, 2, 2], [1, 2, 1]]
    assert ratings("cohen_kappa", {"values": rows}).value == ratings("light_kappa", {"values": rows}).value


def test_intervals_of_document_counts_stay_inside_one() -> None:
    """The plain t interval is cut at -1 and 1, the Fisher interval needs no cutting."""
    values = [[1, 0, 0, 9], [2, 0, 0, 9], [1, 1, 0, 9], [1, 0, 0, 9], [0, 0, 1, 9], [2, 0, 0, 9]]
    found = doc_counts("cluster_jackknife_cohen_kappa", {"values": values})
    assert found["ci_t"][1] == 1.0
    assert found["ci_fisher"][1] < 1.0
