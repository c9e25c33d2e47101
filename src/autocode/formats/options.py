"""What the caller of a reader can decide, and the shape of every reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autocode.codebook import Codebook
from autocode.formats.receipt import Receipt
from autocode.study import Document, Study


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
    """

    coder: str = ""
    encoding: str = ""
    add_codes: bool = False
    codebook: Codebook = Codebook()
    open_files: bool = False
    documents: tuple[Document, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = "interview"


Reader = Callable[[Path, ReadOptions], tuple[Study, list[Receipt]]]
"""From a file and the options to a study and the receipts of its parts."""
