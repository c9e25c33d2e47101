"""Categories: two coders, coefficients of one contingency table; and two or more with missing decisions, Gwet's framework.

A table is (q, q): rows the first coder's categories, columns the second's, in the same order. Every coefficient is
(P_o - P_e) / (1 - P_e); only the chance agreement P_e differs. Undefined (P_e = 1, no units) is an `Estimate` without a value
and with the reason. Of many coders, units with one decision count for the prevalence of categories but not for agreement, as
in R's irrCAC. Source: Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed.; standard errors take units as a
random sample of independent units and are for display only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from autocode.agreement.estimate import Estimate, FloatArray, IntArray


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


@dataclass(frozen=True)
class Terms:
    """What every coefficient of the framework is made of.

    Attributes:
        counts: (n, q) coders per unit and category, units with at least one coder.
        weights: (q, q) agreement weights.
        shares: (n,) agreement of each unit, 0 where it has one coder.
        prevalence: (q,) mean share of each category.
        times: (n,) how many units each row stands for.
    """

    counts: FloatArray
    weights: FloatArray
    shares: FloatArray
    prevalence: FloatArray
    times: FloatArray

    @property
    def raters(self) -> FloatArray:
        """(n,) coders of each unit."""
        total: FloatArray = self.counts.sum(1)
        return total

    @property
    def several(self) -> FloatArray:
        """(n,) 1 where a unit has two coders or more."""
        return (self.raters >= 2).astype(np.float64)

    @property
    def observed(self) -> float:
        """P_o over the units with two coders or more; NaN without any."""
        n = (self.times * self.several).sum()
        return float((self.times * self.shares).sum() / n) if n else float("nan")


def terms(counts: FloatArray, weights: FloatArray | None = None, times: FloatArray | None = None) -> Terms:
    """Prepare (n, q) counts of coders per unit and category; a row may stand for several units (n,) that are alike."""
    kept = np.asarray(counts, dtype=np.float64)
    n = np.ones(len(kept)) if times is None else np.asarray(times, dtype=np.float64)
    kept, n = kept[kept.sum(1) > 0], n[kept.sum(1) > 0]
    w = np.eye(kept.shape[1]) if weights is None else weights
    r = kept.sum(1)
    pairs = (kept * (kept @ w.T - 1)).sum(1)
    shares = np.where(r >= 2, pairs / np.maximum(r * (r - 1), 1), 0.0)
    prevalence = n @ (kept / r[:, None]) / n.sum() if len(kept) else np.zeros(kept.shape[1])
    return Terms(kept, w, shares, prevalence, n)


def percent_of_many(t: Terms) -> Estimate:
    """Mean share of agreeing coder pairs over units; `se` after Gwet.

    Example:
        >>> t = terms(np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 3.0], [3.0, 0.0]]))  # three coders, two categories
        >>> round(percent_of_many(t).value, 3)
        0.833
    """
    if np.isnan(t.observed):
        return Estimate(None, reason="no_pairs")
    return Estimate(t.observed, se=unit_error(t.times.sum() / (t.times * t.several).sum() * t.shares, t.observed, t.times))


def fleiss_chance(t: Terms) -> float:
    """P_e of Fleiss' kappa."""
    return float(t.prevalence @ t.weights @ t.prevalence)


def fleiss_kappa(t: Terms) -> Estimate:
    """Fleiss' kappa. Source: Fleiss, J. L. (1971). Psychological Bulletin 76, 378-382.

    Formula: (P_o - P_e) / (1 - P_e), P_e the sum of squared mean shares of the categories.

    Example:
        >>> t = terms(np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 3.0], [3.0, 0.0]]))  # three coders, two categories
        >>> round(fleiss_kappa(t).value, 3)
        0.625
    """
    mixed = (t.weights @ t.prevalence + t.weights.T @ t.prevalence) / 2
    return _linearised(t, fleiss_chance(t), t.counts @ mixed / t.raters)


def brennan_prediger_of_many(t: Terms, categories: int | None = None) -> Estimate:
    """Brennan-Prediger for many coders, Randolph's free-marginal kappa: chance is 1/q.

    Source: Randolph, J. J. (2005). Free-marginal multirater kappa. Joensuu Learning and Instruction
    Symposium.

    Example:
        >>> t = terms(np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 3.0], [3.0, 0.0]]))  # three coders, two categories
        >>> round(brennan_prediger_of_many(t).value, 3)
        0.667
    """
    q = categories or t.counts.shape[1]
    chance = float(t.weights.sum()) / q**2
    return _linearised(t, chance, np.full(len(t.counts), chance))


