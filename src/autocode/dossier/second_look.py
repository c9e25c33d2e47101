"""The second look in words: answers of a few lines, and the agenda and the clinic as pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from autocode.agreement.estimate import apa
from autocode.agreement.judgement.plan import STEPS, Plan
from autocode.dossier.blocks import Block, Cell, Quoted, Table, Title, View, Words
from autocode.errors import counted
from autocode.evaluate.clinic import RARE, Clinic, clinic
from autocode.evaluate.meeting import Agenda
from autocode.evaluate.second_look import CoderLook
from autocode.evaluate.stability import LITTLE, stability
from autocode.study import Study
from autocode.study.codebook import SEPARATOR
from autocode.study.matrix import CodingMatrix

_READ = 6  # passages of one point that stand on the page
_SHOWN = 6  # lines of a list in an answer


def leaf(path: str) -> str:
    """A code's own name."""
    return path.rpartition(SEPARATOR)[2]


def agenda_blocks(made: Agenda, study: Study) -> Iterable[Block]:
    """The points of an agenda, each with its definitions and the passages to read first."""
    yield Words(f"{' and '.join(made.coders)}: pooled kappa {apa(made.kappa)} as coded blind.", "lead")
    for n, p in enumerate(made.points, 1):
        yield Title(f"{n}. {p.title} ({p.minutes:.0f} min)")
        for path in p.codes:
            if (code := study.codebook.by_path.get(path)) and code.definition:
                yield Words(f"{path}: {code.definition}", "soft")
        for place in p.passages[:_READ]:
            here = [c for c in p.cells if c.segment == place]
            told = "; ".join(f"{c.given}: {c.code}" for c in here)
            other = "" if len({c.given for c in here}) > 1 else f"; the other: {', '.join(here[0].by_other) or 'no code'}"
            words = study.by_id[place.document].text_of(place)
            yield Quoted(words, told + other, f"{place.document}, segment {place.id}")
        if len(p.passages) > _READ:
            yield Words(f"And {counted(len(p.passages) - _READ, 'more passage')}.", "soft")


def clinic_blocks(made: Clinic, study: Study | None) -> Iterable[Block]:
    """Weak codes with their causes, and the passages of a study that divide each pair taken for one another."""
    rows = tuple((w.code, w.kappa, w.uses, w.cause, w.evidence) for w in made.weak)
    yield Table(
        "Weak codes", "Weak codes and the likeliest cause", ("Code", "kappa", "Uses", "Cause", "Evidence"), rows, "tkntt"
    )
    for p in made.pairs:
        yield Title(f"{p.first} or {p.second}?")
        ends = f" (gain {apa(p.low)} to {apa(p.high)}, all {made.looked_at} pairs allowed for)" if p.low is not None else ""
        yield Words(f"kappa {apa(p.apart)} as two codes, {apa(p.merged)} as one{ends}.")
        if study is not None:
            for code, segments in ((p.first, p.divide_first), (p.second, p.divide_second)):
                for s in segments:
                    yield Quoted(study.by_id[s.document].text_of(s), code, f"{s.document}, segment {s.id}")


