"""What a person does on the page, each as decisions for the ledger."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from autocode.desk.advice import Item, ReviewSession
from autocode.desk.queue import Choice, DecisionIndex, about, coded, complete, decide, seen, unanswered, visible, waiting
from autocode.desk.session import Desk
from autocode.desk.wording import correction, undo
from autocode.errors import InputError, StudyError
from autocode.store.ledger import now
from autocode.study import Coding, Suggestion
from autocode.trail import BACK, Decision, Effects

_WORD = re.compile(r"\S+")
_LONGEST = 4000  # characters of a note
_TURN = 30_000  # characters of a turn with its words corrected


@dataclass(frozen=True, slots=True)
class Ask:
    """What the page sends: everything in it is untrusted.

    Attributes:
        do: One of `ACTS`.
        document: Id of the document; `unit` is the id of the segment.
        code: Path of a code; `suggested` that of a suggestion.
        text: A note.
        edge: start or end, for `move`; `by` is the number of words.
        codes: For `agree`.
        least: Probability for `bulk`; `digest` is that of the preview.
    """

    do: str
    document: str = ""
    unit: str = ""
    code: str = ""
    suggested: str = ""
    text: str = ""
    start: int = -1
    end: int = -1
    edge: str = ""
    by: int = 0
    codes: tuple[str, ...] = ()
    least: float = 1.0
    digest: str = ""
    seconds: float = 0.0
    request: str = ""


def asked(row: object) -> Ask:
    """Check what the page sent.

    Raises:
        InputError: A field is unknown, of the wrong kind or too long.
    """
    wrong = InputError("the request", "it is not what this page sends", "Reload the page.")
    if not isinstance(row, dict) or not isinstance(row.get("do"), str):
        raise wrong
    kinds = {f.name: type(f.default) if f.name != "do" else str for f in fields(Ask)}
    made: dict[str, Any] = {}
    for name, value in row.items():
        kind = kinds.get(name)
        if kind is tuple and isinstance(value, list) and len(value) <= 200 and all(isinstance(v, str) for v in value):
            made[name] = tuple(value)
        elif kind is float and isinstance(value, int | float) and not isinstance(value, bool):
            made[name] = min(max(float(value), 0.0), 36_000.0) if value == value else 0.0
        elif kind in (str, int) and type(value) is kind and len(str(value)) <= (_TURN if name == "text" else _LONGEST):
            made[name] = value
        else:
            raise wrong
    return Ask(**made)


def act(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    """The decisions that a request stands for.

    Raises:
        AutocodeError: The request does not fit the study as it is.
    """
    if ask.do in BACK:
        return [undo(desk, sitting, ask.do, ask.request)]
    if ask.do in ("bulk", "rest"):
        return _accept_all(desk, sitting, ask) if ask.do == "bulk" else _close_rest(desk, sitting, ask)
    if ask.do not in ACTS:
        raise InputError("the request", "it is not what this page sends", "Reload the page.")
    item = desk.item((ask.document, ask.unit))
    if item.context and ask.do not in ("add", "note", "flag", "correct"):
        raise StudyError("this segment", "an interviewer's turn is read, not coded", "Go on to the next one.")
    made = ACTS[ask.do](desk, sitting, ask, item)
    made = replace(made, seconds=min(ask.seconds, 3600.0), request=ask.request)
    return [_with_reading(desk, sitting, item, made)]


def _with_reading(desk: Desk, sitting: ReviewSession, item: Item, decision: Decision) -> Decision:
    """Where the decision closes the segment, the coder has read it: what was left uncoded is a no."""
    answered = {*desk.standing.verdicts(sitting.coder, item.key), decision.suggested}
    free = visible(item, sitting, desk.standing)
    closes = decision.action in ("accept", "reject", "other") and free and all(s.code in answered for s in item.suggestions)
    if not (closes or decision.action == "done"):
        return decision
    read = seen(item, sitting.coder, desk.readings_of(item.segment.document, sitting.coder))
    return replace(decision, effects=replace(decision.effects, read=read))


def _answer(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    if not visible(item, sitting, desk.standing):
        raise StudyError("this segment", "its suggestions are hidden until it is decided", "Code it as you see it.")
    suggestion = item.suggestion(ask.suggested)
    if desk.standing.verdicts(sitting.coder, item.key).get(suggestion.code) == ask.do != "other":
        raise StudyError("this suggestion", "it is decided so already", "Undo to change it.")
    choice = Choice(ask.do, now(), desk.study.codebook, ask.code)
    return decide(item, suggestion, choice, sitting, _own(desk, sitting, item))


def _own(desk: Desk, sitting: ReviewSession, item: Item) -> list[Coding]:
    """The coder's codings of exactly this segment."""
    span = (item.segment.start, item.segment.end)
    return [c for c in desk.touching(item) if c.coder == sitting.coder and (c.start, c.end) == span]


