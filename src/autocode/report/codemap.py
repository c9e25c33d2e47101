"""The code map (a paper's Figure 1): themes with their codes, sized by frequency, as SVG.

A mind map: the study in the middle, themes left and right of it, each theme's codes in a column
beyond. Every label has a row of its own, so no two texts can overlap, at 5 codes or at 60.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from autocode.report.tables import Frequency

_PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#7a5195", "#666666")
_WIDTH, _MIDDLE, _INNER, _OUTER = 1080, 540, 155, 300  # of the map; from the middle to themes and codes
_LINE, _GAP, _LARGEST = 16, 26, 15  # height of a text line; space between themes; largest radius


@dataclass(frozen=True, slots=True)
class _Row:
    """One code on the map: its label in lines and its circle."""

    lines: tuple[str, ...]
    count: int
    radius: float

    @property
    def height(self) -> float:
        """What the row takes, in pixels."""
        return max(len(self.lines) * _LINE, 2 * self.radius) + 7


@dataclass(frozen=True, slots=True)
class _Theme:
    name: str
    colour: str
    total: int
    rows: tuple[_Row, ...]

    @property
    def height(self) -> float:
        """What the theme takes, in pixels."""
        return max(sum(row.height for row in self.rows), 3 * _LINE)


def code_map(codes: Sequence[Frequency], coder: str = "", title: str = "") -> str:
    """Draw the code map.

    Args:
        codes: The codes with their counts.
        coder: Whose counts; "" takes the sum over all coders.
        title: What stands in the middle.

    Returns:
        An SVG element with a title and a description for screen readers; "" where there is
        nothing to draw.
    """
    themes = _themes(codes, coder)
    if not themes:
        return ""
    left, right = _sides(themes)
    height = max(_height(left), _height(right), 120) + 30
    body = [_side(side, sign, height) for side, sign in ((left, -1), (right, 1))]
    middle = _text(_MIDDLE, height / 2, textwrap.wrap(title or "Codes", 16), "middle", 'class="study"')
    said = "; ".join(f"{t.name}: {t.total} coded segments in {len(t.rows)} codes" for t in themes)
    return (
        f'<svg class="codemap" role="img" viewBox="0 0 {_WIDTH} {height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>Code map</title><desc>{escape(said)}</desc>'
        f"{''.join(body)}{middle}</svg>"
    )


def _themes(codes: Sequence[Frequency], coder: str) -> list[_Theme]:
    """Themes with the codes that were used; a theme used itself is one of its own codes."""
    used = [c for c in codes if c.count(coder)]
    most = max((c.count(coder) for c in used), default=1)
    groups: dict[str, list[Frequency]] = {}
    for c in used:
        groups.setdefault(c.theme, []).append(c)
    made = []
    for i, (theme, members) in enumerate(groups.items()):
        rows = tuple(_row(c, c.count(coder), most) for c in members)
        made.append(_Theme(theme, _PALETTE[i % len(_PALETTE)], sum(r.count for r in rows), rows))
    return made


def _row(code: Frequency, count: int, most: int) -> _Row:
    """The circle's area, not its radius, grows with the count."""
    return _Row(tuple(textwrap.wrap(f"{code.name} ({count})", 30)), count, 3 + _LARGEST * math.sqrt(count / most))


def _sides(themes: Sequence[_Theme]) -> tuple[list[_Theme], list[_Theme]]:
    """Themes in their order, cut where left and right come out most alike in height."""
    cuts = range(len(themes) + 1)
    best = min(cuts, key=lambda i: abs(_height(themes[:i]) - _height(themes[i:])))
    return list(themes[:best]), list(themes[best:])


def _height(themes: Sequence[_Theme]) -> float:
    return sum(t.height for t in themes) + _GAP * max(0, len(themes) - 1)


def _side(themes: Sequence[_Theme], sign: int, height: float) -> str:
    y = (height - _height(themes)) / 2
    drawn = []
    for theme in themes:
        drawn.append(_theme(theme, sign, y, height / 2))
        y += theme.height + _GAP
    return "".join(drawn)


def _theme(theme: _Theme, sign: int, top: float, centre: float) -> str:
    x, y = _MIDDLE + sign * _INNER, top + theme.height / 2
    anchor = "end" if sign < 0 else "start"
    parts = [_link(_MIDDLE + sign * 74, centre, x - sign * 62, y, theme.colour)]
    at = top + (theme.height - sum(r.height for r in theme.rows)) / 2
    for row in theme.rows:
        cx, cy = _MIDDLE + sign * _OUTER, at + row.height / 2
        parts.append(_link(x + sign * 62, y, cx - sign * row.radius, cy, theme.colour))
        parts.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{row.radius:.1f}" fill="{theme.colour}"/>')
        parts.append(_text(cx + sign * (_LARGEST + 9), cy, row.lines, anchor))
        at += row.height
    label = _text(x, y, textwrap.wrap(theme.name, 16), "middle", f'class="theme" fill="{theme.colour}"')
    return "".join(parts) + label


def _link(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    bend = (x1 + x2) / 2
    return (
        f'<path d="M{x1:.1f} {y1:.1f}C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}" '
        f'fill="none" stroke="{colour}" stroke-opacity=".45" stroke-width="1.5"/>'
    )


def _text(x: float, y: float, lines: Sequence[str], anchor: str, extra: str = "") -> str:
    first = y - (len(lines) - 1) * _LINE / 2 + 4.5
    spans = "".join(
        f'<tspan x="{x:.1f}" y="{first + i * _LINE:.1f}">{escape(line)}</tspan>' for i, line in enumerate(lines)
    )
    return f'<text text-anchor="{anchor}" {extra}>{spans}</text>'
