"""The ledger in the study file: a decision and what it does to the codings are one transaction.

Rows are only ever added: the file itself refuses to change or delete one. A decision is on the
disk before `append` returns (write-ahead log, full sync). Where words are corrected the text changes, and
what stands over it moves along.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from autocode.errors import StoreError
from autocode.store.opening import make_tables, mark, now, opened, reading, transaction, unmark
from autocode.store.rows import adjust, clear, delete, digest, insert, note, there
from autocode.study import Coder, Document, Segment, Study, Turn
from autocode.study.moves import edits_between
from autocode.study.revise import apply_edits
from autocode.trail import START, Decision, Effects, Entry, Wording, from_text, seal, sealed, to_text

WORDING, WORDING_COLUMNS = "wording", "seq INT, document TEXT, old TEXT, new TEXT"
"""The table of the words of corrections: beside the ledger, not in it, so that they can be forgotten."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS ledger (seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, "
    "decision TEXT NOT NULL, previous TEXT NOT NULL, sha256 TEXT NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS ledger_kept BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS ledger_fixed BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "CREATE TABLE IF NOT EXISTS desk (port INTEGER PRIMARY KEY, since TEXT)",
    f"CREATE TABLE IF NOT EXISTS {WORDING} (row_sha256 BLOB, {WORDING_COLUMNS})",
)


def append(path: Path, decisions: Sequence[Decision], coders: Sequence[Coder] = ()) -> list[Entry]:
    """Add decisions to the ledger and do what they do, all or nothing.

    Args:
        path: The study file.
        decisions: In order.
        coders: Those whom the study may not know yet.

    Returns:
        The entries as written.

    Raises:
        StoreError: The file cannot be written, or a decision builds on a coding, code or document
            that is no longer there; then nothing has changed.
    """
    with opened(path) as connection:
        _prepared(connection)
        mark(connection, path)
        try:
            with transaction(connection):
                connection.execute("PRAGMA defer_foreign_keys=ON")  # a codebook is replaced row by row
                written = [_write(connection, d, coders, path) for d in decisions]
                unmark(connection)
                return written
        except sqlite3.IntegrityError as error:
            raise _moved_on(path) from error


def entries(path: Path, after: int = 0) -> list[Entry]:
    """The entries of a study in order, those later than number `after`.

    Raises:
        StoreError: The file cannot be read, or a row is no decision.
    """
    with reading(path) as connection:
        return entries_in(connection, after)


def entries_in(connection: sqlite3.Connection, after: int = 0) -> list[Entry]:
    """As `entries`, of a study that is open."""
    if not there(connection, "ledger"):
        return []
    rows = connection.execute("SELECT seq, at, decision, previous, sha256 FROM ledger WHERE seq > ? ORDER BY seq", (after,))
    found = [Entry(seq, at, from_text(text), previous, digest, text) for seq, at, text, previous, digest in rows]
    return with_words(connection, found)


def last_written(path: Path) -> int:
    """The number of the last entry ever written, even where it was cut away since."""
    with reading(path) as connection:
        if not there(connection, "ledger"):
            return 0
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name='ledger'").fetchone()
        return int(row[0]) if row else 0


