"""Corrected words in the study file: the text changes, and what stands over it moves along.

The words themselves are kept beside the ledger, not in it, so that they can be forgotten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from autocode.errors import StoreError
from autocode.store.opening import opened, transaction
from autocode.store.rows import adjust, clear, delete, digest, insert, there
from autocode.study import Document, Segment, Study, Turn
from autocode.study.moves import edits_between
from autocode.study.revise import apply_edits
from autocode.trail import Entry, Wording

TABLE = "wording"
COLUMNS = "seq INT, document TEXT, old TEXT, new TEXT"

_SPANS = {"coding": 1, "doubt": 1, "reading": 2}  # the column in which a table's spans begin


def reword(connection: sqlite3.Connection, words: Wording, path: Path) -> None:
    """Change a document's text, and shift its turns, units, codings, readings and doubts.

    Raises:
        StoreError: The text is another by now, or something stands over the words that the
            decision does not know of.
    """
    conflict = StoreError(str(path), "the words were changed, or coded, by someone else meanwhile", "Reload the page.")
    found = connection.execute("SELECT * FROM document WHERE id = ?", (words.document,)).fetchone()
    if found is None:
        raise conflict
    cells = list(found[1:])
    old = Document(words.document, cells[1])
    if old.sha256 != words.before or old.text[words.start : words.end] != words.old:
        raise conflict
    new = replace(old, text=old.text[: words.start] + words.new + old.text[words.end :])
    if new.sha256 != words.after:
        raise conflict
    cells[1] = new.text
    connection.execute("UPDATE document SET row_sha256 = ?, text = ? WHERE id = ?", (digest(cells), new.text, old.id))
    adjust(connection, "document", [found[0]], [digest(cells)])
    _shift_units(connection, old, words)
    for table, at in _SPANS.items():
        if there(connection, table):
            _shift(connection, table, at, words, conflict)


def _shift_units(connection: sqlite3.Connection, old: Document, words: Wording) -> None:
    """Turns and given units hold the new words where they held the old ones."""
    turns = connection.execute("SELECT rowid, * FROM turn WHERE document = ? ORDER BY rowid", (old.id,)).fetchall()
    units = connection.execute("SELECT rowid, * FROM segment WHERE document = ? ORDER BY rowid", (old.id,)).fetchall()
    old = replace(old, turns=tuple(Turn(*row[3:]) for row in turns), segments=tuple(Segment(*row[2:]) for row in units))
    made = apply_edits(Study((old,)), old.id, edits_between(words.old, words.new, words.start)).study.documents[0]
    places = [("turn", turns, [(t.start, t.end) for t in made.turns])]
    places.append(("segment", units, [(s.start, s.end) for s in made.segments]))
    for table, rows, found in places:
        for row, place in zip(rows, found, strict=True):
            _put(connection, table, row, 1, place)


def _shift(connection: sqlite3.Connection, table: str, at: int, words: Wording, conflict: StoreError) -> None:
    rows = connection.execute(f"SELECT rowid, * FROM {table} WHERE document = ?", (words.document,))  # noqa: S608
    for row in rows.fetchall():
        place = words.place(row[2 + at], row[3 + at])
        if place is None:
            raise conflict
        _put(connection, table, row, at, place)


def _put(connection: sqlite3.Connection, table: str, row: tuple[Any, ...], at: int, place: tuple[int, int]) -> None:
    """Write a row's new place; `row` begins with its number and hash."""
    cells = (*row[2 : 2 + at], *place, *row[4 + at :])
    if cells != row[2:]:
        connection.execute(
            f"UPDATE {table} SET row_sha256 = ?, start = ?, end = ? WHERE rowid = ?",  # noqa: S608
            (digest(cells), *place, row[0]),
        )
        adjust(connection, table, [row[1]], [digest(cells)])


def keep(connection: sqlite3.Connection, seq: int, words: Wording) -> None:
    """Keep the words of a correction, for its undo."""
    insert(connection, TABLE, [(seq, words.document, words.old, words.new)])


def with_words(connection: sqlite3.Connection, entries: Iterable[Entry]) -> list[Entry]:
    """The entries with the words of their corrections, where these are still kept."""
    kept = {}
    if there(connection, TABLE):
        kept = {seq: said for seq, *said in connection.execute(f"SELECT seq, old, new FROM {TABLE}")}  # noqa: S608
    return [_with(e, *kept[e.seq]) if e.decision.effects.words and e.seq in kept else e for e in entries]


def _with(entry: Entry, old: str, new: str) -> Entry:
    effects = entry.decision.effects
    words = replace(effects.words, old=old, new=new) if effects.words else None
    return replace(entry, decision=replace(entry.decision, effects=replace(effects, words=words)))


def forget_words(path: Path, documents: Iterable[str] | None = None) -> None:
    """Erase the words of corrections; that and where there were any stays in the ledger.

    Args:
        path: The study file.
        documents: Of these documents; of all where None.

    Raises:
        StoreError: The file cannot be written.
    """
    with opened(path) as connection:
        if there(connection, TABLE):
            with transaction(connection):
                if documents is None:
                    clear(connection, TABLE)
                for document in documents or ():
                    delete(connection, TABLE, "document = ?", (document,))
