"""The verbs around the dossier: report, members, pseudonymise, forget."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

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
from autocode.cli.shell import blank_model, ledger_of, tell, working
from autocode.config import Config
from autocode.dossier.dossier import FORMS, QUESTIONS_FILE, SIZES, study_html, write_dossier
from autocode.dossier.findings import Checked, Findings, Trail
from autocode.dossier.record import NAME, load_record, unanswered
from autocode.encode.cache import cache_folder
from autocode.errors import InputError
from autocode.ethics.answers import ANSWERED, Kept, load_answers, read_answers, save_answers, take
from autocode.ethics.forget import Places, holding
from autocode.ethics.forget import forget as erase
from autocode.ethics.letters import write_letters
from autocode.ethics.names import CERTAINTIES
from autocode.ethics.pseudonyms import (
    WARNING,
    Proposal,
    apply_proposals,
    in_receipts,
    pipelines,
    propose,
    read_proposals,
    write_key,
    write_proposals,
)
from autocode.evaluate import agreement_options, compare, hold_out
from autocode.formats import read, read_all
from autocode.formats.datasets.stream import is_parts
from autocode.formats.files import write_atomic
from autocode.model.coding_model import CodingModel
from autocode.store import STORE, load, receipts, scrub, update
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
        return replace(findings, evaluation=compare(held, config.agreement), matrix=held.with_machine)
    if len(humans) > 1:
        matrix = coding_matrix(study, config, humans)
        options = agreement_options(config.agreement, study.documents)
        return replace(findings, agreement=compare_coders(matrix, options), matrix=matrix)
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

    load(study / STORE)  # says at once where there is none
    update(study / STORE, change)
    save_answers(study / ANSWERED, kept)
    _mind_places(study, {k.document for k in kept if k.corrections})
    tell(f"Next: autocode report {study} --out dossier")


def _mind_places(study: Path, documents: set[str]) -> None:
    """Say which places in dossier.toml a change of words may have moved."""
    record = load_record(study / NAME)
    places = {*(p.document for p in record.pinned), *(n.document for n in record.negative)}
    named = sorted(places & documents)
    if named:
        tell(f"{study / NAME} names places in {', '.join(named)}, whose words changed: look them up again.")


def pseudonymise(
    study: StudyPath,
    to: Annotated[Path | None, out("Proposals", ".csv", more="To be reviewed by you.")] = None,
    reviewed: Annotated[
        Path | None,
        typer.Option("--apply", metavar="FILE", parser=known_source, help="Apply the reviewed proposals of this file."),
    ] = None,
    key: Annotated[Path | None, out("The key", ".csv", name="--key", more="Keep it outside the study's folder.")] = None,
    spacy: Annotated[
        str, typer.Option(help="An installed spaCy pipeline that finds names; the one installed by default; none for none.")
    ] = "",
    perhaps: Annotated[bool, typer.Option("--perhaps", help="List what is only perhaps a name too.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Propose pseudonyms, or apply those a human has reviewed; it does not find everything."""
    if reviewed is None:
        refuse(key, "--key", "the key is written when pseudonyms are applied: add --apply FILE")
        if to is None:
            raise InputError("pseudonymise", "it needs a file for its proposals", "Add --out proposals.csv.")
        pipeline = _pipeline(spacy)
        every = propose(read(study), pipeline, perhaps=True)
        found = [p for p in every if perhaps or p.certainty != "perhaps"]
        write_proposals(to, found)
        tell(f"{to}: {_listed(found)}. {_held_back(len(every) - len(found))}")
        tell(f"Looked with patterns{f' and the spaCy pipeline {pipeline}' if pipeline else ''}. {WARNING}")
        tell(
            f"Put yes into the column apply, mend replacements, then: autocode pseudonymise {study} --apply "
            f"{to} --key ELSEWHERE/key.csv"
        )
        return
    for option, given in (("--out", to), ("--spacy", spacy), ("--perhaps", perhaps)):
        refuse(given, option, "with --apply nothing is proposed")
    if key is None:
        raise InputError("pseudonymise", "it needs a place for the key", "Add --key FILE.csv, outside the study's folder.")
    proposals = read_proposals(reviewed)
    load(study / STORE)
    write_key(key, proposals, study)
    counts: dict[str, int] = {}

    def change(old: Study) -> Study:
        made = apply_proposals(old, proposals)
        counts.update(made.counts)
        return made.study

    update(study / STORE, change)
    in_receipts(study / STORE, proposals)
    scrub(study / STORE)
    _mind_places(study, set(load(study / STORE).by_id))
    tell(f"{sum(counts.values()):,} places replaced; the key is in {key}: keep it apart. {WARNING}")
    tell("Models, reports and the files you imported from still hold the old words: make them again, or erase them.")


def _pipeline(asked: str) -> str:
    """The spaCy pipeline to look with: the one asked for, else the only one installed, else none."""
    if asked:
        return "" if asked == "none" else asked
    installed = pipelines()
    if len(installed) > 1:
        tell(f"spaCy pipelines installed here: {', '.join(installed)}. Name one of them with --spacy to look with it too.")
    return installed[0] if len(installed) == 1 else ""


def _listed(found: Sequence[Proposal]) -> str:
    counts = Counter(p.certainty for p in found)
    return f"{len(found):,} proposals ({', '.join(f'{counts[c]:,} {c}' for c in CERTAINTIES if counts[c])})"


def _held_back(count: int) -> str:
    return f"{count:,} more are only perhaps names; --perhaps lists them too." if count else "The surest come first."


def forget(
    study: StudyPath,
    participant: Annotated[str, typer.Argument(help="The participant, as respondent or document.")],
    models: Annotated[Path, typer.Option(help="The folder of models.")] = Path("models"),
    also: Annotated[list[Path] | None, typer.Option(help="A folder of reports to search; may be repeated.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Without it, only say what would be erased.")] = False,
) -> None:
    """Erase a participant who withdraws: study, models' evidence, caches, reports; checked byte by byte."""
    stored = load(study / STORE)
    if not yes:
        ids = [d.id for d in holding(stored, participant)]
        codings = sum(c.document in ids for c in stored.codings)
        tell(f"Would erase {', '.join(ids)} and {codings:,} codings from {study / STORE}, and what was made of them.")
        tell("Nothing is erased yet. This cannot be undone; add --yes to do it.")
        return
    here = sorted(p for p in Path().glob(".*.parts") if is_parts(p))  # where `suggest` was most likely stopped
    done = erase(stored, participant, Places(study, models, cache_folder(), (*(also or ()), *here)))
    for what in done.erased:
        print(f"erased: {what}")
    for where, why in done.left:
        print(f"LEFT: {where}: {why}")
    tell(
        f"{len(done.left)} places still hold something; see above."
        if done.left
        else "No byte of their passages is left in these places."
    )
