"""From the desk to what the page shows: everything a coder may not see is left out here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from typing import Any

import numpy as np

from autocode.agreement.differences import CAUSES, inventory
from autocode.agreement.estimate import how_likely
from autocode.config import Config
from autocode.desk import ranked, seen, visible
from autocode.desk.advice import Item, Key, ReviewSession
from autocode.desk.guard import Place
from autocode.desk.jobs import FOLDER, SECOND_CODER
from autocode.desk.session import Between, Desk, agreed_coder, pair_of
from autocode.errors import AutocodeError, InputError, StudyError
from autocode.evaluate.double_coding import read_drawn
from autocode.study import Coding, Document, Doubt, Reading, Suggestion
from autocode.study.codebook import SEPARATOR
from autocode.study.matrix import coding_matrix

_SHOWN = 16  # words of a suggested passage beside its buttons
FILTERS = ("coder", "code", "theme", "band", "disagree", "group", "kind")


@dataclass(frozen=True, slots=True)
class Stripe:
    """One code in the margin: a person's coding, solid, or a suggestion, dashed."""

    code: str
    colour: str
    kind: str
    who: str
    start: int = 0
    end: int = 0
    word: str = ""
    probability: float = 0.0
    verdict: str = ""

    @property
    def short(self) -> str:
        """The code's own name."""
        return self.code.rpartition(SEPARATOR)[2]


@dataclass(frozen=True, slots=True)
class UnitView:
    """A segment as the transcript shows it.

    Attributes:
        pieces: Its words, each with the colour of a coding of these words alone, and with the
            confidence of doubtful ones.
        times: When it is heard, in seconds: from, to.
        drawn: It was drawn for this coder, as the second.
    """

    number: int
    item: Item
    pieces: tuple[tuple[str, str, float | None], ...]
    stripes: tuple[Stripe, ...]
    state: str
    flagged: bool
    current: bool
    times: tuple[float, float | None] | None = None
    drawn: bool = False


def unit(desk: Desk, sitting: ReviewSession, item: Item, current: bool = False) -> UnitView:
    """One segment."""
    stripes = tuple(stripes_of(desk, sitting, item))
    text = desk.study.by_id[item.segment.document].text
    own = desk.standing.of(sitting.coder, item.key)
    pieces = tuple(_pieces(text, item, stripes, desk.doubts(item)))
    state = desk.state(item, sitting)
    return UnitView(
        desk.number(item),
        item,
        pieces,
        stripes,
        {"context": "", "asked": "hidden" if sitting.hides(item) else "asked"}.get(state, state),
        bool(own) and desk.standing.flagged(sitting.coder, item.key),
        current,
        desk.times(item),
        item.key in drawn_for(desk, sitting),
    )


def stripes_of(desk: Desk, sitting: ReviewSession, item: Item) -> Iterator[Stripe]:
    """The codings and open suggestions of a segment that this coder may see."""
    names = {c.id: c.name or c.id for c in desk.study.coders}
    for c in desk.codings_for(item, sitting):
        kind = "own" if c.coder == sitting.coder else "human"
        yield Stripe(c.code, colour(desk, c.code), kind, names.get(c.coder, c.coder), c.start, c.end)
    verdicts = desk.standing.verdicts(sitting.coder, item.key) if item.suggestions else {}
    for s in desk.suggestions_for(item, sitting):
        verdict = verdicts.get(s.code, "")
        if verdict == "accept":  # the coding stands beside it already
            continue
        yield _suggested(desk, s, verdict)


def _suggested(desk: Desk, s: Suggestion, verdict: str) -> Stripe:
    return Stripe(
        s.code, colour(desk, s.code), "machine", "model", *s.passage, how_likely(s.probability), s.probability, verdict
    )


