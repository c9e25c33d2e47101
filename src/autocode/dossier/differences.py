"""Where and what coders disagree about: by kind, by code, by document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from autocode.agreement.counts import decisions
from autocode.agreement.differences import CAUSES, Inventory, agreement_by_document, inventory, offsets
from autocode.agreement.estimate import REASONS, Estimate
from autocode.agreement.judgement.conventions import (
    AtlasTi,
    Coded,
    atlasti,
    maxqda_frequency,
    maxqda_occurrence,
    maxqda_segments,
    nvivo,
    qualcoder,
)
from autocode.agreement.spans.passages import atlasti_domains, coded_documents, offsets_by_code
from autocode.dossier.blocks import Block, Cell, Figure, Table, View, Words
from autocode.dossier.drawing import Entry, Grid, Span, heat_map, interval_chart
from autocode.dossier.findings import Findings
from autocode.errors import counted
from autocode.study import Study
from autocode.study.matrix import CodingMatrix, FloatArray

HEADER = ("first", "second", "tool", "measure", "code", "document", "value", "remark")
ALL = "(all codes)"

Line = tuple[str, str, str, str, Estimate]
"""Tool, measure, code, document, value."""


def conventions(study: Study, codes: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[tuple[Cell, ...]]:
    """Rows under `HEADER`: every pair of coders by the conventions of every tool."""
    rows: list[tuple[Cell, ...]] = []
    for first, second in pairs:
        for tool, measure, code, document, e in lines(coded_documents(study, first, second), codes):
            rows.append((first, second, tool, measure, code, document, e.value, REASONS.get(e.reason, e.reason)))
    return rows


def lines(documents: Sequence[Coded], codes: Sequence[str]) -> Iterator[Line]:
    """One pair of coders by the conventions of every tool."""
    yield from _maxqda(documents, codes)
    yield from _nvivo(documents, codes)
    yield from _atlasti(documents, codes)
    for code in codes:
        percent, kappa = qualcoder(documents, code)
        yield "QualCoder", "percent of characters", code, "", percent
        yield "QualCoder", "its kappa (coded characters; not Cohen's)", code, "", kappa


def _maxqda(documents: Sequence[Coded], codes: Sequence[str]) -> Iterator[Line]:
    """Three levels; the third with its kappa over all codes."""
    levels = {"level 1, code in the document": maxqda_occurrence, "level 2, frequency in the document": maxqda_frequency}
    for name, level in levels.items():
        for code, share in level(documents, codes).items():
            yield "MAXQDA", f"{name}, percent", code, "", share
    yield from _over_all(documents)
    for code, (yes, no) in maxqda_segments(documents).by_code.items():
        yield "MAXQDA", "level 3, segments 90%, percent", code, "", Estimate(yes / (yes + no))


def _nvivo(documents: Sequence[Coded], codes: Sequence[str]) -> Iterator[Line]:
    """Percent and kappa over characters: weighted by size, plain mean, and each document of a code that was used."""
    for code in codes:
        found = nvivo(documents, code)
        yield "NVivo", "percent of characters, weighted by size", code, "", found.percent
        yield "NVivo", "kappa, weighted by size", code, "", found.kappa
        yield "NVivo", "kappa, plain mean", code, "", found.kappa_plain
        for document, percent, kappa in found.documents:
            if kappa.value is not None:
                yield "NVivo", "percent of characters", code, document, percent
                yield "NVivo", "kappa", code, document, kappa


def _atlasti(documents: Sequence[Coded], codes: Sequence[str]) -> Iterator[Line]:
    """All codes as one domain, each theme as a domain, and Cu-alpha over the domains."""
    found = atlasti_domains(documents, codes)
    yield from _family(ALL, atlasti(documents, codes))
    yield "ATLAS.ti-like", "Cu-alpha over domains (themes)", ALL, "", found.omnibus
    for domain, family in found.by_domain.items():
        yield from _family(f"domain {domain}", family)


def _family(name: str, family: AtlasTi) -> Iterator[Line]:
    measures = {
        "percent of characters": family.percent,
        "Holsti": family.holsti,
        "c-alpha binary": family.binary_u_alpha,
        "cu-alpha": family.cu_alpha,
    }
    for measure, estimate in measures.items():
        yield "ATLAS.ti-like", measure, name, "", estimate


def overall(study: Study, codes: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[tuple[Cell, ...]]:
    """The rows over all codes alone, for a page; what is counted by code and document is not counted for them."""
    rows: list[tuple[Cell, ...]] = []
    for first, second in pairs:
        documents = coded_documents(study, first, second)
        found = [*_over_all(documents), *_family(ALL, atlasti(documents, codes))]
        found.append(("ATLAS.ti-like", "Cu-alpha over domains (themes)", ALL, "", atlasti_domains(documents, codes).omnibus))
        for tool, measure, code, document, e in found:
            rows.append((first, second, tool, measure, code, document, e.value, REASONS.get(e.reason, e.reason)))
    return rows


def _over_all(documents: Sequence[Coded]) -> Iterator[Line]:
    """MAXQDA's third level over all codes."""
    found = maxqda_segments(documents)
    yield "MAXQDA", "level 3, segments 90%, percent", ALL, "", found.percent
    yield "MAXQDA", "level 3, segments 90%, kappa (Brennan-Prediger)", ALL, "", found.kappa


