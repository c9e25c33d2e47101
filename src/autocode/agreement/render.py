"""An agreement report as a calm plain-text table, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TypeVar

from autocode.agreement.coefficients import binary
from autocode.agreement.estimate import REASONS, Estimate
from autocode.agreement.rows import NOT_ASSESSABLE, Findings, Measure, Row, Verdict
from autocode.study.codebook import SEPARATOR

R = TypeVar("R", Row, Verdict)

WIDTH = 100
NAME = 34
POOLED = "All codes pooled"
LABELS = {
    "supported": "supported",
    "on_par_but_humans_unreliable": "on par, humans unreliable",
    "on_par_but_low": "on par, but low",
    "inconclusive": "inconclusive",
    "not_supported": "not supported",
    "not_assessable": "not assessable",
}
FLAGS = {
    "over_use": "gives the code more than 1.5 times as often as the humans",
    "under_use": "gives the code less than 2/3 as often as the humans",
    "high_prevalence": "the code is so rare or so common that AC1 and PABAK should be read beside kappa",
    "humans_unreliable": "the humans' own agreement is too low to rely on: the codebook needs work first",
    "echo": "follows one coder more than the others",
}


def to_text(report: Findings) -> str:
    """The whole report: all pairs pooled, every code, the verdict, what is undefined and why."""
    blocks = [_head(report), _pairs(report), *(_codes(report, kind) for kind in _kinds(report))]
    blocks += [_verdicts(report, machine) for machine in report.options.machines]
    blocks.append(_foot(report))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _kinds(report: Findings) -> list[str]:
    return [k for k in ("human-human", "machine-human") if report.overall(k)]


def _head(report: Findings) -> str:
    machines = report.options.machines
    names = [f"{c} (machine)" if c in machines else c for c in report.coders]
    text = (
        f"Agreement of {', '.join(names)}: {report.units:,} units in {report.documents:,} "
        f"{report.options.left_out}s seen by two coders or more."
    )
    return textwrap.fill(text, WIDTH)


COLUMNS = f"{'both':>6}{'first':>7}{'second':>7}{'neither':>8}{'kappa':>6}{'interval':>14}{'alpha':>6}{'pos.':>6}{'%':>5}"


def _line(name: str, row: Row, width: int) -> str:
    """One row; names that do not fit are cut."""
    counts = f"{row.both:>6}{row.only_first:>7}{row.only_second:>7}{row.neither:>8}"
    percent = "-" if row.percent.value is None else f"{100 * row.percent.value:.0f}"
    return (
        f"{cut(name, width):<{width}}{counts}{_two(row.kappa):>6}{_interval(row.kappa):>14}"
        f"{_two(row.alpha):>6}{_two(row.positive):>6}{percent:>5}"
    )


ROOM = WIDTH - len(COLUMNS)


def cut(name: str, width: int) -> str:
    """The name, shortened where it would touch the next column."""
    return name if len(name) < width else name[: width - 2] + "…"


def _two(estimate: Estimate) -> str:
    """Two decimals, or - where the value is undefined or rests on too little."""
    return decimals(estimate.value) if estimate.value is not None and estimate.shown else "-"


def decimals(value: float) -> str:
    """Two decimals, never a negative zero."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None or not estimate.shown:
        return ""
    return f"{decimals(estimate.low)} to {decimals(estimate.high)}"


def _pairs(report: Findings) -> str:
    """All codes pooled: every pair, and all pairs of a kind where there are several."""
    lines = [f"{POOLED:<{ROOM}}"[:ROOM] + COLUMNS]
    for row in (r for r in report.rows if not r.code):
        if row.first:
            lines.append(_line(f"{row.first}, {row.second}", row, ROOM))
        elif row.pairs > 1:
            how = "mean of" if row.pooling == "mean" else "sum of"
            lines.append(_line(f"{row.kind}: {how} {row.pairs}", row, ROOM))
    return "\n".join(lines)


