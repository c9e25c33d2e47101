"""Finding a quote in a transcript: word for word first, then with spaces and signs evened out."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

_SAME = str.maketrans(
    {**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‐‑‒–—―−", "-"), "…": "..."}
)
_DROPPED = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_MOST = 1000  # occurrences looked at: a quote this frequent is no help anyway


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quote stands, and whether it was found as written.

    Attributes:
        exact: Whether the words are there letter for letter.
        hinted: Whether the place that the table gives chose between several.
    """

    start: int
    end: int
    exact: bool = True
    hinted: bool = False


@dataclass(frozen=True)
class Locator:
    """Finds quotes in one text.

    Attributes:
        text: The transcript.
    """

    text: str
    _cache: dict[str, list[tuple[int, int]]] = field(default_factory=dict, repr=False, compare=False)
    _even_cache: dict[str, list[tuple[int, int]]] = field(default_factory=dict, repr=False, compare=False)

    def find(self, quote: str, near: int | None = None, paragraph: int | None = None) -> Found | str:
        """The place of a quote.

        Args:
            quote: The words, as a table quotes them.
            near: The offset at which the table says they begin; it chooses between several
                occurrences, the nearest wins.
            paragraph: The number of the paragraph, from 1, counted with or without empty lines.

        Returns:
            The place, or why there is none: "not found" or "ambiguous".
        """
        quote = quote.strip()
        if not quote:
            return "not found"
        spans, exact = self._exact(quote), True
        if not spans:
            spans, exact = self._evened(quote), False
        if len(spans) == 1:
            return Found(*spans[0], exact)
        return self._chosen(spans, near, paragraph, exact) if spans else "not found"

    def _chosen(self, spans: list[tuple[int, int]], near: int | None, paragraph: int | None, exact: bool) -> Found | str:
        if near is not None:
            ranked = sorted(spans, key=lambda span: abs(span[0] - near))
            if abs(ranked[0][0] - near) < abs(ranked[1][0] - near):
                return Found(*ranked[0], exact, hinted=True)
        if paragraph is not None:
            inside = [span for span in spans if paragraph in self.paragraphs_of(span[0])]
            if len(inside) == 1:
                return Found(*inside[0], exact, hinted=True)
        return "ambiguous"

    def paragraphs_of(self, offset: int) -> tuple[int, int]:
        """The number of the paragraph at `offset`, counting all lines and counting only full ones."""
        line = bisect.bisect_right(self._lines, offset)
        return line, self._full[line - 1]

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer("\n", self.text))]

    @cached_property
    def _full(self) -> list[int]:
        numbers, n = [], 0
        for line in self.text.split("\n"):
            n += bool(line.strip())
            numbers.append(n)
        return numbers

    def _exact(self, quote: str) -> list[tuple[int, int]]:
        if quote not in self._cache:
            self._cache[quote] = [(at, at + len(quote)) for at in _places(self.text, quote)]
        return self._cache[quote]

    def _evened(self, quote: str) -> list[tuple[int, int]]:
        words = _even(quote)[0].strip()
        if words not in self._even_cache:
            text, origin = self._even_text
            spans = ((origin[at][0], origin[at + len(words) - 1][1]) for at in _places(text, words))
            self._even_cache[words] = list(dict.fromkeys(spans))
        return self._even_cache[words]

    @cached_property
    def _even_text(self) -> tuple[str, list[tuple[int, int]]]:
        return _even(self.text)


def _places(text: str, words: str) -> Iterator[int]:
    """Where `words` begin in `text`, the first `_MOST` places."""
    at = text.find(words) if words else -1
    for _ in range(_MOST):
        if at < 0:
            return
        yield at
        at = text.find(words, at + 1)


def _even(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text with its spaces, quotation marks, dashes and compositions made one kind.

    Returns:
        The text, and for each of its characters the span that it came from.
    """
    out: list[str] = []
    origin: list[tuple[int, int]] = []
    for at, sign in _clusters(text):
        if _DROPPED.match(sign):
            continue
        if sign.isspace():
            if not out or out[-1] != " ":
                out.append(" ")
                origin.append((at, at + 1))
            continue
        for c in unicodedata.normalize("NFC", sign).translate(_SAME):
            out.append(c)
            origin.append((at, at + len(sign)))
    return "".join(out), origin


def _clusters(text: str) -> list[tuple[int, str]]:
    """Each character with the combining marks that follow it, and where it begins."""
    found: list[tuple[int, str]] = []
    for at, c in enumerate(text):
        if found and unicodedata.combining(c):
            found[-1] = (found[-1][0], found[-1][1] + c)
        else:
            found.append((at, c))
    return found
