"""Who gave what to which unit, and its sums by document: all that the coefficients need.

Everything the report says is a function of sums over documents, so an interval over documents
costs one matrix product (methods guide: sufficient statistics).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autocode.agreement.coefficients import symmetric
from autocode.errors import StudyError, did_you_mean
from autocode.study.codebook import SEPARATOR
from autocode.study.matrix import BoolArray, CodingMatrix, FloatArray, IntArray


@dataclass(frozen=True)
class Decisions:
    """The decisions of R coders on n units and K codes.

    Attributes:
        coders: Ids of the R coders.
        codes: Paths of the K codes.
        documents: Ids of the G documents.
        groups: (n,) index of each unit's document.
        Y: (R, n, K) whether the coder gave the code.
        seen: (R, n) whether the coder saw the unit; what is not seen is missing, never a zero.
        weight: (n,) what a unit counts: 1 for segments, its length for stretches of text.
    """

    coders: tuple[str, ...]
    codes: tuple[str, ...]
    documents: tuple[str, ...]
    groups: IntArray
    Y: BoolArray
    seen: BoolArray
    weight: FloatArray

    @classmethod
    def of(cls, Y: ArrayLike, groups: ArrayLike | None = None, seen: ArrayLike | None = None) -> Decisions:
        """Decisions from plain arrays; coders are named c1, c2 ..., codes code 1 ..., documents d1 ...

        Args:
            Y: (R, n, K) 1 where the coder gave the code to the unit.
            groups: (n,) index of each unit's document, from 0; None takes each unit as a document.
            seen: (R, n) 1 where the coder saw the unit; None takes all as seen.

        Example:
            >>> Decisions.of([[[1], [0]], [[1], [1]]]).coders
            ('c1', 'c2')
        """
        given = np.asarray(Y, dtype=bool)
        R, n, K = given.shape
        place = np.arange(n) if groups is None else np.asarray(groups, dtype=np.int64)
        sizes = {"c": R, "code ": K, "d": int(place.max(initial=-1)) + 1}
        coders, codes, documents = (tuple(f"{word}{i + 1}" for i in range(m)) for word, m in sizes.items())
        looked = np.ones((R, n), dtype=bool) if seen is None else np.asarray(seen, dtype=bool)
        return cls(coders, codes, documents, place, given & looked[:, :, None], looked, np.ones(n))

    @property
    def adjacent(self) -> bool:
        """Whether units are stretches of running text, so that a coded passage spans several."""
        return bool((self.weight != 1).any())

    def select(self, keep: BoolArray) -> Decisions:
        """The decisions on the units where `keep` (n,) holds; documents stay numbered."""
        return replace(self, groups=self.groups[keep], Y=self.Y[:, keep], seen=self.seen[:, keep], weight=self.weight[keep])


def decisions(matrix: CodingMatrix) -> Decisions:
    """The decisions of a coding matrix, each segment counting once."""
    return Decisions(
        matrix.coders, matrix.codes, matrix.documents, matrix.groups, matrix.Y, matrix.seen, np.ones(len(matrix.groups))
    )


def cluster(data: Decisions, clusters: dict[str, str]) -> Decisions:
    """The same decisions with the documents of one participant made one unit of resampling.

    Args:
        clusters: Participant of each document by the document's id; a document not named stands
            for itself.
    """
    names = [clusters.get(d, d) for d in data.documents]
    order = {name: i for i, name in enumerate(dict.fromkeys(names))}
    index = np.array([order[name] for name in names], dtype=np.int64)
    return replace(data, documents=tuple(order), groups=index[data.groups])


def pair_mask(data: Decisions, first: int, second: int) -> BoolArray:
    """(n,) the units that both coders saw."""
    both: BoolArray = data.seen[first] & data.seen[second]
    return both


def by_document(
    values: FloatArray | BoolArray, groups: IntArray, documents: int, weight: FloatArray | None = None
) -> FloatArray:
    """Sum rows by document. Cells given or not are counted where they are given: a code is rare, so that is fast and small.

    Args:
        values: (n, K) one row per unit, numbers or given or not.
        groups: (n,) index of each unit's document.
        documents: Number of documents G; one without a unit gets zeros.
        weight: (n,) what each row of cells given or not counts; 1 where None.

    Returns:
        (G, K) sums.
    """
    if values.dtype == np.bool_:
        rows, columns = np.nonzero(values)
        K = values.shape[1]
        counted = None if weight is None else weight[rows]
        given = np.bincount(groups[rows] * K + columns, counted, minlength=documents * K)
        return np.asarray(given.reshape(documents, K), dtype=np.float64)
    sums = np.zeros((documents, *values.shape[1:]))
    if len(groups):
        order = np.argsort(groups, kind="stable")
        present, starts = np.unique(groups[order], return_index=True)
        sums[present] = np.add.reduceat(values[order], starts, axis=0)
    return sums


def pair_counts(data: Decisions, first: int, second: int, weight: FloatArray | None = None) -> FloatArray:
    """Tables of one pair of coders by document.

    Args:
        first: Row of the first coder.
        second: Row of the second coder.
        weight: (n,) further weight of each unit, 0 to leave it out.

    Returns:
        (G, K, 4) given by both, by the first only, by the second only, by neither.
    """
    total = data.weight if weight is None else data.weight * weight
    rows = pair_mask(data, first, second) & (total > 0)
    A, B = (data.Y[r] if rows.all() else data.Y[r] & rows[:, None] for r in (first, second))
    G = len(data.documents)
    a, b, c = (by_document(cells, data.groups, G, total) for cells in (A & B, A & ~B, B & ~A))
    n = np.bincount(data.groups, total * rows, minlength=G)[:, None]
    return np.stack([a, b, c, np.maximum(n - a - b - c, 0.0)], axis=-1)


def coincidence_counts(data: Decisions, coders: list[int]) -> FloatArray:
    """(G, K, 4) tables of exchangeable coders, any number of them, whose alpha is that of them all.

    The tables of all pairs, each unit divided by its coders less one: Krippendorff's coincidences.
    """
    m = data.seen[coders].sum(0)
    weight = 1 / np.maximum(m - 1, 1)
    tables = (pair_counts(data, i, j, weight) for i, j in combinations(coders, 2))
    return symmetric(sum(tables, np.zeros((len(data.documents), len(data.codes), 4))))


def uses(data: Decisions, coders: list[int]) -> FloatArray:
    """(G, K) coded places: units that at least one of `coders` coded and at least two saw.

    Where units are stretches of text, neighbouring coded stretches count as one place.
    """
    seen = data.seen[coders]
    any_coder = (data.Y[coders] & seen[:, :, None]).any(0) & (seen.sum(0) >= 2)[:, None]
    if data.adjacent and len(any_coder):
        same = np.r_[False, data.groups[1:] == data.groups[:-1]]
        any_coder = any_coder & ~(np.roll(any_coder, 1, axis=0) & same[:, None])
    return by_document(any_coder, data.groups, len(data.documents))


def with_pooled(counts: FloatArray) -> FloatArray:
    """(G, K, C) counts with the sum over all codes put before them: (G, 1 + K, C)."""
    return np.concatenate([counts.sum(1, keepdims=True), counts], axis=1)


def check_coders(data: Decisions) -> None:
    """Refuse what cannot be compared.

    Raises:
        StudyError: There is one coder only, one is named twice, or no two coders saw one unit.
    """
    doubled = [c for c, n in Counter(data.coders).items() if n > 1]
    if doubled:
        raise StudyError(f"coder '{doubled[0]}'", "the same coder is named twice", "Name each coder once.")
    if len(data.coders) < 2:
        raise StudyError(
            "this comparison",
            f"it needs two coders, and there is {', '.join(data.coders) or 'none'}",
            "Import a second coder's codings, or name another coder.",
        )
    if not (data.seen.sum(0) >= 2).any():
        raise StudyError(
            "agreement",
            f"{', '.join(data.coders)} share no document, so there is nothing to compare",
            "Have a second coder code some of the same documents, or name other coders.",
        )


def only(data: Decisions, codes: Sequence[str]) -> Decisions:
    """The same decisions on chosen codes, in the order given; all codes where none is named.

    Args:
        codes: Paths, or last names where only one code has them.

    Raises:
        StudyError: Nobody compared gave such a code, or several have that name.
    """
    if not codes:
        return data
    chosen = []
    for code in codes:
        fits = [k for k, path in enumerate(data.codes) if path == code]
        fits = fits or [k for k, path in enumerate(data.codes) if path.rpartition(SEPARATOR)[2].casefold() == code.casefold()]
        if len(fits) != 1:
            leaves = {path.rpartition(SEPARATOR)[2]: path for path in data.codes}
            table = "Name its path as the table of codes shows it."
            near = did_you_mean(code, (*leaves, *data.codes), table)
            why = "several codes have that name" if fits else "no coder compared gave such a code"
            raise StudyError(f"code '{code}'", why, table if fits else near)
        chosen += fits
    picked = list(dict.fromkeys(chosen))
    return replace(data, codes=tuple(data.codes[k] for k in picked), Y=data.Y[:, :, picked])


def of_frame(frame: Any) -> Decisions:
    """Decisions from any tidy table of coders, units and codes (a pandas DataFrame).

    Args:
        frame: Columns `coder`, `unit` and `code`; or `document` and `segment` in the place of `unit`. One row for each code
            given; an empty code says that the coder saw the unit and gave none. With documents, a coder has seen the units of
            every document in which they have a row, else all units, each then a document of its own.

    Raises:
        StudyError: A column is missing, or a cell of coder or unit is empty.

    Example:
        >>> import pandas
        >>> rows = [("ana", 1, "work"), ("ben", 1, "work"), ("ana", 2, None), ("ben", 2, "time")]
        >>> of_frame(pandas.DataFrame(rows, columns=["coder", "unit", "code"])).codes
        ('time', 'work')
    """
    names = {str(c).strip().casefold(): c for c in frame.columns}
    keys = ["document", "segment"] if {"document", "segment"} <= names.keys() else ["unit"]
    lacking = [c for c in ("coder", *keys, "code") if c not in names]
    if lacking:
        raise StudyError(
            "table of codings",
            f"it has no column {' and no column '.join(lacking)}",
            "Give it the columns coder, unit and code (or document and segment in the place of unit).",
        )
    wanted = [names[c] for c in ("coder", *keys, "code")]
    table = frame[wanted].astype(object).where(frame[wanted].notna(), "")
    rows = [tuple(str(cell).strip() for cell in row) for row in table.itertuples(index=False, name=None)]
    if any(not all(row[:-1]) for row in rows):
        raise StudyError("table of codings", f"a cell of coder or {keys[-1]} is empty", "Fill it in, or leave the row out.")
    coders, codes = (sorted({row[i] for row in rows} - {""}) for i in (0, -1))
    places = list(dict.fromkeys(row[1:-1] for row in rows))
    place = {unit: i for i, unit in enumerate(places)}
    documents = {d: g for g, d in enumerate(dict.fromkeys(unit[0] for unit in places))}
    groups = np.array([documents[unit[0]] for unit in places], dtype=np.int64)
    row_of, column_of = ({name: i for i, name in enumerate(found)} for found in (coders, codes))
    seen = np.full((len(coders), len(documents)), len(keys) == 1)
    Y = np.zeros((len(coders), len(places), len(codes)), dtype=bool)
    for coder, *unit, code in rows:
        r, u = row_of[coder], place[tuple(unit)]
        seen[r, groups[u]] = True
        if code:
            Y[r, u, column_of[code]] = True
    return Decisions(tuple(coders), tuple(codes), tuple(documents), groups, Y, seen[:, groups], np.ones(len(places)))


def theme(code: str) -> str:
    """The root above a code's path; the code itself where it is a root."""
    return code.partition(SEPARATOR)[0]


