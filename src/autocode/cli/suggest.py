"""The verbs that put a model to work: suggest, next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer

from autocode.cli.answers import print_lines, suggested
from autocode.cli.options import (
    OUTPUT,
    STUDIES,
    AlignmentPath,
    Coders,
    ConfigPath,
    Engine,
    Json,
    ModelOption,
    ModelPath,
    Overwrite,
    Sources,
    StudyPath,
    Workers,
    listed,
    out,
    refuse,
    settings,
)
from autocode.cli.shell import blank_model, each_once, show, tell, working
from autocode.desk.jobs import FOLDER, SECOND_CODER
from autocode.dossier.html import Outlook, suggestions_html
from autocode.errors import StudyError, counted
from autocode.evaluate import hold_out
from autocode.evaluate.double_coding import draw, write_drawn
from autocode.formats import read, read_all
from autocode.formats.datasets.stream import is_stream, stream_documents
from autocode.formats.datasets.suggestions import write_suggestions
from autocode.formats.files import write_atomic
from autocode.formats.overview import Overview
from autocode.formats.receipt import ReadOptions
from autocode.formats.tables.participants import pooled
from autocode.model import CodingModel
from autocode.model.alignment import read_alignment, translated
from autocode.model.batch import Job, suggest_all
from autocode.model.card import why_silent
from autocode.model.curve import Curve, curve_of
from autocode.model.next import RARE, next_to_code
from autocode.model.precedents import Unlike
from autocode.model.saved import remembered_of
from autocode.store import STORE
from autocode.study import Document, Study, Suggestion, Turn

_NO_PROMISE = "no code has enough evidence yet to be suggested outright"
_NOT_HERE = "a code is suggested outright only where enough of its suggestions are known to be right"
STREAMED = (".csv", ".jsonl", ".parquet")
"""Forms that are written part after part."""


def suggest(
    model: ModelPath,
    sources: Sources,
    to: Annotated[Path, out("Suggestions", ".html", ".csv", ".xlsx", ".jsonl", ".parquet")],
    everything: Annotated[
        bool, typer.Option("--all", help="Write every segment and code, suggested or not.", rich_help_panel=OUTPUT)
    ] = False,
    plain: Annotated[
        bool, typer.Option(help="Write a .csv file for programs: without what a spreadsheet needs.", rich_help_panel=OUTPUT)
    ] = False,
    engine: Engine = "local",
    workers: Workers = None,
    alignment: AlignmentPath = None,
    overwrite: Overwrite = False,
) -> None:
    """Suggest codes for new transcripts, each with similar coded segments as evidence.

    A large table is read document by document; a run that was stopped goes on where it was.
    """
    refuse(plain and to.suffix != ".csv", "--plain", f"it is for .csv, and {to} is none")
    refuse(workers if engine != "ray" else None, "--workers", "it goes with --engine ray")
    refuse(engine == "ray" and to.suffix not in STREAMED, "--engine ray", f"it writes {', '.join(STREAMED)}")
    refuse(engine == "ray" and alignment, "--alignment", "with --engine ray it is not read")
    job = Job(model, to, everything, plain)
    streamed = to.suffix in STREAMED and len(sources) == 1 and is_stream(sources[0], 1 if engine == "ray" else None)
    if alignment:
        _carried_over(job, sources, alignment)
    elif streamed or engine == "ray":
        _in_parts(job, sources, streamed, (workers or 2) if engine == "ray" else 0)
    else:
        _at_once(job, sources)


def _in_parts(job: Job, sources: list[Path], streamed: bool, workers: int) -> None:
    with working("Reading the transcripts") as progress:
        documents = stream_documents(sources[0]) if streamed else iter(_new(job, sources).documents)
        found = suggest_all(job, documents, workers, progress)
    if found.ready:
        tell(f"{found.ready} of {found.parts} parts were ready from a run that was stopped.")
    tell(
        f"{job.out}: {counted(found.suggested, 'code')} suggested, {counted(found.asked, 'place')} to look at, "
        f"in {counted(found.documents, 'document')}."
    )
    if not found.suggested:
        tell(f"{_NOT_HERE.capitalize()}; here that is nowhere.")


def _new(job: Job, sources: list[Path]) -> Study:
    """New transcripts as the model's own were read: speakers by the same examples, whoever asks in one asks in all."""
    shapes, asking = remembered_of(job.model)
    new, receipts = read_all(sources, ReadOptions(shapes=shapes))
    known = Document("", "", turns=tuple(Turn(0, 0, name) for name in asking), interviewers=tuple(asking))
    new = replace(new, documents=pooled(new.documents, [known]))
    if not all((source / STORE).is_file() for source in sources):
        for line in Overview.of(new, receipts).head(0)[1:]:
            tell(line)
    return new


