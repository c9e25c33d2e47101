"""The rooms in which coders are compared: how far they agree, what they agree on where they did not, and their meeting."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from autocode.agreement import agree as measured
from autocode.agreement.rows import Row
from autocode.config import Config
from autocode.desk import about, coded, seen
from autocode.desk.acts import words_of
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.guard import Ask, Session, data, html, moved
from autocode.desk.jobs import Kept, kept
from autocode.desk.session import Desk
from autocode.desk.studies import OpenStudy, seated
from autocode.desk.view import Compared, agreed_coder, compared, fragment, pair_of, people
from autocode.errors import StudyError
from autocode.evaluate.meeting import VOTE, compare_since, decided_as
from autocode.formats.tables.participants import agreement_options
from autocode.store.ledger import now
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from autocode.trail import Decision, Effects, reverse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_READ = 6  # passages of one point of the agenda that stand on the page

TAKEN = "Both coders gave the same codes."
"""The reason that stands with what was taken over without a look."""

REASONS = (
    "The definition covers this.",
    "The definition does not cover this.",
    "One of us overlooked it.",
    "Both readings hold.",
    "The words before or after decide it.",
)


def agree(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    """The resolution of a segment: the codes agreed on replace an earlier resolution; the originals stay.

    Raises:
        CodebookError: A code is not in the codebook.
        StudyError: The reason is missing.
    """
    item, book = desk.item((ask.document, ask.unit)), desk.study.codebook
    if sitting.blind:
        raise StudyError("adjudication", "in blind mode no other coder's coding is shown", "Log in without blind mode.")
    if not ask.text.strip():
        raise StudyError("this resolution", "its reason is missing", "Write why you resolve it so.")
    for code in ask.codes:
        if code not in book:
            raise book.unknown(code)
    words = None
    if (ask.start, ask.end) != (-1, -1):
        words = words_of(desk.study.by_id[ask.document].text, ask.start, ask.end)
        if not item.segment.start <= words[0] < words[1] <= item.segment.end:
            raise StudyError("this selection", "it is not within the segment", "Select some of its words.")
    made = _resolution(desk, sitting, item, ask.codes, ask.text.strip(), words)
    return [replace(made, request=ask.request, seconds=ask.seconds)]


def _resolution(
    desk: Desk,
    sitting: ReviewSession,
    item: Item,
    codes: Iterable[str],
    why: str,
    words: tuple[int, int] | None = None,
) -> Decision:
    coder, span, when = agreed_coder(desk), item.segment, now()
    old = tuple(c for c in desk.touching(item) if c.coder == coder and span.start <= c.start and c.end <= span.end)
    start, end = words or (span.start, span.end)
    plain = [coded(span, code, sitting, when) for code in dict.fromkeys(codes)]
    added = tuple(replace(c, coder=coder, memo=why, start=start, end=end) for c in plain)
    read = seen(item, coder, desk.readings_of(span.document, coder))
    decision = about(item, "agree", sitting, desk.study.codebook)
    return replace(decision, note=why, effects=Effects(added=added, removed=old, read=read))


def same(desk: Desk, pair: tuple[str, str]) -> list[Compared]:
    """The segments on which both coders agree and nothing is resolved yet, in all documents."""
    rows = (r for d in desk.study.documents for r in compared(desk, d.id, pair))
    return [r for r in rows if r.agreed is None and r.first == r.second]


def agree_all(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
    """The agreed coding of every segment on which two coders gave the same codes, undone in one step.

    Args:
        ask: `code` and `suggested` are the coders, `by` is how many segments the person was told.
    """
    if sitting.blind:
        raise StudyError("adjudication", "in blind mode no other coder's coding is shown", "Log in without blind mode.")
    found = same(desk, pair_of(desk, ask.code, ask.suggested))
    if not found or len(found) != ask.by:
        raise StudyError("this step", f"{len(found)} segments agree now, not {ask.by}", "Look at the page again.")
    batch = uuid.uuid4().hex
    made = (_resolution(desk, sitting, r.item, r.first, TAKEN) for r in found)
    return [replace(d, request=ask.request, batch=batch) for d in made]


async def show(request: Request, study: OpenStudy, seat: Session) -> Response:
    """A document's segments that two coders saw, those on which they differ first."""
    sitting, desk = study.sitting(seat), study.desk()
    if not sitting:
        return moved(f"{study.base}/login")
    if sitting.blind:
        return moved(f"{study.base}/code")
    query = request.query_params
    named = [study.key_of(query[k]).removeprefix("coder ") if k in query else "" for k in ("a", "b")]
    pair = pair_of(desk, *named)
    rows = {d.id: compared(desk, d.id, pair) for d in desk.study.documents} if pair[1] else {}
    counts = {d: sum(r.open for r in found) for d, found in rows.items()}
    chosen = study.key_of(request.path_params["document"]) if "document" in request.path_params else ""
    first = next((d for d, n in counts.items() if n), next((d for d, found in rows.items() if found), ""))
    document = chosen if chosen in rows else first
    return html(
        fragment(
            "compare.html",
            study=study,
            desk=desk,
            seat=seat,
            sitting=sitting,
            room="compare",
            pair=pair,
            names={c.id: c.name or c.id for c in desk.study.coders},
            humans=[c for c in desk.study.coders if c.id in desk.study.humans],
            counts=counts,
            document=desk.study.by_id.get(document),
            rows=sorted(rows.get(document, []), key=lambda r: (not r.open, r.number)),
            same=sum(r.agreed is None and r.first == r.second for found in rows.values() for r in found),
            settled=sum(r.agreed is not None for found in rows.values() for r in found),
            paths=[c.path for c in desk.study.codebook],
            reasons=REASONS,
        )
    )


