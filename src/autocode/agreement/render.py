"""An agreement report as a calm plain-text table, at most 80 columns wide, in which nothing is cut."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from autocode.agreement.coefficients import gwet_ac1, pabak
from autocode.agreement.estimate import REASONS, Estimate, apa
from autocode.agreement.rows import NOT_ASSESSABLE, Findings, Measure, Row, Verdict
from autocode.errors import counted
from autocode.study.codebook import SEPARATOR

R = TypeVar("R", Row, Verdict)

WIDTH = 80
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
    machines = report.options.machines
    names = [f"{c} (machine)" if c in machines else c for c in report.coders]
    head = (
        f"Agreement of {', '.join(names)}: {counted(report.units, report.unit)} in "
        f"{counted(report.documents, report.options.left_out)} seen by two coders or more."
        f"{' ' * bool(report.alone)}{report.seen_by_one()}"
    )
    blocks = [textwrap.fill(head, WIDTH), aligned((POOLED, *HEADER[1:]), _values(report))]
    blocks += [_verdicts(report, machine) for machine in machines]
    blocks.append(_foot(report))
    return "\n\n".join(block for block in blocks if block) + "\n"


HEADER = ("", "both", "first", "second", "kappa", "interval", "alpha", "pos.", "%")


def aligned(header: Sequence[str], rows: Iterable[Sequence[str] | str], texts: int = 0, width: int = WIDTH) -> str:
    """Rows under a header, none wider than `width`: the first column to the left, the others to the right.

    Args:
        header: Heads of the columns.
        rows: The cells of each row; a text alone is a heading within the table.
        texts: How many of the last columns are texts, to the left as well.
    """
    listed = list(rows)
    cells = [tuple(header), *(r for r in listed if not isinstance(r, str))]
    wide = [max(len(row[i]) for row in cells) for i in range(len(header))]
    gap = 2 if sum(wide) + 2 * (len(header) - 1) <= width else 1
    first = max(12, min(wide[0], width - sum(wide[1:]) - gap * (len(header) - 1) - texts * (2 - gap)))
    lines = []
    for row in [tuple(header), *listed]:
        if isinstance(row, str):
            lines += textwrap.wrap(row, width, subsequent_indent="    ") or [""]
            continue
        indent = len(row[0]) - len(row[0].lstrip())
        # A name that does not fit is broken over lines; its numbers stand beside the last of them.
        parts = textwrap.wrap(row[0], first, subsequent_indent=" " * (indent + 2)) or [""]
        lines += parts[:-1]
        rest = ""
        for i, cell in enumerate(row[1:], 1):
            rest += f"  {cell:<{wide[i]}}" if i >= len(header) - texts else f"{cell:>{wide[i] + gap}}"
        lines.append(f"{parts[-1]:<{first}}{rest}".rstrip())
    return "\n".join(lines)


def _cells(name: str, row: Row) -> tuple[str, ...]:
    """One row under `HEADER`."""
    counts = (f"{n:,}" for n in (row.both, row.only_first, row.only_second))
    percent = "-" if row.percent.value is None else f"{100 * row.percent.value:.0f}"
    return (name, *counts, _two(row.kappa), interval(row.kappa), _two(row.alpha), _two(row.positive), percent)


def _two(estimate: Estimate) -> str:
    """Two decimals, or - where the value is undefined or rests on too little."""
    return apa(estimate.value if estimate.shown else None)


def interval(estimate: Estimate) -> str:
    """[.35, .81]; "" where there is none."""
    if estimate.low is None or estimate.high is None or not estimate.shown:
        return ""
    return f"[{apa(estimate.low)}, {apa(estimate.high)}]"


def _values(report: Findings) -> Iterator[Sequence[str] | str]:
    """All codes pooled: every pair, and all pairs of a kind where there are several; then each code under its theme."""
    for row in (r for r in report.rows if not r.code):
        if row.first:
            yield _cells(f"{row.first}, {row.second}", row)
        elif row.pairs > 1:
            yield _cells(f"{row.kind}: {'mean' if row.pooling == 'mean' else 'sum'} of {row.pairs}", row)
    for kind in ("human-human", "machine-human"):
        rows = [r for r in report.rows if r.code and r.kind == kind and not r.first]
        if rows and report.overall(kind):
            yield ""
            yield kind.capitalize() + (f", {rows[0].pairs} pairs" if rows[0].pairs > 1 else "") + ", code by code"
        for theme, name, row in grouped(rows):
            yield from [theme] if theme else []
            yield _cells(name, row)


def grouped(rows: Sequence[R]) -> Iterable[tuple[str, str, R]]:
    """(theme heading or "", name, row), codes of a theme together in order of appearance."""
    order = {theme: i for i, theme in enumerate(dict.fromkeys(r.code.rpartition(SEPARATOR)[0] for r in rows))}
    last = ""
    for row in sorted(rows, key=lambda r: order[r.code.rpartition(SEPARATOR)[0]]):
        theme, _, leaf = row.code.rpartition(SEPARATOR)
        yield (theme if theme != last else ""), f"  {leaf}" if theme else row.code, row
        last = theme


def _verdicts(report: Findings, machine: str) -> str:
    """May this machine stand in as a coder? Pooled first, then every code under its theme."""
    found = [v for v in report.verdicts if v.machine == machine]
    margin = f"{report.options.coefficient_name}, margin {apa(report.options.margin)}, fixed beforehand"
    rows: list[Sequence[str] | str] = [_judged(POOLED, v) for v in found if not v.code]
    for theme, name, v in grouped([v for v in found if v.code]):
        rows += [theme] if theme else []
        rows.append(_judged(name, v))
    lines = [
        textwrap.fill(f"May {machine} stand in as a coder alongside humans? ({margin})", WIDTH),
        aligned(("", "humans", "machine", "delta", "interval", "verdict"), rows, texts=1),
    ]
    chances = next((str(v.chances) for v in found if v.chances), "")
    if chances:
        lines.append(textwrap.fill(f"How far this verdict can be trusted: {chances} (simulated).", WIDTH))
    return "\n".join(lines)


def _judged(name: str, v: Verdict) -> tuple[str, ...]:
    label = LABELS[v.label] + (" (strong)" if v.strong else "")
    if v.label == "inconclusive" and v.more:
        label += f", +{v.more:,}"
    delta = apa(v.delta.value, plus=True) if v.delta.shown else "-"
    return name, _two(v.humans), _two(v.machine_humans), delta, interval(v.delta), label


def summary_text(measures: Sequence[Measure]) -> str:
    """The values over all codes that a reader needs beside the codes; the rest is in the files."""
    counts = [f"{m.estimate.value:,.0f} {m.name}" for m in measures if m.about == "Denominators"]
    rows, said = list[Sequence[str] | str](), ""
    for m in (m for m in measures if m.about != "Denominators" and not _aside(m)):
        over = REASONS[m.estimate.reason] if m.estimate.reason else m.over
        if said != (said := f"{m.about}: {over}"):
            rows.append(said)
        rows.append((f"  {m.name}", _two(m.estimate), interval(m.estimate)))
    shares = textwrap.fill(f"Shares refer to: {'; '.join(counts)}.", WIDTH, subsequent_indent="  ")
    return f"{shares}\n\n{aligned(('All codes together', 'value', 'interval'), rows)}\n"


def _aside(m: Measure) -> bool:
    """Whether a value is left to the files: a second distance, a middle scope, two coders once more."""
    again = m.about == "All coders together" and m.over.startswith("2 coders")
    return again or "Jaccard" in m.name or "coded by anyone" in m.over


def _foot(report: Findings) -> str:
    """What is not shown, and why; how to read the table."""
    confidence = f"{100 * report.options.confidence:.0f}%"
    notes = [
        *report.notes,
        f"both, first, second: {report.unit}s given the code by both, or by one coder only.",
        *_more_documents(report),
        f"Intervals: {confidence}, {report.options.interval_way}; {report.unit}s are never taken as independent.",
        f"Pooled counts every code on every {report.unit}; it is usually higher than the mean over codes.",
    ]
    if any(r.pooling == "sum" for r in report.rows):
        notes.append("Pairs that share few documents are summed (kappa between humans: Scott's pi).")
    if report.apart:
        notes.append(
            f"{counted(len(report.apart), 'pair of coders shares', 'pairs of coders share')} no {report.unit}: not compared."
        )
    notes += _reasons(report)
    lines = [textwrap.fill(note, WIDTH, subsequent_indent="  ") for note in notes]
    return "\n".join(lines)


def _more_documents(report: Findings) -> list[str]:
    """What the number beside an inconclusive verdict means, where there is one."""
    if not any(v.more for v in report.verdicts):
        return []
    return [
        "inconclusive, +N: about N more documents would settle it, for or against the machine, if the difference stays the "
        "same; without a number it is not attainable by coding more."
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
        f"{r.code} ({100 * (r.percent.value or 0):.1f}% of {report.unit}s alike, kappa {apa(r.kappa.value)}, "
        f"AC1 {apa(float(gwet_ac1(r.cells)))}, PABAK {apa(float(pabak(r.cells)))})"
        for r in rows[:5]
    ]
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return [
        f"High agreement, low kappa: {'; '.join(shown)}{more}. Such a code is so rare (or so common) that coders agree on "
        f"nearly all {report.unit}s without finding the same ones; kappa and positive agreement ask whether they find the "
        "same ones, AC1 and PABAK mostly count the rest."
    ]


def _drawn(report: Findings) -> list[str]:
    """The second opinion on codes too rare for an interval."""
    rows = [r for r in report.rows if r.drawn and r.kind == "human-human" and r.kappa.low is None]
    if not rows:
        return []
    shown = [f"{r.code} {apa(r.drawn.value)} [{apa(r.drawn.low)}, {apa(r.drawn.high)}]" for r in rows[:10] if r.drawn]
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
    "{floor}: the codebook needs work before either is relied on",
    "on_par_but_low": "shows {m} on a par with the humans, but at a level too low for use",
    "inconclusive": "is inconclusive as to {m}",
    "not_supported": "does not support the use of {m} as a coder",
    "not_assessable": "does not allow a judgement on {m}",
}


def methods_paragraph(report: Findings) -> str:
    """How agreement was measured, ready for a methods section."""
    humans, (units, documents) = [c for c in report.coders if c not in report.options.machines], report.between_humans
    text = (
        f"The codings of {len(humans)} human coders were compared on {counted(units, report.unit)} in "
        f"{counted(documents, report.options.left_out)} that at least two of them had seen. For each of "
        f"{counted(len(report.codes), 'code')} and for all "
        "codes pooled we report Cohen's kappa (Cohen, 1960), Krippendorff's alpha (Krippendorff, 2004) and positive "
        "agreement (Cicchetti & Feinstein, 1990). Where neither coder used a code, coefficients are undefined and were not "
        "replaced. "
        f"{_intervals(report)}; none is given below 6 {report.options.left_out}s or for codes given to fewer than 10 passages."
    )
    if report.options.machines:
        text += (
            f" The machine was treated as one more coder: the mean {report.options.coefficient_key} between machine and "
            f"humans was compared with that between humans on the same {report.unit}s, with a non-inferiority margin of "
            f"{apa(report.options.margin)} fixed beforehand."
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
    text = f"{name} = {apa(estimate.value)}"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text}, {100 * confidence:.0f}% CI [{apa(estimate.low)}, {apa(estimate.high)}]"


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
        f"three times and ranged from {apa(values[0])} to {apa(values[-1])}."
    )


def _judgement(report: Findings, v: Verdict) -> str:
    says = SAYS[v.label].format(m=v.machine, floor=apa(report.options.human_floor, 3))
    if v.delta.value is None:
        return f"The comparison {says}."
    difference = number(v.delta, "difference", report.options.confidence)
    return f"Over all codes the comparison ({difference}; margin {apa(report.options.margin)}) {says}."
