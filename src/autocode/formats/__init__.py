"""Reading what researchers have: `read` for one source, `read_all` for several with receipts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autocode.errors import AutocodeError, CodebookError, InputError, counted, headings_of
from autocode.formats.datasets import is_datasets_folder, parquet_table, read_datasets, write_datasets, write_parquet
from autocode.formats.datasets.annotated import read_marked
from autocode.formats.datasets.suggestions import study_of, table_of
from autocode.formats.files import Table
from autocode.formats.folder import is_study_folder, read_folder, write_folder
from autocode.formats.names import Known, Proposal, codes_meet, join_coders, likely, renamed, storable
from autocode.formats.overview import NOTES, Left, ending_of, files_of, notes_apart, refuse_unknown
from autocode.formats.projects.qualcoder import read_qualcoder, read_rqda, write_qualcoder
from autocode.formats.projects.refi_read import read_project
from autocode.formats.projects.refi_write import read_codes_file, write_codes_file, write_project
from autocode.formats.projects.taguette import read_taguette, write_taguette
from autocode.formats.receipt import SHAPED, Reader, ReadOptions, Receipt, WriteOptions, Writer, gathered
from autocode.formats.tables import TABLES, is_table_in_text, kind_of_table, read_sheets, read_table, table_stage, write_table
from autocode.formats.tables.codebook_texts import BOOKS, codebook_in_text
from autocode.formats.tables.codebooks import is_called_codebook, read_codebook
from autocode.formats.tables.coded_word import unsigned_apart
from autocode.formats.transcripts.candidates import labels_like
from autocode.formats.transcripts.speakers import with_turns
from autocode.formats.transcripts.texts import TEXTS, read_text_file, read_transcripts
from autocode.store import STORE, load
from autocode.study import Study, Suggestion
from autocode.study.codebook import Codebook, join_codebooks
from autocode.study.merge import merge
from autocode.study.moves import Edit, Moves
from autocode.study.revise import apply_edits, on_known_texts

__all__ = [
    "ReadOptions",
    "Receipt",
    "WriteOptions",
    "read",
    "read_all",
    "read_coders",
    "write",
]

CODEBOOK = "codebook"
"""What `ReadOptions.kind` calls a text that is to be read as a codebook."""


def read(source: Any, options: ReadOptions = ReadOptions()) -> Study:
    """Read a study from a folder, a study file, a table or a transcript.

    Args:
        source: A path; or a DataFrame, a Dataset or texts, as `datasets.suggestions.study_of` takes them.
        options: What the file does not say.

    Raises:
        AutocodeError: One line that says what is wrong with the source.
    """
    if isinstance(source, str | Path):
        return read_all([source], options)[0]
    table = table_of(source)
    kind = kind_of_table(table, options) if table is not None else ""
    if table is None or not kind:
        return study_of(source)
    return _together({0: TABLES[kind][1](table, options)}, [], [], options)[0]


def read_all(sources: Sequence[str | Path], options: ReadOptions = ReadOptions()) -> tuple[Study, list[Receipt]]:
    """Read several sources into one study.

    Transcripts and codebooks are read before tables, so that quotes find their words and codes
    their paths, in whatever order the sources are named.

    Returns:
        The study and one receipt for each part read.

    Raises:
        AutocodeError: A source cannot be read, or its codes are not in the codebook.
    """
    paths, left = _files([Path(source) for source in sources])
    read: dict[int, tuple[Study, list[Receipt]]] = {}
    known, told = Known(), list[str]()
    known.add(options.documents, options.coders)
    opened: dict[int, list[Table]] = {}
    stages = [_stage(path, options, opened.setdefault(n, [])) if len(paths) > 1 else 0 for n, path in enumerate(paths)]
    for place in sorted(range(len(paths)), key=stages.__getitem__):
        try:
            before = [study for study, _ in read.values()]
            study, receipts = _read_one(paths[place], _knowing(options, before), opened.pop(place, []))
            whole, odd = storable(study)
            study, notes = known.meet(renamed(whole, options.same))
            study, unsigned = unsigned_apart(study, before, paths[place].stem)
            notes = (*notes, *unsigned)
            read[place] = study, [*receipts, *odd]
        except AutocodeError as error:
            if not options.go_on or len(paths) < 2:
                raise
            left.append(Left.of(paths[place], error, failed=True))
            continue
        known.add(study.documents, (c.id for c in study.coders))
        told += notes
    whole, receipts = _together(read, left, told, options)
    counts = {shape: sum(len(labels_like(shape, d.text)) for d in whole.documents) for shape in options.shapes}
    return whole, [*receipts, *(Receipt(f"'{shape}'", SHAPED, n) for shape, n in counts.items() if n)]


def _files(sources: Sequence[Path]) -> tuple[list[Path], list[Left]]:
    """The files to read: those named, and those of folders of transcripts; and what is not read of these.

    Raises:
        InputError: A folder holds nothing that is read.
    """
    paths: list[Path] = []
    left: list[Left] = []
    for source in sources:
        if not _is_plain_folder(source):
            paths.append(source)
            continue
        found, others = files_of(source, READERS)
        if not found:
            listed = "; ".join(f"{o.name}: {o.why}" for o in others[:5])
            raise InputError(str(source), f"it holds no file that is read{listed and f' ({listed})'}", "Choose another folder.")
        paths += found
        left += others
    paths, notes = notes_apart(list(dict.fromkeys(paths)))
    return paths, [*left, *(Left(path.name, NOTES) for path in notes)]


def _is_plain_folder(path: Path) -> bool:
    """Whether a path is a folder of files, and not one that is a study, a project or a data set as a whole."""
    if not path.is_dir() or path.suffix.lower() == ".qda":
        return False
    return not ((path / STORE).is_file() or is_study_folder(path) or is_datasets_folder(path))


def _together(
    read: Mapping[int, tuple[Study, list[Receipt]]], left: Sequence[Left], told: Sequence[str], options: ReadOptions
) -> tuple[Study, list[Receipt]]:
    """The parts as one study, and all receipts, like ones gathered."""
    parts = [read[place][0] for place in sorted(read)]
    receipts = gathered(receipt for place in sorted(read) for receipt in read[place][1])
    book = options.codebook
    for part in parts:
        book = join_codebooks(book, part.codebook, adopting=not part.codings).book
    whole = Study(codebook=book)
    notes = list(told)
    for part in parts:
        resolved = _resolved(part, book, options.add_codes)
        notes += codes_meet(part, resolved.codebook) if part.codings else ()
        whole = merge(whole, on_known_texts(whole, resolved))
    if notes:
        receipts.append(Receipt("names", "documents", len(whole.documents), {}, tuple(dict.fromkeys(notes))))
    if left:
        why = Counter("that could not be read" if item.failed else "not read" for item in left)
        said = tuple(f"not read: {item.name}: {item.why}" for item in left)
        receipts.append(Receipt("files", "files", len(read), why, said))
    return whole, receipts


def _stage(path: Path, options: ReadOptions, opened: list[Table]) -> int:
    """When to read a source: transcripts and codebooks (0), codes in the margin (1), tables (2 and 3).

    Args:
        path: The source.
        options: How it is read.
        opened: Takes the tables in it, so that they are read once.
    """
    ending = path.suffix.lower()
    if ending in _TABLES or is_table_in_text(path, options):
        stage, tables = table_stage(path, options)
        opened += tables
        return stage
    return int(ending == ".docx")


_TABLES = {
    ".csv": read_table,
    ".gz": read_table,
    ".tsv": read_table,
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), read_sheets),
}


def _knowing(options: ReadOptions, parts: Iterable[Study]) -> ReadOptions:
    """The options with the transcripts and codes that other sources have brought."""
    documents = {d.id: d for d in options.documents}
    book = options.codebook
    for part in parts:
        documents |= part.by_id
        book = join_codebooks(book, part.codebook).book
    return replace(options, documents=tuple(documents.values()), codebook=book)


def read_coders(files: Mapping[str, str | Path], options: ReadOptions = ReadOptions()) -> tuple[Study, list[Receipt]]:
    """Read one file a coder into one study: the same text is one document, the same path one code.

    Args:
        files: From the name of each coder to the coder's file, of any kind that `read` knows.
        options: As for `read_all`.

    Returns:
        The study and the receipts, the last of the joining.

    Raises:
        AutocodeError: A file cannot be read.
    """
    parts, receipts = [], []
    for name, path in files.items():
        study, found = read_all([path], replace(options, coder=name))
        parts.append((name, study))
        receipts += found
    whole, notes = join_coders(parts)
    return whole, [*receipts, Receipt("together", "coders", len(files), {}, tuple(notes))]


def _read_one(path: Path, options: ReadOptions, opened: Sequence[Table] = ()) -> tuple[Study, list[Receipt]]:
    if not path.exists():
        raise InputError(str(path), "there is no such file or folder", "Check the name.")
    if path.is_dir() and path.suffix.lower() != ".qda":
        return _read_directory(path, options)
    refuse_unknown(path, READERS)
    listed = options.kind != CODEBOOK and is_table_in_text(path, options)  # headings tell more than the file's name
    sure = options.kind == CODEBOOK or is_called_codebook(path.stem)
    if path.suffix.lower() in BOOKS and not listed and (found := codebook_in_text(path, options.encoding, sure)):
        return Study(codebook=found[0]), [found[1]]
    if options.kind == CODEBOOK and path.suffix.lower() in TEXTS:
        raise InputError(path.name, "no list or table of codes was found in it", "Make it a table: Theme | Code | Definition.")
    ending = ending_of(path)
    if ending in (".json", ".jsonl", ".tsv") and (marked := read_marked(path, options)):
        return _spoken(*marked, options)
    if opened or listed:
        return _TABLES.get(path.suffix.lower(), read_table)(path, options, opened)
    return READERS[ending](path, options)


def _read_directory(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    is_open = is_study_folder(path)
    if (path / STORE).is_file() and not (is_open and options.open_files):
        return _read_store(path / STORE, options)
    if is_datasets_folder(path):
        return read_datasets(path, options)
    return read_folder(path, read_transcripts)


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
    codings = tuple(c if c.code == paths[c.code] else replace(c, code=paths[c.code]) for c in study.codings)
    return replace(study, codebook=whole, codings=codings)


def _check_known(codes: Iterable[str], book: Codebook) -> None:
    unknown = [code for code in codes if not _known(code, book)]
    if len(unknown) == 1:
        raise _unknown(unknown[0], book)
    if unknown:
        near = [str(Proposal("code", code, other)) for code in unknown if (other := likely(code, book.by_path))]
        shown = ", ".join(f"'{code}'" for code in unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        raise CodebookError(
            f"{counted(len(unknown), 'code')}",
            f"the codebook does not have {shown}" + (f"; {'; '.join(near[:3])}" if near else ""),
            "Add them to the codebook, or import again with --add-codes.",
        )


def _unknown(code: str, book: Codebook) -> CodebookError:
    error = book.unknown(code)
    near = re.fullmatch(r"Did you mean '(.*)'\?", error.mend)
    same = f" If so, import again with --same '{code}={near[1]}'; if not, with --add-codes." if near else ""
    return CodebookError(error.what, error.why, error.mend + same) if same else error


def _known(code: str, book: Codebook) -> bool:
    try:
        return bool(book.resolve(code))
    except CodebookError:
        return code in {c.name for c in book}  # ambiguous: resolve says so later


def _spoken(study: Study, receipts: Sequence[Receipt], options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Texts that came without turns with those found in them, as in any transcript; what is doubtful stands in the receipt."""
    documents, doubts = with_turns(study.documents, options.shapes)
    first = replace(receipts[0], notes=(*receipts[0].notes, *doubts))
    return replace(study, documents=documents), [first, *receipts[1:]]


