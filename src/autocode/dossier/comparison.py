"""A comparison of coders as a file: a workbook with every part of it, a plain table, or a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from autocode.agreement import AgreementReport
from autocode.agreement.counts import Decisions
from autocode.agreement.differences import CAUSES, Offset, inventory, offsets
from autocode.agreement.estimate import REASONS, AgreementOptions, Estimate
from autocode.agreement.judgement.opinions import details, opinions
from autocode.agreement.rows import Measure, Row
from autocode.agreement.spans.passages import offsets_by_code, opened_documents, passages
from autocode.agreement.summary import decisions_by_coder, many_coders
from autocode.dossier.blocks import Dossier, Figure, Section, Table, View
from autocode.dossier.differences import HEADER, conventions
from autocode.dossier.differences import blocks as difference_blocks
from autocode.dossier.drawing import svg
from autocode.dossier.findings import Findings
from autocode.dossier.html import dossier_html, page_html
from autocode.dossier.office import workbook
from autocode.dossier.reliability import agreement_figure
from autocode.dossier.reliability import blocks as agreement_blocks
from autocode.dossier.wordtables import png
from autocode.errors import InputError
from autocode.formats.files import csv_text, write_atomic
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.model.card import Licences, note
from autocode.study import Study
from autocode.study.matrix import CodingMatrix

Sheet = tuple[Sequence[str], list[tuple[object, ...]]]
POOLED = "(all codes pooled)"


def remark(estimate: Estimate) -> str:
    """Why a value or an interval is missing, and what else a reader must know."""
    keys = dict.fromkeys((estimate.reason, estimate.no_interval, *estimate.flags))
    return "; ".join(REASONS.get(key, key) for key in keys if key)


def _numbers(estimate: Estimate) -> tuple[object, ...]:
    return estimate.value, estimate.low, estimate.high, remark(estimate)


def together(measures: Sequence[Measure]) -> Sheet:
    """All codes together: denominators, coded at all, which code, sets, many coders."""
    rows: list[tuple[object, ...]] = [(m.about, m.name, *_numbers(m.estimate), m.over) for m in measures]
    return ("about", "measure", "value", "low", "high", "remark", "over"), rows


def coefficients(data: Decisions, pairs: Sequence[tuple[str, str]], options: AgreementOptions) -> Sheet:
    """Every coefficient of a code given or not, for each pair and code."""
    rows: list[tuple[object, ...]] = [
        (first, second, code or POOLED, name.replace("_", " "), *_numbers(estimate))
        for first, second in pairs
        for code, values in details(data, first, second, options).items()
        for name, estimate in values.items()
    ]
    return ("first", "second", "code", "coefficient", "value", "low", "high", "remark"), rows


def together_by_code(data: Decisions) -> Sheet:
    """Coefficients of all coders at once, for each code."""
    rows: list[tuple[object, ...]] = [
        (code, name, e.value, remark(e))
        for k, code in enumerate(data.codes)
        for name, e in many_coders(*decisions_by_coder(data, k)).items()
    ]
    return ("code", "coefficient", "value", "remark"), rows


def unitizing(study: Study, coders: Sequence[str], codes: Sequence[str], gammas: Mapping[str, Estimate]) -> Sheet:
    """Coefficients of coders who cut the text themselves; gamma where it was asked for."""
    found = passages(opened_documents(study, coders), codes)
    rows: list[tuple[object, ...]] = [
        (code or POOLED, name.replace("_", " "), e.value, remark(e))
        for code, values in found.items()
        for name, e in values.items()
    ]
    rows += [(POOLED, f"gamma, {name}", e.value, remark(e)) for name, e in gammas.items()]
    return ("code", "coefficient", "value", "remark"), rows


def second_opinions(data: Decisions, options: AgreementOptions) -> Sheet:
    """The alternative-annotator test of every machine, and alpha without each coder."""
    rows: list[tuple[object, ...]] = []
    for opinion in opinions(data, options):
        for code, test in opinion.tests.items():
            said: dict[str, Any] = (
                {}
                if test is None
                else {
                    "passes": int(test.passes),
                    "winning rate omega": test.omega,
                    "advantage rho": test.rho,
                    "fewest units": min(test.units),
                }
            )
            rows += [("alternative-annotator test", code or POOLED, opinion.machine, *item) for item in said.items()]
        for x in opinion.left_out:
            rows.append(("alpha without the coder", x.code or POOLED, x.coder, "alpha", x.without.value))
            rows.append(("alpha without the coder", x.code or POOLED, x.coder, "gain over all", x.gain.value))
    return ("opinion", "code", "coder", "measure", "value"), rows


COLUMNS = (
    "code",
    "kind",
    "first",
    "second",
    "pairs",
    "units",
    "documents",
    "both",
    "only_first",
    "only_second",
    "neither",
    "kappa",
    "kappa_low",
    "kappa_high",
    "alpha",
    "positive_agreement",
    "percent",
    "remark",
)


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
        more: Further sheets of the workbook by their names.
    """

    report: AgreementReport
    study: Study
    data: Decisions
    matrix: CodingMatrix | None = None
    measures: Sequence[Measure] = ()
    gammas: Mapping[str, Estimate] = field(default_factory=dict)
    more: Mapping[str, Sheet] = field(default_factory=dict)


TABLES, PICTURES = (".xlsx", ".csv", ".html"), (".png", ".svg")
COMPARISONS = (*TABLES, *PICTURES)
"""The forms of a comparison."""


