"""A picture as a list of shapes, written as SVG; `png` draws the same shapes at print resolution."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise

from autocode.agreement.estimate import apa

LINE = 16.0
"""Height of a line of text of the usual size, in units."""
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#7a5195", "#666666")
"""Colours that people with any colour vision can tell apart (after Okabe & Ito 2008)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line; colour "" is that of the text."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = ""
    width: float = 1.0
    faint: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Bend:
    """A curve that leaves and arrives level."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str


@dataclass(frozen=True, slots=True)
class Circle:
    """A disc, or a ring where it is hollow."""

    x: float
    y: float
    r: float
    colour: str
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; colour "" is a faint ground that suits a light and a dark page."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of text around a point; colour "" is that of the text of the page."""

    x: float
    y: float
    lines: tuple[str, ...]
    anchor: str = "start"
    bold: bool = False
    size: float = 13.0
    colour: str = ""
    turned: bool = False


Shape = Line | Bend | Circle | Box | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes on a sheet of `width` x `height` units, with a title and a description in words."""

    title: str
    said: str
    width: float
    height: float
    shapes: tuple[Shape, ...]


def label(x: float, y: float, text: str, anchor: str = "start", chars: int = 0) -> Label:
    """A label of the usual size, wrapped after `chars` characters where that is not 0."""
    return Label(x, y, wrapped(text, chars) if chars else (text,), anchor)


def wrapped(text: str, chars: int) -> tuple[str, ...]:
    """The text in lines of at most `chars` characters, nothing of it left out; a line may end behind "_" as behind "-"."""
    lines = textwrap.wrap(" ".join(text.split()).replace("_", "_\v"), chars, replace_whitespace=False)
    return tuple(line.replace("\v", "") for line in lines) or ("",)


def row_height(usual: float, *texts: Sequence[str]) -> float:
    """Height of a row that holds texts of so many lines."""
    most = max(map(len, texts), default=1)
    return usual if most < 2 else max(usual, LINE * most + 6)


def svg(drawing: Drawing, name: str = "figure") -> str:
    """The drawing as an SVG element with a title and a description for screen readers."""
    return (
        f'<svg class="{name}" role="img" viewBox="0 0 {drawing.width:.0f} {drawing.height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(drawing.title)}</title>'
        f"<desc>{escape(drawing.said)}</desc>{''.join(_elements(drawing.shapes))}</svg>"
    )


def _elements(shapes: Iterable[Shape]) -> Iterable[str]:
    for shape in shapes:
        match shape:
            case Line():
                yield _line(shape)
            case Bend():
                yield _bend(shape)
            case Circle(x, y, r, colour, hollow):
                paint = f'fill="none" stroke="{colour}" stroke-width="2"' if hollow else f'fill="{colour}"'
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" {paint}/>'
            case Box(x, y, width, height, colour):
                yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {_ground(colour)}/>'
            case Label():
                yield _label(shape)


def _ground(colour: str) -> str:
    return f'fill="{colour}"' if colour else 'fill="currentColor" fill-opacity=".055"'


def _line(line: Line) -> str:
    extra = (' stroke-opacity=".2"' if line.faint else "") + (' stroke-dasharray="5 4"' if line.dashed else "")
    return (
        f'<path d="M{line.x1:.1f} {line.y1:.1f}L{line.x2:.1f} {line.y2:.1f}" fill="none" '
        f'stroke="{line.colour or "currentColor"}" stroke-width="{line.width}"{extra}/>'
    )


def _bend(curve: Bend) -> str:
    middle = (curve.x1 + curve.x2) / 2
    return (
        f'<path d="M{curve.x1:.1f} {curve.y1:.1f}C{middle:.1f} {curve.y1:.1f} {middle:.1f} {curve.y2:.1f} '
        f'{curve.x2:.1f} {curve.y2:.1f}" fill="none" stroke="{curve.colour}" stroke-opacity=".45" stroke-width="1.5"/>'
    )


def _label(text: Label) -> str:
    first = text.y - (len(text.lines) - 1) * LINE / 2 + text.size * 0.35
    spans = "".join(
        f'<tspan x="{text.x:.1f}" y="{first + i * LINE:.1f}">{escape(line)}</tspan>' for i, line in enumerate(text.lines)
    )
    style = "".join(
        (
            "font-weight:700;" if text.bold else "",
            f"font-size:{text.size:g}px;" if text.size != 13 else "",
            f"fill:{text.colour};" if text.colour else "",
        )
    )
    turn = f' transform="rotate(-60 {text.x:.1f} {text.y:.1f})"' if text.turned else ""
    return f'<text text-anchor="{text.anchor}"{turn}' + (f' style="{style}"' if style else "") + f">{spans}</text>"


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places on a sheet, with the marks of the axis."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value; values outside stand at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1)
        return self.start + share * (self.end - self.start)


PAGE = 940.0
"""Units of height of a drawing 760 units wide that fills a portrait page with its caption."""
_WIDTH, _ROW, _ENTRY, _NAME = 760.0, 20.0, 21.0, 230.0
_LIGHT, _DARK = (239, 243, 248), (0, 62, 114)  # readable in grey print too: only lightness changes
_BIGGEST_CELL, _MOST_COLUMNS = 34.0, 32
_CHARS, _WORD, _TURNED = 33, 20, 5.2  # characters of a name and of a word in their columns; height of one that is turned


def by_height(heights: Sequence[float], room: float) -> list[slice]:
    """As few runs of rows of these heights as there must be to fit into `room` each, all about as high."""
    parts = max(1, math.ceil(sum(heights) / room))
    ends, reached = [0], 0.0
    for i, height in enumerate(heights):
        if reached + height / 2 > sum(heights) * len(ends) / parts:
            ends.append(i)
        reached += height
    return [slice(a, b) for a, b in pairwise([*ends, len(heights)])]


@dataclass(frozen=True, slots=True)
class Grid:
    """Numbers in rows and columns; None is drawn as a blank.

    Attributes:
        breaks: Rows above which a gap is left (a new theme).
    """

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    breaks: frozenset[int] = frozenset()


def shade(share: float) -> str:
    """A colour between light and dark blue for a share of 0 to 1."""
    mixed = (round(a + (b - a) * share) for a, b in zip(_LIGHT, _DARK, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def heat_map(grid: Grid, title: str, said: str) -> tuple[Drawing, ...]:
    """A heat map with the number in each cell; in parts where rows or columns are too many for a page."""
    most = max((v for row in grid.values for v in row if v), default=1) or 1
    made, top = [], turned_height(grid.columns)
    heights = [row_height(_ROW, wrapped(name, _CHARS)) + 7 * (i in grid.breaks) for i, name in enumerate(grid.rows)]
    for rows in by_height(heights, PAGE - top):
        for columns in by_height([1.0] * len(grid.columns), _MOST_COLUMNS):
            values = [row[columns] for row in grid.values[rows]]
            breaks = frozenset(b - rows.start for b in grid.breaks if rows.start < b < rows.stop)
            made.append(_heat_map(Grid(grid.rows[rows], grid.columns[columns], values, breaks), most, title))
    return tuple(replace(drawing, said=said) for drawing in made)


def turned_height(names: Sequence[str]) -> float:
    """What names take that stand turned above or below their columns."""
    return 14 + _TURNED * max(map(len, names), default=0)


def _heat_map(grid: Grid, most: float, title: str) -> Drawing:
    cell = min(_BIGGEST_CELL, (_WIDTH - _NAME) / max(1, len(grid.columns)))
    top = turned_height(grid.columns)
    shapes: list[Shape] = []
    for j, name in enumerate(grid.columns):
        shapes.append(Label(_NAME + (j + 0.5) * cell + 3, top - 8, (name,), turned=True, size=11))
    y = top
    for i, name in enumerate(grid.rows):
        y += 7 if i in grid.breaks and i else 0
        lines = wrapped(name, _CHARS)
        height = row_height(_ROW, lines)
        shapes.append(Label(_NAME - 8, y + height / 2, lines, "end", size=12))
        shapes += _cells(grid.values[i], (y, height), cell, most)
        y += height
    slant = 0.6 * top if grid.columns else 0
    return Drawing(title, "", max(_WIDTH, _NAME + cell * len(grid.columns) + slant), y + 10, tuple(shapes))


def _cells(values: Sequence[float | None], row: tuple[float, float], cell: float, most: float) -> Iterator[Shape]:
    y, height = row
    for j, value in enumerate(values):
        if value is None:
            continue
        x, share = _NAME + j * cell, value / most
        yield Box(x, y, cell - 1, height - 1, shade(_depth(share)) if value else "")
        if value and cell >= 16:
            text = f"{value:.2f}".lstrip("0") if 0 < value < 1 else f"{value:.0f}"
            colour = "#ffffff" if _depth(share) > 0.5 else "#1d1d1f"
            yield Label(x + cell / 2 - 0.5, y + height / 2 - 0.5, (text,), "middle", size=11, colour=colour)


def _depth(share: float) -> float:
    """How dark a cell is: the smallest is still told from an empty one."""
    return 0.18 + 0.82 * share


@dataclass(frozen=True, slots=True)
class Span:
    """One mark of an interval chart: a value with its interval, in the style of its kind (0, 1)."""

    value: float | None
    low: float | None
    high: float | None
    kind: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of an interval chart: a name, its marks, and a word on the right with its colour."""

    name: str
    spans: tuple[Span, ...] = ()
    word: str = ""
    colour: str = ""
    head: bool = False


