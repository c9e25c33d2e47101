"""Planning double coding: the simulated design has the kappa asked for."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.coefficients import cohen_kappa
from autocode.agreement.counts import Decisions
from autocode.agreement.judgement.plan import EXPECTED, Design, design_of, plan, simulated_tables
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
    power = next(r.above for r in made.rows if r.documents == made.enough_above)
    assert power >= 0.795
    assert f"{made.enough_above} documents show kappa above .60 in {100 * power:.0f} of 100" in made.sentence()


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


def test_one_coder_can_be_planned_for() -> None:
    """Length, prevalence and likeness are the coder's own; the kappa with a second one is assumed."""
    Y = np.random.default_rng(0).random((1, 400, 1)) < 0.1
    found = design_of(Decisions.of(Y, np.repeat(np.arange(20), 20)), 0)
    assert (found.units, found.kappa) == (20, EXPECTED)
    assert found.prevalence == pytest.approx(Y.mean())
