"""The effort `full`: fine-tuning and further encoders, kept where unseen documents speak for them, and only there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocode.config import ClassifyConfig, Config, EncodeConfig
from autocode.encode.weights import EncoderIdentity
from autocode.evaluate import hold_out
from autocode.model import CodingModel
from autocode.study import Study
from tests.fake_encoder import FakeEncoder

FAKE = "tests.fake_encoder:FakeEncoder"
BLANK = f"{__name__}:Blank"


class Knowing:
    """An encoder whose vector says which of the small study's passages a text is."""

    identity = EncoderIdentity("knowing", "", 4, 0, "fake")

    def encode(self, texts: Sequence[str], progress: Any = None) -> np.ndarray:
        """One direction each for manager, shift, university, and anything else."""
        words = ("manager", "shift", "university")
        place = [next((i for i, w in enumerate(words) if w in text), 3) for text in texts]
        return np.eye(4, dtype=np.float32)[place]


class Blank:
    """An encoder to which all texts are the same."""

    identity = EncoderIdentity("blank", "", 2, 0, "fake")

    def encode(self, texts: Sequence[str], progress: Any = None) -> np.ndarray:
        """One vector for everything."""
        return np.tile(np.array([1, 0], dtype=np.float32), (len(texts), 1))


def full(more: str) -> Config:
    """Settings that try one further encoder."""
    return Config(encode=EncodeConfig(FAKE, (more,)), classify=ClassifyConfig(effort="full"))


def test_an_encoder_that_helps_is_kept_saved_and_loaded(larger: Study, encoder: FakeEncoder, tmp_path: Path) -> None:
    """The model then holds both encoders, says so, and works after loading."""
    model = CodingModel.from_config(full(f"{__name__}:Knowing"), encoder).fit(larger)
    assert (model.provenance or {})["effort"]["kept"] is True
    assert model.encoder.identity.dimension == 36
    assert "kept, for on documents not seen" in model.effort_note
    model.save(tmp_path / "m")
    assert model.effort_note in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    again = CodingModel.load(tmp_path / "m")
    document = larger.documents[0]
    assert again.suggest(document) == model.suggest(document)


def test_an_encoder_that_adds_nothing_is_not_kept(larger: Study, encoder: FakeEncoder) -> None:
    """To an encoder that tells nothing apart the quick model is preferred, and stays as it is but for the note."""
    quick = CodingModel.from_config(Config(encode=EncodeConfig(FAKE)), encoder).fit(larger)
    model = CodingModel.from_config(full(BLANK), encoder).fit(larger)
    assert (model.provenance or {})["effort"]["kept"] is False
    assert model.encoder is quick.encoder
    document = larger.documents[0]
    assert model.suggest(document) == quick.suggest(document)


def test_quick_tries_nothing(larger: Study, encoder: FakeEncoder) -> None:
    """Encoders that are named but not asked for are not even loaded."""
    config = replace(full("no.such:encoder"), classify=ClassifyConfig())
    assert CodingModel.from_config(config, encoder).fit(larger).effort_note == ""


@pytest.mark.parametrize("more", [f"{__name__}:Knowing", BLANK])
def test_held_out_documents_are_judged_by_what_the_others_speak_for(larger: Study, encoder: FakeEncoder, more: str) -> None:
    """With an encoder that knows, agreement on unseen documents rises; with one that adds nothing it stays."""
    few = replace(full(more), classify=ClassifyConfig(effort="full", width=2))  # words in two columns tell little
    quick = hold_out(CodingModel.from_config(replace(few, encode=EncodeConfig(FAKE)), encoder), larger)
    found = hold_out(CodingModel.from_config(few, encoder), larger)
    loss = [float(np.mean((h.held.P - h.matrix.share) ** 2)) for h in (quick, found)]
    assert abs(loss[1] - loss[0]) < 1e-6 if more == BLANK else loss[1] < loss[0] - 1e-6


def test_a_fine_tuned_model_is_saved_and_loaded_whole(larger: Study, tmp_path: Path) -> None:
    """Its network comes back with the folder, and judges each document by itself, whatever stands beside it."""
    model = CodingModel.from_config(Config(encode=EncodeConfig(tuned=True))).fit(larger)
    assert model.classifier is not None
    assert model.classifier.heads.network is not None
    model.save(tmp_path / "m")
    again = CodingModel.load(tmp_path / "m")
    alone = [s for d in larger.documents for s in again.suggest(d, everything=True)]
    together = again.suggest(larger, everything=True)
    assert together == model.suggest(larger, everything=True)
    judged = [{(s.segment, s.code): s.probability for s in some} for some in (alone, together)]
    assert judged[0] == judged[1]


def test_fine_tuning_is_tried_within_its_minutes_only(larger: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full effort tries it and says what came of it; where it would take too long it is left out, and that is said."""
    config = Config(classify=ClassifyConfig(effort="full", folds=2))
    tried = CodingModel.from_config(config).fit(larger)
    assert "Full effort tried fine-tuning: " in tried.effort_note
    monkeypatch.setattr("autocode.encode.tuning._TOKENS_A_SECOND", 0.01)
    spared = CodingModel.from_config(config).fit(larger)
    assert spared.effort_note.startswith("Fine-tuning was left out")
    assert spared.classifier is not None
    assert spared.classifier.heads.network is None
    none = CodingModel.from_config(replace(config, encode=EncodeConfig(minutes=0))).fit(larger)
    assert none.effort_note == ""
