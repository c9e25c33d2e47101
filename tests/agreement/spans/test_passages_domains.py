"""ATLAS.ti-like agreement on semantic domains."""

from __future__ import annotations

import pytest

from autocode.agreement.coefficients.krippendorff import set_alpha
from autocode.agreement.judgement.conventions import Coded
from autocode.agreement.spans import Span
from autocode.agreement.spans.passages import atlasti_domains, cu_omnibus, domains_of

CODES = ["A > x", "A > y", "B > z"]
ONE = Coded("d", 30, (Span(0, 10, "A > x"), Span(5, 12, "B > z")), (Span(0, 8, "A > y"), Span(20, 25, "B > z")))
TWO = Coded("e", 20, (Span(0, 10, "A > x"),), (Span(0, 10, "A > x"),))


def test_omnibus_is_nominal_alpha_over_characters() -> None:
    """Cu-alpha is the alpha of every character's set of domains, the empty set being one."""

    def domains(spans: tuple[Span, ...], at: int) -> set[str]:
        return {"+".join(sorted({s.code[0] for s in spans if s.start <= at < s.end}))}

    units = [[domains(d.first, i), domains(d.second, i)] for d in (ONE, TWO) for i in range(d.length)]
    assert cu_omnibus([ONE, TWO], domains_of(CODES)).value == pytest.approx(set_alpha(units, "jaccard").value)


def test_another_code_of_the_same_domain_agrees() -> None:
    """The omnibus value asks for the domain, the domain's own cu-alpha for the code."""
    same = Coded("d", 30, (Span(0, 10, "A > x"),), (Span(0, 10, "A > y"),))
    found = atlasti_domains([same], CODES)
    assert found.omnibus.value == 1
    assert found.by_domain["A"].cu_alpha.value is not None
    assert found.by_domain["A"].cu_alpha.value <= 0


def test_nothing_to_compare_is_undefined() -> None:
    """No document, or no coding at all, gives no value."""
    assert cu_omnibus([], domains_of(CODES)).reason == "no_pairs"
    assert cu_omnibus([Coded("d", 9, (), ())], domains_of(CODES)).reason == "no_variance"
