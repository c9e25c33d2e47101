"""All codes at once."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement import agree_on
from autocode.agreement.estimate import AgreementOptions
from autocode.agreement.render import summary_text
from autocode.agreement.rows import Measure
from autocode.agreement.summary import among, many_coders, summary
from tests.agreement.made import decided, noisy


def _by_name(measures: list[Measure]) -> dict[tuple[str, str, str], Measure]:
    return {(m.about, m.name, m.over.partition(" (")[0]): m for m in measures}


def test_coded_at_all_is_apart_from_which_code() -> None:
    """Coders who always code the same units with other codes agree on the first, not on the second."""
    first = np.tile([[1, 0], [0, 1], [0, 0]], (40, 1)).astype(bool)
    data = decided(np.stack([first, first[:, ::-1]]), 10)
    found = _by_name(summary(data))
    assert found["Coded at all", "kappa", "all units"].estimate.value == 1
    which = found["Which code", "alpha, MASI distance", "units all coders coded"]
    assert which.estimate.value == pytest.approx(-1, abs=0.02)
    assert which.over.endswith("(80)")


def test_denominators_are_counted() -> None:
    """All units two coders saw, those anyone coded, and documents."""
    seen = np.array([[1, 1, 1, 1], [1, 1, 0, 1]], dtype=bool)
    Y = np.array([[[1], [0], [1], [0]], [[0], [0], [0], [0]]], dtype=bool)
    counts = [m.estimate.value for m in summary(decided(Y, 2, seen)) if m.about == "Denominators"]
    assert counts == [3, 1, 2]


def test_the_mean_leaves_out_what_the_table_does_not_print() -> None:
    """A code given to one unit by both has kappa 1, which is not shown and does not lift the mean."""
    data = noisy(coders=2, codes=2)
    data.Y[:, :, 1] = False
    data.Y[:, 5, 1] = True
    mean = next(m for m in summary(data) if m.name == "mean kappa")
    rows = [agree_on(data).row(code) for code in ("c0", "c1")]
    assert rows[0] is not None
    assert rows[1] is not None
    assert (rows[1].kappa.value, rows[1].kappa.shown) == (1.0, False)
    assert (mean.estimate.value, mean.over) == (rows[0].kappa.value, "1 of 2 codes (4 uses or more)")


def test_the_mean_leaves_undefined_codes_out() -> None:
    """A code nobody used neither raises nor lowers the mean; the number of codes behind it is told."""
    data = noisy(coders=2, codes=2)
    data.Y[:, :, 1] = False
    mean = next(m for m in summary(data) if m.name == "mean kappa")
    row = agree_on(data).row("c0")
    assert row is not None
    assert mean.estimate.value == row.kappa.value
    assert mean.over == "1 of 2 codes (4 uses or more)"


def test_machines_are_left_out() -> None:
    """The values are those of the humans, whatever the machine did; two machines alone are compared."""
    data = noisy()
    assert summary(data, AgreementOptions(machines=("c",)))[-1].over == "2 coders, codes pooled"
    assert among(data, ("a", "b")).coders == data.coders


def test_stretches_of_text_are_not_units() -> None:
    """Sets of codes count units, so they are left out where units have lengths."""
    data = noisy(coders=2, documents=2, each=5)
    long = decided(data.Y, 2, weight=np.arange(1.0, 11.0).tolist())
    assert {m.about for m in summary(long)} == {"Denominators", "Mean over codes", "Coded at all"}


def test_many_coders_without_a_pair() -> None:
    """Units with one coder each give no value."""
    assert many_coders(np.array([[1, -1], [-1, 0]]))["percent agreement"].reason == "no_pairs"


def test_the_text_is_at_most_a_page_wide() -> None:
    """Every line fits 100 columns, and the denominators come first."""
    text = summary_text(summary(noisy()))
    assert text.startswith("Shares refer to: 360 units")
    assert max(map(len, text.splitlines())) <= 100


def test_nothing_coded_by_all_says_so() -> None:
    """Where no unit was coded by both, which code they choose is undefined for that reason, not for unseen units."""
    Y = np.zeros((2, 60, 2), bool)
    Y[0, ::6, 0] = Y[1, 3::6, 1] = True
    found = [m for m in summary(decided(Y, 6)) if m.about == "Which code"]
    assert {m.estimate.reason for m in found} == {"none_all_coded"}
