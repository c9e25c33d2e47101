"""Tables with one coded segment a row (MAXQDA, ATLAS.ti, Taguette, anybody's) or a column a code."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autocode.codebook import SEPARATOR
from autocode.formats.copies import told_apart
from autocode.formats.dates import iso_dates
from autocode.formats.files import Table
from autocode.formats.headings import code_path, codes_in, columns_by_place, columns_of, folded
from autocode.formats.options import ReadOptions
from autocode.formats.participants import RESPONDENT
from autocode.formats.quotes import Quote, known_document, study_from_quotes
from autocode.formats.receipt import Receipt
from autocode.study import Study

_CODER = re.compile(r"(?:coder|rater|annotator|codierer|kodierer|codeur|codificador|codificatore)[ _.-]{0,2}\w{1,12}", re.I)
_WEAK = {"theme", "thema", "tema", "thème", "label", "node", "quirk"}
"""Headings that may just as well be the name of one code in a table with a column for each."""
_WHOLE = re.compile(r"\s*\d{1,12}(?:\.0*)?\s*", re.ASCII)
_YES = {"1", "1.0", "x", "true", "yes", "y", "ja", "oui", "sí", "si", "sim", "wahr", "✓", "✔", "✗", "●"}
_NO = {"", "0", "0.0", "false", "no", "n", "nein", "non", "não", "falsch", "-"}


def coded_columns(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    """The columns of a table of coded segments by our names; empty where it is none.

    Raises:
        InputError: A column given is not there.
    """
    found = columns_of(table, given)
    code = found.get("code", found.get("codes", ""))
    weak = "code" not in given and folded(code) in _WEAK
    if "text" in found and code and not (weak and _says_yes_or_no({r[code].strip().casefold() for r in table.rows})):
        return found
    return columns_by_place(table) if not given else {}


def coder_columns(table: Table, given: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that each hold one coder's codes (``Coder 1``, ``Coder 2``), where two or more do.

    Raises:
        InputError: A column given is not there.
    """
    found = columns_of(table, given)
    named = tuple(c for c in table.columns if _CODER.fullmatch(c.strip()) and c not in found.values())
    return named if "text" in found and "code" not in found and len(named) > 1 else ()


def study_from_coder_columns(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in a table with one column for each coder; an empty cell was read and left uncoded.

    Raises:
        InputError: As `study_from_quotes`.
    """
    columns, coders = columns_of(table, options.columns), coder_columns(table, options.columns)
    known = [c.path for c in options.codebook]
    quotes = []
    for row, line in zip(table.rows, table.lines, strict=True):
        cells = {ours: row[theirs] for ours, theirs in columns.items()}
        quotes += [_quote({**cells, "coder": coder}, line, codes_in(row[coder], known), "") for coder in coders]
    return study_from_quotes(quotes, table.source, options, _notes(table, columns))


def study_from_segments(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """The study in a table of coded segments; see `study_from_quotes`.

    Raises:
        InputError: As `study_from_quotes`.
    """
    columns = _with_respondent(coded_columns(table, options.columns), table, options)
    known = [c.path for c in options.codebook]
    names = {c.name for c in options.codebook}
    dates = iso_dates([row[columns["created"]] for row in table.rows] if "created" in columns else [])
    quotes = []
    said: dict[tuple[str, ...], tuple[str, ...]] = {}  # a study has few codes and many rows
    for number, (row, line) in enumerate(zip(table.rows, table.lines, strict=True)):
        cells = {ours: row[theirs] for ours, theirs in columns.items()}
        cell = tuple(cells.get(column, "") for column in ("code", "codes", "theme"))
        if cell not in said:
            one = code_path(cell[0])
            above = code_path(cell[2]) if one and SEPARATOR not in one and one not in names else ""
            said[cell] = (f"{above}{SEPARATOR}{one}" if above else one,) if one else codes_in(cell[1], known)
        quotes.append(_quote(cells, line, said[cell], dates[number] if dates else ""))
    quotes, notes = told_apart(quotes, options)
    return study_from_quotes(quotes, table.source, options, [*_notes(table, columns), *notes])


def _with_respondent(columns: dict[str, str], table: Table, options: ReadOptions) -> dict[str, str]:
    """The columns with the respondent's for the document's, where no other column says the document.

    Not where transcripts are known and none is called like a respondent: then many may speak in one.
    """
    spoken = next((c for c in table.columns if folded(c) in RESPONDENT and c not in columns.values()), "")
    if not spoken or "document" in columns:
        return columns
    known = not options.documents or any(known_document(row[spoken], options.documents) for row in table.rows[:50])
    return {**columns, "document": spoken} if known else columns


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
