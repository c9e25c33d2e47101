"""The room in which files come in: looked at first, taken over in one step, and given back whole."""

from __future__ import annotations

import difflib
import re
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from autocode.config import SegmentConfig
from autocode.desk.guard import Session, data, fragment, html, read_json
from autocode.desk.jobs import plainly
from autocode.desk.studies import OpenStudy
from autocode.dossier.record import later_rounds
from autocode.errors import AutocodeError, InputError, StudyError
from autocode.formats.overview import DocumentRow, Import, notes_apart
from autocode.formats.receipt import SHAPED, ReadOptions, Receipt, doubts_in
from autocode.formats.staged import Incoming
from autocode.formats.tables.participants import with_speakers
from autocode.formats.transcripts import INTERVIEWER
from autocode.formats.transcripts.candidates import shape_of
from autocode.formats.transcripts.roles import propose_roles
from autocode.store import load, receipts, update
from autocode.store.backups import backup, before_import, drop_import, import_kept, keep_import
from autocode.store.records import ReceiptRow
from autocode.study import Document, Study
from autocode.study.merge import made_of_units
from autocode.study.revise import Merged, merge_newer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_CALLED = "Interviewer"
_NOBODY = {"coder", "unknown"}  # what readers call a coder whom the file does not name
_BATCHES = 4  # of one study that lie about, the older ones are dropped


TakeIn = Callable[[Sequence[Path], ReadOptions], tuple[Study, list[Receipt]]]


@dataclass
class Batch:
    """Files that were dropped on the page, and what they hold; nothing of it is in the study yet.

    Attributes:
        faults: Why files cannot be read, by their names.
        known: The study as it was when the person was shown the preview.
        choices: What the preview was made with; who asks may be ticked afterwards, on what is shown.
        digest: Stands for exactly what the person was shown.
    """

    incoming: Incoming = field(default_factory=Incoming)
    study: Study = field(default_factory=Study)
    receipts: list[Receipt] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    merged: Merged = field(default_factory=lambda: Merged(Study()))
    known: Study = field(default_factory=Study)
    choices: Choices = field(default_factory=lambda: Choices())
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person decided about a batch.

    Attributes:
        coder: Who coded, where a file does not say.
        line: How speakers are named, by an example.
        names: From the name that a table gives a transcript to the transcript's own id.
        asking: Speakers who are the interviewer.
        replacing: A changed transcript takes the old one's place.
    """

    coder: str = ""
    line: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    asking: Sequence[str] = ()
    replacing: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """A transcript as the preview tells of it.

    Attributes:
        row: What is in it, in numbers.
        speakers: Each with the number of turns, and whether they seem to ask.
        odd: What a person should look at, "" for nothing.
    """

    document: Document
    row: DocumentRow
    speakers: tuple[tuple[str, int, bool], ...]
    odd: str


def look(document: Document, texts: Mapping[str, str], doubts: Iterable[tuple[Sequence[str], str]] = ()) -> Looked:
    """What is in a transcript, and what is odd about it.

    Args:
        texts: From the hash of each text met so far to the name of its document.
        doubts: What the readers doubt, each after the names of its files.
    """
    known = SegmentConfig().interviewers
    row, asking = DocumentRow.of(document), {r.speaker for r in propose_roles(document) if r.role == INTERVIEWER}
    turns = Counter(t.speaker for t in document.turns if t.speaker)
    speakers = tuple((s, n, s in asking or s.casefold() in known) for s, n in turns.items())
    odd, twin = row.odd, texts.get(document.sha256, document.id)
    if twin != document.id:
        odd = f"the same text as {twin}"
    elif not row.units:
        odd = "nothing to code: every turn is the interviewer's"
    elif not odd and len(speakers) > 1 and not any(asks for _, _, asks in speakers):
        odd = "nobody seems to ask: tick who is the interviewer"
    own = [doubt for names, doubt in doubts if document.source in names]
    return Looked(document, row, speakers, "; ".join(filter(None, [odd, *own])))


def gather(batch: Batch, known: Study, choices: Choices, take_in: TakeIn, shapes: Sequence[str] = ()) -> None:
    """Read the files of a batch; those that cannot be read are named, and the others are read all the same.

    Args:
        shapes: How speakers are named, by examples that were given for earlier files.
    """
    options = ReadOptions(
        coder=choices.coder,
        add_codes=True,
        codebook=known.codebook,
        open_files=True,
        documents=known.documents,
        coders=tuple(c.id for c in known.coders),
        shapes=tuple(dict.fromkeys((*filter(None, [choices.line and shape_of(choices.line)]), *shapes))),
    )
    paths, batch.faults = list(batch.incoming.paths), {}
    try:
        batch.study, batch.receipts = take_in(paths, options) if paths else (Study(codebook=known.codebook), [])
    except AutocodeError:
        good = _readable(paths, options, batch.faults, take_in)
        batch.study, batch.receipts = take_in(good, options) if good else (Study(codebook=known.codebook), [])


def _readable(paths: Iterable[Path], options: ReadOptions, faults: dict[str, str], take_in: TakeIn) -> list[Path]:
    """The files that can be read, tables after the transcripts that they quote; why the others cannot."""
    (waiting, notes), good = notes_apart(list(paths)), []
    for last in (False, True):
        again = []
        for path in waiting:
            try:
                found, _ = take_in([path], options)
            except AutocodeError as error:
                again.append(path)
                if last:
                    faults[path.name] = plainly(str(error), str(path.parent))
                continue
            good.append(path)
            new = tuple(d for d in found.documents if d.id not in {k.id for k in options.documents})
            options = replace(options, documents=(*options.documents, *new))
        waiting = again
    return [*good, *notes] if good else good


def quoted(study: Study) -> list[Document]:
    """The documents that are only a table's quotes, since no transcript of that name is known."""
    return [d for d in study.documents if made_of_units(d)]


