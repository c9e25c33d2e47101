"""Agreement weights and distances between categories.

A weight is 1 for the same category and falls towards 0; a distance is 0 for the same category.
Categories that are sets of codes have the set distances below. Two empty sets are alike (0); an
empty set and any other are wholly apart (1) for Jaccard and MASI, but the empty set is contained in
any other (1/3) for the distance of 2004, as DKPro Statistics has it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from autocode.agreement.estimate import FloatArray

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
