"""A leak test that a user can run: it passes where nothing leaks, and sees a leak where there is one."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autocode.config import Config
from autocode.evaluate import LeakCheck, check_leaks
from autocode.model import CodingModel
from autocode.study import Study
from tests.fake_encoder import FakeEncoder


@pytest.fixture
def model(encoder: FakeEncoder) -> CodingModel:
    """Settings and an encoder; nothing learnt."""
    return CodingModel.from_config(Config(), encoder)


def test_nothing_leaks(model: CodingModel, larger: Study) -> None:
    """On dealt out codings the machine finds nothing, and a document's own codings do not matter to it."""
    found = check_leaks(model, larger)
    assert found.passed
    assert found.changed > 0
    assert "as it must be" in str(found)
    assert found.to_json()["passed"] is True


def test_a_judge_that_has_seen_the_document_is_found_out(
    model: CodingModel, larger: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Predictions that follow a document's own codings are a leak by both tests."""
    room = sys.modules["autocode.evaluate"]  # autocode.evaluate itself is the function
    honest = room.judged

    def peeking(study: Study, matrix: Any, seen: Any, progress: Any = None) -> Any:
        said = honest(study, matrix, seen, progress)
        P = np.where(matrix.Y.any(axis=0), 0.99, said.P)
        return replace(said, P=P, thresholds=np.full_like(said.thresholds, 0.5))

    monkeypatch.setattr(room, "judged", peeking)
    found = check_leaks(model, larger)
    assert found.different > 0
    assert not found.chance
    assert not found.passed
    assert str(found).count("A LEAK") == 2


def test_no_agreement_is_no_leak() -> None:
    """Where kappa cannot be computed, as no code is ever given, nothing was found."""
    assert LeakCheck(None, None, None, "a", 3, 0).passed
    assert not LeakCheck(0.2, 0.1, 0.3, "a", 3, 0).passed
    assert LeakCheck(-0.02, -0.03, -0.01, "a", 3, 0).passed


def test_a_code_given_nearly_everywhere_is_no_leak(model: CodingModel, larger: Study) -> None:
    """Where one code is frequent and others rare, the machine gives it everywhere; that it is right so often is no leak."""
    frequent = next(iter(larger.codings)).code
    given = {(c.document, c.start) for c in larger.codings if c.code == frequent}
    more = [
        replace(larger.codings[0], document=d.id, start=t.start, end=t.end, code=frequent)
        for d in larger.documents
        for n, t in enumerate(d.turns)
        if n % 4 and (d.id, t.start) not in given
    ]
    found = check_leaks(model, replace(larger, codings=(*larger.codings, *more)))
    assert found.passed, str(found)
    assert abs(found.kappa or 0.0) < 0.1
