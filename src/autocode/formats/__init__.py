"""Reading what researchers have: `read` for one source, `read_all` for several with receipts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from autocode.codebook import Codebook
from autocode.errors import CodebookError, InputError
from autocode.formats.files import read_csv
from autocode.formats.folder import is_study_folder, read_codebook, read_folder, write_folder
from autocode.formats.options import Reader, ReadOptions
from autocode.formats.receipt import Receipt
from autocode.formats.table import codebook_from_table, is_codebook_table, is_long_table, study_from_table
from autocode.formats.transcript import SUFFIXES, read_transcript, read_transcripts
from autocode.store import STORE, load
from autocode.study import Study, join_codebooks, merge

__all__ = ["ReadOptions", "Receipt", "read", "read_all", "write"]


def read(source: str | Path, options: ReadOptions = ReadOptions()) -> Study:
    """Read a study from a folder, a study file, a table or a transcript.

    Raises:
        AutocodeError: One line that says what is wrong with the source.
    """
    return read_all([source], options)[0]


def read_all(
    sources: Sequence[str | Path], options: ReadOptions = ReadOptions()
) -> tuple[Study, list[Receipt]]:
    """Read several sources into one study: codebooks first, so that codes find their paths.

    Returns:
        The study and one receipt for each part read.

    Raises:
        AutocodeError: A source cannot be read, or its codes are not in the codebook.
    """
    parts, receipts = [], []
    for source in sources:
        study, found = _read_one(Path(source), options)
        parts.append(study)
        receipts += found
    book = reduce(join_codebooks, [options.codebook, *(p.codebook for p in parts)])
    parts = [_resolved(part, book, options.add_codes) for part in parts]
    return reduce(merge, parts, Study(codebook=book)), receipts


def _read_one(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    if path.is_dir():
        return _read_directory(path, options)
    kind = "".join(s for s in path.suffixes[-2:] if s in (".csv", ".tsv", ".gz")) or path.suffix.lower()
    reader = READERS.get(kind)
    if reader is None and path.exists():
        raise InputError(
            path.name, f"files of this kind ('{path.suffix}') are not read",
            f"Known: {', '.join(READERS)} and folders.")  # fmt: skip
    return (reader or _read_transcript)(path, options)


def _read_directory(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    is_open = is_study_folder(path)
    if (path / STORE).is_file() and not (is_open and options.open_files):
        return _read_store(path / STORE, options)
    if is_open:
        return read_folder(path)
    documents, notes = read_transcripts(path, options.encoding)
    return Study(documents, name=path.name), [Receipt(path.name, "transcripts", len(documents), {}, notes)]


def _read_table(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    table = read_csv(path, options.encoding)
    if is_codebook_table(table):
        book, receipt = codebook_from_table(table)
        return Study(codebook=book), [receipt]
    if not is_long_table(table):
        table.need("document_id", "segment_id", "text")
    study, receipt = study_from_table(table, options.coder)
    return study, [receipt]


def _read_transcript(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    document, note = read_transcript(path, options.encoding)
    return Study((document,)), [Receipt(path.name, "transcripts", 1, {}, (note,) if note else ())]


def _read_yaml(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    book = read_codebook(path)
    return Study(codebook=book), [Receipt(path.name, "codes", len(book))]


def _read_store(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    study = load(path)
    return study, [Receipt(path.parent.name, "documents", len(study.documents))]


def _resolved(study: Study, book: Codebook, add_codes: bool) -> Study:
    """The study with every coding's code written as its path in the codebook.

    Raises:
        CodebookError: Some codes are not in it, or a name is ambiguous.
    """
    if not study.codings:
        return study
    used = dict.fromkeys(c.code for c in study.codings)
    if len(book) and not add_codes:
        _check_known(used, book)
    whole = book.with_paths(code for code in used if not _known(code, book))
    paths = {code: whole.resolve(code) for code in used}
    return replace(study, codebook=whole, codings=tuple(replace(c, code=paths[c.code]) for c in study.codings))


def _known(code: str, book: Codebook) -> bool:
    return code in book or any(c.name == code for c in book)


def _check_known(codes: Iterable[str], book: Codebook) -> None:
    unknown = [code for code in codes if not _known(code, book)]
    if len(unknown) == 1:
        raise book.unknown(unknown[0])
    if unknown:
        shown = ", ".join(f"'{code}'" for code in unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        raise CodebookError(
            f"{len(unknown)} codes", f"the codebook does not have {shown}",
            "Add them to the codebook, or import again with --add-codes.")  # fmt: skip


READERS: dict[str, Reader] = {
    ".csv": _read_table,
    ".csv.gz": _read_table,
    ".tsv": _read_table,
    ".yaml": _read_yaml,
    ".sqlite": _read_store,
    **dict.fromkeys(SUFFIXES, _read_transcript),
}
"""Plug-in point: from the end of a file's name to its reader."""


def write(study: Study, path: str | Path) -> None:
    """Write a study as an open folder.

    Raises:
        InputError: The folder cannot be written, or the study does not fit the format.
    """
    write_folder(study, Path(path))
