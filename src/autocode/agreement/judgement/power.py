"""What a study can tell: the verdict's own error rates in studies like it, and documents still needed.

Standard errors between documents shrink with the root of the number of documents: a first plan for
a budget, not a promise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from autocode.agreement.coefficients import mean_kappa
from autocode.agreement.estimate import Chances, Estimate, FloatArray
from autocode.agreement.intervals import Evidence
from autocode.agreement.rows import LEAST_DOCUMENTS, Verdict

ON_PAR = ("supported", "on_par_but_humans_unreliable", "on_par_but_low")
MOST_HUMANS = 3  # simulated; more humans add little and cost twice as much each


@dataclass(frozen=True, slots=True)
class Setting:
    """A study as far as its verdict depends on it.

    Attributes:
        units: (G,) decisions in each document.
        rates: (G,) share of them in which a human gives the code.
        humans: Number of humans.
        kappa: Agreement between humans.
        spread: How much more joint uses vary between documents than independent ones would, at least 1.
    """

    units: FloatArray
    rates: FloatArray
    humans: int
    kappa: float
    spread: float = 1.0


Judge = Callable[[FloatArray, FloatArray, Evidence], Sequence[Verdict]]
"""Verdicts on S studies, from tables (G, P, S, 4) between humans, (G, H, S, 4) with the machine, and what they rest on."""


def error_rates(setting: Setting, judge: Judge, margin: float, studies: int, seed: int = 0) -> Chances:
    """How often a machine just `margin` worse, and one as good as a human, are found on par in such studies.

    Each decision has a true answer, drawn with the document's own rate; each coder sees it with a probability that
    gives the agreement wanted and else guesses at that rate. Units count 1 / `spread`.

    Args:
        setting: Documents, units, prevalence and agreement of the study.
        judge: The study's own verdict.
        margin: How much worse the worse machine is.
        studies: Simulated studies for each machine.
        seed: Same seed, same rates.
    """
    sight = np.linspace(0.0, 1.0, 201)
    human = float(np.interp(setting.kappa, _kappa(setting, sight, sight), sight))
    reached = _kappa(setting, np.full_like(sight, human), sight)
    found = []
    for kappa in (setting.kappa - margin, setting.kappa):
        machine = float(np.interp(kappa, reached, sight))
        rng = np.random.default_rng(seed)
        found.append(on_par(setting, (human,) * setting.humans + (machine,), (judge, studies), rng))
    return Chances(studies, margin, *found)


def _kappa(setting: Setting, first: FloatArray, second: FloatArray) -> FloatArray:
    """(S,) kappa in a study without end of two coders who see the true answer with these (S,) probabilities."""
    r, joint = setting.rates[:, None], first * second
    both = r * (joint + (1 - joint) * r)
    cells = np.stack([both, r - both, r - both, 1 - 2 * r + both], axis=-1)
    return mean_kappa((cells * setting.units[:, None, None]).sum(0)[:, None])


def on_par(setting: Setting, sights: Sequence[float], how: tuple[Judge, int], rng: np.random.Generator) -> float:
    """Share of simulated studies in which the last coder is found on par with the others."""
    judge, studies = how
    R, r = len(sights), setting.rates[:, None]
    patterns = np.array(list(product((1, 0), repeat=R)))
    given, left = (np.array([s * truth + (1 - s) * r for s in sights]) for truth in (1, 0))  # (R, G, 1)
    chosen = patterns.T[:, None]  # (R, 1, 2**R)
    p = r * np.where(chosen, given, 1 - given).prod(0) + (1 - r) * np.where(chosen, left, 1 - left).prod(0)
    units = np.maximum(1, np.round(setting.units / setting.spread)).astype(np.int64)
    drawn = rng.multinomial(units[:, None], p[:, None] / p.sum(-1)[:, None, None], size=(len(units), studies))
    counts = drawn * (setting.units / units)[:, None, None]
    pairs = list(combinations(range(R - 1), 2)) + [(h, R - 1) for h in range(R - 1)]
    wanted = ((1, 1), (1, 0), (0, 1), (0, 0))
    which = np.array([[(patterns[:, i] == a) & (patterns[:, j] == b) for a, b in wanted] for i, j in pairs], float)
    tables = np.einsum("gsk,pck->gpsc", counts, which)
    uses = counts @ patterns[:, :-1].any(1)
    places = Evidence(len(units), uses.sum(0), (uses > 0).sum(0).astype(np.float64))
    P = len(pairs) - (R - 1)
    return float(np.mean([v.label in ON_PAR for v in judge(tables[:, :P], tables[:, P:], places)]))


def documents_for_interval(estimate: Estimate, documents: int, half_width: float) -> int | None:
    """Documents at which an interval has the wanted half-width.

    Args:
        estimate: What `documents` documents gave.
        documents: Their number.
        half_width: Wanted distance from the middle to either end.

    Returns:
        The number in all, None where the estimate has no interval to go by.
    """
    if estimate.low is None or estimate.high is None:
        return None
    now = (estimate.high - estimate.low) / 2
    return max(documents, math.ceil(documents * (now / half_width) ** 2 - 1e-9))


def documents_for_verdict(verdict: Verdict, margin: float, delta: float | None = None) -> int | None:
    """Documents at which the lower bound of delta would clear the margin.

    Args:
        verdict: What the study gave so far.
        margin: Margin of non-inferiority.
        delta: The true difference one expects; the observed one where None.

    Returns:
        The number in all, None where there is no bound to go by or the expected difference does
        not clear the margin with any number of documents.
    """
    observed = verdict.delta.value
    expected = observed if delta is None else delta
    if observed is None or expected is None or verdict.lower is None or expected + margin <= 0:
        return None
    half = observed - verdict.lower
    return max(LEAST_DOCUMENTS, math.ceil(verdict.documents * (half / (expected + margin)) ** 2))
