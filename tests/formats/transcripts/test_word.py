"""Word transcripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read
from autocode.formats.transcripts.word import read_word
from tests.conftest import shared
from tests.formats.office import comment, docx, marked, paragraphs


def test_the_body_is_read_in_order(tmp_path: Path) -> None:
    """Breaks, tabs and inserted text are kept; deleted text, fields and footnotes are not."""
    body = (
        "<w:p><w:r><w:t>I:</w:t><w:tab/><w:t>a</w:t><w:br/><w:t>b</w:t></w:r><w:ins><w:r><w:t>c</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:instrText>FIELD</w:instrText>"
        '<w:footnoteReference w:id="1"/><w:t>non</w:t><w:noBreakHyphen/><w:t>stop</w:t></w:r></w:p>'
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>y</w:t></w:r></w:p></w:tc></w:tr>"
        "<w:tr><w:tc><w:p/></w:tc><w:tc><w:p><w:r><w:t>z</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    word = read_word(docx(tmp_path / "a.docx", body))
    assert word.text == "I:\ta\nbcnon\u2011stop\nx\ty\n\tz\n"
    assert word.notes == ("1 footnote is not part of the text", "not part of the text: 1 deletion")


def test_comments_have_their_span(tmp_path: Path) -> None:
    """A range decides; a comment that has only a mark is about its paragraph up to there."""
    body = (
        paragraphs("I: hello")
        + marked(0, "R: well 😀")
        + '<w:p><w:r><w:t>more</w:t></w:r><w:r><w:commentReference w:id="1"/></w:r></w:p>'
    )
    word = read_word(docx(tmp_path / "a.docx", body, comment(0, "Ana", "x", "y") + comment(1, "Ben", "z")))
    assert [(c.author, c.lines, word.text[c.start : c.end]) for c in word.comments] == [
        ("Ana", ("x", "y"), "R: well 😀"),
        ("Ben", ("z",), "more"),
    ]


def test_a_meetings_notes_are_left_out(tmp_path: Path) -> None:
    """Google Meet puts a machine's summary and addresses before the transcript; that is said."""
    lines = (
        "Invited a@example.org",
        "Summary",
        "Ana said: nothing.",
        "Pilot - Transcript",
        "00:00:00",
        "Ana Lee: Hello?",
        "Ben: Yes.",
        "Transcription ended after 00:01:00",
    )
    word = read_word(docx(tmp_path / "a.docx", paragraphs(*lines)))
    assert word.text == "00:00:00\nAna Lee: Hello?\nBen: Yes.\n"
    assert word.notes == ("5 lines of notes around the transcript are left out",)


@pytest.mark.parametrize(
    ("body", "said"),
    [("", "no text"), ("<w:p/>", "no text"), ("<w:p>" * 300 + "</w:p>" * 300, "levels")],
)
def test_what_holds_no_words_is_refused(body: str, said: str, tmp_path: Path) -> None:
    """An empty or bottomless body is one clear line."""
    with pytest.raises(InputError, match=said):
        read_word(docx(tmp_path / "a.docx", body))


@pytest.mark.parametrize(
    ("name", "speakers", "turns"),
    [
        ("docx_speaker_letters_I_X_danish.docx", {"I", "X", "I2", "Y"}, 315),
        ("docx_turns_constructed.docx", {"I", "R1", "R2", "INTERVIEWER"}, 6),
        ("gmeet_constructed.docx", {"Alex Rivers", "Mina Oduya"}, 3),
        ("teams_2026_observed_shape.docx", {"Alex Rivers"}, 1),
    ],
)
def test_real_files_are_read(name: str, speakers: set[str], turns: int) -> None:
    """Each sample gives its speakers and turns; no turn holds a recorder's own line."""
    document = read(shared("formats", "samples", "transcripts", name)).documents[0]
    assert {t.speaker for t in document.turns} == speakers
    assert len(document.turns) == turns
    assert not any("transcription" in document.text_of(t)[-25:] for t in document.turns)
