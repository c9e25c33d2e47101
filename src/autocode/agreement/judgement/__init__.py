"""What follows from a coefficient; here the question itself: may the machine stand in as a coder?

The machine is compared with what two humans reach between themselves on the same units:
delta = mean kappa(machine, human) - mean kappa(human, human). It must not fall short by more than
a margin fixed beforehand (non-inferiority), and both humans and machine must reach a floor. With
`AgreementOptions(coefficient="alpha")` Krippendorff's alpha of each pair takes the place of kappa.

Sources: the delete-one-document jackknife of the difference (Fleiss & Davies 1982); non-inferiority
as in Wellek, S. (2010), Testing Statistical Hypotheses of Equivalence and Noninferiority;
Benjamini, Y. & Yekutieli, D. (2001), Annals of Statistics 29, 1165-1188.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from autocode.agreement.coefficients import (
    BINARY,
    coefficient_of,
    cohen_kappa,
    mean_kappa,
    mean_over,
    prevalence_index,
    symmetric,
)
from autocode.agreement.counts import Decisions, pair_counts, uses, with_pooled
from autocode.agreement.estimate import AgreementOptions, Chances, Estimate, Statistic, number
from autocode.agreement.intervals import Evidence, evidence, jackknife, joint_share, plain, t_quantile
from autocode.agreement.rows import (
    LEAST_CODED_DOCUMENTS,
    LEAST_DOCUMENTS,
    LEAST_JOINT_USES,
    LEAST_USES,
    Verdict,
    estimates,
    measure,
)
from autocode.study.matrix import FloatArray

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


OVER_USE, HIGH_PREVALENCE = 1.5, 0.8


@dataclass(frozen=True)
class Comparison:
    """Tables of the machine against humans and of humans among themselves, on the same units.

    Attributes:
        machine: Id of the machine.
        humans: Ids of the humans in the order of `mixed`.
        within: (G, P, C, 4) tables of human pairs.
        mixed: (G, H, C, 4) tables of each human (first) and the machine (second).
        places: What each code rests on, as coded by humans.
        coefficient: What is compared.
    """

    machine: str
    humans: tuple[str, ...]
    within: FloatArray
    mixed: FloatArray
    places: Evidence
    coefficient: Statistic = cohen_kappa

    def mean(self, tables: FloatArray) -> FloatArray:
        """Mean coefficient over the pairs where it is defined: (..., C) from (..., P, C, 4)."""
        return mean_over(self.coefficient)(tables)

    def delta(self, tables: FloatArray) -> FloatArray:
        """Mean of the mixed pairs minus mean of the human pairs: (..., C) from (..., P + H, C, 4)."""
        P = self.within.shape[1]
        return self.mean(tables[..., P:, :, :]) - self.mean(tables[..., :P, :, :])


def verdicts(data: Decisions, options: AgreementOptions) -> tuple[Verdict, ...]:
    """For each machine: pooled, then every code."""
    found: list[Verdict] = []
    coefficient = coefficient_of(options.coefficient)
    for machine in options.machines:
        compared = compare(data, machine, options.machines)
        if compared:
            compared = replace(compared, coefficient=coefficient)
            pooled, *codes = judge(compared, data.codes, options)
            found += [replace(pooled, chances=chances_of(compared, pooled, options)), *codes]
        else:
            found += [Verdict(code, machine, reason="no_humans") for code in ("", *data.codes)]
    return tuple(found)


def compare(data: Decisions, machine: str, machines: Sequence[str]) -> Comparison | None:
    """Tables on the units that the machine and at least two humans saw; None where there is none.

    Where every human pair shares at least half the documents that any pair shares, pairs stay
    apart and kappas are averaged. Else tables are summed, each unit with the same weight for
    humans among themselves and for the machine with the humans.
    """
    m = data.coders.index(machine)
    humans = [r for r, c in enumerate(data.coders) if c not in machines]
    several = data.seen[humans].sum(0)
    kept = data.select(data.seen[m] & (several >= 2))
    if not len(kept.groups) or not data.codes:
        return None
    humans = [h for h in humans if kept.seen[h].any()]
    tables = (pair_counts(kept, i, j) for i, j in combinations(humans, 2))
    within = [counts for counts in tables if counts.any()]
    shared = [int(counts.any((1, 2)).sum()) for counts in within]
    apart = min(shared) * 2 < max(shared)
    weight = (kept.seen[humans].sum(0) - 1) / 2 if apart else np.ones(len(kept.groups))
    mixed = [pair_counts(kept, h, m, weight) for h in humans]
    in_use = np.unique(kept.groups)
    places = with_pooled(uses(kept, humans)[:, :, None])[in_use, :, 0]
    return Comparison(
        machine,
        () if apart else tuple(data.coders[h] for h in humans),
        _join(within, apart, True)[in_use],
        _join(mixed, apart, False)[in_use],
        evidence(places, len(in_use), float(kept.seen[humans].sum(0).mean())),
    )


def chances_of(compared: Comparison, pooled: Verdict, options: AgreementOptions) -> Chances | None:
    """The pooled verdict's own error rates in studies like this one, where the options ask for them."""
    if not options.studies or pooled.humans.value is None or pooled.label == "not_assessable":
        return None
    between, beside = compared.within[:, :, :1], compared.mixed[:, :, 0].sum(1)
    joint = joint_share(between, compared.mean, compared.places.uses[:1], options.confidence, compared.places.coders)
    units, humans = beside.sum(-1) / compared.mixed.shape[1], min(max(2, compared.mixed.shape[1]), MOST_HUMANS)
    rate = float(beside[:, :2].sum() / beside.sum())
    rates = (beside[:, :2].sum(-1) + rate) / (beside.sum(-1) + 1)
    setting = Setting(units, rates, humans, pooled.humans.value, max(1.0, float(joint.spread[0])))

    def judged(within: FloatArray, mixed: FloatArray, places: Evidence) -> list[Verdict]:
        """The same verdict on simulated studies."""
        studies = replace(compared, humans=(), within=within, mixed=mixed, places=places)
        return judge(studies, [str(s) for s in range(1, within.shape[2])], options)

    return error_rates(setting, judged, options.margin, options.studies, options.seed)


