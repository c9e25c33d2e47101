"""The second look: slips are found, steady differences and drift are told apart, nothing is overwritten."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.errors import AutocodeError
from autocode.evaluate import HeldOut
from autocode.evaluate.second_look import DIFFERENCE, SecondLook, second_look, slip_probability
from tests.evaluate.made import simulated


def look_at(held: HeldOut, coders: list[str] | None = None) -> SecondLook:
    """The second look at made codings."""
    return second_look(held.matrix, held.held.P, coders)


def test_planted_slips_are_among_the_first_listed() -> None:
    """Of 60 decisions turned over among 7,200, far more are listed than chance would bring."""
    held = simulated(1)
    rng, Y = np.random.default_rng(2), held.matrix.Y.copy()
    sure = np.argwhere((held.held.P > 0.9) & Y[0])
    absurd = np.argwhere((held.held.P < 0.002) & ~Y[0])
    turned = [tuple(x) for part in (sure, absurd) for x in part[rng.choice(len(part), 15, replace=False)]]
    for u, k in turned:
        Y[0, u, k] = ~Y[0, u, k]
    looks = second_look(replace(held.matrix, Y=Y), held.held.P, ["ana"]).coders[0].looks
    codes = held.matrix.codes
    hits = sum((int(x.segment.id), codes.index(x.code)) in set(turned) for x in looks)
    assert hits >= 10
    assert all(x.question == ("taken away?" if x.coded else "added?") for x in looks)


def test_what_chance_alone_would_bring_is_told() -> None:
    """Where chances alone decide, as many decisions stand out as the program says chance brings."""
    made = [simulated(seed) for seed in range(10)]
    looks = [second_look(held.matrix, held.held.P, ["ana"], most=1000).coders[0] for held in made]
    assert np.mean([x.standing_out for x in looks]) == pytest.approx(np.mean([x.by_chance for x in looks]), rel=0.15)


def test_many_slips_stand_out_beyond_chance() -> None:
    """Where a tenth of the codings were dropped, far more stand out than chance would bring."""
    held = simulated(1)
    Y, rng = held.matrix.Y.copy(), np.random.default_rng(0)
    Y[0] &= ~((rng.random(Y[0].shape) < 0.3) & (held.held.P > 0.8))
    look = second_look(replace(held.matrix, Y=Y), held.held.P, ["ana"], most=1000).coders[0]
    assert look.standing_out > 1.3 * look.by_chance
    first = second_look(replace(held.matrix, Y=Y), held.held.P, ["ana"]).coders[0]
    assert len(first.looks) > 1.3 * first.by_chance  # chance is asked at the list's own end


def test_a_steady_difference_is_no_slip() -> None:
    """A coder who gives one code far more often than the other is told so, and those codings are no slips."""
    held = simulated(3)
    Y = held.matrix.Y.copy()
    rng = np.random.default_rng(0)
    Y[0, :, 2] |= rng.random(len(Y[0])) < 0.15
    look = second_look(replace(held.matrix, Y=Y), held.held.P, ["ana"]).coders[0]
    assert any(s.code == held.matrix.codes[2] and s.more and s.other == "ben" for s in look.steady)
    assert all(x.kind == DIFFERENCE for x in look.looks if x.code == held.matrix.codes[2] and x.coded)


def test_beside_many_coders_no_difference_is_found_by_chance() -> None:
    """Seven coders who code alike: each is compared with six others, and one of twenty at most is told a steady difference."""
    told = [bool(c.steady) for seed in range(12) for c in look_at(simulated(seed, units=900, documents=20, coders=7)).coders]
    assert sum(told) <= len(told) / 20


def test_drift_over_the_documents_is_seen() -> None:
    """A coder who codes less and less is said to, with a small p; one who does not is not."""
    held = simulated(4)
    Y, rng = held.matrix.Y.copy(), np.random.default_rng(0)
    tired = rng.random(Y[0].shape) < (held.matrix.groups / 24)[:, None]
    Y[0] &= ~tired
    drifting = second_look(replace(held.matrix, Y=Y), held.held.P).coders
    assert drifting[0].trend is not None
    assert not drifting[0].trend.later_more
    assert drifting[0].trend.p < 0.01
    assert drifting[1].trend is not None
    assert drifting[1].trend.p > 0.01


def test_it_works_with_one_coder_and_with_three() -> None:
    """Without another coder the model alone is asked; with three the others are counted."""
    assert all(x.others == (0, 0) for x in look_at(simulated(5, coders=1)).coders[0].looks)
    three = look_at(simulated(5, coders=3))
    assert len(three.coders) == 3
    assert all(x.others[1] == 2 for c in three.coders for x in c.looks)


def test_rare_codes_are_left_out_and_counted() -> None:
    """A coder with one use of each code gets no list, and how many codes were too rare."""
    held = simulated(6)
    Y = np.zeros_like(held.matrix.Y)
    Y[0, :6] = np.eye(6, dtype=bool)
    look = second_look(replace(held.matrix, Y=Y), held.held.P, ["ana"]).coders[0]
    assert (look.looks, look.codes) == ((), (0, 6))


def test_a_single_document_is_refused() -> None:
    """Nothing can be held out of one document."""
    with pytest.raises(AutocodeError, match="only one is coded"):
        look_at(simulated(7, documents=1))


def test_the_probability_of_a_slip_follows_bayes() -> None:
    """Half of the codings at the chance at which as many slips as codings are expected are slips."""
    y = np.array([[True, False]])
    q = np.array([[0.03 * 1 / 2 / (1 + 0.03 * 1 / 2), 1 / 1.03]])
    assert np.allclose(slip_probability(y, q), 0.5)
