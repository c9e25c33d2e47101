"""Jackknife and bootstrap over documents."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.coefficients.binary import cohen_kappa
from autocode.agreement.judgement import intervals

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
