"""Transcripts saved as a web page."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read
from autocode.formats.transcripts.markup import read_webpage


def test_only_the_words_are_read(tmp_path: Path) -> None:
    """Scripts, styles and source line breaks are no words; paragraphs are lines, entities signs."""
    path = tmp_path / "a.html"
    path.write_text(
        "<html><head><title>t</title><style>p{}</style></head><body>"
        "<p>S01: [00:00:12] one\n more &amp; more</p>"
        "<script>evil()</script><p>S00: <a name='x'>two</a><br>three</p></body></html>"
    )
    document = read(path).documents[0]
    assert document.text == "S01: [00:00:12] one more & more\nS00: two\nthree\n"
    assert [(t.speaker, t.start_ms) for t in document.turns] == [("S01", 12000), ("S00", None)]


def test_an_empty_page_is_refused(tmp_path: Path) -> None:
    """A page that only runs a script is no transcript."""
    path = tmp_path / "a.html"
    path.write_text("<script>x</script>")
    with pytest.raises(InputError, match="no text"):
        read_webpage(path)
