"""Estimate: a coefficient with its interval, or the reason why there is none.

Undefined is undefined: `value` is None and `reason` says why; it is never replaced by 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Statistic = Callable[[FloatArray], FloatArray]
"""Maps counts (..., C) summed over documents to coefficients (...), NaN where undefined."""

REASONS: Mapping[str, str] = {
    "no_variance": "neither coder ever, or both always, gave the code",
    "no_positives": "nobody gave the code",
    "no_pairs": "no unit was seen by two coders",
    "none_all_coded": "no unit was coded by all its coders",
    "one_rater_never": "one coder never gave the code, so kappa is 0 whatever the other did",
    "one_code": "with one code there is no choice between codes to agree on",
    "overlapping_codes": "codes of one coder overlap, so no single code can be told",
    "many_sets": "more than 10,000 different sets of codes: distances are not computed",
    "few_errors": "fewer than 10 errors in the drawn documents: no interval",
    "counts_only": "given to 3 passages at most: the counts are shown, a coefficient would mislead",
    "few_uses": "given to fewer than 10 passages: no interval",
    "few_joint_uses": "two humans gave the code to the same passage fewer than 3 times: no interval of the difference",
    "few_coded_documents": "given in fewer than 5 documents: no interval",
    "single_cluster": "all uses lie in one document: no interval",
    "few_documents": "fewer than 6 documents: no interval",
    "very_few_documents": "6 to 9 documents: the interval is rough",
    "perfect": "complete agreement: no interval on this scale",
    "alike_everywhere": "the coders agree alike in every document, more evenly than separate segments would by chance; "
    "the interval is as wide as for independent segments",
    "undefined_resamples": "more than 5% of the resamples were undefined: the interval is unreliable",
}
"""What each reason or flag means, in words for a reader."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One coefficient.

    Attributes:
        value: The coefficient, None where it is undefined.
        low: Lower end of the interval, None where the evidence allows none.
        high: Upper end.
        se: Standard error between documents, None where there is none.
        reason: A key of `REASONS` where `value` is None.
        no_interval: A key of `REASONS` where there is a value but no interval.
        flags: Further keys of `REASONS` that a reader should know.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    reason: str = ""
    no_interval: str = ""
    flags: tuple[str, ...] = ()

    @property
    def shown(self) -> bool:
        """Whether the value should be printed: it is defined and rests on more than 3 units."""
        return self.value is not None and "counts_only" not in self.flags

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping; an undefined value is null with its reason."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "se": self.se,
            "reason": self.reason,
            "no_interval": self.no_interval,
            "flags": list(self.flags),
        }


@dataclass(frozen=True, slots=True)
class Chances:
    """The verdict's own error rates, in simulated studies like this one (`judgement.power`).

    Attributes:
        studies: Number of simulated studies for each machine.
        worse: By how much the worse machine's coefficient is below that between humans: the margin.
        par_if_worse: Share of studies in which that machine is found on par.
        par_if_equal: Share of studies in which a machine as good as a second human is found on par.
    """

    studies: int
    worse: float
    par_if_worse: float
    par_if_equal: float

    def __str__(self) -> str:
        """The two rates as a sentence."""
        return (
            f"a machine {apa(self.worse)} worse would be called on par in {100 * self.par_if_worse:.0f} of 100 studies like "
            f"yours; an equal one is recognised in {100 * self.par_if_equal:.0f}"
        )


def apa(value: float | None, digits: int = 2, plus: bool = False) -> str:
    """A coefficient as journals print it: .67, -.24, 1.00, never -.00; a dash where it is undefined."""
    if value is None or not math.isfinite(value):
        return "-"
    shown = f"{round(value, digits) + 0.0:{'+' if plus else ''}.{digits}f}"
    return shown.replace("0.", ".", 1) if abs(round(value, digits)) < 1 else shown


FIRM, TENTATIVE = 0.8, 0.667
"""Krippendorff's (2004) limits for firm and for tentative conclusions."""
_LEVELS = (
    (
        FIRM,
        "enough for firm conclusions (.80 or more)",
        "Good for: reporting as it stands; share out the remaining documents, with a check now and then.",
    ),
    (
        TENTATIVE,
        "enough for tentative conclusions (.667 to .80)",
        "Good for: tentative conclusions. Talk the weakest codes through before sharing out the rest.",
    ),
    (
        -1.0,
        "too low to build conclusions on (below .667)",
        "Good for: seeing where the codebook is unclear. Not yet for counting codes or sharing out documents.",
    ),
)
"""From which kappa on: what it is enough for, and what the coding is good for."""


