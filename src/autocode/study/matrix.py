"""Codings -> segments x codes per coder: the one place where spans meet segments.

Beside each coder's 0/1 matrix stands what the coder has seen. A segment that a coder did not see
is missing for that coder; a segment seen and left alone is a zero. The two are never mixed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from autocode.config import Config
from autocode.study import Coding, Document, Reading, Segment, Study
from autocode.study.segment import is_context, segment

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class CodingMatrix:
    """Who gave which code to which segment, and who saw it.

    Attributes:
        segments: The n units that can be coded, in order of document and position.
        documents: Ids of the G documents, in order.
        groups: (n,) index of each segment's document.
        codes: Paths of the K codes.
        coders: Ids of the R coders.
        Y: (R, n, K) whether the coder gave the code.
        seen: (R, n) whether the coder saw the segment.
        outside: (R,) codings that touch no unit (say, of an interviewer's turn).
    """

    segments: tuple[Segment, ...]
    documents: tuple[str, ...]
    groups: IntArray
    codes: tuple[str, ...]
    coders: tuple[str, ...]
    Y: BoolArray
    seen: BoolArray
    outside: IntArray

    @cached_property
    def share(self) -> FloatArray:
        """(n, K) share of the coders who saw a segment and gave the code; NaN where none saw it."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.Y.sum(0) / self.seen.sum(0)[:, None])

    def select(self, keep: BoolArray) -> CodingMatrix:
        """The same matrix for the segments where `keep` (n,) holds; documents stay numbered."""
        kept = tuple(s for s, k in zip(self.segments, keep, strict=True) if k)
        return CodingMatrix(
            kept, self.documents, self.groups[keep], self.codes, self.coders, self.Y[:, keep], self.seen[:, keep], self.outside
        )


def coding_matrix(study: Study, config: Config, coders: Sequence[str], codes: Sequence[str] | None = None) -> CodingMatrix:
    """Lay every coder's codings over the units of analysis.

    Args:
        study: Documents, codings and readings.
        config: The unit of analysis, the interviewers and the overlap rule.
        coders: Ids of the R coders wanted.
        codes: Paths of the K codes wanted; None takes all that these coders used, in the
            order of the codebook.

    Returns:
        The matrix over all units that can be coded, in the order of the documents.
    """
    units = [codable(document, config) for document in study.documents]
    used = {c.code for c in study.codings if c.coder in set(coders)}
    paths = tuple(codes) if codes is not None else tuple(c.path for c in study.codebook if c.path in used)
    segments = tuple(s for group in units for s in group)
    starts = np.cumsum([0, *(len(group) for group in units)])
    shape = (len(coders), len(segments))
    matrix = CodingMatrix(
        segments=segments,
        documents=tuple(d.id for d in study.documents),
        groups=np.repeat(np.arange(len(units)), [len(group) for group in units]),
        codes=paths,
        coders=tuple(coders),
        Y=np.zeros((*shape, len(paths)), dtype=bool),
        seen=np.zeros(shape, dtype=bool),
        outside=np.zeros(len(coders), dtype=np.int64),
    )
    places = {d.id: (d, group, at) for d, group, at in zip(study.documents, units, starts, strict=False)}
    _mark_seen(matrix, study.readings, places)
    _mark_coded(matrix, study.codings, places, config.matrix.share)
    return matrix


def codable(document: Document, config: Config) -> tuple[Segment, ...]:
    """The units of a document that can be coded: all but the interviewer's."""
    units = segment(document, config.segment)
    return tuple(s for s in units if not is_context(s, document, config.segment))


_Places = dict[str, tuple[Document, tuple[Segment, ...], int]]


def _mark_seen(matrix: CodingMatrix, readings: Iterable[Reading], places: _Places) -> None:
    """A segment is seen where a reading covers it whole."""
    rows = {coder: r for r, coder in enumerate(matrix.coders)}
    for reading in readings:
        if reading.coder in rows and reading.document in places:
            _, group, at = places[reading.document]
            first = bisect_left(group, reading.start, key=lambda s: s.start)
            last = bisect_right(group, reading.end, key=lambda s: s.end)
            matrix.seen[rows[reading.coder], at + first : at + max(first, last)] = True


def _mark_coded(matrix: CodingMatrix, codings: Iterable[Coding], places: _Places, share: float) -> None:
    """A segment is coded, and seen, where enough of a coding's span lies in it."""
    rows = {coder: r for r, coder in enumerate(matrix.coders)}
    columns = {code: k for k, code in enumerate(matrix.codes)}
    for coding in codings:
        row, column = rows.get(coding.coder), columns.get(coding.code)
        if row is None or column is None or coding.document not in places:
            continue
        document, group, at = places[coding.document]
        touched = [at + i for i in touching(coding, group) if _enough(coding, group[i], document, share)]
        matrix.Y[row, touched, column] = True
        matrix.seen[row, touched] = True
        matrix.outside[row] += not touched


def touching(span: Coding | Reading, group: Sequence[Segment]) -> range:
    """Indices of the segments (sorted, not overlapping) that share a character with `span`."""
    first = bisect_right(group, span.start, key=lambda s: s.end)
    last = bisect_left(group, span.end, key=lambda s: s.start)
    return range(first, last)


def _enough(coding: Coding, unit: Segment, document: Document, share: float) -> bool:
    """Whether the overlap holds a character that is no space and at least `share` of the unit."""
    common = document.text[max(coding.start, unit.start) : min(coding.end, unit.end)]
    return bool(common.strip()) and len(common) >= share * (unit.end - unit.start)