def look_answer(look: CoderLook, everything: bool, coders: int) -> Iterator[str]:
    """One coder in a few lines: how many decisions, of which kind, and the first of them."""
    enough, used = look.codes
    if not enough:
        yield (f"{look.coder}: not enough data to say. No code is used three times in two documents.")
        return
    kinds = Counter(x.kind for x in look.looks)
    plurals = {"slip": "slips", "drift": "drifts", "difference": "differences"}
    parts = ", ".join(f"{n} {kind if n == 1 else plurals[kind]}" for kind, n in kinds.items())
    told = f"{look.coder}: {counted(len(look.looks), 'decision')} worth a second look, of {look.codings:,} codings"
    yield (f"{told} ({parts})." if parts else f"{told}.")
    yield f"  {enough} of {used} codes are used often enough to say."
    if look.looks:
        yield f"  {look.standing_out:,} stand out; without any slip about {look.by_chance:.0f} would, by chance alone."
    if look.trend and look.trend.p < 0.05:
        more = "more" if look.trend.later_more else "fewer"
        yield (f"  The coder gives {more} codes in later documents than in earlier ones (p = {apa(look.trend.p, 3)}).")
    for s in look.steady[: len(look.steady) if everything else 1]:
        yield (f"  Steady difference: {look.coder} gives {leaf(s.code)} {'more' if s.more else 'less'} often than {s.other}.")
    most = len(look.looks) if everything else max(2, _SHOWN // coders)
    for x in look.looks[:most]:
        place = f"{x.segment.document}, segment {x.segment.id}"
        others = f"{x.others[0]} of {x.others[1]} others gave it" if x.others[1] else "no other coder"
        yield (f"  {x.question:<12} {leaf(x.code)} in {place} ({others}; {x.kind})")


def agenda_answer(made: Agenda, everything: bool) -> Iterator[str]:
    """The agenda in a few lines."""
    a, b = made.coders
    yield (
        f"{a} and {b} differ {counted(made.disagreements, 'time')} in {counted(len(made.documents), 'document')}; "
        f"pooled kappa {apa(made.kappa)}."
    )
    spent = sum(p.minutes for p in made.points)
    settled = sum(len(p.cells) for p in made.points)
    told = f"{counted(len(made.points), 'point')} in {spent:.0f} minutes would settle {settled} of them"
    yield (f"{told} (kappa {apa(made.after)}); {counted(made.left, 'point')} left for another time.")
    for n, p in enumerate(made.points[: None if everything else _SHOWN], 1):
        yield (f"{n:>3}. {p.title.replace(SEPARATOR, ' > ')}: {counted(len(p.passages), 'passage')}, kappa +{apa(p.gain)}")
    yield ("Agreement on text that you discussed is no reliability: code new text apart afterwards.")


def clinic_answer(made: Clinic, everything: bool) -> Iterator[str]:
    """The clinic in a few lines."""
    told = [w for w in made.weak if w.cause != RARE]
    rare = len(made.weak) - len(told)
    yield (
        f"{counted(len(told), 'code')} of {made.codes} weak between {made.coders[0]} and {made.coders[1]} (kappa below .60); "
        f"for {rare} there is not enough data to say."
    )
    for w in told[: None if everything else _SHOWN]:
        yield (f"  {leaf(w.code)} (kappa {apa(w.kappa)}, {w.uses} uses): {w.cause}. {w.evidence}.")
    if everything:
        for w in made.weak:
            if w.cause == RARE:
                yield (f"  {leaf(w.code)}: {w.evidence}.")
    sure = [p for p in made.pairs if p.sure]
    yield (f"{counted(made.looked_at, 'pair')} of codes taken for one another; merging is sure to help in {len(sure)}.")
    for p in made.pairs[: None if everything else 4]:
        ends = f" [{apa(p.low)}, {apa(p.high)}]" if p.low is not None else ""
        told_so = f"kappa {apa(p.apart)} apart, {apa(p.merged)} as one code; gain {apa(p.gain)}{ends}"
        yield (f"  {leaf(p.first)} / {leaf(p.second)}: {told_so}")


def plan_answer(made: Plan, everything: bool) -> Iterator[str]:
    """The plan in a sentence and a small table."""
    yield (made.sentence())
    yield (f"{'Documents':>10}{'interval':>10}{'above ' + apa(made.line):>14}")
    wanted = {made.enough_width, made.enough_above, 6, 12, 20, 40}
    for r in made.rows:
        if everything or r.documents in wanted:
            half = f"±{apa(r.half_width)}" if r.defined >= 0.5 else "–"
            yield (f"{r.documents:>10}{half:>10}{100 * r.above:>7.0f} of 100")
    yield (f"By simulation of up to {STEPS[-1]} documents, through the interval that `agree` reports.")


def findings_blocks(view: View, matrix: CodingMatrix | None) -> Iterator[Block]:
    """Whether the findings stand, and which codes two coders do not divide; nothing where too little is coded.

    Args:
        view: The study, with the groups of its participants.
        matrix: What the coders decided; a machine among them is left out.
    """
    humans = [r for r, c in enumerate(matrix.coders) if c in view.study.humans] if matrix else []
    if (
        matrix is None
        or not humans
        or len(np.unique(matrix.groups[matrix.seen[humans].any(0)])) < 2
        or not matrix.Y[humans].any()
    ):
        return
    own = replace(
        matrix,
        coders=tuple(matrix.coders[r] for r in humans),
        Y=matrix.Y[humans],
        seen=matrix.seen[humans],
        outside=matrix.outside[humans],
    )
    made = stability(own, view.group or None)
    yield Words(made.sentence(), "lead")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (f.text[:1].upper() + f.text[1:], f.verdict, f.why, f.support) for f in made.findings if f.verdict != LITTLE
    )
    yield Table(
        "Stability",
        "Whether each finding stands",
        ("Finding", "Verdict", "Because", "Draws that agree"),
        rows,
        "tttp",
        "Each finding again under each coder, with interviews drawn again 2,000 times, and without one or two of them. "
        f"{counted(made.count(LITTLE), 'comparison')} with fewer than five uses left out.",
    )
    if len(own.coders) >= 2:
        yield from clinic_blocks(clinic(own, own.coders[0], own.coders[1]), None)
