"""Spans: the sentences that carry a code are learnt from what coders marked, and whole units stay where coders mark these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import autocode as ac
from autocode.classify.material import sentences_of
from autocode.formats.datasets.suggestions import HEAD, full_row
from autocode.model.grounds import LEAST_EXAMPLES, Sentences, SpanRule
from autocode.study import Coder, Coding, Document, Study, Turn
from autocode.study.codebook import Code, Codebook
from tests.fake_encoder import FakeEncoder

_ABOUT = {
    "fees": "The fees were far too high for my small salary.",
    "praise": "My sister praised the kind teacher all evening.",
}
_ASIDE = ("We drove along the river for hours.", "It rained on the roof.", "The dog slept under the table.")


def _study(whole: bool) -> Study:
    """Twelve talks of six turns; the second or third sentence of a turn carries its code."""
    documents, codings = [], []
    for d in range(12):
        text, turns = "", []
        for t in range(6):
            code = tuple(_ABOUT)[(t + d) % 2]
            said = [*_ASIDE]
            said.insert(1 + (t + d) % 3, _ABOUT[code])
            start = len(text)
            text += " ".join(said)
            turns.append(Turn(start, len(text), "R"))
            at = text.index(_ABOUT[code], start)
            marked = (start, len(text)) if whole else (at, at + len(_ABOUT[code]))
            codings += [Coding(f"D{d}", *marked, code, coder) for coder in ("ana", "ben")]
            text += "\n"
        documents.append(Document(f"D{d}", text, turns=tuple(turns)))
    book = Codebook(tuple(Code(c) for c in _ABOUT))
    return Study(tuple(documents), book, (Coder("ana"), Coder("ben")), tuple(codings))


def _fitted(study: Study, spans: bool = True) -> ac.CodingModel:
    config = ac.load_config(None)
    config = replace(config, segment=replace(config.segment, spans=spans))
    return ac.CodingModel.from_config(config, FakeEncoder()).fit(study)


def test_spans_are_the_sentences_that_coders_marked(tmp_path: Path) -> None:
    """Where coders mark a sentence of several, suggestions stand at that sentence; also after saving and loading."""
    study = _study(whole=False)
    model = _fitted(study)
    assert model.spans.overlap > 0.9 > 0.5 > model.spans.whole
    model.save(tmp_path / "m")
    loaded = ac.CodingModel.load(tmp_path / "m", FakeEncoder())
    said = [s for s in loaded.suggest(study) if s.coded]
    assert len(said) >= 60
    hits = [study.by_id[s.segment.document].text[slice(*s.passage)] == _ABOUT[s.code] for s in said]
    assert np.mean(hits) > 0.9
    assert all(s.segment.start <= s.passage[0] < s.passage[1] <= s.segment.end for s in said)
    row = dict(zip(HEAD, full_row(said[0], study.by_id), strict=True))
    assert (row["span_start"], row["span_end"]) == said[0].passage


def test_units_stay_whole_where_coders_mark_them_whole() -> None:
    """Coders of whole turns get suggestions for whole turns; so does who asks for them, and a study of few codings."""
    for model, study in (
        (_fitted(_study(whole=True)), _study(whole=True)),
        (_fitted(_study(whole=False), spans=False), _study(whole=False)),
    ):
        assert model.spans.least == 0
        assert all(s.passage == (s.segment.start, s.segment.end) for s in model.suggest(study))
    few = _study(whole=False)
    few = replace(few, documents=few.documents[:2], codings=tuple(c for c in few.codings if c.document in ("D0", "D1")))
    assert _fitted(few).spans == SpanRule(examples=12)
    assert LEAST_EXAMPLES > 12


@pytest.mark.parametrize(
    ("gain", "run"),
    [([-1, 2, -1, 3, -5], (1, 4)), ([-3, -1, -2], (1, 2)), ([1, 1], (0, 2)), ([0.0], (0, 1)), ([2, -3, 2], (0, 1))],
)
def test_the_best_run_is_the_one_with_the_highest_sum(gain: list[float], run: tuple[int, int]) -> None:
    """The first run with the highest sum, never an empty one."""
    rule, clues = SpanRule((1.0,) + (0.0,) * 11, 0.5), np.zeros((len(gain), 11))
    clues[:, 0] = gain
    assert rule.chosen([(n, n + 1) for n in range(len(gain))], clues) == run


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('He said "go." Then he left.', ['He said "go."', "Then he left."]),
        ("今天很好。「真的！」对", ["今天很好。", "「真的！」", "对"]),
        ("one line\n\nanother", ["one line", "another"]),
        ("  ", []),
        ("no end", ["no end"]),
    ],
)
def test_sentences_end_after_their_closing_quotes(text: str, found: list[str]) -> None:
    """Sentences of several scripts, with their quotes and without the spaces around them."""
    assert [text[a:b] for a, b in sentences_of(text)] == found
    assert len(Sentences.of(text).piece) == max(len(found), 1)


def test_a_rule_of_another_shape_is_refused() -> None:
    """A model whose rule of spans was cut short is not loaded."""
    with pytest.raises(ValueError, match="rule of spans"):
        SpanRule.from_array(np.zeros(3))
