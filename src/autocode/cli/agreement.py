"""The verbs that measure agreement: agree, evaluate, frequencies."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer

from autocode.agreement import agree_on
from autocode.agreement.counts import Decisions, by_group, by_theme, by_whole_document, decisions, only
from autocode.agreement.differences import agreement_by_document
from autocode.agreement.estimate import TENTATIVE, Estimate, apa
from autocode.agreement.judgement.corrected import (
    Design,
    Frequency,
    batch_by_theme,
    corrected_document_frequencies,
    corrected_frequencies,
)
from autocode.agreement.judgement.opinions import Opinion, opinions
from autocode.agreement.render import WIDTH, aligned, summary_text
from autocode.agreement.spans.passages import decisions_on_text, gamma_by_document, opened_documents
from autocode.agreement.summary import Record, conditions, summary
from autocode.cli.answers import Answer, agreed, ends, judged
from autocode.cli.options import (
    HOW,
    MODELS,
    WHICH,
    Coders,
    ConfigPath,
    EffortLevel,
    Engine,
    Everything,
    Independent,
    Json,
    Kind,
    Minutes,
    Overwrite,
    Segments,
    StudyPath,
    Workers,
    listed,
    one_of,
    out,
    refuse,
    settings,
)
from autocode.cli.shell import (
    blank_model,
    each_once,
    further,
    groups_by,
    learning_on,
    ledger_of,
    show,
    tell,
    with_effort,
    working,
)
from autocode.config import Config
from autocode.dossier.comparison import COMPARISONS, Comparison, write_comparison
from autocode.errors import counted
from autocode.evaluate import batch_of, check_leaks, compare, first_choices, held_out_table, hold_out, write_held_out
from autocode.evaluate.group_errors import bias
from autocode.formats import read, read_all
from autocode.formats.tables.participants import agreement_options, participant_of
from autocode.model.prepared import size_note
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from autocode.trail import accepted
from autocode.trail.review import independent

MEAN = "mean over documents"

Coefficient = Annotated[
    str,
    typer.Option(
        help="What the verdict on the machine compares: kappa or alpha.",
        rich_help_panel=HOW,
        show_default="kappa",
        callback=one_of("--coefficient", ("kappa", "alpha")),
    ),
]
Interval = Annotated[
    str,
    typer.Option(
        help="How intervals are computed: jackknife or bootstrap.",
        rich_help_panel=HOW,
        show_default="jackknife",
        callback=one_of("--interval", ("jackknife", "bootstrap")),
    ),
]


def agree(
    study: StudyPath,
    coders: Coders = None,
    unit: Annotated[
        str,
        typer.Option(
            help="What is compared: segment, character or document.",
            callback=one_of("--unit", ("segment", "character", "document"), "To cut transcripts differently: --segments."),
        ),
    ] = "segment",
    overlap: Annotated[
        str,
        typer.Option(
            metavar="RULE", help="How much of a segment a coding must cover to count there: any, half, or a percentage."
        ),
    ] = "",
    by: Annotated[
        str, typer.Option(metavar="WHAT", help="A table by code, theme, document, or a variable of the participants.")
    ] = "code",
    coefficient: Coefficient = "",
    interval: Interval = "",
    codes: Annotated[
        str,
        typer.Option(
            metavar="CODES", help="Compare only these codes: names or paths, separated by commas.", rich_help_panel=WHICH
        ),
    ] = "",
    gamma: Annotated[
        bool, typer.Option("--gamma", help="Also compute gamma of whole passages (slow; needs autocode[gamma]).")
    ] = False,
    config: ConfigPath = None,
    segments: Segments = "",
    to: Annotated[Path | None, out("The comparison", *COMPARISONS)] = None,
    overwrite: Overwrite = False,
    kind: Kind = "",
    everything: Everything = False,
    as_json: Json = False,
    alone: Independent = False,
) -> None:
    """Measure how far the coders agree, per code and pooled."""
    if unit == "character":
        refuse(overlap, "--overlap", "characters are compared as they are, not by segments")
        refuse(segments, "--segments", "characters are compared as they are, not by segments")
    chosen = settings(config, segments, overlap).with_agreement(coefficient, interval)
    found = _chosen(study, kind, alone)
    data = _decisions(found, found.choose(each_once(study, found, listed(coders))), unit, chosen)
    machines = tuple(c.id for c in found.coders if c.kind == "machine" and c.id in data.coders)
    options = agreement_options(chosen.agreement, found.documents, machines)
    data = only(by_theme(data) if by == "theme" else data, listed(codes) or ())
    matrix = coding_matrix(found, chosen, data.coders) if unit == "segment" and by != "theme" and not codes else None
    report, measures = agree_on(data, options), summary(data, options)
    gammas = _gammas(found, data.coders) if gamma else {}
    compared = Comparison(report, found, data, matrix, measures, gammas)
    how = "json" if as_json else "all" if everything else ""
    if by == "document":
        _by_document(data, how)
    elif by in ("code", "theme"):
        _show(compared, unit, how)
    else:
        _by_variable(compared, by, how)
    if to:
        write_comparison(to, compared)
    humans = report.row()
    level = humans.kappa.value if humans else None
    further(everything or as_json, to, "agreement.xlsx")
    tell(
        f"Next: autocode train {study}"
        if to or machines or (level or 0.0) >= TENTATIVE
        else f"Next: autocode agree {study} --out agreement.html (the passages you differ on)"
    )


def _gammas(study: Study, coders: tuple[str, ...]) -> dict[str, Estimate]:
    """Gamma of each document that two coders opened, and the mean."""
    with working("Aligning the coders' passages"):
        found, mean = gamma_by_document(opened_documents(study, coders))
    return {**found, MEAN: mean}


def _show(compared: Comparison, unit: str, how: str) -> None:
    """The answer; or the report, all codes together, and gamma where asked for."""
    answer, measures, gammas = agreed(compared.report, unit), compared.measures, compared.gammas
    if how == "json":
        more = {"together": [m.to_json() for m in measures], "gamma": {name: e.to_json() for name, e in gammas.items()}}
        show(compared.report.to_json() | more | {"answer": answer.to_json()}, True)
        return
    print(f"{compared.report}\n{summary_text(measures)}" if how else answer.fit())
    told = gammas if how else {name: e for name, e in gammas.items() if name == MEAN}
    for name, estimate in told.items():
        print(f"gamma, {name}: {'-' if estimate.value is None else apa(estimate.value)}")


def _chosen(study: Path, kind: str, alone: bool) -> Study:
    """The study, or of a kind, or what was coded without suggestions."""
    found, receipts = read_all([study])
    for receipt in receipts:
        if sum(receipt.skipped.values()) > len(receipt.waiting):  # people whose transcripts are to come take nothing away
            tell(f"Left out: {receipt}")
    found = found if found.name else replace(found, name=study.resolve().stem)
    if alone:
        found = independent(found, ledger_of(study)[0])
    return found.of_kind(kind)


def _decisions(study: Study, coders: tuple[str, ...], unit: str, config: Config) -> Decisions:
    """What the coders decided on segments, characters or whole documents."""
    if unit == "character":
        return decisions_on_text(study, coders)
    data = decisions(coding_matrix(study, config, coders))
    return by_whole_document(data) if unit == "document" else data


def _by_document(data: Decisions, how: str) -> None:
    """The documents with most and least agreement; or a line for each document and pair of coders, codes pooled."""
    rows = [(a, b, row) for a, b in combinations(data.coders, 2) for row in agreement_by_document(data, a, b)]
    if how == "json":
        show([{"first": a, "second": b} | asdict(row) for a, b, row in rows], True)
        return
    if not how:
        several = len(data.coders) > 2
        known = sorted((r.kappa, r.document + (f" ({a}, {b})" if several else "")) for a, b, r in rows if r.kappa is not None)
        best, worst = ends([f"{name} {apa(value)}" for value, name in reversed(known)])
        said = f"Kappa of two coders could be computed in {len(known):,} of {counted(len(rows), 'document')}."
        print(Answer(said, best=best, worst=worst, of="kappa", heads=("Highest", "Lowest")).fit())
        return
    heads = ("Document", "coders", "units", "coded", "kappa", "influence")
    shown = [
        (r.document, f"{a}, {b}", f"{r.units:,}", f"{r.uses:,}", apa(r.kappa), apa(r.influence, plus=True)) for a, b, r in rows
    ]
    print(f"{aligned(heads, shown)}\n\nInfluence: kappa over all documents minus kappa without this one.")


def _by_variable(compared: Comparison, variable: str, how: str) -> None:
    """A line or a report for each group of participants."""
    study, data, options = compared.study, compared.data, compared.report.options
    groups = groups_by(study, variable, ("code", "theme", "document"))
    reports = {group or "not given": agree_on(part, options) for group, part in by_group(data, groups).items()}
    if how == "json":
        show({group: r.to_json() for group, r in reports.items()}, True)
        return
    for group, report in reports.items():
        print(f"== {variable}: {group}")
        print(report if how else agreed(report).verdict)


def evaluate(
    study: StudyPath,
    coders: Coders = None,
    coefficient: Coefficient = "",
    interval: Interval = "",
    config: ConfigPath = None,
    segments: Segments = "",
    to: Annotated[
        Path | None,
        out("The comparison", *COMPARISONS, more="A .csv file holds every held-out prediction."),
    ] = None,
    overwrite: Overwrite = False,
    kind: Kind = "",
    effort: EffortLevel = "",
    minutes: Minutes = None,
    engine: Engine = "local",
    workers: Workers = None,
    everything: Everything = False,
    as_json: Json = False,
    alone: Independent = False,
    leaks: Annotated[
        bool,
        typer.Option("--check-leaks", help="Only check that nothing leaks: that the machine never sees what it is tested on."),
    ] = False,
) -> Answer:
    """Compare the machine with the human coders, on documents it has not seen."""
    chosen = settings(config, segments).with_agreement(coefficient, interval)
    found = _chosen(study, kind, alone)
    humans = each_once(study, found, listed(coders))
    if leaks:
        with learning_on(engine, workers), working("Looking for leaks: three times over all documents") as progress:
            checked = check_leaks(blank_model(with_effort(chosen, effort, minutes)), found, humans, progress)
        show(checked, as_json)
        raise typer.Exit(0 if checked.passed else 1)
    blank = blank_model(with_effort(chosen, effort, minutes))
    with learning_on(engine, workers), working("Judging each document without having seen it") as progress:
        held = hold_out(blank, found, humans, progress)
    if note := size_note(len(held.matrix.segments), blank.encoder):
        tell(note)
    report, groups = compare(held, chosen.agreement), bias(held)
    data = decisions(held.with_machine)
    if to and to.suffix == ".csv":
        write_held_out(to, held)
    elif to:
        extra = {"Held out": held_out_table(held)}
        write_comparison(to, Comparison(report, found, data, held.with_machine, summary(data, report.options), more=extra))
    second, load = opinions(data, report.options), held.workload
    answer = judged(report, first_choices(held, found.codebook), load.sentences[:1])
    if as_json:
        more = {"groups": groups.to_json(), "second_opinions": [o.to_json() for o in second], "answer": answer.to_json()}
        show(report.to_json() | more | {"workload": load.to_json()}, True)
    elif not everything:
        print(answer.fit())
    else:
        print("\n\n".join([str(report), str(groups), *load.sentences]))
        _print_opinions(second)
        written, _ = ledger_of(study)
        shown = bool(accepted(written) & frozenset(found.codings))
        people = {d.id: who for d in found.documents if (who := participant_of(d))}
        hidden = False if shown else (alone and bool(written)) or None
        print("\nThe verdict holds under these conditions:")
        for condition in conditions(report, Record(True, suggestions_hidden=hidden, participants=people)):
            print(fill(str(condition), WIDTH, initial_indent="  ", subsequent_indent="    "))
    further(everything or as_json, to, "held-out.xlsx")
    trained = (MODELS / study.resolve().name).is_dir()
    tell(f"Next: autocode report {study} --out dossier" if trained else f"Next: autocode train {study}")
    return answer


def frequencies(
    study: StudyPath,
    random: Annotated[
        bool, typer.Option("--random/--chosen", help="Were the human-coded documents drawn at random, or chosen?")
    ],
    coder: Annotated[
        str,
        typer.Option(
            "--coder", "--coders", metavar="NAME", help="Whose codings correct the machine; the agreed ones by default."
        ),
    ] = "",
    drawn: Annotated[
        str,
        typer.Option(help="What was drawn: documents or units (segments).", callback=one_of("--drawn", ("documents", "units"))),
    ] = "documents",
    by: Annotated[
        str, typer.Option(metavar="WHAT", help="A row for each code or theme.", callback=one_of("--by", ("code", "theme")))
    ] = "code",
    of: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="Shares of segments, or of documents that have the code at all: segments or documents.",
            callback=one_of("--of", ("segments", "documents")),
        ),
    ] = "segments",
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Code frequencies over a large batch, the machine's errors corrected by the human-coded part."""
    found = read(study)
    named = [coder] if coder else [found.agreed] if found.agreed else None
    human = found.choose(each_once(study, found, named))[0]
    with working("Judging every document") as progress:
        batch = batch_of(blank_model(settings(config)), found, human, progress)
    batch = batch_by_theme(batch) if by == "theme" else batch
    rows = (corrected_document_frequencies if of == "documents" else corrected_frequencies)(batch, Design(random, drawn))
    if as_json:
        show([row.to_json() for row in rows], True)
        return
    _print_frequencies(rows, f"{by.capitalize()}, share of {of}")
    tell(f"Corrected with what '{human}' coded; report the corrected column, never the raw one.")


def _print_frequencies(rows: list[Frequency], title: str) -> None:
    """Raw, corrected with interval, humans alone; the two other estimators where they are safe."""
    heads = (title, "machine", "raw %", "corrected %", "95% CI", "humans %", "PPI++ %", "diff. %")
    cells = []
    for row in rows:
        e = row.corrected
        ends = "" if e.low is None or e.high is None else f"[{100 * e.low:.1f}, {100 * e.high:.1f}]"
        others = (_percent(row.humans), _percent(row.ppi_plus), _percent(row.difference))
        cells.append((row.code, f"{row.raw:,}", _percent(row.raw_share), _percent(e), ends, *others))
    print(aligned(heads, cells))


def _percent(estimate: Estimate | None) -> str:
    return "-" if estimate is None or estimate.value is None else f"{100 * estimate.value:.1f}"


def _print_opinions(found: list[Opinion]) -> None:
    """What two other methods say of the machine."""
    for opinion in found:
        print(f"\nSecond opinions on {opinion.machine}:")
        for line in opinion.lines():
            print(fill(line, WIDTH, initial_indent="  ", subsequent_indent="    "))
