"""From probabilities to suggestions that say why and where: precedents, rule, words, the code next to them, the span.

Where the model would give no code of a theme but one of them very likely fits, the theme itself is offered.

Coders mark a sentence or a few, the model judges whole units. What speaks for a sentence is the score of its piece by
meaning and what its words add by wording; a logistic regression over the study's own coded segments, held out by
document, turns these, the place in the unit and the lengths into the chance that a coder marks the sentence. The span is
the run of sentences whose log odds over a least chance are highest in sum (maximum subarray: Bentley 1984,
Communications of the ACM 27(9), 865-873). The least chance is the one by which spans overlap most with the coders' own in
documents not learnt from; where whole units do as well, as where coders code whole units, it is zero, and a span is its unit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, repeat

import numpy as np
from numpy.typing import NDArray

from autocode.classify import Classifier, logistic
from autocode.classify.heads import Heads
from autocode.classify.material import ROLES, Chunks, pieces_of, sentences_of, word_weights
from autocode.model.precedents import Precedents
from autocode.model.prepared import Prepared
from autocode.study import BANDS, Coding, Grounds, Segment, Study, Suggestion
from autocode.study.codebook import Codebook
from autocode.study.matrix import CodingMatrix

FloatArray = NDArray[np.floating]
Span = tuple[int, int]
_Words = tuple[tuple[int, int, float], ...]
WordScores = tuple[Sequence[Span], FloatArray]
"""Spans of the m words of a unit, and (m,) what each adds to the score of a code."""

LEAST_EXAMPLES = 30
"""Codings of units with two sentences or more, below which nothing is learnt of spans."""

_MOST = 5000  # examples learnt from
_CHANCES = (0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1)
_CLUES = 11


@dataclass(frozen=True, slots=True)
class SpanRule:
    """How likely a coder marks a sentence of a coded unit, and from which chance on it belongs to the span.

    Attributes:
        weights: (12,) of the clues of a sentence and, last, the intercept.
        least: The least chance; 0: spans are whole units.
        overlap: Mean overlap (intersection over union of characters) with the coders' spans, held out by document.
        whole: The same of whole units.
        examples: Codings learnt from.
    """

    weights: tuple[float, ...] = (0.0,) * (_CLUES + 1)
    least: float = 0.0
    overlap: float = 0.0
    whole: float = 0.0
    examples: int = 0

    def to_array(self) -> FloatArray:
        """All there is to it, (16,) float64."""
        return np.array([*self.weights, self.least, self.overlap, self.whole, self.examples], dtype=np.float64)

    @classmethod
    def from_array(cls, array: FloatArray) -> SpanRule:
        """The reverse of `to_array`.

        Raises:
            ValueError: The array has another shape.
        """
        if array.shape != (_CLUES + 5,):
            raise ValueError(f"{array.shape} numbers for a rule of spans")
        least, overlap, whole, examples = array[_CLUES + 1 :].tolist()
        return cls(tuple(array[: _CLUES + 1].tolist()), least, overlap, whole, int(examples))

    def chosen(self, sentences: Sequence[Span], clues: FloatArray) -> Span:
        """The span of a unit, in characters from the unit's start.

        Args:
            sentences: The s sentences of the unit, at least one.
            clues: (s, 11) what speaks for each.
        """
        if not self.least:
            return sentences[0][0], sentences[-1][1]
        odds = clues @ np.array(self.weights[:-1]) + self.weights[-1]
        best, start, total = (-np.inf, 0, 0), 0, 0.0  # the run with the highest sum, the first of several, never an empty one
        for at, gain in enumerate((odds - np.log(self.least / (1 - self.least))).tolist()):
            start, total = (start, total + gain) if total > 0 else (at, gain)
            best = max(best, (total, start, at), key=lambda run: run[0])
        return sentences[best[1]][0], sentences[best[2]][1]


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of one unit, and the pieces that carry their meaning.

    Attributes:
        spans: (start, end) of each, in characters from the unit's start.
        piece: Number of each sentence's piece.
    """

    text: str
    spans: tuple[Span, ...]
    piece: NDArray[np.int64]

    @classmethod
    def of(cls, text: str) -> Sentences:
        """The sentences of a unit's words."""
        spans = sentences_of(text) or [(0, len(text))]
        starts, at = [], 0
        for piece in pieces_of(text):  # their sentences are joined anew, so the place is found by the first word
            at = text.find(piece.split(maxsplit=1)[0], at) if piece.strip() else at
            starts.append(at)
            at += 1
        numbers = [max(bisect_right(starts, start) - 1, 0) for start, _ in spans]
        return cls(text, tuple(spans), np.array(numbers, dtype=np.int64))

    def clues(self, meaning: FloatArray, words: WordScores) -> FloatArray:
        """What speaks for each of the s sentences, (s, 11).

        Args:
            meaning: (pieces,) scores by meaning.
            words: What the words add by wording.
        """
        s, (places, added) = len(self.spans), words
        wording, starts = np.zeros(s), [start for start, _ in self.spans]
        owners = [max(bisect_right(starts, start) - 1, 0) for start, _ in places]
        np.add.at(wording, owners, added)
        at, length = np.arange(s), np.array([end - start for start, end in self.spans])
        columns = [*_compared(meaning[self.piece].astype(np.float64)), *_compared(wording)]
        columns += [at == 0, at == s - 1, at / max(1, s - 1), np.log(np.maximum(length, 1)) - 4, np.full(s, np.log(s))]
        return np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)


