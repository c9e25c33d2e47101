"""The verb `suggest` of the command line: for one interview, or for very many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autocode.cli.shell import Sources, tell, working
from autocode.cli.train import AlignmentPath, carried_over
from autocode.dossier.html import suggestions_html
from autocode.errors import InputError
from autocode.formats import read_all
from autocode.formats.datasets.stream import is_stream, stream_documents
from autocode.formats.datasets.suggestions import write_suggestions
from autocode.formats.files import write_atomic
from autocode.model.batch import ENGINES, Job, suggest_all
from autocode.model.coding_model import CodingModel
from autocode.model.precedents import Unlike
from autocode.study import Study, Suggestion

_NO_PROMISE = "No code has the evidence yet for the promise of the band suggest: see the model's README.md for what it takes."
_NOT_HERE = "A code is suggested only where its promise of precision holds, here nowhere: see the model's README.md."
_ENDINGS = (".csv", ".jsonl", ".html", ".parquet")


def suggest(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The model's folder.")],
    sources: Sources,
    out: Annotated[Path, typer.Option(help="Where to: .csv, .jsonl, .parquet or .html.")],
    everything: Annotated[bool, typer.Option("--all", help="Every unit and code, suggested or not.")] = False,
    plain: Annotated[bool, typer.Option(help="CSV for programs: no byte order mark, no guard.")] = False,
    engine: Annotated[str, typer.Option(help="Who works: local, or ray for many processes or computers.")] = "local",
    workers: Annotated[int, typer.Option(min=1, help="Processes on Ray.")] = 2,
    alignment: AlignmentPath = None,
) -> None:
    """Suggest codes for new transcripts, each with the coded segments that speak for it.

    A large table is read document by document; a run that was stopped goes on where it was.
    """
    if out.suffix not in _ENDINGS:
        raise InputError(str(out), f"suggestions are written as {', '.join(_ENDINGS)}", "Choose one of these.")
    if engine not in ENGINES:
        raise InputError(f"engine '{engine}'", "there is no such engine", f"Known: {', '.join(ENGINES)}.")
    job = Job(model, out, everything, plain)
    streamed = out.suffix != ".html" and len(sources) == 1 and is_stream(sources[0], 1 if engine == "ray" else None)
    if alignment:
        _carried_over(job, sources, alignment)
    elif streamed or engine == "ray":
        _in_parts(job, sources, streamed, workers if engine == "ray" else 0)
    else:
        _at_once(job, sources)


def _in_parts(job: Job, sources: list[Path], streamed: bool, workers: int) -> None:
    with working("Reading the transcripts") as progress:
        documents = stream_documents(sources[0]) if streamed else iter(read_all(sources)[0].documents)
        found = suggest_all(job, documents, workers, progress)
    if found.ready:
        tell(f"{found.ready} of {found.parts} parts were ready from a run that was stopped.")
    tell(f"{job.out}: {found.suggested:,} codes suggested, {found.asked:,} to look at, in {found.documents:,} documents.")
    if not found.suggested:
        tell(_NOT_HERE)


def _at_once(job: Job, sources: list[Path]) -> None:
    new, _ = read_all(sources)
    loaded = CodingModel.load(job.model)
    if loaded.precision_note:
        tell(loaded.precision_note)
    with working("Reading the transcripts") as progress:
        found, strange = loaded.read(new, job.everything, progress)
    _write(job, (found, strange), new, loaded)
    likely = sum(s.suggested for s in found)
    asked = sum(s.band == "ask" for s in found)
    given = sum(s.band == "ask" and s.coded for s in found)
    tell(
        f"{job.out}: {likely:,} codes suggested, {asked:,} to look at (of these the model itself would give {given:,}), "
        f"{len(loaded.silent)} codes silent by evidence."
    )
    if strange.segments:
        tell(f"Unlike anything coded: {len(strange.segments):,} segments; possible new codes: {len(strange.possible)}.")
    if changed := loaded.changes(new):
        tell(f"The codebook has changed since this model was trained; train it again.\n{changed}")
    if not likely:
        tell(_NOT_HERE if loaded.licences.suggesting else _NO_PROMISE)


def _carried_over(job: Job, sources: list[Path], alignment: Path) -> None:
    new, _ = read_all(sources)
    loaded = CodingModel.load(job.model)
    with working("Reading the transcripts") as progress:
        found, strange = loaded.read(Study(new.documents), job.everything, progress)
    said, note = carried_over(loaded, found, new, alignment)
    _write(job, (said, strange), new, loaded)
    tell(f"{job.out}: {sum(s.band == 'ask' for s in said):,} codes to look at.")
    tell(note)


def _write(job: Job, said: tuple[list[Suggestion], Unlike], new: Study, model: CodingModel) -> None:
    found, strange = said
    if job.out.suffix == ".html":
        notice = (model.provenance or {})["study"]["notice"]
        write_atomic(job.out, suggestions_html(found, new.by_id, notice, strange))
    else:
        write_suggestions(job.out, found, new.by_id, job.plain, strange.segments)
