"""The one map of places: where what stood in an old text stands in a new one.

Three kinds of knowledge, one answer. `Moves`: the stretches that were replaced are known. `Anchors`: only
both texts are known, and words that are the same in both hold the rest. `Stretches`: which stretch came
from which is known (units put in another order, a text with its spaces evened). All of them work in
near-linear time in the length of the texts, and in logarithmic time for a place.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from itertools import accumulate, pairwise

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_SPACES = re.compile(r"[^\S ]\s*| \s+")
_HALF = 0.5  # of the letters of a coding must be left
_NEW = 80  # characters: a longer stretch without a counterpart was not read
_SMALL = 10_000  # pairs of tokens that difflib, quadratic at best, is asked to compare
_DEEPEST = 40  # landmarks within landmarks; real texts need about five


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Characters `start` to `end` of a document become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Moves:
    """From places in a text to places in the text with some stretches replaced.

    Attributes:
        replaced: Start, end and new length of each stretch, in order; they must not overlap.
    """

    replaced: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, edits: Iterable[Edit]) -> Moves:
        """The map that edits make, given in any order."""
        return cls(tuple((e.start, e.end, len(e.text)) for e in sorted(edits)))

    def place(self, at: int, opening: bool, past: bool) -> int:
        """Where a place is now.

        Args:
            at: Offset in the old text.
            opening: The place is where a span starts: inside replaced words it moves to where the new
                ones begin. Else it is an end, and moves to where they end.
            past: Words put in exactly here come before the place.
        """
        n = bisect_left(self._ends, at)
        if past:
            n = bisect_right(self._ends, at)
        elif n < len(self.replaced) and self.replaced[n][0] < at == self.replaced[n][1]:
            n += 1
        shift = self._shifts[n]
        if n < len(self.replaced) and self.replaced[n][0] < at:
            start, _, length = self.replaced[n]
            return start + shift + (0 if opening else length)
        return at + shift

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a span is now: words put in at its edges stay outside, for nobody coded them."""
        first = self.place(start, opening=True, past=True)
        return first, max(first, self.place(end, opening=False, past=False))

    def untouched(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a span is now; None where one of its edges lies within replaced words or touches them."""
        for at in (start, end):
            n = bisect_left(self._ends, at)
            if n < len(self.replaced) and self.replaced[n][0] <= at:
                return None
        return self.span(start, end)

    @cached_property
    def _ends(self) -> list[int]:
        return [end for _, end, _ in self.replaced]

    @cached_property
    def _shifts(self) -> list[int]:
        """By how much everything behind so many replaced stretches moves."""
        return [0, *accumulate(length - (end - start) for start, end, length in self.replaced)]


def apply_to_text(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made, given in any order; they must not overlap."""
    parts, at = [], 0
    for e in sorted(edits):
        parts += [text[at : e.start], e.text]
        at = e.end
    return "".join([*parts, text[at:]])


def edits_between(old: str, new: str, start: int = 0) -> list[Edit]:
    """The edits that make `new` of `old`, word by word; `start` is where `old` begins in its document."""
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    at = list(accumulate(map(len, a), initial=start))
    return [Edit(at[i], at[j], "".join(b[k:m])) for i, j, k, m in _gaps(shared_runs(a, b), len(a), len(b))]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the old text and the stretch of the new one that it is."""

    start: int
    end: int
    new_start: int
    new_end: int


@dataclass(frozen=True)
class Stretches:
    """Pieces in the order of the old text; they do not overlap there."""

    pieces: tuple[Piece, ...]

    def inside(self, start: int, end: int) -> list[Piece]:
        """The pieces within a span, cut to it."""
        first, last = bisect_right(self._starts, start) - 1, bisect_left(self._starts, end)
        return [cut for p in self.pieces[max(0, first) : last] if (cut := _cut(p, start, end)).start < cut.end]

    def before(self, at: int) -> Piece:
        """The last piece that begins at a place or before it."""
        number = bisect_right(self._starts, at) - 1
        return self.pieces[number] if number >= 0 else Piece(0, 0, 0, 0)

    @cached_property
    def _starts(self) -> list[int]:
        return [p.start for p in self.pieces]


def _cut(piece: Piece, start: int, end: int) -> Piece:
    if start <= piece.start and piece.end <= end:
        return piece
    a, b = max(piece.start, start), min(piece.end, end)
    shift = piece.new_start - piece.start
    return Piece(a, b, min(a + shift, piece.new_end), min(b + shift, piece.new_end))


@dataclass(frozen=True)
class Evened:
    """A text with what is odd in it put otherwise, and the way back to the text as it is.

    Attributes:
        text: The evened text.
        back: From it to the text as it is.
    """

    text: str
    back: Stretches

    @classmethod
    def of(cls, text: str, odd: re.Pattern[str], instead: Callable[[str], str]) -> Evened:
        """Put `instead(match)` for every match of `odd`."""
        parts: list[str] = []
        pieces: list[Piece] = []
        at = length = 0
        for m in odd.finditer(text):
            for start, end, put in ((at, m.start(), text[at : m.start()]), (m.start(), m.end(), instead(m[0]))):
                if put:
                    parts.append(put)
                    pieces.append(Piece(length, length + len(put), start, end))
                    length += len(put)
            at = m.end()
        pieces.append(Piece(length, length + len(text) - at, at, len(text)))
        return cls("".join([*parts, text[at:]]), Stretches(tuple(pieces)))

    def places(self, words: str, overlapping: bool, most: int) -> list[tuple[int, int]]:
        """Where evened words stand in the text as it is, the first so many places."""
        found: list[tuple[int, int]] = []
        at = self.text.find(words) if words else -1
        while at >= 0 and len(found) < most:
            found.append((self._origin(at)[0], self._origin(at + len(words) - 1)[1]))
            at = self.text.find(words, at + (1 if overlapping else len(words)))
        return found

    def _origin(self, at: int) -> tuple[int, int]:
        """The characters that one character of the evened text came from."""
        p = self.back.before(at)
        if p.end - p.start != p.new_end - p.new_start:
            return p.new_start, p.new_end
        return p.new_start + at - p.start, p.new_start + at - p.start + 1


@dataclass(frozen=True)
class Anchors:
    """From places in an old text to places in a new one, by the words that both hold.

    A span goes where its words are, letter for letter; else where at least half of them are left,
    between words that are the same in both texts; else nowhere.

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
        inside = self._shared.inside(start, end)
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
        edges = [
            Piece(start, start, *self._edge(start)),
            *self._shared.inside(start, end),
            Piece(end, end, *self._edge(end)),
        ]
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
        piece = self._shared.before(at)
        new = min(piece.new_start + at - piece.start, piece.new_end)
        return new, new

    def _elsewhere(self, start: int, end: int) -> tuple[int, int] | None:
        """The words of a span, letter for letter, where both texts hold them equally often."""
        words = " ".join(self.old[start:end].split())
        after = self._places(words, True)
        before = self._places(words, False) if after else []
        number = bisect_left(before, (start,))
        if len(before) != len(after) or number == len(before) or before[number][0] >= end:
            return None
        return after[number]

    def _places(self, words: str, new: bool) -> list[tuple[int, int]]:
        """Where words stand in a text, whatever spaces part them."""
        if (words, new) not in self._found:
            text = self._evened[new]
            self._found[words, new] = text.places(words, overlapping=False, most=len(text.text))
        return self._found[words, new]

    @cached_property
    def _evened(self) -> tuple[Evened, Evened]:
        old, new = (Evened.of(text, _SPACES, lambda _: " ") for text in (self.old, self.new))
        return old, new

    @cached_property
    def _shared(self) -> Stretches:
        return Stretches(tuple(_same(self.old, self.new)))


def _letters(text: str) -> int:
    return len("".join(text.split()))


def _same(old: str, new: str) -> Iterator[Piece]:
    """What is the same in both texts: whole lines first, words within the lines that differ."""
    a, b = old.splitlines(keepends=True), new.splitlines(keepends=True)
    at, to = [0, *accumulate(map(len, a))], [0, *accumulate(map(len, b))]
    runs = shared_runs(a, b)
    found = [Piece(at[i], at[i + n], to[k], to[k + n]) for i, k, n in runs]
    for i, j, k, m in _gaps(runs, len(a), len(b)):
        pairs = list(zip(pairwise(at[i : j + 1]), pairwise(to[k : m + 1]), strict=False)) if j - i == m - k else []
        words = [p for there, here in pairs for p in _same_words(old, new, there, here)]
        if 2 * sum(p.end - p.start for p in words) < at[j] - at[i]:  # the lines are not each other's versions
            words = list(_same_words(old, new, (at[i], at[j]), (to[k], to[m])))
        found += words
    return iter(sorted(found, key=lambda p: p.start))


def _same_words(old: str, new: str, there: tuple[int, int], here: tuple[int, int]) -> Iterator[Piece]:
    """The words that a stretch of the old text and one of the new text share, in order, spaces aside."""
    a, b = _TOKEN.findall(old[slice(*there)]), _TOKEN.findall(new[slice(*here)])
    at, to = list(accumulate(map(len, a), initial=there[0])), list(accumulate(map(len, b), initial=here[0]))
    for i, k, size in shared_runs([" " if t.isspace() else t for t in a], [" " if t.isspace() else t for t in b]):
        for n in range(size):
            yield Piece(at[i + n], at[i + n + 1], to[k + n], to[k + n + 1])


_Run = tuple[int, int, int]


def shared_runs(a: Sequence[str], b: Sequence[str]) -> list[_Run]:
    """Runs that two sequences share, in the order of both: place in `a`, place in `b`, length.

    Long stretches are parted at what both hold once (the patience diff of Bram Cohen), or most
    rarely; short ones are left to Python's difflib.
    """
    found: list[_Run] = []
    stack = [(0, len(a), 0, len(b), 0)]
    while stack:
        i, j, k, m, depth = stack.pop()
        n = next((n for n in range(min(j - i, m - k)) if a[i + n] != b[k + n]), min(j - i, m - k))
        found += [(i, k, n)] if n else []
        i, k = i + n, k + n
        n = next((n for n in range(min(j - i, m - k)) if a[j - 1 - n] != b[m - 1 - n]), min(j - i, m - k))
        j, m = j - n, m - n
        found += [(j, m, n)] if n else []
        if (j - i) * (m - k) <= _SMALL:
            blocks = SequenceMatcher(None, a[i:j], b[k:m], autojunk=False).get_matching_blocks() if i < j and k < m else []
            found += [(i + x, k + y, size) for x, y, size in blocks if size]
        elif depth < _DEEPEST:
            marks = [(i + x, k + y) for x, y in _landmarks(a[i:j], b[k:m])]
            found += [(x, y, 1) for x, y in marks]
            edges = [(i - 1, k - 1), *marks, (j, m)] if marks else []
            stack += [(x + 1, z, y + 1, w, depth + 1) for (x, y), (z, w) in pairwise(edges) if x + 1 < z and y + 1 < w]
    joined: list[_Run] = []
    for i, k, n in sorted(found):
        if joined and (joined[-1][0] + joined[-1][2], joined[-1][1] + joined[-1][2]) == (i, k):
            joined[-1] = (*joined[-1][:2], joined[-1][2] + n)
        else:
            joined.append((i, k, n))
    return joined


def _landmarks(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Places of tokens that belong together, rising in both: the rarest ones, the n-th with the n-th."""
    mine, theirs = Counter(a), Counter(b)
    shared = mine.keys() & theirs.keys()
    if not shared:
        return []
    even = {t: n for t, n in mine.items() if n == theirs.get(t)} or {t: max(mine[t], theirs[t]) for t in shared}
    rarest = min(even.values())
    places: dict[str, list[int]] = {}
    for y, token in enumerate(b):
        if even.get(token) == rarest:
            places.setdefault(token, []).append(y)
    turn: Counter[str] = Counter()
    pairs = []
    for x, token in enumerate(a):
        if turn[token] < len(places.get(token, ())):
            pairs.append((x, places[token][turn[token]]))
            turn[token] += 1
    return _rising(pairs)


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs, given in the order of their first place, in which the second rises too."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for n, (_, y) in enumerate(pairs):
        at = bisect_left(tops, y)
        before.append(ends[at - 1] if at else -1)
        tops[at : at + 1], ends[at : at + 1] = [y], [n]
    run, n = [], ends[-1] if ends else -1
    while n >= 0:
        run.append(pairs[n])
        n = before[n]
    return run[::-1]


def _gaps(runs: Iterable[_Run], a: int, b: int) -> Iterator[tuple[int, int, int, int]]:
    """What lies between shared runs, where anything does: start and end in both sequences."""
    i = k = 0
    for x, y, n in (*runs, (a, b, 0)):
        if i < x or k < y:
            yield i, x, k, y
        i, k = x + n, y + n
