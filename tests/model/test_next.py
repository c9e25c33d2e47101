"""What to code next: open documents and segments, the best first, with reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.config import Config
from autocode.model import CodingModel
from autocode.model.next import Open, _greedy, next_to_code
from autocode.model.prepared import prepare
from autocode.study import Coding, Document, Reading, Study, Turn
from tests.conftest import spoken
from tests.fake_encoder import FakeEncoder


@pytest.fixture
def model(study: Study, encoder: FakeEncoder) -> CodingModel:
    """A model that has learnt the small study."""
    return CodingModel.from_config(Config(), encoder).fit(study)


def _talk(name: str, *lines: str) -> Document:
    text, turns = "", []
    for line in lines:
        turns.append(Turn(len(text), len(text) + len(line), "R"))
        text += line + "\n\n"
    return Document(name, text, turns=tuple(turns))


def test_only_what_nobody_has_seen_is_offered(model: CodingModel, study: Study) -> None:
    """Read documents are not offered; where all are read, nothing is."""
    assert next_to_code(model, study) == []
    more = replace(study, documents=(*study.documents, spoken(20), spoken(21)))
    assert {p.document for p in next_to_code(model, more)} == {"D20", "D21"}
    assert len(next_to_code(model, more, count=1)) == 1


def test_an_interview_unlike_the_others_comes_first(model: CodingModel, study: Study) -> None:
    """A transcript of other talk is chosen before one like those already coded, and the reason is said."""
    odd = _talk("odd", "qualifying laps on wet asphalt", "punishing cold tyres brakes", "marshals wave yellow flags")
    more = replace(study, documents=(*study.documents, spoken(20), odd))
    first, second = next_to_code(model, more)
    assert (first.document, second.document) == ("odd", "D20")
    assert "3 of 3 segments unlike anything coded" in first.why
    assert first.distance > second.distance
    assert all(p.why for p in (first, second))


def test_a_copy_of_what_was_chosen_comes_last(model: CodingModel, study: Study) -> None:
    """Of two equal transcripts the second adds nothing once the first is chosen."""
    one = _talk("a", "qualifying laps on wet asphalt", "punishing cold tyres brakes")
    other = _talk("c", "sourdough starters bubble overnight", "knead flour gently twice")
    more = replace(study, documents=(*study.documents, one, replace(one, id="b"), other))
    order = [p.document for p in next_to_code(model, more)]
    assert order.index("c") < order.index("b")
    assert next_to_code(model, more)[-1].distance == pytest.approx(0, abs=1e-6)


def test_single_segments_can_be_asked_for(model: CodingModel, study: Study) -> None:
    """By segment, unread segments of documents begun are offered, and no segment that was read."""
    begun = spoken(20)
    seen = begun.turns[1]
    more = replace(
        study, documents=(*study.documents, begun), readings=(*study.readings, Reading("D20", "ana", seen.start, seen.end))
    )
    assert next_to_code(model, more) == []
    picks = next_to_code(model, more, whole=False)
    assert len(picks) == 4
    assert all(p.segment and p.segment.start != seen.start for p in picks)
    assert picks[0].to_json()["segment"]["document"] == "D20"


def test_rare_codes_are_looked_for(model: CodingModel, study: Study) -> None:
    """Of two segments alike in all else, the one that may carry a code with few codings comes first."""
    prepared = prepare([spoken(20)], model.config, model.encoder)
    n = len(prepared.segments)
    P = np.full((n, 2), 0.05)
    P[2, 1] = P[1, 0] = 0.09
    found = Open(prepared, P, np.arange(n), np.full(n, 0.2), np.array([50, 2]))
    assert _greedy(found, 1)[0][0] == 2


def test_doubt_counts(model: CodingModel, study: Study) -> None:
    """A decision at one half comes before sure ones, whichever way these are sure."""
    prepared = prepare([spoken(20)], model.config, model.encoder)
    n = len(prepared.segments)
    P = np.full((n, 1), 0.02)
    P[1], P[3] = 0.99, 0.5
    found = Open(prepared, P, np.arange(n), np.full(n, 0.2), np.array([50]))
    assert _greedy(found, 1)[0][0] == 3


def test_a_rare_code_is_named_with_its_count(study: Study, encoder: FakeEncoder) -> None:
    """The reason of a segment names the rare code it may carry and how often it was given."""
    kept = tuple(c for c in study.codings if c.code != "Work > Time" or c.document in ("D0", "D1", "D2"))
    model = CodingModel.from_config(Config(), encoder).fit(replace(study, codings=kept))
    more = replace(study, codings=kept, documents=(*study.documents, spoken(20)))
    why = [w for p in next_to_code(model, more, whole=False) for w in p.why]
    assert any(w.startswith("perhaps Work > Time") and w.endswith("coded so far: 3)") for w in why), why


def test_a_coding_counts_as_seen(model: CodingModel, study: Study) -> None:
    """A document with a coding and no reading is not offered as a whole."""
    turn = spoken(20).turns[2]
    more = replace(
        study,
        documents=(*study.documents, spoken(20)),
        codings=(*study.codings, Coding("D20", turn.start, turn.end, "Work > Time", "ana")),
    )
    assert next_to_code(model, more) == []
