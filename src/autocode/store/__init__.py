"""study.sqlite: the only room with sqlite3.

One file holds a study. Write-ahead log, full sync, foreign keys and secure delete are on; every
row carries a hash of its own cells, so that damage which SQLite does not see is seen here. Each
change is one transaction: a process killed in the middle leaves the study as it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from autocode.errors import StoreError
from autocode.store.opening import TABLES as _TABLES
from autocode.store.opening import VERSION
from autocode.store.opening import make_tables as _make_tables
from autocode.store.opening import opened as _open
from autocode.store.records import COLUMNS, TABLE, ReceiptRow, entries_of, row_of, with_words, without_documents
from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook

__all__ = [
    "STORE",
    "VERSION",
    "Foreign",
    "ReceiptRow",
    "changed_copy",
    "check",
    "foreign",
    "load",
    "receipts",
    "rewrite_receipts",
    "scrub",
    "update",
    "with_words",
    "without_documents",
]

_ROWS = 2_000_000  # of one table: more than any project has
_SECONDS = 60  # that a file may keep the reader busy
_LONGEST = 128 * 2**20  # bytes of one cell


@dataclass(frozen=True, slots=True)
class Foreign:
    """Another program's SQLite file, open. Only its tables count: a view can be made to run for ever."""

    connection: sqlite3.Connection

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a table; none where there is no such table."""
        known = "SELECT count(*) FROM sqlite_master WHERE type='table' AND rootpage>0 AND name=?"
        if not self.connection.execute(known, (table,)).fetchone()[0]:
            return ()
        return tuple(row[0] for row in self.connection.execute("SELECT name FROM pragma_table_info(?)", (table,)))

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """The rows of a table, None in columns that it lacks; no rows where there is no such table.

        Raises:
            sqlite3.DataError: There are more than two million.
        """
        there = [c for c in columns if c in self.columns(table)]
        if not there:
            return []
        names = ",".join(f'"{c}"' for c in there)
        found = self.connection.execute(f'SELECT {names} FROM "{table}"').fetchmany(_ROWS + 1)  # noqa: S608 (our names)
        if len(found) > _ROWS:
            raise sqlite3.DataError(f"table {table} has more than {_ROWS:,} rows")
        return [{**dict.fromkeys(columns), **dict(zip(there, row, strict=True))} for row in found]

    def insert(self, table: str, values: Mapping[str, object]) -> int:
        """Add a row, leaving out what the table has no column for; the number of the new row."""
        kept = {k: v for k, v in values.items() if k in self.columns(table)}
        names, marks = ",".join(f'"{k}"' for k in kept), ",".join("?" * len(kept))
        made = self.connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(kept.values()))  # noqa: S608
        return int(made.lastrowid or 0)


@contextmanager
def foreign(path: Path) -> Iterator[Foreign]:
    """Open a copy of another program's SQLite file for reading, trusting nothing in it.

    Raises:
        StoreError: It is missing, damaged, no SQLite file, or keeps the reader busy for a minute.
    """
    with tempfile.TemporaryDirectory(prefix="autocode-") as folder, _guarded(path, Path(folder)) as connection:
        connection.execute("PRAGMA query_only=ON")
        yield Foreign(connection)


@contextmanager
def changed_copy(path: Path, target: Path) -> Iterator[Foreign]:
    """Open a copy of another program's SQLite file for adding rows; it becomes `target` at the end.

    Raises:
        StoreError: As `foreign`; it has triggers, which would run; or `target` cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".autocode-", dir=target.parent) as folder:
        with _guarded(path, Path(folder)) as connection:
            if connection.execute("SELECT count(*) FROM sqlite_master WHERE type='trigger'").fetchone()[0]:
                raise StoreError(str(path), "it has triggers, which would run", "Export REFI-QDA (.qdpx) instead.")
            with connection:
                yield Foreign(connection)
            connection.execute("PRAGMA journal_mode=DELETE")
        os.replace(Path(folder) / path.name, target)


