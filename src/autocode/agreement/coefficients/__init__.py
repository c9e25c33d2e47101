"""Coefficients as plain functions over arrays: here those of 2 x 2 tables, for any number of tables at once.

A table is a last axis of four: units that got the code from both coders, from the first only,
from the second only, from neither (a, b, c, d; n = a + b + c + d). Where a coefficient is
undefined the result is NaN, never 0 or 1. Counts may be weighted (characters). Categories, more than
two coders and sets of codes have modules of their own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from autocode.agreement.estimate import BoolArray, FloatArray, Statistic
from autocode.errors import ConfigError

TINY = 1e-12  # below this share of n² a chance-corrected denominator is zero


def _ratio(above: FloatArray, below: FloatArray, least: FloatArray | float = 0.0) -> FloatArray:
    """above / below, NaN where `below` does not exceed `least`."""
    defined = below > least
    return np.where(defined, above / np.where(defined, below, 1.0), np.nan)


def _cells(tables: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    a, b, c, d = (tables[..., i] for i in range(4))
    return a, b, c, d, a + b + c + d


def percent_agreement(tables: FloatArray) -> FloatArray:
    """(a + d) / n; NaN without units.

    Reading: high by itself where a code is rare.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(percent_agreement(tables)), 3)
        0.85
    """
    a, _, _, d, n = _cells(tables)
    return _ratio(a + d, n)


def cohen_kappa(tables: FloatArray) -> FloatArray:
    """Cohen's kappa; NaN where chance agreement is 1 (no variance).

    Source: Cohen, J. (1960). Educational and Psychological Measurement 20, 37-46. Written as
    2(ad - bc) / ((a+b)(b+d) + (a+c)(c+d)), which is exactly 0 where one coder never gave the code.

    Reading: 1 complete, 0 what chance alone would give, below 0 worse than chance.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(cohen_kappa(tables)), 3)
        0.625
    """
    a, b, c, _, n = _cells(tables)
    return kappa_of_counts(a, a + b, a + c, n)


def kappa_of_counts(both: ArrayLike, first: ArrayLike, second: ArrayLike, units: ArrayLike) -> FloatArray:
    """Cohen's kappa from what both, the first and the second coder gave, of so many units; NaN where undefined.

    Example:
        >>> round(float(kappa_of_counts(20, 25, 30, 100)), 3)
        0.625
    """
    a, r, s, n = (np.asarray(x, dtype=np.float64) for x in (both, first, second, units))
    return _ratio(2 * (a * n - r * s), r * (n - s) + s * (n - r), TINY * n * n)


def mean_kappa(tables: FloatArray) -> FloatArray:
    """Mean of Cohen's kappa over the pairs of coders where it is defined: (...) from (..., P, 4), else NaN."""
    return mean_defined(cohen_kappa(tables), -1)


def mean_defined(values: FloatArray, axis: int) -> FloatArray:
    """Mean over an axis of the values that are defined, NaN where none is."""
    defined = np.isfinite(values)
    n = defined.sum(axis)
    return np.where(n > 0, np.where(defined, values, 0.0).sum(axis) / np.maximum(n, 1), np.nan)


def cells(first: BoolArray, second: BoolArray) -> FloatArray:
    """(..., 4) whether both, the first only, the second only or neither gave a code, from two (...) arrays."""
    return np.stack([first & second, first & ~second, ~first & second, ~(first | second)], axis=-1).astype(np.float64)


def cohen_kappa_max(tables: FloatArray) -> FloatArray:
    """The largest kappa that the two coders' marginals allow (Cohen 1960, p. 42).

    Formula: (P_max - P_e) / (1 - P_e), P_max the sum of the smaller marginals. Reading: what is
    missing to 1 is lost to coders who use the code unequally often.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(cohen_kappa_max(tables)), 3)
        0.875
    """
    a, b, c, d, n = _cells(tables)
    best = np.minimum(a + b, a + c) + np.minimum(c + d, b + d)
    chance = _ratio((a + b) * (a + c) + (c + d) * (b + d), n)
    return _ratio(best - chance, n - chance, TINY * n)


