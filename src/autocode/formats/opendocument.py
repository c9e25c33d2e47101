"""OpenDocument texts (.odt). Source: OASIS OpenDocument 1.3, part 3."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from autocode.errors import InputError
from autocode.formats.archive import attribute, local, open_archive

_DROPPED = {"annotation", "annotation-end", "note", "tracked-changes", "sequence-decls", "variable-decls", "forms"}
_MOST_SPACES = 1000


def read_opendocument(path: Path) -> str:
    """The text of the body, one line a paragraph, cells of a table row parted by tabs.

    Raises:
        InputError: It is no .odt, is damaged or unsafe, or holds no words.
    """
    root = open_archive(path).xml("content.xml")
    body = next((e for e in root.iter() if local(e) == "text" and e.tag.endswith("office:1.0}text")), None)
    if body is None:
        raise InputError(path.name, "it is no text document (.odt)", "Save it as .odt or .docx.")
    parts: list[str] = []
    stack: list[Element | str] = [body]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            _close(parts, item)
        elif local(item) not in _DROPPED:
            stack += reversed(_opened(item))
    text = "".join(parts).rstrip("\n") + "\n"
    if not text.strip():
        raise InputError(path.name, "its body holds no text", "Choose the file that holds the transcript.")
    return text


def _opened(element: Element) -> list[Element | str]:
    """The pieces of an element in order: its words, its children and what stands after each."""
    name = local(element)
    signs = {"tab": "\t", "line-break": "\n", "s": " " * _spaces(element)}
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


def _spaces(element: Element) -> int:
    count = attribute(element, "c")
    return min(int(count), _MOST_SPACES) if count.isascii() and count.isdigit() else 1
