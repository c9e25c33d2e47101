"""Which kind of table a file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import ReadOptions, read, read_all
from autocode.formats.tables.spreadsheet import write_workbook


def test_sheets_of_no_kind_are_named(tmp_path: Path) -> None:
    """A workbook may hold more than we read; the receipt says which sheets were not."""
    write_workbook(
        tmp_path / "t.xlsx",
        {
            "Segments": (["Document", "Text", "Code", "Coder"], [["D", "words", "x", "ana"]]),
            "Plan": (["week"], [["one"]]),
        },
    )
    study, receipts = read_all([tmp_path / "t.xlsx"])
    assert [c.code for c in study.codings] == ["x"]
    assert receipts[-1].skipped == {"of no known kind (sheet 'Plan')": 1}


def test_columns_named_by_the_caller_are_for_the_tables_that_have_them(tmp_path: Path) -> None:
    """A codebook beside a table in nobody's format is still a codebook."""
    (tmp_path / "t.csv").write_text("Antwort,Thema\nwords,x\n")
    (tmp_path / "book.csv").write_text("code,parent,definition\nT,,\nx,T,about x\n")
    options = ReadOptions(coder="ana", columns={"text": "Antwort", "code": "Thema"})
    study, _ = read_all([tmp_path / "t.csv", tmp_path / "book.csv"], options)
    assert [c.code for c in study.codings] == ["T > x"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "no kind of table has these columns: Antwort, Thema"),
        ({"text": "Frage"}, "missing column Frage"),
        ({"wort": "Antwort"}, "column 'wort': we have no such column"),
    ],
)
def test_what_is_wrong_with_the_columns_is_said(columns: dict[str, str], said: str, tmp_path: Path) -> None:
    """The columns seen, or the one asked for that is not there."""
    (tmp_path / "t.csv").write_text("Antwort,Thema\nwords,x\n")
    with pytest.raises(InputError, match=said):
        read(tmp_path / "t.csv", ReadOptions(columns=columns))


def test_a_folder_of_parts_reads_the_same_in_any_order(tmp_path: Path) -> None:
    """Transcript, codebook, codings and participants may be named in any order."""
    (tmp_path / "D.txt").write_text("I: a\nR: words here\n")
    (tmp_path / "c.csv").write_text("document,text,code,coder\nD,words,x,ana\n")
    (tmp_path / "b.csv").write_text("code,parent\nx,\n")
    (tmp_path / "p.csv").write_text("document,age\nD,40\n")
    files = [tmp_path / name for name in ("D.txt", "c.csv", "b.csv", "p.csv")]
    one, other = read_all(files)[0], read_all(files[::-1])[0]
    assert one.sha256 == other.sha256
    assert dict(one.documents[0].variables) == dict(other.documents[0].variables) == {"age": "40"}
