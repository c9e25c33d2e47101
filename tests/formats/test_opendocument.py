"""OpenDocument texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read
from autocode.formats.opendocument import read_opendocument
from tests.formats.office import docx, odt


def test_paragraphs_spaces_and_tables_are_read(tmp_path: Path) -> None:
    """Repeated spaces, tabs and breaks count; comments, notes and deleted text do not."""
    body = (
        '<text:tracked-changes>gone</text:tracked-changes><text:h>Interview  1</text:h>\n'
        '<text:p>I:<text:tab/>a<text:s text:c="2"/>b<text:line-break/>c <text:span>d\n  e</text:span>'
        '<office:annotation>remark</office:annotation><text:note>foot</text:note> f</text:p>\n'
        "<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell>\n"
        "<table:table-cell><text:p>y</text:p></table:table-cell></table:table-row></table:table>"
    )  # fmt: skip
    assert read_opendocument(odt(tmp_path / "a.odt", body)) == "Interview 1\nI:\ta  b\nc d e f\nx\ty\n"


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