def _codes(report: Findings, kind: str) -> str:
    """One line for each code under its theme, over all pairs of one kind."""
    rows = [r for r in report.rows if r.code and r.kind == kind and not r.first]
    if not rows:
        return ""
    title = kind.capitalize() + (f", {rows[0].pairs} pairs" if rows[0].pairs > 1 else "")
    lines = [f"{title:<{ROOM}}"[:ROOM] + COLUMNS]
    for theme, name, row in grouped(rows):
        lines += [theme] if theme else []
        lines.append(_line(name, row, ROOM))
    return "\n".join(lines)


def grouped(rows: Sequence[R]) -> Iterable[tuple[str, str, R]]:
    """(theme heading or "", name, row), codes of a theme together in order of appearance."""
    order = {theme: i for i, theme in enumerate(dict.fromkeys(theme_of(r.code) for r in rows))}
    last = ""
    for row in sorted(rows, key=lambda r: order[theme_of(r.code)]):
        theme = theme_of(row.code)
        name = "  " + row.code.rpartition(SEPARATOR)[2] if theme else row.code
        yield (theme if theme != last else ""), name, row
        last = theme


def theme_of(code: str) -> str:
    """The path above a code, "" for a root."""
    return code.rpartition(SEPARATOR)[0]


def _verdicts(report: Findings, machine: str) -> str:
    """May this machine stand in as a coder? Pooled first, then every code under its theme."""
    found = [v for v in report.verdicts if v.machine == machine]
    margin = f"{report.options.coefficient_name}, margin {report.options.margin:.2f}, fixed beforehand"
    title = f"May {machine} stand in as a coder alongside humans? ({margin})"
    head = f"{'':<{NAME}}{'humans':>7}{'machine':>8}{'delta':>7}{'interval':>15}  verdict"
    lines = [title, head, *(_judged(POOLED, v) for v in found if not v.code)]
    for theme, name, v in grouped([v for v in found if v.code]):
        lines += [theme] if theme else []
        lines.append(_judged(name, v))
    chances = next((str(v.chances) for v in found if v.chances), "")
    if chances:
        lines.append(textwrap.fill(f"How far this verdict can be trusted: {chances} (simulated).", WIDTH))
    return "\n".join(lines)


def _judged(name: str, v: Verdict) -> str:
    label = LABELS[v.label] + (" (strong)" if v.strong else "")
    if v.label == "inconclusive" and v.more:
        label += f", +{v.more:,}"
    delta = "-" if v.delta.value is None or not v.delta.shown else f"{v.delta.value:+.2f}".replace("-0.00", "+0.00")
    ends = _interval(v.delta)
    numbers = f"{_two(v.humans):>7}{_two(v.machine_humans):>8}{delta:>7}{ends:>15}"
    return f"{cut(name, NAME):<{NAME}}{numbers}  {cut(label, WIDTH - NAME - 38)}"


def summary_text(measures: Sequence[Measure]) -> str:
    """The values over all codes that a reader needs beside the codes; the rest is in the files."""
    shown = [m for m in measures if m.about != "Denominators" and not _aside(m)]
    counts = [f"{m.estimate.value:,.0f} {m.name}" for m in measures if m.about == "Denominators"]
    lines = [textwrap.fill("Shares refer to: " + "; ".join(counts) + ".", WIDTH, subsequent_indent="  "), ""]
    lines.append(f"{'All codes together':<44}{'value':>7}{'interval':>15}  over")
    for m in shown:
        over = cut(REASONS[m.estimate.reason] if m.estimate.reason else m.over, WIDTH - 67)
        lines.append(f"{m.about + ': ' + m.name:<44}{_two(m.estimate):>7}{_interval(m.estimate):>15}  {over}")
    return "\n".join(lines) + "\n"


