"""Many coders, missing decisions."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.coefficients import nominal
from autocode.agreement.coefficients.krippendorff import krippendorff_se

RAW4 = (
    np.array(
        [
            [1, 1, 0, 1],
            [2, 2, 3, 2],
            [3, 3, 3, 3],
            [3, 3, 3, 3],
            [2, 2, 2, 2],
            [1, 2, 3, 4],
            [4, 4, 4, 4],
            [1, 1, 2, 1],
            [2, 2, 2, 2],
            [0, 5, 5, 5],
            [0, 0, 1, 1],
            [0, 0, 3, 0],
        ]
    )
    - 1
)
"""Four raters, 0 for missing before the shift (irrCAC cac.raw4raters; Krippendorff 2004, p. 230)."""

FLEISS_WIKIPEDIA = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)


@pytest.mark.parametrize(
    ("function", "value", "error"),
    [
        (nominal.percent_of_many, 0.818181818182, 0.125608959947),
        (nominal.fleiss_kappa, 0.76117, 0.15302),
        (nominal.brennan_prediger_of_many, 0.77273, 0.144716619899),
        (nominal.gwet_ac_of_many, 0.77544, 0.142949950641),
    ],
)
def test_values_and_errors_of_irrcac(function: object, value: float, error: float) -> None:
    """Coefficients and linearised standard errors with missing decisions are those of R's irrCAC."""
    assert callable(function)
    found = function(nominal.terms(nominal.count_ratings(RAW4, 5)))
    assert found.value == pytest.approx(value, abs=6e-6)
    assert found.se == pytest.approx(error, abs=6e-6)


def test_conger_and_krippendorff_of_irrcac() -> None:
    """Conger's kappa and alpha's standard error match irrCAC too."""
    assert nominal.conger_kappa(RAW4, 5).value == pytest.approx(0.76282, abs=6e-6)
    found = krippendorff_se(nominal.count_ratings(RAW4, 5))
    assert [found.value, found.se] == pytest.approx([0.743421, 0.14548], abs=6e-6)


def test_fleiss_example_of_fourteen_raters() -> None:
    """The worked example of ten subjects and fourteen raters gives .2099."""
    assert nominal.fleiss_kappa(nominal.terms(FLEISS_WIKIPEDIA)).value == pytest.approx(0.209930704422)


def test_hubert_is_conger_without_missing() -> None:
    """Warrens 2012: four raters, .802479."""
    rows = [[1] * 4] * 10 + [[1, 0, 1, 0]] * 2 + [[1, 0, 0, 0]] * 2 + [[0, 0, 0, 1]] + [[0] * 4] * 15
    assert nominal.conger_kappa(np.array(rows), 2).value == pytest.approx(0.802478698683)


def test_by_category_uses_pooled_marginals() -> None:
    """Agresti 1992: category against the rest is .781, .247, .402, .435."""
    table = np.array([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]])
    i, j = np.nonzero(table)
    pairs = np.repeat(np.stack([i, j], 1), table[i, j], axis=0)
    found = nominal.fleiss_by_category(nominal.count_ratings(pairs, 4))
    assert [round(e.value or 0.0, 3) for e in found] == [0.781, 0.247, 0.402, 0.435]


def test_units_with_one_coder_alone_are_no_evidence() -> None:
    """Without a unit that two coders judged everything is undefined for want of pairs."""
    single = nominal.terms(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert nominal.percent_of_many(single).reason == "no_pairs"
    assert nominal.fleiss_kappa(single).reason == "no_pairs"
    assert krippendorff_se(np.array([[1.0, 0.0]])).reason == "no_pairs"
    assert nominal.conger_kappa(np.array([[0], [1]]), 2).reason == "no_pairs"
