"""Time stamps that typists and recorders leave in a transcript's text.

f4 writes ``#00:01:02-3#`` at the end of a turn, MAXQDA ``[0:00:04.7]`` and noScribe
``[00:00:12]`` at its start, Google Meet a line that is only ``00:05:04``. Stamps stay in the
text; a turn's span leaves out those at its ends and keeps what they say in milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from autocode.study import Turn

CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
"""A time as h:mm:ss, mm:ss or with a fraction, as a pattern without groups."""

STAMP = rf"(?:#\d{{1,2}}:\d{{2}}:\d{{2}}(?:-\d{{1,3}})?#|\[{CLOCK}\]|\({CLOCK}\)|<{CLOCK}>)"
"""A time that is marked as a stamp, wherever it stands."""

ALONE = rf"(?:{STAMP}|{CLOCK}(?:[ \t]*-->[ \t]*{CLOCK})?)"
"""A time that is a stamp only where it has a line, or the start of one, to itself."""

_LINE_ABOVE = re.compile(rf"(?:^|\n)[ \t]*(?P<stamp>{ALONE})[ \t]*\n\s*$")
_AT_END = re.compile(rf"(?:[ \t]*(?P<stamp>{STAMP})|\n[ \t]*(?:{ALONE}))[ \t]*$")
_FOOTER = re.compile(
    r"\n[^\n]*?(?:(?:stopped|started) transcription|Transcribed by https?://otter\.ai|Transcription ended after [\d:]+"
    r"|hat die Transkription (?:beendet|gestartet))[^\n]{0,80}$",
    re.IGNORECASE,
)


def milliseconds(stamp: str) -> int:
    """The time that a stamp says: ``#00:01:02-3#`` is 62,300.

    A time of two parts is minutes and seconds.
    """
    parts = re.findall(r"\d+", stamp)
    fraction = parts.pop() if re.search(r"[.,-]\d+\D*$", stamp) else "0"
    seconds = 0
    for part in parts:
        seconds = 60 * seconds + int(part)
    return 1000 * seconds + int(fraction.ljust(3, "0")[:3])


def stamp_above(text: str, start: int) -> int | None:
    """The time on the line before `start`, where that line holds nothing else."""
    found = _LINE_ABOVE.search(text, max(0, start - 80), start)
    return milliseconds(found["stamp"].split("-->")[0]) if found else None


def without_end_stamp(text: str, start: int, end: int) -> tuple[int, int | None]:
    """Where the words of a span end, and the time of the stamp after them.

    Lines that a recorder adds at the end ("stopped transcription") are left out too.
    """
    at: int | None = None
    while True:
        body = text[start:end].rstrip()
        found = _AT_END.search(body, max(0, len(body) - 80)) or _FOOTER.search(body, max(0, len(body) - 400))
        end = start + len(body)
        if found is None or not found.group():
            return end, at
        stamp = found.groupdict().get("stamp")
        at = milliseconds(stamp) if stamp and at is None else at
        end = start + found.start()


def timed(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Turns with the start that follows from the stamp at the end of the turn before."""
    done: list[Turn] = []
    for turn in turns:
        before = done[-1].end_ms if done else None
        starts = before if turn.start_ms is None and turn.end_ms is not None else turn.start_ms
        done.append(replace(turn, start_ms=starts))
    return tuple(done)
