"""How often a code occurs in a large machine-coded batch, corrected with a random human-coded part.

`f` is the machine's decision on all N units, `y` a human's on n of them drawn at random. Default:
post-stratified with Jeffreys intervals, the only method whose measured coverage holds for small
samples and rare codes (methods guide 6).

Sources: Särndal, C.-E., Swensson, B. & Wretman, J. (1992). Model Assisted Survey Sampling, 6.3;
Angelopoulos, A. et al. (2023). Prediction-powered inference. Science 382, 669-674, and PPI++
(arXiv 2311.01453); Brown, L., Cai, T. & DasGupta, A. (2001). Statistical Science 16, 101-133.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from autocode.agreement.estimate import Estimate, FloatArray, IntArray
from autocode.agreement.intervals import t_quantile

DRAWS = 4000


@dataclass(frozen=True)
class Checked:
    """One code in a batch: the machine on all units, a human on a random part.

    Attributes:
        y: (n,) human decisions, 0 or 1.
        f: (n,) machine decisions on the same units.
        rest: (U,) machine decisions on the units no human checked.
    """

    y: FloatArray
    f: FloatArray
    rest: FloatArray

    @property
    def n(self) -> int:
        """Units checked by a human."""
        return len(self.y)

    @property
    def N(self) -> int:
        """Units in all."""
        return len(self.y) + len(self.rest)

    @property
    def errors(self) -> int:
        """Checked units on which human and machine differ."""
        return int((self.y != self.f).sum())


def z_quantile(confidence: float) -> float:
    """Two-sided quantile of the normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(1 - (1 - confidence) / 2))


def raw_share(data: Checked) -> Estimate:
    """Share of units to which the machine gave the code; not corrected for its errors."""
    return Estimate(float(np.concatenate([data.f, data.rest]).mean())) if data.N else _nothing()


def _nothing() -> Estimate:
    return Estimate(None, reason="no_pairs")


def share_by_document(y: FloatArray, groups: IntArray, confidence: float = 0.95) -> Estimate:
    """Share of (n,) units coded 1, with documents as clusters: Jeffreys' interval on effective counts.

    As `intervals.joint_share`, after Korn & Graubard (1998): the units count by how much the share varies between documents
    beyond independent units, at least 1, and by (t / z) squared for few documents.

    Example:
        >>> found = share_by_document(np.array([1.0, 0, 0, 0] * 30), np.arange(120) // 12)
        >>> [round(x, 2) for x in (found.value, found.low, found.high)]
        [0.25, 0.17, 0.35]
    """
    from scipy.special import betaincinv

    if not len(y):
        return _nothing()
    documents, place = np.unique(groups, return_inverse=True)
    G, p, n = len(documents), float(y.mean()), float(len(y))
    if G < 2:
        return Estimate(p, no_interval="single_cluster")
    given, size = np.bincount(place, y), np.bincount(place).astype(np.float64)
    between = G / (G - 1) * float(((given - p * size) ** 2).sum()) / n**2
    spread = max(1.0, between / (p * (1 - p) / n)) if 0 < p < 1 else 1.0
    effective = n / spread * (z_quantile(confidence) / t_quantile(confidence, G)) ** 2
    a, b, tail = effective * p + 0.5, effective * (1 - p) + 0.5, (1 - confidence) / 2
    low, high = float(betaincinv(a, b, tail)) if p > 0 else 0.0, float(betaincinv(a, b, 1 - tail)) if p < 1 else 1.0
    return Estimate(p, low, high)


def human_share(data: Checked, confidence: float = 0.95) -> Estimate:
    """Share among the checked units alone, with Wilson's interval: for units drawn one by one.

    Example:
        >>> human, machine = [1.0, 0, 1, 0] * 100, [1.0, 0, 1, 1] * 25 + [1.0, 0, 1, 0] * 75
        >>> data = Checked(np.array(human), np.array(machine), np.array([1.0, 0] * 500))
        >>> round(human_share(data).value, 3)
        0.5
    """
    if not data.n:
        return _nothing()
    z, n, p = z_quantile(confidence), data.n, float(data.y.mean())
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Estimate(p, middle - half, middle + half)


def ppi_mean(data: Checked, confidence: float = 0.95, power: float = 1.0) -> Estimate:
    """Prediction-powered mean; `power` 1 is PPI, 0 the human share alone.

    For some hundreds of checked units with ten errors or more; else its interval is too short.

    Example:
        >>> human, machine = [1.0, 0, 1, 0] * 100, [1.0, 0, 1, 1] * 25 + [1.0, 0, 1, 0] * 75
        >>> data = Checked(np.array(human), np.array(machine), np.array([1.0, 0] * 500))
        >>> round(ppi_mean(data).value, 3)
        0.438
    """
    if not data.n or not len(data.rest):
        return _nothing()
    residual = data.y - power * data.f
    value = power * data.rest.mean() + residual.mean()
    se = math.sqrt(power**2 * data.rest.var() / len(data.rest) + residual.var() / data.n)
    half = z_quantile(confidence) * se
    return Estimate(float(value), float(value - half), float(value + half), float(se))


