"""Recompute published examples: from a case (coefficient, data) to the value this package gives.

A case is {id, coefficient, data, expected, tolerance, exact}; `data.format` is one of contingency,
ratings, counts, ratings_sets, set_pair, spans, masses, holsti, doc_counts, coded_units, alt_test, ppi,
params. `benchmarks/agreement.py --cases FILE` runs a file of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import cases_coders as coders
import cases_tables as tables

from autocode.agreement.estimate import Estimate
from autocode.errors import AutocodeError

FORMATS: Mapping[str, Callable[[str, Mapping[str, Any]], Any]] = {
    "contingency": tables.contingency,
    "ratings": tables.ratings,
    "counts": tables.counts,
    "ratings_sets": tables.ratings_sets,
    "set_pair": tables.set_pair,
    "doc_counts": tables.doc_counts,
    "holsti": tables.holsti,
    "spans": coders.spans,
    "masses": coders.masses,
    "coded_units": coders.coded_units,
    "alt_test": coders.alternative,
    "ppi": coders.ppi,
    "params": coders.params,
}
"""For each data format, the function from a coefficient's name and the data to its value."""


def compute(case: Mapping[str, Any]) -> Any:
    """The value of a case: a float, None where undefined, or a mapping of such.

    Raises:
        KeyError: The coefficient or the format is not known.
    """
    data = case["data"]
    value = FORMATS[data["format"]](case["coefficient"], data)
    return _plain(value)


def _plain(value: Any) -> Any:
    """Estimates as their values and NaN as None, also inside mappings and lists."""
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, Estimate):
        return _plain(value.value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def passes(case: Mapping[str, Any]) -> bool:
    """Whether the case is met within its tolerance, and within 1e-9 of `exact` where given."""
    try:
        value = compute(case)
    except (KeyError, ValueError, AutocodeError):
        return False
    within = close(value, case["expected"], float(case["tolerance"]))
    exact = case.get("exact")
    return within and (exact is None or close(value, exact, max(1e-9, 1e-11 * abs(exact))))


def close(value: Any, expected: Any, tolerance: float) -> bool:
    """Whether two values, lists or mappings agree; None agrees with None only."""
    if isinstance(expected, Mapping):
        return isinstance(value, Mapping) and all(k in value and close(value[k], e, tolerance) for k, e in expected.items())
    if isinstance(expected, list):
        same = isinstance(value, list | tuple) and len(value) == len(expected)
        return same and all(close(v, e, tolerance) for v, e in zip(value, expected, strict=True))
    if expected is None or value is None:
        return expected is None and value is None
    return bool(abs(value - expected) <= tolerance * (1 + 1e-9) + 1e-15)
