"""Plain-text transcripts: paragraphs, and speaker turns written ``Name: text``."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.files import read_text
from autocode.study import Document, Turn

SUFFIXES = (".txt", ".md")

_LABEL = re.compile(r"^[ \t]*(?P<name>[^\W\d_][^\n:]{0,39}?)[ \t]*:(?=\s)[ \t]*", re.MULTILINE)


def read_transcript(path: Path, encoding: str = "") -> tuple[Document, str]:
    """Read one transcript; its id is the file's name without the suffix.

    Returns:
        The document, and a note where the encoding was a guess.

    Raises:
        InputError: The file is missing, empty or binary.
    """
    text, note = read_text(path, encoding)
    return Document(id=path.stem, name=path.stem, text=text, turns=find_turns(text), source=path.name), note


def find_turns(text: str) -> tuple[Turn, ...]:
    """Find the speaker turns of a transcript; none where the text names no speakers.

    A line that opens with a name and a colon begins a turn; the turn's span leaves the name
    out. A name must come back at least once, or open nearly every paragraph, so that a stray
    ``Note:`` in prose does not make a speaker.
    """
    labels = list(_LABEL.finditer(text))
    counts = Counter(label["name"] for label in labels)
    paragraphs = len(re.findall(r"\S[^\n]*(?:\n|$)", text))
    all_named = len(labels) >= 0.9 * paragraphs
    labels = [x for x in labels if all_named or (counts[x["name"]] > 1 and len(x["name"].split()) <= 5)]
    if len(labels) < 2:
        return ()
    ends = [label.start() for label in labels[1:]] + [len(text)]
    turns = (
        _trimmed(text, label.end(), end, label["name"]) for label, end in zip(labels, ends, strict=True)
    )
    return tuple(turn for turn in turns if turn.end > turn.start)


def _trimmed(text: str, start: int, end: int, speaker: str) -> Turn:
    body = text[start:end]
    start += len(body) - len(body.lstrip())
    return Turn(start, max(start, start + len(body.strip())), speaker)


def read_transcripts(folder: Path, encoding: str = "") -> tuple[tuple[Document, ...], tuple[str, ...]]:
    """Read every transcript of a folder, in the order of their names.

    Raises:
        InputError: The folder holds none, or two files differ only in their suffix.
    """
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not _about(p))
    if not paths:
        raise InputError(str(folder), f"it holds no transcript ({', '.join(SUFFIXES)})", "Choose another folder.")
    doubled = [stem for stem, n in Counter(p.stem for p in paths).items() if n > 1]
    if doubled:
        raise InputError(str(folder), f"two files are called '{doubled[0]}'", "Rename one of them.")
    read = [read_transcript(path, encoding) for path in paths]
    return tuple(d for d, _ in read), tuple(note for _, note in read if note)


def _about(path: Path) -> bool:
    """Whether a file tells about the folder rather than being part of it."""
    return path.stem.casefold() in ("readme", "licence", "license", "sources")
