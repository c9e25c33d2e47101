"""The verbatim check: a segment's words are corrected against the recording, and the codings move along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from autocode.errors import StudyError
from autocode.study import Coding, Reading, Study
from autocode.study.moves import edits_between
from autocode.study.revise import apply_edits
from autocode.trail import Effects, Entry, Wording

_Span = TypeVar("_Span", Coding, Reading)


def reworded(study: Study, span: tuple[str, int, int], words: str, was: Effects | None = None) -> Effects:
    """What changing the words of a span does to all that stands over them.

    Args:
        study: As it is.
        span: Document, start and end.
        words: The new ones.
        was: What an earlier correction did which this one takes back: its codings return to
            exactly where they were, the lost ones included.
    """
    (document, start, end), was = span, was or Effects()
    old = study.by_id[document]
    codings = [c for c in study.codings if c.document == document]
    readings = [r for r in study.readings if r.document == document]
    alone = Study((old,), codings=tuple(codings), readings=tuple(readings))
    made = apply_edits(alone, document, edits_between(old.text[start:end], words, start))
    new = made.study.by_id[document]
    wording = Wording(document, start, end, len(words), old.sha256, new.sha256, old.text[start:end], words)
    left = _touched(_paired(codings, made.study.codings, made.lost), wording)
    seen = _touched(zip(readings, made.study.readings, strict=True), wording)
    left, seen = _returned(left, was.added, was.removed), _returned(seen, was.read, was.unread)
    kept = [d for d in new.doubts if wording.reverse.place(d.start, d.end) is None]
    return Effects(
        added=tuple(b for _, b in left if b),
        removed=tuple(a for a, _ in left if a),
        read=tuple(b for _, b in seen if b),
        unread=tuple(a for a, _ in seen if a),
        words=wording,
        doubted=was.cleared or tuple(kept),
        cleared=tuple(d for d in old.doubts if wording.place(d.start, d.end) is None),
    )


def _paired(
    before: Iterable[Coding], after: Iterable[Coding], lost: Sequence[Coding]
) -> Iterator[tuple[Coding, Coding | None]]:
    moved = iter(after)
    for c in before:
        yield c, None if c in lost else next(moved)


def _touched(pairs: Iterable[tuple[_Span, _Span | None]], wording: Wording) -> list[tuple[_Span | None, _Span | None]]:
    """Those with an edge within the words: the others follow from the correction itself."""
    return [(a, b) for a, b in pairs if wording.place(a.start, a.end) is None]


def _returned(
    pairs: list[tuple[_Span | None, _Span | None]], there: Sequence[_Span], home: Sequence[_Span]
) -> list[tuple[_Span | None, _Span | None]]:
    """The pairs with what an earlier correction moved going exactly home; what was lost comes back."""
    rest, back = list(home), {}
    for span in there:
        for origin in rest:
            if _who(origin) == _who(span):
                back[span] = origin
                rest.remove(origin)
                break
    return [(a, back.get(a, b) if a else b) for a, b in pairs] + [(None, origin) for origin in rest]


def _who(span: Coding | Reading) -> tuple[object, ...]:
    """What a correction never changes about a coding or reading."""
    return (span.code, span.coder, span.memo, span.when, span.weight) if isinstance(span, Coding) else (span.coder,)


def taken_back(study: Study, words: Wording, effects: Effects) -> Effects:
    """The undoing of a correction, with all that was coded over the words since.

    Raises:
        StudyError: The text was changed again since, or the earlier words were erased.
    """
    if study.by_id[words.document].sha256 != words.before or not words.new:
        raise StudyError("undo", "the words were changed again since", "Take back the later correction first.")
    return reworded(study, (words.document, words.start, words.end), words.new, effects)


def carried(effects: Effects, later: Iterable[Entry]) -> Effects:
    """The undoing of an older decision, at the places where its codings are after later corrections.

    Raises:
        StudyError: The words of a coding that would come back are no longer there.
    """
    for entry in later:
        step = entry.decision.effects
        if step.words and not effects.words:
            effects = replace(
                effects,
                removed=tuple(b for c in effects.removed if (b := _after(c, step, step.removed, step.added))),
                unread=tuple(s for r in effects.unread if (s := _after(r, step, step.unread, step.read))),
                added=tuple(_within(c, step.words) for c in effects.added),
                read=tuple(_within(r, step.words) for r in effects.read),
            )
    return effects


def _after(span: _Span, step: Effects, removed: Sequence[_Span], added: Sequence[_Span]) -> _Span | None:
    """Where a span that stood there is after a correction; None where it was lost."""
    if step.words is None or span.document != step.words.document:
        return span
    if place := step.words.place(span.start, span.end):
        return replace(span, start=place[0], end=place[1])
    return next((b for a, b in zip(_matched(removed, added), added, strict=True) if a == span), None)


def _matched(removed: Sequence[_Span], added: Sequence[_Span]) -> Iterator[_Span | None]:
    """For each span after a correction, the one it was before."""
    rest = list(removed)
    for span in added:
        found = next((r for r in rest if _who(r) == _who(span)), None)
        if found is not None:
            rest.remove(found)
        yield found


def _within(span: _Span, words: Wording) -> _Span:
    """Where a span that does not stand now would be; in the midst of corrected words it holds all of these."""
    if span.document != words.document:
        return span
    start, end = words.around(span.start, span.end)
    if start >= end:
        raise StudyError("undo", "the words of that coding were corrected away", "Take back the correction first.")
    return replace(span, start=start, end=end)
