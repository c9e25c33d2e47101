"""The desk, where a suggestion becomes a coding by a person's decision alone: what comes next, and `decide`, the only way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autocode.desk.advice import Item, Key, ReviewSession, chance
from autocode.errors import StudyError
from autocode.study import Coding, Reading, Segment, Suggestion
from autocode.study.codebook import Codebook, renames
from autocode.trail import BACK, Decision, Effects, Entry, Shown, undone

ORDERS = ("document", "uncertain", "code", "random", "drawn")
"""By document; most uncertain first; suggestions of one code together; a random fifth; those drawn for a second coder."""

_RANDOM_SHARE = 0.2
_VERDICTS = ("accept", "reject", "other")


class DecisionIndex:
    """What each coder has decided on each segment so far, undone decisions left out."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Take in the entries of a ledger, in order."""
        self.entries = list(entries)
        self._gone = set(undone(self.entries))
        self._by_key: dict[tuple[str, str, str], list[Entry]] = {}
        self._corrected: dict[Key, list[Entry]] = {}
        self._renames: list[tuple[int, dict[str, str]]] = []
        for entry in self.entries:
            self._file(entry)

    def add(self, entry: Entry) -> None:
        """Take in a new entry."""
        self.entries.append(entry)
        for seq in entry.decision.undoes:
            self._take_back(seq, True)
        self._file(entry)

    def _take_back(self, seq: int, gone: bool) -> None:
        """An entry counts no more, or again; what it had itself taken back, the other way round."""
        (self._gone.add if gone else self._gone.discard)(seq)
        for n in self.decision(seq).undoes:
            self._take_back(n, not gone)

    def decision(self, seq: int) -> Decision:
        """The decision of an entry, by its number."""
        return self.entries[seq - 1].decision

    def _file(self, entry: Entry) -> None:
        d = entry.decision
        self._by_key.setdefault((d.coder, d.document, d.segment), []).append(entry)
        if d.action == "correct":
            self._corrected.setdefault((d.document, d.segment), []).append(entry)
        if d.effects.book and (went := renames(*d.effects.book)):
            self._renames.append((entry.seq, went))

    def path(self, code: str, seq: int) -> str:
        """What a code is called now that was called so at an entry."""
        for later, went in self._renames:
            code = went.get(code, code) if later > seq else code
        return code

    def of(self, coder: str, key: Key) -> list[Entry]:
        """The entries of a coder on a segment that still hold, in order."""
        found = self._by_key.get((coder, *key), ())
        return [e for e in found if e.seq not in self._gone and e.decision.action not in BACK]

    def corrections(self, key: Key) -> list[Entry]:
        """The corrections of a segment's words, by anyone, that still hold."""
        return [e for e in self._corrected.get(key, ()) if e.seq not in self._gone]

    def verdicts(self, coder: str, key: Key) -> Mapping[str, str]:
        """accept, reject or other, by the code suggested."""
        return {self.path(d.suggested, e.seq): d.action for e in self.of(coder, key) if (d := e.decision).action in _VERDICTS}

    def asked(self, coder: str, key: Key) -> list[str]:
        """The codes that stood suggested when the coder last answered one of them."""
        found = [e for e in self.of(coder, key) if e.decision.action in _VERDICTS]
        return [self.path(s.code, found[-1].seq) for s in found[-1].decision.shown] if found else []

    def closed(self, coder: str, key: Key) -> bool:
        """Whether the coder has said to be done with the segment."""
        return any(e.decision.action in ("done", "read") for e in self.of(coder, key))

    def skipped(self, coder: str, key: Key) -> bool:
        """Whether the coder put the segment off and has not touched it since."""
        found = self.of(coder, key)
        return bool(found) and found[-1].decision.action == "skip"

    def flagged(self, coder: str, key: Key) -> bool:
        """Whether the coder has flagged the segment."""
        flags = [e.decision.note for e in self.of(coder, key) if e.decision.action == "flag"]
        return bool(flags) and flags[-1] != "off"

    def last(self, coder: str) -> list[Entry]:
        """What undoing takes back: the coder's latest entry that holds, with all of its batch."""
        mine = [e for e in self.entries if e.decision.coder == coder and e.seq not in self._gone]
        mine = [e for e in mine if e.decision.action not in BACK]
        batch = mine[-1].decision.batch if mine else ""
        return [e for e in mine if e.decision.batch == batch] if batch else mine[-1:]

    def undone(self, coder: str) -> Entry | None:
        """What redoing brings back: the coder's latest undo, if nothing was decided since."""
        for e in reversed(self.entries):
            if e.decision.coder == coder and e.decision.action != "redo" and e.seq not in self._gone:
                return e if e.decision.action == "undo" else None
        return None

    def marks(self, coder: str, actions: Sequence[str]) -> list[Entry]:
        """A coder's entries of some kinds that still hold, the latest first."""
        mine = (e for e in reversed(self.entries) if e.decision.coder == coder and e.seq not in self._gone)
        return [e for e in mine if e.decision.action in actions]

    def repeated(self, request: str) -> bool:
        """Whether a request of the page was already written (its answer got lost on the way)."""
        return bool(request) and any(e.decision.request == request for e in self.entries[-200:])


