"""The room of the codebook: its changes as recorded steps, every passage of a code, and the memos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from autocode.desk.advice import Item, ReviewSession
from autocode.desk.guard import Ask, Session, asked, data, fragment, html, moved, read_json
from autocode.desk.session import Desk, colours_css, stale
from autocode.desk.studies import OpenStudy, seated
from autocode.desk.view import colour, groups
from autocode.errors import CodebookError, StudyError
from autocode.study import Coding, Document
from autocode.study.codebook import SEPARATOR, Code, Codebook, hex_colour
from autocode.trail import Decision, Effects, Entry

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Step = tuple[Codebook, Mapping[str, str]]  # the new codebook, and where codes went that are no longer there

_LONGEST = 63  # characters of a code's name: what MAXQDA takes
_SHOWN = 2000  # passages of a code on one page
_PAIRS = 200  # pairs of codes listed
_RULES = 4000  # characters of a definition or rule


def step(desk: Desk, sitting: ReviewSession, ask: Ask) -> Decision:
    """A change of the codebook with all that it does to the codings, in one decision.

    Args:
        ask: `code` is the code changed, `text` the new name or definition, `suggested` the code it goes
            under or into, `codes` its definition, rules and example; `by` is, for a merge, how many
            codings the person was told will move.

    Raises:
        CodebookError: The change is impossible.
        StudyError: The codings are others than the person was told.
    """
    old = desk.study.codebook
    if ask.code and ask.code not in old:
        raise old.unknown(ask.code)
    new, went = STEPS[ask.do](old, ask)
    moved_ = [c for c in desk.study.codings if c.code in went]
    if ask.do == "code-delete" and desk.used[ask.code]:
        raise CodebookError(f"'{ask.code}'", "it was given to words", "Merge it into another code.")
    if ask.do == "code-merge" and sitting.blind:
        raise StudyError("this merge", "it would move codings that blind mode keeps from you", "Log in without blind mode.")
    if ask.do == "code-merge" and len(moved_) != ask.by:
        raise StudyError("this merge", f"it would move {_count(len(moved_), 'coding')} now, not {ask.by}", "Look again.")
    kept = set(desk.study.codings) - set(moved_)
    added = dict.fromkeys(replace(c, code=went[c.code]) for c in moved_)
    effects = Effects(added=tuple(c for c in added if c not in kept), removed=tuple(moved_), book=(old, new))
    said = " → ".join(part for part in (ask.code, ask.suggested, ask.text[:200]) if part)
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


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _named(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST or SEPARATOR.strip() in name or not name.isprintable():
        raise CodebookError("this name", f"a code's name has 1 to {_LONGEST} letters and no '>'", "Choose another.")
    return name


def _add(book: Codebook, ask: Ask) -> Step:
    code = Code(_named(ask.text), ask.code)
    if code.path in book:
        raise CodebookError("this code", f"the codebook has '{code.path}' already", "Choose it, or another name.")
    return _placed(book, (code,)), {}


def _define(book: Codebook, ask: Ask) -> Step:
    """Another definition; or, with four texts, definition, use for, not for and example."""
    if any(len(text) > _RULES for text in ask.codes):
        raise CodebookError("this rule", f"it has more than {_RULES:,} letters", "Shorten it.")
    rules = dict(zip(("definition", "include", "exclude", "example"), ask.codes or (ask.text,), strict=False))
    changed: dict[str, Any] = {name: text.strip() for name, text in rules.items()}
    return replace(book, codes=tuple(replace(c, **changed) if c.path == ask.code else c for c in book)), {}


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


def _colour(book: Codebook, ask: Ask) -> Step:
    """Another colour; none, and so that of the code above it, where the text is empty."""
    colour = hex_colour(ask.text)
    if ask.text and not colour:
        raise CodebookError("this colour", "it is not written as #rrggbb", "Choose one from the window.")
    return replace(book, codes=tuple(replace(c, colour=colour) if c.path == ask.code else c for c in book)), {}


def _delete(book: Codebook, ask: Ask) -> Step:
    """Take a code away that nobody has given."""
    if book.is_theme(ask.code):
        raise CodebookError(f"'{ask.code}'", "there are codes under it", "Move or delete those first.")
    return replace(book, codes=tuple(c for c in book if c.path != ask.code)), {}


def _split(book: Codebook, ask: Ask) -> Step:
    """Put new codes beside a code; its codings stay with it until a person gives them out."""
    parent = book.by_path[ask.code].parent
    names = tuple(dict.fromkeys(_named(n) for n in ask.text.split(",") if n.strip()))
    if len(names) < 2:
        raise CodebookError("this split", "it needs two names or more", "Separate them with commas.")
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
    moved_ = []
    for c in book:
        if c.path.startswith(old + SEPARATOR):
            went[c.path] = code.path + c.path.removeprefix(old)
            parent = code.path + c.parent.removeprefix(old)
            moved_.append(replace(c, parent=parent, guid=c.identifier))
    rest = tuple(c for c in book if c.path not in went)
    if code.parent == book.by_path[old].parent:  # a new name: everything stays where it is
        changed = iter((code, *moved_))
        return replace(book, codes=tuple(next(changed) if c.path in went else c for c in book)), went
    return _placed(replace(book, codes=rest), (code, *moved_)), went


STEPS: dict[str, Callable[[Codebook, Ask], Step]] = {
    "code-add": _add,
    "code-define": _define,
    "code-colour": _colour,
    "code-rename": _rename,
    "code-move": _move,
    "code-merge": _merge,
    "code-delete": _delete,
    "code-split": _split,
}
"""Plug-in point: from the name of a step to the function that takes it."""


def remark(desk: Desk, sitting: ReviewSession, ask: Ask) -> Decision:
    """A memo on a document, a code or the whole study, or other words for an earlier memo or comment.

    Args:
        ask: `by` is the number of the entry whose place it takes; empty words take that one away.
    """
    text = ask.text.strip()
    old = [e for e in desk.standing.marks(sitting.coder, ("note",)) if e.seq == ask.by]
    if ask.by and not old:
        raise StudyError("this memo", "it is no longer there", "Reload the page.")
    if not text and not old:
        raise StudyError("this memo", "it is empty", "Write something, or close the window.")
    if ask.document and ask.document not in desk.study.by_id:
        raise StudyError("this document", "the study does not have it", "Reload the page.")
    if ask.code and ask.code not in desk.study.codebook:
        raise desk.study.codebook.unknown(ask.code)
    if old:
        made = replace(old[0].decision, note=text, undoes=(ask.by,), effects=Effects(), batch="")
    else:
        made = Decision("note", sitting.coder, ask.document, code=ask.code, note=text, codebook=desk.study.codebook.sha256)
    return replace(made, request=ask.request)


@dataclass(frozen=True, slots=True)
class Passage:
    """One coding with its words, as a reader wants it: where, by whom, in which group."""

    coding: Coding
    document: Document
    item: Item
    text: str
    who: str
    own: bool


def passages(desk: Desk, sitting: ReviewSession, code: str, group: str = "") -> list[Passage]:
    """All passages of a code and of those under it, in all documents; in blind mode one's own.

    Args:
        group: A variable with its value, as ``name: value``; all where empty.
    """
    names, found = {c.id: c.name or c.id for c in desk.study.coders}, []
    for d in desk.study.documents:
        if group and group not in groups(d):
            continue
        mine = [c for c in desk.codings_of(d.id) if c.code == code or c.code.startswith(code + SEPARATOR)]
        for c in sorted(mine, key=lambda c: (c.start, c.end, c.code, c.coder)):
            own = c.coder == sitting.coder
            touched = desk.within(d.id, c.start, c.end) if own or not sitting.blind else []
            if touched:
                found.append(Passage(c, d, touched[0], d.text_of(c), names.get(c.coder, c.coder), own))
    return found


async def show(request: Request, study: OpenStudy, seat: Session) -> Response:
    """The code tree; and, where one is chosen, that code with all its passages."""
    sitting, desk = study.sitting(seat), study.desk()
    if not sitting:
        return moved(f"{study.base}/login?to=codes")
    key = study.key_of(request.path_params["code"]) if "code" in request.path_params else ""
    chosen = next((c for c in desk.study.codebook if f"code {c.identifier}" == key), None)
    place, begin = seat.place(request.query_params.get("view", "")), request.query_params.get("from", "")
    group = place.filters.get("group", "")
    found = passages(desk, sitting, chosen.path, group) if chosen else []
    at = int(begin) if begin.isdecimal() and len(begin) < 10 and int(begin) < len(found) else 0
    used = Counter(c.code for c in desk.study.codings if not sitting.blind or c.coder == sitting.coder)
    return html(
        fragment(
            "codes.html",
            study=study,
            desk=desk,
            seat=seat,
            sitting=sitting,
            room="codes",
            chosen=chosen,
            shown_colour=(desk.study.codebook.colour(chosen.path) if chosen else "") or "#808080",
            tree=[(c, colour(desk, c.path), c.path.count(SEPARATOR), used[c.path]) for c in desk.study.codebook.tree],
            passages=found[at : at + _SHOWN],
            total=len(found),
            begin=at,
            most=_SHOWN,
            place=place,
            group=group,
            groups=sorted({g for d in desk.study.documents for g in groups(d)})[:200],
            memos=[e for e in _memos(desk, sitting) if chosen and e.decision.code == chosen.path and not e.decision.document],
            codes=[(c, colour(desk, c.path)) for c in desk.study.codebook.tree],
            recent=[],
            **stale(desk),
        )
    )


def crossed(desk: Desk, sitting: ReviewSession) -> dict[str, Any]:
    """Codes given to the same segments, and codes by document and by group; in blind mode by one's own codings alone.

    Returns:
        pairs: two codes with the number of segments that carry both, the most first; columns and rows: for each code
        that was given, its codings in each document and in each group, under their names.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    cells: Counter[tuple[str, str]] = Counter()
    names = Counter(g.split(":")[0] for g in {g for d in desk.study.documents for g in groups(d)})
    columns = {d.id: d.name or d.id for d in desk.study.documents}
    split = sorted({g for d in desk.study.documents for g in groups(d) if 2 <= names[g.split(":")[0]] <= 12})
    for d in desk.study.documents:
        seen = [c for c in desk.codings_of(d.id) if c.coder == sitting.coder or not sitting.blind]
        for c in seen:
            cells.update([(c.code, f"d {d.id}"), *((c.code, f"g {g}") for g in groups(d) if g in split)])
        for item in desk.items(d.id):
            given = sorted({c.code for c in desk.touching(item) if c.coder == sitting.coder or not sitting.blind})
            pairs.update(combinations(given, 2))
    used = [c for c in desk.study.codebook if any((c.path, f"d {i}") in cells for i in columns)]

    def table(keys: Sequence[str]) -> list[tuple[Code, list[int]]]:
        """Each code with its counts in the columns named."""
        return [(c, [cells[c.path, k] for k in keys]) for c in used]

    return {
        "pairs": pairs.most_common(_PAIRS),
        "more": max(len(pairs) - _PAIRS, 0),
        "documents": (list(columns.values()), table([f"d {i}" for i in columns])),
        "split": (split, table([f"g {g}" for g in split])),
    }


