"""Receipt: what became of everything that an import was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autocode.study import Document, Study, Suggestion
from autocode.study.codebook import Codebook


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


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How sources are read.

    Attributes:
        coder: Who coded, where a table does not say.
        encoding: Of text files; "" lets it be found.
        add_codes: Put codes that the codebook lacks at its end instead of refusing them.
        codebook: What is known already; codes of the sources are looked up in it too.
        open_files: Read a folder's open files even where a study file stands beside them.
        documents: Transcripts known already; a table that only quotes is located in them.
        columns: For a table in nobody's format: our names of columns to the table's own.
        kind: Of the texts read: interview, literature or field note.
        users: Whose a coding is where an exchange file names one user for the coding and another
            for the selection: `coding` or `selection`.
    """

    coder: str = ""
    encoding: str = ""
    add_codes: bool = False
    codebook: Codebook = field(default_factory=Codebook)
    open_files: bool = False
    documents: tuple[Document, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = "interview"
    users: str = "coding"


Reader = Callable[[Path, ReadOptions], tuple[Study, list[Receipt]]]
"""From a file and the options to a study and the receipts of its parts."""


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a study is written.

    Attributes:
        suggestions: Written beside the codings, under a machine's name of their own.
        original: For formats that are a changed copy of the tool's own file: that file.
        newlines: In the text files of a REFI-QDA project: `lf`, or `crlf` (a line end still
            counts one), which MAXQDA may want.
        astral: Characters above U+FFFF in a REFI-QDA project: `codepoints` (they count one, as
            the specification says), `utf16` (they count two, as NVivo counts) or `replace`
            (each becomes one white square).
        mirror: Put the suggestions' codes under a root code of their own.
        flatten: Write codes without a tree, their paths joined by this (ATLAS.ti), "" for a tree.
        table: What a .csv or .xlsx holds: `whole` (reads back as the study), `codings` (only the
            long table of codings and suggestions) or `maxqda` (its columns of coded segments).
    """

    suggestions: tuple[Suggestion, ...] = ()
    original: Path | None = None
    newlines: str = "lf"
    astral: str = "codepoints"
    mirror: bool = False
    flatten: str = ""
    table: str = "whole"


Writer = Callable[[Study, Path, WriteOptions], None]
"""From a study, a path and the options to a file."""
