"""study.sqlite: the only room with sqlite3.

One file holds a study. Write-ahead log, full sync, foreign keys and secure delete are on; every
row carries a hash of its own cells, so that damage which SQLite does not see is seen here. Each
change is one transaction: a process killed in the middle leaves the study as it was. Of other programs'
SQLite files a copy is opened, and nothing in it is trusted (`foreign`).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from autocode.errors import InputError, StoreError, disk_fault, full
from autocode.footprint import temporary, temporary_folder, wrote
from autocode.store.opening import TABLES, make_tables, opened, reading, transaction
from autocode.store.records import RECEIPT, RECEIPT_COLUMNS, ReceiptRow, entries_of, row_of
from autocode.store.rows import Row, checked, clear, insert, there
from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook

STORE = "study.sqlite"

_T = TypeVar("_T")


def load(path: Path) -> Study:
    """Read a study file; also where nothing can be written.

    Raises:
        StoreError: There is no such file, it is no study, it was made by a newer program, or a
            row is damaged.
    """
    with reading(path) as connection:
        return read_study(connection, path)


def receipts(path: Path) -> tuple[ReceiptRow, ...]:
    """The receipts of all imports, the first one first.

    Raises:
        StoreError: As `load`.
    """
    with reading(path) as connection:
        return entries_of(checked(connection, RECEIPT, path)) if there(connection, RECEIPT) else ()


def rewrite_receipts(path: Path, change: Callable[[ReceiptRow], ReceiptRow | None]) -> None:
    """Change the receipts kept, for privacy alone: a participant withdraws, or gets a pseudonym.

    Args:
        path: The study file.
        change: From a receipt to the receipt as it shall be; None takes it out.

    Raises:
        StoreError: As `update`.
    """
    kept = [entry for old in receipts(path) if (entry := change(old)) is not None]
    with opened(path) as connection:
        if there(connection, RECEIPT):
            with transaction(connection):
                clear(connection, RECEIPT)
                _add(connection, kept)


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
    with opened(path, new=True) as connection, transaction(connection):
        study = change(read_study(connection, path))
        _write(connection, study)
        _add(connection, record())
    return study


def scrub(path: Path) -> None:
    """Leave no trace of deleted rows: empty the write-ahead log and write the file anew.

    Raises:
        StoreError: As `update`.
    """
    with opened(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _write(connection: sqlite3.Connection, study: Study) -> None:
    """Replace all rows by those of the study, children first out, parents first in."""
    make_tables(connection)  # a file made before there were doubts has no table of them
    for table in reversed(TABLES):
        clear(connection, table)
    for table, rows in _rows(study).items():
        insert(connection, table, rows)


def _add(connection: sqlite3.Connection, entries: Iterable[ReceiptRow]) -> None:
    rows = [row_of(entry) for entry in entries]
    if not rows:
        return
    connection.execute(f"CREATE TABLE IF NOT EXISTS {RECEIPT} (row_sha256 BLOB, {RECEIPT_COLUMNS})")
    insert(connection, RECEIPT, rows)


def _rows(study: Study) -> dict[str, Iterable[Row]]:
    book = study.codebook
    return {
        "about": [(study.name, study.notice, book.name, book.version)],
        "code": [(c.path, c.name, c.parent, c.definition, c.include, c.exclude, c.example, c.guid) for c in book],
        "category": [(c.path,) for c in book if not c.codable],
        "colour": [(c.path, c.colour) for c in book if c.colour],
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
        "asks": ((d.id, name) for d in study.documents for name in d.interviewers),
        "doubt": ((d.id, w.start, w.end, w.confidence) for d in study.documents for w in d.doubts),
    }


def read_study(connection: sqlite3.Connection, path: Path) -> Study:
    """The study in an open file, every row checked against its hash."""
    rows = {table: checked(connection, table, path) if there(connection, table) else [] for table in TABLES}
    if not rows["about"]:
        return Study()
    name, notice, book, version = rows["about"][0]
    turns = _grouped(rows["turn"], lambda row: Turn(*row[1:]))
    segments = _grouped(rows["segment"], lambda row: Segment(*row))
    asking = _grouped(rows["asks"], lambda row: str(row[1]))
    doubts = _grouped(rows["doubt"], lambda row: Doubt(*row[1:]))
    categories, colours = {path for (path,) in rows["category"]}, {str(path): str(colour) for path, colour in rows["colour"]}
    codes = (Code(*row[1:], codable=row[0] not in categories, colour=colours.get(row[0], "")) for row in rows["code"])
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
                tuple(asking.get(i, ())),
            )
            for i, text, title, said, kind, source, guid, groups in rows["document"]
        ),
        codebook=Codebook(tuple(codes), book, version),
        coders=tuple(Coder(*row) for row in rows["coder"]),
        codings=tuple(Coding(*row) for row in rows["coding"]),
        readings=tuple(Reading(*row) for row in rows["reading"]),
        name=name,
        notice=notice,
    )


def _grouped(rows: Iterable[Row], make: Callable[[Row], _T]) -> dict[str, list[_T]]:
    groups: dict[str, list[_T]] = {}
    for row in rows:
        groups.setdefault(str(row[0]), []).append(make(row))
    return groups


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
        """Add a row, leaving out what the table has no column for; the number of the new row.

        A column that the table requires and we know nothing of gets an empty value of the type
        that the table declares: schemas grow from version to version.
        """
        there, kept = set(self.columns(table)), self._required(table)
        kept |= {k: v for k, v in values.items() if k in there}
        names, marks = ",".join(f'"{k}"' for k in kept), ",".join("?" * len(kept))
        made = self.connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(kept.values()))  # noqa: S608
        return int(made.lastrowid or 0)

    def _required(self, table: str) -> dict[str, object]:
        """An empty value for each column that may not be NULL and has no default; keys count themselves."""
        asked = 'SELECT name, type FROM pragma_table_info(?) WHERE "notnull" AND dflt_value IS NULL AND NOT pk'
        return {name: _empty(kind.upper()) for name, kind in self.connection.execute(asked, (table,))}


def _empty(kind: str) -> object:
    """An empty value of a declared type (SQLite's rules of affinity, and dates as SQLAlchemy keeps them)."""
    if any(word in kind for word in ("DATE", "TIMESTAMP")):
        return "1980-01-01 00:00:00.000000"
    if any(word in kind for word in ("INT", "BOOL", "REAL", "FLOA", "DOUB", "NUM", "DEC")):
        return 0
    return b"" if "BLOB" in kind else ""


@contextmanager
def foreign(path: Path) -> Iterator[Foreign]:
    """Open a copy of another program's SQLite file for reading, trusting nothing in it.

    Raises:
        StoreError: It is missing, damaged, no SQLite file, or keeps the reader busy for a minute.
    """
    with (
        tempfile.TemporaryDirectory(prefix=temporary("copy"), dir=temporary_folder()) as folder,
        _guarded(path, Path(folder)) as connection,
    ):
        connection.execute("PRAGMA query_only=ON")
        yield Foreign(connection)


def original_of(program: str, target: Path, original: Path | None) -> Path:
    """The project of another program that `target` is to be a changed copy of.

    Raises:
        InputError: None is named.
    """
    if original is None:
        why = f"a {program} project is written as a changed copy of the original"
        raise InputError(target.name, why, "Name it: --original FILE. Without one, write .qdpx, which most programs import.")
    return original


@contextmanager
def changed_copy(path: Path, target: Path) -> Iterator[Foreign]:
    """Open a copy of another program's SQLite file for adding rows; it becomes `target` at the end.

    Raises:
        StoreError: As `foreign`; it has triggers, which would run; or `target` cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=temporary(target.name), dir=target.parent) as folder:
        with _guarded(path, Path(folder)) as connection:
            if connection.execute("SELECT count(*) FROM sqlite_master WHERE type='trigger'").fetchone()[0]:
                raise StoreError(str(path), "it has triggers, which would run", "Export REFI-QDA (.qdpx) instead.")
            try:
                with connection:
                    yield Foreign(connection)
            except sqlite3.Error as error:  # reading went well: it is our rows that do not fit
                why = f"the copy cannot take the new rows ({getattr(error, 'sqlite_errorname', type(error).__name__)})"
                raise StoreError(str(target), why, "The original is unharmed. Export REFI-QDA (.qdpx) instead.") from None
            connection.execute("PRAGMA journal_mode=DELETE")
        os.replace(Path(folder) / path.name, target)
        wrote(target)


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
    except OSError as error:
        raise StoreError(str(path), *disk_fault(error, folder)) from error
    except (sqlite3.Error, UnicodeDecodeError) as error:  # of a name of a table that is no UTF-8
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise StoreError(str(path), *full(folder)) from None
        raise StoreError(str(path), _fault(error), "Close the program that holds it, or export it again.") from None


def _fault(error: Exception) -> str:
    """What is wrong, in our words: those of SQLite may quote a cell."""
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    if name == "SQLITE_INTERRUPT":
        return f"reading it takes longer than {_SECONDS} seconds"
    return f"it is damaged or no SQLite file ({name})"
