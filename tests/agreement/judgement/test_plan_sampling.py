"""The sampler of double coding is honest and thrifty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.agreement.coefficients import cohen_kappa
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.judgement.plan import drawn, expected_spread, inclusion, learnt_chances, progressed, second_chances


def population() -> tuple[Decisions, np.ndarray]:
    """30 documents of 60 units and 5 codes, coded by two; and what the machine thinks."""
    rng = np.random.default_rng(3)
    P = np.clip(rng.beta(0.1, 1.5, (1800, 5)), 1e-3, 1 - 1e-3)
    truth = rng.random(P.shape) < P
    Y = np.stack([truth ^ (rng.random(P.shape) < np.where(truth, 0.25, 0.01)) for _ in range(2)])
    return Decisions.of(Y, np.repeat(np.arange(30), 60)), P


def spread_of(P: np.ndarray, data: Decisions) -> np.ndarray:
    """What each unit is expected to add to the variance, before the second coder has begun."""
    return expected_spread(second_chances(P, data.Y[0]), data.Y[0])


def test_what_is_learnt_from_the_draw_is_right_elsewhere() -> None:
    """The chances learnt from a quarter of the units add up to the second coder's codings of the rest."""
    data, P = population()
    chances = inclusion(spread_of(P, data), 450)
    read = drawn(chances)
    q = learnt_chances(P, data.Y[0], data.Y[1] & read[:, None], np.where(read, 1 / chances, 0.0))
    rest = ~read
    assert q[rest].sum() == pytest.approx(data.Y[1][rest].sum(), rel=0.15)
    assert (q[rest] * data.Y[0][rest]).sum() == pytest.approx((data.Y[0] & data.Y[1])[rest].sum(), rel=0.15)


def test_all_units_read_leave_nothing_open() -> None:
    """With every unit read the interval is the value, whatever the model thinks."""
    data, P = population()
    said = progressed(data, (0, 1), np.ones(1800), P=P)
    whole = float(cohen_kappa(pair_counts(data, 0, 1).sum((0, 1))))
    assert (said.kappa, said.low, said.high, said.more) == (pytest.approx(whole), pytest.approx(whole), pytest.approx(whole), 0)


def test_chances_add_up_to_the_size_and_every_unit_has_one() -> None:
    """On average the size asked for is read, and nothing is left out for sure."""
    data, P = population()
    chances = inclusion(spread_of(P, data), 400)
    assert chances.sum() == pytest.approx(400, rel=1e-6)
    assert chances.min() > 0
    assert np.array_equal(drawn(chances), drawn(chances) | drawn(chances * 0.5))


def test_the_weighted_estimate_is_unbiased_and_needs_fewer_units() -> None:
    """Over many draws kappa is that of all units, its spread smaller than with equal chances for the same size."""
    data, P = population()
    whole = float(cohen_kappa(pair_counts(data, 0, 1).sum((0, 1))))
    found = {}
    for name, chances in (("model", inclusion(spread_of(P, data), 450)), ("equal", np.full(1800, 0.25))):
        known = P if name == "model" else None
        values = []
        for seed in range(60):
            read = np.stack([data.seen[0], drawn(chances, seed)])
            said = progressed(replace(data, Y=data.Y & read[:, :, None], seen=read), (0, 1), chances, (0.1, 1), known)
            assert said.kappa is not None
            assert said.low is not None
            assert said.high is not None
            values.append((said.kappa, said.high - said.low, said.low <= whole <= said.high))
        kappas, widths, held = np.array(values, float).T
        found[name] = kappas.mean() - whole, kappas.std(), widths.mean(), held.mean()
    assert abs(found["model"][0]) < 0.01
    assert found["model"][1] < 0.87 * found["equal"][1]
    assert found["model"][2] < 0.87 * found["equal"][2]
    assert min(found["model"][3], found["equal"][3]) >= 0.88


def test_it_says_stop_when_the_interval_is_narrow_and_go_on_before() -> None:
    """A wide aim is reached, a narrow one asks for more, and too little says so."""
    data, _ = population()
    chances = np.full(1800, 0.5)
    read = np.stack([data.seen[0], drawn(chances)])
    half = replace(data, Y=data.Y & read[:, :, None], seen=read)
    assert progressed(half, (0, 1), chances, (0.3, 3)).sentence() == "Stop: enough."
    assert progressed(half, (0, 1), chances, (0.02, 3)).sentence().startswith("About ")
    nothing = replace(half, seen=np.stack([data.seen[0], np.zeros(1800, bool)]))
    assert progressed(nothing, (0, 1), chances).sentence().startswith("Not enough data")
