"""The recordings attached to a study: where each file lies, and its hash. The file stays where it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autocode.errors import InputError, StoreError
from autocode.store.opening import opened, reading, transaction
from autocode.store.rows import checked, delete, insert, there

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


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
