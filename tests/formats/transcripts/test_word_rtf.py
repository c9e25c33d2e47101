"""Rich text."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read
from autocode.formats.transcripts.word import read_rtf
from tests.conftest import shared


def test_code_pages_and_unicode_are_read(tmp_path: Path) -> None:
    r"""``\'f6`` is of the code page, ``\u`` is Unicode, an emoji is two of them; hidden groups are not read."""
    path = tmp_path / "a.rtf"
    path.write_bytes(rb"{\rtf1\ansi\ansicpg1252 I: K\'f6n \u8211?a \u-10179?\u-8704?!\par B: ja\par{\*\annotation no}}")
    assert read_rtf(path)[0] == "I: Kön –a 😀!\nB: ja\n"


@pytest.mark.parametrize(("raw", "said"), [(b"hello", "no rich text"), (b"{\\rtf1 }", "no text"), (b"", "empty")])
def test_what_is_no_rich_text_is_refused(raw: bytes, said: str, tmp_path: Path) -> None:
    """A plain text with the ending .rtf and an empty one are one clear line."""
    path = tmp_path / "a.rtf"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=said):
        read_rtf(path)


def test_f4_in_rich_text_keeps_its_times() -> None:
    """The sample has two turns, the second from where the first ends."""
    turns = read(shared("formats", "samples", "transcripts", "f4_constructed.rtf")).documents[0].turns
    assert [(t.speaker, t.start_ms, t.end_ms) for t in turns] == [("I", None, 8200), ("B", 8200, 62300)]


def test_notes_without_speakers_have_no_turns() -> None:
    """A review protocol in headed lists is read as a text."""
    document = read(shared("formats", "samples", "transcripts", "rtf_P1R2.rtf")).documents[0]
    assert document.text.startswith("REVIEW TYPE AND GOAL\n- ")
    assert document.turns == ()
