"""From counts by document to estimates, with the rules of evidence that allow an interval.

The rules (methods guide 7.3, measured coverage): no interval below 6 documents, a flag below 10;
none for a code given to fewer than 10 units or in fewer than 5 documents; for a code given to 1 to
3 units only the counts are shown. Nothing ever falls back to treating segments as independent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

import autocode.agreement.binary as binary
import autocode.agreement.intervals as intervals
from autocode.agreement.estimate import Estimate, number
from autocode.agreement.intervals import Spread, Statistic
from autocode.agreement.options import AgreementOptions
from autocode.matrix import FloatArray

SCALES: Mapping[str, Callable[[Spread, float], tuple[FloatArray, FloatArray]]] = {
    "percent_agreement": intervals.logit,
    "positive_agreement": intervals.logit,
    "negative_agreement": intervals.logit,
    "jaccard": intervals.logit,
    "prevalence_index": intervals.plain,
    "bias_index": intervals.plain,
}
"""The scale on which an interval is made; Fisher's z for what is not listed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much a code rests on.

    Attributes:
        documents: Number of documents G that can be left out.
        uses: (C,) coded places, by at least one of the coders.
        coded_documents: (C,) documents that hold them.
    """

    documents: int
    uses: FloatArray
    coded_documents: FloatArray

    def against_interval(self, cell: int) -> str:
        """The rule that forbids an interval for one code, "" where none does."""
        if self.documents < intervals.MIN_DOCUMENTS:
            return "few_documents"
        if self.uses[cell] <= intervals.COUNTS_ONLY:
            return "counts_only"
        if self.coded_documents[cell] <= 1:
            return "single_cluster"
        if self.uses[cell] < intervals.MIN_USES:
            return "few_uses"
        few = self.coded_documents[cell] < intervals.MIN_CODED_DOCUMENTS
        return "few_coded_documents" if few else ""

    def flags(self, cell: int) -> tuple[str, ...]:
        """What a reader of the value must know."""
        found = []
        if intervals.MIN_DOCUMENTS <= self.documents < intervals.ENOUGH_DOCUMENTS:
            found.append("very_few_documents")
        if 0 < self.uses[cell] <= intervals.COUNTS_ONLY:
            found.append("counts_only")
        return tuple(found)


def evidence(uses: FloatArray, documents: int) -> Evidence:
    """Evidence from (G, C) coded places by document, of which `documents` were shared."""
    return Evidence(documents, uses.sum(0), (uses > 0).sum(0).astype(np.float64))


def measure(
    counts: FloatArray, found: Evidence, statistics: Mapping[str, Statistic], options: AgreementOptions
) -> dict[str, list[Estimate]]:
    """Estimate coefficients for every code at once.

    Args:
        counts: (G, ..., C, 4) tables by document; each statistic reduces them to (C,).
        found: What each of the C codes rests on.
        statistics: Coefficients by name; the name decides the scale of the interval.
        options: Coverage, and jackknife or bootstrap.

    Returns:
        For each name, C estimates.
    """
    tables: dict[str, list[Estimate]] = {}
    for name, statistic in statistics.items():
        result = intervals.jackknife(counts, statistic)
        if options.interval == "bootstrap":
            drawn = intervals.bootstrap(counts, statistic, options.resamples, options.seed, options.confidence)
            ends, result = (drawn.low, drawn.high), replace(result, undefined=drawn.undefined)
        else:
            ends = SCALES.get(name, intervals.fisher)(result, options.confidence)
        tables[name] = estimates(result, ends, found, undefined_reason(name))
    return tables


def undefined_reason(name: str) -> str:
    """Why the coefficient is undefined wherever there are units."""
    return "no_positives" if name in ("positive_agreement", "jaccard") else "no_variance"


def estimates(result: Spread, ends: tuple[FloatArray, FloatArray], found: Evidence, reason: str) -> list[Estimate]:
    """One estimate for each code, the interval only where the evidence allows it."""
    return [_estimate(result, ends, found, (cell, reason)) for cell in range(len(result.value))]


def _estimate(result: Spread, ends: tuple[FloatArray, FloatArray], found: Evidence, which: tuple[int, str]) -> Estimate:
    cell, reason = which
    value, flags = number(result.value[cell]), found.flags(cell)
    if value is None:
        return Estimate(None, reason=reason if found.documents else "no_pairs", flags=flags)
    low, high = (number(end[cell]) for end in ends)
    against = found.against_interval(cell) or ("perfect" if low is None or high is None else "")
    if against:
        return Estimate(value, no_interval=against, flags=flags)
    if result.undefined[cell] > 0.05:
        flags += ("undefined_resamples",)
    return Estimate(value, low, high, number(result.se[cell]), flags=flags)


STANDARD: Mapping[str, Statistic] = {
    "cohen_kappa": binary.cohen_kappa,
    "krippendorff_alpha": binary.krippendorff_alpha,
    "positive_agreement": binary.positive_agreement,
    "percent_agreement": binary.percent_agreement,
}
"""The coefficients of every row."""


def mean_over(statistic: Statistic) -> Statistic:
    """The mean of a coefficient over the defined pairs of axis -3 of (..., P, C, 4) counts."""

    def mean(tables: FloatArray) -> FloatArray:
        """(..., C) means from (..., P, C, 4) tables."""
        values = statistic(tables)
        defined = np.isfinite(values)
        total = np.where(defined, values, 0.0).sum(-2)
        n = defined.sum(-2)
        return np.where(n > 0, total / np.maximum(n, 1), np.nan)

    return mean
