"""The u-alpha family: agreement on where coded stretches lie and which code they have.

For coders who cut the text themselves. Codes of one coder must not overlap here; where they do,
run each code by itself. Long agreed stretches weigh little by design, so values of short documents
are low and not comparable with kappa.

Sources: Krippendorff, K., Mathet, Y., Bouvry, S. & Widlöcher, A. (2016). On the reliability of
unitizing textual continua. Quality & Quantity 50, 2347-2364; Krippendorff, K. (2019). Content
Analysis, 4th ed., 12.6, eq. 32-38.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from autocode.agreement.estimate import BoolArray, Estimate, FloatArray, IntArray
from autocode.agreement.spans import Span, edges, merge, of_code
from autocode.errors import StudyError


@dataclass(frozen=True)
class Continuum:
    """Sums that the family is made of; sums of several documents may be added.

    Attributes:
        codes: The K codes; index 0 of the arrays is the gap between coded stretches.
        pairs: (1 + K, 1 + K) characters that ordered pairs of coders gave each pair of codes,
            divided by the coders less one.
        sizes: (1 + K,) correction: summed squared lengths of each code's stretches; plain for gaps.
        shared_sizes: (1 + K,) summed squares of the lengths that another coder coded too.
        stretches: (1 + K,) number of stretches.
    """

    codes: tuple[str, ...]
    pairs: FloatArray
    sizes: FloatArray
    shared_sizes: FloatArray
    stretches: FloatArray

    def __add__(self, other: Continuum) -> Continuum:
        """The sums of two documents with the same codes."""
        return Continuum(
            self.codes,
            self.pairs + other.pairs,
            self.sizes + other.sizes,
            self.shared_sizes + other.shared_sizes,
            self.stretches + other.stretches,
        )


def continuum(length: int, coders: Sequence[Sequence[Span]], codes: Sequence[str] = ()) -> Continuum:
    """Sums of one document.

    Args:
        length: Characters of the document.
        coders: The spans of each coder who read it; spans of one coder must not overlap.
        codes: All codes of the study; those used where empty.

    Raises:
        StudyError: Spans of one coder overlap.
    """
    named = tuple(codes) or tuple(sorted({s.code for spans in coders for s in spans}))
    _refuse_overlap(coders)
    bounds = edges(length, coders)
    sizes = np.diff(bounds).astype(np.float64)
    values = _values(bounds, coders, {code: k + 1 for k, code in enumerate(named)})
    q, m = 1 + len(named), len(coders)
    counts = np.stack([(values == k).sum(0) for k in range(q)], axis=1).astype(np.float64)
    scaled = counts * sizes[:, None] / max(1, m - 1)
    pairs = counts.T @ scaled - np.diag(scaled.sum(0))
    totals = np.zeros((3, q))
    totals[0, 0] = float((counts[:, 0] * sizes).sum())
    elsewhere = (values > 0).sum(0)
    for spans in coders:
        _add_sizes(totals, spans, bounds, elsewhere >= 2, named)
    return Continuum(named, pairs, *totals)


def _refuse_overlap(coders: Sequence[Sequence[Span]]) -> None:
    for spans in coders:
        ordered = sorted(spans)
        if any(b.start < a.end for a, b in pairwise(ordered)):
            raise StudyError("unitizing agreement", "coded segments of one coder overlap", "Run it for one code at a time.")


def _values(bounds: IntArray, coders: Sequence[Sequence[Span]], index: Mapping[str, int]) -> IntArray:
    """(m, stretches) the code of each coder between boundaries, 0 for none."""
    values = np.zeros((len(coders), len(bounds) - 1), dtype=np.int64)
    for r, spans in enumerate(coders):
        for span in spans:
            low, high = np.searchsorted(bounds, (span.start, span.end))
            values[r, low:high] = index[span.code]
    return values


def _add_sizes(totals: FloatArray, spans: Sequence[Span], bounds: IntArray, shared: BoolArray, codes: tuple[str, ...]) -> None:
    """Add squared lengths, squared shared lengths and counts of one coder's stretches."""
    sizes = np.diff(bounds).astype(np.float64)
    for span in spans:
        low, high = np.searchsorted(bounds, (span.start, span.end))
        k = 1 + codes.index(span.code)
        totals[0, k] += float(span.length) ** 2
        totals[1, k] += float((sizes[low:high] * shared[low:high]).sum()) ** 2
        totals[2, k] += 1


