"""A whole study as one workbook: the long table of codings, and a sheet for each other noun."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autocode.errors import CodebookError, InputError
from autocode.formats.files import Table
from autocode.formats.receipt import Receipt, WriteOptions
from autocode.formats.tables.longtable import COLUMNS, Placing, long_rows, number, pieces, rows_of
from autocode.formats.tables.spreadsheet import Row, write_workbook
from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook

_FORMAT = "autocode study 1"
_CODE = ("name", "parent", "definition", "include", "exclude", "example", "guid")
_SHEETS: Mapping[str, Sequence[str]] = {
    "codings": COLUMNS,
    "codebook": ("code", "parent", "definition", "include", "exclude", "example", "guid", "codable"),
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
    write_workbook(path, {name: (_SHEETS[name], listed) for name, listed in rows.items()})


def _rows(study: Study) -> dict[str, list[Row]]:
    book, documents = study.codebook, study.documents
    return {
        "codebook": [(*(getattr(c, n) for n in _CODE), "" if c.codable else "no") for c in book],
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
    return Code(row["code"], row["parent"], **texts, codable=row["codable"] != "no")


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