def enough(kappa: Estimate, left_out: str) -> tuple[str, str] | None:
    """What a kappa is enough for, and what coding that agrees so far is good for; None where it is undefined.

    Args:
        kappa: Over all codes, with its interval where there is one.
        left_out: What the interval is drawn from, one of it: document, participant.
    """
    if kappa.value is None:
        return None
    limit, level, good = next(level for level in _LEVELS if kappa.value >= level[0])
    if kappa.low is None and kappa.no_interval != "perfect":
        why = REASONS.get(kappa.no_interval, "no interval").partition(":")[0]
        more = f"Good for: a first impression. Have two of you code more {left_out}s, then run this again."
        return f"{why}, so how sure this is cannot be said", more
    if kappa.low is not None and kappa.low < limit:
        return f"{level}, if it is not as low as {apa(kappa.low)}", _LEVELS[1][2] if limit > 0 else good
    return level, good


def how_likely(probability: float) -> str:
    """What a probability, as a reader sees it, allows to say: from even odds on likely, below that possible."""
    return "likely" if round(probability, 2) >= 0.5 else "possible"


def number(value: float) -> float | None:
    """A plain float, None for NaN or infinity."""
    return float(value) if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class AgreementOptions:
    """Settings of an agreement report.

    Attributes:
        machines: Ids of the coders that are machines; all others are humans.
        margin: How much less reliable than a second human the machine may be, in `coefficient`. Fix
            it before looking at the results.
        coefficient: What the verdict compares: kappa (Cohen's), alpha (Krippendorff's, of each pair), another name of
            `binary.BINARY`, a function of 2 x 2 tables, or `module:name` of one (`verdict.coefficient_of`).
        confidence: Coverage of the intervals.
        bound: One-sided confidence of the bounds on delta that decide the verdict. At .975 the verdict
            can be read off the two-sided 95% interval, and a machine just at the margin passes in
            fewer than 5% of studies; at .95 it would pass in 6 to 7% (measured, benchmarks).
        interval: `jackknife` (default: how much joint uses vary between documents for kappa and its kin, see
            `intervals.joint_share`; for the others and for differences, leaving out one document at a time) or
            `bootstrap` (percentiles of documents drawn again; for 30 documents or more).
        resamples: Draws of the bootstrap.
        seed: Seed of the bootstrap; same seed, same interval.
        clusters: Participant of a document by its id, where a participant has several documents;
            then the participant is left out as a whole.
        human_floor: Coefficient between humans below which the codebook, not the machine, needs work
            (Krippendorff's limit for tentative conclusions).
        machine_floor: Mean coefficient between machine and humans below which no use is supported.
        studies: Simulated studies behind the pooled verdict's own error rates (`Verdict.chances`); 0 for none, as in
            loops over many comparisons.
    """

    machines: tuple[str, ...] = ()
    margin: float = 0.10
    confidence: float = 0.95
    bound: float = 0.975
    interval: Literal["jackknife", "bootstrap"] = "jackknife"
    resamples: int = 2000
    seed: int = 0
    clusters: Mapping[str, str] = field(default_factory=dict)
    human_floor: float = 0.667
    machine_floor: float = 0.60
    coefficient: str | Callable[[FloatArray], FloatArray] = "kappa"
    studies: int = 0

    @property
    def coefficient_name(self) -> str:
        """What the verdict compares, in words."""
        known = {"kappa": "Cohen's kappa", "alpha": "Krippendorff's alpha"}
        return known.get(self.coefficient_key, self.coefficient_key.replace("_", " "))

    @property
    def coefficient_key(self) -> str:
        """What the verdict compares, by its name alone."""
        given = self.coefficient
        return given.rpartition(":")[2] if isinstance(given, str) else str(getattr(given, "__name__", "own coefficient"))

    @property
    def interval_way(self) -> str:
        """How the intervals are made, in words."""
        if self.interval == "bootstrap":
            return f"percentiles of {self.resamples:,} draws of whole {self.left_out}s (seed {self.seed})"
        return f"by the share of joint uses, with {self.left_out}s as clusters (Korn & Graubard 1998)"

    @property
    def left_out(self) -> str:
        """What intervals leave out one at a time, in a word."""
        return "participant" if self.clusters else "document"
