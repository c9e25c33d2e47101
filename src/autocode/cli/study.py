"""The verbs that show a study, name it and give it back: describe, rename, export, report; `members` for letters."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict, dataclass, replace
from itertools import combinations, groupby
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from autocode.agreement import agree as compare_coders
from autocode.cli.answers import described
from autocode.cli.options import (
    ConfigPath,
    Everything,
    Json,
    Kind,
    ModelOption,
    Overwrite,
    StudyPath,
    known_source,
    known_study,
    listed,
    one_of,
    out,
    refuse,
    settings,
)
from autocode.cli.shell import blank_model, further, ledger_of, mind_places, record_of, show, tell, working
from autocode.config import Config
from autocode.dossier import FORMS, QUESTIONS_FILE, SIZES, study_html, write_dossier
from autocode.dossier.blocks import Table, View
from autocode.dossier.comparison import PICTURES, TABLES, write_tables
from autocode.dossier.counts import frequency_table, map_figure
from autocode.dossier.findings import Checked, Findings, Trail
from autocode.dossier.record import NAME, unanswered
from autocode.dossier.tables import Description, coverage, shared
from autocode.encode.languages import languages
from autocode.errors import InputError, StudyError, counted, did_you_mean
from autocode.ethics.answers import ANSWERED, Kept, load_answers, read_answers, save_answers, take
from autocode.ethics.letters import write_letters
from autocode.evaluate import compare, hold_out, stands
from autocode.evaluate.second_look import second_look
from autocode.formats import WRITERS, read, read_all, write
from autocode.formats.files import write_atomic
from autocode.formats.overview import Overview, accounts
from autocode.formats.receipt import Receipt, WriteOptions, doubts
from autocode.formats.tables.participants import agreement_options
from autocode.model import CodingModel
from autocode.store import STORE, load, receipts, update
from autocode.store.backups import backup as keep_copy
from autocode.store.records import ReceiptRow
from autocode.study import BANDS, Study, Suggestion
from autocode.study.matrix import coding_matrix
from autocode.trail import accepted, standing, verify


@dataclass(frozen=True, slots=True)
class Log:
    """All receipts of a study, the first import first, and what is in it now."""

    entries: tuple[ReceiptRow, ...]
    overview: Overview

    @classmethod
    def of(cls, study: Path) -> Log:
        """The receipts kept in a study's folder.

        Raises:
            StoreError: There is no study, or its file is damaged.
        """
        return cls(receipts(study / STORE), Overview.of(load(study / STORE), ()))

    def __str__(self) -> str:
        """What is in the study, every document in a line; then one heading an import, and its receipts."""
        if not self.entries:
            return "No import of this study has left a receipt."
        lines = self.overview.head(len(self.overview.documents))
        for at, entries in groupby(self.entries, key=lambda entry: entry.at):
            lines.append(f"== imported {at}")
            told = (Receipt(e.source, e.what, e.kept, e.skipped, e.notes) for e in entries)
            lines += accounts(told, self.overview.themes > 0)
        return "\n".join(lines)

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping; memos of codings set aside stay in the study's file."""
        told = []
        for entry in self.entries:
            aside = [{k: getattr(c, k) for k in ("document", "start", "end", "code", "coder")} for c in entry.aside]
            told.append({**asdict(entry), "doubts": doubts(entry.notes), "aside": aside, "waiting": len(entry.waiting)})
        return {**self.overview.to_json(), "receipts": told}


def describe(
    study: StudyPath,
    as_json: Json = False,
    kind: Kind = "",
    shown: Annotated[bool, typer.Option("--receipts", help="Say what every import took over, skipped and set aside.")] = False,
    model: ModelOption = None,
    everything: Everything = False,
    to: Annotated[Path | None, out("The counts of codes and coders", *TABLES, *PICTURES)] = None,
    overwrite: Overwrite = False,
) -> None:
    """Say what is in a study: documents, coders, codebook, who coded what."""
    if shown or model:
        why = "it is about the study's counts, not about --receipts or --model"
        refuse(to, "--out", why)
        refuse(everything, "--all", why)
    if shown:
        refuse(kind, "--kind", "receipts are of whole imports")
        show(Log.of(study), as_json)
        return
    found = read(study).of_kind(kind)
    if model:
        show(CodingModel.load(model).changes(found), as_json)
        return
    answer = described(found, str(languages(found.documents)))
    if as_json:
        show(Description(found).to_json() | {"answer": answer.to_json()}, True)
    else:
        print(Description(found) if everything else answer.fit())
    if to:
        view = View(found)
        rows = tuple((c.coder, c.kind, c.documents, c.codings, c.codes) for c in coverage(found))
        heads = ("Coder", "Kind", "Documents", "Codings", "Codes used")
        coders = Table("Coders", "Who coded what", heads, rows, "ttnnn")
        write_tables(to, found.name or study.name, [frequency_table(view), coders], map_figure(view), found.notice)
    further(everything or as_json, to, "counts.xlsx")
    tell(f"Next: {_next(found, study)}")


