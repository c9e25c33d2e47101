"""MAXQDA's tables out, and lists of codes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import ReadOptions, WriteOptions, read, read_all, write
from autocode.formats.tables.coded_segments import COLUMNS
from autocode.formats.tables.spreadsheet import read_workbook, write_workbook
from autocode.study import Segment, Study, Suggestion
from tests.conftest import shared


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_coded_segments_come_back(name: str, study: Study, tmp_path: Path) -> None:
    """What is written in MAXQDA's columns finds its words again in the transcripts."""
    write(study, tmp_path / name, WriteOptions(table="maxqda"))
    options = ReadOptions(documents=study.documents, codebook=study.codebook)
    again = read(tmp_path / name, options)
    names = {c.name: c.id for c in study.coders}
    assert {(c.document, c.start, c.end, c.code, names[c.coder]) for c in again.codings} == {
        (c.document, c.start, c.end, c.code, c.coder) for c in study.codings
    }


def test_columns_are_maxqdas(study: Study, tmp_path: Path) -> None:
    """Paragraphs from 1, area in characters, coverage in percent; suggestions have their own author."""
    suggestion = Suggestion(Segment("D0", 0, 11, "1"), "Work > Time", 0.61, "ask")
    write(study, tmp_path / "t.xlsx", WriteOptions(table="maxqda", suggestions=(suggestion,)))
    (table,) = read_workbook(tmp_path / "t.xlsx")
    last = table.rows[-1]
    assert table.columns == COLUMNS
    assert (last["Beginning"], last["Segment"], last["Area"], last["Author"], last["Comment"]) == (
        "1",
        "Interviewer",
        "11",
        "autocode (suggested)",
        "probability 0.61, ask",
    )


def test_an_unknown_layout_is_refused(study: Study, tmp_path: Path) -> None:
    """The known ones are named."""
    with pytest.raises(InputError, match="Choose whole, codings or maxqda"):
        write(study, tmp_path / "t.csv", WriteOptions(table="nvivo"))


def test_a_list_of_paths_is_a_codebook(tmp_path: Path) -> None:
    """Missing parents are added; guids of a second sheet are found; doubled rows are counted."""
    write_workbook(
        tmp_path / "t.xlsx",
        {
            "Sheet1": (["Code", "Memo"], [["A > B", "about b"], ["A > B", "again"], ["C", ""]]),
            "Full": (["GUID", "Code", "Memo"], [["G1", "A > B", "about b"], ["G2", "D", ""]]),
        },
    )
    study, receipts = read_all([tmp_path / "t.xlsx"])
    assert [(c.path, c.definition, c.guid) for c in study.codebook] == [
        ("A", "", ""),
        ("A > B", "about b", "G1"),
        ("D", "", "G2"),
        ("C", "", ""),
    ]
    assert [r.skipped["doubled"] for r in receipts] == [0, 1]


def test_a_real_codebook_is_read() -> None:
    """MAXQDA 24: 326 codes with their guids."""
    book = read(shared("formats", "samples", "maxqda", "maxqda24_codebook_with_guid.xlsx")).codebook
    assert len(book) == 326
    assert all(code.guid for code in book)
