"""Sets of codes: do coders give a unit the same codes, and by how much do the sets differ?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autocode.agreement.coefficients.krippendorff import distance_matrix
from autocode.agreement.coefficients.weights import SET_DISTANCES
from autocode.agreement.counts import Decisions, by_document
from autocode.agreement.estimate import Estimate
from autocode.agreement.judgement import intervals
from autocode.agreement.rows import Evidence, estimates
from autocode.study.matrix import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class SetAgreement:
    """Agreement on sets of codes.

    Attributes:
        units: Units that two coders or more saw.
        masi: Krippendorff's alpha with MASI distance (Passonneau 2006).
        jaccard: Krippendorff's alpha with Jaccard distance.
        exact: Mean share of coder pairs with the very same set.
    """

    units: int
    masi: Estimate
    jaccard: Estimate
    exact: Estimate


def set_agreement(data: Decisions, confidence: float = 0.95) -> SetAgreement:
    """Alpha over sets of codes, with intervals over documents.

    On all units it tells mostly whether coders code at all; give it `reshape.both_coded(data)` for
    which code they choose.

    Example:
        >>> Y = np.array([[[1, 0], [0, 1], [1, 0], [0, 0]], [[1, 0], [0, 1], [0, 1], [0, 0]]])
        >>> found = set_agreement(Decisions.of(Y))
        >>> round(found.masi.value, 3), found.exact.value
        (0.667, 0.75)
    """
    index, sets = distinct_sets(data)
    shared = data.seen.sum(0) >= 2
    counts = _set_counts(index, data, len(sets))[shared]
    groups = data.groups[shared]
    G = len(np.unique(groups))
    alphas = {n: _alpha(counts, groups, distance_matrix(sets, SET_DISTANCES[n]), confidence) for n in ("masi", "jaccard")}
    m = counts.sum(1)
    same = (counts * (counts - 1)).sum(1) / np.maximum(m * (m - 1), 1)
    exact = Estimate(float(same.mean())) if G else Estimate(None, reason="no_pairs")
    return SetAgreement(int(shared.sum()), alphas["masi"], alphas["jaccard"], exact)


def distinct_sets(data: Decisions) -> tuple[IntArray, list[frozenset[str]]]:
    """(R, n) index of each coder's set of codes on each unit, and the S distinct sets."""
    R, n, K = data.Y.shape
    packed = np.packbits(data.Y.reshape(R * n, K), axis=1) if K else np.zeros((R * n, 1), np.uint8)
    _, first, index = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    rows = data.Y.reshape(R * n, K)[first]
    sets = [frozenset(data.codes[k] for k in np.flatnonzero(row)) for row in rows]
    return index.reshape(R, n).astype(np.int64), sets


def _set_counts(index: IntArray, data: Decisions, S: int) -> FloatArray:
    """(n, S) coders who gave each set to each unit."""
    counts = np.zeros((index.shape[1], S))
    units = np.arange(index.shape[1])
    for r in range(len(index)):
        np.add.at(counts, (units[data.seen[r]], index[r][data.seen[r]]), 1)
    return counts


def _alpha(counts: FloatArray, groups: IntArray, D: FloatArray, confidence: float) -> Estimate:
    """Alpha from the sums of each document: values given, and disagreement within units."""
    if not len(counts):
        return Estimate(None, reason="no_pairs")
    _, place = np.unique(groups, return_inverse=True)
    G = int(place.max()) + 1
    within = ((counts @ D) * counts).sum(1) / (counts.sum(1) - 1)
    sums = by_document(np.column_stack([counts, within]), place, G)
    total = sums.sum(0)
    result = intervals.spread(_set_alpha(total[None], D), _set_alpha(total - sums, D)[:, None])
    enough = Evidence(G, np.array([np.inf]), np.array([float(G)]))
    return estimates(result, intervals.fisher(result, confidence), enough, "no_variance")[0]


def _set_alpha(sums: FloatArray, D: FloatArray) -> FloatArray:
    """(B,) alpha from (B, S + 1) values and observed disagreement."""
    n_s, observed = sums[:, :-1], sums[:, -1]
    n = n_s.sum(1)
    expected = ((n_s @ D) * n_s).sum(1)
    defined = expected > 1e-12 * np.maximum(n, 1) ** 2
    alpha: FloatArray = 1 - (n - 1) * observed / np.where(defined, expected, np.nan)
    return alpha
