"""Jackknife and bootstrap over documents."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement import intervals
from autocode.agreement.coefficients import cohen_kappa

RARE10 = np.array(
    [
        [1, 0, 0, 39],
        [0, 1, 0, 39],
        [0, 0, 0, 40],
        [0, 0, 0, 40],
        [2, 0, 1, 37],
        [0, 0, 0, 40],
        [0, 0, 1, 39],
        [0, 0, 0, 40],
        [1, 0, 0, 39],
        [0, 1, 0, 39],
    ],
    dtype=float,
)


def test_reference_jackknife() -> None:
    """A rare code in ten documents: estimate, error and Fisher interval of the methods guide."""
    found = intervals.jackknife(RARE10, cohen_kappa)
    low, high = intervals.fisher(found)
    assert float(found.value) == pytest.approx(0.6615905245346863, abs=1e-12)
    assert float(found.se) == pytest.approx(0.1617043848486747, abs=1e-12)
    assert [float(low), float(high)] == pytest.approx([0.14408129346377016, 0.8949355421461983])


def test_identical_documents_have_no_spread() -> None:
    """Leaving out any of several identical documents changes nothing."""
    found = intervals.jackknife(np.tile([3.0, 1.0, 1.0, 20.0], (8, 1)), cohen_kappa)
    assert float(found.se) == pytest.approx(0.0, abs=1e-12)


def test_order_of_documents_does_not_matter() -> None:
    """Permuting documents leaves value and error alone."""
    one, two = (intervals.jackknife(RARE10[order], cohen_kappa) for order in (slice(None), slice(None, None, -1)))
    assert float(one.se) == pytest.approx(float(two.se))


def test_undefined_replicates_are_dropped_and_told() -> None:
    """Without its only document with the code, kappa is undefined: one replicate of ten."""
    counts = np.tile([0.0, 0.0, 0.0, 40.0], (10, 1))
    counts[3] = [2, 1, 0, 37]
    found = intervals.jackknife(counts, cohen_kappa)
    assert float(found.undefined) == pytest.approx(0.1)


def test_complete_agreement_has_no_interval_on_the_fisher_scale() -> None:
    """At kappa 1 both ends are NaN, never a width of zero."""
    low, high = intervals.fisher(intervals.jackknife(np.tile([2.0, 0.0, 0.0, 8.0], (8, 1)), cohen_kappa))
    assert np.isnan([low, high]).all()


def test_logit_interval_stays_inside_zero_and_one() -> None:
    """A share near 1 keeps its interval below 1."""
    counts = np.array([[0, 0, 1, 40.0]] + [[1, 0, 0, 40.0]] * 9)
    found = intervals.jackknife(counts, lambda t: (t[..., 0] + t[..., 3]) / t.sum(-1))
    low, high = intervals.logit(found)
    assert 0 < float(low) < float(found.value) < float(high) < 1


def test_bootstrap_is_repeatable_and_holds_the_value() -> None:
    """Same seed, same interval; another seed, another one; the value is that of all documents."""
    one, two, other = (intervals.bootstrap(RARE10, cohen_kappa, 500, seed) for seed in (1, 1, 2))
    assert (one.low, one.high) == (two.low, two.high)
    assert one.low != other.low
    assert float(one.low) < float(one.value) < float(one.high)
    assert float(one.value) == float(cohen_kappa(RARE10.sum(0)))


def test_bootstrap_quantiles_skip_undefined_draws() -> None:
    """Draws without the code are dropped and their share is told."""
    counts = np.tile([0.0, 0.0, 0.0, 40.0], (10, 1))
    counts[3] = [2, 1, 1, 36]
    found = intervals.bootstrap(counts, cohen_kappa, 2000, 0)
    assert float(found.undefined) == pytest.approx(0.9**10, abs=0.03)
    assert np.isfinite([found.low, found.high]).all()


def never_together(documents: int = 12) -> np.ndarray:
    """(G, 1, 1, 4) two coders who each use the code once in every second document, never on one segment."""
    counts = np.zeros((documents, 1, 1, 4))
    counts[::2, 0, 0] = [0, 1, 0, 24]
    counts[1::2, 0, 0] = [0, 0, 1, 24]
    return counts


def ends(counts: np.ndarray, uses: float) -> tuple[float, float]:
    """The interval of kappa by joint uses."""
    found = intervals.joint_share(counts, lambda tables: cohen_kappa(tables).mean(0), np.array([uses]))
    return float(found.low[0]), float(found.high[0])


def test_without_a_joint_use_the_interval_is_wide() -> None:
    """6 and 6 uses, none shared: agreement up to about .3 cannot be ruled out, though every replicate is alike."""
    counts = never_together()
    assert float(intervals.jackknife(counts[:, 0, 0], cohen_kappa).se) < 0.01
    low, high = ends(counts, 12)
    assert low < 0 < 0.25 < high < 0.4


def test_more_uses_without_a_joint_one_narrow_the_interval() -> None:
    """With ten times the uses, none shared, the upper end falls."""
    few, many = ends(never_together(), 12)[1], ends(10 * never_together(), 120)[1]
    assert many < few / 3


def test_a_code_given_nearly_everywhere_is_judged_by_what_is_left() -> None:
    """Exchanging given and not given leaves kappa and its interval as they are."""
    rare = np.stack([RARE10, 3 * RARE10[::-1]]).reshape(20, 1, 1, 4)
    either = float(rare[..., :3].sum())
    common = rare[..., [3, 1, 2, 0]]
    assert ends(common, float(common[..., :3].sum())) == pytest.approx(ends(rare, either), abs=1e-9)


def test_characters_are_no_trials() -> None:
    """Counting each segment as 50 characters changes no interval: the uses are as many as before."""
    counts = RARE10[:, None, None]
    assert ends(50 * counts, 8) == pytest.approx(ends(counts, 8), abs=1e-9)


def test_documents_that_differ_widen_the_interval() -> None:
    """The same sums spread unevenly over documents say less than spread evenly."""
    even = np.tile([2.0, 1, 1, 20], (12, 1))[:, None, None]
    uneven = np.tile([[4.0, 0, 0, 20], [0, 2, 2, 20]], (6, 1))[:, None, None]
    (low, high), (lower, higher) = ends(even, 48), ends(uneven, 48)
    assert lower < low < high < higher


def test_coders_alike_in_every_document_are_told() -> None:
    """Shares of joint uses that are the same in all documents do not come about by chance."""
    alike = np.tile([2.0, 1, 1, 20], (12, 1))[:, None, None]
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(24, [2 / 24, 1 / 24, 1 / 24, 20 / 24], size=12).astype(float)[:, None, None]
    found = [intervals.joint_share(c, lambda t: cohen_kappa(t)[0], c[..., :3].sum((0, 1, 3))).alike[0] for c in (alike, drawn)]
    assert found == [True, False]


def test_mean_over_pairs_keeps_its_value_inside() -> None:
    """With pairs that agree unequally the mean kappa lies inside its interval."""
    counts = np.stack([RARE10, RARE10[:, [1, 0, 2, 3]]], axis=1)[:, :, None]
    low, high = ends(counts, 10)
    value = float(cohen_kappa(counts.sum(0)).mean())
    assert low < value < high


def test_partial_pooling_draws_rare_codes_more() -> None:
    """The rarer the code the further it is drawn; codes that nobody gave stay undefined."""
    counts = np.zeros((10, 1, 5, 4))
    counts[:, 0, 0] = [3, 3, 3, 31]
    counts[:, 0, 1] = [3, 3, 3, 31]
    counts[:, 0, 2] = [9, 1, 0, 30]
    counts[0, 0, 3] = [1, 0, 0, 39]
    counts[:, 0, :, 3] += counts.sum(-1).max() - counts.sum(-1)[:, 0]
    value, low, high = intervals.partial_pooling(counts, lambda t: cohen_kappa(t).mean(0), np.array([90.0, 90, 100, 1, 0]))
    own = cohen_kappa(counts.sum((0, 1)))
    moved = own - value
    assert moved[3] > 0.2 > abs(moved[2]) > 0
    assert low[3] < low[2]
    assert high[3] - low[3] > 2 * (high[2] - low[2])
    assert np.isnan([value[4], low[4], high[4]]).all()


def test_three_coders_of_a_unit_are_no_suspects() -> None:
    """Pairs of three coders vary less between documents than single uses would; that alone raises no flag."""
    rng = np.random.default_rng(1)
    truth = rng.random((40, 30)) < 0.2
    Y = [np.where(rng.random(truth.shape) < 0.1, ~truth, truth) for _ in range(3)]
    pairs = [(Y[i], Y[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    counts = np.stack([np.stack([a & b, a & ~b, b & ~a, ~(a | b)], -1).sum(1) for a, b in pairs], 1)[:, :, None].astype(float)
    uses = np.array([float((Y[0] | Y[1] | Y[2]).sum())])
    found = [intervals.joint_share(counts, lambda t: cohen_kappa(t).mean(0), uses, coders=r) for r in (2.0, 3.0)]
    assert not found[1].alike[0]
    assert found[1].high[0] - found[1].low[0] <= found[0].high[0] - found[0].low[0]
