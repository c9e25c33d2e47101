"""What a model says of the documents under review, and how that and the codings follow when words are corrected."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from autocode.config import SegmentConfig
from autocode.errors import ModelError, StudyError
from autocode.study import Coding, Document, Progress, Reading, Segment, Study, Suggestion
from autocode.study.codebook import Codebook
from autocode.study.matrix import is_context, segment
from autocode.study.moves import edits_between
from autocode.study.revise import apply_edits
from autocode.trail import Effects, Entry, Wording

if TYPE_CHECKING:
    from autocode.model import CodingModel

Key = tuple[str, str]  # document, segment


@dataclass(frozen=True, slots=True)
class Item:
    """A segment on the desk, with what the model says of it.

    Attributes:
        suggestions: In the bands suggest and ask, the likeliest first.
        rejected: The likeliest code that the model would not give, for comparison.
        likely: Paths of the nine likeliest codes, whatever their band, the likeliest first.
        context: An interviewer's turn: read, never coded.
        judged: The model was asked about the document.
    """

    segment: Segment
    suggestions: tuple[Suggestion, ...] = ()
    rejected: Suggestion | None = None
    context: bool = False
    judged: bool = False
    likely: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Document and segment."""
        return self.segment.document, self.segment.id

    def suggestion(self, code: str) -> Suggestion:
        """The suggestion of a code.

        Raises:
            StudyError: The model does not suggest it here.
        """
        for s in self.suggestions:
            if s.code == code:
                return s
        raise StudyError("this segment", "the model does not suggest that code here", "Reload the page.")


@dataclass(frozen=True, slots=True)
class ReviewSession:
    """Who decides, and what is kept from that person's eyes.

    Attributes:
        blind: No suggestion and no other coder's coding is shown at all.
        share: Of the segments, that keep their suggestions hidden until decided (0 to 1).
        model: Hash of the model, "" without one.
    """

    coder: str
    blind: bool = False
    share: float = 0.1
    model: str = ""

    def hides(self, item: Item) -> bool:
        """Whether the suggestions of a segment are kept hidden until it is decided.

        The choice falls on segments with and without suggestions alike, so that it betrays
        nothing, and follows from coder and segment alone, so that coming back cannot change it.
        """
        return self.blind or (item.judged and chance("anchor", self.coder, *item.key) < self.share)


