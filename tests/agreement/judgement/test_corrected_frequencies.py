"""Estimators of a share from machine decisions and a checked part."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.judgement import corrected as fr

Y25 = np.array([1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0], dtype=float)
F25 = np.array([1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0], dtype=float)
U60 = np.array(
    [
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        1,
        0,
        1,
        0,
        0,
        0,
        0,
        1,
        1,
        1,
        1,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        1,
    ],
    dtype=float,
)


def batch(share: float, n: int, N: int, seed: int) -> fr.Checked:
    """A batch with sensitivity .8 and specificity .97, n of N checked."""
    rng = np.random.default_rng(seed)
    y = rng.random(N) < share
    f = np.where(y, rng.random(N) < 0.8, rng.random(N) < 0.03).astype(float)
    return fr.Checked(y[:n].astype(float), f[:n], f[n:])


def test_ppi_with_power_one_and_zero() -> None:
    """Power 1 adds the machine's mean, power 0 is the human mean with its normal interval."""
    data = fr.Checked(Y25, F25, U60)
    assert fr.ppi_mean(data).value == pytest.approx(U60.mean() + (Y25 - F25).mean())
    alone = fr.ppi_mean(data, power=0.0)
    assert alone.value == pytest.approx(0.4)
    assert alone.high == pytest.approx(0.4 + 1.959964 * np.sqrt(0.24 / 25), abs=1e-6)


def test_a_useless_machine_gets_no_power() -> None:
    """PPI++ falls back to the humans where the machine says the same of every unit, or the opposite."""
    for f in (np.zeros(25), 1 - Y25):
        data = fr.Checked(Y25, f, np.tile(f, 4))
        assert fr.ppi_plus_mean(data).value == pytest.approx(0.4)


def test_difference_estimator_of_a_complete_check_is_exact() -> None:
    """When nearly everything is checked the interval of this batch closes."""
    data = fr.Checked(Y25, F25, np.zeros(0))
    found = fr.difference_estimator(data)
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.4, 0.4))


def test_wilson_interval() -> None:
    """4 of 10 gives .168 to .687, the textbook interval."""
    found = fr.human_share(fr.Checked(np.array([1.0] * 4 + [0.0] * 6), np.zeros(10), np.zeros(0)))
    assert [found.low, found.high] == pytest.approx([0.1682, 0.6873], abs=1e-4)


def test_post_stratified_point_is_the_weighted_share() -> None:
    """Each stratum's human share weighs as much as the stratum in the batch."""
    data = fr.Checked(Y25, F25, U60)
    ones = F25.sum() + U60.sum()
    expected = ones / 85 * Y25[F25 == 1].mean() + (85 - ones) / 85 * Y25[F25 == 0].mean()
    assert fr.post_stratified(data).value == pytest.approx(expected)


def test_post_stratified_keeps_a_width_where_no_error_was_seen() -> None:
    """A flawless check of thirty units does not make the machine certain."""
    y = np.array([1.0] * 3 + [0.0] * 27)
    found = fr.post_stratified(fr.Checked(y, y, np.tile(y, 10)))
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.03
    assert found == fr.post_stratified(fr.Checked(y, y, np.tile(y, 10)))


def test_post_stratified_covers_small_samples() -> None:
    """At 5 % and thirty checked units it holds in at least 93 % of batches, where the raw share fails."""
    found = [fr.post_stratified(batch(0.05, 30, 400, seed), finite=False) for seed in range(300)]
    inside = np.mean([(e.low or 0.0) <= 0.05 <= (e.high or 1.0) for e in found])
    assert inside >= 0.93
    raw = [float(np.concatenate([d.f, d.rest]).mean()) for d in (batch(0.05, 30, 400, seed) for seed in range(100))]
    assert np.mean(raw) > 0.06


def test_nothing_checked_is_undefined() -> None:
    """Without a checked unit there is no estimate, and no error either."""
    nothing = fr.Checked(np.zeros(0), np.zeros(0), U60)
    for method in (fr.human_share, fr.ppi_mean, fr.ppi_plus_mean, fr.difference_estimator, fr.post_stratified):
        assert method(nothing).reason == "no_pairs"


def test_a_share_with_documents_as_clusters_holds_what_it_says() -> None:
    """Where a code's share varies between interviews, 95 % intervals hold it in 91 to 98 %; Wilson's on segments do not."""
    rng, held, naive = np.random.default_rng(0), 0, 0
    for _ in range(400):
        rates = 1 / (1 + np.exp(-(np.log(0.1 / 0.9) + 0.9 * rng.standard_normal(20))))
        y, groups = (rng.random((20, 30)) < rates[:, None]).astype(float).ravel(), np.arange(600) // 30
        true = 0.1279  # mean of the logit-normal rates
        found, wilson = fr.share_by_document(y, groups), fr.human_share(fr.Checked(y, y, np.zeros(0)))
        held += (found.low or 0) <= true <= (found.high or 1)
        naive += (wilson.low or 0) <= true <= (wilson.high or 1)
    assert 0.91 <= held / 400 <= 0.98
    assert naive / 400 < 0.85


def test_a_code_never_given_may_still_occur() -> None:
    """None of 60 units in 6 documents: the share is 0, its upper end is not."""
    found = fr.share_by_document(np.zeros(60), np.arange(60) // 10)
    assert (found.value, found.low) == (0.0, 0.0)
    assert 0.02 < (found.high or 0) < 0.15
    assert fr.share_by_document(np.ones(5), np.zeros(5, dtype=int)).no_interval == "single_cluster"