def decided(batch: Batch, known: Study, choices: Choices) -> Study:
    """What was read, with the person's decisions: names mended, roles given."""
    new = batch.study
    if renamed := {n: to for n, to in choices.names.items() if n in new.by_id and to in {**known.by_id, **new.by_id}}:
        apart = {d.id for d in new.documents if d.id in renamed}
        quotes = replace(
            new,
            documents=tuple(replace(d, id=renamed[d.id], name="") for d in new.documents if d.id in apart),
            codings=tuple(replace(c, document=renamed[c.document]) for c in new.codings if c.document in apart),
            readings=tuple(replace(r, document=renamed[r.document]) for r in new.readings if r.document in apart),
        )
        rest = replace(
            new,
            documents=tuple(d for d in new.documents if d.id not in apart),
            codings=tuple(c for c in new.codings if c.document not in apart),
            readings=tuple(r for r in new.readings if r.document not in apart),
        )
        there = tuple(d for d in known.documents if d.id in renamed.values() and d.id not in rest.by_id)
        new = merge_newer(quotes, replace(rest, documents=(*rest.documents, *there))).study
    asking = dict.fromkeys(choices.asking, _CALLED)
    return replace(new, documents=tuple(with_speakers(d, asking) if asking else d for d in new.documents))


def chosen(row: object) -> Choices:
    """What the page sent about a batch.

    Raises:
        InputError: It is not what the page sends.
    """
    if isinstance(row, dict):
        coder, names, asking = row.get("coder", ""), row.get("names", {}), row.get("asking", [])
        line = row.get("line", "")
        texts = [coder, line, *(names if isinstance(names, dict) else [0]), *(asking if isinstance(asking, list) else [0])]
        if isinstance(names, dict):
            texts += names.values()
        if all(isinstance(t, str) and len(t) < 500 for t in texts):
            mended = {k: v for k, v in names.items() if v}
            return Choices(coder.strip(), line.strip(), mended, asking, row.get("replacing") is True)
    raise InputError("the request", "it is not what this page sends", "Reload the page.")


