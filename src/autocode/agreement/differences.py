"""Where and what two coders disagree about: a list, a confusion table, boundary offsets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from autocode.agreement.boundaries import boundary_offsets
from autocode.agreement.spans import Span
from autocode.errors import StudyError
from autocode.matrix import CodingMatrix, FloatArray
from autocode.study import Coding, Segment, Study

KINDS = ("only_first", "only_second", "other_code")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One segment on which two coders differ; it holds no words of the text.

    Attributes:
        segment: The segment, with its document and place.
        first: Codes of the first coder.
        second: Codes of the second coder.
        kind: only_first or only_second (the other gave no code), other_code (both coded, not alike).
        probabilities: The machine's probability of each code that only one gave, where known.
    """

    segment: Segment
    first: tuple[str, ...]
    second: tuple[str, ...]
    kind: str
    probabilities: tuple[tuple[str, float], ...] = ()


def _row(matrix: CodingMatrix, coder: str) -> int:
    if coder not in matrix.coders:
        raise StudyError(f"coder '{coder}'", f"the coders are {', '.join(matrix.coders)}", "Name one of these.")
    return matrix.coders.index(coder)


def disagreements(
    matrix: CodingMatrix, first: str, second: str, probabilities: FloatArray | None = None
) -> list[Disagreement]:
    """Every segment that both coders saw and coded differently, in order of the documents.

    Args:
        matrix: Decisions of all coders.
        first: Id of the first coder.
        second: Id of the second coder.
        probabilities: (n, K) of the machine, where known.

    Raises:
        StudyError: There is no such coder.
    """
    i, j = _row(matrix, first), _row(matrix, second)
    differ = (matrix.Y[i] != matrix.Y[j]).any(1) & matrix.seen[i] & matrix.seen[j]
    found = []
    for u in np.flatnonzero(differ):
        a, b = (tuple(matrix.codes[k] for k in np.flatnonzero(matrix.Y[r, u])) for r in (i, j))
        kind = "only_first" if not b else "only_second" if not a else "other_code"
        odd = np.flatnonzero(matrix.Y[i, u] != matrix.Y[j, u])
        known = () if probabilities is None else tuple(
            (matrix.codes[k], float(probabilities[u, k])) for k in odd)  # fmt: skip
        found.append(Disagreement(matrix.segments[u], a, b, kind, known))
    return found


def confusion(matrix: CodingMatrix, first: str, second: str) -> FloatArray:
    """Which code of the first coder meets which of the second.

    Returns:
        (K + 1, K + 1): [k, l] uses of code k by the first where the second gave l instead; codes
        both gave stand on the diagonal, the last row and column mean no code. A segment with
        several unmatched codes is shared out, so that row and column sums are the coders' uses.

    Raises:
        StudyError: There is no such coder.
    """
    i, j = _row(matrix, first), _row(matrix, second)
    kept = matrix.seen[i] & matrix.seen[j]
    A, B = matrix.Y[i][kept], matrix.Y[j][kept]
    a, b = (A & ~B).astype(np.float64), (B & ~A).astype(np.float64)
    na, nb = a.sum(1), b.sum(1)
    most = np.maximum(np.maximum(na, nb), 1)
    K = A.shape[1]
    table = np.zeros((K + 1, K + 1))
    table[:K, :K] = np.diag((A & B).sum(0).astype(np.float64)) + (a / most[:, None]).T @ b
    table[:K, K] = (a * (1 - nb / most)[:, None]).sum(0)
    table[K, :K] = (b * (1 - na / most)[:, None]).sum(0)
    table[K, K] = float((~(A | B).any(1)).sum())
    return table


@dataclass(frozen=True, slots=True)
class Offset:
    """How far apart two coders set the ends of one coded segment, in characters.

    Attributes:
        document: Id of the document.
        code: Path of the code.
        start: Start of the second coder's segment minus start of the first's.
        end: The same for the ends.
    """

    document: str
    code: str
    start: int
    end: int


def offsets(study: Study, first: str, second: str) -> list[Offset]:
    """Same code, other boundary: segments of two coders that overlap most, with their distances."""
    own, other = _by_place(study.codings, first), _by_place(study.codings, second)
    return [
        Offset(document, code, start, end)
        for document, code in own
        if (document, code) in other
        for start, end in boundary_offsets(own[document, code], other[document, code])
    ]


def _by_place(codings: Iterable[Coding], coder: str) -> dict[tuple[str, str], list[Span]]:
    """A coder's spans by document and code, in order."""
    found: dict[tuple[str, str], list[Span]] = {}
    for c in sorted(c for c in codings if c.coder == coder):
        found.setdefault((c.document, c.code), []).append(Span(c.start, c.end, c.code))
    return found
