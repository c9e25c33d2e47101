"""Training with the help of another study: used where it does not harm, and never silently worse."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autocode.config import Config
from autocode.errors import StudyError
from autocode.evaluate import hold_out
from autocode.model import CodingModel
from autocode.model.transfer import Alignment, Others, Pair, learn_with, lend
from autocode.study import Study
from tests.conftest import spoken
from tests.fake_encoder import FakeEncoder
from tests.model.transfer.studies import NAMES, older, part

YES = Alignment(tuple(Pair("older", c, o, 1.0, "", "yes") for c, o in NAMES.items() if ">" in c))
CROSSED = Alignment(
    (
        Pair("older", "Work > Time", "Job > Esteem", decision="yes"),
        Pair("older", "Work > Recognition", "Learning > Recognition", decision="yes"),
        Pair("older", "Learning > Recognition", "Job > Hours", decision="yes"),
    )
)


@pytest.fixture
def blank(encoder: FakeEncoder) -> CodingModel:
    """Settings and an encoder; nothing learnt."""
    return CodingModel.from_config(Config(), encoder)


def test_the_evidence_covers_every_aligned_code(blank: CodingModel, study: Study) -> None:
    """The card names each aligned code with both agreements, their paired difference, and what is used."""
    model, evidence = learn_with(blank, study, Others((older(study),), YES))
    assert [row.code for row in evidence.rows] == list(model.codes)
    for row in (evidence.mean, *evidence.rows):
        assert row.alone is not None
        assert row.kept is not None
        assert row.change == pytest.approx(row.kept - row.alone, abs=1e-5)
        assert bool(row.used) != bool(row.why) or not row.code
    assert all(f"| {code} |" in str(evidence) for code in model.codes)
    assert evidence.mean.low is not None
    assert json.loads(json.dumps(evidence.to_json()))["helps"] is evidence.helps


def test_alone_is_what_evaluate_says_of_this_study(blank: CodingModel, study: Study) -> None:
    """The agreement without the other study is that of the machine trained on this study alone."""
    _, evidence = learn_with(blank, study, Others((older(study),), YES))
    held = hold_out(blank, study)
    given = held.matrix.share
    taken = held.held.thresholds[held.held.fold] <= held.held.P
    for k, row in enumerate(evidence.rows):
        a, b = (taken[:, k] * given[:, k]).sum(), (taken[:, k] * (1 - given[:, k])).sum()
        c = ((1 - taken[:, k]) * given[:, k]).sum()
        d = len(given) - a - b - c
        assert row.alone == pytest.approx(2 * (a * d - b * c) / ((a + b) * (b + d) + (a + c) * (c + d)), abs=1e-5)


def test_a_false_alignment_is_not_used_where_it_harms(blank: CodingModel, study: Study) -> None:
    """With codes crossed, the other study's material is refused, the card says so, and nothing gets worse."""
    model, evidence = learn_with(blank, study, Others((older(study),), CROSSED))
    assert not any(row.used for row in evidence.rows)
    assert "It does not help" in str(evidence)
    alone = blank.fit(study)
    assert model.suggest(spoken(99), everything=True) == alone.suggest(spoken(99), everything=True)


def test_material_that_helps_is_used(blank: CodingModel, bundled: Study) -> None:
    """Where the new study has few interviews, codes are helped by others of the same kind, and suggestions change."""
    ids = [d.id for d in bundled.documents]
    few, more = part(bundled, set(ids[:7])), replace(part(bundled, set(ids[7:])), name="older")
    same = Alignment(tuple(Pair("older", c.path, c.path, decision="yes") for c in bundled.codebook))
    model, evidence = learn_with(blank, few, Others((more,), same))
    used = [row for row in evidence.rows if row.used == "older"]
    assert used
    assert all((row.change or 0) >= 0 for row in used)
    P, Q = ([s.probability for s in m.suggest(spoken(99), everything=True)] for m in (model, blank.fit(few)))
    assert P != Q


def test_codes_without_counterpart_stay_as_they_are(blank: CodingModel, study: Study) -> None:
    """A code that the other study does not share has the weights of this study alone."""
    few = part(study, {"D0", "D1", "D2", "D3"})
    one = Alignment(YES.pairs[:1])
    model, evidence = learn_with(blank, few, Others((older(study),), one))
    alone = blank.fit(few)
    assert [row.code for row in evidence.rows] == ["Work > Recognition"]
    assert model.classifier is not None
    assert alone.classifier is not None
    for name in ("dense_W", "lexical_W"):
        assert np.array_equal(model.classifier.to_arrays()[name][1:], alone.classifier.to_arrays()[name][1:])


def test_the_model_remembers_who_lent_what(blank: CodingModel, study: Study, tmp_path: Path, encoder: FakeEncoder) -> None:
    """The manifest names the lender and the codes, the card carries the evidence, and loading changes nothing."""
    model, evidence = learn_with(blank, study, Others((older(study),), YES))
    model.save(tmp_path / "m")
    (lender,) = json.loads((tmp_path / "m/manifest.json").read_text())["transfer"]["lenders"]
    assert (lender["name"], lender["codes"]["Work > Time"]) == ("older", "Job > Hours")
    assert str(evidence) in (tmp_path / "m/README.md").read_text()
    assert CodingModel.load(tmp_path / "m", encoder).suggest(spoken(99)) == model.suggest(spoken(99))


def test_coders_and_documents_of_the_same_name_are_not_mixed_up(blank: CodingModel, study: Study) -> None:
    """A lender with the same document ids and the same coders as the new study is told apart from it."""
    old = older(study)
    namesake = replace(
        old,
        coders=study.coders[:1],
        codings=tuple(replace(c, coder="ana") for c in old.codings),
        readings=tuple(replace(r, coder="ana") for r in old.readings),
    )
    (first, _), (second, _) = (learn_with(blank, study, Others((s,), YES)) for s in (old, namesake))
    assert first.suggest(spoken(99)) == second.suggest(spoken(99))


def test_two_counterparts_of_one_code_count_as_it(blank: CodingModel, study: Study) -> None:
    """Where a code has two counterparts, a segment with either is lent as one with the code."""
    both = tuple(("Work > Time", other) for other in ("Job > Hours", "Job > Esteem"))
    lent = lend(older(study), both, blank.fit(study))
    single = [lend(older(study), both[i : i + 1], blank.fit(study)).Y for i in range(2)]
    assert np.array_equal(lent.Y, np.maximum(*single))
    assert lent.Y.sum() > single[0].sum()


def test_an_alignment_with_nothing_coded_on_both_sides_is_refused(blank: CodingModel, study: Study) -> None:
    """A confirmed code that nobody gave in the other study lends nothing, and that is said."""
    with pytest.raises(StudyError, match="no confirmed code is coded both here and in another study"):
        learn_with(blank, study, Others((older(study),), Alignment((Pair("older", "Work > Time", "Job", decision="yes"),))))


def test_a_text_of_both_studies_is_refused(blank: CodingModel, study: Study) -> None:
    """A text that stands in both would be judged by its own codings, so the study that brings it is named."""
    twice = replace(older(study), documents=study.documents)
    with pytest.raises(StudyError, match=f"{len(study.documents)} of its texts are coded in"):
        learn_with(blank, study, Others((twice,), YES))
