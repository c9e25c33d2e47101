"""Two coders and q categories: coefficients of one contingency table.

A table is (q, q): rows the first coder's categories, columns the second's, in the same order.
Every coefficient is (P_o - P_e) / (1 - P_e); only the chance agreement P_e differs. Undefined
(P_e = 1, no units) is an `Estimate` without a value and with the reason.
"""

from __future__ import annotations

import math

import numpy as np

from autocode.agreement.estimate import Estimate, FloatArray


def _shares(table: FloatArray) -> FloatArray:
    """The table as shares of the units; NaN without units."""
    counts = np.asarray(table, dtype=np.float64)
    n = counts.sum()
    return counts / n if n > 0 else np.full_like(counts, np.nan)


def _weights(table: FloatArray, weights: FloatArray | None) -> FloatArray:
    return np.eye(len(table)) if weights is None else np.asarray(weights, dtype=np.float64)


def corrected(observed: float, chance: float) -> Estimate:
    """(P_o - P_e) / (1 - P_e), undefined where P_e is 1 or there are no units."""
    if math.isnan(observed) or math.isnan(chance):
        return Estimate(None, reason="no_pairs")
    if 1 - chance < 1e-12:
        return Estimate(None, reason="no_variance")
    return Estimate((observed - chance) / (1 - chance))


def observed_agreement(table: FloatArray, weights: FloatArray | None = None) -> float:
    """P_o: the (weighted) share of units on which the coders agree; NaN without units."""
    return float((_weights(table, weights) * _shares(table)).sum())


def percent_agreement(table: FloatArray) -> Estimate:
    """Share of units on which the coders agree.

    Formula: the sum of the diagonal over all units.

    Example:
        >>> table = np.array([[20.0, 5.0], [10.0, 15.0]])  # rows: first coder
        >>> round(percent_agreement(table).value, 3)
        0.7
    """
    observed = observed_agreement(table)
    return Estimate(None, reason="no_pairs") if math.isnan(observed) else Estimate(observed)


def percent_agreement_max(table: FloatArray) -> float:
    """The largest agreement that the two coders' marginals allow (Cohen 1960, p. 42)."""
    p = _shares(table)
    return float(np.minimum(p.sum(1), p.sum(0)).sum())


def cohen_kappa_chance(table: FloatArray, weights: FloatArray | None = None) -> float:
    """P_e of Cohen's kappa: each coder's own marginals."""
    p = _shares(table)
    return float((_weights(table, weights) * np.outer(p.sum(1), p.sum(0))).sum())


def cohen_kappa(table: FloatArray, weights: FloatArray | None = None) -> Estimate:
    """Cohen's kappa, weighted where weights are given.

    Sources: Cohen, J. (1960). Educational and Psychological Measurement 20, 37-46; Cohen, J. (1968).
    Psychological Bulletin 70, 213-220.

    Example:
        >>> table = np.array([[20.0, 5.0], [10.0, 15.0]])  # rows: first coder
        >>> round(cohen_kappa(table).value, 3)
        0.4
    """
    return corrected(observed_agreement(table, weights), cohen_kappa_chance(table, weights))


def cohen_kappa_max(table: FloatArray) -> Estimate:
    """The largest kappa that the marginals allow (Cohen 1960, p. 42).

    Example:
        >>> table = np.array([[20.0, 5.0], [10.0, 15.0]])  # rows: first coder
        >>> round(cohen_kappa_max(table).value, 3)
        0.8
    """
    return corrected(percent_agreement_max(table), cohen_kappa_chance(table))


