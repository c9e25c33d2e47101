"""A dossier as a workbook: every table a sheet, every row one observation."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from autocode.dossier.blocks import Cell, Dossier, Table
from autocode.formats.files import cut_to_cell, legal

_CREATED = datetime(2000, 1, 1)  # fixed: the same study gives the same bytes


_FORMATS = {"k": "0.00", "p": "0%", "n": "#,##0"}


_WIDEST = 60


def workbook(made: Dossier) -> bytes:
    """The workbook's bytes; the same dossier gives the same bytes.

    Every text is stored as a text, whatever it begins with, and cut where Excel could not hold it.
    """
    import xlsxwriter

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": legal(made.title), "author": "autocode", "comments": legal(made.notice), "created": _CREATED})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    numbers = {kind: book.add_format({"num_format": shape}) for kind, shape in _FORMATS.items()}
    tables = [_tidy(table) for table in made.tables() if table.rows]
    for table in [_contents(made, tables), *tables]:
        _sheet(book.add_worksheet(table.name[:31]), table, bold, numbers)
    book.close()
    return content.getvalue()


def _contents(made: Dossier, tables: Sequence[Table]) -> Table:
    """The first sheet: what each sheet holds, and what a reader must know of it."""
    rows: list[tuple[Cell, ...]] = [(t.name, t.caption, len(t.rows), t.note) for t in tables]
    return Table(
        "Contents", made.title, ("Sheet", "What it holds", "Rows", "Note"), (("", made.title, None, made.notice), *rows), "ttnt"
    )


def _tidy(table: Table) -> Table:
    """Rows that stand for a theme become a column, so that every row is one observation."""
    if not table.heads:
        return table
    header = ("Theme", "Code" if table.header[0] in ("Theme and code", "Code") else table.header[0], *table.header[1:])
    return Table(table.name, table.caption, header, tuple(_rows_below(table)), "t" + table.kinds, table.note)


def _rows_below(table: Table) -> Iterator[tuple[Cell, ...]]:
    theme: Cell = ""
    for i, row in enumerate(table.rows):
        if i in table.heads:
            theme = row[0]
            if any(cell not in ("", None) for cell in row[1:]):
                yield theme, "(all)", *row[1:]
        else:
            yield theme, *row


def _sheet(sheet: Any, table: Table, bold: Any, numbers: dict[str, Any]) -> None:
    for column, name in enumerate(table.header):
        sheet.write_string(0, column, cut_to_cell(legal(name)), bold)
    for i, row in enumerate(table.rows, 1):
        for column, cell in enumerate(row):
            _write(sheet, (i, column), cell, numbers.get(table.kind(column)))
    for column, name in enumerate(table.header):
        longest = max([len(name), *(len(str(row[column])) for row in table.rows[:500] if row[column] is not None)])
        sheet.set_column(column, column, min(_WIDEST, 2 + (longest if table.kind(column) == "t" else min(longest, 12))))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.header) - 1)


def _write(sheet: Any, place: tuple[int, int], cell: Cell, shape: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, int | float):
        sheet.write_number(*place, cell, shape)
    else:
        sheet.write_string(*place, cut_to_cell(legal(cell)))
