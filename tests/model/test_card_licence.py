"""Licences: what the machine may be used for, in words and for programs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from autocode.classify.bands import draw
from autocode.classify.calibration import Reliability, measured
from autocode.config import ClassifyConfig, Config
from autocode.evaluate import held_out_table, hold_out
from autocode.model import CodingModel
from autocode.model.card import Licences, card, diagram, licences, note
from autocode.study import Study
from tests.classify.test_bands import evidence
from tests.fake_encoder import FakeEncoder

CONFIG = ClassifyConfig()
CODES = ("Clear", "Rare", "Mute")
SILENT = {"Mute": "1 coded segment, 3 needed", "Unused": "never coded"}
MADE = {
    "study": {"name": "S", "notice": ""},
    "codings": 46,
    "segments": 400,
    "documents": 400,
    "coders": ["a"],
    "encoder": {"name": "e"},
}


@pytest.fixture
def known() -> Reliability:
    """A clear code, a rare one, and one that stays silent."""
    k = evidence((40, 5, 1))
    k = replace(k, coding=np.array([0.5, 0.5, np.inf]))
    return measured(k, draw(k, CONFIG), ("", "", SILENT["Mute"]), CONFIG)


def made(known: Reliability, humans: dict[str, dict[str, object]] | None = None) -> Licences:
    """The licences of the three codes and one unused."""
    return Licences(licences(CODES, known, SILENT, humans or {}), CONFIG)


def test_each_code_has_one_licence(known: Reliability) -> None:
    """Evidence enough suggests, too little assists, none is silent; an unused code is among the silent."""
    assert {r.code: r.licence for r in made(known).rows} == {
        "Clear": "suggest",
        "Rare": "assist only",
        "Mute": "silent",
        "Unused": "silent",
    }


@pytest.mark.parametrize(
    ("value", "high", "flags", "problem"),
    [
        (0.2, 0.5, [], True),
        (0.2, 0.8, [], False),
        (0.2, None, [], False),
        (0.5, 0.6, [], False),
        (0.2, 0.5, ["counts_only"], False),
    ],
)
def test_a_codebook_problem_needs_low_kappa_and_evidence(value, high, flags, problem, known: Reliability) -> None:  # type: ignore[no-untyped-def]
    """Kappa below .4 whose interval ends below .667; without an interval nobody is blamed."""
    found = made(known, {"Rare": {"value": value, "low": -0.1, "high": high, "flags": flags}})
    assert found.rows[1].codebook_problem == problem
    assert ("Rare (.20)" in str(found)) == problem


def test_the_remark_says_how_many_more(known: Reliability) -> None:
    """A code that assists says how many more coded segments a promise would take; a silent one says why."""
    rows = made(known).rows
    assert note(replace(rows[1], segments=6)).startswith("to suggest by itself: about 18 more coded segments")
    assert note(replace(rows[1], segments=5)).startswith("to suggest by itself: not attainable by coding more")
    assert "suggest" not in note(rows[0])
    assert note(rows[2]) == "1 coded segment, 3 needed"


def test_the_summary_is_short_and_for_programs_too(known: Reliability) -> None:
    """Counts per licence in words, and the same as JSON without nan."""
    found = made(known)
    assert [line.split()[:3] for line in str(found).splitlines()[:3]] == [
        ["suggest", "1", "at"],
        ["assist", "only", "1"],
        ["silent", "2", "too"],
    ]
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert [row["licence"] for row in told["codes"]] == ["suggest", "assist only", "silent", "silent"]
    assert told["promise"] == {"precision": 0.8, "recall": 0.9, "confidence": 0.95}


def test_the_card_holds_licences_and_a_diagram_with_its_table(known: Reliability) -> None:
    """Every code has its row, the figure has an alternative text, and its numbers stand in a table."""
    text = card(made(known), known, MADE)
    assert all(f"| {code} | " in text for code in (*CODES, "Unused"))
    assert "| Clear | suggest | 40 | 40 | 1.00 (.91 to 1.00) | 1.00 |" in text
    assert "![Share coded by the humans" in text
    assert "| .9 to 1.0 | 46 | .950 | 1.000 |" in text


def test_the_diagram_speaks_to_screen_readers(known: Reliability) -> None:
    """The SVG has a title and a description, and one mark for each bin that is filled."""
    drawn = diagram(known.bins)
    assert "<title>Reliability diagram</title><desc>Share coded" in drawn
    assert drawn.count("<circle") == int((known.bins[:, 0] > 0).sum())


def test_every_figure_of_the_card_is_that_of_evaluates_held_out_predictions(larger: Study, encoder: FakeEncoder) -> None:
    """Shares right, covered, found and asked, precision, recall and the bins, recounted from the table that evaluate writes."""
    model = CodingModel.from_config(Config(), encoder)
    known = model.fit(larger)._fitted()[0].reliability
    held = hold_out(model, larger)
    header, rows = held_out_table(held)
    at = {name: header.index(name) for name in ("code", "probability", "band", "coded", "ana")}
    for k, code in enumerate(held.matrix.codes):
        own = [row for row in rows if row[at["code"]] == code]
        given = np.array([row[at["ana"]] for row in own], dtype=float)
        coded = np.array([int(str(row[at["coded"]])) for row in own])
        band = np.array([row[at["band"]] for row in own])
        hits, suggested = (coded * given).sum(), band == "suggest"
        assert known.segments[k] == given.sum()
        np.testing.assert_allclose(known.recall[k], hits / given.sum())
        np.testing.assert_allclose(known.precision[k], hits / coded.sum() if coded.any() else np.nan)
        np.testing.assert_allclose(known.coverage[k], given[suggested].sum() / given.sum())
        np.testing.assert_allclose(known.found[k, 0], given[band != "silent"].sum() / given.sum())
        np.testing.assert_allclose(known.asked[k], (band == "ask").mean())
    said = np.array([row[at["probability"]] for row in rows], dtype=float)
    counts = [int(((said >= b / 10) & (said < (b + 1) / 10)).sum()) for b in range(10)]
    assert known.bins[:, 0].tolist() == counts
