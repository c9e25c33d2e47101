"""Very large studies: what is left out by size is said, and what is put together in parts is the same as at once."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocode import classify
from autocode.classify import HeldOutPredictions, Scores, calibration, held, nested_scores
from autocode.classify.material import Features, Target
from autocode.config import ClassifyConfig, Config, Progress
from autocode.encode import Vectors
from autocode.encode.encoders import CachedEncoder
from autocode.encode.engines import unit
from autocode.encode.weights import EncoderIdentity
from autocode.evaluate import hold_out
from autocode.formats.datasets.suggestions import part
from autocode.model import CodingModel, precedents, prepared
from autocode.study import Study
from tests.fake_encoder import FakeEncoder


class Layered(FakeEncoder):
    """An encoder that shows three layers."""

    identity = EncoderIdentity("layered", "", 32, 5, "fake")
    depth = 3

    def layers(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """The vector, and two that are turned."""
        V = self.encode(texts, progress)
        return np.stack([V, V[:, ::-1], np.roll(V, 5, axis=1)], axis=1)


@pytest.fixture
def layered(tmp_path: Path) -> CachedEncoder:
    """The encoder of three layers, with a cache."""
    return CachedEncoder(Layered(), tmp_path)


def test_layers_are_mixed_down_and_those_of_some_texts_are_those_of_all(layered: CachedEncoder, study: Study) -> None:
    """Half of 32 numbers a layer, of unit norm; alone or among others, to the bit."""
    found = prepared.prepare(study.documents, Config(), layered)
    (layers,) = found.features.layers
    assert layers.shape == (len(found.segments), 3, 16)
    assert np.allclose(np.linalg.norm(layers.astype(np.float32), axis=2), 1, atol=2e-3)
    (one,) = prepared.prepare(study.documents[2:3], Config(), layered).features.layers
    assert (one == layers[found.groups == 2]).all()


def test_a_text_longer_than_the_encoder_reads_is_the_mean_of_its_pieces(layered: CachedEncoder) -> None:
    """Weighted by letters; a short text beside it stays as it is."""
    long = "We paid for the badge out of our own pocket that year. " * 2 + "Nobody at work had ever asked to see it, not once."
    (layers,) = prepared._layers(["I paid.", long], layered, None)
    pieces = prepared.pieces_of(long)
    assert len(pieces) > 1
    each = layered.layers(["I paid.", *pieces], narrow=True).astype(np.float32)
    mean = np.average(each[1:], axis=0, weights=[len(p) for p in pieces])
    assert np.allclose(layers[1].astype(np.float32), unit(mean), atol=2e-3)
    assert (layers[0] == each[0]).all()


def test_a_very_large_study_is_learnt_without_the_lower_layers_and_says_so(
    layered: CachedEncoder, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit the last layer alone is learnt from, by fitting and holding out alike; the model loads and suggests."""
    blank = CodingModel(Config(), layered)
    full = blank.fit(study)
    assert full.classifier is not None
    assert (len(full.classifier.heads.layers), full.size_note) == (2, "")
    unseen = hold_out(blank, study).held.P
    monkeypatch.setattr(prepared, "LAYERS_MOST", 10)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))  # what was judged before is kept
    small = blank.fit(study)
    assert small.classifier is not None
    assert small.classifier.heads.layers == ()
    assert "more than 10 segments" in small.size_note
    assert (unseen != hold_out(blank, study).held.P).any()
    plain = CodingModel(replace(Config(), encode=replace(Config().encode, layers=False)), layered).fit(study)
    small.save(tmp_path / "m")
    again = CodingModel.load(tmp_path / "m", layered)
    assert again.working.encode.layers is False
    assert list(again.suggest(study)) == list(small.suggest(study)) == list(plain.suggest(study))


