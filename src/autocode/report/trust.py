"""Trustworthiness after Lincoln and Guba: four criteria, filled from the record, gaps said plainly.

Source: Lincoln, Y. S. & Guba, E. G. (1985). Naturalistic Inquiry, chapter 11. Sage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from autocode.report import history, modelcard
from autocode.report.blocks import Block, Points, Quoted, Section, Table, Words
from autocode.report.counting import View
from autocode.report.findings import Findings
from autocode.report.people import interviews, minutes, sample
from autocode.report.quotes import said_by
from autocode.report.rigour import Point, confirmability, dependability, stated
from autocode.report.triangulation import kinds

_AROUND = 260  # characters of context on either side of a quote


def sections(view: View, findings: Findings) -> Iterator[Section]:
    """One page for each of the four criteria."""
    made = sample(view)
    pages: tuple[tuple[str, Iterator[Point], list[Block]], ...] = (
        ("Credibility", _credibility(view, findings), [*_answers(view, findings), _negative(view), *_against(view)]),
        ("Transferability", _transferability(view), [*([made] if made.rows else []), *_thick(view)]),
        ("Dependability", dependability(view, findings), [*history.blocks(view.study.codebook, findings.trail),
                                                           *modelcard.blocks(view, findings)]),
        ("Confirmability", confirmability(view, findings), []),
    )
    for name, points, below in pages:
        blocks = (Words(_WHAT[name], "soft"), Points(tuple(points)), *below)
        yield Section(name.lower(), f"Trustworthiness: {name.lower()}", blocks, own_page=True)


_MARKS = "✓ on record, ? in part, ✗ missing (Lincoln & Guba 1985)."
_WHAT = {
    "Credibility": f"May one believe the findings? {_MARKS}",
    "Transferability": f"Can a reader judge whether they hold elsewhere? {_MARKS}",
    "Dependability": f"Would the same work give the same result? {_MARKS}",
    "Confirmability": f"Do the findings come from the data, and can that be followed? {_MARKS}",
}


def _credibility(view: View, findings: Findings) -> Iterator[Point]:
    said = view.record.record
    yield stated(said.transcripts_checked, "Transcripts checked against the recording.", "transcripts_checked")
    yield _members(view, findings)
    yield _sources(view)
    yield _contact(view)
    themes = {n.theme for n in view.record.negative}
    without = [view.name(t) for t in view.themes if t not in themes]
    mark = "yes" if not without else "part" if themes else "no"
    text = (
        f"{len(view.record.negative)} on record; none for {', '.join(without)}."
        if without
        else "On record for every theme."
    )
    yield mark, "Negative cases.", text


def _members(view: View, findings: Findings) -> Point:
    head = "Member checking."
    if not findings.members:
        return stated(view.record.record.member_checking, head, "member_checking, or use autocode members export")
    count = Counter(m.answer for m in findings.members)
    told = "; ".join(f"{answer}: {n}" for answer, n in sorted(count.items()))
    asked = {view.participant[d.id] for d in interviews(view)}
    answered = {view.participant.get(m.document, m.document) for m in findings.members if m.answer != "no answer"} & asked
    text = f"{len(answered)} of {len(asked)} participants answered (by interview: {told})."
    return "yes" if answered == asked else "part", head, text


def _sources(view: View) -> Point:
    listed, humans, said = kinds(view), len(view.humans), view.record.record.triangulation
    text = f"Kinds of document: {', '.join(listed)}. Human coders: {humans}. "
    enough = len(listed) > 1 or humans > 1 or bool(said)
    return (
        "yes" if said else "part" if enough else "no",
        "Triangulation.",
        text + (said or "Nothing further on record."),
    )


def _contact(view: View) -> Point:
    found = [m for d in interviews(view) if (m := minutes(d)) is not None]
    said = view.record.record.prolonged_contact
    if not found:
        return stated(said, "Prolonged contact.", "prolonged_contact")
    of = f" ({len(found)} of {len(interviews(view))} interviews)" if len(found) < len(interviews(view)) else ""
    text = (f"{sum(found) / 60:.1f} hours of interviews{of}, {min(found):.0f} to {max(found):.0f} minutes each, median "
            f"{median(found):.0f}. ")  # fmt: skip
    return (
        "yes" if said else "part",
        "Prolonged contact.",
        text + (said or "Nothing on record of other contact with the field."),
    )


def _answers(view: View, findings: Findings) -> Iterator[Table]:
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


def _negative(view: View) -> Table:
    """Negative cases on record for each theme."""
    count = Counter(n.theme for n in view.record.negative)
    rows = tuple((view.name(t), count[t], len(view.under(t))) for t in view.themes)
    return Table("Negative cases", "Negative cases on record, by "
        "theme", ("Theme", "Negative cases", "Coded segments"), rows, "tnn",
                 "A passage that speaks against a theme is set down under [[negative]] in dossier.toml.")  # fmt: skip


def _against(view: View) -> Iterator[Block]:
    """The negative cases themselves, where quotes may be shown."""
    for n in view.record.negative:
        document = view.study.by_id.get(n.document)
        if document and view.record.report.quotes:
            yield Quoted(document.text[n.start : n.end], f"Against “{n.theme}”" + (f" ({n.note})" if n.note else ""),
                         f"{view.participant[n.document]}, characters {n.start:,}–{n.end:,}")  # fmt: skip


def _transferability(view: View) -> Iterator[Point]:
    said, people = view.record.record, {view.participant[d.id] for d in interviews(view)}
    yield stated(said.sampling, "Sampling.", "sampling")
    yield stated(said.setting, "Setting.", "setting")
    known = [d for d in interviews(view) if d.variables]
    mark = "yes" if len(known) == len(interviews(view)) and known else "part" if known else "no"
    yield (
        mark,
        "Participants.",
        f"{len(people)} participants; {len(known)} of {len(interviews(view))} interviews are described by variables.",
    )
    text = "Below, one coded segment of each theme stands in what was said around it."
    yield ("yes", "Thick description.", text) if view.codings and view.record.report.quotes else (
        "no", "Thick description.", "No quote is shown.")  # fmt: skip


def _thick(view: View) -> Iterator[Quoted]:
    """For each theme its longest coded segment of at most 400 characters, with what was said around it."""
    for theme in view.themes if view.record.report.quotes else ():
        found = [c for c in view.under(theme) if c.end - c.start <= 400] or view.under(theme)
        best = max(found, key=lambda c: (c.end - c.start, c.document, -c.start))
        text = view.study.by_id[best.document].text
        before = text[max(0, best.start - _AROUND) : best.start].partition(" ")[2]
        after = text[best.end : best.end + _AROUND].rpartition(" ")[0]
        shown_text = f"… {before}[{text[best.start : best.end]}]{after} …"
        yield Quoted(
            " ".join(shown_text.split()),
            f"{view.name(theme)}: {view.name(best.code)}, in its context",
            said_by(view, best),
        )
