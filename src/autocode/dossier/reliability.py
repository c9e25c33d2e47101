"""Agreement in the dossier: between humans, and of the machine with them, per code and pooled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autocode.agreement import AgreementReport
from autocode.agreement import agree as compare
from autocode.agreement.counts import decisions
from autocode.agreement.estimate import REASONS, Estimate
from autocode.agreement.judgement.opinions import opinions
from autocode.agreement.rows import Row, Verdict
from autocode.agreement.summary import Record as Validity
from autocode.agreement.summary import among, conditions, summary
from autocode.config import Config
from autocode.dossier.blocks import Block, Cell, Figure, Points, Table, Title, View, Words, shown
from autocode.dossier.drawing import Entry, Span, interval_chart
from autocode.dossier.findings import MARKS, VERDICTS, Findings
from autocode.errors import counted
from autocode.evaluate.meeting import VOTE, Discussed, discussed
from autocode.formats.tables.participants import participant_of
from autocode.study.matrix import coding_matrix

HUMANS, MACHINE = "human-human", "machine-human"


def blocks(view: View, findings: Findings) -> list[Block]:
    """What coders agree on, with the verdict, its conditions, and paragraphs for a paper."""
    report = findings.report
    if report is None:
        return [Words("Agreement was not computed: it needs two coders who share documents.")]
    found: list[Block] = [*_opening(report, findings), agreement_table(view, report), agreement_figure(view, report)]
    found += _together(findings, report)
    if report.options.machines:
        found += [Title("What the verdict rests on"), Points(tuple(_conditions(view, findings, report)))]
    return [*found, *stages(view, findings)]


def stages(view: View, findings: Findings, short: bool = False) -> Iterator[Block]:
    """Agreement at each stage of coding on record (before and after discussion, say), as a figure and a table.

    The stages are those of dossier.toml; where it has none, those that the ledger knows. `short` leaves out codes without a
    value at any stage.
    """
    found, settled = [], ""
    for stage in view.record.stages:
        found.append((stage.name, compare(coding_matrix(view.study, Config(), view.study.choose(stage.coders)))))
    if not found and (made := _discussed(view, findings)):
        found = [("before discussion", compare(made.before)), ("after discussion", compare(made.after))]
        votes = f"coders voted again on {counted(made.votes, 'decision')} on which they had differed"
        ends = f"{counted(made.settled, 'segment has', 'segments have')} an agreed coding, here counted as each coder's"
        told = [text for n, text in ((made.votes, votes), (made.settled, ends)) if n]
        settled = f"By the record of decisions: {'; '.join(told)}. The first codings stay as they are. "
    if not found:
        return
    codes = list(dict.fromkeys(code for _, report in found for code in report.codes))
    rows: list[tuple[Cell, ...]] = []
    entries: list[Entry] = []
    for code in ("", *(c.path for c in view.study.codebook if c.path in codes)):
        row: list[Cell] = [view.name(code) if code else "All codes pooled"]
        for name, report in found:
            own = report.overall(HUMANS, code)
            row += _kappa(own)
            if not code and own and own.kappa.value is not None:
                entries.append(Entry(name, (Span(own.kappa.value, own.kappa.low, own.kappa.high, 0),)))
        if not short or any(value is not None for value in row[1::2]):
            rows.append(tuple(row))
    yield Title("Agreement by stage")
    header = ("Code", *(text for name, _ in found for text in (f"Kappa {name}", "95% interval")))
    caption = "Agreement at each stage of coding"
    note = settled + (
        "Agreement after a discussion tells that differences were settled; only what was coded apart tells how reliable "
        "coding is."
    )
    table = Table("Agreement by stage", caption, header, tuple(rows), "t" + "kt" * len(found), note)
    said = "; ".join(f"{e.name}: " + ", ".join(_two(s.value) for s in e.spans) for e in entries)
    drawings = interval_chart(entries, caption, said, ("between humans",))
    if entries:
        data = replace(table, name="Stages", sheet_only=True)
        yield Figure("stages", f"{caption}: pooled kappa with its 95% interval.", drawings, data)
    yield table


def _discussed(view: View, findings: Findings) -> Discussed | None:
    """What was settled by votes in a meeting or by adjudication, where the ledger knows of any."""
    study, written = view.study, findings.trail.written if findings.trail else ()
    if len(view.humans) < 2 or not any(e.decision.action in (VOTE, "agree") for e in written):
        return None
    coders = (*view.humans, study.agreed) if study.agreed else view.humans
    return discussed(coding_matrix(study, Config(), coders), written, study.agreed)


def brief(view: View, findings: Findings) -> list[Block]:
    """Agreement in the size of a journal: the verdict, the codes whose kappa rests on enough, what the verdict rests on."""
    report = findings.report
    if report is None:
        return [Words("Agreement was not computed: it needs two coders who share documents.")]
    whole = agreement_table(view, report)
    kept, hidden = [], 0
    for i, row in enumerate(whole.rows):
        hidden += i not in whole.heads and row[3] is None
        if i in whole.heads or row[3] is not None:
            kept.append((row, i in whole.heads))
    shown_rows = [
        r for r, after in zip(kept, [*kept[1:], (None, True)], strict=True) if not (r[1] and after[1] and r is not kept[0])
    ]
    heads = frozenset(i for i, (_, head) in enumerate(shown_rows) if head)
    rare = f"{counted(hidden, 'code was', 'codes were')} given too rarely for a value, and left out. " if hidden else ""
    note = f"{rare}{_why(report, shown=True)}".strip()
    table = replace(whole, rows=tuple(row for row, _ in shown_rows), heads=heads, note=note)
    found: list[Block] = [*_opening(report, findings), table]
    if report.options.machines:
        found += [Title("What the verdict rests on"), Points(tuple(_conditions(view, findings, report)))]
    return [*found, *stages(view, findings, short=True)]


def _together(findings: Findings, report: AgreementReport) -> Iterator[Block]:
    """All codes together, between the humans; and what other methods say of the machine."""
    data = decisions(findings.matrix) if findings.matrix else None
    humans = among(data, report.options.machines) if data else None
    shared = humans is not None and bool((humans.seen.sum(0) > 1).any())
    measures = findings.measures or (summary(data, report.options) if data and shared else ())
    counts = [f"{m.estimate.value:,.0f} {m.name}" for m in measures if m.about == "Denominators"]
    rows = tuple(
        (
            m.about,
            m.name,
            m.estimate.value,
            _interval(m.estimate),
            m.over + (f" ({REASONS[m.estimate.reason]})" if m.estimate.reason else ""),
        )
        for m in measures
        if m.about != "Denominators" and not m.over.startswith("2 coders")
    )
    if rows:
        header = ("What", "Measure", "Value", "95% interval", "Over")
        yield Table(
            "All codes together",
            "Agreement of the humans over all codes together",
            header,
            rows,
            "ttktt",
            f"Shares refer to: {'; '.join(counts)}.",
        )
    for opinion in opinions(data, report.options) if data else ():
        yield Words(f"Second opinions on {opinion.machine}: " + "; ".join(opinion.lines()) + ".")


def _opening(report: AgreementReport, findings: Findings) -> Iterator[Block]:
    yield Words(
        f"Unit by unit, over {counted(report.units, 'unit')} of analysis in "
        f"{counted(report.documents, report.options.left_out)} that two or more coders saw. {report.seen_by_one()}"
        f"{' ' * bool(report.alone)}Cohen's kappa, with its 95% interval ({report.options.interval_way}). A dash stands where "
        "kappa is undefined or where the code was given to three passages at most."
    )
    if findings.evaluation:
        yield Words("The machine's codings are out of document: every document was judged by a model that had not seen it.")
    verdict = report.verdict()
    if verdict:
        yield Words(f"May the machine stand in as a coder? {VERDICTS[verdict.label]}{_delta(verdict, report)}", "lead")


def _delta(verdict: Verdict, report: AgreementReport) -> str:
    if verdict.delta.value is None:
        return ""
    ends = f" ({_two(verdict.delta.low)} to {_two(verdict.delta.high)})" if verdict.delta.low is not None else ""
    name = report.options.coefficient
    return (
        f" Machine-human minus human-human {name} is {_two(verdict.delta.value)}{ends}, judged against a margin of "
        f"{_two(report.options.margin)} fixed beforehand."
    )


def pooled(row: Row) -> str:
    """The kappa of a row over all codes with its interval, and what it rests on."""
    ends = f" (95% interval {_two(row.kappa.low)} to {_two(row.kappa.high)})" if row.kappa.low is not None else ""
    units = counted(row.units, "unit") if row.pairs < 2 else f"{row.pooling} of {row.pairs} pairs of coders"
    return f"{_two(row.kappa.value)}{ends}, {units} in {counted(row.documents, 'document')}"


def _two(value: float | None) -> str:
    return shown(value, "k")


def agreement_figure(view: View, report: AgreementReport) -> Figure:
    """Kappa with its interval for every code that rests on enough, humans and machine on one axis."""
    entries = [_entry(report, "", "All codes pooled")]
    groups = view.grouped(report.codes)
    for theme, codes in groups.items():
        rows = [_entry(report, code, view.name(code)) for code in codes]
        rows = [entry for entry in rows if entry.spans]
        head = [Entry(view.name(theme), head=True)] if view.headed(theme, groups) else []
        entries += [*head, *rows] if rows else []
    kinds = ("between humans", "machine with humans") if report.options.machines else ("between humans",)
    left_out = sum(not _entry(report, code, "").spans for code in report.codes)
    said = "; ".join(f"{e.name}: " + " and ".join(_two(s.value) for s in e.spans) for e in entries if e.spans)
    caption = (
        "Agreement per code: Cohen's kappa with its 95% interval where the evidence allows one"
        + (", and the verdict on the machine" if report.options.machines else "")
        + (
            f". Left out: {counted(left_out, 'code')} given to three passages at most or without a defined kappa."
            if left_out
            else "."
        )
    )
    data = agreement_data(view, report)
    return Figure("agreement", caption, interval_chart(entries, "Agreement per code", said, kinds), data)


def _entry(report: AgreementReport, code: str, name: str) -> Entry:
    spans = tuple(
        Span(row.kappa.value, row.kappa.low, row.kappa.high, kind)
        for kind, wanted in enumerate((HUMANS, MACHINE))
        if (row := report.overall(wanted, code)) and row.kappa.shown
    )
    verdict = report.verdict(code)
    word, colour = MARKS[verdict.label] if verdict else ("", "")
    return Entry(name, spans, word, colour)


def agreement_table(view: View, report: AgreementReport) -> Table:
    """Table 3: counts, kappa and interval per code; humans, and beside them the machine."""
    machine = bool(report.options.machines)
    rows: list[tuple[Cell, ...]] = [_line(report, "", "All codes pooled", machine)]
    heads = {0}
    groups = view.grouped(report.codes)
    for theme, codes in groups.items():
        if view.headed(theme, groups):
            heads.add(len(rows))
            rows.append((view.name(theme), *[""] * (len(rows[0]) - 1)))
        for code in codes:
            itself = " (itself)" if code == theme and view.headed(theme, groups) else ""
            rows.append(_line(report, code, view.name(code) + itself, machine))
    header = ["Code", "Units given by both", "by one", "Human-human kappa", "95% interval"]
    header += ["Machine-human kappa", "95% interval", "Verdict"] if machine else []
    return Table("Agreement", "Agreement per code", tuple(header), tuple(rows), "tnnktktt", _why(report), frozenset(heads))


def _line(report: AgreementReport, code: str, name: str, machine: bool) -> tuple[Cell, ...]:
    h, m = report.overall(HUMANS, code), report.overall(MACHINE, code)
    counts: list[Cell] = [h.both, h.only_first + h.only_second] if h else [None, None]
    cells: list[Cell] = [name, *counts, *_kappa(h)]
    if machine:
        verdict = report.verdict(code)
        cells += [*_kappa(m), MARKS[verdict.label][0] if verdict else ""]
    return tuple(cells)


def _kappa(row: Row | None) -> list[Cell]:
    if row is None or not row.kappa.shown:
        return [None, ""]
    return [row.kappa.value, _interval(row.kappa)]


def _interval(estimate: Estimate) -> str:
    return "" if estimate.low is None else f"{_two(estimate.low)} to {_two(estimate.high)}"


def _why(report: AgreementReport, shown: bool = False) -> str:
    """Why values or intervals are missing, with how many codes each reason concerns; `shown`: of codes with a value alone."""
    counts: dict[str, int] = {}
    for row in report.rows:
        if row.code and row.kind == HUMANS and not row.first:
            hidden = "counts_only" if row.kappa.value is not None and not row.kappa.shown else ""
            reason = row.kappa.reason or hidden or row.kappa.no_interval
            if reason and (row.kappa.shown or not shown):
                counts[REASONS[reason]] = counts.get(REASONS[reason], 0) + 1
    told = "; ".join(f"{why} ({counted(n, 'code')})" for why, n in sorted(counts.items()))
    return f"Between humans: {told}." if told else ""


def agreement_data(view: View, report: AgreementReport) -> Table:
    """All rows of the agreement report, one for each code and pair of coders."""
    rows = tuple(
        (
            row.code or "all codes pooled",
            row.kind,
            row.first or "all",
            row.second or "all",
            row.units,
            row.documents,
            row.both,
            row.only_first,
            row.only_second,
            row.neither,
            row.kappa.value,
            row.kappa.low,
            row.kappa.high,
            row.alpha.value,
            row.positive.value,
            row.percent.value,
            row.kappa.reason or row.kappa.no_interval,
        )
        for row in report.rows
    )
    header = (
        "Code",
        "Kind",
        "First",
        "Second",
        "Units",
        "Documents",
        "Both",
        "Only first",
        "Only second",
        "Neither",
        "Kappa",
        "Kappa low",
        "Kappa high",
        "Krippendorff alpha",
        "Positive agreement",
        "Percent agreement",
        "Why no value or interval",
    )
    return Table(
        "Agreement by pair", "Agreement by code and pair of coders", header, rows, "ttttnnnnnnkkkkkpt", sheet_only=True
    )


def _conditions(view: View, findings: Findings, report: AgreementReport) -> Iterator[tuple[str, str, str]]:
    said = view.record.record
    sampling = said.sampling
    known = Validity(
        unseen=True if findings.evaluation else None,
        independent=said.independent,
        suggestions_hidden=said.suggestions_hidden,
        sampling=sampling,
        participants={d.id: who for d in view.study.documents if (who := participant_of(d))},
    )
    for c in conditions(report, known):
        mark = {True: "yes", False: "no", None: "part"}[c.met]
        word = {True: "Met", False: "Not met", None: "Not known"}[c.met]
        yield (
            mark,
            f"{c.text[0].upper()}{c.text[1:]}:",
            word + (f": {c.evidence.rstrip('.')}" if c.evidence else "") + ".",
        )
