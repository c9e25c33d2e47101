"""Tables, figures and pages of a coded study."""

from autocode.report.dossier import dossier
from autocode.report.findings import Checked, Findings, Trail
from autocode.report.html import study_html, suggestions_html
from autocode.report.record import NAME, Record, load_record
from autocode.report.tables import described, to_json
from autocode.report.written import FORMS, write_dossier

__all__ = [
    "FORMS",
    "NAME",
    "Checked",
    "Findings",
    "Record",
    "Trail",
    "described",
    "dossier",
    "load_record",
    "study_html",
    "suggestions_html",
    "to_json",
    "write_dossier",
]
