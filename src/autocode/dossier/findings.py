"""What a report shows beside the study itself: agreement, suggestions, the model, the record, the trail."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import AgreementReport
from autocode.agreement.rows import Measure
from autocode.classify.calibration import Reliability
from autocode.dossier.record import Record
from autocode.evaluate.second_look import SecondLook
from autocode.evaluate.stability import Stability
from autocode.store.records import ReceiptRow
from autocode.study import Coding, Document, Suggestion
from autocode.study.codebook import Codebook
from autocode.study.matrix import CodingMatrix
from autocode.trail import Entry

Vectors = Callable[[Sequence[str]], NDArray[np.float32]]
"""From n texts to (n, d) unit vectors."""


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
        looks: Each coder's decisions that this team would probably make otherwise.
        stability: Whether the study's findings stand.
        suggestions: For new documents.
        new: Those documents.
        silent: Codes that the model never suggests, with the reason.
        model: Provenance of the model that stands beside the coders: hashes, versions, counts.
        encoder: Name and hash of the encoder of the machine set beside the coders, or of that model; None where none was.
        reliability: What that model knows of each of its codes, from nested held-out predictions.
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
    looks: SecondLook | None = None
    stability: Stability | None = None
    suggestions: Sequence[Suggestion] = ()
    new: Mapping[str, Document] | None = None
    silent: Mapping[str, str] | None = None
    model: Mapping[str, Any] | None = None
    encoder: tuple[str, str] | None = None
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


VERDICTS = {
    "supported": "Yes, alongside humans: it agrees with them as they agree with one another.",
    "on_par_but_humans_unreliable": "Not yet: it agrees with the coders as they agree with one another, but that is "
    "too little to rely on. Work on the codebook first.",
    "on_par_but_low": "Not yet: it keeps up with the coders, but its agreement is low.",
    "inconclusive": "There is not enough data to say.",
    "not_supported": "No: it is clearly less reliable than a second human coder.",
    "not_assessable": "There is too little coding to say anything.",
}
"""What each verdict means, in words for a reader."""

MARKS = {
    "supported": ("supported", "#009e73"),
    "on_par_but_humans_unreliable": ("on par, humans unreliable", "#e69f00"),
    "on_par_but_low": ("on par, but low", "#e69f00"),
    "inconclusive": ("inconclusive", "#8a8a8f"),
    "not_supported": ("not supported", "#d55e00"),
    "not_assessable": ("not assessable", "#d9d9de"),
}
"""The word and the colour of each verdict in a figure."""


_PACKAGES = ("autocode", "numpy", "scipy", "scikit-learn", "onnxruntime", "matplotlib", "python-docx", "xlsxwriter")


def software() -> str:
    """Python and the libraries that decide the figures, with their versions."""
    named = [f"Python {platform.python_version()}"]
    for name in _PACKAGES:
        try:
            named.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            named.append(f"{name} not installed")
    return "; ".join(named) + "."
