"""Alpha without each coder in turn."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.coefficients import krippendorff_alpha
from autocode.agreement.counts import Decisions, coincidence_counts
from autocode.agreement.judgement.opinions import alpha_change, leave_one_coder_out, outliers
from tests.agreement.made import decided, noisy


def with_bad_machine() -> Decisions:
    """Three humans and a machine, d, that guesses."""
    data = noisy(documents=20, coders=3)
    guess = np.random.default_rng(8).random((1, *data.Y.shape[1:])) < 0.2
    return decided(np.concatenate([data.Y, guess]), 20)


def test_alpha_without_a_coder_is_the_alpha_of_the_rest() -> None:
    """Leaving out c is the alpha of a, b and d."""
    data = with_bad_machine()
    found = next(x for x in leave_one_coder_out(data) if (x.coder, x.code) == ("c", "c1"))
    rest = float(krippendorff_alpha(coincidence_counts(data, [0, 1, 3]).sum(0))[1])
    assert found.without.value == pytest.approx(rest)


def test_the_guessing_machine_is_the_outlier() -> None:
    """Without the machine alpha rises, beyond chance; without a human it does not."""
    found = leave_one_coder_out(with_bad_machine())
    assert outliers(found) == ["d"]
    change = alpha_change(with_bad_machine(), "d")[0]
    assert change.code == ""
    assert change.gain.low is not None
    assert change.gain.low > 0


def test_equal_coders_have_no_outlier() -> None:
    """Coders with the same errors: nobody stands out."""
    assert outliers(leave_one_coder_out(noisy(documents=12, coders=4))) == []


def test_of_two_coders_nobody_can_be_left_out() -> None:
    """With two coders the rest has no pair, so alpha is undefined."""
    assert {x.without.reason for x in leave_one_coder_out(noisy(coders=2))} == {"no_pairs"}
