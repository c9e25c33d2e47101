"""The open study folder: files that a person can read, diff and put under version control.

``study.toml`` (name, notice, coders), ``codebook.yaml``, ``participants.csv``, ``transcripts/``,
``codings/CODER.csv`` with columns `document, start, end, code, text, memo`. Offsets count code
points of the transcript with newlines as ``\n``, half-open; `text` repeats the words so that
both a reader and the reader's program can check them. What these files cannot say is kept in
``details.json``, so that a folder reads back as the study that was written.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.files import BOM, INSTEAD, Table, csv_text, read_csv, read_text, write_atomic
from autocode.formats.folder.kept import (
    CODEBOOK,
    COLUMNS,
    DETAILS,
    PARTICIPANTS,
    STUDY,
    Kept,
    file_names,
    kept_text,
    read_kept,
    variable_columns,
)
from autocode.formats.receipt import Receipt
from autocode.formats.staged import together
from autocode.formats.tables.codebooks import codebook_yaml, read_codebook
from autocode.formats.tables.participants import with_participants
from autocode.formats.tables.spreadsheet import read_workbook
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Codebook


def is_study_folder(path: Path) -> bool:
    """Whether `path` is a folder with transcripts and codings laid out as above."""
    return (path / STUDY).is_file() or (path / "transcripts").is_dir()


Transcripts = Callable[[Path], tuple[tuple[Document, ...], tuple[str, ...]]]
"""Reads a folder of transcripts: its documents, and what there is to note of them."""


def read_folder(path: Path, transcripts: Transcripts) -> tuple[Study, list[Receipt]]:
    """Read an open study folder.

    Args:
        path: The folder.
        transcripts: What reads the folder of its transcripts.

    Returns:
        The study and a receipt for each of its parts.

    Raises:
        InputError: A part is missing, unreadable or not what it should be.
        CodebookError: The codebook is no tree, or a coding's code is not in it.
    """
    about = _toml(path / STUDY) if (path / STUDY).is_file() else {}
    kept = read_kept(path)
    documents, receipts = _documents(path, kept, transcripts)
    book = read_codebook(path / CODEBOOK) if (path / CODEBOOK).is_file() else Codebook()
    receipts += [Receipt(CODEBOOK, "codes", len(book))] if len(book) else []
    coders: list[Coder] = []
    codings: list[tuple[Coding, int | None]] = []
    readings: list[Reading] = []
    listed = list(about.get("coders", {}))
    place = {coder: n for n, coder in enumerate(listed)}  # in the order of study.toml, others after them
    files = sorted((path / "codings").glob("*.csv"), key=lambda f: (place.get(f.stem, len(place)), f.name))
    for file in files:
        said = about.get("coders", {}).get(file.stem, {})
        coder = Coder(
            str(said.get("id", file.stem)),
            str(said.get("name", file.stem)),
            said.get("kind", "human"),
            str(said.get("guid", "")),
        )
        found, receipt = _codings(file, documents, book, coder.id)
        coders.append(coder)
        codings += found
        readings += _readings(said.get("documents"), coder.id, [c for c, _ in found], documents)
        receipts.append(receipt)
    codings.sort(key=lambda pair: (pair[1] is None, pair[1] or 0))
    if not len(book):
        book = book.with_paths(dict.fromkeys(c.code for c, _ in codings))
    study = Study(
        documents,
        kept.ordered(book),
        tuple(coders),
        tuple(c for c, _ in codings),
        kept.read(readings, documents),
        about.get("name", path.name),
        about.get("notice", ""),
    )
    return study, receipts


def _documents(path: Path, kept: Kept, transcripts: Transcripts) -> tuple[tuple[Document, ...], list[Receipt]]:
    """The transcripts with what the other files say of them."""
    there = [p for p in (path / "transcripts").glob("*") if p.is_file() and not p.name.startswith(".")]
    blank = any("blank" in said for said in kept.documents.values())
    documents, notes = transcripts(path / "transcripts") if there or not blank else ((), ())
    receipts = [Receipt(path.name, "transcripts", len(documents), {}, notes)]
    documents, described = _with_variables(kept.named(documents), path)
    documents, changed = kept.told(documents)
    receipts += described
    return documents, [*receipts, Receipt(DETAILS, "documents", len(documents), {}, tuple(changed))] if changed else receipts


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(path)[0])
    except tomllib.TOMLDecodeError as error:
        raise InputError(path.name, f"it is no TOML ({error})", "Correct that line.") from error


def _with_variables(documents: tuple[Document, ...], path: Path) -> tuple[tuple[Document, ...], list[Receipt]]:
    """Documents with what the participants' table says of them (.csv, or .xlsx where there is none)."""
    workbook = (path / PARTICIPANTS).with_suffix(".xlsx")
    if (path / PARTICIPANTS).is_file():
        table = read_csv(path / PARTICIPANTS)
    elif workbook.is_file():
        table = read_workbook(workbook)[0]
    else:
        return documents, []
    documents, receipt = with_participants(documents, table)
    return documents, [receipt]


