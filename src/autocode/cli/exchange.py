"""The verbs that bring studies in, show them and give them back: import, describe, export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import combinations, groupby
from pathlib import Path
from typing import Annotated

import typer

from autocode.cli.answers import described
from autocode.cli.options import (
    Everything,
    Json,
    Kind,
    ModelOption,
    Overwrite,
    StudyPath,
    known_source,
    listed,
    new_study,
    one_of,
    out,
    refuse,
)
from autocode.cli.shell import before_replacing, counted, further, show, tell
from autocode.config import SegmentConfig
from autocode.dossier.blocks import Table, View
from autocode.dossier.comparison import PICTURES, TABLES, write_tables
from autocode.dossier.counts import frequency_table, map_figure
from autocode.dossier.record import bring_record
from autocode.dossier.tables import Description, coverage, shared
from autocode.errors import InputError, StudyError, did_you_mean
from autocode.formats import CODEBOOK, WRITERS, read, read_all, read_coders, write
from autocode.formats.names import twins
from autocode.formats.overview import Overview, accounts
from autocode.formats.receipt import ReadOptions, Receipt, WriteOptions
from autocode.formats.tables.participants import kind_of
from autocode.formats.transcripts.roles import INTERVIEWER, pooled, propose_roles, with_speakers
from autocode.model.coding_model import CodingModel
from autocode.store import STORE, load, receipts, update
from autocode.store.recordings import attach
from autocode.store.records import ReceiptRow
from autocode.study import BANDS, Document, Study, Suggestion
from autocode.study.merge import merge
from autocode.study.revise import Merged, Reanchored, merge_newer

MOVED = "codings on its old text"
"""What the receipt counts of a document whose transcript was replaced."""


def import_(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES...", parser=known_source, help="Transcripts, tables, project files, or folders."),
    ] = None,
    study: Annotated[
        Path | None, typer.Option(metavar="FOLDER", parser=new_study, help="The study's folder; made where it is missing.")
    ] = None,
    coder: Annotated[
        list[str] | None,
        typer.Option("--coder", "--coders", metavar="NAME", help="Who coded, where the file does not say; or NAME=FILE."),
    ] = None,
    kind: Annotated[str, typer.Option(help="Of the texts: interview, literature, field note; or codebook.")] = "interview",
    speaker: Annotated[list[str] | None, typer.Option(help="Rename a speaker: SPEAKER_00=Interviewer.")] = None,
    same: Annotated[
        list[str] | None,
        typer.Option(metavar="NEW=KNOWN", help="A document, coder or code that is known under another name."),
    ] = None,
    column: Annotated[list[str] | None, typer.Option(help="In a table of another shape: ours=theirs.")] = None,
    encoding: Annotated[str, typer.Option(help="Of text files, where it is guessed wrongly.")] = "",
    add_codes: Annotated[bool, typer.Option(help="Add codes that the codebook lacks.")] = False,
    users: Annotated[
        str,
        typer.Option(
            help="Whose a coding is where a project names two users: of the coding or selection.",
            callback=one_of("--users", ("coding", "selection")),
        ),
    ] = "coding",
    replacing: Annotated[
        bool, typer.Option("--replace", help="A changed transcript takes the old one's place; codings follow their words.")
    ] = False,
    dropping: Annotated[bool, typer.Option("--yes", help="With --replace: set aside codings that lose their place.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the receipt and write nothing.")] = False,
    audio: Annotated[
        list[str] | None, typer.Option(help="A document's recording, for the review page: R01=FILE. It stays where it is.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring transcripts, codings and codebooks into a study; originals are never changed.

    A file that cannot be read is named and does not stop the others; the exit code is then 1.
    """
    if study is None:
        raise typer.BadParameter(_name_the_study(sources or []))
    known = load(study / STORE) if (study / STORE).exists() else Study()
    recorded = _pairs(audio)
    if recorded and not sources and not coder:
        return _attach(study / STORE, known, recorded, dry_run)
    names = [name for name in coder or [] if "=" not in name]
    options = ReadOptions(
        coder=names[0] if names else "",
        encoding=encoding,
        add_codes=add_codes,
        codebook=known.codebook,
        open_files=True,
        documents=known.documents,
        columns=_pairs(column),
        kind=kind if kind == CODEBOOK else kind_of(kind),
        users=users,
        same=_pairs(same),
        coders=tuple(c.id for c in known.coders),
        go_on=True,
    )
    new, receipts = _gathered(sources or [], _pairs([c for c in coder or [] if "=" in c]), options)
    new = replace(new, documents=pooled([with_speakers(d, _pairs(speaker)) for d in new.documents], known.documents))
    merging = _Merging(new, replacing, study.name)
    merged = merging.onto(known)
    there = {d.id: d.text for d in known.documents}
    fresh = replace(new, documents=tuple(d for d in new.documents if there.get(d.id) != d.text))
    overview = Overview.of(fresh, (*receipts, *merging.receipts()))
    show(overview, as_json)
    _say_roles(new.documents)
    if dry_run:
        tell("Nothing was written (--dry-run).")
        raise typer.Exit(int(overview.failed > 0))
    before_replacing(study / STORE, known, merged, dropping)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    merged = update(study / STORE, merging.onto, lambda: merging.entries(at, receipts))
    _say_changes(_Sizes.of(known), _Sizes.of(merged), study / STORE)
    if recorded:
        return _attach(study / STORE, merged, recorded, dry_run)
    if taken := bring_record(sources or [], study):
        tell(f"{taken}, what the researchers say of their study, came along for its dossier.")
    tell(f"Next: autocode describe {study}")
    if overview.failed:
        raise typer.Exit(1)


