"""Receipt: what became of everything that an import was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Receipt:
    """In = kept + skipped, with reasons.

    Attributes:
        source: Name of the file or folder.
        what: What is counted (rows, documents, codings, codes).
        kept: How many were taken over.
        skipped: How many were not, by reason.
        notes: Things done that a careful reader wants to know (an encoding guessed, say).
        quoted: Where a file gives both places and words: how many of its quotes were found at the
            places, and how many there are.
    """

    source: str
    what: str
    kept: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    quoted: tuple[int, int] | None = None

    @property
    def given(self) -> int:
        """How many there were in all."""
        return self.kept + sum(self.skipped.values())

    def __str__(self) -> str:
        """One line: ``codings.csv: in 412 rows = kept 405 + skipped 7 (3 empty, 4 doubled)``."""
        lost = sum(self.skipped.values())
        reasons = ", ".join(f"{n} {why}" for why, n in self.skipped.items() if n)
        line = f"{self.source}: in {self.given:,} {self.what} = kept {self.kept:,} + skipped {lost:,}"
        return line + (f" ({reasons})" if reasons else "") + "".join(f"\n  note: {n}" for n in self.notes)
