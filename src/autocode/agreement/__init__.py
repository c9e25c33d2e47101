"""Agreement between coders, machine or human: here `agree`, from a coding matrix to a report.

A machine is just another coder: every pair goes through the same functions. Everything behind it is a plain function over
arrays, in the modules of this package. Formulas, sources and readings stand in docs/methods.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from autocode.agreement.coefficients import krippendorff_alpha, mean_kappa, mean_over, symmetric
from autocode.agreement.counts import (
    Decisions,
    by_theme,
    check_coders,
    cluster,
    coincidence_counts,
    decisions,
    of_frame,
    pair_counts,
    pair_mask,
    uses,
    with_pooled,
)
from autocode.agreement.estimate import AgreementOptions, Estimate, Statistic, apa, number
from autocode.agreement.intervals import Evidence, evidence, partial_pooling
from autocode.agreement.judgement import verdicts
from autocode.agreement.render import to_text
from autocode.agreement.rows import STANDARD, Findings, Row, measure
from autocode.config import Config
from autocode.errors import StudyError
from autocode.study import Study
from autocode.study.matrix import CodingMatrix, FloatArray, coding_matrix

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
        alpha = {"krippendorff_alpha": krippendorff_alpha}
        kept = coincidences[coincidences[:, 0].sum(-1) > 0]
        values |= measure(kept, found, alpha, options)
    rows = _rows(data, pairs, values, ("", "", "mean" if mean else "sum"))
    if options.confidence != 0.95 or not data.codes:
        return rows
    drawn = partial_pooling(counts[:, :, 1:], statistics["cohen_kappa"], found.uses[1:])
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
        counts = (total if pairs[0].kind == "machine-human" else symmetric(total))[:, None]
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


BETTER_BY_THEME = 0.2  # in kappa, from which the reader is pointed to themes


def agree(coded: CodingMatrix | Study | Any, options: AgreementOptions | None = None) -> AgreementReport:
    """Compare all coders of a matrix or a table, code by code.

    Args:
        coded: Decisions (R, n, K) of R coders and what each has seen; or a study, whose human coders are compared on its
            segments; or a tidy table (pandas DataFrame) with the columns coder, unit and code, or coder, document, segment
            and code (`of_frame`).
        options: Machines among the coders, margin, confidence; the defaults where None.

    Returns:
        Rows for every code and pair of coders, for all pairs together, and a verdict on each
        machine.

    Raises:
        StudyError: One coder only, coders who share no document, or an unknown machine.
    """
    if isinstance(coded, Study):
        coded = coding_matrix(coded, Config(), coded.choose(None))
    if not hasattr(coded, "columns") and not isinstance(coded, CodingMatrix):
        why = f"an object of type {type(coded).__name__} is not a coding matrix, a study or a table"
        raise StudyError("what is compared", why, "Read one first: ac.read(path).")
    return agree_on(of_frame(coded) if hasattr(coded, "columns") else decisions(coded), options)


def agree_on(data: Decisions, options: AgreementOptions | None = None) -> AgreementReport:
    """Compare all coders on decisions of any unit: segments, documents, stretches of text.

    Raises:
        StudyError: One coder only, coders who share no document, or an unknown machine.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> truth = rng.random((200, 1)) < 0.3
        >>> Y = np.stack([truth ^ (rng.random((200, 1)) < 0.05) for _ in range(2)])
        >>> row = agree_on(Decisions.of(Y, np.arange(200) // 20)).row()
        >>> [round(x, 2) for x in (row.kappa.value, row.kappa.low, row.kappa.high)]
        [0.86, 0.75, 0.93]
    """
    chosen = options or AgreementOptions()
    check_coders(data)
    for machine in chosen.machines:
        if machine not in data.coders:
            raise StudyError(
                f"machine '{machine}'", f"the coders are {', '.join(data.coders)}", "Name one of these as the machine."
            )
    data = cluster(data, dict(chosen.clusters))
    pairs = coder_pairs(data, chosen.machines)
    apart = tuple((data.coders[p.first], data.coders[p.second]) for p in pairs if not p.documents)
    pairs = [pair for pair in pairs if pair.documents]
    columns = [all_rows(data, [p for p in pairs if p.kind == kind], chosen) for kind in KINDS[:2]]
    columns += [pair_rows(data, pair, chosen) for pair in pairs]
    shared = data.seen.sum(0) >= 2
    humans = data.seen[[c not in chosen.machines for c in data.coders]].sum(0)
    alone, both = humans == 1, humans >= 2
    alone &= shared if chosen.machines else True  # beside a machine, of the units that are compared
    return AgreementReport(
        coders=data.coders,
        options=chosen,
        units=int(data.weight[shared].sum()),
        documents=len(np.unique(data.groups[shared])),
        codes=data.codes,
        rows=tuple(column[c] for c in range(1 + len(data.codes)) for column in columns if column),
        verdicts=verdicts(data, chosen),
        apart=apart,
        notes=tuple(_notes(data, chosen)),
        unit="character" if data.adjacent else "unit",
        alone=int(data.weight[alone].sum()),
        between_humans=(int(data.weight[both].sum()), len(np.unique(data.groups[both]))),
    )


def _notes(data: Decisions, options: AgreementOptions) -> Iterator[str]:
    """What may lie behind low agreement: names that are nearly the same, a theme given for one of its codes."""
    alike: dict[str, list[str]] = {}
    for code in data.codes:
        alike.setdefault(" ".join(code.casefold().split()), []).append(code)
    for codes in alike.values():
        if len(codes) > 1:
            named = " and ".join(f"'{code}'" for code in codes)
            yield f"{named} differ only in capital letters or blanks and are compared as different codes: merge them."
    humans = [pair for pair in coder_pairs(data, options.machines) if pair.documents and pair.kind == KINDS[0]]
    themes = by_theme(data)
    if not humans or len(themes.codes) == len(data.codes):
        return
    broad = [pair for pair in coder_pairs(themes, options.machines) if pair.documents and pair.kind == KINDS[0]]
    fine, coarse = (float(mean_kappa(stack(p, crossed(p)).sum(0)[:, 0])) for p in (humans, broad))
    if coarse >= fine + BETTER_BY_THEME:
        yield (
            f"The coders agree on themes more than on their codes (kappa {apa(coarse)}, by code {apa(fine)}): a theme given "
            "where the other gave one of its codes counts as a difference. Compare themes with --by theme."
        )


@dataclass(frozen=True)
class AgreementReport(Findings):
    """Agreement between coders, machine or human, over documents both have seen.

    `str(report)` is a table at most 100 wide, `report.to_json()` a JSON-ready mapping; the
    attributes are those of `Findings`.
    """

    def __str__(self) -> str:
        """The table as plain text."""
        return to_text(self)