def ppi_plus_power(data: Checked) -> float:
    """The power that PPI++ chooses, between 0 and 1."""
    everything = np.concatenate([data.f, data.rest])
    spread = everything.var(ddof=1) if data.N > 1 else 0.0
    if spread <= 0:
        return 0.0
    covariance = ((data.y - data.y.mean()) * (data.f - data.f.mean())).mean()
    return float(np.clip(covariance / ((1 + data.n / len(data.rest)) * spread), 0.0, 1.0))


def ppi_plus_mean(data: Checked, confidence: float = 0.95) -> Estimate:
    """PPI++: the machine counts as much as it deserves.

    Example:
        >>> human, machine = [1.0, 0, 1, 0] * 100, [1.0, 0, 1, 1] * 25 + [1.0, 0, 1, 0] * 75
        >>> data = Checked(np.array(human), np.array(machine), np.array([1.0, 0] * 500))
        >>> round(ppi_plus_mean(data).value, 3)
        0.461
    """
    if not data.n or not len(data.rest):
        return _nothing()
    return ppi_mean(data, confidence, ppi_plus_power(data))


def difference_estimator(data: Checked, confidence: float = 0.95) -> Estimate:
    """Machine share of all units plus the mean error of the checked ones, for this finite batch.

    Equal to the DSL mean (Egami et al. 2023) with equal probabilities; t with n - 1 degrees.

    Example:
        >>> human, machine = [1.0, 0, 1, 0] * 100, [1.0, 0, 1, 1] * 25 + [1.0, 0, 1, 0] * 75
        >>> data = Checked(np.array(human), np.array(machine), np.array([1.0, 0] * 500))
        >>> round(difference_estimator(data).value, 3)
        0.455
    """
    if data.n < 2:
        return _nothing()
    residual = data.y - data.f
    value = float(np.concatenate([data.f, data.rest]).mean() + residual.mean())
    se = math.sqrt((1 - data.n / data.N) * float(residual.var(ddof=1)) / data.n)
    half = t_quantile(confidence, data.n) * se
    return Estimate(value, value - half, value + half, se)


def post_stratified(data: Checked, confidence: float = 0.95, finite: bool = True, seed: int = 0) -> Estimate:
    """Share by stratum (machine yes, machine no), interval from Jeffreys posteriors.

    Args:
        finite: Whether the claim is about this batch (True) or about what it was drawn from.
        seed: Same seed, same interval.

    Example:
        >>> human, machine = [1.0, 0, 1, 0] * 100, [1.0, 0, 1, 1] * 25 + [1.0, 0, 1, 0] * 75
        >>> data = Checked(np.array(human), np.array(machine), np.array([1.0, 0] * 500))
        >>> found = post_stratified(data)
        >>> round(found.value, 2)
        0.46
    """
    if not data.n:
        return _nothing()
    rng, yes = np.random.default_rng(seed), data.f == 1
    hits = [(float(data.y[s].sum()), float(s.sum())) for s in (yes, ~yes)]
    rates = [rng.beta(k + 0.5, m - k + 0.5, DRAWS) for k, m in hits]
    ones = float(data.rest.sum())
    if finite:
        open_units = (int(ones), int(len(data.rest) - ones))
        draws = sum(rng.binomial(u, p) for u, p in zip(open_units, rates, strict=True))
        theta = (data.y.sum() + draws) / data.N
    else:
        total = ones + hits[0][1]
        q = rng.beta(total + 0.5, data.N - total + 0.5, DRAWS)
        theta = q * rates[0] + (1 - q) * rates[1]
    tail = (1 - confidence) / 2
    low, middle, high = np.quantile(theta, (tail, 0.5, 1 - tail))
    return Estimate(_by_stratum(data, hits, float(middle)), float(low), float(high))


def _by_stratum(data: Checked, hits: list[tuple[float, float]], median: float) -> float:
    """Sum of N_s / N times the human share in stratum s; the median where a stratum is unsampled."""
    ones = float(data.f.sum() + data.rest.sum())
    sizes = (ones, data.N - ones)
    if any(m == 0 for _, m in hits):
        return median
    return sum(size / data.N * k / m for size, (k, m) in zip(sizes, hits, strict=True))


def ratio_by_document(y: FloatArray, f: FloatArray, confidence: float, sampled: float) -> tuple[float, float, float]:
    """Mean error per unit where documents were drawn, not units: (mean, low, high).

    Args:
        y: (g, 2) human-coded units and all units of each checked document.
        f: (g,) machine-coded units of each.
        confidence: Coverage.
        sampled: Share of all documents that were checked (finite population).
    """
    error, size = y[:, 0] - f, y[:, 1]
    mean = error.sum() / size.sum()
    left = (error.sum() - error) / (size.sum() - size)
    g = len(error)
    se = math.sqrt((1 - sampled) * (g - 1) / g * float(((left - left.mean()) ** 2).sum()))
    half = t_quantile(confidence, g) * se
    return float(mean), float(mean - half), float(mean + half)
