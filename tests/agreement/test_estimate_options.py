"""Settings of an agreement report."""

from __future__ import annotations

import pytest

from autocode.agreement.estimate import AgreementOptions
from autocode.agreement.intervals import t_quantile


def test_the_default_bound_is_the_end_of_the_default_interval() -> None:
    """A reader can read the verdict off the printed 95 % interval."""
    options = AgreementOptions()
    assert t_quantile(options.bound, 20, sides=1) == pytest.approx(t_quantile(options.confidence, 20))


def test_the_way_of_the_intervals_is_told() -> None:
    """Words for a reader: what is left out or drawn, documents or participants."""
    assert AgreementOptions().interval_way == "by the share of joint uses, with documents as clusters (Korn & Graubard 1998)"
    drawn = AgreementOptions(interval="bootstrap", clusters={"d": "p"}, seed=3)
    assert drawn.interval_way == "percentiles of 2,000 draws of whole participants (seed 3)"
