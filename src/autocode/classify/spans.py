"""Where in a unit a code is carried: the run of sentences that a person would have marked.

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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.classify.heads import Heads
from autocode.classify.material import ROLES, Chunks, pieces_of, sentences_of, word_weights
from autocode.study import Coding, Segment, Study
from autocode.study.matrix import CodingMatrix

FloatArray = NDArray[np.floating]
Span = tuple[int, int]
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
        first, last = _best_run(odds - np.log(self.least / (1 - self.least)))
        return sentences[first][0], sentences[last - 1][1]


def _best_run(gain: FloatArray) -> Span:
    """The run of numbers (first, after the last) with the highest sum; the first of several, never an empty one."""
    best, at, start, total = (-np.inf, 0, 1), 0, 0, 0.0
    for at, value in enumerate(gain.tolist()):
        if total <= 0:
            start, total = at, 0.0
        total += value
        if total > best[0]:
            best = (total, start, at + 1)
    return int(best[1]), int(best[2])


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
        pairs = np.argwhere(given)
        self._wanted = np.zeros_like(given)
        for i, k in pairs[:: max(1, -(-len(pairs) // _MOST))]:
            self._wanted[i, k] = True
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
                segment = self._matrix.segments[i]
                marked = tuple(self._marked(segment, self._matrix.codes[k]))
                if marked:
                    clues = sentences.clues(meaning[:, j], (places, added[:, j]))
                    document = int(self._matrix.groups[i])
                    self._found.append(_Example(document, fold, sentences.spans, clues, marked))

    def _marked(self, segment: Segment, code: str) -> Iterator[NDArray[np.bool_]]:
        """Which characters of a unit each coder gave a code."""
        found: dict[str, NDArray[np.bool_]] = {}
        for c in self._codings[segment.document, code]:
            if c.start < segment.end and segment.start < c.end:
                own = found.setdefault(c.coder, np.zeros(segment.end - segment.start, dtype=bool))
                own[max(0, c.start - segment.start) : c.end - segment.start] = True
        yield from found.values()

    def rule(self) -> SpanRule:
        """What the examples teach; whole units where they are too few, or no span does better out of document."""
        found = self._found
        folds = sorted({e.fold for e in found})
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
    from sklearn.linear_model import LogisticRegression

    X, y, weight = [], [], []
    for e in examples:
        for marked in e.marked:
            X.append(e.clues)
            y.append([marked[start:end].mean() > 0.5 for start, end in e.sentences])
            weight.append(np.full(len(e.sentences), 1 / len(e.marked)))
    goal = np.concatenate(y)
    if goal.all() or not goal.any():
        return (*(0.0,) * _CLUES, 9.0 if goal.all() else -9.0)
    learnt = LogisticRegression(C=1.0, max_iter=500).fit(np.concatenate(X), goal, np.concatenate(weight))
    return (*learnt.coef_[0].tolist(), float(learnt.intercept_[0]))
