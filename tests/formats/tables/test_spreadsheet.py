"""Workbooks in and out."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocode.errors import InputError
from autocode.formats.files import CELL, cut_to_cell, fits_cell, legal
from autocode.formats.tables.spreadsheet import read_workbook, write_workbook
from tests.conftest import shared


def test_cells_come_back_as_they_were(tmp_path: Path) -> None:
    """Texts, numbers, gaps, spaces and newlines; whole numbers without a fraction."""
    path = tmp_path / "a.xlsx"
    write_workbook(path, {"one": (["a", "b", "c"], [["=1+1", 3, None], [" x\ny ", 0.5, "007"]]), "empty": (["z"], [])})
    (table,) = read_workbook(path)
    assert table.source == "a.xlsx, sheet 'one'"
    assert table.rows == ({"a": "=1+1", "b": "3", "c": ""}, {"a": " x\ny ", "b": "0.5", "c": "007"})
    assert table.lines == (2, 3)


@pytest.mark.row(8)
@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@a", "http://x.y", "{=1}", "\t=1"])
def test_no_cell_is_a_formula_or_a_link(text: str, tmp_path: Path) -> None:
    """Whatever a text begins with, the file holds it as a text."""
    write_workbook(tmp_path / "a.xlsx", {"s": (["a"], [[text]])})
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["s"]["A2"]
    assert (cell.data_type, cell.value, cell.hyperlink) == ("s", text, None)


@pytest.mark.row(20)
def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    """No date of writing is in the file."""
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, {"s": (["a"], [["x"]])})
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_cell_too_long_is_refused_with_a_count(tmp_path: Path) -> None:
    """Excel would cut it without a word; nothing is written."""
    with pytest.raises(InputError, match="2 cells would have more than 32,767 characters"):
        write_workbook(tmp_path / "a.xlsx", {"s": (["a", "b"], [["x" * (CELL + 1), "😀" * (CELL // 2 + 1)]])})
    assert not (tmp_path / "a.xlsx").exists()


@given(st.text(st.sampled_from("a😀\u0301")), st.integers(0, 3))
def test_a_text_is_cut_by_excels_count(text: str, more: int) -> None:
    """An emoji counts two; what fits is left alone."""
    long = "😀" * (CELL // 2) + text * more
    short = cut_to_cell(long)
    assert fits_cell(short)
    assert short == long or (short.endswith("…") and long.startswith(short[:-1]))


def test_dates_and_foreign_cells_are_texts(tmp_path: Path) -> None:
    """A date is ISO 8601, a truth its word, a nameless column is called by its place."""
    book = openpyxl.Workbook()
    book.active.append([])
    book.active.append(["when", None, "x", "x", "last"])
    book.active.append([datetime(2026, 1, 2), True, 1.0, None, datetime(2026, 1, 2, 3, 4)])
    book.save(tmp_path / "a.xlsx")
    (table,) = read_workbook(tmp_path / "a.xlsx")
    assert table.rows[0] == {
        "when": "2026-01-02",
        "column 2": "True",
        "x": "1",
        "x (4)": "",
        "last": "2026-01-02T03:04:00",
    }


@pytest.mark.row(6)
def test_a_document_type_in_a_part_is_refused(tmp_path: Path) -> None:
    """An .xlsx with an entity bomb in its strings is not opened."""
    write_workbook(tmp_path / "a.xlsx", {"s": (["a"], [["x"]])})
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            bomb = b'<!DOCTYPE a [<!ENTITY b "c">]>' if name == "xl/sharedStrings.xml" else b""
            new.writestr(name, bomb + old.read(name))
    with pytest.raises(InputError, match="DTD"):
        read_workbook(tmp_path / "b.xlsx")


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls"])
def test_what_is_no_workbook_is_one_line(name: str, tmp_path: Path) -> None:
    """A text with a workbook's ending is refused."""
    (tmp_path / name).write_text("hello")
    with pytest.raises(InputError) as caught:
        read_workbook(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    """A header without rows holds nothing."""
    write_workbook(tmp_path / "a.xlsx", {"s": (["a"], [])})
    with pytest.raises(InputError, match="no sheet has"):
        read_workbook(tmp_path / "a.xlsx")


@pytest.mark.row(17)
@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_survives(text: str) -> None:
    """What XML holds comes back; newlines are ours; what it cannot hold is one U+FFFD each."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        write_workbook(Path(folder) / "a.xlsx", {"s": (["a", "b"], [["x", text]])})
        cell = read_workbook(Path(folder) / "a.xlsx")[0].rows[0].get("b", "")
    assert cell == legal(text).replace("\r\n", "\n").replace("\r", "\n")


def test_an_old_workbook_is_read() -> None:
    """MAXQDA 12's .xls: 402 rows under a Polish header."""
    (table,) = read_workbook(shared("formats", "samples", "maxqda", "maxqda12_coded_segments_polish_headers.xls"))
    assert len(table.rows) == 402
    assert table.columns[3:6] == ("Nazwa dokumentu", "Kod", "Początek")
    assert table.rows[0]["Początek"] == "1"