def _compared(score: FloatArray) -> tuple[FloatArray, ...]:
    """A score beside the unit's highest, beside its mean, and the mean of the neighbours beside it."""
    around = (np.append(score[1:], score[-1]) + np.append(score[0], score[:-1])) / 2
    return score - score.max(), score - score.mean(), around - score.mean()


@dataclass(frozen=True, slots=True)
class _Example:
    """One code that coders gave one unit."""

    document: int
    fold: int
    sentences: tuple[Span, ...]
    clues: FloatArray  # (s, 11)
    marked: tuple[NDArray[np.bool_], ...]  # for each coder, which characters of the unit


class SpanExamples:
    """Coded units of a study with what models that have not seen their documents say of each sentence."""

    def __init__(self, study: Study, matrix: CodingMatrix, texts: Sequence[str], pieces: Chunks | None) -> None:
        """Whose spans to learn from.

        Args:
            study: Documents and codings.
            matrix: n units x K codes of the coders to learn from.
            texts: The n units' words.
            pieces: Of the n units.
        """
        self._matrix, self._texts, self._pieces = matrix, texts, pieces
        self._codings: dict[tuple[str, str], list[Coding]] = defaultdict(list)
        for c in study.codings:
            if c.coder in matrix.coders:
                self._codings[c.document, c.code].append(c)
        given = np.asarray(matrix.Y.any(axis=0))
        pairs, self._wanted = np.argwhere(given), np.zeros_like(given)
        self._wanted[tuple(pairs[:: max(1, -(-len(pairs) // _MOST))].T)] = True
        self._found: list[_Example] = []

    def watch(self, rows: NDArray[np.integer], heads: Heads) -> None:
        """Take what heads say of units (rows) whose documents they have not seen."""
        fold = len({e.fold for e in self._found})
        if self._pieces is None or heads.lexical is None:
            return
        vectors = list(self._pieces.each())
        for i in rows.tolist():
            codes = np.flatnonzero(self._wanted[i])
            sentences = Sentences.of(self._texts[i]) if len(codes) else None
            if sentences is None or len(sentences.spans) < 2:
                continue
            V = vectors[i]
            meaning = V @ heads.dense.W[codes, : V.shape[1]].T
            places, added = word_weights(sentences.text, heads.lexical.W[codes, : -2 * ROLES])
            for j, k in enumerate(codes.tolist()):
                if marked := self._marked(self._matrix.segments[i], self._matrix.codes[k]):
                    clues = sentences.clues(meaning[:, j], (places, added[:, j]))
                    self._found.append(_Example(int(self._matrix.groups[i]), fold, sentences.spans, clues, marked))

    def _marked(self, segment: Segment, code: str) -> tuple[NDArray[np.bool_], ...]:
        """Which characters of a unit each coder gave a code."""
        found: dict[str, NDArray[np.bool_]] = {}
        for c in self._codings[segment.document, code]:
            if c.start < segment.end and segment.start < c.end:
                own = found.setdefault(c.coder, np.zeros(segment.end - segment.start, dtype=bool))
                own[max(0, c.start - segment.start) : c.end - segment.start] = True
        return tuple(found.values())

    def rule(self) -> SpanRule:
        """What the examples teach; whole units where they are too few, or no span does better out of document."""
        found, folds = self._found, sorted({e.fold for e in self._found})
        if len(found) < LEAST_EXAMPLES or len(folds) < 2:
            return SpanRule(examples=len(found))
        whole = _by_document(found, [_overlap(e, (e.sentences[0][0], e.sentences[-1][1])) for e in found])
        at_each: list[list[float]] = [[] for _ in _CHANCES]
        order: list[_Example] = []
        for f in folds:
            weights = _learnt([e for e in found if e.fold != f])
            out = [e for e in found if e.fold == f]
            order += out
            for j, least in enumerate(_CHANCES):
                at_each[j] += [_overlap(e, SpanRule(weights, least).chosen(e.sentences, e.clues)) for e in out]
        means = [_by_document(order, values) for values in at_each]
        best = max(range(len(_CHANCES)), key=lambda j: float(means[j].mean()))
        gain = means[best] - whole
        error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else np.inf
        if gain.mean() <= error:
            return SpanRule(overlap=float(whole.mean()), whole=float(whole.mean()), examples=len(found))
        return SpanRule(_learnt(found), _CHANCES[best], float(means[best].mean()), float(whole.mean()), len(found))


def _by_document(examples: Sequence[_Example], values: Sequence[float]) -> FloatArray:
    """Mean of the examples' values in each document, in the order of the documents' numbers."""
    _, where, counts = np.unique([e.document for e in examples], return_inverse=True, return_counts=True)
    return np.asarray(np.bincount(where, weights=np.array(values)) / counts)


def _overlap(example: _Example, span: Span) -> float:
    """Characters that a span shares with each coder's marks over those of either; the mean over coders."""
    inside = slice(*span)
    shares = [m[inside].sum() / (m.sum() + (span[1] - span[0]) - m[inside].sum()) for m in example.marked]
    return float(np.mean(shares))


def _learnt(examples: Iterable[_Example]) -> tuple[float, ...]:
    """Weights (12,) by which the clues of a sentence tell whether a coder marked it; each coded unit counts alike."""
    X, y, weight = [], [], []
    for e in examples:
        for marked in e.marked:
            X.append(e.clues)
            y.append([marked[start:end].mean() > 0.5 for start, end in e.sentences])
            weight.append(np.full(len(e.sentences), 1 / len(e.marked)))
    return logistic(np.concatenate(X), np.concatenate(y), np.concatenate(weight))


LIKELIER = 0.5
"""A theme is offered where one of its codes fits more likely than not."""

_WORDS = 5
_TOGETHER = 4000  # units whose evidence is looked up at once


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
        self, prepared: Prepared, P: FloatArray, least: int = 1, strange: NDArray[np.bool_] | None = None
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
        vectors = pieces.each() if pieces else repeat(prepared.vectors[:0], len(prepared.segments))
        units = (_Unit(prepared, i, P[i], bands[i], coded[i], bool(strange[i]), V) for i, V in enumerate(vectors))
        while some := list(islice(units, _TOGETHER)):
            said = [(u.row, s) for u in some for s in (*self._codes(u, least), *self._themes(u))]
            yield from self._with_evidence(prepared, sorted(said, key=lambda one: (one[0], -one[1].probability)))

    def _with_evidence(self, prepared: Prepared, found: Sequence[tuple[int, Suggestion]]) -> Iterator[Suggestion]:
        """Suggestions, given with their unit's number, with the coded segments nearest to it where reasons are wanted."""
        asking = [(row, s) for row, s in found if self.why and s.band != "silent"]
        codes = [tuple(self.codes[k] for k in self._members[s.code]) if s.theme else (s.code,) for _, s in asking]
        nearest = iter(self.precedents.nearest(prepared.vectors[[row for row, _ in asking]], codes))
        for _, s in found:
            yield replace(s, evidence=next(nearest)) if self.why and s.band != "silent" else s

    def _codes(self, unit: _Unit, least: int) -> Iterator[Suggestion]:
        order = np.argsort(-unit.P, kind="stable")
        shown = [int(k) for k in order if unit.bands[k] >= 1]
        words, spans = self._words(unit, shown)
        for k in order:
            if unit.bands[k] >= least or unit.coded[k]:
                yield self._of_code(unit, int(k), words.get(int(k), ()), spans.get(int(k)))

    def _of_code(self, unit: _Unit, k: int, words: _Words, span: Span | None) -> Suggestion:
        segment, path, p, band = unit.prepared.segments[unit.row], self.codes[k], float(unit.P[k]), BANDS[unit.bands[k]]
        coded = bool(unit.coded[k])
        if band == "silent" or not self.why:
            return Suggestion(segment, path, p, band, grounds=Grounds(unfamiliar=unit.strange), coded=coded, span=span)
        return Suggestion(segment, path, p, band, (), self._grounds(unit, path, words, {k}), coded=coded, span=span)

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
                segment, none = unit.prepared.segments[unit.row], Grounds(unfamiliar=unit.strange)
                grounds = self._grounds(unit, path, words[best], set(members)) if self.why else none
                yield Suggestion(segment, path, min(p, 1 - 1e-6), "ask", (), grounds, theme=True, span=spans.get(best))

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
        if (code := self.codebook.by_path.get(path)) is None:
            return ""
        parts = (code.definition, code.include and f"Use for: {code.include}", code.exclude and f"Not for: {code.exclude}")
        return " ".join(filter(None, parts))

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


@dataclass(frozen=True, slots=True)
class _Unit:
    """One unit with what the model says of it."""

    prepared: Prepared
    row: int
    P: FloatArray
    bands: NDArray[np.integer]
    coded: NDArray[np.bool_]
    strange: bool
    pieces: NDArray[np.floating]  # (pieces, d0)


def _strongest(text: str, spans: Sequence[tuple[int, int]], added: FloatArray, start: int) -> _Words:
    """Distinct words by what all their occurrences add, at the place of the first."""
    first: dict[str, tuple[int, int]] = {}
    total: dict[str, float] = {}
    for (a, b), value in zip(spans, added.tolist(), strict=True):
        word = text[a:b].lower()
        first.setdefault(word, (a, b))
        total[word] = total.get(word, 0.0) + value
    best = sorted((w for w in total if total[w] > 0), key=lambda w: -total[w])[:_WORDS]
    return tuple((start + first[w][0], start + first[w][1], round(total[w], 4)) for w in best)