def _readings(said: object, coder: str, codings: Iterable[Coding], documents: Iterable[Document]) -> list[Reading]:
    """What a coder read: the documents listed, all of them, or those with a coding."""
    listed = {c.document for c in codings} if said is None else said
    return [
        Reading(d.id, coder, 0, len(d.text))
        for d in documents
        if listed == "all" or (isinstance(listed, list | set) and d.id in listed)
    ]


def _codings(
    file: Path, documents: Iterable[Document], book: Codebook, coder: str
) -> tuple[list[tuple[Coding, int | None]], Receipt]:
    """The codings in one coder's file; a header alone is a coder who gave no code."""
    if "\n" not in read_text(file)[0].strip():
        return [], Receipt(file.name, "codings", 0)
    return codings_from_table(read_csv(file), documents, book, coder)


def codings_from_table(
    table: Table, documents: Iterable[Document], book: Codebook, coder: str
) -> tuple[list[tuple[Coding, int | None]], Receipt]:
    """Read one coder's codings; a coding whose words moved is found again where they occur once.

    Returns:
        Each coding with its place among all codings of the study, None where the file gives none.

    Raises:
        InputError: A column is missing, or an offset is no number.
        CodebookError: A code is not in the codebook.
    """
    table.need(*COLUMNS[:4])
    by_id = {d.id: d for d in documents}
    found: dict[Coding, int | None] = {}
    skipped: Counter[str] = Counter()
    for row, line in zip(table.rows, table.lines, strict=True):
        code = row["code"] if not len(book) or row["code"] in book else book.resolve(row["code"].strip())
        where = f"{table.source}, line {line}"
        place = _Place(_number(row["start"], where), _number(row["end"], where), row.get("text", ""))
        document = by_id.get(row["document"]) or by_id.get(row["document"].strip())
        span = place.within(document.text) if document else None
        if document is None or span is None:
            skipped["for a document that is not there" if document is None else "not located in the text"] += 1
            continue
        weight, at = (_number(row[c], where) if row.get(c) else None for c in ("weight", "order"))
        coding = Coding(document.id, *span, code, coder, row.get("memo", ""), row.get("created", ""), weight)
        skipped["doubled"] += coding in found
        found[coding] = at
    return list(found.items()), Receipt(table.source, "codings", len(found), skipped, (table.note,) if table.note else ())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a coding says it is, and the words it says are there."""

    start: int
    end: int
    words: str

    def within(self, text: str) -> tuple[int, int] | None:
        """The span in `text`, None where it is empty, outside or nowhere to be found."""
        if self.words and text[max(0, self.start) : self.end] != self.words:
            at = text.find(self.words)
            once = at >= 0 and text.find(self.words, at + 1) < 0
            return (at, at + len(self.words)) if once else None
        return (self.start, self.end) if 0 <= self.start < self.end <= len(text) else None


def _number(cell: str, where: str) -> int:
    try:
        return int(cell)
    except ValueError as error:
        raise InputError(where, "start, end and weight must be whole numbers", "Correct that row.") from error


MORE = ("weight", "created")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def write_folder(study: Study, path: Path) -> None:
    """Write a study as an open folder; files already there under these names are replaced.

    Characters that no text file holds (NUL, half surrogate pairs) become U+FFFD, one for one.

    Raises:
        InputError: A file cannot be written.
    """
    with together(path, without=(DETAILS,)) as stage:
        _write(study, stage)


def _write(study: Study, path: Path) -> None:
    names, coders = file_names(d.id for d in study.documents), file_names(c.id for c in study.coders)
    for d in study.documents:
        if d.text.strip():
            mark = BOM if d.text.startswith(BOM) else ""  # else it would be taken for one
            _save(path / "transcripts" / f"{names[d.id]}.txt", mark + d.text)
    _save(path / CODEBOOK, codebook_yaml(study.codebook))
    _save(path / STUDY, _about(study, coders))
    _save_participants(study, path)
    written = [c for coder in study.coders for c in sorted((c for c in study.codings if c.coder == coder.id), key=_order)]
    full = any(c.when or c.weight is not None for c in written)
    columns = (*COLUMNS, *(MORE if full else ()), *(("order",) if tuple(written) != study.codings else ()))
    rows = dict(zip(study.codings, _coding_rows(study, columns), strict=True))
    for coder in study.coders:
        own = [rows[c] for c in written if c.coder == coder.id]
        _save(path / "codings" / f"{coders[coder.id]}.csv", csv_text(columns, own, plain=True))
    _save_details(study, path, names)


def _save(path: Path, text: str) -> None:
    write_atomic(path, _NO_TEXT.sub(INSTEAD, text))


def _save_details(study: Study, path: Path, names: Mapping[str, str]) -> None:
    """Write what the other files do not say; remove an older file that is no longer needed."""
    codes = [c.path for c in study.codebook.tree]
    pairs = [(d, c.id) for c in study.coders for d in study.documents]
    read = {(r.document, r.coder) for r in study.readings}
    whole = [Reading(d.id, coder, 0, len(d.text)) for d, coder in pairs if (d.id, coder) in read]
    text = kept_text(study, names, codes, whole)
    if text:
        _save(path / DETAILS, text)
    else:
        (path / DETAILS).unlink(missing_ok=True)


def _save_participants(study: Study, path: Path) -> None:
    """Write the table of participants, where there is anything to say of them."""
    columns = variable_columns(study.documents)
    if columns or any(d.kind != "interview" for d in study.documents):
        described = [[d.id, d.kind, *(d.variables.get(n, "") for n in columns)] for d in study.documents]
        _save(path / PARTICIPANTS, csv_text(["document", "kind", *columns], described, plain=True))


def _order(c: Coding) -> tuple[object, ...]:
    return c.document, c.start, c.end, c.code, c.memo, c.when, -1 if c.weight is None else c.weight


def _coding_rows(study: Study, columns: Sequence[str]) -> Iterator[list[object]]:
    """The codings of a study as rows, in its order."""
    for at, c in enumerate(study.codings, 1):
        words = study.by_id[c.document].text_of(c)
        cells = {
            "document": c.document,
            "start": c.start,
            "end": c.end,
            "code": c.code,
            "text": words,
            "memo": c.memo,
            "weight": c.weight,
            "created": c.when,
            "order": at,
        }
        yield [cells[column] for column in columns]


def _about(study: Study, files: Mapping[str, str]) -> str:
    """The study's name, notice and coders as TOML."""

    def quoted(text: str) -> str:
        """A text as a TOML string."""
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # what JSON escapes TOML reads

    lines = [f"name = {quoted(study.name)}", f"notice = {quoted(study.notice)}"]
    for coder in study.coders:
        seen = [quoted(r.document) for r in study.readings if r.coder == coder.id]
        lines += ["", f"[coders.{quoted(files[coder.id])}]", f"name = {quoted(coder.name)}"]
        lines += [f"id = {quoted(coder.id)}"] if coder.id != files[coder.id] else []
        lines += [f"guid = {quoted(coder.guid)}"] if coder.guid else []
        lines += [f"kind = {quoted(coder.kind)}", f"documents = [{', '.join(dict.fromkeys(seen))}]"]
    return "\n".join(lines) + "\n"
