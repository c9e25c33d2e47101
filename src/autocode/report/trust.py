"""Trustworthiness after Lincoln and Guba: four criteria, filled from the record, gaps said plainly.

Source: Lincoln, Y. S. & Guba, E. G. (1985). Naturalistic Inquiry, chapter 11. Sage.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from statistics import median

from autocode.agreement import agree
from autocode.config import Config
from autocode.errors import StudyError
from autocode.matrix import coding_matrix
from autocode.report.blocks import Block, Cell, Points, Quoted, Table, Title, Words, shown
from autocode.report.counting import View
from autocode.report.findings import Findings
from autocode.report.people import interviews, minutes, sample
from autocode.report.quotes import said_by
from autocode.report.reliability import MARKS
from autocode.report.triangulation import kinds

Point = tuple[str, str, str]
_PACKAGES = ("autocode", "numpy", "scipy", "scikit-learn", "onnxruntime", "matplotlib", "python-docx", "xlsxwriter")
_AROUND = 260  # characters of context on either side of a quote


def stated(text: str, head: str, key: str) -> Point:
    """A statement of the researchers, or that it is missing and where to write it."""
    if text:
        return "yes", head, text
    return "no", head, f"Not on record. Say it in dossier.toml: {key} under [record]."


def blocks(view: View, findings: Findings) -> Iterator[Block]:
    """The four criteria, one after the other."""
    yield Words("What the study's record says on each criterion of Lincoln and Guba (1985): ✓ on record, ? in part, ✗ missing.", "soft")
    yield Title("Credibility")
    yield Points(tuple(_credibility(view, findings)))
    yield from _answers(findings)
    yield _negative(view)
    yield from _against(view)
    yield Title("Transferability")
    yield Points(tuple(_transferability(view)))
    made = sample(view)
    if made.rows:
        yield made
    yield from _thick(view)
    yield Title("Dependability")
    yield Points(tuple(_dependability(view, findings)))
    yield Title("Confirmability")
    yield Points(tuple(_confirmability(view, findings)))


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
    asked, answered = len(interviews(view)), sum(m.answer != "no answer" for m in findings.members)
    return "yes" if answered == asked else "part", head, f"{answered} of {asked} interviews answered ({told})."


def _sources(view: View) -> Point:
    listed, humans, said = kinds(view), len(view.study.humans), view.record.record.triangulation
    text = f"{len(listed)} kind{'s' * (len(listed) > 1)} of document ({', '.join(listed)}); {humans} human coder{'s' * (humans != 1)}. "
    enough = len(listed) > 1 or humans > 1 or bool(said)
    return "yes" if said else "part" if enough else "no", "Triangulation.", text + (said or "Nothing further on record.")


def _contact(view: View) -> Point:
    found = [m for d in interviews(view) if (m := minutes(d)) is not None]
    said = view.record.record.prolonged_contact
    if not found:
        return stated(said, "Prolonged contact.", "prolonged_contact")
    of = f" ({len(found)} of {len(interviews(view))} interviews)" if len(found) < len(interviews(view)) else ""
    text = (f"{sum(found) / 60:.1f} hours of interviews{of}, {min(found):.0f} to {max(found):.0f} minutes each, median "
            f"{median(found):.0f}. ")  # fmt: skip
    return "yes" if said else "part", "Prolonged contact.", text + (said or "Nothing on record of other contact with the field.")


def _answers(findings: Findings) -> Iterator[Table]:
    if findings.members:
        rows = tuple((m.document, m.answer, m.corrections, m.comments) for m in findings.members)
        yield Table("Member checks", "Answers to the member check", ("Document", "Answer", "Passages corrected", "Comments"), rows, "ttnn")


def _negative(view: View) -> Table:
    """Negative cases on record for each theme."""
    count = Counter(n.theme for n in view.record.negative)
    rows = tuple((view.name(t), count[t], len(view.under(t))) for t in view.themes)
    return Table("Negative cases", "Negative cases on record, by theme", ("Theme", "Negative cases", "Coded segments"), rows, "tnn",
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
    yield mark, "Participants.", f"{len(people)} participants; {len(known)} of {len(interviews(view))} interviews are described by variables."
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
        yield Quoted(" ".join(shown_text.split()), f"{view.name(theme)}: {view.name(best.code)}, in its context", said_by(view, best))


def _dependability(view: View, findings: Findings) -> Iterator[Point]:
    report = findings.report
    for kind, head in (("human-human", "Agreement between humans."), ("machine-human", "Agreement of the machine with humans.")):
        row = report.overall(kind) if report else None
        if row and row.kappa.value is not None:
            ends = f" (95% interval {shown(row.kappa.low, 'k')} to {shown(row.kappa.high, 'k')})" if row.kappa.low is not None else ""
            verdict = report.verdict() if report and kind == "machine-human" else None
            judged = f" Verdict on the machine: {MARKS[verdict.label][0]}." if verdict else ""
            yield "yes", head, f"Pooled kappa {shown(row.kappa.value, 'k')}{ends}, {row.units:,} units in {row.documents} documents.{judged}"
        else:
            yield "no", head, "Not measured."
    yield from _stability(view)
    yield stated(view.record.record.disagreements, "How disagreements were resolved.", "disagreements")
    book = view.study.codebook
    yield "part", "Codebook.", (f"Version {book.version or '?'}, {len(book)} codes and themes, hash {book.sha256[:12]}. "
                                "Earlier versions are not on record.")  # fmt: skip
    yield _model(findings)
    yield "yes", "Software.", versions()
    yield ("yes" if findings.command else "no"), "The command that makes every table and figure again.", findings.command or "Not on record."


def _stability(view: View) -> Iterator[Point]:
    """A coder against their own second coding of the same documents."""
    head = "Stability of coding over time."
    if not view.record.rounds:
        yield "no", head, "No second coding of the same documents by the same coder is on record ([[rounds]] in dossier.toml)."
    for pair in view.record.rounds:
        matrix = coding_matrix(view.study, Config(), view.study.choose((pair.first, pair.second)))
        row = agree(matrix).row()
        if row is None or row.kappa.value is None:
            raise StudyError(f"rounds {pair.first}, {pair.second}", "kappa between them is undefined", "Check [[rounds]] in dossier.toml.")
        yield "yes", head, f"{pair.first} and {pair.second}: pooled kappa {shown(row.kappa.value, 'k')} on {row.units:,} units in {row.documents} documents."


def _model(findings: Findings) -> Point:
    made = findings.model
    if not made:
        return "part" if findings.evaluation else "yes", "Model.", (
            "The machine in the comparison was trained anew for each document held out, with the settings of the command."
            if findings.evaluation else "No model was used.")  # fmt: skip
    encoder = made["encoder"]
    return "yes", "Model.", (
        f"Learnt from {made['codings']:,} codings of {made['segments']:,} units by {', '.join(made['coders'])}; encoder "
        f"{encoder['name']} ({str(encoder['sha256'])[:12]}); codebook {str(made['codebook']['sha256'])[:12]}; the model card "
        "is README.md in the model's folder.")  # fmt: skip


def versions() -> str:
    """Python and the libraries that decide the figures, with their versions."""
    return "; ".join([f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in _PACKAGES)]) + "."


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _confirmability(view: View, findings: Findings) -> Iterator[Point]:
    chain = {True: "Its chain was checked and is whole.", False: "ITS CHAIN IS BROKEN.", None: ""}[findings.trail.intact]
    if findings.trail.entries:
        told = "; ".join(f"{what}: {n}" for what, n in sorted(findings.trail.decisions.items()))
        yield ("no" if findings.trail.intact is False else "yes"), "Audit trail.", f"{len(findings.trail.entries):,} entries ({told}). {chain}"
    else:
        yield "part", "Audit trail.", "No decision on a suggestion is on record; codings carry their coder."
    dated = sum(bool(c.when) for c in view.study.codings)
    yield "yes", "From each table to its segments.", (
        f"The sheet “Coded segments” of the workbook lists all {len(view.study.codings):,} codings with document, position, code and "
        f"coder; {dated:,} of them have a date.")  # fmt: skip
    machines = [c.id for c in view.study.coders if c.kind == "machine"]
    text = f"Codings by machines stand apart: {', '.join(machines)}." if machines else "No coding is by a machine."
    yield "yes", "Human and machine kept apart.", f"{text} {len(view.accepted):,} codings began as a suggestion that a human accepted."
    yield stated(view.record.record.reflexivity, "Reflexivity.", "reflexivity")


def trail(view: View, findings: Findings) -> Iterable[Block]:
    """From the tables to their segments, and the entries of the trail."""
    yield Words(
        f"Every count in this dossier is a count of rows of the sheet “Coded segments” in the workbook: filter it by code, document "
        f"or coder. The tables count {view.basis}: {len(view.codings):,} of {len(view.study.codings):,} codings.")  # fmt: skip
    order = {d.id: i for i, d in enumerate(view.study.documents)}
    listed = sorted(view.study.codings, key=lambda c: (order[c.document], c.start, c.end, c.code, c.coder))
    kind = {c.id: c.kind for c in view.study.coders}
    counted = set(view.codings)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (c.document, view.participant[c.document], c.start, c.end, view.theme(c.code), c.code, c.coder, kind[c.coder],
         "yes" if c in counted else "no", "suggestion" if c in view.accepted else "", c.when)
        for c in listed
    )  # fmt: skip
    header = ("Document", "Participant", "Start", "End", "Theme", "Code", "Coder", "Kind of coder", "Counted", "Began as", "When")
    yield Table("Coded segments", "Every coding of the study", header, rows, "ttnnttttttt", sheet_only=True)
    if findings.trail.entries:
        entries = tuple(findings.trail.entries)
        yield Table("Audit trail", "Entries of the audit trail", ("When", "Who", "What"), entries, "ttt", sheet_only=True)
