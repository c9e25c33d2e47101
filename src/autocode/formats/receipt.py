"""Receipt: what became of everything that an import was given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autocode.errors import counted
from autocode.study import Coding, Document, Study, Suggestion
from autocode.study.codebook import SEPARATOR, Codebook


@dataclass(frozen=True, slots=True)
class Receipt:
    """In = kept + skipped, with reasons.

    Attributes:
        source: Name of the file or folder.
        what: What is counted (rows, documents, codings, codes).
        kept: How many were taken over.
        skipped: How many were not, by reason.
        notes: Things done that a careful reader wants to know; those that ask (`asks`) are doubts, to be looked at.
        quoted: Where a file gives both places and words: how many of its quotes were found at the
            places, and how many there are.
        waiting: Rows about participants whose transcripts are not there yet.
    """

    source: str
    what: str
    kept: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    quoted: tuple[int, int] | None = None
    waiting: tuple[Mapping[str, str], ...] = ()

    @property
    def given(self) -> int:
        """How many there were in all."""
        return self.kept + sum(self.skipped.values())

    @property
    def doubts(self) -> tuple[str, ...]:
        """The notes that ask a person to look."""
        return tuple(filter(asks, self.notes))

    def __str__(self) -> str:
        """One line: ``codings.csv: in 412 rows = kept 405 + skipped 7 (3 empty, 4 doubled)``."""
        lost = sum(self.skipped.values())
        reasons = ", ".join(f"{n} {why}" for why, n in self.skipped.items() if n)
        line = f"{self.source}: in {self.given:,} {self.what} = kept {self.kept:,} + skipped {lost:,}"
        return line + (f" ({reasons})" if reasons else "") + "".join(f"\n  note: {n}" for n in self.notes)


def gathered(receipts: Iterable[Receipt]) -> list[Receipt]:
    """Receipts with the single transcripts among them as one, like notes put together with the names of their files."""
    listed = list(receipts)
    alone = [r for r in listed if r.what == "transcripts" and r.given == 1]
    if len(alone) < 2:
        return listed
    names: dict[str, list[str]] = {}
    for r in alone:
        for note in r.notes:
            plain = note.removeprefix(f"{r.source} ").removeprefix(f"{r.source}: ")
            names.setdefault(plain, []).append(r.source)
    notes = tuple(f"{listed_names(found)}: {note}" for note, found in names.items())
    skipped: Counter[str] = Counter()
    for r in alone:
        skipped.update(r.skipped)
    whole = Receipt(f"{counted(len(alone), 'file')}", "transcripts", sum(r.kept for r in alone), skipped, notes)
    return [whole if r is alone[0] else r for r in listed if r is alone[0] or r not in alone]


_ASKS = re.compile(r"\?(?=[\s;)]|$)|\b(?:check|compare|look at|may be|may not)\b")
_CITED = re.compile(r"(?<!\w)'[^'\n]*'(?!\w)")
_MANY = re.compile(r"[\d,]+ files")


def asks(note: str) -> bool:
    """Whether a note is a doubt: it asks, or says what to check. Any other says what was done, and needs no look.

    Who words a note decides; what stands in quotation marks does not count.
    """
    return bool(_ASKS.search(_CITED.sub("", note)))


def doubts_in(receipts: Iterable[Receipt]) -> Iterator[tuple[str, str]]:
    """What is to be looked at: the files, as one lists names, and the doubt."""
    for r in receipts:
        for note in r.doubts if r.what != "files" else ():
            if r.what == "transcripts" and _MANY.fullmatch(r.source):
                names, _, doubt = note.partition(": ")
                yield names, doubt
            else:
                yield r.source, note.removeprefix(f"{r.source} ").removeprefix(f"{r.source}: ")


def listed_names(names: Sequence[str], most: int = 8) -> str:
    """Names as a sentence lists them, the first few of many."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


SHAPED = "turns named in this way"
"""What a receipt of an example of how speakers are named counts; its source is the example in quotation marks."""


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
        same: Names of documents, coders and codes that the user says mean another: new to known.
        coders: Ids of the coders known.
        go_on: Read the rest where a file cannot be read; it is named in a receipt of files.
        shapes: How speakers are named, by examples (`transcripts.speakers.shape_of`).
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
    same: Mapping[str, str] = field(default_factory=dict)
    coders: tuple[str, ...] = ()
    go_on: bool = False
    shapes: tuple[str, ...] = ()


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


MACHINE = "autocode (suggested)"
"""Under whose name suggestions are written beside the codings of people."""

MIRROR = "autocode"
"""The root code under which suggestions' codes are mirrored, where that is asked for."""

_NEAR = 3  # precedents named in a memo


def suggested(options: WriteOptions) -> Iterator[Coding]:
    """The suggestions to write as codings by the machine, their evidence as memo."""
    for s in options.suggestions:
        code = MIRROR + SEPARATOR + s.code if options.mirror else s.code
        yield Coding(s.segment.document, *s.passage, code, MACHINE, reason(s))


def reason(s: Suggestion) -> str:
    """Why the model suggests a code: its probability, its band and the coded segments nearest."""
    near = "; ".join(f"{e.document} ({e.coder}, similarity {e.similarity:.2f}): {e.text}" for e in s.evidence[:_NEAR])
    return f"autocode suggestion; probability {s.probability:.2f}; {s.band}" + (f"; near: {near}" if near else "")
