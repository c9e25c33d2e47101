"""Dated copies of a study, made by SQLite's own backup while others work, and put back when needed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from filecmp import cmp
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryDirectory

from autocode.errors import AutocodeError, InputError, StoreError, disk_fault
from autocode.footprint import temporary
from autocode.store import STORE, load, read_study
from autocode.store.ledger import WORDING, entries_in, sizes
from autocode.store.opening import (
    BACKUPS,
    BESIDE,
    BROKEN,
    TABLES,
    VERSION,
    copy_to,
    dated_copy,
    explained,
    is_marked,
    opened,
    reading,
    still,
)
from autocode.store.records import RECEIPT, Recording, attach
from autocode.store.rows import TALLY, digest, log_of, read_log, tallied, tally_faults, there
from autocode.study import Study
from autocode.trail import Entry, verify

_TABLES = (*TABLES, *BESIDE, TALLY, RECEIPT, WORDING, "recording")
_MOST = 20  # faults of one kind that are listed


def check(path: Path) -> list[str]:
    """Everything that is wrong with a study file, in plain words; empty where it is sound. Nothing is written.

    A full disk, a read-only folder or a log that is not yet put into the file is no fault.
    """
    faults = [f"a double of the study lies beside it: {name}. {_DOUBLE}" for name in doubles(path)]
    try:
        kept = log_of(path).read_bytes() if log_of(path).is_file() else b""
        log = read_log(kept) if kept else None
        # With a log beside it, pages of the file may be out of date, and their unused space tells nothing.
        torn = unused_flips(path.read_bytes()) if path.is_file() and log is None else []
        if torn:
            where = f"page{'s' * (len(torn) > 1)} {', '.join(map(str, torn[:_MOST]))}"
            faults.append(
                f"{path}: a bit is flipped where nothing is kept ({where}): the study is whole, the disk is not. {_DISK}"
            )
        if log is not None and log.lost:
            faults.append(
                f"{path}: {log.lost} pages of its log ({log_of(path).name}) are damaged; the changes in them are lost to every "
                "program. Restore a copy (autocode restore)"
            )
            with closing(still(path)) as connection:
                return faults + _looked(connection, path)
        with reading(path) as connection:
            if log is None and is_marked(connection):
                faults.append(_WITHOUT_LOG.format(path=path, log=log_of(path).name))
            return faults + _looked(connection, path)
    except StoreError as error:
        return [*faults, str(error)]
    except BROKEN as error:
        return [*faults, str(explained(path, error))]


_DISK = "Copy the study to another disk (autocode backup --out), and mistrust this one"
_DOUBLE = (
    "A cloud folder makes one where two computers wrote at once: look at both with 'autocode describe', keep the right one "
    "as study.sqlite, and move the other away"
)
_WITHOUT_LOG = (
    "{path}: it was copied while a program had it open, without its log ({log}), so the latest changes are not in it. Copy "
    "both files again with the program closed, or make a copy with 'autocode backup'"
)


def doubles(path: Path) -> list[str]:
    """Names of files beside a study that a cloud folder or a hasty copy made of it."""
    own = re.escape(path.stem)
    pattern = re.compile(
        rf"{own}\W.*{re.escape(path.suffix)}(-wal)?|{own}{re.escape(path.suffix)}\W?(conflict|sync-conflict).*", re.I
    )
    known = {path.name, *(path.name + end for end in ("-wal", "-shm", "-journal"))}
    try:
        return sorted(p.name for p in path.parent.iterdir() if p.name not in known and pattern.fullmatch(p.name))
    except OSError:
        return []


_CLOUDS = re.compile(r"onedrive|dropbox|icloud|mobile documents|google ?drive|nextcloud|owncloud|seafile|sciebo|pcloud", re.I)


def cloud_of(path: Path) -> str:
    """The folder of a path that a program copies to other computers, by its name; "" where there is none."""
    return next((part for part in path.absolute().parts[:-1] if _CLOUDS.match(part)), "")


def _looked(connection: sqlite3.Connection, path: Path) -> list[str]:
    """The faults seen through an open connection."""
    faults = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_MOST})") if row[0] != "ok"]
    faults += [
        f"table {row[0]}: a row points nowhere" for row in connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST)
    ]
    rows = [fault for table in _TABLES if there(connection, table) for fault in _rows(connection, table)]
    faults += rows
    if not rows:
        try:
            read_study(connection, path)
        except (StoreError, ValueError, TypeError) as error:
            faults.append(str(error) if isinstance(error, StoreError) else f"its rows make no study ({type(error).__name__})")
    if there(connection, TALLY):
        return [*faults, *tally_faults(connection), *_trail(connection), *_schema(connection)]
    return [*faults, *_trail(connection), "the tally of its tables is missing"]


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    """The rows of a table that do not fit their hashes."""
    for number, (known, *cells) in enumerate(connection.execute(f"SELECT * FROM {table} ORDER BY rowid"), 1):  # noqa: S608
        if known != digest(cells):
            yield f"row {number} of table {table} is damaged (its hash differs)"


_TREES = {2: 12, 5: 12, 10: 8, 13: 8}  # kinds of pages that hold cells, and the bytes of their heads
_FREE = 32  # zero bytes before the end, where heads of cells that are gone may stand; no text has so many
_PLACE = 2  # bytes in front, where the place of a cell that is gone may stand


def unused_flips(raw: bytes) -> list[int]:
    """Pages of a study file in whose unused space, which is zero, a single bit is not: there the disk has lost it.

    A byte of several bits is what SQLite itself left there: the size of a free piece that was used again.
    See https://www.sqlite.org/fileformat2.html, section 1.3 for the head of the file and 1.6 for where a page's unused
    space lies.
    """
    size = int.from_bytes(raw[16:18], "big")
    size = 65_536 if size == 1 else size
    if size not in (1 << n for n in range(9, 17)) or len(raw) % size:
        return []  # the head of the file itself is damaged, or the file is cut: there are no pages to look into
    head = raw[56:60] == b"\0\0\0\1" and raw[18:20] in (b"\1\1", b"\2\2")  # UTF-8, and with or without a log
    found = [] if head and not any(raw[48:52] + raw[68:92]) else [1]
    for number, at in enumerate(range(0, len(raw), size), 1):
        page, front = raw[at : at + size], 100 if number == 1 else 0
        if own := _TREES.get(page[front], 0):
            cells, start = (int.from_bytes(page[front + i : front + i + 2], "big") for i in (3, 5))
            free = page[front + own + 2 * cells : start or 65_536]
            free = free if not (any(free[:_PLACE]) or any(free[-_FREE:])) else b""
        else:
            free = page[len(page.rstrip(b"\0")) - 1 - _FREE :]  # the end of a page that a long text runs over, or a free one
            free = free if not any(free[:_FREE]) else b""
        if int.from_bytes(free, "big").bit_count() == 1:
            found.append(number)
    return list(dict.fromkeys(found))


def _trail(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the ledger: entries changed, cut out, or cut off at the end."""
    if not there(connection, "ledger"):
        kept = tallied(connection, "ledger") if there(connection, TALLY) else None
        return [f"the ledger is missing: {kept[0]} decisions were written"] if kept else []
    try:
        found = entries_in(connection)
    except StoreError as error:
        return [str(error)]
    newest = connection.execute("SELECT seq FROM sqlite_sequence WHERE name='ledger'").fetchone()
    faults = [f"ledger, {fault}" for fault in verify(found, int(newest[0]) if newest else 0)[:_MOST]]
    kept = tallied(connection, "ledger") if there(connection, TALLY) else None
    if kept and not faults:
        last: Entry | None = found[-1] if found else None
        if kept != ((last.seq, int(last.sha256, 16)) if last else (0, 0)):
            faults.append(f"ledger: its last entry is not the one that was written last (number {kept[0]})")
    return faults


