"""Planning double coding: the simulated design has the kappa asked for, and the sampler is honest and thrifty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.agreement.coefficients.binary import cohen_kappa
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.judgement.plan import (
    Design,
    design_of,
    drawn,
    expected_differences,
    inclusion,
    plan,
    progressed,
    simulated_tables,
)
from autocode.errors import AutocodeError


@pytest.mark.parametrize("kappa", [0.3, 0.6, 0.8])
def test_simulated_studies_have_the_agreement_asked_for(kappa: float) -> None:
    """Pooled kappa of many documents is the one of the design."""
    counts = simulated_tables(Design(100, 0.1, kappa), 4000, 1, np.random.default_rng(0))
    assert float(cohen_kappa(counts.sum(0))[0]) == pytest.approx(kappa, abs=0.02)


def test_more_documents_give_a_narrower_interval() -> None:
    """The table falls in width and rises in power, and the first row that is enough is named."""
    made = plan(Design(200, 0.05, 0.75), width=0.1, line=0.6)
    widths = [r.half_width for r in made.rows if r.defined > 0.9]
    assert widths == sorted(widths, reverse=True)
    assert made.enough_width == next(r.documents for r in made.rows if r.defined >= 0.95 and r.half_width <= 0.1)
    assert "80 of 100" in made.sentence()


def test_what_cannot_be_shown_is_said() -> None:
    """Kappa above a line higher than what is expected is never promised."""
    assert "cannot be shown" in plan(Design(100, 0.05, 0.5), line=0.6).sentence()


@pytest.mark.parametrize("design", [Design(0, 0.1, 0.5), Design(5, 0.0, 0.5), Design(5, 0.1, 1.0), Design(5, 0.1, 0.5, 1.0)])
def test_values_out_of_range_are_refused(design: Design) -> None:
    """One line names the value and the range."""
    with pytest.raises(AutocodeError, match="out of range"):
        plan(design)


def test_the_design_of_a_study_is_read_off_it() -> None:
    """Units, prevalence and kappa come back from a simulated study."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 50)
    first = rng.random((2000, 1)) < 0.2
    second = np.where(rng.random((2000, 1)) < 0.7, first, rng.random((2000, 1)) < 0.2)
    found = design_of(Decisions.of([first, second], groups), 0, 1)
    assert found.units == 50
    assert found.prevalence == pytest.approx(0.2, abs=0.03)
    assert found.kappa == pytest.approx(0.7, abs=0.05)
    assert found.likeness < 0.03


def population() -> tuple[Decisions, np.ndarray]:
    """30 documents of 60 units and 5 codes, coded by two; and what the machine thinks."""
    rng = np.random.default_rng(3)
    P = np.clip(rng.beta(0.1, 1.5, (1800, 5)), 1e-3, 1 - 1e-3)
    truth = rng.random(P.shape) < P
    Y = np.stack([truth ^ (rng.random(P.shape) < np.where(truth, 0.25, 0.01)) for _ in range(2)])
    return Decisions.of(Y, np.repeat(np.arange(30), 60)), P


def test_chances_add_up_to_the_size_and_every_unit_has_one() -> None:
    """On average the size asked for is read, and nothing is left out for sure."""
    data, P = population()
    chances = inclusion(expected_differences(P, data.Y[0]), 400)
    assert chances.sum() == pytest.approx(400, rel=1e-6)
    assert chances.min() > 0
    assert np.array_equal(drawn(chances), drawn(chances) | drawn(chances * 0.5))


def test_the_weighted_estimate_is_unbiased_and_needs_fewer_units() -> None:
    """Over many draws kappa is that of all units, its spread smaller than with equal chances for the same size."""
    data, P = population()
    whole = float(cohen_kappa(pair_counts(data, 0, 1).sum((0, 1))))
    found = {}
    for name, chances in (("model", inclusion(expected_differences(P, data.Y[0]), 450)), ("equal", np.full(1800, 0.25))):
        values = []
        for seed in range(60):
            read = np.stack([data.seen[0], drawn(chances, seed)])
            said = progressed(replace(data, Y=data.Y & read[:, :, None], seen=read), (0, 1), chances)
            assert said.kappa is not None
            values.append(said.kappa)
        found[name] = np.mean(values) - whole, np.std(values)
    assert abs(found["model"][0]) < 0.01
    assert found["model"][1] < 0.9 * found["equal"][1]


def test_it_says_stop_when_the_interval_is_narrow_and_go_on_before() -> None:
    """A wide aim is reached, a narrow one asks for more, and too little says so."""
    data, _ = population()
    chances = np.full(1800, 0.5)
    read = np.stack([data.seen[0], drawn(chances)])
    half = replace(data, Y=data.Y & read[:, :, None], seen=read)
    assert progressed(half, (0, 1), chances, width=0.3).sentence() == "Stop: enough."
    assert progressed(half, (0, 1), chances, width=0.02).sentence().startswith("About ")
    nothing = replace(half, seen=np.stack([data.seen[0], np.zeros(1800, bool)]))
    assert progressed(nothing, (0, 1), chances).sentence().startswith("Not enough data")
