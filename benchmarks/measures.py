"""What the benchmark measures of held-out scores P and decisions D, with intervals over documents.

Agreement ratio: Cohen's kappa of the machine with each of two coders over that of the two, on the units both
saw; codes both used ten times or more; pairs weighted by their units. Intervals: documents drawn with
replacement (cluster bootstrap, Davison and Hinkley 1997, 3.8), percentiles 2.5 and 97.5 around the median,
laid around the estimate: a document drawn twice agrees with itself, which lifts the average precision of rare
codes. The codes stay those of the whole sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
FLOOR = 10  # a code counts for agreement where both coders used it as often
RARE = 3  # ... and for average precision and decisions
RESAMPLES = 300
BINS = 15


@dataclass(frozen=True, slots=True)
class Judged:
    """m units judged: votes (C, m, K) with nan for not seen, documents (m,), scores P and decisions D (m, K)."""

    votes: FloatArray
    groups: IntArray
    P: FloatArray
    D: FloatArray

    @property
    def Y(self) -> FloatArray:
        """Share of the coders who saw the unit and gave the code, (m, K)."""
        return np.asarray(np.nanmean(self.votes, axis=0), dtype=np.float64)

    @property
    def hard(self) -> NDArray[np.bool_]:
        """Codes that half of the coders or more gave, (m, K)."""
        return self.Y >= 0.5


def kappa(a: FloatArray, b: FloatArray) -> float:
    """Cohen's kappa of two arrays of 0/1 or shares, of one shape; nan where both are constant and equal."""
    a, b = np.asarray(a, dtype=float).ravel(), np.asarray(b, dtype=float).ravel()
    return float(_kappas(len(a), a.sum(), b.sum(), (a * b).sum()))


def _kappas(n: Any, a: Any, b: Any, ab: Any) -> Any:
    """Kappa from counts: units, uses by either, uses by both; any shape."""
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = (a * b + (n - a) * (n - b)) / n**2
        seen = (n - a - b + 2 * ab) / n
        return np.where(1 - chance > 1e-12, (seen - chance) / (1 - chance), np.nan)


def pairs(votes: FloatArray) -> Iterator[tuple[FloatArray, FloatArray, NDArray[np.bool_]]]:
    """Votes (m, K) of every two coders on the m units both saw, and where these are (n,)."""
    seen = ~np.isnan(votes[:, :, 0])
    for a, b in combinations(range(len(votes)), 2):
        both = seen[a] & seen[b]
        if both.any():
            yield votes[a][both], votes[b][both], both


def _tallies(judged: Judged) -> tuple[FloatArray, FloatArray]:
    """Counts of each pair, document and code, (pairs, G, K, 7), and the number of documents (G,) as ones.

    Units, uses by a, by b, by the machine, by a and b, by a and the machine, by b and the machine.
    """
    place = np.unique(judged.groups, return_inverse=True)[1]
    count, K = int(place.max(initial=0)) + 1, judged.D.shape[1]
    tables = []
    for a, b, both in pairs(judged.votes):
        d = np.asarray(judged.D[both], dtype=np.float64)
        each = np.stack([np.ones_like(d), a, b, d, a * b, a * d, b * d], axis=2)
        table = np.zeros((count, K, 7))
        np.add.at(table, place[both], each)
        tables.append(table)
    return np.array(tables).reshape(len(tables), count, K, 7), np.ones(count)


def _ratios(tallies: FloatArray, weights: FloatArray) -> dict[str, FloatArray]:
    """Human kappa, ratio and pooled ratio for each row of document weights (B, G)."""
    drawn = np.einsum("bg,pgkc->bpkc", weights, tallies, optimize=True)
    whole = tallies.sum(axis=1)  # (pairs, K, 7)
    used = np.minimum(whole[..., 1], whole[..., 2]) >= FLOOR  # (pairs, K)
    human, machine = _both(drawn)
    share = drawn[..., 0] * used
    codes = used.any(axis=0)
    per_code = [_mean(x, share, 1)[:, codes] for x in (human, machine)]
    human_mean, machine_mean = (np.nanmean(x, axis=1) if codes.any() else np.full(len(x), np.nan) for x in per_code)
    pooled = [_mean(x, drawn[:, :, 0, 0], 1) for x in _both(drawn.sum(axis=2))]
    return {"human": human_mean, "ratio": machine_mean / human_mean, "pooled": pooled[1] / pooled[0]}