def resolved(desk: Desk, ask: Ask) -> dict[str, Any]:
    """What changes on the page after a resolution: that segment, and how many are open."""
    if ask.do == "agree-all":
        return {"reload": True}
    pair = pair_of(desk, *ask.edge.split("\n")[:2]) if "\n" in ask.edge else pair_of(desk)
    rows = compared(desk, ask.document, pair)
    row = next((r for r in rows if r.item.segment.id == ask.unit), None)
    names = {c.id: c.name or c.id for c in desk.study.coders}
    left = sum(r.open for r in rows)
    more = {"pair": pair, "names": names, "desk": desk, "paths": [c.path for c in desk.study.codebook], "reasons": REASONS}
    shown = fragment("resolve.html", r=row, **more) if row else ""
    said = f"Resolved. {left} open in this document." if left else "Resolved. Nothing is open in this document any more."
    return {"parts": {f"r{row.number}": shown} if row else {}, "left": left, "say": said}


async def answer(request: Request, study: OpenStudy, seat: Session) -> Response:
    """How far the coders agree, over all codes and on each."""
    from starlette.concurrency import run_in_threadpool

    sitting = study.sitting(seat)
    if not sitting or sitting.blind:
        raise StudyError("this comparison", "in blind mode no other coder's coding is shown", "Log in without blind mode.")
    found = study.desk().study
    names = {c.id: c.name or c.id for c in found.coders}
    try:
        pooled, rows = await run_in_threadpool(figures, found)
        shown = fragment("answer.html", pooled=pooled, rows=rows, names=names, fault="")
    except StudyError as error:
        shown = fragment("answer.html", pooled=None, rows=[], names=names, fault=str(error))
    return data({"parts": {"answer": shown}})


def figures(study: Study) -> tuple[Row, list[Row]]:
    """The agreement of all human coders, pooled and code by code, the codes with most disagreement first.

    Raises:
        StudyError: One coder only, or coders who share no document.
    """
    matrix = coding_matrix(study, Config(), study.humans)
    report = measured(matrix, agreement_options(Config().agreement, study.documents))
    rows = [r for r in report.rows if r.kind == "human-human" and (not r.first or r.pairs == 1)]
    whole = [r for r in rows if not r.first] or rows
    by_code = sorted((r for r in whole if r.code), key=lambda r: (-(r.only_first + r.only_second), r.code))
    return next(r for r in whole if not r.code), by_code


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
    sitting, desk = study.sitting(seat), study.desk()
    if not sitting:
        return moved(f"{study.base}/login")
    last = kept(desk.path, desk.study, "meeting")
    talk = talk_of(desk, last) if last else []
    told = {"kept": last, "talk": talk, **_agreed(talk), **people(desk, last.found["coders"] if last else ())}
    return html(
        fragment(
            "meeting.html",
            study=study,
            desk=desk,
            seat=seat,
            sitting=sitting,
            room="second",
            job=study.jobs.of("meeting"),
            **told,
        )
    )


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
        "say": f"{counts['done']} of {counts['total']} passages agreed.",
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
    "/compare": show,
    "/compare/{document}": show,
    "/second/meeting": meeting,
}

POSTS = {"/answer": answer, "/since": since}
"""The requests of these rooms."""
