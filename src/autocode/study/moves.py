"""A text that has changed: where what stood over the old one stands in the new one.

A coding goes where its words are, letter for letter; else where at least half of them are left,
between words that are the same in both texts (Python's difflib, by lines and then by words); else
nowhere, and it is named. A coder has read what has a counterpart in the old text, not what is new.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TypeVar

from autocode.study import Coding, Document, Doubt, Reading, Segment, Study, Turn, join_readings

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
        old,
        text=text,
        turns=tuple(around.span(t) for t in old.turns),
        segments=tuple(around.span(s) for s in old.segments),
        doubts=tuple(move.span(d) for d in old.doubts if not any(_touches(e, d) for e in made)),
    )
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


_HALF = 0.5  # of the letters of a coding must be left
_NEW = 80  # characters: a longer stretch without a counterpart was not read
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Reanchored:
    """What became of the codings on a text that changed.

    Attributes:
        document: Id of the document.
        kept: Codings whose words are in the new text as they were.
        changed: Codings that now cover words partly new.
        lost: Codings without a place in the new text, with their places in the old one.
    """

    document: str
    kept: int = 0
    changed: int = 0
    lost: tuple[Coding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch that is the same in both texts, spaces aside."""

    start: int
    end: int
    new_start: int
    new_end: int