def _schema(connection: sqlite3.Connection) -> Iterator[str]:
    """Guards and counts that are gone, and numbers that no study of ours has."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        for table in (t for t in (*TABLES, *BESIDE, RECEIPT, WORDING) if there(connection, t)):
            if connection.execute(f"SELECT 1 FROM {table}").fetchone() and not tallied(connection, table):  # noqa: S608
                yield f"how many rows were written into table {table} is no longer known: the tally has no row for it"
    if there(connection, "ledger"):
        known = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'")}
        if missing := {"ledger_kept", "ledger_fixed"} - known:
            yield f"the ledger's guards are gone ({', '.join(sorted(missing))}): someone has opened it with another program"
    if connection.execute("PRAGMA user_version").fetchone()[0] not in range(1, VERSION + 1):
        yield "its format is not one of this program's"


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

    def sizes(self, without: Collection[str] = ()) -> dict[str, int] | None:
        """How much it holds, as `ledger.sizes` counts it without some coders; None where it cannot be read."""
        try:
            return sizes(self.path, without)
        except StoreError:
            return None


def backup(store: Path, why: str = "", target: Path | None = None, sparing: Path | None = None) -> Path:
    """Copy a study as it stands, also while a review runs; the copy is one file and a study by itself.

    Args:
        store: The study file.
        why: What the copy precedes, a word or two; "" where a person asks for it, and then it is never removed.
        target: Where to; in the folder `backups` beside the study, dated, where None.
        sparing: A dated copy that stays, however many came after it.

    Raises:
        StoreError: There is no study, something stands at `target`, or the disk refuses.
    """
    with reading(store) as connection:
        if target is None:
            return dated_copy(connection, store, why, sparing)
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
        before = backup(store, "restore", sparing=copy)  # ten are kept: it may be the oldest of them
        with reading(copy) as source, opened(store) as connection:
            source.backup(connection)
        return before
    except StoreError:
        return _replaced(store, copy)


def _replaced(store: Path, copy: Path) -> Path:
    """Move a file that cannot be opened aside, with its log, and put the copy in its place."""
    moment = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    names = chain([moment], (f"{moment}-{n}" for n in count(2)))
    aside = next(a for name in names if not (a := store.parent / BACKUPS / f"damaged-{name}{store.suffix}").exists())
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


RECORDINGS = "recordings"
"""The folder, in a study's folder, of copies of recordings."""


