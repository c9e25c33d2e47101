"""Tables of every kind: which one a sheet or a .csv is follows from its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.coded_table import coded_columns, study_from_segments, study_from_wide, wide_codes
from autocode.formats.dedoose import is_dedoose_table, study_from_dedoose
from autocode.formats.files import Table, read_csv
from autocode.formats.longtable import is_coding_table, study_from_codings, write_long_csv
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
    kind = kind_of_table(table, options)
    if not kind:
        raise _unknown(path.name, [table])
    return TABLES[kind][1](table, options)


def read_sheets(path: Path, options: ReadOptions) -> Read:
    """Read the sheets of a workbook, each as what its columns say; others are named in the receipt.

    Raises:
        InputError: No sheet has the columns of any kind of table.
    """
    tables = read_workbook(path)
    if is_study_workbook(tables):
        return read_study_workbook(tables, path.name)
    kinds = [kind_of_table(table, options) for table in tables]
    if not any(kinds):
        raise _unknown(path.name, tables)
    # of two codebooks of one file the wider tells more (guids, say), so it comes first
    order = sorted(range(len(tables)), key=lambda i: -len(tables[i].columns))
    read = [TABLES[kinds[i]][1](tables[i], options) for i in order if kinds[i]]
    other = [t.source.partition(", ")[2] for t, kind in zip(tables, kinds, strict=True) if not kind]
    receipts = [r for _, found in read for r in found]
    if other:
        receipts.append(Receipt(path.name, "sheets", len(read), {f"of no known kind ({', '.join(other)})": len(other)}))
    return reduce(merge, (study for study, _ in read)), receipts


def is_codebook_file(path: Path, options: ReadOptions) -> bool:
    """Whether a .csv or workbook is nothing but a codebook; False also where it cannot be read."""
    try:
        tables = read_workbook(path) if path.suffix.lower().startswith(".xls") else [read_csv(path, options.encoding)]
    except InputError:
        return False
    return all(kind_of_table(table, options) == "codebook" for table in tables)


def kind_of_table(table: Table, options: ReadOptions) -> str:
    """The first kind of `TABLES` that the columns fit, "" for none."""
    return next((name for name, (fits, _) in TABLES.items() if fits(table, options)), "")


def _unknown(source: str, tables: Sequence[Table]) -> InputError:
    seen = "; ".join(", ".join(t.columns[:20]) for t in tables[:3])
    return InputError(
        source, f"no kind of table has these columns: {seen[:600]}",
        "Name them: --column text=YOURS --column code=YOURS (also document, coder, start, end, memo).")  # fmt: skip


def _codebook(table: Table, options: ReadOptions) -> Read:
    book, receipt = codebook_from_table(table) if is_codebook_table(table) else codebook_from_list(table)
    return Study(codebook=book), [receipt]


def _units(table: Table, options: ReadOptions) -> Read:
    study, receipt = study_from_table(table, options.coder)
    return study, [receipt]


def _participants(table: Table, options: ReadOptions) -> Read:
    documents, receipt = with_participants(options.documents, table)
    return Study(documents), [receipt]


TABLES: dict[str, TableKind] = {
    "our long table of codings": (lambda t, o: not o.columns and is_coding_table(t), study_from_codings),
    "codebook": (lambda t, o: not o.columns and (is_codebook_table(t) or is_code_list(t)), _codebook),
    "Dedoose excerpts": (lambda t, o: not o.columns and is_dedoose_table(t), study_from_dedoose),
    "units": (lambda t, o: not o.columns and is_long_table(t), _units),
    "coded segments": (lambda t, o: bool(coded_columns(t, o.columns)), study_from_segments),
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
