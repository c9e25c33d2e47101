"""Settings of an agreement report."""

from __future__ import annotations

import pytest

from autocode.agreement import AgreementOptions
from autocode.agreement.intervals import t_quantile


def test_the_default_bound_is_the_end_of_the_default_interval() -> None:
    """A reader can read the verdict off the printed 95 % interval."""
    options = AgreementOptions()
    assert t_quantile(options.bound, 20, sides=1) == pytest.approx(t_quantile(options.confidence, 20))
