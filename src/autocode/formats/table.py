"""Long tables: one row for each segment and coder, and codebook tables.

Columns of a long table: `document_id, segment_id, order, speaker, text, coder, codes`; codes are
parted by ``|``, an empty cell means that the coder saw the segment and gave no code, and no row
means that the coder did not see it. The segments are given: they are the units of analysis, and
a document is the ordered run of its segments.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from autocode.codebook import Codebook, codebook_from_rows
from autocode.errors import InputError
from autocode.formats.files import Table
from autocode.formats.receipt import Receipt
from autocode.merging import Unit, lay_out, unit_readings
from autocode.study import Coder, Coding, Document, Reading, Study


def is_long_table(table: Table) -> bool:
    """Whether the columns are those of a long table, or mean to be."""
    return "segment_id" in table.columns or {"document_id", "text"} <= set(table.columns)


def is_codebook_table(table: Table) -> bool:
    """Whether the columns are those of a codebook table."""
    return "code" in table.columns and "parent" in table.columns


def codebook_from_table(table: Table) -> tuple[Codebook, Receipt]:
    """Read a codebook table: columns `code, parent` and, where there, `definition` and others.

    Raises:
        CodebookError: The rows make no tree.
    """
    rows = [row for row in table.rows if row["code"].strip()]
    unnamed = len(table.rows) - len(rows)
    book = codebook_from_rows(rows, table.source.split(".")[0])
    return book, Receipt(table.source, "codes", len(book), {"without a name": unnamed}, _notes(table))


@dataclass
class _Given:
    """One segment of the table: where it stands, its words, and who said what of it."""

    order: tuple[float, int]
    speaker: str
    text: str
    line: int
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)  # coder -> codes


def study_from_table(table: Table, coder: str = "") -> tuple[Study, Receipt]:
    """Read a long table; codes keep the words of the table until a codebook resolves them.

    Args:
        table: The rows.
        coder: Who coded, where the table has codes but no column `coder`.

    Returns:
        The study, with an empty codebook, and the receipt.

    Raises:
        InputError: A column is missing, a segment has two texts, a coder coded a segment
            twice, an order is no number, or a row has codes but nobody who gave them.
    """
    table.need("document_id", "segment_id", "text")
    if ("codes" in table.columns) != ("coder" in table.columns) and not (coder and "codes" in table.columns):
        table.need("coder", "codes")
    skipped: Counter[str] = Counter()
    documents = _collect(table, coder, skipped)
    studies = [_document(name, given, table.source) for name, given in documents.items()]
    coders = dict.fromkeys(c for given in documents.values() for g in given.values() for c in g.codes)
    study = Study(
        documents=tuple(document for document, _, _ in studies),
        coders=tuple(Coder(c, c) for c in coders),
        codings=tuple(coding for _, codings, _ in studies for coding in codings),
        readings=tuple(reading for _, _, readings in studies for reading in readings),
    )
    alone = sum(not row["document_id"].strip() for row in table.rows)
    note = (f"{alone:,} rows name no document: each segment stands as a document of its own",) if alone else ()
    kept = len(table.rows) - sum(skipped.values())
    return study, Receipt(table.source, "rows", kept, skipped, (*_notes(table), *note))


def _collect(table: Table, coder: str, skipped: Counter[str]) -> dict[str, dict[str, _Given]]:
    """The segments of every document, with the checks a row must pass."""
    documents: dict[str, dict[str, _Given]] = {}
    for number, (row, line) in enumerate(zip(table.rows, table.lines, strict=True)):
        where = f"{table.source}, line {line}"
        segment = row["segment_id"].strip()
        if not row["text"].strip() or not segment:
            skipped["without text" if segment else "without a segment_id"] += 1
            continue
        order = (_order(row.get("order", ""), where), number)
        new = _Given(order, row.get("speaker", "").strip(), row["text"], line)
        given = documents.setdefault(row["document_id"].strip() or segment, {}).setdefault(segment, new)
        if given.text != row["text"]:
            raise InputError(
                where, f"segment '{segment}' has another text than in line {given.line}",
                "Give the two segments different ids, or make their texts equal.")  # fmt: skip
        skipped["doubled"] += not _add_codes(given, row, coder, where, segment)
    return documents


def _add_codes(given: _Given, row: dict[str, str], coder: str, where: str, segment: str) -> bool:
    """Note what a coder said of a segment; False for a row that only repeats another."""
    who = row.get("coder", "").strip() or coder
    codes = tuple(dict.fromkeys(c.strip() for c in row.get("codes", "").split("|") if c.strip()))
    if not who:
        if codes:
            raise InputError(where, "it has codes but no coder", "Fill the column coder, or give --coder NAME.")
        return True
    if who not in given.codes:
        given.codes[who] = codes
        return True
    if set(given.codes[who]) != set(codes):
        raise InputError(
            where, f"segment '{segment}' is there twice for coder '{who}' with different codes (a duplicate id)",
            "Keep one row for each segment and coder.")  # fmt: skip
    return False


def _order(cell: str, where: str) -> float:
    try:
        return float(cell) if cell.strip() else 0.0
    except ValueError as error:
        raise InputError(where, "its order is not a number", "Number the segments, or leave order empty.") from error


def _document(
    name: str, given: dict[str, _Given], source: str
) -> tuple[Document, list[Coding], tuple[Reading, ...]]:
    """Lay the segments of a document end to end, and the codings over them."""
    ordered = sorted(given.items(), key=lambda item: item[1].order)
    units = (Unit(identifier, g.text, g.speaker) for identifier, g in ordered)
    document = lay_out(Document(name, "", name, source=source), units)
    codings = [
        Coding(name, s.start, s.end, code, coder)
        for s, (_, g) in zip(document.segments, ordered, strict=True)
        for coder, codes in g.codes.items()
        for code in codes
    ]
    seen = ((identifier, coder) for identifier, g in ordered for coder in g.codes)
    return document, codings, unit_readings(document.segments, seen)


def _notes(table: Table) -> tuple[str, ...]:
    return (table.note,) if table.note else ()
