"""Dates as ISO 8601."""

from __future__ import annotations

import pytest

from autocode.formats.tables.headings import iso_dates


@pytest.mark.parametrize(
    ("cell", "iso"),
    [
        ("2023-06-10", "2023-06-10"),
        ("2023-06-10 08:05:00", "2023-06-10T08:05:00"),
        ("30.11.2017 20:55:14", "2017-11-30T20:55:14"),
        ("2026-01-02T00:00:00Z", "2026-01-02"),
        ("31/1/2025", "2025-01-31"),
        ("1/31/2025 3:05 PM", "2025-01-31T15:05:00"),
        ("7/7/2025", "2025-07-07"),
        ("7/1/2025", ""),
        ("31.2.2025", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_a_date_is_read_or_left_out(cell: str, iso: str) -> None:
    """What the calendar lacks, or what could be either day, is no date."""
    assert iso_dates([cell]) == (iso,)


def test_the_column_decides_what_comes_first() -> None:
    """One number over twelve tells for all rows; the caller may know it anyway."""
    assert iso_dates(["7/1/2025", "7/13/2025"]) == ("2025-07-01", "2025-07-13")
    assert iso_dates(["7/1/2025"], month_first=True) == ("2025-07-01",)
