"""What a comparison found: Row, Verdict, Measure and Findings, ready to be shown or written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from autocode.agreement.coefficients import (
    cohen_kappa,
    gwet_ac1,
    krippendorff_alpha,
    pabak,
    percent_agreement,
    positive_agreement,
)
from autocode.agreement.estimate import AgreementOptions, BoolArray, Chances, Estimate, FloatArray, Statistic, number
from autocode.agreement.intervals import (
    ZERO_CELL,
    Evidence,
    Joint,
    Spread,
    bootstrap,
    fisher,
    jackknife,
    joint_share,
    logit,
    plain,
    t_quantile,
)
from autocode.errors import counted

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Row:
    """Agreement on one code (or all codes pooled) by one pair of coders, or all pairs of a kind.

    Attributes:
        code: Path of the code, "" for all codes pooled.
        kind: human-human, machine-human or machine-machine.
        first: Id of the first coder; "" where the row stands for all pairs of its kind.
        second: Id of the second coder; in a machine-human row the machine.
        pairs: Number of pairs the row stands for.
        pooling: "" for one pair; `mean`: coefficients are means over the pairs where they are
            defined; `sum`: coefficients of the summed tables, where pairs share few documents.
        units: Units that both coders saw, summed over pairs.
        documents: Documents that hold them (participants, where the options name clusters).
        both: Units to which both gave the code; summed over pairs, as are the next three.
        only_first: Units to which only the first coder (the human of a machine-human row) gave it.
        only_second: Units to which only the second coder gave it.
        neither: Units to which neither gave it.
        kappa: Cohen's kappa (for `sum` between humans, who are then exchangeable: Scott's pi).
        alpha: Krippendorff's alpha; of all humans at once where the row stands for all pairs.
        positive: Positive agreement, 2 both / (2 both + only first + only second).
        percent: Share of the units on which the two agree.
        drawn: Kappa drawn towards all codes (`intervals.partial_pooling`), a second opinion where a code is rare; only in
            the rows of single codes that stand for all pairs.
    """

    code: str
    kind: str
    first: str
    second: str
    pairs: int
    pooling: str
    units: int
    documents: int
    both: int
    only_first: int
    only_second: int
    neither: int
    kappa: Estimate
    alpha: Estimate
    positive: Estimate
    percent: Estimate
    drawn: Estimate | None = None

    @property
    def cells(self) -> FloatArray:
        """(4,) both, only first, only second, neither."""
        return np.array([self.both, self.only_first, self.only_second, self.neither], dtype=np.float64)

    @property
    def paradox(self) -> bool:
        """Whether the coders agree on nearly all units and kappa is low, since the code is so rare or so common."""
        ac1 = float(gwet_ac1(self.cells))
        kappa, percent = self.kappa.value, self.percent.value
        return (
            kappa is not None
            and self.kappa.shown
            and percent is not None
            and percent >= 0.8
            and kappa < 0.4
            and ac1 - kappa >= 0.4
        )

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        estimates = ("kappa", "alpha", "positive", "percent")
        values = {name: getattr(self, name) for name in self.__slots__ if name not in (*estimates, "drawn")}
        beside = {"ac1": number(float(gwet_ac1(self.cells))), "pabak": number(float(pabak(self.cells)))}
        drawn = None if self.drawn is None else self.drawn.to_json()
        return values | {name: getattr(self, name).to_json() for name in estimates} | beside | {"partial_pooling": drawn}


LEAST_DOCUMENTS, LEAST_USES, LEAST_CODED_DOCUMENTS, LEAST_JOINT_USES = 8, 10, 5, 3
NOT_ASSESSABLE: Mapping[str, str] = {
    "no_humans": "two humans are needed on the documents the machine coded",
    "few_documents": f"fewer than {LEAST_DOCUMENTS} documents coded by the machine and two humans",
    "few_uses": f"coded fewer than {LEAST_USES} times by a human",
    "few_coded_documents": f"coded by a human in fewer than {LEAST_CODED_DOCUMENTS} documents",
    "few_joint_uses": f"two humans gave the code to the same passage fewer than {LEAST_JOINT_USES} times",
    "undefined": "agreement is undefined: neither coder of a pair ever gave the code",
    "at_chance": "its agreement with the humans is no better than chance may bring",
}
"""Why a verdict is not assessable, or (`at_chance`) not supported, in words."""

REACH = 3
"""As many times its documents a study may be asked to grow to settle a verdict."""

NOTHING = Estimate(None, reason="no_pairs")


@dataclass(frozen=True, slots=True)
class Verdict:
    """May the machine stand in as a coder for one code (or all codes pooled)?

    Attributes:
        code: Path of the code, "" for all codes pooled.
        machine: Id of the machine.
        label: supported, on_par_but_humans_unreliable, on_par_but_low, inconclusive,
            not_supported or not_assessable.
        reason: Why it is not assessable, or not supported for another reason than delta, else "".
        strong: Supported, and the lower end of the humans' own interval reaches the floor.
        delta: Mean kappa(machine, human) minus mean kappa(human, human), with its interval; alpha
            instead of kappa, here and below, where the options say so.
        lower, upper: One-sided bounds of `delta` at `options.bound`.
        humans: Mean kappa between humans on the units compared.
        machine_humans: Mean kappa between the machine and each human on the same units.
        p: P-value of non-inferiority at the margin, None where there is no standard error.
        p_adjusted: `p` adjusted over the codes (Benjamini & Yekutieli 2001); for pooled as `p`.
        documents: Documents with the machine and two humans.
        uses: Units that a human coded.
        joint_uses: Units that two humans coded alike with the code, summed over pairs of humans.
        coded_documents: Documents that hold the uses.
        needed: Documents needed in all for a clear answer, favourable or not, where it is inconclusive.
        flags: over_use, under_use, echo:CODER, high_prevalence, humans_unreliable.
        chances: Error rates of the pooled verdict in studies like this one, where the options ask for them.
    """

    code: str
    machine: str
    label: str = "not_assessable"
    reason: str = ""
    strong: bool = False
    delta: Estimate = NOTHING
    lower: float | None = None
    upper: float | None = None
    humans: Estimate = NOTHING
    machine_humans: Estimate = NOTHING
    p: float | None = None
    p_adjusted: float | None = None
    documents: int = 0
    uses: int = 0
    joint_uses: int = 0
    coded_documents: int = 0
    needed: int | None = None
    flags: tuple[str, ...] = ()
    chances: Chances | None = None

    @property
    def more(self) -> int | None:
        """Further documents that would give a clear answer, were the difference to stay the same; None where no
        number within reach would: beyond `REACH` times the documents there are.
        """
        within = self.needed is not None and self.documents < self.needed <= REACH * self.documents
        return self.needed - self.documents if self.needed is not None and within else None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        estimates = {name: getattr(self, name).to_json() for name in ("delta", "humans", "machine_humans")}
        return asdict(self) | estimates | {"flags": list(self.flags)}


@dataclass(frozen=True, slots=True)
class Measure:
    """One value over all codes.

    Attributes:
        about: What it is about (coded at all, which code, ...).
        name: The coefficient.
        estimate: Its value and interval.
        over: What it was computed over.
    """

    about: str
    name: str
    estimate: Estimate
    over: str

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        return {"about": self.about, "name": self.name, "over": self.over} | self.estimate.to_json()


@dataclass(frozen=True)
class Findings:
    """What was found about the agreement of coders, and the questions one asks of it.

    Attributes:
        coders: Ids of all coders compared.
        options: The settings, machines among them.
        units: Units seen by at least two coders.
        documents: Documents that hold them.
        codes: Paths of the codes.
        rows: For pooled, then for every code: all human pairs, all machine-human pairs, then
            each pair; stable order.
        verdicts: For each machine: pooled, then every code; empty without a machine.
        apart: Pairs of coders that share no unit; they have no rows.
        notes: What may lie behind low agreement, a sentence each.
        unit: What is counted, one of it: unit (of analysis) or character.
        alone: Units that one human alone saw: the humans are not compared on them; a machine that saw them is.
        between_humans: Units that two humans saw, or more, and the documents that hold them.
    """

    coders: tuple[str, ...]
    options: AgreementOptions
    units: int
    documents: int
    codes: tuple[str, ...]
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    apart: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    unit: str = "unit"
    alone: int = 0
    between_humans: tuple[int, int] = (0, 0)

    def row(self, code: str = "", first: str = "", second: str = "") -> Row | None:
        """The row of one code and one pair in either order; by default all human pairs, pooled."""
        wanted = {first, second}
        for row in self.rows:
            if row.code == code and {row.first, row.second} == wanted and row.kind != "machine-human":
                return row
        found = (r for r in self.rows if r.code == code and {r.first, r.second} == wanted)
        return next(found, None)

    def overall(self, kind: str, code: str = "") -> Row | None:
        """The row that stands for all pairs of one kind (human-human, machine-human)."""
        found = (r for r in self.rows if (r.kind, r.code, r.first) == (kind, code, ""))
        return next(found, None)

    def verdict(self, code: str = "", machine: str = "") -> Verdict | None:
        """The verdict on one code; pooled by default, the first machine by default."""
        found = (v for v in self.verdicts if v.code == code and machine in ("", v.machine))
        return next(found, None)

    def seen_by_one(self, unit: str = "") -> str:
        """On how much one human alone spoke, and what that counts for; "" where there is none.

        Args:
            unit: What is counted, one of it; as in the report where "".
        """
        if not self.alone:
            return ""
        were = "was" if self.alone == 1 else "were"
        if self.options.machines:
            seen = f"{counted(self.alone, unit or self.unit)} {were} seen by one human alone"
            return f"Of these, {seen}: compared with the machine only."
        return f"{counted(self.alone, f'more {unit or self.unit}')} {were} seen by one coder alone: not compared."

    def to_frame(self) -> DataFrame:
        """The rows as a pandas DataFrame: one for each code and pair, its counts, each coefficient with its interval."""
        import pandas

        found = []
        for row in self.rows:
            values = {name: value for name, value in row.to_json().items() if not isinstance(value, dict)}
            for name in ("kappa", "alpha", "positive", "percent"):
                e: Estimate = getattr(row, name)
                values |= {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
            found.append(values)
        return pandas.DataFrame(found)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping; undefined values are null with a reason."""
        options = asdict(self.options)
        options["coefficient"] = self.options.coefficient_key
        options["machines"], options["clusters"] = list(self.options.machines), dict(self.options.clusters)
        return {
            "coders": list(self.coders),
            "options": options,
            "units": self.units,
            "documents": self.documents,
            "codes": list(self.codes),
            "rows": [row.to_json() for row in self.rows],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "apart": [list(pair) for pair in self.apart],
            "notes": list(self.notes),
            "unit": self.unit,
            "alone": self.alone,
        }


