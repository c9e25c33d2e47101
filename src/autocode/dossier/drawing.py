"""A picture as a list of shapes, written as SVG; `png` draws the same shapes at print resolution."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

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
    return Label(x, y, tuple(textwrap.wrap(text, chars)) if chars else (text,), anchor)


def clipped(text: str, chars: int) -> str:
    """The text, shortened with an ellipsis where it is longer than `chars` characters."""
    return text if len(text) <= chars else text[: chars - 1].rstrip() + "…"


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
