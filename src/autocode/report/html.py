"""Self-contained HTML: the report of a study, and suggestions laid over their transcripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from autocode.agreement import AgreementReport
from autocode.report.codemap import code_map
from autocode.report.tables import counted, coverage, frequencies, participants
from autocode.study import Document, Segment, Study, Suggestion

VERDICTS = {
    "supported": "Yes, alongside humans: it agrees with them as they agree with one another.",
    "on_par_but_humans_unreliable": "Not yet: it agrees with the coders as they agree with one another, but that is "
                                    "too little to rely on. Work on the codebook first.",
    "on_par_but_low": "Not yet: it keeps up with the coders, but its agreement is low.",
    "inconclusive": "There is not enough data to say.",
    "not_supported": "No: it is clearly less reliable than a second human coder.",
    "not_assessable": "There is too little coding to say anything.",
}  # fmt: skip
"""What each verdict means, in words for a reader."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report shows beside the study itself; what is None is left out and said so.

    Attributes:
        agreement: The human coders among themselves.
        evaluation: The machine beside them, on documents it had not seen.
        suggestions: For new documents.
        new: Those documents.
        silent: Codes that the model never suggests, with the reason.
        command: The command that makes the report again.
    """

    agreement: AgreementReport | None = None
    evaluation: AgreementReport | None = None
    suggestions: Sequence[Suggestion] = ()
    new: Mapping[str, Document] | None = None
    silent: Mapping[str, str] | None = None
    command: str = ""


def study_html(study: Study, findings: Findings) -> str:
    """The report of a study as one HTML page without outside parts, fit for print."""
    rows = frequencies(study)
    coder = counted(study)
    return _environment().get_template("report.html").render(
        study=study,
        words=sum(len(d.text.split()) for d in study.documents),
        participants=participants(study),
        coverage=coverage(study),
        frequencies=rows,
        themes=_totals(study),
        counted=coder,
        code_map=code_map(rows, coder, study.name),
        agreement=findings.agreement,
        evaluation=findings.evaluation,
        silent=findings.silent or {},
        documents=_laid_over(findings.suggestions, findings.new or {}),
        verdict_words=VERDICTS,
        agreed_codes=_by_theme(study, findings.evaluation or findings.agreement),
        command=findings.command,
    )


def suggestions_html(
    suggestions: Iterable[Suggestion], documents: Mapping[str, Document], notice: str = ""
) -> str:
    """Suggestions laid over their transcripts, with the precedents that speak for them."""
    laid = _laid_over(suggestions, documents)
    return _environment().get_template("suggestions.html").render(documents=laid, notice=notice)


def _by_theme(study: Study, report: AgreementReport | None) -> list[tuple[str, list[str]]]:
    """The codes of an agreement report under their themes; a code without a theme stands alone."""
    groups: dict[str, list[str]] = {}
    for code in report.codes if report else ():
        theme = study.codebook.theme(code)
        groups.setdefault(theme if study.codebook.is_theme(theme) else "", []).append(code)
    return list(groups.items())


def _totals(study: Study) -> dict[str, dict[str, int]]:
    """Coded segments by theme and coder, all codes under the theme together."""
    totals: dict[str, dict[str, int]] = {}
    for f in frequencies(study):
        theme = totals.setdefault(f.theme, dict.fromkeys(f.by_coder, 0))
        for coder, count in f.by_coder.items():
            theme[coder] += count
    return totals


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
    environment = Environment(
        loader=PackageLoader("autocode.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True)  # fmt: skip
    environment.filters["estimate"] = _estimate
    return environment


def _estimate(value: Any) -> str:
    """Two decimals, or a dash for what is undefined."""
    return "–" if value is None else f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
