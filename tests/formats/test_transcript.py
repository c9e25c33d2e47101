"""Plain-text transcripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats.transcript import find_turns, read_transcript, read_transcripts


def _turns(text: str) -> list[tuple[str, str]]:
    return [(t.speaker, text[t.start : t.end]) for t in find_turns(text)]


def test_turns_leave_the_name_out() -> None:
    """A turn's span covers the words spoken, not the speaker's name."""
    assert _turns("Interviewer: Hello.\n\nR1: Hi there.\n\nInterviewer: Good.") == [
        ("Interviewer", "Hello."), ("R1", "Hi there."), ("Interviewer", "Good.")]  # fmt: skip


def test_lines_without_a_name_go_on_with_the_turn() -> None:
    """A paragraph without a name belongs to whoever spoke last."""
    assert _turns("A: one\nmore\n\nB: two\n\nA: three") == [("A", "one\nmore"), ("B", "two"), ("A", "three")]


def test_a_stray_colon_makes_no_speaker() -> None:
    """A label that occurs once in prose is no speaker."""
    assert _turns("It was cold.\n\nNote: this is prose.\n\nIt went on.\nAnd on.") == []


def test_times_and_addresses_make_no_speaker() -> None:
    """A colon inside a clock time or an address opens no turn."""
    assert _turns("A: at 10:30 then\n\nB: see http://x.y\n\nA: ok") == [
        ("A", "at 10:30 then"), ("B", "see http://x.y"), ("A", "ok")]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Ä: é\r\n".encode(), "Ä: é\n"),
        (b"\xef\xbb\xbf" + "Ä: é\n".encode(), "Ä: é\n"),
        ("Ä: é\n".encode("utf-16"), "Ä: é\n"),
    ],
)
def test_encodings_with_a_mark_are_read(raw: bytes, text: str, tmp_path: Path) -> None:
    """UTF-8 and UTF-16, with or without marks, give the same text with plain newlines and no note."""
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    document, note = read_transcript(path)
    assert (document.text, note) == (text, "")


def test_a_legacy_encoding_is_a_guess_and_said(tmp_path: Path) -> None:
    """A file that is no UTF-8 is read by a guess, and the receipt says which."""
    path = tmp_path / "a.txt"
    path.write_bytes("Interviewer: Où était la forêt près du château, là-bas, après l'été passé ?\n".encode("cp1252"))
    _, note = read_transcript(path)
    assert "a guess" in note


def test_the_encoding_may_be_said(tmp_path: Path) -> None:
    """--encoding reads the bytes as told."""
    path = tmp_path / "a.txt"
    path.write_bytes("café".encode("cp850"))
    assert read_transcript(path, "cp850")[0].text == "café"


@pytest.mark.parametrize(
    ("raw", "said"), [(b"", "empty"), (b"  \n", "empty"), (b"\x00\xff\x00\x01" * 50, "binary")]
)
def test_what_is_no_text_is_refused(raw: bytes, said: str, tmp_path: Path) -> None:
    """Empty and binary files end in one clear error."""
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=said):
        read_transcript(path)


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    """All transcripts of a folder become documents; a README is no transcript."""
    for name in ("R02.txt", "R01.md", "README.md"):
        (tmp_path / name).write_text("A: x\n", encoding="utf-8")
    assert [d.id for d in read_transcripts(tmp_path)[0]] == ["R01", "R02"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """R01.txt beside R01.md would be one document with two texts."""
    for name in ("R01.txt", "R01.md"):
        (tmp_path / name).write_text("A: x\n", encoding="utf-8")
    with pytest.raises(InputError, match="two files are called 'R01'"):
        read_transcripts(tmp_path)
