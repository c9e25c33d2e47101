"""A comparison of coders as a file: a workbook with every part of it, a plain table, or a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from autocode.agreement import (
    AgreementReport,
    Decisions,
    Estimate,
    Measure,
    Row,
    confusion,
    disagreements,
    offsets,
    offsets_by_code,
)
from autocode.agreement.differences import Offset
from autocode.errors import InputError
from autocode.formats.files import csv_text, write_atomic
from autocode.formats.spreadsheet import write_workbook
from autocode.matrix import CodingMatrix
from autocode.report.appendix import POOLED, Sheet, coefficients, remark, second_opinions, together, together_by_code, unitizing
from autocode.report.conventions import HEADER, conventions
from autocode.report.findings import Findings
from autocode.report.html import study_html
from autocode.study import Study

COLUMNS = (
    "code", "kind", "first", "second", "pairs", "units", "documents", "both", "only_first", "only_second", "neither",
    "kappa", "kappa_low", "kappa_high", "alpha", "positive_agreement", "percent", "remark",
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """A report and what it was made from.

    Attributes:
        report: Agreement per code and pair.
        study: Texts and codings, for boundaries and the tables of other tools.
        data: What was compared: decisions on segments, characters or documents.
        matrix: Decisions on segments; None where the comparison was on another unit.
        measures: All codes together.
        gammas: Gamma of each document and its mean, where asked for.
    """

    report: AgreementReport
    study: Study
    data: Decisions
    matrix: CodingMatrix | None = None
    measures: Sequence[Measure] = ()
    gammas: Mapping[str, Estimate] = field(default_factory=dict)


def write_comparison(path: Path, comparison: Comparison) -> None:
    """Write a comparison: .xlsx with every part, .csv with the rows, .html as a page.

    Raises:
        InputError: The suffix is none of these, or the file cannot be written.
    """
    if path.suffix == ".xlsx":
        write_workbook(path, dict(_sheets(comparison)))
    elif path.suffix == ".csv":
        write_atomic(path, csv_text(COLUMNS, [_cells(row) for row in comparison.report.rows]))
    elif path.suffix == ".html":
        write_atomic(path, _page(comparison))
    else:
        raise InputError(str(path), "a comparison is written as .xlsx, .csv or .html", "Choose one of these.")


def _cells(row: Row) -> tuple[object, ...]:
    counts = (row.pairs, row.units, row.documents, row.both, row.only_first, row.only_second, row.neither)
    values = (row.kappa.value, row.kappa.low, row.kappa.high, row.alpha.value, row.positive.value, row.percent.value)
    return (row.code or POOLED, row.kind, row.first, row.second, *counts, *values, remark(row.kappa))


def _page(comparison: Comparison) -> str:
    """The comparison as a page of the dossier's kind."""
    return study_html(
        comparison.study,
        Findings(agreement=comparison.report, matrix=comparison.matrix, measures=comparison.measures))  # fmt: skip


def _sheets(comparison: Comparison) -> Iterator[tuple[str, Sheet]]:
    """The parts of a workbook by the names of their sheets."""
    report, study, data = comparison.report, comparison.study, comparison.data
    pairs = [p for p in combinations(report.coders, 2) if p not in report.apart]
    yield "Agreement", (COLUMNS, [_cells(row) for row in report.rows])
    if report.verdicts:
        yield "Verdicts", _verdicts(report)
        yield "Second opinions", second_opinions(data, report.options)
    yield "All codes together", together(comparison.measures)
    yield "Every coefficient", coefficients(data, pairs, report.options)
    if len(data.coders) > 2 and not data.adjacent:
        yield "Many coders", together_by_code(data)
    if comparison.matrix:
        yield "Disagreements", _disagreements(comparison.matrix, study, pairs)
        yield "Confusion", _confusion(comparison.matrix, pairs)
    apart = {(a, b): offsets(study, a, b) for a, b in pairs}
    yield "Boundaries by code", _boundaries_by_code(apart)
    yield "Boundaries", _boundaries(apart)
    yield "Passages", unitizing(study, report.coders, report.codes, comparison.gammas)
    yield "As other tools print", (HEADER, list(conventions(study, report.codes, pairs)))


_Apart = Mapping[tuple[str, str], Sequence[Offset]]


def _boundaries_by_code(apart: _Apart) -> Sheet:
    rows: list[tuple[object, ...]] = [
        (a, b, code, *numbers)
        for (a, b), found in apart.items()
        for code, numbers in offsets_by_code([(o.code, o.start, o.end) for o in found]).items()
    ]
    return ("first", "second", "code", "matched_segments", "median_start", "median_end", "share_same_ends"), rows


def _verdicts(report: AgreementReport) -> Sheet:
    columns = ("code", "verdict", "humans", "machine_humans", "delta", "delta_low", "delta_high", "p", "p_adjusted",
               "documents", "documents_needed", "flags", "reason")  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (v.code or POOLED, v.label, v.humans.value, v.machine_humans.value, v.delta.value, v.delta.low,
         v.delta.high, v.p, v.p_adjusted, v.documents, v.needed, ", ".join(v.flags), v.reason)
        for v in report.verdicts
    ]  # fmt: skip
    return columns, rows


def _disagreements(matrix: CodingMatrix, study: Study, pairs: Sequence[tuple[str, str]]) -> Sheet:
    columns = ("first", "second", "kind", "document", "segment", "codes_first", "codes_second", "text")
    rows: list[tuple[object, ...]] = [
        (a, b, d.kind, d.segment.document, d.segment.id, " | ".join(d.first), " | ".join(d.second),
         study.by_id[d.segment.document].text_of(d.segment)[:32_000])
        for a, b in pairs
        for d in disagreements(matrix, a, b)
    ]  # fmt: skip
    return columns, rows


def _confusion(matrix: CodingMatrix, pairs: Sequence[tuple[str, str]]) -> Sheet:
    """Cells that are not empty, one a row; the codes of one coder against those of the other."""
    names = (*matrix.codes, "(no code)")
    rows: list[tuple[object, ...]] = []
    for a, b in pairs:
        table = confusion(matrix, a, b)
        rows += [
            (a, b, names[k], names[j], float(table[k, j]))
            for k in range(len(names))
            for j in range(len(names))
            if table[k, j] and k + j < 2 * len(matrix.codes)
        ]
    return ("first", "second", "code_of_first", "code_of_second", "units"), rows


def _boundaries(apart: _Apart) -> Sheet:
    rows: list[tuple[object, ...]] = [
        (a, b, o.document, o.code, o.start, o.end) for (a, b), found in apart.items() for o in found
    ]
    return ("first", "second", "document", "code", "start_second_minus_first", "end_second_minus_first"), rows
