"""The second look in words: answers of a few lines, and the agenda and the clinic as pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from autocode.agreement.coefficients import cohen_kappa
from autocode.agreement.counts import decisions, pair_counts
from autocode.agreement.differences import CAUSES
from autocode.agreement.estimate import apa
from autocode.agreement.judgement.plan import SIMULATED, STEPS, Plan, design_of, plan
from autocode.dossier.blocks import Block, Cell, Points, Quoted, Table, Title, View, Words, shown
from autocode.dossier.findings import Findings
from autocode.errors import counted
from autocode.evaluate.clinic import LEAST_USES, RARE, Clinic, clinic
from autocode.evaluate.double_coding import LEAST_DRAWN, Relooked, looked_again
from autocode.evaluate.meeting import Agenda, Voted, agenda, voted
from autocode.evaluate.second_look import CoderLook
from autocode.evaluate.stability import LITTLE, Stability
from autocode.study import Study
from autocode.study.codebook import SEPARATOR

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
            yield Quoted(study.by_id[place.document].text_of(place), told + other, f"{place.document}, segment {place.id}")
        if len(p.passages) > _READ:
            yield Words(f"And {counted(len(p.passages) - _READ, 'more passage')}.", "soft")


def _pairs(made: Clinic) -> Table:
    """Pairs of codes taken for one another: how far coders agree on them as two codes, and as one."""
    ends = ("" if p.low is None else f"{shown(p.low, 'k')} to {shown(p.high, 'k')}" for p in made.pairs)
    rows = tuple((leaf(p.first), leaf(p.second), p.apart, p.merged, e) for p, e in zip(made.pairs, ends, strict=True))
    header = ("Code", "Taken for", "Kappa as two", "Kappa as one", "Gain, 95% interval")
    note = f"All {made.looked_at:,} pairs looked at are allowed for."
    return Table("Pairs", "Codes taken for one another", header, rows, "ttkkt", note)


def clinic_blocks(made: Clinic, study: Study | None) -> Iterable[Block]:
    """Weak codes with their causes, and the passages of a study that divide each pair taken for one another."""
    rows = tuple(
        (leaf(w.code), w.kappa, w.ends.strip("[]").replace(", ", " to ").replace("-", "−") or "–", w.uses, w.cause, w.evidence)
        for w in made.weak
        if w.cause != RARE
    )
    rare = sum(w.cause == RARE for w in made.weak)
    header = ("Code", "Kappa", "95% CI", "Uses", "Cause", "Evidence")
    note = f"For {counted(rare, 'code')} with fewer than {LEAST_USES} uses there is not enough data to say." if rare else ""
    yield Table("Weak codes", "Weak codes and the likeliest cause", header, rows, "tktntt", note)
    if study is None:
        yield from [_pairs(made)] if made.pairs else []
        return
    for p in made.pairs:
        yield Title(f"{leaf(p.first)} or {leaf(p.second)}?")
        ends = f" (gain {apa(p.low)} to {apa(p.high)}, all {made.looked_at} pairs allowed for)" if p.low is not None else ""
        yield Words(f"kappa {apa(p.apart)} as two codes, {apa(p.merged)} as one{ends}.")
        for code, segments in ((p.first, p.divide_first), (p.second, p.divide_second)):
            for s in segments:
                yield Quoted(study.by_id[s.document].text_of(s), code, f"{s.document}, segment {s.id}")


def look_summary(look: CoderLook, everything: bool) -> Iterator[str]:
    """One coder in sentences: how many decisions, of which kind; none of the decisions themselves."""
    enough, used = look.codes
    if not enough:
        yield f"{look.coder}: not enough data to say. No code is used three times in two documents."
        return
    listed, many, chance = len(look.looks), look.standing_out, round(look.by_chance)
    are = f"{counted(listed, 'decision') if listed else 'no decision'} {'is' if listed < 2 else 'are'}"
    told = f"{look.coder} gave {counted(look.codings, 'coding')} that can be looked at; {are}"
    first = f" (the first of {many:,} that stand out)" if many > listed else ""
    bring = "hardly any of them" if not chance else f"up to {chance} of them" if chance < listed else "as many"
    yield f"{told} worth a second look{first}{f'; chance alone could bring {bring}' if listed else ''}."
    kinds = ", ".join(counted(n, f"possible {kind}") for kind, n in Counter(x.kind for x in look.looks).items())
    parts = [f"{kinds}."] if kinds else []
    parts.append(f"{enough} of {counted(used, 'code')} {'is' if enough == 1 else 'are'} used often enough to say.")
    yield f"  {' '.join(parts)}"
    if look.trend and look.trend.p < 0.05:
        more = "more" if look.trend.later_more else "fewer"
        yield f"  The coder gives {more} codes in later documents than in earlier ones (p = {apa(look.trend.p, 3)})."
    for s in look.steady if everything else look.steady[:1]:
        more = "" if everything or len(look.steady) < 2 else f" (and {len(look.steady) - 1} more)"
        told = f"{look.coder} gives {leaf(s.code)} {'more' if s.more else 'less'} often than {s.other}"
        yield f"  Steady difference: {told}{more}."


def look_answer(look: CoderLook, everything: bool, coders: int) -> Iterator[str]:
    """One coder in a few lines: how many decisions, of which kind, and the first of them."""
    yield from look_summary(look, everything)
    most = len(look.looks) if everything else max(2, _SHOWN // coders)
    for x in look.looks[:most]:
        place = f"{x.segment.document}, segment {x.segment.id}"
        gave, saw = x.others
        others = f"given by {gave} of {saw} others" if saw > 1 else f"{'also' if gave else 'not'} by the other" if saw else ""
        said = "; ".join(part for part in (others, "" if x.kind == "slip" else x.kind) if part)
        yield f"  {x.question:<12} {leaf(x.code)} in {place}{f' ({said})' if said else ''}"


def agenda_answer(made: Agenda, everything: bool) -> Iterator[str]:
    """The agenda in a few lines."""
    a, b = made.coders
    yield (
        f"{a} and {b} differ {counted(made.disagreements, 'time')} in {counted(len(made.documents), 'document')}; "
        f"pooled kappa {apa(made.kappa)}."
    )
    spent = sum(p.minutes for p in made.points)
    settled = sum(len(p.cells) for p in made.points)
    left = f"; {counted(made.left, 'point')} left for another time" if made.left else ""
    points = counted(len(made.points), "point")
    yield f"{points} in {spent:.0f} minutes would settle {settled} of them (kappa {apa(made.after)}){left}."
    for n, p in enumerate(made.points[: None if everything else _SHOWN], 1):
        cost = f"{counted(len(p.passages), 'passage')}, kappa +{apa(p.gain)}"
        yield f"{n:>3}. {_named(p.codes)}: {CAUSES[p.cause]}, {cost}"
    yield ("Agreement on text that you discussed is no reliability: code new text apart afterwards.")


def clinic_answer(made: Clinic, everything: bool) -> Iterator[str]:
    """The clinic in a few lines."""
    told = [w for w in made.weak if w.cause != RARE]
    rare = len(made.weak) - len(told)
    weak = f"{len(told) or 'None'} of {counted(made.codes, 'code')} {'is' if len(told) < 2 else 'are'} weak"
    if rare == made.codes:
        which = "the code" if made.codes == 1 else f"any of the {made.codes} codes"
        yield f"Not enough data to say whether {which} is weak: {LEAST_USES} uses of a code are needed."
    else:
        sure = sum(w.sure for w in told)
        beyond = f"{f'for {sure} of them ' * (sure < len(told))}beyond what chance could bring"
        chance = f", {beyond if sure else 'which chance could have brought'}" if told else ""
        few = f"; for {rare} there is not enough data to say." if rare else "."
        yield f"{weak} between {made.coders[0]} and {made.coders[1]} (kappa below .60{chance}){few}"
    for w in told[: None if everything else 3]:
        why = f"{w.evidence[:1].upper()}{w.evidence[1:]}"
        kappa = f"kappa {apa(w.kappa)} {w.ends}".rstrip()
        yield f"  {leaf(w.code)} ({kappa}, {counted(w.uses, 'use')}): {w.cause}. {why}."
    yield from (f"  {leaf(w.code)}: {w.evidence}." for w in made.weak if everything and w.cause == RARE)
    if made.looked_at:
        helped = sum(p.sure for p in made.pairs) or "none"
        yield f"{counted(made.looked_at, 'pair')} of codes taken for one another; merging is sure to help in {helped}."
    for p in sorted(made.pairs, key=lambda p: not p.sure)[: None if everything else 4]:
        ends = f" [{apa(p.low)}, {apa(p.high)}]" if p.low is not None else ""
        told_so = f"kappa {apa(p.apart)} apart, {apa(p.merged)} as one code; gain {apa(p.gain)}{ends}"
        told_so += "" if p.sure else ", perhaps by chance"
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


@dataclass(frozen=True, slots=True)
class Told:
    """What the second look tells of a study; None or empty where there is too little to tell.

    Attributes:
        looks: Each coder's decisions worth a second look.
        again: By coder, what a blind re-look found.
        voted: What two coders decided anew in their meetings.
        agenda: What the two coders who share most documents should talk about.
        clinic: Codes that the codebook does not divide, of the same two.
        plan: How much to code twice in a study like this one.
        stability: Whether the findings stand.
    """

    looks: tuple[CoderLook, ...] = ()
    again: Mapping[str, Relooked] = field(default_factory=dict)
    voted: Voted | None = None
    agenda: Agenda | None = None
    clinic: Clinic | None = None
    plan: Plan | None = None
    stability: Stability | None = None


def told(view: View, findings: Findings) -> Told:
    """Put together what the second look tells; the machine among the coders is left out."""
    matrix = findings.matrix
    humans = [r for r, c in enumerate(matrix.coders) if c in view.humans] if matrix else []
    if matrix is None or not humans or not matrix.Y[humans].any():
        return Told()
    own = replace(
        matrix,
        coders=tuple(matrix.coders[r] for r in humans),
        Y=matrix.Y[humans],
        seen=matrix.seen[humans],
        outside=matrix.outside[humans],
    )
    looks = findings.looks.coders if findings.looks else ()
    again, votes = looked_again(own, findings.trail.written), voted(own, findings.trail.written)
    shared = {(i, j): int((own.seen[i] & own.seen[j]).sum()) for i, j in combinations(range(len(humans)), 2)}
    first, second = max(shared, key=lambda pair: (shared[pair], -pair[0], -pair[1]), default=(0, 0))
    if not shared.get((first, second)):
        return Told(looks, again, votes, stability=findings.stability)
    pair = own.coders[first], own.coders[second]
    data = decisions(own)
    defined = np.isfinite(cohen_kappa(pair_counts(data, first, second).sum((0, 1))))
    made = plan(design_of(data, first, second)) if defined else None
    talk = agenda(own, view.study.documents, pair)
    return Told(looks, again, votes, talk, clinic(own, *pair), made, findings.stability)


_NAMED = 3  # coders or pairs of codes that a point names
_LISTED = 10  # decisions of one coder that stand on a page; the workbook has them all
_FOUND = (
    "How often the list is right was measured on planted slips (docs/second-look.md): of those listed, about a quarter were "
    "planted where codes are rare, most where they are common."
)


def brief(made: Told) -> Iterator[Block]:
    """The second look in a few points, for a journal."""
    rows = [("Do the findings stand?", made.stability.sentence())] if made.stability else []
    if made.looks:
        most = [(x.coder, len(x.looks), min(len(x.looks), round(x.by_chance))) for x in made.looks if x.codes[0]]
        if len(most) > _NAMED:
            most = [(f"the {len(most)} coders together", sum(n for _, n, _ in most), sum(c for *_, c in most))]
        each = "; ".join(f"{coder} {n:,}, of which chance could bring {chance:,}" for coder, n, chance in most)
        text = f"Decisions that other documents and coders speak against, a sign and no error: {each}." if each else ""
        rows.append(("Decisions worth a second look.", text or "Not enough data to say: no code is used often enough."))
    rows += [("Coded again, blind.", " ".join(relook_answer(coder, found))) for coder, found in made.again.items()]
    if made.voted:
        rows.append(("Decided anew in a meeting.", " ".join(_voted(made.voted))))
    if made.agenda and made.agenda.points:
        first = made.agenda.points[0]
        what = f"{_named(first.codes)} ({CAUSES[first.cause]}, {counted(len(first.passages), 'passage')})"
        text = f"{' and '.join(made.agenda.coders)} differ {counted(made.agenda.disagreements, 'time')}."
        rows.append(("Where the coders differ.", f"{text} Most is gained by talking about {what}."))
    if made.clinic:
        sure = [f"{leaf(p.first)} and {leaf(p.second)}" for p in made.clinic.pairs if p.sure]
        more = f" and {counted(len(sure) - _NAMED, 'more pair')}" if len(sure) > _NAMED else ""
        text = f"The codebook does not divide {'; '.join(sure[:_NAMED])}{more}: agreement is surely higher with one code."
        rows.append(("Codes not divided.", text if sure else "No two codes would surely gain by being merged."))
    if made.plan:
        rows.append(("How much to code twice.", made.plan.sentence()))
    if rows:
        yield Points(tuple(("", head, text) for head, text in rows))


def blocks(made: Told, view: View) -> Iterator[Block]:
    """The second look whole: the lists, what was decided again, the meeting, the clinic, the plan of double coding."""
    if made.looks:
        yield Title("Decisions worth a second look")
        for look in made.looks:
            yield Words(" ".join(line.strip() for line in look_summary(look, len(made.looks) <= _NAMED)))
        yield from _look_tables(made.looks)
    for coder, found in made.again.items():
        yield Words(" ".join(relook_answer(coder, found)))
    if made.voted:
        yield Title("What was decided anew in a meeting")
        yield Words(" ".join(_voted(made.voted)))
    if made.agenda and made.agenda.points:
        yield Title("What to talk about")
        yield Words(" ".join([*agenda_answer(made.agenda, False)][:2]))
        rows = tuple(
            (n, _named(p.codes), CAUSES[p.cause], len(p.passages), p.gain, round(p.minutes))
            for n, p in enumerate(made.agenda.points, 1)
        )
        header = ("", "Code or codes", "Why they differ", "Passages", "Gain in kappa", "Minutes")
        yield Table(
            "Agenda",
            f"What {' and '.join(made.agenda.coders)} should talk about first",
            header,
            rows,
            "nttnkn",
            "In the order of what a minute brings. Agreement on text that was discussed is no reliability: that is measured on "
            "text coded apart afterwards.",
        )
    if made.clinic and (made.clinic.weak or made.clinic.pairs):
        yield Title("Codes that the codebook does not divide")
        yield from clinic_blocks(made.clinic, None)
    if made.plan:
        yield Title("How much to code twice")
        yield Words(made.plan.sentence())
        yield Table(
            "Double coding",
            "What coding so many documents twice would show",
            ("Documents coded twice", "95% interval", f"Shows kappa above {apa(made.plan.line)}", "Interval can be given"),
            tuple(
                (r.documents, f"±{apa(r.half_width)}" if r.defined >= 0.5 else "–", r.above, r.defined) for r in made.plan.rows
            ),
            "ntpp",
            f"Shares of {SIMULATED} simulated studies like this one, through the interval that is reported.",
        )


def _look_tables(looks: Sequence[CoderLook]) -> Iterator[Table]:
    """The decisions listed: the first of each coder on the page, all of them in the workbook."""
    every = [
        (
            x.coder,
            x.segment.document,
            x.segment.id,
            leaf(x.code),
            x.question,
            x.kind,
            x.chance,
            f"{x.others[0]} of {x.others[1]}" if x.others[1] else "–",
        )
        for look in looks
        for x in look.looks
    ]
    first = tuple(row for look in looks for row in [r for r in every if r[0] == look.coder][:_LISTED])
    header = ("Coder", "Document", "Segment", "Code", "Question", "Kind", "Chance of coding", "Others gave it")
    if first:
        note = f"The first {_LISTED} of each coder; all of them: the workbook. " if len(every) > len(first) else ""
        note += "Slip: nothing else explains it. Drift: the coder's habit changed. Difference: the coders differ steadily. "
        yield Table(
            "Second look", "Decisions that this team would probably make otherwise", header, first, "ttttttpt", note + _FOUND
        )
    if len(every) > len(first):
        yield Table("Second look, all", "All decisions listed", header, tuple(every), "ttttttpt", sheet_only=True)


def _named(codes: Sequence[str]) -> str:
    return " / ".join(leaf(code) for code in codes)


def relook_answer(coder: str, found: Relooked) -> Iterator[str]:
    """What a blind re-look found, in sentences: of the coder named, or of the reader where that is empty."""
    whose = f"{coder}: " if coder else ""
    yield f"{whose}{found.changed} of {counted(found.listed, 'listed decision')} decided otherwise at the second look."
    (given, again), (left, now) = found.given, found.left
    were, are = ("was" if again == 1 else "were"), ("is" if now == 1 else "are")
    drawn = f"Of {counted(given, 'coding')} drawn at random {again} {were} given again"
    yield f"{drawn}; of {counted(left, 'code')} left out {now} {are} given now."
    oneself = f"Agreement with {'oneself' if coder else 'yourself'} (intra-coder kappa)"
    if found.kappa is not None:
        ends = f"95% CI [{apa(found.low)}, {apa(found.high)}]"
        yield f"{oneself}: {apa(found.kappa)}, {ends}, taking it that {coder or 'you'} would code as often again."
    elif min(given, left) < LEAST_DRAWN:
        yield f"{oneself}: not enough data to say; {LEAST_DRAWN} of either must be answered."
    else:
        yield f"{oneself}: cannot be told from so few, for more codes are given now than at first."


def _voted(found: Voted) -> Iterator[str]:
    """What two coders voted, in sentences."""
    a, b = found.coders
    yield f"{a} and {b} voted again on {counted(found.differed, 'decision')} on which they had differed."
    yield f"On {found.agreed} of them they now agree."
    yield f"{'; '.join(f'{who} changed {n}' for who, n in found.changed.items())}."
    if found.waiting:
        yield f"On {counted(found.waiting, 'decision')} one of the two has still to vote."
    if found.before is not None and found.after is not None:
        kappas = f"{apa(found.before)} as coded apart and {apa(found.after)} with the votes"
        yield f"Pooled kappa of all that both coded is {kappas}."
    yield "The first codings stay as they are. Agreement on text that was discussed is no reliability: code new text apart."


def findings_blocks(made: Stability | None) -> Iterator[Block]:
    """Whether the findings stand; nothing where too little is coded."""
    if made is None:
        return
    yield Words(made.sentence(), "lead")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (f.text[:1].upper() + f.text[1:], f.verdict, f.why, f.support) for f in made.findings if f.verdict != LITTLE
    )
    every = made.documents + made.uncoded
    few = made.count(LITTLE)
    left = f" {counted(few, 'comparison')} with fewer than five uses left out." if few else ""
    whole = f" The machine's coding of all {every} interviews, corrected, counts as well." if made.uncoded else ""
    yield Table(
        "Stability",
        "Whether each finding stands",
        ("Finding", "Verdict", "Because", "Draws that agree"),
        rows,
        "tttp",
        "Each finding again under each coder, with interviews drawn again 2,000 times, without one or two of them, and held "
        f"against chance.{left}{whole}",
    )
