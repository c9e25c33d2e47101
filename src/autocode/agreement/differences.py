"""Where and what two coders disagree about: one inventory with causes and a confusion table, boundary offsets, documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from autocode.agreement.coefficients import cohen_kappa, positive_agreement
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.estimate import number
from autocode.agreement.spans import Span, boundary_offsets
from autocode.errors import StudyError
from autocode.study import Coding, Segment, Study
from autocode.study.codebook import SEPARATOR
from autocode.study.matrix import CodingMatrix, FloatArray

CAUSES = {
    "name": "the same name twice in the codebook",
    "silent": "one coder never uses this code",
    "level": "a code or the code above it",
    "neighbour": "one code or its neighbour",
    "boundary": "the same code, drawn elsewhere",
    "missed": "coded by one, left out by the other",
}
"""Why two coders differ on one code of one unit, in the order in which one would ask."""

LEAST_SILENT = 3  # uses by one coder before the other is called silent about a code

Group = tuple[str, tuple[str, ...]]
"""A cause, and the codes concerned: the code, and the code it is taken for where there is one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One unit and code on which two coders differ; it holds no words of the text.

    Attributes:
        segment: The unit.
        code: Path of the code.
        given: Id of the coder who gave it; the other did not.
        by_other: Codes that the other coder gave there.
        cause: Key of `CAUSES`.
        codes: The code, and the code it is taken for where there is one, in alphabetical order.
    """

    segment: Segment
    code: str
    given: str
    by_other: tuple[str, ...]
    cause: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One segment on which two coders differ, with all they gave there.

    Attributes:
        segment: The segment, with its document and place.
        first: Codes of the first coder.
        second: Codes of the second coder.
        kind: only_first or only_second (the other gave no code), other_code (both coded, not alike).
        causes: Keys of `CAUSES`, each once, in their order.
    """

    segment: Segment
    first: tuple[str, ...]
    second: tuple[str, ...]
    kind: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """All on which two coders differ, once: what the meeting, the clinic, the dossier and its workbook tell of it.

    Attributes:
        coders: The two coders.
        differences: Each unit and code on which they differ, in order of the documents.
        segments: Each unit on which they differ, in the same order.
        confusion: (K + 1, K + 1): [k, l] uses of code k by the first where the second gave l instead; codes both
            gave stand on the diagonal, the last row and column mean no code. A segment with several unmatched codes
            is shared out, so that row and column sums are the coders' uses.
    """

    coders: tuple[str, str]
    differences: tuple[Difference, ...]
    segments: tuple[Disagreement, ...]
    confusion: FloatArray

    def groups(self) -> dict[Group, list[Difference]]:
        """The differences by cause and the codes concerned, in order of appearance."""
        found: dict[Group, list[Difference]] = {}
        for d in self.differences:
            found.setdefault((d.cause, d.codes), []).append(d)
        return found


def rows_of(matrix: CodingMatrix, first: str, second: str, shared: bool = False) -> tuple[int, int]:
    """The rows of two coders; `shared` asks that both have read some unit.

    Raises:
        StudyError: There is no such coder, or the two share no unit though they should.
    """
    for coder in (first, second):
        if coder not in matrix.coders:
            raise StudyError(f"coder '{coder}'", f"the coders are {', '.join(matrix.coders)}", "Name one of these.")
    i, j = matrix.coders.index(first), matrix.coders.index(second)
    if shared and not (matrix.seen[i] & matrix.seen[j]).any():
        raise StudyError(
            f"{first} and {second}",
            "they share no document, so there is nothing to compare",
            "Let both code some of the same documents, or name other coders.",
        )
    return i, j


def inventory(matrix: CodingMatrix, first: str, second: str) -> Inventory:
    """Every unit and code that both coders saw and decided differently, with the cause.

    Args:
        matrix: Decisions of all coders.
        first: Id of the first coder.
        second: Id of the second coder.

    Raises:
        StudyError: There is no such coder.
    """
    i, j = rows_of(matrix, first, second)
    Y, codes = matrix.Y, matrix.codes
    differ = (Y[i] != Y[j]) & (matrix.seen[i] & matrix.seen[j])[:, None]
    differences: list[Difference] = []
    segments: list[Disagreement] = []
    cause_of = _causes(matrix, i, j)
    for u in np.flatnonzero(differ.any(1)):
        a, b = (tuple(codes[k] for k in np.flatnonzero(Y[r, u])) for r in (i, j))
        here = []
        for k in np.flatnonzero(differ[u]):
            mine, other = (i, j) if Y[i, u, k] else (j, i)
            cause, named = cause_of(int(u), int(k), mine, other)
            here.append(Difference(matrix.segments[u], codes[k], matrix.coders[mine], b if mine == i else a, cause, named))
        differences += here
        kind = "only_first" if not b else "only_second" if not a else "other_code"
        causes = tuple(c for c in CAUSES if any(d.cause == c for d in here))
        segments.append(Disagreement(matrix.segments[u], a, b, kind, causes))
    return Inventory((first, second), tuple(differences), tuple(segments), _confusion(matrix, i, j))


def _causes(matrix: CodingMatrix, i: int, j: int) -> Callable[[int, int, int, int], Group]:
    """From a unit, a code, the coder who gave it and the other: the cause, and the codes concerned."""
    codes, groups = matrix.codes, matrix.groups
    both = matrix.seen[i] & matrix.seen[j]
    uses = {r: matrix.Y[r][both].sum(0) for r in (i, j)}
    plain = [" ".join(c.rpartition(SEPARATOR)[2].casefold().split()) for c in codes]

    def cause(u: int, k: int, mine: int, other: int) -> Group:
        """Why coder `mine` gave code k to unit u and `other` did not, and the codes concerned."""
        there = [int(n) for n in np.flatnonzero(matrix.Y[other, u] & ~matrix.Y[mine, u])]

        def pair_with(n: int) -> tuple[str, ...]:
            """Code k and code n, in one order whoever gave which."""
            return tuple(sorted((codes[k], codes[n])))

        twin = [n for n in there if plain[n] == plain[k]]
        if twin:
            return "name", pair_with(twin[0])
        if uses[other][k] == 0 and uses[mine][k] >= LEAST_SILENT:
            return "silent", (codes[k],)
        near = [n for n in there if codes[n].startswith(codes[k] + SEPARATOR) or codes[k].startswith(codes[n] + SEPARATOR)]
        if near:
            return "level", pair_with(near[0])
        if there:
            return "neighbour", pair_with(there[0])
        next_to = [v for v in (u - 1, u + 1) if 0 <= v < len(groups) and groups[v] == groups[u]]
        if any(matrix.Y[other, v, k] and not matrix.Y[mine, v, k] for v in next_to):
            return "boundary", (codes[k],)
        return "missed", (codes[k],)

    return cause


def _confusion(matrix: CodingMatrix, i: int, j: int) -> FloatArray:
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
    kappa, positive = cohen_kappa(tables), positive_agreement(tables)
    total = tables.sum(0)
    influence = cohen_kappa(total) - cohen_kappa(total - tables)
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
