"""Tables with one coded segment a row (MAXQDA, ATLAS.ti, Taguette, anybody's) or a column a code."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autocode.formats.copies import told_apart
from autocode.formats.dates import iso_dates
from autocode.formats.files import Table
from autocode.formats.headings import code_path, codes_in, columns_by_place, columns_of
from autocode.formats.options import ReadOptions
from autocode.formats.quotes import Quote, study_from_quotes
from autocode.formats.receipt import Receipt
from autocode.study import Study

_WHOLE = re.compile(r"\s*\d{1,12}(?:\.0*)?\s*", re.ASCII)
_YES = {"1", "1.0", "x", "true", "yes", "y", "ja", "oui", "sí", "si", "sim", "wahr", "✓", "✔", "✗", "●"}
_NO = {"", "0", "0.0", "false", "no", "n", "nein", "non", "não", "falsch", "-"}


def coded_columns(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    """The columns of a table of coded segments by our names; empty where it is none.

    Raises:
        InputError: A column given is not there.
    """
    found = columns_of(table, given)
    if "text" in found and ("code" in found or "codes" in found):
        return found
    return columns_by_place(table) if not given else {}


def study_from_segments(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in a table of coded segments; see `study_from_quotes`.

    Raises:
        InputError: As `study_from_quotes`.
    """
    columns = coded_columns(table, options.columns)
    known = [c.path for c in options.codebook]
    dates = iso_dates([row[columns["created"]] for row in table.rows] if "created" in columns else [])
    quotes = []
    said: dict[tuple[str, str], tuple[str, ...]] = {}  # a study has few codes and many rows
    for number, (row, line) in enumerate(zip(table.rows, table.lines, strict=True)):
        cells = {ours: row[theirs] for ours, theirs in columns.items()}
        cell = (cells.get("code", ""), cells.get("codes", ""))
        if cell not in said:
            one = code_path(cell[0])
            said[cell] = (one,) if one else codes_in(cell[1], known)
        quotes.append(_quote(cells, line, said[cell], dates[number] if dates else ""))
    quotes, notes = told_apart(quotes, options)
    return study_from_quotes(quotes, table.source, options, [*_notes(table, columns), *notes])


def wide_codes(table: Table, given: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that are codes: those without a known heading whose cells say yes or no.

    Raises:
        InputError: A column given is not there.
    """
    found = columns_of(table, given)
    if "text" not in found:
        return ()
    rest = [c for c in table.columns if c not in found.values()]
    return tuple(c for c in rest if _says_yes_or_no({row[c].strip().casefold() for row in table.rows}))


def study_from_wide(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in a table with one column for each code.

    Raises:
        InputError: As `study_from_quotes`.
    """
    columns, codes = columns_of(table, options.columns), wide_codes(table, options.columns)
    quotes = []
    for row, line in zip(table.rows, table.lines, strict=True):
        given = tuple(code_path(c) for c in codes if row[c].strip().casefold() in _YES)
        quotes.append(_quote({ours: row[theirs] for ours, theirs in columns.items()}, line, given, ""))
    return study_from_quotes(quotes, table.source, options, _notes(table, columns))


def _says_yes_or_no(cells: set[str]) -> bool:
    return cells <= _YES | _NO and bool(cells & _YES)


def _quote(cells: Mapping[str, str], line: int, codes: tuple[str, ...], when: str) -> Quote:
    weight = whole(cells.get("weight", ""))
    start, end = whole(cells.get("start", "")), whole(cells.get("end", ""))
    ranged = start is not None and end is not None and 0 <= start < end
    return Quote(
        line, cells.get("document", ""), cells["text"], codes, cells.get("coder", ""),
        unit=cells.get("segment", "").strip(), start=start if ranged else None, end=end if ranged else None,
        paragraph=whole(cells.get("paragraph", "")), speaker=cells.get("speaker", "").strip(),
        group=cells.get("group", "").strip(),
        memo=cells.get("memo", ""), when=when,
        weights=dict.fromkeys(codes, weight) if weight is not None and 0 <= weight <= 100 else {},
    )  # fmt: skip


def whole(cell: str) -> int | None:
    """A cell as a whole number, None where it is none."""
    return int(cell.strip().split(".")[0]) if cell and _WHOLE.fullmatch(cell) else None


def _notes(table: Table, columns: Mapping[str, str]) -> list[str]:
    read = ", ".join(f"{ours} from '{theirs}'" for ours, theirs in columns.items())
    return [*([table.note] if table.note else []), f"columns read: {read}"]
