"""The views of the second look: the meeting, the clinic, coding twice, and whether findings stand.

Each shows what a verb of the command line found (`WORK`); the re-look has a room of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from autocode.config import Config
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.guard import Ask, Session, data, fragment, html, moved, read_json
from autocode.desk.jobs import FOLDER, SECOND_CODER, Kept, keeper, kept, plainly
from autocode.desk.session import Desk, pair_of
from autocode.desk.studies import OpenStudy, seated
from autocode.desk.view import Compared, compared, drawn, people, unread
from autocode.errors import InputError, StudyError, counted
from autocode.evaluate.double_coding import read_drawn
from autocode.evaluate.meeting import VOTE, compare_since, decided_as
from autocode.evaluate.stability import CLOSE, CODER, FEW, LITTLE, STANDS
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from autocode.trail import Decision, reverse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


_READ = 6  # passages of one point of the agenda that stand on the page


def _number(row: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    """A number of a form; None where its field is empty.

    Raises:
        InputError: It is none, or out of range.
    """
    said = str(row.get(name) or "").strip()
    try:
        value = float(said) if said else None
    except ValueError:
        value = float("nan")
    if value is not None and not low <= value <= high:
        raise InputError(f"the field '{name}'", f"it takes a number from {low:g} to {high:g}", "Write another.")
    return value


def _pair(study: OpenStudy, row: Mapping[str, Any]) -> list[str]:
    pair = pair_of(study.desk(), str(row.get("first", "")), str(row.get("second", "")))
    if not pair[1]:
        raise StudyError("this view", "it needs two people who coded", "Bring in a second coder's codings.")
    return [f"--coder={c}" for c in pair]


def _folder(study: OpenStudy) -> str:
    return str(study.folder.resolve())


def _look(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    return "Looking for codings that your team would decide otherwise", ["second-look", _folder(study), "--json"]


def _meet(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    minutes = _number(row, "minutes", 2, 600) or 45
    return "Making the agenda", ["meet", _folder(study), "--json", f"--minutes={minutes:g}", *_pair(study, row)]


def _clinic(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    return "Looking at every code of the codebook", ["clinic", _folder(study), "--json", *_pair(study, row)]


def _plan(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    ranges = {
        "units": (1, 100_000),
        "prevalence": (0.0001, 0.9999),
        "kappa": (0, 0.999),
        "width": (0.01, 0.5),
        "above": (0, 0.99),
    }
    given = {name: _number(row, name, *ends) for name, ends in ranges.items()}
    options = [f"--{name}={value:g}" for name, value in given.items() if value is not None]
    whole = all(given[name] is not None for name in ("units", "prevalence", "kappa"))
    return "Simulating studies like this one", ["plan", *([] if whole else [_folder(study)]), "--json", *options]


def _draw(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    units = _number(row, "passages", 1, 1_000_000)
    options = [f"--units={units:.0f}"] if units else []
    out = str(study.folder.resolve() / FOLDER / SECOND_CODER)
    return "Choosing what a second coder reads", ["next", _folder(study), "--second-coder", f"--out={out}", *options]


def _enough(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    drawn = study.folder.resolve() / FOLDER / SECOND_CODER
    if not drawn.is_file():
        raise StudyError("this question", "nothing is drawn yet", "Draw the passages for the second coder first.")
    second, first = str(row.get("second") or ""), read_drawn(drawn).first
    pair = [f"--coder={c}" for c in (first, second)] if second in study.desk().people and second != first else []
    return "Asking whether it is enough", ["plan", _folder(study), f"--drawn={drawn}", "--json", *pair]


def _findings(study: OpenStudy, row: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    by = str(row.get("by") or "")
    if by and by not in variables(study.desk().study):
        raise InputError("the group", "the participants have no such variable", "Reload the page.")
    options = [f"--by={by}"] if by else []
    return "Asking of each finding whether it stands", ["stability", _folder(study), "--json", *options]


WORK: dict[str, Callable[[OpenStudy, Mapping[str, Any]], tuple[str, Sequence[str]]]] = {
    "look": _look,
    "meeting": _meet,
    "clinic": _clinic,
    "plan": _plan,
    "draw": _draw,
    "enough": _enough,
    "findings": _findings,
}
"""From what a view asks for to the verb of the command line that finds it."""


def variables(study: Study) -> list[str]:
    """The variables of the participants by which findings can be contrasted."""
    return sorted({name for d in study.documents for name, value in d.variables.items() if value})


async def clinic(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Which codes the codebook does not divide, and passages that may divide them."""
    desk = study.desk()
    last = kept(desk.path, desk.study, "clinic")
    pairs = [(p, [_divided(desk, last, p, side) for side in (0, 1)]) for p in last.found["pairs"]] if last else []
    return _page(study, seat, "clinic.html", {"kept": last, "pairs": pairs}, "clinic")


