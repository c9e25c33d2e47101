"""Participants and their variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read, read_all
from autocode.formats.tables.participants import kind_of, several_documents
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.study import Document


def _talks(folder: Path) -> list[Path]:
    for name, text in (("T1", "I: a\nAna: b\n"), ("T2", "I: c\nBen: d\n")):
        (folder / f"{name}.txt").write_text(text)
    return [folder / "T1.txt", folder / "T2.txt"]


@pytest.mark.parametrize("column", ["document", "Dokumentname", "File"])
def test_a_table_describes_documents(column: str, tmp_path: Path) -> None:
    """Documents are called by id or file; the table may be named first; strangers are counted."""
    table = tmp_path / "p.csv"
    table.write_text(f"{column},role,kind\nT1,nurse,\nt2.txt,doctor,Field-note\nT9,x,\n")
    study, receipts = read_all([table, *_talks(tmp_path)])
    assert [(d.id, dict(d.variables), d.kind) for d in study.documents] == [
        ("T1", {"role": "nurse"}, "interview"),
        ("T2", {"role": "doctor"}, "field note"),
    ]
    assert receipts[0].skipped == {"kept until their transcripts come": 1, "about a document already described": 0}


def test_a_table_describes_respondents(tmp_path: Path) -> None:
    """Who speaks in one document only is known by that; the interviewer speaks in both."""
    write_workbook(tmp_path / "p.xlsx", {"s": (["Respondent", "age"], [["ana", 40], ["Ben", 50], ["I", 1]])})
    study, receipts = read_all([*_talks(tmp_path), tmp_path / "p.xlsx"])
    assert [dict(d.variables)["age"] for d in study.documents] == ["40", "50"]
    assert receipts[-1].skipped["kept until their transcripts come"] == 1


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    """The three kinds are named."""
    assert kind_of("Literatur") == "literature"
    with pytest.raises(InputError, match="interview, literature or field note"):
        kind_of("poem")


def test_an_open_folder_may_hold_a_workbook_of_participants(tmp_path: Path) -> None:
    """participants.xlsx serves where there is no participants.csv."""
    (tmp_path / "transcripts").mkdir()
    _talks(tmp_path / "transcripts")
    write_workbook(tmp_path / "participants.xlsx", {"s": (["document", "age"], [["T1", 40]])})
    assert dict(read(tmp_path).documents[0].variables) == {"age": "40"}


def test_participants_with_several_documents_are_found() -> None:
    """Only documents of a participant who has more than one are named; spelling of the variable does not matter."""
    who = {"d1": {"Participant_ID": "P1"}, "d2": {"participant id": "P1"}, "d3": {"participant": "P2"}, "d4": {}}
    documents = [Document(name, name, "text", variables=variables) for name, variables in who.items()]
    assert several_documents(documents) == {"d1": "P1", "d2": "P1"}
