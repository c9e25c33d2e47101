"""OpenDocument texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read
from autocode.formats.transcripts.word import read_opendocument
from tests.formats.office import docx, odt


def test_paragraphs_spaces_and_tables_are_read(tmp_path: Path) -> None:
    """Repeated spaces, tabs and breaks count; comments, notes and deleted text do not."""
    body = (
        "<text:tracked-changes>gone</text:tracked-changes><text:h>Interview  1</text:h>\n"
        '<text:p>I:<text:tab/>a<text:s text:c="2"/>b<text:line-break/>c <text:span>d\n  e</text:span>'
        "<office:annotation>remark</office:annotation><text:note>foot</text:note> f</text:p>\n"
        "<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell>\n"
        "<table:table-cell><text:p>y</text:p></table:table-cell></table:table-row></table:table>"
    )
    assert read_opendocument(odt(tmp_path / "a.odt", body))[0] == "Interview 1\nI:\ta  b\nc d e f\nx\ty\n"


def test_turns_are_found(tmp_path: Path) -> None:
    """An .odt is a transcript like any other."""
    path = odt(tmp_path / "a.odt", "<text:p>I: one</text:p><text:p>R1: two</text:p>")
    assert [t.speaker for t in read(path).documents[0].turns] == ["I", "R1"]


@pytest.mark.parametrize(("body", "said"), [("", "no text"), ("<text:p/>", "no text"), ("<text:p>", "damaged")])
def test_a_bad_file_is_one_line(body: str, said: str, tmp_path: Path) -> None:
    """Empty and broken files are refused."""
    with pytest.raises(InputError, match=said):
        read_opendocument(odt(tmp_path / "a.odt", body))


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    """A Word file with the wrong ending is told apart."""
    with pytest.raises(InputError, match=r"no part 'content\.xml'"):
        read_opendocument(docx(tmp_path / "a.odt", "<w:p/>"))


def test_a_table_document_is_read_like_a_workbook(tmp_path: Path) -> None:
    """Repeated cells count, the empty ones that fill a sheet do not; dates and numbers are exact."""

    def row(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}<table:table-cell table:number-columns-repeated='16000'/></table:table-row>"

    def cell(text: str, **said: str) -> str:
        kinds = "".join(f" office:{k.replace('_', '-')}='{v}'" for k, v in said.items())
        return f"<table:table-cell{kinds}><text:p>{text}</text:p></table:table-cell>"

    rows = row(*(cell(c) for c in ("text", "code", "coder", "weight", "date")))
    rows += row(
        cell("it was<text:s/>hard"),
        "<table:table-cell table:number-columns-repeated='2'><text:p>Ana</text:p></table:table-cell>",
        cell("8E1", value_type="float", value="80"),
        cell("2/1/26", value_type="date", date_value="2026-01-02"),
    )
    sheet = f"<table:table table:name='S'>{rows}<table:table-row table:number-rows-repeated='1000000'/></table:table>"
    path = odt(tmp_path / "a.odt", sheet).rename(tmp_path / "a.ods")
    (coding,) = read(path).codings
    assert (coding.code, coding.coder, coding.weight, coding.when) == ("Ana", "Ana", 80, "2026-01-02")
    assert read(path).documents[0].text_of(coding) == "it was hard"
    with pytest.raises(InputError, match="no table document"):
        read(odt(tmp_path / "b.odt", "<text:p/>").rename(tmp_path / "b.ods"))
