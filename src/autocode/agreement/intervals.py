"""Intervals over documents: effective counts of joint uses, delete-one-document jackknife, cluster bootstrap.

Segments of one interview resemble each other, so intervals never treat them as independent:
the unit that counts, is left out or drawn again is the document (or the participant).

Sources: Korn, E. L. & Graubard, B. I. (1998). Confidence intervals for proportions with small expected
number of positive counts estimated from survey data. Survey Methodology 24, 193-201; Brown, L., Cai, T. &
DasGupta, A. (2001). Interval estimation for a binomial proportion. Statistical Science 16, 101-133; Fleiss,
J. L. & Davies, M. (1982). Jackknifing functions of multinomial frequencies, with an application to a measure
of concordance. American Journal of Epidemiology 115, 841-845; Efron, B. & Tibshirani, R. (1993). An
Introduction to the Bootstrap, ch. 11. Coverage measured in `benchmarks/agreement.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autocode.agreement.estimate import BoolArray, FloatArray, Statistic

CHUNK = 2_000_000  # numbers held at a time by the bootstrap, 16 MB
MIN_DOCUMENTS = 6
ENOUGH_DOCUMENTS = 10
MIN_USES = 10
COUNTS_ONLY = 3
MIN_CODED_DOCUMENTS = 5
ZERO_CELL = 3  # joint uses, or disagreements, below which draws of documents say too little
LIKENESS, MOST_DIFFER = 0.06, 3.0  # of joint uses within a document where none is seen, by how much documents differ
ALIKE_USES, ALIKE_CHANCE = 30, 0.001
LEAST_CODES, LEAST_BETWEEN = 3, 0.3  # of partial pooling: codes in use, variance between them in log-odds


@dataclass(frozen=True, slots=True)
class Spread:
    """What leaving out one document at a time says.

    Attributes:
        value: (...) coefficient of all documents.
        se: (...) jackknife standard error, NaN where fewer than two replicates are defined.
        undefined: (...) share of the replicates that are undefined.
        documents: Number of documents left out in turn.
    """

    value: FloatArray
    se: FloatArray
    undefined: FloatArray
    documents: int


def jackknife(counts: FloatArray, statistic: Statistic) -> Spread:
    """Leave out one document at a time.

    Args:
        counts: (G, ..., C) sums by document.
        statistic: From (..., C) to coefficients.

    Returns:
        Values and standard errors sqrt((G-1)/G sum (theta_g - mean)^2); undefined replicates
        are dropped and their share is told.
    """
    total = counts.sum(0)
    return spread(statistic(total), statistic(total - counts))


def spread(value: FloatArray, replicates: FloatArray) -> Spread:
    """Jackknife standard error from (G, ...) delete-one replicates."""
    defined = np.isfinite(replicates)
    m = defined.sum(0)
    some = np.maximum(m, 1)
    centred = np.where(defined, replicates, 0.0)
    centred = np.where(defined, replicates - centred.sum(0) / some, 0.0)
    se = np.where(m >= 2, np.sqrt((some - 1) / some * (centred**2).sum(0)), np.nan)
    return Spread(value, se, 1 - m / max(1, len(replicates)), len(replicates))


def t_quantile(confidence: float, documents: int, sides: int = 2) -> float:
    """Quantile of Student's t with G - 1 degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(max(1, documents - 1), 1 - (1 - confidence) / sides))


