"""Tables for programs: here Parquet, and a folder of it that Hugging Face's `datasets` opens, out and in.

``load_dataset(FOLDER, "codings")`` gives the long table of codings; the other parts of a study
(documents, codes, coders, readings, turns, units, study) are configurations beside it. Offsets
count code points of the document's text, half-open. Reading goes through pyarrow and leaves
nothing in a cache.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autocode.errors import CodebookError, InputError, counted
from autocode.formats.files import Table, read_bytes, unguarded, write_atomic
from autocode.formats.receipt import ReadOptions, Receipt, WriteOptions
from autocode.formats.staged import together
from autocode.formats.tables.longtable import COLUMNS, is_coding_table, long_columns, long_rows
from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook, hex_colour

CARD = "README.md"
ROWS, UNPACKED = 5_000_000, 2**30
"""The most rows, and bytes when unpacked, read from one Parquet file."""

_Row = Sequence[Any]
_WHOLE = ("start", "end", "weight", "start_ms", "end_ms", "order")
_PARTS: dict[str, tuple[str, ...]] = {
    "codings": COLUMNS,
    "documents": ("document", "name", "text", "kind", "source", "variables", "guid", "groups", "interviewers", "doubts"),
    "codes": ("name", "parent", "definition", "include", "exclude", "example", "guid", "codable", "colour"),
    "coders": ("coder", "name", "kind", "guid"),
    "readings": ("document", "coder", "start", "end"),
    "turns": ("document", "start", "end", "speaker", "start_ms", "end_ms"),
    "units": ("document", "start", "end", "unit", "speaker"),
    "study": ("name", "notice", "codebook", "version"),
}
_LATER = ("interviewers", "doubts", "codable", "colour")  # columns that folders of earlier versions lack
_SURROGATE = re.compile("[\ud800-\udfff]")
_AGAIN = "Write it again."


def write_datasets(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write a study as a folder that `datasets.load_dataset` and `datasets.load_from_disk` open; they stumble over empty
    parts, so a part without rows is left out.

    A suggestion is a row of `codings` with a probability. Half surrogate pairs, which Parquet
    cannot hold, become U+FFFD, one for one.

    Raises:
        InputError: The folder cannot be written.
    """
    parts, heads = _rows(study, options), dict(_PARTS)
    if not any(c.colour for c in study.codebook):
        heads["codes"] = _PARTS["codes"][:-1]
    saved = ("data-00000-of-00001.arrow", "dataset_info.json", "state.json")
    former = [_file(Path(), name).as_posix() for name in parts] + [f"{name}/{file}" for name in parts for file in saved]
    with together(path, without=former) as stage:
        for name, rows in parts.items():
            if rows:
                write_atomic(_file(stage, name), _parquet(heads[name], rows))
        _save_to_disk({name: _arrow(heads[name], rows) for name, rows in parts.items() if rows}, stage)
        write_atomic(stage / CARD, _card(study, [name for name, rows in parts.items() if rows]))


def _file(path: Path, name: str) -> Path:
    return path / "data" / f"{name}.parquet"


