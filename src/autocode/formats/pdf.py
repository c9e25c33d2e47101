"""The text of a PDF, page after page; pypdf does the reading. Pictures of text hold no text."""

from __future__ import annotations

import io
import logging
import time
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.files import read_bytes

_PAGES, _SECONDS, _LARGEST = 3000, 60, 128 * 2**20


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
    if b"%PDF-" not in raw[:1024] or len(raw) > _LARGEST:
        raise InputError(path.name, "it is no PDF, or larger than 128 MB", "Save its text as .docx or .txt.")
    try:
        pages = _pages(PdfReader(io.BytesIO(raw)), path)
    except InputError:
        raise
    except Exception as error:  # the guest's many kinds of errors, and Python's for damaged files
        raise InputError(path.name, "it is damaged or encrypted", "Save its text as .docx or .txt.") from error
    text = "\n".join(pages).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    if not text.strip():
        raise InputError(path.name, "it holds no text, only pictures of it", "Recognise the text (OCR) first.")
    empty = sum(not page.strip() for page in pages)
    notes = ("read from a PDF: lines end where the page's lines do",)
    return text + "\n", (*notes, f"{empty} pages hold no text") if empty else notes


def _pages(reader: Any, path: Path) -> list[str]:
    """The text of every page, within the limits of pages and seconds."""
    pages = list(reader.pages)
    until = time.monotonic() + _SECONDS
    texts = []
    for page in pages:
        if len(pages) > _PAGES or time.monotonic() > until:
            raise InputError(path.name, "it is too long to read", "Split it, or save its text as .txt.")
        texts.append(str(page.extract_text()).rstrip("\n"))
    return texts
