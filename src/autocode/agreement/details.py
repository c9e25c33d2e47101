"""Every coefficient of one pair of coders, for the appendix or a spreadsheet."""

from __future__ import annotations

import numpy as np

from autocode.agreement.binary import BINARY
from autocode.agreement.counts import Decisions, cluster, pair_counts, uses, with_pooled
from autocode.agreement.estimate import Estimate
from autocode.agreement.measure import evidence, measure
from autocode.agreement.options import AgreementOptions
from autocode.errors import StudyError


def details(
    data: Decisions, first: str, second: str, options: AgreementOptions | None = None
) -> dict[str, dict[str, Estimate]]:
    """All coefficients of 2 x 2 tables (`binary.BINARY`) with intervals.

    Returns:
        For "" (all codes pooled) and every code, estimates by the coefficient's name.

    Raises:
        StudyError: There is no such coder, or the two share no unit.

    Example:
        >>> Y = np.array([[[1, 0], [0, 1], [1, 0], [0, 0]], [[1, 0], [0, 1], [0, 1], [0, 0]]])
        >>> data = Decisions.of(Y)
        >>> round(details(data, 'c1', 'c2')['']['gwet_ac1'].value, 3)
        0.529
    """
    for coder in (first, second):
        if coder not in data.coders:
            raise StudyError(f"coder '{coder}'", f"the coders are {', '.join(data.coders)}", "Name one of these.")
    chosen = options or AgreementOptions()
    data = cluster(data, dict(chosen.clusters))
    pair = [data.coders.index(c) for c in (first, second)]
    counts = with_pooled(pair_counts(data, pair[0], pair[1]))
    kept = counts[counts[:, 0].sum(-1) > 0]
    if not len(kept):
        raise StudyError(
            "agreement", f"{first} and {second} share no document: no unit was seen by both",
            "Name coders who saw the same documents.")  # fmt: skip
    places = with_pooled(uses(data, pair)[:, :, None])[:, :, 0]
    found = measure(kept, evidence(places, len(kept)), BINARY, chosen)
    return {code: {name: values[c] for name, values in found.items()} for c, code in enumerate(("", *data.codes))}


def mean_over_codes(values: dict[str, dict[str, Estimate]], name: str = "cohen_kappa") -> tuple[Estimate, int, int]:
    """Unweighted mean over the codes where a coefficient is defined.

    Returns:
        The mean, the number of codes where it is defined, and the number of codes.
    """
    codes = [estimates[name] for code, estimates in values.items() if code]
    defined = [e.value for e in codes if e.value is not None and "no_variance" not in e.flags]
    mean = Estimate(float(np.mean(defined))) if defined else Estimate(None, reason="no_variance")
    return mean, len(defined), len(codes)
