"""From the desk to what the page shows: everything a coder may not see is left out here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autocode.desk.acts import flag_of
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.queue import ranked, visible
from autocode.desk.session import Desk
from autocode.study import Coding, Document, Doubt, Suggestion
from autocode.study.codebook import SEPARATOR
from autocode.trail import Entry

if TYPE_CHECKING:
    from jinja2 import Environment

_COLOURS = 8
FILTERS = ("coder", "code", "theme", "band", "disagree", "group", "kind")


def word_of(s: Suggestion) -> str:
    """How sure the model is, for a reader: what it promises or would itself code is likely."""
    return "likely" if s.suggested or s.coded else {"ask": "unsure"}.get(s.band, "unlikely")


@dataclass(slots=True)
class Session:
    """A browser at the desk: who sits there and what is on the screen. Lives in memory only.

    Attributes:
        page: code, compare, codebook.
        current: Id of the segment looked at, by document.
        pair: The coders compared.
        saved: When this browser's last decision was saved.
    """

    sitting: ReviewSession | None = None
    name: str = ""
    page: str = "code"
    document: str = ""
    order: str = "document"
    filters: dict[str, str] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    pair: tuple[str, str] = ("", "")
    saved: str = ""


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
    """

    number: int
    item: Item
    pieces: tuple[tuple[str, str, float | None], ...]
    stripes: tuple[Stripe, ...]
    state: str
    flagged: bool
    current: bool
    times: tuple[float, float | None] | None = None


def units(desk: Desk, seat: Session, sitting: ReviewSession) -> Iterator[UnitView]:
    """The segments of the seat's document that pass its filters."""
    current = here(desk, seat, sitting)
    for item in desk.items(seat.document):
        if item.key == current.key or passes(desk, sitting, item, seat.filters):
            yield unit(desk, sitting, item, item.key == current.key)


def unit(desk: Desk, sitting: ReviewSession, item: Item, current: bool = False) -> UnitView:
    """One segment."""
    stripes = tuple(stripes_of(desk, sitting, item))
    text = desk.study.by_id[item.segment.document].text
    own = desk.standing.of(sitting.coder, item.key)
    pieces = tuple(_pieces(text, item, stripes, desk.doubts(item)))
    return UnitView(
        desk.number(item),
        item,
        pieces,
        stripes,
        _state(desk, sitting, item),
        bool(own) and flag_of(desk.standing, sitting, item),
        current,
        desk.times(item),
    )


def _state(desk: Desk, sitting: ReviewSession, item: Item) -> str:
    state = desk.state(item, sitting)
    return {"context": "", "asked": "hidden" if sitting.hides(item) else "asked"}.get(state, state)


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
    return Stripe(s.code, colour(desk, s.code), "machine", "model", word=word_of(s), probability=s.probability, verdict=verdict)


def colour(desk: Desk, code: str) -> str:
    """The colour class of a code: that of its theme."""
    return f"c{desk.themes.get(code.split(SEPARATOR)[0], 0) % _COLOURS}"


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
    humans = set(desk.study.humans)
    given: dict[str, set[str]] = {c: set() for c in _readers(desk, item.segment.document)}
    for c in codings:
        if c.coder in humans:
            given.setdefault(c.coder, set()).add(c.code)
    return len({frozenset(codes) for codes in given.values()}) > 1


def _readers(desk: Desk, document: str) -> set[str]:
    humans = set(desk.study.humans)
    return {r.coder for r in desk.study.readings if r.document == document and r.coder in humans}


def groups(document: Document) -> list[str]:
    """What a document can be filtered by: its variables with their values."""
    return [f"{k}: {v}" for k, v in sorted(document.variables.items()) if v and len(v) <= 40]


def listed(desk: Desk, seat: Session) -> list[Document]:
    """The documents that pass the seat's filters, those that the model has learnt from last."""
    group, kind = seat.filters.get("group", ""), seat.filters.get("kind", "")
    return [
        d
        for d in sorted(desk.study.documents, key=lambda d: d.id in desk.advice.learnt)
        if (not group or group in groups(d)) and (not kind or kind == d.kind)
    ]


def here(desk: Desk, seat: Session, sitting: ReviewSession) -> Item:
    """The segment that the seat looks at: where it was left, else the first that waits."""
    items = desk.items(seat.document)
    if left := desk.find((seat.document, seat.current.get(seat.document, ""))):
        return left
    first = ranked(items, sitting, desk.standing, "document") or [i for i in items if not i.context] or items
    return first[0]


def following(desk: Desk, seat: Session, sitting: ReviewSession, item: Item) -> Item | None:
    """The next segment that waits, in the seat's order; None where nothing is left."""
    if seat.order == "document" and (found := _nearest(desk, seat, sitting, item)):
        return found
    elsewhere = [d.id for d in listed(desk, seat) if seat.order != "document" or d.id != seat.document]
    open_ = (i for d in elsewhere for i in desk.items(d) if desk.state(i, sitting) == "asked" and i.key != item.key)
    passing = [i for i in open_ if passes(desk, sitting, i, seat.filters)]
    return next(iter(ranked(passing, sitting, desk.standing, seat.order)), None)


def _nearest(desk: Desk, seat: Session, sitting: ReviewSession, item: Item) -> Item | None:
    """The next segment of the document that waits, from here on and then from its beginning; skipped ones last."""
    items, at = desk.items(seat.document), desk.number(item) + 1
    around = (i for i in (*items[at:], *items[: at - 1]) if desk.state(i, sitting) == "asked")
    put_off = None
    for found in around:
        if passes(desk, sitting, found, seat.filters):
            if not desk.standing.skipped(sitting.coder, found.key):
                return found
            put_off = put_off or found
    return put_off


def pane(desk: Desk, seat: Session, sitting: ReviewSession, item: Item) -> dict[str, Any]:
    """What stands beside the transcript: the current segment with all that speaks for its codes."""
    free = visible(item, sitting, desk.standing)
    return {
        "unit": unit(desk, sitting, item),
        "suggestions": [(s, desk.study.codebook.by_path.get(s.code), st) for s, st in _paired(desk, sitting, item)],
        "own": [s for s in stripes_of(desk, sitting, item) if s.kind == "own"],
        "others": [s for s in stripes_of(desk, sitting, item) if s.kind == "human"],
        "rejected": item.rejected if free else None,
        "notes": _notes(desk, sitting, item),
        "corrections": desk.standing.corrections(item.key),
        "free": free,
        "names": {c.id: c.name or c.id for c in desk.study.coders},
        "learnt": item.segment.document in desk.advice.learnt and not sitting.blind,
        "text": desk.study.by_id[item.segment.document].text,
        "closed": desk.standing.closed(sitting.coder, item.key),
    }


def _paired(desk: Desk, sitting: ReviewSession, item: Item) -> Iterator[tuple[Any, Stripe]]:
    verdicts = desk.standing.verdicts(sitting.coder, item.key)
    for s in desk.suggestions_for(item, sitting):
        yield s, _suggested(desk, s, verdicts.get(s.code, ""))


def _notes(desk: Desk, sitting: ReviewSession, item: Item) -> list[Entry]:
    return [e for e in desk.standing.of(sitting.coder, item.key) if e.decision.action == "note"]


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates; everything put into them is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("autocode.desk"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.globals["word_of"] = word_of
    return found
