"""The letter of a member check: what a participant said, with places to approve, correct, comment."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autocode.config import Config
from autocode.formats.files import legal, write_atomic
from autocode.formats.staged import together
from autocode.formats.tables.participants import participant_of
from autocode.study import Document, Segment, Study
from autocode.study.matrix import segment

ANSWERS = ("approved", "approved with corrections", "not approved")
"""What a participant may answer, in the order of the boxes."""

_CHOICES = (
    "This is what I said. You may use it.",
    "This is what I said, with the corrections that I wrote below.",
    "I do not want this to be used, or not as it stands. (Please say why below.)",
)
_WIDTH = 6.3  # inches
_CREATED = datetime(2000, 1, 1)  # fixed: the same study gives the same bytes
_CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of a letter: its number, who speaks, the words, and what they were taken to be about."""

    number: str
    speaker: str
    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """All that one participant said: their interviews, each with its passages.

    Attributes:
        name: The participant where there are several interviews, else the document's id.
        summary: Only coded passages, each with what it was taken to be about.
    """

    study: Study
    name: str
    interviews: tuple[tuple[Document, tuple[Passage, ...]], ...]
    summary: bool

    @property
    def documents(self) -> tuple[Document, ...]:
        """The transcripts it is about."""
        return tuple(document for document, _ in self.interviews)


def letters(study: Study, summary: bool = False) -> list[Letter]:
    """One letter for each participant, in the order of the study; numbers run 1, 2 ... for one interview,
    1.1, 1.2 ... for several."""
    grouped: dict[str, list[Document]] = {}
    for document in (d for d in study.documents if d.kind == "interview"):
        grouped.setdefault(participant_of(document) or document.id, []).append(document)
    made = []
    for participant, found in grouped.items():
        before = [f"{i}." if len(found) > 1 else "" for i in range(1, len(found) + 1)]
        parts = tuple(
            (d, tuple(replace(p, number=b + p.number) for p in passages(study, d, summary)))
            for d, b in zip(found, before, strict=True)
        )
        made.append(Letter(study, participant if len(found) > 1 else found[0].id, parts, summary))
    return made


def passages(study: Study, document: Document, summary: bool) -> list[Passage]:
    """The numbered passages of an interview: every unit of the transcript, or only those that were coded."""
    units = segment(document, Config().segment)
    found = []
    for number, unit in enumerate(units, 1):
        about = _about(study, unit)
        if about or not summary:
            found.append(Passage(str(number), unit.speaker, document.text_of(unit), about if summary else ""))
    return found


def _about(study: Study, unit: Segment) -> str:
    """The codes given within a unit, by the agreed coding or else by any human, in the words of their definitions."""
    counted = {study.agreed} if study.agreed else set(study.humans)
    given = (
        c
        for c in sorted(study.codings, key=lambda c: (c.start, c.end, c.code, c.coder))
        if c.coder in counted and c.document == unit.document and c.start < unit.end and unit.start < c.end
    )
    book = study.codebook.by_path
    return " ".join(f"{book[code].name}: {book[code].definition}".strip(": ") for code in dict.fromkeys(c.code for c in given))


def write_letters(study: Study, folder: Path, summary: bool = False) -> list[Path]:
    """One Word file and one page to read for each participant, with all their interviews in it.

    Args:
        study: The study.
        folder: Where to; `NAME.docx` and `NAME.html` are written there, named after the document, or
            after the participant where there are several.
        summary: Only coded passages, each with what it was taken to be about, instead of the
            whole transcript.

    Returns:
        The files written.

    Raises:
        InputError: A file cannot be written.
    """
    written = []
    with together(folder) as stage:
        for letter in letters(study, summary):
            name = "".join(c if c.isalnum() or c in "-_ " else "_" for c in letter.name)
            for suffix, content in ((".docx", _letter(letter)), (".html", _page(letter))):
                write_atomic(stage / f"{name}{suffix}", content)
                written.append(folder / f"{name}{suffix}")
    return written


def _introduction(letter: Letter) -> Iterator[str]:
    yield (
        f"Thank you for taking part in the study “{letter.study.name}”. Before we go on we would like to know "
        "whether we wrote down "
        "what you meant."
    )
    what = (
        "the passages that we use, each with what we take it to be about"
        if letter.summary
        else "the transcript of our conversation"
        if len(letter.interviews) == 1
        else f"the transcripts of our {len(letter.interviews)} conversations"
    )
    yield (
        f"Below is {what}. Please read it. Where something is wrong, write over it in the column “What you "
        "said”; please leave "
        "the numbers as they are. Anything else you would like to say goes into the column beside it, or "
        "into the box at the end."
    )
    yield "You may stop here and withdraw at any time, without giving a reason. Please save this file and send it back."