def gwet_ac_of_many(t: Terms) -> Estimate:
    """Gwet's AC1 for many coders, AC2 with weights; 1 without variance, which is flagged.

    Source: Gwet, K. L. (2008). British Journal of Mathematical and Statistical Psychology 61, 29-48.

    Example:
        >>> t = terms(np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 3.0], [3.0, 0.0]]))  # three coders, two categories
        >>> round(gwet_ac_of_many(t).value, 3)
        0.7
    """
    q = t.counts.shape[1]
    scale = float(t.weights.sum()) / max(1, q * (q - 1))
    chance = scale * float((t.prevalence * (1 - t.prevalence)).sum())
    found = _linearised(t, chance, scale * (t.counts @ (1 - t.prevalence)) / t.raters)
    single = (t.prevalence > 0).sum() == 1
    return Estimate(found.value, se=found.se, reason=found.reason, flags=("no_variance",) if single else ())


def _linearised(t: Terms, chance: float, unit_chance: FloatArray) -> Estimate:
    """The coefficient and its standard error by linearisation (Gwet 2008)."""
    found = corrected(t.observed, chance)
    if found.value is None:
        return found
    unit = t.times.sum() / (t.times * t.several).sum() * (t.shares - chance * t.several) / (1 - chance)
    unit = unit - 2 * (1 - found.value) * (unit_chance - chance) / (1 - chance)
    return Estimate(found.value, se=unit_error(unit, found.value, t.times))


def unit_error(unit: FloatArray, value: float, times: FloatArray) -> float | None:
    """Standard error of a mean `value` of (n,) units, each standing for `times`; None for fewer than two."""
    n = times.sum()
    return float(np.sqrt((times * (unit - value) ** 2).sum() / (n * (n - 1)))) if n > 1 else None


def fleiss_by_category(counts: FloatArray) -> list[Estimate]:
    """Fleiss' kappa of each category against the rest, (n, q) counts with r coders for each unit.

    Source: Fleiss (1971, p. 381); Agresti, A. (1992). Statistical Methods in Medical Research 1, 201-218.

    Example:
        >>> [round(e.value, 3) for e in fleiss_by_category(np.array([[3, 0], [2, 1], [0, 3], [3, 0]]))]
        [0.625, 0.625]
    """
    counts = np.asarray(counts, dtype=np.float64)
    counts = counts[counts.sum(1) >= 2]
    return [fleiss_kappa(terms(np.stack([c, counts.sum(1) - c], axis=1))) for c in counts.T]


def conger_kappa(ratings: IntArray, q: int, weights: FloatArray | None = None, times: FloatArray | None = None) -> Estimate:
    """Conger's kappa: many coders, each with own marginals; equals Hubert's where none is missing.

    Sources: Conger, A. J. (1980). Psychological Bulletin 88, 322-328; Hubert, L. (1977).
    Psychological Bulletin 84, 289-297.

    Args:
        ratings: (n, r) category index of each unit by each coder, -1 where missing.
        q: Number of categories.
        weights: (q, q) agreement weights.
        times: (n,) how many units each row stands for; 1 where None.

    Example:
        >>> ratings = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]])  # units x coders
        >>> round(conger_kappa(ratings, 2).value, 3)
        0.636
    """
    n = np.ones(len(ratings)) if times is None else times
    t = terms(count_ratings(ratings, q), weights, n)
    seen = ratings >= 0
    own = np.stack([n @ (ratings == k) for k in range(q)], axis=1) / np.maximum(n @ seen, 1)[:, None]
    own = own[seen.any(0)]
    r, mean = len(own), own.mean(0) if len(own) else np.zeros(q)
    if r < 2:
        return Estimate(None, reason="no_pairs")
    spread = (own.T @ own - r * np.outer(mean, mean)) / (r - 1)
    return corrected(t.observed, float((t.weights * (np.outer(mean, mean) - spread / r)).sum()))


def count_ratings(ratings: IntArray, q: int) -> FloatArray:
    """(n, q) coders per category from (n, r) category indices, -1 where missing."""
    return np.stack([(ratings == k).sum(1) for k in range(q)], axis=1).astype(np.float64)


def pair_table(first: IntArray, second: IntArray, q: int, times: FloatArray | None = None) -> FloatArray:
    """(q, q) contingency table of two coders' (n,) category indices, -1 where missing; rows may stand for several units."""
    both = (first >= 0) & (second >= 0)
    counted = None if times is None else times[both]
    return np.bincount(first[both] * q + second[both], counted, minlength=q * q).reshape(q, q).astype(np.float64)


def light_kappa(ratings: IntArray, q: int, times: FloatArray | None = None) -> Estimate:
    """Mean of the pairwise Cohen kappas that are defined.

    Source: Light, R. J. (1971). Psychological Bulletin 76, 365-377.

    Example:
        >>> ratings = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]])  # units x coders
        >>> round(light_kappa(ratings, 2).value, 3)
        0.667
    """
    values: Sequence[Estimate] = [
        cohen_kappa(pair_table(ratings[:, i], ratings[:, j], q, times)) for i, j in combinations(range(ratings.shape[1]), 2)
    ]
    defined = [v.value for v in values if v.value is not None]
    if not defined:
        return values[0] if values else Estimate(None, reason="no_pairs")
    return Estimate(float(np.mean(defined)))
