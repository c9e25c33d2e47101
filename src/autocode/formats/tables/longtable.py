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

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.files import CELL, Table, csv_text, cut_to_cell, legal, unguarded, write_atomic
from autocode.formats.receipt import ReadOptions, Receipt, WriteOptions
from autocode.formats.tables.gathered import Found, Locator
from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import SEPARATOR, Code, Codebook, hex_colour

_WORDS = ("name", "kind", "source", "guid")


def document_details(document: Document, plain: Document) -> dict[str, Any]:
    """In what a document differs from `plain`, which is what is read where nothing is said of it."""
    said: dict[str, Any] = {n: getattr(document, n) for n in _WORDS if getattr(document, n) != getattr(plain, n)}
    if document.groups != plain.groups:
        said["groups"] = list(document.groups)
    if dict(document.variables) != dict(plain.variables):
        said["variables"] = dict(document.variables)
    if document.turns != plain.turns:
        said["turns"] = [[t.start, t.end, t.speaker, t.start_ms, t.end_ms] for t in document.turns]
    if document.interviewers != plain.interviewers:
        said["interviewers"] = list(document.interviewers)
    if document.segments != plain.segments:
        said["units"] = [[s.start, s.end, s.id, s.speaker] for s in document.segments]
    if document.doubts != plain.doubts:
        said["doubts"] = [[d.start, d.end, d.confidence] for d in document.doubts]
    return said | ({"text": text_hash(document.text)} if {"turns", "units", "doubts"} & set(said) else {})


def text_hash(text: str) -> str:
    """The hash by which a text is known again; characters that no file holds do not count."""
    return hashlib.sha256(legal(text).encode()).hexdigest()


def with_details(document: Document, said: Mapping[str, Any]) -> tuple[Document, str]:
    """A document with what is said of it.

    Returns:
        The document, and a note where its turns or units belong to another text and are left out.

    Raises:
        ValueError, TypeError, KeyError: What is said has another shape, or lies outside the text.
    """
    name, kind, source, guid = (str(said.get(word, getattr(document, word))) for word in _WORDS)
    groups = tuple(map(str, said.get("groups", document.groups)))
    variables = {str(k): str(v) for k, v in dict(said.get("variables", document.variables)).items()}
    asking = tuple(map(str, said.get("interviewers", document.interviewers)))
    told = replace(
        document, name=name, kind=kind, source=source, guid=guid, groups=groups, variables=variables, interviewers=asking
    )
    if "text" in said and said["text"] != text_hash(document.text):
        return told, f"the text of '{document.id}' was changed: its speakers are those found in it"
    turns = tuple(Turn(*_span(t, document), str(t[2]), _time(t[3]), _time(t[4])) for t in said.get("turns", ()))
    units = tuple(Segment(document.id, *_span(u, document), str(u[2]), str(u[3])) for u in said.get("units", ()))
    doubts = tuple(Doubt(*_span(d, document), float(d[2])) for d in said.get("doubts", ()))
    return replace(
        told,
        turns=turns if "turns" in said else document.turns,
        segments=units if "units" in said else document.segments,
        doubts=doubts if "doubts" in said else document.doubts,
    ), ""


def _span(row: Sequence[Any], document: Document) -> tuple[int, int]:
    start, end = int(row[0]), int(row[1])
    if not 0 <= start <= end <= len(document.text):
        raise ValueError("outside the text")
    return start, end


def _time(value: Any) -> int | None:
    return None if value is None else int(value)


COLUMNS = ("document", "start", "end", "text", "code", "theme", "coder", "kind", "weight", "created", "memo", "probability")
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
        texts = {n: getattr(code, n) for n in ("include", "exclude", "example", "guid")}
        more = _json(name=name, **texts, codable="" if code.codable else "false", colour=code.colour)
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


_DAMAGED = f"the column '{MORE}' is damaged in places: what it said there is left out"


