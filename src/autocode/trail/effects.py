"""What a decision does to a study, so that it can be taken back: codings, readings, codebook, words, doubts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autocode.study import Coding, Doubt, Reading
from autocode.study.codebook import Code, Codebook
from autocode.study.moves import Moves


@dataclass(frozen=True, slots=True)
class Wording:
    """A correction of a document's words: characters `start` to `end` became `length` others.

    What lies before stays, what lies behind moves along, and what holds the whole of it grows with
    it. Whatever has an edge within is named in the `Effects` beside it, with its old and new place.

    Attributes:
        before: Hash of the document's text before; `after` that of the text after.
        old: The words themselves. They are never in the sealed row, so that a participant can be
            forgotten; the store keeps them beside it.
    """

    document: str
    start: int
    end: int
    length: int
    before: str
    after: str
    old: str = ""
    new: str = ""

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a span of the old text is in the new one; None where it has an edge within the words."""
        return Moves(((self.start, self.end, self.length),)).untouched(start, end)

    def around(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the old text is in the new one; one with an edge within the words holds all of them."""
        return Moves(((self.start, self.end, self.length),)).span(start, end)

    @property
    def reverse(self) -> Wording:
        """The correction that takes this one back."""
        return Wording(
            self.document,
            self.start,
            self.start + self.length,
            self.end - self.start,
            self.after,
            self.before,
            self.new,
            self.old,
        )


@dataclass(frozen=True, slots=True)
class Effects:
    """What a decision does to the study; the reverse of it is what undoing does.

    Attributes:
        book: The codebook before and after, where the decision changes it.
        words: The words of a document that the decision corrects.
        doubted: Doubts put over words again; `cleared` those taken away.
    """

    added: tuple[Coding, ...] = ()
    removed: tuple[Coding, ...] = ()
    read: tuple[Reading, ...] = ()
    unread: tuple[Reading, ...] = ()
    book: tuple[Codebook, Codebook] | None = None
    words: Wording | None = None
    doubted: tuple[Doubt, ...] = ()
    cleared: tuple[Doubt, ...] = ()

    @property
    def reverse(self) -> Effects:
        """The effects that take these back."""
        return Effects(
            self.removed,
            self.added,
            self.unread,
            self.read,
            self.book and (self.book[1], self.book[0]),
            self.words and self.words.reverse,
            self.cleared,
            self.doubted,
        )

    def to_row(self) -> dict[str, Any]:
        """What is sealed: no words of a transcript; nothing of what has no effect on words, no colour that nobody chose."""
        row = asdict(self)
        if self.words:
            row["words"] = {k: v for k, v in row["words"].items() if k not in ("old", "new")}
        for code in [c for book in row["book"] or () for c in book["codes"] if not c["colour"]]:
            del code["colour"]
        return {k: v for k, v in row.items() if v or k not in ("words", "doubted", "cleared")}

    @property
    def lost(self) -> tuple[Coding, ...]:
        """The codings that a correction of words leaves without a place."""
        kept = Counter((c.code, c.coder, c.memo, c.when, c.weight) for c in self.added)
        lost = []
        for c in self.removed if self.words else ():
            kept[key := (c.code, c.coder, c.memo, c.when, c.weight)] -= 1
            lost += [c] if kept[key] < 0 else []
        return tuple(lost)


def effects_of(row: Mapping[str, Any]) -> Effects:
    """The effects in a row of the ledger."""
    return Effects(
        added=tuple(Coding(**c) for c in row["added"]),
        removed=tuple(Coding(**c) for c in row["removed"]),
        read=tuple(Reading(**r) for r in row["read"]),
        unread=tuple(Reading(**r) for r in row["unread"]),
        book=(_book(row["book"][0]), _book(row["book"][1])) if row["book"] else None,
        words=Wording(**row["words"]) if "words" in row else None,
        doubted=tuple(Doubt(**d) for d in row.get("doubted", ())),
        cleared=tuple(Doubt(**d) for d in row.get("cleared", ())),
    )


def _book(row: Mapping[str, Any]) -> Codebook:
    return Codebook(tuple(Code(**c) for c in row["codes"]), row["name"], row["version"])
