"""Words for coefficients: published bands, best read for the lower end of the interval.

Bands for kappa and alpha do not carry over to AC1 or percent agreement, which are higher by
construction where a code is rare.

Sources: Landis, J. R. & Koch, G. G. (1977). Biometrics 33, 159-174; Krippendorff, K. (2004). Content
Analysis, 2nd ed., p. 241; Fleiss, J. L. (1981). Statistical Methods for Rates and Proportions;
McHugh, M. L. (2012). Biochemia Medica 22, 276-282; Gwet, K. L. (2014). Handbook, ch. 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autocode.agreement.estimate import Estimate

Bands = Sequence[tuple[float, str]]

BANDS: Mapping[str, Bands] = {
    "landis_koch": (
        (0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"), (0.0, "slight"),
        (-1.0, "poor"),
    ),
    "krippendorff": ((0.8, "reliable"), (0.667, "tentative conclusions only"), (-1.0, "not to be relied on")),
    "fleiss": ((0.75, "excellent"), (0.4, "fair to good"), (-1.0, "poor")),
    "mchugh": (
        (0.9, "almost perfect"), (0.8, "strong"), (0.6, "moderate"), (0.4, "weak"), (0.2, "minimal"),
        (-1.0, "none"),
    ),
}  # fmt: skip
"""For each author, the lower limit of each band from the top, and its word."""


def band(value: float, author: str = "landis_koch") -> str:
    """The word for a value.

    Example:
        >>> band(0.7, 'landis_koch'), band(0.7, 'krippendorff')
        ('substantial', 'tentative conclusions only')
    """
    return next(word for limit, word in BANDS[author] if value >= limit or limit == -1.0)


def cautious_band(estimate: Estimate, author: str = "landis_koch") -> str:
    """The word for the lower end of the interval; "" where there is no interval."""
    return "" if estimate.low is None else band(estimate.low, author)


def gwet_band(value: float, se: float, author: str = "landis_koch", level: float = 0.95) -> str:
    """The band in which, from the top, the coefficient lies with at least this probability.

    Normal membership probabilities, normalised to [-1, 1] (Gwet 2014, ch. 6); without spread the
    band of the value.
    """
    from scipy.special import ndtr  # late: the command line must start at once

    if se <= 0:
        return band(value, author)
    whole = float(ndtr((value + 1) / se) - ndtr((value - 1) / se))
    upper, total = 1.0, 0.0
    for limit, word in BANDS[author]:
        total += float(ndtr((value - limit) / se) - ndtr((value - upper) / se)) / whole
        if total >= level:
            return word
        upper = limit
    return BANDS[author][-1][1]
