"""Codebooks in Word and in plain text: tables, and lists whose levels are the tree.

Headings, levels of lists, indents, capitals or bold type tell what stands under what; ``Name: what
it means`` and a paragraph below a name are its definition.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.files import Table, read_text
from autocode.formats.projects import open_archive
from autocode.formats.receipt import Receipt
from autocode.formats.tables.codebooks import (
    LONG,
    Grown,
    codebook_of_table,
    heads_in_capitals,
    is_called_codebook,
    layout_of,
    name_in,
    size_of,
)
from autocode.formats.tables.headings import code_path, columns_of
from autocode.study.codebook import SEPARATOR, Codebook

BOOKS = (".docx", ".txt", ".md")
"""Endings of texts in which a codebook may stand."""

_DEFINED = re.compile(r"([^:–—]{1,80}?)(?:\s*:\s+|\s+[–—-]\s+)(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a list: how deep it stands, and what it says."""

    depth: float
    text: str
    bold: bool = False


def codebook_in_text(path: Path, encoding: str, sure: bool) -> tuple[Codebook, Receipt] | None:
    """The codebook that a Word file or a plain text holds; None where it holds none.

    Args:
        path: A .docx, .txt or .md.
        encoding: Of a plain text, "" lets it be found.
        sure: The user, or the file's name, says that it is a codebook: then a list will do. Else only a
            table whose headings say so counts.

    Raises:
        InputError: It cannot be read, or holds a table of codings.
    """
    tables: list[Table] = []
    if path.suffix.lower() == ".docx":
        lines, tables = _word(path, sure)
    else:
        text = read_text(path, encoding)[0]
        lines = [_Line(_indent(line), line.strip()) for line in text.split("\n") if line.strip()] if sure else []
    if any(columns_of(t).keys() >= {"document", "code"} and not layout_of(t) for t in tables):
        why = "its table has the headings of codings, not of a codebook"
        raise InputError(path.name, why, "Copy the table into Excel and save it as .xlsx.")
    tables = [t for t in tables if layout_of(t)] or ([_untitled(t) for t in tables] if sure else [])
    if tables:
        rows = tuple(row for t in tables if t.columns == tables[0].columns for row in t.rows)
        book, receipt = codebook_of_table(Table(path.name, tables[0].columns, rows, tuple(range(2, len(rows) + 2))))
        return book, receipt
    return _listed(path, lines) if sure else None


def _word(path: Path, sure: bool) -> tuple[list[_Line], list[Table]]:
    """The lines and tables of a Word file.

    Raises:
        InputError: It is damaged or unsafe.
    """
    archive = open_archive(path)
    if not sure and b"<w:tbl>" not in archive.read("word/document.xml"):
        return [], []
    archive.xml("word/document.xml")  # which refuses what is unsafe
    try:
        import docx

        body = docx.Document(io.BytesIO(archive.raw))
        lines = [line for p in body.paragraphs if (line := _line(p)).text]
        return lines, [t for table in body.tables if (t := _word_table(table, path.name))]
    except Exception as error:  # the guest's many kinds of errors for damaged files
        if not sure:  # the reader of transcripts has its own say
            return [], []
        raise InputError(path.name, "it is a damaged Word file", "Open it in Word and save it again.") from error


def _line(paragraph: Any) -> _Line:
    """A paragraph with its depth: the level of its heading, else of its list, else its indent."""
    style = str(paragraph.style.name or "") if paragraph.style is not None else ""
    text, bold = paragraph.text, bool(paragraph.runs) and all(r.bold for r in paragraph.runs if r.text.strip())
    heading = re.fullmatch(r"(?:Heading|Überschrift|Titre|Título|Titolo|Kop) (\d)", style)
    if heading:
        return _Line(int(heading[1]) - 10, text.strip(), bold)
    level = paragraph._p.find(".//{*}numPr/{*}ilvl")
    listed = re.fullmatch(r"List \w+(?: (\d))?", style)
    if level is not None:
        depth = float(next(iter(level.attrib.values())))
    elif listed:
        depth = float(listed[1] or 1) - 1
    else:
        left = paragraph.paragraph_format.left_indent
        depth = (float(left.cm) if left else 0.0) + _indent(text)
    return _Line(-20.0 if style == "Title" else depth, text.strip(), bold)