def by_theme(data: Decisions) -> Decisions:
    """Whether a coder gave any code of a theme: K codes become their themes, in order."""
    themes = tuple(dict.fromkeys(theme(code) for code in data.codes))
    columns = [[k for k, code in enumerate(data.codes) if theme(code) == t] for t in themes]
    Y = np.stack([data.Y[:, :, c].any(2) for c in columns], axis=2) if themes else data.Y
    return replace(data, codes=themes, Y=np.asarray(Y))


def coded_at_all(data: Decisions) -> Decisions:
    """Whether a coder gave any code at all: one column."""
    return replace(data, codes=("any code",), Y=np.asarray(data.Y.any(2, keepdims=True)))


def by_whole_document(data: Decisions) -> Decisions:
    """Whether a coder gave the code anywhere in a document: one unit for each document.

    A coder has seen a document where all units that any coder saw of it were seen.
    """
    G, R = len(data.documents), len(data.coders)
    in_use = np.unique(data.groups)
    Y = np.stack([by_document(data.Y[r] & data.seen[r][:, None], data.groups, G)[in_use] > 0 for r in range(R)])
    anyone = by_document(np.asarray(data.seen.any(0))[:, None], data.groups, G)
    own = by_document(np.asarray(data.seen.T), data.groups, G)
    seen = ((own == anyone) & (anyone > 0))[in_use].T
    return replace(data, groups=in_use, Y=Y, seen=seen, weight=np.ones(len(in_use)))