def _divided(desk: Desk, last: Kept, pair: Mapping[str, Any], side: int) -> dict[str, Any]:
    """One code of a pair: its rules, the passages that are clearly its own, and a sentence to begin a rule with."""
    mine, other = (pair["first"], pair["second"])[:: 1 if side == 0 else -1]
    own, theirs = (
        [(s, w) for s in pair[key] if (w := last.words(desk.study, s)) is not None]
        for key in (("divide_first", "divide_second")[:: 1 if side == 0 else -1])
    )
    quote = " ".join(theirs[0][1].split()) if theirs else ""
    quote = quote if len(quote) <= 160 else quote[:159].rstrip() + "…"
    name = other.rpartition(" > ")[2]
    sentence = f"Not for passages such as “{quote}”: that is {name}." if quote else f"Not for … : that is {name}."
    return {"path": mine, "code": desk.study.codebook.by_path.get(mine), "passages": own, "sentence": sentence}


async def twice(request: Request, study: OpenStudy, seat: Session) -> Response:
    """How much to code twice, before and during the work."""
    desk = study.desk()
    file = next((address for address, name, _ in study.written(FOLDER) if name == SECOND_CODER), "")
    told: dict[str, Any] = {kind: kept(desk.path, desk.study, kind) for kind in ("plan", "enough")}
    told |= {"kept": told["plan"], "file": file, "drawn": None, "fault": "", "coded": []}
    if file:
        try:
            told["drawn"] = made = read_drawn(study.folder / FOLDER / SECOND_CODER)
            first, numbers = drawn(desk)
            read = {c: len(made.rows) - len(set(unread(desk, numbers, c).values())) for c in desk.people if c != first}
            told["coded"] = [(c, n) for c, n in read.items() if n]
        except (InputError, StudyError) as error:
            told |= {"fault": plainly(str(error)), "drawn": None}
    return _page(study, seat, "twice.html", told, "plan", "draw", "enough")


