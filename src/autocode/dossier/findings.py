"""What a report shows beside the study itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement.compare import AgreementReport
from autocode.agreement.rows import Measure
from autocode.classify.calibration import Reliability
from autocode.dossier.blocks import Block, Cell, Quoted, Table, Title, View
from autocode.dossier.record import Record
from autocode.store.records import ReceiptRow
from autocode.study import Coding, Document, Suggestion
from autocode.study.matrix import CodingMatrix
from autocode.trail import Entry


@dataclass(frozen=True, slots=True)
class Trail:
    """What is on record of the study's history.

    Attributes:
        decisions: Decisions of humans on suggestions, by what they decided (accepted ...).
        intact: Whether the trail's chain was checked and is whole; None where there is no trail.
        entries: (when, who, what) in order.
        written: The entries themselves, where the codebook's versions are to be put together.
        imports: Receipts of all imports, the first one first.
    """

    decisions: Mapping[str, int] = field(default_factory=dict)
    intact: bool | None = None
    entries: Sequence[tuple[str, str, str]] = ()
    written: Sequence[Entry] = ()
    imports: Sequence[ReceiptRow] = ()

    @property
    def steps(self) -> list[Entry]:
        """The entries that changed the codebook, undoings among them."""
        return [e for e in self.written if e.decision.effects.book]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a participant answered to the member check.

    Attributes:
        answer: approved, approved with corrections, not approved, or no answer.
        corrections: Passages the participant changed.
        comments: Passages commented on, and the general comment.
    """

    document: str
    answer: str
    corrections: int = 0
    comments: int = 0


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report shows beside the study itself; what is None is left out and said so.

    Attributes:
        agreement: The human coders among themselves.
        evaluation: The machine beside them, on documents it had not seen.
        matrix: What the coders of `evaluation` (else of `agreement`) decided, unit by unit.
        measures: The humans over all codes together (`agreement.summary`).
        suggestions: For new documents.
        new: Those documents.
        silent: Codes that the model never suggests, with the reason.
        model: Provenance of the model that stands beside the coders: hashes, versions, counts.
        reliability: What that model knows of each of its codes, out of document.
        vectors: Encoder of quotes; None chooses quotes by their words.
        record: What the researchers said in dossier.toml.
        accepted: Codings that a human accepted from a suggestion.
        members: Answers to the member check.
        trail: The study's history.
        command: The command that makes the report again.
    """

    agreement: AgreementReport | None = None
    evaluation: AgreementReport | None = None
    matrix: CodingMatrix | None = None
    measures: Sequence[Measure] = ()
    suggestions: Sequence[Suggestion] = ()
    new: Mapping[str, Document] | None = None
    silent: Mapping[str, str] | None = None
    model: Mapping[str, Any] | None = None
    reliability: Reliability | None = None
    vectors: Vectors | None = None
    record: Record = field(default_factory=Record)
    accepted: frozenset[Coding] = frozenset()
    members: Sequence[Checked] = ()
    trail: Trail = field(default_factory=Trail)
    command: str = ""

    @property
    def report(self) -> AgreementReport | None:
        """The agreement to show: with the machine where there is one."""
        return self.evaluation or self.agreement


Vectors = Callable[[Sequence[str]], NDArray[np.float32]]
"""From n texts to (n, d) unit vectors."""

_WEIGHED = 40  # coded segments of a code that are encoded at most, drawn evenly; more cost minutes on large studies
_SHORTEST = 25  # characters: shorter passages rarely stand alone


@dataclass(frozen=True, slots=True)
class Quote:
    """A coded segment chosen to be quoted.

    Attributes:
        kind: pinned, representative, contrasting or contested.
        why: What the kind rests on, in words.
    """

    coding: Coding
    kind: str
    why: str = ""


def choose(view: View, vectors: Vectors) -> dict[str, list[Quote]]:
    """Quotes for every code that was given: at most one of each kind beside the pinned ones.

    Representative is the segment nearest to the mean vector of the code's segments; contrasting
    the one nearest to the mean among the other groups of participants; contested is one that
    only some of the coders gave the code.

    Args:
        view: The study.
        vectors: From texts to vectors; called once.
    """
    weighed = {code: _evenly([c for c in view.under(code) if c.code == code]) for code in view.used}
    texts = [_words(view, c) for found in weighed.values() for c in found]
    X, at, chosen = vectors(texts) if texts else np.zeros((0, 1), np.float32), 0, {}
    for code, found in weighed.items():
        chosen[code] = list(_chosen(view, code, found, X[at : at + len(found)]))
        at += len(found)
    return chosen


def _evenly(codings: list[Coding]) -> list[Coding]:
    """At most `_WEIGHED` segments at equal distances, long ones where there are any."""
    long = [c for c in codings if c.end - c.start >= _SHORTEST] or codings
    step = max(1.0, len(long) / _WEIGHED)
    return [long[int(i * step)] for i in range(min(len(long), _WEIGHED))]


def _words(view: View, coding: Coding) -> str:
    return view.study.by_id[coding.document].text_of(coding)


def _chosen(view: View, code: str, found: list[Coding], X: NDArray[np.float32]) -> Iterator[Quote]:
    pinned = [Coding(p.document, p.start, p.end, code, "") for p in view.record.pinned if p.code == code]
    yield from (Quote(c, "pinned", "chosen by the researchers") for c in pinned)
    if not found:
        return
    closeness = np.round((X @ X.mean(0)).astype(np.float64), 6)
    order = [found[i] for i in np.argsort(-closeness, kind="stable")]
    first = order[0]
    yield Quote(
        first,
        "representative",
        f"nearest to the middle of {len(found)} coded segments" if len(found) > 1 else "the only coded segment",
    )
    taken = {(c.document, c.start) for c in (*pinned, first)}
    own = view.group.get(first.document)
    other = next((c for c in order if own and view.group.get(c.document, own) != own), None)
    if other:
        yield Quote(other, "contrasting", f"{view.group[other.document]}, not {own}")
        taken.add((other.document, other.start))
    yield from _contested(view, code, taken)


def _contested(view: View, code: str, taken: set[tuple[str, int]]) -> Iterator[Quote]:
    """The first segment of a coder that another coder, who read it, did not give the code at all."""
    humans = view.humans
    own = [c for c in view.study.codings if c.code == code and c.coder in humans]
    for c in sorted(own):
        missing = [h for h in humans if h != c.coder and _read(view, h, c) and not _gave(own, h, c)]
        if missing and (c.document, c.start) not in taken and c.end - c.start >= _SHORTEST:
            yield Quote(c, "contested", f"given by {c.coder}, not by {', '.join(missing)}")
            return


def _gave(codings: Sequence[Coding], coder: str, place: Coding) -> bool:
    """Whether a coder gave one of `codings` somewhere within the place of another coding."""
    return any(
        c.coder == coder and c.document == place.document and c.start < place.end and place.start < c.end for c in codings
    )


def _read(view: View, coder: str, coding: Coding) -> bool:
    readings = view.study.readings
    return any(
        r.coder == coder and r.document == coding.document and r.start <= coding.start and coding.end <= r.end for r in readings
    )


def shortened(text: str, words: int) -> str:
    """The text on one line with at most `words` words; cut at its end, which is marked."""
    listed = text.split()
    return " ".join(listed) if len(listed) <= words else " ".join(listed[:words]) + " […]"


def said_by(view: View, coding: Coding) -> str:
    """Who said it and where: participant, group, document, position."""
    who, document = view.participant[coding.document], coding.document
    parts = [
        who,
        view.group.get(document, ""),
        "" if who == document else document,
        f"characters {coding.start:,}–{coding.end:,}",
    ]
    return ", ".join(part for part in parts if part)


def blocks(view: View, chosen: dict[str, list[Quote]]) -> list[Block]:
    """The quotes under their themes and codes, ready to print."""
    found: list[Block] = []
    for theme in view.themes:
        found.append(Title(view.name(theme)))
        for code in (c for c in view.used if view.theme(c) == theme and chosen.get(c)):
            found.append(Title(view.name(code), 4))
            for quote in chosen[code]:
                kind = quote.kind.capitalize() + (f" ({quote.why})" if quote.why else "")
                text = shortened(_words(view, quote.coding), view.record.report.words)
                found.append(Quoted(text, kind, said_by(view, quote.coding)))
    return found


def quote_table(view: View, chosen: dict[str, list[Quote]]) -> Table:
    """All chosen quotes, whole, for a workbook."""
    rows: list[tuple[Cell, ...]] = []
    for code, quotes in chosen.items():
        for q in quotes:
            c = q.coding
            rows.append(
                (
                    view.theme(code),
                    code,
                    q.kind,
                    q.why,
                    view.participant[c.document],
                    view.group.get(c.document, ""),
                    c.document,
                    c.start,
                    c.end,
                    _words(view, c),
                )
            )
    header = ("Theme", "Code", "Kind", "Why", "Participant", "Group", "Document", "Start", "End", "Quote")
    return Table("Quotes", "Quotes", header, tuple(rows), "tttttttnnt", sheet_only=True)


def quote_matrix(view: View, chosen: dict[str, list[Quote]]) -> Table | None:
    """Theme x group: one quote in each cell; None where there are no groups or the study keeps quotes back."""
    if len(view.groups) < 2:
        return None
    central = {c: quotes[0].coding for c, quotes in chosen.items() if quotes}
    rows: list[tuple[Cell, ...]] = []
    for theme in view.themes:
        ranked = sorted(view.under(theme), key=lambda c: (central.get(c.code) != c, abs(c.end - c.start - 200)))
        cells = (next((c for c in ranked if view.group.get(c.document) == group), None) for group in view.groups)
        rows.append((view.name(theme), *(_cell(view, c) for c in cells)))
    note = (
        "The quote of a group is one already chosen above where there is one, else one of middling length. "
        "An empty cell: nobody of the group was coded so."
    )
    return Table(
        "Quote matrix",
        f"Themes by {view.grouping.replace('_', ' ')}, in quotes",
        ("Theme", *view.groups),
        tuple(rows),
        note=note,
    )


def _cell(view: View, coding: Coding | None) -> str:
    if coding is None:
        return ""
    words = shortened(_words(view, coding), min(35, view.record.report.words))
    return f"“{words}” ({view.participant[coding.document]}; {view.name(coding.code)})"
