"""The letter of a member check: what a participant said, with places to approve, correct, comment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from autocode.config import Config
from autocode.formats.files import write_atomic
from autocode.formats.markup import legal
from autocode.report.blocks import Table
from autocode.report.counting import View
from autocode.report.paper import new_document, stamped
from autocode.report.word import add_table
from autocode.segment import segment
from autocode.study import Document, Segment, Study

ANSWERS = ("approved", "approved with corrections", "not approved")
"""What a participant may answer, in the order of the boxes."""

_CHOICES = (
    "This is what I said. You may use it.",
    "This is what I said, with the corrections that I wrote below.",
    "I do not want this to be used, or not as it stands. (Please say why below.)",
)
_WIDTH = 6.3  # inches


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of a letter: its number, who speaks, the words, and what they were taken to be about."""

    number: str
    speaker: str
    text: str
    about: str = ""


def passages(study: Study, document: Document, summary: bool) -> list[Passage]:
    """The numbered passages of a letter: every unit of the transcript, or only those that were coded."""
    view = View(study)
    units = segment(document, Config().segment)
    found = []
    for number, unit in enumerate(units, 1):
        about = _about(view, unit)
        if about or not summary:
            found.append(Passage(str(number), unit.speaker, document.text_of(unit), about if summary else ""))
    return found


def _about(view: View, unit: Segment) -> str:
    """The codes given within a unit, in the plain words of their definitions."""
    codes = dict.fromkeys(
        c.code for c in view.codings if c.document == unit.document and c.start < unit.end and unit.start < c.end
    )
    book = view.study.codebook.by_path
    return " ".join(f"{book[c].name}: {book[c].definition}".strip(": ") for c in codes)


def write_letters(study: Study, folder: Path, summary: bool = False) -> list[Path]:
    """One Word file and one page to read for each interview.

    Args:
        study: The study.
        folder: Where to; `DOCUMENT.docx` and `DOCUMENT.html` are written there.
        summary: Only coded passages, each with what it was taken to be about, instead of the
            whole transcript.

    Returns:
        The files written.

    Raises:
        InputError: A file cannot be written.
    """
    written = []
    for document in (d for d in study.documents if d.kind == "interview"):
        listed = passages(study, document, summary)
        name = "".join(c if c.isalnum() or c in "-_ " else "_" for c in document.id)
        for suffix, content in ((".docx", _letter(study, document, listed)), (".html", _page(study, document, listed))):
            path = folder / f"{name}{suffix}"
            write_atomic(path, content)
            written.append(path)
    return written


def _introduction(study: Study, summary: bool) -> Iterator[str]:
    yield (f"Thank you for taking part in the study “{study.name}”. Before we go on we would like to know "
        "whether we wrote down "
           "what you meant.")  # fmt: skip
    what = (
        "the passages that we use, each with what we take it to be about"
        if summary
        else "the transcript of our conversation"
    )
    yield (f"Below is {what}. Please read it. Where something is wrong, write over it in the column “What you "
        "said”; please leave "
           "the numbers as they are. Anything else you would like to say goes into the column beside it, or "
           "into the box at the end.")  # fmt: skip
    yield "You may stop here and withdraw at any time, without giving a reason. Please save this file and send it back."


def _letter(study: Study, document: Document, listed: Sequence[Passage]) -> bytes:
    from docx.shared import Inches

    made = new_document(f"What you said: {document.id}")
    # The participant's own file must say which transcript it answers, and to which wording of it.
    made.core_properties.identifier, made.core_properties.keywords = document.id[:255], document.sha256
    summary = any(p.about for p in listed)
    made.add_heading("What you said", 0)
    made.add_paragraph(legal(document.name or document.id))
    for text in _introduction(study, summary):
        made.add_paragraph(legal(text))
    made.add_heading("Your answer", 1)
    made.add_paragraph("Please put an X before one of these.")
    rows = tuple(("", choice) for choice in _CHOICES)
    add_table(made, Table("Answer", "", ("X", "Answer"), rows), _WIDTH, (0.5, _WIDTH - 0.5))
    made.add_heading("Passages", 1)
    _passages(made, listed, summary)
    made.add_heading("Anything else", 1)
    box = add_table(made, Table("Comment", "", ("Your comment",), (("",),)), _WIDTH, (_WIDTH,))
    box.rows[1].height = Inches(1.5)
    return stamped(made)


def _passages(made: Any, listed: Sequence[Passage], summary: bool) -> None:
    about = ("What we take it to be about",) if summary else ("Who",)
    header = ("No.", *about, "What you said", "Your comment on it")
    rows = tuple((p.number, p.about if summary else p.speaker, p.text, "") for p in listed)
    add_table(
        made, Table("Passages", "", header, rows), _WIDTH, (0.4, 1.5, 2.7, 1.7) if summary else (0.4, 0.9, 3.3, 1.7)
    )


def _page(study: Study, document: Document, listed: Sequence[Passage]) -> str:
    """The same to read in a browser; answers go into the Word file."""
    summary = any(p.about for p in listed)
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in _introduction(study, summary))
    rows = "".join(
        "<tr><th "
        f"scope=row>{p.number}</th><td>{escape(p.about if summary else p.speaker)}</td><td>{escape(p.text)}</td></tr>"
        for p in listed
    )
    head = "What we take it to be about" if summary else "Who"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="generator" content="autocode">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        "<title>What you said: "
        f"{escape(document.id)}</title><style>body{{font:17px/1.6 Georgia,serif;max-width:48rem;margin:2rem "
        "auto;padding:0 1rem}td,th{vertical-align:top;text-align:left;padding:.4rem .8rem .4rem "
        "0;border-bottom:1px solid #ddd}"
        f"</style></head><body><h1>What you said</h1><p>{escape(document.name or document.id)}</p>{paragraphs}"
        "<p>This page is for reading; the answer goes into the Word file of the same name.</p>"
        f"<table><thead><tr><th scope=col>No.</th><th scope=col>{head}</th><th scope=col>What you "
        "said</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></body></html>\n"
    )
