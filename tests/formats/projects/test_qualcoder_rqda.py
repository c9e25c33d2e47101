"""RQDA projects: only what is not deleted, where it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read, read_all
from tests.conftest import shared
from tests.formats.projects_made import database

TABLES = """
CREATE TABLE source (name text, id integer, file text, memo text, owner text, status integer);
CREATE TABLE freecode (name text, memo text, id integer, status integer);
CREATE TABLE codecat (name text, catid integer, memo text, status integer);
CREATE TABLE treecode (cid integer, catid integer, status integer);
CREATE TABLE coding (cid integer, fid integer, seltext text, selfirst real, selend real, status integer,
  owner text, memo text);
CREATE TABLE fileAttr (variable text, value text, fileID integer, status integer);
"""
ROWS: dict[str, list[tuple[object, ...]]] = {
    "source": [("A", 1, "été words 👩 end", None, "ana", 1), ("Old", 2, "deleted", None, "ana", 0)],
    "freecode": [("c", "memo", 1, 1), ("gone", "", 2, 0)],
    "codecat": [("Cat", 1, "", 1)],
    "treecode": [(1, 1, 1)],
    "coding": [
        (1, 1, "words 👩", 4.0, 11.0, 1, "ana", None),
        (1, 1, "end", 12.0, 15.0, 0, "ana", None),
        (2, 1, "end", 12.0, 15.0, 1, "ben", None),
    ],
    "fileAttr": [("Place", "Rome", 1, 1)],
}


def test_deleted_rows_stay_deleted(tmp_path: Path) -> None:
    """A status of 0 marks a deleted file, code or coding; each is counted."""
    study, receipts = read_all([database(tmp_path / "p.rqda", TABLES, **ROWS)])
    assert [(d.id, d.variables) for d in study.documents] == [("A", {"Place": "Rome"})]
    assert [(c.code, c.coder, study.documents[0].text_of(c)) for c in study.codings] == [("Cat > c", "ana", "words 👩")]
    assert receipts[-1].skipped["deleted in RQDA"] == 1
    assert receipts[-1].skipped["of an unknown code"] == 1


def test_another_database_is_refused(tmp_path: Path) -> None:
    """A SQLite file without RQDA's tables is none."""
    with pytest.raises(InputError, match="no RQDA project"):
        read(database(tmp_path / "p.rqda", "CREATE TABLE x (y);"))


def test_a_real_project_is_read_with_its_words_in_place() -> None:
    """Thirteen texts; of 22 codings 21 are not deleted, and all 21 match their words."""
    study, receipts = read_all([shared("formats", "samples", "rqda", "OPCW-CSP-DG.rqda")])
    assert (len(study.documents), len(study.codebook), len(study.codings)) == (13, 2, 21)
    assert "21 of 21" in str(receipts[-1])
