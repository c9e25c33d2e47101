"""Whether the machine errs more for some groups than for others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.classify import HeldOutPredictions
from autocode.evaluate import HeldOut
from autocode.evaluate.group_errors import bias
from autocode.study import Document, Segment
from autocode.study.matrix import CodingMatrix


def held(documents: int = 24, worse: float = 0.0, groups: int = 2) -> HeldOut:
    """Twenty segments a document, one code; the machine errs in 10 % of them, in group g0 in more."""
    rng = np.random.default_rng(3)
    names = [f"d{i}" for i in range(documents)]
    group = np.repeat(np.arange(documents), 20)
    Y = rng.random((2, len(group), 1)) < 0.02
    truth = rng.random(len(group)) < 0.4
    Y ^= truth[None, :, None]
    errs = rng.random(len(group)) < np.where(group % groups == 0, 0.1 + worse, 0.1)
    P = np.where(truth ^ errs, 0.9, 0.1)[:, None]
    matrix = CodingMatrix(
        tuple(Segment(names[g], i, i + 1, str(i)) for i, g in enumerate(group)),
        tuple(names),
        group,
        ("A",),
        ("ana", "ben"),
        Y,
        np.ones((2, len(group)), dtype=bool),
        np.zeros(2, dtype=np.int64),
    )
    made = {n: Document(n, "x", variables={"role": f"g{i % groups}", "name": n}) for i, n in enumerate(names)}
    judged = HeldOutPredictions(P, np.zeros(P.shape, dtype=np.int8), np.array([[0.5]]), np.zeros(len(group), dtype=np.int64))
    return HeldOut(matrix, judged, made)


def test_a_worse_group_is_found() -> None:
    """Where the machine errs far more in one group, the interval of the difference leaves zero out."""
    rows = bias(held(worse=0.25)).rows
    assert [(r.variable, r.group, r.said) for r in rows] == [("role", "g0", "differs"), ("role", "g1", "differs")]
    assert rows[0].difference.value is not None
    assert rows[0].difference.value < -0.2
    assert rows[0].difference.value == pytest.approx(-(rows[1].difference.value or 0))
    assert rows[0].humans.value == pytest.approx(0, abs=0.15)


def test_equal_groups_show_no_difference() -> None:
    """Where the errors are alike, nothing is claimed, and names are no groups."""
    rows = bias(held()).rows
    assert {r.said for r in rows} == {"no difference shown"}
    assert {r.variable for r in rows} == {"role"}


def test_few_documents_are_not_enough_to_say() -> None:
    """With five documents in a group there is no interval and no claim."""
    found = bias(held(documents=10, worse=0.5))
    assert {r.said for r in found.rows} == {"not enough data to say"}
    assert "not enough data to say" in str(found)


def test_several_groups_have_wider_intervals() -> None:
    """The same group stands in a wider interval where it is one of four compared."""
    two, four = held(documents=32), held(documents=32)
    documents = {
        n: replace(d, variables={"role": d.variables["role"] if d.variables["role"] == "g0" else f"x{i % 3}"})
        for i, (n, d) in enumerate(four.documents.items())
    }
    four = replace(four, documents=documents)
    widths = [(r.difference.high or 0) - (r.difference.low or 0) for r in (bias(two).rows[0], bias(four).rows[0])]
    assert widths[0] < widths[1]


def test_without_variables_nothing_is_said() -> None:
    """Documents of which nothing is known give a sentence, not a table."""
    bare = held()
    bare = replace(bare, documents={n: replace(d, variables={}) for n, d in bare.documents.items()})
    assert "nothing can be said" in str(bias(bare))