def _aside(m: Measure) -> bool:
    """Whether a value is left to the files: a second distance, a middle scope, two coders once more."""
    again = m.about == "All coders together" and m.over.startswith("2 coders")
    return again or "Jaccard" in m.name or "coded by anyone" in m.over


def _foot(report: Findings) -> str:
    """What is not shown, and why; how to read the table."""
    confidence = f"{100 * report.options.confidence:.0f} %"
    notes = [
        *report.notes,
        "both, first, second, neither: units given the code by both, by one coder only, by none.",
        *_more_documents(report),
        f"Intervals: {confidence}, {report.options.interval_way}; segments are never taken as independent.",
        "Pooled counts every code on every unit; it is usually higher than the mean over codes.",
    ]
    if any(r.pooling == "sum" for r in report.rows):
        notes.append("Pairs that share few documents are summed (kappa between humans: Scott's pi).")
    if report.apart:
        notes.append(f"{len(report.apart)} pairs of coders share no unit and are not compared.")
    notes += _reasons(report)
    lines = [textwrap.fill(note, WIDTH, subsequent_indent="  ") for note in notes]
    return "\n".join(lines)


def _more_documents(report: Findings) -> list[str]:
    """What the number beside an inconclusive verdict means, where there is one."""
    if not any(v.more for v in report.verdicts):
        return []
    return [
        "inconclusive, +N: about N more documents would settle it, if the difference stays the same; without a number "
        "it is not attainable by coding more."
    ]


def _reasons(report: Findings) -> list[str]:
    """One line for each reason of a missing value or interval, with the codes concerned."""
    names: dict[str, list[str]] = {}
    for row in (r for r in report.rows if not r.first):
        estimate = row.kappa
        reason = estimate.reason or ("" if estimate.shown else "counts_only") or estimate.no_interval
        keys = [reason, *(f for f in estimate.flags if f not in ("counts_only", "one_rater_never", reason))]
        for key in filter(None, keys):
            names.setdefault(REASONS[key], []).append(row.code or POOLED.lower())
    found = [f"{_listed(report, codes)}: {why}." for why, codes in names.items()]
    found += [
        f"{coder} never gave {_listed(report, codes)}: kappa with {coder} is 0 whatever the others did."
        for coder, codes in _never(report).items()
    ]
    for v in report.verdicts:
        if not v.code and v.reason:
            word = "not supported" if v.label == "not_supported" else "not assessable"
            found.append(f"{v.machine}, pooled, is {word}: {NOT_ASSESSABLE[v.reason]}.")
    return found + _paradoxes(report) + _drawn(report) + _flagged(report)


def _never(report: Findings) -> dict[str, list[str]]:
    """For each coder the codes that they alone of a pair never gave, which makes that pair's kappa 0."""
    found: dict[str, list[str]] = {}
    for row in (r for r in report.rows if r.first and "one_rater_never" in r.kappa.flags):
        coder = row.first if row.both + row.only_first == 0 else row.second
        found.setdefault(coder, []).append(row.code or POOLED.lower())
    return found


def _paradoxes(report: Findings) -> list[str]:
    """Why kappa is low for codes on which the humans agree nearly everywhere."""
    rows = [r for r in report.rows if r.code and not r.first and r.kind == "human-human" and r.paradox]
    if not rows:
        return []
    shown = [
        f"{r.code} ({100 * (r.percent.value or 0):.1f} % of units alike, kappa {_apa(r.kappa.value or 0)}, "
        f"AC1 {_apa(float(binary.gwet_ac1(r.cells)))}, PABAK {_apa(float(binary.pabak(r.cells)))})"
        for r in rows[:5]
    ]
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return [
        f"High agreement, low kappa: {'; '.join(shown)}{more}. Such a code is so rare (or so common) that coders agree on "
        "nearly all units without finding the same ones; kappa and positive agreement ask whether they find the same ones, "
        "AC1 and PABAK mostly count the rest."
    ]


