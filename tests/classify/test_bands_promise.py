"""The statistics of promises: exact small cases by hand, and what must never happen."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from autocode.classify.bands import (
    Aim,
    Decisions,
    Share,
    contradicted,
    doubt,
    enough,
    factor_for_precision,
    interval,
    intraclass_correlation,
    precision_cut,
    recall_cut,
    share_of,
)

AIM = Aim(0.8, 0.95)
APART = 0.0  # no correlation within documents


def clear(n: int, misses: tuple[int, ...] = (), documents: int = 0) -> Decisions:
    """n decisions of falling probability near 1, right but for some; each a document of its own by default."""
    y = np.ones(n)
    y[list(misses)] = 0
    return Decisions(np.linspace(0.99, 0.9, n), y, np.arange(n) % (documents or n))


def test_doubt_is_the_binomial_tail() -> None:
    """With whole counts it is P(Bin(n, target) >= hits), summed by hand."""
    by_hand = sum(comb(20, i) * 0.8**i * 0.2 ** (20 - i) for i in (19, 20))
    assert doubt(Share(19 / 20, 20, 20), 0.8) == pytest.approx(by_hand)
    assert doubt(Share(1.0, 14, 14), 0.8) == pytest.approx(0.8**14)


@pytest.mark.parametrize(("n", "promised"), [(13, False), (14, True)])
def test_fourteen_right_suggestions_are_the_least(n: int, promised: bool) -> None:
    """0.8^13 = .055 is not enough, 0.8^14 = .044 is: with no error at all, 14 independent suggestions."""
    assert np.isfinite(precision_cut(clear(n), AIM, APART, 0.1)) == promised


@pytest.mark.parametrize(("n", "promised"), [(28, False), (29, True)])
def test_twenty_nine_codings_are_the_least_for_recall(n: int, promised: bool) -> None:
    """0.9^28 = .052 is not enough, 0.9^29 = .047 is, and then nothing may be missed."""
    cut = recall_cut(clear(n), Aim(0.9, 0.95), APART)
    assert np.isfinite(cut) == promised
    assert not promised or cut == pytest.approx(0.9)


@pytest.mark.parametrize("documents", [1, 4])
def test_no_promise_from_fewer_than_five_documents(documents: int) -> None:
    """However many segments are right, four documents say nothing of a new one."""
    many = clear(500, documents=documents)
    assert np.isinf(precision_cut(many, AIM, APART, 0.1))
    assert np.isinf(recall_cut(many, Aim(0.9, 0.95), APART))


def test_likeness_within_documents_costs_segments() -> None:
    """Fifteen right ones in five documents suffice if they are independent, not if they are alike."""
    d = clear(15, documents=5)
    assert np.isfinite(precision_cut(d, AIM, APART, 0.1))
    assert np.isinf(precision_cut(d, AIM, 0.3, 0.1))


def test_the_effective_count_by_hand() -> None:
    """Two documents of three: n / (1 + 2 x likeness); a spread between documents may cost more."""
    ones, group = np.ones(6), np.array([0, 0, 0, 1, 1, 1])
    assert share_of(ones, ones, group, 0.25) == (1.0, pytest.approx(6 / 1.5), 2)
    torn = share_of(np.array([1.0, 1, 1, 0, 0, 0]), ones, group, 0.0)
    # One document all right, one all wrong: variance 1/4, as one binomial decision, less Student's price.
    assert torn.value == 0.5
    assert torn.effective == pytest.approx((1.6448536 / 6.3137515) ** 2)


def test_half_given_codes_are_half_hits() -> None:
    """A suggestion shared by half of the coders is half right, and weighs half among the codings to find."""
    y, group = np.array([1.0, 0.5, 0.5, 0.0]), np.arange(4)
    assert share_of(y, np.ones(4), group, 0).value == 0.5
    assert share_of(np.array([1.0, 0, 1, 0]), y, group, 0).value == 0.75
    assert share_of(np.ones(4), y, group, 0).effective == pytest.approx(2**2 / 1.5)


def test_the_first_failure_ends_the_search() -> None:
    """Errors among the lower probabilities keep them out; errors at the very top keep all out."""
    below = Decisions(
        np.r_[np.linspace(0.99, 0.9, 40), np.linspace(0.5, 0.2, 20)], np.r_[np.ones(40), np.zeros(20)], np.arange(60)
    )
    cut = precision_cut(below, AIM, APART, 0.1)
    assert 35 <= (below.p >= cut).sum() <= 45
    assert np.isinf(precision_cut(clear(60, misses=tuple(range(25))), AIM, APART, 0.1))


def test_ties_are_taken_whole() -> None:
    """Equal probabilities stand on one side of a threshold, whatever the order of the rows."""
    d = Decisions(np.full(40, 0.9), np.r_[np.ones(20), np.zeros(20)], np.arange(40))
    assert np.isinf(precision_cut(d, AIM, APART, 0.1))


def test_no_threshold_lies_below_the_floor() -> None:
    """However right they are, decisions below the least probability are not suggested."""
    d = Decisions(np.linspace(0.3, 0.02, 100), np.ones(100), np.arange(100))
    assert precision_cut(d, AIM, APART, 0.1) >= 0.1
    assert np.isinf(precision_cut(d, AIM, APART, 0.5))


@pytest.mark.parametrize("seed", range(8))
def test_stricter_aims_never_take_more(seed: int) -> None:
    """A higher recall, more confidence or more likeness never raise the threshold of recall."""
    rng = np.random.default_rng(seed)
    d = Decisions(rng.random(400), (rng.random(400) < 0.6).astype(float), rng.integers(0, 20, 400))
    cut = recall_cut(d, Aim(0.7, 0.9), 0.05)
    for aim, alike in ((Aim(0.8, 0.9), 0.05), (Aim(0.7, 0.95), 0.05), (Aim(0.7, 0.9), 0.2)):
        stricter = recall_cut(d, aim, alike)
        assert stricter <= cut or np.isinf(stricter)


@pytest.mark.parametrize("seed", range(4))
def test_order_and_names_do_not_matter(seed: int) -> None:
    """Shuffled rows and renumbered documents give the same thresholds."""
    rng = np.random.default_rng(seed)
    p = rng.random(300)
    d = Decisions(p, (rng.random(300) < p**0.2).astype(float), rng.integers(0, 12, 300))
    order, names = rng.permutation(300), rng.permutation(40)
    other = Decisions(d.p[order], d.y[order], names[d.group[order]])
    assert precision_cut(d, AIM, 0.05, 0.1) == precision_cut(other, AIM, 0.05, 0.1)
    assert recall_cut(d, Aim(0.7, 0.95), 0.05) == recall_cut(other, Aim(0.7, 0.95), 0.05)


def test_limits_are_those_of_clopper_and_pearson() -> None:
    """Two of ten: .0252 to .5561, as printed in tables; without hits the lower limit is 0."""
    assert interval(Share(0.2, 10, 10), 0.95) == (pytest.approx(0.0252, abs=1e-4), pytest.approx(0.5561, abs=1e-4))
    assert interval(Share(0.0, 10, 10), 0.95)[0] == 0.0
    assert np.isnan(interval(Share(float("nan"), 0.0, 0), 0.95)).all()


def test_likeness_is_found_and_bounded() -> None:
    """Documents wholly right or wholly wrong are as alike as is allowed; mixed ones as little as is allowed."""
    group, weights = np.repeat(np.arange(10), 10), np.ones(100)
    assert intraclass_correlation([((group % 2).astype(float), weights, group)]) == 0.5
    assert intraclass_correlation([((np.arange(100) % 2).astype(float), weights, group)]) == 0.05
    assert intraclass_correlation([]) == 0.05


def test_evidence_against_a_group_is_seen() -> None:
    """Two right of ten speak against .8; seven of ten, or no document at all, do not."""
    assert contradicted(Share(0.2, 10, 10), AIM)
    assert not contradicted(Share(0.7, 10, 10), AIM)
    assert not contradicted(Share(float("nan"), 0.0, 0), AIM)


def test_how_much_is_enough() -> None:
    """Without error 13.4 decisions; the nearer to the target the more; at the target never."""
    assert enough(1.0, AIM) == pytest.approx(np.log(0.05) / np.log(0.8), abs=1e-3)
    assert enough(0.85, AIM) > enough(0.95, AIM) > enough(1.0, AIM)
    assert np.isnan(enough(0.8, AIM))


def test_the_factor_of_further_coding() -> None:
    """Seven suggestions at about .95 need to be about tripled; unsure ones will not do, however many."""
    assert 2.5 < factor_for_precision(clear(7), AIM, APART, 0.1) < 4
    unsure = Decisions(np.full(50, 0.5), np.ones(50), np.arange(50))
    assert np.isnan(factor_for_precision(unsure, AIM, APART, 0.1))


def test_promises_are_kept_in_ninety_five_of_a_hundred_studies() -> None:
    """In worlds of known precision, with documents alike, few promises are broken, and some are made."""
    rng, made, broken = np.random.default_rng(4), 0, 0
    for _ in range(300):
        group = np.repeat(np.arange(30), 20)
        mood = rng.normal(size=30)[group]
        p = rng.random(600)
        # At a threshold t the true precision is the mean of p above it, that is (1 + t) / 2.
        y = (rng.random(600) < 1 / (1 + np.exp(-(np.log(p / (1 - p)) * 1.16 + 0.7 * mood)))).astype(float)
        cut = precision_cut(Decisions(p, y, group), AIM, 0.1, 0.1)
        made += bool(np.isfinite(cut))
        broken += bool(np.isfinite(cut) and (1 + cut) / 2 < 0.8)
    assert made > 100
    assert broken <= 15
