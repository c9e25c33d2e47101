"""The room in which a person codes: the transcript, the code tree beside it, and what the model suggests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from autocode.desk import ORDERS, complete
from autocode.desk.acts import preview, silent
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.guard import Ask, Place, Session, asked, data, fragment, html, moved, read_json
from autocode.desk.session import Desk, Progressed
from autocode.desk.studies import OpenStudy, seated
from autocode.desk.view import (
    FILTERS,
    UnitView,
    colour,
    drawn_for,
    drawn_left,
    elsewhere,
    following,
    groups,
    here,
    listed,
    pane,
    passes,
    unit,
)
from autocode.errors import InputError, StudyError
from autocode.store.records import MIME
from autocode.study import Coding, Document
from autocode.study.codebook import SEPARATOR, Code
from autocode.trail import BACK, Decision

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    Handler = Callable[[Request, OpenStudy, Session], Awaitable[Response]]

_MANY = 400  # segments changed at once, above which the whole page is drawn again
_LISTED = 300  # suggestions listed in the preview of a bulk accept
_FOUND = 200  # passages listed that hold a word


async def start(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Go to the document in which the coder decided last, else to the first that nobody has coded."""
    desk, sitting = study.desk(), study.sitting(seat)
    if not desk.study.documents:
        return moved(f"{study.base}/bring")
    coded = {c.document for c in desk.study.codings} | desk.advice.learnt
    new = [d.id for d in desk.study.documents if d.id not in coded]
    acts = ("accept", "reject", "other", "add", "done", "skip", "move", "remove", "correct")
    mine = desk.standing.marks(sitting.coder, acts) if sitting else []
    if sitting and (left := next((d for e in mine if (d := e.decision.document) in desk.study.by_id), "")):
        unread = study.reading is not None and study.reading.running  # what waits there is not known yet
        new = [left] if unread or desk.progress(left, sitting).asked or not new else new
    return moved(f"{study.base}/code/{study.number_of(new[0] if new else desk.study.documents[0].id)}")


async def show(request: Request, study: OpenStudy, seat: Session) -> Response:
    """A transcript with all that is coded and suggested in it."""
    sitting, desk = study.sitting(seat), study.desk()
    if not sitting:
        return moved(f"{study.base}/login")
    document = study.key_of(request.path_params["document"])
    if document not in desk.study.by_id:
        return moved(f"{study.base}/code")
    query = request.query_params
    place = seat.place(query.get("view", ""), document, query.get("at", ""))
    return html(code_page(study, seat, sitting, place))


def code_page(study: OpenStudy, seat: Session, sitting: ReviewSession, place: Place) -> str:
    """The whole page of a document."""
    desk = study.desk()
    taken = study.reading.taken if study.reading else 0  # what the model says while the page is made comes after it
    item = here(desk, place, sitting)
    document = desk.study.by_id[place.document]
    return fragment(
        "code.html",
        study=study,
        taken=taken,
        desk=desk,
        seat=seat,
        sitting=sitting,
        place=place,
        room="code",
        document=document,
        **_walked(desk, place, sitting),
        **_choices(desk, sitting),
        tree=tree(desk, sitting, place.document),
        heard=study.audio.heard(desk.recordings, place.document, study.base),
        loose=study.audio.loose(desk.recordings),
        playable=",".join(MIME),
        timed=any(t.start_ms is not None for t in document.turns),
        units=list(_units(desk, place, sitting)),
        **pane(desk, place, sitting, item),
    )


def _units(desk: Desk, place: Place, sitting: ReviewSession) -> Iterator[UnitView]:
    """The segments of the place's document that pass its filters."""
    current = here(desk, place, sitting)
    for item in desk.items(place.document):
        if item.key == current.key or passes(desk, sitting, item, place.filters):
            yield unit(desk, sitting, item, item.key == current.key)


def _walked(desk: Desk, place: Place, sitting: ReviewSession) -> dict[str, Any]:
    """The documents with how far the coder is in each, and in the passages drawn for a second coder: coded, of how many."""
    keys, waiting = drawn_for(desk, sitting), drawn_left(desk, sitting)
    total = len(set(keys.values()))
    found = [(d, desk.progress(d.id, sitting)) for d in listed(desk, place)]
    if place.order == "drawn" and keys:
        all_, left = (Counter(document for document, _ in some) for some in (keys, waiting))
        found = [(d, Progressed(all_[d.id] - left[d.id], left[d.id], 0)) for d, _ in found if d.id in all_]
    before = {
        r.document for r in desk.study.readings if r.coder == sitting.coder
    }  # where nothing is decided here: coded elsewhere
    return {"documents": found, "before": before, "drawn": (total - len(set(waiting.values())), total)}


