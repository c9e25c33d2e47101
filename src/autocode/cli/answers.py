"""The first screen of a verb: the answer in a sentence that a person can repeat, and what follows from it.

At most `LINES` lines of `WIDTH` columns, which leaves two for what comes next. Nothing is cut; tables: --all, --json, --out.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from autocode.agreement import AgreementReport
from autocode.agreement.estimate import FIRM, REASONS, Estimate, apa, enough
from autocode.agreement.rows import NOT_ASSESSABLE, Row, Verdict
from autocode.dossier.blocks import View
from autocode.dossier.tables import coverage, theme_lines
from autocode.errors import counted
from autocode.evaluate import FirstChoices
from autocode.model.card import HUMAN_FLOOR, LICENCES, Licence, Licences, why_silent
from autocode.study import Study, Suggestion
from autocode.study.codebook import SEPARATOR

WIDTH, LINES = 80, 13


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb found, the most important first.

    Attributes:
        verdict: The answer, in a sentence or two.
        good_for: What it is good for.
        best: The three best codes, each with its number; what the numbers are stands in `of`.
        worst: The three worst.
        of: What the numbers are, in words: "kappa".
        heads: What the best and the worst are called.
        change: What would change the answer.
        notes: What else one must know; left out, from the last on, where there is no room.
    """

    verdict: str
    good_for: str = ""
    best: tuple[str, ...] = ()
    worst: tuple[str, ...] = ()
    of: str = ""
    heads: tuple[str, str] = ("Best codes", "Weakest")
    change: str = ""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        return asdict(self)

    def fit(self, lines: int = LINES) -> str:
        """The answer in at most so many lines; the verdict is never left out."""
        told = [self.verdict, self.good_for, *self._codes(), self.change, *self.notes]
        while True:
            parts = [textwrap.fill(part, WIDTH, subsequent_indent="  ", break_on_hyphens=False) for part in told if part]
            text = "\n".join(parts)
            if len(told) == 1 or text.count("\n") < lines:
                return text
            told.pop()

    def _codes(self) -> Iterable[str]:
        of = f" ({self.of})" if self.of else ""
        head = self.heads[0] if self.worst else self.heads[0].replace("Best codes", "Codes")
        none = f"No code above {apa(HUMAN_FLOOR)} yet." if self.worst else ""
        yield f"{head}{of}: {'; '.join(self.best)}." if self.best else none
        yield f"{self.heads[1]}{'' if self.best else of}: {'; '.join(self.worst)}." if self.worst else ""


def print_lines(lines: Iterable[str], everything: bool = True) -> None:
    """Lines of at most 80 columns; without `everything` as many of the indented ones as the first screen has room for."""
    told = [(line, textwrap.fill(line, WIDTH, subsequent_indent=" " * (len(line) - len(line.lstrip()) + 2))) for line in lines]
    while not everything and sum(1 + text.count("\n") for _, text in told) > LINES:
        last = max((n for n, (line, _) in enumerate(told) if line.startswith(" ")), default=-1)
        if last < 0:
            break
        del told[last]
    print(*(text if len(line) > WIDTH else line for line, text in told), sep="\n")


def short_names(codes: Iterable[str]) -> Mapping[str, str]:
    """Each code by its own name; by its whole path where another has the same name."""
    listed = list(dict.fromkeys(codes))
    names = Counter(code.rpartition(SEPARATOR)[2] for code in listed)
    return {c: leaf if names[leaf := c.rpartition(SEPARATOR)[2]] == 1 else c for c in listed}


