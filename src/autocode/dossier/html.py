"""Self-contained HTML: the report of a study, and suggestions laid over their transcripts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autocode.agreement.estimate import apa, how_likely
from autocode.dossier.blocks import REFERENCE, Block, Cell, Dossier, Figure, Quoted, Table, Title, Words
from autocode.dossier.drawing import PALETTE, Box, Circle, Drawing, Label, Line, Scale, Shape, svg
from autocode.dossier.findings import Findings
from autocode.errors import counted
from autocode.model.curve import Curve
from autocode.model.next import RARE, Pick
from autocode.model.precedents import PossibleCode, Unlike
from autocode.study import Document, Segment, Suggestion
from autocode.study.codebook import SEPARATOR

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def dossier_html(made: Dossier, findings: Findings) -> str:
    """A dossier as one HTML page, with the suggestions of `findings` where there are any."""
    return (
        _environment()
        .get_template("report.html")
        .render(
            dossier=made,
            silent=findings.silent or {},
            documents=_laid_over(findings.suggestions, findings.new or {}),
        )
    )


def suggestions_html(
    suggestions: Iterable[Suggestion], documents: Mapping[str, Document], notice: str = "", unlike: Unlike | None = None
) -> str:
    """Suggestions laid over their transcripts, with all that speaks for them.

    Args:
        suggestions: Of any segments.
        documents: The documents they lie in, by id.
        notice: A line that every report of the study carries.
        unlike: Segments unlike anything coded, shown at the end.
    """
    page = _environment().get_template("suggestions.html")
    return page.render(
        documents=_laid_over(suggestions, documents), notice=notice, unlike=unlike or Unlike((), (), 0.0, ()), by_id=documents
    )


def page_html(title: str, blocks: Iterable[Block], notice: str = "") -> str:
    """Blocks under a title as one HTML page that needs nothing from outside."""
    return _environment().get_template("blocks_page.html").render(title=title, blocks=list(blocks), notice=notice)


@dataclass(frozen=True, slots=True)
class Laid:
    """One unit of a transcript with what the model says of it."""

    segment: Segment
    text: str
    suggestions: tuple[Suggestion, ...]

    def said(self, s: Suggestion) -> str:
        """The words that carry a suggestion's code."""
        return self.text[s.passage[0] - self.segment.start : s.passage[1] - self.segment.start]

    def telling(self, s: Suggestion) -> list[str]:
        """The words that raised a suggestion's score."""
        return [self.text[a - self.segment.start : b - self.segment.start] for a, b, _ in s.grounds.words]


def _coded(documents: Iterable[tuple[Document, Iterable[Laid]]]) -> list[tuple[str, list[tuple[Laid, Suggestion]]]]:
    """The places of each code, the likeliest first; codes by name."""
    found: dict[str, list[tuple[Laid, Suggestion]]] = {}
    for _, rows in documents:
        for row in rows:
            for s in row.suggestions:
                found.setdefault(s.code, []).append((row, s))
    return [(code, sorted(found[code], key=lambda place: -place[1].probability)) for code in sorted(found)]


def _lit(text: str, words: Sequence[str]) -> Markup:
    """A text with every occurrence of some words marked."""
    from markupsafe import Markup, escape

    wanted = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
    # Halves of characters, which no text holds, stand for the marks until the whole is escaped at once.
    lit = re.sub(rf"(?i)\b({wanted})\b", "\ud800\\1\udfff", text) if wanted else text
    return escape(lit).replace("\ud800", Markup("<mark>")).replace("\udfff", Markup("</mark>"))


def _ends(text: str) -> str:
    """The first words and the last ones of a longer passage."""
    words = text.split()
    return " ".join(words) if len(words) <= _SHOWN else f"{' '.join(words[:5])} … {' '.join(words[-5:])}"