def fisher(found: Spread, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Interval of a coefficient in (-1, 1) on the Fisher z scale; NaN at -1 and 1."""
    return _transformed(found, confidence, np.arctanh, np.tanh, 1 - found.value**2)


def logit(found: Spread, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Interval of a share in (0, 1) on the logit scale; NaN at 0 and 1."""
    return _transformed(
        found, confidence, lambda p: np.log(p / (1 - p)), lambda z: 1 / (1 + np.exp(-z)), found.value * (1 - found.value)
    )


def plain(found: Spread, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Interval of a difference, value -+ t SE."""
    half = t_quantile(confidence, found.documents) * found.se
    return found.value - half, found.value + half


def _transformed(
    found: Spread, confidence: float, there: Statistic, back: Statistic, slope: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """value -+ t SE on another scale (delta method) and back."""
    with np.errstate(all="ignore"):
        inside = slope > 1e-12
        z = there(np.where(inside, found.value, np.nan))
        half = t_quantile(confidence, found.documents) * found.se / np.where(inside, slope, np.nan)
        return back(z - half), back(z + half)


@dataclass(frozen=True, slots=True)
class Joint:
    """Interval of a coefficient that follows from the share of joint uses, all (C,).

    Attributes:
        low: Lower end.
        high: Upper end.
        spread: How much that share varies between documents, by what independent uses would give; assumed at shares 0 and 1.
        alike: Whether it varies less than independent uses would by chance in 1 of 1,000 studies.
    """

    low: FloatArray
    high: FloatArray
    spread: FloatArray
    alike: BoolArray


def joint_share(
    counts: FloatArray, statistic: Statistic, uses: FloatArray, confidence: float = 0.95, coders: float = 2.0
) -> Joint:
    """Interval of kappa and its kin from J, the share of joint uses among the uses of a code by either coder.

    J has a Jeffreys interval on effective counts (Korn & Graubard 1998): the uses, divided by how much J varies
    between documents beyond independent uses (at least 1; 2 / coders where more judged each unit, who tell more of it
    than two) and by (t / z) squared for few documents. Its ends are
    carried to the coefficient at the observed margins. With no joint use the interval is as wide as so few uses
    allow, where leaving out documents would see no spread at all; the uses count the less, the more documents differ
    in how many they hold (Kish's design effect with a likeness of `LIKENESS` times the squared coefficient of variation
    beyond chance). Where a code is given more often than not, J is the share left by both among those left by either.

    Args:
        counts: (G, P, C, 4) tables by document of P pairs of coders.
        statistic: From (P, C, 4) to (C,), monotone in J.
        uses: (C,) coded places; with text as units far fewer than the characters counted.
        confidence: Coverage.
        coders: Coders of a unit, on average.

    Example:
        >>> from autocode.agreement.coefficients import cohen_kappa
        >>> counts = np.tile([[[[0, 1.0, 0, 24]]], [[[0, 0, 1.0, 24]]]], (6, 1, 1, 1))  # never the same segment
        >>> found = joint_share(counts, lambda tables: cohen_kappa(tables)[0], np.array([12.0]))
        >>> [round(float(x), 2) for x in (found.low[0], found.high[0])]
        [-0.02, 0.35]
    """
    from scipy.special import betaincinv, chdtri, ndtri

    G, total = len(counts), counts.sum(0)
    common = total[..., 0].sum(0) > total[..., 3].sum(0)
    given = np.where(common[:, None], total[..., [3, 1, 2, 0]], total)
    by_document = np.where(common[:, None], counts[..., [3, 1, 2, 0]], counts).sum(1)
    both, either = by_document[..., 0], by_document[..., :3].sum(-1)
    m = either.sum(0)
    with np.errstate(all="ignore"):
        J = both.sum(0) / m
        trials = uses * m / total[..., :3].sum((0, -1))
        between = G / max(1, G - 1) * ((both - J * either) ** 2).sum(0) / m**2
        # With no joint use, or none apart, nothing is seen of how J varies: documents that differ in their uses are taken to
        # differ in J too.
        mean = either.mean(0)
        differ = np.clip((either.var(0, ddof=min(1, G - 1)) / mean - 1) / mean, 0, MOST_DIFFER)
        unseen = 1 + LIKENESS * differ * ((either**2).sum(0) / m - 1)
        spread = np.where((J > 0) & (J < 1), between / (J * (1 - J) / trials), unseen)
        tail = (1 - confidence) / 2
        n = trials / np.maximum(min(1.0, 2 / coders), spread) * (ndtri(tail) / t_quantile(confidence, G)) ** 2
        low = np.where(J > 0, betaincinv(n * J + 0.5, n * (1 - J) + 0.5, tail), 0.0)
        high = np.where(J < 1, betaincinv(n * J + 0.5, n * (1 - J) + 0.5, 1 - tail), 1.0)
    back = np.where(common[:, None], [[3, 1, 2, 0]], [[0, 1, 2, 3]])[None]
    ends = (np.take_along_axis(with_share(given, J, end), back, -1) for end in (low, high))
    alike = (coders <= 2) & (trials >= ALIKE_USES) & (spread * (G - 1) < chdtri(G - 1, 1 - ALIKE_CHANCE))
    low, high = (np.where(m > 0, statistic(tables), np.nan) for tables in ends)
    return Joint(np.minimum(low, high), np.maximum(low, high), spread, alike)


def partial_pooling(counts: FloatArray, statistic: Statistic, uses: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A coefficient of each code drawn towards all codes, the more the rarer the code: a second opinion on rare codes.

    Empirical Bayes on the log-odds of a joint use: codes vary around their mean with a variance found after Paule & Mandel
    (1982), at least `LEAST_BETWEEN`, and each code's own log-odds count by their variance (Efron & Morris 1975; Morris
    1983 for the interval). The result is carried to the coefficient at the observed margins, as in `joint_share`.

    Args:
        counts: (G, P, C, 4) tables by document of P pairs of coders, codes apart.
        statistic: From (P, C, 4) to (C,), monotone in the share of joint uses.
        uses: (C,) coded places.

    Returns:
        Value, low and high (95%), (C,) each; NaN where nobody gave the code or fewer than `LEAST_CODES` are in use.
    """
    total = counts.sum(0)
    cells = total.sum(0)
    m, used = cells[:, :3].sum(1), cells[:, :3].sum(1) > 0
    nothing = np.full(len(m), np.nan)
    if used.sum() < LEAST_CODES:
        return nothing, nothing, nothing
    within = joint_share(counts.sum(2, keepdims=True), lambda tables: tables[0, :, 0], uses.sum(keepdims=True)).spread[0]
    J = np.where(used, cells[:, 0] / np.where(used, m, 1.0), 0.0)
    joint, apart = J * uses + 0.5, (1 - J) * uses + 0.5
    y, v = np.log(joint / apart)[used], (1 / joint + 1 / apart)[used] * max(1.0, float(within))
    between = max(LEAST_BETWEEN, _paule_mandel(y, v))
    weight = 1 / (v + between)
    mean, drawn = (weight * y).sum() / weight.sum(), v / (v + between)
    value = (1 - drawn) * y + drawn * mean
    variance = (1 - drawn) * v + drawn**2 * (1 / weight.sum() + 2 * (y - mean) ** 2 / (len(y) - 1))
    found = []
    for z in (0.0, -1.96, 1.96):
        share = np.array(J)
        share[used] = 1 / (1 + np.exp(-(value + z * np.sqrt(variance))))
        found.append(np.where(used, statistic(with_share(total, J, share)), np.nan))
    return found[0], found[1], found[2]


def _paule_mandel(y: FloatArray, v: FloatArray) -> float:
    """Variance between values with variances `v` of their own, by bisection; 0 where `v` explains them."""
    low, high = 0.0, 20.0
    for _ in range(50):
        middle = (low + high) / 2
        weight = 1 / (v + middle)
        more = float((weight * (y - (weight * y).sum() / weight.sum()) ** 2).sum()) > len(y) - 1
        low, high = (middle, high) if more else (low, middle)
    return low


def with_share(tables: FloatArray, J: FloatArray, end: FloatArray) -> FloatArray:
    """The (P, C, 4) tables with each pair's share of joint uses moved as the share J of all moves to `end`."""
    a, b, c, d = (tables[..., i] for i in range(4))
    m = a + b + c
    with np.errstate(all="ignore"):
        own = np.where(m > 0, a / m, 0.0)
        moved = np.where(end > J, own + (1 - own) * (end - J) / (1 - J), np.where(J > 0, own * end / J, 0.0))
        first = np.where(b + c > 0, b / (b + c), 0.5)
    rest = (1 - moved) * m
    return np.stack([moved * m, rest * first, rest * (1 - first), d], axis=-1)


@dataclass(frozen=True, slots=True)
class Resampled:
    """Percentile interval of a cluster bootstrap: value, low, high and undefined share, all (...)."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    undefined: FloatArray


def bootstrap(
    counts: FloatArray,
    statistic: Statistic,
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Resampled:
    """Draw documents with replacement; percentile interval (for 30 documents or more).

    Args:
        counts: (G, ..., C) sums by document.
        statistic: From (..., C) to coefficients.
        resamples: Number of draws B.
        seed: Same seed, same interval.
    """
    draws = bootstrap_replicates(counts, statistic, resamples, seed)
    defined = np.isfinite(draws)
    tail = (1 - confidence) / 2 * 100
    ordered = np.sort(draws, axis=0)  # NaN goes last
    m = defined.sum(0)
    low, high = (_order(ordered, m, q / 100) for q in (tail, 100 - tail))
    return Resampled(statistic(counts.sum(0)), low, high, 1 - m / resamples)


def bootstrap_replicates(counts: FloatArray, statistic: Statistic, resamples: int, seed: int) -> FloatArray:
    """(B, ...) coefficients of documents drawn with replacement: one matrix product."""
    G = len(counts)
    weights = np.random.default_rng(seed).multinomial(G, np.full(G, 1 / G), size=resamples).astype(np.float64)
    flat = counts.reshape(G, -1)
    step = max(1, CHUNK // max(1, flat.shape[1]))
    parts = (weights[at : at + step] @ flat for at in range(0, resamples, step))
    return np.concatenate([statistic(part.reshape(-1, *counts.shape[1:])) for part in parts])


def _order(ordered: FloatArray, m: FloatArray, share: float) -> FloatArray:
    """Linear-interpolated quantile of the first m rows of each sorted column; NaN for m = 0."""
    place = np.maximum(m - 1, 0) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(m - 1, 0))
    low = np.take_along_axis(ordered, below[None], 0)[0]
    high = np.take_along_axis(ordered, above[None], 0)[0]
    return np.where(m > 0, low + (place - below) * (high - low), np.nan)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much a code rests on.

    Attributes:
        documents: Number of documents G that can be left out.
        uses: (C,) coded places, by at least one of the coders.
        coded_documents: (C,) documents that hold them.
        coders: Coders of a unit, on average.
    """

    documents: int
    uses: FloatArray
    coded_documents: FloatArray
    coders: float = 2.0

    def against_interval(self, cell: int) -> str:
        """The rule that forbids an interval for one code, "" where none does."""
        if self.documents < MIN_DOCUMENTS:
            return "few_documents"
        if self.uses[cell] <= COUNTS_ONLY:
            return "counts_only"
        if self.coded_documents[cell] <= 1:
            return "single_cluster"
        if self.uses[cell] < MIN_USES:
            return "few_uses"
        few = self.coded_documents[cell] < MIN_CODED_DOCUMENTS
        return "few_coded_documents" if few else ""

    def flags(self, cell: int) -> tuple[str, ...]:
        """What a reader of the value must know."""
        found = []
        if MIN_DOCUMENTS <= self.documents < ENOUGH_DOCUMENTS:
            found.append("very_few_documents")
        if 0 < self.uses[cell] <= COUNTS_ONLY:
            found.append("counts_only")
        return tuple(found)


def evidence(uses: FloatArray, documents: int, coders: float = 2.0) -> Evidence:
    """Evidence from (G, C) coded places by document, of which `documents` were shared."""
    return Evidence(documents, uses.sum(0), (uses > 0).sum(0).astype(np.float64), coders)
