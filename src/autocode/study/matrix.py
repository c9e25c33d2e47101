"""Codings -> segments x codes per coder: the one place where spans meet segments.

Beside each coder's 0/1 matrix stands what the coder has seen. A segment that a coder did not see
is missing for that coder; a segment seen and left alone is a zero. The two are never mixed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autocode.config import Config, SegmentConfig, named
from autocode.errors import ConfigError, InputError
from autocode.study import Coding, Document, Reading, Segment, Study, Turn

if TYPE_CHECKING:
    from spacy.language import Language

Span = tuple[int, int, str]  # start, end, speaker

_LONG = 400  # words of a median paragraph that is no unit any more
_LONGEST = 100_000  # characters handed to spaCy at once: well below its own limit of 1,000,000


def segment(document: Document, config: SegmentConfig) -> tuple[Segment, ...]:
    """Cut a document into its units of analysis, in reading order.

    Interviewer turns are units too, for they are context; `is_context` tells them apart.

    Raises:
        InputError: The unit is `given`, but the document came without units.
        ConfigError: The spaCy pipeline asked for is not installed.
    """
    unit = config.unit
    if config.segmenter:
        return _by(config.segmenter, document)
    if unit == "auto":
        found = document.units
        if document.segments or document.turns or not found or median(len(document.text_of(s).split()) for s in found) <= _LONG:
            return found
        unit = "sentence"  # paragraphs of whole pages are no units
    if unit == "given":
        if not document.segments:
            raise InputError(
                f"document '{document.id}'",
                "it came without given units",
                "Choose another unit: turn, paragraph, sentence or window.",
            )
        return tuple(sorted(document.segments, key=lambda s: (s.start, s.end)))
    spans = [span for span in SEGMENTERS[unit](document, config) if document.text[span[0] : span[1]].strip()]
    return tuple(Segment(document.id, s, e, str(n), who) for n, (s, e, who) in enumerate(spans, 1))


def _by(segmenter: str | Callable[..., Any], document: Document) -> tuple[Segment, ...]:
    """The units that a function of the user's own finds: spans (start, end), in any order, of which none overlap.

    Raises:
        InputError: It gives something else than spans, a span is no span of this document, or two overlap.
    """
    mend = "Give spans (start, end) in code points."
    try:
        spans = sorted((int(start), int(end)) for start, end in named(segmenter)(document))
    except (TypeError, ValueError) as error:
        why = f"it gives no pairs of numbers ({type(error).__name__})"
        raise InputError(f"the segmenter, in document '{document.id}'", why, mend) from error
    ends = [0, *(end for _, end in spans)]
    for before, (start, end) in zip(ends, spans, strict=False):
        if not before <= start < end <= len(document.text):
            why = f"it gives {start} to {end}, which lies outside the text or overlaps the span before it"
            raise InputError(f"the segmenter, in document '{document.id}'", why, mend)
    kept = [(start, end) for start, end in spans if document.text[start:end].strip()]
    speakers = [next((t.speaker for t in document.turns if t.start <= start < t.end), "") for start, _ in kept]
    found = enumerate(zip(kept, speakers, strict=True), 1)
    return tuple(Segment(document.id, start, end, str(n), who) for n, ((start, end), who) in found)


def is_context(segment: Segment, document: Document, config: SegmentConfig) -> bool:
    """Whether the segment is an interviewer's: heard by the model, never coded.

    Given units are all coded: the coders of a table saw every row.
    """
    name = segment.speaker.strip().casefold()
    return not document.segments and (name in config.interviewers or name in map(str.casefold, document.interviewers))


def _turns(document: Document, config: SegmentConfig) -> Iterator[Span]:
    """Speaker turns; a text without speakers falls back to paragraphs."""
    if not document.turns:
        yield from _paragraphs(document, config)
    for turn in document.turns:
        yield turn.start, turn.end, turn.speaker


def _paragraphs(document: Document, config: SegmentConfig) -> Iterator[Span]:
    """Blocks of text between blank lines (or lines, where there are none), cut at turns where there are any."""
    for turn in document.turns or (Turn(0, len(document.text)),):
        for start, end in document.paragraphs(turn.start, turn.end):
            yield start, end, turn.speaker


def _sentences(document: Document, config: SegmentConfig) -> Iterator[Span]:
    for start, end, speaker in _paragraphs(document, config):
        for s, e in _split(document.text[start:end], config):
            yield start + s, start + e, speaker


def _windows(document: Document, config: SegmentConfig) -> Iterator[Span]:
    for start, end, speaker in _paragraphs(document, config):
        parts = list(_split(document.text[start:end], config))
        for i in range(0, len(parts), config.window):
            group = parts[i : i + config.window]
            yield start + group[0][0], start + group[-1][1], speaker


def _split(text: str, config: SegmentConfig) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences of a paragraph, without the spaces around them."""
    pipeline = _pipeline(config.spacy, config.language)
    for offset in range(0, len(text), _LONGEST):
        for sentence in pipeline(text[offset : offset + _LONGEST]).sents:
            words = sentence.text.strip()
            if words:
                start = offset + sentence.start_char + sentence.text.index(words)
                yield start, start + len(words)


@lru_cache(maxsize=4)
def _pipeline(name: str, language: str) -> Language:
    """The sentence finder: an installed pipeline by name, else a blank one with a sentencizer.

    Raises:
        ConfigError: The pipeline or the language is not there.
    """
    import spacy

    try:
        if name:
            return spacy.load(name, disable=["ner", "lemmatizer", "textcat"])
        pipeline = spacy.blank(language)
    except (OSError, ImportError) as error:
        wanted = f"spaCy pipeline '{name}'" if name else f"spaCy language '{language}'"
        raise ConfigError(
            wanted,
            "it is not installed on this computer",
            'Install it first, or set spacy = "" for the rule-based sentence finder.',
        ) from error
    pipeline.add_pipe("sentencizer")
    return pipeline