def write_comparison(path: Path, comparison: Comparison) -> None:
    """Write a comparison: .xlsx with every part, .csv with the rows, .html as a page, .png or .svg as a figure.

    Raises:
        InputError: The suffix is none of these, or the file cannot be written.
    """
    if path.suffix in PICTURES:
        _draw(path, agreement_figure(View(comparison.study), comparison.report))
    elif path.suffix == ".xlsx":
        write_workbook(path, dict(_sheets(comparison)))
    elif path.suffix == ".csv":
        write_atomic(path, csv_text(COLUMNS, [_cells(row) for row in comparison.report.rows]))
    elif path.suffix == ".html":
        write_atomic(path, _page(comparison))
    else:
        raise InputError(str(path), "a comparison is written as .xlsx, .csv, .html, .png or .svg", "Choose one of these.")


def _cells(row: Row) -> tuple[object, ...]:
    counts = (row.pairs, row.units, row.documents, row.both, row.only_first, row.only_second, row.neither)
    values = (row.kappa.value, row.kappa.low, row.kappa.high, row.alpha.value, row.positive.value, row.percent.value)
    return (row.code or POOLED, row.kind, row.first, row.second, *counts, *values, remark(row.kappa))


def _page(comparison: Comparison) -> str:
    """The comparison as a page of the dossier's kind."""
    findings = Findings(agreement=comparison.report, matrix=comparison.matrix, measures=comparison.measures)
    view, study = View(comparison.study), comparison.study
    sections = (
        Section("agreement", "Agreement", tuple(agreement_blocks(view, findings))),
        Section("differences", "Where coders differ", tuple(difference_blocks(view, findings))),
    )
    return dossier_html(Dossier(study.name or "Study", study.notice, "", tuple(s for s in sections if s.blocks)), findings)


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
    yield from comparison.more.items()


_Apart = Mapping[tuple[str, str], Sequence[Offset]]


def _boundaries_by_code(apart: _Apart) -> Sheet:
    rows: list[tuple[object, ...]] = [
        (a, b, code, *numbers)
        for (a, b), found in apart.items()
        for code, numbers in offsets_by_code([(o.code, o.start, o.end) for o in found]).items()
    ]
    return ("first", "second", "code", "matched_segments", "median_start", "median_end", "share_same_ends"), rows


def _verdicts(report: AgreementReport) -> Sheet:
    columns = (
        "code",
        "verdict",
        "humans",
        "machine_humans",
        "delta",
        "delta_low",
        "delta_high",
        "p",
        "p_adjusted",
        "documents",
        "documents_needed",
        "flags",
        "reason",
    )
    rows: list[tuple[object, ...]] = [
        (
            v.code or POOLED,
            v.label,
            v.humans.value,
            v.machine_humans.value,
            v.delta.value,
            v.delta.low,
            v.delta.high,
            v.p,
            v.p_adjusted,
            v.documents,
            v.needed,
            ", ".join(v.flags),
            v.reason,
        )
        for v in report.verdicts
    ]
    return columns, rows


def _disagreements(matrix: CodingMatrix, study: Study, pairs: Sequence[tuple[str, str]]) -> Sheet:
    columns = ("first", "second", "kind", "cause", "document", "segment", "codes_first", "codes_second", "text")
    rows: list[tuple[object, ...]] = [
        (
            a,
            b,
            d.kind,
            "; ".join(CAUSES[c] for c in d.causes),
            d.segment.document,
            d.segment.id,
            " | ".join(d.first),
            " | ".join(d.second),
            study.by_id[d.segment.document].text_of(d.segment)[:32_000],
        )
        for a, b in pairs
        for d in inventory(matrix, a, b).segments
    ]
    return columns, rows


def _confusion(matrix: CodingMatrix, pairs: Sequence[tuple[str, str]]) -> Sheet:
    """Cells that are not empty, one a row; the codes of one coder against those of the other."""
    names = (*matrix.codes, "(no code)")
    rows: list[tuple[object, ...]] = []
    for a, b in pairs:
        table = inventory(matrix, a, b).confusion
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


def write_tables(path: Path, title: str, tables: Sequence[Table], figure: Figure | None = None, notice: str = "") -> None:
    """Write tables as a workbook or a page, the first alone as .csv, or their figure as .png or .svg.

    Raises:
        InputError: The file cannot be written, or there is nothing to draw.
    """
    if path.suffix in PICTURES:
        if figure is None:
            raise InputError(str(path), "nothing is coded yet that could be drawn", "Write it as .xlsx, .csv or .html.")
        _draw(path, figure)
    elif path.suffix == ".csv":
        write_atomic(path, csv_text(tables[0].header, tables[0].rows))
    elif path.suffix == ".xlsx":
        write_atomic(path, workbook(Dossier(title, notice, "", (Section("all", title, tuple(tables)),))))
    else:
        write_atomic(path, page_html(title, (*([figure] if figure else []), *tables), notice))


def _draw(path: Path, figure: Figure) -> None:
    """Write a figure; what is too large for a page goes on in NAME-2, NAME-3 and so on."""
    for number, drawing in enumerate(figure.drawings, 1):
        part = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        write_atomic(part, png(drawing, 6.5) if path.suffix == ".png" else svg(drawing))


def licence_table(found: Licences) -> Table:
    """What each code may be used for, with the evidence."""
    rows = tuple(
        (r.code, r.licence, r.segments, r.documents, r.precision[0], r.found[0], r.asked, r.human[0], note(r))
        for r in found.rows
    )
    header = (
        "Code",
        "Licence",
        "Coded segments",
        "Documents",
        "Right, of suggestions",
        "Found, of the coders' codings",
        "Asked about, of all segments",
        "Kappa between coders",
        "Note",
    )
    return Table("Codes", "What each code may be used for", header, rows, "ttnnpppkt")
