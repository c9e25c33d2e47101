"""Promises on clustered segments: how low a threshold may be so that a share still holds.

A promise speaks of new documents: of the segments taken, at least a target share is right (precision), or
of what coders give the code, at least a target share is taken (recall). It is made only where an exact
binomial test on effective counts rejects the opposite. Segments of one document resemble each other, so n
of them count as fewer.

A segment that half of its coders gave the code is half right when taken, and half a coding to be found.

Sources: tests in a fixed order, Bauer 1991 (Statistics in Medicine 10, 873-890) and, for thresholds,
Angelopoulos et al. 2021 (Learn then Test, arXiv 2110.01052); effective counts in exact binomial limits, Korn
and Graubard 1998 (Survey Methodology 24, 193-201); weighted units, Kish 1965 (Survey Sampling); limits,
Clopper and Pearson 1934.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from autocode.classify.material import FloatArray, IntArray

LEAST_DOCUMENTS = 5
"""A promise rests on no fewer documents (as an interval of agreement does)."""
LIKENESS = (0.05, 0.5)
"""Bounds of the correlation within a document: never taken as less or more than this."""
FAR = 100_000.0
"""More decisions than this are never asked for: nan stands instead."""
_GRID = 1.2  # each candidate takes a fifth more segments than the one before
_FIRST = 5  # the fewest segments a candidate takes
_STEPS = 200  # candidates of recall at most


@dataclass(frozen=True, slots=True)
class Aim:
    """What is promised: a share of at least `share`, with `confidence`; both inside (0, 1)."""

    share: float
    confidence: float

    @property
    def risk(self) -> float:
        """How often the promise may be broken."""
        return 1 - self.confidence

    @property
    def surer(self) -> Aim:
        """The same share at a fifth of the risk."""
        return Aim(self.share, 1 - self.risk / 5)


class Decisions(NamedTuple):
    """Decisions on one code, or on several codes joined: all arrays (n,)."""

    p: FloatArray  # calibrated probability
    y: FloatArray  # share of the coders who gave the code, 0 to 1
    group: IntArray  # document index


class Share(NamedTuple):
    """A share and what it rests on."""

    value: float  # nan where nothing counts
    effective: float  # as many independent decisions as it is worth
    documents: int


def share_of(hits: FloatArray, weights: FloatArray, group: IntArray, likeness: float) -> Share:
    """A weighted share and its effective count, the smaller of two.

    One count comes from the spread between documents (Taylor linearisation, and Student's t for few
    documents); the other supposes that decisions of one document correlate by `likeness`, and speaks
    also where all hits are alike so that no spread can be seen.

    Args:
        hits: (n,) in [0, 1].
        weights: (n,) at least 0.
        group: (n,) document index.
        likeness: Correlation within a document, 0 to 1.
    """
    effective, documents = _worth(weights, group, likeness)
    if not documents:
        return Share(float("nan"), 0.0, 0)
    total = float(weights.sum())
    value = float(np.clip((hits * weights).sum() / total, 0.0, 1.0))
    spread = np.bincount(group, weights * (hits - value))
    variance = float((spread**2).sum()) * documents / max(documents - 1, 1) / total**2
    if variance > 0:
        effective = min(effective, value * (1 - value) / variance * _few(documents))
    return Share(value, effective, documents)


def _worth(weights: FloatArray, group: IntArray, likeness: float) -> tuple[float, int]:
    """Effective count of weighted units that correlate within documents, and the number of documents."""
    squares = float((weights**2).sum())
    if not squares > 0:
        return 0.0, 0
    mass = np.bincount(group, weights)
    alike = 1 + likeness * max(float((mass**2).sum()) / squares - 1, 0.0)
    return float(weights.sum()) ** 2 / squares / alike, int((mass > 0).sum())


def _few(documents: int) -> float:
    """What few documents cost: squared ratio of normal and Student quantile, one-sided 95 %."""
    from scipy.special import stdtrit  # late: the command line must start at once

    return float((1.6448536 / stdtrit(max(documents - 1, 1), 0.95)) ** 2)


def likeness(parts: Iterable[tuple[FloatArray, FloatArray, IntArray]]) -> float:
    """Correlation of errors within documents, pooled over codes, kept inside `LIKENESS`.

    Args:
        parts: Per code hits, weights and documents, as for `share_of`.
    """
    above, below = 0.0, 0.0
    for hits, weights, group in parts:
        if weights.sum() > 0:
            error = weights * (hits - np.average(hits, weights=weights))
            mass, sums = np.bincount(group, weights), np.bincount(group, error)
            pairs = float((mass**2).sum() - (weights**2).sum())
            above += float((sums**2).sum() - (error**2).sum())
            below += pairs * float((error**2).sum() / (weights**2).sum())
    return float(np.clip(above / below if below > 0 else 0.0, *LIKENESS))


def doubt(found: Share, target: float) -> float:
    """The chance of so large a share if the true one were `target`: P(Bin(n, target) >= n share).

    1 where it rests on fewer than five documents, whatever the share.
    """
    from scipy.special import betainc  # late: the command line must start at once

    hits = found.value * found.effective
    if found.documents < LEAST_DOCUMENTS or not hits > 0:
        return 1.0
    return float(betainc(hits, found.effective - hits + 1, target))


def contradicted(found: Share, aim: Aim) -> bool:
    """Whether the evidence speaks against the aim: so small a share would be rare if the true one were it."""
    from scipy.special import betainc

    hits = found.value * found.effective
    return bool(found.documents and betainc(hits + 1, max(found.effective - hits, 1e-9), aim.share) > 1 - aim.risk)


def interval(found: Share, confidence: float) -> tuple[float, float]:
    """Two-sided exact limits of a share on its effective count; (nan, nan) without evidence."""
    from scipy.special import betaincinv

    n, hits = found.effective, found.value * found.effective
    if not n > 0:
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - tail)) if hits < n else 1.0
    return low, high


def precision_cut(d: Decisions, aim: Aim, alike: float, least: float) -> float:
    """The lowest probability from which on `aim.share` of what is taken is right; inf for no promise.

    Candidates each take a fifth more segments. Testing begins where the calibrated probabilities alone
    would make the strongest case, goes on to more lenient candidates and ends at the first that fails: so
    each is tested at the full confidence although many are tried.

    Args:
        d: Decisions, out of document.
        aim: Target precision and confidence.
        alike: Correlation within a document.
        least: No lower threshold.
    """
    ranked, counts = _candidates(d, least)
    if not counts:
        return float("inf")
    start = int(np.argmin([doubt(_expected(ranked, n, alike), aim.share) for n in counts]))
    cut = float("inf")
    for n in counts[start:]:
        if doubt(share_of(ranked.y[:n], np.ones(n), ranked.group[:n], alike), aim.share) > aim.risk:
            break
        cut = float(ranked.p[n - 1])
    return cut


def _candidates(d: Decisions, least: float) -> tuple[Decisions, list[int]]:
    """Decisions by falling probability, and the numbers that a threshold can take; ties are taken whole."""
    kept = np.flatnonzero(d.p >= least)
    order = kept[np.argsort(-d.p[kept], kind="stable")]
    ranked = Decisions(d.p[order], d.y[order], d.group[order])
    counts: list[int] = []
    following = float(_FIRST)
    for n in (np.flatnonzero(np.diff(ranked.p, append=-1.0) < 0) + 1).tolist():
        if n >= following or (n == len(order) and n > _FIRST):
            counts.append(n)
            following = n * _GRID
    return ranked, counts


def _expected(ranked: Decisions, n: int, alike: float) -> Share:
    """The share that the first n would have if the probabilities were true."""
    return Share(float(ranked.p[:n].mean()), *_worth(np.ones(n), ranked.group[:n], alike))


def recall_cut(d: Decisions, aim: Aim, alike: float) -> float:
    """The highest probability from which on `aim.share` of what coders coded is found; inf for no promise.

    Candidates are tested from the most lenient to stricter ones, up to the first that fails.

    Args:
        d: Decisions, out of document.
        aim: Target recall and confidence.
        alike: Correlation within a document.
    """
    given = d.y > 0
    p, weights, group = d.p[given], d.y[given], d.group[given]
    candidates = np.unique(p)
    cut = float("inf")
    for t in candidates[:: max(1, len(candidates) // _STEPS)]:
        if doubt(share_of((p >= t).astype(np.float64), weights, group, alike), aim.share) > aim.risk:
            break
        cut = float(t)
    return cut


def factor_for_precision(d: Decisions, aim: Aim, alike: float, least: float) -> float:
    """How many times as much coding a promise of precision would take, roughly; nan if more of it will not do.

    It supposes that further coding is like the present, and that the probabilities are true.
    """
    ranked, counts = _candidates(d, least)
    able = [s for s in (_expected(ranked, n, alike) for n in counts) if s.value > aim.share]
    if not able:
        return float("nan")
    # The one nearest to a promise, all of them supposed to come from documents enough.
    best = min(able, key=lambda s: doubt(s._replace(documents=LEAST_DOCUMENTS), aim.share))
    return enough(best.value, aim) / best.effective


def enough(value: float, aim: Aim) -> float:
    """The fewest effective decisions with a share `value` on which the aim can be promised; nan beyond `FAR`."""
    low, high = 1.0, 2.0
    while doubt(Share(value, high, LEAST_DOCUMENTS), aim.share) > aim.risk:
        low, high = high, high * 2
        if high > FAR:
            return float("nan")
    for _ in range(20):
        middle = (low + high) / 2
        passed = doubt(Share(value, middle, LEAST_DOCUMENTS), aim.share) <= aim.risk
        low, high = (low, middle) if passed else (middle, high)
    return high