@lru_cache(maxsize=100_000)
def chance(*words: str) -> float:
    """A number from 0 to 1 that follows from the words alone."""
    digest = hashlib.sha256("\x1f".join(words).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def shifted(items: Sequence[Item], old: Document, words: Wording) -> tuple[Item, ...]:
    """The segments of a document after a correction of its words, with their suggestions."""
    units = replace(old, segments=tuple(i.segment for i in items), turns=(), doubts=())
    made = apply_edits(Study((units,)), old.id, edits_between(words.old, words.new, words.start)).study.documents[0]
    return tuple(_at(i, s) if i.segment != s else i for i, s in zip(items, made.segments, strict=True))


def _at(item: Item, segment: Segment) -> Item:
    return replace(
        item,
        segment=segment,
        suggestions=tuple(_moved(s, segment) for s in item.suggestions),
        rejected=item.rejected and _moved(item.rejected, segment),
    )


def _moved(s: Suggestion, segment: Segment) -> Suggestion:
    """A suggestion with its places where the segment now lies; without them, where the segment's own words were changed."""
    by = segment.start - s.segment.start
    if segment.end - s.segment.end != by:
        return replace(s, segment=segment, span=None, grounds=replace(s.grounds, words=()))
    words = tuple((start + by, end + by, weight) for start, end, weight in s.grounds.words)
    span = s.span and (s.span[0] + by, s.span[1] + by)
    return replace(s, segment=segment, span=span, grounds=replace(s.grounds, words=words))


@dataclass(frozen=True, slots=True)
class Advice:
    """What a model says of the documents it has not learnt from.

    Attributes:
        items: Every segment of every document, in order, by the document's id.
        model: Hash of the model, "" without one.
        name: What the model is called on the page.
        learnt: Ids of the documents it learnt from: for these it stays silent.
        cut: How the documents are cut into segments.
        texts: Hash of each text that was cut.
        book: The codebook in whose paths the suggestions speak.
    """

    items: dict[str, tuple[Item, ...]]
    model: str = ""
    name: str = ""
    learnt: frozenset[str] = frozenset()
    cut: SegmentConfig = SegmentConfig()
    texts: Mapping[str, str] = field(default_factory=dict)
    book: Codebook = Codebook()


def advise(study: Study, model: CodingModel | None, name: str = "", progress: Progress | None = None) -> Advice:
    """Cut the documents into segments and ask the model about those it has not learnt from.

    Raises:
        ModelError: The model is not fitted, or made with another codebook.
    """
    if model is None:
        return cut(study, SegmentConfig())
    found, items = unread(study, model, name), {}
    for n, d in enumerate(study.documents):
        items[d.id] = read_one(study, d, model, found)
        if progress:
            progress(n + 1, len(study.documents))
    return replace(found, items=items)


def cut(study: Study, how: SegmentConfig) -> Advice:
    """The documents in segments, with nobody's suggestions."""
    items = {d.id: _items(d, how, ()) for d in study.documents}
    return Advice(items, cut=how, texts={d.id: d.sha256 for d in study.documents}, book=study.codebook)


def unread(study: Study, model: CodingModel, name: str) -> Advice:
    """What a model is and has learnt from, before it has said anything.

    Raises:
        ModelError: It was made with another codebook, or the study has no code of it: whatever it says would be left out.
    """
    model.changes(study)
    known = {name for c in study.codebook for name in (c.path, c.identifier)}
    if known and known.isdisjoint(name for c in model.codebook for name in (c.path, c.identifier)):
        raise ModelError(
            "the model", "it was trained with another codebook: the study has none of its codes", "Train it again."
        )
    learnt = frozenset(p.document for p in model.precedents.items) if model.precedents else frozenset()
    made = json.dumps(model.provenance or {}, sort_keys=True, default=str)
    digest = hashlib.sha256(made.encode()).hexdigest()
    texts = {d.id: d.sha256 for d in study.documents}
    return Advice({}, digest, name, learnt, model.working.segment, texts, study.codebook)


def read_one(study: Study, document: Document, model: CodingModel, about: Advice) -> tuple[Item, ...]:
    """The segments of a document with what the model says of them; it says nothing of one that it has learnt from."""
    new = document.id not in about.learnt
    said = model.suggest(replace(study, documents=(document,)), everything=True) if new else ()
    return _items(document, about.cut, said, new)


def _items(document: Document, how: SegmentConfig, said: Sequence[Suggestion], judged: bool = False) -> tuple[Item, ...]:
    shown: dict[str, list[Suggestion]] = {}
    rejected: dict[str, Suggestion] = {}
    likely: dict[str, list[str]] = {}
    for s in said:
        likely.setdefault(s.segment.id, []).append(s.code)
        if s.band == "silent":
            rejected.setdefault(s.segment.id, s)  # the likeliest comes first
        else:
            shown.setdefault(s.segment.id, []).append(s)
    return tuple(
        Item(
            s,
            tuple(shown.get(s.id, ())),
            rejected.get(s.id),
            is_context(s, document, how),
            judged,
            tuple(likely.get(s.id, ())[:9]),
        )
        for s in segment(document, how)
    )


def renamed(items: Sequence[Item], went: Mapping[str, str]) -> Iterator[Item]:
    """The segments with their suggestions under other paths: a code is known by its identifier, not its name."""

    def called(s: Suggestion) -> Suggestion:
        """The suggestion under the path that its code has now."""
        return replace(s, code=went[s.code]) if s.code in went else s

    for item in items:
        yield (
            replace(
                item,
                suggestions=tuple(map(called, item.suggestions)),
                rejected=item.rejected and called(item.rejected),
                likely=tuple(went.get(code, code) for code in item.likely),
            )
            if item.likely or item.suggestions
            else item
        )


def known(items: Sequence[Item], book: Codebook) -> tuple[Item, ...]:
    """The segments without suggestions of codes that the codebook does not have."""

    def held(item: Item) -> bool:
        """Whether the codebook has every code of a segment."""
        return all(s.code in book for s in item.suggestions) and (not item.rejected or item.rejected.code in book)

    return tuple(
        i
        if held(i)
        else replace(
            i,
            suggestions=tuple(s for s in i.suggestions if s.code in book),
            rejected=i.rejected if i.rejected and i.rejected.code in book else None,
        )
        for i in items
    )


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
