"""The machine beside the humans, on documents it has not seen."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autocode.config import Config
from autocode.evaluate import compare, evaluate, hold_out, write_held_out
from autocode.model import CodingModel
from autocode.study import Coding, Study
from tests.fake_encoder import FakeEncoder


@pytest.fixture
def model(encoder: FakeEncoder) -> CodingModel:
    """Settings and an encoder; nothing learnt."""
    return CodingModel.from_config(Config(), encoder)


def test_the_machine_is_set_beside_the_humans(model: CodingModel, study: Study) -> None:
    """Human-human and machine-human agreement stand in one report on the same units."""
    report = evaluate(model, study)
    human, machine = report.overall("human-human"), report.overall("machine-human")
    assert human is not None
    assert machine is not None
    assert human.units * 2 == machine.units
    assert machine.kappa.value is not None
    assert machine.kappa.value > 0.8


def test_a_document_is_judged_without_its_own_codings(model: CodingModel, study: Study) -> None:
    """Changing what coders said of one document changes nothing the machine says of that document.

    The probabilities, the bands and the thresholds of its fold must not have seen it.
    """
    before = hold_out(model, study)
    swapped = tuple(
        replace(c, code="Work > Time" if c.code == "Learning > Recognition" else c.code) if c.document == "D3" else c
        for c in study.codings
    )
    after = hold_out(model, replace(study, codings=swapped))
    assert before.matrix.codes == after.matrix.codes
    rows = before.matrix.groups == 3
    assert np.array_equal(before.held.P[rows], after.held.P[rows])
    assert np.array_equal(before.held.bands[rows], after.held.bands[rows])
    assert not np.array_equal(before.held.P[~rows], after.held.P[~rows])


def test_the_resolution_is_not_learnt_from(model: CodingModel, study: Study) -> None:
    """The agreed coding plays no part unless it is asked for."""
    without = replace(study, codings=tuple(c for c in study.codings if c.coder != "agreed"))
    assert np.array_equal(hold_out(model, study).held.P, hold_out(model, without).held.P)


def test_units_nobody_saw_are_left_out(model: CodingModel, study: Study) -> None:
    """A document that no chosen coder read is neither learnt from nor compared."""
    unread = replace(
        study,
        codings=tuple(c for c in study.codings if c.document != "D7"),
        readings=tuple(r for r in study.readings if r.document != "D7"),
    )
    assert "D7" not in {s.document for s in hold_out(model, unread).matrix.segments}


def test_one_coder_can_still_be_compared_with_the_machine(model: CodingModel, study: Study) -> None:
    """With one human there is no human-human row, but the machine-human rows are there."""
    report = evaluate(model, study, ["ana"])
    assert report.overall("human-human") is None
    assert report.row("", "ana", "machine") is not None


def test_every_held_out_prediction_is_written(model: CodingModel, study: Study, tmp_path: Path) -> None:
    """The file has a row for every unit and code, with what each coder said."""
    extra = Coding("D0", 0, 5, "Work > Time", "ana")
    held = hold_out(model, replace(study, codings=(*study.codings, extra)))
    write_held_out(tmp_path / "h.csv", held, plain=True)
    rows = list(csv.DictReader((tmp_path / "h.csv").open(encoding="utf-8", newline="")))
    assert len(rows) == len(held.matrix.segments) * len(held.matrix.codes)
    assert list(rows[0]) == [
        "document",
        "segment",
        "start",
        "end",
        "speaker",
        "text",
        "code",
        "probability",
        "band",
        "suggested",
        "coded",
        "ana",
        "ben",
    ]
    missed = [r for r in rows if (r["document"], r["code"], r["ana"], r["ben"]) == ("D1", "Work > Time", "1", "0")]
    assert len(missed) == 1


def test_the_report_is_the_same_every_time(model: CodingModel, study: Study) -> None:
    """Two evaluations of one study print the same text."""
    assert str(evaluate(model, study)) == str(compare(hold_out(model, study)))