def _read_parquet(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    table = parquet_table(path)
    kind = kind_of_table(table, options)
    if not kind:
        raise InputError(
            path.name,
            f"no kind of table has these columns: {headings_of(table.columns)}",
            "Name them: --column text=YOURS --column code=YOURS.",
        )
    return TABLES[kind][1](table, options)


READERS: dict[str, Reader] = {
    ".csv": read_table,
    ".csv.gz": read_table,
    ".tsv": read_table,
    ".tsv.gz": read_table,
    ".jsonl": TEXTS[".json"],
    ".yaml": _read_yaml,
    ".sqlite": _read_store,
    ".qdpx": read_project,
    ".qde": read_project,
    ".qdc": read_codes_file,
    ".qda": lambda path, options: _spoken(*read_qualcoder(path, options), options),
    ".rqda": lambda path, options: _spoken(*read_rqda(path, options), options),
    ".sqlite3": lambda path, options: _spoken(*read_taguette(path, options), options),
    ".parquet": _read_parquet,
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), read_sheets),
    **dict.fromkeys(TEXTS, read_text_file),
}
"""Plug-in point: from the end of a file's name to its reader."""


def write(study: Study, path: str | Path, options: WriteOptions = WriteOptions()) -> None:
    """Write a study as what the end of `path` names; without a known end, as an open folder.

    Texts whose lines end as on Windows or on an old Mac are written with plain line ends, and everything in its place.

    Raises:
        InputError: The file cannot be written, or the study does not fit the format.
    """
    path = Path(path)
    writer = WRITERS.get(path.suffix.lower())
    study, options = _with_plain_lines(study, options)
    if writer is None:
        write_folder(study, path)
    else:
        writer(study, path, options)