@dataclass(frozen=True)
class Anchors:
    """From places in an old text to places in a new one.

    Attributes:
        old: The text as it was.
        new: The text as it is.
        parts: The old text is excerpts: what covers all of it does not mean the whole document.
    """

    old: str
    new: str
    parts: bool = False
    _found: dict[tuple[str, bool], list[tuple[int, int]]] = field(default_factory=dict, repr=False, compare=False)

    def place(self, start: int, end: int) -> tuple[int, int, bool] | None:
        """Where a span of the old text is in the new one, and whether with the same words; None for nowhere.

        The whole of the old text is the whole of the new one, if it was no excerpts.
        """
        if not self.parts and (start, end) == (0, len(self.old)):
            return 0, len(self.new), True
        if not self.old[start:end].strip():
            return None
        inside = self._inside(start, end)
        around = (inside[0].new_start, inside[-1].new_end) if inside else (0, 0)
        if inside and self.new[around[0] : around[1]].split() == self.old[start:end].split():
            return (*around, True)
        if exact := self._elsewhere(start, end):
            return (*exact, True)
        left = sum(_letters(self.old[p.start : p.end]) for p in inside)
        room = 2 * (end - start) + _NEW
        if left and left >= _HALF * _letters(self.old[start:end]) and around[1] - around[0] <= room:
            return (*around, False)
        return None

    def seen(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches of the new text that somebody has read who read a span of the old one."""
        edges = [_Piece(start, start, *self._edge(start)), *self._inside(start, end), _Piece(end, end, *self._edge(end))]
        first = edges[0].new_start
        for before, after in pairwise(edges):
            gap = after.new_start - before.new_end
            if gap > max(_NEW, 2 * (after.start - before.end)):
                if before.new_end > first:
                    yield first, before.new_end
                first = after.new_start
        if edges[-1].new_end > first:
            yield first, edges[-1].new_end

    def _edge(self, at: int) -> tuple[int, int]:
        """Where the beginning, the end or a place between two pieces is in the new text."""
        if at in (0, len(self.old)):
            new = len(self.new) if at else 0
            return new, new
        number = bisect_right(self._starts, at) - 1
        piece = self._pieces[number] if number >= 0 else _Piece(0, 0, 0, 0)
        new = min(piece.new_start + at - piece.start, piece.new_end)
        return new, new

    def _elsewhere(self, start: int, end: int) -> tuple[int, int] | None:
        """The words of a span, letter for letter, where both texts hold them equally often."""
        words = " ".join(self.old[start:end].split())
        before, after = self._places(words, False), self._places(words, True)
        number = bisect_left([at for at, _ in before], start)
        if len(before) != len(after) or number == len(before) or before[number][0] >= end:
            return None
        return after[number]

    def _places(self, words: str, new: bool) -> list[tuple[int, int]]:
        """Where words stand in a text, whatever spaces part them."""
        if (words, new) not in self._found:
            pattern = r"\s+".join(map(re.escape, words.split()))
            found = [m.span() for m in re.finditer(pattern, self.new if new else self.old)] if pattern else []
            self._found[words, new] = found
        return self._found[words, new]

    def _inside(self, start: int, end: int) -> list[_Piece]:
        """The pieces within a span, cut to it."""
        first, last = bisect_right(self._starts, start) - 1, bisect_left(self._starts, end)
        return [cut for p in self._pieces[max(0, first) : last] if (cut := _cut(p, start, end)).start < cut.end]

    @cached_property
    def _starts(self) -> list[int]:
        return [p.start for p in self._pieces]

    @cached_property
    def _pieces(self) -> list[_Piece]:
        return list(_same(self.old, self.new))


def _cut(piece: _Piece, start: int, end: int) -> _Piece:
    if start <= piece.start and piece.end <= end:
        return piece
    a, b = max(piece.start, start), min(piece.end, end)
    shift = piece.new_start - piece.start
    return _Piece(a, b, min(a + shift, piece.new_end), min(b + shift, piece.new_end))


def _letters(text: str) -> int:
    return len("".join(text.split()))


def _same(old: str, new: str) -> Iterator[_Piece]:
    """What is the same in both texts: whole lines first, words within the lines that differ."""
    a, b = old.splitlines(keepends=True), new.splitlines(keepends=True)
    at, to = _ends(a), _ends(b)
    for kind, i, j, k, m in SequenceMatcher(None, a, b).get_opcodes():
        if kind == "equal":
            yield _Piece(at[i], at[j], to[k], to[m])
        elif kind == "replace":
            pairs = list(zip(pairwise(at[i : j + 1]), pairwise(to[k : m + 1]), strict=False)) if j - i == m - k else []
            found = [p for (s, e), (f, t) in pairs for p in _same_words(old, new, (s, e), (f, t))]
            if 2 * sum(p.end - p.start for p in found) < at[j] - at[i]:  # the lines are not each other's versions
                found = list(_same_words(old, new, (at[i], at[j]), (to[k], to[m])))
            yield from found


def _same_words(old: str, new: str, there: tuple[int, int], here: tuple[int, int]) -> Iterator[_Piece]:
    """The words that a stretch of the old text and one of the new text share, in order."""
    for p in _aligned(old[slice(*there)], new[slice(*here)]):
        yield _Piece(p.start + there[0], p.end + there[0], p.new_start + here[0], p.new_end + here[0])


def _aligned(old: str, new: str) -> Iterator[_Piece]:
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    at, to = _ends(a), _ends(b)
    for i, k, size in SequenceMatcher(None, _even(a), _even(b)).get_matching_blocks():
        for n in range(size):
            yield _Piece(at[i + n], at[i + n + 1], to[k + n], to[k + n + 1])


def _even(tokens: Sequence[str]) -> list[str]:
    return [" " if token.isspace() else token for token in tokens]


def _ends(parts: Sequence[str]) -> list[int]:
    ends = [0]
    for part in parts:
        ends.append(ends[-1] + len(part))
    return ends


def reanchor(study: Study, documents: Mapping[str, Document], parts: bool = False) -> tuple[Study, tuple[Reanchored, ...]]:
    """Put documents into a study in place of those under their ids, and everything where it now stands.

    Args:
        study: Holds every one of `documents` with its old text.
        documents: By id, with their new texts, turns and segments.
        parts: The old texts are excerpts of the new ones.

    Returns:
        The study, its lost codings left out, and what became of the codings of each document.
    """
    anchors = {i: Anchors(study.by_id[i].text, d.text, parts) for i, d in documents.items()}
    told = {i: Reanchored(i) for i in documents}
    codings = []
    for c in study.codings:
        if c.document not in anchors:
            codings.append(c)
            continue
        was = told[c.document]
        found = anchors[c.document].place(c.start, c.end)
        if found is None:
            told[c.document] = replace(was, lost=(*was.lost, c))
            continue
        codings.append(replace(c, start=found[0], end=found[1]))
        told[c.document] = replace(was, kept=was.kept + found[2], changed=was.changed + (not found[2]))
    readings = [replace(r, start=a, end=b) for r in study.readings for a, b in _seen(r, study.by_id[r.document], anchors)]
    return replace(
        study,
        documents=tuple(documents.get(d.id, d) for d in study.documents),
        codings=tuple(dict.fromkeys(codings)),
        readings=join_readings(readings),
    ), tuple(told.values())


def _seen(reading: Reading, old: Document, anchors: Mapping[str, Anchors]) -> Iterator[tuple[int, int]]:
    """The spans that a reading is now; of excerpts, each by itself."""
    found = anchors.get(old.id)
    if found is None:
        yield reading.start, reading.end
    elif found.parts:
        parts = [s for s in old.segments if reading.start <= s.start < reading.end]
        yield from (place[:2] for s in parts if (place := found.place(s.start, s.end)))
    else:
        yield from found.seen(reading.start, reading.end)
