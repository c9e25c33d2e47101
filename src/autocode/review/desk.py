"""The desk: a study with its segments, suggestions and decisions, kept in step with the file."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autocode.audit import Decision, Effects, Entry, verify
from autocode.config import Config
from autocode.errors import StoreError, StudyError
from autocode.matrix import touching
from autocode.model import CodingModel
from autocode.review.queue import Item, Key, Sitting, Standing, complete, visible
from autocode.segment import is_context, segment
from autocode.store import load
from autocode.store.ledger import append, entries, last_written, stamp
from autocode.study import Coder, Coding, Document, Progress, Reading, Study, Suggestion


@dataclass(frozen=True, slots=True)
class Advice:
    """What a model says of the documents it has not learnt from.

    Attributes:
        items: Every segment of every document, in order, by the document's id.
        model: Hash of the model, "" without one.
        name: What the model is called on the page.
        learnt: Ids of the documents it learnt from: for these it stays silent.
    """

    items: dict[str, tuple[Item, ...]]
    model: str = ""
    name: str = ""
    learnt: frozenset[str] = frozenset()


def advise(study: Study, model: CodingModel | None, name: str = "", progress: Progress | None = None) -> Advice:
    """Cut the documents into segments and ask the model about those it has not learnt from.

    Raises:
        ModelError: The model is not fitted, or made with another codebook.
    """
    if model is None:
        return Advice({d.id: _items(d, Config(), ()) for d in study.documents})
    learnt = frozenset(p.document for p in model.precedents.items) if model.precedents else frozenset()
    made = json.dumps(model.provenance or {}, sort_keys=True, default=str)
    items = {}
    for n, d in enumerate(study.documents):
        new = d.id not in learnt
        said = model.suggest(replace(study, documents=(d,)), everything=True) if new else ()
        items[d.id] = _items(d, model.config, said, new)
        if progress:
            progress(n + 1, len(study.documents))
    return Advice(items, hashlib.sha256(made.encode()).hexdigest(), name, learnt)


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


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a coder is in a document: segments decided, waiting, and without a question."""

    decided: int
    asked: int
    silent: int

    @property
    def total(self) -> int:
        """All segments that can be coded."""
        return self.decided + self.asked + self.silent


