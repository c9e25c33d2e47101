"""The room in which coders are compared: how far they agree, where they differ, and what they agree on there."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autocode.agreement import agree as measured
from autocode.agreement.estimate import enough
from autocode.agreement.rows import Row
from autocode.config import Config
from autocode.desk import about, coded, seen
from autocode.desk.acts import words_of
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.guard import Ask, Session, data, fragment, html, moved
from autocode.desk.session import Desk, agreed_coder, pair_of
from autocode.desk.studies import OpenStudy
from autocode.desk.view import Compared, compared, people
from autocode.errors import StudyError, counted
from autocode.formats.tables.participants import agreement_options
from autocode.store.opening import now
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from autocode.trail import Decision, Effects

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

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

    A reason stands with it where the person gave one; none is ever supposed.

    Raises:
        CodebookError: A code is not in the codebook.
        StudyError: The person is in blind mode, or the words lie outside the segment.
    """
    item, book = desk.item((ask.document, ask.unit)), desk.study.codebook
    if sitting.blind:
        raise StudyError("adjudication", "in blind mode no other coder's coding is shown", "Log in without blind mode.")
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
        raise StudyError(
            "this step",
            f"{counted(len(found), 'segment agrees', 'segments agree')} now, not {ask.by}",
            "Look at the page again.",
        )
    batch = uuid.uuid4().hex
    made = (_resolution(desk, sitting, r.item, r.first, TAKEN) for r in found)
    return [replace(d, request=ask.request, batch=batch) for d in made]


async def show(request: Request, study: OpenStudy, seat: Session) -> Response:
    """A document's segments that two coders saw, those on which they differ first."""
    sitting, desk = study.sitting(seat), study.desk()
    if not sitting:
        return moved(f"{study.base}/login?to=compare")
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
            **people(desk, pair),
            counts=counts,
            document=desk.study.by_id.get(document),
            rows=sorted(rows.get(document, []), key=lambda r: (not r.open, r.number)),
            same=sum(r.agreed is None and r.first == r.second for found in rows.values() for r in found),
            settled=sum(r.agreed is not None for found in rows.values() for r in found),
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
    more = {"pair": pair, "names": names, "desk": desk, "paths": [c.path for c in desk.study.codebook.tree], "reasons": REASONS}
    shown = fragment("resolve.html", r=row, **more) if row else ""
    said = f"Resolved. {left} open in this document." if left else "Resolved. Nothing is open in this document any more."
    return {"parts": {f"r{row.number}": shown} if row else {}, "left": left, "say": said}


async def answer(request: Request, study: OpenStudy, seat: Session) -> Response:
    """How far the coders agree, over all codes and on each."""
    from starlette.concurrency import run_in_threadpool

    sitting = study.sitting(seat)
    if not sitting or sitting.blind:
        raise StudyError("this comparison", "in blind mode no other coder's coding is shown", "Log in without blind mode.")
    desk = study.desk()
    found = desk.study
    names = {c.id: c.name or c.id for c in found.coders}
    pooled: Row | None = None
    rows: list[Row] = []
    if fault := desk.record[1]:
        fault = "Which coders are one person cannot be read, so no figure is told."
    else:
        try:
            pooled, rows = await run_in_threadpool(figures, found, desk.people)
        except StudyError as error:
            fault = str(error)
    level = enough(pooled.kappa, "document") if pooled else None
    shown = fragment("answer.html", pooled=pooled, level=level, rows=rows, names=names, fault=fault)
    return data({"parts": {"answer": shown}})


def figures(study: Study, coders: Sequence[str]) -> tuple[Row, list[Row]]:
    """The agreement of some coders, pooled and code by code, the codes with most disagreement first.

    Raises:
        StudyError: One coder only, or coders who share no document.
    """
    matrix = coding_matrix(study, Config(), coders)
    report = measured(matrix, agreement_options(Config().agreement, study.documents))
    rows = [r for r in report.rows if r.kind == "human-human" and (not r.first or r.pairs == 1)]
    whole = [r for r in rows if not r.first] or rows
    by_code = sorted((r for r in whole if r.code), key=lambda r: (-(r.only_first + r.only_second), r.code))
    return next(r for r in whole if not r.code), by_code


PAGES: dict[str, Callable[[Request, OpenStudy, Session], Awaitable[Response]]] = {"/compare": show, "/compare/{document}": show}

POSTS = {"/answer": answer}
"""The requests of this room."""
