"""What a report shows beside the study itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autocode.agreement import AgreementReport, Measure
from autocode.audit import Entry
from autocode.classify import Reliability
from autocode.matrix import CodingMatrix
from autocode.report.quotes import Vectors
from autocode.report.record import Record
from autocode.store import ReceiptRow
from autocode.study import Coding, Document, Suggestion


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
