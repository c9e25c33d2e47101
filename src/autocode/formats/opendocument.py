"""OpenDocument texts (.odt) and tables (.ods). Source: OASIS OpenDocument 1.3, part 3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from autocode.errors import InputError
from autocode.formats.archive import attribute, local, open_archive

_DROPPED = {"annotation", "annotation-end", "note", "tracked-changes", "sequence-decls", "variable-decls", "forms"}
_MOST_SPACES = 1000
_COLUMNS = 2_000  # of a sheet, read at most
_MOST_REPEATED = 1000  # LibreOffice fills a sheet with repeated empty cells; data is never repeated as often


def read_opendocument(path: Path) -> str:
    """The text of the body, one line a paragraph, cells of a table row parted by tabs.

    Raises:
        InputError: It is no .odt, is damaged or unsafe, or holds no words.
    """
    root = open_archive(path).xml("content.xml")
    body = next((e for e in root.iter() if local(e) == "text" and e.tag.endswith("office:1.0}text")), None)
    if body is None:
        raise InputError(path.name, "it is no text document (.odt)", "Save it as .odt or .docx.")
    text = _words(body) + "\n"
    if not text.strip():
        raise InputError(path.name, "its body holds no text", "Choose the file that holds the transcript.")
    return text


def read_opendocument_sheets(path: Path) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """The sheets of an .ods: name, and rows of cells as texts; a date becomes ISO 8601.

    Raises:
        InputError: It is no .ods, is damaged or unsafe.
    """
    sheets = [e for e in open_archive(path).xml("content.xml").iter() if local(e) == "table"]
    if not sheets:
        raise InputError(path.name, "it is no table document (.ods)", "Save it as .ods or .xlsx.")
    for sheet in sheets:
        yield attribute(sheet, "name"), _rows(sheet)


def _rows(sheet: Element) -> Iterator[list[str]]:
    for row in (e for e in sheet.iter() if local(e) == "table-row"):
        cells: list[str] = []
        for cell in (e for e in row if local(e) in ("table-cell", "covered-table-cell")):
            cells += [_value(cell)] * min(_count(cell, "number-columns-repeated", _MOST_REPEATED), _COLUMNS - len(cells))
        while cells and not cells[-1]:
            cells.pop()
        for _ in range(_count(row, "number-rows-repeated", _MOST_REPEATED if cells else 1)):
            yield cells


def _value(cell: Element) -> str:
    exact = attribute(cell, "date-value") or (attribute(cell, "value") if attribute(cell, "value-type") == "float" else "")
    return exact.removesuffix("T00:00:00").removesuffix(".0") if exact else _words(cell)


def _words(root: Element) -> str:
    """The words of an element and all below it, without recursion."""
    parts: list[str] = []
    stack: list[Element | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            _close(parts, item)
        elif local(item) not in _DROPPED:
            stack += reversed(_opened(item))
    return "".join(parts).rstrip("\n\t")


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
    return _count(element, "c", _MOST_SPACES)


def _count(element: Element, name: str, most: int) -> int:
    """A number in an attribute, 1 where there is none."""
    count = attribute(element, name)
    return min(int(count), most) if count.isascii() and count.isdigit() and len(count) < 10 else 1
