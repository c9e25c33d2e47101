"""The page and its parts as HTML."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autocode.desk.acts import Ask
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.queue import complete
from autocode.desk.recode import compared, stale
from autocode.desk.session import Desk
from autocode.desk.view import Session, colour, environment, following, groups, here, listed, pane, unit, units
from autocode.store.recordings import MIME, Recording
from autocode.study import Coding, Suggestion
from autocode.study.codebook import SEPARATOR
from autocode.trail import Decision

_MANY = 60  # segments changed at once, above which the whole page is drawn again
_LISTED = 300  # suggestions listed in the preview of a bulk accept


def fragment(template: str, **values: Any) -> str:
    """A template filled in; everything is escaped."""
    return environment().get_template(template).render(**values)


def login_page(desk: Desk, blind: bool) -> str:
    """Who are you?"""
    names = [c.name or c.id for c in desk.study.coders if c.kind == "human"]
    return fragment("login.html", desk=desk, names=names, blind=blind)


def page(desk: Desk, seat: Session, heard: Callable[[str], Heard | None]) -> str:
    """What the seat looks at.

    Args:
        heard: From a document's id to its recording.
    """
    sitting = seat.sitting or ReviewSession("")
    if not desk.study.documents:
        return fragment("fault.html", said="The study has no documents yet. Import some: autocode import FILE --study FOLDER.")
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
    return fragment(
        "desk.html",
        **values,
        **_lists(desk, seat),
        **_choices(desk, sitting),
        heard=heard(seat.document),
        timed=timed,
        units=units(desk, seat, sitting),
        **pane(desk, seat, sitting, item),
    )


def _lists(desk: Desk, seat: Session) -> dict[str, Any]:
    sitting = seat.sitting or ReviewSession("")
    return {"documents": [(d, desk.progress(d.id, sitting)) for d in listed(desk, seat)]}


def _codes(desk: Desk, sitting: ReviewSession) -> list[tuple[Any, str, int]]:
    """Every code with its colour and the number of codings; in blind mode one's own only."""
    used = Counter(c.code for c in desk.study.codings if not sitting.blind or c.coder == sitting.coder)
    return [(c, colour(desk, c.path), used[c.path]) for c in desk.study.codebook]


def _choices(desk: Desk, sitting: ReviewSession) -> dict[str, Any]:
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


def editor(desk: Desk, sitting: ReviewSession, item: Item, opened: bool) -> dict[str, Any]:
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


def after(desk: Desk, seat: Session, sitting: ReviewSession, decisions: Sequence[Decision]) -> dict[str, Any]:
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
        first.action in ("accept", "reject", "other", "done") and complete(item, sitting, desk.standing)
    )
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


def _unit(desk: Desk, sitting: ReviewSession, item: Item, current: bool) -> str:
    return fragment("one.html", unit=unit(desk, sitting, item, current))


def _say(desk: Desk, sitting: ReviewSession, decision: Decision) -> str:
    p = desk.progress(decision.document, sitting)
    words = {
        "accept": "Accepted",
        "reject": "Rejected",
        "other": "Replaced by",
        "add": "Added",
        "remove": "Removed",
        "move": "Moved",
        "done": "Segment decided",
        "skip": "Skipped",
        "flag": "Flag changed",
        "note": "Comment kept",
        "undo": "Taken back",
        "redo": "Brought back",
        "correct": "Words corrected",
    }
    name = decision.code.rpartition(SEPARATOR)[2] if decision.action in ("accept", "reject", "other", "add") else ""
    return f"{words.get(decision.action, decision.action)} {name}. {p.decided} of {p.total} decided, {p.asked} waiting."


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as the page knows it.

    Attributes:
        address: Where the page gets it: a random name, for no address holds anything of the study.
        fault: Why it cannot be played, "" where it can.
    """

    address: str
    fault: str = ""


@dataclass(slots=True)
class AudioFiles:
    """The recordings that the server gives out, and no other file.

    Attributes:
        store: The study file.
    """

    store: Path
    _names: dict[str, str] = field(default_factory=dict)
    _checked: dict[str, tuple[int, bool]] = field(default_factory=dict)

    def heard(self, known: Mapping[str, Recording], document: str) -> Heard | None:
        """The recording of a document; None where none is attached."""
        if document not in known:
            return None
        name = self._names.setdefault(document, secrets.token_urlsafe(16))
        return Heard(f"/audio/{name}", known[document].fault(self.store))

    def file(self, known: Mapping[str, Recording], name: str) -> tuple[Path, str] | None:
        """The file under a random name and its MIME type; None where it is not the file that was attached."""
        recording = next((known[d] for d, n in self._names.items() if n == name and d in known), None)
        if recording is None or recording.fault(self.store):
            return None
        path = recording.file(self.store)
        changed = path.stat().st_mtime_ns
        if self._checked.get(recording.sha256, (0, False))[0] != changed:
            self._checked[recording.sha256] = changed, recording.holds(self.store)
        return (path, MIME[path.suffix.lower()]) if self._checked[recording.sha256][1] else None
