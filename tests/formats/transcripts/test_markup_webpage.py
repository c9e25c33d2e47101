"""Transcripts saved as a web page."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read, read_all
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


TALK = [
    ("LENA BRANDT, HOST", "It has been forty years since the mill closed, and one man still has the key."),
    ("WALT PRUITT", "They never asked for it back. I was the last one out."),
    ("LENA BRANDT, HOST", "Did anybody call?"),
    ("WALT PRUITT", "Nope. I had the same telephone number for thirty years."),
    ("LENA BRANDT, HOST", "What happens to it now?"),
    ("WALT PRUITT", "I would like to be asked."),
]


@pytest.mark.parametrize(
    "line",
    [
        "<p>{}: {}</p>",
        '<p class="speaker">{}</p><p>{}</p>',
        '<div class="turn"><span class="speaker-name">{}</span><span class="words">{}</span></div>',
        "<dt>{}</dt><dd>{}</dd>",
        "<tr><td>{}</td><td>{}</td></tr>",
    ],
)
def test_what_stands_around_a_talk_is_left_out_and_counted(tmp_path: Path, line: str) -> None:
    """Menus, buttons to share, comments and footers of a page are nobody's words; who hosts is a name in capitals."""
    rows = "".join(line.format(who, words) for who, words in TALK)
    rows = f"<dl>{rows}</dl>" if line.startswith("<dt") else f"<table>{rows}</table>" if line.startswith("<tr") else rows
    path = tmp_path / "a.html"
    path.write_text(
        "<!DOCTYPE html><html><head><title>The key</title></head><body><nav><ul><li>Home<li>News</ul></nav>"
        f'<main><h1>The key</h1><div class="share-bar"><a>Share</a> <a>Print: now</a></div>{rows}</main>'
        '<div id="comments"><p>Ann: I knew him.</p><p>Bob: So did I.</p></div><footer><p>Contact: us</p></footer></body></html>'
    )
    study, receipts = read_all([path])
    document = study.documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == TALK
    assert "15 words of menus, notices or comments left out" in receipts[0].notes


def test_a_page_that_is_all_comments_is_kept(tmp_path: Path) -> None:
    """Where little else is there, what looks like comments is the text."""
    path = tmp_path / "a.html"
    rows = "".join(f'<div class="comment"><p>{who}: {words}</p></div>' for who, words in TALK)
    path.write_text(f"<html><body><h1>A talk</h1>{rows}</body></html>")
    document = read(path).documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == TALK


def test_a_page_of_nested_hidden_elements_takes_time_in_proportion(tmp_path: Path) -> None:
    """Words in many open elements that are left out are counted at once, not by a walk through all of them for each word."""
    path = tmp_path / "a.html"
    deep = 20_000
    path.write_text("<p>Ann: Hello there.</p>" + '<div class="menu">' * deep + "x <b>y</b> " * deep)
    before = time.process_time()
    text, _, _ = read_webpage(path)
    assert time.process_time() - before < 5
    assert text.startswith("Ann: Hello there.\n")
