"""Weights and distances between categories."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.coefficients import krippendorff as weights


def test_weights_fall_from_one_to_zero() -> None:
    """Linear and quadratic weights are 1 on the diagonal and 0 between the ends."""
    assert weights.linear_weights(3).tolist() == [[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]
    assert weights.quadratic_weights(3)[0].tolist() == [1, 0.75, 0]


@pytest.mark.parametrize(
    ("a", "b", "masi", "jaccard", "old"),
    [
        ("A", "AB", 2 / 3, 1 / 2, 1 / 3),
        ("AB", "BC", 8 / 9, 2 / 3, 2 / 3),
        ("A", "B", 1, 1, 1),
        ("", "", 0, 0, 0),
        ("", "A", 1, 1, 1 / 3),
        ("AB", "BA", 0, 0, 0),
    ],
)
def test_set_distances(a: str, b: str, masi: float, jaccard: float, old: float) -> None:
    """MASI is Passonneau 2006; two empty sets are alike and an empty one is apart from any other."""
    assert weights.masi_distance(a, b) == pytest.approx(masi)
    assert weights.jaccard_distance(a, b) == pytest.approx(jaccard)
    assert weights.passonneau2004_distance(a, b) == pytest.approx(old)


def test_dkpro_masi_is_another_distance() -> None:
    """DKPro multiplies the distances: {A} against {A, B} is 1/6, not 2/3."""
    assert weights.dkpro_masi_distance("A", "AB") == pytest.approx(1 / 6)


def test_ratio_distance_of_two_zeros_is_zero() -> None:
    """0/0 counts as no distance."""
    assert weights.ratio_distance([0, 1, 3], np.ones(3)).tolist() == [[0, 1, 1], [1, 0, 0.25], [1, 0.25, 0]]
