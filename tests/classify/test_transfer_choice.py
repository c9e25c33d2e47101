"""Two ways to see the same segments, and which of them unseen documents speak for."""

from __future__ import annotations

import numpy as np

from autocode.classify import Scores, held
from autocode.classify.material import Target
from autocode.classify.transfer import Gain, better, gain
from autocode.config import ClassifyConfig

CONFIG = ClassifyConfig()
RNG = np.random.default_rng(3)
N, K, FOLDS = 240, 3, 4
Y = (RNG.random((N, K)) < 0.3).astype(np.float32)
TARGET = Target(Y, np.arange(N) // 10, np.zeros((K, 2)), np.full(K, -1))
NOISE = RNG.normal(size=(3, N, K))
KNOWING = NOISE + 2 * Y


def scores(*ways: np.ndarray) -> Scores:
    """Scores whose outer and inner parts are the same; one way for each fold, or one for all."""
    fold = np.arange(N) // 10 % FOLDS
    inner = np.stack([ways[f % len(ways)] for f in range(FOLDS)])
    return Scores(ways[0].copy(), inner, fold)


def test_a_way_that_knows_more_is_taken_and_its_reverse_is_not() -> None:
    """Less log loss by more than its standard error over documents; the reverse has the opposite sign."""
    found, back = gain(NOISE, KNOWING, TARGET, CONFIG), gain(KNOWING, NOISE, TARGET, CONFIG)
    assert found.taken
    assert not back.taken
    assert found.mean > 2 * found.error
    assert np.isclose(found.mean, -back.mean)
    assert np.isclose(found.plain - found.mean, back.plain)


def test_the_same_way_twice_is_not_taken() -> None:
    """Without a difference the plain way stays."""
    found = gain(NOISE, NOISE, TARGET, CONFIG)
    assert (found.mean, found.error, found.taken) == (0, 0, False)


def test_each_fold_is_judged_by_the_way_that_the_others_speak_for() -> None:
    """Where the inner scores of a fold do not speak for the dearer way, the plain one stays."""
    plain, dear = scores(NOISE), scores(KNOWING, NOISE)
    assert [way is dear for way in better(plain, dear, TARGET, CONFIG)] == [True, False, True, False]


def test_folds_may_be_judged_in_different_ways() -> None:
    """A fold's judgement depends on its own way alone."""
    plain, dear = scores(NOISE), scores(KNOWING)
    mixed, all_plain, all_dear = (held(s, TARGET, CONFIG) for s in ([dear, plain, plain, plain], plain, dear))
    first = mixed.fold == 0
    assert np.array_equal(mixed.P[first], all_dear.P[first])
    assert np.array_equal(mixed.P[~first], all_plain.P[~first])


def test_one_standard_error_is_not_enough() -> None:
    """A dearer way is taken when the gain is more than twice its error, not when it is more than once."""
    assert not Gain(plain=0.3, mean=0.015, error=0.01).taken
    assert Gain(plain=0.3, mean=0.021, error=0.01).taken
    assert not Gain(plain=0.3, mean=0.002, error=0.0001).taken