def scott_pi(tables: FloatArray) -> FloatArray:
    """Scott's pi. Source: Scott, W. A. (1955). Public Opinion Quarterly 19, 321-325.

    Formula: (P_o - P_e) / (1 - P_e), P_e from the mean marginals. Reading: as kappa, for coders who
    are exchangeable.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(scott_pi(tables)), 3)
        0.624
    """
    a, b, c, d, n = _cells(tables)
    ones, zeros = 2 * a + b + c, 2 * d + b + c
    return 1 - _ratio(2 * n * (b + c), ones * zeros, TINY * n * n)


def krippendorff_alpha(tables: FloatArray) -> FloatArray:
    """Krippendorff's alpha of two coders: pi + (1 - pi) / (2n); of more with `counts.coincidence_counts`.

    Source: Krippendorff, K. (2004). Content Analysis, 2nd ed., ch. 11.

    Reading: .80 is customary for firm, .667 for tentative conclusions.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(krippendorff_alpha(tables)), 3)
        0.626
    """
    a, b, c, d, n = _cells(tables)
    ones, zeros = 2 * a + b + c, 2 * d + b + c
    return 1 - _ratio((2 * n - 1) * (b + c), ones * zeros, TINY * 4 * n * n)


def gwet_ac1(tables: FloatArray) -> FloatArray:
    """Gwet's AC1 for a code given or not; 1 without variance, which callers flag.

    Source: Gwet, K. L. (2008). British Journal of Mathematical and Statistical Psychology 61, 29-48.

    Formula: P_e = 2 p (1 - p), p the mean share of units with the code. Reading: stays high where a
    code is rare; the bands for kappa do not apply.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(gwet_ac1(tables)), 3)
        0.751
    """
    a, b, c, d, n = _cells(tables)
    chance = _ratio((2 * a + b + c) * (2 * d + b + c), 2 * n * n)
    return _ratio(_ratio(a + d, n) - chance, 1 - chance)


def pabak(tables: FloatArray) -> FloatArray:
    """Prevalence-adjusted bias-adjusted kappa, 2(a + d)/n - 1 (= Bennett's S with two categories).

    Source: Byrt, T., Bishop, J. & Carlin, J. B. (1993). Journal of Clinical Epidemiology 46, 423-429.

    Reading: percent agreement stretched to -1 .. 1; no correction for prevalence.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(pabak(tables)), 3)
        0.7
    """
    return 2 * percent_agreement(tables) - 1


def positive_agreement(tables: FloatArray) -> FloatArray:
    """2a / (2a + b + c): Dice, or F1 of either coder against the other; NaN where nobody coded.

    Source: Cicchetti, D. V. & Feinstein, A. R. (1990). Journal of Clinical Epidemiology 43, 551-558.

    Reading: agreement on giving the code, whatever is left uncoded.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(positive_agreement(tables)), 3)
        0.727
    """
    a, b, c, _, _ = _cells(tables)
    return _ratio(2 * a, 2 * a + b + c)


def negative_agreement(tables: FloatArray) -> FloatArray:
    """2d / (2d + b + c) (Cicchetti & Feinstein 1990); NaN where every unit got the code twice.

    Reading: agreement on not giving the code.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(negative_agreement(tables)), 3)
        0.897
    """
    _, b, c, d, _ = _cells(tables)
    return _ratio(2 * d, 2 * d + b + c)


def jaccard(tables: FloatArray) -> FloatArray:
    """a / (a + b + c); NaN where nobody coded.

    Source: Jaccard, P. (1912). New Phytologist 11, 37-50. Reading: of the units anyone coded, the
    share that both coded.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(jaccard(tables)), 3)
        0.571
    """
    a, b, c, _, _ = _cells(tables)
    return _ratio(a, a + b + c)


def prevalence_index(tables: FloatArray) -> FloatArray:
    """(a - d) / n (Byrt, Bishop & Carlin 1993).

    Reading: near -1 for a rare code, where kappa is low by itself.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(prevalence_index(tables)), 3)
        -0.45
    """
    a, _, _, d, n = _cells(tables)
    return _ratio(a - d, n)


