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


def test_a_talk_in_a_workbook_is_read_by_its_sides_or_below_its_keys(tmp_path: Path) -> None:
    """A column for who asks beside one for who answers is a talk; keys with their values above the headings are passed over."""
    said = [("Who built the boat?", "My uncle did, in the barn."), ("Did it float?", "For one summer, yes.")]
    sides = tmp_path / "sides.xlsx"
    keyed = tmp_path / "keyed.xlsx"
    talk = [pair for q, a in said for pair in (("Interviewer", q), ("Respondent", a))]
    sheets = {
        sides: [("No", "Interviewer", "Respondent"), *((n, *row) for n, row in enumerate(said, 1))],
        keyed: [
            ("Study", "Boats"),
            ("Place", "Ely"),
            (),
            ("No", "Time", "Speaker", "Said", "Notes"),
            *((n, f"00:00:{n:02}", who, words, "") for n, (who, words) in enumerate(talk, 1)),
        ],
    }
    for path, rows in sheets.items():
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
        document = read(path).documents[0]
        assert [(t.speaker, document.text_of(t)) for t in document.turns] == talk, path.name
