"""Questions one asks of a comparison."""

from __future__ import annotations

from autocode.agreement import agree_on
from autocode.agreement.estimate import AgreementOptions
from tests.agreement.made import noisy


def test_a_row_is_found_in_either_order_of_its_coders() -> None:
    """row(code, a, b) and row(code, b, a) are one; an unknown pair is None."""
    report = agree_on(noisy())
    assert report.row("c0", "a", "c") is report.row("c0", "c", "a")
    assert report.row("c0", "a", "a") is None
    assert report.row("nothing") is None


def test_overall_and_verdict_are_pooled_by_default() -> None:
    """Without a code one gets the pooled row and the pooled verdict."""
    report = agree_on(noisy(), AgreementOptions(machines=("c",)))
    overall, verdict = report.overall("machine-human"), report.verdict()
    assert overall is not None
    assert verdict is not None
    assert (overall.code, overall.pairs, verdict.code, verdict.machine) == ("", 2, "", "c")
    assert report.verdict("c1") is not verdict


def test_verdict_json_has_all_estimates() -> None:
    """A verdict's JSON spells out delta and both levels."""
    found = agree_on(noisy(), AgreementOptions(machines=("c",))).to_json()["verdicts"][0]
    assert {"value", "low", "high"} <= found["delta"].keys()
    assert found["label"] in ("supported", "inconclusive")
