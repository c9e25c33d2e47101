"""Estimate: a coefficient with its interval, or the reason why there is none.

Undefined is undefined: `value` is None and `reason` says why; it is never replaced by 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REASONS: Mapping[str, str] = {
    "no_variance": "neither coder ever, or both always, gave the code",
    "no_positives": "nobody gave the code",
    "no_pairs": "no unit was seen by two coders",
    "one_rater_never": "one coder never gave the code, so kappa is 0 whatever the other did",
    "one_code": "with one code there is no choice between codes to agree on",
    "overlapping_codes": "codes of one coder overlap, so no single code can be told",
    "few_errors": "fewer than 10 errors in the drawn documents: no interval",
    "counts_only": "given to 3 units at most: the counts are shown, a coefficient would mislead",
    "few_uses": "given to fewer than 10 units: no interval",
    "few_coded_documents": "given in fewer than 5 documents: no interval",
    "single_cluster": "all uses lie in one document: no interval",
    "few_documents": "fewer than 6 documents: no interval",
    "very_few_documents": "6 to 9 documents: the interval is rough",
    "perfect": "complete agreement: no interval on this scale",
    "undefined_resamples": "more than 5 % of the resamples were undefined: the interval is unreliable",
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
            "value": self.value, "low": self.low, "high": self.high, "se": self.se,
            "reason": self.reason, "no_interval": self.no_interval, "flags": list(self.flags),
        }  # fmt: skip


def number(value: float) -> float | None:
    """A plain float, None for NaN or infinity."""
    return float(value) if math.isfinite(value) else None