def redact(path: Path, change: Callable[[str, str], str], why: Decision) -> int:
    """Change texts within entries, for privacy alone: a participant withdraws, or gets a pseudonym.

    The chain is sealed anew from the first changed entry on, and a last entry says how many were changed and how the
    chain ended before: who holds an older copy can see that nothing else was touched.

    Args:
        path: The study file.
        change: From the name of a field and a text in it to the text as it shall be.
        why: The last entry, to which the count and the former hash are added.

    Returns:
        How many entries were changed.

    Raises:
        StoreError: The file cannot be written, or a row cannot be read.
    """
    with opened(path) as connection:
        if not there(connection, "ledger"):
            return 0
        with transaction(connection):
            rows = connection.execute("SELECT seq, at, decision, previous, sha256 FROM ledger ORDER BY seq").fetchall()
            texts = [_changed(row[2], change) for row in rows]
            count = len([1 for new, row in zip(texts, rows, strict=True) if new != row[2]])
            if not count:
                return 0
            for name in ("ledger_kept", "ledger_fixed"):
                connection.execute(f"DROP TRIGGER IF EXISTS {name}")
            before = START
            for (seq, at, *_), text in zip(rows, texts, strict=True):
                after = sealed(seq, at, text, before)
                values = (text, before, after, seq)
                connection.execute("UPDATE ledger SET decision = ?, previous = ?, sha256 = ? WHERE seq = ?", values)
                before = after
            for statement in _SCHEMA:
                connection.execute(statement)
            told = f"{why.note} Entries changed: {count}. The chain ended in {rows[-1][4]} before.".strip()
            _write(connection, replace(why, note=told), (), path)
    return count


