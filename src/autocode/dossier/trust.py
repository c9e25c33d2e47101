"""Trustworthiness after Lincoln and Guba: four criteria, filled from the record, gaps said plainly.

Source: Lincoln, Y. S. & Guba, E. G. (1985). Naturalistic Inquiry, chapter 11. Sage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

import numpy as np

from autocode.classify.calibration import Reliability
from autocode.dossier import rigour
from autocode.dossier.blocks import Block, Cell, Points, Quoted, Section, Table, Title, View, Words
from autocode.dossier.checklist import interviews, minutes, sample
from autocode.dossier.findings import Findings, said_by
from autocode.dossier.rigour import Point, confirmability, dependability, stated


def kinds(view: View) -> list[str]:
    """The kinds of document in the study, in order of appearance."""
    return list(dict.fromkeys(d.kind for d in view.study.documents))


def triangulation(view: View) -> Table | None:
    """Documents with each code by kind of document; None where there is one kind only."""
    listed = kinds(view)
    if len(listed) < 2:
        return None
    kind = {d.id: d.kind for d in view.study.documents}
    sizes = {k: sum(d.kind == k for d in view.study.documents) for k in listed}
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    for theme in view.themes:
        if view.study.codebook.is_theme(theme):
            heads.add(len(rows))
            rows.append((view.name(theme), *_line(view, theme, listed, kind)))
        rows += [(view.name(c), *_line(view, c, listed, kind)) for c in view.used if view.theme(c) == theme]
    header = ("Theme and code", *(f"{k.capitalize()} ({sizes[k]})" for k in listed), "Sources")
    return Table(
        "Triangulation",
        "Triangulation: documents that hold each code, by kind of source",
        header,
        tuple(rows),
        "t" + "n" * len(listed) + "t",
        _note(view, listed),
        frozenset(heads),
    )


def _line(view: View, path: str, listed: list[str], kind: dict[str, str]) -> list[Cell]:
    whole = path in view.themes and view.study.codebook.is_theme(path)
    found = view.under(path) if whole else [c for c in view.under(path) if c.code == path]
    where = {c.document for c in found}
    counts = [sum(kind[d] == k for d in where) for k in listed]
    speaking = [k for k, n in zip(listed, counts, strict=True) if n]
    said = "all" if len(speaking) == len(listed) else f"{speaking[0]} only" if len(speaking) == 1 else ", ".join(speaking)
    return [*counts, said]


def _note(view: View, listed: list[str]) -> str:
    """How many codes rest on one kind of source alone."""
    kind = {d.id: d.kind for d in view.study.documents}
    alone = dict.fromkeys(listed, 0)
    for code in view.used:
        found = {kind[c.document] for c in view.under(code) if c.code == code}
        if len(found) == 1:
            alone[found.pop()] += 1
    told = "; ".join(f"{k} only: {n}" for k, n in alone.items() if n)
    return f"Codes that rest on one kind of source: {told}." if told else "Every code is found in more than one kind of source."


def model_card_blocks(view: View, findings: Findings) -> list[Block]:
    """The card of the model that stands beside the coders; nothing where there is none."""
    made = findings.model
    if not made:
        return []
    found: list[Block] = [Title("Model card"), Points(tuple(_points(view, made)))]
    return [*found, _codes(view, made, findings)] if findings.reliability else found


def _points(view: View, made: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    same = made["study"]["sha256"] == view.study.sha256
    encoder, book = made["encoder"], made["codebook"]
    standing = "the study as it stands" if same else f"not the study as it stands (hash {str(made['study']['sha256'])[:12]})"
    versions = "; ".join(f"{name} {number}" for name, number in made.get("versions", {}).items())
    return [
        (
            "",
            "Made from.",
            f"{made['study']['name'] or 'A study'}: {standing}; {made['codings']:,} codings of "
            f"{made['segments']:,} units in {made['documents']} documents by "
            f"{', '.join(made['coders'])}.",
        ),
        ("", "Encoder.", f"{encoder['name']}, {encoder['dimension']} dimensions, hash {str(encoder['sha256'])[:12]}."),
        (
            "",
            "Codebook.",
            f"{book['name'] or 'Without a name'}, hash {str(book['sha256'])[:12]}"
            + (
                "."
                if book["sha256"] == view.study.codebook.sha256
                else "; the study has another one now: suggestions need a model trained again."
            ),
        ),
        (
            "",
            "For what.",
            "It suggests codes for interviews like these, coded with this codebook; a researcher decides. "
            "Its numbers are made from the transcripts: keep it as safe as these.",
        ),
        *([("", "Made with.", f"{versions}.")] if versions else []),
    ]


def _codes(view: View, made: Mapping[str, Any], findings: Findings) -> Table:
    """Each code with what its out-of-document evidence says, themes as rows of their own."""
    known, silent = findings.reliability, findings.silent or {}
    listed = [c for c in made["codes"] if c in view.study.codebook]
    at = {code: i for i, code in enumerate(made["codes"])}
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    for theme in dict.fromkeys(view.theme(code) for code in listed):
        if view.study.codebook.is_theme(theme):
            heads.add(len(rows))
            rows.append((view.name(theme), *[""] * 6))
        own = (c for c in listed if view.theme(c) == theme)
        rows += [(view.name(c), *_evidence(known, at[c]), silent.get(c, "")) for c in own if known]
    note = (
        "Out of document, at the threshold from which it suggests: precision is the share of its suggestions that a "
        "coder had given too, recall the share of what coders gave that it suggests. A silent code is never "
        "suggested."
    )
    header = ("Theme and code", "Coded segments", "Documents", "Average precision", "Precision", "Recall", "Silent because")
    return Table("Model card", "The model's evidence for each code", header, tuple(rows), "tnnkkkt", note, frozenset(heads))


def _evidence(known: Reliability, k: int) -> tuple[Cell, ...]:
    rates = (known.average_precision[k], known.precision[k], known.recall[k])
    return (int(known.segments[k]), int(known.documents[k]), *(None if np.isnan(r) else float(r) for r in rates))


_AROUND = 260  # characters of context on either side of a quote


def sections(view: View, findings: Findings) -> Iterator[Section]:
    """One page for each of the four criteria."""
    made = sample(view)
    pages: tuple[tuple[str, Iterator[Point], list[Block]], ...] = (
        ("Credibility", _credibility(view, findings), [*_answers(view, findings), _negative(view), *_against(view)]),
        ("Transferability", _transferability(view), [*([made] if made.rows else []), *_thick(view)]),
        (
            "Dependability",
            dependability(view, findings),
            [*rigour.version_blocks(view.study.codebook, findings.trail), *model_card_blocks(view, findings)],
        ),
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
    text = f"{len(view.record.negative)} on record; none for {', '.join(without)}." if without else "On record for every theme."
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
    text = (
        f"{sum(found) / 60:.1f} hours of interviews{of}, {min(found):.0f} to {max(found):.0f} minutes each, median "
        f"{median(found):.0f}. "
    )
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
    return Table(
        "Negative cases",
        "Negative cases on record, by theme",
        ("Theme", "Negative cases", "Coded segments"),
        rows,
        "tnn",
        "A passage that speaks against a theme is set down under [[negative]] in dossier.toml.",
    )


def _against(view: View) -> Iterator[Block]:
    """The negative cases themselves, where quotes may be shown."""
    for n in view.record.negative:
        document = view.study.by_id.get(n.document)
        if document and view.record.report.quotes:
            yield Quoted(
                document.text[n.start : n.end],
                f"Against “{n.theme}”" + (f" ({n.note})" if n.note else ""),
                f"{view.participant[n.document]}, characters {n.start:,}–{n.end:,}",
            )


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
    yield (
        ("yes", "Thick description.", text)
        if view.codings and view.record.report.quotes
        else ("no", "Thick description.", "No quote is shown.")
    )


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
