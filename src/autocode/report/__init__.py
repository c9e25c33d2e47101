"""Tables, figures and pages of a coded study."""

from autocode.report.dossier import dossier
from autocode.report.findings import Checked, Findings, Trail
from autocode.report.html import study_html, suggestions_html
from autocode.report.outlook import Outlook
from autocode.report.record import NAME, Record, load_record
from autocode.report.tables import Description
from autocode.report.written import FORMS, write_dossier

__all__ = [
    "FORMS",
    "NAME",
    "Checked",
    "Description",
    "Findings",
    "Outlook",
    "Record",
    "Trail",
    "dossier",
    "load_record",
    "study_html",
    "suggestions_html",
    "write_dossier",
]
