"""The open study folder: files that a person can read, diff and put under version control.

``study.toml`` (name, notice, coders), ``codebook.yaml``, ``participants.csv``, ``transcripts/``,
``codings/CODER.csv`` with columns `document, start, end, code, text, memo`. Offsets count code
points of the transcript with newlines as ``\\n``, half-open; `text` repeats the words so that
both a reader and the reader's program can check them.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from autocode.codebook import Code, Codebook
from autocode.errors import InputError
from autocode.formats.files import Table, csv_text, read_csv, read_text, write_atomic
from autocode.formats.participants import with_participants
from autocode.formats.receipt import Receipt
from autocode.formats.spreadsheet import read_workbook
from autocode.formats.texts import read_transcripts
from autocode.study import Coder, Coding, Document, Reading, Study

STUDY, CODEBOOK, PARTICIPANTS = "study.toml", "codebook.yaml", "participants.csv"
COLUMNS = ("document", "start", "end", "code", "text", "memo")
MORE = ("weight", "created")


def is_study_folder(path: Path) -> bool:
    """Whether `path` is a folder with transcripts and codings laid out as above."""
    return (path / STUDY).is_file() or (path / "transcripts").is_dir()


def read_folder(path: Path) -> tuple[Study, list[Receipt]]:
    """Read an open study folder.

    Returns:
        The study and a receipt for each of its parts.

    Raises:
        InputError: A part is missing, unreadable or not what it should be.
        CodebookError: The codebook is no tree, or a coding's code is not in it.
    """
    about = _toml(path / STUDY) if (path / STUDY).is_file() else {}
    documents, notes = read_transcripts(path / "transcripts")
    receipts = [Receipt(path.name, "transcripts", len(documents), {}, notes)]
    documents, described = _with_variables(documents, path)
    receipts += described
    book = read_codebook(path / CODEBOOK) if (path / CODEBOOK).is_file() else Codebook()
    receipts += [Receipt(CODEBOOK, "codes", len(book))] if len(book) else []
    coders: list[Coder] = []
    codings: list[Coding] = []
    readings: list[Reading] = []
    listed = list(about.get("coders", {}))
    files = sorted((path / "codings").glob("*.csv"), key=lambda f: (_place(f.stem, listed), f.name))
    for file in files:
        said = about.get("coders", {}).get(file.stem, {})
        found, receipt = _codings(file, documents, book)
        coders.append(Coder(file.stem, said.get("name", file.stem), said.get("kind", "human")))
        codings += found
        readings += _readings(said.get("documents"), file.stem, found, documents)
        receipts.append(receipt)
    if not len(book):
        book = book.with_paths(dict.fromkeys(c.code for c in codings))
    study = Study(
        documents, book, tuple(coders), tuple(codings), tuple(readings),
        about.get("name", path.name), about.get("notice", ""))  # fmt: skip
    return study, receipts


def _place(coder: str, listed: list[str]) -> int:
    """Coders come in the order of study.toml, others after them."""
    return listed.index(coder) if coder in listed else len(listed)


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


def _readings(
    said: object, coder: str, codings: Iterable[Coding], documents: Iterable[Document]
) -> list[Reading]:
    """What a coder read: the documents listed, all of them, or those with a coding."""
    listed = {c.document for c in codings} if said is None else said
    return [
        Reading(d.id, coder, 0, len(d.text))
        for d in documents
        if listed == "all" or (isinstance(listed, list | set) and d.id in listed)
    ]


def _codings(file: Path, documents: Iterable[Document], book: Codebook) -> tuple[list[Coding], Receipt]:
    """The codings in one coder's file; a header alone is a coder who gave no code."""
    if "\n" not in read_text(file)[0].strip():
        return [], Receipt(file.name, "codings", 0)
    return codings_from_table(read_csv(file), documents, book, file.stem)


def codings_from_table(
    table: Table, documents: Iterable[Document], book: Codebook, coder: str
) -> tuple[list[Coding], Receipt]:
    """Read one coder's codings; a coding whose words moved is found again where they occur once.

    Raises:
        InputError: A column is missing, or an offset is no number.
        CodebookError: A code is not in the codebook.
    """
    table.need(*COLUMNS[:4])
    by_id = {d.id: d for d in documents}
    found: dict[Coding, None] = {}
    skipped: Counter[str] = Counter()
    for row, line in zip(table.rows, table.lines, strict=True):
        code = book.resolve(row["code"].strip()) if len(book) else row["code"].strip()
        where = f"{table.source}, line {line}"
        place = _Place(_number(row["start"], where), _number(row["end"], where), row.get("text", ""))
        document = by_id.get(row["document"].strip())
        span = place.within(document.text) if document else None
        if document is None or span is None:
            skipped["for a document that is not there" if document is None else "not located in the text"] += 1
            continue
        weight = _number(row["weight"], where) if row.get("weight") else None
        coding = Coding(document.id, *span, code, coder, row.get("memo", "").strip(), row.get("created", ""), weight)
        skipped["doubled"] += coding in found
        found[coding] = None
    return list(found), Receipt(table.source, "codings", len(found), skipped, (table.note,) if table.note else ())


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