async def findings(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Which findings stand, and which depend on who coded or on a few interviews."""
    desk = study.desk()
    last = kept(desk.path, desk.study, "findings")
    found = [f for f in last.found["findings"] if f["verdict"] != LITTLE] if last else []
    rows = sorted(found, key=lambda f: (STANDS, CODER, FEW, CLOSE).index(f["verdict"]))
    little = len(last.found["findings"]) - len(rows) if last else 0
    told = {"kept": last, "rows": rows, "little": little, "variables": variables(desk.study)}
    return _page(study, seat, "findings.html", told, "findings")


def _page(study: OpenStudy, seat: Session, template: str, told: Mapping[str, Any], *kinds: str) -> Response:
    desk = study.desk()
    spoilt = any(told.get(k, told["kept"]) is None and (desk.path.parent / FOLDER / f"{k}.json").exists() for k in kinds)
    more = {"sitting": study.sitting(seat), "job": study.jobs.of(*kinds), "spoilt": spoilt, **people(desk), **told}
    return html(fragment(template, study=study, desk=desk, seat=seat, room="second", **more))


async def find(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Begin the work of a view; what it finds is kept beside the study."""
    from starlette.concurrency import run_in_threadpool

    row = await read_json(request)
    made = WORK.get(str(row.get("do"))) if isinstance(row, dict) else None
    if made is None or not isinstance(row, dict):
        raise InputError("the request", "it is not what this page sends", "Reload the page.")
    title, arguments = made(study, row)
    then = keeper(study.store, study.desk().study, str(row["do"]))
    await run_in_threadpool(study.jobs.start, str(row["do"]), title, arguments, then)
    return data({"reload": True})


@dataclass(frozen=True, slots=True)
class Talked:
    """A passage of the agenda, as it stands.

    Attributes:
        key: Names it on the page.
        codes: Codes that the two differ on here.
        row: What both coders gave, and what is agreed on; None where the codings were changed since.
        votes: By coder, the codes that the coder would give now; a coder who has not voted is not there.
    """

    key: str
    item: Item
    codes: tuple[str, ...]
    row: Compared | None
    votes: Mapping[str, tuple[str, ...]]


def talk_of(desk: Desk, last: Kept) -> list[tuple[dict[str, Any], list[Talked], int]]:
    """The points of an agenda: each with the passages to read and how many more there are."""
    pair = tuple(last.found["coders"])
    rows: dict[str, dict[str, Compared]] = {}
    votes, made = _votes(desk, pair), []
    for n, point in enumerate(last.found["points"]):
        places: dict[tuple[str, int, int], list[str]] = {}
        for c in point["cells"]:
            s = c["segment"]
            if last.words(desk.study, s) is not None and desk.within(s["document"], s["start"], s["end"]):
                places.setdefault((s["document"], s["start"], s["end"]), []).append(c["code"])
        talked = []
        for m, ((document, start, end), codes) in enumerate(list(places.items())[:_READ]):
            if document not in rows:
                rows[document] = {r.item.segment.id: r for r in compared(desk, document, (pair[0], pair[1]))}
            item = desk.within(document, start, end)[0]
            given = {
                c: tuple(k for k in codes if votes[c, *item.key, k])
                for c in pair
                if any((c, *item.key, k) in votes for k in codes)
            }
            talked.append(Talked(f"p{n}-{m}", item, tuple(dict.fromkeys(codes)), rows[document].get(item.segment.id), given))
        made.append((point, talked, max(0, len(places) - _READ)))
    return made


def _votes(desk: Desk, pair: Sequence[str]) -> dict[tuple[str, str, str, str], bool]:
    """By coder, document, segment and code: whether the coder would give the code now, as last said in a meeting."""
    found: dict[tuple[str, str, str, str], bool] = {}
    for coder in pair:
        for e in desk.standing.marks(coder, (VOTE,)):
            d = e.decision
            found.setdefault((coder, d.document, d.segment, desk.standing.path(d.code, e.seq)), d.note.startswith("given"))
    return found


def votes_of(desk: Desk, pair: Sequence[str]) -> dict[tuple[str, str, int, int, str], bool]:
    """The same by coder, document, start, end and code, for segments that are still there."""
    return {
        (coder, document, item.segment.start, item.segment.end, code): given
        for (coder, document, unit, code), given in _votes(desk, pair).items()
        if (item := desk.find((document, unit)))
    }


def vote(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    """What a coder would code now, after the talk: a round of its own.

    Args:
        ask: `code` is the coder who votes, `codes` the codes voted for, `edge` the passage.
    """
    last = kept(desk.path, desk.study, "meeting")
    found = [t for _, talked, _ in talk_of(desk, last) for t in talked if t.key == ask.edge] if last else []
    if last is None or not found or ask.code not in last.found["coders"] or not set(ask.codes) <= set(found[0].codes):
        raise StudyError("this vote", "it is on no passage of the agenda", "Reload the page.")
    s, batch = found[0].item.segment, uuid.uuid4().hex
    told = "" if sitting.coder == ask.code else f", written down by {sitting.coder}"
    return [
        replace(
            Decision(VOTE, ask.code, s.document, s.id, s.start, s.end, code, batch=batch, request=ask.request),
            note=f"{'given' if code in ask.codes else 'not given'} at the meeting{told}",
            codebook=desk.study.codebook.sha256,
        )
        for code in found[0].codes
    ]


def undo_in_meeting(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    """The undoing of what was last done in a meeting, by whichever of the two."""
    last = kept(desk.path, desk.study, "meeting")
    coders = dict.fromkeys([sitting.coder, *(last.found["coders"] if last else ())])
    entry = max((e for c in coders for e in desk.standing.marks(c, (VOTE, "agree"))), key=lambda e: e.seq, default=None)
    if entry is None:
        raise StudyError("undo", "there is nothing left to take back in this meeting", "")
    batch = entry.decision.batch
    mine = [
        e for e in desk.standing.marks(entry.decision.coder, (entry.decision.action,)) if batch and e.decision.batch == batch
    ]
    return [reverse(sorted(mine, key=lambda e: e.seq) or [entry], sitting.coder, ask.request)]


async def meeting(request: Request, study: OpenStudy, seat: Session) -> Response:
    """The agenda of a meeting: what to talk about first."""
    desk = study.desk()
    if not study.sitting(seat):
        return moved(f"{study.base}/login?to=second")
    last = kept(desk.path, desk.study, "meeting")
    talk = talk_of(desk, last) if last else []
    told = {"kept": last, "talk": talk, **_agreed(talk), **people(desk, last.found["coders"] if last else ())}
    return _page(study, seat, "meeting.html", told, "meeting")


def _agreed(talk: Sequence[tuple[Any, Sequence[Talked], int]]) -> dict[str, int]:
    passages = {t.item.key: t for _, talked, _ in talk for t in talked}
    return {"total": len(passages), "done": sum(t.row is not None and t.row.agreed is not None for t in passages.values())}


def after_talk(study: OpenStudy, ask: Ask) -> dict[str, Any]:
    """What changes on the page of a meeting: the passage spoken of, wherever it stands, and the count."""
    desk = study.desk()
    last = kept(desk.path, desk.study, "meeting")
    if last is None or ask.do in ("undo", "redo"):
        return {"reload": True}
    talk, more = talk_of(desk, last), people(desk, last.found["coders"])
    chosen = next((t.item.key for _, talked, _ in talk for t in talked if t.key == ask.edge), None)
    parts = {
        t.key: fragment("talk.html", t=t, desk=desk, study=study, **more)
        for _, talked, _ in talk
        for t in talked
        if t.item.key == chosen
    }
    counts = _agreed(talk)
    return {
        "parts": {**parts, "progress": fragment("talk-count.html", **counts)},
        "say": f"{counts['done']} of {counted(counts['total'], 'passage')} agreed.",
    }


async def since(request: Request, study: OpenStudy, seat: Session) -> Response:
    """What a meeting has changed, held against the agenda."""
    from starlette.concurrency import run_in_threadpool

    seated(study, seat)
    desk = study.desk()
    last = kept(desk.path, desk.study, "meeting")
    if last is None:
        raise StudyError("this meeting", "there is no agenda yet", "Make the agenda first.")
    pair = tuple(last.found["coders"])
    said = votes_of(desk, pair)

    def held() -> Any:
        """The differences now, with the votes applied, beside those of the last meeting."""
        matrix = coding_matrix(desk.study, Config(), pair)
        return compare_since(decided_as(matrix, said), desk.study.documents, last.found)

    more = people(desk, pair)
    try:
        shown = fragment("since.html", since=await run_in_threadpool(held), fault="", **more)
    except StudyError as error:
        shown = fragment("since.html", since=None, fault=str(error), **more)
    return data({"parts": {"since": shown}})


ACTS: dict[tuple[str, str], Callable[[Desk, ReviewSession, Ask], list[Decision]]] = {
    ("vote", "meeting"): vote,
    ("undo", "meeting"): undo_in_meeting,
}
"""What is decided in a meeting, by what the page asks for and the room it names; agreeing is as in the comparison."""

PAGES: dict[str, Callable[[Request, OpenStudy, Session], Awaitable[Response]]] = {
    "/second/meeting": meeting,
    "/second/clinic": clinic,
    "/second/twice": twice,
    "/second/findings": findings,
}

POSTS = {"/find": find, "/since": since}
"""The requests of these views."""
