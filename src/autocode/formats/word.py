"""Word transcripts (.docx): text, tables and comments in document order.

Only what is in the body is read: headers, footers and footnotes are not, struck-out (deleted)
text is dropped and inserted text kept. Source: ECMA-376, part 1, chapter 17.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from autocode.errors import InputError
from autocode.formats.archive import Archive, attribute, local, open_archive

_DROPPED = {"del", "moveFrom", "instrText", "delText", "Fallback", "rPr", "pPr", "sdtPr", "sectPr"}
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "ptab": "\t"}
_STAMP_LINE = re.compile(r"(?m)^\d{2}:\d{2}:\d{2}[ \t]*$")
_MEET_END = re.compile(r"(?m)^(?:Transcription ended after|This editable transcript was)[^\n]*$")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment in the margin: who wrote it, when, its paragraphs and the span it is about."""

    author: str
    when: str
    lines: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WordText:
    """The text of a Word file, its comments and what was not read."""

    text: str
    comments: tuple[Comment, ...] = ()
    notes: tuple[str, ...] = ()


def read_word(path: Path) -> WordText:
    """Read the body of a Word file, newlines as ``\\n``, cells of a table row parted by tabs.

    Raises:
        InputError: It is no .docx, is damaged or unsafe, or holds no words.
    """
    archive = open_archive(path)
    name = next((n for n in archive.members if n.casefold() == "word/document.xml"), "")
    if not name:
        raise InputError(path.name, "it is no Word document (.docx)", "Save it from Word as .docx.")
    body = _Body()
    body.read(archive.xml(name))
    text = "".join(body.parts).rstrip("\n") + "\n"
    if not text.strip():
        raise InputError(path.name, "its body holds no text", "Choose the file that holds the transcript.")
    notes = [f"{body.footnotes} footnotes are not part of the text"] if body.footnotes else []
    comments = tuple(_comments(archive, body, len(text)))
    kept, cut = _meeting_only(text)
    if cut and not comments:
        return WordText(kept, (), (*notes, f"{cut} lines of notes around the transcript are left out"))
    return WordText(text, comments, tuple(notes))


@dataclass
class _Body:
    """What a walk over the body has found so far."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    starts: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    footnotes: int = 0
    paragraph: int = 0

    def read(self, root: Element) -> None:
        """Walk the tree in document order, without recursion."""
        stack: list[tuple[Element, bool]] = [(root, False)]
        while stack:
            element, left = stack.pop()
            name = local(element)
            if left:
                self._leave(name)
            elif name not in _DROPPED:
                self._enter(name, element)
                stack.append((element, True))
                stack += [(child, False) for child in reversed(element)]

    def _enter(self, name: str, element: Element) -> None:
        if name == "t":
            self._add(element.text or "")
        elif name in _SIGNS:
            self._add(_SIGNS[name])
        elif name == "commentRangeStart":
            self.starts.setdefault(attribute(element, "id"), self.length)
        elif name == "commentRangeEnd":
            self.ends[attribute(element, "id")] = self.length
        elif name == "commentReference":  # a comment without a range is about its paragraph so far
            self.starts.setdefault(attribute(element, "id"), self.paragraph)
            self.ends.setdefault(attribute(element, "id"), self.length)
        elif name == "p":
            self.paragraph = self.length
        elif name in ("footnoteReference", "endnoteReference"):
            self.footnotes += 1

    def _leave(self, name: str) -> None:
        if name == "p":
            self._add("\n")
        elif name in ("tc", "tr") and self.parts and self.parts[-1] in ("\n", "\t"):
            self.length -= 1
            self.parts.pop()
            self._add("\t" if name == "tc" else "\n")

    def _add(self, text: str) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text:
            self.parts.append(text)
            self.length += len(text)


def _comments(archive: Archive, body: _Body, length: int) -> Iterator[Comment]:
    """The comments in the order of their ids, with the spans that the body gives them."""
    name = next((n for n in archive.members if n.casefold() == "word/comments.xml"), "")
    if not name:
        return
    for element in archive.xml(name):
        inner = _Body()
        inner.read(element)
        lines = tuple(line.strip() for line in "".join(inner.parts).split("\n") if line.strip())
        number = attribute(element, "id")
        start = min(body.starts.get(number, 0), length)
        end = min(body.ends.get(number, start), length)
        yield Comment(attribute(element, "author").strip(), attribute(element, "date"), lines, start, end)


def _meeting_only(text: str) -> tuple[str, int]:
    """Google Meet's transcript without the notes before it (a machine's summary, invited people).

    Returns:
        The text from the first line that is only a time (or, where speech stands before it, from
        the heading "Transcript") to the line that ends the transcript, and the number of lines
        left out; the text as it is where it is no such transcript.
    """
    first, end = _STAMP_LINE.search(text), _MEET_END.search(text)
    heading = first and re.search(r"(?mi)^.{0,120}\btranscript\b.{0,40}$", text[: first.start()])
    if not first or not (end or heading) or (end and end.start() < first.start()):
        return text, 0
    start = first.start()
    headings = list(re.finditer(r"(?mi)^(?:.{0,100}\W)?transcript[ \t]*\n", text[:start]))
    if headings and re.search(r"(?m)^[^\W\d_][^\n:]{0,60}: \S", text[headings[-1].end() : start]):
        start = headings[-1].end()
    kept = text[start : end.start() if end else len(text)]
    return kept, text.count("\n") - kept.count("\n")