def _add(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    """A code for the segment, or for a free selection that begins in it."""
    book, text = desk.study.codebook, desk.study.by_id[ask.document].text
    if ask.code not in book:
        raise book.unknown(ask.code)
    chosen = (ask.start, ask.end) != (-1, -1)
    start, end = (ask.start, ask.end) if chosen else (item.segment.start, item.segment.end)
    if not 0 <= start < end <= len(text) or not text[start:end].strip():
        raise StudyError("this selection", "it holds no words of the document", "Select some words and try again.")
    made = replace(coded(item.segment, ask.code, sitting, now()), start=start, end=end)
    if any((c.start, c.end, c.code, c.coder) == (start, end, ask.code, sitting.coder) for c in desk.touching(item)):
        raise StudyError("this code", "you have given it to these words already", "")
    decision = about(item, "add", sitting, book)
    return replace(decision, start=start, end=end, code=ask.code, effects=Effects(added=(made,)))


def _mine(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Coding:
    for c in desk.touching(item):
        if (c.coder, c.code, c.start, c.end) == (sitting.coder, ask.code, ask.start, ask.end):
            return c
    raise StudyError("this coding", "it is no longer there", "Reload the page and look again.")


def _remove(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    coding = _mine(desk, sitting, ask, item)
    decision = about(item, "remove", sitting, desk.study.codebook)
    effects = Effects(removed=(coding,))
    return replace(decision, start=coding.start, end=coding.end, code=coding.code, effects=effects)


def _move(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    """Move one edge of the coder's own coding by words."""
    coding = _mine(desk, sitting, ask, item)
    edge = "start" if ask.edge == "start" else "end"
    place = moved(desk.study.by_id[ask.document].text, coding, edge, ask.by)
    new = replace(coding, start=place) if edge == "start" else replace(coding, end=place)
    if new.start >= new.end or new == coding:
        raise StudyError("this edge", "it cannot be moved further", "")
    decision = about(item, "move", sitting, desk.study.codebook)
    effects = Effects(added=(new,), removed=(coding,))
    return replace(decision, start=new.start, end=new.end, code=new.code, effects=effects)


def moved(text: str, coding: Coding, edge: str, by: int) -> int:
    """Where an edge of a coding stands after moving it by words, within 2,000 characters.

    Args:
        text: The document's.
        coding: The coding.
        edge: start (stops at the beginnings of words) or end (stops at their ends).
        by: How many words; negative is towards the beginning.
    """
    at = coding.start if edge == "start" else coding.end
    low, high = max(0, at - 2000), min(len(text), at + 2000)
    words = list(_WORD.finditer(text, low, high))
    stops = [w.start() if edge == "start" else w.end() for w in words]
    ahead = [s for s in stops if s > at] if by > 0 else [s for s in reversed(stops) if s < at]
    return ahead[min(abs(by), len(ahead)) - 1] if ahead and by else at


def _done(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    """Nothing more to code here. It also records which codes the coder gave the segment."""
    if desk.standing.closed(sitting.coder, item.key):
        raise StudyError("this segment", "it is decided already", "Undo to change it.")
    given = {c.code for c in desk.touching(item) if c.coder == sitting.coder}
    decision = about(item, "done", sitting, desk.study.codebook)
    return replace(decision, shown=tuple(replace(s, given=s.code in given) for s in decision.shown))


def _mark(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    """Skip, flag or comment: nothing in the study changes."""
    if ask.do == "note" and not 0 < len(ask.text.strip()) <= _LONGEST:
        raise StudyError("this comment", "it is empty or too long", "Write something, or close the window.")
    decision = about(item, ask.do, sitting, desk.study.codebook)
    flagged = flag_of(desk.standing, sitting, item)
    return replace(decision, note=ask.text.strip() if ask.do == "note" else "off" if ask.do == "flag" and flagged else "")


def flag_of(standing: DecisionIndex, sitting: ReviewSession, item: Item) -> bool:
    """Whether the coder has flagged a segment."""
    flags = [e.decision.note for e in standing.of(sitting.coder, item.key) if e.decision.action == "flag"]
    return bool(flags) and flags[-1] != "off"


def bulk(
    items: Sequence[Item], sitting: ReviewSession, standing: DecisionIndex, least: float, code: str = ""
) -> list[tuple[Item, Suggestion]]:
    """The open, visible suggestions at or above a probability: what accepting them at once would code.

    Args:
        least: The probability.
        code: Only this code; all where empty.
    """
    return [
        (item, s)
        for item in items
        if not item.context and not sitting.hides(item)
        for s in unanswered(item, sitting, standing)
        if s.probability >= least and code in ("", s.code)
    ]


def preview(desk: Desk, sitting: ReviewSession, ask: Ask) -> tuple[list[tuple[Item, Suggestion]], str]:
    """What accepting in bulk would code in a document, and a digest that stands for exactly that."""
    if sitting.blind:
        raise StudyError("bulk accept", "in blind mode no suggestion is shown", "Code what you see.")
    found = bulk(desk.items(ask.document), sitting, desk.standing, ask.least, ask.code)
    said = "\n".join(f"{i.key} {s.code} {s.probability!r}" for i, s in found)
    return found, hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _accept_all(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    found, digest = preview(desk, sitting, ask)
    if digest != ask.digest or not found:
        raise StudyError("bulk accept", "what it would code has changed since the preview", "Look at a new preview.")
    batch, when, decisions = uuid.uuid4().hex, now(), []
    choice = Choice("accept", when, desk.study.codebook, request=ask.request, batch=batch)
    for item, suggestion in found:
        decisions.append(decide(item, suggestion, choice, sitting, _own(desk, sitting, item)))
    answered: dict[tuple[str, str], set[str]] = {}
    for d in decisions:
        answered.setdefault((d.document, d.segment), set()).add(d.suggested)
    return [_closing(desk, sitting, d, answered) for d in decisions]


def _closing(desk: Desk, sitting: ReviewSession, d: Decision, answered: Mapping[tuple[str, str], set[str]]) -> Decision:
    """The last accepted suggestion of a segment brings the reading, if all are answered then."""
    item = desk.item((d.document, d.segment))
    known = {*desk.standing.verdicts(sitting.coder, item.key), *answered[item.key]}
    last = [s.code for s in item.suggestions if s.code in answered[item.key]][-1]
    if d.suggested != last or any(s.code not in known for s in item.suggestions):
        return d
    read = seen(item, sitting.coder, desk.readings_of(d.document, sitting.coder))
    return replace(d, effects=replace(d.effects, read=read))


def _close_rest(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    """Close every segment of a document that the model has no question about: the coder has read it."""
    batch, readings = uuid.uuid4().hex, desk.readings_of(ask.document, sitting.coder)
    rest = [
        i
        for i in desk.items(ask.document)
        if not i.context and not waiting(i, sitting, desk.standing) and not complete(i, sitting, desk.standing)
    ]
    if not rest:
        raise StudyError("this document", "no segment without a suggestion is left open", "")
    return [
        replace(
            about(i, "done", sitting, desk.study.codebook),
            batch=batch,
            request=ask.request,
            effects=Effects(read=seen(i, sitting.coder, readings)),
        )
        for i in rest
    ]


ACTS: dict[str, Callable[[Desk, ReviewSession, Ask, Item], Decision]] = {
    "accept": _answer,
    "reject": _answer,
    "other": _answer,
    "add": _add,
    "remove": _remove,
    "move": _move,
    "done": _done,
    "skip": _mark,
    "flag": _mark,
    "note": _mark,
    "correct": lambda desk, sitting, ask, item: correction(desk, sitting, item, ask.text),
}
