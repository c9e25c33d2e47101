"""Dependability and confirmability: what makes the figures again, and where each of them comes from."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version

from autocode.agreement import agree
from autocode.config import Config
from autocode.errors import StudyError
from autocode.matrix import coding_matrix
from autocode.report.blocks import Block, Cell, Table, Words, shown
from autocode.report.counting import View
from autocode.report.findings import Findings
from autocode.report.history import versions as versions_of
from autocode.report.reliability import MARKS

Point = tuple[str, str, str]
_PACKAGES = ("autocode", "numpy", "scipy", "scikit-learn", "onnxruntime", "matplotlib", "python-docx", "xlsxwriter")


def stated(text: str, head: str, key: str) -> Point:
    """A statement of the researchers, or that it is missing and where to write it."""
    if text:
        return "yes", head, text
    return "no", head, f"Not on record. Say it in dossier.toml: {key} under [record]."


def dependability(view: View, findings: Findings) -> Iterator[Point]:
    """Agreement, stability, codebook, model, software and the command, as far as on record."""
    report = findings.report
    for kind, head in (
        ("human-human", "Agreement between humans."),
        ("machine-human", "Agreement of the machine with humans."),
    ):
        row = report.overall(kind) if report else None
        if row and row.kappa.value is not None:
            ends = (
                f" (95% interval {shown(row.kappa.low, 'k')} to {shown(row.kappa.high, 'k')})"
                if row.kappa.low is not None
                else ""
            )
            verdict = report.verdict() if report and kind == "machine-human" else None
            judged = f" Verdict on the machine: {MARKS[verdict.label][0]}." if verdict else ""
            yield (
                "yes",
                head,
                f"Pooled kappa {shown(row.kappa.value, 'k')}{ends}, {row.units:,} units in {row.documents} "
                f"documents.{judged}",
            )
        else:
            yield "no", head, "Not measured."
    yield from _stability(view)
    yield stated(view.record.record.disagreements, "How disagreements were resolved.", "disagreements")
    yield _codebook(view, findings)
    yield _model(findings)
    yield "yes", "Software.", versions()
    yield (
        ("yes" if findings.command else "no"),
        "The command that makes every table and figure again.",
        findings.command or "Not on record.",
    )


def _codebook(view: View, findings: Findings) -> Point:
    book, made = view.study.codebook, versions_of(view.study.codebook, findings.trail)
    dated = sum(bool(v.at) for v in made)
    told = f"version {book.version}, " if book.version else ""
    told = f"{told}{len(book)} codes and themes, hash {book.sha256[:12]}. "
    earlier = (f"{len(made)} versions are on record, {dated} of them dated; see below." if dated else
               "When it came about is not on record.")  # fmt: skip
    return ("yes" if dated == len(made) else "part"), "Codebook.", told[0].upper() + told[1:] + earlier


def _stability(view: View) -> Iterator[Point]:
    """A coder against their own second coding of the same documents."""
    head = "Stability of coding over time."
    if not view.record.rounds:
        yield (
            "no",
            head,
            "No second coding of the same documents by the same coder is on record ([[rounds]] in dossier.toml).",
        )
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
            f"{pair.first} and {pair.second}: pooled kappa {shown(row.kappa.value, 'k')} on {row.units:,} units "
            f"in {row.documents} documents.",
        )


def _model(findings: Findings) -> Point:
    made = findings.model
    if not made:
        return "part" if findings.evaluation else "yes", "Model.", (
            "The machine in the comparison was trained anew for each document held out, with the settings of "
            "the command. With --model, the card of a saved model stands here too."
            if findings.evaluation else "No model was used.")  # fmt: skip
    encoder = made["encoder"]
    return "yes", "Model.", (
        f"Learnt from {made['codings']:,} codings of {made['segments']:,} units by {', '.join(made['coders'])}; "
        "encoder "
        f"{encoder['name']} ({str(encoder['sha256'])[:12]}); codebook {str(made['codebook']['sha256'])[:12]}; "
        "its "
        "model card stands below.")  # fmt: skip


def versions() -> str:
    """Python and the libraries that decide the figures, with their versions."""
    return "; ".join([f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in _PACKAGES)]) + "."


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def confirmability(view: View, findings: Findings) -> Iterator[Point]:
    """The trail from tables to segments, coders and decisions, as far as on record."""
    chain = {True: "Its chain was checked and is whole.", False: "ITS CHAIN IS BROKEN.", None: ""}[
        findings.trail.intact
    ]
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
    yield "yes", "From each table to its segments.", (
        f"The sheet “Coded segments” of the workbook lists all {len(view.study.codings):,} codings with "
        "document, position, code and "
        f"coder; {dated:,} of them have a date.")  # fmt: skip
    machines = [c.id for c in view.study.coders if c.kind == "machine"]
    text = f"Codings by machines stand apart: {', '.join(machines)}." if machines else "No coding is by a machine."
    yield (
        "yes",
        "Human and machine kept apart.",
        f"{text} {began(view)}",
    )
    yield stated(view.record.record.reflexivity, "Reflexivity.", "reflexivity")


def began(view: View) -> str:
    """How many codings began as a suggestion, and how many of these the tables count."""
    counted = sum(c in view.accepted for c in view.codings)
    if not view.accepted:
        return "No coding began as a suggestion."
    return f"{len(view.accepted):,} codings began as a suggestion that a human accepted; {counted:,} of these are counted."


def trail(view: View, findings: Findings) -> Iterable[Block]:
    """From the tables to their segments, and the entries of the trail."""
    yield Words(
        "Every count in this dossier is a count of rows of the sheet “Coded segments” in the workbook: filter "
        "it by code, document "
        f"or coder. The tables count {view.basis}: {len(view.codings):,} of {len(view.study.codings):,} "
        "codings.")  # fmt: skip
    order = {d.id: i for i, d in enumerate(view.study.documents)}
    listed = sorted(view.study.codings, key=lambda c: (order[c.document], c.start, c.end, c.code, c.coder))
    kind = {c.id: c.kind for c in view.study.coders}
    counted = set(view.codings)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (c.document, view.participant[c.document], c.start, c.end, view.theme(c.code), c.code, c.coder, kind[c.coder],
         "yes" if c in counted else "no", "suggestion" if c in view.accepted else "", c.when)
        for c in listed
    )  # fmt: skip
    header = (
        "Document",
        "Participant",
        "Start",
        "End",
        "Theme",
        "Code",
        "Coder",
        "Kind of coder",
        "Counted",
        "Began as",
        "When",
    )
    yield Table("Coded segments", "Every coding of the study", header, rows, "ttnnttttttt", sheet_only=True)
    if findings.trail.entries:
        entries = tuple(findings.trail.entries)
        yield Table(
            "Audit trail", "Entries of the audit trail", ("When", "Who", "What"), entries, "ttt", sheet_only=True
        )