def write_parquet(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write the long table of codings as one Parquet file; the columns are those of the .csv.

    Raises:
        InputError: The file cannot be written.
    """
    write_atomic(path, _parquet(long_columns(options), long_rows(study, options)))


def _rows(study: Study, options: WriteOptions) -> dict[str, list[_Row]]:
    book, documents = study.codebook, study.documents
    kinds = {c.id: c.kind for c in study.coders}
    codings: list[_Row] = [
        (
            c.document,
            c.start,
            c.end,
            study.by_id[c.document].text_of(c),
            c.code,
            book.theme(c.code),
            c.coder,
            kinds.get(c.coder, "human"),
            c.weight,
            c.when,
            c.memo,
            None,
        )
        for c in study.codings
    ]
    suggestions = long_rows(Study(documents, book), replace(options, table="codings"))
    return {
        "codings": codings + [row for row in suggestions if row[-1] is not None],
        "documents": [
            (
                *(d.id, d.name, d.text, d.kind, d.source, _json(dict(d.variables)), d.guid, _json(d.groups)),
                *(_json(d.interviewers), _json([[w.start, w.end, w.confidence] for w in d.doubts])),
            )
            for d in documents
        ],
        "codes": [(*(getattr(c, n) for n in _PARTS["codes"][:-2]), _json(c.codable), c.colour) for c in book],
        "coders": [(c.id, c.name, c.kind, c.guid) for c in study.coders],
        "readings": [(r.document, r.coder, r.start, r.end) for r in study.readings],
        "turns": [(d.id, t.start, t.end, t.speaker, t.start_ms, t.end_ms) for d in documents for t in d.turns],
        "units": [(d.id, s.start, s.end, s.id, s.speaker) for d in documents for s in d.segments],
        "study": [(study.name, study.notice, book.name, book.version)],
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _save_to_disk(tables: Mapping[str, Any], stage: Path) -> None:
    """The same parts as `datasets.load_from_disk` opens them: one split each."""
    import datasets

    found = {
        name: datasets.Dataset(t, fingerprint=hashlib.sha256(repr(t.to_pydict()).encode()).hexdigest()[:16])
        for name, t in tables.items()
    }
    before = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        datasets.DatasetDict(found).save_to_disk(stage)
    finally:
        if before:
            datasets.enable_progress_bars()


def _parquet(columns: Sequence[str], rows: Iterable[_Row]) -> bytes:
    """Rows as a Parquet file with the features that `datasets` looks for."""
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(_arrow(columns, rows), out)
    return out.getvalue()


def _arrow(columns: Sequence[str], rows: Iterable[_Row]) -> Any:
    import datasets
    import pyarrow

    listed = [[(_SURROGATE.sub("\ufffd", cell) if isinstance(cell, str) else cell) for cell in row] for row in rows]
    kinds = {c: "int64" if c in _WHOLE else "float64" if c == "probability" else "string" for c in columns}
    features = datasets.Features({c: datasets.Value(kind) for c, kind in kinds.items()})
    cells = {c: [row[i] for row in listed] for i, c in enumerate(columns)}
    return pyarrow.table(cells, schema=features.arrow_schema)


def _card(study: Study, parts: Sequence[str]) -> str:
    """The card of the folder, which names its configurations; it holds no words of a transcript."""
    configs = "".join(
        f"- config_name: {name}\n  data_files: data/{name}.parquet\n" + ("  default: true\n" if name == "codings" else "")
        for name in parts
    )
    facts = (
        f"{counted(len(study.documents), 'document')}, "
        f"{counted(len(study.codebook), 'code')}, {counted(len(study.codings), 'coding')}"
    )
    return (
        f"---\nconfigs:\n{configs}---\n\nA coded study written by autocode: {facts}.\n\n"
        "Interviews are sensitive: keep this folder as safe as the transcripts. Offsets count code points\n"
        "of a document's text, half-open. Rows of `codings` with a probability are suggestions of a model.\n"
    )


def is_datasets_folder(path: Path) -> bool:
    """Whether a folder holds the parts of a study as Parquet."""
    return _file(path, "study").is_file()


def read_datasets(path: Path, options: ReadOptions = ReadOptions()) -> tuple[Study, list[Receipt]]:
    """Read a folder that `write_datasets` wrote, from its Parquet files alone.

    Raises:
        InputError: A part is missing, damaged, too large or does not fit the others.
    """
    tables = {n: _table(_file(path, n), _PARTS[n]) if _file(path, n).is_file() else [] for n in _PARTS}
    try:
        study = _study(tables)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, CodebookError) as error:
        raise InputError(path.name, "its parts do not fit together", _AGAIN) from error
    suggestions = sum(row["probability"] is not None for row in tables["codings"])
    said = {"suggestions, on which nobody has decided": suggestions}
    return study, [
        Receipt(path.name, "documents", len(study.documents)),
        Receipt(path.name, "codes", len(study.codebook)),
        Receipt(path.name, "coders", len(study.coders)),
        Receipt(path.name, "codings", len(study.codings), said),
    ]


def _table(path: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a Parquet file.

    Raises:
        InputError: It is missing, damaged, too large, or lacks a column.
    """
    import pyarrow
    from pyarrow import parquet

    raw = read_bytes(path)
    try:
        file = parquet.ParquetFile(io.BytesIO(raw))
        about = file.metadata
        unpacked = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        if about.num_rows > ROWS or unpacked > UNPACKED or unpacked > max(200 * len(raw), 10 * 2**20):
            raise InputError(path.name, "it unpacks to more than anything honest", "It is refused as unsafe.")
        missing = [c for c in columns if c not in (*file.schema_arrow.names, *_LATER)]
        if missing:
            raise InputError(path.name, f"it lacks the columns {', '.join(missing)}", _AGAIN)
        there = [c for c in columns if c in file.schema_arrow.names]
        rows: list[dict[str, Any]] = file.read(columns=there or None).to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        raise InputError(path.name, "it is a damaged Parquet file", _AGAIN) from error
    return [dict.fromkeys(columns) | row for row in rows]


def _study(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Study:
    about = tables["study"][0]
    turns = _grouped(tables["turns"], lambda r: Turn(r["start"], r["end"], r["speaker"], r["start_ms"], r["end_ms"]))
    units = _grouped(tables["units"], lambda r: Segment(r["document"], r["start"], r["end"], r["unit"], r["speaker"]))
    documents = tuple(
        Document(
            r["document"],
            r["text"],
            r["name"],
            tuple(turns.get(r["document"], ())),
            tuple(units.get(r["document"], ())),
            json.loads(r["variables"]),
            r["kind"],
            r["source"],
            r["guid"],
            tuple(json.loads(r["groups"])),
            tuple(Doubt(*w) for w in json.loads(r["doubts"] or "[]")),
            tuple(json.loads(r["interviewers"] or "[]")),
        )
        for r in tables["documents"]
    )
    codes = (
        Code(*(r[c] for c in _PARTS["codes"][:-2]), codable=r["codable"] != "false", colour=hex_colour(r["colour"]))
        for r in tables["codes"]
    )
    book = Codebook(tuple(codes), about["codebook"], about["version"])
    codings = tuple(
        Coding(r["document"], r["start"], r["end"], r["code"], r["coder"], r["memo"], r["created"], r["weight"])
        for r in tables["codings"]
        if r["probability"] is None
    )
    readings = tuple(Reading(r["document"], r["coder"], r["start"], r["end"]) for r in tables["readings"])
    _check(documents, codings, readings)
    if any(c.code not in book for c in codings):
        raise ValueError("a coding of an unknown code")
    coders = tuple(Coder(*(r[c] for c in _PARTS["coders"])) for r in tables["coders"])
    return Study(documents, book, coders, codings, readings, about["name"], about["notice"])


def _grouped(rows: Iterable[Mapping[str, Any]], make: Callable[[Mapping[str, Any]], Any]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(row["document"], []).append(make(row))
    return groups


def _check(documents: Sequence[Document], codings: Sequence[Coding], readings: Sequence[Reading]) -> None:
    """See that everything lies within its document.

    Raises:
        ValueError: Something does not.
        KeyError: A document is missing.
    """
    lengths = {d.id: len(d.text) for d in documents}
    turns = [(d.id, t.start, t.end) for d in documents for t in d.turns]
    units = [(d.id, s.start, s.end) for d in documents for s in d.segments]
    coded = [(c.document, c.start, c.end) for c in codings]
    read = [(r.document, r.start, r.end) for r in readings]
    for document, start, end in (*turns, *units, *coded, *read):
        if not 0 <= start <= end <= lengths[document]:
            raise ValueError("outside the text")


def parquet_table(path: Path) -> Table:
    """The rows of one Parquet file as those of a .csv.

    Raises:
        InputError: It is damaged.
    """
    rows = _table(path, ())
    columns = tuple(rows[0]) if rows else ()
    cells = tuple({c: "" if v is None else str(v) for c, v in row.items()} for row in rows)
    table = Table(path.name, columns, cells, tuple(range(1, len(rows) + 1)))
    if is_coding_table(table):  # that reader takes off a guard against formulas, which Parquet has not
        guarded = tuple({c: ("'" + v if unguarded("'" + v) == v else v) for c, v in row.items()} for row in cells)
        table = Table(path.name, columns, guarded, table.lines)
    return table
