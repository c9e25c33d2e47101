"""Workbooks: .xlsx read by openpyxl behind the zip guard, .xls by xlrd, .ods as XML; .xlsx written by XlsxWriter.

Tables printed on pages are found by where their words stand.

No cell that is written can run: every text is stored as a text, never as a formula or a link.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from autocode.errors import InputError, titles_above
from autocode.formats.files import CELL, TITLES, Table, fits_cell, legal, read_bytes, write_atomic
from autocode.formats.projects import attribute, local, open_archive
from autocode.formats.transcripts.word import number_of, words_of

CHARACTERS = 100_000_000  # in the cells of a sheet at most
ROWS, COLUMNS, CELLS = 200_000, 2_000, 20_000_000  # read from a sheet at most
_EMPTY = 2_000  # empty rows in a row, after which a stray cell is no data
_WRITTEN_ROWS = 1_048_576
_CREATED = datetime(2000, 1, 1)  # fixed: the same study gives the same bytes
_DAMAGED = "Open it in a spreadsheet and save it as .xlsx again."

Row = Sequence[object]


def read_workbook(path: Path) -> list[Table]:
    """The sheets of a workbook that have a header and rows; all cells as texts.

    A date becomes ISO 8601, a whole number loses its ``.0``.

    Raises:
        InputError: It is no workbook, damaged, unsafe or too large, or no sheet has rows.
    """
    sheets = {".xls": _xls, ".ods": _opendocument_sheets}.get(path.suffix.lower(), _xlsx)(path)
    tables = []
    try:
        for name, rows in sheets:
            table = _table(f"{path.name}, sheet '{name}'", rows)
            tables += [table] if table else []
    except InputError:
        raise
    except Exception as error:  # the guests name no errors for damaged files
        raise InputError(path.name, "it is a damaged workbook", _DAMAGED) from error
    if not tables:
        raise InputError(path.name, "no sheet has a header and rows", "Choose the file that holds the rows.")
    return tables


def _xlsx(path: Path) -> Iterator[tuple[str, Iterable[Row]]]:
    import openpyxl

    archive = open_archive(path)
    for name in archive.members:
        if name.casefold().endswith((".xml", ".rels", ".vml")):
            content = archive.read(name)
            if any("<!DOCTYPE".encode(code) in content for code in ("ascii", "utf-16-le", "utf-16-be")):
                raise InputError(path.name, "it declares a document type (DTD), which is refused as unsafe", _DAMAGED)
    book = openpyxl.load_workbook(io.BytesIO(archive.raw), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        yield sheet.title, sheet.iter_rows(values_only=True, max_col=COLUMNS)


def _xls(path: Path) -> Iterator[tuple[str, Iterable[Row]]]:
    import xlrd

    raw = read_bytes(path)
    book = xlrd.open_workbook(file_contents=raw, logfile=io.StringIO(), ragged_rows=True)
    for sheet in book.sheets():
        yield sheet.name, ([_old_cell(c, book.datemode) for c in sheet.row(n)] for n in range(sheet.nrows))


def _old_cell(cell: Any, datemode: int) -> object:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        return xlrd.xldate_as_datetime(cell.value, datemode)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return "" if cell.ctype == xlrd.XL_CELL_ERROR else cell.value


def _table(source: str, rows: Iterable[Row]) -> Table | None:
    """A sheet as a table: its first row that has cells is the header; titles above it are passed over."""
    columns: tuple[str, ...] = ()
    note = ""
    found: list[dict[str, str]] = []
    lines: list[int] = []
    last = held = 0
    for number, row in _untitled(rows):
        if number > ROWS or number * len(columns) > CELLS:
            raise InputError(source, f"it has more than {ROWS:,} rows or {CELLS:,} cells", "Split it.")
        if number > last + _EMPTY:
            note = f"what follows {_EMPTY:,} empty rows of {source} is not read"
            break
        if not any(row) and not any(cell not in (None, "") for cell in row):
            continue
        last = number
        cells = [_text(cell) for cell in row]
        held += sum(map(len, cells))
        if held > CHARACTERS:  # a workbook stores a text once and may show it in every cell
            raise InputError(source, f"its cells hold more than {CHARACTERS:,} characters", "Split it.")
        if not columns:
            columns = _header(cells)
            continue
        found.append(dict(zip(columns, [*cells, *[""] * (len(columns) - len(cells))], strict=False)))
        lines.append(number)
    return Table(source, columns, tuple(found), tuple(lines), note) if found else None


def _untitled(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """Numbered rows without what stands above the header."""
    numbered = enumerate(rows, 1)
    first = list(islice(numbered, TITLES + 1))
    above = titles_above([sum(cell not in (None, "") for cell in row) for _, row in first])
    return chain(first[above:], numbered)


def _header(cells: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, each once; a column without a name is called by its place."""
    names: list[str] = []
    while cells and not cells[-1]:
        cells = cells[:-1]
    for place, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return tuple(names)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat().removesuffix("T00:00:00")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    text = str(cell).replace("_x000D_", "\r")  # how Excel writes it (ECMA-376, part 1, 22.9.2.19)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_workbook(path: Path, sheets: Mapping[str, tuple[Sequence[str], Iterable[Row]]]) -> None:
    """Write sheets of a header and rows; the same content gives the same bytes.

    Texts are stored as texts, whatever they begin with; characters that XML cannot hold become
    U+FFFD, one for one.

    Raises:
        InputError: A sheet has more rows, or some cells more characters (32,767), than Excel
            holds, or the file cannot be written.
    """
    import xlsxwriter

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"created": _CREATED})
    refused = 0
    for name, (columns, rows) in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate([columns, *rows]):
            if number >= _WRITTEN_ROWS:
                raise InputError(path.name, f"sheet '{name}' would have more than {_WRITTEN_ROWS:,} rows", "Write it as .csv.")
            refused += sum(not _write(sheet, number, place, cell) for place, cell in enumerate(row))
    book.close()
    if refused:
        raise InputError(
            path.name,
            f"{refused:,} cells would have more than {CELL:,} characters, which Excel cannot hold",
            "Write it as .csv, or shorten those memos and definitions.",
        )
    write_atomic(path, content.getvalue())


