"""What a model says of the documents under review."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from autocode.config import Config, SegmentConfig
from autocode.model import CodingModel
from autocode.review.items import Item
from autocode.segment import is_context, segment
from autocode.study import Document, Progress, Study, Suggestion


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
