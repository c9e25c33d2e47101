"""The trail of decisions: append-only rows, each sealed with the hash of the one before, and what each does to a study.

An entry is never changed; what is undone stays, and a later entry says that it is undone: the effects of a decision
(codings, readings, codebook, words, doubts) have a reverse. Nothing here opens a file: `store.ledger` keeps the rows.
No words of a transcript are in an entry, only offsets; a note holds what its writer typed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from autocode.errors import StoreError
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
        span = self.start, self.start + self.length, self.end - self.start
        return Wording(self.document, *span, self.after, self.before, self.new, self.old)


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


START = "0" * 64
"""What stands before the first entry."""

ACTIONS = (
    "accept",
    "reject",
    "other",
    "add",
    "remove",
    "move",
    "recode",
    "memo",
    "done",
    "skip",
    "flag",
    "note",
    "read",
    "agree",
    "codebook",
    "correct",
    "undo",
    "redo",
    "redact",
)
"""What can be decided (see docs/desk.md); and that words were taken out of earlier entries, for privacy alone."""

BACK = ("undo", "redo")
"""Those that only take others back, or bring them back."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One suggestion as it stood when a person decided, on the screen or hidden from it.

    Attributes:
        given: The coder had given the code to the segment when closing it.
    """

    code: str
    probability: float
    band: str
    given: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person decided at one moment, what stood on the screen, and what came of it.

    Attributes:
        code: Path of the code decided on.
        suggested: Path of the code that the model had suggested, where the decision answers one.
        probability: The model's probability of `suggested`.
        shown: All suggestions of the segment; `hidden` says that the coder did not see them.
        hidden: The anchoring control or blind mode kept the suggestions from the coder.
        blind: The coder worked in blind mode.
        model: Hash of the model, "" without one.
        codebook: Hash of the codebook.
        seconds: Between the segment's coming up and the decision.
        undoes: Numbers of the entries taken back.
        batch: Joins entries made, and undone, at once.
        request: Given by the page, so that a repeated request is not a second decision.
    """

    action: str
    coder: str
    document: str = ""
    segment: str = ""
    start: int = 0
    end: int = 0
    code: str = ""
    suggested: str = ""
    probability: float | None = None
    band: str = ""
    shown: tuple[Shown, ...] = ()
    hidden: bool = False
    blind: bool = False
    model: str = ""
    codebook: str = ""
    seconds: float = 0.0
    note: str = ""
    undoes: tuple[int, ...] = ()
    batch: str = ""
    request: str = ""
    effects: Effects = Effects()


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger.

    Attributes:
        at: ISO 8601, UTC.
        previous: Hash of the entry before.
        sha256: Hash of this entry and of `previous`.
        text: What was sealed, as stored: a decision written by an earlier version may lack what this one would write.
    """

    seq: int
    at: str
    decision: Decision
    previous: str
    sha256: str
    text: str = field(default="", compare=False, repr=False)


def seal(decision: Decision, at: str, last: Entry | None) -> Entry:
    """The entry that follows `last`; None where it is the first."""
    seq, previous = (last.seq + 1, last.sha256) if last else (1, START)
    return Entry(seq, at, decision, previous, sealed(seq, at, to_text(decision), previous))


def sealed(seq: int, at: str, text: str, previous: str) -> str:
    """The sha256 of an entry: its number, moment and text (`to_text`), and the hash of the one before."""
    return hashlib.sha256(f"{previous}\n{seq}\n{at}\n{text}".encode()).hexdigest()


def to_text(decision: Decision) -> str:
    """The decision as canonical JSON in ASCII: what is stored and sealed. It holds no words of a transcript."""
    row = {**asdict(decision), "effects": decision.effects.to_row()}
    return json.dumps(row, sort_keys=True, separators=(",", ":"), allow_nan=False)


def from_text(text: str) -> Decision:
    """The reverse of `to_text`.

    Raises:
        StoreError: The text is no decision.
    """
    try:
        row = json.loads(text)
        row["shown"] = tuple(Shown(**s) for s in row["shown"])
        row["undoes"] = tuple(row["undoes"])
        row["effects"] = effects_of(row["effects"])
        return Decision(**row)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError("the ledger", "a row cannot be read", "Restore a copy of the study.") from error


def verify(entries: Sequence[Entry], last: int | None = None, before: Entry | None = None) -> list[str]:
    """Every break of the chain in plain words; empty where it holds.

    Args:
        entries: All entries in order.
        last: Number of the last entry ever written, where the store knows it: rows cut from the
            end leave a chain that holds.
        before: The entry that they follow, where only the end of a chain is looked at.
    """
    faults = []
    for entry in entries:
        expected = seal(entry.decision, entry.at, before)
        if (entry.seq, entry.previous) != (expected.seq, expected.previous):
            faults.append(f"entry {entry.seq}: the one before it is missing or was changed")
        elif entry.sha256 != expected.sha256 and not _sealed_earlier(entry):
            faults.append(f"entry {entry.seq}: it was changed after it was written")
        before = entry
    if last is not None and last != (before.seq if before else 0):
        faults.append(f"entries after {before.seq if before else 0} are missing: {last} were written")
    return faults


def _sealed_earlier(entry: Entry) -> bool:
    """Whether an earlier version sealed exactly this decision, in words that lack what decisions have had since."""
    if entry.sha256 != sealed(entry.seq, entry.at, entry.text, entry.previous):
        return False
    return to_text(from_text(entry.text)) == to_text(entry.decision)


def undone(entries: Iterable[Entry]) -> frozenset[int]:
    """Numbers of the entries that later entries took back; an undo that was itself taken back counts no more."""
    gone: set[int] = set()
    for entry in sorted(entries, key=lambda e: -e.seq):
        if entry.seq not in gone:
            gone.update(entry.decision.undoes)
    return frozenset(gone)


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that still hold: neither undone nor themselves an undoing."""
    listed = list(entries)
    gone = undone(listed)
    return [e for e in listed if e.seq not in gone and e.decision.action not in BACK]


