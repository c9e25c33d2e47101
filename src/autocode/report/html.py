"""Self-contained HTML: the report of a study, and suggestions laid over their transcripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from autocode.model import Unlike
from autocode.report.blocks import Block, Dossier
from autocode.report.dossier import dossier
from autocode.report.drawing import svg
from autocode.report.findings import Findings
from autocode.study import Document, Segment, Study, Suggestion

if TYPE_CHECKING:
    from jinja2 import Environment


def study_html(study: Study, findings: Findings) -> str:
    """The dossier of a study, and suggestions for new documents, as one HTML page.

    It needs nothing from outside and is fit for print.

    Raises:
        StudyError: dossier.toml names a group that the study has not.
    """
    return dossier_html(dossier(study, findings), findings)


def dossier_html(made: Dossier, findings: Findings) -> str:
    """A dossier as one HTML page, with the suggestions of `findings` where there are any."""
    return (
        _environment()
        .get_template("report.html")
        .render(
            dossier=made,
            silent=findings.silent or {},
            documents=_laid_over(findings.suggestions, findings.new or {}),
        )
    )


def suggestions_html(
    suggestions: Iterable[Suggestion], documents: Mapping[str, Document], notice: str = "", unlike: Unlike | None = None
) -> str:
    """Suggestions laid over their transcripts, with all that speaks for them.

    Args:
        suggestions: Of any segments.
        documents: The documents they lie in, by id.
        notice: A line that every report of the study carries.
        unlike: Segments unlike anything coded, shown at the end.
    """
    page = _environment().get_template("suggestions.html")
    return page.render(
        documents=_laid_over(suggestions, documents), notice=notice, unlike=unlike or Unlike((), (), 0.0, ()),
        by_id=documents)  # fmt: skip


def page_html(title: str, blocks: Iterable[Block], notice: str = "") -> str:
    """Blocks under a title as one HTML page that needs nothing from outside."""
    return _environment().get_template("blocks_page.html").render(title=title, blocks=list(blocks), notice=notice)


@dataclass(frozen=True, slots=True)
class Laid:
    """One unit of a transcript with what the model says of it."""

    segment: Segment
    text: str
    suggestions: tuple[Suggestion, ...]


def _laid_over(
    suggestions: Iterable[Suggestion], documents: Mapping[str, Document]
) -> list[tuple[Document, list[Laid]]]:
    """The units that carry suggestions, by document, in reading order."""
    units: dict[tuple[str, str], list[Suggestion]] = {}
    for s in suggestions:
        if s.band != "silent":
            units.setdefault((s.segment.document, s.segment.id), []).append(s)
    laid: dict[str, list[Laid]] = {}
    for (document, _), found in units.items():
        segment = found[0].segment
        laid.setdefault(document, []).append(Laid(segment, documents[document].text_of(segment), tuple(found)))
    return [(documents[d], sorted(rows, key=lambda r: r.segment.start)) for d, rows in laid.items()]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # late: the command line must start at once

    environment = Environment(
        loader=PackageLoader("autocode.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True)  # fmt: skip
    environment.filters["svg"] = svg
    environment.tests["kind"] = lambda block, name: type(block).__name__ == name
    return environment
