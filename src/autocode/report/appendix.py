"""The parts of a comparison that need a spreadsheet: every coefficient, many coders, passages, opinions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autocode.agreement import (
    REASONS,
    AgreementOptions,
    Decisions,
    Estimate,
    Measure,
    decisions_by_coder,
    details,
    many_coders,
    opened_documents,
    opinions,
    passages,
)  # fmt: skip
from autocode.study import Study

Sheet = tuple[Sequence[str], list[tuple[object, ...]]]
POOLED = "(all codes pooled)"


def remark(estimate: Estimate) -> str:
    """Why a value or an interval is missing, and what else a reader must know."""
    keys = dict.fromkeys((estimate.reason, estimate.no_interval, *estimate.flags))
    return "; ".join(REASONS.get(key, key) for key in keys if key)


def _numbers(estimate: Estimate) -> tuple[object, ...]:
    return estimate.value, estimate.low, estimate.high, remark(estimate)


def together(measures: Sequence[Measure]) -> Sheet:
    """All codes together: denominators, coded at all, which code, sets, many coders."""
    rows: list[tuple[object, ...]] = [(m.about, m.name, *_numbers(m.estimate), m.over) for m in measures]
    return ("about", "measure", "value", "low", "high", "remark", "over"), rows


def coefficients(data: Decisions, pairs: Sequence[tuple[str, str]], options: AgreementOptions) -> Sheet:
    """Every coefficient of a code given or not, for each pair and code."""
    rows: list[tuple[object, ...]] = [
        (first, second, code or POOLED, name.replace("_", " "), *_numbers(estimate))
        for first, second in pairs
        for code, values in details(data, first, second, options).items()
        for name, estimate in values.items()
    ]
    return ("first", "second", "code", "coefficient", "value", "low", "high", "remark"), rows


def together_by_code(data: Decisions) -> Sheet:
    """Coefficients of all coders at once, for each code."""
    rows: list[tuple[object, ...]] = [
        (code, name, e.value, remark(e))
        for k, code in enumerate(data.codes)
        for name, e in many_coders(decisions_by_coder(data, k)).items()
    ]
    return ("code", "coefficient", "value", "remark"), rows


def unitizing(study: Study, coders: Sequence[str], codes: Sequence[str], gammas: Mapping[str, Estimate]) -> Sheet:
    """Coefficients of coders who cut the text themselves; gamma where it was asked for."""
    found = passages(opened_documents(study, coders), codes)
    rows: list[tuple[object, ...]] = [
        (code or POOLED, name.replace("_", " "), e.value, remark(e))
        for code, values in found.items()
        for name, e in values.items()
    ]
    rows += [(POOLED, f"gamma, {name}", e.value, remark(e)) for name, e in gammas.items()]
    return ("code", "coefficient", "value", "remark"), rows


def second_opinions(data: Decisions, options: AgreementOptions) -> Sheet:
    """The alternative-annotator test of every machine, and alpha without each coder."""
    rows: list[tuple[object, ...]] = []
    for opinion in opinions(data, options):
        for code, test in opinion.tests.items():
            said: dict[str, Any] = {} if test is None else {
                "passes": int(test.passes), "winning rate omega": test.omega, "advantage rho": test.rho,
                "fewest units": min(test.units),
            }  # fmt: skip
            rows += [("alternative-annotator test", code or POOLED, opinion.machine, *item) for item in said.items()]
        for x in opinion.left_out:
            rows.append(("alpha without the coder", x.code or POOLED, x.coder, "alpha", x.without.value))
            rows.append(("alpha without the coder", x.code or POOLED, x.coder, "gain over all", x.gain.value))
    return ("opinion", "code", "coder", "measure", "value"), rows
