"""Receipts kept with a study: only ever added to, checked like every row."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from autocode.errors import StoreError
from autocode.store import STORE, load, receipts, update
from autocode.store.backups import check
from autocode.store.records import ReceiptRow
from autocode.study import Coding, Study

ENTRY = ReceiptRow(
    "2026-11-24T10:00:00+00:00",
    "a.csv",
    "rows",
    3,
    {"empty": 1},
    ("a note",),
    (Coding("D0", 1, 4, "Work > Time", "ana", "memo", "2026-01-01", 50),),
)


def test_receipts_read_back_equal_and_in_order(study: Study, tmp_path: Path) -> None:
    """Counts, reasons and codings set aside come back as they were, after later changes too."""
    path = tmp_path / STORE
    update(path, lambda _: study, lambda: [ENTRY])
    update(path, lambda old: old, lambda: [ReceiptRow("later", "b.csv", "rows", 0)])
    update(path, lambda old: old)
    assert receipts(path) == (ENTRY, ReceiptRow("later", "b.csv", "rows", 0))
    assert load(path) == study


def test_a_file_without_receipts_has_none(study: Study, tmp_path: Path) -> None:
    """A study file made before receipts were kept is read as it is."""
    update(tmp_path / STORE, lambda _: study)
    assert receipts(tmp_path / STORE) == ()
    assert check(tmp_path / STORE) == []


def test_a_change_that_fails_leaves_no_receipt(study: Study, tmp_path: Path) -> None:
    """Receipt and study are one transaction."""
    path = tmp_path / STORE
    update(path, lambda _: study, lambda: [ENTRY])

    def fails() -> list[ReceiptRow]:
        raise StoreError("x", "y")

    with pytest.raises(StoreError):
        update(path, lambda old: Study(), fails)
    assert (receipts(path), load(path)) == ((ENTRY,), study)


def test_a_changed_receipt_is_found(study: Study, tmp_path: Path) -> None:
    """A count altered behind the program's back is named by the check."""
    path = tmp_path / STORE
    update(path, lambda _: study, lambda: [ENTRY])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE receipt SET kept = 4")
    assert "row 1 of table receipt is damaged" in check(path)[0]
    with pytest.raises(StoreError, match="damaged"):
        receipts(path)
