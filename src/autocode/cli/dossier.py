"""The verbs around the dossier: report, members."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from autocode.agreement.compare import agree as compare_coders
from autocode.cli.options import (
    ConfigPath,
    Kind,
    ModelOption,
    Overwrite,
    StudyPath,
    known_source,
    known_study,
    one_of,
    out,
    refuse,
    settings,
)
from autocode.cli.shell import blank_model, ledger_of, mind_places, tell, working
from autocode.config import Config
from autocode.dossier.blocks import View
from autocode.dossier.dossier import FORMS, QUESTIONS_FILE, SIZES, study_html, write_dossier
from autocode.dossier.findings import Checked, Findings, Trail
from autocode.dossier.record import NAME, load_record, unanswered
from autocode.errors import InputError
from autocode.ethics.answers import ANSWERED, Kept, load_answers, read_answers, save_answers, take
from autocode.ethics.letters import write_letters
from autocode.evaluate import compare, hold_out, stands
from autocode.evaluate.second_look import second_look
from autocode.formats import read, read_all
from autocode.formats.files import write_atomic
from autocode.formats.tables.participants import agreement_options
from autocode.model.coding_model import CodingModel
from autocode.store import STORE, receipts, update
from autocode.store.backups import backup as keep_copy
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from autocode.trail import accepted, standing, verify


def report(
    study: StudyPath,
    to: Annotated[Path, out("The dossier", ".html", folder="dossier*.*")],
    model: ModelOption = None,
    new: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILES", parser=known_source, help="New transcripts to suggest codes for; may be repeated."),
    ] = None,
    config: ConfigPath = None,
    machine: Annotated[bool, typer.Option(help="Set the machine beside the human coders.")] = True,
    only: Annotated[
        str, typer.Option(help="Write one form of the dossier: html, docx, xlsx, md or tex.", callback=one_of("--only", FORMS))
    ] = "",
    size: Annotated[
        str,
        typer.Option(
            help="full: all there is; journal: what a journal has room for, 12 pages for 20 interviews.",
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
    if open_ := unanswered(findings.record):
        tell(
            f"{len(open_)} questions only you can answer, such as: {open_[0][1]} They stand in {to / QUESTIONS_FILE}; "
            f"answer them in {study / NAME}, then run this again."
        )
    if size == "full":
        tell(f"The size of a journal article: autocode report {study} --out {to} --size journal")


def _findings(folder: Path, study: Study, config: Config, machine: bool) -> Findings:
    """The study's record, and its coders (with the machine among them) compared."""
    kept = load_answers(folder / ANSWERED) if folder.is_dir() else []
    members = [Checked(k.document, k.answer, k.corrections, len(k.comments)) for k in kept]
    record = load_record((folder if folder.is_dir() else folder.parent) / NAME)
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
        options = agreement_options(config.agreement, study.documents)
        findings = replace(findings, agreement=compare_coders(matrix, options), matrix=matrix)
    if humans and any(c.coder in humans for c in study.codings) and len({c.document for c in study.codings}) > 1:
        with working("Asking of each finding whether it stands") as progress:
            own = None if set(humans) == set(study.humans) else humans
            made = stands(study, config, own, View(study, record).group, (empty, progress) if machine else None)
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
    summary: Annotated[bool, typer.Option(help="Only coded passages, with what they are taken to be about.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write a letter to each participant: what they said, to approve, correct and comment."""
    written = write_letters(read(study), to, summary)
    tell(f"{len(written)} files in {to}. Send each participant only their own; the Word file comes back.")
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
        kept.clear()
        for answer in answers:
            taken = take(old, answer)
            old = taken.study
            kept.append(Kept(answer.document, answer.answer, len(taken.corrected), answer.comments))
            print(
                f"{answer.document}: {answer.answer}, {len(taken.corrected)} passages corrected, "
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
