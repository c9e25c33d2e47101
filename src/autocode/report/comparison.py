"""A comparison of coders as a file: a workbook with every part of it, a plain table, or a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from autocode.agreement import (
    REASONS,
    AgreementReport,
    Estimate,
    Row,
    atlasti,
    coded_documents,
    confusion,
    disagreements,
    maxqda_segments,
    nvivo,
    offsets,
    qualcoder,
)
from autocode.errors import InputError
from autocode.formats.files import csv_text, write_atomic
from autocode.formats.spreadsheet import write_workbook
from autocode.matrix import CodingMatrix
from autocode.report.findings import Findings
from autocode.report.html import study_html
from autocode.study import Study

Sheet = tuple[Sequence[str], list[tuple[object, ...]]]

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
        matrix: Decisions on segments; None where the comparison was on another unit.
    """

    report: AgreementReport
    study: Study
    matrix: CodingMatrix | None = None


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
        write_atomic(path, study_html(comparison.study, Findings(agreement=comparison.report)))
    else:
        raise InputError(str(path), "a comparison is written as .xlsx, .csv or .html", "Choose one of these.")


def _cells(row: Row) -> tuple[object, ...]:
    counts = (row.pairs, row.units, row.documents, row.both, row.only_first, row.only_second, row.neither)
    values = (row.kappa.value, row.kappa.low, row.kappa.high, row.alpha.value, row.positive.value, row.percent.value)
    return (row.code or "(all codes pooled)", row.kind, row.first, row.second, *counts, *values, _remark(row.kappa))


def _remark(estimate: Estimate) -> str:
    keys = dict.fromkeys((estimate.reason, estimate.no_interval, *estimate.flags))
    return "; ".join(REASONS.get(key, key) for key in keys if key)


def _sheets(comparison: Comparison) -> Iterator[tuple[str, Sheet]]:
    """The parts of a workbook by the names of their sheets."""
    report, study = comparison.report, comparison.study
    yield "Agreement", (COLUMNS, [_cells(row) for row in report.rows])
    if report.verdicts:
        yield "Verdicts", _verdicts(report)
    pairs = [p for p in combinations(report.coders, 2) if p not in report.apart][:12]
    if comparison.matrix:
        yield "Disagreements", _disagreements(comparison.matrix, study, pairs)
        yield "Confusion", _confusion(comparison.matrix, pairs)
    yield "Boundaries", _boundaries(study, pairs)
    yield "As other tools print", _conventions(study, report.codes, pairs)


def _verdicts(report: AgreementReport) -> Sheet:
    columns = ("code", "verdict", "humans", "machine_humans", "delta", "delta_low", "delta_high", "p", "p_adjusted",
               "documents", "documents_needed", "flags", "reason")  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (v.code or "(all codes pooled)", v.label, v.humans.value, v.machine_humans.value, v.delta.value, v.delta.low,
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


def _boundaries(study: Study, pairs: Sequence[tuple[str, str]]) -> Sheet:
    rows: list[tuple[object, ...]] = [
        (a, b, o.document, o.code, o.start, o.end) for a, b in pairs for o in offsets(study, a, b)
    ]
    return ("first", "second", "document", "code", "start_second_minus_first", "end_second_minus_first"), rows


def _conventions(study: Study, codes: Sequence[str], pairs: Sequence[tuple[str, str]]) -> Sheet:
    """MAXQDA (segments that overlap by 90 %), NVivo and QualCoder (characters), as their manuals say."""
    rows: list[tuple[object, ...]] = []
    for a, b in pairs:
        documents = coded_documents(study, a, b)
        found = maxqda_segments(documents)
        rows.append((a, b, "MAXQDA, segments 90 %", "(all codes)", found.percent.value, found.kappa.value))
        of_atlas = atlasti(documents, codes)
        rows.append((a, b, "ATLAS.ti-like, percent and Holsti", "(all codes)", of_atlas.percent.value, of_atlas.holsti.value))
        for code in codes:
            of_nvivo, of_qualcoder = nvivo(documents, code), qualcoder(documents, code)
            rows.append((a, b, "NVivo, characters, weighted by size", code, of_nvivo.percent.value, of_nvivo.kappa.value))
            rows.append((a, b, "QualCoder, coded characters", code, of_qualcoder[0].value, of_qualcoder[1].value))
    return ("first", "second", "convention", "code", "percent", "kappa_or_holsti"), rows