def _expected(pairs: FloatArray, sizes: FloatArray) -> FloatArray:
    """Expected coincidences; NaN where nothing could vary."""
    total, margin = pairs.sum(), pairs.sum(1)
    free = total**2 - sizes.sum()
    if free <= 1e-12 * max(1.0, total**2):
        return np.full_like(pairs, np.nan)
    expected: FloatArray = total * (np.outer(margin, margin) - np.diag(sizes)) / free
    return expected


def _alpha(pairs: FloatArray, expected: FloatArray) -> Estimate:
    """1 - off-diagonal observed / off-diagonal expected."""
    observed = pairs.sum() - np.trace(pairs)
    chance = expected.sum() - np.trace(expected)
    if pairs.sum() <= 0:
        return Estimate(None, reason="no_pairs")
    if not chance > 1e-12 * pairs.sum():
        return Estimate(None, reason="no_variance")
    return Estimate(1 - float(observed) / float(chance))


def u_alpha(c: Continuum) -> Estimate:
    """Agreement on codes and gaps together.

    Formula: 1 - observed / expected characters on which codes or gaps differ (eq. 32-34).

    Example:
        >>> from autocode.agreement.spans import Span
        >>> c = continuum(100, [[Span(10, 40, 'x'), Span(60, 80, 'y')], [Span(12, 40, 'x'), Span(60, 78, 'y')]])
        >>> round(u_alpha(c).value, 3)
        0.938
    """
    return _alpha(c.pairs, _expected(c.pairs, c.sizes))


def binary_u_alpha(c: Continuum) -> Estimate:
    """Agreement on what is coded at all (|u-alpha): all codes taken as one, after the expectation.

    Example:
        >>> from autocode.agreement.spans import Span
        >>> c = continuum(100, [[Span(10, 40, 'x'), Span(60, 80, 'y')], [Span(12, 40, 'x'), Span(60, 78, 'y')]])
        >>> round(binary_u_alpha(c).value, 3)
        0.925
    """
    return _alpha(_collapse(c.pairs), _collapse(_expected(c.pairs, c.sizes)))


def _collapse(matrix: FloatArray) -> FloatArray:
    """(2, 2) gap and coded."""
    return np.array([[matrix[0, 0], matrix[0, 1:].sum()], [matrix[1:, 0].sum(), matrix[1:, 1:].sum()]])


def cu_alpha(c: Continuum) -> Estimate:
    """Agreement on which code, where two coders coded; undefined with one code.

    Formula: as u-alpha, gaps left out.

    Example:
        >>> from autocode.agreement.spans import Span
        >>> c = continuum(100, [[Span(10, 40, 'x'), Span(60, 80, 'y')], [Span(12, 40, 'x'), Span(60, 78, 'y')]])
        >>> cu_alpha(c).value
        1.0
    """
    if (c.pairs[1:, 1:].sum(1) > 0).sum() < 2:
        return Estimate(None, reason="one_code" if c.pairs[1:, 1:].any() else "no_pairs")
    pairs = c.pairs[1:, 1:]
    return _alpha(pairs, _expected(pairs, c.shared_sizes[1:]))


def ku_alpha(c: Continuum, code: str) -> tuple[Estimate, float]:
    """(k)u-alpha of one code, and its coverage.

    Returns:
        Agreement on the code where two coders coded, and the share of the code's characters on
        which it rests (NaN where the code was never given).

    Example:
        >>> from autocode.agreement.spans import Span
        >>> c = continuum(100, [[Span(10, 40, 'x'), Span(60, 80, 'y')], [Span(12, 40, 'x'), Span(60, 78, 'y')]])
        >>> value, coverage = ku_alpha(c, 'x')
        >>> value.value, round(coverage, 3)
        (1.0, 0.966)
    """
    k = c.codes.index(code)
    pairs = c.pairs[1:, 1:]
    expected = _expected(pairs, c.shared_sizes[1:])
    total, all_of_it = pairs[:, k].sum(), c.pairs[:, 1 + k].sum()
    coverage = float(total / all_of_it) if all_of_it > 0 else float("nan")
    chance = expected[:, k].sum() - expected[k, k]
    if not total > 0:
        return Estimate(None, reason="no_pairs"), coverage
    if not chance > 0:
        return Estimate(None, reason="one_code"), coverage
    ratio = (expected[:, k].sum() / total) * (total - pairs[k, k]) / chance
    return Estimate(1 - float(ratio)), coverage


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
    return (np.array([s.start for s in spans], dtype=np.float64), np.array([s.end for s in spans], dtype=np.float64))


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
