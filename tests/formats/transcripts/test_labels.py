"""Time stamps in a transcript's text."""

from __future__ import annotations

import pytest

from autocode.formats.transcripts.labels import milliseconds, stamp_above, timed, without_end_stamp
from autocode.study import Turn


@pytest.mark.parametrize(
    ("stamp", "ms"),
    [
        ("#00:01:02-3#", 62300),
        ("[0:00:04.7]", 4700),
        ("[00:00:12]", 12000),
        ("1:02:45", 3765000),
        ("0:07", 7000),
        ("(01:02,250)", 62250),
    ],
)
def test_stamps_say_milliseconds(stamp: str, ms: int) -> None:
    """Every way of writing a time is read; two parts are minutes and seconds."""
    assert milliseconds(stamp) == ms


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


def test_a_line_that_is_a_time_stands_above_a_turn() -> None:
    """Google Meet writes the time on a line of its own."""
    text = "00:05:04\nAna: hello"
    assert stamp_above(text, 9) == (304000, None)
    assert stamp_above("at 00:05:04\nAna: hello", 12) == (None, None)


def test_a_turn_begins_when_the_one_before_ends() -> None:
    """f4 stamps ends only; starts follow from them."""
    turns = timed([Turn(0, 1, "I", None, 100), Turn(2, 3, "B", None, 250), Turn(4, 5, "I")])
    assert [(t.start_ms, t.end_ms) for t in turns] == [(None, 100), (100, 250), (None, None)]
