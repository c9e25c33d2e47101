"""Does the machine err more on some participants? Groups against the rest, with intervals by document."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.bias import bias
from autocode.classify import Held
from autocode.errors import StudyError
from autocode.evaluate import HeldOut
from autocode.matrix import CodingMatrix
from autocode.study import Document, Segment


def _held(errors: dict[str, float], documents: int = 8, units: int = 40) -> HeldOut:
    """Two groups of interviews; the machine is wrong on a share of each group's decisions."""
    rng, names = np.random.default_rng(0), [f"{g}{i}" for g in errors for i in range(documents)]
    place = np.repeat(np.arange(len(names)), units)
    given = rng.random((len(place), 2)) < 0.3
    wrong = rng.random((len(place), 2)) < np.repeat([errors[n[0]] for n in names], units)[:, None]
    matrix = CodingMatrix(
        tuple(Segment(names[g], i, i + 1, str(i)) for i, g in enumerate(place)), tuple(names), place, ("a", "b"),
        ("ana",), given[None], np.ones((1, len(place)), dtype=bool), np.zeros(1, dtype=np.int64))  # fmt: skip
    bands = np.where(given ^ wrong, 2, 0).astype(np.int8)
    texts = {n: Document(n, "x" * units, variables={"role": n[0], "town": "same"}) for n in names}
    return HeldOut(matrix, Held(bands / 3 + 0.1, bands, np.zeros((1, 2)), place), texts)


def test_a_group_on_which_the_machine_errs_more_is_found() -> None:
    """Thirty against five errors in a hundred: the difference and its interval lie clear of zero."""
    found = bias(_held({"s": 0.05, "t": 0.3}), "role")
    student, teacher = found.groups
    assert (student.group, student.documents) == ("s", 8)
    assert student.kappa.value is not None
    assert student.kappa.value > 0.8
    assert teacher.difference.high is not None
    assert teacher.difference.high < 0
    assert teacher.difference.value == pytest.approx(-(student.difference.value or 0))
    assert (teacher.missed.value or 0) > (student.missed.value or 0)
    assert (teacher.wrong.value or 0) > (student.wrong.value or 0)
    assert "Beyond chance: s, t." in str(found)


def test_alike_groups_are_not_told_apart() -> None:
    """The same share of errors in both: the interval holds zero, and that is said."""
    found = bias(_held({"s": 0.1, "t": 0.1}), "role")
    assert all(g.difference.low is not None and g.difference.low < 0 < (g.difference.high or 0) for g in found.groups)
    assert "No group differs" in str(found)


def test_two_interviews_have_no_interval() -> None:
    """With two documents a group has its numbers and no interval."""
    found = bias(_held({"s": 0.1, "t": 0.3}, documents=2), "role")
    assert all(g.kappa.value is not None and g.kappa.low is None and g.difference.low is None for g in found.groups)
    assert "no interval below 3 documents" in str(found)
    assert found.to_json()["groups"][0]["difference"]["no_interval"] == "few_documents"


def test_only_what_a_coder_saw_counts() -> None:
    """Units that the coder did not see change nothing."""
    held = _held({"s": 0.1, "t": 0.3})
    seen = np.arange(len(held.matrix.segments)) % 2 == 0
    hidden = replace(held.matrix, seen=seen[None])
    cut = replace(held, matrix=hidden.select(seen), held=replace(
        held.held, P=held.held.P[seen], bands=held.held.bands[seen], fold=held.held.fold[seen]))  # fmt: skip
    assert bias(replace(held, matrix=hidden), "role") == bias(cut, "role")


@pytest.mark.parametrize(("variable", "why"), [("age", "variables are role, town"), ("town", "the same value")])
def test_a_variable_that_parts_nobody_is_refused(variable: str, why: str) -> None:
    """An unknown variable names those there; one with a single value says so."""
    with pytest.raises(StudyError, match=why):
        bias(_held({"s": 0.1, "t": 0.3}), variable)