def and_list(names: Sequence[str]) -> str:
    """ana; ana and ben; ana, ben and eva."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "")))


def _interval(e: Estimate) -> str:
    return "" if e.low is None or e.high is None else f", 95% CI [{apa(e.low)}, {apa(e.high)}]"


def _known(report: AgreementReport, kind: str) -> tuple[list[tuple[str, Row]], int]:
    """Codes with a coefficient, by name, and how many have none."""
    rows = [r for r in report.rows if r.code and r.kind == kind and not r.first]
    names = short_names(report.codes)
    known = sorted((names[r.code], n) for n, r in enumerate(rows) if r.kappa.value is not None and r.kappa.shown)
    return [(name, rows[n]) for name, n in known], len(rows) - len(known)


def _ends(known: Sequence[tuple[str, Row]], told: Callable[[str, Row], str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The best codes and the weakest as far as they are known: also by kappa drawn towards all codes, so not by luck."""

    def both(row: Row) -> list[float]:
        """Kappa as it is and as it is drawn."""
        return [estimate.value or 0.0 for estimate in (row.kappa, row.drawn or row.kappa)]

    most, ranked = min(3, len(known) // 2), sorted(known, key=lambda item: -min(both(item[1])))
    if len(known) < 4:
        return tuple(told(*item) for item in ranked), ()
    worst = sorted((item for item in known if item not in ranked[:most]), key=lambda item: max(both(item[1])))[:most]
    best = [item for item in ranked[:most] if (item[1].kappa.value or 0.0) >= HUMAN_FLOOR]
    return tuple(told(*item) for item in best), tuple(told(*item) for item in worst)


def ends(ranked: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The three best and, the worst first, the three worst of at least four; no code is in both."""
    if len(ranked) < 4:
        return tuple(ranked), ()
    most = min(3, len(ranked) // 2)
    return tuple(ranked[:most]), tuple(reversed(ranked[-most:]))


def agreed(report: AgreementReport, unit: str = "segment") -> Answer:
    """What agree found: how far the humans agree, and what that is enough for.

    Args:
        report: All coders compared.
        unit: What they were compared on, one of it.
    """
    if report.options.machines:
        return judged(report, None)
    row, read = report.overall("human-human"), counted(report.documents, report.options.left_out)
    who = and_list(report.coders) if len(report.coders) < 4 else counted(len(report.coders), "coder")
    verdict = enough(row.kappa, report.options.left_out) if row else None
    if row is None or row.kappa.value is None or verdict is None:
        why = REASONS[row.kappa.reason] if row and row.kappa.reason else REASONS["no_pairs"]
        return Answer(f"How far {who} agree cannot be said on {counted(report.units, unit)} in {read}: {why}.")
    known, without = _known(report, "human-human")
    best, worst = _ends(known, lambda name, r: f"{name} {apa(r.kappa.value)}{_uses(r)}")
    value, mean, (level, good) = row.kappa.value, " on average" * (row.pairs > 1), verdict
    change = "To raise it: settle when the weakest codes apply, write that into the codebook, code these passages again."
    few = f"{counted(without, 'code was', 'codes were')} given too rarely for a number." if without else ""
    return Answer(
        f"{who} agree at kappa {apa(value)}{mean}{_interval(row.kappa)}, on {counted(report.units, unit)} in {read}: {level}.",
        good,
        best,
        worst,
        f"kappa, in brackets {unit}s given it" if "(" in "".join(best + worst) else "kappa" if best + worst else "",
        change=change if worst and value < FIRM else "",
        notes=tuple(filter(None, (*report.notes, few, report.seen_by_one(unit), *_apart(report)))),
    )


def _uses(row: Row) -> str:
    """On how much the kappa of a code rests, where it is that of one pair of coders."""
    return f" ({row.both + row.only_first + row.only_second:,})" if row.pairs == 1 else ""


def _apart(report: AgreementReport) -> list[str]:
    pairs = counted(len(report.apart), "pair")
    return [f"{pairs} of coders read no {report.options.left_out} in common: not compared."] if report.apart else []


def judged(report: AgreementReport, first: FirstChoices | None, reading: Sequence[str] = ()) -> Answer:
    """What evaluate found: may the machine stand in as one more coder, and what is it good for?

    Args:
        report: The machine set beside the humans.
        first: How often its first choice for a passage was right, where that is known.
        reading: What is known of the reading it saves, a sentence each.
    """
    verdict, row = report.verdict(), report.overall("machine-human")
    machine = report.options.machines[0] if report.options.machines else ""
    known, _ = _known(report, "machine-human")
    best, worst = _ends(known, lambda name, r: f"{name} {apa(r.kappa.value)}{_humans(report, r)}")
    name = "the machine" if machine in ("machine", "") else machine
    if verdict is None or row is None:
        return Answer(f"Nothing can be said of {name}: no document was read by it and a human.")
    notes = [f"By chance: {verdict.chances}."] if verdict.chances else []
    found = ""
    if first:
        shares = {"theme": (first.theme, first.common[0])} if first.themes else {}
        shares["code"] = first.code, first.common[1]
        right = ", ".join(f"{kind} in {share:.0%}" for kind, (share, _) in shares.items())
        common = ", ".join(f"{share:.0%}" for _, share in shares.values())
        passages = counted(first.passages, "coded passage")
        found = f"For {passages} its first choice has the right {right} (always the commonest: {common})."
    return Answer(
        " ".join(filter(None, (_verdict(verdict, row, name, report.options.coefficient_key), found))),
        _use(verdict, first),
        best,
        worst,
        f"kappa of {name} and you" + (", in brackets yours" if "(" in "".join(best + worst) else "") if best + worst else "",
        change=_change(verdict, report.options.margin),
        notes=(*notes, *reading, *_apart(report)),
    )


def _humans(report: AgreementReport, row: Row) -> str:
    between = report.overall("human-human", row.code)
    known = between is not None and between.kappa.value is not None and between.kappa.shown
    return f" ({apa(between.kappa.value)})" if between and between.kappa.value is not None and known else ""


def _verdict(v: Verdict, row: Row, name: str, coefficient: str) -> str:
    """May the machine stand in as a coder? The sentence to repeat; `coefficient` is what the verdict compares."""
    m, h = v.machine_humans.value, v.humans.value
    if m is None or h is None:
        why = NOT_ASSESSABLE.get(v.reason, v.reason)
        alone = row.kappa.value
        level = "" if alone is None else f" It agrees with your coding at kappa {apa(alone)}{_interval(row.kappa)}."
        return f"Whether {name} could stand in as a coder cannot be said: {why}.{level}"
    numbers = f"({apa(m)}) than you do with each other ({apa(h)})"
    level = f"at {coefficient} {apa(m)}, you with each other at {apa(h)}"
    said = {
        "supported": f"Yes, as one more coder beside you: {name} agrees with you {level}.",
        "on_par_but_humans_unreliable": f"Not yet: {name} agrees with you {level}, but your own agreement is below .667.",
        "on_par_but_low": f"Not as a second coder: {name} agrees with you {level}, which is on a par, but too low for use.",
        "inconclusive": f"It cannot be said yet: {name} agrees with you {level}, and the difference is uncertain.",
        "not_supported": f"Not as a second coder: {name} agrees less with you {numbers}.",
        "not_assessable": f"It cannot be judged: {NOT_ASSESSABLE.get(v.reason, v.reason)} (it agrees with you {level}).",
    }
    if v.label == "not_supported" and v.reason:
        return f"Not as a second coder: {NOT_ASSESSABLE.get(v.reason, v.reason)} (with you {level})."
    return said[v.label]


def _use(v: Verdict, first: FirstChoices | None) -> str:
    if v.label == "supported":
        return "Use it to code further interviews beside you; you decide on every suggestion."
    if first and first.better:
        by = "by theme " if first.themes and first.theme > first.code else ""
        return f"Use it to sort passages {by}and to find those you overlooked; you decide on every code."
    return "Use it, if at all, to find passages you overlooked; you decide on every code."


def _change(v: Verdict, margin: float) -> str:
    """What would change a verdict on the machine."""
    if v.label == "inconclusive":
        if v.more:
            against = "; as it stands, that would speak against the machine."
            what = against if (v.delta.value or 0.0) < -margin else ", if the difference stays the same."
            return f"What would settle it: about {counted(v.more, 'more document')} coded by two of you{what}"
        return "What would settle it is not attainable by coding more: the difference is too close to the margin."
    if v.label == "on_par_but_humans_unreliable":
        return "What would change it: clearer definitions, until you agree at .667 or more."
    if v.label in ("not_supported", "on_par_but_low"):
        return "What would change it: more coded segments of its weakest codes, and clearer definitions where you differ too."
    if v.reason == "no_humans":
        return "What would change it: a second coder for some of the same documents."
    return "What would change it: more documents coded by two of you." if v.label == "not_assessable" else ""


def learnt(found: Licences) -> Answer:
    """What train found: what each code may be used for."""
    names = short_names(row.code for row in found.rows)
    by = {kind: [row for row in found.rows if row.licence == kind] for kind in ("suggest", "assist only", "silent")}
    c, total, silent = found.config, counted(len(found.rows), "code"), [row.why for row in by["silent"]]
    parts = [
        f"it asks you to look for {len(by['assist only']):,}" if by["assist only"] else "",
        f"{'' if by['assist only'] else 'it '}is silent on {len(silent):,} ({why_silent(silent)})" if silent else "",
    ]
    rest = and_list([p for p in parts if p])
    if by["suggest"]:
        verdict = f"Of {total}, the model may suggest {len(by['suggest']):,}" + (f"; {rest}." if rest else ".")
        good = f"Good for: suggestions, at least {c.precision:.0%} of them right ({c.confidence:.0%} sure); you decide on each."
    else:
        verdict = f"Of {total}, the model may suggest none yet" + (f"; {rest}." if rest else ".")
        point = "Good for: pointing to passages that may carry a code. No share of them is promised to be right."
        good = point if by["assist only"] else "Good for: nothing yet. Code more, then train again."
    used = sorted((row for row in found.rows if row.segments), key=_weight)
    best, worst = ends([f"{names[row.code]} ({counted(row.segments, 'segment')})" for row in used])
    change = "; ".join(f"{names[code]} about {n:,.0f}" for n, code in found.nearest[:3])
    unclear = and_list([names[row.code] for row in found.rows if row.codebook_problem])
    return Answer(
        verdict,
        good,
        best,
        worst,
        heads=("Most coded", "Least coded"),
        change=f"Nearest to being suggested, in coded segments still needed: {change}." if change else "",
        notes=(
            *found.workload.sentences[:1],
            *((f"You disagree yourselves on {unclear}: revise the definition before retraining.",) if unclear else ()),
        ),
    )


def _weight(row: Licence) -> tuple[int, int, str]:
    return LICENCES.index(row.licence), -row.segments, row.code


def suggested(
    found: Sequence[Suggestion], documents: Sequence[str], where: str, reason: str, notes: Sequence[str] = ()
) -> Answer:
    """What suggest found in new documents.

    Args:
        found: The suggestions.
        documents: Ids of all documents read.
        where: The file they were written to.
        reason: Why nothing is suggested outright, where that is so.
        notes: What else to say.
    """
    sure, asked = sum(s.suggested for s in found), sum(s.band == "ask" for s in found)
    places, inside = counted(asked, "place"), f"in {counted(len(documents), 'document')}"
    if sure:
        verdict = f"{counted(sure, 'suggestion')} and {places} more to look at {inside}: {where}."
    elif asked:
        verdict = f"{places} to look at {inside}; {reason}: {where}."
    else:
        verdict = f"Nothing to suggest {inside}: {where}."
    shown = [s for s in found if s.suggested or s.band == "ask"]
    names = short_names(s.code for s in shown) if shown else {}
    most = Counter(s.code for s in shown).most_common(3)
    empty = [d for d in documents if d not in {s.segment.document for s in shown}]
    likely = max(shown, key=lambda s: s.probability, default=None)
    top = f"Likeliest: {names[likely.code]}, {apa(likely.probability)}, in {likely.segment.document}." if likely else ""
    return Answer(
        verdict,
        f"Most often: {'; '.join(f'{names[code]} ({n:,})' for code, n in most)}." if most else "",
        change=top,
        notes=(*notes, *([f"Nothing in {counted(len(empty), 'document')}."] if empty and shown else [])),
    )


def described(study: Study, spoken: str = "") -> Answer:
    """What is in a study: its documents, who coded them, what was coded most and least, the codes under their themes.

    Args:
        study: The study.
        spoken: In which languages its documents are, "" where that is not known.
    """
    words = sum(len(d.text.split()) for d in study.documents)
    given = {c.code for c in study.codings}
    size, themes = study.codebook.sizes(given)
    told, book = View(study).frequencies, study.codebook
    rows = [f for f in told if f.code in given or not (book.is_theme(f.code) or not book.by_path[f.code].codable)]
    kinds = Counter(d.kind for d in study.documents)
    documents = and_list([counted(n, kind, "literature texts" if kind == "literature" else "") for kind, n in kinds.items()])
    in_themes = f" in {counted(themes, 'theme')}" if themes else ""
    what = f"{documents or 'no document'}, {counted(words, 'word')}, {counted(size, 'code')}{in_themes}"
    who = [f"{c.coder} coded {counted(c.documents, 'document')} ({counted(c.codings, 'coding')})" for c in coverage(study)]
    more = f"; {counted(len(who) - 4, 'more coder')}" if len(who) > 4 else ""
    used = sorted((f for f in rows if f.count("")), key=lambda f: (-f.count(""), f.code))
    names = short_names(f.code for f in rows)
    best, worst = ends([f"{names[f.code]} ({f.count(''):,})" for f in used])
    unused = size - len(used)
    never = f"{counted(unused, 'code has', 'codes have')} not been used." if unused and used else ""
    answer = Answer(
        f"{study.name or 'The study'}: {what}.",
        f"{'; '.join(who[:4])}{more}." if who else "Nothing is coded yet.",
        best=best,
        worst=worst,
        of="passages",
        heads=("Most used", "Least used"),
        notes=tuple(filter(None, (study.notice, spoken and f"Spoken: {spoken}.", never))),
    )
    heads = [c.path for c in study.codebook.children() if study.codebook.is_theme(c.path)]
    if not heads:
        return answer
    short = replace(answer, best=(), worst=())  # where every theme has its line, that says what is used most
    whole = theme_lines(rows, heads, LINES - short.fit().count("\n") - 1)
    if whole and not whole[-1].startswith("and "):
        return replace(short, notes=(*answer.notes, *whole))
    return replace(answer, notes=(*answer.notes, *theme_lines(rows, heads, LINES - answer.fit().count("\n") - 1)))