def _letter(letter: Letter) -> bytes:
    from docx.shared import Inches

    made = _new_document(letter)
    made.add_heading("What you said", 0)
    made.add_paragraph(legal(_called(letter)))
    for text in _introduction(letter):
        made.add_paragraph(legal(text))
    made.add_heading("Your answer", 1)
    made.add_paragraph("Please put an X before one of these.")
    rows = tuple(("", choice) for choice in _CHOICES)
    _add_table(made, ("X", "Answer"), rows, (0.5, _WIDTH - 0.5))
    for document, listed in letter.interviews:
        made.add_heading(legal(_heading(letter, document)), 1)
        _passages(made, listed, letter.summary)
    made.add_heading("Anything else", 1)
    box = _add_table(made, ("Your comment",), (("",),), (_WIDTH,))
    box.rows[1].height = Inches(1.5)
    return _dated_alike(made)


def _new_document(letter: Letter) -> Any:
    """An empty A4 letter that says which transcripts it is about, and which wording of them; its dates are fixed."""
    import docx
    from docx.shared import Cm, Pt

    made = docx.Document()
    about, page = made.core_properties, made.sections[0]
    about.title, about.author, about.last_modified_by = legal(f"What you said: {letter.name}")[:255], "autocode", "autocode"
    about.comments, about.revision = "", 1
    about.created = about.modified = _CREATED
    about.identifier, about.keywords = letter.name[:255], "-"
    # past python-docx, which takes 255 characters at most
    about._element.find(f"{{{_CORE}}}keywords").text = "&".join(f"{quote(d.id, safe='')}={d.sha256}" for d in letter.documents)
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.5)
    made.styles["Normal"].font.name, made.styles["Normal"].font.size = "Calibri", Pt(10.5)
    return made


def _add_table(made: Any, header: Sequence[str], rows: Sequence[Sequence[str]], inches: Sequence[float]) -> Any:
    """A table with lines, whose first row comes again on every page; columns are so many inches wide."""
    from docx.oxml import OxmlElement
    from docx.shared import Inches

    grid = made.add_table(rows=1 + len(rows), cols=len(header), style="Table Grid")
    grid.autofit = False
    for column, width in zip(grid.columns, inches, strict=True):
        column.width = Inches(width)
    for line, cells in zip(grid.rows, (header, *rows), strict=True):
        for cell, text, width in zip(line.cells, cells, inches, strict=True):
            cell.width, cell.text = Inches(width), legal(text)
    for cell in grid.rows[0].cells:
        cell.paragraphs[0].runs[0].font.bold = True
    grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    return grid


def _dated_alike(made: Any) -> bytes:
    """The file with all its parts of one date, so that equal letters are equal bytes."""
    raw, out = io.BytesIO(), io.BytesIO()
    made.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _called(letter: Letter) -> str:
    return "; ".join(d.name or d.id for d in letter.documents)


def _heading(letter: Letter, document: Document) -> str:
    return "Passages" if len(letter.interviews) == 1 else f"Passages of {document.name or document.id}"


def _passages(made: Any, listed: Sequence[Passage], summary: bool) -> None:
    about = ("What we take it to be about",) if summary else ("Who",)
    header = ("No.", *about, "What you said", "Your comment on it")
    rows = tuple((p.number, p.about if summary else p.speaker, p.text, "") for p in listed)
    _add_table(made, header, rows, (0.4, 1.5, 2.7, 1.7) if summary else (0.4, 0.9, 3.3, 1.7))


def _page(letter: Letter) -> str:
    """The same to read in a browser; answers go into the Word file."""
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in _introduction(letter))
    tables = "".join(_read(letter, document, listed) for document, listed in letter.interviews)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="generator" content="autocode">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>What you said: {escape(letter.name)}</title><style>:root{{color-scheme:light dark}}body{{font:17px/1.6 "
        "Charter,Georgia,serif;max-width:48rem;margin:2rem auto;padding:0 1rem}td,th{vertical-align:top;text-align:left;"
        "padding:.4rem .8rem .4rem 0;border-bottom:1px solid #8884}</style></head><body><h1>What you said</h1>"
        f"<p>{escape(_called(letter))}</p>{paragraphs}"
        "<p>This page is for reading; the answer goes into the Word file of the same name.</p>"
        f"{tables}</body></html>\n"
    )


def _read(letter: Letter, document: Document, listed: Sequence[Passage]) -> str:
    """One interview as a table to read."""
    head = "What we take it to be about" if letter.summary else "Who"
    rows = "".join(
        f"<tr><th scope=row>{p.number}</th><td>{escape(p.about if letter.summary else p.speaker)}</td>"
        f"<td>{escape(p.text)}</td></tr>"
        for p in listed
    )
    return (
        f"<h2>{escape(_heading(letter, document))}</h2><table><thead><tr><th scope=col>No.</th>"
        f"<th scope=col>{head}</th><th scope=col>What you said</th></tr></thead><tbody>{rows}</tbody></table>"
    )
