"""Shaffer's rho: could a kappa this high come from a coding whose true kappa is below a threshold?

An optional column: it takes units as exchangeable, so it is too optimistic for text.

Source: Shaffer, D. W. (2017). Quantitative Ethnography, ch. 9; Eagan, B. et al. (2017). CSCL, as in the
R package rhoR.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autocode.agreement import coefficients as binary
from autocode.study.matrix import IntArray


def recall_from_kappa(kappa: float, base_rate: float, precision: float) -> float:
    """Recall of a coding with this kappa, base rate and precision (all in 0 to 1)."""
    below = 2 * precision - 2 * base_rate - kappa + 2 * base_rate * kappa
    return kappa * precision / below


@dataclass(frozen=True, slots=True)
class RhoOptions:
    """Settings of rho: threshold and range of true kappas, precisions, size and number of sets."""

    threshold: float = 0.65
    lowest: float = 0.4
    precision: float = 0.6
    population: int = 10_000
    replicates: int = 800
    seed: int = 0


def shaffer_rho(kappa: float, base_rate: float, units: int, options: RhoOptions | None = None) -> float:
    """Share of simulated test sets, true kappa below the threshold, that reach the observed kappa.

    Args:
        kappa: Observed kappa.
        base_rate: Share of units with the code.
        units: Size of the test set.

    Example:
        >>> round(shaffer_rho(0.85, 0.2, 100), 2)
        0.0
    """
    chosen = options or RhoOptions()
    rng = np.random.default_rng(chosen.seed)
    draws = np.array([_one(base_rate, units, chosen, rng) for _ in range(chosen.replicates)])
    defined = draws[np.isfinite(draws)]
    if not len(defined) or kappa < defined.mean():
        return 1.0
    return float((defined >= kappa).mean())


def _one(base_rate: float, units: int, options: RhoOptions, rng: np.random.Generator) -> float:
    """Kappa of one sample from one population."""
    kappa = rng.uniform(options.lowest, options.threshold)
    floor = (2 * base_rate * kappa - 2 * base_rate - kappa) / (kappa - 2)
    precision = rng.uniform(max(options.precision, floor + 1e-6), 1.0)
    table = _population(recall_from_kappa(kappa, base_rate, precision), base_rate, precision, options.population)
    return float(binary.cohen_kappa(rng.multivariate_hypergeometric(table, units).astype(np.float64)))


def _population(recall: float, base_rate: float, precision: float, size: int) -> IntArray:
    """(4,) counts of both, coder only, machine only, neither."""
    both = round(base_rate * size * min(1.0, recall))
    wrong = round(both * (1 - precision) / precision)
    missed = max(0, round(base_rate * size) - both)
    return np.array([both, missed, wrong, max(0, size - both - wrong - missed)], dtype=np.int64)
