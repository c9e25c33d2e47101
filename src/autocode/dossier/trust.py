"""Trustworthiness after Lincoln and Guba: four criteria, filled from the record, gaps said plainly.

Source: Lincoln, Y. S. & Guba, E. G. (1985). Naturalistic Inquiry, chapter 11. Sage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from autocode.agreement import agree
from autocode.config import Config
from autocode.dossier.blocks import Block, Points, Quoted, Section, Table, View, Words, shown
from autocode.dossier.findings import MARKS, Findings, Version, software
from autocode.dossier.record import where_said
from autocode.dossier.reliability import pooled
from autocode.errors import StudyError, counted
from autocode.study import Coding
from autocode.study.matrix import coding_matrix

Point = tuple[str, str, str]


def sections(
    view: View,
    findings: Findings,
    found: Sequence[tuple[str, str, tuple[Point, ...]]],
    below: Mapping[str, Sequence[Block]],
) -> Iterator[Section]:
    """One page for each of the four criteria.

    Args:
        view: The study.
        findings: Answers to the member check.
        found: The criteria (`criteria`).
        below: What else stands below the points of a criterion, by its name.
    """
    for name, question, points in found:
        own = {"Credibility": _credible, "Transferability": _thick}.get(name)
        blocks = (*below.get(name, ()), *(own(view, findings) if own else ()))
        lead = Words(f"{question} ✓ on record, ? in part, ✗ missing (Lincoln & Guba 1985).", "soft")
        yield Section(name.lower(), f"Trustworthiness: {name.lower()}", (lead, Points(points), *blocks), own_page=True)


def criteria(
    view: View, findings: Findings, history: Sequence[Version], again: Sequence[str] = ()
) -> tuple[tuple[str, str, tuple[Point, ...]], ...]:
    """The four criteria: name, the question it asks, and what is on record of it; `again` says what blind re-looks found."""
    return (
        ("Credibility", "May one believe the findings?", tuple(_credibility(view, findings))),
        ("Transferability", "Can a reader judge whether they hold elsewhere?", tuple(_transferability(view))),
        ("Dependability", "Would the same work give the same result?", tuple(_dependability(view, findings, history, again))),
        (
            "Confirmability",
            "Do the findings come from the data, and can that be followed?",
            tuple(_confirmability(view, findings)),
        ),
    )


def _stated(text: str, head: str, key: str) -> Point:
    """A statement of the researchers, or that it is missing and where to write it."""
    if text:
        return "yes", head, text
    return "no", head, f"Not on record ({where_said(key)})."


def _credibility(view: View, findings: Findings) -> Iterator[Point]:
    said = view.record.record
    yield _stated(said.transcripts_checked, "Transcripts checked against the recording.", "transcripts_checked")
    yield _members(view, findings)
    yield _sources(view)
    yield _contact(view)
    themes = {n.theme for n in view.record.negative}
    without = [view.name(t) for t in view.strands if t and t not in themes]
    mark = "yes" if not without else "part" if themes else "no"
    more = f" and {len(without) - _NAMED} more" if len(without) > _NAMED else ""
    missing = f"{len(view.record.negative)} on record; none for {', '.join(without[:_NAMED])}{more}."
    text = missing if without else f"On record for every {'theme' if view.themes else 'code'}."
    yield mark, "Negative cases.", text


def _members(view: View, findings: Findings) -> Point:
    head = "Member checking."
    if not findings.members:
        told = view.record.record.member_checking
        asking = f"Not on record ({where_said('member_checking')}). Letters to ask them with: the desk, or autocode members."
        return ("yes", head, told) if told else ("no", head, asking)
    count = Counter(m.answer for m in findings.members)
    told = "; ".join(f"{answer}: {n}" for answer, n in sorted(count.items()))
    asked = {view.participant[d.id] for d in view.interviews}
    answered = {view.participant.get(m.document, m.document) for m in findings.members if m.answer != "no answer"} & asked
    text = f"{len(answered)} of {counted(len(asked), 'participant')} answered (by interview: {told})."
    return "yes" if answered == asked else "part", head, text


def _sources(view: View) -> Point:
    listed, humans, said = view.kinds, len(view.humans), view.record.record.triangulation
    text = f"Kinds of document: {', '.join(listed)}. Human coders: {humans}. "
    enough = len(listed) > 1 or humans > 1 or bool(said)
    return (
        "yes" if said else "part" if enough else "no",
        "Triangulation.",
        text + (said or "Nothing further on record."),
    )


def _contact(view: View) -> Point:
    found, said = view.minutes, view.record.record.prolonged_contact
    if not found:
        return _stated(said, "Prolonged contact.", "prolonged_contact")
    of = f" ({len(found)} of {counted(len(view.interviews), 'interview')})" if len(found) < len(view.interviews) else ""
    text = (
        f"{sum(found) / 60:.1f} hours of interviews{of}, {min(found):.0f} to {max(found):.0f} minutes each, median "
        f"{median(found):.0f}. "
    )
    return (
        "yes" if said else "part",
        "Prolonged contact.",
        text + (said or "Nothing on record of other contact with the field."),
    )


def _credible(view: View, findings: Findings) -> Iterator[Block]:
    """Answers to the member check, and negative cases: counted by theme, and in words where quotes may be shown."""
    if findings.members:
        rows = tuple(
            (view.participant.get(m.document, ""), m.document, m.answer, m.corrections, m.comments) for m in findings.members
        )
        yield Table(
            "Member checks",
            "Answers to the member check",
            ("Participant", "Document", "Answer", "Passages corrected", "Comments"),
            rows,
            "tttnn",
        )
    count, what = Counter(n.theme for n in view.record.negative), "theme" if view.themes else "code"
    yield Table(
        "Negative cases",
        f"Negative cases on record, by {what}",
        (what.capitalize(), "Negative cases", "Coded segments"),
        tuple((view.name(t), count[t], len(view.under(t))) for t in dict.fromkeys([*filter(None, view.strands), *count])),
        "tnn",
        f"A passage that speaks against a {what} is set down under [[negative]] in the study's file dossier.toml.",
    )
    for n in view.record.negative if view.record.report.quotes else ():
        yield Quoted(
            view.study.by_id[n.document].text[n.start : n.end],
            f"Against “{n.theme}”" + (f" ({n.note})" if n.note else ""),
            view.cited(Coding(n.document, n.start, n.end, n.theme, "")),
        )


def _transferability(view: View) -> Iterator[Point]:
    said, people = view.record.record, {view.participant[d.id] for d in view.interviews}
    yield _stated(said.sampling, "Sampling.", "sampling")
    yield _stated(said.setting, "Setting.", "setting")
    known = [d for d in view.interviews if d.variables]
    mark = "yes" if len(known) == len(view.interviews) and known else "part" if known else "no"
    yield (
        mark,
        "Participants.",
        f"{counted(len(people), 'participant')}; {len(known)} of "
        f"{counted(len(view.interviews), 'interview')} are described by variables.",
    )
    text = (
        f"In the full dossier one coded segment of each of the largest {'themes' if view.themes else 'codes'} stands in what "
        "was said around it."
    )
    yield (
        ("yes", "Thick description.", text)
        if view.codings and view.record.report.quotes
        else ("no", "Thick description.", "No quote is shown.")
    )


_NAMED = 8  # themes without a negative case that are named
_THICK = 6  # themes shown in their context
_AROUND = 260  # characters of context on either side of a quote


def _thick(view: View, findings: Findings) -> Iterator[Quoted]:
    """For the themes with most coded segments their longest one of at most 400 characters, with what was said around it."""
    often = sorted(filter(None, view.strands), key=lambda theme: -len(view.under(theme)))[:_THICK]
    shown = set[tuple[str, int]]()
    for theme in (t for t in view.strands if t in often and view.record.report.quotes):
        fresh = [c for c in view.under(theme) if (c.document, c.start) not in shown] or view.under(theme)
        found = [c for c in fresh if c.end - c.start <= 400] or fresh
        best = max(found, key=lambda c: (c.end - c.start, c.document, -c.start))
        shown.add((best.document, best.start))
        text = view.study.by_id[best.document].text
        before = text[max(0, best.start - _AROUND) : best.start].partition(" ")[2]
        after = text[best.end : best.end + _AROUND].rpartition(" ")[0]
        shown_text = f"… {before}[{text[best.start : best.end]}]{after} …"
        where = view.name(theme) if best.code == theme else f"{view.name(theme)}: {view.name(best.code)}"
        yield Quoted(" ".join(shown_text.split()), f"{where}, in its context", view.cited(best))


def _dependability(view: View, findings: Findings, history: Sequence[Version], again: Sequence[str]) -> Iterator[Point]:
    """Agreement, stability, codebook, model, software and the command, as far as on record."""
    report = findings.report
    for kind, head in (
        ("human-human", "Agreement between humans."),
        ("machine-human", "Agreement of the machine with humans."),
    ):
        row = report.overall(kind) if report else None
        if row and row.kappa.value is not None:
            verdict = report.verdict() if report and kind == "machine-human" else None
            judged = f" Verdict on the machine: {MARKS[verdict.label][0]}." if verdict else ""
            yield "yes", head, f"Pooled kappa {pooled(row)}.{judged}"
        else:
            yield "no", head, "Not measured."
    yield from _stability(view, again)
    yield _stated(view.record.record.disagreements, "How disagreements were resolved.", "disagreements")
    yield _codebook(view, history)
    yield _model(findings)
    yield "yes", "Software.", software()
    yield (
        ("yes" if findings.command else "no"),
        "The command that makes every table and figure again.",
        findings.command or "Not on record.",
    )


def _codebook(view: View, made: Sequence[Version]) -> Point:
    book = view.study.codebook
    dated = sum(bool(v.at) for v in made)
    told = f"version {book.version}, " if book.version else ""
    told = f"{told}{counted(len(book), 'code')} and themes, hash {book.sha256[:12]}. "
    earlier = (
        f"{counted(len(made), 'version')} on record, {dated:,} of them dated (⟨Codebook versions⟩)."
        if dated
        else "When it came about is not on record."
    )
    return ("yes" if dated == len(made) else "part"), "Codebook.", told[0].upper() + told[1:] + earlier


def _stability(view: View, again: Sequence[str]) -> Iterator[Point]:
    """A coder against their own second coding of the same documents, or of passages seen again blind."""
    head = "Stability of coding over time."
    yield from (("yes", head, text) for text in again)
    if not view.record.rounds and not again:
        text = "No second coding of the same documents by the same coder is on record. The desk asks for one under Look again, "
        yield "no", head, f"{text}blind; [[rounds]] in the file dossier.toml names one."
    for pair in view.record.rounds:
        matrix = coding_matrix(view.study, Config(), view.study.choose((pair.first, pair.second)))
        row = agree(matrix).row()
        if row is None or row.kappa.value is None:
            raise StudyError(
                f"rounds {pair.first}, {pair.second}",
                "kappa between them is undefined",
                "Check [[rounds]] in dossier.toml.",
            )
        yield (
            "yes",
            head,
            f"{pair.first} and {pair.second}: pooled kappa {shown(row.kappa.value, 'k')} on {counted(row.units, 'unit')} "
            f"in {row.documents} documents.",
        )


def _model(findings: Findings) -> Point:
    made = findings.model
    if not made:
        return (
            "part" if findings.evaluation else "yes",
            "Model.",
            (
                "The machine in the comparison was trained anew for each document held out, with the settings of "
                "the study. The card of a saved model stands here where one is named (--model)."
                if findings.evaluation
                else "No model was used."
            ),
        )
    encoder = made["encoder"]
    return (
        "yes",
        "Model.",
        (
            f"Learnt from {counted(made['codings'], 'coding')} of "
            f"{counted(made['segments'], 'unit')} by {', '.join(made['coders'])}; "
            f"encoder {encoder['name']} ({str(encoder['sha256'])[:12]}); codebook {str(made['codebook']['sha256'])[:12]}; its "
            "model card stands in the full dossier."
        ),
    )


def _confirmability(view: View, findings: Findings) -> Iterator[Point]:
    """The trail from tables to segments, coders and decisions, as far as on record."""
    chain = {True: "Its chain was checked and is whole.", False: "ITS CHAIN IS BROKEN.", None: ""}[findings.trail.intact]
    if findings.trail.entries:
        told = "; ".join(f"{what}: {n}" for what, n in sorted(findings.trail.decisions.items()))
        yield (
            ("no" if findings.trail.intact is False else "yes"),
            "Audit trail.",
            f"{len(findings.trail.entries):,} entries ({told}). {chain}",
        )
    else:
        yield "part", "Audit trail.", "No decision on a suggestion is on record; codings carry their coder."
    dated = sum(bool(c.when) for c in view.study.codings)
    yield (
        "yes",
        "From each table to its segments.",
        (
            f"The sheet “Coded segments” of the workbook lists all {counted(len(view.study.codings), 'coding')} with "
            "document, position, code and "
            f"coder; {dated:,} of them have a date."
        ),
    )
    machines = [c.id for c in view.study.coders if c.kind == "machine"]
    text = f"Codings by machines stand apart: {', '.join(machines)}." if machines else "No coding is by a machine."
    yield (
        "yes",
        "Human and machine kept apart.",
        f"{text} {view.began}",
    )
    yield _stated(view.record.record.reflexivity, "Reflexivity.", "reflexivity")