def _drawn(report: Findings) -> list[str]:
    """The second opinion on codes too rare for an interval."""
    rows = [r for r in report.rows if r.drawn and r.kind == "human-human" and r.kappa.low is None]
    if not rows:
        return []
    shown = [
        f"{r.code} {_apa(r.drawn.value or 0)} [{_apa(r.drawn.low or 0)}, {_apa(r.drawn.high or 0)}]"
        for r in rows[:10]
        if r.drawn
    ]
    more = f" and {len(rows) - 10} more" if len(rows) > 10 else ""
    return [
        f"Second opinion on rare codes, kappa drawn towards all codes (partial pooling, not a finding of its own): "
        f"{'; '.join(shown)}{more}."
    ]


def _flagged(report: Findings) -> list[str]:
    """One line for each flag of a machine, with the codes concerned."""
    names: dict[tuple[str, str], list[str]] = {}
    for v in (v for v in report.verdicts if v.label != "not_assessable"):
        for flag in v.flags:
            kind, _, coder = flag.partition(":")
            why = FLAGS[kind] + (f" ({coder})" if coder else "")
            names.setdefault((v.machine, why), []).append(v.code or POOLED.lower())
    return [f"{machine}, {_listed(report, codes)}: {why}." for (machine, why), codes in names.items()]


def _listed(report: Findings, codes: Sequence[str]) -> str:
    """The codes once each, ten at most, or that it is all of them."""
    unique = list(dict.fromkeys(codes))
    if len(unique) == len(report.codes) + 1:
        return "every code and pooled"
    more = f" and {len(unique) - 10} more" if len(unique) > 10 else ""
    return "; ".join(unique[:10]) + more


REFERENCES = {
    "Cohen (1960)": "Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and "
    "Psychological Measurement, 20(1), 37-46.",
    "Krippendorff (2004)": "Krippendorff, K. (2004). Content analysis: An introduction to its methodology (2nd ed.). Sage.",
    "Fleiss & Davies (1982)": "Fleiss, J. L., & Davies, M. (1982). Jackknifing functions of multinomial "
    "frequencies, with an application to a measure of concordance. American Journal of Epidemiology, "
    "115(6), 841-845.",
    "Korn & Graubard (1998)": "Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small "
    "expected number of positive counts estimated from survey data. Survey Methodology, 24(2), 193-201.",
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
            f" The machine was treated as one more coder: the mean {report.options.coefficient_key} between machine and "
            "humans was compared with that between humans on the same units, with a non-inferiority margin of "
            f"{report.options.margin:.2f} fixed beforehand."
        )
    return text


def _intervals(report: Findings) -> str:
    options = report.options
    name = f"{100 * options.confidence:.0f}% confidence intervals"
    if options.interval == "bootstrap":
        return f"{name} are {options.interval_way}"
    return (
        f"{name} of coefficients rest on the share of joint uses with {options.left_out}s as clusters (Jeffreys intervals on "
        f"effective counts; Korn & Graubard, 1998), those of differences on leaving out one {options.left_out} at a time "
        "(jackknife, t distribution; Fleiss & Davies, 1982)"
    )


def results_paragraph(report: Findings) -> str:
    """What was found, ready for a results section."""
    parts = [_level(report.overall(kind), report.options.confidence) for kind in ("human-human", "machine-human")]
    parts += [_codes_in_words(report)]
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
    text = "0.00" if text == "-0.00" else text
    return text.replace("0.", ".", 1) if abs(value) < 1 and not text.endswith("1.00") else text


def _level(row: Row | None, confidence: float) -> str:
    if row is None:
        return ""
    who = {"human-human": "between humans", "machine-human": "between the machine and the humans"}[row.kind]
    over = f" ({row.pairs} pairs)" if row.pairs > 1 else ""
    return (
        f"Pooled agreement {who}{over} was {number(row.kappa, 'kappa', confidence)}; {number(row.alpha, 'alpha', confidence)}."
    )


def _codes_in_words(report: Findings) -> str:
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
