"""Dependability and confirmability: what makes the figures again, and where each of them comes from."""

from __future__ import annotations

import platform
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby

from autocode.agreement.compare import agree
from autocode.config import Config
from autocode.dossier.blocks import Block, Cell, Table, Title, View, Words, shown
from autocode.dossier.findings import Findings, Trail
from autocode.dossier.reliability import MARKS
from autocode.errors import StudyError
from autocode.store.records import ReceiptRow
from autocode.study.codebook import Codebook
from autocode.study.matrix import coding_matrix
from autocode.trail import Entry

_SECONDS = 19  # characters of an ISO time down to the second: imports and decisions are dated alike
_NAMED = 4  # codes named in a cell; the sheet of states has them all
_NEW = re.compile(r"[\d,]+ new codes: ")  # how a receipt begins that tells of codes an import added


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the codebook, and what made it.

    Attributes:
        at: When, ISO 8601 to the second; "" where that is not on record.
        who: The coder, or the file it was imported from.
        change: What was done, in words.
        book: The codebook after it; None where the record does not hold that state.
        moved: Codings that went to another code with it.
    """

    at: str
    who: str
    change: str
    book: Codebook | None = None
    moved: int = 0


def versions_of(current: Codebook, trail: Trail) -> list[Version]:
    """The versions of a codebook, the first one first; the last one is the codebook as it is.

    A step of review holds the codebook before and after it, so these states are exact. An import
    holds only how many codes it read: its state is known where a step follows it, or nothing does.
    """
    made: list[Version] = []
    for _, event in sorted(_events(trail), key=lambda pair: pair[0]):
        if isinstance(event, Version):
            made.append(event)
            continue
        before, after = event.decision.effects.book or (current, current)
        made = [*_known(made, before), _step(event, after)]
    return _known(made, current)


def _events(trail: Trail) -> Iterator[tuple[tuple[str, int, int], Version | Entry]]:
    """Imports that touched the codebook and steps of review, each with what it is sorted by."""
    for i, (at, rows) in enumerate(groupby(trail.imports, key=lambda row: row.at[:_SECONDS])):
        told = {row.source: said for row in rows if (said := _told(row))}
        if told:
            yield (at, 0, i), Version(at, f"import of {', '.join(told)}", "; ".join(told.values()))
    for entry in trail.steps:
        yield (entry.at[:_SECONDS], 1, entry.seq), entry


def _told(row: ReceiptRow) -> str:
    """What a receipt says of codes; "" where it is about something else."""
    notes = [n for n in row.notes if _NEW.match(n)]
    if row.what == "codes":
        notes = [f"{row.kept} codes read", *notes]
    return "; ".join(notes)


def _step(entry: Entry, after: Codebook) -> Version:
    decision = entry.decision
    undone = "undo of entry " + ", ".join(map(str, decision.undoes))
    return Version(
        entry.at[:_SECONDS],
        decision.coder,
        undone if decision.action == "undo" else decision.note,
        after,
        len(decision.effects.removed),
    )


def _known(made: list[Version], now: Codebook) -> list[Version]:
    """The versions so far, with the state that the record shows to follow them."""
    if made and made[-1].book is None:
        last = made[-1]
        return [*made[:-1], Version(last.at, last.who, last.change, now, last.moved)]
    if made and made[-1].book and made[-1].book.sha256 == now.sha256:
        return made
    return [
        *made,
        Version(
            "",
            "not on record",
            "as it stood before anything was recorded" if not made else "changed by other means than review",
            now,
        ),
    ]


def version_blocks(current: Codebook, trail: Trail) -> list[Block]:
    """The table of versions, and the sheet with every state that is known."""
    made = versions_of(current, trail)
    used = Counter(e.decision.codebook for e in trail.written if e.decision.codebook)
    rows: list[tuple[Cell, ...]] = []
    known: Codebook | None = None
    for number, state in enumerate(made, 1):
        book = state.book
        rows.append(
            (
                number,
                state.at[:16].replace("T", " "),
                state.who,
                state.change.replace(" > ", " › "),
                difference(known, book) if book else "this state is not on record",
                len(book) if book else None,
                state.moved,
                used[book.sha256] if book else None,
                book.sha256[:8] if book else "",
            )
        )
        known = book or known
    header = (
        "No.",
        "When",
        "Who",
        "What was done",
        "Difference",
        "Codes and themes",
        "Codings moved",
        "Decisions under it",
        "Hash",
    )
    table = Table(
        "Codebook versions",
        "Versions of the codebook",
        header,
        tuple(rows),
        "nttttnnnt",
        "Times are UTC. Decisions under it: decisions in review that were made while this version stood. "
        "Every state that is on record stands in full on the sheet “Codebook states”.",
    )
    return [Title("Versions of the codebook"), Words(_said(made)), table, _states(made)]


def _said(made: Sequence[Version]) -> str:
    moved, missing = sum(v.moved for v in made), sum(v.book is None for v in made)
    lost = f" {missing} of them cannot be put together again from the record." if missing else ""
    one = "The record holds one version." if len(made) == 1 else f"The record holds {len(made)} versions."
    return f"{one}{lost} {moved:,} codings went to another code with a change of the codebook."


def difference(old: Codebook | None, new: Codebook) -> str:
    """What tells two versions apart: codes added, gone, reworded; "first version" without an older one."""
    if old is None:
        return "first version on record"
    mine, theirs = old.by_path, new.by_path
    parts = (
        ("added", [c for c in theirs if c not in mine]),
        ("gone", [c for c in mine if c not in theirs]),
        ("reworded", [c for c in theirs if c in mine and _rules(old, c) != _rules(new, c)]),
    )
    told = [f"{word} {_listed(paths)}" for word, paths in parts if paths]
    return "; ".join(told) or "none"


def _rules(book: Codebook, path: str) -> tuple[str, ...]:
    code = book.by_path[path]
    return code.definition, code.include, code.exclude, code.example


def _listed(paths: Sequence[str]) -> str:
    named = ", ".join(p.rpartition(" > ")[2] for p in paths[:_NAMED])
    return named + (f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else "")


def _states(made: Sequence[Version]) -> Table:
    rows = tuple(
        (number, c.path, c.definition, c.include, c.exclude, c.example)
        for number, version in enumerate(made, 1)
        for c in version.book or ()
    )
    header = ("Version", "Code", "Definition", "Include", "Exclude", "Example")
    return Table("Codebook states", "The codebook at each version on record", header, rows, "nttttt", sheet_only=True)


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
                f"Pooled kappa {shown(row.kappa.value, 'k')}{ends}, {row.units:,} units in {row.documents} documents.{judged}",
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
    earlier = (
        f"{len(made)} versions are on record, {dated} of them dated; see below."
        if dated
        else "When it came about is not on record."
    )
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
        return (
            "part" if findings.evaluation else "yes",
            "Model.",
            (
                "The machine in the comparison was trained anew for each document held out, with the settings of "
                "the command. With --model, the card of a saved model stands here too."
                if findings.evaluation
                else "No model was used."
            ),
        )
    encoder = made["encoder"]
    return (
        "yes",
        "Model.",
        (
            f"Learnt from {made['codings']:,} codings of {made['segments']:,} units by {', '.join(made['coders'])}; "
            "encoder "
            f"{encoder['name']} ({str(encoder['sha256'])[:12]}); codebook {str(made['codebook']['sha256'])[:12]}; "
            "its "
            "model card stands below."
        ),
    )


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
            f"The sheet “Coded segments” of the workbook lists all {len(view.study.codings):,} codings with "
            "document, position, code and "
            f"coder; {dated:,} of them have a date."
        ),
    )
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
        "codings."
    )
    order = {d.id: i for i, d in enumerate(view.study.documents)}
    listed = sorted(view.study.codings, key=lambda c: (order[c.document], c.start, c.end, c.code, c.coder))
    kind = {c.id: c.kind for c in view.study.coders}
    counted = set(view.codings)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            c.document,
            view.participant[c.document],
            c.start,
            c.end,
            view.theme(c.code),
            c.code,
            c.coder,
            kind[c.coder],
            "yes" if c in counted else "no",
            "suggestion" if c in view.accepted else "",
            c.when,
        )
        for c in listed
    )
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
        yield Table("Audit trail", "Entries of the audit trail", ("When", "Who", "What"), entries, "ttt", sheet_only=True)
