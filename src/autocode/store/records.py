"""What a study remembers of files: receipts of what came in, where recordings lie, and all that was ever written from it.

Receipts are only ever added to, unless a participant withdraws or gets a pseudonym. A receipt holds
names, counts and reasons and no word of a transcript; a coding that lost its place is kept with it
in full, as it was. Who withdraws can be forgotten only where their words are known to lie.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path, PurePath
from typing import Any

from autocode.errors import InputError, StoreError
from autocode.footprint import taken
from autocode.store.opening import BACKUPS, now, opened, reading, transaction
from autocode.store.rows import checked, clear, delete, insert, there
from autocode.study import Coding

RECEIPT = "receipt"
RECEIPT_COLUMNS = "at TEXT, source TEXT, what TEXT, kept INT, skipped TEXT, notes TEXT, aside TEXT"

MOVED = "codings on its old text"
"""What the receipt counts of a document whose transcript was replaced."""


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One receipt.

    Attributes:
        at: When, ISO 8601, as the caller says.
        source: Name of the file or document.
        what: What is counted.
        kept: How many were taken over.
        skipped: How many were not, by reason.
        notes: What a careful reader wants to know.
        aside: Codings that have no place any more, as they were.
        waiting: Rows about participants whose transcripts were not there.
    """

    at: str
    source: str
    what: str
    kept: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    aside: tuple[Coding, ...] = ()
    waiting: tuple[Mapping[str, str], ...] = ()


def without_documents(entry: ReceiptRow, documents: Iterable[str]) -> ReceiptRow | None:
    """A receipt without what it says of some documents; None where it is about one of them alone.

    Args:
        entry: The receipt.
        documents: Their ids and the names of their files.
    """
    names = set(documents)
    if {entry.source, PurePath(entry.source).stem} & names:
        return None
    named = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names)) or "(?!)")
    return replace(
        entry,
        notes=tuple(n for n in entry.notes if not named.search(n)),
        aside=tuple(c for c in entry.aside if c.document not in names),
        waiting=tuple(row for row in entry.waiting if not any(named.search(cell) for cell in row.values())),
    )


def with_words(entry: ReceiptRow, said: Callable[[str], str]) -> ReceiptRow:
    """A receipt with every text in it, documents and memos of codings set aside too, put through `said`."""
    return replace(
        entry,
        source=said(entry.source),
        notes=tuple(map(said, entry.notes)),
        aside=tuple(replace(c, document=said(c.document), memo=said(c.memo)) for c in entry.aside),
        waiting=tuple({column: said(cell) for column, cell in row.items()} for row in entry.waiting),
    )


def row_of(entry: ReceiptRow) -> tuple[Any, ...]:
    """An entry as the cells of its row."""
    aside = [*([getattr(c, f.name) for f in fields(Coding)] for c in entry.aside), *map(dict, entry.waiting)]
    texts = (json.dumps(v, ensure_ascii=False) for v in (dict(entry.skipped), entry.notes, aside))
    return (entry.at, entry.source, entry.what, entry.kept, *texts)


def entries_of(rows: Iterable[tuple[Any, ...]]) -> tuple[ReceiptRow, ...]:
    """The entries in rows, in their order."""
    return tuple(
        ReceiptRow(
            at,
            source,
            what,
            kept,
            json.loads(skipped),
            tuple(json.loads(notes)),
            tuple(Coding(*cells) for cells in aside if isinstance(cells, list)),
            tuple(cells for cells in aside if isinstance(cells, dict)),
        )
        for at, source, what, kept, skipped, notes, told in rows
        for aside in [json.loads(told)]
    )


MIME = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".aac": "audio/aac",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".webm": "audio/webm",
}
"""What a browser can play, by the ending of the file's name."""

