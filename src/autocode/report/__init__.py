"""Tables, figures and pages of a coded study."""

from autocode.report.html import Findings, study_html, suggestions_html
from autocode.report.tables import described, to_json

__all__ = ["Findings", "described", "study_html", "suggestions_html", "to_json"]