def tree(desk: Desk, sitting: ReviewSession, document: str) -> list[tuple[Code, str, int, int, int]]:
    """The code tree beside the text: code, colour, depth, codings in this document and in all that this coder may see."""
    blind = sitting.blind
    here_ = Counter(c.code for c in desk.codings_of(document) if not blind or c.coder == sitting.coder)
    all_ = desk.used if not blind else Counter(c.code for c in desk.study.codings if c.coder == sitting.coder)
    return [(c, colour(desk, c.path), c.path.count(SEPARATOR), here_[c.path], all_[c.path]) for c in desk.study.codebook.tree]


def _choices(desk: Desk, sitting: ReviewSession) -> dict[str, Any]:
    """What the filters and the code window offer."""
    book = desk.study.codebook
    found = Counter(g for d in desk.study.documents for g in groups(d))
    names = Counter(g.split(":")[0] for g in found)
    return {
        "codes": [(c, colour(desk, c.path)) for c in book.tree],
        "themes": [c.path for c in book if not c.parent and book.is_theme(c.path)],
        "coders": [c for c in desk.study.coders if c.id == sitting.coder or not sitting.blind],
        "groups": sorted(g for g in found if 2 <= names[g.split(":")[0]] <= 12),
        "kinds": sorted({d.kind for d in desk.study.documents}),
        "recent": _recent(desk, sitting),
    }


def _recent(desk: Desk, sitting: ReviewSession) -> list[str]:
    """The nine codes that the coder gave last."""
    given = desk.standing.marks(sitting.coder, ("add", "accept", "other", "recode"))[:200]
    paths = dict.fromkeys(desk.standing.path(e.decision.code, e.seq) for e in given)
    return [p for p in paths if p in desk.study.codebook][:9]