class Desk:
    """One study under review. Not safe for several threads: the server handles one request at a time."""

    def __init__(self, path: Path, advice: Advice) -> None:
        """Open a study file.

        Raises:
            StoreError: The file or its ledger is damaged.
        """
        self.path, self.advice = path, advice
        self._places = {i.key: i for items in advice.items.values() for i in items}
        self._order = {d: {i.segment.id: n for n, i in enumerate(items)} for d, items in advice.items.items()}
        self._segments = {d: [i.segment for i in items] for d, items in advice.items.items()}
        self._stamp: tuple[int, ...] = ()
        self.standing = Standing(())
        self.refresh()

    def refresh(self) -> None:
        """Read the study again where anyone else has written to it.

        Raises:
            StoreError: The file is damaged, the ledger's chain is broken, or an import has changed
                a document, which asks for a new start.
        """
        found = stamp(self.path)
        if found == self._stamp:
            return
        self.study = load(self.path)
        known = self.standing.entries  # looked at before: only what others have added since is new
        written = entries(self.path, after=len(known))
        if faults := verify(written, last_written(self.path), known[-1] if known else None):
            raise StoreError(str(self.path), f"the ledger is damaged ({faults[0]})", "Restore a copy of the study.")
        if self.study.by_id.keys() != self.advice.items.keys():
            raise StoreError(str(self.path), "documents were added or taken away", "Start the review again.")
        for entry in written:
            self.standing.add(entry)
        self._stamp = found
        self._index()

    def _index(self) -> None:
        self._codings: dict[str, list[Coding]] = {}
        for c in self.study.codings:
            self._codings.setdefault(c.document, []).append(c)
        self._touched: dict[str, dict[int, list[Coding]]] = {}
        self._states: dict[tuple[Sitting, str], dict[str, str]] = {}

    def write(self, decisions: Sequence[Decision], name: str = "") -> list[Entry]:
        """Put decisions into the ledger, on the disk, and then into what is shown.

        Args:
            decisions: In order.
            name: Of the coder, where the study does not know that coder yet.
        """
        known = {c.id for c in self.study.coders}
        wanted = {d.coder: Coder(d.coder, name or d.coder) for d in decisions}
        if any(c.coder == "agreed" for d in decisions for c in d.effects.added) or any(
            r.coder == "agreed" for d in decisions for r in d.effects.read
        ):
            wanted["agreed"] = Coder("agreed", "Agreed", "agreed")
        new = [c for i, c in wanted.items() if i not in known]
        written = append(self.path, decisions, new)
        self.study = replace(self.study, coders=(*self.study.coders, *new))
        keys = {(d.document, d.segment) for d in decisions}
        for entry in written:
            keys |= {(e.document, e.segment) for e in (self.standing.decision(n) for n in entry.decision.undoes)}
            self.standing.add(entry)
            self._take_in(entry.decision.effects)
        self._stamp = stamp(self.path)
        self._judge_again(keys)
        return written

    def _take_in(self, effects: Effects) -> None:
        if effects == Effects():
            return
        codings = _without(self.study.codings, effects.removed) + list(effects.added)
        for c in effects.removed:
            self._codings[c.document] = _without(self._codings[c.document], [c])
            self._touch(c, list.remove)
        for c in effects.added:
            self._codings.setdefault(c.document, []).append(c)
            self._touch(c, list.append)
        gone = set(effects.unread)
        readings = [r for r in self.study.readings if r not in gone] if gone else self.study.readings
        book = effects.book[1] if effects.book else self.study.codebook
        self.study = replace(self.study, codings=tuple(codings), readings=(*readings, *effects.read), codebook=book)

    def _judge_again(self, keys: set[Key]) -> None:
        """Bring the states of some segments up to date, for everyone who looked at their document."""
        for (sitting, document), states in self._states.items():
            for key in keys & {(document, unit) for _, unit in keys}:
                if key in self._places:
                    states[key[1]] = self._judged(self._places[key], sitting)

    def _judged(self, item: Item, sitting: Sitting) -> str:
        if item.context:
            return "context"
        if complete(item, sitting, self.standing):
            return "decided"
        return "asked" if item.suggestions or sitting.hides(item) else "silent"

    def _states_of(self, document: str, sitting: Sitting) -> dict[str, str]:
        key = (sitting, document)
        if key not in self._states:
            self._states[key] = {i.segment.id: self._judged(i, sitting) for i in self.items(document)}
        return self._states[key]

    def state(self, item: Item, sitting: Sitting) -> str:
        """How a segment stands with a coder: context, decided, asked (it waits) or silent."""
        return self._states_of(item.segment.document, sitting)[item.segment.id]

    def item(self, key: Key) -> Item:
        """A segment by document and id.

        Raises:
            StudyError: There is none.
        """
        if key not in self._places:
            raise StudyError("this segment", "the study does not have it", "Reload the page.")
        return self._places[key]

    def items(self, document: str) -> tuple[Item, ...]:
        """All segments of a document, in order.

        Raises:
            StudyError: There is no such document.
        """
        if document not in self.advice.items:
            raise StudyError("this document", "the study does not have it", "Reload the page.")
        return self.advice.items[document]

    def number(self, item: Item) -> int:
        """The place of a segment in its document, from 0."""
        return self._order[item.segment.document][item.segment.id]

    def touching(self, item: Item) -> list[Coding]:
        """All codings, by anyone, that touch a segment, in order of position."""
        document = item.segment.document
        if document not in self._touched:
            self._touched[document] = {}
            for c in self._codings.get(document, ()):
                self._touch(c, list.append)
        found = self._touched[document].get(self.number(item), [])
        return sorted(found, key=lambda c: (c.start, -c.end, c.code, c.coder))

    def touched_by(self, coding: Coding) -> set[Item]:
        """The segments that a coding touches."""
        items = self.items(coding.document)
        return {items[n] for n in touching(coding, self._segments[coding.document])}

    def _touch(self, coding: Coding, change: Callable[[list[Coding], Coding], None]) -> None:
        """Add a coding to the segments that it touches, or take it away."""
        if coding.document in self._touched:
            for n in touching(coding, self._segments[coding.document]):
                change(self._touched[coding.document].setdefault(n, []), coding)

    def codings_for(self, item: Item, sitting: Sitting) -> list[Coding]:
        """The codings that touch a segment, as far as this coder may see them."""
        free = visible(item, sitting, self.standing)
        return [c for c in self.touching(item) if c.coder == sitting.coder or free]

    def suggestions_for(self, item: Item, sitting: Sitting) -> tuple[Suggestion, ...]:
        """The suggestions of a segment, as far as this coder may see them."""
        return item.suggestions if visible(item, sitting, self.standing) else ()

    def readings_of(self, document: str, coder: str) -> list[Reading]:
        """What a coder has read of a document."""
        return [r for r in self.study.readings if r.document == document and r.coder == coder]

    def progress(self, document: str, sitting: Sitting) -> Progressed:
        """How far a coder is in a document."""
        found = Counter(self._states_of(document, sitting).values())
        return Progressed(found["decided"], found["asked"], found["silent"])


def _without(codings: Iterable[Coding], removed: Iterable[Coding]) -> list[Coding]:
    """The codings less those removed; of two equal ones only one goes."""
    left = Counter(removed)
    kept = []
    for c in codings:
        if left.get(c):
            left[c] -= 1
        else:
            kept.append(c)
    return kept
