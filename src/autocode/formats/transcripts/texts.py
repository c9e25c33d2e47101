"""Every kind of transcript by the end of its file's name, and folders of them."""

from __future__ import annotations

import io
import logging
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autocode.errors import InputError, counted
from autocode.formats.files import read_bytes, read_text
from autocode.formats.overview import files_of
from autocode.formats.receipt import Reader, ReadOptions, Receipt
from autocode.formats.tables.coded_word import (
    is_delve,
    is_node_report,
    read_coded_word,
    study_from_delve,
    study_from_node_report,
)
from autocode.formats.transcripts import CLOSED, KIND_ENDS, OPENED, Style, marked_out
from autocode.formats.transcripts.cues import document_of_cues, is_speech, read_json, read_subtitles, speech
from autocode.formats.transcripts.markup import read_spoken_xml, read_webpage
from autocode.formats.transcripts.page import line_numbers, without_print
from autocode.formats.transcripts.speakers import read_speakers, turns_in
from autocode.formats.transcripts.word import read_opendocument
from autocode.study import Document, Study

_LARGEST_RTF = 32 * 2**20  # bytes; pictures in it count too
_DEEPEST = 1000  # groups within groups; Word writes about ten


def read_rtf(path: Path) -> tuple[str, tuple[Style, ...]]:
    """The text of a rich-text file, newlines as ``\\n``, and its bold runs.

    Raises:
        InputError: It is no .rtf, larger than 32 MB, nested too deep, damaged or holds no words.
    """
    from striprtf.striprtf import rtf_to_text

    raw = read_bytes(path)
    if not raw.lstrip().startswith(b"{\\rtf"):
        raise InputError(path.name, "it is no rich text (.rtf)", "Save it as .rtf or .docx.")
    if len(raw) > _LARGEST_RTF:
        raise InputError(path.name, "it is larger than 32 MB", "Save it as .docx or plain text.")
    if _depth(raw) > _DEEPEST:
        raise InputError(path.name, "its groups are nested deeper than any text's", "Save it as .docx or plain text.")
    try:
        text = str(rtf_to_text(_bold_marked(raw.decode("latin-1")), errors="replace"))
    except Exception as error:  # the guest names no errors of its own
        raise InputError(path.name, "it is damaged", "Save it again, or as .docx.") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    text, styles = marked_out(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    if not text.strip():
        raise InputError(path.name, "it holds no text", "Choose the file that holds the transcript.")
    return text, styles


_RTF_SIGN = re.compile(r"[{}]|\\(?:b(?:0|1)?(?![a-z0-9])|plain(?![a-z])|[^a-z]|[a-z]+-?\d*)")


def _bold_marked(rtf: str) -> str:
    """Rich text with our marks around its bold runs."""
    if not re.search(r"\\b(?![a-z0])", rtf):
        return rtf
    parts, at, bold = [], 0, [False]
    opened, closed = f"\\'{ord(OPENED):02x}bold\\'{ord(KIND_ENDS):02x}", f"\\'{ord(CLOSED):02x}"
    for sign in _RTF_SIGN.finditer(rtf):
        parts.append(rtf[at : sign.start()])
        at, before = sign.end(), bold[-1]
        if sign[0] == "{":
            bold.append(before)
        elif sign[0] == "}" and len(bold) > 1:
            bold.pop()
        elif sign[0] in ("\\b", "\\b1"):
            bold[-1] = True
        elif sign[0] in ("\\b0", "\\plain"):
            bold[-1] = False
        mark = "" if before == bold[-1] else opened if bold[-1] else closed
        space = sign[0].startswith("\\b") or sign[0] == "\\plain"
        at += space and rtf[at : at + 1] == " "
        parts.append(mark + sign[0] if sign[0] == "}" else sign[0] + (" " if space else "") + mark)
    return "".join((*parts, rtf[at:]))


def _depth(raw: bytes) -> int:
    """How deep groups are nested."""
    signs = np.frombuffer(raw.replace(b"\\{", b"").replace(b"\\}", b""), dtype=np.uint8)
    steps = (signs == ord("{")).astype(np.int8) - (signs == ord("}"))
    return int(np.cumsum(steps, dtype=np.int32).max(initial=0))


_PAGES, _SECONDS, _LARGEST_PDF = 3000, 60, 128 * 2**20


def read_pdf(path: Path) -> tuple[str, tuple[str, ...]]:
    """The text of a PDF with one ``\\n`` between pages.

    Returns:
        The text and notes: where pages gave no text, and that lines are the page's.

    Raises:
        InputError: It is no PDF, encrypted, too long, damaged or holds no text.
    """
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it would quote the file
    raw = read_bytes(path)
    if b"%PDF-" not in raw[:1024] or len(raw) > _LARGEST_PDF:
        raise InputError(path.name, "it is no PDF, or larger than 128 MB", "Save its text as .docx or .txt.")
    try:
        sheets = _sheets(PdfReader(io.BytesIO(raw)), path)
    except InputError:
        raise
    except Exception as error:  # the guest's many kinds of errors, and Python's for damaged files
        raise InputError(path.name, "it is damaged or encrypted", "Save its text as .docx or .txt.") from error
    lines, notes = _without_print([sheet.lines() for sheet in sheets])
    text = "\n".join("\n".join(page) for page in lines).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    if not text.strip():
        raise InputError(path.name, "it holds no text, only pictures of it", "Recognise the text (OCR) first.")
    text, broken = _BROKEN.subn(lambda m: m[1] + m[2] if f"{m[1]}-{m[2]}" not in text else f"{m[1]}-{m[2]}", text)
    columns, small = sum(sheet.columns > 0 for sheet in sheets), sum(map(_Sheet.small_lines, sheets))
    told = [
        "read from a PDF: lines end where the page's lines do",
        *([f"{counted(columns, 'page')} in two columns, read one after the other: check their order"] if columns else []),
        *notes,
        *([f"{counted(broken, 'word')} broken at the end of a line put together"] if broken else []),
        *([_PRINT.format(counted(small, "line"))] if small > 0.08 * sum(map(len, lines)) else []),
    ]
    empty = sum(not "".join(page).strip() for page in lines)
    return text + "\n", (*told, f"{empty} of {counted(len(lines), 'page')} hold no text") if empty else tuple(told)


_BROKEN = re.compile(r"([^\W\d_]{2,})[-\u00ad\u2010]\n[ \t]*([a-zß-ÿ][^\W\d_]+)")
_PRINT = "{} in small type between the words: codes printed below what they code? Import the project or its table of codings"


@dataclass
class _Sheet:
    """A page: its text as its file orders it, and its pieces with left edge, height above the foot and size of type."""

    text: str
    pieces: list[tuple[float, float, float, str]]
    width: float
    columns: float = 0

    def lines(self) -> list[str]:
        """The lines in order of reading: two columns that the file mixes row by row come one after the other.

        A column of names beside one of words is a table, whose rows stay.
        """
        rows: dict[int, list[tuple[float, str]]] = {}
        for x, y, _, text in self.pieces:
            rows.setdefault(round(y), []).append((x, text))
        seconds = Counter(round(x) for row in rows.values() for x, _ in row if x > min(row)[0] + 0.3 * self.width)
        edge = seconds.most_common(1)[0][0] if seconds else 0
        both = [row for row in rows.values() if any(abs(x - edge) < 4 for x, _ in row) and min(row)[0] < edge - 4]
        words = [[len(t.split()) for x, t in row if (x < edge - 4) == left] for left in (True, False) for row in both]
        if len(both) < max(4, 0.5 * len(rows)) or sum(map(sum, words[: len(both)])) < 3 * len(both):
            return self.text.split("\n")
        self.columns = edge
        order = [rows[y] for y in sorted(rows, reverse=True)]
        halves = ([" ".join(t for x, t in sorted(row) if (x < edge - 4) == left) for row in order] for left in (True, False))
        return [line for half in halves for line in half if line]

    def small_lines(self) -> int:
        """How many lines stand in smaller type between the words, away from the foot and the head."""
        sizes: Counter[float] = Counter()
        for _, _, size, text in self.pieces:
            sizes[size] += len(text)
        body = sizes.most_common(1)[0][0] if sizes else 0
        heights = [y for _, y, _, _ in self.pieces]
        return len(
            {round(y) for _, y, size, _ in self.pieces if size < 0.85 * body and min(heights) + 30 < y < max(heights) - 30}
        )


def _sheets(reader: Any, path: Path) -> list[_Sheet]:
    """Every page, within the limits of pages and seconds."""
    pages = list(reader.pages)
    until = time.monotonic() + _SECONDS
    sheets = []
    for page in pages:
        if len(pages) > _PAGES or time.monotonic() > until:
            raise InputError(path.name, "it is too long to read", "Split it, or save its text as .txt.")
        pieces: list[tuple[float, float, float, str]] = []

        def seen(text: str, cm: Any, tm: Any, font: Any, size: float, pieces: list[Any] = pieces) -> None:
            """Note a piece of the page: where it stands, the size of its letters, its text."""
            if text.strip():
                pieces.append((float(tm[4] + cm[4]), float(tm[5] + cm[5]), float(size * abs(tm[0] or 1)), text.strip()))

        text = str(page.extract_text(visitor_text=seen)).rstrip("\n")
        sheets.append(_Sheet(text, pieces, float(page.mediabox.width)))
    return sheets


def _without_print(pages: list[list[str]]) -> tuple[list[list[str]], list[str]]:
    """Pages without what was printed around the talk: running heads, page numbers, numbers of lines; and what was left out.

    A head or foot is a first or last line that is the same on three pages or more, or on all of two, but for the page's number.
    """
    ends: Counter[str] = Counter()
    keys = [
        [{line.strip(), re.sub(rf"(?<!\d)0*{n}(?!\d)", "#", line).strip()} for line in page] for n, page in enumerate(pages, 1)
    ]
    for page in keys:
        edges = page if len(page) < 5 else [*page[:2], *page[-2:]]
        ends.update(set[str]().union(*edges) - {""})
    printed = {line: n for line, n in ends.items() if not re.search(r"[?!:…]|[.,]$" if "#" in line else r":\s.*[?!….]$", line)}
    often = {
        line
        for line, n in printed.items()
        if n >= max(3, 0.5 * len(pages)) or (n == len(pages) == 2 and len(line) > 12) or (line == "#" and n > 1)
    }
    kept, left = [], 0
    for lines, page in zip(pages, keys, strict=True):
        edge = {*range(2), *range(len(lines) - 2, len(lines))}
        keep = [line for i, line in enumerate(lines) if not (i in edge and page[i] & often)]
        left += len(lines) - len(keep)
        kept.append(keep)
    notes = [_HEADS_LEFT.format(counted(left, *_HEADS))] if left else []
    text = "\n".join(line for page in kept for line in page)
    if numbers := line_numbers(text):
        notes.append(_NUMBERS_LEFT.format(counted(len(numbers), "number")))
        after = [0, *(b for _, b in numbers)]
        plain = "".join(text[a:b] for a, b in zip(after, [*(a for a, _ in numbers), len(text)], strict=True)).split("\n")
        kept = [[plain.pop(0) for _ in page] for page in kept] if len(plain) == sum(map(len, kept)) else kept
    return kept, notes


_NUMBERED = re.compile(r"\n[ \t]*\d{1,5}[.:]?(?:[ \t]|$)", re.MULTILINE)
_HEADS = ("running head or page number", "running heads and page numbers")
_NUMBERS_LEFT, _HEADS_LEFT = "{} of lines left out", "{} left out"


def read_text_file(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Read one transcript of any kind; a kind of its own (literature, field note) comes with it.

    Raises:
        InputError: It cannot be read as what its name says.
    """
    study, receipts = TEXTS[path.suffix.lower()](path, options)
    documents = tuple(replace(d, kind=options.kind) if d.source == path.name else d for d in study.documents)
    return replace(study, documents=documents), receipts


def read_transcripts(folder: Path, encoding: str = "") -> tuple[tuple[Document, ...], tuple[str, ...]]:
    """The documents of a folder of transcripts, in the order of their names, and what there is to note of them.

    Raises:
        InputError: The folder holds none, one cannot be read, or two files differ only in their suffix.
    """
    paths, _ = files_of(folder, TEXTS)
    if not paths:
        raise InputError(str(folder), f"it holds no transcript ({', '.join(TEXTS)})", "Choose another folder.")
    name, times = Counter(p.stem for p in paths).most_common(1)[0]
    if times > 1:
        raise InputError(str(folder), f"two files are called '{name}'", "Rename one of them.")
    read = [read_text_file(path, ReadOptions(encoding=encoding)) for path in paths]
    documents = tuple(d for study, _ in read for d in study.documents)
    return documents, tuple(note for _, receipts in read for r in receipts for note in r.notes)


def _one(
    text: str, path: Path, options: ReadOptions, notes: Sequence[str] = (), styles: Sequence[Style] = ()
) -> tuple[Study, list[Receipt]]:
    """The study of one transcript, with what there is to note and to doubt of it."""
    plain, there, numbers, heads = without_print(text, styles)
    said = [text[t.start : t.end] for t in turns_in(text, styles, options.shapes).turns] if numbers else []
    if heads or (numbers and (not said or any(_NUMBERED.search(words) for words in said))):  # else they count turns
        left = [_NUMBERS_LEFT.format(counted(numbers, "number"))] if numbers else []
        left += [_HEADS_LEFT.format(counted(heads, *_HEADS))] if heads else []
        text, styles, notes = plain, there, [*notes, *left]
    document, doubts = read_speakers(text, path, styles, options.shapes)
    return Study((document,)), [Receipt(document.source, "transcripts", 1, {}, (*(n for n in notes if n), *doubts))]


def _read_plain(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, note = read_text(path, options.encoding)
    if is_node_report(text):
        return study_from_node_report(text, path.name, options)
    return _one(text, path, options, (note,))


def _read_rtf(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, styles = read_rtf(path)
    return _one(text, path, options, styles=styles)


def _read_opendocument(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, styles = read_opendocument(path)
    return _one(text, path, options, styles=styles)


def _read_webpage(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, notes, styles = read_webpage(path, options.encoding)
    return _one(text, path, options, notes, styles)


def _read_xml(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    spoken = read_spoken_xml(path)
    if not spoken.cues:
        return _one("\n".join(filter(None, spoken.lines)) + "\n", path, options)
    document = document_of_cues(spoken.cues, path, spoken.meanings)
    return Study((document,)), [Receipt(document.source, "pieces of speech", len(spoken.cues), {}, spoken.notes)]


def _read_pdf(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, notes = read_pdf(path)
    return _one(text, path, options, notes)


def _read_json(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    content = read_json(path, options)
    if is_delve(content):
        return study_from_delve(content, path)
    if is_speech(content):
        return speech(content, path)
    raise InputError(
        path.name, "it is JSON of no known program", "Known: Whisper, WhisperX, Deepgram, AssemblyAI, Rev, YouTube, Delve."
    )


TEXTS: dict[str, Reader] = {
    **dict.fromkeys((".txt", ".md", ".cha"), _read_plain),
    ".docx": read_coded_word,
    ".rtf": _read_rtf,
    ".odt": _read_opendocument,
    ".pdf": _read_pdf,
    **dict.fromkeys((".html", ".htm", ".xhtml"), _read_webpage),
    **dict.fromkeys((".xml", ".eaf", ".exb", ".trs", ".fln", ".ttml", ".dfxp"), _read_xml),
    **dict.fromkeys((".srt", ".vtt", ".sbv", ".textgrid"), read_subtitles),
    **dict.fromkeys((".json", ".json3"), _read_json),
}
"""Plug-in point: from the end of a file's name to the reader of that kind of transcript."""
