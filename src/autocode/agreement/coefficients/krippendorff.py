"""Krippendorff's alpha: any number of coders, missing decisions, any distance.

Sources: Krippendorff, K. (2004). Content Analysis, 2nd ed., ch. 11; Krippendorff, K. (2011).
Computing Krippendorff's alpha-reliability.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from autocode.agreement.coefficients.nominal import corrected, unit_error
from autocode.agreement.estimate import Estimate, FloatArray

Labels = Collection[str]
SetDistance = Callable[[Labels, Labels], float]


def identity_weights(q: int) -> FloatArray:
    """(q, q) weights of unordered categories: 1 for the same, else 0."""
    return np.eye(q)


def linear_weights(q: int) -> FloatArray:
    """(q, q) weights 1 - |i - j| / (q - 1) of ordered categories."""
    steps = np.abs(np.subtract.outer(np.arange(q), np.arange(q)))
    weights: FloatArray = 1 - steps / max(1, q - 1)
    return weights


def quadratic_weights(q: int) -> FloatArray:
    """(q, q) weights 1 - (i - j)² / (q - 1)² (Fleiss & Cohen 1973)."""
    return 1 - (1 - linear_weights(q)) ** 2


WEIGHTS: Mapping[str, Callable[[int], FloatArray]] = {
    "identity": identity_weights,
    "linear": linear_weights,
    "quadratic": quadratic_weights,
}
"""Weights by name."""


def nominal_distance(values: Sequence[object], marginals: FloatArray) -> FloatArray:
    """(q, q) distance 1 between different categories."""
    return 1 - np.eye(len(values))


def interval_distance(values: Sequence[object], marginals: FloatArray) -> FloatArray:
    """(q, q) squared differences of numeric categories."""
    x = np.asarray(values, dtype=np.float64)
    squared: FloatArray = np.subtract.outer(x, x) ** 2
    return squared


def ratio_distance(values: Sequence[object], marginals: FloatArray) -> FloatArray:
    """(q, q) squared relative differences ((c - k) / (c + k))², 0 between two zeros."""
    x = np.asarray(values, dtype=np.float64)
    total = np.add.outer(x, x)
    relative = np.subtract.outer(x, x) / np.where(total == 0, 1.0, total)
    squared: FloatArray = relative**2
    return squared


def ordinal_distance(values: Sequence[object], marginals: FloatArray) -> FloatArray:
    """(q, q) distance of ranks, (sum of n_g from c to k - (n_c + n_k) / 2)².

    `values` are in their order; `marginals` (q,) are the coincidence marginals n_g
    (Krippendorff 2004, p. 233).
    """
    middle = np.cumsum(marginals) - marginals / 2
    squared: FloatArray = np.subtract.outer(middle, middle) ** 2
    return squared


DISTANCES: Mapping[str, Callable[[Sequence[object], FloatArray], FloatArray]] = {
    "nominal": nominal_distance,
    "ordinal": ordinal_distance,
    "interval": interval_distance,
    "ratio": ratio_distance,
}
"""Krippendorff's distances by level of measurement."""


def jaccard_distance(a: Labels, b: Labels) -> float:
    """1 - |A and B| / |A or B|; 0 between two empty sets.

    Example:
        >>> jaccard_distance({'work'}, {'work', 'time'})
        0.5
    """
    one, two = set(a), set(b)
    return 1 - len(one & two) / len(one | two) if one or two else 0.0


def _monotony(a: Labels, b: Labels) -> float:
    """1 for equal sets, 2/3 where one contains the other, 1/3 where they overlap, else 0.

    The empty set is contained in any other.
    """
    one, two = set(a), set(b)
    if one == two:
        return 1.0
    if one <= two or two <= one:
        return 2 / 3
    return 1 / 3 if one & two else 0.0


def masi_distance(a: Labels, b: Labels) -> float:
    """1 - Jaccard x monotony. Source: Passonneau, R. (2006). Measuring agreement on set-valued items
    (MASI) for semantic and pragmatic annotation. LREC.

    Example:
        >>> round(masi_distance({'work'}, {'work', 'time'}), 3)
        0.667
    """
    return 1 - (1 - jaccard_distance(a, b)) * _monotony(a, b)


def passonneau2004_distance(a: Labels, b: Labels) -> float:
    """0, 1/3, 2/3 or 1 for equal, containing, overlapping, disjoint sets (Passonneau, R. 2004, LREC)."""
    return 1 - _monotony(a, b)


def dkpro_masi_distance(a: Labels, b: Labels) -> float:
    """What DKPro Statistics calls MASI: Jaccard distance x the 2004 distance; not MASI of 2006."""
    return jaccard_distance(a, b) * passonneau2004_distance(a, b)


SET_DISTANCES: Mapping[str, SetDistance] = {
    "jaccard": jaccard_distance,
    "masi": masi_distance,
    "passonneau2004": passonneau2004_distance,
    "masi_dkpro": dkpro_masi_distance,
}
"""Distances between sets of codes by name."""


def coincidences(counts: FloatArray) -> FloatArray:
    """Coincidence matrix o_ck.

    Args:
        counts: (n, q) how many coders put each unit into each category.

    Returns:
        (q, q) ordered pairs from different coders, each unit divided by its coders less one;
        units with fewer than two coders do not count.
    """
    m = counts.sum(1)
    kept = counts[m >= 2].astype(np.float64)
    scaled = kept / (m[m >= 2] - 1)[:, None]
    observed: FloatArray = kept.T @ scaled - np.diag(scaled.sum(0))
    return observed


