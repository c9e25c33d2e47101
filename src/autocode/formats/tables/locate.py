"""Finding a quote in a transcript: word for word first, then with spaces and signs evened out."""

from __future__ import annotations

import bisect
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

from autocode.study.moves import Evened, Piece, Stretches

_SAME = str.maketrans(
    {**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‐‑‒–—―−", "-"), "…": "..."}
)
_DROPPED = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_ODD = re.compile(rf"\s[\s{_DROPPED.pattern[1:-1]}]*\s|[^\S ]|[{''.join(map(chr, _SAME))}{_DROPPED.pattern[1:-1]}]")
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
            whole = Evened(self.text, Stretches((Piece(0, len(self.text), 0, len(self.text)),)))
            self._cache[quote] = whole.places(quote, overlapping=True, most=_MOST)
        return self._cache[quote]

    def _evened(self, quote: str) -> list[tuple[int, int]]:
        words = _even(quote).text.strip()
        if words not in self._even_cache:
            spans = self._even_text.places(words, overlapping=True, most=_MOST)
            self._even_cache[words] = list(dict.fromkeys(spans))
        return self._even_cache[words]

    @cached_property
    def _even_text(self) -> Evened:
        return _even(self.text)


def _even(text: str) -> Evened:
    """A text with its spaces, quotation marks, dashes and compositions made one kind."""
    odd = _ODD
    if not unicodedata.is_normalized("NFC", text):
        marks = "".join({c for c in text if unicodedata.combining(c)})
        odd = re.compile(f"[^{re.escape(marks)}][{re.escape(marks)}]+|{_ODD.pattern}") if marks else _ODD
    return Evened.of(text, odd, _put)


def _put(odd: str) -> str:
    kept = _DROPPED.sub("", unicodedata.normalize("NFC", odd))
    return " " if kept.isspace() else kept.translate(_SAME)
