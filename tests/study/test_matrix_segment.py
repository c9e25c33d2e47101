"""Units of analysis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autocode.config import Config, SegmentConfig
from autocode.errors import ConfigError, InputError
from autocode.study import Document, Segment, Study, Turn
from autocode.study.matrix import is_context, segment

_TEXT = "First one here. Second one there! And a third?\n\nA new paragraph. It ends."


@pytest.mark.parametrize(
    ("unit", "pieces"),
    [
        ("paragraph", ["First one here. Second one there! And a third?", "A new paragraph. It ends."]),
        ("sentence", ["First one here.", "Second one there!", "And a third?", "A new paragraph.", "It ends."]),
        ("window", ["First one here. Second one there!", "And a third?", "A new paragraph. It ends."]),
        ("auto", ["First one here. Second one there! And a third?", "A new paragraph. It ends."]),
    ],
)
def test_units_cover_the_words(unit: str, pieces: list[str]) -> None:
    """Each unit cuts where its name says, and offsets give back the very words."""
    document = Document("d", _TEXT)
    config = replace(Config(segment=SegmentConfig(window=2)).with_unit(unit).segment)
    assert [document.text_of(s) for s in segment(document, config)] == pieces


def test_turns_are_the_units_of_a_transcript(study: Study) -> None:
    """Where there are speakers, a turn is a unit, numbered from 1."""
    units = segment(study.documents[0], SegmentConfig())
    assert [(s.id, s.speaker) for s in units[:3]] == [("1", "Interviewer"), ("2", "R"), ("3", "R")]


def test_the_interviewer_is_context(study: Study) -> None:
    """Interviewer turns are told apart from those that can be coded, whatever their case."""
    document = study.documents[0]
    config = SegmentConfig()
    said = {s.speaker for s in segment(document, config) if is_context(s, document, config)}
    assert said == {"Interviewer"}


def test_given_units_are_never_context() -> None:
    """A table's rows were all seen by its coders, the interviewer's too."""
    s = Segment("d", 0, 2, "s1", "interviewer")
    document = Document("d", "Hm", turns=(Turn(0, 2, "interviewer"),), segments=(s,))
    assert segment(document, SegmentConfig()) == (s,)
    assert not is_context(s, document, SegmentConfig())


def test_given_units_out_of_order_are_put_in_order() -> None:
    """Units given in any order come in reading order, so that a coding lands on the unit it touches."""
    units = (Segment("d", 10, 14, "2"), Segment("d", 0, 4, "1"))
    document = Document("d", "Yes. More. Hmm. ", segments=units)
    assert [s.start for s in segment(document, SegmentConfig(unit="given"))] == [0, 10]


def test_given_units_that_are_not_there_are_an_error() -> None:
    """Asking for given units of a plain text names the other choices."""
    with pytest.raises(InputError, match="Choose another unit"):
        segment(Document("d", "Hm"), SegmentConfig(unit="given"))


def test_sentences_never_cross_a_turn() -> None:
    """A sentence without its full stop ends with the turn."""
    document = Document("d", "no stop here\n\nnext speaker", turns=(Turn(0, 12, "A"), Turn(14, 26, "B")))
    assert [s.speaker for s in segment(document, SegmentConfig(unit="sentence"))] == ["A", "B"]


def test_a_pipeline_that_is_not_installed_is_an_error() -> None:
    """A missing spaCy pipeline says so and names the way without it."""
    with pytest.raises(ConfigError, match="not installed"):
        segment(Document("d", "Hm."), SegmentConfig(unit="sentence", spacy="xx_no_such"))


def test_a_text_longer_than_spacy_takes_is_cut_all_the_same() -> None:
    """A paragraph beyond spaCy's own limit is split without fault."""
    text = "A short sentence. " * 70_000
    found = segment(Document("d", text), SegmentConfig(unit="sentence"))
    assert sum(s.end - s.start for s in found) > 0.99 * (len(text) - 70_000)
