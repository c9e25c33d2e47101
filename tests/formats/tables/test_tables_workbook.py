"""A whole study as one workbook."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given, settings

from autocode.errors import InputError
from autocode.formats import WriteOptions, read, write
from autocode.study import Study
from tests.formats.exchanged import exchanged


@settings(deadline=None, max_examples=40)
@given(exchanged())
def test_a_study_survives_a_round_trip(study: Study) -> None:
    """read(write(study)) is the study, with every noun and field."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.xlsx"
        write(study, path)
        assert read(path) == study


def test_codings_come_first_and_may_stand_alone(study: Study, tmp_path: Path) -> None:
    """The first sheet is the table that people want; `codings` writes only it."""
    write(study, tmp_path / "a.xlsx")
    write(study, tmp_path / "b.xlsx", WriteOptions(table="codings"))
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames[0] == "codings"
    assert openpyxl.load_workbook(tmp_path / "b.xlsx").sheetnames == ["codings"]


def _changed(study: Study, path: Path, sheet: str, cell: str, value: object) -> Path:
    write(study, path)
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = value
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("sheet", "cell", "value"),
    [("documents", "E2", "{"), ("turns", "B2", "x"), ("readings", "C2", ""), ("codebook", "B2", "Nowhere")],
)
def test_a_workbook_that_was_spoilt_is_one_line(sheet: str, cell: str, value: str, study: Study, tmp_path: Path) -> None:
    """A cell that is not what its column says is refused."""
    with pytest.raises(InputError, match="no whole study") as caught:
        read(_changed(study, tmp_path / "a.xlsx", sheet, cell, value))
    assert "\n" not in str(caught.value)


def test_a_coding_moved_by_hand_is_found_by_its_words(study: Study, tmp_path: Path) -> None:
    """An offset changed in a spreadsheet does not move the coding off its words."""
    study_again = read(_changed(study, tmp_path / "a.xlsx", "codings", "B2", 0))
    assert study_again.codings == study.codings
