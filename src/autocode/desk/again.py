"""The blind re-look: a coder decides again what the second look lists, without the first coding before the eyes.

The answers are entries of the ledger, a round of their own; no coding changes until its coder says so afterwards.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from autocode.config import Config
from autocode.desk import coded
from autocode.desk.advice import ReviewSession
from autocode.desk.guard import Ask, Session, asked, data, fragment, html, moved, read_json
from autocode.desk.jobs import FOLDER, keep, kept
from autocode.desk.session import Desk
from autocode.desk.studies import OpenStudy, seated
from autocode.desk.view import people
from autocode.dossier.second_look import relook_answer
from autocode.errors import StudyError, counted
from autocode.evaluate.double_coding import AGAIN, BlindItem, blind_relook, relook_round, relooked
from autocode.evaluate.meeting import decided_as
from autocode.evaluate.second_look import CoderLook, Look
from autocode.model.prepared import learnable
from autocode.store.opening import now
from autocode.study import Coding, Segment
from autocode.trail import Decision, Effects, Entry

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Again:
    """One passage and code of a blind re-look.

    Attributes:
        first: What the coder decided at first.
        now: What the coder decides now; None where that is to come.
        words: None where they were changed since, so that the passage is passed over.
        standing: Whether the coder's coding stands there today.
        asked: What was said before.
    """

    number: int
    segment: Segment
    code: str
    drawn: bool
    listed: bool
    first: bool
    now: bool | None
    words: str | None
    standing: bool = False
    asked: str = ""

    @property
    def changed(self) -> bool:
        """Whether it is decided otherwise now."""
        return self.now is not None and self.now != self.first


def rounds(desk: Desk, coder: str) -> list[Again]:
    """The passages of a coder's latest re-look, with what is decided by now; none where none was begun."""
    last = kept(desk.path, desk.study, "rounds")
    row = last.found.get(coder) if last else None
    if last is None or not row:
        return []
    last = replace(last, texts=row["texts"])
    said: dict[tuple[str, str, str], Entry] = {}
    for e in desk.standing.marks(coder, (AGAIN,)):
        if e.seq > row["after"]:
            said.setdefault((e.decision.document, e.decision.segment, desk.standing.path(e.decision.code, e.seq)), e)
    found = []
    for n, (place, code, drawn, *rest) in enumerate(row["items"]):
        first, listed = rest[-1], rest[0] if len(rest) > 1 else not drawn  # a round begun before both were kept
        path, segment = desk.standing.path(code, row["after"]), Segment(**place)
        entry, words = said.get((segment.document, segment.id, path)), last.words(desk.study, place)
        now_ = entry.decision.note.startswith("given") if entry else None
        before = _before(desk, segment) if words is not None else ""
        found.append(Again(n, segment, path, drawn, listed, first, now_, words, bool(_own(desk, coder, segment, path)), before))
    return found


def _own(desk: Desk, coder: str, s: Segment, code: str) -> list[Coding]:
    """The coder's codings with a code that touch a passage."""
    own = (c for c in desk.codings_of(s.document) if (c.coder, c.code) == (coder, code))
    return [c for c in own if c.start < s.end and s.start < c.end]


def _before(desk: Desk, segment: Segment) -> str:
    """What was said before a passage, so that it can be understood."""
    touched = desk.within(segment.document, segment.start, segment.end)
    number = desk.number(touched[0]) if touched else 0
    return desk.study.by_id[segment.document].text_of(desk.items(segment.document)[number - 1].segment) if number else ""


