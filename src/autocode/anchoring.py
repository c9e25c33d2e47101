"""A document's words change: what stands over them moves along, and what is lost is listed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeVar

from autocode.study import Coding, Document, Reading, Segment, Study, Turn

_Span = TypeVar("_Span", Coding, Reading, Segment, Turn)
_PIECE = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Characters `start` to `end` of a document become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Anchored:
    """A study after an edit.

    Attributes:
        moved: Codings as they are now, where the words under them changed.
        lost: Codings whose words are all gone; they are no longer in the study.
    """

    study: Study
    moved: tuple[Coding, ...]
    lost: tuple[Coding, ...]


def edits_between(old: str, new: str, start: int = 0) -> list[Edit]:
    """The edits that make `new` of `old`, word by word; `start` is where `old` begins in its document."""
    a, b = _PIECE.findall(old), _PIECE.findall(new)
    at = [0, *accumulate(map(len, a))]
    return [
        Edit(start + at[i1], start + at[i2], "".join(b[j1:j2]))
        for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
        if kind != "equal"
    ]


def apply_edits(study: Study, document: str, edits: Iterable[Edit]) -> Anchored:
    """Change a document's text and move turns, units, codings and readings along.

    A span's start inside replaced words moves to where the new words begin, its end to where they
    end. A coding left without a character that is no space is lost.

    Args:
        document: Id of the document.
        edits: In any order; they must not overlap.
    """
    made = sorted(edits)
    old = study.by_id[document]
    move = _Move(made)
    text = move.text(old.text)
    new = replace(
        old, text=text, turns=tuple(move.span(t) for t in old.turns), segments=tuple(move.span(s) for s in old.segments))
    codings, moved, lost = [], [], []
    for c in study.codings:
        if c.document != document:
            codings.append(c)
            continue
        here = move.span(c)
        if not text[here.start : here.end].strip():
            lost.append(c)
            continue
        codings.append(here)
        if old.text[c.start : c.end] != text[here.start : here.end]:
            moved.append(here)
    readings = tuple(move.span(r) if r.document == document else r for r in study.readings)
    documents = tuple(new if d.id == document else d for d in study.documents)
    changed = replace(study, documents=documents, codings=tuple(codings), readings=readings)
    return Anchored(changed, tuple(moved), tuple(lost))


@dataclass(frozen=True, slots=True)
class _Move:
    """From places in a text to places in the text with the edits made."""

    edits: Sequence[Edit]

    def text(self, old: str) -> str:
        parts, at = [], 0
        for e in self.edits:
            parts += [old[at : e.start], e.text]
            at = e.end
        return "".join([*parts, old[at:]])

    def span(self, span: _Span) -> _Span:
        start = self._place(span.start, opening=True)
        return replace(span, start=start, end=max(start, self._place(span.end, opening=False)))

    def _place(self, at: int, opening: bool) -> int:
        """Where a place is now: text put in exactly at a span's start or end stays outside the span."""
        shift = 0
        for e in self.edits:
            if e.end < at or (e.end == at and (e.start < at or opening)):
                shift += len(e.text) - (e.end - e.start)
            elif e.start < at:
                return e.start + shift + (0 if opening else len(e.text))
            else:
                break
        return at + shift
