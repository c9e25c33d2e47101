"""Agreement between coders, machine or human: the statistics that a reviewer accepts.

`agree(matrix)` gives an `AgreementReport`; the coefficients behind it are plain functions over
arrays. Formulas, sources and readings stand in docs/methods.md.
"""

from autocode.agreement.agree import agree, agree_on
from autocode.agreement.counts import Decisions, decisions
from autocode.agreement.estimate import REASONS, Estimate
from autocode.agreement.options import AgreementOptions
from autocode.agreement.report import AgreementReport
from autocode.agreement.rows import Row, Verdict

__all__ = [
    "REASONS",
    "AgreementOptions",
    "AgreementReport",
    "Decisions",
    "Estimate",
    "Row",
    "Verdict",
    "agree",
    "agree_on",
    "decisions",
]
