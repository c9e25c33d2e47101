"""What a model says of the documents under review."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from autocode.config import SegmentConfig
from autocode.errors import StudyError
from autocode.study import Document, Progress, Segment, Study, Suggestion
from autocode.study.codebook import Codebook
from autocode.study.matrix import is_context, segment
from autocode.study.moves import edits_between
from autocode.study.revise import apply_edits
from autocode.trail import Wording

if TYPE_CHECKING:
    from autocode.model.coding_model import CodingModel

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
        suggestions=tuple(replace(s, segment=segment) for s in item.suggestions),
        rejected=item.rejected and replace(item.rejected, segment=segment),
    )


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
    """What a model is and has learnt from, before it has said anything."""
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


def renames(old: Codebook, new: Codebook) -> dict[str, str]:
    """From the paths of codes to their paths in another codebook, where they are called otherwise there."""
    if old is new:
        return {}
    there = {c.identifier: c.path for c in new}
    return {c.path: p for c in old if (p := there.get(c.identifier, c.path)) != c.path}


def renamed(items: Sequence[Item], went: Mapping[str, str]) -> Iterator[Item]:
    """The segments with their suggestions under other paths: a code is known by its identifier, not its name."""

    def called(s: Suggestion) -> Suggestion:
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
