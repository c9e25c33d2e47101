"""Material of another study: always learnt from, never judged, and used code by code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.classify import cross_predict, fit
from autocode.classify.material import Features, Target
from autocode.classify.transfer import SourceMaterial, choose, compare_transfer, fit_transfer
from tests.classify.test_classify import CONFIG, material


def _parted(n: int, documents: int) -> tuple[Features, Target, Features, Target]:
    """A few own documents, and the others as another study."""
    known, target = material(400, 20)
    own, rest = np.flatnonzero(target.groups < documents)[:n], np.flatnonzero(target.groups >= documents)
    return known.take(own), target.take(own), known.take(rest), target.take(rest)


def _lent(features: Features, target: Target, codes: list[int], wrong: bool = False) -> SourceMaterial:
    Y = target.Y[:, np.roll(codes, 1)] if wrong else target.Y[:, codes]
    return SourceMaterial(features, Y, target.groups, np.array(codes))


def test_rows_without_document_are_never_judged() -> None:
    """Only own rows come back, each judged by heads that learnt from the other study's rows too."""
    own, target, other, said = _parted(60, 4)
    both = replace(target, Y=np.concatenate([target.Y, said.Y]), groups=np.append(target.groups, np.full(len(said.Y), -1)))
    held = cross_predict(own.joined(other), both, CONFIG)
    alone = cross_predict(own, target, CONFIG)
    assert held.P.shape == target.Y.shape
    assert (held.fold == alone.fold).all()
    assert not np.array_equal(held.P, alone.P)


@pytest.mark.parametrize("documents", [2, 4])
def test_a_document_is_judged_without_itself(documents: int) -> None:
    """What coders said of one document changes nothing said of it, with another study's help too, nor the choice for it."""
    own, target, other, said = _parted(30 * documents, documents)
    swapped = target.Y.copy()
    swapped[target.groups == 1] = swapped[target.groups == 1][:, [1, 2, 0]]
    lent = [_lent(other, said, [0, 1, 2])]
    first, second = (compare_transfer(own, t, lent, CONFIG) for t in (target, replace(target, Y=swapped)))
    rows = target.groups == 1
    (fold,) = set(first.kept.fold[rows].tolist())
    assert np.array_equal(first.kept.P[rows], second.kept.P[rows])
    assert np.array_equal(first.choices[fold], second.choices[fold])
    assert not np.array_equal(first.kept.P[~rows], second.kept.P[~rows])


def test_true_material_is_chosen_and_false_material_is_not() -> None:
    """The same codes elsewhere are used for a study of few segments; the same with codes crossed are not."""
    own, target, other, said = _parted(60, 4)
    true, false = _lent(other, said, [0, 1, 2]), _lent(other, said, [0, 1, 2], wrong=True)
    assert compare_transfer(own, target, [true], CONFIG).choice.any()
    assert not compare_transfer(own, target, [false], CONFIG).choice.any()
    assert set(compare_transfer(own, target, [false, true], CONFIG).choice.tolist()) <= {0, 2}


def test_only_shared_codes_are_touched() -> None:
    """Heads of a code that the other study does not share, or that it would harm, are those of own material."""
    own, target, other, said = _parted(60, 4)
    lent = [_lent(other, said, [1])]
    found = compare_transfer(own, target, lent, CONFIG)
    alone = fit(own, target, CONFIG)
    for choice in ([0, 1, 0], [0, 0, 0]):
        made = fit_transfer(own, target, lent, replace(found, choice=np.array(choice)), CONFIG)
        same = [np.array_equal(made.heads.dense.W[k], alone.heads.dense.W[k]) for k in range(3)]
        assert same == [True, choice[1] == 0, True]


def test_a_code_that_cannot_be_checked_keeps_to_its_own() -> None:
    """With fewer coded segments or documents than the least, better scores do not count."""
    _, target, _, _ = _parted(60, 4)
    good = np.stack([target.Y * 4.0 - 2] * 2)
    bad = np.stack([np.random.default_rng(0).normal(size=target.Y.shape)] * 2)
    assert (choose([bad, good], target, CONFIG) == 1).all()
    assert not choose([good, bad], target, CONFIG).any()
    few = target.Y.copy()
    few[np.flatnonzero(few[:, 0])[2:], 0] = 0
    assert choose([bad, np.stack([few * 4.0 - 2] * 2)], replace(target, Y=few), CONFIG).tolist() == [0, 1, 1]
