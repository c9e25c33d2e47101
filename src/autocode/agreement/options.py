"""What the caller of `agree` can decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class AgreementOptions:
    """Settings of an agreement report.

    Attributes:
        machines: Ids of the coders that are machines; all others are humans.
        margin: How much less reliable than a second human the machine may be, in `coefficient`. Fix
            it before looking at the results.
        coefficient: What the verdict compares: Cohen's kappa, or Krippendorff's alpha of each pair.
        confidence: Coverage of the intervals.
        bound: One-sided confidence of the bounds on delta that decide the verdict. At .975 the verdict
            can be read off the two-sided 95 % interval, and a machine just at the margin passes in
            fewer than 5 % of studies; at .95 it would pass in 6 to 7 % (measured, benchmarks).
        interval: `jackknife` (default: leave out one document at a time, t, Fisher z or logit scale)
            or `bootstrap` (percentiles of documents drawn again; for 30 documents or more).
        resamples: Draws of the bootstrap.
        seed: Seed of the bootstrap; same seed, same interval.
        clusters: Participant of a document by its id, where a participant has several documents;
            then the participant is left out as a whole.
        human_floor: Coefficient between humans below which the codebook, not the machine, needs work
            (Krippendorff's limit for tentative conclusions).
        machine_floor: Mean coefficient between machine and humans below which no use is supported.
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
    coefficient: Literal["kappa", "alpha"] = "kappa"

    @property
    def coefficient_name(self) -> str:
        """What the verdict compares, in words."""
        return {"kappa": "Cohen's kappa", "alpha": "Krippendorff's alpha"}[self.coefficient]

    @property
    def interval_way(self) -> str:
        """How the intervals are made, in words."""
        if self.interval == "bootstrap":
            return f"percentiles of {self.resamples:,} draws of whole {self.left_out}s (seed {self.seed})"
        return f"leaving out one {self.left_out} at a time, t on the Fisher z scale"

    @property
    def left_out(self) -> str:
        """What intervals leave out one at a time, in a word."""
        return "participant" if self.clusters else "document"