def alpha_from_coincidences(observed: FloatArray, distance: FloatArray) -> Estimate:
    """1 - D_o / D_e from (q, q) coincidences and (q, q) distances; undefined where D_e is 0."""
    n_c = observed.sum(1)
    n = n_c.sum()
    if n <= 1:
        return Estimate(None, reason="no_pairs")
    expected = (np.outer(n_c, n_c) * distance).sum() / (n * (n - 1))
    scale = float(np.abs(distance).max(initial=0.0))
    if expected <= 1e-12 * max(scale, 1e-300):
        return Estimate(None, reason="no_variance")
    return Estimate(1 - float((observed * distance).sum()) / float(n) / float(expected))


def alpha(counts: FloatArray, values: Sequence[object] = (), level: str = "nominal") -> Estimate:
    """Krippendorff's alpha at one level of measurement.

    Args:
        counts: (n, q) how many coders put each unit into each category.
        values: The q categories; numbers for interval and ratio, in order for ordinal.
        level: nominal, ordinal, interval or ratio.

    Returns:
        Alpha, undefined without variance (`no_variance`) or without a unit that two coders
        judged (`no_pairs`).

    Example:
        >>> counts = np.array([[3.0, 0.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 3.0]])  # units x categories
        >>> round(alpha(counts).value, 3), round(alpha(counts, (1, 2, 3), 'interval').value, 3)
        (0.692, 0.871)
    """
    observed = coincidences(counts)
    named = values or range(counts.shape[1])
    return alpha_from_coincidences(observed, DISTANCES[level](named, observed.sum(1)))


def expected_agreement(counts: FloatArray) -> float:
    """1 - D_e of nominal alpha: what ATLAS.ti's manual calls the chance agreement.

    Example:
        >>> round(expected_agreement(np.array([[2, 0], [1, 1], [0, 2]])), 3)
        0.4
    """
    n_c = coincidences(counts).sum(1)
    n = n_c.sum()
    return float((n_c * (n_c - 1)).sum() / (n * (n - 1))) if n > 1 else float("nan")


Sets = Sequence[Sequence[Labels | None]]
"""Units x coders; the codes each coder gave, empty for none, None where the coder did not see it."""


def set_counts(units: Sets) -> tuple[FloatArray, list[frozenset[str]]]:
    """(n, S) how many coders gave each of the S distinct sets, and the sets in sorted order."""
    rows = [[frozenset(x) for x in unit if x is not None] for unit in units]
    found = sorted({x for row in rows for x in row}, key=lambda x: (len(x), sorted(x)))
    place = {x: s for s, x in enumerate(found)}
    counts = np.zeros((len(rows), len(found)))
    for u, row in enumerate(rows):
        for x in row:
            counts[u, place[x]] += 1
    return counts, found


def set_alpha(units: Sets, distance: str = "masi") -> Estimate:
    """Alpha over sets of codes.

    Args:
        units: Units x coders, each a set of codes.
        distance: masi, jaccard, passonneau2004 or masi_dkpro.

    Returns:
        Alpha. Where most units have no code it tells mostly whether coders code at all: read it
        beside the coefficients of each code.

    Example:
        >>> units = [[{'work'}, {'work', 'time'}], [set(), set()], [{'time'}, {'time'}]]
        >>> round(set_alpha(units).value, 3), round(set_alpha(units, 'jaccard').value, 3)
        (0.722, 0.783)
    """
    counts, found = set_counts(units)
    return alpha_from_coincidences(coincidences(counts), distance_matrix(found, SET_DISTANCES[distance]))


def distance_matrix(sets: Sequence[Labels], distance: SetDistance) -> FloatArray:
    """(S, S) distances between sets."""
    matrix = np.zeros((len(sets), len(sets)))
    for i, a in enumerate(sets):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = distance(a, sets[j])
    return matrix


def exact_match(units: Sets) -> Estimate:
    """Mean share of coder pairs with the very same set, over units that two coders saw.

    Example:
        >>> exact_match([[{'work'}, {'work', 'time'}], [set(), set()]]).value
        0.5
    """
    counts, _ = set_counts(units)
    m = counts.sum(1)
    kept, m = counts[m >= 2], m[m >= 2]
    if not len(kept):
        return Estimate(None, reason="no_pairs")
    return Estimate(float(((kept * (kept - 1)).sum(1) / (m * (m - 1))).mean()))


def mean_over_pairs(units: Sets, similarity: SetDistance) -> Estimate:
    """Mean similarity of all coder pairs of all units (say, Dice of the sets).

    Example:
        >>> mean_over_pairs([[{'work'}, {'work', 'time'}], [{'time'}, {'work'}]], overlap).value
        0.5
    """
    found = [
        similarity(a, b) for unit in units for i, a in enumerate(unit) for b in unit[i + 1 :] if a is not None and b is not None
    ]
    return Estimate(float(np.mean(found))) if found else Estimate(None, reason="no_pairs")


def dice(a: Labels, b: Labels) -> float:
    """2 |A and B| / (|A| + |B|); 0 where neither coder gave a code, as DKPro has it.

    Example:
        >>> round(dice({'work'}, {'work', 'time'}), 3)
        0.667
    """
    one, two = set(a), set(b)
    return 2 * len(one & two) / (len(one) + len(two)) if one or two else 0.0


def overlap(a: Labels, b: Labels) -> float:
    """1 where the sets share a code, else 0 (also for two empty sets).

    Example:
        >>> overlap({'work'}, {'work', 'time'})
        1.0
    """
    return float(bool(set(a) & set(b)))


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
    return Estimate(found.value, se=unit_error(unit, prime, np.ones(n)))
