"""Two coders and q categories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from autocode.agreement.coefficients import nominal
from autocode.agreement.coefficients.krippendorff import linear_weights, quadratic_weights

AGRESTI = np.array([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]], dtype=float)
ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]], dtype=float)
square = st.integers(2, 4).flatmap(
    lambda q: st.lists(st.lists(st.integers(0, 12), min_size=q, max_size=q), min_size=q, max_size=q)
)


def test_published_values() -> None:
    """Agresti 1992, Gwet's 3 x 3 abstractors and Cohen's maximum come out as printed."""
    assert nominal.cohen_kappa(AGRESTI).value == pytest.approx(0.493005595524)
    assert nominal.gwet_ac(ABSTRACTORS).value == pytest.approx(0.849330548231)
    assert nominal.gwet_ac(ABSTRACTORS, quadratic_weights(3)).value == pytest.approx(0.940236879278)
    assert nominal.scott_pi(ABSTRACTORS).value == pytest.approx(0.796239696212)
    assert nominal.brennan_prediger(ABSTRACTORS).value == pytest.approx(0.835)
    assert nominal.percent_agreement_max(np.array([[25, 12, 3], [13, 2, 15], [12, 16, 2]])) == pytest.approx(0.9)
    assert nominal.holsti(16, 20, 25).value == pytest.approx(0.711111111111)


def test_standard_error_of_kappa() -> None:
    """The large-sample error is that of R's vcd for the SexualFun table."""
    fun = np.array([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]])
    assert nominal.cohen_kappa(fun).value == pytest.approx(0.129330254042)
    assert nominal.cohen_kappa_se(fun).value == pytest.approx(0.0685985324807)


def test_undefined_has_a_reason() -> None:
    """No variance and no units are told apart; AC1 is 1 but flagged."""
    never = np.array([[0, 0], [0, 50]])
    assert nominal.cohen_kappa(never).reason == "no_variance"
    assert nominal.cohen_kappa(np.zeros((2, 2))).reason == "no_pairs"
    assert nominal.gwet_ac(never).value == 1.0
    assert nominal.gwet_ac(never).flags == ("no_variance",)
    assert nominal.holsti(0, 0, 0).value is None


def test_declared_categories_count_for_chance() -> None:
    """A category nobody used still lowers the chance agreement of Brennan and Prediger."""
    table = np.array([[4, 1], [1, 4]])
    assert nominal.brennan_prediger(table, categories=4).value == pytest.approx((0.8 - 0.25) / 0.75)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(square)
def test_weighted_kappa_equals_scikit_learn(rows: list[list[int]]) -> None:
    """Linear and quadratic kappa are scikit-learn's wherever both are defined."""
    table = np.array(rows, dtype=float)
    i, j = np.nonzero(table)
    first, second = (np.repeat(x, table[i, j].astype(int)) for x in (i, j))
    q = len(table)
    for name, w in (("linear", linear_weights(q)), ("quadratic", quadratic_weights(q))):
        ours = nominal.cohen_kappa(table, w).value
        if ours is not None:
            theirs = cohen_kappa_score(first, second, labels=list(range(q)), weights=name)
            assert ours == pytest.approx(theirs, abs=1e-10)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(square)
def test_two_coders_in_the_framework_of_many(rows: list[list[int]]) -> None:
    """For two coders Fleiss is Scott, Conger is Cohen, and AC1 and Brennan-Prediger are themselves."""
    table = np.array(rows, dtype=float)
    if table.sum() == 0:
        return
    i, j = np.nonzero(table)
    ratings = np.repeat(np.stack([i, j], 1), table[i, j].astype(int), axis=0)
    q = len(table)
    t = nominal.terms(nominal.count_ratings(ratings, q))
    pairs = [
        (nominal.fleiss_kappa(t), nominal.scott_pi(table)),
        (nominal.conger_kappa(ratings, q), nominal.cohen_kappa(table)),
        (nominal.light_kappa(ratings, q), nominal.cohen_kappa(table)),
        (nominal.gwet_ac_of_many(t), nominal.gwet_ac(table)),
        (nominal.brennan_prediger_of_many(t), nominal.brennan_prediger(table)),
    ]
    for many, two in pairs:
        assert many.value == (None if two.value is None else pytest.approx(two.value, abs=1e-10))