def rename(
    study: StudyPath, name: Annotated[str, typer.Argument(help="The study's new name, as reports will show it.")]
) -> None:
    """Give a study another name; its folder stays where it is."""
    if not name.strip():
        raise InputError("the new name", "it is empty", 'Write it in quotation marks: "Life after the course".')
    before = load(study / STORE).name
    update(study / STORE, lambda known: replace(known, name=" ".join(name.split())))
    tell(f"The study '{before}' is now called '{' '.join(name.split())}'. Its folder is still {study}.")


def _next(found: Study, study: Path) -> str:
    """The command that fits what a study holds."""
    if not found.documents:
        return f"autocode import TRANSCRIPTS --study {study}"
    coded = [c for c in coverage(found) if c.kind == "human" and c.codings]
    if not coded:
        return f"autocode review {study} (code by hand), or import what is coded elsewhere"
    if any(shared(found, a.coder, b.coder) for a, b in combinations(coded, 2)):
        return f"autocode agree {study}"
    if len({c.document for c in found.codings if c.coder in {who.coder for who in coded}}) > 1:
        return f"autocode train {study}"
    return f"autocode review {study} (all coding is in one document; a model needs a second one)"


def export(
    study: StudyPath,
    to: Annotated[Path, out("The study", *(e for e in WRITERS if e != ".qde"), folder="**/*")],
    model: ModelOption = None,
    original: Annotated[
        Path | None, typer.Option(help="The file from the other program (.qda, .sqlite3): write a changed copy of it.")
    ] = None,
    newlines: Annotated[str, typer.Option(metavar="WHICH", help="Line ends in a REFI-QDA project: lf or crlf.")] = "lf",
    astral: Annotated[
        str,
        typer.Option(
            metavar="HOW",
            help="How places behind emoji are counted in a REFI-QDA project: codepoints or utf16; or replace the emoji.",
        ),
    ] = "codepoints",
    mirror: Annotated[bool, typer.Option(help="Put suggested codes under a top code of their own.")] = False,
    table: Annotated[
        str, typer.Option(metavar="SHAPE", help="What a .csv or .xlsx file holds: whole, codings or maxqda.")
    ] = "whole",
    flatten: Annotated[
        str, typer.Option(metavar="SIGN", help="Write codes without a tree, their paths joined by this, such as ' > '.")
    ] = "",
    bands: Annotated[
        str, typer.Option(help="Which suggestions: suggest, ask and silent, separated by commas.", show_default="suggest,ask")
    ] = "",
    documents: Annotated[
        str, typer.Option(help="Suggestions only for these documents, separated by commas.", show_default="all that are new")
    ] = "",
    kind: Kind = "",
    overwrite: Overwrite = False,
) -> None:
    """Give a study back as a file that other tools open; with a model, its suggestions too, under a user of their own.

    Documents that the model has learnt from get no suggestions: a person has coded them.
    """
    for option, given in (("--mirror", mirror), ("--bands", bands), ("--documents", documents)):
        refuse(None if model else given, option, "it is about suggestions: name a --model")
    refuse(original if to.suffix not in (".qda", ".sqlite3") else None, "--original", "only .qda and .sqlite3 take one")
    refuse(table != "whole" and to.suffix not in (".csv", ".xlsx"), "--table", "it is about .csv and .xlsx")
    for option, changed in (("--newlines", newlines != "lf"), ("--astral", astral != "codepoints")):
        refuse(changed and to.suffix != ".qdpx", option, "it is about a REFI-QDA project (.qdpx)")
    found = read(study).of_kind(kind)
    suggestions = _suggestions(found, model, listed(documents), listed(bands) or ["suggest", "ask"]) if model else ()
    options = WriteOptions(suggestions, original, newlines, astral, mirror, flatten, table)
    write(found, to, options)
    more = [counted(len(suggestions), "suggestion")] if model else []
    codes, _ = found.codebook.sizes(c.code for c in found.codings)
    held = [counted(len(found.documents), "document"), counted(codes, "code")]
    tell(f"{to} holds {', '.join([*held, counted(len(found.codings), 'coding'), *more])}.")