def _write(sheet: Any, row: int, column: int, cell: object) -> bool:
    """Write one cell; whether it fits."""
    if cell is None or cell == "":
        return True
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return bool(sheet.write_number(row, column, cell) == 0)
    text = legal(str(cell))
    return fits_cell(text) and bool(sheet.write_string(row, column, text) == 0)


_MOST_REPEATED = 1000  # LibreOffice fills a sheet with repeated empty cells; data is never repeated as often


def _opendocument_sheets(path: Path) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """The sheets of an .ods: name, and rows of cells as texts; a date becomes ISO 8601.

    Raises:
        InputError: It is no .ods, is damaged or unsafe.
    """
    sheets = [e for e in open_archive(path).xml("content.xml").iter() if local(e) == "table"]
    if not sheets:
        raise InputError(path.name, "it is no table document (.ods)", "Save it as .ods or .xlsx.")
    for sheet in sheets:
        yield attribute(sheet, "name"), _rows(sheet)


def _rows(sheet: Element) -> Iterator[list[str]]:
    for row in (e for e in sheet.iter() if local(e) == "table-row"):
        cells: list[str] = []
        for cell in (e for e in row if local(e) in ("table-cell", "covered-table-cell")):
            cells += [_value(cell)] * min(number_of(cell, "number-columns-repeated", _MOST_REPEATED), COLUMNS - len(cells))
        while cells and not cells[-1]:
            cells.pop()
        for _ in range(number_of(row, "number-rows-repeated", _MOST_REPEATED if cells else 1)):
            yield cells


def _value(cell: Element) -> str:
    exact = attribute(cell, "date-value") or (attribute(cell, "value") if attribute(cell, "value-type") == "float" else "")
    return exact.removesuffix("T00:00:00").removesuffix(".0") if exact else words_of(cell)


# --- Tables printed on pages -----------------------------------------------------------------------------------------

Pieces = list[tuple[float, str]]
"""Of a line of a page: left edges and words."""

BROKEN = re.compile(r"([^\W\d_]{2,})[-\u00ad\u2010]\n[ \t]*([a-zß-ÿ][^\W\d_]+)")
"""A word broken at the end of a line."""