SEGMENTERS: dict[str, Callable[[Document, SegmentConfig], Iterator[Span]]] = {
    "turn": _turns,
    "paragraph": _paragraphs,
    "sentence": _sentences,
    "window": _windows,
}
"""Plug-in point: from the name of a unit to the function that finds its spans."""


BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class CodingMatrix:
    """Who gave which code to which segment, and who saw it.

    Attributes:
        segments: The n units that can be coded, in order of document and position.
        documents: Ids of the G documents, in order.
        groups: (n,) index of each segment's document.
        codes: Paths of the K codes.
        coders: Ids of the R coders.
        Y: (R, n, K) whether the coder gave the code.
        seen: (R, n) whether the coder saw the segment.
        outside: (R,) codings that touch no unit (say, of an interviewer's turn).
    """

    segments: tuple[Segment, ...]
    documents: tuple[str, ...]
    groups: IntArray
    codes: tuple[str, ...]
    coders: tuple[str, ...]
    Y: BoolArray
    seen: BoolArray
    outside: IntArray

    @cached_property
    def share(self) -> FloatArray:
        """(n, K) share of the coders who saw a segment and gave the code; NaN where none saw it."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.Y.sum(0) / self.seen.sum(0)[:, None])

    def select(self, keep: BoolArray) -> CodingMatrix:
        """The same matrix for the segments where `keep` (n,) holds; documents stay numbered."""
        kept = tuple(s for s, k in zip(self.segments, keep, strict=True) if k)
        return CodingMatrix(
            kept, self.documents, self.groups[keep], self.codes, self.coders, self.Y[:, keep], self.seen[:, keep], self.outside
        )


def coding_matrix(study: Study, config: Config, coders: Sequence[str], codes: Sequence[str] | None = None) -> CodingMatrix:
    """Lay every coder's codings over the units of analysis.

    Args:
        study: Documents, codings and readings.
        config: The unit of analysis, the interviewers and the overlap rule.
        coders: Ids of the R coders wanted.
        codes: Paths of the K codes wanted; None takes all that these coders used, in the
            order of the codebook.

    Returns:
        The matrix over all units that can be coded, in the order of the documents.
    """
    units = [codable(document, config) for document in study.documents]
    used = {c.code for c in study.codings if c.coder in set(coders)}
    paths = tuple(codes) if codes is not None else tuple(c.path for c in study.codebook if c.path in used)
    segments = tuple(s for group in units for s in group)
    starts = np.cumsum([0, *(len(group) for group in units)])
    shape = (len(coders), len(segments))
    matrix = CodingMatrix(
        segments=segments,
        documents=tuple(d.id for d in study.documents),
        groups=np.repeat(np.arange(len(units)), [len(group) for group in units]),
        codes=paths,
        coders=tuple(coders),
        Y=np.zeros((*shape, len(paths)), dtype=bool),
        seen=np.zeros(shape, dtype=bool),
        outside=np.zeros(len(coders), dtype=np.int64),
    )
    places = {d.id: (d, group, at) for d, group, at in zip(study.documents, units, starts, strict=False)}
    _mark_seen(matrix, study.readings, places)
    _mark_coded(matrix, study.codings, places, config.matrix.share)
    return matrix


def codable(document: Document, config: Config) -> tuple[Segment, ...]:
    """The units of a document that can be coded: all but the interviewer's."""
    units = segment(document, config.segment)
    return tuple(s for s in units if not is_context(s, document, config.segment))


_Places = dict[str, tuple[Document, tuple[Segment, ...], int]]


def _mark_seen(matrix: CodingMatrix, readings: Iterable[Reading], places: _Places) -> None:
    """A segment is seen where a reading covers it whole."""
    rows = {coder: r for r, coder in enumerate(matrix.coders)}
    for reading in readings:
        if reading.coder in rows and reading.document in places:
            _, group, at = places[reading.document]
            first = bisect_left(group, reading.start, key=lambda s: s.start)
            last = bisect_right(group, reading.end, key=lambda s: s.end)
            matrix.seen[rows[reading.coder], at + first : at + max(first, last)] = True


def _mark_coded(matrix: CodingMatrix, codings: Iterable[Coding], places: _Places, share: float) -> None:
    """A segment is coded, and seen, where enough of a coding's span lies in it."""
    rows = {coder: r for r, coder in enumerate(matrix.coders)}
    columns = {code: k for k, code in enumerate(matrix.codes)}
    for coding in codings:
        row, column = rows.get(coding.coder), columns.get(coding.code)
        if row is None or column is None or coding.document not in places:
            continue
        document, group, at = places[coding.document]
        touched = [at + i for i in touching(coding, group) if _enough(coding, group[i], document, share)]
        matrix.Y[row, touched, column] = True
        matrix.seen[row, touched] = True
        matrix.outside[row] += not touched


def touching(span: Coding | Reading, group: Sequence[Segment]) -> range:
    """Indices of the segments (sorted, not overlapping) that share a character with `span`."""
    first = bisect_right(group, span.start, key=lambda s: s.end)
    last = bisect_left(group, span.end, key=lambda s: s.start)
    return range(first, last)


def _enough(coding: Coding, unit: Segment, document: Document, share: float) -> bool:
    """Whether the overlap holds a character that is no space and at least `share` of the unit."""
    common = document.text[max(coding.start, unit.start) : min(coding.end, unit.end)]
    return bool(common.strip()) and len(common) >= share * (unit.end - unit.start)