def interval_chart(entries: Sequence[Entry], title: str, said: str, kinds: Sequence[str]) -> tuple[Drawing, ...]:
    """Values with intervals on one axis from low to 1: a disc and a ring tell the kinds apart; long ones in parts."""
    values = [v for e in entries for s in e.spans for v in (s.value, s.low) if v is not None]
    low = math.floor(4 * max(-1.0, min([0.0, *values]))) / 4
    return tuple(
        Drawing(title, said, *_interval_part(entries[part], Scale(low, 1, 250, 590), kinds))
        for part in by_height([_entry_height(e) for e in entries], PAGE - 64)
    )


def _interval_part(entries: Sequence[Entry], xs: Scale, kinds: Sequence[str]) -> tuple[float, float, tuple[Shape, ...]]:
    """Width, height and shapes of one part of an interval chart."""
    low, top = xs.low, 56.0
    bottom = top + sum(map(_entry_height, entries))
    shapes: list[Shape] = []
    for i, kind in enumerate(kinds):
        shapes += [Circle(258 + 170 * i, 14, 5, PALETTE[i], hollow=i == 1), Label(270 + 170 * i, 14, (kind,), size=12)]
    for step in range(round((1 - low) * 4) + 1):
        x = xs.at(low + step / 4)
        shapes += [
            Line(x, top - 6, x, bottom, faint=True),
            Label(x, top - 16, (apa(low + step / 4).replace("-", "−"),), "middle", size=11),
        ]
    for entry in entries:
        height = _entry_height(entry)
        shapes += _entry(entry, xs, top + height / 2)
        top += height
    return _WIDTH, bottom + 8, tuple(shapes)