@dataclass
class PrintedPage:
    """A page: its text as its file orders it, and its pieces with left edge, height above the foot and size of type."""

    text: str
    pieces: list[tuple[float, float, float, str]]
    width: float
    columns: float = 0

    def lines(self) -> list[str]:
        """The lines in order of reading: two columns that the file mixes row by row come one after the other.

        A column of names beside one of words is a table, whose rows stay.
        """
        rows: dict[int, list[tuple[float, str]]] = {}
        for x, y, _, text in self.pieces:
            rows.setdefault(round(y), []).append((x, text))
        seconds = Counter(round(x) for row in rows.values() for x, _ in row if x > min(row)[0] + 0.3 * self.width)
        edge = seconds.most_common(1)[0][0] if seconds else 0
        both = [row for row in rows.values() if any(abs(x - edge) < 4 for x, _ in row) and min(row)[0] < edge - 4]
        words = [[len(t.split()) for x, t in row if (x < edge - 4) == left] for left in (True, False) for row in both]
        if len(both) < max(4, 0.5 * len(rows)) or sum(map(sum, words[: len(both)])) < 3 * len(both):
            return self.text.split("\n")
        self.columns = edge
        order = [rows[y] for y in sorted(rows, reverse=True)]
        halves = ([" ".join(t for x, t in sorted(row) if (x < edge - 4) == left) for row in order] for left in (True, False))
        return [line for half in halves for line in half if line]

    def rows(self) -> list[tuple[float, Pieces]]:
        """Its lines from above: heights, and the pieces in each from the left."""
        found: list[tuple[float, Pieces]] = []
        for x, y, _, text in sorted(self.pieces, key=lambda p: -p[1]):
            if found and found[-1][0] - y < 3:
                found[-1][1].append((x, text))
            else:
                found.append((y, [(x, text)]))
        return [(y, sorted(row)) for y, row in found]

    def small_lines(self) -> int:
        """How many lines stand in smaller type between the words, away from the foot and the head."""
        sizes: Counter[float] = Counter()
        for _, _, size, text in self.pieces:
            sizes[size] += len(text)
        body = sizes.most_common(1)[0][0] if sizes else 0
        heights = [y for _, y, _, _ in self.pieces]
        return len(
            {round(y) for _, y, size, _ in self.pieces if size < 0.85 * body and min(heights) + 30 < y < max(heights) - 30}
        )


def printed_tables(sheets: Sequence[PrintedPage]) -> list[list[str]]:
    """The lines of pages with a table of few names in a column beside one of words, cells parted by tabs; [] for others."""
    pages = [sheet.rows() for sheet in sheets]
    rows = [row for page in pages for _, row in page]
    starts = Counter(round(x / 2) for row in rows for x, _ in row)
    edges: list[float] = []
    for at in sorted(at for at, n in starts.items() if n + starts[at + 1] >= max(3, 0.12 * len(rows))):
        edges += [2 * at - 1] if not edges or 2 * at - 1 > edges[-1] + 8 else []
    if len(edges) < 2 or not rows:
        return []
    head = next((row for row in rows if len(row) > len(edges) and all(len(t) < 25 for _, t in row)), [])
    edges += [x - 2 for x, _ in head if x > edges[-1] + 0.15 * sheets[0].width]  # of notes, which few rows have
    cells = [_cells(row, edges) for row in rows]
    said = max(range(len(edges)), key=lambda i: sum(len(c[i]) for c in cells))
    names = [[c[i] for c in cells if c[i] and c[said]] for i in range(said)]
    few = [
        i
        for i, n in enumerate(names)
        if len(n) > 3 and len(set(n)) <= 0.5 * len(n) + 1 and max(map(len, n)) <= 40 and all(w[0].isalpha() for w in n)
        if sum(w[-1] in ":：" for w in n) < 0.5 * len(n)
    ]
    enough = few and sum(len(c[said]) for c in cells) >= 0.5 * sum(len(w) for c in cells for w in c)
    return [_table_lines(page, edges, few[-1], said) for page in pages] if enough else []


def _cells(row: Pieces, edges: Sequence[float]) -> list[str]:
    """The words of a line in each column."""
    return [" ".join(t for x, t in row if a <= x < b) for a, b in zip([-1e9, *edges[1:]], [*edges[1:], 1e9], strict=True)]


def _table_lines(page: Sequence[tuple[float, Pieces]], edges: Sequence[float], name: int, said: int) -> list[str]:
    """The rows of a table on a page: what stands close together, where rows stand apart; else from one name to the next."""
    gaps = [a - b for (a, _), (b, _) in pairwise(page)]
    near = 1.2 * min((g for g in gaps if g > 5), default=0)
    lines, close, groups = list[str](), list[list[list[str]]](), list[list[list[str]]]()
    for gap, (_, row) in zip([near + 1, *gaps], page, strict=bool(page)):
        cells = _cells(row, edges)
        close += [[]] if gap > near else []
        close[-1].append(cells)
        groups += [[]] if cells[name] or not cells[said] or not groups else []
        groups[-1].append(cells)
    named = [sum(bool(cells[name]) for cells in group) for group in close]
    for group in close if sum(n == 1 for n in named) >= 0.8 * sum(n > 0 for n in named) else groups:
        columns = ("\n".join(filter(None, column)) for column in zip(*group, strict=True))
        joined = [BROKEN.sub(r"\1\2", column).replace("\n", " ") for column in columns]
        lines.append("\t".join(joined).rstrip("\t") if joined[name] and joined[said] else " ".join(filter(None, joined)))
    return lines
