"""Suggesting with a model of another codebook."""

from __future__ import annotations

from dataclasses import replace

from autocode.config import Config
from autocode.model import CodingModel
from autocode.model.transfer import translated
from autocode.study import Segment, Study, Suggestion
from tests.conftest import spoken
from tests.fake_encoder import FakeEncoder
from tests.model.transfer.studies import older

PAIRS = (("Work > Time", "Job > Hours"), ("Work > Recognition", "Job > Esteem"))


def test_suggestions_come_in_the_new_codes_and_are_flagged(study: Study, encoder: FakeEncoder) -> None:
    """Codes are translated, those without a counterpart are left out, and each row says where it comes from."""
    model = CodingModel.from_config(Config(), encoder).fit(older(study))
    found = list(translated(model.suggest(spoken(99)), PAIRS, "older"))
    assert {s.code for s in found} == {"Work > Time", "Work > Recognition"}
    assert {s.transfer for s in found} == {"older: Job > Hours", "older: Job > Esteem"}
    assert all(e.document.startswith("older: D") for s in found for e in s.evidence)


def test_nothing_is_suggested_outright(study: Study, encoder: FakeEncoder) -> None:
    """What a model promises holds for its own study: elsewhere it asks at most, and what was silent stays silent."""
    said = CodingModel.from_config(Config(), encoder).fit(older(study)).suggest(spoken(99), everything=True)
    said = [replace(s, band="suggest") if s.coded else s for s in said]
    found = list(translated(said, PAIRS, "older"))
    assert {s.band for s in found} == {"ask", "silent"}
    assert not any(s.coded for s in found)


def test_a_code_is_said_once_in_a_unit() -> None:
    """Of two model codes with one counterpart, the likelier speaks; units stay in their order."""
    units = [Segment("d", 0, 5, "1"), Segment("d", 7, 9, "2")]
    said = [Suggestion(u, c, p, "ask") for u in units for c, p in (("A", 0.3), ("B", 0.6), ("C", 0.9))]
    found = list(translated(said, (("X", "A"), ("X", "B"), ("Y", "C")), ""))
    assert [(s.segment.id, s.code, s.probability, s.transfer) for s in found] == [
        ("1", "Y", 0.9, "C"),
        ("1", "X", 0.6, "B"),
        ("2", "Y", 0.9, "C"),
        ("2", "X", 0.6, "B"),
    ]