def _name_the_study(sources: Sequence[Path]) -> str:
    """What mends an import without --study."""
    studies = [s for s in sources if (s / STORE).is_file()]
    files = " ".join(str(s) for s in sources if s not in studies) or "FILES"
    return f"name the study's folder: autocode import {files} --study {studies[0] if len(studies) == 1 else 'corpora/NAME'}"


def _attach(store: Path, study: Study, recorded: Mapping[str, str], dry_run: bool) -> None:
    """Note where the recordings of documents lie, each named by its document's id or name.

    Raises:
        StudyError: The study has no such document, or two of that name.
    """
    for name, file in recorded.items():
        found = [d.id for d in study.documents if d.id == name] or [d.id for d in study.documents if d.name == name]
        if len(found) != 1:
            raise StudyError(
                f"document '{name}'",
                f"the study has {len(found) or 'none'} of that name",
                "Write --audio ID=FILE with an id that 'autocode describe' shows.",
            )
        if not dry_run:
            made = attach(store, found[0], Path(file))
            print(f"{found[0]}: recording attached, {made.size / 1e6:.1f} MB, sha256 {made.sha256[:16]}; it stays where it is")
    tell("Nothing was written (--dry-run)." if dry_run else f"Next: autocode review {store.parent}")


@dataclass
class _Merging:
    """Puts what was read into the study, and tells what that changed."""

    new: Study
    replacing: bool
    name: str
    merged: Merged = Merged(Study())

    def onto(self, known: Study) -> Study:
        """The study with what was read."""
        self.merged = merge_newer(replace(known, name=known.name or self.new.name or self.name), self.new, self.replacing)
        return self.merged.study

    def receipts(self) -> list[Receipt]:
        """What became of codings on changed texts, and what else changed."""
        found = [_moved_receipt(m) for m in self.merged.moved]
        notes = (*self.merged.changes, *twins(self.merged.study))
        changes = Receipt(self.name, "codings in the study", len(self.merged.study.codings), {}, notes)
        return [*found, changes] if notes else found

    def entries(self, at: str, read: Sequence[Receipt]) -> list[ReceiptRow]:
        """All receipts as the study keeps them, with the codings that lost their places."""
        lost = {m.document: m.lost for m in self.merged.moved}
        kept = [ReceiptRow(at, r.source, r.what, r.kept, r.skipped, r.notes) for r in read]
        told = [ReceiptRow(at, r.source, r.what, r.kept, r.skipped, r.notes, lost.get(r.source, ())) for r in self.receipts()]
        return kept + told


def _moved_receipt(moved: Reanchored) -> Receipt:
    """What became of the codings on a text that changed; those without a place are named, without their words."""
    notes = [f"{moved.changed:,} now cover words that are partly new: look at them"] if moved.changed else []
    notes += [f"set aside: '{c.code}' by {c.coder}, characters {c.start} to {c.end} of the old text" for c in moved.lost]
    skipped = {"whose words are not in the new text": len(moved.lost)}
    return Receipt(moved.document, MOVED, moved.kept + moved.changed, skipped, tuple(notes))