SCALES: Mapping[str, Callable[[Spread, float], tuple[FloatArray, FloatArray]]] = {
    "percent_agreement": logit,
    "negative_agreement": logit,
    "prevalence_index": plain,
    "bias_index": plain,
}
"""The scale on which the jackknife makes an interval; Fisher's z for what is not listed."""

JOINT = frozenset({"cohen_kappa", "scott_pi", "krippendorff_alpha", "positive_agreement", "jaccard"})
"""Coefficients that follow from the share of joint uses, and so have their interval from it."""


def measure(
    counts: FloatArray, found: Evidence, statistics: Mapping[str, Statistic], options: AgreementOptions
) -> dict[str, list[Estimate]]:
    """Estimate coefficients for every code at once.

    Args:
        counts: (G, ..., C, 4) tables by document; each statistic reduces them to (C,).
        found: What each of the C codes rests on.
        statistics: Coefficients by name; the name decides the scale of the interval.
        options: Coverage, and jackknife or bootstrap.

    Returns:
        For each name, C estimates.
    """
    tables: dict[str, list[Estimate]] = {}
    paired = counts if counts.ndim == 4 else counts[:, None]
    for name, statistic in statistics.items():
        result = jackknife(counts, statistic)
        ends, alike = SCALES.get(name, fisher)(result, options.confidence), np.zeros(len(found.uses), bool)
        if options.interval == "bootstrap":
            drawn = bootstrap(counts, statistic, options.resamples, options.seed, options.confidence)
            ends, result = (drawn.low, drawn.high), replace(result, undefined=drawn.undefined)
        if name in JOINT:
            whole = statistic if counts.ndim == 4 else lambda tables, one=statistic: one(tables[0])
            joint = joint_share(paired, whole, found.uses, options.confidence, found.coders)
            ends, alike, result = _joint(joint, paired, (ends, result), options)
        without = "no_positives" if name in ("positive_agreement", "jaccard") else "no_variance"
        reason = without if counts.any() else "no_pairs"
        tables[name] = estimates(result, ends, found, reason, alike)
    return tables


