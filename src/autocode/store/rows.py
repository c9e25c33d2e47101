"""Rows that carry a hash of their own cells, and tables that know how many they hold.

A flipped bit in a row shows in its hash. A row that was deleted, or brought in, behind the program's
back shows in the tally: the number of rows of each table and the sum of their hashes, which is kept up
in the same transaction as the rows themselves.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autocode.errors import StoreError, counted

Row = tuple[Any, ...]

TALLY = "tally"
TALLY_COLUMNS = "name TEXT PRIMARY KEY, n INT, total BLOB"
_ROUND = 2**256


def digest(cells: Sequence[object]) -> bytes:
    """The sha256 of a row's cells, 32 bytes."""
    return hashlib.sha256("\x1f".join(map(repr, cells)).encode("utf-8", "surrogatepass")).digest()


def there(connection: sqlite3.Connection, table: str) -> bool:
    """Whether the file has a table: one made by an earlier version may lack it."""
    known = "SELECT count(*) FROM sqlite_master WHERE type='table' AND name=?"
    return bool(connection.execute(known, (table,)).fetchone()[0])


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Add rows, each with its hash before it."""
    come: list[bytes] = []

    def hashed() -> Iterator[Row]:
        """Each row behind its hash, which is noted."""
        for row in rows:
            come.append(digest(row))
            yield come[-1], *row

    width = len(connection.execute(f"SELECT * FROM {table} LIMIT 0").description)  # noqa: S608 (our own table names)
    marks = ",".join("?" * width)
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", hashed())  # noqa: S608
    adjust(connection, table, (), come)


def delete(connection: sqlite3.Connection, table: str, where: str, values: Sequence[object], most: int = -1) -> int:
    """Delete rows, `most` of them at most; how many they were."""
    found = connection.execute(f"SELECT rowid, row_sha256 FROM {table} WHERE {where} LIMIT {most}", values).fetchall()  # noqa: S608
    connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", ((rowid,) for rowid, _ in found))  # noqa: S608
    if found:
        adjust(connection, table, (old for _, old in found), ())
    return len(found)


def clear(connection: sqlite3.Connection, table: str) -> None:
    """Delete all rows of a table."""
    connection.execute(f"DELETE FROM {table}")  # noqa: S608 (our own table names)
    if there(connection, TALLY):
        note(connection, table, 0, 0)


def adjust(connection: sqlite3.Connection, table: str, gone: Iterable[bytes], come: Iterable[bytes]) -> None:
    """Keep the tally of a table right: hashes of rows that went, and of rows that came."""
    if not there(connection, TALLY):
        return
    n, total = tallied(connection, table) or (0, 0)
    for old in gone:
        n, total = n - 1, total - int.from_bytes(old or b"", "big")
    for new in come:
        n, total = n + 1, total + int.from_bytes(new, "big")
    note(connection, table, n, total)


def note(connection: sqlite3.Connection, name: str, n: int, total: int) -> None:
    """Write a tally: how many rows, and the sum of their hashes."""
    cells = (name, n, (total % _ROUND).to_bytes(32, "big"))
    connection.execute(f"INSERT OR REPLACE INTO {TALLY} VALUES (?, ?, ?, ?)", (digest(cells), *cells))  # noqa: S608


def tallied(connection: sqlite3.Connection, name: str) -> tuple[int, int] | None:
    """The tally of a table; None where there is none."""
    row = connection.execute(f"SELECT n, total FROM {TALLY} WHERE name = ?", (name,)).fetchone()  # noqa: S608
    return (int(row[0]), int.from_bytes(row[1], "big")) if row else None


def recount(connection: sqlite3.Connection, table: str) -> None:
    """Take the tally of a table as it is now."""
    connection.execute(f"DELETE FROM {TALLY} WHERE name = ?", (table,))  # noqa: S608
    adjust(connection, table, (), (row[0] for row in connection.execute(f"SELECT row_sha256 FROM {table}")))  # noqa: S608


def checked(connection: sqlite3.Connection, table: str, path: Any) -> list[Row]:
    """The rows of a table in the order written, without their hashes, each checked against its own.

    Raises:
        StoreError: A row does not fit its hash.
    """
    rows = connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()  # noqa: S608
    for number, (known, *cells) in enumerate(rows, 1):
        if known != digest(cells):
            raise damaged_row(path, table, number)
    return [row[1:] for row in rows]


def damaged_row(path: Any, table: str, number: int) -> StoreError:
    """The error for a row whose cells are not those that were written."""
    return StoreError(
        str(path),
        f"row {number} of table {table} is damaged (its hash differs)",
        "Restore a copy (autocode restore), or import the sources again.",
    )


def tally_faults(connection: sqlite3.Connection) -> list[str]:
    """The tables that hold more, fewer or other rows than were written, in plain words."""
    faults = []
    for known, *cells in connection.execute(f"SELECT * FROM {TALLY}").fetchall() if there(connection, TALLY) else ():  # noqa: S608
        name, n, _ = cells
        if known != digest(cells):
            faults.append("the tally of its tables is damaged")
        elif name != "ledger" and str(name).isidentifier():
            own = [row[0] for row in connection.execute(f"SELECT row_sha256 FROM {name}")] if there(connection, name) else []  # noqa: S608
            total = sum(int.from_bytes(h, "big") for h in own if isinstance(h, bytes)) % _ROUND
            if len(own) != n:
                faults.append(f"table {name} holds {counted(len(own), 'row')}, {n:,} were written")
            elif total != int.from_bytes(cells[2], "big"):
                faults.append(f"table {name} holds other rows than were written")
    return faults


_HEADER, _FRAME = 32, 24
_MAGIC = 0x377F0682  # the last bit says that checksums are of big-endian words


@dataclass(frozen=True, slots=True)
class Log:
    """The committed pages of a log.

    Attributes:
        pages: The latest content of each page, by its number from 1.
        size: Pages of the database after the last commit; 0 where nothing is committed.
        lost: Frames of this log that are damaged or follow a damaged one.
    """

    pages: dict[int, bytes] = field(default_factory=dict)
    size: int = 0
    lost: int = 0


def log_of(store: Path) -> Path:
    """Where the log of a study file lies."""
    return store.with_name(store.name + "-wal")


def read_log(raw: bytes) -> Log:
    """The log in some bytes; empty where there is none."""
    if len(raw) < _HEADER:
        return Log(lost=int(bool(raw)))
    magic, _, page, _, *salts = struct.unpack(">6I", raw[:24])
    order = "big" if magic & 1 else "little"
    sums = _checksum(raw[:24], (0, 0), order)
    if magic & ~1 != _MAGIC or page not in (1 << n for n in range(9, 17)) or sums != struct.unpack(">2I", raw[24:32]):
        return Log(lost=max(1, (len(raw) - _HEADER) // (_FRAME + 4096)))
    ours = [at for at in range(_HEADER, len(raw) - _FRAME + 1, _FRAME + page) if _salts(raw, at) == salts]
    pages, committed, size = dict[int, bytes](), dict[int, bytes](), 0
    for place, at in enumerate(range(_HEADER, len(raw) - _FRAME + 1, _FRAME + page)):
        head, content = raw[at : at + _FRAME], raw[at + _FRAME : at + _FRAME + page]
        if _salts(raw, at) == salts and len(content) == page:
            sums = _checksum(content, _checksum(head[:8], sums, order), order)
        if _salts(raw, at) != salts or len(content) < page or sums != struct.unpack(">2I", head[16:24]):
            later = len([other for other in ours if other > at])  # the last one may be what a killed run was writing
            return Log(committed, size, later and max(1, len(ours) - place))
        number, after = struct.unpack(">2I", head[:8])
        pages[number] = content
        if after:
            committed, size = dict(pages), after
    return Log(committed, size)


def _salts(raw: bytes, at: int) -> list[int]:
    """What marks the frame at a place as one of this round of the log."""
    return list(struct.unpack(">2I", raw[at + 8 : at + 16]))


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    """The running checksum of section 4.3 over pairs of 32-bit words."""
    words = array("I", data)
    if sys.byteorder != order:
        words.byteswap()
    a, b = sums
    for i in range(0, len(words), 2):
        a = (a + words[i] + b) & 0xFFFFFFFF
        b = (b + words[i + 1] + a) & 0xFFFFFFFF
    return a, b


def image(store: Path) -> bytes:
    """A study file with what is committed in its log, as one database in memory; nothing is written.

    Raises:
        OSError: A file cannot be read.
    """
    raw, log = bytearray(store.read_bytes()), read_log(log_of(store).read_bytes())
    if log.size:
        page = len(next(iter(log.pages.values())))
        raw[:] = raw[: log.size * page].ljust(log.size * page, b"\0")
        for number, content in log.pages.items():
            raw[(number - 1) * page : number * page] = content
    raw[18:20] = b"\x01\x01"  # a database in memory has no log
    return bytes(raw)
