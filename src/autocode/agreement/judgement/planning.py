"""How many documents a study still needs, from what it has.

Standard errors between documents shrink with the root of the number of documents: a first plan for
a budget, not a promise.
"""

from __future__ import annotations

import math

from autocode.agreement.estimate import Estimate
from autocode.agreement.rows import Verdict


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
    return max(8, math.ceil(verdict.documents * (half / (expected + margin)) ** 2))
