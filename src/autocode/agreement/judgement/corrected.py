"""How often codes occur in a large machine-coded batch, corrected with a random human-coded part.

`f` is the machine's decision on all N units, `y` a human's on n of them drawn at random. Default: post-stratified with
Jeffreys intervals, the only method whose measured coverage holds for small samples and rare codes (methods guide 6).

Sources: Särndal, C.-E., Swensson, B. & Wretman, J. (1992). Model Assisted Survey Sampling, 6.3; Angelopoulos, A. et al.
(2023). Prediction-powered inference. Science 382, 669-674, and PPI++ (arXiv 2311.01453); Brown, L., Cai, T. &
DasGupta, A. (2001). Statistical Science 16, 101-133.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autocode.agreement.counts import by_document, theme
from autocode.agreement.estimate import Estimate
from autocode.agreement.intervals import t_quantile
from autocode.errors import StudyError
from autocode.study.matrix import BoolArray, FloatArray, IntArray

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
    value, ones = float(middle), float(data.f.sum() + data.rest.sum())  # the median, where a stratum is unsampled
    if all(m for _, m in hits):  # else the sum of N_s / N times the human share in stratum s
        value = sum(size / data.N * k / m for size, (k, m) in zip((ones, data.N - ones), hits, strict=True))
    return Estimate(value, float(low), float(high))


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


SAFE_UNITS, SAFE_ERRORS = 300, 10
MIN_CHECKED = 10


@dataclass(frozen=True, slots=True)
class Design:
    """How the human-coded part was drawn.

    Attributes:
        random: Whether it was drawn at random; there is no default, the researcher must say so.
        drawn: `units` (segments one by one) or `documents` (whole documents).
        finite: Whether the claim is about this batch, not about what it was drawn from.
        confidence: Coverage.
        seed: Same seed, same intervals.
    """

    random: bool
    drawn: str = "units"
    finite: bool = True
    confidence: float = 0.95
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Frequency:
    """One code in the batch.

    Attributes:
        code: Path of the code.
        raw: Units to which the machine gave it.
        raw_share: Their share; not corrected.
        corrected: Corrected share with its interval: what to report.
        method: post_stratified or ratio_by_document.
        humans: Share among the human-coded units alone, with documents as clusters.
        ppi_plus: PPI++, None where too few units or errors make it unsafe.
        difference: Difference estimator, None where unsafe.
        errors: Checked units on which human and machine differ.
    """

    code: str
    raw: int
    raw_share: Estimate
    corrected: Estimate
    method: str
    humans: Estimate
    ppi_plus: Estimate | None
    difference: Estimate | None
    errors: int

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping; an unsafe estimator is null."""
        names = ("raw_share", "corrected", "humans", "ppi_plus", "difference")
        values = {name: getattr(self, name) for name in names}
        return {"code": self.code, "raw": self.raw, "method": self.method, "errors": self.errors} | {
            name: value.to_json() if value is not None else None for name, value in values.items()
        }


@dataclass(frozen=True)
class Batch:
    """A batch of n units coded by the machine, part of it checked by a human.

    Attributes:
        codes: Paths of the K codes.
        groups: (n,) document of each unit.
        machine: (n, K) decisions of the machine.
        human: (n, K) decisions of the human, read where `checked`.
        checked: (n,) whether a human coded the unit without seeing the suggestions.
    """

    codes: tuple[str, ...]
    groups: IntArray
    machine: BoolArray
    human: BoolArray
    checked: BoolArray


def batch_by_theme(batch: Batch) -> Batch:
    """The same batch with themes in the place of codes: a unit has a theme where it has any of its codes."""
    themes = tuple(dict.fromkeys(theme(code) for code in batch.codes))
    columns = [[k for k, code in enumerate(batch.codes) if theme(code) == t] for t in themes]
    machine, human = (np.stack([Y[:, c].any(1) for c in columns], axis=1) for Y in (batch.machine, batch.human))
    return replace(batch, codes=themes, machine=np.asarray(machine), human=np.asarray(human))


