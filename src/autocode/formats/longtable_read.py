"""The long table of codings back in: its rows as a study, each coding where its words are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autocode.codebook import SEPARATOR, Code, Codebook
from autocode.errors import InputError
from autocode.formats.details import with_details
from autocode.formats.files import Table, unguarded
from autocode.formats.locate import Found, Locator
from autocode.formats.longtable import COLUMNS, MORE
from autocode.formats.markup import legal
from autocode.formats.options import ReadOptions
from autocode.formats.receipt import Receipt
from autocode.study import Coder, Coding, Document, Reading, Study

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
        raise InputError(table.source, "it holds no transcript, and none of its documents is known",
                         "Import the transcripts first, or write the table whole.")  # fmt: skip
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
            texts = {n: str(said.get(n, "")) for n in ("include", "exclude", "example", "guid")}
            parent = c["code"].removesuffix(name).removesuffix(SEPARATOR) if name != last else above
            self.codes[c["code"]] = Code(name, parent, c["memo"], **texts)
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
        return Study(
            tuple(documents.values()), Codebook(self._tree(), *book), tuple(self.coders.values()),
            tuple(c for c in placed if c), tuple(readings), name, notice)  # fmt: skip

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
