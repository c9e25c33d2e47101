"""Where the bands begin, and on whose evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.classify.bands import BASES, Known, draw, known
from autocode.classify.material import Target
from autocode.config import ClassifyConfig

CONFIG = ClassifyConfig()


def evidence(right: tuple[int, ...], wrong: int = 0, parents: tuple[int, ...] = ()) -> Known:
    """Code k is right `right[k]` times at .95 and wrong `wrong` times at .9, among many at .01; all apart."""
    n, K = 400, len(right)
    P, Y = np.full((n, K), 0.01), np.zeros((n, K))
    at = 0
    for k, count in enumerate(right):
        P[at : at + count, k], Y[at : at + count, k] = 0.95, 1
        P[at + count : at + count + wrong, k] = 0.9
        at += count + wrong
    target = Target(Y, np.arange(n), np.zeros((K, 1)), np.array(parents or [-1] * K))
    return known(P, (target.Y, target.groups, target.parents), np.full(K, 0.5))


def basis(k: Known) -> list[str]:
    """On whose evidence each code suggests."""
    return [BASES[b] for b in draw(k, CONFIG).suggest_basis]


def test_own_evidence_comes_first() -> None:
    """A code with evidence enough promises alone and leaves the group to the others."""
    assert basis(evidence((40, 10, 10))) == ["code", "all", "all"]


def test_the_theme_comes_before_all() -> None:
    """Codes that are too rare alone promise with their theme where that suffices, else with all others."""
    assert basis(evidence((10, 10, 10, 10), parents=(0, 0, 1, 2))) == ["theme", "theme", "all", "all"]


def test_without_evidence_nothing_is_suggested() -> None:
    """Two codes of five right suggestions promise nothing, not even together; both are still asked about."""
    cuts = draw(evidence((5, 5)), CONFIG)
    assert np.isinf(cuts.suggest).all()
    assert cuts.ask.tolist() == [0.25, 0.25]
    assert not cuts.suggest_basis.any()


def test_a_code_alone_has_no_group() -> None:
    """A single code without evidence is not promised as a group of one."""
    assert basis(evidence((10,))) == [""]


def test_a_clearly_worse_code_is_kept_out_of_its_groups_promise() -> None:
    """A code whose own suggestions are mostly wrong is not suggested on the strength of others."""
    k = evidence((13, 13, 13, 13, 13, 1))
    k.P[390:396, 5] = 0.95
    assert basis(k) == ["all"] * 5 + [""]


def test_a_silent_code_gets_no_band() -> None:
    """A code that stays silent neither suggests nor asks, whatever the group promises."""
    k = evidence((40, 40))
    cuts = draw(replace(k, coding=np.array([np.inf, 0.5])), CONFIG)
    assert np.isinf([cuts.suggest[0], cuts.ask[0]]).all()
    assert np.isfinite(cuts.suggest[1])


def test_recall_that_asks_too_much_is_not_promised() -> None:
    """Where finding nine tenths takes questions about most segments in vain, the plain rule asks instead."""
    k = evidence((50,))
    k.P[:, 0] = 0.3  # nothing tells the coded segments from the others
    cuts = draw(k, CONFIG)
    assert not cuts.ask_basis[0]
    assert draw(k, replace(CONFIG, ask_most=1.0)).ask_basis[0] == 1


@pytest.mark.parametrize("seed", range(6))
def test_bands_are_nested_and_coding_is_asked(seed: int) -> None:
    """`ask` never begins above `suggest` or above the threshold of coding."""
    rng = np.random.default_rng(seed)
    P = rng.random((300, 6)) ** 2
    target = Target((rng.random((300, 6)) < P).astype(float), rng.integers(0, 15, 300), np.zeros((6, 1)), np.arange(6) // 2)
    k = known(P, (target.Y, target.groups, target.parents), np.array([0.3, 0.4, 0.5, 0.6, np.inf, 0.2]))
    cuts = draw(k, CONFIG)
    assert (cuts.ask <= cuts.suggest).all()
    assert (cuts.ask <= k.coding).all()


def common(share: float, sure: float) -> Known:
    """A code that a share of 400 segments has, told from the others with some sureness."""
    rng = np.random.default_rng(0)
    Y = (rng.random((400, 1)) < share).astype(float)
    P = np.where(Y > 0, share + (1 - share) * sure * rng.random((400, 1)), share * (1 - sure * rng.random((400, 1))))
    return known(P, (Y, np.arange(400), np.array([-1])), np.array([0.4]))


def test_a_code_that_nearly_everything_has_is_suggested_only_where_that_beats_always_giving_it() -> None:
    """A band as right as always coding it is no help, though it keeps the promise; one with half the errors is."""
    blind, telling = draw(common(0.84, 0.0), CONFIG), draw(common(0.84, 1.0), CONFIG)
    assert not blind.suggest_basis.any()
    assert telling.suggest_basis.tolist() == [1]
    k = common(0.84, 1.0)
    assert k.Y[telling.suggest <= k.P].mean() >= 0.92


def test_no_more_is_asked_than_a_reviewer_reads() -> None:
    """Questions a segment stay below the bound; what is coded is still asked about."""
    rng = np.random.default_rng(1)
    P = rng.random((300, 12)) * 0.6
    Y = (rng.random((300, 12)) < P).astype(float)
    k = known(P, (Y, np.arange(300), np.full(12, -1)), np.full(12, 0.5))
    for most in (2.5, 4.0):
        cuts = draw(k, replace(CONFIG, ask_questions=most))
        assert ((cuts.ask <= P) & (cuts.suggest > P)).sum(axis=1).mean() <= most
        assert (cuts.ask <= k.coding).all()
    few, many = (draw(k, replace(CONFIG, ask_questions=most)).ask for most in (2.5, 9.0))
    assert (few >= many).all()
    assert (few > many).any()


def test_where_more_is_coded_than_anybody_reads_only_the_likeliest_questions_are_asked() -> None:
    """The bound holds even where the machine codes more; what is asked is likelier than what is not, whatever the code."""
    rng = np.random.default_rng(1)
    P = rng.random((300, 12))
    Y = (rng.random((300, 12)) < P).astype(float)
    k = known(P, (Y, np.arange(300), np.full(12, -1)), np.full(12, 0.5))
    assert draw(k, replace(CONFIG, ask_questions=99.0, ask_load=9, ask_most=1.0)).ask_basis.any()
    for most in (2.0, 0.5, 0.0):
        cuts = draw(k, replace(CONFIG, ask_questions=most, ask_load=9, ask_most=1.0))
        asked = (cuts.ask <= P) & (cuts.suggest > P)
        passed = (k.coding <= P) & (cuts.suggest > P) & ~asked
        assert most - 0.01 <= asked.sum() / len(P) <= most
        assert passed.any()
        assert P[asked].min(initial=1) > P[passed].max()
        assert not cuts.ask_basis.any()


def test_what_codes_promise_together_is_given_up_together() -> None:
    """However little may be asked, a promise of recall that codes share still holds for those that are under it."""
    rng, n, K = np.random.default_rng(0), 4000, 24
    Y, P = (rng.random((n, K)) < 0.005).astype(float), np.full((n, K), 0.002)
    P[Y > 0] = 0.45
    P[:, :16][(Y[:, :16] == 0) & (rng.random((n, 16)) < 0.1)] = 0.45  # found always, and asked about in vain
    P[:, 16:][(Y[:, 16:] > 0) & (rng.random((n, 8)) < 0.15)] = 0.001  # the others are missed now and then
    k = known(P, (Y, np.arange(n) // 10, np.full(K, -1)), np.full(K, 0.5))
    seen = []
    for most in (9.0, 1.2, 1.0, 0.8, 0.6, 0.4, 0.2):
        cuts = draw(k, replace(CONFIG, ask_questions=most, ask_load=9, ask_most=1.0))
        together = cuts.ask_basis == 3
        seen.append(int(together.sum()))
        if together.any():
            assert (Y * (cuts.ask <= P))[:, together].sum() / Y[:, together].sum() >= CONFIG.recall
    assert seen[0] == K
    assert seen[-1] == 0
