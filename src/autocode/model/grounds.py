"""From probabilities to suggestions that say why: precedents, rule, words, and the code next to them.

Where the model would give no code of a theme but one of them very likely fits, the theme itself is offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from autocode.classify import Classifier
from autocode.classify.material import word_weights
from autocode.classify.spans import Sentences, SpanRule
from autocode.model.precedents import Precedents
from autocode.model.prepared import Prepared
from autocode.study import BANDS, Evidence, Grounds, Suggestion
from autocode.study.codebook import Codebook

Floats = NDArray[np.floating]

LIKELIER = 0.5
"""A theme is offered where one of its codes fits more likely than not."""

_WORDS = 5


@dataclass(frozen=True)
class Reasons:
    """What a fitted model says of segments, with its grounds.

    Attributes:
        codes: Paths of the K codes.
        spans: Which sentences of a unit carry a code.
        why: Whether to say why; a table does not show it, and much would be looked up in vain.
    """

    classifier: Classifier
    precedents: Precedents
    codebook: Codebook
    codes: tuple[str, ...]
    spans: SpanRule = SpanRule()
    why: bool = True

    def suggestions(
        self, prepared: Prepared, P: Floats, least: int = 1, strange: NDArray[np.bool_] | None = None
    ) -> Iterator[Suggestion]:
        """Suggestions for n units in their order; within a unit, the likeliest first.

        Args:
            prepared: The n units.
            P: (n, K) probabilities.
            least: The lowest band wanted, by number; what the machine codes is told in any case. Silent codes have no grounds.
            strange: (n,) which units are unlike anything the model has met, where that is known already.
        """
        bands, coded = self.classifier.bands(P), self.classifier.coded(P)
        strange = self.precedents.unfamiliar(prepared.vectors) if strange is None else strange
        pieces = prepared.features.pieces
        for i, V in enumerate(pieces.each() if pieces else repeat(prepared.vectors[:0], len(prepared.segments))):
            one = _Unit(prepared, i, P[i], bands[i], coded[i], bool(strange[i]), V)
            found = [*self._codes(one, least), *self._themes(one)]
            yield from sorted(found, key=lambda s: -s.probability)

    def _codes(self, unit: _Unit, least: int) -> Iterator[Suggestion]:
        order = np.argsort(-unit.P, kind="stable")
        shown = [int(k) for k in order if unit.bands[k] >= 1]
        words, spans = self._words(unit, shown)
        for k in order:
            if unit.bands[k] >= least or unit.coded[k]:
                found = self._of_code(unit, int(k), words.get(int(k), ()))
                yield replace(found, span=spans[int(k)]) if int(k) in spans else found

    def _of_code(self, unit: _Unit, k: int, words: _Words) -> Suggestion:
        segment, p, band = unit.prepared.segments[unit.row], float(unit.P[k]), BANDS[unit.bands[k]]
        if band == "silent" or not self.why:
            return Suggestion(
                segment, self.codes[k], p, band, grounds=Grounds(unfamiliar=unit.strange), coded=bool(unit.coded[k])
            )
        evidence, grounds = self.precedents.nearest(unit.vector, self.codes[k]), self._grounds(unit, self.codes[k], words, {k})
        return Suggestion(segment, self.codes[k], p, band, evidence, grounds, coded=bool(unit.coded[k]))

    def _grounds(self, unit: _Unit, path: str, words: _Words, own: set[int]) -> Grounds:
        below = [k for k in np.argsort(-unit.P, kind="stable") if not unit.coded[k] and k not in own]
        found = Grounds(self._rule(path), words, unfamiliar=unit.strange)
        if not below:
            return found
        return replace(found, rejected=self.codes[below[0]], rejected_probability=float(unit.P[below[0]]))

    def _themes(self, unit: _Unit) -> Iterator[Suggestion]:
        """Themes of which the model would give no code, though one of them likely fits."""
        for path, members in self._members.items():
            p = float(1 - np.prod(1 - unit.P[members]))
            taken = unit.coded[members].any() or (path in self.codes and unit.bands[self.codes.index(path)])
            if p >= LIKELIER and not taken:
                best = members[int(np.argmax(unit.P[members]))]
                words, spans = self._words(unit, [best])
                grounds, evidence = Grounds(unfamiliar=unit.strange), tuple[Evidence, ...]()
                if self.why:
                    grounds = self._grounds(unit, path, words[best], set(members))
                    evidence = self.precedents.nearest(unit.vector, [self.codes[k] for k in members])
                segment = unit.prepared.segments[unit.row]
                yield Suggestion(segment, path, min(p, 1 - 1e-6), "ask", evidence, grounds, theme=True, span=spans.get(best))

    @cached_property
    def _members(self) -> dict[str, list[int]]:
        """Columns of each theme with two learnt codes or more."""
        found: dict[str, list[int]] = {}
        for k, code in enumerate(self.codes):
            if code in self.codebook:
                found.setdefault(self.codebook.theme(code), []).append(k)
        return {path: members for path, members in found.items() if len(members) > 1}

    def _rule(self, path: str) -> str:
        """What the codebook says of a code; its example is left out, for it may be a quote."""
        code = self.codebook.by_path.get(path)
        if code is None:
            return ""
        parts = (code.definition, code.include and f"Use for: {code.include}", code.exclude and f"Not for: {code.exclude}")
        return " ".join(part for part in parts if part)

    def _words(self, unit: _Unit, codes: Sequence[int]) -> tuple[dict[int, _Words], dict[int, tuple[int, int]]]:
        """For each code, the words that raised its score by wording most, the strongest first; and its span, if not all."""
        if not codes:
            return {}, {}
        text, start = unit.prepared.texts[unit.row], unit.prepared.segments[unit.row].start
        sentences = Sentences.of(text) if self.spans.least and len(unit.pieces) else None
        whole = sentences is None or len(sentences.spans) < 2
        if whole and not self.why:
            return {}, {}
        spans, added = word_weights(text, self.classifier.wording(codes))
        strongest = {k: _strongest(text, spans, added[:, j], start) for j, k in enumerate(codes)} if self.why else {}
        if sentences is None or whole:
            return strongest, {}
        meaning = self.classifier.meaning(unit.pieces, codes)
        found = (
            self.spans.chosen(sentences.spans, sentences.clues(meaning[:, j], (spans, added[:, j]))) for j in range(len(codes))
        )
        return strongest, {k: (start + a, start + b) for k, (a, b) in zip(codes, found, strict=True)}


_Words = tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """One unit with what the model says of it."""

    prepared: Prepared
    row: int
    P: Floats
    bands: NDArray[np.integer]
    coded: NDArray[np.bool_]
    strange: bool
    pieces: NDArray[np.floating]  # (pieces, d0) vectors of its pieces

    @property
    def vector(self) -> NDArray[np.float32]:
        """The vector (d,) of the segment."""
        return np.asarray(self.prepared.vectors[self.row])


def _strongest(text: str, spans: Sequence[tuple[int, int]], added: Floats, start: int) -> _Words:
    """Distinct words by what all their occurrences add, at the place of the first."""
    first: dict[str, tuple[int, int]] = {}
    total: dict[str, float] = {}
    for (a, b), value in zip(spans, added.tolist(), strict=True):
        word = text[a:b].lower()
        first.setdefault(word, (a, b))
        total[word] = total.get(word, 0.0) + value
    best = sorted((w for w in total if total[w] > 0), key=lambda w: -total[w])[:_WORDS]
    return tuple((start + first[w][0], start + first[w][1], round(total[w], 4)) for w in best)
