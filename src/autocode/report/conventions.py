"""What other tools would print of the same codings, in one table headed as such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autocode.agreement import (
    REASONS,
    Estimate,
    atlasti_domains,
    coded_documents,
    maxqda_frequency,
    maxqda_occurrence,
    maxqda_segments,
    nvivo,
    qualcoder,
)  # fmt: skip
from autocode.agreement.conventions import AtlasTi, Coded, atlasti
from autocode.report.blocks import Cell
from autocode.study import Study

HEADER = ("first", "second", "tool", "measure", "code", "document", "value", "remark")
ALL = "(all codes)"

Line = tuple[str, str, str, str, Estimate]
"""Tool, measure, code, document, value."""


def conventions(study: Study, codes: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[tuple[Cell, ...]]:
    """Rows under `HEADER`: every pair of coders by the conventions of every tool."""
    rows: list[tuple[Cell, ...]] = []
    for first, second in pairs:
        for tool, measure, code, document, e in lines(coded_documents(study, first, second), codes):
            rows.append((first, second, tool, measure, code, document, e.value, REASONS.get(e.reason, e.reason)))
    return rows


def lines(documents: Sequence[Coded], codes: Sequence[str]) -> Iterator[Line]:
    """One pair of coders by the conventions of every tool."""
    yield from _maxqda(documents, codes)
    yield from _nvivo(documents, codes)
    yield from _atlasti(documents, codes)
    for code in codes:
        percent, kappa = qualcoder(documents, code)
        yield "QualCoder", "percent of characters", code, "", percent
        yield "QualCoder", "its kappa (coded characters; not Cohen's)", code, "", kappa


def _maxqda(documents: Sequence[Coded], codes: Sequence[str]) -> Iterator[Line]:
    """Three levels; the third with its kappa over all codes."""
    levels = {"level 1, code in the document": maxqda_occurrence, "level 2, frequency in the document": maxqda_frequency}
    for name, level in levels.items():
        for code, share in level(documents, codes).items():
            yield "MAXQDA", f"{name}, percent", code, "", share
    found = maxqda_segments(documents)
    yield "MAXQDA", "level 3, segments 90 %, percent", ALL, "", found.percent
    yield "MAXQDA", "level 3, segments 90 %, kappa (Brennan-Prediger)", ALL, "", found.kappa
    for code, (yes, no) in found.by_code.items():
        yield "MAXQDA", "level 3, segments 90 %, percent", code, "", Estimate(yes / (yes + no))


def _nvivo(documents: Sequence[Coded], codes: Sequence[str]) -> Iterator[Line]:
    """Percent and kappa over characters: weighted by size, plain mean, and each document of a code that was used."""
    for code in codes:
        found = nvivo(documents, code)
        yield "NVivo", "percent of characters, weighted by size", code, "", found.percent
        yield "NVivo", "kappa, weighted by size", code, "", found.kappa
        yield "NVivo", "kappa, plain mean", code, "", found.kappa_plain
        for document, percent, kappa in found.documents:
            if kappa.value is not None:
                yield "NVivo", "percent of characters", code, document, percent
                yield "NVivo", "kappa", code, document, kappa


def _atlasti(documents: Sequence[Coded], codes: Sequence[str]) -> Iterator[Line]:
    """All codes as one domain, each theme as a domain, and Cu-alpha over the domains."""
    found = atlasti_domains(documents, codes)
    yield from _family(ALL, atlasti(documents, codes))
    yield "ATLAS.ti-like", "Cu-alpha over domains (themes)", ALL, "", found.omnibus
    for domain, family in found.by_domain.items():
        yield from _family(f"domain {domain}", family)


def _family(name: str, family: AtlasTi) -> Iterator[Line]:
    measures = {
        "percent of characters": family.percent, "Holsti": family.holsti, "c-alpha binary": family.binary_u_alpha,
        "cu-alpha": family.cu_alpha,
    }  # fmt: skip
    for measure, estimate in measures.items():
        yield "ATLAS.ti-like", measure, name, "", estimate


def overall(study: Study, codes: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[tuple[Cell, ...]]:
    """The rows over all codes alone, for a page."""
    return [row for row in conventions(study, codes, pairs) if row[4] == ALL]