_Pairs = list[tuple[str, str]]
_PAIRS = 6  # pairs of coders of whom a page shows every value
_SHOWN = 31  # codes of a confusion table that fit on a page, beside the column of those not coded
_DRAWN = 160  # documents whose agreement is drawn


def blocks(view: View, findings: Findings) -> list[Block]:
    """Disagreements of all pairs of coders, and agreement in each document."""
    matrix = findings.matrix
    if matrix is None or len(matrix.coders) < 2:
        return []
    machines = findings.report.options.machines if findings.report else ()
    humans = [c for c in matrix.coders if c not in machines]
    saw = dict(zip(matrix.coders, matrix.seen, strict=True))
    pairs = [(a, b) for a, b in combinations(humans, 2) if (saw[a] & saw[b]).any()]
    mixed = [(h, m) for h in humans for m in machines]
    between = [inventory(matrix, a, b) for a, b in pairs]
    beside = [inventory(matrix, a, b) for a, b in mixed]
    found: list[Block] = [_kinds([*between, *beside])]
    if pairs:
        found += [_causes(view, between), _disagreement_list(between), confusion_figure(view, matrix.codes, between, "humans")]
    # Tables that go on over pages stand between the figures, so that no page is left half empty.
    found += _offsets(view, pairs)
    if mixed:
        found.append(confusion_figure(view, matrix.codes, beside, "the humans (rows) and the machine (columns)"))
    found += [Words(_denominator(matrix), "soft"), _other_tools(view, matrix, pairs), document_figure(matrix, pairs, mixed)]
    if len(pairs) > _PAIRS:
        found.append(Words("What other tools print stands in the workbook: a page has no room for so many pairs.", "soft"))
    return found


def _offsets(view: View, pairs: _Pairs) -> Iterator[Block]:
    """Same code, other boundary: how far apart humans set the ends of a code."""
    found = [(o.code, o.start, o.end) for a, b in pairs for o in offsets(view.study, a, b)]
    by_code = offsets_by_code(found)
    place = {code.path: i for i, code in enumerate(view.study.codebook)}
    rows = tuple(
        (view.name(code), n, round(start), round(end), same)
        for code, (n, start, end, same) in sorted(by_code.items(), key=lambda item: place[item[0]])
    )
    header = ("Code", "Segments of both", "Starts apart (median)", "Ends apart (median)", "Same ends")
    alike = bool(found) and not any(start or end for _, start, end in found)
    if alike:
        yield Words(
            f"Humans set the ends of a code alike in all {counted(len(found), 'passage')} that two of them gave it.", "soft"
        )
    yield Table(
        "Boundary offsets",
        "How far apart humans set the ends of a code, in characters",
        header,
        rows,
        "tnnnp",
        "Segments of one code that overlap each other most, all pairs of humans.",
        sheet_only=alike,
    )


def _other_tools(view: View, matrix: CodingMatrix, pairs: _Pairs) -> Table:
    """What other tools would print over all codes; the workbook of `autocode agree` has it per code and document."""
    rows = tuple((*row[:4], row[6], row[7]) for row in overall(view.study, matrix.codes, pairs))
    header = ("First", "Second", "Tool", "Measure", "Value", "Remark")
    return Table(
        "As other tools print",
        "What other tools print for all codes together, by their own conventions",
        header,
        rows,
        "ttttkt",
        "Not comparable with one another: each tool counts in its own way (docs/methods.md says how). NVivo and "
        "QualCoder print no value over all codes.",
        sheet_only=len(pairs) > _PAIRS,
    )


def _denominator(matrix: CodingMatrix) -> str:
    outside = int(matrix.outside.sum())
    if not outside:
        return "Every coding touches a unit of analysis."
    touching = counted(outside, "coding touches", "codings touch")
    return f"{touching} no unit of analysis (an interviewer's turn, say): not compared."


def _kinds(found: Sequence[Inventory]) -> Table:
    """Segments on which two coders differ, by kind."""
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        kinds = [d.kind for d in one.segments]
        rows.append((*one.coders, *(kinds.count(k) for k in ("only_first", "only_second", "other_code")), len(kinds)))
    header = (
        "First coder",
        "Second coder",
        "Only the first coded",
        "Only the second coded",
        "Both, with other codes",
        "Segments in all",
    )
    return Table("Disagreements", "Segments on which two coders differ", header, tuple(rows), "ttnnnn")