def _suggestions(study: Study, model: Path, wanted: list[str] | None, bands: list[str]) -> tuple[Suggestion, ...]:
    """The model's suggestions of some bands for documents that it has not learnt from.

    Raises:
        InputError: There is no such band.
        StudyError: There is no such document, or no document is new to the model.
    """
    if unknown := [band for band in bands if band not in BANDS]:
        raise InputError(f"band '{unknown[0]}'", f"suggestions are in the bands {', '.join(BANDS)}", "Choose of these.")
    if lacking := [name for name in wanted or [] if name not in study.by_id]:
        mend = did_you_mean(lacking[0], study.by_id, "'autocode describe' lists them.")
        raise StudyError(f"document '{lacking[0]}'", "the study has none of that name", mend)
    loaded = CodingModel.load(model)
    asked = [d for d in study.documents if wanted is None or d.id in wanted]
    new = tuple(d for d in asked if d.id not in loaded.met)
    if len(new) < len(asked):
        tell(f"No suggestions for {counted(len(asked) - len(new), 'document')} that the model has learnt from.")
    if not new:
        raise StudyError("these suggestions", "the model has learnt from every document", "Import new transcripts first.")
    found = tuple(s for s in loaded.suggest(Study(new, study.codebook), everything="silent" in bands) if s.band in bands)
    if not found:
        tell(f"No suggestion for {counted(len(new), 'new document')} is in these bands: {', '.join(bands)}.")
    return found


def report(
    study: StudyPath,
    to: Annotated[Path, out("The dossier", ".html", folder="dossier*.*")],
    model: ModelOption = None,
    new: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILES", parser=known_source, help="New transcripts to suggest codes for; may be given more than once."
        ),
    ] = None,
    config: ConfigPath = None,
    machine: Annotated[bool, typer.Option(help="Compare the machine with the human coders as well.")] = True,
    only: Annotated[
        str,
        typer.Option(
            metavar="FORM",
            help="Write only one form of the dossier: html, docx, xlsx, md or tex.",
            callback=one_of("--only", FORMS),
        ),
    ] = "",
    size: Annotated[
        str,
        typer.Option(
            help="full: everything; journal: what a journal has room for, about 12 pages for 20 interviews.",
            callback=one_of("--size", SIZES),
        ),
    ] = "full",
    kind: Kind = "",
    overwrite: Overwrite = False,
) -> None:
    """Write the study's dossier: tables, figures, agreement and the pages of rigour."""
    refuse(None if model else new, "--new", "no model is named that could suggest codes for them: add --model NAME")
    refuse(only if to.suffix else "", "--only", f"{to} is one page already; name a folder")
    found, chosen = read(study).of_kind(kind), settings(config)
    findings = _with_suggestions(_findings(study, found, chosen, machine), model, new or [])
    if to.suffix:
        write_atomic(to, study_html(found, findings, size))
        tell(f"{to} is written. Open it in a browser; it needs no network.")
        return
    with working("Writing the dossier"):
        written = write_dossier(found, findings, to, (only,) if only else FORMS, size)
    tell(f"Written: {', '.join(map(str, written))}.")
    if to / QUESTIONS_FILE in written:
        open_, place = unanswered(findings.record), (study if study.is_dir() else study.parent) / NAME
        asked = f"{counted(len(open_), 'question')} only you can answer, such as: {open_[0][1]} See {to / QUESTIONS_FILE};"
        tell(f"{asked} answer in {place}, then run this again.")
    if size == "full":
        tell(f"The size of a journal article: autocode report {study} --out {to} --size journal")


