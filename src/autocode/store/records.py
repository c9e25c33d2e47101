"""Receipts kept with a study: what each import took over, skipped and set aside.

They are only ever added to, unless a participant withdraws or gets a pseudonym. A receipt holds
names, counts and reasons and no word of a transcript; a coding that lost its place is kept with it
in full, as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import PurePath
from typing import Any

from autocode.study import Coding

TABLE = "receipt"
COLUMNS = "at TEXT, source TEXT, what TEXT, kept INT, skipped TEXT, notes TEXT, aside TEXT"


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One receipt.

    Attributes:
        at: When, ISO 8601, as the caller says.
        source: Name of the file or document.
        what: What is counted.
        kept: How many were taken over.
        skipped: How many were not, by reason.
        notes: What a careful reader wants to know.
        aside: Codings that have no place any more, as they were.
    """

    at: str
    source: str
    what: str
    kept: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    aside: tuple[Coding, ...] = ()


def without_documents(entry: ReceiptRow, documents: Iterable[str]) -> ReceiptRow | None:
    """A receipt without what it says of some documents; None where it is about one of them alone.

    Args:
        entry: The receipt.
        documents: Their ids and the names of their files.
    """
    names = set(documents)
    if {entry.source, PurePath(entry.source).stem} & names:
        return None
    named = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names)) or "(?!)")
    return replace(
        entry,
        notes=tuple(n for n in entry.notes if not named.search(n)),
        aside=tuple(c for c in entry.aside if c.document not in names),
    )


def with_words(entry: ReceiptRow, said: Callable[[str], str]) -> ReceiptRow:
    """A receipt with every text in it, memos of codings set aside too, put through `said`."""
    return replace(
        entry,
        source=said(entry.source),
        notes=tuple(map(said, entry.notes)),
        aside=tuple(replace(c, memo=said(c.memo)) for c in entry.aside),
    )


def row_of(entry: ReceiptRow) -> tuple[Any, ...]:
    """An entry as the cells of its row."""
    aside = [[getattr(c, f.name) for f in fields(Coding)] for c in entry.aside]
    texts = (json.dumps(v, ensure_ascii=False) for v in (dict(entry.skipped), entry.notes, aside))
    return (entry.at, entry.source, entry.what, entry.kept, *texts)


def entries_of(rows: Iterable[tuple[Any, ...]]) -> tuple[ReceiptRow, ...]:
    """The entries in rows, in their order."""
    return tuple(
        ReceiptRow(
            at,
            source,
            what,
            kept,
            json.loads(skipped),
            tuple(json.loads(notes)),
            tuple(Coding(*cells) for cells in json.loads(aside)),
        )
        for at, source, what, kept, skipped, notes, aside in rows
    )