def _join(counts: list[FloatArray], apart: bool, exchangeable: bool) -> FloatArray:
    """(G, P, 1 + K, 4); summed to P = 1 where pairs share few documents."""
    if apart:
        total = sum(counts[1:], counts[0])
        counts = [symmetric(total) if exchangeable else total]
    return np.stack([with_pooled(c) for c in counts], axis=1)


def judge(compared: Comparison, codes: Sequence[str], options: AgreementOptions) -> list[Verdict]:
    """One verdict for all codes pooled, then one for each of the C - 1 codes."""
    tables = np.concatenate([compared.within, compared.mixed], axis=1)
    spread = jackknife(tables, compared.delta)
    name = next((name for name, known in BINARY.items() if known is compared.coefficient), "own")
    mean, places = {name: compared.mean}, compared.places
    humans, mixed = (measure(side, places, mean, options)[name] for side in (compared.within, compared.mixed))
    deltas = estimates(spread, plain(spread, options.confidence), places, "no_variance")
    flags, joint = _flags(compared, options.confidence), compared.within[..., 0].sum((0, 1))
    found = []
    for c, code in enumerate(("", *codes)):
        delta = deltas[c]
        if joint[c] < LEAST_JOINT_USES:  # humans who hardly ever gave it together: the spread between documents says nothing
            delta = Estimate(delta.value, reason=delta.reason, no_interval="few_joint_uses", flags=delta.flags)
        started = Verdict(
            code,
            compared.machine,
            delta=delta,
            humans=humans[c],
            machine_humans=mixed[c],
            documents=places.documents,
            uses=int(places.uses[c]),
            joint_uses=round(float(joint[c])),
            coded_documents=int(places.coded_documents[c]),
            flags=flags[c],
        )
        found.append(_decide(started, number(spread.se[c]), options))
    return _adjust(found)


