"""Time stamps in a transcript's text."""

from __future__ import annotations

import pytest

from autocode.formats.transcripts import milliseconds, stamp_above


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


def test_a_line_that_is_a_time_stands_above_a_turn() -> None:
    """Google Meet writes the time on a line of its own."""
    text = "00:05:04\nAna: hello"
    assert stamp_above(text, 9) == (304000, None)
    assert stamp_above("at 00:05:04\nAna: hello", 12) == (None, None)