def begin(desk: Desk, coder: str) -> None:
    """Begin a re-look of what is listed for a coder, among as many passages drawn at random.

    Raises:
        StudyError: Nothing is listed for the coder, or the study has changed since.
    """
    last = kept(desk.path, desk.study, "look")
    rows = {c["coder"]: c for c in last.found["coders"]} if last else {}
    if last is None or not last.fresh or coder not in rows:
        raise StudyError("this re-look", "there is no list for you, or codings have changed since", "Make the list again.")
    looks = tuple(Look(**{**x, "segment": Segment(**x["segment"]), "others": tuple(x["others"])}) for x in rows[coder]["looks"])
    matrix = learnable(desk.study, Config(), tuple(dict.fromkeys((*desk.people, coder))))
    earlier = kept(desk.path, desk.study, "rounds")
    past = dict(earlier.found) if earlier else {}
    number = int(past.get(coder, {}).get("number", 0))
    drawn = blind_relook(matrix, CoderLook(coder, looks, 0, (0, 0)), seed=number)
    row, column = matrix.coders.index(coder), {c: k for k, c in enumerate(matrix.codes)}
    place = {(s.document, s.id): u for u, s in enumerate(matrix.segments)}
    items = [
        (
            _places(x.segment),
            x.code,
            x.drawn,
            x.listed,
            bool(matrix.Y[row, place[x.segment.document, x.segment.id], column[x.code]]),
        )
        for x in drawn
    ]
    texts = {d.id: d.sha256 for d in desk.study.documents}
    past[coder] = {"number": number + 1, "after": len(desk.standing.entries), "items": items, "texts": texts}
    keep(desk.path, desk.study, "rounds", past)


def _places(s: Segment) -> dict[str, Any]:
    return {"document": s.document, "start": s.start, "end": s.end, "id": s.id, "speaker": s.speaker}


