"""The receipts of a study as a person reads them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from autocode.formats import Receipt
from autocode.store import STORE, ReceiptRow, receipts


@dataclass(frozen=True, slots=True)
class Log:
    """All receipts of a study, the first import first."""

    entries: tuple[ReceiptRow, ...]

    @classmethod
    def of(cls, study: Path) -> Log:
        """The receipts kept in a study's folder.

        Raises:
            StoreError: There is no study, or its file is damaged.
        """
        return cls(receipts(study / STORE))

    def __str__(self) -> str:
        """One heading an import, then its receipts."""
        if not self.entries:
            return "No import of this study has left a receipt."
        lines = []
        for at, entries in groupby(self.entries, key=lambda entry: entry.at):
            lines.append(f"== imported {at}")
            lines += [str(Receipt(e.source, e.what, e.kept, e.skipped, e.notes)) for e in entries]
        return "\n".join(lines)

    def to_json(self) -> list[dict[str, object]]:
        """JSON-ready list; memos of codings set aside stay in the study's file."""
        told = []
        for entry in self.entries:
            aside = [{k: getattr(c, k) for k in ("document", "start", "end", "code", "coder")} for c in entry.aside]
            told.append({**asdict(entry), "aside": aside})
        return told
