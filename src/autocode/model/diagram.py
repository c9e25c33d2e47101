"""The reliability diagram: what the model said beside what came true, drawn as SVG.

Source: DeGroot, M. H. & Fienberg, S. E. (1983). The comparison and evaluation of forecasters. The Statistician 32.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np

from autocode.classify import FloatArray, calibration_error

_SIDE, _LEFT, _TOP, _RIGHT, _BELOW = 320, 64, 16, 16, 52
_INK, _FAINT, _BLUE = "#333333", "#bbbbbb", "#0072b2"


def diagram(bins: FloatArray) -> str:
    """An SVG with a title and a description for screen readers.

    Args:
        bins: (B, 5) decisions, mean probability, share coded and its limits; see `reliability_bins`.
    """
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BELOW
    parts = [*_frame(), *(part for row in bins[bins[:, 0] > 0] for part in _point(row))]
    return (
        f'<svg role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12"><title>Reliability diagram</title>'
        f"<desc>{escape(described(bins))}</desc>"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def described(bins: FloatArray) -> str:
    """The diagram in one sentence, for those who do not see it."""
    filled = bins[bins[:, 0] > 0]
    if not len(filled):
        return "No probabilities."
    worst = filled[np.argmax(np.abs(filled[:, 1] - filled[:, 2]))]
    return (
        f"Share coded by the humans against the probability the model gave, out of document, in {len(filled)} bins; "
        f"expected calibration error {calibration_error(bins):.3f}, largest distance where it said {worst[1]:.2f} "
        f"and {worst[2]:.2f} were coded."
    )


def _place(probability: float, share: float) -> tuple[float, float]:
    return _LEFT + probability * _SIDE, _TOP + (1 - share) * _SIDE


def _frame() -> Iterator[str]:
    """Axes, their marks and the line on which a perfect model lies."""
    for mark in (0.0, 0.25, 0.5, 0.75, 1.0):
        (x, y0), (_, y1) = _place(mark, 0), _place(mark, 1)
        (x0, y), (x1, _) = _place(0, mark), _place(1, mark)
        yield f'<path d="M{x:.0f} {y0:.0f}V{y1:.0f}M{x0:.0f} {y:.0f}H{x1:.0f}" stroke="{_FAINT}" stroke-width=".5"/>'
        yield f'<text x="{x:.0f}" y="{y0 + 18:.0f}" text-anchor="middle" fill="{_INK}">{mark:g}</text>'
        yield f'<text x="{x0 - 8:.0f}" y="{y + 4:.0f}" text-anchor="end" fill="{_INK}">{mark:g}</text>'
    (x0, y0), (x1, y1) = _place(0, 0), _place(1, 1)
    yield f'<path d="M{x0:.0f} {y0:.0f}L{x1:.0f} {y1:.0f}" stroke="{_INK}" stroke-dasharray="5 4" fill="none"/>'
    middle = (x0 + x1) / 2
    yield f'<text x="{middle:.0f}" y="{y0 + 40:.0f}" text-anchor="middle" fill="{_INK}">probability the model gave</text>'
    turned = f'transform="rotate(-90 18 {(y0 + y1) / 2:.0f})"'
    yield f'<text x="18" y="{(y0 + y1) / 2:.0f}" text-anchor="middle" fill="{_INK}" {turned}>share the coders coded</text>'


def _point(row: FloatArray) -> Iterator[str]:
    """One bin: its interval and its mean."""
    _, said, true, low, high = row.tolist()
    (x, y), (_, top), (_, bottom) = _place(said, true), _place(said, high), _place(said, low)
    yield f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" stroke="{_BLUE}" stroke-width="1.5"/>'
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_BLUE}"/>'
