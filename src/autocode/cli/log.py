"""The receipts of a study as a person reads them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

import typer

from autocode.cli.shell import Coders, ConfigPath, Json, StudyPath, blank_model, listed, settings, show, tell, working
from autocode.dossier.html import Outlook
from autocode.errors import InputError
from autocode.formats import read
from autocode.formats.files import write_atomic
from autocode.formats.receipt import Receipt
from autocode.model.coding_model import CodingModel
from autocode.model.curve import Curve, curve_of
from autocode.model.next import next_to_code
from autocode.store import STORE, receipts
from autocode.store.records import ReceiptRow
from autocode.study import Study


@dataclass(frozen=True, slots=True)
class Log:
    """All receipts of a study, the first import first."""

    entries: tuple[ReceiptRow, ...]

    @classmethod
    def of(cls, study: Path) -> Log:
        """The receipts kept in a study's folder.

        Raises:
            StoreError: There is no study, or its file is damaged.
        """
        return cls(receipts(study / STORE))

    def __str__(self) -> str:
        """One heading an import, then its receipts."""
        if not self.entries:
            return "No import of this study has left a receipt."
        lines = []
        for at, entries in groupby(self.entries, key=lambda entry: entry.at):
            lines.append(f"== imported {at}")
            lines += [str(Receipt(e.source, e.what, e.kept, e.skipped, e.notes)) for e in entries]
        return "\n".join(lines)

    def to_json(self) -> list[dict[str, object]]:
        """JSON-ready list; memos of codings set aside stay in the study's file."""
        told = []
        for entry in self.entries:
            aside = [{k: getattr(c, k) for k in ("document", "start", "end", "code", "coder")} for c in entry.aside]
            told.append({**asdict(entry), "aside": aside})
        return told


def next_(
    study: StudyPath,
    model: Annotated[Path | None, typer.Option(help="A trained model's folder; else one is learnt from the study.")] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many to name.")] = 10,
    by: Annotated[Literal["document", "segment"], typer.Option(help="Whole transcripts, or single segments.")] = "document",
    ahead: Annotated[int, typer.Option(min=1, help="Interviews to look ahead on the learning curve.")] = 5,
    curve: Annotated[bool, typer.Option("--curve/--no-curve", help="Learn on growing parts of the study: slower.")] = True,
    out: Annotated[Path | None, typer.Option(help="Write it as a page too (.html).")] = None,
    coders: Coders = "",
    config: ConfigPath = None,
    as_json: Json = False,
) -> None:
    """Say what to code next and why, what codes may be missing, and what agreement to expect then."""
    if out and out.suffix != ".html":
        raise InputError(str(out), "the outlook is written as .html", "Choose such a name.")
    found = read(study)
    learnt = CodingModel.load(model) if model else _learnt(found, coders, config)
    with working("Reading what is open") as progress:
        picks = next_to_code(learnt, found, n, by == "document", progress)
    curves = _curve(found, learnt, ahead) if curve else None
    outlook = Outlook(tuple(picks), curves, learnt.unlike(_untouched(found, learnt)), found.by_id, found.notice)
    show(outlook, as_json)
    if out:
        write_atomic(out, outlook.html())
    tell(
        f"Next: autocode review {study} --model {model or 'MODEL'}"
        if picks
        else f"Next: autocode import NEW_TRANSCRIPTS --study {study}"
    )


def _learnt(study: Study, coders: str, config: Path | None) -> CodingModel:
    blank = blank_model(settings(config))
    with working("Learning") as progress:
        return blank.fit(study, listed(coders), progress)


def _curve(study: Study, model: CodingModel, ahead: int) -> Curve:
    with working("Learning on growing parts of the study") as progress:
        return curve_of(model, study, ahead, progress)


def _untouched(study: Study, model: CodingModel) -> Study:
    """The documents that the model has not learnt from."""
    met = model.met
    return Study(tuple(d for d in study.documents if d.id not in met), study.codebook)