def _with_plain_lines(study: Study, options: WriteOptions) -> tuple[Study, WriteOptions]:
    """A study put together by hand, and suggestions for it, with texts as every reader of files makes them."""
    for d in study.documents:
        if "\r" not in d.text:
            continue
        edits = [Edit(m.start(), m.start() + 1, "\n" if m[0] == "\r" else "") for m in re.finditer("\r\n|\r", d.text)]
        study, moves = apply_edits(study, d.id, edits).study, Moves.of(edits)

        def placed(s: Suggestion, moves: Moves = moves) -> Suggestion:
            """The suggestion where its words stand in the text with other line ends."""
            start, end = moves.span(s.segment.start, s.segment.end)
            return replace(s, segment=replace(s.segment, start=start, end=end), span=moves.span(*s.span) if s.span else None)

        there = tuple(placed(s) if s.segment.document == d.id else s for s in options.suggestions)
        options = replace(options, suggestions=there)
    return study, options


WRITERS: dict[str, Writer] = {
    ".qdpx": write_project,
    ".qde": write_project,
    ".qdc": write_codes_file,
    ".qda": write_qualcoder,
    ".sqlite3": write_taguette,
    ".parquet": write_parquet,
    ".hf": write_datasets,
    ".csv": write_table,
    ".xlsx": write_table,
}
"""Plug-in point: from the end of a file's name to its writer."""
