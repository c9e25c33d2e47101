"""The page and its parts as HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from autocode.audit import Decision
from autocode.codebook import SEPARATOR
from autocode.review.acts import Ask
from autocode.review.desk import Desk
from autocode.review.items import Item, Sitting
from autocode.review.queue import complete
from autocode.review.recode import stale
from autocode.review.resolve import compared
from autocode.review.sound import Heard
from autocode.review.view import (
    Seat,
    colour,
    environment,
    following,
    groups,
    here,
    listed,
    pane,
    unit,
    units,
)  # fmt: skip
from autocode.study import Coding, Suggestion

_MANY = 60  # segments changed at once, above which the whole page is drawn again
_LISTED = 300  # suggestions listed in the preview of a bulk accept


def fragment(template: str, **values: Any) -> str:
    """A template filled in; everything is escaped."""
    return environment().get_template(template).render(**values)


def login_page(desk: Desk, blind: bool) -> str:
    """Who are you?"""
    names = [c.name or c.id for c in desk.study.coders if c.kind == "human"]
    return fragment("login.html", desk=desk, names=names, blind=blind)


def page(desk: Desk, seat: Seat, heard: Callable[[str], Heard | None]) -> str:
    """What the seat looks at.

    Args:
        heard: From a document's id to its recording.
    """
    sitting = seat.sitting or Sitting("")
    if not desk.study.documents:
        return fragment(
            "fault.html", said="The study has no documents yet. Import some: autocode import FILE --study FOLDER."
        )
    if seat.document not in desk.advice.items:
        new = [d.id for d in desk.study.documents if d.id not in desk.advice.learnt]
        seat.document = new[0] if new else desk.study.documents[0].id
    values: dict[str, Any] = {"desk": desk, "seat": seat, "sitting": sitting, "document": desk.study.by_id[seat.document]}
    if seat.page == "compare" and not sitting.blind:
        return fragment("compare.html", **values, **compared(desk, seat))
    if seat.page == "codebook":
        return fragment("codebook.html", **values, codes=_codes(desk, sitting), **stale(desk, sitting))
    item = here(desk, seat, sitting)
    seat.current[seat.document] = item.segment.id
    timed = any(t.start_ms is not None for t in values["document"].turns)
    return fragment("desk.html", **values, **_lists(desk, seat), **_choices(desk, sitting), heard=heard(seat.document),
                    timed=timed, units=units(desk, seat, sitting), **pane(desk, seat, sitting, item))  # fmt: skip


def _lists(desk: Desk, seat: Seat) -> dict[str, Any]:
    sitting = seat.sitting or Sitting("")
    return {"documents": [(d, desk.progress(d.id, sitting)) for d in listed(desk, seat)]}


def _codes(desk: Desk, sitting: Sitting) -> list[tuple[Any, str, int]]:
    """Every code with its colour and the number of codings; in blind mode one's own only."""
    used = Counter(c.code for c in desk.study.codings if not sitting.blind or c.coder == sitting.coder)
    return [(c, colour(desk, c.path), used[c.path]) for c in desk.study.codebook]


def _choices(desk: Desk, sitting: Sitting) -> dict[str, Any]:
    """What the filters and the code window offer."""
    book = desk.study.codebook
    coders = [c for c in desk.study.coders if c.id == sitting.coder or not sitting.blind]
    found = Counter(g for d in desk.study.documents for g in groups(d))
    names = {g.split(":")[0]: 0 for g in found}
    for g in found:
        names[g.split(":")[0]] += 1
    return {
        "codes": [(c.path, c.name, c.parent, colour(desk, c.path)) for c in book],
        "themes": [c.path for c in book if not c.parent and book.is_theme(c.path)],
        "coders": coders,
        "groups": sorted(g for g in found if 2 <= names[g.split(":")[0]] <= 12),
        "kinds": sorted({d.kind for d in desk.study.documents}),
        "separator": SEPARATOR,
    }


def previewed(desk: Desk, ask: Ask, found: Sequence[tuple[Item, Suggestion]], digest: str) -> str:
    """The list of what accepting in bulk would code."""
    document = desk.study.by_id[ask.document]
    rows = [(i.segment, document.text_of(i.segment), s) for i, s in found[:_LISTED]]
    by_code = Counter(s.code for _, s in found)
    return fragment("preview.html", rows=rows, total=len(found), by_code=by_code.most_common(), digest=digest, ask=ask)