def look_again(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    """The second decision on a passage, as a round of its own; the first coding stays as it is.

    Args:
        ask: `start` is the number of the passage in the round, `by` is 1 for yes and 0 for no.
    """
    found = {x.number: x for x in rounds(desk, sitting.coder)}
    item = found.get(ask.start)
    if item is None or item.words is None or ask.by not in (0, 1):
        raise StudyError("this passage", "it is no part of your re-look", "Reload the page.")
    if item.now is not None:
        raise StudyError("this passage", "it is decided already", "Undo to change it.")
    (made,) = relook_round(sitting.coder, [(BlindItem(item.segment, item.code, item.drawn, item.listed), ask.by == 1)])
    return [replace(made, request=ask.request, seconds=min(ask.seconds, 3600.0), codebook=desk.study.codebook.sha256)]


def adopt(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    """Make the coding what the second look said, as a new decision; the trail keeps the first."""
    item = next((x for x in rounds(desk, sitting.coder) if x.number == ask.start and x.changed), None)
    if item is None:
        raise StudyError("this passage", "it was not decided otherwise", "Reload the page.")
    s = item.segment
    own = _own(desk, sitting.coder, s, item.code)
    if bool(own) == item.now:
        raise StudyError("this coding", "it is as you decided at the second look", "")
    if any(c.start < s.start or c.end > s.end for c in own):
        raise StudyError("this coding", "it reaches beyond the passage", "Open it in its transcript and change it there.")
    made = Decision("remove" if own else "add", sitting.coder, s.document, s.id, s.start, s.end, item.code, blind=True)
    added = () if own else (coded(s, item.code, sitting, now()),)
    effects = Effects(added=added, removed=tuple(own))
    return [
        replace(
            made, request=ask.request, codebook=desk.study.codebook.sha256, hidden=True, note="second look", effects=effects
        )
    ]


def outcome(desk: Desk, coder: str, items: Sequence[Again]) -> dict[str, Any] | None:
    """What a finished re-look found; None while passages are open."""
    told = [x for x in items if x.words is not None]
    if not told or any(x.now is None for x in told):
        return None
    matrix = learnable(desk.study, Config(), tuple(dict.fromkeys((*desk.people, coder))))
    first = {(coder, x.segment.document, x.segment.start, x.segment.end, x.code): x.first for x in told}
    known = {(s.document, s.id) for s in matrix.segments}
    answers = [
        (BlindItem(x.segment, x.code, x.drawn, x.listed), bool(x.now))
        for x in told
        if (x.segment.document, x.segment.id) in known and x.code in matrix.codes
    ]
    found = relooked(decided_as(matrix, first), coder, answers)
    return {"answer": [*relook_answer("", found)], "changed": [x for x in told if x.changed]}


async def look(request: Request, study: OpenStudy, seat: Session) -> Response:
    """The list of what a team would decide otherwise, the answer first."""
    sitting, desk = study.sitting(seat), study.desk()
    if not sitting:
        return moved(f"{study.base}/login?to=second")
    last = kept(desk.path, desk.study, "look")
    items = rounds(desk, sitting.coder)
    mine = next((c for c in last.found["coders"] if c["coder"] == sitting.coder), None) if last else None
    told = {
        "kept": last,
        "spoilt": last is None and (desk.path.parent / FOLDER / "look.json").exists(),
        "mine": mine,
        "items": items,
        "left": sum(x.now is None and x.words is not None for x in items),
        "passages": [(x, last.words(desk.study, x["segment"])) for x in mine["looks"]] if last and mine else [],
        **{k: v for k, v in people(desk).items() if k in ("names", "later")},
        "coded": any(c.coder in desk.study.humans for c in desk.study.codings),
    }
    return html(
        fragment(
            "second.html", study=study, desk=desk, seat=seat, sitting=sitting, room="second", job=study.jobs.of("look"), **told
        )
    )


async def again(request: Request, study: OpenStudy, seat: Session) -> Response:
    """The blind re-look, one passage after another."""
    sitting, desk = study.sitting(seat), study.desk()
    if not sitting:
        return moved(f"{study.base}/login?to=second")
    items = rounds(desk, sitting.coder)
    if not items:
        return moved(f"{study.base}/second")
    told = _again(desk, sitting.coder, items)
    return html(fragment("again.html", study=study, desk=desk, seat=seat, sitting=sitting, room="second", **told))


def _again(desk: Desk, coder: str, items: Sequence[Again], after: int = -1) -> dict[str, Any]:
    """What the re-look shows: the next passage that is open, and the one decided last."""
    open_ = [x for x in items if x.now is None and x.words is not None]
    latest = next((e for e in desk.standing.marks(coder, (AGAIN,))), None)
    done = [x for x in items if x.now is not None and latest and _is(x, latest)]
    return {
        "item": next((x for x in open_ if x.number > after), open_[0] if open_ else None),
        "last": done[0] if done else None,
        "left": len(open_),
        "total": sum(x.words is not None for x in items),
        "gone": sum(x.words is None for x in items),
        "outcome": outcome(desk, coder, items) if not open_ else None,
    }


def _is(x: Again, e: Entry) -> bool:
    return (x.segment.document, x.segment.id, x.code) == (e.decision.document, e.decision.segment, e.decision.code)


async def relook(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Begin a re-look, or look at its next passage."""
    ask, sitting, desk = asked(await read_json(request)), seated(study, seat), study.desk()
    if ask.do == "begin":
        begin(desk, sitting.coder)
        return data({"go": f"{study.base}/second/again"})
    return data(_shown(study, sitting, ask.start))


def _shown(study: OpenStudy, sitting: ReviewSession, number: int) -> dict[str, Any]:
    desk = study.desk()
    told = _again(desk, sitting.coder, rounds(desk, sitting.coder), number)
    said = f"{counted(told['left'], 'passage')} left." if told["left"] else "All passages are decided."
    return {"parts": {"again": fragment("again-one.html", study=study, desk=desk, **told)}, "say": said}


def after(study: OpenStudy, sitting: ReviewSession, ask: Ask) -> dict[str, Any]:
    """What changes on the screen after a decision of this room."""
    return _shown(study, sitting, ask.start if ask.do == "look-again" else -1)


ACTS: dict[tuple[str, str], Callable[[Desk, ReviewSession, Ask], list[Decision]]] = {
    ("look-again", "again"): look_again,
    ("adopt", "again"): adopt,
}
"""What is decided here, by what the page asks for and the room it names."""

PAGES: dict[str, Callable[[Request, OpenStudy, Session], Awaitable[Response]]] = {
    "/second": look,
    "/second/again": again,
}

POSTS = {"/again": relook}
"""The requests of this room."""
