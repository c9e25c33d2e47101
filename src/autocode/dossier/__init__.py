"""Tables, figures and pages of a coded study."""

from autocode.dossier.dossier import FORMS, dossier, study_html, write_dossier
from autocode.dossier.findings import Checked, Findings, Trail
from autocode.dossier.html import Outlook, suggestions_html
from autocode.dossier.record import NAME, Record, load_record
from autocode.dossier.tables import Description

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
