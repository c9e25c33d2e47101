"""Import every file under a folder and say per file what came in and how well its positions fit.

Run: `python benchmarks/formats_check.py DIR [--markdown] [--receipts]`

Columns: documents, codes, coders, codings; of the different selections, the share that starts and
ends on word boundaries; of the quotes in files that give both places and words, the share whose
words are at their place before anything is moved ("-" where a file quotes nothing or gives no
places). The last column says what was refused, and why. No word of a text is printed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autocode.errors import AutocodeError
from autocode.formats import ReadOptions, Receipt, read_all
from autocode.formats.projects.positions import ends_word, starts_word
from autocode.study import Study

OPTIONS = ReadOptions(coder="coder", add_codes=True)
HEADER = ("file", "documents", "codes", "coders", "codings", "on words", "quotes right", "seconds", "refused or skipped")


@dataclass(frozen=True)
class Row:
    """What one file gave."""

    name: str
    study: Study | None
    receipts: Sequence[Receipt]
    seconds: float
    error: str = ""

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        if self.study is None:
            return (self.name, *"-----", "-", f"{self.seconds:.1f}", self.error)
        s = self.study
        counts = (f"{n:,}" for n in (len(s.documents), len(s.codebook), len(s.coders), len(s.codings)))
        return (self.name, *counts, on_words(s), self._quotes(), f"{self.seconds:.1f}", self._skipped())

    def _quotes(self) -> str:
        checked = [r.quoted for r in self.receipts if r.quoted]
        return share(sum(right for right, _ in checked), sum(n for _, n in checked))

    def _skipped(self) -> str:
        return "; ".join(f"{n:,} {r.what} {why}" for r in self.receipts for why, n in r.skipped.items() if n)


def on_words(study: Study) -> str:
    """Share of the different coded spans that start and end on word boundaries."""
    spans = {(c.document, c.start, c.end) for c in study.codings}
    texts = {d.id: d.text for d in study.documents}
    whole = sum(starts_word(texts[d], a) and ends_word(texts[d], b) for d, a, b in spans)
    return share(whole, len(spans))


def share(part: int, whole: int) -> str:
    """A share with the counts behind it."""
    return f"{part / whole:.3f} ({part:,}/{whole:,})" if whole else "-"


def sources(folder: Path) -> Iterator[Path]:
    """Every file under a folder, a QualCoder project (a folder ending in .qda) as one."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.suffix.lower() != ".qda":
            yield from sources(path)
        elif not path.name.startswith(".") and path.suffix.lower() != ".md":
            yield path


def imported(path: Path, folder: Path) -> Row:
    """Import one file."""
    name, began = str(path.relative_to(folder)), time.perf_counter()
    try:
        study, receipts = read_all([path], OPTIONS)
        return Row(name, study, receipts, time.perf_counter() - began)
    except AutocodeError as error:
        return Row(name, None, (), time.perf_counter() - began, str(error).replace(str(folder), "")[:160])


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--markdown", action="store_true", help="a table for a document")
    parser.add_argument("--receipts", action="store_true", help="print every receipt too")
    chosen = parser.parse_args()
    rows = [imported(path, chosen.folder) for path in sources(chosen.folder)]
    table = [HEADER, *(row.cells() for row in rows)]
    if chosen.markdown:
        table.insert(1, ("---",) * len(HEADER))
        print("\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in table))
    else:
        widths = [max(len(row[i]) for row in table) for i in range(len(HEADER) - 1)]
        print("\n".join("  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]]) for row in table))
    for receipt in (r for row in rows for r in row.receipts if chosen.receipts):
        print(receipt)
    return 0


if __name__ == "__main__":
    sys.exit(main())
