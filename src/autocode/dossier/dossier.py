"""From a study and its findings to a dossier: all sections in the order of a paper, written as page, Word file, workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from autocode.dossier import checklist, counts, differences, matrices, provenance, quotes, reliability, second_look, trust
from autocode.dossier.blocks import Block, Cell, Dossier, Figure, Section, Table, Title, View, Words
from autocode.dossier.findings import Findings, software
from autocode.dossier.html import dossier_html
from autocode.dossier.record import check_record
from autocode.dossier.word import word
from autocode.dossier.workbook import workbook
from autocode.errors import InputError
from autocode.formats.files import write_atomic
from autocode.formats.staged import together
from autocode.study import Study


def dossier(study: Study, findings: Findings) -> Dossier:
    """All tables, figures and pages of rigour of a study.

    Raises:
        StudyError: dossier.toml names a group, code, document or place that the study has not.
    """
    check_record(findings.record, study)
    view = View(study, findings.record, findings.accepted)
    history = provenance.versions_of(study.codebook, findings.trail)
    below = {
        "Transferability": _present(counts.sample(view)),
        "Dependability": (*provenance.version_blocks(history, findings.trail), *provenance.model_card(view, findings)),
    }
    sections = [
        Section("participants", "Participants", _present(counts.participants(view))),
        Section("frequencies", "Themes, codes and frequencies", _present(counts.frequency_table(view), counts.corrected(view))),
        Section("codemap", "Code map", _present(counts.map_figure(view))),
        Section("quotes", "Quotes", tuple(quotes.blocks(view, findings.vectors))),
        Section("patterns", "Where codes stand", tuple(matrices.blocks(view))),
        Section("triangulation", "Triangulation", _present(matrices.triangulation(view))),
        Section("agreement", "Agreement", tuple(reliability.blocks(view, findings))),
        Section("differences", "Where coders differ", tuple(differences.blocks(view, findings))),
        Section("stability", "Do the findings stand", tuple(second_look.findings_blocks(view, findings.matrix))),
        *trust.sections(view, findings, history, below),
        Section("checklist", "Reporting checklist", tuple(checklist.blocks(view, findings))),
        Section("ai", "Use of AI", tuple(checklist.disclosure(view, findings))),
        Section("trail", "Audit trail", tuple(provenance.trail(view, findings))),
    ]
    figures, tables = count(1), count(1)
    numbered = list(_numbered((s for s in sections if s.blocks), figures, tables))
    last = Section("again", "How this was made", tuple(_how_made(study, findings, numbered)))
    words = sum(len(d.text.split()) for d in study.documents)
    summary = (
        f"{len(study.documents)} documents, {words:,} words, {len(study.codebook)} codes and themes, "
        f"{len(study.codings):,} codings by {len(study.coders)} coders."
    )
    return Dossier(study.name or "Study", study.notice, summary, (*numbered, *_numbered([last], figures, tables)))


def _present(*blocks: Block | None) -> tuple[Block, ...]:
    return tuple(block for block in blocks if block is not None)


def _numbered(sections: Iterable[Section], figures: Iterator[int], tables: Iterator[int]) -> Iterable[Section]:
    """The sections with running numbers in the captions of figures and tables."""
    for section in sections:
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Figure):
                block = replace(block, caption=f"Figure {next(figures)}. {block.caption}")
            elif isinstance(block, Table) and not block.sheet_only:
                block = replace(block, caption=f"Table {next(tables)}. {block.caption}")
            blocks.append(block)
        yield replace(section, blocks=tuple(blocks))


def _how_made(study: Study, findings: Findings, sections: Sequence[Section]) -> Iterable[Block]:
    yield Words(
        f"With autocode, offline, from the study's own record (codebook {study.codebook.sha256[:12]}, study "
        f"{study.sha256[:12]}).{' Make it again with:' if findings.command else ''}"
    )
    if findings.command:
        yield Words(findings.command, "code")
    yield _sources(findings, sections)
    yield Title("Versions", 4)
    yield Words(software(), "soft")


_VERBS = {
    "participants": "describe",
    "frequencies": "describe",
    "codemap": "describe",
    "agreement": "agree",
    "differences": "agree",
}
"""The verb that prints the figures of a section alone; all others come with the whole dossier."""


def _sources(findings: Findings, sections: Sequence[Section]) -> Table:
    """Each printed table and figure with its sheet in the workbook and the command that makes its numbers again."""
    rows: list[tuple[Cell, ...]] = []
    for section in sections:
        verb = _VERBS.get(section.id, "report")
        verb = "evaluate" if verb == "agree" and findings.evaluation else verb
        command = f"autocode {verb} STUDY" + (" --out FOLDER" if verb == "report" else "")
        for block in section.blocks:
            if isinstance(block, Figure) or (isinstance(block, Table) and not block.sheet_only):
                name, _, caption = block.caption.partition(". ")
                first = caption.partition(". ")[0].partition("; ")[0].partition(": ")[0].rstrip(".")
                rows.append((name, first, block.data.name if isinstance(block, Figure) else block.name, command))
    return Table(
        "Sources",
        "What makes each table and figure again",
        ("Item", "What it shows", "Sheet of the workbook", "Command for its numbers"),
        tuple(rows),
        "tttt",
    )


def study_html(study: Study, findings: Findings) -> str:
    """The dossier of a study, and suggestions for new documents, as one HTML page.

    It needs nothing from outside and is fit for print.

    Raises:
        StudyError: dossier.toml names a group that the study has not.
    """
    return dossier_html(dossier(study, findings), findings)


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
        contents[form] = dossier_html(made, findings) if form == "html" else word(made) if form == "docx" else workbook(made)
    with together(folder) as stage:
        for form, content in contents.items():
            write_atomic(stage / f"dossier.{form}", content)
    return [folder / f"dossier.{form}" for form in contents]
