"""From a study and its findings to a dossier: all sections in the order of a paper, as a page, a Word file, a workbook."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autocode.dossier import (
    answer,
    counts,
    differences,
    matrices,
    provenance,
    quotes,
    reliability,
    second_look,
    standards,
    trust,
)
from autocode.dossier.blocks import Block, Cell, Dossier, Figure, Points, Section, Table, View, Words, reference
from autocode.dossier.findings import Findings, Version, software
from autocode.dossier.html import dossier_html
from autocode.dossier.matrices import Saturation, saturation, saturation_figure
from autocode.dossier.office import word, workbook
from autocode.dossier.record import check_record, open_questions, unanswered
from autocode.errors import InputError, counted
from autocode.formats.files import write_atomic
from autocode.formats.staged import together
from autocode.study import Study


def dossier(study: Study, findings: Findings, size: str = "full") -> Dossier:
    """All tables, figures and pages of rigour of a study, or what a journal has room for.

    Args:
        study: The study.
        findings: Agreement, suggestions, the model, the record, the trail.
        size: One of `SIZES`.

    Raises:
        InputError: There is no such size.
        StudyError: dossier.toml names a group, code, document or place that the study has not.
    """
    if size not in SIZES:
        raise InputError(f"size '{size}'", f"a dossier comes as {' or '.join(SIZES)}", "Choose one of these.")
    check_record(findings.record, study)
    view = View(study, findings.record, findings.accepted)
    history, came = provenance.versions_of(study.codebook, findings.trail), saturation(view)
    again = second_look.told(view, findings)
    relooked = [" ".join(second_look.relook_answer(coder, found)) for coder, found in again.again.items()]
    known, criteria = standards.facts(view, findings, came), trust.criteria(view, findings, history, relooked)
    parts = Parts(view, findings, known, criteria, answer.limitations(view, findings, came))
    chosen = quotes.choose(view, findings.vectors)
    sections = _journal(parts, chosen, again) if size == "journal" else _full(parts, chosen, again, history, came)
    numbered, numbers = _numbered([s for s in sections if s.blocks])
    made = Section("again", "How this was made", tuple(_how_made(study, findings, numbered if size == "full" else [])))
    last, numbers = _numbered([made], numbers)
    words, by = sum(len(d.text.split()) for d in study.documents), Counter(c.coder for c in study.codings)
    people = [c for c in study.humans if by[c]]
    agreed = f", and {by[study.agreed]:,} agreed on" if by[study.agreed] else ""
    summary = (
        f"{counted(len(study.documents), 'document')}, {counted(words, 'word')}, "
        f"{counted(len(study.codebook), 'code')} and themes, "
        f"{counted(sum(by[c] for c in people), 'coding')} by {counted(len(people), 'coder')}{agreed}."
    )
    whole = tuple(_resolved(section, numbers) for section in (*numbered, *last))
    text = Section("paragraphs", "Paragraphs to paste", tuple(answer.paragraph_blocks(view, findings, known)))
    return Dossier(study.name or "Study", study.notice, summary, whole, _resolved(text, numbers).blocks)


SIZES = ("full", "journal")
"""All there is, with appendix tables; or what a journal has room for, 12 pages for a study of 20 interviews."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What several sections are made of."""

    view: View
    findings: Findings
    known: dict[str, str]
    criteria: tuple[answer.Criterion, ...]
    limits: list[tuple[str, str]]

    def first(self) -> Section:
        """The answer on one page."""
        made = answer.blocks(self.view, self.findings, self.known, self.criteria)
        return Section("answer", "The answer", tuple(made))

    def tables(self) -> Iterator[Section]:
        """Table 1 and Table 2."""
        view = self.view
        yield Section("participants", "Participants", _present(counts.participants(view)))
        found = _present(counts.frequency_table(view), counts.by_coder(view), counts.corrected(view))
        yield Section("frequencies", "Themes, codes and frequencies", found)

    def code_map(self) -> Section:
        """The code map."""
        return Section("codemap", "Code map", _present(counts.map_figure(self.view)))

    def limitations(self) -> Section:
        """Limits drawn from the findings."""
        return Section("limitations", "Limitations", tuple(answer.limitation_blocks(self.limits)))

    def disclosure(self) -> Section:
        """What a machine did."""
        return Section("ai", "Use of AI", tuple(standards.disclosure(self.view, self.findings, self.known)))


