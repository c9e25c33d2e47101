"""study.sqlite: the only room with sqlite3.

One file holds a study. Write-ahead log, full sync, foreign keys and secure delete are on; every
row carries a hash of its own cells, so that damage which SQLite does not see is seen here. Each
change is one transaction: a process killed in the middle leaves the study as it was.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from autocode.store.opening import TABLES, VERSION, make_tables, opened, reading, transaction
from autocode.store.others import Foreign, changed_copy, foreign
from autocode.store.records import COLUMNS, TABLE, ReceiptRow, entries_of, row_of, with_words, without_documents
from autocode.store.rows import Row, checked, clear, insert, there
from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook

__all__ = [
    "STORE",
    "VERSION",
    "Foreign",
    "ReceiptRow",
    "changed_copy",
    "foreign",
    "load",
    "receipts",
    "rewrite_receipts",
    "scrub",
    "update",
    "with_words",
    "without_documents",
]

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
        return entries_of(checked(connection, TABLE, path)) if there(connection, TABLE) else ()


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
        if there(connection, TABLE):
            with transaction(connection):
                clear(connection, TABLE)
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
    connection.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (row_sha256 BLOB, {COLUMNS})")
    insert(connection, TABLE, rows)


def _rows(study: Study) -> dict[str, Iterable[Row]]:
    book = study.codebook
    return {
        "about": [(study.name, study.notice, book.name, book.version)],
        "code": [(c.path, c.name, c.parent, c.definition, c.include, c.exclude, c.example, c.guid) for c in book],
        "category": [(c.path,) for c in book if not c.codable],
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
    categories = {path for (path,) in rows["category"]}
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
        codebook=Codebook(tuple(Code(*row[1:], codable=row[0] not in categories) for row in rows["code"]), book, version),
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
