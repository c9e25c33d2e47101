"""Shaffer's rho."""

from __future__ import annotations

import pytest
from rho import RhoOptions, _population, recall_from_kappa, shaffer_rho

from autocode.agreement.coefficients import cohen_kappa


def test_recall_from_kappa() -> None:
    """rhoR: kappa .625, base rate .2, precision .8 gives recall .606."""
    assert recall_from_kappa(0.625, 0.2, 0.8) == pytest.approx(0.606060606061)


def test_a_population_has_the_kappa_it_was_made_for() -> None:
    """Recall, base rate and precision give back kappa .6."""
    table = _population(recall_from_kappa(0.6, 0.2, 0.8), 0.2, 0.8, 10_000)
    assert float(cohen_kappa(table.astype(float))) == pytest.approx(0.6, abs=0.002)


def test_rho_falls_with_kappa_and_size() -> None:
    """A high kappa on many units hardly comes from below the threshold; a low one is certain to."""
    options = RhoOptions(replicates=200)
    assert shaffer_rho(0.9, 0.2, 400, options) < 0.05
    assert shaffer_rho(0.3, 0.2, 400, options) == 1.0
    assert shaffer_rho(0.7, 0.2, 40, options) > shaffer_rho(0.7, 0.2, 800, options)