def read_codebook(path: Path) -> Codebook:
    """Read a codebook written as YAML: `codes`, a list of nodes with `name` and nested `codes`.

    Raises:
        InputError: It is no YAML of this shape.
        CodebookError: The nodes make no tree of distinct paths.
    """
    try:
        tree = yaml.safe_load(read_text(path)[0])
        codes: list[Code] = []
        stack = [(node, "") for node in reversed(tree["codes"])]
        while stack:
            node, parent = stack.pop()
            texts = {k: str(node.get(k) or "") for k in ("definition", "include", "exclude", "example", "guid")}
            codes.append(Code(str(node["name"]), parent, **texts))
            stack += [(child, codes[-1].path) for child in reversed(node.get("codes") or [])]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            path.name, f"it is no codebook ({type(error).__name__})",
            "Write a list 'codes' of mappings, each with a 'name'.") from error  # fmt: skip
    return Codebook(tuple(codes), str(tree.get("name") or ""), str(tree.get("version") or "1"))


def codebook_yaml(book: Codebook) -> str:
    """The codebook as the YAML text that `read_codebook` reads back to an equal one."""

    def node(code: Code) -> dict[str, Any]:
        texts = {k: getattr(code, k) for k in ("definition", "include", "exclude", "example", "guid")}
        below = [node(child) for child in book.children(code.path)]
        filled = {k: v for k, v in texts.items() if v}
        return {"name": code.name, **filled, **({"codes": below} if below else {})}

    tree = {"name": book.name, "version": book.version, "codes": [node(c) for c in book.children()]}
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=100)


def write_folder(study: Study, path: Path) -> None:
    """Write a study as an open folder; files already there under these names are replaced.

    Raises:
        InputError: A document has given units (a long table holds those), or an id is no file name.
    """
    for document in study.documents:
        if document.segments or "/" in document.id or "\\" in document.id:
            raise InputError(
                f"document '{document.id}'", "the open folder cannot hold given units or ids with slashes",
                "Write the study as a table (.csv) instead.")  # fmt: skip
        write_atomic(path / "transcripts" / f"{document.id}.txt", document.text)
    write_atomic(path / CODEBOOK, codebook_yaml(study.codebook))
    write_atomic(path / STUDY, _about(study))
    if any(d.variables or d.kind != "interview" for d in study.documents):
        names = list(dict.fromkeys(name for d in study.documents for name in d.variables))
        kinds = [] if "kind" in names else ["kind"]
        described = [
            [d.id, *(d.kind for _ in kinds), *(d.variables.get(n, "") for n in names)] for d in study.documents
        ]
        write_atomic(path / PARTICIPANTS, csv_text(["document", *kinds, *names], described, plain=True))
    for coder in study.coders:
        codings = sorted((c for c in study.codings if c.coder == coder.id), key=_order)
        rows = [_coding_row(c, study.by_id) for c in codings]
        full = any(c.when or c.weight is not None for c in codings)
        columns = (*COLUMNS, *MORE) if full else COLUMNS
        cells = [row[: len(columns)] for row in rows]
        write_atomic(path / "codings" / f"{coder.id}.csv", csv_text(columns, cells, plain=True))


def _order(c: Coding) -> tuple[object, ...]:
    return c.document, c.start, c.end, c.code, c.memo, c.when, -1 if c.weight is None else c.weight


def _coding_row(coding: Coding, documents: Mapping[str, Document]) -> list[object]:
    words = documents[coding.document].text_of(coding)
    return [coding.document, coding.start, coding.end, coding.code, words, coding.memo, coding.weight, coding.when]


def _about(study: Study) -> str:
    """The study's name, notice and coders as TOML."""

    def quoted(text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'

    lines = [f"name = {quoted(study.name)}", f"notice = {quoted(study.notice)}"]
    for coder in study.coders:
        seen = [quoted(r.document) for r in study.readings if r.coder == coder.id]
        lines += ["", f"[coders.{quoted(coder.id)}]", f"name = {quoted(coder.name or coder.id)}"]
        lines += [f"kind = {quoted(coder.kind)}", f"documents = [{', '.join(dict.fromkeys(seen))}]"]
    return "\n".join(lines) + "\n"
