"""Published examples, recomputed."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from cases import close, compute, passes

REFERENCE = Path(__file__).parents[3] / "shared" / "guides" / "agreement_reference.json"
CASES: list[dict[str, Any]] = json.loads(REFERENCE.read_text("utf-8")) if REFERENCE.exists() else []


@pytest.mark.skipif(not CASES, reason="the shared reference cases are not on this machine")
def test_every_reference_case_passes() -> None:
    """All published cases are met at their tolerance, and at 1e-9 where an exact value is given."""
    assert [case["id"] for case in CASES if not passes(case)] == []
    assert len(CASES) >= 180


def table(rows: list[list[int]], name: str) -> dict[str, Any]:
    """A case of a contingency table."""
    return {"coefficient": name, "data": {"format": "contingency", "categories": [1, 2], "table": rows}}


def test_an_undefined_case_must_be_undefined() -> None:
    """Expected null passes only where the value is None, and None passes for nothing else."""
    case = table([[0, 0], [0, 50]], "cohen_kappa") | {"expected": None, "tolerance": 1e-9}
    assert passes(case)
    assert not passes(case | {"expected": 1.0})
    assert not passes(table([[5, 1], [1, 5]], "cohen_kappa") | {"expected": None, "tolerance": 1e-9})


def test_exact_is_stricter_than_the_tolerance() -> None:
    """A value within rounding but off the exact one fails."""
    case = table([[20, 5], [10, 15]], "cohen_kappa") | {"expected": 0.4, "tolerance": 0.01}
    assert passes(case | {"exact": 0.4})
    assert not passes(case | {"exact": 0.4001})


def test_an_unknown_coefficient_fails_without_an_error() -> None:
    """A file with a coefficient this package lacks is counted as failed."""
    assert not passes(table([[1, 1], [1, 1]], "magic") | {"expected": 0, "tolerance": 1})
    with pytest.raises(KeyError):
        compute(table([[1, 1], [1, 1]], "magic"))


def test_weighted_names() -> None:
    """_quadratic and _linear at the end of a name weight the coefficient."""
    rows = [[4, 1], [1, 4]]
    assert compute(table(rows, "cohen_kappa_quadratic")) == pytest.approx(0.6)  # two categories: as unweighted
    assert compute(table(rows, "gwet_ac2_linear")) == pytest.approx(0.6)


def test_closeness_of_nested_values() -> None:
    """Mappings and lists are compared part by part."""
    assert close({"a": [1.0, None]}, {"a": [1.0 + 1e-12, None]}, 1e-9)
    assert not close({"a": [1.0]}, {"a": [1.0, 2.0]}, 1e-9)
    assert not close({}, {"a": 1}, 1)
    assert compute(table([[0, 0], [0, 9]], "positive_agreement")) is None
    assert not math.isnan(compute(table([[1, 0], [0, 9]], "positive_agreement")))
