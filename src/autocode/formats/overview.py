"""What an import brought, on a page: the whole in a line, what is odd, each document's speakers and units, what was left."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from autocode.config import SegmentConfig
from autocode.formats.receipt import Receipt, listed_names
from autocode.formats.transcripts.roles import INTERVIEWER, RESPONDENT, propose_roles
from autocode.study import Document, Study
from autocode.study.segment import is_context, segment

_ROWS = 12  # documents in the table of a short receipt
_NAMED = 4  # speakers named in a row
_LONG, _FEW, _THOUSANDS = 400, 10, 2_000  # words of a median unit; units of a document of so many words


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """What is in one document.

    Attributes:
        speakers: Each with the share of turns and the role proposed: "I (interviewer)".
        units: Segments that are coded, as `auto` cuts them; `median` is their length in words.
        odd: What a careful reader should look at; "" for nothing.
    """

    document: str
    speakers: tuple[str, ...]
    turns: int
    words: int
    units: int
    median: int
    odd: str

    @classmethod
    def of(cls, document: Document) -> DocumentRow:
        """Look at a document."""
        roles = {r.speaker: r.role for r in propose_roles(document)} if document.turns else {}
        named = {INTERVIEWER: " (interviewer)", RESPONDENT: ""}
        speakers = tuple(f"{name}{named.get(role, ' (role unclear)')}" for name, role in roles.items())
        config = SegmentConfig()
        units = [s for s in segment(document, config) if not is_context(s, document, config)]
        sizes = [len(document.text_of(s).split()) for s in units]
        words = len(document.text.split())
        median = round(statistics.median(sizes)) if sizes else 0
        return cls(document.id, speakers, len(document.turns), words, len(units), median, _odd(document, roles, words, sizes))

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping."""
        return {name: getattr(self, name) for name in self.__slots__}


def _odd(document: Document, roles: dict[str, str], words: int, sizes: Sequence[int]) -> str:
    """What is odd in a document: no speakers, one speaker, units that are no units."""
    if document.segments:
        return ""
    said = []
    if not roles and document.kind == "interview":
        said.append(f"no speakers found: {_units(len(sizes))}")
    elif len(roles) == 1:
        said.append(f"one speaker only ({next(iter(roles))})")
    if sizes and (statistics.median(sizes) > _LONG or (len(sizes) < _FEW and words > _THOUSANDS)):
        said.append(f"{_units(len(sizes))} for {words:,} words: --segments sentence or paragraph makes shorter ones")
    return "; ".join(said)


def accounts(receipts: Iterable[Receipt]) -> list[str]:
    """A line for each source that accounts for all it held, its notes, and a line for each file that was not read."""
    lines, left = [], []
    for source, found in groupby(receipts, key=lambda r: r.source):
        told = list(found)
        if told[0].what == "files":
            left += [note[:1].upper() + note[1:] for r in told for note in r.notes]
            continue
        lines.append(f"{source}: {', '.join(map(_counted, told))}")
        lines += [f"  {note}" for r in told for note in r.notes]
    return [*lines, *left]


def _counted(r: Receipt) -> str:
    """What accounts for all of one kind that a source held."""
    lost = sum(r.skipped.values())
    reasons = ", ".join(f"{n:,} {why}" for why, n in r.skipped.items() if n)
    return f"{r.kept:,} of {r.given:,} {r.what}" + (f", {lost:,} left out ({reasons})" if lost else "")


def _units(n: int) -> str:
    return f"{n:,} paragraph{'s are the units' if n != 1 else ' is the only unit'}"


@dataclass(frozen=True)
class Overview:
    """What an import brought.

    Attributes:
        receipts: Of everything that was read, and of what was not.
        documents: Those that came in, in their order.
        coders: How many people coded; `codes` and `themes` likewise.
    """

    receipts: tuple[Receipt, ...]
    documents: tuple[DocumentRow, ...]
    coders: int
    codings: int
    codes: int
    themes: int

    @classmethod
    def of(cls, study: Study, receipts: Iterable[Receipt]) -> Overview:
        """Look at what was read."""
        book = study.codebook
        themes = sum(book.is_theme(c.path) for c in book.children())
        rows = tuple(DocumentRow.of(d) for d in study.documents)
        used = {c.coder for c in study.codings} | {r.coder for r in study.readings}
        return cls(tuple(receipts), rows, len(used), len(study.codings), len(book), themes)

    @property
    def failed(self) -> int:
        """How many files could not be read though they should be."""
        return sum(r.skipped.get("that could not be read", 0) for r in self.receipts if r.what == "files")

    def __str__(self) -> str:
        """The answer first, odd things next, a line a document, what was skipped and what was not read."""
        return "\n".join([*self.head(_ROWS), *accounts(self.receipts)])

    def head(self, most: int) -> list[str]:
        """The whole in a line, what is odd, and a line for each of so many documents."""
        return [self._first(), *self._odd(), *self._table(most)]

    def _first(self) -> str:
        counts = [(len(self.documents), "document"), (self.coders, "coder"), (self.codings, "coding"), (self.codes, "code")]
        said = ", ".join(f"{n:,} {what}{'s' * (n != 1)}" for n, what in counts if n) or "Nothing"
        themes = f" in {self.themes:,} theme{'s' * (self.themes != 1)}" if self.themes else ""
        lost = sum(
            n for r in self.receipts if r.what != "files" for why, n in r.skipped.items() if "found" in why or "ambig" in why
        )
        place = "" if not self.codings else f"; {lost:,} could not be placed" if lost else ": all in their places"
        return f"{said}{themes}{place}."

    def _odd(self) -> list[str]:
        """Documents that are odd in the same way in one line."""
        groups: dict[str, list[str]] = {}
        for row in self.documents:
            if row.odd:
                groups.setdefault(row.odd, []).append(row.document)
        return [f"{listed_names(names)}: {odd}" for odd, names in groups.items()]

    def _table(self, most: int) -> list[str]:
        """A line a document, odd ones first; nothing where no document came in."""
        rows = sorted(self.documents, key=lambda row: not row.odd)[:most]
        if not rows:
            return []
        cells = [("Document", "Speakers", "Turns", "Words", "Units", "Median")]
        for r in rows:
            more = f" and {len(r.speakers) - _NAMED} more" if len(r.speakers) > _NAMED else ""
            who = ", ".join(r.speakers[:_NAMED]) + more
            cells.append((r.document, who or "-", f"{r.turns:,}", f"{r.words:,}", f"{r.units:,}", f"{r.median:,} words"))
        wide = [max(len(row[i]) for row in cells) for i in range(6)]
        lines = [
            "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(row, wide, strict=True))).rstrip()
            for row in cells
        ]
        rest = len(self.documents) - len(rows)
        return [*lines, f"... and {rest:,} more documents: --receipts of 'autocode describe' shows all"] if rest else lines

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping: everything, without the words of a text."""
        read = [
            {"source": r.source, "what": r.what, "given": r.given, "kept": r.kept, "skipped": dict(r.skipped), "notes": r.notes}
            for r in self.receipts
        ]
        totals = Counter(documents=len(self.documents), coders=self.coders, codings=self.codings, codes=self.codes)
        return {**totals, "themes": self.themes, "table": [row.to_json() for row in self.documents], "receipts": read}
