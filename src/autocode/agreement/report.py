"""AgreementReport: what `agree` returns; printed, it is a plain-text table."""

from __future__ import annotations

from dataclasses import dataclass

from autocode.agreement.render import to_text
from autocode.agreement.rows import Findings


@dataclass(frozen=True)
class AgreementReport(Findings):
    """Agreement between coders, machine or human, over documents both have seen.

    `str(report)` is a table at most 100 wide, `report.to_json()` a JSON-ready mapping; the
    attributes are those of `Findings`.
    """

    def __str__(self) -> str:
        """The table as plain text."""
        return to_text(self)