@contextmanager
def _guarded(path: Path, folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy in `folder`, with limits on time and size and a look at its soundness."""
    copy, deadline = folder / path.name, time.monotonic() + _SECONDS
    try:
        for end in ("", "-wal", "-journal"):  # what was not yet put into the file belongs to it
            if end == "" or Path(f"{path}{end}").is_file():
                shutil.copyfile(f"{path}{end}", f"{copy}{end}")
        with closing(sqlite3.connect(copy, timeout=30)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
            for pragma in (
                "trusted_schema=OFF",
                "cell_size_check=ON",
                "mmap_size=0",
                "secure_delete=ON",
                "temp_store=MEMORY",
            ):
                connection.execute(f"PRAGMA {pragma}")
            fault = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if fault != "ok":
                raise StoreError(str(path), "it is damaged", "Export it again from its program.")
            yield connection
    except FileNotFoundError as error:
        raise StoreError(str(path), "there is no such file", "Check the name and the folder.") from error
    except (sqlite3.Error, OSError) as error:
        raise StoreError(str(path), _fault(error), "Close the program that holds it, or export it again.") from None


def _fault(error: Exception) -> str:
    """What is wrong, in our words: those of SQLite may quote a cell."""
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    if name == "SQLITE_INTERRUPT":
        return f"reading it takes longer than {_SECONDS} seconds"
    return f"it is damaged or no SQLite file ({name})"


STORE = "study.sqlite"

_Row = tuple[Any, ...]
_T = TypeVar("_T")


def load(path: Path) -> Study:
    """Read a study file.

    Raises:
        StoreError: There is no such file, it is no study, it was made by a newer program, or a
            row is damaged.
    """
    with _open(path, new=False) as connection:
        return _read(connection, path)


def receipts(path: Path) -> tuple[ReceiptRow, ...]:
    """The receipts of all imports, the first one first.

    Raises:
        StoreError: As `load`.
    """
    with _open(path, new=False) as connection:
        return entries_of(_checked(connection, TABLE, path)) if _there(connection, TABLE) else ()


def rewrite_receipts(path: Path, change: Callable[[ReceiptRow], ReceiptRow | None]) -> None:
    """Change the receipts kept, for privacy alone: a participant withdraws, or gets a pseudonym.

    Args:
        path: The study file.
        change: From a receipt to the receipt as it shall be; None takes it out.

    Raises:
        StoreError: As `update`.
    """
    kept = [entry for old in receipts(path) if (entry := change(old)) is not None]
    with _open(path, new=False) as connection:
        if _there(connection, TABLE):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"DELETE FROM {TABLE}")  # noqa: S608 (our own table name)
            _add(connection, kept)
            connection.execute("COMMIT")


def update(path: Path, change: Callable[[Study], Study], record: Callable[[], Iterable[ReceiptRow]] = tuple) -> Study:
    """Change a study file in one transaction; it is made where it is missing.

    Args:
        path: The file.
        change: From the study as it is to the study as it shall be. Where it raises, nothing
            changes.
        record: Called after `change`: the receipts to add.

    Returns:
        The study as stored.

    Raises:
        StoreError: As `load`; or another program holds the file for more than 30 seconds.
    """
    with _open(path, new=True) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            study = change(_read(connection, path))
            _write(connection, study)
            _add(connection, record())
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    return study


def check(path: Path) -> list[str]:
    """Everything that is wrong with a study file, in plain words; empty where it is sound."""
    try:
        with _open(path, new=False) as connection:
            faults = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            faults += [f"table {row[0]}: a row points nowhere" for row in connection.execute("PRAGMA foreign_key_check")]
            _read(connection, path)
            _checked(connection, TABLE, path) if _there(connection, TABLE) else None
            return faults
    except StoreError as error:
        return [str(error)]


def scrub(path: Path) -> None:
    """Leave no trace of deleted rows: empty the write-ahead log and write the file anew.

    Raises:
        StoreError: As `update`.
    """
    with _open(path, new=False) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _write(connection: sqlite3.Connection, study: Study) -> None:
    """Replace all rows by those of the study, children first out, parents first in."""
    _make_tables(connection)  # a file made before there were doubts has no table of them
    for table in reversed(_TABLES):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 (our own table names)
    for table, rows in _rows(study).items():
        marks = ",".join("?" * (len(_columns(table)) + 1))
        hashed = ((_hash(row), *row) for row in rows)
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", hashed)  # noqa: S608


def _there(connection: sqlite3.Connection, table: str) -> bool:
    """Whether the file has a table: one made by an earlier version may lack it."""
    known = "SELECT count(*) FROM sqlite_master WHERE type='table' AND name=?"
    return bool(connection.execute(known, (table,)).fetchone()[0])


def _add(connection: sqlite3.Connection, entries: Iterable[ReceiptRow]) -> None:
    rows = [row_of(entry) for entry in entries]
    if not rows:
        return
    if not _there(connection, TABLE):
        connection.execute(f"CREATE TABLE {TABLE} (row_sha256 BLOB, {COLUMNS})")
    marks = ",".join("?" * (COLUMNS.count(",") + 2))
    connection.executemany(f"INSERT INTO {TABLE} VALUES ({marks})", [(_hash(row), *row) for row in rows])  # noqa: S608


def _rows(study: Study) -> dict[str, Iterable[_Row]]:
    book = study.codebook
    return {
        "about": [(study.name, study.notice, book.name, book.version)],
        "code": [(c.path, c.name, c.parent, c.definition, c.include, c.exclude, c.example, c.guid) for c in book],
        "coder": [(c.id, c.name, c.kind, c.guid) for c in study.coders],
        "document": [
            (
                d.id,
                d.text,
                d.name,
                json.dumps(dict(d.variables), ensure_ascii=False),
                d.kind,
                d.source,
                d.guid,
                json.dumps(d.groups, ensure_ascii=False),
            )
            for d in study.documents
        ],
        "turn": ((d.id, t.start, t.end, t.speaker, t.start_ms, t.end_ms) for d in study.documents for t in d.turns),
        "segment": ((s.document, s.start, s.end, s.id, s.speaker) for d in study.documents for s in d.segments),
        "coding": ((c.document, c.start, c.end, c.code, c.coder, c.memo, c.when, c.weight) for c in study.codings),
        "reading": ((r.document, r.coder, r.start, r.end) for r in study.readings),
        "doubt": ((d.id, w.start, w.end, w.confidence) for d in study.documents for w in d.doubts),
    }


def _read(connection: sqlite3.Connection, path: Path) -> Study:
    rows = {table: _checked(connection, table, path) if _there(connection, table) else [] for table in _TABLES}
    if not rows["about"]:
        return Study()
    name, notice, book, version = rows["about"][0]
    turns = _grouped(rows["turn"], lambda row: Turn(*row[1:]))
    segments = _grouped(rows["segment"], lambda row: Segment(*row))
    doubts = _grouped(rows["doubt"], lambda row: Doubt(*row[1:]))
    return Study(
        documents=tuple(
            Document(
                i,
                text,
                title,
                tuple(turns.get(i, ())),
                tuple(segments.get(i, ())),
                json.loads(said),
                kind,
                source,
                guid,
                tuple(json.loads(groups)),
                tuple(sorted(doubts.get(i, ()))),
            )
            for i, text, title, said, kind, source, guid, groups in rows["document"]
        ),
        codebook=Codebook(tuple(Code(*row[1:]) for row in rows["code"]), book, version),
        coders=tuple(Coder(*row) for row in rows["coder"]),
        codings=tuple(Coding(*row) for row in rows["coding"]),
        readings=tuple(Reading(*row) for row in rows["reading"]),
        name=name,
        notice=notice,
    )


def _checked(connection: sqlite3.Connection, table: str, path: Path) -> list[_Row]:
    """The rows of a table in the order written, each checked against its hash."""
    rows = connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()  # noqa: S608
    for number, (digest, *cells) in enumerate(rows, 1):
        if digest != _hash(cells):
            raise StoreError(
                str(path),
                f"row {number} of table {table} is damaged (its hash differs)",
                "Restore a copy, or import the sources again.",
            )
    return [row[1:] for row in rows]


def _grouped(rows: Iterable[_Row], make: Callable[[_Row], _T]) -> dict[str, list[_T]]:
    groups: dict[str, list[_T]] = {}
    for row in rows:
        groups.setdefault(str(row[0]), []).append(make(row))
    return groups


def _columns(table: str) -> list[str]:
    return [part for part in _TABLES[table].split(",") if part.strip()]


def _hash(cells: Sequence[object]) -> bytes:
    return hashlib.sha256("\x1f".join(map(repr, cells)).encode("utf-8", "surrogatepass")).digest()
