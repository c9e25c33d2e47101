"""Other programs' SQLite files: a copy is opened, and nothing in it is trusted."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocode.errors import StoreError, disk_fault, full
from autocode.footprint import temporary, temporary_folder, wrote

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
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise StoreError(str(path), *full(folder)) from None
        raise StoreError(str(path), _fault(error), "Close the program that holds it, or export it again.") from None


def _fault(error: Exception) -> str:
    """What is wrong, in our words: those of SQLite may quote a cell."""
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    if name == "SQLITE_INTERRUPT":
        return f"reading it takes longer than {_SECONDS} seconds"
    return f"it is damaged or no SQLite file ({name})"
