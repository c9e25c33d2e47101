"""Saturation: a stated rule, and codes still to come with an interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.dossier.blocks import View
from autocode.dossier.matrices import Saturation, saturation
from autocode.study import Coder, Coding, Document, Study
from autocode.study.codebook import Codebook


def _study(*interviews: str) -> Study:
    """Interviews whose letters are the codes given in them."""
    book = Codebook().with_paths(sorted({c for codes in interviews for c in codes} or {"a"}))
    documents = tuple(Document(f"i{n:02}", "words " * 40) for n in range(len(interviews)))
    codings = [Coding(f"i{n:02}", k, k + 5, c, "x") for n, codes in enumerate(interviews) for k, c in enumerate(codes)]
    return Study(documents, book, (Coder("x"),), tuple(codings))


def test_the_curve_is_flat_only_by_the_rule() -> None:
    """No new code in the last three is flat; one new code beside ten of the first four is not; six interviews are too few."""
    base = ("abcdef", "abgh", "ij", "ab")
    assert saturation(View(_study(*base, "a", "b", "c"))).reached
    late = saturation(View(_study(*base, "a", "b", "k")))
    assert late.share == pytest.approx(0.1)
    assert not late.reached
    few = saturation(View(_study(*base, "a", "b")))
    assert few.share is None
    assert not few.reached
    assert "cannot be judged" in few.told()


def test_interviews_that_nobody_read_do_not_flatten_the_curve() -> None:
    """Three interviews waiting to be coded bring no new code, and are no evidence that none would come."""
    waiting = tuple(Document(f"w{i}", "words " * 40) for i in range(3))
    study = _study("abcd", "ef", "gh", "ij")
    found = saturation(View(replace(study, documents=(*study.documents, *waiting))))
    assert len(found.rows) == 4
    assert not found.reached


def test_codes_to_come_are_reckoned_as_published() -> None:
    """Bias-corrected Chao 2: 4 codes seen once, 1 twice in 10 interviews give .9 * 12 / 4 = 2.7; nothing without singles."""
    found = Saturation(tuple((str(i), 1, 0, 20) for i in range(10)), 4, 1)
    assert found.to_come is not None
    value, low, high = found.to_come
    assert value == pytest.approx(2.7)
    assert 0 < low < value < high
    assert Saturation(found.rows, 0, 3).to_come is None


def test_the_interval_holds_the_codes_that_are_missing() -> None:
    """Drawn from 40 codes of unequal frequency: the codes not seen lie within the interval in most of 200 draws."""
    rng = np.random.default_rng(0)
    chances = np.linspace(0.03, 0.5, 40)
    inside = 0
    for _ in range(200):
        given = rng.random((15, 40)) < chances
        spread = given.sum(0)
        seen = int((spread > 0).sum())
        found = Saturation(tuple((str(i), 1, 0, seen) for i in range(15)), int((spread == 1).sum()), int((spread == 2).sum()))
        if found.to_come is None:
            inside += seen == 40
        else:
            inside += found.to_come[1] <= 40 - seen + 0.5 and 40 - seen <= found.to_come[2]
    assert inside >= 160
