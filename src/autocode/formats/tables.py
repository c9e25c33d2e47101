"""Tables of every kind: which one a sheet or a .csv is follows from its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.coded_table import (
    coded_columns,
    coder_columns,
    study_from_coder_columns,
    study_from_segments,
    study_from_wide,
    wide_codes,
)
from autocode.formats.dedoose import is_dedoose_table, study_from_dedoose
from autocode.formats.files import Table, read_csv
from autocode.formats.headings import columns_of, folded
from autocode.formats.longtable import is_coding_table, write_long_csv
from autocode.formats.longtable_read import study_from_codings
from autocode.formats.maxqda import codebook_from_list, is_code_list, write_maxqda_table
from autocode.formats.options import ReadOptions, WriteOptions
from autocode.formats.participants import is_participants_table, with_participants
from autocode.formats.receipt import Receipt
from autocode.formats.spreadsheet import read_workbook
from autocode.formats.table import codebook_from_table, is_codebook_table, is_long_table, study_from_table
from autocode.formats.whisper import is_speech_table, speech_of_table
from autocode.formats.workbook import is_study_workbook, read_study_workbook, write_study_workbook
from autocode.merging import merge
from autocode.study import Study

Read = tuple[Study, list[Receipt]]
TableKind = tuple[Callable[[Table, ReadOptions], bool], Callable[[Table, ReadOptions], Read]]


def read_table(path: Path, options: ReadOptions) -> Read:
    """Read a .csv or .tsv of whatever kind its columns say.

    Raises:
        InputError: No kind of table has these columns, or a row is not what it should be.
    """
    table = read_csv(path, options.encoding)
    if is_speech_table(table):
        return speech_of_table(table, path)
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
    return {"codebook": 0, "participants": 3}.get(kinds, 2)


def kind_of_table(table: Table, options: ReadOptions) -> str:
    """The first kind of `TABLES` that the columns fit, "" for none."""
    return _kind(table, options)[0]


def _kind(table: Table, options: ReadOptions) -> tuple[str, ReadOptions]:
    """The first kind of `TABLES` that the columns fit, "" for none, and the options for it.

    Columns named by the caller are those of the tables that have them all.
    """
    there = {folded(column) for column in table.columns}
    if not all(folded(theirs) in there for theirs in options.columns.values()):
        options = replace(options, columns={})
    return next((name for name, (fits, _) in TABLES.items() if fits(table, options)), ""), options


def _unknown(source: str, tables: Sequence[Table], options: ReadOptions) -> InputError:
    columns_of(tables[0], options.columns)  # which says what is wrong with columns that were named
    seen = "; ".join(", ".join(t.columns[:20]) for t in tables[:3])
    return InputError(
        source, f"no kind of table has these columns: {seen[:600]}",
        "Name them: --column text=YOURS --column code=YOURS (also document, coder, start, end, memo).")  # fmt: skip


def _codebook(table: Table, options: ReadOptions) -> Read:
    book, receipt = codebook_from_table(table) if is_codebook_table(table) else codebook_from_list(table)
    return Study(codebook=book), [receipt]


def _units(table: Table, options: ReadOptions) -> Read:
    study, receipt = study_from_table(table, options.coder)
    documents = tuple(replace(d, kind=options.kind) for d in study.documents)
    return replace(study, documents=documents), [receipt]


def _participants(table: Table, options: ReadOptions) -> Read:
    documents, receipt = with_participants(options.documents, table)
    return Study(documents), [receipt]


TABLES: dict[str, TableKind] = {
    "our long table of codings": (lambda t, o: not o.columns and is_coding_table(t), study_from_codings),
    "codebook": (lambda t, o: not o.columns and (is_codebook_table(t) or is_code_list(t)), _codebook),
    "Dedoose excerpts": (lambda t, o: not o.columns and is_dedoose_table(t), study_from_dedoose),
    "units": (lambda t, o: not o.columns and is_long_table(t), _units),
    "coded segments": (lambda t, o: bool(coded_columns(t, o.columns)), study_from_segments),
    "a column for each coder": (lambda t, o: bool(coder_columns(t, o.columns)), study_from_coder_columns),
    "a column for each code": (lambda t, o: bool(wide_codes(t, o.columns)), study_from_wide),
    "participants": (lambda t, o: is_participants_table(t), _participants),
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