def _gathered(sources: Sequence[Path], coders: Mapping[str, str], options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """What the sources hold, and what one file a coder holds.

    Raises:
        InputError: There is nothing to read.
    """
    if not sources and not coders:
        raise typer.BadParameter("name at least one file or folder")
    study, receipts = read_all(sources, options) if sources else (Study(codebook=options.codebook), [])
    if coders:
        joined, found = read_coders(coders, replace(options, codebook=study.codebook))
        study, receipts = merge(study, joined), receipts + found
    return study, receipts


def _pairs(given: Iterable[str] | None) -> dict[str, str]:
    """``A=B`` as a mapping.

    Raises:
        InputError: There is no equals sign.
    """
    parted = [text.partition("=") for text in given or []]
    for name, sign, _ in parted:
        if not sign:
            raise InputError(f"option '{name}'", "it needs the form NAME=VALUE", "Write it so.")
    return {name.strip(): value.strip() for name, _, value in parted}


def _say_roles(documents: Iterable[Document]) -> None:
    """Name the speakers who seem to ask but are not yet taken for interviewers."""
    known = SegmentConfig().interviewers
    asking = dict.fromkeys(
        role.speaker
        for d in documents
        if not d.segments
        for role in propose_roles(d)
        if role.role == INTERVIEWER and role.speaker.casefold() not in known and role.speaker not in d.interviewers
    )
    for speaker in list(asking)[:5]:
        tell(f"'{speaker}' seems to be the interviewer. If so: import again with --speaker '{speaker}=Interviewer'.")


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How much a study holds."""

    documents: int
    codings: int
    codes: int

    @classmethod
    def of(cls, study: Study) -> _Sizes:
        return cls(len(study.documents), len(study.codings), len(study.codebook))


def _say_changes(before: _Sizes, after: _Sizes, store: Path) -> None:
    more = (after.documents - before.documents, after.codings - before.codings)
    new = f" ({more[0]:,} and {max(0, more[1]):,} of them new)" if before.documents else ""
    less = f" {counted(-more[1], 'coding')} fewer than before: see those set aside above." if more[1] < 0 else ""
    codes = f", {counted(after.codes, 'code')}" if not after.codings else ""
    documents, codings = counted(after.documents, "document"), counted(after.codings, "coding")
    tell(f"{store} now holds {documents}{codes} and {codings}{new}.{less}")
    if not after.documents and not after.codes:
        tell("Nothing came in. If texts are missing, export the project again with its sources in it.")


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
            lines += accounts(Receipt(e.source, e.what, e.kept, e.skipped, e.notes) for e in entries)
        return "\n".join(lines)

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping; memos of codings set aside stay in the study's file."""
        told = []
        for entry in self.entries:
            aside = [{k: getattr(c, k) for k in ("document", "start", "end", "code", "coder")} for c in entry.aside]
            told.append({**asdict(entry), "aside": aside})
        return {**self.overview.to_json(), "receipts": told}


def describe(
    study: StudyPath,
    as_json: Json = False,
    kind: Kind = "",
    shown: Annotated[bool, typer.Option("--receipts", help="What every import took over, skipped and set aside.")] = False,
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
    answer = described(found)
    if as_json:
        show(Description(found).to_json() | {"answer": answer.to_json()}, True)
    else:
        print(Description(found) if everything else answer.fit())
    if to:
        view = View(found)
        write_tables(to, found.name or study.name, [frequency_table(view), _coders(found)], map_figure(view), found.notice)
    further(everything or as_json, to, "counts.xlsx")
    tell(f"Next: {_next(found, study)}")


def _coders(study: Study) -> Table:
    """Who coded what."""
    rows = tuple((c.coder, c.kind, c.documents, c.codings, c.codes) for c in coverage(study))
    return Table("Coders", "Who coded what", ("Coder", "Kind", "Documents", "Codings", "Codes used"), rows, "ttnnn")


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
    to: Annotated[Path, out("A study", *(e for e in WRITERS if e != ".qde"), folder="**/*")],
    model: ModelOption = None,
    original: Annotated[Path | None, typer.Option(help="The tool's own file, for a changed copy (.qda, .sqlite3).")] = None,
    newlines: Annotated[str, typer.Option(help="In a REFI-QDA project: lf or crlf.")] = "lf",
    astral: Annotated[str, typer.Option(help="Emoji in a REFI-QDA project: codepoints, utf16, replace.")] = "codepoints",
    mirror: Annotated[bool, typer.Option(help="Suggested codes under a root code of their own.")] = False,
    table: Annotated[str, typer.Option(help="A .csv or .xlsx holds: whole, codings, maxqda.")] = "whole",
    flatten: Annotated[str, typer.Option(help="Write codes without a tree, paths joined by this, such as ' > '.")] = "",
    bands: Annotated[
        str, typer.Option(help="Which suggestions: suggest, ask, silent, parted by commas.", show_default="suggest,ask")
    ] = "",
    documents: Annotated[
        str, typer.Option(help="Suggestions only for these documents, parted by commas.", show_default="all that are new")
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
    held = [counted(len(found.documents), "document"), counted(len(found.codebook), "code")]
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
    return tuple(s for s in loaded.suggest(Study(new, study.codebook)) if s.band in bands)
