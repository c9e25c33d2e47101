"""Every kind of transcript by the end of its file's name, and folders of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.coded_word import read_coded_word
from autocode.formats.delve import is_delve, study_from_delve
from autocode.formats.nvivo import is_node_report, study_from_node_report
from autocode.formats.opendocument import read_opendocument
from autocode.formats.options import Reader, ReadOptions
from autocode.formats.pdf import read_pdf
from autocode.formats.receipt import Receipt
from autocode.formats.rtf import read_rtf
from autocode.formats.subtitles import read_subtitles
from autocode.formats.transcript import document_of, read_transcript
from autocode.formats.webpage import read_webpage
from autocode.formats.whisper import is_speech, read_json, speech
from autocode.merging import merge
from autocode.study import Document, Study

_RICHEST = (".json", ".vtt", ".srt", ".tsv", ".txt")  # what Whisper writes for one recording


def read_text_file(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Read one transcript of any kind; a kind of its own (literature, field note) comes with it.

    Raises:
        InputError: It cannot be read as what its name says.
    """
    study, receipts = TEXTS[path.suffix.lower()](path, options)
    documents = tuple(replace(d, kind=options.kind) if d.source == path.name else d for d in study.documents)
    return replace(study, documents=documents), receipts


def read_text_files(folder: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Read every transcript of a folder, in the order of their names.

    Of the files that Whisper writes for one recording the one that tells most is read.

    Raises:
        InputError: The folder holds none, or two files differ only in their suffix.
    """
    paths = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in TEXTS and not _about(p))
    if not paths:
        raise InputError(str(folder), f"it holds no transcript ({', '.join(TEXTS)})", "Choose another folder.")
    paths, left = _one_each(folder, paths)
    read = [read_text_file(path, options) for path in paths]
    documents = sum(len(study.documents) for study, _ in read)
    notes = tuple(note for _, receipts in read for r in receipts for note in r.notes)
    codes = [r for _, receipts in read for r in receipts if r.what in ("comments", "codings", "coded segments")]
    skipped = {"the same recording in another format": left}
    study = reduce(merge, (study for study, _ in read), Study(name=folder.name))
    return study, [Receipt(folder.name, "transcripts", documents, skipped, notes), *codes]


def read_transcripts(folder: Path, encoding: str = "") -> tuple[tuple[Document, ...], tuple[str, ...]]:
    """The documents of a folder of transcripts, and what there is to note of them.

    Raises:
        InputError: As `read_text_files`.
    """
    study, receipts = read_text_files(folder, ReadOptions(encoding=encoding))
    return study.documents, receipts[0].notes


def _one_each(folder: Path, paths: Sequence[Path]) -> tuple[list[Path], int]:
    """One path for each name, and how many were left out."""
    counts = Counter(p.stem for p in paths)
    kept = []
    for path in paths:
        same = [p.suffix.lower() for p in paths if p.stem == path.stem]
        ranks = sorted(_RICHEST.index(s) for s in same if s in _RICHEST)
        if counts[path.stem] > 1 and (len(ranks) < len(same) or len(set(same)) < len(same)):
            raise InputError(str(folder), f"two files are called '{path.stem}'", "Rename one of them.")
        if counts[path.stem] == 1 or path.suffix.lower() == _RICHEST[ranks[0]]:
            kept.append(path)
    return kept, len(paths) - len(kept)


def _about(path: Path) -> bool:
    """Whether a file tells about the folder rather than being part of it."""
    return path.stem.casefold() in ("readme", "licence", "license", "sources") or path.name.startswith((".", "~$"))


def _one(document: Document, notes: Sequence[str]) -> tuple[Study, list[Receipt]]:
    return Study((document,)), [Receipt(document.source, "transcripts", 1, {}, tuple(n for n in notes if n))]


def _read_plain(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    document, note = read_transcript(path, options.encoding)
    if is_node_report(document.text):
        return study_from_node_report(document.text, path.name, options)
    return _one(document, (note,))


def _read_rtf(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    return _one(document_of(read_rtf(path), path), ())


def _read_opendocument(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    return _one(document_of(read_opendocument(path), path), ())


def _read_webpage(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, note = read_webpage(path, options.encoding)
    return _one(document_of(text, path), (note,))


def _read_pdf(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, notes = read_pdf(path)
    return _one(document_of(text, path), notes)


def _read_json(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    content = read_json(path, options)
    if is_delve(content):
        return study_from_delve(content, path)
    if is_speech(content):
        return speech(content, path)
    raise InputError(path.name, "it is JSON of no known program", "Known: Whisper, WhisperX, Deepgram, YouTube, Delve.")


TEXTS: dict[str, Reader] = {
    **dict.fromkeys((".txt", ".md"), _read_plain),
    ".docx": read_coded_word,
    ".rtf": _read_rtf,
    ".odt": _read_opendocument,
    ".pdf": _read_pdf,
    **dict.fromkeys((".html", ".htm"), _read_webpage),
    **dict.fromkeys((".srt", ".vtt", ".sbv", ".textgrid"), read_subtitles),
    **dict.fromkeys((".json", ".json3"), _read_json),
}
"""Plug-in point: from the end of a file's name to the reader of that kind of transcript."""
