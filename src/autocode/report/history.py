"""Earlier versions of the codebook: what imports and review recorded, put back together in order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from autocode.audit import Entry
from autocode.codebook import Codebook
from autocode.report.blocks import Block, Cell, Table, Title, Words
from autocode.report.findings import Trail
from autocode.store import ReceiptRow

_SECONDS = 19  # characters of an ISO time down to the second: imports and decisions are dated alike
_NAMED = 4  # codes named in a cell; the sheet of states has them all
_NEW = re.compile(r"[\d,]+ new codes: ")  # how a receipt begins that tells of codes an import added


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the codebook, and what made it.

    Attributes:
        at: When, ISO 8601 to the second; "" where that is not on record.
        who: The coder, or the file it was imported from.
        change: What was done, in words.
        book: The codebook after it; None where the record does not hold that state.
        moved: Codings that went to another code with it.
    """

    at: str
    who: str
    change: str
    book: Codebook | None = None
    moved: int = 0


def versions(current: Codebook, trail: Trail) -> list[Version]:
    """The versions of a codebook, the first one first; the last one is the codebook as it is.

    A step of review holds the codebook before and after it, so these states are exact. An import
    holds only how many codes it read: its state is known where a step follows it, or nothing does.
    """
    made: list[Version] = []
    for _, event in sorted(_events(trail), key=lambda pair: pair[0]):
        if isinstance(event, Version):
            made.append(event)
            continue
        before, after = event.decision.effects.book or (current, current)
        made = [*_known(made, before), _step(event, after)]
    return _known(made, current)


def _events(trail: Trail) -> Iterator[tuple[tuple[str, int, int], Version | Entry]]:
    """Imports that touched the codebook and steps of review, each with what it is sorted by."""
    for i, (at, rows) in enumerate(groupby(trail.imports, key=lambda row: row.at[:_SECONDS])):
        told = {row.source: said for row in rows if (said := _told(row))}
        if told:
            yield (at, 0, i), Version(at, f"import of {', '.join(told)}", "; ".join(told.values()))
    for entry in trail.steps:
        yield (entry.at[:_SECONDS], 1, entry.seq), entry


def _told(row: ReceiptRow) -> str:
    """What a receipt says of codes; "" where it is about something else."""
    notes = [n for n in row.notes if _NEW.match(n)]
    if row.what == "codes":
        notes = [f"{row.kept} codes read", *notes]
    return "; ".join(notes)


def _step(entry: Entry, after: Codebook) -> Version:
    decision = entry.decision
    undone = "undo of entry " + ", ".join(map(str, decision.undoes))
    return Version(entry.at[:_SECONDS], decision.coder, undone if decision.action == "undo" else decision.note, after,
                   len(decision.effects.removed))  # fmt: skip


def _known(made: list[Version], now: Codebook) -> list[Version]:
    """The versions so far, with the state that the record shows to follow them."""
    if made and made[-1].book is None:
        last = made[-1]
        return [*made[:-1], Version(last.at, last.who, last.change, now, last.moved)]
    if made and made[-1].book and made[-1].book.sha256 == now.sha256:
        return made
    return [*made, Version("", "not on record", "as it stood before anything was recorded" if not made else
                           "changed by other means than review", now)]  # fmt: skip


def blocks(current: Codebook, trail: Trail) -> list[Block]:
    """The table of versions, and the sheet with every state that is known."""
    made = versions(current, trail)
    used = Counter(e.decision.codebook for e in trail.written if e.decision.codebook)
    rows: list[tuple[Cell, ...]] = []
    known: Codebook | None = None
    for number, version in enumerate(made, 1):
        book = version.book
        rows.append((
            number, version.at[:16].replace("T", " "), version.who, version.change.replace(" > ", " › "),
            difference(known, book) if book else "this state is not on record", len(book) if book else None,
            version.moved, used[book.sha256] if book else None, book.sha256[:8] if book else ""))  # fmt: skip
        known = book or known
    header = ("No.", "When", "Who", "What was done", "Difference", "Codes and themes", "Codings moved",
              "Decisions under it", "Hash")  # fmt: skip
    table = Table(
        "Codebook versions", "Versions of the codebook", header, tuple(rows), "nttttnnnt",
        "Times are UTC. Decisions under it: decisions in review that were made while this version stood. "
        "Every state that is on record stands in full on the sheet “Codebook states”.")  # fmt: skip
    return [Title("Versions of the codebook"), Words(_said(made)), table, _states(made)]


def _said(made: Sequence[Version]) -> str:
    moved, missing = sum(v.moved for v in made), sum(v.book is None for v in made)
    lost = f" {missing} of them cannot be put together again from the record." if missing else ""
    one = "The record holds one version." if len(made) == 1 else f"The record holds {len(made)} versions."
    return f"{one}{lost} {moved:,} codings went to another code with a change of the codebook."


def difference(old: Codebook | None, new: Codebook) -> str:
    """What tells two versions apart: codes added, gone, reworded; "first version" without an older one."""
    if old is None:
        return "first version on record"
    mine, theirs = old.by_path, new.by_path
    parts = (
        ("added", [c for c in theirs if c not in mine]),
        ("gone", [c for c in mine if c not in theirs]),
        ("reworded", [c for c in theirs if c in mine and _rules(old, c) != _rules(new, c)]),
    )
    told = [f"{word} {_listed(paths)}" for word, paths in parts if paths]
    return "; ".join(told) or "none"


def _rules(book: Codebook, path: str) -> tuple[str, ...]:
    code = book.by_path[path]
    return code.definition, code.include, code.exclude, code.example


def _listed(paths: Sequence[str]) -> str:
    named = ", ".join(p.rpartition(" > ")[2] for p in paths[:_NAMED])
    return named + (f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else "")


def _states(made: Sequence[Version]) -> Table:
    rows = tuple(
        (number, c.path, c.definition, c.include, c.exclude, c.example)
        for number, version in enumerate(made, 1)
        for c in version.book or ()
    )
    header = ("Version", "Code", "Definition", "Include", "Exclude", "Example")
    return Table("Codebook states", "The codebook at each version on record", header, rows, "nttttt", sheet_only=True)