def _joint(
    joint: Joint, counts: FloatArray, drawn: tuple[tuple[FloatArray, FloatArray], Spread], options: AgreementOptions
) -> tuple[tuple[FloatArray, FloatArray], BoolArray, Spread]:
    """The interval by joint uses, with its standard error; for the bootstrap only where a cell is nearly empty."""
    (low, high), result = drawn
    cells = counts.sum((0, 1))
    least = np.minimum(np.minimum(cells[..., 0], cells[..., 3]), cells[..., 1] + cells[..., 2])
    taken = (least < ZERO_CELL) if options.interval == "bootstrap" else np.ones(len(least), bool)
    half = (joint.high - joint.low) / (2 * t_quantile(options.confidence, len(counts)))
    ends = np.where(taken, joint.low, low), np.where(taken, joint.high, high)
    return ends, joint.alike & taken, replace(result, se=np.where(taken, half, result.se))


def estimates(
    result: Spread, ends: tuple[FloatArray, FloatArray], found: Evidence, reason: str, alike: BoolArray | None = None
) -> list[Estimate]:
    """One estimate for each code, the interval only where the evidence allows it."""
    same = np.zeros(len(result.value), bool) if alike is None else alike
    return [_estimate(result, ends, found, (cell, reason, bool(same[cell]))) for cell in range(len(result.value))]


def _estimate(result: Spread, ends: tuple[FloatArray, FloatArray], found: Evidence, which: tuple[int, str, bool]) -> Estimate:
    cell, reason, alike = which
    value, flags = number(result.value[cell]), found.flags(cell)
    if value is None:
        return Estimate(None, reason=reason if found.documents else "no_pairs", flags=flags)
    low, high = (number(end[cell]) for end in ends)
    against = found.against_interval(cell) or ("perfect" if low is None or high is None else "")
    if against:
        return Estimate(value, no_interval=against, flags=flags)
    if result.undefined[cell] > 0.05:
        flags += ("undefined_resamples",)
    if alike:
        flags += ("alike_everywhere",)
    return Estimate(value, low, high, number(result.se[cell]), flags=flags)


STANDARD: Mapping[str, Statistic] = {
    "cohen_kappa": cohen_kappa,
    "krippendorff_alpha": krippendorff_alpha,
    "positive_agreement": positive_agreement,
    "percent_agreement": percent_agreement,
}
"""The coefficients of every row."""
