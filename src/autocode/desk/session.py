"""The desk: a study with its segments, suggestions and decisions, kept in step with the file."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autocode.desk import DecisionIndex, complete, visible
from autocode.desk.advice import Advice, Item, Key, ReviewSession, known, renamed, shifted
from autocode.desk.jobs import FOLDER, SECOND_CODER
from autocode.dossier.record import NAME, Record, record_of
from autocode.errors import AutocodeError, StoreError, StudyError
from autocode.store import load
from autocode.store.ledger import append, entries, last_written, stamp
from autocode.store.records import Recording, recordings
from autocode.study import Coder, Coding, Document, Doubt, Reading, Study, Suggestion
from autocode.study.codebook import Codebook, renames, shade
from autocode.study.matrix import touching
from autocode.trail import Decision, Effects, Entry, Wording, standing, verify

_COLOURS = 8  # of themes for which nobody chose one


_LIGHT, _DARK = 0.26, 0.165  # luminance at 3:1 from the grounds of a light and a dark page, chosen rows included

Between = tuple[int, tuple[str, ...], tuple[str, ...], tuple[str, ...], int]
"""A segment that two coders saw: its number, the codes of each, why they differ, and the number of the question before."""


def colours_css(book: Codebook) -> str:
    """The colours that people chose as classes, each in a shade that stands out from a light and one from a dark page."""
    chosen = sorted({c.colour for c in book if c.colour})
    light = "".join(f".x{c[1:]}{{--c:{shade(c, 0, _LIGHT)}}}\n" for c in chosen)
    dark = "".join(f".x{c[1:]}{{--c:{shade(c, _DARK, 1)}}}\n" for c in chosen)
    return f"{light}@media (prefers-color-scheme:dark){{\n{dark}}}\n"


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
        self.path, self.advice, self.outdated = path, advice, False
        self._texts, self._all, self._book = dict(advice.texts), dict(advice.items), advice.book
        self._states: dict[tuple[ReviewSession, str], dict[str, str]] = {}
        self._touched: dict[str, dict[int, list[Coding]]] = {}
        self.between: dict[tuple[str, str], dict[str, list[Between]]] = {}  # what two coders differ on, until one of them codes
        self.drawn: tuple[str, Mapping[Key, int]] | AutocodeError | None = None  # `autocode.desk.view.drawn`
        self._drawn_at, self._record = 0, (0, Record(), "")
        self._place_items()
        self._stamp: tuple[int, ...] = ()
        self.study = Study()
        self.recordings: dict[str, Recording] = {}
        self.standing = DecisionIndex(())
        self.refresh()

    @property
    def record(self) -> tuple[Record, str]:
        """What dossier.toml says now, and why it cannot be read (`autocode.dossier.record.record_of`)."""
        file = self.path.parent / NAME
        at = file.stat().st_mtime_ns if file.is_file() else 0
        self._record = self._record if self._record[0] == at else (at, *record_of(file.parent))
        return self._record[1:]

    @property
    def people(self) -> tuple[str, ...]:
        """Ids of the human coders, each person once: dossier.toml says whose codings are a later round of the same people."""
        return self.record[0].humans(self.study)

    def _place_items(self) -> None:
        self.drawn = None
        self._places = {i.key: i for items in self.advice.items.values() for i in items}
        self._order = {d: {i.segment.id: n for n, i in enumerate(items)} for d, items in self.advice.items.items()}
        self._segments = {d: [i.segment for i in items] for d, items in self.advice.items.items()}

    def refresh(self) -> None:
        """Read the study again where anyone else has written to it.

        Raises:
            StoreError: The file is damaged, the ledger's chain is broken, or an import has changed
                a document, which asks for a new start.
        """
        found, table = stamp(self.path), self.path.parent / FOLDER / SECOND_CODER
        if (drawn_at := table.stat().st_mtime_ns if table.is_file() else 0) != self._drawn_at:
            self._drawn_at, self.drawn = drawn_at, None
        if found == self._stamp:
            return
        before, self.study = self.study, load(self.path)
        self.outdated = True  # until the end of this shows that it is not
        self.recordings = recordings(self.path)
        read = self.standing.entries  # looked at before: only what others have added since is new
        written = entries(self.path, after=len(read))
        if faults := verify(written, last_written(self.path), read[-1] if read else None):
            raise StoreError(str(self.path), f"the ledger is damaged ({faults[0]})", "Restore a copy of the study.")
        if self.study.by_id.keys() != self.advice.items.keys():
            raise StoreError(str(self.path), "documents were added or taken away", "Start the review again.")
        texts = dict(before.by_id)
        for entry in written:
            self.standing.add(entry)
            self._follow(texts, entry.decision.effects.words)
        if any(self._texts.get(d.id, d.sha256) != d.sha256 for d in self.study.documents):
            raise StoreError(str(self.path), "a document was replaced by another", "Start the review again.")
        self._stamp, self.outdated = found, False
        self._rename()
        self._index()

    def _rename(self) -> None:
        """Let the suggestions speak of the codes by their names of today, and be silent of those that are gone."""
        if went := renames(self._book, self.study.codebook):
            self._all = {d: tuple(renamed(items, went)) for d, items in self._all.items()}
        if went or self.study.codebook != self._book or not self._book.codes:
            self.advice = replace(self.advice, items={d: known(i, self.study.codebook) for d, i in self._all.items()})
            self._book = self.study.codebook
            self._place_items()

    def hear(self, document: str, items: tuple[Item, ...], advice: Advice) -> None:
        """Take in what a model says of a document; nothing where its text has changed meanwhile.

        Args:
            advice: What the model is, and the texts and codebook that it read.
        """
        if advice.texts.get(document) != self._texts.get(document):
            return
        self._all[document] = tuple(renamed(items, renames(advice.book, self.study.codebook)))
        heard = {**self.advice.items, document: known(self._all[document], self.study.codebook)}
        self.advice = replace(advice, items=heard, texts=self._texts)
        self._place_items()
        self._touched.pop(document, None)
        self._states = {k: v for k, v in self._states.items() if k[1] != document}

    def _follow(self, texts: dict[str, Document], words: Wording | None) -> None:
        """Move the segments of a document along with a correction of its words."""
        if words and words.old and words.document in texts and self._texts.get(words.document) == words.before:
            old = texts[words.document]
            self._all[old.id] = shifted(self._all[old.id], old, words)
            texts[old.id] = replace(old, text=old.text[: words.start] + words.new + old.text[words.end :])
            self._texts[old.id] = words.after
            moved = known(self._all[old.id], self.study.codebook)
            self.advice = replace(self.advice, items={**self.advice.items, old.id: moved})
            self._place_items()

    def _index(self) -> None:
        self._codings: dict[str, list[Coding]] = {}
        self.used = Counter(c.code for c in self.study.codings)
        for c in self.study.codings:
            self._codings.setdefault(c.document, []).append(c)
        self._touched, self._states, self.between = {}, {}, {}
        self._number_themes()
        self._turns = {i: [t.start for t in self.study.by_id[i].turns] for i in self.recordings if i in self.study.by_id}
        self._doubts = {d.id: [w.start for w in d.doubts] for d in self.study.documents if d.doubts}

    def _number_themes(self) -> None:
        book = self.study.codebook
        themes = {c.path: f"c{n % _COLOURS}" for n, c in enumerate(book.children())}
        self.colours = {c.path: f"x{own[1:]}" if (own := book.colour(c.path)) else themes[book.theme(c.path)] for c in book}

    def write(self, decisions: Sequence[Decision], name: str = "") -> list[Entry]:
        """Put decisions into the ledger, on the disk, and then into what is shown.

        Args:
            decisions: In order.
            name: Of the coder, where the study does not know that coder yet.
        """
        known = {c.id for c in self.study.coders}
        wanted = {d.coder: Coder(d.coder, name or d.coder) for d in decisions}
        touched = {c.coder for d in decisions for c in d.effects.added} | {r.coder for d in decisions for r in d.effects.read}
        if AGREED in touched:
            wanted[AGREED] = Coder(AGREED, "Agreed", "agreed")
        new = [c for i, c in wanted.items() if i not in known]
        written = append(self.path, decisions, new)
        if any(d.effects.words for d in decisions) or written[0].seq != len(self.standing.entries) + 1:
            self.refresh()  # the text changed, or someone else has decided meanwhile
            return written
        self.study = replace(self.study, coders=(*self.study.coders, *new))
        keys = {(d.document, d.segment) for d in decisions}
        for entry in written:
            keys |= {(e.document, e.segment) for e in self._taken_back(entry.decision)}
            self.standing.add(entry)
            self._take_in(entry.decision.effects)
        self._stamp = stamp(self.path)
        self._judge_again(keys)
        return written

    def _taken_back(self, decision: Decision) -> Iterator[Decision]:
        """The decisions that one takes back or, where it redoes, brings back."""
        for back in (self.standing.decision(n) for n in decision.undoes):
            yield back
            yield from (self.standing.decision(n) for n in back.undoes)

    def _take_in(self, effects: Effects) -> None:
        if effects == Effects():
            return
        people = {s.coder for s in (*effects.added, *effects.removed)} | {s.coder for s in (*effects.read, *effects.unread)}
        if effects.book or people - {self.study.agreed, "agreed"}:
            self.between = {}
        codings = _without(self.study.codings, effects.removed) + list(effects.added)
        self.used.subtract(c.code for c in effects.removed)
        self.used.update(c.code for c in effects.added)
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
        if effects.book:
            self._number_themes()
            self._rename()
            self._states = {}

    def _judge_again(self, keys: set[Key]) -> None:
        """Bring the states of some segments up to date, for everyone who looked at their document."""
        for (sitting, document), states in self._states.items():
            for key in keys & {(document, unit) for _, unit in keys}:
                if key in self._places:
                    states[key[1]] = self._judged(self._places[key], sitting)

    def _judged(self, item: Item, sitting: ReviewSession) -> str:
        if item.context:
            return "context"
        if complete(item, sitting, self.standing):
            return "decided"
        return "asked" if item.suggestions or sitting.hides(item) else "silent"

    def _states_of(self, document: str, sitting: ReviewSession) -> dict[str, str]:
        key = (sitting, document)
        if key not in self._states:
            self._states[key] = {i.segment.id: self._judged(i, sitting) for i in self.items(document)}
        return self._states[key]

    def state(self, item: Item, sitting: ReviewSession) -> str:
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

    def find(self, key: Key) -> Item | None:
        """A segment by document and id; None where there is none."""
        return self._places.get(key)

    def items(self, document: str) -> tuple[Item, ...]:
        """All segments of a document, in order.

        Raises:
            StudyError: There is no such document.
        """
        if document not in self.advice.items:
            raise StudyError("this document", "the study does not have it", "Reload the page.")
        return self.advice.items[document]

    def within(self, document: str, start: int, end: int) -> list[Item]:
        """The segments that a passage touches, in order."""
        items, spans = self.items(document), self._segments[document]
        at = max(bisect_right(spans, start, key=lambda s: s.start) - 1, 0)
        found = []
        while at < len(items) and spans[at].start < end:
            found += [items[at]] if spans[at].end > start else []
            at += 1
        return found

    def codings_of(self, document: str) -> list[Coding]:
        """All codings of a document, in no order."""
        return self._codings.get(document, [])

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

    def codings_for(self, item: Item, sitting: ReviewSession) -> list[Coding]:
        """The codings that touch a segment, as far as this coder may see them."""
        free = visible(item, sitting, self.standing)
        return [c for c in self.touching(item) if c.coder == sitting.coder or free]

    def suggestions_for(self, item: Item, sitting: ReviewSession) -> tuple[Suggestion, ...]:
        """The suggestions of a segment, as far as this coder may see them."""
        return item.suggestions if visible(item, sitting, self.standing) else ()

    def times(self, item: Item) -> tuple[float, float | None] | None:
        """When a segment is heard in its document's recording, in seconds: from, to; None where nothing says so.

        Within a turn the time is shared out by characters.
        """
        document = self.study.by_id[item.segment.document]
        n = bisect_right(self._turns.get(document.id, ()), item.segment.start) - 1
        turn = document.turns[n] if n >= 0 else None
        if turn is None or turn.start_ms is None or item.segment.start >= turn.end:
            return None
        if turn.end_ms is None or turn.end_ms <= turn.start_ms:
            return turn.start_ms / 1000, None
        pace = (turn.end_ms - turn.start_ms) / max(turn.end - turn.start, 1) / 1000
        last = min(item.segment.end, turn.end)
        return turn.start_ms / 1000 + (item.segment.start - turn.start) * pace, turn.end_ms / 1000 - (turn.end - last) * pace

    def doubts(self, item: Item) -> tuple[Doubt, ...]:
        """The words of a segment that were heard with little confidence."""
        starts = self._doubts.get(item.segment.document)
        if starts is None:
            return ()
        found = self.study.by_id[item.segment.document].doubts
        return found[bisect_left(starts, item.segment.start) : bisect_left(starts, item.segment.end)]

    def readings_of(self, document: str, coder: str) -> list[Reading]:
        """What a coder has read of a document."""
        return [r for r in self.study.readings if r.document == document and r.coder == coder]

    def progress(self, document: str, sitting: ReviewSession) -> Progressed:
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


AGREED = "agreed"


def agreed_coder(desk: Desk) -> str:
    """Id of the coder that holds the resolved coding."""
    return desk.study.agreed or AGREED


def pair_of(desk: Desk, first: str = "", second: str = "") -> tuple[str, str]:
    """The two coders compared: those asked for, else the first two; "" where there is only one."""
    humans = desk.people
    one = first if first in humans else next(iter(humans), "")
    two = second if second in humans and second != one else next((c for c in humans if c != one), "")
    return one, two


def stale(desk: Desk) -> dict[str, Any]:
    """The steps of the codebook that stand, and how many decisions were made with an earlier one."""
    holds = standing(desk.standing.entries)
    steps = [e for e in holds if e.decision.action == "codebook"]
    since = [e for e in holds if e.decision.action in ("accept", "reject", "other", "add", "done")]
    return {"steps": steps[-30:], "older": sum(e.decision.codebook != desk.study.codebook.sha256 for e in since)}
