"""alpha_U of 1995 and 2004: one code at a time, as DKPro Statistics and INCEpTION report it.

For comparison with those tools only; `unitizing` is the newer family.

Source: Krippendorff, K. (1995). On the reliability of unitizing continuous data. Sociological
Methodology 25, 47-76, with the expected disagreement as corrected in Krippendorff (2004), Content
Analysis, 2nd ed., p. 251-254.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autocode.agreement.estimate import Estimate
from autocode.agreement.spans import Span, merge, of_code
from autocode.matrix import FloatArray

Coders = Sequence[Sequence[Span]]


def alpha_u(length: int, coders: Coders, code: str | None = None) -> Estimate:
    """Agreement on the stretches of one code, or over all codes (1 - sum D_o / sum D_e).

    Args:
        length: Characters of the continuum L.
        coders: The spans of each coder.
        code: The code; None for all.

    Example:
        >>> coders = [[Span(10, 40, 'x')], [Span(15, 40, 'x')]]
        >>> round(alpha_u(100, coders, 'x').value, 3)
        0.962
    """
    codes = [code] if code is not None else sorted({s.code for spans in coders for s in spans})
    if len(coders) < 2:
        return Estimate(None, reason="no_pairs")
    observed = sum(observed_disagreement(length, coders, c) for c in codes)
    expected = sum(expected_disagreement(length, coders, c) for c in codes)
    if not expected > 0:
        return Estimate(None, reason="no_variance")
    return Estimate(1 - observed / expected)


def _units(coders: Coders, code: str) -> list[list[Span]]:
    """The stretches of one code by each coder; overlapping ones are one, touching ones are not."""
    return [merge(of_code(spans, code), touching=False) for spans in coders]


def _gaps(length: int, units: Sequence[Span]) -> list[Span]:
    """The stretches between, before and after the units."""
    starts = [0, *(u.end for u in units)]
    ends = [*(u.start for u in units), length]
    return [Span(a, b) for a, b in zip(starts, ends, strict=True) if b > a]


def observed_disagreement(length: int, coders: Coders, code: str) -> float:
    """D_o of one code: squared distances of intersecting units, squared lengths of units in a gap."""
    units = _units(coders, code)
    gaps = [_gaps(length, own) for own in units]
    m, total = len(units), 0.0
    for i in range(m):
        for j in range(m):
            if i != j:
                total += _between(units[i], units[j]) + 2 * _inside(units[i], gaps[j])
    return total / (m * (m - 1) * float(length) ** 2)


def _ends(spans: Sequence[Span]) -> tuple[FloatArray, FloatArray]:
    return (np.array([s.start for s in spans], dtype=np.float64),
            np.array([s.end for s in spans], dtype=np.float64))  # fmt: skip


def _between(first: Sequence[Span], second: Sequence[Span]) -> float:
    """Sum over intersecting units of (start difference)² + (end difference)²."""
    (b1, e1), (b2, e2) = _ends(first), _ends(second)
    meet = np.minimum.outer(e1, e2) > np.maximum.outer(b1, b2)
    squared = np.subtract.outer(b1, b2) ** 2 + np.subtract.outer(e1, e2) ** 2
    return float(squared[meet].sum())


def _inside(units: Sequence[Span], gaps: Sequence[Span]) -> float:
    """Sum of the squared lengths of units that lie wholly in a gap of the other coder."""
    (b1, e1), (b2, e2) = _ends(units), _ends(gaps)
    within = (np.greater_equal.outer(b1, b2) & np.less_equal.outer(e1, e2)).any(1)
    return float(((e1 - b1) ** 2)[within].sum())


def expected_disagreement(length: int, coders: Coders, code: str) -> float:
    """D_e of one code: what random placing of the same units and gaps would give."""
    units = _units(coders, code)
    sizes = np.array([u.length for own in units for u in own], dtype=np.float64)
    gaps = np.sort([float(g.length) for own in units for g in _gaps(length, own)])
    if not len(sizes):
        return 0.0
    tail = np.concatenate([np.cumsum(gaps[::-1])[::-1], [0.0]])
    first = np.searchsorted(gaps, sizes)
    room = tail[first] - (len(gaps) - first) * (sizes - 1)
    placed = (len(sizes) - 1) / 3 * (2 * sizes**3 - 3 * sizes**2 + sizes) + sizes**2 * room
    whole = float(len(units)) * length
    return float(2 / length * placed.sum() / (whole * (whole - 1) - (sizes * (sizes - 1)).sum()))
