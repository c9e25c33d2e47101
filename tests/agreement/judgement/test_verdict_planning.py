"""How many documents are still needed."""

from __future__ import annotations

from autocode.agreement import AgreementOptions, Estimate, agree_on, documents_for_interval, documents_for_verdict
from tests.agreement.made import noisy


def test_half_the_width_needs_four_times_the_documents() -> None:
    """Widths shrink with the root; a target already reached needs no more."""
    found = Estimate(0.7, 0.6, 0.8)
    assert documents_for_interval(found, 10, 0.05) == 40
    assert documents_for_interval(found, 10, 0.5) == 10
    assert documents_for_interval(Estimate(0.7), 10, 0.05) is None


def test_documents_for_a_verdict() -> None:
    """A worse machine needs more documents; one below the margin none can help."""
    verdict = agree_on(noisy(documents=10), AgreementOptions(machines=("c",))).verdict()
    assert verdict is not None
    near, far = (documents_for_verdict(verdict, 0.10, d) for d in (-0.08, 0.0))
    assert near is not None
    assert far is not None
    assert near > far >= 8
    assert documents_for_verdict(verdict, 0.10, -0.2) is None
