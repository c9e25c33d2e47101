"""The long table of codings: one row for each span, code and coder, as .csv or .xlsx.

Columns: `document, start, end, text, code, theme, coder, kind, weight, created, memo,
probability`. Offsets count code points of the document's text, half-open. Rows without a code
carry the rest of a study, so that the table can be read back without any other file:

- document and text only: a piece of the document's text, pieces in order;
- document and coder: a span that the coder has read, whether coded or not;
- coder and kind only: a coder;
- a row with a code only: a code of the codebook, its definition as memo.

A row with a probability is a suggestion of the machine; reading leaves it out, for only a human
turns a suggestion into a coding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autocode.codebook import SEPARATOR, Code, Codebook
from autocode.errors import InputError
from autocode.formats.files import Table, csv_text, unguarded, write_atomic
from autocode.formats.locate import Found, Locator
from autocode.formats.markup import legal
from autocode.formats.options import ReadOptions, WriteOptions
from autocode.formats.receipt import Receipt
from autocode.formats.spreadsheet import CELL, cut_to_cell
from autocode.study import Coder, Coding, Document, Reading, Study

COLUMNS = ("document", "start", "end", "text", "code", "theme", "coder", "kind", "weight", "created", "memo",
           "probability")  # fmt: skip
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
    write_atomic(path, csv_text(COLUMNS, rows))


def long_rows(study: Study, options: WriteOptions = WriteOptions()) -> Iterator[Row]:
    """The rows of the long table: codings, suggestions, and then what else makes the study."""
    kinds = {c.id: c.kind for c in study.coders}
    for c in study.codings:
        words, theme = study.by_id[c.document].text_of(c), _theme(study.codebook, c.code)
        given = (c.code, theme, c.coder, kinds.get(c.coder, "human"), c.weight, c.when, c.memo, None)
        yield (c.document, c.start, c.end, cut_to_cell(words), *given)
    for s in options.suggestions:
        words, theme = study.by_id[s.segment.document].text_of(s.segment), _theme(study.codebook, s.code)
        said = (s.code, theme, MACHINE, "machine", None, "", s.band, s.probability)
        yield (s.segment.document, s.segment.start, s.segment.end, cut_to_cell(words), *said)
    if options.table == "whole":
        yield from _rest(study)


def _theme(book: Codebook, code: str) -> str:
    return book.theme(code) if code in book else code.split(SEPARATOR)[0]


def _rest(study: Study) -> Iterator[Row]:
    for r in study.readings:
        yield (r.document, r.start, r.end, "", "", "", r.coder, "", None, "", "", None)
    for coder in study.coders:
        yield ("", None, None, "", "", "", coder.id, coder.kind, None, "", coder.name, None)
    for code in study.codebook:
        theme = study.codebook.theme(code.path)
        yield ("", None, None, "", code.path, theme, "", "", None, "", code.definition, None)
    for document in study.documents:
        for start, text in pieces(document.text):
            yield (document.id, start, start + len(text), text, "", "", "", "", None, "", "", None)


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """A text in pieces that fit into cells, each with its offset; one empty piece for no text."""
    size = CELL // 2  # code points: each is at most two of Excel's units
    for start in range(0, max(1, len(text)), size):
        yield start, text[start : start + size]


def is_coding_table(table: Table) -> bool:
    """Whether the columns are those of our long table of codings."""
    return {"document", "start", "end", "text", "code", "coder", "kind", "probability"} <= set(table.columns)


def study_from_codings(table: Table, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Read our long table back.

    Where it holds no text of a document, the transcript must be among those known; a coding
    whose words moved there is found again by its words.

    Raises:
        InputError: An offset is no whole number, or no text is known of any document.
    """
    part = _Part({d.id: d for d in options.documents})
    for row, line in zip(table.rows, table.lines, strict=True):
        cells = {column: unguarded(row.get(column, "")) for column in COLUMNS}
        part.take(cells, f"{table.source}, line {line}")
    study = part.study(table, options)
    if part.codings and not study.documents:
        raise InputError(table.source, "it holds no transcript, and none of its documents is known",
                         "Import the transcripts first, or write the table whole.")  # fmt: skip
    notes = [*([table.note] if table.note else []), *(f"{n:,} {how}" for how, n in part.how.items())]
    return study, [Receipt(table.source, "codings", len(study.codings), dict(part.skipped), tuple(notes))]


@dataclass
class _Part:
    """The rows read so far, by what they are."""

    known: Mapping[str, Document]
    texts: dict[str, list[str]] = field(default_factory=dict)
    codings: list[tuple[Coding, str]] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    coders: dict[str, Coder] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
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

    def _about_study(self, c: Mapping[str, str]) -> None:
        if c["code"]:
            self.definitions[c["code"]] = c["memo"]
        elif c["coder"]:
            self.coders.pop(c["coder"], None)
            self.coders[c["coder"]] = Coder(c["coder"], c["memo"], c["kind"] or "human")

    def _coder(self, name: str, kind: str) -> None:
        self.coders.setdefault(name, Coder(name, name, kind or "human"))

    def study(self, table: Table, options: ReadOptions) -> Study:
        """All rows as a study; codings that fit no text are counted as skipped."""
        named = dict.fromkeys([*self.texts, *(c.document for c, _ in self.codings)])
        documents = {
            name: Document(name, "".join(self.texts[name]), name, source=table.source, kind=options.kind)
            if name in self.texts
            else self.known[name]
            for name in named
            if name in self.texts or name in self.known
        }
        placing = Placing(documents, self.skipped, self.how)
        placed = [placing.place(coding, text) for coding, text in self.codings]
        book = Codebook().with_paths(self.definitions)
        codes = tuple(Code(c.name, c.parent, self.definitions.get(c.path, "")) for c in book)
        readings = [r for r in self.readings if r.document in documents]
        return Study(
            tuple(documents.values()), Codebook(codes), tuple(self.coders.values()),
            tuple(c for c in placed if c), tuple(readings))  # fmt: skip


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
