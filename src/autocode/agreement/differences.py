"""Where and what two coders disagree about: a list, a confusion table, boundary offsets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from autocode.agreement.coefficients import binary
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.estimate import number
from autocode.agreement.spans.boundaries import Span, boundary_offsets
from autocode.errors import StudyError
from autocode.study import Coding, Segment, Study
from autocode.study.matrix import CodingMatrix, FloatArray

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


def disagreements(matrix: CodingMatrix, first: str, second: str, probabilities: FloatArray | None = None) -> list[Disagreement]:
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
        known = () if probabilities is None else tuple((matrix.codes[k], float(probabilities[u, k])) for k in odd)
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


@dataclass(frozen=True, slots=True)
class DocumentAgreement:
    """Agreement of two coders in one document, all codes or one.

    Attributes:
        document: Id of the document.
        units: Units both coders saw.
        uses: Units (times codes) that at least one coder coded.
        kappa: Kappa within the document, None where undefined.
        positive: Positive agreement within the document, None where nobody coded.
        influence: Kappa of all documents minus kappa without this one.
    """

    document: str
    units: int
    uses: int
    kappa: float | None
    positive: float | None
    influence: float | None


def agreement_by_document(data: Decisions, first: str, second: str, code: str = "") -> list[DocumentAgreement]:
    """Agreement of two coders in each document that both saw, in order.

    For one coder coding twice (intra-coder stability), give both rounds as two coders.

    Raises:
        StudyError: There is no such coder or code.

    Example:
        >>> data = Decisions.of([[[1], [0], [1], [0]], [[1], [0], [0], [1]]], [0, 0, 1, 1])
        >>> [(x.document, x.kappa) for x in agreement_by_document(data, 'c1', 'c2')]
        [('d1', 1.0), ('d2', -1.0)]
    """
    for name, known in ((first, data.coders), (second, data.coders), (code or "", ("", *data.codes))):
        if name not in known:
            raise StudyError(f"'{name}'", "the comparison has no such coder or code", "Check the name.")
    counts = pair_counts(data, data.coders.index(first), data.coders.index(second))
    units = counts[:, 0].sum(-1) if data.codes else np.zeros(len(counts))
    tables = counts[:, data.codes.index(code)] if code else counts.sum(1)
    kappa, positive = binary.cohen_kappa(tables), binary.positive_agreement(tables)
    total = tables.sum(0)
    influence = binary.cohen_kappa(total) - binary.cohen_kappa(total - tables)
    return [
        DocumentAgreement(
            data.documents[g],
            int(units[g]),
            int(tables[g, :3].sum()),
            number(kappa[g]),
            number(positive[g]),
            number(influence[g]),
        )
        for g in np.flatnonzero(units > 0)
    ]