def corrected_frequencies(batch: Batch, design: Design) -> list[Frequency]:
    """Share of each code among the units of the batch.

    Raises:
        StudyError: The human-coded part was not drawn at random, is too small, or (documents
            drawn) covers documents only in part.
    """
    _check(batch, design)
    return [_one(batch, k, design) for k in range(len(batch.codes))]


def corrected_document_frequencies(batch: Batch, design: Design) -> list[Frequency]:
    """Share of documents that have each code; needs whole documents, drawn at random.

    Raises:
        StudyError: As `corrected_frequencies`, and where units, not documents, were drawn.
    """
    if design.drawn != "documents":
        raise StudyError(
            "frequencies by document",
            "single segments were drawn, not documents",
            "Ask for frequencies by segment, or have whole documents coded.",
        )
    _check(batch, design)
    groups, place = np.unique(batch.groups, return_inverse=True)
    present, known, checked = (
        by_document(a.astype(np.float64), place, len(groups)) > 0
        for a in (batch.machine, batch.human & batch.checked[:, None], batch.checked[:, None])
    )
    whole = Batch(batch.codes, np.arange(len(groups)), present, known, checked[:, 0])
    units = Design(True, "units", design.finite, design.confidence, design.seed)
    return [_one(whole, k, units) for k in range(len(batch.codes))]


def _check(batch: Batch, design: Design) -> None:
    whole, checked = design.drawn == "documents", batch.groups[batch.checked]
    sampled = len(np.unique(checked)) if whole else len(checked)
    if not design.random:
        why = "the human-coded part was not drawn at random, so its errors do not stand for the batch"
        raise StudyError("corrected frequencies", why, "Draw units or documents at random and code them.")
    if sampled < MIN_CHECKED:
        why, then = f"only {sampled} {design.drawn} were coded by a human", "100 or more give useful intervals"
        raise StudyError("corrected frequencies", why, f"Draw at least {MIN_CHECKED}; {then}.")
    if whole and np.isin(batch.groups[~batch.checked], checked).any():
        why, then = "some drawn documents are coded only in part", "Finish them, or say that single units were drawn."
        raise StudyError("corrected frequencies", why, then)


def _one(batch: Batch, k: int, design: Design) -> Frequency:
    f, y, c = (a.astype(np.float64) for a in (batch.machine[:, k], batch.human[:, k], batch.checked))
    taken = c == 1
    data = Checked(y[taken], f[taken], f[~taken])
    safe = design.drawn == "units" and data.n >= SAFE_UNITS and data.errors >= SAFE_ERRORS
    corrected, method = post_stratified(data, design.confidence, design.finite, design.seed), "post_stratified"
    if design.drawn == "documents":
        corrected, method = _by_ratio(batch, (f, y, taken), design), "ratio_by_document"
    return Frequency(
        batch.codes[k],
        int(f.sum()),
        Estimate(float(f.mean())) if len(f) else _nothing(),
        corrected,
        method,
        share_by_document(y[taken], batch.groups[taken], design.confidence),
        ppi_plus_mean(data, design.confidence) if safe else None,
        difference_estimator(data, design.confidence) if safe else None,
        data.errors,
    )


def _by_ratio(batch: Batch, values: tuple[FloatArray, FloatArray, BoolArray], design: Design) -> Estimate:
    """Machine share plus the mean error per unit of the drawn documents, jackknifed by document.

    Where the drawn documents hold too few errors the interval would be too short: none is given.
    """
    f, y, taken = values
    groups, place = np.unique(batch.groups[taken], return_inverse=True)
    sums = by_document(np.stack([y[taken], np.ones(int(taken.sum())), f[taken]], 1), place, len(groups))
    sampled = len(groups) / len(np.unique(batch.groups)) if design.finite else 0.0
    mean, low, high = ratio_by_document(sums[:, :2], sums[:, 2], design.confidence, sampled)
    raw = float(f.mean())
    if int((y[taken] != f[taken]).sum()) < SAFE_ERRORS:
        return Estimate(raw + mean, no_interval="few_errors")
    return Estimate(raw + mean, max(0.0, raw + low), min(1.0, raw + high))
