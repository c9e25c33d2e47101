"""What a person does on the page, each as decisions for the ledger."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from autocode.desk import Choice, DecisionIndex, about, coded, complete, decide, seen, unanswered, visible, waiting
from autocode.desk.advice import Item, ReviewSession, carried, reworded, shifted, taken_back
from autocode.desk.guard import Ask
from autocode.desk.session import Desk
from autocode.errors import InputError, StudyError
from autocode.store.opening import now
from autocode.study import Coding, Document, Study, Suggestion
from autocode.study.matrix import segment
from autocode.study.moves import edits_between
from autocode.study.revise import apply_edits
from autocode.trail import BACK, Decision, Effects, reverse

_WORD = re.compile(r"\S+")
_LONGEST = 4000  # characters of a note


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


def new_code(desk: Desk, sitting: ReviewSession, ask: Ask, step: Decision) -> list[Decision]:
    """A new code and, with it, the coding for which it was wanted; undone together.

    Args:
        step: The decision that adds the code to the codebook.
    """
    old, new = step.effects.book or (desk.study.codebook, desk.study.codebook)
    (path,) = {c.path for c in new} - {c.path for c in old}
    item, batch = desk.item((ask.document, ask.unit)), uuid.uuid4().hex
    made = _given(desk, sitting, replace(ask, code=path), item)
    made = replace(made, codebook=new.sha256, seconds=min(ask.seconds, 3600.0))
    return [replace(d, request=ask.request, batch=batch) for d in (step, made)]


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
    suggestion, action = item.suggestion(ask.suggested), "accept" if ask.do == "trim" else ask.do
    if desk.standing.verdicts(sitting.coder, item.key).get(suggestion.code) == action != "other":
        raise StudyError("this suggestion", "it is decided so already", "Undo to change it.")
    choice = Choice(action, now(), desk.study.codebook, ask.code)
    made = decide(item, suggestion, choice, sitting, _own(desk, sitting, item, suggestion))
    if ask.do != "trim":
        return made
    start, end = words_of(desk.study.by_id[ask.document].text, ask.start, ask.end)
    if not item.segment.start <= start < end <= item.segment.end:
        raise StudyError("this selection", "it is not within the suggestion's segment", "Select some of its words.")
    added = tuple(replace(c, start=start, end=end) for c in made.effects.added)
    return replace(made, start=start, end=end, effects=replace(made.effects, added=added))


def _own(desk: Desk, sitting: ReviewSession, item: Item, suggestion: Suggestion) -> list[Coding]:
    """The coder's codings of exactly this segment, or of exactly the words that carry a suggestion."""
    spans = ((item.segment.start, item.segment.end), suggestion.passage)
    return [c for c in desk.touching(item) if c.coder == sitting.coder and (c.start, c.end) in spans]


