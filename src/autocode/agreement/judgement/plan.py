"""How much double coding, before it starts.

Studies like the planned one are simulated and go through the same interval that is reported later; how double coding goes
on is told in `autocode.agreement.judgement.sampling`. Coverage is measured in `benchmarks/second_look.py`.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autocode.agreement.coefficients import cohen_kappa
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.estimate import FloatArray, apa
from autocode.agreement.intervals import MIN_DOCUMENTS, MIN_USES, joint_share
from autocode.agreement.judgement.sampling import EXPECTED
from autocode.errors import StudyError

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
        wrong = [
            name
            for name, ok in (
                ("units", self.units >= 1),
                ("prevalence", 0 < self.prevalence < 1),
                ("kappa", 0 <= self.kappa < 1),
                ("likeness", 0 <= self.likeness < 1),
            )
            if not ok
        ]
        if wrong:
            ranges = "units from 1 on, prevalence between 0 and 1, kappa and likeness from 0 to below 1"
            raise StudyError(f"the plan's {wrong[0]}", f"it is out of range ({ranges})", "Give another value.")
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
        d = self.design
        width, most = f"±{apa(self.width)}", STEPS[-1]
        many = f"{self.enough_width} documents" if self.enough_width else f"more than {most} documents"
        said = (
            f"With {d.units:,} decisions (segments times codes) a document, of which {100 * d.prevalence:.2g}% are codings, "
            f"and an expected kappa of {apa(d.kappa)}, double coding {many} gives a 95% interval of {width}"
        )
        if d.kappa <= self.line:
            return f"{said}; kappa above {apa(self.line)} cannot be shown, since no more is expected."
        shown = f"{self.enough_above} documents" if self.enough_above else f"more than {most} documents"
        return f"{said}; {shown} show kappa above {apa(self.line)} in 80 of 100 such studies."

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
    enough_above = next((r.documents for r in good if r.above >= 0.8), None)
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
    return PlanRow(
        documents,
        float(((high - low) / 2)[known].mean()),
        float((known & (low > line)).sum() / len(low)),
        float(known.mean()),
        float(inside[known].mean()),
    )


def simulated_tables(design: Design, documents: int, studies: int, rng: np.random.Generator) -> FloatArray:
    """(G, S, 4) tables of two coders in S simulated studies of G documents.

    A document has a prevalence of its own (beta, with the intraclass correlation given) and an agreement of its
    own; a unit is coded by both alike with that chance, and independently otherwise. Agreement within documents is
    set a little below the kappa wanted, since documents that differ in prevalence raise the pooled one.
    """
    rho = max(design.likeness, 1e-4)
    size = (documents, studies)
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
    units = counts.sum(-1)
    present = units > 0
    kappa = float(cohen_kappa(counts.sum(0))) if present.any() else math.nan
    if second is None and math.isfinite(kappa):
        kappa = EXPECTED
    if not math.isfinite(kappa):
        raise StudyError(
            "plan",
            "these two coders share no unit, or neither codes anything",
            "Leave the study out and give --units, --prevalence, --kappa.",
        )
    shares = (counts[:, 0] * 2 + counts[:, 1] + counts[:, 2])[present] / (2 * units[present])
    mean = float(np.average(shares, weights=units[present]))
    size = float(units[present].mean())
    between = float(np.average((shares - mean) ** 2, weights=units[present])) if present.sum() > 1 else 0.0
    chance = mean * (1 - mean)
    likeness = (between - chance / size) / (chance * (1 - 1 / size)) if size > 1 else 0.0
    return Design(round(size), mean, float(np.clip(kappa, 0, 0.999)), float(np.clip(likeness, 0.0, 0.9)))
