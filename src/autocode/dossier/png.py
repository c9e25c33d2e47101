"""The shapes of a drawing as PNG for print: 300 dots an inch at the width it is printed."""

from __future__ import annotations

import io
from typing import Any

from autocode.dossier.drawing import LINE, Bend, Box, Circle, Drawing, Label, Line

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
    figure.savefig(content, dpi=DPI, format="png", facecolor="white", metadata={"Software": None})
    return content.getvalue()


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
