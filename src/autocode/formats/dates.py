"""Dates as programs and people write them, as ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?\s*Z?$")
_NUMBERS = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?:,?[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?[ \u202f]*([AaPp]\.?[Mm]\.?)?)?$"
)


def iso_dates(cells: Sequence[str], month_first: bool | None = None) -> tuple[str, ...]:
    """A column of dates as ISO 8601, "" for a cell that is no date.

    Args:
        cells: The column as written.
        month_first: Whether ``7/1/2025`` is the first of July; None lets the column decide: dots
            mean the day is first, else a number over 12 tells. A column that leaves it open
            gives "" rather than a guess.
    """
    found = [_NUMBERS.match(c.strip()) for c in cells]
    if month_first is None:
        month_first = _month_first(found)
    return tuple(_iso(c.strip()) or _numbers(m, month_first) for c, m in zip(cells, found, strict=True))


def _month_first(found: Sequence[re.Match[str] | None]) -> bool | None:
    dates = [m for m in found if m]
    if any(int(m[1]) > 12 for m in dates) or any(m[2] == "." for m in dates):
        return False
    return True if any(int(m[3]) > 12 for m in dates) else None


def _iso(cell: str) -> str:
    m = _ISO.match(cell)
    return _checked(m[1], m[2], m[3], m.groups()[3:]) if m else ""


def _numbers(m: re.Match[str] | None, month_first: bool | None) -> str:
    if m is None or (month_first is None and m[1] != m[3]):
        return ""
    month, day = (m[1], m[3]) if month_first else (m[3], m[1])
    hour = m[5]
    if hour and m[8]:
        hour = str(int(hour) % 12 + 12 * (m[8][0] in "Pp"))
    return _checked(m[4] if len(m[4]) == 4 else f"20{m[4]}", month, day, (hour, m[6], m[7]))


def _checked(year: str, month: str, day: str, clock: Sequence[str | None]) -> str:
    """The date, with its time where that is not midnight; "" where the calendar has no such day."""
    try:
        hour, minute, second = (int(part or 0) for part in clock)
        when = datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return ""
    return when.isoformat() if hour or minute or second else when.date().isoformat()
