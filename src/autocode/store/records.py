"""Receipts kept with a study: what each import took over, skipped and set aside.

They are only ever added to, unless a participant withdraws or gets a pseudonym. A receipt holds
names, counts and reasons and no word of a transcript; a coding that lost its place is kept with it
in full, as it was.
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
from autocode.store.opening import opened, reading, transaction
from autocode.store.rows import checked, delete, insert, there
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

_TABLE = "recording"
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
            connection.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} (row_sha256 BLOB, {_COLUMNS})")
            delete(connection, _TABLE, "document = ?", (document,))
            insert(connection, _TABLE, [(document, place, size, digest)])
    return made


def recordings(store: Path) -> dict[str, Recording]:
    """The recordings of a study by document.

    Raises:
        StoreError: The file cannot be read, or a row is damaged.
    """
    with reading(store) as connection:
        rows = checked(connection, _TABLE, store) if there(connection, _TABLE) else []
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
                delete(connection, _TABLE, "document = ?", (r.document,))
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
                delete(connection, _TABLE, "document = ?", (r.document,))
            insert(connection, _TABLE, [(ids[r.document], r.path, r.size, r.sha256) for r in moved])


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