def _changed(text: str, change: Callable[[str, str], str]) -> str:
    """A row's text with every text within it changed."""

    def walk(key: str, value: Any) -> Any:
        """A value with every text within it changed, whatever it is nested in."""
        if isinstance(value, str):
            return change(key, value)
        if isinstance(value, list):
            return [walk(key, item) for item in value]
        return {k: walk(k, item) for k, item in value.items()} if isinstance(value, dict) else value

    return json.dumps(walk("", json.loads(text)), sort_keys=True, separators=(",", ":"), allow_nan=False)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep a study file open, idle, while many decisions are written.

    SQLite tidies its log into the file when the last one who has it open lets go, which costs more
    than a decision does; so it happens once, at the end. A decision is on the disk all the same.

    Raises:
        StoreError: The file cannot be read.
    """
    with opened(path) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield


def stamp(path: Path) -> tuple[int, ...]:
    """Changes whenever anyone writes to the study file."""
    found: list[int] = []
    for name in (path, path.with_name(path.name + "-wal")):
        try:
            seen = name.stat()
            found += [seen.st_mtime_ns, seen.st_size]
        except FileNotFoundError:
            found += [0, 0]
    return tuple(found)


def desks(path: Path) -> list[tuple[int, str]]:
    """Ports of the review servers that were opened on a study and not closed, each with its time."""
    with reading(path) as connection:
        return connection.execute("SELECT port, since FROM desk").fetchall() if there(connection, "desk") else []


def sizes(path: Path, without: Collection[str] = ()) -> dict[str, int]:
    """How many documents, codes, people who coded, and codings of theirs and agreed on, a study file has.

    A theme counts as a code where somebody gave it; what a machine or the agreement of others gave is no person's coding.
    Where there is no file yet everything is 0. The people in `without` and their codings are not counted.
    """
    if not path.is_file():
        return dict.fromkeys(("document", "code", "coder", "coding", "agreed"), 0)
    with reading(path) as connection:
        closed = " AND path NOT IN (SELECT path FROM category)" if there(connection, "category") else ""
        above = f"path IN (SELECT code FROM coding) OR (path NOT IN (SELECT parent FROM code){closed})"  # noqa: S608
        by = f"coder IN (SELECT id FROM coder WHERE kind = '{{}}' AND id NOT IN ({', '.join('?' * len(without))}))"  # noqa: S608
        counts = {
            "document": "count(*) FROM document",
            "code": f"count(*) FROM code WHERE {above}",
            "coder": f"count(DISTINCT coder) FROM coding WHERE {by.format('human')}",
            "coding": f"count(*) FROM coding WHERE {by.format('human')}",
            "agreed": f"count(*) FROM coding WHERE {by.format('agreed')}",
        }
        given = dict.fromkeys(("coder", "coding", "agreed"), tuple(without))  # what asks for people leaves these out
        return {n: int(connection.execute(f"SELECT {count}", given.get(n, ())).fetchone()[0]) for n, count in counts.items()}


def open_desk(path: Path, port: int) -> None:
    """Note that a review server holds the study."""
    with opened(path) as connection:
        _prepared(connection)
        mark(connection, path)
        with transaction(connection):
            connection.execute("INSERT OR REPLACE INTO desk VALUES (?, ?)", (port, now()))
            unmark(connection)


def close_desk(path: Path, port: int) -> None:
    """Note that a review server has let go of the study."""
    with opened(path) as connection:
        connection.execute("DELETE FROM desk WHERE port = ?", (port,))


def _prepared(connection: sqlite3.Connection) -> None:
    if not there(connection, WORDING):
        for statement in _SCHEMA:
            connection.execute(statement)


def _write(connection: sqlite3.Connection, decision: Decision, coders: Sequence[Coder], path: Path) -> Entry:
    row = connection.execute("SELECT seq, at, decision, previous, sha256 FROM ledger ORDER BY seq DESC LIMIT 1")
    last = row.fetchone()
    before = Entry(last[0], last[1], decision, last[3], last[4]) if last else None  # only its number and hash count
    entry = seal(decision, now(), before)
    for coder in coders:
        if not connection.execute("SELECT 1 FROM coder WHERE id=?", (coder.id,)).fetchone():
            insert(connection, "coder", [(coder.id, coder.name, coder.kind, coder.guid)])
    _do(connection, decision.effects, path)
    values = (entry.seq, entry.at, to_text(decision), entry.previous, entry.sha256)
    connection.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", values)
    note(connection, "ledger", entry.seq, int(entry.sha256, 16))
    if decision.effects.words:
        keep(connection, entry.seq, decision.effects.words)
    return entry


def _do(connection: sqlite3.Connection, effects: Effects, path: Path) -> None:
    for c in effects.removed:
        if not _delete(connection, "coding", (c.document, c.start, c.end, c.code, c.coder, c.memo, c.when, c.weight)):
            raise _moved_on(path)
    for r in effects.unread:
        _delete(connection, "reading", (r.document, r.coder, r.start, r.end))  # an import may have joined it to others
    if effects.book:
        make_tables(connection)  # a file of an earlier version may lack one
        for table in ("colour", "category", "code"):
            clear(connection, table)
        cells = [(c.path, c.name, c.parent, c.definition, c.include, c.exclude, c.example, c.guid) for c in effects.book[1]]
        insert(connection, "code", cells)
        insert(connection, "category", [(c.path,) for c in effects.book[1] if not c.codable])
        insert(connection, "colour", [(c.path, c.colour) for c in effects.book[1] if c.colour])
    if effects.words:
        for w in effects.cleared:
            _delete(connection, "doubt", (effects.words.document, w.start, w.end, w.confidence))
        reword(connection, effects.words, path)
        insert(connection, "doubt", [(effects.words.document, w.start, w.end, w.confidence) for w in effects.doubted])
    added = [(c.document, c.start, c.end, c.code, c.coder, c.memo, c.when, c.weight) for c in effects.added]
    for table, rows in (("coding", added), ("reading", [(r.document, r.coder, r.start, r.end) for r in effects.read])):
        if rows:
            insert(connection, table, rows)


def _delete(connection: sqlite3.Connection, table: str, cells: tuple[object, ...]) -> bool:
    return delete(connection, table, "row_sha256 = ?", (digest(cells),), 1) == 1


def _moved_on(path: Path) -> StoreError:
    return StoreError(str(path), "what this decision builds on was changed meanwhile", "Reload the page.")


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
    insert(connection, WORDING, [(seq, words.document, words.old, words.new)])


def with_words(connection: sqlite3.Connection, entries: Iterable[Entry]) -> list[Entry]:
    """The entries with the words of their corrections, where these are still kept."""
    kept = {}
    if there(connection, WORDING):
        kept = {seq: said for seq, *said in connection.execute(f"SELECT seq, old, new FROM {WORDING}")}  # noqa: S608
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
        if there(connection, WORDING):
            with transaction(connection):
                if documents is None:
                    clear(connection, WORDING)
                for document in documents or ():
                    delete(connection, WORDING, "document = ?", (document,))