def editor(desk: Desk, sitting: Sitting, item: Item, opened: bool) -> dict[str, Any]:
    """A segment with its words in a field, or as it is shown otherwise."""
    if not opened:
        return {"parts": {f"u{desk.number(item)}": _unit(desk, sitting, item, True)}, "current": desk.number(item)}
    words = desk.study.by_id[item.segment.document].text_of(item.segment)
    rows = min(12, 2 + len(words) // 70 + words.count("\n"))
    shown = fragment("edit.html", unit=unit(desk, sitting, item, True), words=words, rows=rows)
    return {"parts": {f"u{desk.number(item)}": shown}}


def losing(desk: Desk, lost: Sequence[Coding], digest: str) -> dict[str, Any]:
    """The codings that a correction would set aside, to be agreed to."""
    names = {c.id: c.name or c.id for c in desk.study.coders}
    text = desk.study.by_id[lost[0].document].text
    shown = fragment("losing.html", lost=[(c, names.get(c.coder, c.coder)) for c in lost], text=text, digest=digest)
    return {"parts": {"losing": shown}}


def after(desk: Desk, seat: Seat, sitting: Sitting, decisions: Sequence[Decision]) -> dict[str, Any]:
    """What changes on the screen after decisions: parts of the page, or a reload where much changes."""
    first = decisions[0]
    key = (first.document, first.segment)
    changed = {desk.item((d.document, d.segment)) for d in decisions if d.segment}
    changed |= _touched(desk, decisions)
    if not first.segment or first.document != seat.document or len(changed) > _MANY or first.batch or first.undoes[1:]:
        seat.document = first.document or seat.document
        if first.segment:
            seat.current[first.document] = first.segment
        return {"reload": True}
    old = here(desk, seat, sitting)
    item = desk.item(key)
    leaves = first.action == "skip" or (
        first.action in ("accept", "reject", "other", "done") and complete(item, sitting, desk.standing))  # fmt: skip
    leaves = leaves and not (first.action == "done" and item.suggestions and not sitting.blind and first.hidden)
    going = following(desk, seat, sitting, item) if leaves else item
    said = "All segments that asked for you are decided." if going is None else ""
    going = going or item
    if going.segment.document != seat.document:
        seat.document = going.segment.document
        seat.current[seat.document] = going.segment.id
        return {"reload": True}
    seat.current[seat.document] = going.segment.id
    parts = {f"u{desk.number(i)}": _unit(desk, sitting, i, i is going) for i in changed | {old, going}}
    parts["pane"] = fragment("pane.html", desk=desk, seat=seat, **pane(desk, seat, sitting, going))
    parts["documents"] = fragment("documents.html", seat=seat, **_lists(desk, seat))
    answer = {"parts": parts, "current": desk.number(going), "say": said or _say(desk, sitting, first)}
    if words := first.effects.words:  # what lies behind the corrected words has moved
        answer["shift"] = [words.start, words.length - (words.end - words.start)]
    return answer


def _touched(desk: Desk, decisions: Sequence[Decision]) -> set[Item]:
    """The segments whose margins change, beside those decided on."""
    found = set()
    for d in decisions:
        for c in (*d.effects.added, *d.effects.removed):
            found |= desk.touched_by(c)
    return found


def _unit(desk: Desk, sitting: Sitting, item: Item, current: bool) -> str:
    return fragment("one.html", unit=unit(desk, sitting, item, current))


def _say(desk: Desk, sitting: Sitting, decision: Decision) -> str:
    p = desk.progress(decision.document, sitting)
    words = {"accept": "Accepted", "reject": "Rejected", "other": "Replaced by", "add": "Added", "remove": "Removed",
             "move": "Moved", "done": "Segment decided", "skip": "Skipped", "flag": "Flag changed",
             "note": "Comment kept", "undo": "Taken back", "redo": "Brought back", "correct": "Words corrected"}  # fmt: skip
    name = decision.code.rpartition(SEPARATOR)[2] if decision.action in ("accept", "reject", "other", "add") else ""
    return f"{words.get(decision.action, decision.action)} {name}. {p.decided} of {p.total} decided, {p.asked} waiting."
