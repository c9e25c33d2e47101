"""Where a dossier's figures come from: versions of the codebook, the model's card, the audit trail, the software."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from autocode.classify.calibration import Reliability, Workload
from autocode.dossier.blocks import Block, Cell, Points, Table, Title, View, Words
from autocode.dossier.findings import Findings, Trail, Version
from autocode.errors import counted
from autocode.store.records import ReceiptRow
from autocode.study.codebook import Codebook
from autocode.trail import Entry

_SECONDS = 19  # characters of an ISO time down to the second: imports and decisions are dated alike


_NAMED = 4  # codes named in a cell; the sheet of states has them all


_NEW = re.compile(r"[\d,]+ new codes?: ")  # how a receipt begins that tells of codes an import added


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
        made = [*_with_state(made, before), _step(event, after)]
    return _with_state(made, current)


def _events(trail: Trail) -> Iterator[tuple[tuple[str, int, int], Version | Entry]]:
    """Imports that touched the codebook and steps of review, each with what it is sorted by."""
    for i, (at, rows) in enumerate(groupby(trail.imports, key=lambda row: row.at[:_SECONDS])):
        told = {row.source: said for row in rows if (said := _codes_told(row))}
        if told:
            yield (at, 0, i), Version(at, f"import of {', '.join(told)}", "; ".join(told.values()))
    latest = ""
    for entry in trail.steps:  # numbered in the order they were taken, whatever the clock said
        latest = max(latest, entry.at[:_SECONDS])
        yield (latest, 1, entry.seq), entry


def _codes_told(row: ReceiptRow) -> str:
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


def _with_state(made: list[Version], now: Codebook) -> list[Version]:
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


def version_blocks(made: Sequence[Version], trail: Trail) -> list[Block]:
    """The table of versions, and the sheet with every state that is known."""
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
    moved, missing = sum(v.moved for v in made), sum(v.book is None for v in made)
    told = ["The record holds one version." if len(made) == 1 else f"The record holds {len(made)} versions."]
    told += [f"{missing} of them cannot be put together again from the record."] if missing else []
    told.append(f"{counted(moved, 'coding')} went to another code with a change of the codebook.")
    return [Title("Versions of the codebook"), Words(" ".join(told)), table, _states(made)]


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
    told = [f"{word} {_some_named(paths)}" for word, paths in parts if paths]
    return "; ".join(told) or "none"


def _rules(book: Codebook, path: str) -> tuple[str, ...]:
    code = book.by_path[path]
    return code.definition, code.include, code.exclude, code.example


def _some_named(paths: Sequence[str]) -> str:
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


def model_card(view: View, findings: Findings) -> list[Block]:
    """The card of the model that stands beside the coders; nothing where there is none."""
    made = findings.model
    if not made:
        return []
    known = findings.reliability
    told = Workload(*known.workload.tolist()).sentences if known else ()
    saved = [("", "What it saves.", " ".join((*told, "Measured on documents it had not seen.")))] if told else []
    found: list[Block] = [Title("Model card"), Points((*_points(view, made), *saved))]
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
            f"{made['study']['name'] or 'A study'}: {standing}; {counted(made['codings'], 'coding')} of "
            f"{counted(made['segments'], 'unit')} in {counted(made['documents'], 'document')} by "
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
    """Each code with what the model knows of it from nested held-out predictions, themes as rows of their own."""
    known, silent = findings.reliability, findings.silent or {}
    listed = [c for c in made["codes"] if c in view.study.codebook]
    at = {code: i for i, code in enumerate(made["codes"])}
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    groups = view.grouped(listed)
    for theme, own in groups.items():
        if view.headed(theme, groups):
            heads.add(len(rows))
            rows.append((view.name(theme), *[""] * 6))
        whys = [re.sub("^(on documents it had not seen it did|coded in) ", "", silent.get(c, "")) for c in own]
        rows += [(view.name(c), *_evidence(known, at[c]), why) for c, why in zip(own, whys, strict=True) if known]
    note = (
        "On documents that neither the classifier nor its calibration and thresholds had seen (nested): precision is the "
        "share of what the machine would code that a coder had given too, recall the share of what coders gave that it "
        "would code. A silent code is never suggested."
    )
    header = ("Theme and code", "Coded segments", "Documents", "Average precision", "Precision", "Recall", "Silent because")
    return Table("Model card", "The model's evidence for each code", header, tuple(rows), "tnnkkkt", note, frozenset(heads))


def _evidence(known: Reliability, k: int) -> tuple[Cell, ...]:
    rates = (known.average_precision[k], known.precision[k], known.recall[k])
    return (int(known.segments[k]), int(known.documents[k]), *(None if np.isnan(r) else float(r) for r in rates))


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
