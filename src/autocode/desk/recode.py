"""Changes of the codebook as recorded steps: add, define, rename, move, merge, split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from autocode.desk.acts import Ask
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.queue import about, coded, seen
from autocode.desk.session import Desk
from autocode.desk.view import Session
from autocode.errors import CodebookError, StudyError
from autocode.store.ledger import now
from autocode.study import Coding, Reading
from autocode.study.codebook import SEPARATOR, Code, Codebook
from autocode.trail import Decision, Effects

Step = tuple[Codebook, Mapping[str, str]]  # the new codebook, and where codes went that are no longer there

_LONGEST = 63  # characters of a code's name: what MAXQDA takes


def step(desk: Desk, sitting: ReviewSession, ask: Ask) -> Decision:
    """A change of the codebook with all that it does to the codings, in one decision.

    Args:
        ask: `code` is the code changed, `text` the new name or definition, `suggested` the code
            it goes under or into, `codes` the names of a split.

    Raises:
        CodebookError: The change is impossible.
    """
    old = desk.study.codebook
    if ask.code and ask.code not in old:
        raise old.unknown(ask.code)
    new, went = STEPS[ask.do](old, ask)
    moved = [c for c in desk.study.codings if c.code in went]
    kept = set(desk.study.codings) - set(moved)
    added = dict.fromkeys(replace(c, code=went[c.code]) for c in moved)
    effects = Effects(added=tuple(c for c in added if c not in kept), removed=tuple(moved), book=(old, new))
    said = " → ".join(part for part in (ask.code, ask.suggested, ask.text[:200], ", ".join(ask.codes)) if part)
    return Decision(
        "codebook",
        sitting.coder,
        code=ask.code,
        note=f"{ask.do.removeprefix('code-')}: {said}",
        codebook=old.sha256,
        model=sitting.model,
        request=ask.request,
        effects=effects,
    )


def stale(desk: Desk, sitting: ReviewSession) -> dict[str, Any]:
    """What the steps recorded so far make out of date, in words."""
    steps = [e for e in desk.standing.entries if e.decision.action == "codebook"]
    used = {e.decision.codebook for e in desk.standing.entries if e.decision.codebook}
    changed = used - {desk.study.codebook.sha256}
    since = [e for e in desk.standing.entries if e.decision.action in ("accept", "reject", "other", "add", "done")]
    older = sum(e.decision.codebook != desk.study.codebook.sha256 for e in since)
    return {"steps": steps[-30:], "older": older, "model_stale": bool(steps and changed and sitting.model)}


def _named(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST or SEPARATOR.strip() in name or not name.isprintable():
        raise CodebookError("this name", f"a code's name has 1 to {_LONGEST} letters and no '>'", "Choose another.")
    return name


def _add(book: Codebook, ask: Ask) -> Step:
    return _placed(book, (Code(_named(ask.text), ask.code),)), {}


def _define(book: Codebook, ask: Ask) -> Step:
    codes = tuple(replace(c, definition=ask.text.strip()) if c.path == ask.code else c for c in book)
    return replace(book, codes=codes), {}


def _rename(book: Codebook, ask: Ask) -> Step:
    code = book.by_path[ask.code]
    return _shifted(book, ask.code, replace(code, name=_named(ask.text), guid=code.identifier))


def _move(book: Codebook, ask: Ask) -> Step:
    """Hang a code, with all below it, under another; under none where it is empty."""
    target, code = ask.suggested, book.by_path[ask.code]
    if target and target not in book:
        raise book.unknown(target)
    if f"{target}{SEPARATOR}".startswith(ask.code + SEPARATOR):
        raise CodebookError("this move", "a code cannot hang under itself", "Choose another parent.")
    return _shifted(book, ask.code, replace(code, parent=target, guid=code.identifier))


def _merge(book: Codebook, ask: Ask) -> Step:
    """Give the codings of one code to another, and take the first away."""
    if ask.suggested not in book:
        raise book.unknown(ask.suggested)
    if ask.suggested == ask.code or book.is_theme(ask.code):
        raise CodebookError("this merge", "it needs two codes, the first without codes under it", "Move those first.")
    codes = tuple(c for c in book if c.path != ask.code)
    return replace(book, codes=codes), {ask.code: ask.suggested}


def _split(book: Codebook, ask: Ask) -> Step:
    """Put new codes beside a code; its codings stay with it until a person gives them out."""
    parent = book.by_path[ask.code].parent
    names = tuple(dict.fromkeys(_named(n) for n in ask.text.split(",") if n.strip()))
    if len(names) < 2:
        raise CodebookError("this split", "it needs two names or more", "Part them by commas.")
    return _placed(book, tuple(Code(n, parent) for n in names)), {}


def _placed(book: Codebook, new: tuple[Code, ...]) -> Codebook:
    """The codebook with new codes after the last one under their parent."""
    codes, parent = list(book.codes), new[0].parent
    under = [n for n, c in enumerate(codes) if parent and f"{c.path}{SEPARATOR}".startswith(parent + SEPARATOR)]
    at = under[-1] + 1 if under else len(codes)
    return replace(book, codes=(*codes[:at], *new, *codes[at:]))


def _shifted(book: Codebook, old: str, code: Code) -> Step:
    """The codebook with one code in another place or under another name, all below it with it."""
    went = {old: code.path}
    moved = []
    for c in book:
        if c.path.startswith(old + SEPARATOR):
            went[c.path] = code.path + c.path.removeprefix(old)
            parent = code.path + c.parent.removeprefix(old)
            moved.append(replace(c, parent=parent, guid=c.identifier))
    rest = tuple(c for c in book if c.path not in went)
    if code.parent == book.by_path[old].parent:  # a new name: everything stays where it is
        changed = iter((code, *moved))
        return replace(book, codes=tuple(next(changed) if c.path in went else c for c in book)), went
    return _placed(replace(book, codes=rest), (code, *moved)), went


STEPS: dict[str, Callable[[Codebook, Ask], Step]] = {
    "code-add": _add,
    "code-define": _define,
    "code-rename": _rename,
    "code-move": _move,
    "code-merge": _merge,
    "code-split": _split,
}
"""Plug-in point: from the name of a step to the function that takes it."""


AGREED = "agreed"


def agreed_coder(desk: Desk) -> str:
    """Id of the coder that holds the resolved coding."""
    return desk.study.agreed or AGREED


def compared(desk: Desk, seat: Session) -> dict[str, Any]:
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
    return {
        "item": item,
        "number": desk.number(item),
        "text": text,
        "first": sets[0],
        "second": sets[1],
        "saw": saw,
        "agreed": third if settled else None,
    }


def _saw(desk: Desk, item: Item, coder: str) -> bool:
    span = item.segment
    return any(r.start <= span.start and span.end <= r.end for r in desk.readings_of(span.document, coder))


def agree(desk: Desk, sitting: ReviewSession, ask: Ask) -> list[Decision]:
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
    added = tuple(
        replace(coded(item.segment, code, sitting, when), coder=coder, memo=ask.text.strip())
        for code in dict.fromkeys(ask.codes)
    )
    read: tuple[Reading, ...] = seen(item, coder, desk.readings_of(ask.document, coder))
    decision = about(item, "agree", sitting, book)
    effects = Effects(added=added, removed=old, read=read)
    return [replace(decision, note=ask.text.strip(), request=ask.request, seconds=ask.seconds, effects=effects)]


def _within(coding: Coding, item: Item) -> bool:
    return item.segment.start <= coding.start and coding.end <= item.segment.end