def study_from_codings(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Read our long table back.

    Where it holds no text of a document, the transcript must be among those known; a coding
    whose words moved there is found again by its words.

    Raises:
        InputError: An offset is no whole number, or no text is known of any document.
    """
    part = _Part({d.id: d for d in options.documents})
    for row, line in zip(table.rows, table.lines, strict=True):
        cells = {column: unguarded(row.get(column, "")) for column in (*COLUMNS, MORE)}
        part.take(cells, f"{table.source}, line {line}")
    study = part.study(table, options)
    if part.codings and not study.documents:
        raise InputError(
            table.source,
            "it holds no transcript, and none of its documents is known",
            "Import the transcripts first, or write the table whole.",
        )
    notes = [*([table.note] if table.note else []), *part.notes, *(f"{n:,} {how}" for how, n in part.how.items())]
    return study, [Receipt(table.source, "codings", len(study.codings), dict(part.skipped), tuple(notes))]


@dataclass
class _Part:
    """The rows read so far, by what they are."""

    known: Mapping[str, Document]
    texts: dict[str, list[str]] = field(default_factory=dict)
    codings: list[tuple[Coding, str]] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    coders: dict[str, Coder] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    about: list[str] = field(default_factory=list)
    more: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    how: Counter[str] = field(default_factory=Counter)

    def take(self, c: Mapping[str, str], where: str) -> None:
        """Take one row, whichever of the kinds above it is."""
        if c["probability"]:
            self.skipped["suggestions, on which nobody has decided"] += 1
        elif not c["document"]:
            self._about_study(c)
        elif c["code"]:
            span = (number(c["start"], where), number(c["end"], where))
            weight = number(c["weight"], where) if c["weight"] else None
            self._coder(c["coder"], c["kind"])
            coding = Coding(c["document"], *span, c["code"], c["coder"], c["memo"], c["created"], weight)
            self.codings.append((coding, c["text"]))
        elif c["coder"]:
            self._coder(c["coder"], c["kind"])
            self.readings.append(Reading(c["document"], c["coder"], number(c["start"], where), number(c["end"], where)))
        else:
            self.texts.setdefault(c["document"], []).append(c["text"])
            self.more.setdefault(c["document"], []).append(c[MORE])

    def _about_study(self, c: Mapping[str, str]) -> None:
        if c["code"]:
            said = self._said(c[MORE])
            above, _, last = c["code"].rpartition(SEPARATOR)
            name = str(said.get("name", last))
            texts = [str(said.get(n, "")) for n in ("include", "exclude", "example", "guid")]
            parent = c["code"].removesuffix(name).removesuffix(SEPARATOR) if name != last else above
            codable, colour = "codable" not in said, hex_colour(said.get("colour"))
            self.codes[c["code"]] = Code(name, parent, c["memo"], *texts, codable=codable, colour=colour)
        elif c["coder"]:
            self.coders.pop(c["coder"], None)
            guid = str(self._said(c[MORE]).get("guid", ""))
            self.coders[c["coder"]] = Coder(c["coder"], c["memo"], c["kind"] or "human", guid)
        elif c[MORE]:
            said = self._said(c[MORE], list)
            self.about = [str(word) for word in said] if len(said) == 4 else self.about

    def _said(self, cell: str, kind: type = dict) -> Any:
        """What the cell `more` says; nothing, with a note, where it is damaged."""
        try:
            said = json.loads(cell) if cell else kind()
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, kind):
            return said
        self.notes = [_DAMAGED]
        return kind()

    def _coder(self, name: str, kind: str) -> None:
        self.coders.setdefault(name, Coder(name, name, kind or "human"))

    def study(self, table: Table, options: ReadOptions) -> Study:
        """All rows as a study; codings that fit no text are counted as skipped."""
        named = dict.fromkeys([*self.texts, *(c.document for c, _ in self.codings)])
        documents = {
            name: self._document(name, table.source, options.kind) if name in self.texts else self.known[name]
            for name in named
            if name in self.texts or name in self.known
        }
        placing = Placing(documents, self.skipped, self.how)
        placed = [placing.place(coding, text) for coding, text in self.codings]
        name, notice, *book = self.about or ("", "", "", "1")
        readings = [r for r in self.readings if r.document in documents]
        if not self.readings and not self.about and not self.texts:  # codings alone: as in any table of coded segments
            seen = dict.fromkeys((c.document, c.coder) for c in placed if c)
            readings = [Reading(d, coder, 0, len(documents[d].text)) for d, coder in sorted(seen)]
        return Study(
            tuple(documents.values()),
            Codebook(self._tree(), *book),
            tuple(self.coders.values()),
            tuple(c for c in placed if c),
            tuple(readings),
            name,
            notice,
        )

    def _document(self, name: str, source: str, kind: str) -> Document:
        """A document from its rows, with what they say of it."""
        plain = Document(name, "".join(self.texts[name]), name, source=source, kind=kind)
        cell = "".join(self.more[name])
        if not cell:
            return plain
        try:
            told, note = with_details(replace(plain, kind="interview"), self._said(cell))
        except (ValueError, TypeError, KeyError, IndexError):
            told, note = plain, _DAMAGED
        self.notes += [note] if note else []
        return told

    def _tree(self) -> tuple[Code, ...]:
        """The codes in the order of their rows; one whose parent has no row gets it made."""
        if all(not c.parent or c.parent in self.codes for c in self.codes.values()):
            return tuple(self.codes.values())
        book = Codebook().with_paths(self.codes)
        return tuple(self.codes.get(c.path, c) for c in book)


@dataclass
class Placing:
    """Sets codings where their words are, and counts those that are nowhere."""

    documents: Mapping[str, Document]
    skipped: Counter[str]
    how: Counter[str]
    locators: dict[str, Locator] = field(default_factory=dict)

    def place(self, c: Coding, words: str) -> Coding | None:
        """The coding as given where its words are there, else where they are found; or None."""
        document = self.documents.get(c.document)
        if document is None:
            self.skipped["for a document that is not there"] += 1
            return None
        there = legal(document.text[max(0, c.start) : max(0, c.end)])
        cut = words.endswith("…") and there.startswith(words[:-1])
        if 0 <= c.start <= c.end <= len(document.text) and (there == words or not words or cut):
            return c
        found = self.locators.setdefault(c.document, Locator(document.text)).find(words, c.start)
        if not isinstance(found, Found):
            self.skipped[f"{found} in the transcript"] += 1
            return None
        self.how["found again by their words"] += 1
        return replace(c, start=found.start, end=found.end)


def number(cell: str, where: str) -> int:
    """A cell as a whole number.

    Raises:
        InputError: It is none.
    """
    try:
        return int(cell)
    except ValueError as error:
        raise InputError(where, "start, end and weight must be whole numbers", "Correct that row.") from error


def rows_of(table: Table, columns: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a table with every column of `columns`, "" where the table lacks it."""
    listed = list(columns)
    return [{c: row.get(c, "") for c in listed} for row in table.rows]
