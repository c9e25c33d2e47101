"""The text of a PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import ReadOptions, read, read_all
from autocode.formats.transcripts.texts import read_pdf
from tests.formats.office import pdf


def test_the_words_are_read(tmp_path: Path) -> None:
    """Lines are the page's lines, which the receipt says; turns are found in them."""
    study, receipts = read_all([pdf(tmp_path / "a.pdf", ["I: one", "R1: two"])])
    assert study.documents[0].text == "I: one\nR1: two\n"
    assert [t.speaker for t in study.documents[0].turns] == ["I", "R1"]
    assert "lines end where the page's lines do" in str(receipts[0])


def test_a_paper_is_literature(tmp_path: Path) -> None:
    """The kind asked for is the document's kind."""
    path = pdf(tmp_path / "a.pdf", ["Some paper."])
    assert read(path, ReadOptions(kind="literature")).documents[0].kind == "literature"


def test_a_page_without_text_is_refused(tmp_path: Path) -> None:
    """A scan has no words; the error says what to do."""
    with pytest.raises(InputError, match="Recognise the text"):
        read_pdf(pdf(tmp_path / "a.pdf", []))


@pytest.mark.parametrize("raw", [b"hello", b"%PDF-1.4\n%%EOF", b"%PDF-1.4\nxref\n0 1\ntrailer<</Root 9 0 R>>"])
def test_a_damaged_file_is_one_line(raw: bytes, tmp_path: Path) -> None:
    """Whatever the reader stumbles over, the error is ours."""
    path = tmp_path / "a.pdf"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_pdf(path)
    assert "\n" not in str(caught.value)
