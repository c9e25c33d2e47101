"""Tables of every kind: what a table is follows from its columns; and a whole study as one workbook.

A workbook of ours holds the long table of codings, and a sheet for each other noun.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from autocode.errors import CodebookError, InputError, headings_of
from autocode.formats.files import Table, read_csv, read_text
from autocode.formats.receipt import ReadOptions, Receipt, WriteOptions
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
from autocode.formats.tables.headings import by_turns, columns_of, folded, speech_columns, text_columns, with_heading
from autocode.formats.tables.longtable import (
    COLUMNS,
    Placing,
    is_coding_table,
    long_rows,
    number,
    pieces,
    rows_of,
    study_from_codings,
    write_long_csv,
)
from autocode.formats.tables.participants import (
    answer_columns,
    hint_of_answers,
    is_participants_table,
    is_survey,
    study_from_answers,
    texts_of_table,
    with_participants,
)
from autocode.formats.tables.spreadsheet import Row, read_workbook, write_workbook
from autocode.formats.tables.units import is_long_table, speech_of_table, study_from_table
from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook, hex_colour
from autocode.study.merge import merge

Read = tuple[Study, list[Receipt]]
TableKind = tuple[Callable[[Table, ReadOptions], bool], Callable[[Table, ReadOptions], Read]]


def read_table(path: Path, options: ReadOptions, opened: Sequence[Table] = ()) -> Read:
    """Read a .csv or .tsv of whatever kind its columns say.

    Args:
        path: The file.
        options: What it does not say.
        opened: Its table, where `table_stage` has opened it already.

    Raises:
        InputError: No kind of table has these columns, or a row is not what it should be.
    """
    (table,) = opened or tables_in(path, options)
    kind, own = _kind(table, options)
    if not kind:
        raise _unknown(path.name, [table], options)
    return TABLES[kind][1](table, own)


def read_sheets(path: Path, options: ReadOptions, opened: Sequence[Table] = ()) -> Read:
    """Read the sheets of a workbook, each as what its columns say; others are named in the receipt.

    Args:
        path: The file.
        options: What it does not say.
        opened: Its sheets, where `table_stage` has opened them already.

    Raises:
        InputError: No sheet has the columns of any kind of table.
    """
    tables = opened or tables_in(path, options)
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


def tables_in(path: Path, options: ReadOptions) -> list[Table]:
    """The table of a text, or the sheets of a workbook, with headings.

    Raises:
        InputError: As `read_csv` and `read_workbook`.
    """
    sheets = path.suffix.lower().startswith((".xls", ".ods"))
    tables = read_workbook(path) if sheets else [read_csv(path, options.encoding)]
    return [with_heading(table if options.columns else by_turns(table)) for table in tables]


def table_stage(path: Path, options: ReadOptions) -> tuple[int, list[Table]]:
    """When to read a table: before what names its codes (0), after transcripts (2), or last (3); and what is in it.

    Only a codebook needs nothing before it, and what describes participants needs all documents.
    """
    try:
        tables = tables_in(path, options)
        kinds = "".join({_kind(table, options)[0] for table in tables})
    except InputError:
        return 2, []  # it is told when it is read
    return {"codebook": 0, "transcript": 0, "texts": 0, "survey answers": 0, "participants": 3}.get(kinds, 2), tables


def is_table_in_text(path: Path, options: ReadOptions) -> bool:
    """Whether a .txt is a table of codings or codes with tabs (Excel's "Unicode text"), not a transcript."""
    if path.suffix.lower() != ".txt":
        return False
    try:
        if "\t" not in read_text(path, options.encoding)[0].lstrip("\n").partition("\n")[0]:
            return False
        return _kind(read_csv(path, options.encoding), options)[0] not in (
            "",
            "participants",
            "transcript",
            "texts",
            "survey answers",
        )
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
    seen = "; ".join(headings_of(t.columns) for t in tables[:3])
    return InputError(
        source,
        f"no kind of table has these columns: {seen}",
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


def _is_uncoded(table: Table, options: ReadOptions) -> bool:
    """Whether a table is a transcript of a turn a row, with codes beside them that nobody is said to have given."""
    return not options.coder and "coder" not in columns_of(table, options.columns) and "speaker" in speech_columns(table, True)


def _of_talk(table: Table, options: ReadOptions) -> dict[str, str]:
    """The columns of a transcript of a turn a row: those given, where they name who speaks and what; else by what they hold."""
    if {"text", "speaker"} <= options.columns.keys() and not {"code", "codes", "coder"} & options.columns.keys():
        columns = columns_of(table, options.columns)
        return {what: columns[what] for what in ("text", "speaker", "document") if what in columns}
    return {} if options.columns else speech_columns(table, _is_uncoded(table, options))


TABLES: dict[str, TableKind] = {
    "our long table of codings": (lambda t, o: not o.columns and is_coding_table(t), study_from_codings),
    "codebook": (lambda t, o: not o.columns and is_codebook(t), _codebook),
    "Dedoose excerpts": (lambda t, o: not o.columns and is_dedoose_table(t), study_from_dedoose),
    "units": (lambda t, o: not o.columns and is_long_table(t), _units),
    "survey answers": (lambda t, o: is_survey(t, o.columns), study_from_answers),
    "coded segments": (lambda t, o: bool(coded_columns(t, o.columns)) and not _is_uncoded(t, o), study_from_segments),
    "a column for each coder": (lambda t, o: bool(coder_columns(t, o.columns)), study_from_coder_columns),
    "a column for each code": (lambda t, o: bool(wide_codes(t, o.columns)), study_from_wide),
    "transcript": (
        lambda t, o: bool(_of_talk(t, o)),
        lambda t, o: speech_of_table(t, o.kind, _of_talk(t, o)),
    ),
    "texts": (lambda t, o: not o.columns and bool(text_columns(t)), texts_of_table),
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


_FORMAT = "autocode study 1"
_CODE = ("name", "parent", "definition", "include", "exclude", "example", "guid")
_SHEETS: Mapping[str, Sequence[str]] = {
    "codings": COLUMNS,
    "codebook": ("code", "parent", "definition", "include", "exclude", "example", "guid", "codable", "colour"),
    "coders": ("coder", "name", "kind", "guid"),
    "documents": ("document", "name", "kind", "source", "variables", "guid", "groups", "interviewers", "doubts"),
    "readings": ("document", "coder", "start", "end"),
    "turns": ("document", "start", "end", "speaker", "start_ms", "end_ms"),
    "units": ("document", "start", "end", "unit", "speaker"),
    "texts": ("document", "start", "text"),
    "study": ("format", "name", "notice", "codebook", "version"),
}


def write_study_workbook(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write a study as .xlsx, codings first; `read_study_workbook` reads it back equal.

    Cells are texts and numbers, never formulas; characters that XML cannot hold become U+FFFD,
    one for one. Unless the table shall be `whole`, only the sheet of codings is written.

    Raises:
        InputError: Excel cannot hold that many rows or so long a cell, or the file cannot be
            written.
    """
    rows: dict[str, list[Row]] = {"codings": list(long_rows(study, replace(options, table="codings")))}
    if options.table == "whole":
        rows |= _rows(study)
    heads = dict(_SHEETS)
    if not any(c.colour for c in study.codebook):
        heads["codebook"] = _SHEETS["codebook"][:-1]
        rows |= {"codebook": [row[:-1] for row in rows["codebook"]]} if "codebook" in rows else {}
    write_workbook(path, {name: (heads[name], listed) for name, listed in rows.items()})


def _rows(study: Study) -> dict[str, list[Row]]:
    book, documents = study.codebook, study.documents
    return {
        "codebook": [(*(getattr(c, n) for n in _CODE), "" if c.codable else "no", c.colour) for c in book],
        "coders": [(c.id, c.name, c.kind, c.guid) for c in study.coders],
        "documents": [
            (
                *(d.id, d.name, d.kind, d.source, _json(dict(d.variables)), d.guid, _json(d.groups), _json(d.interviewers)),
                _json([[w.start, w.end, w.confidence] for w in d.doubts]),
            )
            for d in documents
        ],
        "readings": [(r.document, r.coder, r.start, r.end) for r in study.readings],
        "turns": [(d.id, t.start, t.end, t.speaker, t.start_ms, t.end_ms) for d in documents for t in d.turns],
        "units": [(d.id, s.start, s.end, s.id, s.speaker) for d in documents for s in d.segments],
        "texts": [(d.id, start, text) for d in documents for start, text in pieces(d.text)],
        "study": [(_FORMAT, study.name, study.notice, book.name, book.version)],
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""


def is_study_workbook(tables: Sequence[Table]) -> bool:
    """Whether the sheets of a workbook are a study's."""
    about = _by_sheet(tables).get("study")
    return about is not None and about.rows[0].get("format") == _FORMAT


def read_study_workbook(tables: Sequence[Table], source: str) -> tuple[Study, list[Receipt]]:
    """Read a study back from the sheets of its workbook.

    Raises:
        InputError: A cell is not what its column says, or a span lies outside its document.
    """
    sheets = _by_sheet(tables)
    rows = {name: rows_of(sheets[name], columns) if name in sheets else [] for name, columns in _SHEETS.items()}
    try:
        study = _study(rows)
        codings = [(_coding(row, source), row["text"]) for row in rows["codings"] if not row["probability"]]
    except (ValueError, KeyError, IndexError, AttributeError, CodebookError) as error:
        raise InputError(source, "its sheets are no whole study", "Write the study again.") from error
    skipped = Counter({"suggestions, on which nobody has decided": len(rows["codings"]) - len(codings)})
    how: Counter[str] = Counter()
    placing = Placing(study.by_id, skipped, how)
    placed = tuple(c for c in (placing.place(*coding) for coding in codings) if c)
    notes = tuple(f"{n:,} {what}" for what, n in how.items())
    return replace(study, codings=placed), [Receipt(source, "codings", len(placed), skipped, notes)]


def _by_sheet(tables: Sequence[Table]) -> dict[str, Table]:
    return {t.source.rpartition("sheet '")[2].removesuffix("'"): t for t in tables}


def _study(rows: Mapping[str, list[dict[str, str]]]) -> Study:
    """All but the codings."""
    about = rows["study"][0]
    by_document = {name: _grouped(rows[name]) for name in ("texts", "turns", "units")}
    return Study(
        documents=tuple(_document(row, by_document) for row in rows["documents"]),
        codebook=Codebook(tuple(_code(row) for row in rows["codebook"]), about["codebook"], about["version"]),
        coders=tuple(Coder(row["coder"], row["name"], row["kind"], row["guid"]) for row in rows["coders"]),
        readings=tuple(Reading(r["document"], r["coder"], int(r["start"]), int(r["end"])) for r in rows["readings"]),
        name=about["name"],
        notice=about["notice"],
    )


def _grouped(rows: Iterable[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault(row["document"], []).append(row)
    return groups


def _code(row: Mapping[str, str]) -> Code:
    texts = {name: row[name] for name in ("definition", "include", "exclude", "example", "guid")}
    return Code(row["code"], row["parent"], **texts, codable=row["codable"] != "no", colour=hex_colour(row["colour"]))


def _coding(row: Mapping[str, str], source: str) -> Coding:
    weight = number(row["weight"], source) if row["weight"] else None
    span = (number(row["start"], source), number(row["end"], source))
    return Coding(row["document"], *span, row["code"], row["coder"], row["memo"], row["created"], weight)


def _document(row: Mapping[str, str], rows: Mapping[str, Mapping[str, list[dict[str, str]]]]) -> Document:
    name = row["document"]
    turns = (
        Turn(int(t["start"]), int(t["end"]), t["speaker"], _optional(t["start_ms"]), _optional(t["end_ms"]))
        for t in rows["turns"].get(name, ())
    )
    units = (Segment(name, int(u["start"]), int(u["end"]), u["unit"], u["speaker"]) for u in rows["units"].get(name, ()))
    text = "".join(t["text"] for t in rows["texts"].get(name, ()))
    variables = {str(k): str(v) for k, v in json.loads(row["variables"] or "{}").items()}
    groups, asking = (tuple(map(str, json.loads(row[column] or "[]"))) for column in ("groups", "interviewers"))
    doubts = tuple(Doubt(int(a), int(b), float(sure)) for a, b, sure in json.loads(row["doubts"] or "[]"))
    about = (row["name"], tuple(turns), tuple(units), variables, row["kind"], row["source"], row["guid"], groups)
    return Document(name, text, *about, doubts, asking)


def _optional(cell: str) -> int | None:
    return int(cell) if cell else None
