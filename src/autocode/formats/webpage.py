"""Transcripts saved as a web page (.html), as noScribe does: the text only, a line a paragraph."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.files import read_text

_BLOCKS = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "table"}
_HIDDEN = {"script", "style", "head", "template", "noscript"}


def read_webpage(path: Path, encoding: str = "") -> tuple[str, str]:
    """The text of a page, and a note where its encoding was a guess.

    Raises:
        InputError: It is unreadable or holds no text.
    """
    source, note = read_text(path, encoding)
    page = _Page()
    page.feed(source)
    page.close()
    lines = (" ".join(line.split()) for line in "".join(page.parts).split("\n"))
    text = "\n".join(line for line in lines if line) + "\n"
    if not text.strip():
        raise InputError(path.name, "the page holds no text", "Choose the file that holds the transcript.")
    return text, note


class _Page(HTMLParser):
    """Gathers the words of a page; the white space of its source means nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag in _HIDDEN))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(" ".join(data.split("\n")))
