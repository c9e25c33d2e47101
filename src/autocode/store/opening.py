"""Opening a study file: made once, by whoever comes first; refused where it is another program's."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from autocode.errors import StoreError

VERSION = 1

TABLES: dict[str, str] = {
    "about": "name TEXT, notice TEXT, codebook TEXT, version TEXT",
    "code": "path TEXT PRIMARY KEY, name TEXT, parent TEXT, definition TEXT, include TEXT, exclude TEXT, "
    "example TEXT, guid TEXT",
    "coder": "id TEXT PRIMARY KEY, name TEXT, kind TEXT, guid TEXT",
    "document": "id TEXT PRIMARY KEY, text TEXT, name TEXT, variables TEXT, kind TEXT, source TEXT, guid TEXT, groups TEXT",
    "turn": "document TEXT REFERENCES document(id), start INT, end INT, speaker TEXT, start_ms INT, end_ms INT",
    "segment": "document TEXT REFERENCES document(id), start INT, end INT, id TEXT, speaker TEXT",
    "coding": "document TEXT REFERENCES document(id), start INT, end INT, code TEXT REFERENCES code(path), "
    "coder TEXT REFERENCES coder(id), memo TEXT, at TEXT, weight INT",
    "reading": "document TEXT REFERENCES document(id), coder TEXT REFERENCES coder(id), start INT, end INT",
    "doubt": "document TEXT REFERENCES document(id), start INT, end INT, confidence REAL",
}


@contextmanager
def opened(path: Path, new: bool) -> Iterator[sqlite3.Connection]:
    """A connection to a study file.

    Args:
        path: The file.
        new: Make it where there is none.

    Raises:
        StoreError: It is missing, damaged, held by another program or made by another one.
    """
    if not new and not (path.is_file() and path.stat().st_size):
        raise StoreError(str(path), "there is no study here", "Import one: autocode import FILE --study FOLDER.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            _take_turns(connection)
            for pragma in (
                "synchronous=FULL",
                "foreign_keys=ON",
                "secure_delete=ON",
                "trusted_schema=OFF",
                "cell_size_check=ON",
                "mmap_size=0",
            ):
                connection.execute(f"PRAGMA {pragma}")
            _prepare(connection, path)
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise _explained(path, error) from error


def _take_turns(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait where another process is switching the same new file."""
    for left in range(50, -1, -1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not left or "locked" not in str(error):
                raise
            time.sleep(0.1)


def _explained(path: Path, error: Exception) -> StoreError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreError(str(path), "another program is writing to it", "Wait for it, or close it, and try again.")
    if isinstance(error, OSError) or "full" in text or "disk I/O" in text or "readonly" in text:
        return StoreError(str(path), f"it cannot be written ({text})", "Free some space or change the folder.")
    return StoreError(str(path), f"it is damaged or no study file ({text})", "Restore a copy, or import the sources again.")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file; refuse a file of another program or a newer version."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    # Looked at again under the lock: another process may be making this very file.
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            return
        if version or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            why = f"it was made by a newer autocode (format {version})" if version > VERSION else "it is no study file"
            raise StoreError(str(path), why, "Update autocode, or choose another folder.")
        make_tables(connection)
        connection.execute(f"PRAGMA user_version={VERSION}")
    finally:
        connection.execute("COMMIT")


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables that are not there yet."""
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (row_sha256 BLOB, {columns})")
