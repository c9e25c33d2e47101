"""Dated copies of a study, made by SQLite's own backup while others work, and put back when needed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autocode.errors import StoreError
from autocode.store import STORE, load
from autocode.store.checking import check
from autocode.store.opening import BACKUPS, copy_to, dated_copy, explained, opened, reading


@dataclass(frozen=True, slots=True)
class Backup:
    """A dated copy.

    Attributes:
        path: The file: a study file by itself.
        why: What it was made before; "kept" where a person asked for it.
        at: When, as in its name.
    """

    path: Path
    why: str
    at: str


def backup(store: Path, why: str = "", target: Path | None = None) -> Path:
    """Copy a study as it stands, also while a review runs; the copy is one file and a study by itself.

    Args:
        store: The study file.
        why: What the copy precedes, a word or two; "" where a person asks for it, and then it is never removed.
        target: Where to; in the folder `backups` beside the study, dated, where None.

    Raises:
        StoreError: There is no study, something stands at `target`, or the disk refuses.
    """
    with reading(store) as connection:
        if target is None:
            return dated_copy(connection, store, why)
        if target.exists():
            raise StoreError(str(target), "something is there already", "Name a new file.")
        copy_to(connection, target)
        return target


def backups(store: Path) -> list[Backup]:
    """The dated copies of a study, the latest first."""
    found = []
    for path in sorted((store.parent / BACKUPS).glob(f"{store.stem}-*.sqlite"), reverse=True):
        at, why = path.stem[len(store.stem) + 1 :][:17], path.stem[len(store.stem) + 23 :]
        with suppress(ValueError):
            found.append(Backup(path, why, datetime.strptime(at, "%Y-%m-%d-%H%M%S").isoformat(" ")))
    return found


def restore(store: Path, copy: Path) -> Path | None:
    """Put a dated copy in the place of a study, after a copy of how it is now.

    A study that is open in a review gets the rows of the copy in one transaction. One that is too damaged to be
    opened is moved aside, never deleted.

    Args:
        store: The study file, which may be missing or damaged.
        copy: The dated copy.

    Returns:
        Where the state before lies now; None where there was none.

    Raises:
        StoreError: The copy is no sound study, or the disk refuses; then nothing has changed.
    """
    if faults := check(copy):
        raise StoreError(str(copy), f"this copy is not sound ({faults[0]})", "Choose another: autocode restore STUDY.")
    load(copy)
    if not store.exists():
        with reading(copy) as source:
            copy_to(source, store)
        return None
    try:
        before = backup(store, "restore")
        with opened(store) as connection, closing(sqlite3.connect(copy)) as source:
            source.backup(connection)
        return before
    except StoreError:
        return _replaced(store, copy)


def _replaced(store: Path, copy: Path) -> Path:
    """Move a file that cannot be opened aside, with its log, and put the copy in its place."""
    moment = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    aside = store.parent / BACKUPS / f"damaged-{moment}{store.suffix}"
    fresh = store.parent / BACKUPS / f".{store.name}.fresh"
    with reading(copy) as source:
        copy_to(source, fresh)
    try:
        for end in ("-wal", "-shm", "-journal", ""):
            if Path(f"{store}{end}").exists():
                os.replace(f"{store}{end}", f"{aside}{end}")
        os.replace(fresh, store)
    except OSError as error:
        raise explained(store, error) from error
    return aside


def backup_of(folder: Path, name: str) -> Path:
    """The dated copy of a study by a name: "latest", the number in the list, a file's name or a path.

    Raises:
        StoreError: There is none.
    """
    found = backups(folder / STORE)
    if name == "latest" and found:
        return found[0].path
    if name.isdigit() and 0 < int(name) <= len(found):
        return found[int(name) - 1].path
    for path in (Path(name), folder / BACKUPS / name):
        if path.is_file():
            return path
    raise StoreError(f"the copy '{name}'", "there is no such copy of this study", f"See them: autocode restore {folder}.")