def _at_once(job: Job, sources: list[Path]) -> None:
    new = _new(job, sources)
    loaded = CodingModel.load(job.model)
    if loaded.precision_note:
        tell(loaded.precision_note)
    with working("Reading the transcripts") as progress:
        found, strange = loaded.read(new, job.everything, progress, why=job.out.suffix in (".html", ".jsonl"))
    _write(job, (found, strange), new, loaded)
    reason = _NOT_HERE if loaded.licences.suggesting else _NO_PROMISE
    tell(suggested(found, [d.id for d in new.documents], str(job.out), reason, _notes(loaded, strange)).fit())
    if changed := loaded.changes(new):
        tell(f"The codebook has changed since this model was trained; train it again.\n{changed}")
    tell(f"Next: {_next(job, sources, loaded)}")


def _notes(model: CodingModel, strange: Unlike) -> list[str]:
    """What else to know of suggestions: segments unlike anything coded, and codes without enough evidence."""
    notes = []
    if strange.segments:
        new = f"possible new codes: {len(strange.possible):,}" if strange.possible else "no possible new code among them"
        notes.append(f"Unlike anything coded: {counted(len(strange.segments), 'segment')}; {new}.")
    if model.silent:
        notes.append(f"{counted(len(model.silent), 'code')} not suggested ({why_silent(model.silent.values())}).")
    return notes


def _next(job: Job, sources: list[Path], model: CodingModel) -> str:
    """The command by which a human decides on what was suggested."""
    if len(sources) == 1 and (sources[0] / STORE).is_file():
        return f"autocode review {sources[0]} --model {job.model}"
    name = (model.provenance or {}).get("study", {}).get("name", "")
    known = next((p.parent for p in sorted(STUDIES.glob(f"*/{STORE}")) if p.parent.name in (name, job.model.name)), None)
    files = " ".join(map(str, sources))
    study = known or "corpora/NAME"
    return f"autocode import {files} --study {study}, then autocode review {study} --model {job.model}"


def _carried_over(job: Job, sources: list[Path], alignment: Path) -> None:
    new = _new(job, sources)
    loaded = CodingModel.load(job.model)
    with working("Reading the transcripts") as progress:
        found, strange = loaded.read(Study(new.documents), job.everything, progress)
    said, note = _translated(loaded, found, new, alignment)
    _write(job, (said, strange), new, loaded)
    tell(f"{job.out}: {counted(sum(s.band == 'ask' for s in said), 'place')} to look at.")
    tell(note)


def _translated(model: CodingModel, said: list[Suggestion], new: Study, path: Path) -> tuple[list[Suggestion], str]:
    """Suggestions of a model made for another codebook, in the codes of the new one, and a line that says so."""
    name = (model.provenance or {}).get("study", {}).get("name", "")
    found = read_alignment(path)
    found.check(name, new.codebook, model.codebook)
    pairs = found.taken(name)
    return list(translated(said, pairs, name)), (
        f"Transfer: the model was made for '{name}' and never checked in this study, so its "
        f"{counted(len(pairs), 'aligned code')} can only be asked about."
    )


def _write(job: Job, said: tuple[list[Suggestion], Unlike], new: Study, model: CodingModel) -> None:
    found, strange = said
    if job.out.suffix == ".html":
        notice = (model.provenance or {})["study"]["notice"]
        write_atomic(job.out, suggestions_html(found, new.by_id, notice, strange))
    else:
        write_suggestions(job.out, found, new.by_id, job.plain, strange.segments)


