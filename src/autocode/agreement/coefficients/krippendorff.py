"""Krippendorff's alpha: any number of coders, missing decisions, any distance.

Sources: Krippendorff, K. (2004). Content Analysis, 2nd ed., ch. 11; Krippendorff, K. (2011).
Computing Krippendorff's alpha-reliability.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autocode.agreement.coefficients.weights import DISTANCES, SET_DISTANCES, Labels, SetDistance
from autocode.agreement.estimate import Estimate, FloatArray


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