def _decide(v: Verdict, se: float | None, options: AgreementOptions) -> Verdict:
    """The labels of the methods guide, section 5; nothing favourable for a machine that chance would explain."""
    from scipy.special import stdtr

    hh, mh, d = v.humans.value, v.machine_humans.value, v.delta.value
    least = {
        "few_documents": v.documents < LEAST_DOCUMENTS,
        "few_uses": v.uses < LEAST_USES,
        "few_coded_documents": v.coded_documents < LEAST_CODED_DOCUMENTS,
        "few_joint_uses": v.joint_uses < LEAST_JOINT_USES,
        "undefined": None in (hh, mh, d, se),
    }
    reason = next((name for name, failed in least.items() if failed), "")
    if reason or hh is None or mh is None or d is None or se is None:
        return replace(v, reason=reason)
    half, beyond = t_quantile(options.bound, v.documents, sides=1) * se, d + options.margin
    p = float(stdtr(v.documents - 1, -beyond / se)) if se > 0 else float(beyond <= 0)
    v = replace(v, lower=d - half, upper=d + half, p=p)
    if beyond + half < 0:
        return replace(v, label="not_supported")
    if beyond - half <= 0:  # more documents would show on which side of the margin it lies
        needed = math.ceil(v.documents * (half / beyond) ** 2) if abs(beyond) > 1e-9 else None
        return replace(v, label="inconclusive", needed=needed)
    if v.machine_humans.low is None or v.machine_humans.low <= 0:
        return replace(v, label="not_supported", reason="at_chance")
    if hh < options.human_floor:
        v = replace(v, flags=(*v.flags, "humans_unreliable"))
    if mh < options.machine_floor:
        return replace(v, label="on_par_but_low")
    if hh < options.human_floor:
        return replace(v, label="on_par_but_humans_unreliable")
    strong = v.humans.low is not None and v.humans.low >= options.human_floor
    return replace(v, label="supported", strong=strong)


def _adjust(found: list[Verdict]) -> list[Verdict]:
    """Benjamini-Yekutieli over the codes; the pooled verdict stands alone."""
    index = [i for i, v in enumerate(found) if v.code and v.p is not None]
    adjusted = benjamini_yekutieli([found[i].p or 0.0 for i in index])
    result = [replace(v, p_adjusted=v.p) for v in found]
    for i, p in zip(index, adjusted, strict=True):
        result[i] = replace(result[i], p_adjusted=p)
    return result


def benjamini_yekutieli(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values under any dependence, in the order given."""
    m = len(p_values)
    if not m:
        return []
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(-p, kind="stable")
    penalty = (1 / np.arange(1, m + 1)).sum() * m / np.arange(m, 0, -1)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(p[order] * penalty))
    return [float(value) for value in adjusted]


def _flags(compared: Comparison, confidence: float) -> list[tuple[str, ...]]:
    """What else a reader must know, for each code."""
    total = compared.mixed.sum((0, 1))
    human, machine = total[:, 0] + total[:, 1], total[:, 0] + total[:, 2]
    skew = np.abs(prevalence_index(total))
    echoes = _echo(compared, confidence)
    found = []
    for c in range(len(total)):
        flags = [f"echo:{name}" for name in echoes[c]]
        if machine[c] > OVER_USE * human[c]:
            flags.append("over_use")
        if machine[c] * OVER_USE < human[c]:
            flags.append("under_use")
        if c and skew[c] > HIGH_PREVALENCE:  # pooled over many codes it always is
            flags.append("high_prevalence")
        found.append(tuple(flags))
    return found


def _echo(compared: Comparison, confidence: float) -> list[list[str]]:
    """Coders whom the machine follows more than the others, beyond chance, for each code."""
    C, H = compared.mixed.shape[2], len(compared.humans)
    found: list[list[str]] = [[] for _ in range(C)]
    if H < 2:
        return found
    level = 1 - (1 - confidence) / max(1, H if H > 2 else 1)
    result = jackknife(compared.mixed, lambda tables: _lead(tables, compared.coefficient))
    low, _ = plain(result, level)
    for c in range(C):
        if not compared.places.against_interval(c):
            found[c] = [name for h, name in enumerate(compared.humans) if low[h, c] > 0]
    return found


def _lead(tables: FloatArray, coefficient: Statistic) -> FloatArray:
    """Agreement of each human with the machine minus the mean of the others: (..., H, C)."""
    level = coefficient(tables)
    H = level.shape[-2]
    lead: FloatArray = (level - level.mean(-2, keepdims=True)) * H / (H - 1)
    return lead