def _both(c: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Kappa of the two coders, and the mean kappa of the machine with either."""
    n, a, b, d, ab, ad, bd = (c[..., i] for i in range(7))
    return _kappas(n, a, b, ab), (_kappas(n, a, d, ad) + _kappas(n, b, d, bd)) / 2


def _mean(x: FloatArray, weights: FloatArray, axis: int) -> FloatArray:
    """Weighted mean where x is defined."""
    known = ~np.isnan(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nansum(x * weights, axis=axis) / (weights * known).sum(axis=axis))


def agreement(judged: Judged) -> dict[str, float]:
    """Human kappa, ratio and pooled ratio with intervals, and the number of codes; nan with one coder."""
    tallies, ones = _tallies(judged)
    names = ("human", "ratio", "pooled")
    if not len(tallies):
        return dict.fromkeys((*names, "ratio_low", "ratio_high"), float("nan"))
    whole = _ratios(tallies, ones[None])
    drawn = _ratios(tallies, _resampled(len(ones)))["ratio"]
    low, high = _interval(float(whole["ratio"][0]), drawn)
    used = np.minimum(tallies.sum(axis=1)[..., 1], tallies.sum(axis=1)[..., 2]) >= FLOOR
    counted = {"ratio_low": low, "ratio_high": high, "agreed_codes": float(used.any(axis=0).sum())}
    return {name: float(whole[name][0]) for name in names} | counted


def paired(judged: Judged, other: FloatArray) -> dict[str, float]:
    """How much higher the ratio, or with one coder the kappa, is than with other decisions (m, K), on the same draws."""
    if len(_tallies(judged)[0]):
        both = [
            _ratios(t, np.vstack([ones, _resampled(len(ones))]))["ratio"] for t, ones in map(_tallies, _pair(judged, other))
        ]
    else:
        place, Y = np.unique(judged.groups, return_inverse=True)[1], judged.Y
        weights = np.vstack([np.ones(place.max() + 1), _resampled(place.max() + 1)])[:, place]
        often, n = Y.sum(axis=0) >= FLOOR, weights.sum(axis=1)[:, None]
        uses = weights @ Y[:, often]
        both = [
            np.nanmean(_kappas(n, weights @ D[:, often], uses, weights @ (D * Y)[:, often]), axis=1) for D in (judged.D, other)
        ]
    difference = both[0] - both[1]
    low, high = _interval(float(difference[0]), difference[1:])
    return {"paired": float(difference[0]), "paired_low": low, "paired_high": high}


def _pair(judged: Judged, other: FloatArray) -> tuple[Judged, Judged]:
    return judged, replace(judged, D=other)


def _resampled(documents: int) -> FloatArray:
    """How often each document is drawn, (B, G)."""
    rng = np.random.default_rng(0)
    return rng.multinomial(documents, np.full(documents, 1 / documents), size=RESAMPLES).astype(np.float64)


def _interval(estimate: float, values: FloatArray) -> tuple[float, float]:
    kept = values[~np.isnan(values)]
    low, middle, high = np.percentile(kept, [2.5, 50, 97.5]) if len(kept) else (np.nan,) * 3
    return estimate + float(low - middle), estimate + float(high - middle)


def average_precision(p: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Average precision for each row of unit weights (B, m); equal scores count as one cut, as in scikit-learn."""
    order = np.argsort(-p, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)
    w = weights[:, order]
    hits, taken = np.cumsum(w * y[order], axis=1)[:, ends], np.cumsum(w, axis=1)[:, ends]
    gained = np.diff(hits, axis=1, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nansum(gained * (hits / taken), axis=1) / hits[:, -1])


def macro_precision(judged: Judged) -> dict[str, float]:
    """Mean average precision over codes with three coded units or more, with its interval."""
    hard = judged.hard
    used = np.flatnonzero(hard.sum(axis=0) >= RARE)
    place = np.unique(judged.groups, return_inverse=True)[1]
    weights = np.vstack([np.ones(place.max() + 1), _resampled(place.max() + 1)])[:, place]
    if not len(used):
        return dict.fromkeys(("map", "map_low", "map_high"), float("nan")) | {"ranked_codes": 0.0}
    each = np.array([average_precision(judged.P[:, k], hard[:, k].astype(float), weights) for k in used])
    values = np.nanmean(each, axis=0)
    low, high = _interval(float(values[0]), values[1:])
    return {"map": float(values[0]), "map_low": low, "map_high": high, "ranked_codes": float(len(used))}


def recall_at(P: FloatArray, hard: NDArray[np.bool_], k: int) -> float:
    """Share of the codes given that are among the k likeliest of their unit."""
    top = np.argsort(-P, axis=1, kind="stable")[:, :k]
    return float(np.take_along_axis(hard, top, axis=1).sum() / max(hard.sum(), 1))


def calibration_error(P: FloatArray, Y: FloatArray, bins: int = BINS) -> float:
    """Expected calibration error over all decisions, equal-width bins (Guo et al. 2017)."""
    p, y = P.ravel(), Y.ravel()
    place = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [abs(p[place == i].sum() - y[place == i].sum()) for i in range(bins)]
    return float(np.sum(gaps) / len(p))


def decided(D: FloatArray, Y: FloatArray) -> dict[str, float]:
    """Precision (share of coders who agree with a suggestion), coverage (share of codings found), given."""
    hits, total = float((D * Y).sum()), float(Y.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = float(np.divide(hits, D.sum()))
    return {"precision": precision, "coverage": hits / total, "given": float(D.sum()) / total}


def measures(judged: Judged) -> dict[str, float]:
    """All measures; see `agreement`, `macro_precision`, `decided` and the functions for one each."""
    Y, hard = judged.Y, judged.hard
    often = np.flatnonzero(Y.sum(axis=0) >= FLOOR)
    alone = [kappa(judged.D[:, k], Y[:, k]) for k in often]
    return {
        "codes": float((Y > 0).any(axis=0).sum()),
        **agreement(judged),
        "kappa": float(np.nanmean(alone)) if alone else float("nan"),
        **macro_precision(judged),
        "r3": recall_at(judged.P, hard, 3),
        "r5": recall_at(judged.P, hard, 5),
        **decided(judged.D, Y),
        "ece": calibration_error(judged.P, Y),
    }


def ceiling(votes: FloatArray) -> dict[str, float]:
    """A human coder as the machine: each coder judged by each other one, weighted by the units both saw.

    Ratio and pooled ratio are one by definition. Empty where no unit has two coders.
    """
    rows: list[tuple[int, dict[str, float]]] = []
    for a, b, _ in pairs(votes):
        rows += [(len(a), _as_machine(x, y)) for x, y in ((a, b), (b, a))]
    if not rows:
        return {}
    weights = np.array([m for m, _ in rows], dtype=float)
    names = rows[0][1]
    values = {n: _mean(np.array([r[n] for _, r in rows]), weights, 0) for n in names}
    return {n: float(v) for n, v in values.items()} | {"ratio": 1.0, "pooled": 1.0}


def _as_machine(human: FloatArray, machine: FloatArray) -> dict[str, float]:
    hard = human >= 0.5
    scores = machine + 1e-3 * machine.mean(axis=0)  # its codes first, then by how often it used them
    ones = np.ones((1, len(human)))
    used = np.flatnonzero(hard.sum(axis=0) >= RARE)
    ap = [float(average_precision(scores[:, k], human[:, k], ones)[0]) for k in used]
    ranks = {"r3": recall_at(scores, hard, 3), "r5": recall_at(scores, hard, 5)}
    either = decided(machine, human) if human.any() else dict.fromkeys(("precision", "coverage", "given"), float("nan"))
    return {"map": float(np.mean(ap)) if ap else float("nan"), **ranks, **either}