def next_(
    study: StudyPath,
    model: ModelOption = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many to list.")] = 10,
    by: Annotated[
        Literal["document", "segment"],
        typer.Option(metavar="WHAT", help="List whole documents, or single segments: document or segment."),
    ] = "document",
    ahead: Annotated[
        int | None, typer.Option(min=1, help="How many interviews to look ahead on the learning curve.", show_default="5")
    ] = None,
    curve: Annotated[
        bool,
        typer.Option(
            "--curve/--no-curve", help="Learn from growing parts of the study, to see what more coding brings (slower)."
        ),
    ] = True,
    second: Annotated[
        bool,
        typer.Option(
            "--second-coder", help="Draw passages that a second coder should code too, on the desk or by --out FILE.csv."
        ),
    ] = False,
    units: Annotated[
        int | None, typer.Option(min=1, help="How many passages a second coder gets.", show_default="a quarter")
    ] = None,
    to: Annotated[Path | None, out("The outlook, or what a second coder should read,", ".html", ".csv")] = None,
    coders: Coders = None,
    config: ConfigPath = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Say what to code next and why, what codes may be missing, and what agreement to expect then."""
    refuse(None if second else units, "--units", "it goes with --second-coder")
    if second or (to and to.suffix == ".csv"):
        refuse(None if second else to, "--out", "a .csv holds what a second coder should read: add --second-coder")
        refuse(model, "--model", "the draw rests on held-out predictions, which are made anew")
        known = study / FOLDER / SECOND_CODER if (study / STORE).is_file() else Path("second.csv")
        _draw_second(study, units, coders, config, to or known)
        return
    if model:
        for option, given in (("--coders", coders), ("--config", config)):
            refuse(given, option, "the model is learnt already; without --model one is learnt from the study")
    refuse(None if curve else ahead, "--ahead", "it looks ahead on the learning curve, and --no-curve leaves that out")
    found = read(study)
    learnt = CodingModel.load(model) if model else _learnt(found, each_once(study, found, listed(coders)), config)
    with working("Reading what is open") as progress:
        picks = next_to_code(learnt, found, n, by == "document", progress)
    curves = _curve(found, learnt, ahead or 5) if curve else None
    open_ = Study(tuple(d for d in found.documents if d.id not in learnt.met), found.codebook)
    rare = sum(row.segments < RARE for row in learnt.licences.rows)
    outlook = Outlook(tuple(picks), curves, learnt.unlike(open_), found.by_id, found.notice, rare)
    if as_json:
        show(outlook, as_json)
    else:
        print_lines(str(outlook).splitlines())
    if to:
        write_atomic(to, outlook.html())
    tell(
        f"Next: autocode review {study} --model {model or 'MODEL'}"
        if picks
        else f"Next: autocode import NEW_TRANSCRIPTS --study {study}"
    )


def _learnt(study: Study, coders: list[str] | None, config: Path | None) -> CodingModel:
    blank = blank_model(settings(config))
    with working("Learning") as progress:
        return blank.fit(study, coders, progress)


def _curve(study: Study, model: CodingModel, ahead: int) -> Curve:
    with working("Learning on growing parts of the study") as progress:
        return curve_of(model, study, ahead, progress)


def _draw_second(study: Path, units: int | None, coders: list[str] | None, config: Path | None, to: Path) -> None:
    """Choose what the second coder reads, and write it: the work of `next --second-coder`."""
    if to.suffix != ".csv":
        raise StudyError(f"--out {to}", "what a second coder should read is written as .csv", "Choose such a name.")
    found = read(study)
    humans = each_once(study, found, None, listed(coders))
    with working("Judging each document without having seen it") as progress:
        held = hold_out(blank_model(settings(config)), found, humans, progress)
    made = draw(held.matrix, np.asarray(held.held.P, np.float64), units or max(1, int(held.matrix.seen.sum(1).max()) // 4))
    write_drawn(to, found, made)
    tell(f"Written: {to}, {counted(len(made.rows), 'passage')} for a second coder, in the order of the documents.")
    if to == study / FOLDER / SECOND_CODER:
        tell("On the desk a second coder who logs in in blind mode is led through them; or give away the file.")
    tell(f"When they are coded: autocode plan {study} --drawn {to}")
