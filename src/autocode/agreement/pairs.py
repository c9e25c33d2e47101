"""Pairs of coders: their tables by document, and the rows of a report made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from autocode.agreement.coefficients import binary
from autocode.agreement.counts import Decisions, coincidence_counts, pair_counts, pair_mask, uses, with_pooled
from autocode.agreement.estimate import AgreementOptions, Estimate, number
from autocode.agreement.judgement import intervals
from autocode.agreement.judgement.intervals import Statistic
from autocode.agreement.rows import STANDARD, Evidence, Row, evidence, mean_over, measure
from autocode.study.matrix import FloatArray

KINDS = ("human-human", "machine-human", "machine-machine")


@dataclass(frozen=True)
class Pair:
    """Two coders and their tables.

    Attributes:
        first: Row of the first coder (the human, where one is a machine).
        second: Row of the second coder.
        kind: One of `KINDS`.
        counts: (G, 1 + K, 4) tables by document, pooled first.
        documents: Documents that hold a unit both saw.
    """

    first: int
    second: int
    kind: str
    counts: FloatArray
    documents: int


def coder_pairs(data: Decisions, machines: Sequence[str]) -> list[Pair]:
    """All pairs, human pairs first; in a mixed pair the human comes first."""
    order = sorted(range(len(data.coders)), key=lambda r: data.coders[r] in machines)
    found = []
    for i, j in combinations(order, 2):
        kind = KINDS[sum(data.coders[r] in machines for r in (i, j))]
        counts = with_pooled(pair_counts(data, i, j))
        documents = len(np.unique(data.groups[pair_mask(data, i, j)]))
        found.append(Pair(i, j, kind, counts, documents))
    return sorted(found, key=lambda pair: KINDS.index(pair.kind))


def crossed(pairs: Sequence[Pair]) -> bool:
    """Whether each pair shares at least half the documents that any pair shares.

    Where it does not (three of ten coders per document), the mean over pairs would rest on
    pairs with one or two common documents, so their tables are summed instead.
    """
    shared = [pair.documents for pair in pairs]
    return min(shared) * 2 >= max(shared)


def pair_rows(data: Decisions, pair: Pair, options: AgreementOptions) -> list[Row]:
    """Pooled, then one row per code, of one pair."""
    counts = pair.counts[pair.counts[:, 0].sum(-1) > 0]
    found = _evidence(data, [pair.first, pair.second], [pair])
    values = measure(counts, found, STANDARD, options)
    names = (data.coders[pair.first], data.coders[pair.second])
    return _rows(data, [pair], values, (*names, ""))


def all_rows(data: Decisions, pairs: Sequence[Pair], options: AgreementOptions) -> list[Row]:
    """Pooled, then one row per code, of all pairs of one kind; empty where there is none."""
    if not pairs:
        return []
    mean = crossed(pairs)
    counts = stack(pairs, mean)
    coders = sorted({r for pair in pairs for r in (pair.first, pair.second)})
    found = _evidence(data, coders, pairs)
    statistics: Mapping[str, Statistic] = {name: mean_over(s) for name, s in STANDARD.items()}
    values = measure(counts, found, statistics, options)
    if pairs[0].kind == "human-human":
        coincidences = with_pooled(coincidence_counts(data, coders))
        alpha = {"krippendorff_alpha": binary.krippendorff_alpha}
        kept = coincidences[coincidences[:, 0].sum(-1) > 0]
        values |= measure(kept, found, alpha, options)
    rows = _rows(data, pairs, values, ("", "", "mean" if mean else "sum"))
    if options.confidence != 0.95 or not data.codes:
        return rows
    drawn = intervals.partial_pooling(counts[:, :, 1:], statistics["cohen_kappa"], found.uses[1:])
    second = (Estimate(*ends) if None not in ends else None for ends in zip(*(map(number, x) for x in drawn), strict=True))
    return [rows[0], *(replace(row, drawn=estimate) for row, estimate in zip(rows[1:], second, strict=True))]


def between_coders(data: Decisions) -> dict[str, Estimate]:
    """Kappa between all humans for each code; empty where no two of them share a unit.

    The same values as the rows "all human pairs" of `agree_on`, without the rest of the report.
    """
    pairs = [pair for pair in coder_pairs(data, ()) if pair.documents]
    return {row.code: row.kappa for row in all_rows(data, pairs, AgreementOptions()) if row.code}


def stack(pairs: Sequence[Pair], mean: bool) -> FloatArray:
    """(G, P, 1 + K, 4) tables of documents in use; P is 1 where tables are summed.

    Coders who share few documents are exchangeable, so the summed table of humans counts each
    unit half in either order; else it would depend on the order of the coders' names.
    """
    if mean:
        counts = np.stack([pair.counts for pair in pairs], axis=1)
    else:
        total = sum((pair.counts for pair in pairs[1:]), pairs[0].counts)
        counts = (total if pairs[0].kind == "machine-human" else binary.symmetric(total))[:, None]
    kept: FloatArray = counts[counts[:, :, 0].sum((1, 2)) > 0]
    return kept


def _evidence(data: Decisions, coders: Sequence[int], pairs: Sequence[Pair]) -> Evidence:
    """Coded places of the coders and documents that any of their pairs shares."""
    shared = sum((pair.counts[:, 0].sum(-1) for pair in pairs), np.zeros(len(data.documents)))
    places = with_pooled(uses(data, list(coders))[:, :, None])[:, :, 0]
    seen = data.seen[list(coders)].sum(0)
    several = seen >= 2
    each = float(np.average(seen[several], weights=data.weight[several])) if several.any() else 2.0
    return evidence(places, int((shared > 0).sum()), each)


def _rows(
    data: Decisions,
    pairs: Sequence[Pair],
    values: Mapping[str, list[Estimate]],
    names: tuple[str, str, str],
) -> list[Row]:
    """One row per code from estimates and summed counts."""
    cells = sum((pair.counts.sum(0) for pair in pairs), np.zeros((1 + len(data.codes), 4)))
    units = sum(pair.counts[:, 1].sum() if data.codes else 0.0 for pair in pairs)
    shared = sum((pair.counts[:, 0].sum(-1) for pair in pairs), np.zeros(len(data.documents)))
    first, second, pooling = names
    found = []
    for c, code in enumerate(("", *data.codes)):
        both, only_first, only_second, neither = (round(float(v)) for v in cells[c])
        found.append(
            Row(
                code,
                pairs[0].kind,
                first,
                second,
                len(pairs),
                pooling,
                round(units),
                int((shared > 0).sum()),
                both,
                only_first,
                only_second,
                neither,
                _marked(values["cohen_kappa"][c], cells[c]),
                values["krippendorff_alpha"][c],
                values["positive_agreement"][c],
                values["percent_agreement"][c],
            )
        )
    return found


def _marked(kappa: Estimate, cells: FloatArray) -> Estimate:
    """The flag `one_rater_never` where kappa is 0 because one coder never gave the code."""
    a, b, c, _ = cells
    if kappa.value is None or min(a + b, a + c) > 0:
        return kappa
    return replace(kappa, flags=(*kappa.flags, "one_rater_never"))