def _add(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    if ask.code not in desk.study.codebook:
        raise desk.study.codebook.unknown(ask.code)
    return _given(desk, sitting, ask, item)


def _given(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    """A code for the segment, or for a selection: the record is of the segments that hold the words coded."""
    text = desk.study.by_id[ask.document].text
    chosen = (ask.start, ask.end) != (-1, -1)
    start, end = words_of(text, ask.start, ask.end) if chosen else (item.segment.start, item.segment.end)
    if any((c.start, c.end, c.code, c.coder) == (start, end, ask.code, sitting.coder) for c in desk.codings_of(ask.document)):
        raise StudyError("this code", "you have given it to these words already", "")
    touched = desk.within(ask.document, start, end) if chosen else [item]
    if not touched:
        raise StudyError("this selection", "it lies outside the segments", "Select words of the transcript.")
    made = replace(coded(touched[0].segment, ask.code, sitting, now()), start=start, end=end)
    decision = _over(desk, sitting, touched)
    return replace(decision, start=start, end=end, code=ask.code, effects=Effects(added=(made,)))


def _over(desk: Desk, sitting: ReviewSession, touched: Sequence[Item]) -> Decision:
    """A decision on a passage: what was shown is what stood on the screen beside any of its segments."""
    made = about(touched[0], "add", sitting, desk.study.codebook)
    if len(touched) == 1:
        return made
    seen_ = [i for i in touched if visible(i, sitting, desk.standing)]
    shown = [s for i in seen_ or touched for s in about(i, "add", sitting, desk.study.codebook).shown]
    likeliest = {s.code: s for s in sorted(shown, key=lambda s: s.probability)}
    return replace(made, hidden=not seen_, shown=tuple(likeliest.values()))


def words_of(text: str, start: int, end: int) -> tuple[int, int]:
    """A selection without the blanks at its edges.

    Raises:
        StudyError: It holds no words.
    """
    said = text[start:end] if 0 <= start < end <= len(text) else ""
    if not said.strip():
        raise StudyError("this selection", "it holds no words of the document", "Select some words and try again.")
    return start + len(said) - len(said.lstrip()), end - len(said) + len(said.rstrip())


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


def _recode(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    """Another code for the same words, in the place of one's own."""
    book, old = desk.study.codebook, _mine(desk, sitting, ask, item)
    if ask.suggested not in book:
        raise book.unknown(ask.suggested)
    new = replace(old, code=ask.suggested)
    if any((c.start, c.end, c.code, c.coder) == (new.start, new.end, new.code, new.coder) for c in desk.touching(item)):
        raise StudyError("this code", "you have given it to these words already", "")
    decision = about(item, "recode", sitting, book)
    return replace(decision, start=old.start, end=old.end, code=new.code, effects=Effects(added=(new,), removed=(old,)))


def _memo(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    """What the coder thinks of a coding of their own; an empty memo takes it away."""
    old = _mine(desk, sitting, ask, item)
    new = replace(old, memo=ask.text.strip()[:_LONGEST])
    if new == old:
        raise StudyError("this memo", "it is as it was", "")
    decision = about(item, "memo", sitting, desk.study.codebook)
    return replace(decision, start=old.start, end=old.end, code=old.code, effects=Effects(added=(new,), removed=(old,)))


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


def _span(desk: Desk, sitting: ReviewSession, ask: Ask, item: Item) -> Decision:
    """Other words for the coder's own coding: both edges in one step."""
    coding = _mine(desk, sitting, ask, item)
    start, end = words_of(desk.study.by_id[ask.document].text, ask.first, ask.last)
    new = replace(coding, start=start, end=end)
    if new == coding:
        raise StudyError("this coding", "its words are as they were", "")
    if any(replace(c, memo=new.memo, when=new.when, weight=new.weight) == new for c in desk.codings_of(ask.document)):
        raise StudyError("this code", "you have given it to these words already", "Remove one of the two.")
    if not desk.within(ask.document, start, end):
        raise StudyError("this selection", "it lies outside the segments", "Select words of the transcript.")
    decision = about(item, "move", sitting, desk.study.codebook)
    return replace(decision, start=start, end=end, code=new.code, effects=Effects(added=(new,), removed=(coding,)))


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
    flagged = desk.standing.flagged(sitting.coder, item.key)
    return replace(decision, note=ask.text.strip() if ask.do == "note" else "off" if ask.do == "flag" and flagged else "")


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
        decisions.append(decide(item, suggestion, choice, sitting, _own(desk, sitting, item, suggestion)))
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


def silent(desk: Desk, sitting: ReviewSession, document: str) -> list[Item]:
    """The segments of a document that are neither decided nor wait: the model has no question there."""
    return [
        i
        for i in desk.items(document)
        if not i.context and not waiting(i, sitting, desk.standing) and not complete(i, sitting, desk.standing)
    ]


def _close_rest(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    """Close every segment of a document that the model has no question about: the coder has read it."""
    batch, readings = uuid.uuid4().hex, desk.readings_of(ask.document, sitting.coder)
    rest = silent(desk, sitting, ask.document)
    if not rest:
        raise StudyError("this document", "no segment without a suggestion is left open", "")
    if len(rest) != ask.by:
        raise StudyError("this document", f"{len(rest)} segments are unread now, not {ask.by}", "Look at the window again.")
    return [
        replace(
            about(i, "done", sitting, desk.study.codebook),
            batch=batch,
            request=ask.request,
            effects=Effects(read=seen(i, sitting.coder, readings)),
        )
        for i in rest
    ]


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
                "Keep these, or change the file and bring it in once more.",
            )


def digest_of(lost: Sequence[Coding]) -> str:
    """What stands for exactly these codings, so that losing them is agreed to with open eyes."""
    return hashlib.sha256(repr(sorted(lost, key=repr)).encode("utf-8", "surrogatepass")).hexdigest() if lost else ""


def _cleaned(text: str) -> str:
    """The words as typed, without what no transcript holds: line ends of another system, control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(c for c in lines if c == "\n" or c.isprintable() or c in "\u200c\u200d\t")


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
        return replace(made, effects=taken_back(desk.study, made.effects.words, last[-1].decision.effects))
    return replace(made, effects=carried(made.effects, desk.standing.entries[last[-1].seq :]))


ACTS: dict[str, Callable[[Desk, ReviewSession, Ask, Item], Decision]] = {
    "accept": _answer,
    "reject": _answer,
    "other": _answer,
    "trim": _answer,
    "add": _add,
    "remove": _remove,
    "move": _move,
    "span": _span,
    "recode": _recode,
    "memo": _memo,
    "done": _done,
    "skip": _mark,
    "flag": _mark,
    "note": _mark,
    "correct": lambda desk, sitting, ask, item: correction(desk, sitting, item, ask.text),
}