async def show(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Where files are dropped; what came in so far."""
    undoable = study.store.is_file() and import_kept(study.store)
    return html(fragment("bring.html", study=study, seat=seat, room="bring", undoable=undoable))


async def begin(request: Request, study: OpenStudy, seat: Session) -> Response:
    """A new batch of files."""
    while len(study.batches) >= _BATCHES:
        study.batches.pop(next(iter(study.batches))).incoming.close()
    study.batches[key := secrets.token_urlsafe(12)] = Batch()
    return data({"batch": key})


def _batch(study: OpenStudy, key: object) -> Batch:
    found = study.batches.get(str(key))
    if not isinstance(found, Batch):
        raise StudyError("these files", "the desk no longer has them", "Drop them again.")
    return found


async def upload(request: Request, study: OpenStudy, seat: Session) -> Response:
    """One file, streamed into the batch."""
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect

    batch = _batch(study, request.headers.get("x-batch", ""))
    path = batch.incoming.begin(unquote(request.headers.get("x-name", "")), "x-again" in request.headers)
    try:
        async for chunk in request.stream():
            if chunk:
                await run_in_threadpool(batch.incoming.add, path, chunk)
    except (ClientDisconnect, InputError):
        batch.incoming.drop(path)
        raise
    return data({"name": path.name})


async def read(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Look at the files of a batch; nothing is written."""
    from starlette.concurrency import run_in_threadpool

    row = await read_json(request)
    batch, choices = _batch(study, row.get("batch") if isinstance(row, dict) else ""), chosen(row)
    return data({"parts": {"preview": await run_in_threadpool(preview, study, batch, choices)}})


def preview(study: OpenStudy, batch: Batch, choices: Choices) -> str:
    """What taking the files over would do, as a part of the page."""
    known = load(study.store) if study.store.is_file() else Study()
    batch.known, batch.choices = known, choices
    shapes = [r.source.strip("'") for r in receipts(study.store) if r.what == SHAPED] if study.store.is_file() else []
    fault = ""
    try:
        gather(batch, known, choices, study.tools.take_in, shapes)
    except InputError as error:  # the line that was given names no speaker
        fault = plainly(str(error))
    made = _ready(study.store, study.folder.name, batch, known, choices)
    new = made.new
    try:
        made.onto(known)
        batch.merged, batch.digest = made.merged, secrets.token_urlsafe(8)
    except AutocodeError as error:
        fault, batch.digest = plainly(str(error)), ""
    loose = [d for d in quoted(new) if d.id not in known.by_id]
    told = "\n".join([fault, *batch.faults.values(), *(plainly(n) for r in batch.receipts for n in r.notes)])
    whole = {**known.by_id, **new.by_id}
    proper = [i for i, d in whole.items() if not made_of_units(d)]
    texts: dict[str, str] = {d.sha256: d.id for d in known.documents}
    looked, doubts = [], list(doubts_in(batch.receipts))
    for d in new.documents:
        if d not in loose and (d.id not in known.by_id or known.by_id[d.id].sha256 != d.sha256):
            looked.append(look(d, texts, doubts))
            texts.setdefault(d.sha256, d.id)
    shown = {x.document.source for x in looked}
    return fragment(
        "batch.html",
        study=study,
        batch=batch,
        choices=choices,
        fault=fault,
        looked=sorted(looked, key=lambda x: (not x.odd, x.document.id)),
        doubts=[", ".join(n) + f": {w}" for n, w in doubts if not shown & {*n} and not any(f"'{d.id}'" in w for d in loose)],
        loose=[(d, _likeliest(d, proper, whole), proper) for d in loose],
        counts=_counts(known, batch.merged.study, later_rounds(study.folder)) if not fault else {},
        lost=[c for m in batch.merged.moved for c in m.lost],
        mended=[(name, to) for name, to in choices.names.items()],
        nameless=bool(choices.coder or "who coded" in told or {c.coder for c in new.codings} & _NOBODY),
        misread=bool(choices.line or any(len(x.speakers) < 2 for x in looked)),
    )


def _likeliest(document: Document, names: Sequence[str], known: Mapping[str, Document]) -> str:
    """The transcript that a table's quotes are likeliest from: of those that have most of the words, one called alike.

    Names are alike that have the same numbers, or nearly the same letters; "" where several are.
    """
    quotes = [document.text_of(s) for s in document.segments[:20]]
    held = {n: sum(q in known[n].text for q in quotes) for n in names}
    numbers = {n: [int(x) for x in re.findall(r"[0-9]+", n)] for n in (*names, document.id)}
    best = [n for n in names if held[n] == max(held.values())]
    numbered = [n for n in best if numbers[n] == numbers[document.id] != []]
    if len(best) == 1 and held[best[0]]:
        return best[0]
    if len(numbered) == 1:
        return numbered[0]
    alike = [n for n in best if not (numbers[n] and numbers[document.id])]  # 'Interview 05' is not taken for 'Interview 04'
    return next(iter(difflib.get_close_matches(document.id, alike, 1, 0.5)), "")


def _counts(before: Study, after: Study, later: Collection[str]) -> dict[str, tuple[int, int]]:
    """How many documents, codes, people and codings of theirs there would be, and how many are new; later rounds left out."""

    def sizes(study: Study) -> tuple[int, ...]:
        """Of one study, as the overview counts."""
        people = set(study.humans) - set(later)
        own = [c.coder for c in study.codings if c.coder in people]
        return len(study.documents), study.codebook.sizes(c.code for c in study.codings)[0], len(set(own)), len(own)

    old, new = sizes(before), sizes(after)
    return {noun: (n, n - o) for noun, o, n in zip(("document", "code", "coder", "coding"), old, new, strict=True)}


async def take(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Take a batch over as it was shown, in one transaction."""
    from starlette.concurrency import run_in_threadpool

    row = await read_json(request)
    batch, choices = _batch(study, row.get("batch") if isinstance(row, dict) else ""), chosen(row)
    digest = row.get("digest") if isinstance(row, dict) else ""
    same = replace(choices, asking=batch.choices.asking) == batch.choices
    if not batch.digest or batch.digest != digest or not same:
        raise StudyError("these files", "they are not as they were shown", "Look at the preview again.")
    await run_in_threadpool(_taken, study, batch, choices)
    batch.incoming.close()
    study.batches = {k: b for k, b in study.batches.items() if b is not batch}
    return data({"go": study.base})


def _ready(store: Path, called: str, batch: Batch, known: Study, choices: Choices) -> Import:
    """What was read, with the person's decisions, made ready for the study; nothing is written."""
    new, earlier = decided(batch, known, choices), receipts(store) if store.is_file() else ()
    return Import.of(new, batch.receipts, known, earlier, called, choices.replacing)


def _taken(study: OpenStudy, batch: Batch, choices: Choices) -> None:
    copy = backup(study.store, "import") if study.store.is_file() else None
    made = _ready(study.store, study.folder.name, batch, load(study.store) if copy else Study(), choices)

    def onto(known: Study) -> Study:
        """The files laid onto the study as it is when the store is locked."""
        if known != batch.known:
            raise StudyError("these files", "the study has changed since they were shown", "Look at the preview again.")
        return made.onto(known)

    at = datetime.now(UTC).isoformat(timespec="seconds")
    update(study.store, onto, lambda: made.entries(at))
    keep_import(study.store, copy)


async def undo(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Give the last import back whole; refused where anything was decided since."""
    from starlette.concurrency import run_in_threadpool

    await run_in_threadpool(_given_back, study.store)
    return data({"reload": True, "told": "The study is as it was before the last files came in."})


def _given_back(store: Path) -> None:
    known, before = load(store), before_import(store)

    def back(now: Study) -> Study:
        """The study before the import, if nothing was done since."""
        if now != known:
            raise StudyError("this import", "the study was worked on since", "Undo the later steps first.")
        return before

    at = datetime.now(UTC).isoformat(timespec="seconds")
    update(store, back, lambda: [ReceiptRow(at, "the last import", "given back whole", 0, {}, ())])
    drop_import(store)


PAGES = {"/bring": show}
POSTS = {"/batch": begin, "/upload": upload, "/read": read, "/take": take, "/untake": undo}
