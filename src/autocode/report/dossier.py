"""From a study and its findings to a dossier: all sections in the order of a paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from autocode.lexical import hashed
from autocode.report import checklist, differences, quotes, reliability, rigour, trust
from autocode.report.blocks import Block, Dossier, Figure, Section, Table, Title, Words
from autocode.report.counting import View
from autocode.report.findings import Findings
from autocode.report.frequency import frequency_table, map_figure
from autocode.report.matrices import by_group, close_pairs, code_matrix, relations, saturation, timeline
from autocode.report.people import participants
from autocode.report.record import check_record
from autocode.report.triangulation import triangulation
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
        Section("again", "How this was made", tuple(_made(study, findings))),
    ]
    return Dossier(
        study.name or "Study", study.notice, _summary(study), tuple(_numbered(s for s in sections if s.blocks))
    )


def _corrected(view: View) -> Iterator[Block]:
    """Where a random part is coded by hand and the rest waits: how to count all of it."""
    read = {r.document for r in view.study.readings} | {c.document for c in view.study.codings}
    waiting = len(view.study.documents) - len(read)
    if view.record.record.sampling == "random" and waiting:
        yield Words(
            f"{len(read)} documents drawn at random are coded by hand, {waiting} are not. These counts are of the coded "
            "documents alone; `autocode frequencies STUDY --random` counts all of them, corrected for the machine's errors.",
            "soft")  # fmt: skip


def _numbered(sections: Iterable[Section]) -> Iterable[Section]:
    """The sections with running numbers in the captions of figures and tables."""
    figures, tables = count(1), count(1)
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
        "soft")  # fmt: skip
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
    return (f"{len(study.documents)} documents, {words:,} words, {len(study.codebook)} codes and themes, "
            f"{len(study.codings):,} codings by {len(study.coders)} coders.")  # fmt: skip


def _made(study: Study, findings: Findings) -> Iterable[Block]:
    yield Words(f"With autocode, offline, from the study's own record (codebook {study.codebook.sha256[:12]}, study "
                f"{study.sha256[:12]}).{' Make it again with:' if findings.command else ''}")  # fmt: skip
    if findings.command:
        yield Words(findings.command, "code")
    yield Title("Versions", 4)
    yield Words(rigour.versions(), "soft")