async def tables(request: Request, study: OpenStudy, seat: Session) -> Response:
    """Code by code, code by document, code by group."""
    sitting, desk = study.sitting(seat), study.desk()
    if not sitting:
        return moved(f"{study.base}/login?to=codes/tables")
    found = crossed(desk, sitting)
    return html(fragment("tables.html", study=study, desk=desk, seat=seat, sitting=sitting, room="codes", **found))


async def colours(request: Request, study: OpenStudy, seat: Session) -> Response:
    """The colours of the codes as a style sheet: the page's policy allows none within the page."""
    from starlette.responses import Response

    return Response(colours_css(study.desk().study.codebook), media_type="text/css")


async def narrow(request: Request, study: OpenStudy, seat: Session) -> Response:
    """The address of a code's passages in one group alone."""
    ask, desk = asked(await read_json(request)), study.desk()
    code = desk.study.codebook.by_path.get(ask.code)
    if code is None:
        raise desk.study.codebook.unknown(ask.code)
    key = seat.view("document", {"group": ask.text})
    return data({"go": f"{study.base}/codes/{study.number_of(f'code {code.identifier}')}" + (f"?view={key}" if key else "")})


async def weigh(request: Request, study: OpenStudy, seat: Session) -> Response:
    """What a merge would do, before it is done."""
    ask, desk = asked(await read_json(request)), study.desk()
    if seated(study, seat).blind:
        raise StudyError("this merge", "it would move codings that blind mode keeps from you", "Log in without blind mode.")
    if ask.suggested not in desk.study.codebook or ask.code not in desk.study.codebook:
        raise StudyError("this merge", "it needs two codes", "Choose the code to merge it into.")
    there = [c for c in desk.study.codings if c.code == ask.code]
    doubled = {(c.document, c.start, c.end, c.coder) for c in desk.study.codings if c.code == ask.suggested}
    more = {
        "ask": ask,
        "count": len(there),
        "coders": len({c.coder for c in there}),
        "documents": len({c.document for c in there}),
        "same": sum((c.document, c.start, c.end, c.coder) in doubled for c in there),
    }
    return data({"parts": {"weighed": fragment("merge.html", **more)}})


