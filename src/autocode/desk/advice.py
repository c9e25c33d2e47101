"""What a model says of the documents under review."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from autocode.config import Config, SegmentConfig
from autocode.errors import StudyError
from autocode.model.coding_model import CodingModel
from autocode.study import Document, Progress, Segment, Study, Suggestion
from autocode.study.moves import edits_between
from autocode.study.revise import apply_edits
from autocode.study.segment import is_context, segment
from autocode.trail import Wording

Key = tuple[str, str]  # document, segment


@dataclass(frozen=True, slots=True)
class Item:
    """A segment on the desk, with what the model says of it.

    Attributes:
        suggestions: In the bands suggest and ask, the likeliest first.
        rejected: The likeliest code that the model would not give, for comparison.
        context: An interviewer's turn: read, never coded.
        judged: The model was asked about the document.
    """

    segment: Segment
    suggestions: tuple[Suggestion, ...] = ()
    rejected: Suggestion | None = None
    context: bool = False
    judged: bool = False

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
    """

    items: dict[str, tuple[Item, ...]]
    model: str = ""
    name: str = ""
    learnt: frozenset[str] = frozenset()
    cut: SegmentConfig = SegmentConfig()
    texts: Mapping[str, str] = field(default_factory=dict)


def advise(study: Study, model: CodingModel | None, name: str = "", progress: Progress | None = None) -> Advice:
    """Cut the documents into segments and ask the model about those it has not learnt from.

    Raises:
        ModelError: The model is not fitted, or made with another codebook.
    """
    texts = {d.id: d.sha256 for d in study.documents}
    if model is None:
        return Advice({d.id: _items(d, Config(), ()) for d in study.documents}, texts=texts)
    learnt = frozenset(p.document for p in model.precedents.items) if model.precedents else frozenset()
    made = json.dumps(model.provenance or {}, sort_keys=True, default=str)
    items = {}
    for n, d in enumerate(study.documents):
        new = d.id not in learnt
        said = model.suggest(replace(study, documents=(d,)), everything=True) if new else ()
        items[d.id] = _items(d, model.config, said, new)
        if progress:
            progress(n + 1, len(study.documents))
    digest = hashlib.sha256(made.encode()).hexdigest()
    return Advice(items, digest, name, learnt, model.config.segment, texts)


def _items(document: Document, config: Config, said: Sequence[Suggestion], judged: bool = False) -> tuple[Item, ...]:
    shown: dict[str, list[Suggestion]] = {}
    rejected: dict[str, Suggestion] = {}
    for s in said:
        if s.band == "silent":
            rejected.setdefault(s.segment.id, s)  # the likeliest comes first
        else:
            shown.setdefault(s.segment.id, []).append(s)
    return tuple(
        Item(s, tuple(shown.get(s.id, ())), rejected.get(s.id), is_context(s, document, config.segment), judged)
        for s in segment(document, config.segment)
    )
