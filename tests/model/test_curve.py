"""The learning curve: measured on documents not learnt from, fitted, and frank about what it cannot say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.agreement.coefficients import mean_kappa
from autocode.config import ClassifyConfig, Config
from autocode.model import CodingModel
from autocode.model.curve import Judged, _error, _power_law, _sizes, curve_of, learning_curve, retrained
from autocode.model.prepared import learnable, prepare, rows_of, target
from autocode.study import Coder, Reading, Study
from tests.desk.desks import NEW, half_coded, learnt
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


def _since(study: Study, coder: str = "eve") -> Study:
    """The half-coded study after a further person has coded the two interviews that were new."""
    given = [c for c in study.codings if c.coder == "ana" and c.document in NEW]
    half = half_coded(study)
    return replace(
        half,
        coders=(*half.coders, Coder(coder)),
        codings=(*half.codings, *(replace(c, coder=coder, when="2026-01-01") for c in given)),
        readings=(*half.readings, *(Reading(d, coder, 0, len(study.by_id[d].text)) for d in NEW)),
    )


def test_a_model_learns_what_was_decided_since_where_that_makes_it_better(study: Study) -> None:
    """It has met the new documents then, says how it was judged, in its history too; the same input gives the same."""
    old, now = learnt(study), _since(study)
    new, told = retrained(old, now, now)
    assert new is not None
    assert told.adopted
    assert new.met - old.met == set(NEW)
    assert set(new.coders) == {"ana", "ben", "eve"}
    assert (told.learnt, told.held_out, told.beside) == (2, 6, False)
    assert told.after < told.before
    assert "better on 6 documents held out" in str(told)
    assert retrained(old, now, now)[1] == told


def test_a_model_that_is_no_better_leaves_the_old_one(study: Study) -> None:
    """Codes given at random teach nothing: the old model stays, and the sentence says so."""
    now = _since(study)
    paths = [c.path for c in now.codebook]
    wrong = [replace(c, code=paths[n % len(paths)]) if c.coder == "eve" else c for n, c in enumerate(now.codings)]
    turned = replace(now, codings=tuple(wrong))
    new, told = retrained(learnt(study), turned, turned)
    assert new is None
    assert told.after >= told.before
    assert str(told).startswith("The model stays as it is")


def test_decisions_beside_suggestions_teach_but_never_judge(study: Study) -> None:
    """Learnt from in a way of their own; the documents held out and what is held against them stay those coded without."""
    now, half = _since(study), half_coded(study)
    new, told = retrained(learnt(study), half, now)
    assert told.beside
    assert new is not None
    assert new.provenance is not None
    assert new.provenance["reviewed"] == {"learnt": True}
    again, later = retrained(new, half, now)
    assert again is None
    assert later.reason == "nothing was decided since in a document that it has not learnt from"
    other = {"Work > Time": "Work > Recognition", "Work > Recognition": "Work > Time"}
    turned = (replace(c, code=other.get(c.code, c.code)) if c.coder == "eve" else c for c in now.codings)
    flipped = replace(now, codings=tuple(turned))
    assert retrained(learnt(study), half, flipped)[1].before == told.before


def test_a_model_of_another_study_is_not_trained_on_this_one(study: Study) -> None:
    """Without two of its documents there is nothing to judge it on."""
    now = _since(study)
    renamed = {d.id: f"X{d.id}" for d in now.documents}
    other = replace(
        now,
        documents=tuple(replace(d, id=renamed[d.id]) for d in now.documents),
        codings=tuple(replace(c, document=renamed[c.document]) for c in now.codings),
        readings=tuple(replace(r, document=renamed[r.document]) for r in now.readings),
    )
    assert "fewer than two" in retrained(learnt(study), other, other)[1].reason
