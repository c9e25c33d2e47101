"""The list of everything that was ever written from a study: where, what kind, with what content, when.

Who withdraws from a study can be forgotten only where their words are known to lie.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autocode.store.ledger import now
from autocode.store.opening import opened, reading, transaction
from autocode.store.rows import checked, delete, insert, there

_TABLE = "output"


@dataclass(frozen=True, slots=True)
class Output:
    """Something written from a study.

    Attributes:
        path: Relative to the study's folder where it lies within, else absolute.
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
        place = whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else str(whole)
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
