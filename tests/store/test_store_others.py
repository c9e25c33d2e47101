"""SQLite files of other programs: never changed, never trusted, never quoted."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from autocode.errors import StoreError
from autocode.store import changed_copy, foreign

ENDLESS = "CREATE VIEW v AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM r) SELECT x FROM r;"


def _file(folder: Path, script: str = "") -> Path:
    path = folder / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'one'), (2, 'two');" + script)
    return path


def test_rows_come_by_column_and_missing_columns_are_none(tmp_path: Path) -> None:
    """Versions of a tool differ in their columns; the reader asks for all and gets what is there."""
    with foreign(_file(tmp_path)) as base:
        assert base.rows("t", "a", "new") == [{"a": 1, "new": None}, {"a": 2, "new": None}]
        assert base.rows("missing", "a") == []


def test_views_and_virtual_tables_are_no_tables(tmp_path: Path) -> None:
    """What can run code or run for ever is not there."""
    script = ENDLESS + "CREATE VIRTUAL TABLE w USING fts5(x);"
    with foreign(_file(tmp_path, script)) as base:
        assert base.columns("v") == ()
        assert base.columns("w") == ()


def test_nothing_can_be_written_while_reading(tmp_path: Path) -> None:
    """The connection refuses every change, and the file and its folder stay as they are."""
    path = _file(tmp_path)
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(StoreError), foreign(path) as base:
        base.insert("t", {"a": 3})
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert [p.name for p in tmp_path.iterdir()] == ["other.db"]


def test_what_is_still_in_the_log_is_read_too(tmp_path: Path) -> None:
    """Rows that the other program has not yet put into its file are part of it."""
    path = _file(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("INSERT INTO t VALUES (3, 'three')")
        connection.commit()
        with foreign(path) as base:
            assert len(base.rows("t", "a")) == 3


def test_a_copy_is_changed_and_the_original_is_not(tmp_path: Path) -> None:
    """Columns that the table lacks are left out; the copy is whole or not there."""
    path = _file(tmp_path)
    with changed_copy(path, tmp_path / "new" / "copy.db") as base:
        assert base.insert("t", {"a": 3, "b": "three", "c": "no such column"}) == 3
    with foreign(tmp_path / "new" / "copy.db") as base:
        assert [r["b"] for r in base.rows("t", "b")] == ["one", "two", "three"]
    with foreign(path) as base:
        assert len(base.rows("t", "a")) == 2


def test_a_change_that_fails_leaves_no_copy(tmp_path: Path) -> None:
    """An error within leaves neither a half copy nor a temporary file."""
    path = _file(tmp_path)

    def change() -> None:
        with changed_copy(path, tmp_path / "copy.db") as base:
            base.insert("t", {"a": 3})
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        change()
    assert [p.name for p in tmp_path.iterdir()] == ["other.db"]


@pytest.mark.row(14)
def test_an_error_never_quotes_a_cell(tmp_path: Path) -> None:
    """SQLite names the text that it cannot decode; we do not."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (a text)")
        connection.execute("INSERT INTO t VALUES (CAST(x'5365637265742077c3' AS text))")
    with pytest.raises(StoreError) as error, foreign(path) as base:
        base.rows("t", "a")
    assert "Secret" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\x00" + b"\xff" * 2000])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """One line, whatever the bytes."""
    (tmp_path / "x.db").write_bytes(content)
    if content:
        with pytest.raises(StoreError, match="damaged or no SQLite file"), foreign(tmp_path / "x.db"):
            pass
    else:
        with foreign(tmp_path / "x.db") as base:
            assert base.columns("t") == ()


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    """The name and the next step."""
    with pytest.raises(StoreError, match="no such file"), foreign(tmp_path / "none.db"):
        pass


def test_reading_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file made to keep the reader busy is given up."""
    path = _file(tmp_path, ENDLESS)
    monkeypatch.setattr("autocode.store._SECONDS", 0.2)
    with pytest.raises(StoreError, match="longer than"), foreign(path) as base:
        base.connection.execute("SELECT count(*) FROM v").fetchall()
