"""Tables of a Word file: rules as in a paper, a repeated header, columns wide enough in any of its fonts."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from autocode.dossier.blocks import Table
from autocode.dossier.drawing import LINE, Bend, Box, Circle, Drawing, Label, Line
from autocode.formats.files import legal

DPI = 300
_INK = "#1d1d1f"
_ANCHOR = {"start": "left", "middle": "center", "end": "right"}


def png(drawing: Drawing, inches: float) -> bytes:
    """Draw on white; the same drawing gives the same bytes.

    Args:
        drawing: The shapes, in units from the upper left corner.
        inches: The printed width.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    scale = inches * 72 / drawing.width  # points of a unit
    figure = Figure(figsize=(inches, inches * drawing.height / drawing.width), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    axes.set_axis_off()
    _boxes(axes, drawing)
    for shape in drawing.shapes:
        _draw(axes, shape, scale)
    content = io.BytesIO()
    with _any_sign():
        figure.savefig(content, dpi=DPI, format="png", facecolor="white", metadata={"Software": None})
    return content.getvalue()


@contextmanager
def _any_sign() -> Iterator[None]:
    """Draw a sign that no font has, an emoji in a code's name, as an empty box, without a warning for each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _boxes(axes: Any, drawing: Drawing) -> None:
    """All rectangles at once: a heat map has thousands."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    boxes = [s for s in drawing.shapes if isinstance(s, Box)]
    patches = [Rectangle((b.x, b.y), b.width, b.height) for b in boxes]
    axes.add_collection(PatchCollection(patches, facecolors=[b.colour or "#f3f3f4" for b in boxes], linewidths=0))


def _draw(axes: Any, shape: object, scale: float) -> None:
    if isinstance(shape, Line):
        axes.plot(
            [shape.x1, shape.x2],
            [shape.y1, shape.y2],
            color=shape.colour or _INK,
            linewidth=shape.width * scale,
            alpha=0.2 if shape.faint else 1,
            linestyle=(0, (5, 4)) if shape.dashed else "-",
            zorder=1.5,
        )
    elif isinstance(shape, Bend):
        _bend(axes, shape, scale)
    elif isinstance(shape, Circle):
        _circle(axes, shape, scale)
    elif isinstance(shape, Label):
        _label(axes, shape, scale)


def _bend(axes: Any, curve: Bend, scale: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    middle = (curve.x1 + curve.x2) / 2
    points = [(curve.x1, curve.y1), (middle, curve.y1), (middle, curve.y2), (curve.x2, curve.y2)]
    path = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    axes.add_patch(PathPatch(path, fill=False, edgecolor=curve.colour, alpha=0.45, linewidth=1.5 * scale))


def _circle(axes: Any, circle: Circle, scale: float) -> None:
    from matplotlib.patches import Circle as Disc

    axes.add_patch(
        Disc(
            (circle.x, circle.y),
            circle.r,
            facecolor="white" if circle.hollow else circle.colour,
            edgecolor=circle.colour,
            linewidth=2 * scale if circle.hollow else 0,
            zorder=2,
        )
    )


def _label(axes: Any, text: Label, scale: float) -> None:
    first = text.y - (len(text.lines) - 1) * LINE / 2 + text.size * 0.35
    for i, line in enumerate(text.lines):
        # 0.92: the font drawn here is wider than those of a browser; a dollar sign is no formula here
        axes.text(
            text.x,
            first + i * LINE,
            line,
            ha=_ANCHOR[text.anchor],
            va="baseline",
            parse_math=False,
            rotation=60 if text.turned else 0,
            rotation_mode="anchor",
            color=text.colour or _INK,
            fontsize=text.size * 0.92 * scale,
            fontweight="bold" if text.bold else "normal",
            zorder=3,
        )


PORTRAIT, LANDSCAPE = 6.3, 9.7
"""Inches of text on an upright page and on one on its side."""
_SIZES = (8.5, 8.0, 7.5)  # points of a table's print: the largest at which it fits on an upright page
_HEADER = 0.88  # size of the header beside that of the rows
_CELL = 0.1  # inches of a cell's margins and a hair
_SHORT = 1.3  # inches of a column that is given them whole where there is room: "not assessable"
_LONGEST = 110  # characters of a cell that a column is widened for
_LONG, _MANY_LONG = 120, 4  # a cell of running text, and how many columns of these an upright page bears
_BREAK = re.compile(r"[ \u200b](?![.,;:!?/)\]])|(?<=-)")  # no line begins with a point, so that "[.00, .16]" stays on one
_INTERVAL = 15  # characters: "−0.14 to −0.02" is one thing and stays on one line


_LARGE = 1000  # points at which a text is measured: in small print a sign is drawn by up to a tenth wider or narrower


@lru_cache(maxsize=65_536)
def _inches(text: str, bold: bool) -> float:
    """What a text of one point takes in DejaVu Sans, the widest of the fonts a page may come to be set in."""
    font = _dejavu(bold)
    with _any_sign():
        font.set_text(text)
    return float(font.get_width_height()[0]) / 64 / (_LARGE * 72)


@lru_cache(maxsize=2)
def _dejavu(bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    font = FT2Font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")))
    font.set_size(_LARGE, 72)
    return font


@dataclass(frozen=True, slots=True)
class Written:
    """A cell as it is printed: its text, on the right or not, bold or not, set in below a theme or not."""

    text: str
    right: bool = False
    bold: bool = False
    inset: bool = False

    @property
    def printed(self) -> str:
        """The text with places to break after a slash, and none within an interval or a count."""
        text = self.text.replace("/", "/\u200b").replace("n = ", "n\u00a0=\u00a0")
        return text.replace(" to ", "\u00a0to\u00a0") if len(text) < _INTERVAL else text


def _cells(table: Table) -> list[list[Written]]:
    """The header and the rows as they are printed."""
    columns = range(len(table.header))
    made = [[Written(name, table.kind(j) != "t", True) for j, name in enumerate(table.header)]]
    for i in range(len(table.rows)):
        head, below = i in table.heads, bool(table.heads) and i not in table.heads
        made.append([Written(table.shown(i, j), table.kind(j) != "t", head, below and not j) for j in columns])
    return made


def _least(cells: Sequence[Sequence[Written]], column: int) -> float:
    """Inches that the longest word of a column takes in print of one point."""
    header = max(_HEADER * _inches(word, True) for word in _BREAK.split(cells[0][column].printed))
    words = {(word, cell.bold) for row in cells[1:] for cell in (row[column],) for word in _BREAK.split(cell.printed)}
    return max([header, *(_inches(word, bold) for word, bold in words)])


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table stands on its page.

    Attributes:
        points: Size of its print.
        inches: Width of the text: that of an upright page, or of one on its side.
        parts: The columns of each part; the first column stands in all of them.
        least: Inches that each column needs, so that no word is broken.
    """

    points: float
    inches: float
    parts: tuple[tuple[int, ...], ...]
    least: tuple[float, ...]

    @property
    def sideways(self) -> bool:
        """Whether it needs a page on its side."""
        return self.inches == LANDSCAPE


@lru_cache(maxsize=512)
def layout(table: Table) -> Layout:
    """Upright where it fits at one of the sizes of print, else on its side, else in parts beside one another.

    Several columns of running text go on their side too.
    """
    cells, columns = _cells(table), range(len(table.header))
    words = [_least(cells, j) for j in columns]
    margins = [_CELL + (0.1 if table.heads and not j else 0) for j in columns]
    long = sum(any(len(str(row[j])) > _LONG for row in table.rows) for j in columns)
    for inches in (LANDSCAPE,) if long >= _MANY_LONG else (PORTRAIT, LANDSCAPE):
        for points in _SIZES:
            least = tuple(points * w + m for w, m in zip(words, margins, strict=True))
            if sum(least) <= inches:
                return Layout(points, inches, (tuple(columns),), least)
    parts: list[list[int]] = [[0]]
    for j in columns[1:]:
        if sum(least[k] for k in parts[-1]) + least[j] > LANDSCAPE and len(parts[-1]) > 1:
            parts.append([0])
        parts[-1].append(j)
    return Layout(_SIZES[-1], LANDSCAPE, tuple(map(tuple, parts)), least)


def add_part(document: Any, table: Table, part: Sequence[int]) -> Any:
    """Some columns of a table as a Word table in the style of a paper, its header repeated on each page."""
    from docx.enum.table import WD_TABLE_ALIGNMENT

    grid = document.add_table(rows=0, cols=len(part), style="Table Grid")
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    cells = [[row[j] for j in part] for row in _cells(table)]
    how = layout(table)
    widths = _widths(cells, how, [how.least[j] for j in part])
    for number, row in enumerate(cells):
        alone = len(cells) > 3 and number in (
            1,
            len(cells) - 2,
        )  # no row stands alone on a page, below the header or above the note
        _row(grid, row, widths, how.points * (1 if number else _HEADER), alone)
    _rules(grid, widths)
    return grid


def _widths(cells: Sequence[Sequence[Written]], how: Layout, least: Sequence[float]) -> list[float]:
    """Widths of columns: room for the longest word of each, the rest by how long its cells are."""
    longest = [max((row[j].printed for row in cells[1:]), key=len, default="")[:_LONGEST] for j in range(len(least))]
    wished = [max(a, how.points * _inches(text, False) + _CELL) for a, text in zip(least, longest, strict=True)]
    spare, wanted = how.inches - sum(least), sum(wished) - sum(least)
    if spare <= 0:
        return [width * how.inches / sum(least) for width in least]
    given = list(least)
    for j in sorted(range(len(least)), key=lambda j: wished[j]):  # a short cell stays on one line before a long one has room
        if wished[j] <= _SHORT and wished[j] - given[j] <= spare:
            spare, wanted, given[j] = spare - wished[j] + given[j], wanted - wished[j] + given[j], wished[j]
    part = min(1.0, spare / wanted) if wanted > 0 else 0.0
    return [a + part * (b - a) for a, b in zip(given, wished, strict=True)]


def _row(grid: Any, cells: Sequence[Written], widths: Sequence[float], points: float, stay: bool) -> None:
    """One row written as XML at once: cell by cell through python-docx takes a minute for long tables.

    An empty cell is as high as others, for its end has their size.
    """
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    parts = []
    for cell, width in zip(cells, widths, strict=True):
        align = ('<w:ind w:left="140"/>' if cell.inset else "") + ('<w:jc w:val="right"/>' if cell.right else "")
        size = f'<w:rPr>{"<w:b/>" if cell.bold else ""}<w:sz w:val="{2 * points:.0f}"/></w:rPr>'
        keep = "<w:keepNext/>" if stay or cell.bold else ""  # a theme stands with the first of its codes
        parts.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width * 1440:.0f}" w:type="dxa"/></w:tcPr><w:p><w:pPr>{keep}'
            f'<w:spacing w:before="20" w:after="20"/>{align}{size}</w:pPr><w:r>{size}'
            f'<w:t xml:space="preserve">'
            f"{escape(legal(cell.printed))}</w:t></w:r></w:p></w:tc>"
        )
    row = f"<w:tr {nsdecls('w')}><w:trPr><w:cantSplit/></w:trPr>{''.join(parts)}</w:tr>"
    grid._tbl.append(parse_xml(row))


def _rules(grid: Any, widths: Sequence[float]) -> None:
    """Thin rules between rows, none between columns; the header repeats; a description for screen readers."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls, qn

    properties, columns = grid._tbl.tblPr, grid._tbl.tblGrid.gridCol_lst
    for column, width in zip(columns, widths, strict=True):
        column.set(qn("w:w"), f"{width * 1440:.0f}")
    edges = "".join(
        f'<w:{edge} w:val="{kind}" w:sz="{size}" w:space="0" w:color="{colour}"/>'
        for edge, kind, size, colour in (
            ("top", "single", 8, "1D1D1F"),
            ("left", "nil", 0, "auto"),
            ("bottom", "single", 8, "1D1D1F"),
            ("right", "nil", 0, "auto"),
            ("insideH", "single", 4, "D9D9DE"),
            ("insideV", "nil", 0, "auto"),
        )
    )
    margins = "".join(f'<w:{side} w:w="60" w:type="dxa"/>' for side in ("left", "right"))
    properties.append(parse_xml(f"<w:tblBorders {nsdecls('w')}>{edges}</w:tblBorders>"))
    properties.append(parse_xml(f"<w:tblCellMar {nsdecls('w')}>{margins}</w:tblCellMar>"))
    header = grid._tbl.findall(qn("w:tr"))[0]
    header.find(qn("w:trPr")).append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
