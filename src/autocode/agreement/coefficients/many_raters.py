"""Two or more coders, q categories, missing decisions: Gwet's framework.

Units with one decision count for the prevalence of categories but not for agreement, as in R's
irrCAC. Source: Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed.; standard errors
take units as a random sample of independent units and are for display only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from autocode.agreement.coefficients.nominal import cohen_kappa, corrected
from autocode.agreement.estimate import Estimate, FloatArray, IntArray


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


def percent_agreement(t: Terms) -> Estimate:
    """Mean share of agreeing coder pairs over units; `se` after Gwet.

    Example:
        >>> t = terms(np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 3.0], [3.0, 0.0]]))  # three coders, two categories
        >>> round(percent_agreement(t).value, 3)
        0.833
    """
    if np.isnan(t.observed):
        return Estimate(None, reason="no_pairs")
    return Estimate(t.observed, se=_se(t.times.sum() / (t.times * t.several).sum() * t.shares, t.observed, t.times))


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


def brennan_prediger(t: Terms, categories: int | None = None) -> Estimate:
    """Brennan-Prediger for many coders, Randolph's free-marginal kappa: chance is 1/q.

    Source: Randolph, J. J. (2005). Free-marginal multirater kappa. Joensuu Learning and Instruction
    Symposium.

    Example:
        >>> t = terms(np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 3.0], [3.0, 0.0]]))  # three coders, two categories
        >>> round(brennan_prediger(t).value, 3)
        0.667
    """
    q = categories or t.counts.shape[1]
    chance = float(t.weights.sum()) / q**2
    return _linearised(t, chance, np.full(len(t.counts), chance))


def gwet_ac(t: Terms) -> Estimate:
    """Gwet's AC1 for many coders, AC2 with weights; 1 without variance, which is flagged.

    Source: Gwet, K. L. (2008). British Journal of Mathematical and Statistical Psychology 61, 29-48.

    Example:
        >>> t = terms(np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 3.0], [3.0, 0.0]]))  # three coders, two categories
        >>> round(gwet_ac(t).value, 3)
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
    return Estimate(found.value, se=_se(unit, found.value, t.times))


def _se(unit: FloatArray, value: float, times: FloatArray) -> float | None:
    n = times.sum()
    return float(np.sqrt((times * (unit - value) ** 2).sum() / (n * (n - 1)))) if n > 1 else None


def krippendorff_se(counts: FloatArray, weights: FloatArray | None = None) -> Estimate:
    """Krippendorff's alpha with Gwet's standard error; (n, q) counts, units with two coders or more.

    Example:
        >>> round(krippendorff_se(np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 3.0], [3.0, 0.0]])).se, 3)
        0.398
    """
    kept = np.asarray(counts, dtype=np.float64)
    kept = kept[kept.sum(1) >= 2]
    if not len(kept):
        return Estimate(None, reason="no_pairs")
    w = np.eye(kept.shape[1]) if weights is None else weights
    r, n = kept.sum(1), len(kept)
    mean, epsilon = r.mean(), 1 / r.sum()
    shares = (kept * (kept @ w.T - 1)).sum(1) / (mean * (r - 1))
    prevalence = kept.sum(0) / (mean * n)
    chance, raw = float(prevalence @ w @ prevalence), float(shares.mean())
    found = corrected((1 - epsilon) * raw + epsilon, chance)
    if found.value is None:
        return found
    excess = (r - mean) / mean
    unit_chance = kept @ ((w + w.T) @ prevalence / 2) / mean - chance * excess
    prime = (raw - chance) / (1 - chance)
    unit = (shares - raw * excess - chance) / (1 - chance)
    unit = unit - 2 * (1 - prime) * (unit_chance - chance) / (1 - chance)
    return Estimate(found.value, se=_se(unit, prime, np.ones(n)))


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