def _said(desk: Desk, s: Suggestion) -> str:
    """The words that would be coded, the middle of many left out; "" where these are the whole segment."""
    if s.passage == (s.segment.start, s.segment.end):
        return ""
    words = desk.study.by_id[s.segment.document].text[slice(*s.passage)].split()
    return " ".join(words if len(words) <= _SHOWN else [*words[: _SHOWN // 2], "…", *words[-_SHOWN // 2 :]])


def colour(desk: Desk, code: str) -> str:
    """The colour class of a code: of the colour chosen for it or a code above it, else that of its theme."""
    return desk.colours.get(code, "c0")


def _pieces(
    text: str, item: Item, stripes: tuple[Stripe, ...], doubts: tuple[Doubt, ...]
) -> Iterator[tuple[str, str, float | None]]:
    """The words of a segment, cut where codings of a part of it and doubtful words begin and end."""
    start, end = item.segment.start, item.segment.end
    parts = [s for s in stripes if s.kind != "machine" and (s.start > start or s.end < end)]
    edges = [p for s in parts for p in (s.start, s.end)] + [p for d in doubts for p in (d.start, d.end)]
    cuts = sorted({start, end, *(min(max(p, start), end) for p in edges)})
    for a, b in pairwise(cuts):
        doubt = next((d.confidence for d in doubts if d.start <= a and b <= d.end), None)
        yield text[a:b], next((s.colour for s in parts if s.start <= a and b <= s.end), ""), doubt


def passes(desk: Desk, sitting: ReviewSession, item: Item, filters: Mapping[str, str]) -> bool:
    """Whether a segment passes the filters, judged by what this coder may see of it."""
    wanted = {k: v for k, v in filters.items() if v and k not in ("group", "kind")}
    if not wanted:
        return True
    stripes = list(stripes_of(desk, sitting, item))
    codings = desk.codings_for(item, sitting)
    theme = wanted.get("theme", "")
    return (
        ("coder" not in wanted or any(c.coder == wanted["coder"] for c in codings))
        and ("code" not in wanted or any(s.code == wanted["code"] for s in stripes))
        and (not theme or any(s.code == theme or s.code.startswith(theme + SEPARATOR) for s in stripes))
        and ("band" not in wanted or any(s.word == wanted["band"] and not s.verdict for s in stripes))
        and ("disagree" not in wanted or sitting.blind or disagrees(desk, item, codings))
    )


def disagrees(desk: Desk, item: Item, codings: list[Coding]) -> bool:
    """Whether the human coders who worked on the document gave a segment different codes."""
    humans, document = set(desk.people), item.segment.document
    given: dict[str, set[str]] = {r.coder: set() for r in desk.study.readings if r.document == document and r.coder in humans}
    for c in codings:
        if c.coder in humans:
            given.setdefault(c.coder, set()).add(c.code)
    return len({frozenset(codes) for codes in given.values()}) > 1


def groups(document: Document) -> list[str]:
    """What a document can be filtered by: its variables with their values."""
    return [f"{k}: {v}" for k, v in sorted(document.variables.items()) if v and len(v) <= 40]


def listed(desk: Desk, place: Place) -> list[Document]:
    """The documents that pass the filters, those that the model has learnt from last."""
    group, kind = place.filters.get("group", ""), place.filters.get("kind", "")
    return [
        d
        for d in sorted(desk.study.documents, key=lambda d: d.id in desk.advice.learnt)
        if (not group or group in groups(d)) and (not kind or kind == d.kind)
    ]


def here(desk: Desk, place: Place, sitting: ReviewSession) -> Item:
    """The segment that the tab looks at: where it was left, else the first that waits."""
    items = desk.items(place.document)
    if left := desk.find((place.document, place.unit)):
        return left
    first = ranked(items, sitting, desk.standing, "document") or [i for i in items if not i.context] or items
    return first[0]


def following(desk: Desk, place: Place, sitting: ReviewSession, item: Item) -> Item | None:
    """The next segment of the document that waits, in the tab's order; None where none is left.

    In the document's order it is sought from here on and then from the beginning; skipped ones come last.
    """
    items, at, waits = desk.items(place.document), desk.number(item), _waits(desk, place, sitting)
    straight = place.order in ("document", "drawn")
    walk = chain(items[at + 1 :], items[:at]) if straight else (i for i in items if i.key != item.key)
    open_ = (i for i in walk if waits(i))
    if not straight:
        return next(iter(ranked(list(open_), sitting, desk.standing, place.order)), None)
    skipped = None
    for i in open_:  # the first will do: a document may have thousands
        if not desk.standing.skipped(sitting.coder, i.key):
            return i
        skipped = skipped or i
    return skipped


def _waits(desk: Desk, place: Place, sitting: ReviewSession) -> Callable[[Item], bool]:
    """What tells of a segment whether the tab is to come to it."""
    if place.order == "drawn":
        waiting = drawn_left(desk, sitting)
        return lambda item: item.key in waiting and passes(desk, sitting, item, place.filters)
    return lambda item: desk.state(item, sitting) == "asked" and passes(desk, sitting, item, place.filters)


def elsewhere(desk: Desk, place: Place, sitting: ReviewSession) -> Item | None:
    """The first segment that waits in another document, the documents after this one first."""
    found, waits = listed(desk, place), _waits(desk, place, sitting)
    at = next((n for n, d in enumerate(found) if d.id == place.document), -1) + 1
    for d in (*found[at:], *found[: max(at - 1, 0)]):
        if open_ := [i for i in desk.items(d.id) if waits(i)]:
            return min(open_, key=lambda i: desk.standing.skipped(sitting.coder, i.key))
    return None


def drawn(desk: Desk) -> tuple[str, Mapping[Key, int]]:
    """Who coded first, and the segments drawn for a second coder, each with the number of its passage; none drawn: none.

    Raises:
        InputError: The table of passages drawn was changed.
        StudyError: It is of other texts.
    """
    path = desk.path.parent / FOLDER / SECOND_CODER
    if desk.drawn is None:
        desk.drawn = "", {}
        try:
            made, items = read_drawn(path), [i for d in desk.study.documents for i in desk.items(d.id) if not i.context]
            units = made.units([i.segment for i in items])
            desk.drawn = made.first, {items[u].key: n for n, own in enumerate(units) for u in own}
        except (InputError, StudyError) as error:
            desk.drawn = error if path.exists() else desk.drawn
    if isinstance(desk.drawn, AutocodeError):
        raise desk.drawn.with_traceback(None)
    return desk.drawn


def unread(desk: Desk, numbers: Mapping[Key, int], coder: str) -> dict[Key, int]:
    """Those of some segments that a coder has not read: reading alone counts, wherever and however the coder did."""
    mine: dict[str, list[Reading]] = {}
    for r in desk.study.readings if numbers else ():
        if r.coder == coder:
            mine.setdefault(r.document, []).append(r)
    return {k: n for k, n in numbers.items() if seen(desk.item(k), coder, mine.get(k[0], ()))}


def drawn_for(desk: Desk, sitting: ReviewSession) -> Mapping[Key, int]:
    """What is drawn for this coder: for a second one who codes blind; none for the first."""
    with suppress(InputError, StudyError):  # Coding twice says what is wrong with the table
        first, numbers = drawn(desk)
        return numbers if sitting.blind and sitting.coder != first else {}
    return {}


def drawn_left(desk: Desk, sitting: ReviewSession) -> dict[Key, int]:
    """Those of them that the coder has not read."""
    return unread(desk, drawn_for(desk, sitting), sitting.coder)


def pane(desk: Desk, place: Place, sitting: ReviewSession, item: Item) -> dict[str, Any]:
    """What stands beside the transcript: the current segment with all that speaks for its codes."""
    free = visible(item, sitting, desk.standing)
    own = [c for c in desk.touching(item) if c.coder == sitting.coder]
    return {
        "unit": unit(desk, sitting, item),
        "suggestions": [
            (s, desk.study.codebook.by_path.get(s.code), st, _said(desk, s)) for s, st in _paired(desk, sitting, item)
        ],
        "own": [(s, c.memo) for s, c in zip((s for s in stripes_of(desk, sitting, item) if s.kind == "own"), own, strict=True)],
        "others": [s for s in stripes_of(desk, sitting, item) if s.kind == "human"],
        "rejected": item.rejected if free else None,
        "likely": [c for c in item.likely if c in desk.study.codebook] if free else [],
        "notes": [e for e in desk.standing.of(sitting.coder, item.key) if e.decision.action == "note" and e.decision.note],
        "corrections": desk.standing.corrections(item.key),
        "free": free,
        "names": {c.id: c.name or c.id for c in desk.study.coders},
        "learnt": item.segment.document in desk.advice.learnt and not sitting.blind,
        "text": desk.study.by_id[item.segment.document].text,
        "closed": desk.standing.closed(sitting.coder, item.key),
        "ended": _ended(desk, place, sitting),
    }


def _ended(desk: Desk, place: Place, sitting: ReviewSession) -> dict[str, Any] | None:
    """How an interview stands in which nothing waits any more, and which comes next; None before that."""
    p, drawn = desk.progress(place.document, sitting), place.order == "drawn" and bool(drawn_for(desk, sitting))
    waiting = drawn_left(desk, sitting) if drawn else {}
    if any(document == place.document for document, _ in waiting) or (not drawn and (p.asked or not p.decided)):
        return None
    following_ = elsewhere(desk, place, sitting)
    more = {"drawn": drawn, "left": len(set(waiting.values()))}
    return {"progress": p, "next": desk.study.by_id[following_.segment.document] if following_ else None, **more}


def _paired(desk: Desk, sitting: ReviewSession, item: Item) -> Iterator[tuple[Any, Stripe]]:
    verdicts = desk.standing.verdicts(sitting.coder, item.key)
    for s in desk.suggestions_for(item, sitting):
        yield s, _suggested(desk, s, verdicts.get(s.code, ""))


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
    for n, first, second, causes, question in between(desk, pair).get(document, ()):
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


def between(desk: Desk, pair: tuple[str, str]) -> Mapping[str, list[Between]]:
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


def people(desk: Desk, pair: Sequence[str] = ()) -> dict[str, Any]:
    """What a page needs to speak of coders: the pair compared, all people, later rounds, names, and codes."""
    return {
        "pair": tuple(pair) or pair_of(desk),
        "humans": [c for c in desk.study.coders if c.id in desk.people],
        "later": [c.name or c.id for c in desk.study.coders if c.id in desk.study.humans and c.id not in desk.people],
        "names": {c.id: c.name or c.id for c in desk.study.coders},
        "paths": [c.path for c in desk.study.codebook.tree],
    }
