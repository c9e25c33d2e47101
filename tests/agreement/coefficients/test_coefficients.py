"""Coefficients of 2 x 2 tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.metrics import cohen_kappa_score

from autocode.agreement import coefficients as binary
from autocode.agreement.coefficients import BINARY
from tests.agreement.made import from_cells, tables

SYMMETRIC = (
    "percent_agreement",
    "cohen_kappa",
    "cohen_kappa_max",
    "scott_pi",
    "krippendorff_alpha",
    "gwet_ac1",
    "pabak",
    "positive_agreement",
    "negative_agreement",
    "jaccard",
)


def value(name: str, *cells: float) -> float:
    """A coefficient of one table."""
    return float(BINARY[name](np.array(cells, dtype=np.float64)))


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("cohen_kappa", (40, 9, 6, 45), 0.699519230769),  # Feinstein & Cicchetti 1990, table A
        ("cohen_kappa", (80, 10, 5, 5), 0.318181818182),  # table B, the paradox
        ("pabak", (80, 10, 5, 5), 0.7),  # Byrt, Bishop & Carlin 1993
        ("prevalence_index", (80, 10, 5, 5), 0.75),
        ("bias_index", (80, 10, 5, 5), 0.05),
        ("positive_agreement", (40, 9, 6, 45), 0.842105263158),
        ("cohen_kappa", (50, 100, 50, 800), 0.318181818182),  # NVivo's help: (850 - 780) / (1000 - 780)
        ("gwet_ac1", (8, 1, 0, 1), 0.865771812081),  # hand example of Gwet (2008) in DKPro
    ],
)
def test_published_values(name: str, cells: tuple[int, ...], expected: float) -> None:
    """Printed examples come out to the last digit given."""
    assert value(name, *cells) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", ["cohen_kappa", "scott_pi", "krippendorff_alpha", "cohen_kappa_max"])
@pytest.mark.parametrize("cells", [(0, 0, 0, 50), (50, 0, 0, 0), (0, 0, 0, 0)])
def test_no_variance_is_undefined(name: str, cells: tuple[int, ...]) -> None:
    """Where nobody, or everybody, gives the code a chance-corrected coefficient is NaN, never 0 or 1."""
    assert np.isnan(value(name, *cells))


def test_no_positives_leave_positive_agreement_undefined() -> None:
    """Positive agreement and Jaccard need at least one use of the code."""
    assert np.isnan(value("positive_agreement", 0, 0, 0, 9))
    assert np.isnan(value("jaccard", 0, 0, 0, 9))


def test_kappa_is_exactly_zero_where_one_coder_never_codes() -> None:
    """No rounding blurs the zero of a coder who never gave the code; pi is slightly negative."""
    assert value("cohen_kappa", 0, 7, 0, 93) == 0.0
    assert value("scott_pi", 0, 5, 0, 45) == pytest.approx(-0.0526315789474, abs=1e-12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(tables)
def test_swapping_coders_or_categories_changes_nothing(table: np.ndarray) -> None:
    """Symmetric coefficients do not care who is first; kappa, pi, alpha and AC1 not what is called yes."""
    for name in SYMMETRIC:
        np.testing.assert_allclose(BINARY[name](binary.swap(table)), BINARY[name](table), atol=1e-12)
    for name in ("cohen_kappa", "scott_pi", "krippendorff_alpha", "gwet_ac1", "pabak"):
        np.testing.assert_allclose(BINARY[name](table[::-1]), BINARY[name](table), atol=1e-12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(tables)
def test_identities_between_coefficients(table: np.ndarray) -> None:
    """alpha = pi + (1 - pi) / 2n, and kappa follows from PABAK, prevalence and bias index."""
    n = table.sum()
    pi, kappa = float(binary.scott_pi(table)), float(binary.cohen_kappa(table))
    if np.isfinite(pi):
        assert float(binary.krippendorff_alpha(table)) == pytest.approx(pi + (1 - pi) / (2 * n))
    if np.isfinite(kappa):
        s, p, b = (float(f(table)) for f in (binary.pabak, binary.prevalence_index, binary.bias_index))
        assert kappa == pytest.approx((s - p * p + b * b) / (1 - p * p + b * b))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(tables)
def test_kappa_equals_scikit_learn(table: np.ndarray) -> None:
    """Where defined, kappa is scikit-learn's to 1e-12."""
    kappa = float(binary.cohen_kappa(table))
    if np.isfinite(kappa):
        Y = from_cells(*(int(x) for x in table)).Y[:, :, 0]
        assert kappa == pytest.approx(cohen_kappa_score(Y[0], Y[1]), abs=1e-12)


def test_symmetric_tables_make_kappa_pi() -> None:
    """Between exchangeable coders Cohen's kappa is Scott's pi."""
    table = np.array([10.0, 9.0, 2.0, 40.0])
    assert binary.cohen_kappa(binary.symmetric(table)) == pytest.approx(float(binary.scott_pi(table)))
