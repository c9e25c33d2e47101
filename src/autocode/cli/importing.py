"""The verbs that begin: import, with the receipt that it shows, and demo."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from autocode.cli.answers import Answer
from autocode.cli.options import Json, known_source, new_study, one_of
from autocode.cli.shell import before_replacing, bundled, show, tell
from autocode.config import SegmentConfig
from autocode.dossier.record import bring_record
from autocode.encode.languages import languages
from autocode.errors import InputError, StudyError, counted
from autocode.formats import CODEBOOK, read_all, read_coders
from autocode.formats.files import write_atomic
from autocode.formats.names import own_name
from autocode.formats.overview import Import, Overview
from autocode.formats.receipt import SHAPED, ReadOptions, Receipt
from autocode.formats.tables.participants import kind_of, with_speakers
from autocode.formats.transcripts import INTERVIEWER
from autocode.formats.transcripts.candidates import shape_of
from autocode.formats.transcripts.roles import propose_roles
from autocode.store import STORE, load, update
from autocode.store import receipts as imports
from autocode.store.records import attach
from autocode.study import Document, Study
from autocode.study.merge import merge


def import_(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES...", parser=known_source, help="Transcripts, tables, project files, or folders."),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", parser=new_study, help="The study's folder; it is made where there is none."),
    ] = None,
    coder: Annotated[
        list[str] | None,
        typer.Option(
            "--coder", "--coders", metavar="NAME", help="Who coded, where the file does not say so; or NAME=FILE for each file."
        ),
    ] = None,
    kind: Annotated[str, typer.Option(help="What the texts are: interview, literature, field note or codebook.")] = "interview",
    speaker: Annotated[
        list[str] | None, typer.Option(metavar="OLD=NEW", help="Rename a speaker, such as SPEAKER_00=Interviewer.")
    ] = None,
    speaker_pattern: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LINE", help="An example of how speakers are named, such as 'Interviewer (00:01):'; the study remembers it."
        ),
    ] = None,
    same: Annotated[
        list[str] | None,
        typer.Option(metavar="NEW=KNOWN", help="A document, coder or code that the study knows under another name."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="OURS=THEIRS", help="What a column of a table means, such as text=Transcript.")
    ] = None,
    encoding: Annotated[
        str, typer.Option(help="The encoding of text files, such as cp1252, where it is guessed wrongly.")
    ] = "",
    add_codes: Annotated[bool, typer.Option(help="Add codes that the codebook does not have yet.")] = False,
    users: Annotated[
        str,
        typer.Option(
            help="Whose a coding is where a project names two users: the user of the coding or of the selection.",
            callback=one_of("--users", ("coding", "selection")),
        ),
    ] = "coding",
    replacing: Annotated[
        bool, typer.Option("--replace", help="Replace transcripts that have changed; codings move with their words.")
    ] = False,
    dropping: Annotated[
        bool, typer.Option("--yes", help="With --replace: agree that codings whose words are gone are set aside.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be imported, and write nothing.")] = False,
    audio: Annotated[
        list[str] | None,
        typer.Option(metavar="DOCUMENT=FILE", help="A document's recording, for the desk. The file stays where it is."),
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="The name of a new study.", show_default="its folder's name")] = "",
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
    shown = [shape_of(example) for example in speaker_pattern or []]
    kept = imports(study / STORE) if (study / STORE).exists() else ()
    remembered = [r.source.strip("'") for r in kept if r.what == SHAPED]
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
        shapes=tuple(dict.fromkeys((*shown, *remembered))),
    )
    pairs = _pairs([c for c in coder or [] if "=" in c])
    own = {Path(file).resolve() for file in pairs.values()}  # said whose it is: read once, as that coder's
    new, receipts = _gathered([s for s in sources or [] if s.resolve() not in own], pairs, options)
    new = replace(new, documents=tuple(with_speakers(d, _pairs(speaker)) for d in new.documents))
    merging = Import.of(new, receipts, known, kept, name or own_name(new) or study.name, replacing)
    merged = merging.onto(known)
    there = {d.id: d.text for d in known.documents}
    fresh = replace(new, documents=tuple(d for d in merging.new.documents if there.get(d.id) != d.text))
    overview = Overview.of(fresh, (*merging.read, *merging.receipts()))
    show(overview, as_json)
    for shape in set(shown) - {r.source.strip("'") for r in receipts if r.what == SHAPED}:
        tell(f"No line looks like '{shape}': give a line that stands in the transcript, up to where the words begin.")
    _say_roles(merging.new.documents)
    spoken = languages(fresh.documents)
    if str(spoken) not in ("", f"English ({counted(len(fresh.documents), 'document')})"):
        tell(" ".join(filter(None, (f"Spoken: {spoken}.", spoken.warning("default")))))
    if dry_run:
        tell("Nothing was written (--dry-run).")
        raise typer.Exit(int(overview.failed > 0))
    before_replacing(study / STORE, known, merged, dropping)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    merged = update(study / STORE, merging.onto, lambda: merging.entries(at))
    waiting = sum(len(r.waiting) for r in merging.read)
    _say_changes(_Sizes.of(known), _Sizes.of(merged), study / STORE, waiting)
    if recorded:
        return _attach(study / STORE, merged, recorded, dry_run)
    if taken := bring_record(sources or [], study):
        tell(f"{taken}, what the researchers say of their study, came along for its dossier.")
    if name and merged.name != name:
        tell(f"The study is called '{merged.name}' already: autocode rename {study} '{name}' changes that.")
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
    found: dict[str, str] = {}
    for name, _, value in parted:
        before = found.get(name.strip(), "")
        found[name.strip()] = f"{before}\n{value.strip()}" if before and name.strip() == "text" else value.strip()
    return found


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
        """The sizes of a study."""
        return cls(len(study.documents), len(study.codings), study.codebook.sizes(c.code for c in study.codings)[0])


def _say_changes(before: _Sizes, after: _Sizes, store: Path, waiting: int) -> None:
    more = (after.documents - before.documents, after.codings - before.codings)
    new = f" ({more[0]:,} and {max(0, more[1]):,} of them new)" if before.documents else ""
    less = f" {counted(-more[1], 'coding')} fewer than before: see those set aside above." if more[1] < 0 else ""
    codes = f", {counted(after.codes, 'code')}" if not after.codings else ""
    documents, codings = counted(after.documents, "document"), counted(after.codings, "coding")
    tell(f"{store} now holds {documents}{codes} and {codings}{new}.{less}")
    if not after.documents and not after.codes and not waiting:
        tell("Nothing came in. If texts are missing, export the project again with its sources in it.")


def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder in which the demo puts its files.")] = Path(),
) -> None:
    """Run the main job on the bundled study, from import to report."""
    source, study, model = bundled(), folder / "corpora/microcredentials", folder / "models/microcredentials"
    results, started, said = folder / "demo", time.monotonic(), io.StringIO()
    new, report = source / "new", results / "report.html"
    suggest: tuple[object, ...] = ("suggest", model, new, "--out")
    steps: list[tuple[str, list[tuple[object, ...]]]] = [
        ("Import 20 interviews coded by two people", [("import", source, "--study", study)]),
        ("Describe what is in the study", [("describe", study)]),
        ("Learn from both coders", [("train", study, "--out", model)]),
        ("Suggest codes for 4 new interviews", [(*suggest, results / f"suggestions{end}") for end in (".html", ".csv")]),
        ("Compare the machine with both coders", [("evaluate", study, "--out", results / "held-out.csv")]),
        ("Write the report", [("report", study, "--out", report, "--model", model, "--new", new)]),
    ]
    for number, (step, commands) in enumerate(steps, 1):
        tell(f"{number} of {len(steps)}  {step} ...")
        said.write(f"== {step}\n")
        with redirect_stdout(said), redirect_stderr(said):
            found = [ctx.find_root().command.main([str(word) for word in words], standalone_mode=False) for words in commands]
        for answer in found:
            if isinstance(answer, int) and answer:
                raise typer.Exit(answer)
            if isinstance(answer, Answer):
                print(replace(answer, best=(), worst=(), notes=()).fit(5))
    write_atomic(results / "steps.txt", said.getvalue())
    tell(f"Done in {time.monotonic() - started:.0f} s. Open first: {report}")
    tell(f"Also in {results}: suggestions.html, held-out.csv, and what each step said: steps.txt")
    tell("Your own study: autocode import YOUR_FOLDER --study corpora/NAME")
