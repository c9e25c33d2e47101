"""The verbs that keep people and work safe: pseudonymise, forget, backup, restore, doctor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from autocode.cli.options import Json, ModelOption, Overwrite, StudyPath, known_path, known_source, known_study, out, refuse
from autocode.cli.shell import mind_places, show, tell, working
from autocode.doctor import examine, prove_privacy
from autocode.encode import cache_folder
from autocode.errors import AutocodeError, InputError, StudyError, counted
from autocode.ethics import CERTIFICATES, Places, inventory, still_naming
from autocode.ethics.forget import Forgotten, holding
from autocode.ethics.forget import forget as erase
from autocode.ethics.names import CERTAINTIES
from autocode.ethics.pseudonyms import (
    WARNING,
    pipelines,
    propose,
    pseudonymise_study,
    read_proposals,
    write_key,
    write_proposals,
)
from autocode.formats import read
from autocode.formats.files import read_text as file_text
from autocode.formats.files import write_atomic
from autocode.model import CodingModel
from autocode.store import STORE, load
from autocode.store.backups import backup as keep_copy
from autocode.store.backups import backup_of, backups
from autocode.store.backups import restore as put_back
from autocode.store.records import journal
from autocode.study import Document, Study


def pseudonymise(
    study: StudyPath,
    to: Annotated[Path | None, out("The proposals", ".csv", more="Review them before you apply them.")] = None,
    reviewed: Annotated[
        Path | None,
        typer.Option(
            "--apply", metavar="FILE", parser=known_source, help="Apply the proposals in this file, which you have reviewed."
        ),
    ] = None,
    key: Annotated[
        Path | None,
        out(
            "The key", ".csv", name="--key", more="It leads back from pseudonyms to names: keep it outside the study's folder."
        ),
    ] = None,
    spacy: Annotated[
        str,
        typer.Option(
            metavar="PIPELINE",
            help="The spaCy pipeline that finds names; by default the one that is installed; none to do without.",
        ),
    ] = "",
    perhaps: Annotated[bool, typer.Option("--perhaps", help="Also list words that are only perhaps a name.")] = False,
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
        counts, others = Counter(p.certainty for p in found), len(every) - len(found)
        sorts = ", ".join(f"{counts[c]:,} {c}" for c in CERTAINTIES if counts[c])
        told = f"{counted(len(found), 'proposal')} ({sorts}), the surest first" if found else "no name was found"
        perhaps_names = counted(others, "more word is perhaps a name", "more words are perhaps names")
        tell(f"{to}: {told}." + (f" {perhaps_names}: add --perhaps to list more." if others else ""))
        tell(f"Looked with patterns{f' and the spaCy pipeline {pipeline}' if pipeline else ''}. {WARNING}")
        if found:
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
    documents = set(load(study / STORE).by_id)
    keep_copy(study / STORE, "pseudonymise")
    write_key(key, proposals, study)
    done = pseudonymise_study(study, proposals)
    mind_places(study, documents)
    tell(f"{counted(sum(done.counts.values()), 'place')} replaced; the key is in {key}: keep it apart. {WARNING}")
    if done.entries:
        tell(
            f"In the ledger, names in {done.entries} entries (notes, memos, earlier codebooks) are replaced; an entry says so."
        )
    with working("Looking for names that are left"):
        left = still_naming(inventory(Places(study, Path("models"))), [p.found for p in proposals if p.apply])
    for place in left:
        print(f"LEFT: {place}: it still holds a name that was replaced: make it again, or erase it")
    tell("The files you imported from still hold the old words; so may copies that no list of this study names.")


def _pipeline(asked: str) -> str:
    """The spaCy pipeline to look with: the one asked for, else the only one installed, else none."""
    if asked:
        return "" if asked == "none" else asked
    installed = pipelines()
    if len(installed) > 1:
        tell(f"spaCy pipelines installed here: {', '.join(installed)}. Name one of them with --spacy to look with it too.")
    return installed[0] if len(installed) == 1 else ""


def forget(
    study: StudyPath,
    participant: Annotated[
        str,
        typer.Argument(
            help="The participant: the name of a respondent or of a document. Without one, the certificates that are kept."
        ),
    ] = "",
    models: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where models lie; those that the study knows of are searched in any case.")
    ] = Path("models"),
    also: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="A further folder or file to search; may be given more than once.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Another name of the participant; may be given more than once.")
    ] = None,
    to: Annotated[Path | None, out("The certificate", ".txt", ".json")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Without this, only say what would be erased.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a participant who withdraws, everywhere the study's words may lie, and end with a certificate."""
    store, begun = study / STORE, journal(study / STORE)
    if not participant:
        _certificates(study, to, yes)
        return
    stored = load(store)
    if not yes:
        ids = list(begun.documents) if begun else [d.id for d in _known(study, stored, participant)]
        codings = sum(c.document in ids for c in stored.codings)
        tell(f"Would erase {', '.join(ids)} and {counted(codings, 'coding')} from {store}, and search:")
        print(inventory(Places(study, models, cache_folder(), tuple(also or ()))))
        tell("Nothing is erased yet. This cannot be undone; add --yes to do it.")
        return
    if begun is None:
        _known(study, stored, participant)
        keep_copy(store, "forget")  # forgets them too, at the end
    done = _erased(participant, Places(study, models, cache_folder(), tuple(also or ())), tuple(name or ()), to)
    show(done, as_json)
    tell(
        f"{counted(len(done.left), 'place still holds', 'places still hold')} something of theirs: see KEPT above."
        if done.left
        else "Nothing of theirs is left in what was searched; what was not is listed above."
    )


