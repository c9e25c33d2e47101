"""From a study and its findings to a dossier: all sections in the order of a paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from autocode.classify.lexical import hashed
from autocode.dossier import checklist, differences, reliability, rigour, trust
from autocode.dossier import findings as quotes
from autocode.dossier.blocks import Block, Cell, Dossier, Figure, Section, Table, Title, View, Words
from autocode.dossier.checklist import participants
from autocode.dossier.findings import Findings
from autocode.dossier.frequency import frequency_table, map_figure
from autocode.dossier.matrices import by_group, close_pairs, code_matrix, relations, saturation, timeline
from autocode.dossier.record import check_record
from autocode.dossier.trust import triangulation
from autocode.study import Study


def dossier(study: Study, findings: Findings) -> Dossier:
    """All tables, figures and pages of rigour of a study.

    Raises:
        StudyError: dossier.toml names a group, code, document or place that the study has not.
    """
    check_record(findings.record, study)
    view = View(study, findings.record, findings.accepted)
    chosen = quotes.choose(view, findings.vectors or by_words) if findings.record.report.quotes else {}
    sections = [
        Section("participants", "Participants", _present(participants(view))),
        Section("frequencies", "Themes, codes and frequencies", (frequency_table(view), *_corrected(view))),
        Section("codemap", "Code map", _present(map_figure(view))),
        Section("quotes", "Quotes", tuple(_quotes(view, chosen))),
        Section("patterns", "Where codes stand", tuple(_patterns(view))),
        Section("triangulation", "Triangulation", _present(triangulation(view))),
        Section("agreement", "Agreement", tuple(reliability.blocks(view, findings))),
        Section("differences", "Where coders differ", tuple(differences.blocks(view, findings))),
        *trust.sections(view, findings),
        Section("checklist", "Reporting checklist", tuple(checklist.blocks(view, findings))),
        Section("ai", "Use of AI", tuple(checklist.disclosure(view, findings))),
        Section("trail", "Audit trail", tuple(rigour.trail(view, findings))),
    ]
    figures, tables = count(1), count(1)
    numbered = list(_numbered((s for s in sections if s.blocks), figures, tables))
    last = Section("again", "How this was made", tuple(_made(study, findings, numbered)))
    return Dossier(study.name or "Study", study.notice, _summary(study), (*numbered, *_numbered([last], figures, tables)))


def _corrected(view: View) -> Iterator[Block]:
    """Where a random part is coded by hand and the rest waits: how to count all of it."""
    read = {r.document for r in view.study.readings} | {c.document for c in view.study.codings}
    waiting = len(view.study.documents) - len(read)
    if view.record.record.sampling == "random" and waiting:
        yield Words(
            f"{len(read)} documents drawn at random are coded by hand, {waiting} are not. These counts are of the coded "
            "documents alone; `autocode frequencies STUDY --random` counts all of them, corrected for the machine's errors.",
            "soft",
        )


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


def by_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors from hashed words, where no encoder is at hand: (n, d)."""
    X = hashed(texts, 512).toarray()
    return np.asarray(X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _present(*blocks: Block | None) -> tuple[Block, ...]:
    return tuple(block for block in blocks if block is not None)


def _quotes(view: View, chosen: dict[str, list[quotes.Quote]]) -> Iterable[Block]:
    if not any(chosen.values()):
        return
    yield Words(
        "Representative: the coded segment nearest to the middle of its code. Contrasting: the nearest from "
        "another group of "
        "participants. Contested: given by one coder and not by another who read it. Choose with judgement; "
        "these are offers.",
        "soft",
    )
    yield from quotes.blocks(view, chosen)
    matrix = quotes.quote_matrix(view, chosen)
    if matrix:
        yield matrix
    yield quotes.quote_table(view, chosen)


def _patterns(view: View) -> Iterable[Block]:
    if not view.codings:
        return
    yield code_matrix(view)
    yield from _present(relations(view))
    yield close_pairs(view)
    yield from _present(by_group(view), timeline(view), saturation(view))


def _summary(study: Study) -> str:
    words = sum(len(d.text.split()) for d in study.documents)
    return (
        f"{len(study.documents)} documents, {words:,} words, {len(study.codebook)} codes and themes, "
        f"{len(study.codings):,} codings by {len(study.coders)} coders."
    )


def _made(study: Study, findings: Findings, sections: Sequence[Section]) -> Iterable[Block]:
    yield Words(
        f"With autocode, offline, from the study's own record (codebook {study.codebook.sha256[:12]}, study "
        f"{study.sha256[:12]}).{' Make it again with:' if findings.command else ''}"
    )
    if findings.command:
        yield Words(findings.command, "code")
    yield _sources(findings, sections)
    yield Title("Versions", 4)
    yield Words(rigour.versions(), "soft")


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
        for block in section.blocks:
            if isinstance(block, Figure) or (isinstance(block, Table) and not block.sheet_only):
                name, _, caption = block.caption.partition(". ")
                sheet = block.data.name if isinstance(block, Figure) else block.name
                rows.append((name, _title(caption), sheet, f"autocode {verb} STUDY" + _options(verb)))
    return Table(
        "Sources",
        "What makes each table and figure again",
        ("Item", "What it shows", "Sheet of the workbook", "Command for its numbers"),
        tuple(rows),
        "tttt",
    )


def _title(caption: str) -> str:
    """The beginning of a caption, to its first stop or colon."""
    return caption.partition(". ")[0].partition("; ")[0].partition(": ")[0].rstrip(".")


def _options(verb: str) -> str:
    return " --out FOLDER" if verb == "report" else ""
