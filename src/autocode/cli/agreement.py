"""The verbs that measure agreement: agree, evaluate, frequencies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from autocode.agreement import (
    AgreementReport,
    Decisions,
    Design,
    Record,
    agree_on,
    agreement_by_document,
    by_group,
    by_theme,
    by_whole_document,
    conditions,
    corrected_frequencies,
    decisions,
    decisions_on_text,
)  # fmt: skip
from autocode.audit import accepted
from autocode.audit.independence import independent
from autocode.cli.shell import (
    Coders,
    ConfigPath,
    Independent,
    Json,
    Kind,
    Segments,
    StudyPath,
    blank_model,
    ledger_of,
    listed,
    settings,
    show,
    tell,
    working,
)
from autocode.config import Config
from autocode.errors import ConfigError, StudyError
from autocode.evaluate import batch_of, compare, hold_out, write_held_out
from autocode.formats import read
from autocode.matrix import coding_matrix
from autocode.report.comparison import Comparison, write_comparison
from autocode.study import Study


def agree(
    study: StudyPath,
    coders: Coders = "",
    unit: Annotated[str, typer.Option(help="Compare on: segment, character, document.")] = "segment",
    overlap: Annotated[str, typer.Option(help="When a coding counts for a segment: any, half, or a percentage.")] = "",
    by: Annotated[str, typer.Option(help="A table per: code, theme, document, or a variable of the participants.")] = "code",
    config: ConfigPath = None,
    segments: Segments = "",
    out: Annotated[Path | None, typer.Option(help="Write it all to .xlsx, .csv or .html.")] = None,
    kind: Kind = "",
    as_json: Json = False,
    alone: Independent = False,
) -> None:
    """Measure how far the coders agree, per code and pooled."""
    found, chosen = _chosen(study, kind, alone), settings(config, segments, overlap)
    data = _decisions(found, found.choose(listed(coders)), unit, chosen)
    if out:
        matrix = coding_matrix(found, chosen, data.coders) if unit == "segment" else None
        write_comparison(out, Comparison(agree_on(data), found, matrix))
    if by in ("code", "theme"):
        show(agree_on(by_theme(data) if by == "theme" else data), as_json)
    elif by == "document":
        _by_document(data)
    else:
        _by_variable(found, data, by, as_json)
    tell(f"Next: autocode train {study} --out models/{study.name}")


def _chosen(study: Path, kind: str, alone: bool) -> Study:
    """The study, or of a kind, or what was coded without suggestions."""
    found = read(study)
    if alone:
        found = independent(found, ledger_of(study)[0])
    return found.of_kind(kind)


def _decisions(study: Study, coders: tuple[str, ...], unit: str, config: Config) -> Decisions:
    """What the coders decided on segments, characters or whole documents.

    Raises:
        ConfigError: There is no such unit.
    """
    if unit == "character":
        return decisions_on_text(study, coders)
    if unit not in ("segment", "document"):
        raise ConfigError(f"unit '{unit}'", "coders are compared on segment, character or document", "Choose one of these.")
    data = decisions(coding_matrix(study, config, coders))
    return by_whole_document(data) if unit == "document" else data


def _by_document(data: Decisions) -> None:
    """One line for each document and pair of coders, codes pooled."""
    agree_on(data)  # says at once where nothing can be compared
    print(f"{'Document':<24}{'Coders':<28}{'units':>7}{'coded':>7}{'kappa':>8}{'influence':>11}")
    for i, first in enumerate(data.coders):
        for second in data.coders[i + 1 :]:
            for row in agreement_by_document(data, first, second):
                numbers = "".join(f"{'-' if v is None else f'{v:.2f}':>{w}}" for v, w in ((row.kappa, 8), (row.influence, 11)))
                print(f"{row.document[:23]:<24}{first + ', ' + second:<28}{row.units:>7}{row.uses:>7}{numbers}")
    print("\nInfluence: kappa over all documents minus kappa without this one.")


def _by_variable(study: Study, data: Decisions, variable: str, as_json: bool) -> None:
    """One report for each group of participants."""
    known = sorted({name for d in study.documents for name in d.variables})
    if variable not in known:
        raise StudyError(
            f"--by {variable}", f"the participants' variables are {', '.join(known) or 'none'}",
            "Choose code, theme, document or one of these.")  # fmt: skip
    groups = {d.id: d.variables.get(variable, "") for d in study.documents}
    for group, part in by_group(data, groups).items():
        print(f"== {variable}: {group or 'not given'}")
        show(agree_on(part), as_json)


def evaluate(
    study: StudyPath,
    coders: Coders = "",
    config: ConfigPath = None,
    segments: Segments = "",
    out: Annotated[Path | None, typer.Option(help="Write every held-out prediction here (.csv).")] = None,
    kind: Kind = "",
    as_json: Json = False,
    alone: Independent = False,
) -> None:
    """Compare the machine with the human coders, on documents it has not seen."""
    found = _chosen(study, kind, alone)
    with working("Judging each document without having seen it") as progress:
        held = hold_out(blank_model(settings(config, segments)), found, listed(coders), progress)
    if out:
        write_held_out(out, held)
    report = compare(held)
    show(report, as_json)
    if not as_json:
        written, _ = ledger_of(study)
        shown = bool(accepted(written) & frozenset(found.codings))
        _print_conditions(report, Record(unseen=True, suggestions_hidden=False if shown else (alone and bool(written)) or None))
    tell(f"Next: autocode report {study} --out report.html")


def frequencies(
    study: StudyPath,
    random: Annotated[bool, typer.Option("--random/--chosen", help="Were the human-coded documents drawn at random?")],
    coder: Annotated[str, typer.Option(help="Whose coding corrects the machine; the agreed one by default.")] = "",
    drawn: Annotated[str, typer.Option(help="What was drawn: documents or units.")] = "documents",
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Code frequencies over a large batch, the machine's errors corrected by the human-coded part."""
    found = read(study)
    human = found.choose([coder] if coder else [found.agreed] if found.agreed else None)[0]
    with working("Judging every document") as progress:
        batch = batch_of(blank_model(settings(config)), found, human, progress)
    rows = corrected_frequencies(batch, Design(random, drawn))
    if as_json:
        print(json.dumps([row.to_json() for row in rows], ensure_ascii=False, indent=2))
        return
    print(f"{'Code':<52}{'machine':>9}{'raw %':>8}{'corrected %':>13}{'95 % interval':>18}")
    for row in rows:
        e = row.corrected
        shown = "-" if e.value is None else f"{100 * e.value:.1f}"
        span = "" if e.low is None or e.high is None else f"{100 * e.low:.1f} to {100 * e.high:.1f}"
        print(f"{row.code[:51]:<52}{row.raw:>9,}{100 * (row.raw_share.value or 0):>8.1f}{shown:>13}{span:>18}")
    tell(f"Corrected with what '{human}' coded; report the corrected column, never the raw one.")


def _print_conditions(report: AgreementReport, record: Record) -> None:
    """What the verdict rests on, as far as the record goes."""
    print("\nThe verdict holds under these conditions:")
    for condition in conditions(report, record):
        print(f"  {condition}")