def bias_index(tables: FloatArray) -> FloatArray:
    """(b - c) / n (Byrt, Bishop & Carlin 1993).

    Reading: positive where the first coder gives the code more often.

    Example:
        >>> tables = np.array([20.0, 5.0, 10.0, 65.0])  # both, first only, second only, neither
        >>> round(float(bias_index(tables)), 3)
        -0.05
    """
    _, b, c, _, n = _cells(tables)
    return _ratio(b - c, n)


BINARY: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "percent_agreement": percent_agreement,
    "cohen_kappa": cohen_kappa,
    "cohen_kappa_max": cohen_kappa_max,
    "scott_pi": scott_pi,
    "krippendorff_alpha": krippendorff_alpha,
    "gwet_ac1": gwet_ac1,
    "pabak": pabak,
    "positive_agreement": positive_agreement,
    "negative_agreement": negative_agreement,
    "jaccard": jaccard,
    "prevalence_index": prevalence_index,
    "bias_index": bias_index,
}
"""Every coefficient of a 2 x 2 table by name."""


def swap(tables: FloatArray) -> FloatArray:
    """The same tables with the two coders exchanged."""
    return tables[..., [0, 2, 1, 3]]


def symmetric(tables: FloatArray) -> FloatArray:
    """The tables of two exchangeable coders: each unit counted half in either order."""
    return (tables + swap(tables)) / 2


def mean_over(statistic: Callable[[FloatArray], FloatArray]) -> Callable[[FloatArray], FloatArray]:
    """The mean of a coefficient over the defined pairs of axis -3 of (..., P, C, 4) counts.

    >>> pairs = np.array([[[40.0, 5, 10, 45]], [[0.0, 0, 0, 100]]])  # two pairs of coders, one code; kappa .7 and undefined
    >>> mean_over(cohen_kappa)(pairs).round(2).tolist()
    [0.7]
    """

    def mean(tables: FloatArray) -> FloatArray:
        """(..., C) means from (..., P, C, 4) tables."""
        return mean_defined(statistic(tables), -2)

    return mean


COEFFICIENTS: Mapping[str, Statistic] = {
    "kappa": cohen_kappa,
    "alpha": krippendorff_alpha,
    **BINARY,
}
"""What a verdict may compare by name."""


def coefficient_of(given: str | Statistic) -> Statistic:
    """The coefficient of a name, of `module:name`, or as it is given: from tables (..., 4) to (...).

    A table holds how many units got the code from both coders, the first only, the second only, neither. A function of one
    such table will do: it is then called for each.

    Raises:
        ConfigError: There is no such name or module, or it does not give one number for each table.
    """
    found: Any = COEFFICIENTS.get(given) if isinstance(given, str) else given
    if found is None:
        module, _, name = str(given).partition(":")
        known = ", ".join(COEFFICIENTS)
        try:
            found = getattr(importlib.import_module(module), name) if name else None
        except (ImportError, AttributeError) as error:
            raise ConfigError(f"coefficient '{given}'", f"it cannot be loaded ({error})", "Check module and name.") from error
        if not callable(found):
            raise ConfigError(f"coefficient '{given}'", f"it is not {known}, nor module:name of a function", "Choose one.")
    if found in COEFFICIENTS.values():
        return cast(Statistic, found)
    trial = np.array([[20.0, 5.0, 10.0, 65.0], [3.0, 1.0, 2.0, 30.0]])
    for form in (found, lambda tables: np.apply_along_axis(found, -1, tables)):
        try:
            if np.asarray(form(trial), dtype=np.float64).shape == (2,):
                return cast(Statistic, form)
        except (TypeError, ValueError, IndexError):
            continue
    raise ConfigError(
        f"coefficient '{getattr(found, '__name__', given)}'",
        "it does not give one number for a table of four counts (both, first only, second only, neither)",
        "Let it take an array whose last axis is these four.",
    )