def _memos(desk: Desk, sitting: ReviewSession) -> list[Entry]:
    """Every memo and comment that holds; in blind mode one's own."""
    coders = {sitting.coder} if sitting.blind else {e.decision.coder for e in desk.standing.entries}
    found = [e for coder in coders for e in desk.standing.marks(coder, ("note",)) if e.decision.note]
    return sorted(found, key=lambda e: -e.seq)


async def memos(request: Request, study: OpenStudy, seat: Session) -> Response:
    """All memos, comments and flags, each with the way to its place."""
    sitting, desk = study.sitting(seat), study.desk()
    if not sitting:
        return moved(f"{study.base}/login?to=memos")
    own = [c for c in desk.study.codings if c.memo and (c.coder == sitting.coder or not sitting.blind)]
    flagged = [i for items in desk.advice.items.values() for i in items if desk.standing.flagged(sitting.coder, i.key)]
    return html(
        fragment(
            "memos.html",
            study=study,
            desk=desk,
            seat=seat,
            sitting=sitting,
            room="memos",
            memos=_memos(desk, sitting),
            coded=[(c, found[0]) for c in own if (found := desk.within(c.document, c.start, c.end))],
            flagged=flagged,
            names={c.id: c.name or c.id for c in desk.study.coders},
            path=lambda e: desk.standing.path(e.decision.code, e.seq),
        )
    )


PAGES = {"/codes": show, "/codes/tables": tables, "/colours.css": colours, "/codes/{code}": show, "/memos": memos}

POSTS = {"/narrow": narrow, "/weigh": weigh}
"""The requests of this room."""
