"""A document's words change: what stands over them moves along, and what is lost is listed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeVar

from autocode.study import Coding, Doubt, Reading, Segment, Study, Turn

_Span = TypeVar("_Span", Coding, Doubt, Reading, Segment, Turn)
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
    end. A coding left without a character that is no space is lost; a doubt goes where its words
    change.

    Args:
        document: Id of the document.
        edits: In any order; they must not overlap.
    """
    made = sorted(edits)
    old = study.by_id[document]
    move, around = _Move(old.text, made), _Move(old.text, made, wide=True)
    text = move.made()
    new = replace(
        old, text=text, turns=tuple(around.span(t) for t in old.turns),
        segments=tuple(around.span(s) for s in old.segments),
        doubts=tuple(move.span(d) for d in old.doubts if not any(_touches(e, d) for e in made)))  # fmt: skip
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
    readings = tuple(around.span(r) if r.document == document else r for r in study.readings)
    documents = tuple(new if d.id == document else d for d in study.documents)
    changed = replace(study, documents=documents, codings=tuple(codings), readings=readings)
    return Anchored(changed, tuple(moved), tuple(lost))


def _touches(edit: Edit, doubt: Doubt) -> bool:
    """Whether an edit changes doubtful words: then somebody has heard them."""
    return edit.start < doubt.end and doubt.start < max(edit.end, edit.start + 1)


@dataclass(frozen=True, slots=True)
class _Move:
    """From places in a text to places in the text with the edits made.

    Words put in exactly at the edge of a span stay outside it, for nobody coded them; where it is
    `wide` (a turn, a unit, what was read) they belong to it.
    """

    old: str
    edits: Sequence[Edit]
    wide: bool = False

    def made(self) -> str:
        parts, at = [], 0
        for e in self.edits:
            parts += [self.old[at : e.start], e.text]
            at = e.end
        return "".join([*parts, self.old[at:]])

    def span(self, span: _Span) -> _Span:
        start = self._place(span.start, opening=True)
        return replace(span, start=start, end=max(start, self._place(span.end, opening=False)))

    def _place(self, at: int, opening: bool) -> int:
        shift = 0
        for e in self.edits:
            if e.end < at or (e.end == at and (e.start < at or self._before(at, opening))):
                shift += len(e.text) - (e.end - e.start)
            elif e.start < at:
                return e.start + shift + (0 if opening else len(e.text))
            else:
                break
        return at + shift

    def _before(self, at: int, opening: bool) -> bool:
        """Whether words put in at an edge come before it: outside a start, inside an end."""
        if not self.wide:
            return opening
        return not opening or (at > 0 and not self.old[at - 1].isspace())
