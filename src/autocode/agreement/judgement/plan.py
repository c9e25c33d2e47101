"""How much double coding before it starts, which passages a second coder reads, and when it is enough.

For a plan, studies like the planned one are simulated and go through the same interval that is reported later. A sampler
chooses passages, more where a difference is expected, with known chances; agreement of all the first coder has read is then
estimated by inverse-probability weights around what a model expects of each unit, and looking several times keeps the level.
How far that carries to other documents is what `agree` says.

Sources: Horvitz, D. G. & Thompson, D. J. (1952). Journal of the American Statistical Association 47, 663-685;
Neyman, J. (1934). Journal of the Royal Statistical Society 97, 558-625 (allocation); Cassel, C. M., Sarndal, C. E. &
Wretman, J. H. (1976). Biometrika 63, 615-620 (difference estimator); Gligoric, K. et al. (2024), arXiv 2408.15204
(confidence-driven inference); Bonferroni's correction for the looks. Coverage and saving are measured in
`benchmarks/second_look.py`.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autocode.agreement.coefficients import cohen_kappa
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.estimate import apa
from autocode.agreement.intervals import MIN_DOCUMENTS, MIN_USES, joint_share, with_share
from autocode.errors import StudyError, counted
from autocode.study.matrix import BoolArray, FloatArray, IntArray

SIMULATED = 400  # studies for each number of documents
STEPS = (4, 6, 8, 10, 12, 15, 20, 25, 30, 40, 60, 80, 120)


@dataclass(frozen=True, slots=True)
class Design:
    """What a study will be like, as far as one can say beforehand.

    Attributes:
        units: Units (times codes, where all codes are pooled) a document.
        prevalence: Share of them that a coder codes, 0 to 1.
        kappa: Agreement expected between the two coders.
        likeness: Intraclass correlation of codings within documents, 0 to below 1.
    """

    units: int
    prevalence: float
    kappa: float
    likeness: float = 0.05

    def check(self) -> Design:
        """The design itself.

        Raises:
            StudyError: A value is out of range.
        """
        right = {"units": self.units >= 1, "prevalence": 0 < self.prevalence < 1, "kappa": 0 <= self.kappa < 1}
        right["likeness"] = 0 <= self.likeness < 1
        for name in (name for name, holds in right.items() if not holds):
            ranges = "units from 1 on, prevalence between 0 and 1, kappa and likeness from 0 to below 1"
            raise StudyError(f"the plan's {name}", f"it is out of range ({ranges})", "Give another value.")
        return self


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What a number of double-coded documents would give.

    Attributes:
        documents: How many.
        half_width: Mean distance from the middle of the 95% interval to its ends.
        above: Share of the studies in which the interval lies above the line.
        defined: Share of the studies in which an interval can be given at all.
        covered: Share of the intervals that hold the true kappa.
    """

    documents: int
    half_width: float
    above: float
    defined: float
    covered: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How many documents to code twice.

    Attributes:
        rows: One for each number of documents.
        enough_width: Documents for the width wanted; None where `STEPS` do not reach it.
        enough_above: Documents that show kappa above the line in 80 of 100 studies; None likewise.
    """

    design: Design
    width: float
    line: float
    rows: tuple[PlanRow, ...]
    enough_width: int | None
    enough_above: int | None

    def sentence(self) -> str:
        """A sentence for a proposal."""
        d, most = self.design, STEPS[-1]
        many = f"{self.enough_width} documents" if self.enough_width else f"more than {most} documents"
        said = (
            f"With {d.units:,} decisions (segments times codes) a document, of which {100 * d.prevalence:.2g}% are codings, "
            f"and an expected kappa of {apa(d.kappa)}, double coding {many} gives a 95% interval of ±{apa(self.width)} or less"
        )
        if d.kappa <= self.line:
            return f"{said}; kappa above {apa(self.line)} cannot be shown, since no more is expected."
        shown = f"{self.enough_above} documents" if self.enough_above else f"more than {most} documents"
        share = next((r.above for r in self.rows if r.documents == self.enough_above), 0.8)
        return f"{said}; {shown} show kappa above {apa(self.line)} in {100 * share:.0f} of 100 such studies."

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"sentence": self.sentence()}


def plan(design: Design, width: float = 0.1, line: float = 0.6, seed: int = 0) -> Plan:
    """Simulate studies like the planned one over a range of numbers of documents.

    Args:
        design: What the study will be like.
        width: Half-width wanted.
        line: Kappa to be shown exceeded.
        seed: Same seed, same plan.

    Raises:
        StudyError: A value is out of range.
    """
    design.check()
    if not 0 < width < 1 or not 0 <= line < 1:
        raise StudyError("the plan's width or line", "both lie between 0 and 1", "Give another value.")
    rows = tuple(_row(design, documents, line, seed) for documents in STEPS)
    good = [r for r in rows if r.defined >= 0.95]
    enough_width = next((r.documents for r in good if r.half_width <= width), None)
    enough_above = next((r.documents for r in good if round(r.above, 2) >= 0.8), None)  # as the table has it
    return Plan(design, width, line, rows, enough_width, enough_above)


def _row(design: Design, documents: int, line: float, seed: int) -> PlanRow:
    counts = simulated_tables(design, documents, SIMULATED, np.random.default_rng([seed, documents]))
    uses = counts[..., :3].sum((0, -1))
    found = joint_share(counts[:, None], lambda tables: cohen_kappa(tables)[0], uses)
    low, high = found.low, found.high
    known = np.isfinite(low) & np.isfinite(high) & (uses >= MIN_USES) & (documents >= MIN_DOCUMENTS)
    if not known.any():
        return PlanRow(documents, math.inf, 0.0, 0.0, 0.0)
    inside = (low <= design.kappa) & (design.kappa <= high)
    half, above = float(((high - low) / 2)[known].mean()), float((known & (low > line)).sum() / len(low))
    return PlanRow(documents, half, above, float(known.mean()), float(inside[known].mean()))


def simulated_tables(design: Design, documents: int, studies: int, rng: np.random.Generator) -> FloatArray:
    """(G, S, 4) tables of two coders in S simulated studies of G documents.

    A document has a prevalence of its own (beta, with the intraclass correlation given) and an agreement of its
    own; a unit is coded by both alike with that chance, and independently otherwise. Agreement within documents is
    set a little below the kappa wanted, since documents that differ in prevalence raise the pooled one.
    """
    rho, size = max(design.likeness, 1e-4), (documents, studies)
    spread = (1 - rho) / rho
    prevalence = rng.beta(design.prevalence * spread, (1 - design.prevalence) * spread, size)
    within = float(np.clip((design.kappa - rho) / (1 - rho), 1e-3, 1 - 1e-3))
    alike = rng.beta(within * 20, (1 - within) * 20, size)
    both = prevalence * alike + prevalence**2 * (1 - alike)
    one = prevalence * (1 - prevalence) * (1 - alike)
    cells = np.stack([both, one, one, np.maximum(1 - both - 2 * one, 0)], -1)
    return rng.multinomial(design.units, cells / cells.sum(-1, keepdims=True)).astype(np.float64)


def design_of(data: Decisions, first: int, second: int | None = None) -> Design:
    """The design of a study as it is, all codes pooled: to plan the next one, or how to go on.

    Args:
        data: Decisions of the study.
        first: Row of one coder.
        second: Row of the other; None where there is one coder, whose kappa with a second is then taken as `EXPECTED`.

    Raises:
        StudyError: The two share no unit, or agreement is undefined.
    """
    counts = pair_counts(data, first, first if second is None else second).sum(1)
    present = (units := counts.sum(-1)) > 0
    kappa = float(cohen_kappa(counts.sum(0))) if present.any() else math.nan
    if second is None and math.isfinite(kappa):
        kappa = EXPECTED
    if not math.isfinite(kappa):
        why = "these two coders share no unit, or neither codes anything"
        raise StudyError("plan", why, "Leave the study out and give --units, --prevalence, --kappa.")
    shares = (counts[:, 0] * 2 + counts[:, 1] + counts[:, 2])[present] / (2 * units[present])
    mean = float(np.average(shares, weights=units[present]))
    size, chance = float(units[present].mean()), mean * (1 - mean)
    between = float(np.average((shares - mean) ** 2, weights=units[present])) if present.sum() > 1 else 0.0
    likeness = (between - chance / size) / (chance * (1 - 1 / size)) if size > 1 else 0.0
    likeness = float(np.clip(likeness, 0.05 * (present.sum() < MIN_DOCUMENTS), 0.9))  # few documents do not show it
    return Design(round(size), mean, float(np.clip(kappa, 0, 0.999)), likeness)


EXPECTED = 0.7  # agreement, where no second coder has coded yet


def inclusion(expected: FloatArray, size: float, floor: float = 0.25) -> FloatArray:
    """Chance (n,) with which the second coder reads each unit, `size` units on average.

    In proportion to the root of the differences expected there (Neyman's allocation), mixed with an equal chance
    for all, so that what nobody expected is found too and no weight grows beyond bounds.

    Args:
        expected: (n,) differences expected in each unit, 0 or more.
        size: Units that shall be read on average, up to n.
        floor: Share of the units drawn with equal chances.
    """
    n = len(expected)
    if size >= n:
        return np.ones(n)
    root = np.sqrt(np.maximum(expected, 0.0))
    shape = (1 - floor) * root / max(root.mean(), 1e-12) + floor if root.any() else np.ones(n)
    low, high = 0.0, n / max(shape.min(), 1e-12)
    for _ in range(100):  # the scale at which the capped chances add up to the size
        middle = (low + high) / 2
        low, high = (middle, high) if np.minimum(1, middle * shape).sum() < size else (low, middle)
    return np.asarray(np.minimum(1.0, high * shape))


def second_chances(P: FloatArray, first: BoolArray, kappa: float = EXPECTED) -> FloatArray:
    """(n, K) chances that a second coder gives each code, before that coder has coded anything.

    Args:
        P: (n, K) held-out probabilities that a coder codes.
        first: (n, K) what the first coder decided.
        kappa: Agreement expected: how much the first coder's decision says beyond the model's probability.
    """
    return np.asarray(kappa * first + (1 - kappa) * np.clip(P, 1e-4, 1 - 1e-4))


def learnt_chances(P: FloatArray, first: BoolArray, second: BoolArray, weight: FloatArray) -> FloatArray:
    """(n, K) chances that the second coder gives each code, learnt from the units read: a logistic regression on the held-out
    log-odds, the first coder's decision and both together.

    Args:
        P: (n, K) held-out probabilities of a model that has not seen the second coder's codings.
        first: (n, K) what the first coder decided.
        second: (n, K) what the second decided; only rows with a weight count.
        weight: (n,) 1 / chance of the units read, 0 for the rest.
    """
    P = np.clip(P, 1e-4, 1 - 1e-4)
    odds = np.log(P / (1 - P))
    X = np.stack([np.ones_like(odds), odds, first, first * odds], axis=-1)
    read = weight > 0
    w = np.repeat(weight[read] / weight[read].mean(), P.shape[1])
    b = logistic(X[read].reshape(-1, 4), second[read].ravel().astype(np.float64), np.ones(4), w)
    return np.asarray(1 / (1 + np.exp(-np.clip(X @ b, -40, 40))))


def logistic(X: FloatArray, y: FloatArray, penalty: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """(p,) weights of a logistic regression, by Newton's method; the penalty (p,) keeps separable data finite."""
    w, b = np.ones(len(y)) if weight is None else weight, np.zeros(X.shape[1])
    for _ in range(30):
        q = 1 / (1 + np.exp(-np.clip(X @ b, -40, 40)))
        curve = (X * (w * (q * (1 - q) + 1e-9))[:, None]).T @ X + np.diag(penalty)
        step = np.linalg.solve(curve, X.T @ (w * (y - q)) - penalty * b)
        b += step
        if np.abs(step).max() < 1e-8:
            break
    return b


def expected_spread(q: FloatArray, first: BoolArray) -> FloatArray:
    """(n,) variance that each unit adds to the share of joint uses, given chances (n, K) that the second coder gives a code."""
    J = float((q * first).sum() / np.maximum(np.where(first, 1.0, q).sum(), 1e-12))
    return np.asarray((q * (1 - q) * np.where(first, 1.0, J**2)).sum(1))


def drawn(chances: FloatArray, seed: int = 0) -> BoolArray:
    """Which units (n,) are read: each by its own chance and a number of its own, so that greater chances only add."""
    return np.asarray(np.random.default_rng(seed).random(len(chances)) < chances)


@dataclass(frozen=True, slots=True)
class Progressed:
    """What double coding says so far.

    Attributes:
        kappa: Pooled, as if the second coder had read all that the first did; None where undefined.
        low: Lower end of its interval, at a level that allows for all planned looks.
        high: Upper end.
        read: Units read by both.
        units: Units of the whole.
        documents: Documents with a unit read by both.
        more: Further units that would do, 0 where it is enough; None where nothing can be said yet.
    """

    kappa: float | None
    low: float | None
    high: float | None
    read: int
    units: int
    documents: int
    more: int | None

    def sentence(self) -> str:
        """Stop or go on, in a sentence."""
        if self.more is None:
            return "Not enough data to say: have the second coder read more of what is drawn."
        if self.more == 0:
            return "Stop: enough."
        interviews = max(1, round(self.more / max(1.0, self.units / max(1, self.documents))))
        return f"About {self.more:,} more passages, as many as {counted(interviews, 'more interview')}."


def progressed(
    data: Decisions,
    pair: tuple[int, int],
    chances: FloatArray,
    aims: tuple[float, int] = (0.1, 3),
    P: FloatArray | None = None,
) -> Progressed:
    """Agreement of two coders from units read with known chances, and whether it is enough.

    Args:
        data: Decisions of the study; a unit that the second coder did not read is not seen.
        pair: Rows of the first and the second coder.
        chances: (n,) chance with which each unit was to be read by the second.
        aims: Half-width wanted, and how often one means to look; each look is taken at the level 1 - .05 / looks.
        P: (n, K) held-out probabilities of a model that learnt from the first coder alone: they stand in for what was not
            read, and what was read corrects them (a difference estimator), which makes the interval narrower.
    """
    (first, second), (width, looks) = pair, aims
    both = data.seen[first] & data.seen[second] & (chances > 0)
    weight = np.where(both, 1 / np.maximum(chances, 1e-12), 0.0)
    mine, theirs = (data.Y[r][data.seen[first]] for r in pair)
    w, present = weight[data.seen[first]], np.unique(data.groups[both])
    read, units, coded = int(both.sum()), int(data.seen[first].sum()), int((mine | theirs)[w > 0].sum())
    q = None if P is None or coded < MIN_USES else learnt_chances(P[data.seen[first]], mine, theirs, w)
    table, spread = _weighed(mine, theirs, w, q)
    value = float(cohen_kappa(table))
    if not math.isfinite(value) or len(present) < MIN_DOCUMENTS or coded < MIN_USES:
        return Progressed(value if math.isfinite(value) else None, None, None, read, units, len(present), None)
    low, high = _drawn_interval(table, (mine | theirs).sum(1), w, spread, 1 - 0.05 / looks)
    # The variance of a draw goes with the units left unread for each one read.
    now = (((high - low) / 2) / width) ** 2 * read / max(1, units - read)
    wanted = math.ceil(units * now / (1 + now) - 1e-9) if units > read else read
    return Progressed(value, low, high, read, units, len(present), max(0, wanted - read))


def _weighed(
    first: BoolArray, second: BoolArray, w: FloatArray, q: FloatArray | None
) -> tuple[FloatArray, tuple[float, float]]:
    """(4,) table of all units, and the variance of its share of joint uses: by weights alone, and as it is estimated.

    By weights alone each unit read counts 1 / chance. With chances q of the second coder's decisions every unit counts what
    is expected of it, and units read add what they differ from that, weighted: margins of the first coder are then exact.
    """
    read, cells = w > 0, first.shape[1]
    both, either = ((first & second).sum(1) * read, (first | second).sum(1) * read)
    plain = np.array([w @ both, w @ either])
    joint = float(plain[0] / max(plain[1], 1e-12))
    variance = float((w * np.maximum(w - 1, 0)) @ (both - joint * either) ** 2) / max(plain[1], 1e-12) ** 2
    given = float(w @ (first.sum(1)))
    if q is None:
        table = np.array([plain[0], given - plain[0], plain[1] - given, w.sum() * cells - plain[1]])
        return table, (variance, variance)
    told = np.stack([(q * first).sum(1), np.where(first, 1.0, q).sum(1)])
    off = np.stack([both, either]) - told * read
    total = told.sum(1) + off @ w
    J = float(np.clip(total[0] / max(total[1], 1e-12), 0, 1))
    lost = read.sum() / max(1, read.sum() - 4)  # for the four weights learnt
    assisted = lost * float((w * np.maximum(w - 1, 0)) @ (off[0] - J * off[1]) ** 2) / max(total[1], 1e-12) ** 2
    if not 0 < total[0] < total[1] or assisted >= variance:
        return _weighed(first, second, w, None)
    return np.array([total[0], first.sum() - total[0], total[1] - first.sum(), first.size - total[1]]), (variance, assisted)


def _drawn_interval(
    table: FloatArray, either: IntArray, w: FloatArray, variance: tuple[float, float], confidence: float
) -> tuple[float, float]:
    """Interval of the kappa of all units from those drawn: only the draw is uncertain, and with every unit read nothing is.

    The share J of joint uses has the variance given; a Jeffreys interval on as many counts as have this variance, at most
    the uses read (times what the expectations save), is carried to kappa at the estimated margins.
    """
    from scipy.special import betaincinv

    read = w > 0
    unread = float((either[read] * (1 - 1 / w[read])).sum() / either[read].sum())
    if unread <= 0:
        return (value := float(cohen_kappa(table))), value
    J = float(table[0] / table[:3].sum())
    plain, found = variance
    n = float(either[read].sum()) / unread
    if 0 < J < 1 and found > 0:
        n = min(n * plain / found, J * (1 - J) / found)
    tail = (1 - confidence) / 2
    ends = [
        0.0 if J == 0 and q < 0.5 else 1.0 if J == 1 and q > 0.5 else float(betaincinv(n * J + 0.5, n * (1 - J) + 0.5, q))
        for q in (tail, 1 - tail)
    ]
    low, high = (float(cohen_kappa(with_share(table[None], np.array([J]), np.array([end])))[0]) for end in ends)
    return low, high
