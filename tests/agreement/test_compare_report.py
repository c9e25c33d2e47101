"""AgreementReport."""

from __future__ import annotations

from autocode.agreement import agree_on
from autocode.agreement.render import to_text
from tests.agreement.made import noisy


def test_printing_a_report_gives_its_table() -> None:
    """str(report) is the plain-text table."""
    report = agree_on(noisy())
    assert str(report) == to_text(report)
    assert "All codes pooled" in str(report)