def _indent(line: str) -> float:
    """How far a line is indented: tabs count as four spaces, hashes of Markdown as headings."""
    if mark := re.match(r"(#{1,6}) ", line):
        return len(mark[1]) - 10.0
    return float(len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip()))


def _word_table(table: Any, source: str) -> Table | None:
    """A table of a Word file; a merged cell says its words in each of its rows."""
    rows = [[" ".join(cell.text.split()) for cell in row.cells] for row in table.rows]
    rows = [row for row in rows if any(row)]
    if len(rows) < 2 or len({len(row) for row in rows}) > 1:
        return None
    columns = tuple(name if name and rows[0].index(name) == n else f"column {n + 1}" for n, name in enumerate(rows[0]))
    found = tuple(dict(zip(columns, row, strict=True)) for row in rows[1:])
    return Table(source, columns, found, tuple(range(2, len(rows) + 1)))


def _untitled(table: Table) -> Table:
    """A table of a codebook without known headings: code and definition, or theme, code and definition."""
    first = [table.columns, *(tuple(row.values()) for row in table.rows)]
    names = ("code", "definition") if len(table.columns) < 3 else ("theme", "code", "definition")
    rows = tuple(dict(zip(names, cells, strict=False)) for cells in first)
    return Table(table.source, names[: len(table.columns)], rows, tuple(range(1, len(rows) + 1)))


def _listed(path: Path, lines: Sequence[_Line]) -> tuple[Codebook, Receipt] | None:
    """The codebook in a list: deeper lines are codes of the line above them, or its definition."""
    lines = [line for n, line in enumerate(lines) if not (n == 0 and (line.depth == -20 or is_called_codebook(line.text)))]
    capitals = heads_in_capitals([name_in(line.text) for line in lines])
    bold = {line.text for line in lines if line.bold} if not capitals else set()
    flat = len({line.depth for line in lines}) < 2
    grown, above, last = Grown(), list[tuple[float, str]](), ""
    for line in lines:
        name, definition = _parted(line.text)
        depth = line.depth + (flat and bool(capitals or bold) and name not in capitals and line.text not in bold)
        if not name:
            if last:
                known = grown.texts[last]
                known["definition"] = " ".join(filter(None, (known.get("definition", ""), definition)))
            else:
                grown.skipped["lines before the first code"] += 1
            continue
        while above and above[-1][0] >= depth:
            above.pop()
        last = SEPARATOR.join([*(n for _, n in above), name])
        grown.add(code_path(last), {"definition": definition})
        last = code_path(last)
        above.append((depth, name))
    book = Codebook(grown.book().codes, path.stem)
    if not len(book):
        return None
    notes = ("read as a codebook: the list's levels are its tree", *size_of(book, grown.kept))
    return book, Receipt(path.name, "codes", grown.kept, grown.skipped, notes)


def _parted(text: str) -> tuple[str, str]:
    """A line's name and definition; no name where it is a sentence or longer than a name."""
    clean = name_in(re.sub(r"^#{1,6} ", "", text).replace("**", ""))
    found = _DEFINED.match(clean)
    name, definition = found.groups() if found else (clean, "")
    if len(name) > LONG or (not found and clean.endswith((".", "!", "?", ";"))):
        return "", clean
    return name.strip(), definition.strip()


_CODE_LINE = re.compile(r"(?:[-•*–]|\d[\d.]*)?\s*[^\W\d_][^\n:.?!]{1,40}(?:[:\t]\s*\S|\s[-–—]\s\S|$)")


def seems_codes(text: str) -> bool:
    """Whether a text is a list of short names, alone or with what each means, rather than an interview."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) < 5 or len(text.split()) > 25 * len(lines):
        return False
    return sum(bool(_CODE_LINE.match(line)) for line in lines) >= 0.8 * len(lines)
