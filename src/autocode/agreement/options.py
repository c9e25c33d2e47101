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
        margin: How much less reliable than a second human the machine may be, in kappa. Fix it
            before looking at the results.
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
        human_floor: Kappa between humans below which the codebook, not the machine, needs work
            (Krippendorff's limit for tentative conclusions).
        machine_floor: Mean kappa between machine and humans below which no use is supported.
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
