"""What the readable files of an open folder cannot say, in one file beside them: ``details.json``.

It is there only where it is needed: for ids that are no file names, times of turns that the text
does not give, given units, identifiers, document groups, readings of a part, and the order of
things. What a person edits in the other files wins over it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.files import read_text
from autocode.formats.tables.headings import folded
from autocode.formats.tables.longtable import document_details, with_details
from autocode.formats.transcripts.speakers import document_of
from autocode.study import Document, Reading, Study
from autocode.study.codebook import Codebook

STUDY, CODEBOOK, PARTICIPANTS = "study.toml", "codebook.yaml", "participants.csv"
COLUMNS = ("document", "start", "end", "code", "text", "memo")
DETAILS = "details.json"
_ABOUT = "What the other files of this folder cannot say. Without this file only that is lost."
_TAKEN = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
    "readme",
    "licence",
    "license",
    "sources",
}
_SHAPE = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
_LONGEST = 180  # bytes of a file's name, with room for what programs put behind it


def file_names(ids: Iterable[str]) -> dict[str, str]:
    """A name for the file of each id that every system can hold, the id itself where it can be."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for identifier in ids:
        name = plain = _safe(identifier)
        number = 2
        while _same(name) in taken:
            name, number = f"{plain} ({number})", number + 1
        taken.add(_same(name))
        found[identifier] = name
    return found


def _safe(identifier: str) -> str:
    name = "".join("_" if c in '<>:"/\\|?*' or not c.isprintable() else c for c in identifier)
    name = name.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore").rstrip(". ").lstrip()
    forbidden = not name or name.startswith((".", "~")) or name.split(".")[0].casefold() in _TAKEN
    return f"_{name}" if forbidden else name


def _same(name: str) -> str:
    """What two names share that some system takes for one."""
    return unicodedata.normalize("NFC", name).casefold()


def variable_columns(documents: Iterable[Document]) -> list[str]:
    """The variables that the participants' table can hold: those it would not take for something else."""
    names = dict.fromkeys(name for d in documents for name in d.variables)
    return [n for n in names if n and n == n.strip() and folded(n) not in ("kind", "document")]


@dataclass(frozen=True, slots=True)
class Kept:
    """What ``details.json`` says.

    Attributes:
        documents: By the name of the transcript's file.
        order: Names of the transcripts' files in the study's order; empty where it is that of their names.
        codes: The paths of the codes in the study's order.
        readings: Document, coder, start and end.
    """

    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()

    def named(self, documents: Sequence[Document]) -> tuple[Document, ...]:
        """Documents read from files under their own ids, in the study's order; those without words too."""
        read = {d.id: d for d in documents}
        blank = {
            stem: document_of(str(said["blank"]), Path(f"{stem}.txt"))
            for stem, said in self.documents.items()
            if "blank" in said and stem not in read
        }
        read |= blank
        order = [stem for stem in self.order if stem in read]
        found = (read[stem] for stem in dict.fromkeys([*order, *read]))
        return tuple(replace(d, id=str(self.documents.get(d.id, {}).get("id", d.id))) for d in found)

    def told(self, documents: Iterable[Document]) -> tuple[tuple[Document, ...], list[str]]:
        """Named documents with all that is said of them, and notes where a text was changed since.

        Raises:
            InputError: What is said has not the shape it was written in.
        """
        by_id = {str(said.get("id", stem)): said for stem, said in self.documents.items()}
        try:
            pairs = [_told(d, by_id.get(d.id, {})) for d in documents]
        except _SHAPE as error:
            raise _damaged(error) from error
        return tuple(d for d, _ in pairs), [note for _, note in pairs if note]

    def ordered(self, book: Codebook) -> Codebook:
        """The codebook in the study's order, where it still has the same codes."""
        if set(self.codes) != set(book.by_path):
            return book
        return Codebook(tuple(book.by_path[path] for path in self.codes), book.name, book.version)

    def read(self, whole: Sequence[Reading], documents: Iterable[Document]) -> tuple[Reading, ...]:
        """What was read: as kept, of those documents that study.toml says a coder has read."""
        lengths = {d.id: len(d.text) for d in documents}
        said = {(r.document, r.coder) for r in whole}
        kept = [r for r in self.readings if (r.document, r.coder) in said and 0 <= r.start <= r.end <= lengths[r.document]]
        parts = {(r.document, r.coder) for r in kept}
        return (*kept, *(r for r in whole if (r.document, r.coder) not in parts))


def _told(document: Document, said: Mapping[str, Any]) -> tuple[Document, str]:
    absent = set(said.get("without", ()))
    variables = {n: v for n, v in document.variables.items() if v or n not in absent}
    more = {**variables, **said.get("variables", {})}
    return with_details(document, {**said, "variables": more})


def read_kept(path: Path) -> Kept:
    """What the folder's ``details.json`` says; nothing where there is none.

    Raises:
        InputError: It is damaged.
    """
    file = path / DETAILS
    if not file.is_file():
        return Kept()
    try:
        said = json.loads(read_text(file)[0])
        readings = (Reading(str(d), str(c), int(start), int(end)) for d, c, start, end in said["readings"])
        documents = {str(stem): dict(more) for stem, more in said["documents"].items()}
        return Kept(documents, tuple(said["order"]), tuple(said["codes"]), tuple(readings))
    except _SHAPE as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> InputError:
    return InputError(
        DETAILS,
        f"it is damaged ({type(error).__name__})",
        "Write the folder again, or delete this file: speakers are then found in the texts again.",
    )


def kept_text(study: Study, names: Mapping[str, str], codes: Sequence[str], readings: Sequence[Reading]) -> str:
    """The text of ``details.json``, "" where the folder says everything without it.

    Args:
        study: As it is.
        names: The name of the file of each document, by id.
        codes: Paths of the codes as the folder gives them.
        readings: As the folder gives them.
    """
    columns = variable_columns(study.documents)
    documents = {names[d.id]: _said(d, names[d.id], columns) for d in study.documents}
    natural = sorted(documents, key=lambda stem: ("blank" in documents[stem], stem + ".txt"))
    said = {
        "about": _ABOUT,
        "documents": {stem: more for stem, more in documents.items() if more},
        "order": list(documents) if list(documents) != natural else [],
        "codes": [c.path for c in study.codebook] if [c.path for c in study.codebook] != codes else [],
        "readings": [[r.document, r.coder, r.start, r.end] for r in study.readings if study.readings != tuple(readings)],
    }
    needed = any(more for name, more in said.items() if name != "about")
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n" if needed else ""


def _said(document: Document, name: str, columns: Sequence[str]) -> dict[str, Any]:
    """What the files do not say of one document."""
    variables = {n: v for n, v in document.variables.items() if n not in columns}
    plain = document_of(document.text, Path(f"{name}.txt"))
    plain = replace(plain, id=document.id, kind=document.kind, variables=document.variables)
    said = document_details(document, plain)
    if document.id != name:
        said["id"] = document.id
    if variables:
        said["variables"] = variables
    if absent := [n for n in columns if n not in document.variables]:
        said["without"] = absent
    if not document.text.strip():
        said["blank"] = document.text
    return said
