"""Document -> Segments: the units of analysis (spaCy lives here).

A unit is `given` (a table's rows), a speaker's `turn`, a `paragraph`, a `sentence` or a `window`
of sentences. Sentences and windows never cross a turn or a paragraph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING, Any

from autocode.config import SegmentConfig, named
from autocode.errors import ConfigError, InputError
from autocode.study import Document, Segment, Turn

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
        InputError: A span is no span of this document, or two overlap.
    """
    spans = sorted(tuple(span) for span in named(segmenter)(document))
    ends = [0, *(end for _, end in spans)]
    for before, (start, end) in zip(ends, spans, strict=False):
        if not before <= start < end <= len(document.text):
            why = f"it gives {start} to {end}, which lies outside the text or overlaps the span before it"
            raise InputError(f"the segmenter, in document '{document.id}'", why, "Give spans (start, end) in code points.")
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
