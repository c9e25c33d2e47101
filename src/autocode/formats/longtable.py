"""The long table of codings: one row for each span, code and coder, as .csv or .xlsx.

Columns: `document, start, end, text, code, theme, coder, kind, weight, created, memo,
probability`. Offsets count code points of the document's text, half-open. Rows without a code
carry the rest of a study, so that the table can be read back without any other file:

- document and text only: a piece of the document's text, pieces in order;
- document and coder: a span that the coder has read, whether coded or not;
- coder and kind only: a coder;
- a row with a code only: a code of the codebook, its definition as memo.

A whole table has one more column, `more`: JSON with what has no column (identifiers, rules and
examples of a code; turns, units, variables, groups and source of a document, over as many of its
rows as they need; name and notice of the study).

A row with a probability is a suggestion of the machine; reading leaves it out, for only a human
turns a suggestion into a coding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from autocode.codebook import SEPARATOR, Codebook
from autocode.formats.details import document_details
from autocode.formats.files import Table, csv_text, write_atomic
from autocode.formats.markup import legal
from autocode.formats.options import WriteOptions
from autocode.formats.spreadsheet import CELL, cut_to_cell
from autocode.study import Document, Study

COLUMNS = ("document", "start", "end", "text", "code", "theme", "coder", "kind", "weight", "created", "memo",
           "probability")  # fmt: skip
MORE = "more"
MACHINE = "autocode (suggested)"
"""Who gives suggestions in a table, beside the human coders."""

Row = tuple[object, ...]


def write_long_csv(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write the long table as .csv, each cell guarded against formulas.

    A quote longer than a spreadsheet's cell (32,767 characters) is cut and ends in ``…``, for
    the document holds it whole; a document's text is split over rows.

    Raises:
        InputError: The file cannot be written.
    """
    rows = (tuple(legal(c) if isinstance(c, str) else c for c in row) for row in long_rows(study, options))
    write_atomic(path, csv_text(long_columns(options), rows))


def long_columns(options: WriteOptions) -> tuple[str, ...]:
    """The columns of the long table; only a whole one needs `more`."""
    return (*COLUMNS, MORE) if options.table == "whole" else COLUMNS


def long_rows(study: Study, options: WriteOptions = WriteOptions()) -> Iterator[Row]:
    """The rows of the long table: codings, suggestions, and then what else makes the study."""
    if options.table == "whole":
        yield from ((*row, "") for row in _coded(study, options))
        yield from _rest(study)
    else:
        yield from _coded(study, options)


def _coded(study: Study, options: WriteOptions) -> Iterator[Row]:
    kinds = {c.id: c.kind for c in study.coders}
    for c in study.codings:
        words, theme = study.by_id[c.document].text_of(c), _theme(study.codebook, c.code)
        given = (c.code, theme, c.coder, kinds.get(c.coder, "human"), c.weight, c.when, c.memo, None)
        yield (c.document, c.start, c.end, cut_to_cell(words), *given)
    for s in options.suggestions:
        words, theme = study.by_id[s.segment.document].text_of(s.segment), _theme(study.codebook, s.code)
        said = (s.code, theme, MACHINE, "machine", None, "", s.band, s.probability)
        yield (s.segment.document, s.segment.start, s.segment.end, cut_to_cell(words), *said)


def _theme(book: Codebook, code: str) -> str:
    return book.theme(code) if code in book else code.split(SEPARATOR)[0]


def _rest(study: Study) -> Iterator[Row]:
    for r in study.readings:
        yield (r.document, r.start, r.end, "", "", "", r.coder, "", None, "", "", None, "")
    for coder in study.coders:
        more = _json(guid=coder.guid)
        yield ("", None, None, "", "", "", coder.id, coder.kind, None, "", coder.name, None, more)
    book = study.codebook
    for code in book:
        name = code.name if SEPARATOR in code.name else ""
        more = _json(name=name, include=code.include, exclude=code.exclude, example=code.example, guid=code.guid)
        yield ("", None, None, "", code.path, book.theme(code.path), "", "", None, "", code.definition, None, more)
    for document in study.documents:
        yield from _document_rows(document)
    more = json.dumps([study.name, study.notice, book.name, book.version], ensure_ascii=False)
    yield ("", None, None, "", "", "", "", "", None, "", "", None, more)


def _document_rows(document: Document) -> Iterator[Row]:
    """The text of a document in pieces, and beside it what is told of it."""
    name, end = document.id, len(document.text)
    said = json.dumps(document_details(document, Document(name, document.text, name, source="?")), ensure_ascii=False)
    for text, more in zip_longest(pieces(document.text), pieces(said)):
        start, words = text or (end, "")
        yield (name, start, start + len(words), words, "", "", "", "", None, "", "", None, more[1] if more else "")


def _json(**said: str) -> str:
    filled = {name: text for name, text in said.items() if text}
    return json.dumps(filled, ensure_ascii=False) if filled else ""


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """A text in pieces that fit into cells, each with its offset; one empty piece for no text."""
    size = CELL // 2  # code points: each is at most two of Excel's units
    for start in range(0, max(1, len(text)), size):
        yield start, text[start : start + size]


def is_coding_table(table: Table) -> bool:
    """Whether the columns are those of our long table of codings."""
    return {"document", "start", "end", "text", "code", "coder", "kind", "probability"} <= set(table.columns)