def accepted(entries: Iterable[Entry]) -> frozenset[Coding]:
    """The codings that began as a suggestion which a human saw and accepted, and that still hold."""
    held = (e.decision for e in standing(entries) if e.decision.action == "accept" and not e.decision.hidden)
    return frozenset(coding for decision in held for coding in decision.effects.added)


def reverse(entries: Sequence[Entry], coder: str, request: str = "", action: str = "undo") -> Decision:
    """The decision that takes back entries, the latest first; of an undo it is the redo."""
    effects = [e.decision.effects.reverse for e in reversed(entries)]
    first = entries[0].decision
    return replace(
        Decision(action, coder, first.document, first.segment, first.start, first.end, request=request),
        undoes=tuple(e.seq for e in entries),
        effects=Effects(
            added=tuple(c for e in effects for c in e.added),
            removed=tuple(c for e in effects for c in e.removed),
            read=tuple(r for e in effects for r in e.read),
            unread=tuple(r for e in effects for r in e.unread),
            book=next((e.book for e in effects if e.book), None),
            words=next((e.words for e in effects if e.words), None),
            doubted=tuple(d for e in effects for d in e.doubted),
            cleared=tuple(d for e in effects for d in e.cleared),
        ),
    )


def of_coding(entries: Iterable[Entry], coding: Coding) -> list[Entry]:
    """How a coding was made: every entry that added or removed it, or the span it was moved from."""
    listed, wanted, found = list(entries), {_place(coding)}, []
    for entry in reversed(listed):
        effects = entry.decision.effects
        touched = {_place(c) for c in (*effects.added, *effects.removed)}
        if touched & wanted:
            alike = {p for p in touched if any(p[3:] == w[3:] for w in wanted)} if effects.words else touched
            wanted |= alike if entry.decision.action in ("move", "codebook", "correct", *BACK) else set()
            found.append(entry)
        if effects.words:  # before it, the coding stood at another place
            wanted |= {
                (d, *was, *rest)
                for d, a, b, *rest in wanted
                if d == effects.words.document and (was := effects.words.reverse.place(a, b))
            }
    return found[::-1]


def _place(coding: Coding) -> tuple[Any, ...]:
    return coding.document, coding.start, coding.end, coding.code, coding.coder


COLUMNS = (
    "seq",
    "at",
    "coder",
    "action",
    "document",
    "segment",
    "start",
    "end",
    "code",
    "suggested",
    "probability",
    "band",
    "hidden",
    "blind",
    "seconds",
    "note",
    "undoes",
    "batch",
    "undone",
    "model",
    "codebook",
    "sha256",
)
"""The columns of an exported trail."""


def row(entry: Entry, gone: frozenset[int]) -> tuple[object, ...]:
    """The cells of an entry in the order of `COLUMNS`; flags are 1 or 0."""
    said = asdict(entry.decision)
    said |= {"seq": entry.seq, "at": entry.at, "sha256": entry.sha256, "undone": entry.seq in gone}
    said["undoes"] = " ".join(map(str, entry.decision.undoes))
    cells = (said[column] for column in COLUMNS)
    return tuple(int(c) if isinstance(c, bool) else "" if c is None else c for c in cells)