def complete(item: Item, sitting: ReviewSession, standing: DecisionIndex) -> bool:
    """Whether a coder has decided a segment: every suggestion answered, or said to be done.

    Where suggestions are hidden only the latter counts. What was answered stays decided where the model
    has not read yet, is gone, or suggests nothing there any more.
    """
    if standing.closed(sitting.coder, item.key):
        return True
    if sitting.hides(item):
        return False
    asked = [s.code for s in item.suggestions] or standing.asked(sitting.coder, item.key)
    answered = standing.verdicts(sitting.coder, item.key) if asked else {}
    return bool(asked) and all(code in answered for code in asked)


def visible(item: Item, sitting: ReviewSession, standing: DecisionIndex) -> bool:
    """Whether this coder may see the suggestions of a segment now."""
    if sitting.blind:
        return False
    return not sitting.hides(item) or standing.closed(sitting.coder, item.key)


def waiting(item: Item, sitting: ReviewSession, standing: DecisionIndex) -> bool:
    """Whether a segment asks for a decision of this coder."""
    asks = bool(item.suggestions) or sitting.hides(item)
    return asks and not item.context and not complete(item, sitting, standing)


def ranked(items: Sequence[Item], sitting: ReviewSession, standing: DecisionIndex, order: str) -> list[Item]:
    """The segments that wait for this coder, the most useful first.

    A skipped segment comes after all others. A hidden one takes a place by chance, so that its
    place says nothing of its suggestions.

    Args:
        items: In the order of documents and positions.
        order: One of `ORDERS`; in blind mode the documents' order is kept whatever is asked.
    """
    open_ = [i for i in items if waiting(i, sitting, standing)]
    return sorted(_ordered(open_, sitting, standing, order), key=lambda i: standing.skipped(sitting.coder, i.key))


def _ordered(open_: list[Item], sitting: ReviewSession, standing: DecisionIndex, order: str) -> list[Item]:
    if order == "document" or (sitting.blind and order != "random"):
        return open_
    if order == "random":
        drawn = [(chance("draw", *i.key), i) for i in open_]
        return [i for c, i in sorted(drawn, key=lambda pair: pair[0]) if c < _RANDOM_SHARE]
    if order == "uncertain":
        return sorted(open_, key=lambda i: _distance(i, sitting, standing))
    hidden = [i for i in open_ if sitting.hides(i)]
    shown = [i for i in open_ if not sitting.hides(i)]
    return sorted(shown, key=lambda i: _leading(i, sitting, standing)) + hidden


