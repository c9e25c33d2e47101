"""A paragraph for the methods section and one for the results, with the study's own numbers."""

from __future__ import annotations

from autocode.agreement.estimate import Estimate
from autocode.agreement.rows import Findings, Row, Verdict

REFERENCES = {
    "Cohen (1960)": "Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and "
    "Psychological Measurement, 20(1), 37-46.",
    "Krippendorff (2004)": "Krippendorff, K. (2004). Content analysis: An introduction to its methodology "
    "(2nd ed.). Sage.",
    "Fleiss & Davies (1982)": "Fleiss, J. L., & Davies, M. (1982). Jackknifing functions of multinomial "
    "frequencies, with an application to a measure of concordance. American Journal of Epidemiology, "
    "115(6), 841-845.",
    "Cicchetti & Feinstein (1990)": "Cicchetti, D. V., & Feinstein, A. R. (1990). High agreement but low "
    "kappa: II. Resolving the paradoxes. Journal of Clinical Epidemiology, 43(6), 551-558.",
}
"""The works that the paragraphs cite."""

SAYS = {
    "supported": "supports the use of {m} as an additional coder alongside humans",
    "on_par_but_humans_unreliable": "shows {m} on a par with the humans, whose own agreement is below "
    "{floor:.3f}: the codebook needs work before either is relied on",
    "on_par_but_low": "shows {m} on a par with the humans, but at a level too low for use",
    "inconclusive": "is inconclusive as to {m}",
    "not_supported": "does not support the use of {m} as a coder",
    "not_assessable": "does not allow a judgement on {m}",
}


def methods_paragraph(report: Findings) -> str:
    """How agreement was measured, ready for a methods section."""
    humans = [c for c in report.coders if c not in report.options.machines]
    text = (
        f"{len(humans)} human coders were compared on {report.units:,} units in {report.documents:,} "
        f"{report.options.left_out}s that at least two coders had seen. For each of {len(report.codes)} codes and for all "
        "codes pooled we report Cohen's kappa (Cohen, 1960), Krippendorff's alpha (Krippendorff, 2004) "
        "and positive agreement (Cicchetti & Feinstein, 1990). Where neither coder used a code, "
        "coefficients are undefined and were not replaced. "
        f"{_intervals(report)}; none is given below 6 {report.options.left_out}s or for codes used fewer than 10 times."
    )
    if report.options.machines:
        text += (
            f" The machine was treated as one more coder: the mean {report.options.coefficient} between machine and humans was "
            "compared with that between humans on the same units, with a non-inferiority margin of "
            f"{report.options.margin:.2f} fixed beforehand."
        )
    return text


def _intervals(report: Findings) -> str:
    options = report.options
    name = f"{100 * options.confidence:.0f}% confidence intervals"
    if options.interval == "bootstrap":
        return f"{name} are {options.interval_way}"
    how = "jackknife, t distribution, Fisher z scale; Fleiss & Davies, 1982"
    return f"{name} leave out one {options.left_out} at a time ({how})"


def results_paragraph(report: Findings) -> str:
    """What was found, ready for a results section."""
    parts = [_level(report.overall(kind), report.options.confidence) for kind in ("human-human", "machine-human")]
    parts += [_codes(report)]
    parts += [_judgement(report, v) for v in report.verdicts if not v.code]
    return " ".join(part for part in parts if part)


def number(estimate: Estimate, name: str, confidence: float) -> str:
    """`kappa = .71, 95% CI [.62, .79]`; or that it is undefined."""
    if estimate.value is None:
        return f"{name} undefined"
    text = f"{name} = {_apa(estimate.value)}"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text}, {100 * confidence:.0f}% CI [{_apa(estimate.low)}, {_apa(estimate.high)}]"


def _apa(value: float) -> str:
    """Two decimals without the zero before the point."""
    text = f"{value:.2f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and not text.endswith("1.00") else text


def _level(row: Row | None, confidence: float) -> str:
    if row is None:
        return ""
    who = {"human-human": "between humans", "machine-human": "between the machine and the humans"}[row.kind]
    over = f" ({row.pairs} pairs)" if row.pairs > 1 else ""
    return (
        f"Pooled agreement {who}{over} was {number(row.kappa, 'kappa', confidence)}; "
        f"{number(row.alpha, 'alpha', confidence)}."
    )


def _codes(report: Findings) -> str:
    rows = [r for r in report.rows if r.code and r.kind == "human-human" and not r.first]
    values = sorted(r.kappa.value for r in rows if r.kappa.value is not None and r.kappa.shown)
    if not values:
        return ""
    return (
        f"Kappa between humans could be computed for {len(values)} of {len(rows)} codes used more than "
        f"three times and ranged from {_apa(values[0])} to {_apa(values[-1])}."
    )


def _judgement(report: Findings, v: Verdict) -> str:
    says = SAYS[v.label].format(m=v.machine, floor=report.options.human_floor)
    if v.delta.value is None:
        return f"The comparison {says}."
    difference = number(v.delta, "difference", report.options.confidence)
    return f"Over all codes the comparison ({difference}; margin {report.options.margin:.2f}) {says}."
