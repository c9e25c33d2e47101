"""The alignment of two codebooks: a table that a person edits, ``alignment.csv``.

Columns: `study` (the other study, or model), `code` (path in the new study), `other` (path in the other one),
`score` (0 to 1), `why`, and `decision`: yes, no, or empty for undecided. Only what is decided with yes is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autocode.codebook import Codebook
from autocode.errors import InputError, StudyError
from autocode.formats.files import csv_text, read_csv, unguarded, write_atomic

COLUMNS = ("study", "code", "other", "score", "why", "decision")
_WORDS = {"yes": "yes", "y": "yes", "1": "yes", "true": "yes", "no": "no", "n": "no", "0": "no", "false": "no", "": ""}


@dataclass(frozen=True, slots=True)
class Pair:
    """One code of the new study and its counterpart in another; either may be empty, for want of one.

    Attributes:
        score: How alike they are, 0 to 1; None where a person wrote the row.
        decision: yes, no, or "" for undecided.
    """

    study: str
    code: str
    other: str
    score: float | None = None
    why: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The pairs of one new study with any number of other studies."""

    pairs: tuple[Pair, ...] = ()

    def taken(self, study: str) -> tuple[tuple[str, str], ...]:
        """The (code, other) pairs with one other study that were confirmed."""
        return tuple((p.code, p.other) for p in self.pairs if p.study == study and p.decision == "yes" and p.code and p.other)

    @property
    def undecided(self) -> tuple[Pair, ...]:
        """The proposals nobody has decided yet."""
        return tuple(p for p in self.pairs if p.code and p.other and not p.decision)

    def check(self, study: str, book: Codebook, other: Codebook) -> None:
        """See that the confirmed codes exist.

        Raises:
            StudyError: A code is in neither the one codebook nor the other, or nothing is confirmed.
        """
        pairs = self.taken(study)
        for code, codebook in [(c, book) for c, _ in pairs] + [(o, other) for _, o in pairs]:
            if code not in codebook:
                raise codebook.unknown(code)
        if not pairs:
            raise StudyError(
                f"alignment with '{study}'", "no code is confirmed",
                "Write yes in the column decision where two codes mean the same, or leave this study out.")  # fmt: skip


def write_alignment(path: Path, alignment: Alignment) -> None:
    """Write the table.

    Raises:
        InputError: The file cannot be written.
    """
    rows = (
        (p.study, p.code, p.other, "" if p.score is None else f"{p.score:.2f}", p.why, p.decision) for p in alignment.pairs
    )
    write_atomic(path, csv_text(COLUMNS, rows))


def read_alignment(path: Path) -> Alignment:
    """Read the table back, as it was written or edited.

    Raises:
        InputError: It cannot be read, a column is missing, or a decision is neither yes, no nor empty.
    """
    table = read_csv(path)
    table.need("study", "code", "other", "decision")
    return Alignment(tuple(_pairs(path.name, zip(table.rows, table.lines, strict=True))))


def _pairs(source: str, rows: Iterable[tuple[dict[str, str], int]]) -> Iterable[Pair]:
    for row, line in rows:
        study, code, other = (unguarded(row[c]).strip() for c in ("study", "code", "other"))
        said = row["decision"].strip().casefold()
        if said not in _WORDS:
            raise InputError(f"{source}, line {line}", "the decision is neither yes, no nor empty", "Write one of these.")
        yield Pair(study, code, other, _score(row.get("score", "")), row.get("why", ""), _WORDS[said])


def _score(text: str) -> float | None:
    """A proposal's score; what a person typed over it is theirs to know."""
    try:
        return float(text)
    except ValueError:
        return None