_RECORDING = "recording"
_COLUMNS = "document TEXT PRIMARY KEY, path TEXT, size INT, sha256 TEXT"


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording of a document.

    Attributes:
        path: As it was attached; relative to the study's folder where it lies within.
        size: In bytes, when it was attached.
        sha256: Of its bytes.
    """

    document: str
    path: str
    size: int
    sha256: str

    def file(self, store: Path) -> Path:
        """Where it lies."""
        return store.parent / self.path

    def fault(self, store: Path) -> str:
        """Why it cannot be played, in plain words; "" where nothing is wrong with it at first sight."""
        try:
            size = self.file(store).stat().st_size
        except OSError:
            return "is not where it was when it was attached"
        return "" if size == self.size else "was changed since it was attached"

    def holds(self, store: Path) -> bool:
        """Whether the file is, byte for byte, the one that was attached."""
        try:
            return _digest(self.file(store)) == self.sha256
        except OSError:
            return False


def attach(store: Path, document: str, file: Path) -> Recording:
    """Note where the recording of a document lies; a later one takes its place.

    Args:
        store: The study file.
        document: Id of the document.
        file: The recording, in a form that browsers play.

    Raises:
        InputError: There is no such file, or browsers cannot play it.
        StoreError: The study cannot be written, or has no such document.
    """
    if file.suffix.lower() not in MIME:
        raise InputError(file.name, f"a recording is one of {', '.join(MIME)}", "Convert it, and attach the result.")
    try:
        found = file.resolve(strict=True)
        size, digest = found.stat().st_size, _digest(found)
    except OSError as error:
        raise InputError(file.name, f"it cannot be read ({error.strerror})", "Choose the recording's file.") from error
    folder = store.parent.resolve()
    place = found.relative_to(folder).as_posix() if found.is_relative_to(folder) else str(found)
    made = Recording(document, place, size, digest)
    with opened(store) as connection:
        if not connection.execute("SELECT 1 FROM document WHERE id = ?", (document,)).fetchone():
            raise StoreError(str(store), f"it has no document '{document}'", "Import its transcript first.")
        with transaction(connection):
            connection.execute(f"CREATE TABLE IF NOT EXISTS {_RECORDING} (row_sha256 BLOB, {_COLUMNS})")
            delete(connection, _RECORDING, "document = ?", (document,))
            insert(connection, _RECORDING, [(document, place, size, digest)])
    return made


def recordings(store: Path) -> dict[str, Recording]:
    """The recordings of a study by document.

    Raises:
        StoreError: The file cannot be read, or a row is damaged.
    """
    with reading(store) as connection:
        rows = checked(connection, _RECORDING, store) if there(connection, _RECORDING) else []
    return {row[0]: Recording(*row) for row in rows}


def detach(store: Path, documents: Iterable[str]) -> list[str]:
    """Forget where the recordings of some documents lie; the paths, for whoever deletes the files.

    Raises:
        StoreError: The file cannot be written.
    """
    known = recordings(store)
    gone = [known[d] for d in documents if d in known]
    if gone:
        with opened(store) as connection, transaction(connection):
            for r in gone:
                delete(connection, _RECORDING, "document = ?", (r.document,))
    return [os.fspath(r.file(store)) for r in gone]


def rename_recordings(store: Path, ids: Mapping[str, str]) -> None:
    """Note recordings under the new ids of their documents.

    Raises:
        StoreError: The file cannot be written.
    """
    moved = [r for document, r in recordings(store).items() if document in ids]
    if moved:
        with opened(store) as connection, transaction(connection):
            for r in moved:
                delete(connection, _RECORDING, "document = ?", (r.document,))
            insert(connection, _RECORDING, [(ids[r.document], r.path, r.size, r.sha256) for r in moved])


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_OUTPUT = "output"
_OWN = ("members.json",)  # part of the study itself, beside its file


@dataclass(frozen=True, slots=True)
class Output:
    """Something written from a study.

    Attributes:
        path: From the study's folder to it; absolute where it lies on another drive.
        kind: The verb that wrote it: report, export, suggest, train, ...
        sha256: Of the file's bytes, or of the names and bytes in a folder, when it was written.
        at: When, ISO 8601.
    """

    path: str
    kind: str
    sha256: str
    at: str

    def place(self, store: Path) -> Path:
        """Where it was written."""
        return Path(os.path.normpath(store.absolute().parent / self.path))

    def unchanged(self, store: Path) -> bool:
        """Whether it still is what was written."""
        return content_sha256(self.place(store)) == self.sha256


def content_sha256(path: Path) -> str:
    """The sha256 of a file, or of all that is in a folder; "" where there is nothing."""
    whole = hashlib.sha256()
    try:
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            inside = _digest(file)
            if not path.is_dir():
                return inside
            whole.update(f"{file.relative_to(path).as_posix()} {inside}\n".encode("utf-8", "surrogatepass"))
    except OSError:
        return ""
    return whole.hexdigest()


def record_outputs(store: Path, paths: Iterable[Path], kind: str) -> list[Output]:
    """Put outputs on the list of a study; one written again takes the place of the earlier.

    Args:
        store: The study file.
        paths: Files, or folders that were written as a whole.
        kind: The verb that wrote them.

    Raises:
        StoreError: The study cannot be written.
    """
    folder, at = store.absolute().parent, now()
    made = []
    for path in paths:
        whole = Path(os.path.normpath(path.absolute()))
        try:
            place = Path(os.path.relpath(whole, folder)).as_posix()
        except ValueError:  # another drive
            place = str(whole)
        made.append(Output(place, kind, content_sha256(whole), at))
    if made:
        with opened(store) as connection, transaction(connection):
            for output in made:
                delete(connection, _OUTPUT, "path = ?", (output.path,))
                insert(connection, _OUTPUT, [(output.path, output.kind, output.sha256, output.at)])
    return made


def outputs(store: Path) -> list[Output]:
    """Everything that was ever written from a study, the first one first.

    Raises:
        StoreError: The file cannot be read, or a row is damaged.
    """
    with reading(store) as connection:
        return [Output(*row) for row in checked(connection, _OUTPUT, store)] if there(connection, _OUTPUT) else []


def strike(store: Path, gone: Iterable[Output]) -> None:
    """Take outputs off the list, as they were erased.

    Raises:
        StoreError: The study cannot be written.
    """
    with opened(store) as connection, transaction(connection):
        for output in gone:
            delete(connection, _OUTPUT, "path = ?", (output.path,))


def record_taken(kind: str) -> list[str]:
    """Put what this process wrote since the last call on the lists of the studies that it touched.

    Args:
        kind: The verb that wrote it.

    Returns:
        One line for each study whose list cannot be written.
    """
    stores, paths = taken()
    said = []
    for store in stores:
        folder = store.parent
        mine = [p for p in paths if p.exists() and p.name[:1] != "." and not (p.parent == folder and p.name in _OWN)]
        if folder.name == BACKUPS or not mine or not store.is_file():
            continue
        try:
            record_outputs(store, mine, kind)
        except StoreError as error:
            names = ", ".join(p.name for p in mine[:3])
            said.append(f"{store} does not list {names}, so 'forget' will not know of it: {error.why}.")
    return said


@dataclass(frozen=True, slots=True)
class Forgetting:
    """A forgetting that has begun and is not yet over; kept in the study until its last step.

    Attributes:
        participant: As named when it began.
        documents: Ids of the documents to forget.
        at: When it began, ISO 8601.
        said: What was done so far and where to look: JSON-ready, without a word of the documents.
    """

    participant: str
    documents: tuple[str, ...]
    at: str
    said: Mapping[str, Any]


_JOURNAL = "forgetting"


def journal(store: Path) -> Forgetting | None:
    """The forgetting that is not yet over; None where there is none.

    Raises:
        StoreError: The file cannot be read, or the row is damaged.
    """
    with reading(store) as connection:
        rows = checked(connection, _JOURNAL, store) if there(connection, _JOURNAL) else []
    return Forgetting(rows[0][0], tuple(json.loads(rows[0][1])), rows[0][2], json.loads(rows[0][3])) if rows else None


def write_journal(store: Path, entry: Forgetting | None) -> None:
    """Keep how far a forgetting has come; None: it is over.

    Raises:
        StoreError: The study cannot be written.
    """
    with opened(store) as connection, transaction(connection):
        clear(connection, _JOURNAL)
        if entry:
            cells = (entry.participant, json.dumps(entry.documents), entry.at, json.dumps(dict(entry.said), ensure_ascii=False))
            insert(connection, _JOURNAL, [cells])