def _causes(view: View, found: Sequence[Inventory]) -> Table:
    """Why humans differ: how often each cause, and the code or pair of codes that it is most about."""
    rows: list[tuple[Cell, ...]] = []
    total = sum(len(one.differences) for one in found)
    for cause, told in CAUSES.items():
        about = Counter(d.codes for one in found for d in one.differences if d.cause == cause)
        if about:
            most, times = min(about.items(), key=lambda item: (-item[1], item[0]))
            names = " / ".join(view.called(code) for code in most)
            rows.append((f"{told[0].upper()}{told[1:]}", about.total(), about.total() / total, f"{names} ({times})"))
    header = ("Cause", "Differences", "Share", "Most often about")
    note = "A difference is one code on one segment: where two codes are exchanged, both count."
    return Table("Causes", "Why human coders differ", header, tuple(rows), "tnpt", note)


def _disagreement_list(found: Sequence[Inventory]) -> Table:
    """Every segment on which humans differ, without its words."""
    rows = tuple(
        (
            d.segment.document,
            d.segment.id,
            d.segment.start,
            d.segment.end,
            one.coders[0],
            "; ".join(d.first),
            one.coders[1],
            "; ".join(d.second),
            d.kind.replace("_", " "),
            "; ".join(CAUSES[c] for c in d.causes),
        )
        for one in found
        for d in one.segments
    )
    header = (
        "Document",
        "Segment",
        "Start",
        "End",
        "First coder",
        "Codes of the first",
        "Second coder",
        "Codes of the second",
        "Kind",
        "Cause",
    )
    return Table("Disagreement list", "Segments on which human coders differ", header, rows, "ttnntttttt", sheet_only=True)


def confusion_figure(view: View, paths: Sequence[str], found: Sequence[Inventory], who: str) -> Figure:
    """Which code stands against which where coders differ, all pairs summed; agreement is left out."""
    total: FloatArray = sum((one.confusion for one in found), np.zeros((len(paths) + 1,) * 2))
    if who == "humans":
        total = total + total.T  # neither human is the reference
    off = total.copy()
    np.fill_diagonal(off, 0)
    weight = (off.sum(0) + off.sum(1))[:-1]
    kept = sorted(np.argsort(-weight, kind="stable")[:_SHOWN].tolist())
    kept = [k for k in kept if weight[k] > 0]
    names = [view.name(paths[k]) for k in kept] + ["no code"]
    index = [*kept, len(paths)]
    values = [[None if i == j else float(off[i, j]) for j in index] for i in index]
    codes = (*paths, "no code")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (codes[i], codes[j], float(off[i, j])) for i in range(len(codes)) for j in range(len(codes)) if off[i, j] > 0
    )
    sheet = "Confusion of humans" if who == "humans" else "Confusion with machine"
    data = Table(
        sheet,
        f"Code against code where coders differ: {who}",
        ("Code", "Against", "Segments"),
        rows,
        "ttk",
        sheet_only=True,
    )
    said = f"Off-diagonal cells: segments to which one coder gave the row's code and the other the column's, {who}."
    caption = (
        f"Disagreements, code by code: {who}. A cell counts segments with the row's code from one and the "
        "column's from the other; what both gave is left out."
    )
    return Figure(sheet.lower().replace(" ", "-"), caption, heat_map(Grid(names, names, values), "Disagreements", said), data)


def document_figure(matrix: CodingMatrix, pairs: _Pairs, mixed: _Pairs) -> Block:
    """Kappa within each document, humans and machine with humans (means over pairs); a sheet alone where they are many."""
    data = decisions(matrix)
    found: dict[str, list[list[float]]] = {d: [[], []] for d in matrix.documents}
    rows: list[tuple[Cell, ...]] = []
    for kind, listed in enumerate((pairs, mixed)):
        for first, second in listed:
            for row in agreement_by_document(data, first, second):
                rows.append((row.document, first, second, row.units, row.uses, row.kappa, row.positive, row.influence))
                found[row.document][kind] += [] if row.kappa is None else [row.kappa]
    entries = [
        Entry(d, tuple(Span(float(np.mean(v)), None, None, k) for k, v in enumerate(values) if v))
        for d, values in found.items()
    ]
    header = ("Document", "First", "Second", "Units", "Coded units", "Kappa", "Positive agreement", "Influence")
    table = Table(
        "Agreement by document",
        "Agreement within each document, all codes",
        header,
        tuple(rows),
        "tttnnkkk",
        sheet_only=True,
    )
    if len(entries) > _DRAWN:
        return table
    said = f"Kappa within each of {counted(len(entries), 'document')}, all codes pooled."
    kinds = ("between humans", "machine with humans") if mixed else ("between humans",)
    caption = "Agreement by document: kappa within each document, all codes pooled; means over pairs of coders."
    return Figure("by-document", caption, interval_chart(entries, "Agreement by document", said, kinds), table)