def _certificates(study: Path, to: Path | None, yes: bool) -> None:
    """List the certificates that stay in a study, which name nobody, or write the last one again."""
    if yes:
        raise InputError("forget --yes", "it erases, and nobody is named", f"Name whom: autocode forget {study} NAME --yes")
    kept = sorted((study / CERTIFICATES).glob("*.txt"))
    for path in kept:
        print(path)
    if not kept:
        tell("Nobody was forgotten here yet.")
    elif to is None:
        tell(f"Next: autocode forget {study} --out certificate.txt  (the last one again; it names nobody)")
    elif to.suffix == ".json":
        raise InputError(str(to), "a certificate stays in the study as text", f"Name it {to.with_suffix('.txt')}.")
    else:
        write_atomic(to, file_text(kept[-1])[0])
        tell(f"Written: {to}, the last certificate again, without a name.")


def _known(study: Path, stored: Study, participant: str) -> list[Document]:
    """A participant's documents; where nobody is called so, those who were forgotten are spoken of too."""
    try:
        return holding(stored, participant)
    except StudyError as error:
        if not (kept := [*(study / CERTIFICATES).glob("*.txt")]):
            raise
        past = f"{counted(len(kept), 'person was', 'persons were')} forgotten here, whose certificates stay in the study"
        raise StudyError(error.what, f"{error.why}; {past}", f"{error.mend} See them: autocode forget {study}") from error


def _erased(participant: str, places: Places, called: tuple[str, ...] = (), to: Path | None = None) -> Forgotten:
    """Forget a participant with each step told, and say where the certificate is kept."""
    with working("Forgetting") as progress:

        def step(what: str, number: int, of: int) -> None:
            """Tell what comes next."""
            progress(number, of)
            tell(f"  {what} ...")

        done = erase(participant, places, called, step, to)
    tell(f"The certificate is kept, without a name, in {places.study / CERTIFICATES}; autocode forget {places.study} lists it.")
    return done


def backup(
    study: StudyPath,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="The copy's file (.sqlite); by default one with the date, in the study's folder."),
    ] = None,
) -> None:
    """Copy a study as it stands, also while a review runs; the copy is one file."""
    made = keep_copy(study / STORE, "", to)
    tell(f"{made} is a copy of the study, {made.stat().st_size / 1e6:.1f} MB. Keep one on another disk too.")
    tell(f"Next, should you need it: autocode restore {study} {to or made.name}")


def restore(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="The study's folder, such as corpora/NAME.")],
    copy: Annotated[str, typer.Argument(metavar="COPY", help="Which copy: latest, its number, its name, or a file.")] = "",
) -> None:
    """Put a dated copy back in a study's place; without COPY, list them."""
    folder = found if (found := known_path(str(study))) else study
    folder = folder.parent if folder.is_file() else folder
    listed = backups(folder / STORE)
    if not copy:
        for number, one in enumerate(listed, 1):
            print(f"{number:>3}  {one.at}  {one.why.replace('-', ' '):<14}  {one.path.name}")
        tell(f"Next: autocode restore {folder} latest" if listed else f"There is no copy yet: autocode backup {folder}")
        return
    chosen = backup_of(folder, copy)
    before = put_back(folder / STORE, chosen)
    now = load(folder / STORE)
    tell(
        f"{folder / STORE} is as in {chosen.name} again: "
        f"{counted(len(now.documents), 'document')}, {counted(len(now.codings), 'coding')}."
    )
    if before:
        tell(f"How it was before is in {before}.")
    tell(f"Next: autocode doctor {folder}")


def doctor(
    study: Annotated[Path | None, typer.Argument(metavar="STUDY", parser=known_study, help="A study to check as well.")] = None,
    model: ModelOption = None,
    privacy: Annotated[
        bool,
        typer.Option(
            "--privacy", help="Run the main commands in an empty home folder and prove that nothing leaves this computer."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check versions, the encoder's hash, the network and a study's integrity; or prove that nothing leaves."""
    if privacy:
        refuse(study, "STUDY", "the proof runs on a small study of its own")
        with working("Running the main commands in an empty home folder"):
            proof = prove_privacy()
        show(proof, as_json)
        if not proof.holds:
            raise typer.Exit(1)
        return
    learnt = CodingModel.load(model) if model else None
    changed = learnt.changes(read(study)) if study and learnt else None
    findings = examine(study / STORE if study and study.is_dir() else study, changed)
    show(findings, as_json)
    if findings.faults:
        raise typer.Exit(1)


def go_on(stores: Sequence[Path]) -> None:
    """Go on with the forgettings that a kill or a full disk stopped in these study files."""
    try:
        for store in stores:
            if begun := journal(store):
                tell(f"The forgetting of {begun.participant} was stopped before its end; it goes on now.")
                tell(f"{_erased(begun.participant, Places(store.parent, None, cache_folder()))}")
                if out := begun.said.get("out"):
                    tell(f"The certificate that was asked for is in {out}.")
    except AutocodeError as error:
        tell(f"autocode: {error}")
