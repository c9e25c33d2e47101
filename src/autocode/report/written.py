"""A dossier on disk: page, Word file and workbook together, or one of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.files import write_atomic
from autocode.report.dossier import dossier
from autocode.report.findings import Findings
from autocode.report.html import dossier_html
from autocode.report.word import word
from autocode.report.workbook import workbook
from autocode.study import Study

FORMS = ("html", "docx", "xlsx")
"""The forms of a dossier."""


def write_dossier(study: Study, findings: Findings, folder: Path, forms: Sequence[str] = FORMS) -> list[Path]:
    """Write a dossier in some forms; the same study and findings give the same bytes.

    Returns:
        The files written.

    Raises:
        InputError: There is no such form, or a file cannot be written.
        StudyError: dossier.toml names a group that the study has not.
    """
    unknown = [form for form in forms if form not in FORMS]
    if unknown:
        raise InputError(f"form '{unknown[0]}'", f"a dossier is written as {', '.join(FORMS)}", "Choose one of these.")
    made = dossier(study, findings)
    contents: dict[str, str | bytes] = {}
    for form in forms:
        contents[form] = (
            dossier_html(made, findings) if form == "html" else word(made) if form == "docx" else workbook(made)
        )
    paths = [folder / f"dossier.{form}" for form in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        write_atomic(path, content)
    return paths
