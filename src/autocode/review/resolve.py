"""Adjudication: two coders' codings side by side; the resolution is a third coding, with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from autocode.audit import Decision, Effects
from autocode.errors import StudyError
from autocode.review.acts import Ask
from autocode.review.desk import Desk
from autocode.review.items import Item, Sitting
from autocode.review.queue import about, coded, seen
from autocode.review.view import Seat
from autocode.store.ledger import now
from autocode.study import Coding, Reading

AGREED = "agreed"


def agreed_coder(desk: Desk) -> str:
    """Id of the coder that holds the resolved coding."""
    return desk.study.agreed or AGREED


def compared(desk: Desk, seat: Seat) -> dict[str, Any]:
    """The segments of a document that both coders of the seat's pair saw, disagreements first.

    Rows are (item, first's codes, second's codes, agreed codes or None, note).
    """
    humans = desk.study.humans
    first, second = (c if c in humans else "" for c in seat.pair)
    first = first or next(iter(humans), "")
    second = second if second and second != first else next((c for c in humans if c != first), "")
    rows = [_row(desk, item, (first, second)) for item in desk.items(seat.document) if not item.context]
    rows = [r for r in rows if r["saw"]]
    rows.sort(key=lambda r: (r["agreed"] is not None, r["first"] == r["second"], r["number"]))
    return {
        "pair": (first, second),
        "rows": rows,
        "humans": [c for c in desk.study.coders if c.id in humans],
        "open": sum(r["first"] != r["second"] and r["agreed"] is None for r in rows),
        "names": {c.id: c.name or c.id for c in desk.study.coders},
        "paths": [c.path for c in desk.study.codebook],
    }


def _row(desk: Desk, item: Item, pair: tuple[str, str]) -> dict[str, Any]:
    codings = desk.touching(item)
    sets = [sorted({c.code for c in codings if c.coder == coder}) for coder in pair]
    third = sorted({c.code for c in codings if c.coder == agreed_coder(desk)})
    settled = bool(third) or _saw(desk, item, agreed_coder(desk))
    text = desk.study.by_id[item.segment.document].text_of(item.segment)
    saw = all(sets[n] or _saw(desk, item, coder) for n, coder in enumerate(pair)) and (sets[0] or sets[1])
    return {"item": item, "number": desk.number(item), "text": text, "first": sets[0], "second": sets[1], "saw": saw,
            "agreed": third if settled else None}  # fmt: skip


def _saw(desk: Desk, item: Item, coder: str) -> bool:
    span = item.segment
    return any(r.start <= span.start and span.end <= r.end for r in desk.readings_of(span.document, coder))


def agree(desk: Desk, sitting: Sitting, ask: Ask) -> list[Decision]:
    """The resolution of a segment: the codes agreed on replace an earlier resolution; the originals stay.

    Raises:
        CodebookError: A code is not in the codebook.
        StudyError: The reason is missing.
    """
    item, book, coder = desk.item((ask.document, ask.unit)), desk.study.codebook, agreed_coder(desk)
    if sitting.blind:
        raise StudyError("adjudication", "in blind mode no other coder's coding is shown", "Log in without blind mode.")
    if not ask.text.strip():
        raise StudyError("this resolution", "its reason is missing", "Write why you resolve it so.")
    for code in ask.codes:
        if code not in book:
            raise book.unknown(code)
    old = tuple(c for c in desk.touching(item) if c.coder == coder and _within(c, item))
    when = now()
    added = tuple(replace(coded(item.segment, code, sitting, when), coder=coder, memo=ask.text.strip())
                  for code in dict.fromkeys(ask.codes))  # fmt: skip
    read: tuple[Reading, ...] = seen(item, coder, desk.readings_of(ask.document, coder))
    decision = about(item, "agree", sitting, book)
    effects = Effects(added=added, removed=old, read=read)
    return [replace(decision, note=ask.text.strip(), request=ask.request, seconds=ask.seconds, effects=effects)]


def _within(coding: Coding, item: Item) -> bool:
    return item.segment.start <= coding.start and coding.end <= item.segment.end
