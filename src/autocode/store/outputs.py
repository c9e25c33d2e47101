"""The list of everything that was ever written from a study: where, what kind, with what content, when.

Who withdraws from a study can be forgotten only where their words are known to lie.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocode.errors import StoreError
from autocode.footprint import taken
from autocode.store.ledger import now
from autocode.store.opening import BACKUPS, opened, reading, transaction
from autocode.store.rows import checked, clear, delete, insert, there

_TABLE = "output"
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
            with file.open("rb") as stream:
                inside = hashlib.file_digest(stream, "sha256").hexdigest()
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
                delete(connection, _TABLE, "path = ?", (output.path,))
                insert(connection, _TABLE, [(output.path, output.kind, output.sha256, output.at)])
    return made


def outputs(store: Path) -> list[Output]:
    """Everything that was ever written from a study, the first one first.

    Raises:
        StoreError: The file cannot be read, or a row is damaged.
    """
    with reading(store) as connection:
        return [Output(*row) for row in checked(connection, _TABLE, store)] if there(connection, _TABLE) else []


def strike(store: Path, gone: Iterable[Output]) -> None:
    """Take outputs off the list, as they were erased.

    Raises:
        StoreError: The study cannot be written.
    """
    with opened(store) as connection, transaction(connection):
        for output in gone:
            delete(connection, _TABLE, "path = ?", (output.path,))


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