def unanswered(item: Item, sitting: ReviewSession, standing: DecisionIndex) -> list[Suggestion]:
    """The suggestions of a segment that the coder has not answered yet."""
    answered = standing.verdicts(sitting.coder, item.key)
    return [s for s in item.suggestions if s.code not in answered]


def _distance(item: Item, sitting: ReviewSession, standing: DecisionIndex) -> float:
    """How far the nearest open suggestion is from even odds, 0 to 0.5."""
    if sitting.hides(item):
        return chance("place", *item.key) / 2
    return min(abs(s.probability - 0.5) for s in unanswered(item, sitting, standing))


def _leading(item: Item, sitting: ReviewSession, standing: DecisionIndex) -> tuple[str, float]:
    first = unanswered(item, sitting, standing)[0]
    return first.code, -first.probability


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose for one suggestion.

    Attributes:
        action: accept, reject or other.
        code: The code given instead, for `other`.
        when: ISO 8601, for the coding.
        book: The codebook now.
    """

    action: str
    when: str
    book: Codebook
    code: str = ""
    seconds: float = 0.0
    request: str = ""
    batch: str = ""


def decide(item: Item, suggestion: Suggestion, choice: Choice, sitting: ReviewSession, codings: Sequence[Coding]) -> Decision:
    """Turn a suggestion into a person's decision: the only place where it can become a coding.

    Args:
        item: The segment with all its suggestions.
        suggestion: The one decided on.
        choice: What the person chose.
        sitting: Who, and under which conditions.
        codings: That person's codings of exactly this segment, or of the words that carry the suggestion.

    Returns:
        The decision with its effects, to be written to the ledger. The coding is the person's, and covers the words
        that carry the suggestion, the whole segment where the model knows no less. A coding already there is not given
        twice, and one that an earlier accept gave is taken back by a later reject.

    Raises:
        CodebookError: The code given instead is not in the codebook.
        StudyError: The action is none of the three.
    """
    if choice.action not in _VERDICTS:
        raise StudyError("this decision", "a suggestion is accepted, rejected or replaced", "Reload the page.")
    given = {"accept": suggestion.code, "other": choice.code, "reject": ""}[choice.action]
    if given and given not in choice.book:
        raise choice.book.unknown(given)
    mine = {c.code: c for c in codings}
    start, end = suggestion.passage
    new = replace(coded(item.segment, given, sitting, choice.when), start=start, end=end)
    added = (new,) if given and given not in mine else ()
    removed = (mine[suggestion.code],) if given != suggestion.code and suggestion.code in mine else ()
    decision = about(item, choice.action, sitting, choice.book)
    return replace(
        decision,
        code=given or suggestion.code,
        suggested=suggestion.code,
        probability=suggestion.probability,
        band=suggestion.band,
        seconds=choice.seconds,
        request=choice.request,
        batch=choice.batch,
        effects=Effects(added=added, removed=removed),
    )


def about(item: Item, action: str, sitting: ReviewSession, book: Codebook) -> Decision:
    """A decision on a segment, without effects yet: who, where, and what was shown or hidden."""
    span = item.segment
    shown = tuple(Shown(s.code, round(s.probability, 6), s.band) for s in item.suggestions)
    return Decision(
        action,
        sitting.coder,
        span.document,
        span.id,
        span.start,
        span.end,
        shown=shown,
        hidden=sitting.hides(item),
        blind=sitting.blind,
        model=sitting.model,
        codebook=book.sha256,
    )


def coded(span: Segment, code: str, sitting: ReviewSession, when: str) -> Coding:
    """A person's own coding of a span."""
    return Coding(span.document, span.start, span.end, code, sitting.coder, when=when)


def seen(item: Item, coder: str, readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """The reading that a decided segment adds; none where the coder had read it before."""
    span = item.segment
    known = any(
        r.coder == coder and r.document == span.document and r.start <= span.start and span.end <= r.end for r in readings
    )
    return () if known else (Reading(span.document, coder, span.start, span.end),)