def attach_copy(store: Path, document: str, file: Path) -> Recording:
    """Copy a recording into the study's folder and attach it; what lies there under its name is never overwritten.

    Raises:
        InputError: It cannot be copied, or browsers cannot play it; then nothing of it is left.
        StoreError: As `attach`.
    """
    folder = store.parent / RECORDINGS
    try:
        folder.mkdir(exist_ok=True)
        names = chain([file.name], (f"{file.stem} ({n}){file.suffix}" for n in count(2)))
        target = next(p for n in names if not (p := folder / n).exists() or cmp(p, file, shallow=False))
        if new := not target.exists():
            with TemporaryDirectory(prefix=temporary(file.stem), dir=folder) as stage:
                os.replace(shutil.copyfile(file, Path(stage) / file.name), target)
    except OSError as error:
        why, mend = disk_fault(error, folder)
        raise InputError(file.name, f"it cannot be copied into the study's folder: {why}", mend) from error
    try:
        return attach(store, document, target)
    except AutocodeError:
        if new:
            target.unlink()
        raise


_LAST = "last-import.json"  # in the folder of copies


def keep_import(store: Path, copy: Path | None) -> None:
    """Remember an import just made, so that it can be given back, also after a new start.

    Args:
        store: The study file.
        copy: The copy made before; None where the import made the study.
    """
    known = {"copy": copy.name if copy else "", "after": _digest(store)}
    (store.parent / BACKUPS).mkdir(exist_ok=True)
    (store.parent / BACKUPS / _LAST).write_text(json.dumps(known), encoding="utf-8")


def import_kept(store: Path) -> bool:
    """Whether an import is remembered, and the copy before it is still there."""
    return bool(_kept(store))


def before_import(store: Path) -> Study:
    """The study as it was before the import remembered; without documents where the import made it.

    Raises:
        StoreError: There is none, or the study was worked on since.
    """
    known = _kept(store)
    if not known:
        raise StoreError("this import", "the copy made before it is no longer there", "Delete what you do not want by hand.")
    if known["after"] != _digest(store):
        raise StoreError("this import", "the study was worked on since", "Undo the later steps first.")
    return load(store.parent / BACKUPS / known["copy"]) if known["copy"] else Study(name=load(store).name)


def drop_import(store: Path) -> None:
    """Remember no import any more."""
    (store.parent / BACKUPS / _LAST).unlink(missing_ok=True)


def _kept(store: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((store.parent / BACKUPS / _LAST).read_text(encoding="utf-8"))
        return found if not found["copy"] or (store.parent / BACKUPS / found["copy"]).is_file() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _digest(store: Path) -> str:
    return hashlib.sha256(repr(load(store)).encode("utf-8", "surrogatepass")).hexdigest()
