"""What word processors write (.docx, .odt, .rtf): text, tables, runs that stand out; of Word comments too, in document order.

Only what is in the body is read: headers, footers and footnotes are not, struck-out (deleted)
text is dropped and inserted text kept. Source: ECMA-376, part 1, chapter 17.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from autocode.errors import InputError
from autocode.formats.files import read_bytes
from autocode.formats.projects import Archive, attribute, local, open_archive
from autocode.formats.transcripts import CLOSED, KIND_ENDS, OPENED, SET_IN, Style, marked_out

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
    """The text of a Word file, its comments, what was not read, and the runs that stand out."""

    text: str
    comments: tuple[Comment, ...] = ()
    notes: tuple[str, ...] = ()
    styles: tuple[Style, ...] = ()


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
    notes = (
        [f"{body.footnotes} {'footnote is' if body.footnotes == 1 else 'footnotes are'} not part of the text"]
        if body.footnotes
        else []
    )
    notes += [_changes(body.left)] if body.left else []
    comments = tuple(_comments(archive, body, len(text)))
    kept, cut = _meeting_only(text)
    if cut and not comments:
        return WordText(kept, (), (*notes, f"{cut} lines of notes around the transcript are left out"))
    return WordText(text, comments, tuple(notes), tuple(sorted(body.styles)))


def _changes(left: Mapping[str, int]) -> str:
    """What of the file's words is not part of the text, as a person would say it."""
    named = {"del": "deletion", "moveFrom": "passage moved elsewhere", "vanish": "hidden passage"}
    told = [
        f"{n:,} {word.replace('passage', 'passages') if n > 1 else word}"
        for key, word in named.items()
        if (n := left.get(key, 0))
    ]
    told = [t + "s" if t.endswith("deletion") and not t.startswith("1 ") else t for t in told]
    return f"not part of the text: {', '.join(told)}"


@dataclass
class _Body:
    """What a walk over the body has found so far."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    starts: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    footnotes: int = 0
    paragraph: int = 0
    styles: list[Style] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    run: tuple[int, str] = (0, "")
    whole: str = ""

    def read(self, root: Element) -> None:
        """Walk the tree in document order, without recursion."""
        stack: list[tuple[Element, bool]] = [(root, False)]
        while stack:
            element, left = stack.pop()
            name = local(element)
            if left:
                self._leave(name)
            elif name in ("del", "moveFrom"):
                self.left[name] += any(local(e) in ("delText", "t") and e.text for e in element.iter())
            elif name == "r" and (hidden := _hidden(element)):
                self.left["vanish"] += hidden > 1
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
            self.whole = _paragraph_style(element)
        elif name == "r":
            self.run = (self.length, _run_style(element))
        elif name in ("footnoteReference", "endnoteReference"):
            self.footnotes += 1

    def _leave(self, name: str) -> None:
        if name == "r" and self.run[1] and self.length > self.run[0]:
            self._stand_out(*self.run)
        if name == "p":
            if self.whole and self.length > self.paragraph:
                self._stand_out(self.paragraph, self.whole)
            self._add("\n")
        elif name in ("tc", "tr") and self.parts and self.parts[-1] in ("\n", "\t"):
            self.length -= 1
            self.parts.pop()
            self._add("\t" if name == "tc" else "\n")

    def _stand_out(self, start: int, kind: str) -> None:
        """Note that the words since `start` are in a style; runs of one style that touch are one."""
        if self.styles and self.styles[-1][1:] == (start, kind):
            start = self.styles.pop()[0]
        self.styles.append((start, self.length, kind))

    def _add(self, text: str) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text:
            self.parts.append(text)
            self.length += len(text)


def _on(element: Element, name: str) -> bool:
    """Whether a run's properties switch something on."""
    found = next((e for e in element if local(e) == name), None)
    return found is not None and attribute(found, "val") not in ("0", "false", "none")


def _hidden(run: Element) -> int:
    """2 for a run of hidden words, 1 for a hidden run without words, 0 for what is seen."""
    properties = next((e for e in run if local(e) == "rPr"), None)
    if properties is None or not _on(properties, "vanish"):
        return 0
    return 1 + any(local(e) == "t" and e.text for e in run)


def _run_style(run: Element) -> str:
    """How a run stands out, "" where it does not."""
    properties = next((e for e in run if local(e) == "rPr"), None)
    if properties is None:
        return ""
    style = next((attribute(e, "val") for e in properties if local(e) == "rStyle"), "")
    if _on(properties, "b") or re.search(r"(?i)strong|bold|fett", style):
        return "bold"
    if _on(properties, "i") or re.search(r"(?i)emphasis|italic|kursiv", style):
        return "italic"
    colour = next((attribute(e, "val") for e in properties if local(e) == "color"), "auto").lower()
    return "" if colour in ("auto", "000000", "") else f"colour {colour}"