def _journal(parts: Parts, chosen: dict[str, list[quotes.Quote]], again: second_look.Told) -> list[Section]:
    view, findings = parts.view, parts.findings
    return [
        parts.first(),
        parts.code_map(),  # on its side, after the page that the answer fills: between tables it leaves half a page empty
        *parts.tables(),
        Section("quotes", "Quotes", tuple(quotes.brief(view, chosen))),
        Section("agreement", "Agreement", tuple(reliability.brief(view, findings))),
        Section("second", "The second look", tuple(second_look.brief(again))),
        Section("trustworthiness", "Trustworthiness", (answer.criteria_table(parts.criteria),)),
        parts.limitations(),
        parts.disclosure(),
    ]


def _full(
    parts: Parts,
    chosen: dict[str, list[quotes.Quote]],
    again: second_look.Told,
    history: Sequence[Version],
    came: Saturation,
) -> list[Section]:
    view, findings, known = parts.view, parts.findings, parts.known
    below = {
        "Transferability": _present(counts.sample(view)),
        "Dependability": (*provenance.version_blocks(history, findings.trail), *provenance.model_card(view, findings)),
    }
    return [
        parts.first(),
        *parts.tables(),
        # What needs a page on its side stands together: each turn of the page leaves the rest of one empty.
        parts.code_map(),
        Section("groups", "Codes by group", _present(matrices.by_group(view))),
        Section("quotes", "Quotes", tuple(quotes.blocks(view, chosen))),
        Section("patterns", "Where codes stand", (*matrices.blocks(view), *_present(saturation_figure(came)))),
        Section("triangulation", "Triangulation", _present(matrices.triangulation(view))),
        Section("agreement", "Agreement", tuple(reliability.blocks(view, findings))),
        Section("differences", "Where coders differ", tuple(differences.blocks(view, findings))),
        Section("second", "The second look", tuple(second_look.blocks(again, view))),
        Section("stability", "Do the findings stand", tuple(second_look.findings_blocks(again.stability))),
        *trust.sections(view, findings, parts.criteria, below),
        parts.limitations(),
        Section("recommendations", "Recommendations", tuple(answer.recommendations(view))),
        Section("statements", "What the researchers say", tuple(standards.statements(view))),
        Section("checklist", "Reporting standards", tuple(standards.blocks(view, known))),
        parts.disclosure(),
        Section("paragraphs", "Paragraphs to paste", tuple(answer.paragraph_blocks(view, findings, known))),
        Section("trail", "Audit trail", tuple(provenance.trail(view, findings))),
    ]


def _present(*blocks: Block | None) -> tuple[Block, ...]:
    return tuple(block for block in blocks if block is not None)


def _numbered(sections: Iterable[Section], before: Mapping[str, str] | None = None) -> tuple[list[Section], dict[str, str]]:
    """The sections with running numbers in their captions; and "Table 1" or "Figure 1" by the name of each."""
    numbers, made = dict(before or {}), []
    for section in sections:
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Figure) or (isinstance(block, Table) and not block.sheet_only):
                kind = "Figure" if isinstance(block, Figure) else "Table"
                numbers[block.name] = f"{kind} {1 + sum(n.startswith(kind) for n in numbers.values())}"
                block = replace(block, caption=f"{numbers[block.name]}. {block.caption}")
            blocks.append(block)
        made.append(replace(section, blocks=tuple(blocks)))
    return made, numbers


_NAMED = re.compile("⟨([^⟩?]+)⟩")
_BESIDE = re.compile(r"(\((?:Table|Figure)\W\d+)\) \((?=(?:Table|Figure)\W\d)")  # two brackets that become one
_PERHAPS = re.compile(r" \(⟨\?([^⟩]+)⟩\)")  # in brackets, and left out where there is no such table or figure


