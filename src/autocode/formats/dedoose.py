"""Dedoose's excerpts table: one row for each excerpt and coder, three columns for each code.

Layout as in a real export of 1,200 rows with seven coders (shared format guide, section 7).
"""

from __future__ import annotations

import re

from autocode.codebook import Codebook
from autocode.formats.coded_table import whole
from autocode.formats.dates import iso_dates
from autocode.formats.files import Table
from autocode.formats.headings import code_path, codes_in
from autocode.formats.options import ReadOptions
from autocode.formats.quotes import Quote, study_from_quotes
from autocode.formats.receipt import Receipt
from autocode.study import Study

_RANGE = re.compile(r"\D*(\d{1,9})\s*[-–]\s*(\d{1,9})\s*$")


def is_dedoose_table(table: Table) -> bool:
    """Whether the columns are those of Dedoose's excerpts."""
    return {"Media Title", "Excerpt Copy"} <= set(table.columns)


def study_from_dedoose(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in an export of excerpts.

    Codes come from their own columns, for a name may hold the comma that parts the combined
    ones; ranges are offsets into Dedoose's text and only order excerpts, or choose among equals.

    Raises:
        InputError: As `study_from_quotes`.
    """
    names = {c: code_path(m[1]) for c in table.columns if (m := re.fullmatch(r"Code: (.+) Applied", c))}
    dates = iso_dates([row.get("Excerpt Date", "") for row in table.rows], month_first=True)
    quotes = [_quote(row, line, when, names) for row, line, when in zip(table.rows, table.lines, dates, strict=True)]
    study, receipts = study_from_quotes(quotes, table.source, options, [table.note] if table.note else [])
    book = Codebook().with_paths(names.values())
    return Study(study.documents, book, study.coders, study.codings, study.readings), receipts


def _quote(row: dict[str, str], line: int, when: str, names: dict[str, str]) -> Quote:
    given = {path: column for column, path in names.items() if row[column].strip().casefold() in ("true", "1")}
    codes = tuple(given) if names else codes_in(row.get("Codes Applied Combined", ""))
    weights = {path: whole(row.get(column.removesuffix("Applied") + "Weight", "")) for path, column in given.items()}
    place = _RANGE.match(row.get("Excerpt Range", ""))
    start, end = (int(place[1]), int(place[2])) if place else (0, 0)
    return Quote(
        line, row["Media Title"], row["Excerpt Copy"], codes, row.get("Excerpt Creator", ""),
        start=start if start < end else None, end=end if start < end else None, when=when,
        weights={path: w for path, w in weights.items() if w is not None and w <= 100},
    )  # fmt: skip