def by_group(data: Decisions, groups: Mapping[str, str]) -> dict[str, Decisions]:
    """The decisions split by a variable of the documents (stakeholder group, role, document id).

    Args:
        groups: Group of each document by its id; documents not named are left out.
    """
    names = np.array([groups.get(d, "") for d in data.documents])[data.groups]
    order = dict.fromkeys(groups[d] for d in data.documents if groups.get(d))
    return {name: data.select(names == name) for name in order}


def both_coded(data: Decisions) -> Decisions:
    """The units to which every coder who saw them gave at least one code (two coders or more)."""
    coded = np.asarray(data.Y.any(2)) | ~data.seen
    return data.select(np.asarray(coded.all(0)) & (data.seen.sum(0) >= 2))


def relevant(data: Decisions) -> Decisions:
    """The units to which any coder gave any code; agreement on them is not free of chance."""
    return data.select(np.asarray((data.Y & data.seen[:, :, None]).any((0, 2))))


def denominators(data: Decisions) -> dict[str, int]:
    """What percentages can refer to: all units two coders saw, those coded by any, documents.

    Example:
        >>> denominators(Decisions.of([[[1], [0], [0]], [[1], [1], [0]]]))
        {'units': 3, 'units_coded_by_any': 2, 'documents': 3}
    """
    shared = data.seen.sum(0) >= 2
    coded = shared & (data.Y & data.seen[:, :, None]).any((0, 2))
    return {
        "units": int(data.weight[shared].sum()),
        "units_coded_by_any": int(data.weight[coded].sum()),
        "documents": len(np.unique(data.groups[shared])),
    }