def _resolved(section: Section, numbers: Mapping[str, str]) -> Section:
    """The section with "Table 2" wherever its texts name a table or figure as ⟨Codes⟩."""

    def told(text: str) -> str:
        """A text with numbers in the place of names."""
        if "⟨" not in text:
            return text
        text = _PERHAPS.sub(lambda found: f" ({reference(numbers[found[1]])})" if found[1] in numbers else "", text)
        text = _NAMED.sub(lambda found: reference(numbers.get(found[1], "the workbook")), text)
        return _BESIDE.sub(r"\1, ", text)

    made: list[Block] = []
    for block in section.blocks:
        match block:
            case Words():
                block = replace(block, text=told(block.text))
            case Points():
                block = replace(block, rows=tuple((mark, head, told(text)) for mark, head, text in block.rows))
            case Table() if not block.sheet_only:
                rows = tuple(tuple(told(cell) if isinstance(cell, str) else cell for cell in row) for row in block.rows)
                block = replace(block, rows=rows, note=told(block.note))
            case Figure():
                block = replace(block, caption=told(block.caption))
        made.append(block)
    return replace(section, blocks=tuple(made))


def _how_made(study: Study, findings: Findings, sections: Sequence[Section]) -> Iterable[Block]:
    yield Words(
        f"With autocode, offline, from the study's own record (codebook {study.codebook.sha256[:12]}, study "
        f"{study.sha256[:12]}).{' Make it again with:' if findings.command else ''}"
    )
    if findings.command:
        yield Words(findings.command, "code")
    yield Words(software(), "soft")
    if sections:
        yield Words("⟨Sources⟩ names the sheet and the command behind each table and figure.")
        yield _sources(findings, sections)
    else:
        yield Words(
            "The full dossier, of which this is the part that a journal has room for, comes in the size full (--size full)."
        )


_VERBS = {
    "participants": "describe",
    "frequencies": "describe",
    "codemap": "describe",
    "agreement": "agree",
    "differences": "agree",
    "stability": "stability",
    "Second look": "second-look",
    "Agenda": "meet",
    "Weak codes": "clinic",
    "Double coding": "plan",
}
"""The verb that prints a section, or one table, alone; all others come with the whole dossier."""


def _sources(findings: Findings, sections: Sequence[Section]) -> Table:
    """Each printed table and figure with its sheet in the workbook and the command that makes its numbers again."""
    rows: list[tuple[Cell, ...]] = []
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Figure) or (isinstance(block, Table) and not block.sheet_only):
                verb = _VERBS.get(block.name, _VERBS.get(section.id, "report"))
                verb = "evaluate" if verb == "agree" and findings.evaluation else verb
                command = f"autocode {verb} STUDY" + (" --out FOLDER" if verb == "report" else "")
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


def study_html(study: Study, findings: Findings, size: str = "full") -> str:
    """The dossier of a study, and suggestions for new documents, as one HTML page.

    It needs nothing from outside and is fit for print.

    Raises:
        StudyError: dossier.toml names a group that the study has not.
    """
    return dossier_html(dossier(study, findings, size), findings)


FORMS = ("html", "docx", "xlsx", "md", "tex")
"""The forms of a dossier; md and tex hold its paragraphs to paste."""
QUESTIONS_FILE = "dossier-questions.toml"
"""What is still to be answered, beside the dossier."""


def write_dossier(
    study: Study, findings: Findings, folder: Path, forms: Sequence[str] = FORMS, size: str = "full"
) -> list[Path]:
    """Write a dossier in some forms; the same study and findings give the same bytes.

    Returns:
        The files written: dossier.html, .docx, .xlsx or dossier-journal.html ...; dossier-paragraphs.md, .tex;
        dossier-questions.toml where the researchers have not answered all that is asked.

    Raises:
        InputError: There is no such form or size, or a file cannot be written.
        StudyError: dossier.toml names a group that the study has not.
    """
    unknown = [form for form in forms if form not in FORMS]
    if unknown:
        raise InputError(f"form '{unknown[0]}'", f"a dossier is written as {', '.join(FORMS)}", "Choose one of these.")
    made = dossier(study, findings, size)
    name = "dossier-journal" if size == "journal" else "dossier"
    writers: dict[str, Callable[[], str | bytes]] = {
        "html": lambda: dossier_html(made, findings),
        "docx": lambda: word(made),
        "xlsx": lambda: workbook(made),
        "md": lambda: answer.markdown(made.pasted),
        "tex": lambda: answer.latex(made.pasted),
    }
    contents = {f"{'dossier-paragraphs' if form in ('md', 'tex') else name}.{form}": writers[form]() for form in forms}
    if len(forms) > 1 and unanswered(findings.record):
        contents[QUESTIONS_FILE] = open_questions(findings.record)
    with together(folder) as stage:
        for file, content in contents.items():
            write_atomic(stage / file, content)
    return [folder / file for file in contents]
