"""The same decisions on other units: themes, whole documents, groups of documents, coded at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from autocode.agreement.counts import Decisions, by_document
from autocode.codebook import SEPARATOR
from autocode.matrix import BoolArray, FloatArray


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
    Y = np.stack([_sums(data.Y[r] & data.seen[r][:, None], data)[in_use] > 0 for r in range(R)])
    anyone = by_document(np.asarray(data.seen.any(0))[:, None].astype(np.float64), data.groups, G)
    own = by_document(data.seen.T.astype(np.float64), data.groups, G)
    seen = ((own == anyone) & (anyone > 0))[in_use].T
    return replace(data, groups=in_use, Y=Y, seen=seen, weight=np.ones(len(in_use)))


def _sums(Y: BoolArray, data: Decisions) -> FloatArray:
    return by_document(Y.astype(np.float64), data.groups, len(data.documents))


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
