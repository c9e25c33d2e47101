"""Positions of other tools: which way of counting a project uses, fitted, never trusted.

NVivo counts UTF-16 units, QualCoder code points, Taguette bytes; a line end counts one or two; a
byte order mark counts or not. Every way of counting that differs on the texts at hand is tried,
and scored by how many selections then start and end on words and match the text they quote.

And of printed pages: what a page prints into a talk (heads, feet, numbers), and where places lie once it is left out.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate, islice, pairwise
from typing import Any

import numpy as np

from autocode.formats.files import BOM
from autocode.formats.transcripts import CLOCK, TIME, Style, ends_sentence, pattern, role_of_word, speaks_by_name

POINTS, UTF16, UTF8 = "code points", "UTF-16 units", "UTF-8 bytes"
STORED, ONE, TWO = "as stored", "one", "two"

_CHANCE = 4  # points that a few selections off words may give to a wrong way of counting
_ENOUGH = 0.05  # share of selections by which another view must fit better
_SURE = 0.5  # the same for an inclusive end, which no real file has shown yet
_QUOTED = 60  # characters of a cut-off quote that must agree


@dataclass(frozen=True, slots=True)
class View:
    """One way of counting.

    Attributes:
        unit: What is counted: `POINTS`, `UTF16` or `UTF8`.
        newline: What a line end of two characters counts: `STORED`, `ONE` or `TWO`.
        bom: Whether a byte order mark counts.
        inclusive: Whether the end names the last character rather than the one after it.
    """

    unit: str = POINTS
    newline: str = STORED
    bom: bool = False
    inclusive: bool = False

    def __str__(self) -> str:
        """In words, for a receipt."""
        ends = "" if self.newline == STORED else f", each line end counts {self.newline}"
        mark = ", the byte order mark counts" if self.bom else ""
        return f"{self.unit}{ends}{mark}, end {'inclusive' if self.inclusive else 'exclusive'}"


@dataclass(frozen=True)
class RawText:
    """A text as a tool stored it, and its canonical form.

    Attributes:
        raw: The decoded text, with its byte order mark and line ends.
        added: Offsets of newlines that the tool does not count: ends of blocks in its HTML.
    """

    raw: str
    added: tuple[int, ...] = ()

    @cached_property
    def text(self) -> str:
        """The canonical text: no byte order mark, newlines as ``\\n``, nothing else changed."""
        return self.raw.removeprefix(BOM).replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def _signs(self) -> Any:
        """The code points of the canonical text, one number each."""
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)

    @cached_property
    def _stored(self) -> Any:
        """How many characters each canonical character takes in the stored text: 2 for CRLF."""
        widths = np.ones(len(self._signs), dtype=np.int64)
        pairs = [m.end() - m.start() for m in re.finditer("\r\n|\r|\n", self.raw.removeprefix(BOM))]
        widths[self._signs == 10] = pairs
        return widths

    def starts(self, view: View) -> Any:
        """Where each canonical character begins in that way of counting; one more for the end."""
        widths = np.ones(len(self._signs), dtype=np.int64)
        if view.unit == UTF16:
            widths += self._signs > 0xFFFF
        elif view.unit == UTF8:
            widths += (self._signs > 0x7F).astype(np.int64) + (self._signs > 0x7FF) + (self._signs > 0xFFFF)
        ends = self._signs == 10
        widths[ends] = {STORED: self._stored[ends], ONE: 1, TWO: 2}[view.newline]
        widths[list(self.added)] = 0
        mark = (3 if view.unit == UTF8 else 1) if view.bom and self.raw.startswith(BOM) else 0
        return np.concatenate(([0], np.cumsum(widths))) + mark


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection as a tool wrote it: its positions and what it quotes, if anything."""

    start: int
    end: int
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A selection in canonical code points, half-open; `clipped` where it ran beyond the text."""

    start: int
    end: int
    clipped: bool = False


@dataclass(frozen=True)
class Counted:
    """A text counted one way: turns positions into spans."""

    source: RawText
    view: View

    @cached_property
    def _starts(self) -> Any:
        return self.source.starts(self.view)

    def span(self, selection: Selection) -> Span | None:
        """The span of a selection; None where it is empty, reversed or begins outside the text.

        A position inside a character (half of a surrogate pair) is rounded outwards; an end
        beyond the text is clipped.
        """
        starts, end = self._starts, selection.end + self.view.inclusive
        if not (0 <= selection.start < min(end, 2**62)) or selection.start >= starts[-1]:
            return None
        first = max(0, int(np.searchsorted(starts, selection.start, side="right")) - 1)
        last = int(np.searchsorted(starts, min(end, int(starts[-1])), side="left"))
        return Span(first, last, end > starts[-1]) if first < last else None

    def score(self, selections: Sequence[Selection]) -> int:
        """How well the selections fall on words and quotes, counted this way."""
        return sum(self._score(s) for s in selections)

    def _score(self, selection: Selection) -> int:
        span = self.span(selection)
        if span is None or span.clipped:
            return -3
        points = {None: 0, True: 5, False: -2}[quotes(self.source.text, span, selection.quote)]
        return points + starts_word(self.source.text, span.start) + ends_word(self.source.text, span.end)


def starts_word(text: str, at: int) -> bool:
    """Whether a span that starts at `at` begins with a word or sign, not inside a word."""
    return at < len(text) and not text[at].isspace() and (at == 0 or not (text[at - 1].isalnum() and text[at].isalnum()))


def ends_word(text: str, at: int) -> bool:
    """Whether a span that ends at `at` ends with a word, a sign or a whole line."""
    if at <= 0 or (text[at - 1].isspace() and text[at - 1] != "\n"):
        return False
    return at == len(text) or not (text[at - 1].isalnum() and text[at].isalnum())


def quotes(text: str, span: Span, quote: str) -> bool | None:
    """Whether a span holds the words that its selection quotes; None where it quotes none.

    A tool cuts long quotes, with an ellipsis or without; a name that a person gave (``line:6``,
    ``s1``) is of another length than the span and counts as no quote.
    """
    said, words = _squashed(quote), _squashed(text[span.start : span.end])
    cut = said.rstrip(".… ")
    if said and words == said:
        return True
    if len(cut) >= _QUOTED and len(cut) <= len(words):
        return words.startswith(cut[:_QUOTED])
    return False if said and abs(len(said) - len(words)) <= max(2, len(words) // 10) else None


def _squashed(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class Fit:
    """The way of counting chosen for a project, and why, for the receipt."""

    view: View
    why: str


def fit(texts: Sequence[tuple[RawText, Sequence[Selection]]], default: View) -> Fit:
    """Choose the way of counting for all texts of a project together.

    Args:
        texts: Each text with its selections.
        default: What the tool that wrote the project is known to do.

    Returns:
        `default`, unless another way fits clearly better.
    """
    marked = [(raw, plausible) for raw, found in texts if (plausible := [s for s in found if 0 <= s.start < s.end])]
    n = sum(len(selections) for _, selections in marked)
    if _proven(marked, default):
        return Fit(default, "every quoted text is there")
    scores = {v: sum(Counted(raw, v).score(s) for raw, s in marked) for v in _views([raw for raw, _ in marked], default)}
    if not scores:
        return Fit(default, "no selections")
    best = max(scores, key=lambda v: scores[v] - _needed(v, default, n))
    gain = scores[best] - scores[default]
    if best != default and gain > _needed(best, default, n):
        return Fit(best, f"fits better than {default} ({scores[best]} points against {scores[default]})")
    differing = sum(not view.inclusive for view in scores) > 1
    return Fit(default, "no other way of counting fits better" if differing else "all units of count agree here")


def _proven(marked: Sequence[tuple[RawText, Sequence[Selection]]], view: View) -> bool:
    """Whether the selections quote texts that differ by way of counting, and all are where `view` says."""
    said = []
    for raw, selections in marked:
        counted = Counted(raw, view)
        for s in selections:
            span = counted.span(s)
            said.append(quotes(raw.text, span, s.quote) if span else None)
    return any(said) and all(told is not False for told in said) and sum(map(bool, said)) >= len(said) / 2


def _needed(view: View, default: View, selections: int) -> float:
    """By how many points `view` must fit better to be taken for another one."""
    if view == default:
        return 0
    if view.inclusive != default.inclusive:
        return max(_CHANCE, _SURE * selections)
    return max(_CHANCE, _ENOUGH * selections)


def _views(sources: Sequence[RawText], default: View) -> Iterator[View]:
    """The default, and every other way of counting that differs from all before on these texts."""
    seen: set[tuple[bytes, ...]] = set()
    if not sources:
        return
    for view in (default, *_others(default)):
        if view.inclusive:
            yield view
            continue
        key = tuple(hashlib.sha256(raw.starts(view).tobytes()).digest() for raw in sources)
        if key not in seen:
            seen.add(key)
            yield view


def _others(default: View) -> Iterable[View]:
    for newline in (default.newline, STORED, ONE, TWO):
        for unit in (default.unit, POINTS, UTF16, UTF8):
            for bom in (False, True):
                yield View(unit, newline, bom)
    yield from (replace(default, bom=bom, inclusive=True) for bom in (default.bom, True))  # the last: from one, as people count


# --- What a page prints -----------------------------------------------------------------------------------------------

HEADS = ("running head or page number", "running heads and page numbers")
NUMBERS_LEFT, HEADS_LEFT = "{} of lines left out", "{} left out"
_MOST_NUMBERS, _MOST_LINES = 200_000, 100_000  # looked at in a text
_PAGE, _HEAD = re.compile(pattern("⟨page⟩")), re.compile(pattern("⟨head⟩"))


@lru_cache(maxsize=2)
def furniture(text: str) -> frozenset[str]:
    """Lines that belong to the page and not to the talk: numbers of pages, and heads and feet.

    What comes back with nothing but a number changed, which counts on, is the page's; so is what comes back beside such
    numbers, and what comes back in the middle of sentences. Lines that open as a speaker's do are none.
    """
    if text.startswith("@UTF8") or text.startswith("@Begin"):  # CLAN: what is coded below the words, and its own marks
        return frozenset(m[0].strip() for m in re.finditer(r"(?m)^[%@].*$", text))
    lines = [line.strip() for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]]
    filled = [n for n, line in enumerate(lines) if line]
    order = {n: i for i, n in enumerate(filled)}
    forms: dict[str, list[int]] = {}
    for n in filled:
        cue = lines[n].isdigit() and n + 1 < len(lines) and _SPEAKS.match(lines[n + 1])  # a number above a time or a name
        if len(lines[n]) <= 110 and not cue and not _SPEAKS.match(lines[n]):
            forms.setdefault(re.sub(r"\d+", "#", " ".join(lines[n].split())), []).append(n)

    def breaks(n: int) -> bool:
        """Whether a line stands in the middle of a sentence."""
        i = order[n]
        after = next((lines[m] for m in filled[i + 1 : i + 4] if not _PAGE.fullmatch(lines[m])), "")
        before = next((lines[m] for m in filled[max(0, i - 3) : i][::-1] if not _PAGE.fullmatch(lines[m])), "")
        return bool(before) and not ends_sentence(before, or_stops=True) and after[:1].islower()

    pages = {n for form, at in forms.items() if len(at) > 1 and _counts_on(form, [lines[n] for n in at], at) for n in at}
    bare = [n for n in pages if _PAGE.fullmatch(lines[n])]
    beside = Counter(lines[filled[j]] for n in bare for j in (order[n] - 1, order[n] + 1) if 0 <= j < len(filled))
    counts, once = Counter(lines), set[int]()
    again = {line for line, k in beside.items() if counts[line] > 1 and k >= 0.4 * len(bare) and len(line) > 5}
    for at in forms.values():
        same = len(at) > 1 and len({lines[n] for n in at}) == 1 and len(lines[at[0]]) > 8 and len(at) < 0.25 * len(filled)
        apart = any(n + 1 >= len(lines) or not lines[n + 1] or _PAGE.fullmatch(lines[n + 1]) for n in at)
        if same and apart and sum(map(breaks, at)) >= 0.3 * len(at):
            again.add(lines[at[0]])
        once |= {
            n for n in at if _HEAD.fullmatch(lines[n]) and breaks(n) and not (lines[n - 1] and "".join(lines[n + 1 : n + 2]))
        }
    again = {line for line in again if not _SPEAKS.match(line) and not line[:1].islower()}
    alone = {n for n in filled if lines[n].isdigit() and again & {*lines[max(0, n - 2) : n], *lines[n + 1 : n + 3]}}
    return frozenset(lines[n] for n in pages | once | alone) | again


_SPEAKS = re.compile(rf"[^:：\n]{{1,40}}[:：](?:\s|$)|{TIME}$|.*(?<!\d){CLOCK}")


def _counts_on(form: str, lines: Sequence[str], at: Sequence[int]) -> bool:
    """Whether lines that differ in their numbers differ in one that counts the pages."""
    rows = [[int(x) for x in re.findall(r"\d{1,9}", line)] for line in lines]
    moving = [column for column in zip(*rows, strict=False) if len(set(column)) > 1]
    paged = bool(_PAGE.fullmatch(lines[0]) and not lines[0].isdigit())
    if len(moving) != 1 or not all(0 < b - a <= (2 if not paged else b) for a, b in pairwise(moving[0])):
        return False
    words = re.sub(r"\W*#\W*$", "", form)
    if not (far := min(b - a for a, b in pairwise(at)) > 3) or paged or lines[0].isdigit():
        return far
    said = ends_sentence(lines[0]) and lines[0][:1].isalnum() and not _HEAD.fullmatch(lines[0])
    said = said or re.sub(r"^\W*\d+\W*", "", lines[0])[:1].islower()
    named = said or role_of_word(lines[0]) or speaks_by_name(lines[0]) or role_of_word(words.split(" ")[0])
    return not named and (
        len(words) > 12 or len(lines) > 2 or bool(_HEAD.fullmatch(lines[0]) or re.search(r"\W[-–—|/·•] ?\d+$", lines[0]))
    )


_LEFT = re.compile(r"(?m)^[ \t\f]*(\d{1,5})[.:]?(?:[ \t]+|$)")
_RIGHT = re.compile(r"(?m)(?:(?<=\S)[ \t]{2,}|^[ \t]*)(\d{1,5})[ \t]*$")


def line_numbers(text: str) -> list[tuple[int, int]]:
    """The spans of numbers that count the lines of a page, nearly every one or every fifth; none where numbers do not count so.

    A count may begin anew on another page.
    """
    for margin in (_LEFT, _RIGHT):
        found = list(islice(margin.finditer(text), _MOST_NUMBERS))
        numbers = [int(m[1]) for m in found]
        every = 5 if numbers and all(n % 5 == 0 for n in numbers) else 1
        steps = sum(b - a == every or (b == every and a > b) for a, b in pairwise(numbers))
        filled = sum(bool(line.strip()) for line in text.split("\n")) if steps > 2 else 0
        counted = steps >= max(3, 0.8 * (len(numbers) - 1)) and len(numbers) >= 0.7 * filled / every
        if counted and (margin is _LEFT or _in_column(text, found)):
            return [m.span() for m in found]
    return []


def _in_column(text: str, found: Sequence[re.Match[str]]) -> bool:
    """Whether numbers at the ends of lines stand below each other, whatever the length of the words before them."""
    lines = ((m, text.rfind("\n", 0, m.start(1)) + 1) for m in found)
    columns = zip(*((m.start(1) - a, m.end(1) - a, len(text[a : m.start()].rstrip())) for m, a in lines), strict=True)
    (begun, ended, widths) = map(Counter, columns)
    return max(*begun.values(), *ended.values()) >= 0.8 * len(found) and len(widths) > 4


def without_print(text: str, styles: Sequence[Style]) -> tuple[str, tuple[Style, ...], int, tuple[str, ...]]:
    """A text without what a page prints into it: numbers of lines, where these stand within sentences, and heads and feet.

    Returns:
        The text, what stands out in it, how many numbers of lines were left out, and the lines that were.
    """
    spans = line_numbers(text)
    within = sum(_goes_on(text, at) for at, _ in spans) >= 0.25 * len(spans)
    numbers = spans if within or any(text[a:b].count("\t") > 1 for a, b in spans) else []  # or a row without a name goes on
    text, there = cut_out(text, styles, numbers)
    printed = furniture(text) if not text.startswith("@") else frozenset()
    heads = [m for m in re.finditer(r"(?m)^.*(?:\n|\Z)", text) if m[0].strip() in printed] if printed else []
    return *cut_out(text, there, [m.span() for m in heads]), len(numbers), tuple(m[0].strip() for m in heads)


def cut_out(text: str, styles: Sequence[Style], cut: Sequence[tuple[int, int]]) -> tuple[str, tuple[Style, ...]]:
    """A text without some spans, and what stands out in what is left."""
    ends = [end for _, end in cut]
    gone = [0, *accumulate(b - a for a, b in cut)]

    def place(at: int) -> int:
        """Where a place of the whole text lies once the spans are cut out."""
        n = bisect_right(ends, at)
        return at - gone[n] - (max(0, at - cut[n][0]) if n < len(cut) else 0)

    kept = "".join(text[a:b] for a, b in zip([0, *ends], [*(a for a, _ in cut), len(text)], strict=True))
    return kept, tuple((place(a), place(b), kind) for a, b, kind in styles)


def _goes_on(text: str, at: int) -> bool:
    """Whether the words before a place end within a sentence."""
    before = text[max(0, at - 200) : at].rstrip()
    return bool(before) and not ends_sentence(before)