def cohen_kappa_se(table: FloatArray) -> Estimate:
    """Large-sample standard error of kappa, for display only: it takes units as independent.

    Source: Fleiss, J. L., Cohen, J. & Everitt, B. S. (1969). Psychological Bulletin 72, 323-327.

    Example:
        >>> table = np.array([[20.0, 5.0], [10.0, 15.0]])  # rows: first coder
        >>> round(cohen_kappa_se(table).value, 3)
        0.127
    """
    kappa = cohen_kappa(table)
    if kappa.value is None:
        return kappa
    p, k, chance = _shares(table), kappa.value, cohen_kappa_chance(table)
    sums = np.add.outer(p.sum(0), p.sum(1))  # [i, j]: column i of one coder, row j of the other
    same = np.diag(p)
    a = (same * (1 - np.diag(sums) * (1 - k)) ** 2).sum()
    b = (1 - k) ** 2 * ((p * sums**2).sum() - (same * np.diag(sums) ** 2).sum())
    c = (k - chance * (1 - k)) ** 2
    n = float(np.asarray(table).sum())
    return Estimate(math.sqrt(max(0.0, a + b - c)) / ((1 - chance) * math.sqrt(n)))


def scott_pi_chance(table: FloatArray, weights: FloatArray | None = None) -> float:
    """P_e of Scott's pi: the mean of both coders' marginals."""
    p = _shares(table)
    mean = (p.sum(0) + p.sum(1)) / 2
    return float((_weights(table, weights) * np.outer(mean, mean)).sum())


def scott_pi(table: FloatArray, weights: FloatArray | None = None) -> Estimate:
    """Scott's pi. Source: Scott, W. A. (1955). Public Opinion Quarterly 19, 321-325.

    Example:
        >>> table = np.array([[20.0, 5.0], [10.0, 15.0]])  # rows: first coder
        >>> round(scott_pi(table).value, 3)
        0.394
    """
    return corrected(observed_agreement(table, weights), scott_pi_chance(table, weights))


def brennan_prediger(table: FloatArray, weights: FloatArray | None = None, categories: int | None = None) -> Estimate:
    """Bennett's S, Brennan & Prediger's kappa: chance is 1/q for q declared categories.

    Sources: Bennett, E. M., Alpert, R. & Goldstein, A. C. (1954). Public Opinion Quarterly 18,
    303-308; Brennan, R. L. & Prediger, D. J. (1981). Educational and Psychological Measurement 41,
    687-699.

    Args:
        categories: Number of declared categories where it is larger than the table (unweighted).

    Example:
        >>> table = np.array([[20.0, 5.0], [10.0, 15.0]])  # rows: first coder
        >>> round(brennan_prediger(table).value, 3)
        0.4
    """
    q = categories or len(table)
    chance = 1 / q if weights is None else float(_weights(table, weights).sum()) / q**2
    return corrected(observed_agreement(table, weights), chance)


def gwet_ac_chance(table: FloatArray, weights: FloatArray | None = None) -> float:
    """P_e of Gwet's AC1 (AC2 with weights)."""
    p, w = _shares(table), _weights(table, weights)
    q, mean = len(p), (p.sum(0) + p.sum(1)) / 2
    return float(w.sum() / max(1, q * (q - 1)) * (mean * (1 - mean)).sum())


def gwet_ac(table: FloatArray, weights: FloatArray | None = None) -> Estimate:
    """Gwet's AC1, with weights AC2; 1 without variance, which is flagged.

    Source: Gwet, K. L. (2008). British Journal of Mathematical and Statistical Psychology 61, 29-48;
    (2014) Handbook of Inter-Rater Reliability, 4th ed.

    Example:
        >>> table = np.array([[20.0, 5.0], [10.0, 15.0]])  # rows: first coder
        >>> round(gwet_ac(table).value, 3)
        0.406
    """
    found = corrected(observed_agreement(table, weights), gwet_ac_chance(table, weights))
    counts = np.asarray(table)
    used = (counts.sum(0) + counts.sum(1)) > 0
    return Estimate(found.value, reason=found.reason, flags=("no_variance",) if used.sum() == 1 else ())


def holsti(agreements: float, first: float, second: float) -> Estimate:
    """2A / (N1 + N2): agreements over the mean number of decisions.

    Source: Holsti, O. R. (1969). Content Analysis for the Social Sciences and Humanities.

    Example:
        >>> round(holsti(20, 30, 25).value, 3)  # 20 agreed decisions of 30 and 25
        0.727
    """
    if first + second <= 0:
        return Estimate(None, reason="no_positives")
    return Estimate(2 * agreements / (first + second))
