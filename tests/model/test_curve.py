"""The learning curve: measured on documents not learnt from, fitted, and frank about what it cannot say."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.coefficients import mean_kappa
from autocode.config import ClassifyConfig, Config
from autocode.model import CodingModel
from autocode.model.curve import Judged, _error, _power_law, _sizes, curve_of, learning_curve
from autocode.model.prepared import learnable, prepare, rows_of, target
from autocode.study import Study
from tests.fake_encoder import FakeEncoder


def _judged(study: Study, encoder: FakeEncoder) -> Judged:
    matrix = learnable(study, Config(), ["ana"])
    rows = rows_of(prepare(study.documents, Config(), encoder), matrix)
    return Judged(rows.features, target(matrix, study.codebook, encoder), matrix, ClassifyConfig(iterations=8, folds=2))


def test_too_few_documents_say_nothing(study: Study, encoder: FakeEncoder) -> None:
    """With eight coded documents there is a reason and no number."""
    curve = curve_of(CodingModel.from_config(Config(), encoder), study)
    assert curve.reason == "8 coded documents, at least 10 are needed to say"
    assert (curve.now, curve.later, curve.points) == (None, None, ())


def test_an_easy_study_has_a_high_curve(larger: Study, encoder: FakeEncoder) -> None:
    """Passages that repeat are learnt at once: agreement near 1, the interval around what is expected."""
    told: list[tuple[int, int]] = []
    curve = learning_curve(_judged(larger, encoder), 5, lambda done, total: told.append((done, total)))
    assert curve.documents == 12
    assert [p.documents for p in curve.points] == sorted({p.documents for p in curve.points})
    assert curve.points[-1].agreement > 0.9
    assert curve.later is not None
    assert curve.low is not None
    assert curve.high is not None
    assert -1 <= curve.low <= curve.later <= curve.high <= 1
    assert curve.humans is None
    assert told[-1][0] == told[-1][1] == len(told)
    assert curve.line[-1].documents == 17


def test_the_same_study_gives_the_same_curve(larger: Study, encoder: FakeEncoder) -> None:
    """Same input, same seed: every number is equal."""
    judged = _judged(larger, encoder)
    assert learning_curve(judged).to_json() == learning_curve(judged).to_json()


def test_the_test_documents_are_never_learnt_from() -> None:
    """At least three in ten documents are left to judge every size."""
    for G in (10, 20, 115):
        sizes = _sizes(G)
        assert sizes[-1] <= G - 0.3 * G + 0.5
        assert sizes[0] >= 3
        assert (np.diff(sizes) > 0).all()


@pytest.mark.parametrize("power", [0.25, 0.5, 1.0])
def test_an_inverse_power_law_is_found_again(power: float) -> None:
    """Points that lie on such a curve are extended along it."""
    sizes, at = np.array([4, 6, 9, 14]), np.array([20.0, 25.0])
    points = 0.7 - 0.8 * sizes.astype(float) ** -power
    assert np.allclose(_power_law(sizes, points[None], at)[0], 0.7 - 0.8 * at**-power)


def test_a_falling_curve_is_read_as_level() -> None:
    """More coding is never said to harm: points that fall give their mean, and nothing exceeds 1."""
    sizes, at = np.array([4, 6, 9, 14]), np.array([20.0, 25.0])
    assert np.allclose(_power_law(sizes, np.array([[0.5, 0.45, 0.4, 0.45]]), at), 0.45)
    assert (_power_law(sizes, np.array([[0.1, 0.5, 0.9, 1.0]]), at) <= 1).all()


def test_kappa_is_the_mean_over_coders_that_have_one() -> None:
    """A coder without a unit plays no part; without any coder there is no number."""
    table = np.array([[[10.0, 0, 0, 10], [0, 0, 0, 0]], [[0, 0, 0, 0], [0, 0, 0, 0]]])
    found = mean_kappa(table)
    assert found[0] == 1
    assert np.isnan(found[1])


def test_documents_that_differ_widen_the_interval() -> None:
    """The standard error grows with the difference between documents."""
    sizes = np.array([4, 8])
    alike = np.tile(np.array([8.0, 2, 2, 88]), (3, 2, 12, 1, 1))
    apart = alike.copy()
    apart[:, :, ::2, :, :2] = [2.0, 8]
    assert _error(alike, sizes, 17, 0) == pytest.approx(0, abs=1e-9)
    assert _error(apart, sizes, 17, 0) > 0.03