def _laid_over(suggestions: Iterable[Suggestion], documents: Mapping[str, Document]) -> list[tuple[Document, list[Laid]]]:
    """The units that carry suggestions, by document, in reading order."""
    units: dict[tuple[str, str], list[Suggestion]] = {}
    for s in suggestions:
        if s.band != "silent":
            units.setdefault((s.segment.document, s.segment.id), []).append(s)
    laid: dict[str, list[Laid]] = {}
    for (document, _), found in units.items():
        segment = found[0].segment
        laid.setdefault(document, []).append(Laid(segment, documents[document].text_of(segment), tuple(found)))
    return [(documents[d], sorted(rows, key=lambda r: r.segment.start)) for d, rows in laid.items()]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("autocode.dossier"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = svg
    environment.filters["linked"] = _linked
    environment.filters |= {"lit": _lit, "ends": _ends, "coded": _coded, "how_likely": how_likely}
    environment.filters["anchor"] = lambda caption: caption.partition(". ")[0].lower().replace(" ", "-")
    environment.tests["kind"] = lambda block, name: type(block).__name__ == name
    return environment


def _linked(text: str) -> Markup:
    """A text whose references to tables and figures are links to them."""
    from markupsafe import Markup, escape

    return Markup(REFERENCE.sub(lambda m: f'<a href="#{m[1].lower()}-{m[2]}">{m[0]}</a>', str(escape(text))))  # noqa: S704


_SHOWN = 12  # words of a span shown in full
_QUOTED = 200  # characters of a segment shown in a terminal


@dataclass(frozen=True)
class Outlook:
    """What is open in a study.

    Attributes:
        picks: What to code next, best first.
        curve: None where it was not asked for.
        unlike: Open segments unlike anything coded.
        documents: The study's documents by id.
        rare: How many codes were given to fewer than `RARE` segments so far; None: not known.
    """

    picks: tuple[Pick, ...]
    curve: Curve | None
    unlike: Unlike
    documents: Mapping[str, Document]
    notice: str = ""
    rare: int | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping; places, no words of transcripts."""
        return {
            "next": [p.to_json() for p in self.picks],
            "curve": self.curve.to_json() if self.curve else None,
            "unlike": self.unlike.to_json(),
            "rare_codes": self.rare,
        }

    def __str__(self) -> str:
        curve = ["\n" + expectation(self.curve)] if self.curve else []
        return "\n".join([*self._ranked(), *(f"\n{said}" for said in self._matters()), *self._possible(), *curve])

    def _matters(self) -> Iterator[str]:
        """Whether it matters which comes first: it does for codes hardly met (`benchmarks/outlook.py`)."""
        if len(self.picks) > 1 and self.rare:
            told = f"{counted(self.rare, 'code')} with fewer than {RARE} coded segments"
            yield f"The order is for meeting what has hardly been met: {told} so far."
        elif len(self.picks) > 1 and self.rare == 0:
            yield f"Every code has {RARE} coded segments or more, so the order hardly matters: any of these will do."

    def _ranked(self) -> Iterator[str]:
        yield "Code next, best first:" if self.picks else "Nothing is open: every document has been coded."
        for n, pick in enumerate(self.picks, 1):
            yield f"{n:>3}. {self._place(pick)}"
            yield from (f"     {why}" for why in pick.why)

    def _place(self, pick: Pick) -> str:
        document = self.documents[pick.document]
        name = document.name if document.name not in ("", document.id) else ""
        where = f"{pick.document} ({name})" if name else pick.document
        return where if pick.segment is None else f"{where}, segment {pick.segment.id}"

    def _possible(self) -> Iterator[str]:
        if self.unlike.segments:
            yield f"\nOpen segments unlike anything coded: {len(self.unlike.segments):,}."
        for p in self.unlike.possible:
            yield f"\nA possible new code: {len(p.segments)} of them, in {', '.join(p.documents)}. The most central:"
            for s in p.central:
                text = " ".join(self.documents[s.document].text_of(s).split())
                yield f"  {_where(s)}: {text[:_QUOTED]}{'…' if len(text) > _QUOTED else ''}"

    def html(self) -> str:
        """The same as one page, with the learning curve as a figure."""
        return page_html("What to code next", self._blocks(), self.notice)

    def _blocks(self) -> Iterator[Block]:
        rows = tuple((n, self._place(p), "; ".join(p.why).replace(SEPARATOR, " › ")) for n, p in enumerate(self.picks, 1))
        if rows:
            yield Table("Next", "Code next, best first", ("", "Where", "Why"), rows)
            yield from map(Words, self._matters())
        else:
            yield Words("Nothing is open: every document has been coded.")
        if self.curve:
            yield Title("What to expect of coding more", 3)
            yield Words(expectation(self.curve))
            if self.curve.points:
                yield figure(self.curve)
        for p in self.unlike.possible:
            yield from self._quotes(p)

    def _quotes(self, possible: PossibleCode) -> Iterator[Block]:
        yield Title(
            (
                f"A possible new code: {counted(len(possible.segments), 'segment')} in "
                f"{counted(len(possible.documents), 'document')}"
            ),
            3,
        )
        yield Words("They resemble each other and are unlike anything coded. The most central ones:", "soft")
        for s in possible.central:
            yield Quoted(self.documents[s.document].text_of(s), "Uncoded", _where(s))


def _where(s: Segment) -> str:
    return f"{s.document}, segment {s.id}" + (f", {s.speaker}" if s.speaker else "")


def expectation(curve: Curve) -> str:
    """The learning curve in words."""
    if curve.now is None or curve.later is None:
        return f"What more coding would bring cannot be said yet: {curve.reason}."
    humans = "" if curve.humans is None else f" The coders agree among themselves at {apa(curve.humans)}."
    return (
        f"Agreement of machine and coders (pooled kappa, documents not learnt from): about {apa(curve.now)} with "
        f"the {curve.documents} documents coded now, by the fitted line. After {curve.ahead} more, expect about "
        f"{apa(curve.later)} (95% interval [{apa(curve.low)}, {apa(curve.high)}]).{humans}"
    )


def figure(curve: Curve) -> Figure:
    """Measured points, the fitted line, the prediction with its interval, and the coders' own agreement."""
    rows: list[tuple[Cell, ...]] = [(f"{p.documents} documents", p.agreement, None, None) for p in curve.points]
    rows += [
        (f"{curve.documents} documents (now, fitted)", curve.now, None, None),
        (f"{curve.documents + curve.ahead} documents (expected)", curve.later, curve.low, curve.high),
    ]
    rows += [("coders among themselves", curve.humans, None, None)] if curve.humans is not None else []
    header = ("Learnt from", "Pooled kappa", "Low", "High")
    data = Table("Learning curve", "Learning curve", header, tuple(rows), "tkkk")
    caption = (
        "Learning curve: discs were measured on documents not learnt from, the line is fitted to them, the ring "
        "is what to expect, with its 95% interval."
    )
    return Figure("curve", caption, (_drawing(curve),), data)


def _drawing(curve: Curve) -> Drawing:
    last = curve.documents + curve.ahead
    values = [v for v in (*[p.agreement for p in curve.points], curve.low, curve.humans) if v is not None]
    ys, xs = Scale(min(0.0, *values), 1.0, 270, 30), Scale(0, last * 1.02, 60, 740)
    shapes: list[Shape] = [*_axes(xs, ys, last)]
    if curve.humans is not None:
        y = ys.at(curve.humans)
        shapes += [
            Line(60, y, 740, y, PALETTE[2], 1.5, dashed=True),
            Label(64, y - 10, (f"coders among themselves, {apa(curve.humans)}",), size=12),
        ]
    shapes += _measured(curve, xs, ys)
    return Drawing("Learning curve", expectation(curve), 760, 330, tuple(shapes))


def _axes(xs: Scale, ys: Scale, last: int) -> Iterator[Shape]:
    for tenth in range(0, 11, 2):
        y = ys.at(tenth / 10)
        yield Line(60, y, 740, y, faint=True)
        yield Label(52, y, (f"{tenth / 10:.1f}",), "end", size=11)
    step = max(1, next(s * 10**e for e in range(9) for s in (1, 2, 5) if last / (s * 10**e) <= 10))
    for m in range(0, last + 1, step):
        yield Label(xs.at(m), 286, (f"{m}",), "middle", size=11)
    yield Label(400, 312, ("coded documents",), "middle", size=12)
    yield Label(60, 12, ("pooled kappa of machine and coders",), size=12)


def _measured(curve: Curve, xs: Scale, ys: Scale) -> Iterator[Shape]:
    """The line is whole where it was measured and dashed from the last measured point on."""
    seen = max(p.documents for p in curve.points)
    for a, b in pairwise(curve.line):
        yield Line(
            xs.at(a.documents),
            ys.at(a.agreement),
            xs.at(b.documents),
            ys.at(b.agreement),
            PALETTE[0],
            2,
            dashed=b.documents > seen,
        )
    for p in curve.points:
        yield Circle(xs.at(p.documents), ys.at(p.agreement), 4, PALETTE[0])
    if curve.later is not None and curve.low is not None and curve.high is not None:
        x = xs.at(curve.documents + curve.ahead)
        yield Line(x, ys.at(curve.low), x, ys.at(curve.high), PALETTE[0], 2)
        yield Circle(x, ys.at(curve.later), 4.5, PALETTE[0], hollow=True)
        yield Box(xs.at(curve.documents) - 0.5, 30, 1, 240, "#8a8a8f")
        yield Label(xs.at(curve.documents) - 6, 40, ("now",), "end", size=11)
