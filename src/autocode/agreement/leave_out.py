"""Second opinions on a machine from alpha over all coders: what changes without each of them?

Source: Krippendorff, K. (2004). Content Analysis, 2nd ed., ch. 11 (reliability with and without a
coder); intervals by leaving out documents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import autocode.agreement.binary as binary
import autocode.agreement.intervals as intervals
from autocode.agreement.counts import Decisions, check_coders, coincidence_counts, uses, with_pooled
from autocode.agreement.estimate import Estimate
from autocode.agreement.measure import Evidence, estimates, evidence
from autocode.matrix import FloatArray


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Alpha of one code without one coder.

    Attributes:
        code: Path of the code, "" for all codes pooled.
        coder: The coder left out.
        without: Alpha of the other coders.
        gain: Alpha without the coder minus alpha of all; positive where the coder lowers it.
    """

    code: str
    coder: str
    without: Estimate
    gain: Estimate


def leave_one_coder_out(data: Decisions, confidence: float = 0.95) -> list[LeftOut]:
    """Alpha without each coder in turn, pooled and for every code.

    Raises:
        StudyError: Fewer than two coders, or none of their units are shared.

    Example:
        >>> data = Decisions.of([[[1], [0], [1], [0]], [[1], [0], [1], [0]], [[0], [1], [1], [0]]])
        >>> [(x.coder, round(x.without.value, 2)) for x in leave_one_coder_out(data) if not x.code]
        [('c1', 0.12), ('c2', 0.12), ('c3', 1.0)]
    """
    check_coders(data)
    everyone = list(range(len(data.coders)))
    whole = with_pooled(coincidence_counts(data, everyone))
    found = evidence(with_pooled(uses(data, everyone)[:, :, None])[:, :, 0], _documents(whole))
    result = []
    for r in everyone:
        rest = with_pooled(coincidence_counts(data, [i for i in everyone if i != r]))
        without, gain = _compare(whole, rest, found, confidence)
        result += [LeftOut(code, data.coders[r], without[c], gain[c])
                   for c, code in enumerate(("", *data.codes))]  # fmt: skip
    return result


def _documents(counts: FloatArray) -> int:
    return int((counts[:, 0].sum(-1) > 0).sum())


def _compare(
    whole: FloatArray, rest: FloatArray, found: Evidence, confidence: float
) -> tuple[list[Estimate], list[Estimate]]:
    """Alpha of the rest, and what it gains over the whole, document by document."""
    both = np.stack([whole, rest], axis=1)
    both = both[both.sum((1, 2, 3)) > 0]
    alone = intervals.jackknife(both[:, 1], binary.alpha_binary)
    gain = intervals.jackknife(both, _gain)
    reason = "no_variance" if rest.any() else "no_pairs"
    return (
        estimates(alone, intervals.fisher(alone, confidence), found, reason),
        estimates(gain, intervals.plain(gain, confidence), found, reason),
    )


def _gain(tables: FloatArray) -> FloatArray:
    alpha = binary.alpha_binary(tables)
    difference: FloatArray = alpha[..., 1, :] - alpha[..., 0, :]
    return difference


def alpha_change(data: Decisions, machine: str, confidence: float = 0.95) -> list[LeftOut]:
    """What the machine does to the reliability of the humans, pooled and for every code.

    `gain` is positive where alpha is higher without the machine.
    """
    return [x for x in leave_one_coder_out(data, confidence) if x.coder == machine]


def outliers(left_out: list[LeftOut], code: str = "") -> list[str]:
    """Coders without whom alpha is higher than without any other, beyond chance (one or none)."""
    rows = [x for x in left_out if x.code == code and x.without.value is not None]
    if len(rows) < 2:
        return []
    worst = max(rows, key=lambda x: x.without.value or 0.0)
    return [worst.coder] if worst.gain.low is not None and worst.gain.low > 0 else []
