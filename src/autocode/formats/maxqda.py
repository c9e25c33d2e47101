"""MAXQDA's tables: coded segments out, codebooks in (coded segments in: see `coded_table`).

Headings as MAXQDA 24 in English writes them (some from its manual only); positions are numbers
of paragraphs, as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from autocode.codebook import SEPARATOR, Code, Codebook
from autocode.formats.files import Table, csv_text, write_atomic
from autocode.formats.headings import DEFINITIONS, HEADINGS, code_path, folded
from autocode.formats.locate import Locator
from autocode.formats.longtable import MACHINE, Row
from autocode.formats.markup import legal
from autocode.formats.options import WriteOptions
from autocode.formats.receipt import Receipt
from autocode.formats.spreadsheet import cut_to_cell, write_workbook
from autocode.study import Coding, Study

COLUMNS = ("Color", "Comment", "Document group", "Document name", "Code", "Beginning", "End", "Weight score", "Segment",
           "Area", "Coverage %", "Author", "Creation date")  # fmt: skip


def write_maxqda_table(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write codings, and suggestions under their own author, as MAXQDA's table of coded segments.

    Args:
        study: Its codings are written, one row each.
        path: Ends in .xlsx or .csv.
        options: Suggestions to add; their probability stands in the comment.

    Raises:
        InputError: A cell or the sheet is too long for Excel, or the file cannot be written.
    """
    rows = list(_rows(study, options))
    if path.suffix.lower() == ".xlsx":
        write_workbook(path, {"Coded segments": (COLUMNS, rows)})
    else:
        write_atomic(path, csv_text(COLUMNS, [[legal(c) if isinstance(c, str) else c for c in row] for row in rows]))


def _rows(study: Study, options: WriteOptions) -> Iterator[Row]:
    locators = {d.id: Locator(d.text) for d in study.documents}
    names = {c.id: c.name or c.id for c in study.coders}
    for c in study.codings:
        yield _row(study, c, locators[c.document], (names.get(c.coder, c.coder), c.memo))
    for s in options.suggestions:
        c = Coding(s.segment.document, s.segment.start, s.segment.end, s.code, MACHINE)
        yield _row(study, c, locators[c.document], (MACHINE, f"probability {s.probability:.2f}, {s.band}"))


def _row(study: Study, c: Coding, locator: Locator, said: tuple[str, str]) -> Row:
    """One coded segment; area is its length in characters, coverage its share of the document."""
    document = study.by_id[c.document]
    author, comment = said
    first, last = (locator.paragraphs_of(at)[0] for at in (c.start, max(c.start, c.end - 1)))
    share = 100 * (c.end - c.start) / max(1, len(document.text))
    return ("●", comment, "; ".join(document.groups), document.name or document.id, c.code, first,
            last, c.weight, cut_to_cell(document.text_of(c)), c.end - c.start, share, author, c.when)  # fmt: skip


def is_code_list(table: Table) -> bool:
    """Whether a table lists codes by their paths, without quoting any text."""
    headings = {folded(c) for c in table.columns}
    return bool(
        headings & {*HEADINGS["code"], "name"} and headings & {*DEFINITIONS, "guid"} and not headings & _QUOTING
    )


_QUOTING = {*HEADINGS["text"], *HEADINGS["document"], *HEADINGS["coder"], "participant", "respondent"}


def codebook_from_list(table: Table) -> tuple[Codebook, Receipt]:
    """Read a codebook whose codes are paths (``Theme > Code``), as MAXQDA exports it.

    Parents that have no row of their own are added before their first child.
    """
    code, text = _column(table, (*HEADINGS["code"], "name")), _column(table, DEFINITIONS)
    guid, skipped = _column(table, ("guid",)), {"without a name": 0, "doubled": 0}
    said: dict[str, tuple[str, str]] = {}
    for row in table.rows:
        path = code_path(row[code])
        if not path or path in said:
            skipped["doubled" if path else "without a name"] += 1
            continue
        said[path] = (row.get(text, "").strip(), row.get(guid, "").strip())
    codes = []
    for c in _parents_first(said):
        definition, identifier = said.get(c.path, ("", ""))
        codes.append(Code(c.name, c.parent, definition, guid=identifier))
    book = Codebook(tuple(codes), table.source.split(".")[0])
    return book, Receipt(table.source, "codes", len(said), skipped, (table.note,) if table.note else ())


def _parents_first(paths: Sequence[str] | dict[str, tuple[str, str]]) -> Codebook:
    return Codebook().with_paths(path.strip(SEPARATOR) for path in paths)


def _column(table: Table, headings: Sequence[str]) -> str:
    by_heading = {folded(c): c for c in table.columns}
    return next((by_heading[h] for h in headings if h in by_heading), "")