def _entry_height(entry: Entry) -> float:
    return row_height(_ENTRY, wrapped(entry.name, _CHARS), wrapped(entry.word, _WORD))


def _entry(entry: Entry, xs: Scale, y: float) -> Iterator[Shape]:
    x, anchor = (12, "start") if entry.head else (240, "end")
    yield Label(x, y, wrapped(entry.name, _CHARS), anchor, entry.head, 12)
    for span in entry.spans:
        at = y + (span.kind - (len(entry.spans) - 1) / 2) * 8
        if span.low is not None and span.high is not None:
            yield Line(xs.at(span.low), at, xs.at(span.high), at, PALETTE[span.kind], 2)
        if span.value is not None:
            yield Circle(xs.at(span.value), at, 4, PALETTE[span.kind], hollow=span.kind == 1)
    if entry.word:
        yield Box(604, y - 5, 10, 10, entry.colour or "#8a8a8f")
        yield Label(620, y, wrapped(entry.word, _WORD), size=12)


def strip_chart(
    rows: Sequence[tuple[str, Sequence[tuple[float, float, int]]]], names: Sequence[str], said: str
) -> tuple[Drawing, ...]:
    """Bars along documents of equal length: (start, end, kind) as shares of the document's text; many in parts.

    Args:
        rows: A name and its bars, one row each.
        names: Of the kinds, for the legend; each kind has a lane of its own within a row.
        said: Description in words.
    """
    lanes = max(1, len(names))
    told = [wrapped(name, 30) for name in names]
    step = row_height(22, *told)
    legend = step * ((len(names) + 2) // 3)
    top: list[Shape] = []
    for k, lines in enumerate(told):
        x, y = 70.0 + 230 * (k % 3), step / 2 - 1 + step * (k // 3)
        top += [Box(x, y - 5, 10, 10, PALETTE[k % 8]), Label(x + 16, y, lines, size=12)]
    left = 10.0 + min(180.0, max([60.0, *(6.2 * len(name) for name, _ in rows)]))
    heights = [row_height(max(14.0, 5.0 * lanes), wrapped(name, 28)) for name, _ in rows]
    made = []
    for part in by_height([h + 8 for h in heights], PAGE - legend - 24):
        shapes, y = list(top), legend + 14
        for (name, bars), height in zip(rows[part], heights[part], strict=True):
            shapes += [
                Label(left - 10, y + height / 2, wrapped(name, 28), "end", size=11),
                Box(left, y, 740 - left, height, ""),
            ]
            for start, end, kind in bars:
                width, lane = max(1.5, (740 - left) * (end - start)), y + kind * height / lanes
                shapes.append(Box(left + (740 - left) * start, lane, width, height / lanes - 0.5, PALETTE[kind % 8]))
            y += height + 8
        made.append(Drawing("Themes along each interview", said, _WIDTH, y + 10, tuple(shapes)))
    return tuple(made)
