"""The verbatim check: a segment's words are corrected against the recording, and the codings move along."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from autocode.desk.advice import Item, ReviewSession, shifted
from autocode.desk.queue import about, visible
from autocode.desk.session import Desk
from autocode.errors import StudyError
from autocode.study import Coding, Document, Reading, Study
from autocode.study.moves import edits_between
from autocode.study.revise import apply_edits
from autocode.study.segment import segment
from autocode.trail import Decision, Effects, Entry, Wording, reverse

_Span = TypeVar("_Span", Coding, Reading)


def correction(desk: Desk, sitting: ReviewSession, item: Item, text: str) -> Decision:
    """The decision to correct the words of a segment.

    Raises:
        StudyError: Nothing changes, no word is left, the text would be cut into other segments, or
            the coder may not see whose codings move.
    """
    span, document = item.segment, desk.study.by_id[item.segment.document]
    if sitting.blind:
        raise StudyError("this correction", "it may touch codings that blind mode keeps from you", "Log in without blind mode.")
    old, new = document.text_of(span), _cleaned(text)
    if not new:
        raise StudyError("this correction", "a segment keeps at least one word", "Write what is said, such as [inaudible].")
    if new == old:
        raise StudyError("this correction", "the words are as they were", "")
    effects = reworded(desk.study, (span.document, span.start, span.end), new)
    if effects.lost and not (item.context or visible(item, sitting, desk.standing)):
        raise StudyError("this correction", "codings would lose their words here", "Decide the segment first.")
    _check_units(desk, document, effects)
    return replace(about(item, "correct", sitting, desk.study.codebook), effects=effects)


def _check_units(desk: Desk, document: Document, effects: Effects) -> None:
    """Decisions are kept by segment: a correction must leave the segments as they are."""
    if words := effects.words:
        edits = edits_between(words.old, words.new, words.start)
        made = apply_edits(Study((document,)), document.id, edits).study.documents[0]
        after = [i.segment for i in shifted(desk.items(document.id), document, words)]
        if [(s.start, s.end) for s in segment(made, desk.advice.cut)] != [(s.start, s.end) for s in after]:
            raise StudyError(
                "this correction",
                "it would cut the text into other segments (a line or sentence more or less)",
                "Keep these, or change the file and import it with --replace.",
            )


def digest_of(lost: Sequence[Coding]) -> str:
    """What stands for exactly these codings, so that losing them is agreed to with open eyes."""
    return hashlib.sha256(repr(sorted(lost, key=repr)).encode("utf-8", "surrogatepass")).hexdigest() if lost else ""


def _cleaned(text: str) -> str:
    """The words as typed, without what no transcript holds: line ends of another system, control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(c for c in lines if c == "\n" or c.isprintable() or c in "\u200c\u200d\t")


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


def undo(desk: Desk, sitting: ReviewSession, do: str, request: str) -> Decision:
    """The decision that takes the coder's last one back, or (`do` is redo) brings the last one taken back again.

    Raises:
        StudyError: There is none, or words that it builds on were changed since.
    """
    found = desk.standing.undone(sitting.coder) if do == "redo" else None
    last = desk.standing.last(sitting.coder) if do == "undo" else [found] if found else []
    if not last:
        raise StudyError(do, f"there is nothing left to {'take back' if do == 'undo' else 'bring back'}", "")
    made = reverse(last, sitting.coder, request, do)
    if made.effects.words:
        return replace(made, effects=_taken_back(desk.study, made.effects.words, last[-1].decision.effects))
    return replace(made, effects=_carried(made.effects, desk.standing.entries[last[-1].seq :]))


def _taken_back(study: Study, words: Wording, effects: Effects) -> Effects:
    """The undoing of a correction, with all that was coded over the words since.

    Raises:
        StudyError: The text was changed again since, or the earlier words were erased.
    """
    if study.by_id[words.document].sha256 != words.before or not words.new:
        raise StudyError("undo", "the words were changed again since", "Take back the later correction first.")
    return reworded(study, (words.document, words.start, words.end), words.new, effects)


def _carried(effects: Effects, later: Iterable[Entry]) -> Effects:
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
