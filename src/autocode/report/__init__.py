"""Tables, figures and pages of a coded study."""

from autocode.report.html import Findings, study_html, suggestions_html
from autocode.report.tables import Description

__all__ = ["Description", "Findings", "study_html", "suggestions_html"]
