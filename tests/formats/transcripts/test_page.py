"""A page: where the words of a turn end."""

from __future__ import annotations

import pytest

from autocode.formats.transcripts.page import without_end_stamp


def test_the_stamp_at_the_end_is_no_word() -> None:
    """A span ends before its last stamp; a stamp within stays."""
    text = "one #00:00:01-0#\ntwo #00:00:02-5# \n\n"
    end, ms = without_end_stamp(text, 0, len(text))
    assert (text[:end], ms) == ("one #00:00:01-0#\ntwo", 2500)


@pytest.mark.parametrize(
    "footer", ["Ana Lee stopped transcription", "Transcribed by https://otter.ai", "Transcription ended after 00:05:41"]
)
def test_a_recorders_last_line_is_no_word(footer: str) -> None:
    """What the program adds at the end belongs to nobody's turn."""
    text = f"So long.\n\n{footer}\n"
    assert text[: without_end_stamp(text, 0, len(text))[0]] == "So long."