def test_a_table_is_the_same_without_looking_up_why(study: Study) -> None:
    """What a table does not show is not looked up; every cell stays, the words that carry a code among them."""
    model = CodingModel(Config(), FakeEncoder()).fit(study)
    (said, strange), (bare, alike) = model.read(study), model.read(study, why=False)
    assert any(s.evidence for s in said)
    assert not any(s.evidence or s.grounds.words or s.grounds.rule for s in bare)
    assert strange == alike
    tables = [part(".csv", (found, strange.segments), study.by_id, False) for found in (said, bare)]
    assert tables[0] == tables[1]


def test_limits_of_size_change_little(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """With each limit far below the study's size, held-out probabilities stay near those without."""
    config = Config()
    matrix = prepared.learnable(study, config, study.choose(None))
    way = prepared.Candidate.of(study, matrix, (config, FakeEncoder()))
    before = classify.cross_predict(way.features, way.target, config.classify).P
    monkeypatch.setattr(classify, "_AT_ONCE", 7)
    assert np.allclose(classify.cross_predict(way.features, way.target, config.classify).P, before, atol=1e-5)
    monkeypatch.setattr(classify, "_HALVED", 1)
    monkeypatch.setattr(calibration, "_COMMON", len(before) // 2)
    after = classify.cross_predict(way.features, way.target, config.classify).P
    assert not (after == before).all()
    assert np.abs(after - before).mean() < 0.05


def test_of_very_many_segments_met_an_even_draw_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Distances to the nearest segment met rest on so many at most, the first and the last among them."""
    V = unit(np.random.default_rng(0).standard_normal((50, 8)))
    monkeypatch.setattr(precedents, "_MET", 10)
    found = precedents.nearest_distance(V, V)
    drawn = np.linspace(0, 49, 10).astype(int)
    assert (found[drawn] == 0).all()
    assert (found > 0).sum() == 40
    apart = precedents.nearest_distance(V, V, (np.arange(50), np.arange(50)))
    assert (apart > 0).all()


def test_the_features_are_let_go_before_the_scores_are_judged(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """While calibration and thresholds are found, nothing holds the features any longer."""
    seen: list[weakref.ref[Any]] = []
    alive: list[bool] = []

    def scored(features: Features, target: Target, config: ClassifyConfig, progress: Progress | None) -> Scores:
        """Notes the hashed words."""
        seen.append(weakref.ref(features.T))
        return nested_scores(features, target, config, progress)

    def judging(scores: Scores, target: Target, config: ClassifyConfig) -> HeldOutPredictions:
        """Notes whether they are still there."""
        alive.append(seen[0]() is not None)
        return held(scores, target, config)

    monkeypatch.setattr(prepared, "nested_scores", scored)
    monkeypatch.setattr(prepared, "held", judging)
    config = Config()
    prepared.judged(study, prepared.learnable(study, config, study.choose(None)), (config, FakeEncoder()))
    assert alive == [False]


def test_hashed_words_take_four_bytes_a_place(study: Study) -> None:
    """Rows of a part and of some columns as well: eight would be half as much again of what a large study takes."""
    found = prepared.prepare(study.documents, Config(), FakeEncoder()).features
    assert found.T is not None
    assert found.before is not None
    for M in (found.T, found.before, found.T[np.arange(3)], found.T[:, np.arange(9)]):
        assert M.indices.dtype == M.indptr.dtype == np.int32


def test_bins_of_very_many_decisions_rest_on_an_even_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said beside what came true is nearly the same from one in four segments."""
    rng = np.random.default_rng(0)
    P = rng.random((4000, 5))
    Y = (rng.random(P.shape) < P).astype(float)
    groups = np.arange(4000) // 40
    whole = calibration.reliability_bins(P, Y, groups)
    monkeypatch.setattr(calibration, "_BINNED", P.size // 4)
    drawn = calibration.reliability_bins(P, Y, groups)
    assert drawn[:, 0].sum() == whole[:, 0].sum() / 4
    assert np.abs(drawn[:, 2] - whole[:, 2]).max() < 0.05