def _paragraph_style(paragraph: Element) -> str:
    """The name of a paragraph's style, "" for the usual one."""
    properties = next((e for e in paragraph if local(e) == "pPr"), ())
    style = next((attribute(e, "val") for e in properties if local(e) == "pStyle"), "")
    if style.casefold() not in ("", "normal", "standard", "bodytext", "textbody", "listparagraph"):
        return style
    margin = next((attribute(e, "left") or attribute(e, "start") for e in properties if local(e) == "ind"), "")
    return SET_IN if margin.isdigit() and int(margin) > 200 else ""  # twentieths of a point


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


_DROPPED_ODT = {"annotation", "annotation-end", "note", "tracked-changes", "sequence-decls", "variable-decls", "forms"}
_MOST_SPACES = 1000


def read_opendocument(path: Path) -> tuple[str, tuple[Style, ...]]:
    """The text of the body, one line a paragraph, cells of a table row parted by tabs, and the runs that stand out.

    Raises:
        InputError: It is no .odt, is damaged or unsafe, or holds no words.
    """
    root = open_archive(path).xml("content.xml")
    body = next((e for e in root.iter() if local(e) == "text" and e.tag.endswith("office:1.0}text")), None)
    if body is None:
        raise InputError(path.name, "it is no text document (.odt)", "Save it as .odt or .docx.")
    text, styles = marked_out(words_of(body, _styles_of(root)) + "\n")
    if not text.strip():
        raise InputError(path.name, "its body holds no text", "Choose the file that holds the transcript.")
    return text, styles


def _styles_of(root: Element) -> dict[str, str]:
    """How the file's own styles stand out, by name."""
    found = {}
    for style in (e for e in root.iter() if local(e) == "style"):
        said = {k.rpartition("}")[2]: v for e in style if local(e) == "text-properties" for k, v in e.attrib.items()}
        kind = "bold" if said.get("font-weight") == "bold" else "italic" if said.get("font-style") == "italic" else ""
        colour = said.get("color", "#000000").lower()
        kind = kind or ("" if colour in ("#000000", "auto") else f"colour {colour}")
        if kind:
            found[attribute(style, "name")] = kind
    return found


def words_of(root: Element, styles: Mapping[str, str] = {}) -> str:
    """The words of an element and all below it, without recursion, with marks around runs that stand out."""
    parts: list[str] = []
    stack: list[Element | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            _close(parts, item)
        elif local(item) not in _DROPPED_ODT:
            kind = styles.get(attribute(item, "style-name"), "") if local(item) in ("span", "p", "h") else ""
            stack += [*([CLOSED] if kind else []), *reversed(_opened(item)), *([f"{OPENED}{kind}{KIND_ENDS}"] if kind else [])]
    return "".join(parts).rstrip("\n\t")


def _opened(element: Element) -> list[Element | str]:
    """The pieces of an element in order: its words, its children and what stands after each."""
    name = local(element)
    signs = {"tab": "\t", "line-break": "\n", "s": " " * number_of(element, "c", _MOST_SPACES)}
    pieces: list[Element | str] = [signs.get(name, "")]
    in_paragraph = name in ("p", "h", "span", "a", "ruby", "ruby-base", "meta", "bookmark-ref")
    pieces.append(_flat(element.text) if in_paragraph else "")
    for child in element:
        pieces += [child, _flat(child.tail) if in_paragraph else ""]
    return [*pieces, {"p": "\n", "h": "\n", "table-cell": "\v\t", "table-row": "\v\n"}.get(name, "")]


def _close(parts: list[str], text: str) -> None:
    """Add words; a cell's or row's end takes the place of the line's or cell's end before it."""
    if text.startswith("\v"):
        if parts and parts[-1] in ("\n", "\t"):
            parts[-1] = text[1:]
    elif text:
        parts.append(text)


def _flat(text: str | None) -> str:
    """White space in the XML stands for one space."""
    if not text:
        return ""
    flat = " ".join(text.split())
    return (" " if text[0].isspace() else "") + flat + (" " if flat and text[-1].isspace() else "")


def number_of(element: Element, name: str, most: int) -> int:
    """A number in an attribute, 1 where there is none."""
    count = attribute(element, name)
    return min(int(count), most) if count.isascii() and count.isdigit() and len(count) < 10 else 1


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