def _findings(folder: Path, study: Study, config: Config, machine: bool) -> Findings:
    """The study's record, and its coders (with the machine among them) compared."""
    kept = load_answers(folder / ANSWERED) if folder.is_dir() else []
    members = [Checked(k.document, k.answer, k.corrections, len(k.comments)) for k in kept]
    record = record_of(folder)
    findings = Findings(record=record, members=members, command=" ".join(["autocode", *sys.argv[1:]]))
    findings = _with_trail(findings, folder, study)
    empty, humans = blank_model(config), record.humans(study)
    findings = replace(findings, vectors=empty.encoder.encode)
    if machine:
        identity = empty.encoder.identity
        findings = replace(findings, encoder=(identity.name, identity.sha256))
        with working("Judging each document without having seen it") as progress:
            held = hold_out(empty, study, humans, progress)
        looks = second_look(held.matrix, np.asarray(held.held.P, np.float64))
        findings = replace(findings, evaluation=compare(held, config.agreement), matrix=held.with_machine, looks=looks)
    elif len(humans) > 1:
        matrix = coding_matrix(study, config, humans)
        if (matrix.seen.sum(0) > 1).any():  # else each coder read other documents, and there is nothing to compare
            options = agreement_options(config.agreement, study.documents)
            findings = replace(findings, agreement=compare_coders(matrix, options), matrix=matrix)
    if humans and any(c.coder in humans for c in study.codings) and len({c.document for c in study.codings}) > 1:
        with working("Checking whether each finding stands") as progress:
            made = stands(record.once(study), config, None, View(study, record).group, (empty, progress) if machine else None)
        findings = replace(findings, stability=made)
    return findings


def _with_trail(findings: Findings, folder: Path, study: Study) -> Findings:
    """What the ledger says: decisions by kind, whether its chain holds, codings that began as suggestions."""
    written, last = ledger_of(folder)
    imports = receipts(folder / STORE) if (folder / STORE).is_file() else ()
    if not written:
        return replace(findings, trail=Trail(imports=imports))
    told = [(e.at[:19], e.decision.coder, f"{e.decision.action} {e.decision.code}".strip()) for e in written]
    trail = Trail(Counter(e.decision.action for e in standing(written)), not verify(written, last), told, written, imports)
    return replace(findings, trail=trail, accepted=accepted(written) & frozenset(study.codings))


def _with_suggestions(findings: Findings, model: Path | None, new: list[Path]) -> Findings:
    if model is None:
        return findings
    loaded = CodingModel.load(model)
    findings = replace(
        findings,
        silent=loaded.silent,
        model=loaded.provenance,
        encoder=(loaded.encoder.identity.name, loaded.encoder.identity.sha256),
        reliability=loaded.classifier.reliability if loaded.classifier else None,
    )
    if not new:
        return findings
    study, _ = read_all(new)
    with working("Reading the new transcripts") as progress:
        found = loaded.suggest(study, progress=progress)
    return replace(findings, suggestions=found, new=study.by_id)


def members_export(
    study: StudyPath,
    to: Annotated[Path, out("Letters", folder="*")],
    summary: Annotated[bool, typer.Option(help="Send only the coded passages, with the codes' definitions.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write a letter to each participant: what they said, to approve, correct and comment."""
    written = write_letters(read(study), to, summary)
    tell(f"{counted(len(written), 'file')} in {to}. Send each participant only their own; the Word file comes back.")
    tell(f"Next: autocode members import {to} --study {study}")


def members_import(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", parser=known_source, help="The folder of letters that came back (.docx).")
    ],
    study: Annotated[
        Path, typer.Option(metavar="STUDY", parser=known_study, help="The study: its folder, or its name in corpora/.")
    ],
) -> None:
    """Bring answers, comments and corrected passages in; codings move along, and what is lost is listed."""
    answers = [a for path in sorted(folder.glob("*.docx")) if not path.name.startswith("~$") for a in read_answers(path)]
    if not answers:
        raise InputError(str(folder), "there is no letter (.docx) in it", "Choose the folder of letters that came back.")
    kept: list[Kept] = []

    def change(old: Study) -> Study:
        """The study with every answer taken in; begun anew where another program wrote meanwhile."""
        kept.clear()
        for answer in answers:
            taken = take(old, answer)
            old = taken.study
            kept.append(Kept(answer.document, answer.answer, len(taken.corrected), answer.comments))
            print(
                f"{answer.document}: {answer.answer}, {counted(len(taken.corrected), 'passage')} corrected, "
                f"{len(answer.comments)} comments"
            )
            for c in taken.moved:
                print(f"  moved: {c.code} by {c.coder}, now characters {c.start} to {c.end}")
            for c in taken.lost:
                print(f"  LOST: {c.code} by {c.coder}: its words are gone")
        return old

    keep_copy(study / STORE, "members import")
    update(study / STORE, change)
    save_answers(study / ANSWERED, kept)
    mind_places(study, {k.document for k in kept if k.corrections})
    tell(f"Next: autocode report {study} --out dossier")


MEMBERS = {"export": members_export, "import": members_import}
"""The verbs below `members`: letters to participants, and their answers."""
