"""Bands with a promise: where `suggest` and `ask` begin, and on whose evidence.

`suggest` promises that a share of it is right, `ask` (with `suggest` above it) that a share of what coders
code is found. A code's own evidence comes first; where it cannot carry the promise, the codes of its theme
that are in the same position are taken together, then all that are left, each group at one probability. Such
a promise holds for the group as a whole and is marked so. Else nothing is suggested, and `ask` begins at a
share of the threshold of coding, without a promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autocode.config import ClassifyConfig

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]

LEAST_DOCUMENTS = 5  # a promise rests on no fewer (as an interval of agreement does)
LIKENESS = (0.05, 0.5)  # bounds of the correlation within a document: never taken as less or more than this
FAR = 100_000.0  # more decisions than this are never asked for: nan stands instead
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


def share_of(hits: FloatArray, weights: FloatArray, group: IntArray, intraclass_correlation: float) -> Share:
    """A weighted share and its effective count, the smaller of two.

    One count comes from the spread between documents (Taylor linearisation, and Student's t for few documents); the other
    supposes that decisions of one document correlate by `intraclass_correlation`, and speaks also where all hits are alike.

    Args:
        hits: (n,) in [0, 1].
        weights: (n,) at least 0.
        group: (n,) document index.
        likeness: Correlation within a document, 0 to 1.
    """
    from scipy.special import stdtrit

    effective, documents = _worth(weights, group, intraclass_correlation)
    if not documents:
        return Share(float("nan"), 0.0, 0)
    total = float(weights.sum())
    value = float(np.clip((hits * weights).sum() / total, 0.0, 1.0))
    spread = np.bincount(group, weights * (hits - value))
    variance = float((spread**2).sum()) * documents / max(documents - 1, 1) / total**2
    if variance > 0:
        # What few documents cost: squared ratio of normal and Student quantile, one-sided 95 %.
        few = float(1.6448536 / stdtrit(max(documents - 1, 1), 0.95)) ** 2
        effective = min(effective, value * (1 - value) / variance * few)
    return Share(value, effective, documents)


def _worth(weights: FloatArray, group: IntArray, intraclass_correlation: float) -> tuple[float, int]:
    """Effective count of weighted units that correlate within documents, and the number of documents."""
    squares = float((weights**2).sum())
    if not squares > 0:
        return 0.0, 0
    mass = np.bincount(group, weights)
    alike = 1 + intraclass_correlation * max(float((mass**2).sum()) / squares - 1, 0.0)
    return float(weights.sum()) ** 2 / squares / alike, int((mass > 0).sum())


def intraclass_correlation(parts: Iterable[tuple[FloatArray, FloatArray, IntArray]]) -> float:
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
    from scipy.special import betainc

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
    start, cut = int(np.argmin([doubt(_expected(ranked, n, alike), aim.share) for n in counts])), float("inf")
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
    candidates, cut = np.unique(p), float("inf")
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


BASES = ("", "code", "theme", "all")
"""On whose evidence a promise rests, by number; 0: no promise."""
_NONE = float("inf")


@dataclass(frozen=True, slots=True)
class BandThresholds:
    """Where the bands of K codes begin, in probability; inf: nowhere."""

    suggest: FloatArray  # (K,)
    ask: FloatArray  # (K,) at most `suggest`
    suggest_basis: IntArray  # (K,) int8, index into `BASES`
    ask_basis: IntArray  # (K,) int8


@dataclass(frozen=True, slots=True)
class Known:
    """What thresholds are drawn from: n segments, K codes, all judged out of document."""

    P: FloatArray  # (n, K) probabilities
    Y: FloatArray  # (n, K) shares of the coders
    groups: IntArray  # (n,) document index
    parents: IntArray  # (K,) index of the theme, or -1
    coding: FloatArray  # (K,) the machine codes from here on; inf for a silent code
    right: float  # correlation of right and wrong within a document, among what the machine codes
    found: float  # the same of found and missed, among what coders code

    def of(self, codes: IntArray) -> Decisions:
        """The decisions on some codes, joined."""
        groups = np.repeat(self.groups, len(codes))
        return Decisions(self.P[:, codes].ravel(), self.Y[:, codes].ravel(), groups)


def known(P: FloatArray, said: tuple[FloatArray, IntArray, IntArray], coding: FloatArray) -> Known:
    """Gather what `draw` needs from probabilities (n, K), what was said of them and thresholds of coding (K,).

    `said` are the shares of the coders (n, K), the documents (n,) and the themes (K,), as in `Target`.
    """
    given, groups, parents = said
    Y = np.asarray(given, dtype=np.float64)
    taken = coding <= P
    live = np.flatnonzero(np.isfinite(coding))
    right = intraclass_correlation((Y[:, k], taken[:, k].astype(np.float64), groups) for k in live)
    found = intraclass_correlation((taken[:, k].astype(np.float64), Y[:, k], groups) for k in live)
    return Known(P, Y, groups, parents, coding, right, found)


def aims(config: ClassifyConfig) -> tuple[Aim, Aim]:
    """What `suggest` and what `ask` promise.

    Recall is tested at a fifth of the risk: only promises that ask bearably often are kept, and of codes whose
    true threshold asks too much, just those would be kept whose threshold was found too strict by accident.
    """
    return Aim(config.precision, config.confidence), Aim(config.recall, config.confidence).surer


def draw(k: Known, config: ClassifyConfig) -> BandThresholds:
    """Draw the bands.

    Args:
        k: Out-of-document evidence.
        config: Targets, confidence, floor, and the most that may be asked.
    """
    right, found = aims(config)
    common = k.Y.mean(axis=0) > 2 * right.share - 1
    suggest, suggest_basis = _promised(
        k, lambda d: precision_cut(d, beating(right, d), k.right, config.least_probability), alone=common
    )
    _without_evidence_against(k, suggest, suggest_basis, right)
    promised, ask_basis = _promised(k, lambda d: _bearable(k, d, found, config))
    ask = _read(k, suggest, (promised, ask_basis), config)
    return BandThresholds(suggest, ask, suggest_basis, ask_basis)


def beating(aim: Aim, d: Decisions) -> Aim:
    """The aim, for a code that most segments have: half as many errors at most as always giving the code would make.

    A band of a code in 83 of 100 segments that is right 83 times in 100 holds a promise of 80 and tells nobody anything.
    """
    return Aim(max(aim.share, (1 + float(d.y.mean())) / 2), aim.confidence)


def _read(k: Known, suggest: FloatArray, promised: tuple[FloatArray, IntArray], config: ClassifyConfig) -> FloatArray:
    """Where `ask` begins (K,), with no more questions about a segment, on average, than a reviewer reads.

    Whatever is coded or suggested is asked about, and codes without a promise of recall from a share of the threshold of
    coding on. Where that asks too much, this share grows; then promises of recall are given up in place (basis 0), those
    first that ask most in vain; at last only the likeliest of all questions are asked, whatever code they are about.
    """
    cut, basis = promised

    def drawn(share: float) -> FloatArray:
        """(K,) thresholds for asking: this share of the threshold for coding where nothing is promised; at most suggesting."""
        return np.minimum(np.minimum(np.where(basis > 0, cut, share * k.coding), k.coding), suggest)

    def asked(ask: FloatArray) -> NDArray[np.bool_]:
        """(n, K) what would be asked about at thresholds (K,): below suggesting, at or above asking."""
        return np.asarray((ask <= k.P) & (suggest > k.P))

    most = int(config.ask_questions * len(k.P))
    while True:
        for share in np.linspace(config.ask_share, max(config.ask_share, 1), 11).tolist():
            ask = drawn(share)
            if asked(ask).sum() <= most:
                return ask
        spared = np.where(basis > 0, (asked(ask) & (np.minimum(k.coding, suggest) > k.P)).sum(axis=0), 0)
        if not spared.max(initial=0) > 0:
            break
        _give_up(k, basis, int(np.argmax(spared)))
    least = np.maximum(ask, np.nextafter(np.sort(k.P[asked(ask)])[-1 - most], np.inf))
    for code in np.flatnonzero((least > ask) & asked(ask).any(axis=0)):
        _give_up(k, basis, int(code))
    return np.asarray(np.minimum(least, suggest))


def _give_up(k: Known, basis: IntArray, code: int) -> None:
    """Take back a code's promise in place; what codes promise together holds for all of them or for none."""
    together = (basis == basis[code]) & ((basis == 3) | (k.parents == k.parents[code]))
    basis[together if basis[code] > 1 else code] = 0


def _bearable(k: Known, d: Decisions, aim: Aim, config: ClassifyConfig) -> float:
    """The threshold of recall, unless it asks in vain about so many segments that nobody would read on."""
    cut, most = recall_cut(d, aim, k.found), min(config.ask_most, config.ask_load / max(np.isfinite(k.coding).sum(), 1))
    return cut if np.isfinite(cut) and np.mean((cut <= d.p) * (1 - d.y)) <= most else _NONE


def _promised(
    k: Known, find: Callable[[Decisions], float], alone: NDArray[np.bool_] | None = None
) -> tuple[FloatArray, IntArray]:
    """Thresholds (K,) and on whose evidence: the code's own, its theme's, that of all that are left.

    Codes marked as `alone` (K,) have their own evidence or none.
    """
    K = len(k.coding)
    cuts, basis = np.full(K, _NONE), np.zeros(K, dtype=np.int8)
    for number in (1, 2, 3):
        open_ = np.isfinite(k.coding) & np.isinf(cuts)
        left = np.flatnonzero(open_ if alone is None or number == 1 else open_ & ~alone)
        owner = k.parents[left] if number == 2 else 0 * left  # the theme of each, then all; a negative number is none
        several = [codes for one in np.unique(owner[owner >= 0]) if len(codes := left[owner == one]) > 1]
        for codes in left[:, None] if number == 1 else several:
            cut = find(k.of(codes))
            if np.isfinite(cut):
                cuts[codes], basis[codes] = cut, number
    return cuts, basis


def _without_evidence_against(k: Known, cuts: FloatArray, basis: IntArray, aim: Aim) -> None:
    """Take out of a group's promise the codes that never reach its threshold, or are clearly worse than it."""
    for code in np.flatnonzero(basis > 1):
        taken = (cuts[code] <= k.P[:, code]).astype(np.float64)
        own = share_of(k.Y[:, code], taken, k.groups, k.right)
        if not taken.any() or contradicted(own, aim):
            cuts[code], basis[code] = _NONE, 0