async def view(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Where a tab goes that wants another order or other filters; nothing changes for other tabs."""
    row = await read_json(request)
    if not isinstance(row, dict) or not all(isinstance(v, str) and len(v) < 4000 for v in row.values()):
        raise InputError("the request", "it is not what this page sends", "Reload the page.")
    desk, old = study.desk(), seat.place(row.get("view", ""), row.get("document", ""))
    order = row["order"] if row.get("order") in ORDERS else old.order
    if order == "drawn" != old.order and (item := elsewhere(desk, Place(order="drawn"), seated(study, seat))):
        return data({"go": address(study, item.segment.document, seat.view("drawn", {}), item.segment.id)})
    filters = {} if "clear" in row else {**old.filters, **{k: v for k, v in row.items() if k in FILTERS}}
    place = seat.place(seat.view(order, filters), old.document)
    found = [d.id for d in listed(desk, place)]
    document = place.document if place.document in found or not found else found[0]
    return data({"go": address(study, document, place.key, row.get("unit", ""))})


def address(study: OpenStudy, document: str, key: str = "", unit: str = "") -> str:
    """The address of a place: numbers and random words, and a segment's name as it was brought in."""
    more = "&".join(f"{k}={quote(v, safe='')}" for k, v in (("view", key), ("at", unit)) if v)
    return f"{study.base}/code/{study.number_of(document)}" + (f"?{more}" if more else "")


async def look(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Look at another segment."""
    ask, sitting, desk = asked(await read_json(request)), seated(study, seat), study.desk()
    return data(_looked(study, sitting, seat.place(ask.view, ask.document), desk.item((ask.document, ask.unit))))


def _looked(study: OpenStudy, sitting: ReviewSession, place: Place, item: Item) -> dict[str, Any]:
    desk = study.desk()
    return {"parts": {"pane": _pane(study, sitting, place, item)}, "current": desk.number(item)}


def _pane(study: OpenStudy, sitting: ReviewSession, place: Place, item: Item) -> str:
    desk = study.desk()
    return fragment("pane.html", study=study, desk=desk, sitting=sitting, **pane(desk, place, sitting, item))


async def next_(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Go to the next segment that asks, in the tab's order; into another document only where this one has none."""
    ask, sitting, desk = asked(await read_json(request)), seated(study, seat), study.desk()
    place = seat.place(ask.view, ask.document, ask.unit)
    if item := following(desk, place, sitting, desk.item((ask.document, ask.unit))):
        return data(_looked(study, sitting, place, item))
    if item := elsewhere(desk, place, sitting):
        return data({"go": address(study, item.segment.document, place.key, item.segment.id)})
    return data({"told": "All segments that asked for you are decided."})


async def fresh(request: Request, study: OpenStudy, seat: Session) -> Response:
    """What the model has said of a document since the page was drawn."""
    ask, sitting, desk = asked(await read_json(request)), seated(study, seat), study.desk()
    place, item = seat.place(ask.view, ask.document, ask.unit), desk.item((ask.document, ask.unit))
    old = item
    if ask.edge == "first":  # the person has not touched the page yet
        item = here(desk, replace(place, unit=""), sitting)
    said = [i for i in desk.items(ask.document) if i.suggestions or i.judged]
    if len(said) > _MANY:
        return data({"reload": True})
    parts = {f"u{desk.number(i)}": _unit(desk, sitting, i, i is item) for i in {*said, old}}
    return data({"parts": {**parts, **_beside(study, place, sitting, item)}, "current": desk.number(item)})


async def show_preview(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Show what a mass act would do: accepting in bulk, or closing the rest."""
    ask, sitting, desk = asked(await read_json(request)), seated(study, seat), study.desk()
    if ask.do == "rest":
        document, rest = desk.study.by_id[ask.document], silent(desk, sitting, ask.document)
        return data({"parts": {"resting": fragment("rest.html", document=document, count=len(rest))}})
    found, digest = preview(desk, sitting, ask)
    document = desk.study.by_id[ask.document]
    rows = [(i.segment, document.text_of(i.segment), s) for i, s in found[:_LISTED]]
    by_code = Counter(s.code for _, s in found).most_common()
    more = {"total": len(found), "by_code": by_code, "digest": digest, "ask": ask, "document": document}
    return data({"parts": {"previewed": fragment("preview.html", rows=rows, **more)}})


async def edit(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Open or close the field in which the words of a segment are corrected."""
    ask, sitting, desk = asked(await read_json(request)), seated(study, seat), study.desk()
    item = desk.item((ask.document, ask.unit))
    if ask.edge != "open":
        parts = {f"u{desk.number(item)}": _unit(desk, sitting, item, True)}
        return data({"parts": parts, "current": desk.number(item)})
    if sitting.blind:
        raise StudyError("this segment", "in blind mode words are not corrected", "Log in without blind mode.")
    words = desk.study.by_id[item.segment.document].text_of(item.segment)
    shown = unit(desk, sitting, item, current=True)
    field = fragment("edit.html", unit=shown, words=words, rows=min(12, len(words) // 70 + words.count("\n") + 1))
    return data({"parts": {f"u{shown.number}": field}})


async def search(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Passages in all documents that hold some words, whatever their capitals."""
    ask, desk = asked(await read_json(request)), study.desk()
    wanted = " ".join(ask.text.casefold().split())
    if len(wanted) < 2:
        raise StudyError("this search", "it needs two letters or more", "Type some more.")
    hits: list[tuple[Document, Item, str, str, str]] = []
    total: Counter[str] = Counter()
    for d in desk.study.documents:
        for start, end in _places(d.text, wanted):
            total[d.id] += 1
            if len(hits) < _FOUND and (found := desk.within(d.id, start, end)):
                before = d.text[max(0, start - 40) : start].replace("\n", " ")
                hits.append((d, found[0], before, d.text[start:end], d.text[end : end + 60].replace("\n", " ")))
    go = {i.key: address(study, d.id, ask.view, i.segment.id) for d, i, *_ in hits}
    shown = fragment("found.html", hits=hits, go=go, total=sum(total.values()), documents=len(total), text=ask.text)
    return data({"parts": {"found": shown}})


def _places(text: str, wanted: str) -> list[tuple[int, int]]:
    """Where a text holds words; capitals count as small letters, as long as that moves nothing."""
    low = text.casefold()
    if len(low) != len(text):
        low = text.lower() if len(text.lower()) == len(text) else text
    at, found = low.find(wanted), []
    while at >= 0:
        found.append((at, at + len(wanted)))
        at = low.find(wanted, at + len(wanted))
    return found


def losing(desk: Desk, lost: Sequence[Coding], digest: str) -> dict[str, Any]:
    """Which codings a correction would set aside, to be agreed to."""
    names = {c.id: c.name or c.id for c in desk.study.coders}
    text = desk.study.by_id[lost[0].document].text
    shown = fragment("losing.html", lost=[(c, names.get(c.coder, c.coder)) for c in lost], text=text, digest=digest)
    return {"parts": {"losing": shown}}


def after(study: OpenStudy, seat: Session, sitting: ReviewSession, decisions: Sequence[Decision], ask: Ask) -> dict[str, Any]:
    """What changes on the screen after decisions: parts of the page; the document stays the same."""
    desk, first, last = study.desk(), decisions[0], decisions[-1]
    document = ask.document if ask.document in desk.study.by_id else last.document
    place = seat.place(ask.view, document, ask.unit)
    told = {"told": taken_back(desk, last)} if ask.do in BACK and last.undoes else {}
    if first.effects.book and ask.do != "new":
        return {"reload": True, **told}
    changed = {i for d in decisions if d.segment and (i := desk.find((d.document, d.segment)))}
    changed |= {i for d in decisions for c in (*d.effects.added, *d.effects.removed) for i in desk.touched_by(c)}
    if len(changed) > _MANY or (ask.do in BACK and first.effects.book):
        return {"reload": True, **told}
    old = here(desk, place, sitting)
    going = _going(desk, place, sitting, last, old)
    near = {i for i in changed | {old, going} if i.segment.document == document}
    parts = {f"u{desk.number(i)}": _unit(desk, sitting, i, i is going) for i in near}
    answer = {"parts": {**parts, **_beside(study, place, sitting, going)}, "current": desk.number(going)}
    answer |= told if told and last.document != document else {"say": say(desk, sitting, last)}
    if ask.do == "new":
        answer["codes"] = True
    if (words := first.effects.words) and words.document == document:  # what lies behind the corrected words has moved
        answer["shift"] = [words.start, words.length - (words.end - words.start)]
    return answer


def _going(desk: Desk, place: Place, sitting: ReviewSession, last: Decision, old: Item) -> Item:
    """Where the tab looks after a decision: the passage coded; the next segment of the document that asks, or is unread."""
    there = desk.find((last.document, last.segment)) if last.action in (*BACK, "add") else None
    if there is not None and last.document == place.document:
        return there
    if (last.document, last.segment) != old.key:
        return old
    opens = last.action == "done" and last.hidden and old.suggestions and not sitting.blind
    ends = last.action in ("accept", "reject", "other", "done") and complete(old, sitting, desk.standing) and not opens
    found = following(desk, place, sitting, old) if ends or last.action == "skip" else None
    if found is None and last.action in ("done", "skip") and not (old.suggestions or last.hidden):
        rest = desk.items(place.document)[desk.number(old) + 1 :]  # read by hand: on to the next that is neither
        found = next((i for i in rest if desk.state(i, sitting) == "silent" and passes(desk, sitting, i, place.filters)), None)
    return found or old


def _beside(study: OpenStudy, place: Place, sitting: ReviewSession, item: Item) -> dict[str, str]:
    """The parts of the page beside the transcript."""
    desk = study.desk()
    walked = _walked(desk, place, sitting)
    return {
        "pane": _pane(study, sitting, place, item),
        "documents": fragment("documents.html", study=study, place=place, **walked),
        "drawn": fragment("drawn.html", place=place, **walked),
        "tree": fragment("tree.html", tree=tree(desk, sitting, place.document), study=study),
    }


def _unit(desk: Desk, sitting: ReviewSession, item: Item, current: bool) -> str:
    return fragment("one.html", unit=unit(desk, sitting, item, current))


_SAID = {
    "accept": "Accepted",
    "reject": "Rejected",
    "other": "Replaced by",
    "add": "Added",
    "remove": "Removed",
    "recode": "Now coded as",
    "move": "Moved",
    "memo": "Memo kept",
    "done": "Segment decided",
    "skip": "Skipped",
    "flag": "Flag changed",
    "note": "Comment kept",
    "undo": "Taken back",
    "redo": "Brought back",
    "correct": "Words corrected",
}


_STEPS = {"add": "the new code", "define": "the definition of", "colour": "the colour of", "rename": "the new name of"}
_STEPS |= {"move": "the new place of", "merge": "the merging of", "delete": "the deletion of", "split": "the splitting of"}


def taken_back(desk: Desk, last: Decision) -> str:
    """What an undo or redo was about, for a page on which it may not be seen."""
    was = desk.standing.decision(last.undoes[-1])
    name = desk.study.by_id[was.document].name or was.document if was.document in desk.study.by_id else ""
    step = f"{_STEPS.get(was.note.partition(':')[0], 'a change of')} “{was.code.rpartition(SEPARATOR)[2] or 'the codebook'}”"
    what = name or (step if was.action == "codebook" else was.note)
    what = f"{name}, segment {was.segment}" if name and was.segment else what
    return f"{_SAID[last.action]}: {what}." if what else f"{_SAID[last.action]}."


def say(desk: Desk, sitting: ReviewSession, decision: Decision) -> str:
    """What was done and how far the document is, in words."""
    named = decision.code and decision.action in ("accept", "reject", "other", "add", "recode")
    said = _SAID.get(decision.action, decision.action) + f" {decision.code.rpartition(SEPARATOR)[2]}" * bool(named)
    if decision.document not in desk.advice.items:
        return f"{said}."
    p = desk.progress(decision.document, sitting)
    return f"{said}. {p.decided} of {p.total} decided, {p.asked} waiting."


PAGES: dict[str, Handler] = {"/code": start, "/code/{document}": show}

POSTS: dict[str, Handler] = {
    "/view": view,
    "/pane": look,
    "/next": next_,
    "/preview": show_preview,
    "/fresh": fresh,
    "/edit": edit,
    "/search": search,
}
"""The requests of this room that may write or are too long for an address."""
