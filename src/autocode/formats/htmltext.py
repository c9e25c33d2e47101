"""The text of HTML, as the tools that count offsets in it see it."""

from __future__ import annotations

from html.parser import HTMLParser

from autocode.formats.files import BOM
from autocode.formats.positions import RawText

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "table",
        "tr",
        "section",
        "article",
        "header",
        "footer",
        "br",
        "hr",
    ]
)


class _Text(HTMLParser):
    """The text nodes of a document as html5lib finds them, and newlines where blocks meet."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.added: list[int] = []
        self.length = 0
        self.block = self.pre = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.block |= tag in _BLOCKS
        self.pre = tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self.block |= tag in _BLOCKS

    def handle_data(self, data: str) -> None:
        if self.pre:  # a newline right after <pre> is no part of the text
            data, self.pre = data.removeprefix("\n"), False
        if not self.length and not self.block:  # nor is white space before the body
            data = data.lstrip(" \t\n\f\r")
        if not data:
            return
        if self.block and self.length and not self.pieces[-1].endswith("\n") and not data.startswith("\n"):
            self.added.append(self.length)
            self._add("\n")
        self._add(data)
        self.block = False

    def _add(self, data: str) -> None:
        self.pieces.append(data)
        self.length += len(data)


def text_of_html(markup: str) -> RawText:
    """The text that Taguette counts in, with newlines (not counted) where blocks touch."""
    parser = _Text()
    parser.feed(markup.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
    parser.close()
    text = "".join(parser.pieces).replace("\r", "\n")
    mark = text.startswith(BOM)  # dropped from the canonical text
    return RawText(text, tuple(at - mark for at in parser.added))
