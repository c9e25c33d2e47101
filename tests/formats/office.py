"""Small office files for tests, built by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_O = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
)


def docx(path: Path, body: str, comments: str = "") -> Path:
    """A Word file from the XML inside its body (prefix w) and of its comments."""
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("word/document.xml", f"<w:document {_W}><w:body>{body}</w:body></w:document>")
        if comments:
            zipped.writestr("word/comments.xml", f"<w:comments {_W}>{comments}</w:comments>")
    return path


def paragraphs(*lines: str) -> str:
    """Paragraphs of one run each."""
    return "".join(f'<w:p><w:r><w:t xml:space="preserve">{line}</w:t></w:r></w:p>' for line in lines)


def marked(number: int, words: str) -> str:
    """A paragraph whose words are the range of comment `number`."""
    return f'<w:p><w:commentRangeStart w:id="{number}"/><w:r><w:t>{words}</w:t></w:r><w:commentRangeEnd w:id="{number}"/></w:p>'


def comment(number: int, author: str, *lines: str) -> str:
    """A comment of several paragraphs."""
    about = f'w:id="{number}" w:author="{author}" w:date="2026-01-02T00:00:00Z"'
    return f"<w:comment {about}>{paragraphs(*lines)}</w:comment>"


def odt(path: Path, body: str) -> Path:
    """An OpenDocument text from the XML inside its body (prefixes text, table)."""
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr(
            "content.xml",
            f"<office:document-content {_O}><office:body><office:text>{body}</office:text>"
            "</office:body></office:document-content>",
        )
    return path


def pdf(path: Path, lines: list[str]) -> Path:
    """A PDF of one page with a line of text each."""
    return printed(path, [[(50, 700 - 14 * n, 12, line) for n, line in enumerate(lines)]])


def printed(path: Path, pages: Sequence[Sequence[tuple[int, int, int, str]]]) -> Path:
    """A PDF of pieces of text on its pages: left edge, height above the foot, size of type, words."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for n, pieces in enumerate(pages):
        stream = "".join(f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n" for x, y, size, text in pieces)
        fonts = "/Resources<</Font<</F1 3 0 R>>>>"
        parts.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {5 + 2 * n} 0 R{fonts}>>")
        parts.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    out, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += f"{number} 0 obj{part}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(parts) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"
    path.write_bytes(out.encode("latin-1"))
    return path
