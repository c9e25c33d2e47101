"""The room in which coders are compared: how far they agree, where they differ, and what they agree on there."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from autocode.agreement import agree as measured
from autocode.agreement.differences import CAUSES, inventory
from autocode.agreement.rows import Row
from autocode.config import Config
from autocode.desk import about, coded, seen
from autocode.desk.acts import words_of
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.guard import Ask, Session, data, html, moved
from autocode.desk.session import Between, Desk
from autocode.desk.studies import OpenStudy
from autocode.desk.view import agreed_coder, fragment, pair_of
from autocode.errors import StudyError
from autocode.formats.tables.participants import agreement_options
from autocode.store.ledger import now
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


@dataclass(frozen=True, slots=True)
class Compared:
    """A segment that both coders saw and at least one has coded.

    Attributes:
        first: Paths of the codes that the first coder gave it; `second` those of the second.
        agreed: Those agreed on; None where nothing is resolved yet.
        note: Why it was resolved so.
        asked: What the interviewer said before.
        causes: Why they differ, in words, as everywhere else.
        span: The words that they coded of it: start and end in the document.
        said: By coder and code the words coded, where these are only a part of the segment.
    """

    item: Item
    number: int
    text: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    agreed: tuple[str, ...] | None
    note: str = ""
    asked: str = ""
    causes: tuple[str, ...] = ()
    span: tuple[int, int] = (0, 0)
    said: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether the coders differ and nobody has resolved it."""
        return self.agreed is None and self.first != self.second


def compared(desk: Desk, document: str, pair: tuple[str, str]) -> list[Compared]:
    """The segments of a document that both coders of a pair saw and at least one coded, in order."""
    third = agreed_coder(desk)
    read = desk.readings_of(document, third)
    text, items = desk.study.by_id[document].text, desk.items(document)
    found = []
    for n, first, second, causes, question in _between(desk, pair).get(document, ()):
        span, here = items[n].segment, desk.touching(items[n])
        given = tuple(dict.fromkeys(c.code for c in here if c.coder == third))
        resolved = given or any(r.start <= span.start and span.end <= r.end for r in read)
        own = [(c, max(c.start, span.start), min(c.end, span.end)) for c in here if c.coder in pair]
        parts = {(c.coder, c.code): text[a:b] for c, a, b in own if (a, b) != (span.start, span.end)}
        whole = min((a for _, a, _ in own), default=span.start), max((b for *_, b in own), default=span.end)
        memo = next((c.memo for c in here if c.coder == third and c.memo), "")
        asked = desk.study.by_id[document].text_of(items[question].segment) if question >= 0 else ""
        about = (first, second, given if resolved else None, memo, asked, causes, whole, parts)
        found.append(Compared(items[n], n, text[span.start : span.end], *about))
    return found


def left(desk: Desk, pair: tuple[str, str]) -> dict[str, int]:
    """By document, on how many segments the two differ and nobody has resolved it."""
    third, rows = agreed_coder(desk), _between(desk, pair)
    touched = {c.document for c in desk.study.codings if c.coder == third}
    touched |= {r.document for r in desk.study.readings if r.coder == third}
    return {
        d: sum(r.open for r in compared(desk, d, pair)) if d in touched else sum(a != b for _, a, b, *_ in found)
        for d, found in rows.items()
    }


def _between(desk: Desk, pair: tuple[str, str]) -> Mapping[str, list[Between]]:
    """By document, each segment that both saw and one coded: its number, both sides' codes, why they differ, the question."""
    if pair in desk.between:
        return desk.between[pair]
    matrix = coding_matrix(desk.study, replace(Config(), segment=desk.advice.cut), pair)
    causes = {(d.segment.document, d.segment.id): d.causes for d in inventory(matrix, *pair).segments}
    found: dict[str, list[Between]] = {}
    sides: tuple[dict[int, list[str]], dict[int, list[str]]] = {}, {}
    for r, u, k in np.argwhere(matrix.Y).tolist():
        sides[r].setdefault(u, []).append(matrix.codes[k])
    for u in np.flatnonzero(matrix.seen.all(0) & matrix.Y.any((0, 2))).tolist():
        s, (first, second) = matrix.segments[u], (tuple(side.get(u, ())) for side in sides)
        item = desk.find((s.document, s.id))
        if item is None:
            raise StudyError("this comparison", "the documents are cut otherwise than they were", "Reload the page.")
        n, items = desk.number(item), desk.items(s.document)
        rows = found.setdefault(s.document, [])
        back = range(n - 1, rows[-1][0] if rows else -1, -1)
        question = next((m for m in back if items[m].context), rows[-1][4] if rows else -1)
        rows.append((n, first, second, tuple(CAUSES[c] for c in causes.get((s.document, s.id), ())), question))
    desk.between[pair] = found
    return found


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


PAGES: dict[str, Callable[[Request, OpenStudy, Session], Awaitable[Response]]] = {"/compare": show, "/compare/{document}": show}

POSTS = {"/answer": answer}
"""The requests of this room."""
