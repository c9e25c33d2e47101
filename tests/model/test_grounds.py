"""Why a code is suggested: words, rule, the closest code rejected, and themes where codes abstain."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from autocode.config import Config
from autocode.model import CodingModel
from autocode.model.grounds import Reasons
from autocode.model.prepared import prepare
from autocode.study import Study, Suggestion
from tests.conftest import spoken
from tests.fake_encoder import FakeEncoder


@pytest.fixture
def model(study: Study, encoder: FakeEncoder) -> CodingModel:
    """A model that has learnt the small study."""
    return CodingModel.from_config(Config(), encoder).fit(study)


def test_the_words_that_moved_the_score_are_named(model: CodingModel) -> None:
    """The strongest words come from the passage that the code was learnt from, each once, strongest first."""
    document = spoken(99)
    for s in (s for s in model.suggest(document) if s.code == "Work > Time" and s.coded):
        words = [document.text[a:b] for a, b, _ in s.grounds.words]
        assert set(words) <= {*re.findall(r"\w+", "my shift at work takes all the hours and no evening is left 99")}
        assert "shift" in words or "hours" in words or "evening" in words
        assert 3 <= len(words) <= 5
        assert len(set(words)) == len(words)
        weights = [w for _, _, w in s.grounds.words]
        assert weights == sorted(weights, reverse=True)
        assert weights[-1] > 0
        break
    else:
        pytest.fail("Work > Time was not suggested")


def test_the_codebook_speaks_too(model: CodingModel) -> None:
    """A suggestion carries the codebook's definition of its code."""
    rules = {s.code: s.grounds.rule for s in model.suggest(spoken(99))}
    assert rules["Work > Time"] == "Shifts leave no hours for a course."


def test_the_closest_rejected_code_is_the_likeliest_that_it_would_not_give(model: CodingModel) -> None:
    """It is another code that the model would not give, and no other such code is likelier."""
    document = spoken(99)
    everything = model.suggest(document, everything=True)
    shown = [s for s in everything if s.band != "silent" and not s.theme]
    assert shown
    for s in shown:
        others = [o for o in everything if o.segment == s.segment and o.code != s.code and not o.coded]
        best = max(others, key=lambda o: o.probability)
        assert (s.grounds.rejected, s.grounds.rejected_probability) == (best.code, best.probability)


def _said(model: CodingModel, P: list[float]) -> list[Suggestion]:
    """What is suggested where the second segment has given probabilities and thresholds are .9."""
    assert model.classifier is not None
    assert model.precedents is not None
    judge = replace(model.classifier.judge, thresholds=np.full(3, 0.9))
    reasons = Reasons(replace(model.classifier, judge=judge), model.precedents, model.codebook, model.codes)
    prepared = prepare([spoken(99)], model.config, model.encoder)
    return list(reasons.suggestions(prepared, np.array([[0.01] * 3, P, *[[0.01] * 3] * (len(prepared.segments) - 2)])))


def test_a_theme_is_offered_where_its_codes_abstain(model: CodingModel) -> None:
    """Two codes of a theme, each too unlikely, make the theme likely: it is asked about, with evidence of either."""
    assert model.codes[:2] == ("Work > Recognition", "Work > Time")
    (theme,) = [s for s in _said(model, [0.4, 0.4, 0.1]) if s.theme]
    assert (theme.code, theme.band) == ("Work", "ask")
    assert theme.probability == pytest.approx(1 - 0.6 * 0.6)
    assert theme.grounds.rule == "All about the job."
    assert theme.evidence
    assert theme.grounds.words


@pytest.mark.parametrize("P", [[0.95, 0.4, 0.1], [0.2, 0.2, 0.1], [0.1, 0.1, 0.8]])
def test_no_theme_is_offered_without_need(model: CodingModel, P: list[float]) -> None:
    """Not where the model gives one of its codes, where none is likely, or where the theme has one code only."""
    assert not [s for s in _said(model, P) if s.theme]


def test_what_is_coded_but_not_asked_about_is_told_as_silent(model: CodingModel) -> None:
    """Beyond the bound of questions a coding is in no band, yet the machine's coding stays whole in the files."""
    assert model.classifier is not None
    judge = model.classifier.judge
    bands = replace(judge.cuts, suggest=np.full(3, np.inf), ask=np.full(3, 0.99))
    few = replace(model, classifier=replace(model.classifier, judge=replace(judge, cuts=bands, thresholds=np.full(3, 0.3))))
    before = replace(model, classifier=replace(model.classifier, judge=replace(judge, thresholds=np.full(3, 0.3))))
    told, whole = ([s for s in one.suggest(spoken(99)) if s.coded] for one in (few, before))
    assert [(s.segment, s.code) for s in told] == [(s.segment, s.code) for s in whole]
    assert {s.band for s in told if s.probability < 0.99} == {"silent"}
