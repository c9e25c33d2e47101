"""Long tables: one row for each segment and coder, and codebook tables.

Columns of a long table: `document_id, segment_id, order, speaker, text, coder, codes`; codes are
parted by ``|``, an empty cell means that the coder saw the segment and gave no code, and no row
means that the coder did not see it. The segments are given: they are the units of analysis, and
a document is the ordered run of its segments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.files import Table, read_csv, read_text
from autocode.formats.receipt import ReadOptions, Receipt, WriteOptions
from autocode.formats.tables.answers import (
    answer_columns,
    hint_of_answers,
    is_survey,
    speech_columns,
    speech_of_table,
    study_from_answers,
)
from autocode.formats.tables.codebooks import codebook_of_table, is_codebook
from autocode.formats.tables.coded_segments import (
    coded_columns,
    coder_columns,
    is_dedoose_table,
    study_from_coder_columns,
    study_from_dedoose,
    study_from_segments,
    study_from_wide,
    wide_codes,
    write_maxqda_table,
)
from autocode.formats.tables.headings import columns_of, folded
from autocode.formats.tables.longtable import is_coding_table, study_from_codings, write_long_csv
from autocode.formats.tables.participants import is_participants_table, with_participants
from autocode.formats.tables.spreadsheet import read_workbook
from autocode.formats.tables.workbook import is_study_workbook, read_study_workbook, write_study_workbook
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.merge import Unit, lay_out, merge, unit_readings

Read = tuple[Study, list[Receipt]]
TableKind = tuple[Callable[[Table, ReadOptions], bool], Callable[[Table, ReadOptions], Read]]


def read_table(path: Path, options: ReadOptions) -> Read:
    """Read a .csv or .tsv of whatever kind its columns say.

    Raises:
        InputError: No kind of table has these columns, or a row is not what it should be.
    """
    table = read_csv(path, options.encoding)
    kind, own = _kind(table, options)
    if not kind:
        raise _unknown(path.name, [table], options)
    return TABLES[kind][1](table, own)


def read_sheets(path: Path, options: ReadOptions) -> Read:
    """Read the sheets of a workbook, each as what its columns say; others are named in the receipt.

    Raises:
        InputError: No sheet has the columns of any kind of table.
    """
    tables = read_workbook(path)
    if is_study_workbook(tables):
        return read_study_workbook(tables, path.name)
    kinds = [_kind(table, options) for table in tables]
    if not any(kind for kind, _ in kinds):
        raise _unknown(path.name, tables, options)
    # of two codebooks of one file the wider tells more (guids, say), so it comes first
    order = sorted(range(len(tables)), key=lambda i: -len(tables[i].columns))
    read = [TABLES[kinds[i][0]][1](tables[i], kinds[i][1]) for i in order if kinds[i][0]]
    other = [t.source.partition(", ")[2] for t, (kind, _) in zip(tables, kinds, strict=True) if not kind]
    receipts = [r for _, found in read for r in found]
    if other:
        receipts.append(Receipt(path.name, "sheets", len(read), {f"of no known kind ({', '.join(other)})": len(other)}))
    return reduce(merge, (study for study, _ in read)), receipts


def table_stage(path: Path, options: ReadOptions) -> int:
    """When to read a table: before what names its codes (0), after transcripts (2), or last (3).

    Only a codebook needs nothing before it, and what describes participants needs all documents.
    """
    try:
        tables = read_workbook(path) if path.suffix.lower().startswith((".xls", ".ods")) else [read_csv(path, options.encoding)]
        kinds = "".join({_kind(table, options)[0] for table in tables})
    except InputError:
        return 2  # it is told when it is read
    return {"codebook": 0, "transcript": 0, "survey answers": 0, "participants": 3}.get(kinds, 2)


def is_table_in_text(path: Path, options: ReadOptions) -> bool:
    """Whether a .txt is a table of codings or codes with tabs (Excel's "Unicode text"), not a transcript."""
    if path.suffix.lower() != ".txt":
        return False
    try:
        if "\t" not in read_text(path, options.encoding)[0].lstrip("\n").partition("\n")[0]:
            return False
        return _kind(read_csv(path, options.encoding), options)[0] not in ("", "participants", "transcript", "survey answers")
    except InputError:
        return False


def kind_of_table(table: Table, options: ReadOptions) -> str:
    """The first kind of `TABLES` that the columns fit, "" for none."""
    return _kind(table, options)[0]


def _kind(table: Table, options: ReadOptions) -> tuple[str, ReadOptions]:
    """The first kind of `TABLES` that the columns fit, "" for none, and the options for it.

    Columns named by the caller are those of the tables that have them all.
    """
    there = {folded(column) for column in table.columns}
    if not all(folded(q) in there for theirs in options.columns.values() for q in theirs.split("\n")):
        options = replace(options, columns={})
    return next((name for name, (fits, _) in TABLES.items() if fits(table, options)), ""), options


def _unknown(source: str, tables: Sequence[Table], options: ReadOptions) -> InputError:
    columns_of(tables[0], options.columns)  # which says what is wrong with columns that were named
    seen = "; ".join(", ".join(t.columns[:20]) for t in tables[:3])
    return InputError(
        source,
        f"no kind of table has these columns: {seen[:600]}",
        next(filter(None, map(hint_of_answers, tables)), "")
        or "Name them: --column text=YOURS --column code=YOURS (also document, coder, start, end, memo).",
    )


def _codebook(table: Table, options: ReadOptions) -> Read:
    book, receipt = codebook_of_table(table)
    return Study(codebook=book), [receipt]


def _units(table: Table, options: ReadOptions) -> Read:
    study, receipt = study_from_table(table, options.coder)
    documents = tuple(replace(d, kind=options.kind) for d in study.documents)
    return replace(study, documents=documents), [receipt]


def _participants(table: Table, options: ReadOptions) -> Read:
    documents, receipt = with_participants(options.documents, table)
    return Study(documents), [receipt]


def _describes_participants(table: Table, options: ReadOptions) -> bool:
    """Whether a table is about participants: one that holds answers must name documents that are there."""
    if not is_participants_table(table):
        return False
    return not answer_columns(table) or with_participants(options.documents, table)[1].kept > 0


TABLES: dict[str, TableKind] = {
    "our long table of codings": (lambda t, o: not o.columns and is_coding_table(t), study_from_codings),
    "codebook": (lambda t, o: not o.columns and is_codebook(t), _codebook),
    "Dedoose excerpts": (lambda t, o: not o.columns and is_dedoose_table(t), study_from_dedoose),
    "units": (lambda t, o: not o.columns and is_long_table(t), _units),
    "survey answers": (lambda t, o: is_survey(t, o.columns), study_from_answers),
    "coded segments": (lambda t, o: bool(coded_columns(t, o.columns)), study_from_segments),
    "a column for each coder": (lambda t, o: bool(coder_columns(t, o.columns)), study_from_coder_columns),
    "a column for each code": (lambda t, o: bool(wide_codes(t, o.columns)), study_from_wide),
    "transcript": (lambda t, o: not o.columns and bool(speech_columns(t)), lambda t, o: speech_of_table(t, o.kind)),
    "participants": (_describes_participants, _participants),
}
"""Plug-in point: from the name of a kind of table to whether a table is one, and its reader."""


def write_table(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write a study as .csv or .xlsx in the layout that the options name.

    Raises:
        InputError: There is no such layout, Excel cannot hold it, or the file cannot be written.
    """
    if options.table not in ("whole", "codings", "maxqda"):
        raise InputError(f"table '{options.table}'", "there is no such layout", "Choose whole, codings or maxqda.")
    if options.table == "maxqda":
        write_maxqda_table(study, path, options)
    elif path.suffix.lower() == ".xlsx":
        write_study_workbook(study, path, options)
    else:
        write_long_csv(study, path, options)


def is_long_table(table: Table) -> bool:
    """Whether the columns are those of a long table, or mean to be."""
    return "segment_id" in table.columns or {"document_id", "text"} <= set(table.columns)


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
                where,
                f"segment '{segment}' has another text than in line {given.line}",
                "Give the two segments different ids, or make their texts equal.",
            )
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
            where,
            f"segment '{segment}' is there twice for coder '{who}' with different codes (a duplicate id)",
            "Keep one row for each segment and coder.",
        )
    return False


def _order(cell: str, where: str) -> float:
    try:
        return float(cell) if cell.strip() else 0.0
    except ValueError as error:
        raise InputError(where, "its order is not a number", "Number the segments, or leave order empty.") from error


def _document(name: str, given: dict[str, _Given], source: str) -> tuple[Document, list[Coding], tuple[Reading, ...]]:
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
