"""The text of a PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import ReadOptions, read, read_all
from autocode.formats.transcripts.texts import read_pdf
from tests.formats.office import pdf, printed


def test_the_words_are_read(tmp_path: Path) -> None:
    """Lines are the page's lines, which the receipt says; turns are found in them."""
    study, receipts = read_all([pdf(tmp_path / "a.pdf", ["I: one", "R1: two"])])
    assert study.documents[0].text == "I: one\nR1: two\n"
    assert [t.speaker for t in study.documents[0].turns] == ["I", "R1"]
    assert "lines end where the page's lines do" in str(receipts[0])


def test_a_paper_is_literature(tmp_path: Path) -> None:
    """The kind asked for is the document's kind."""
    path = pdf(tmp_path / "a.pdf", ["Some paper."])
    assert read(path, ReadOptions(kind="literature")).documents[0].kind == "literature"


def test_a_page_without_text_is_refused(tmp_path: Path) -> None:
    """A scan has no words; the error says what to do."""
    with pytest.raises(InputError, match="Recognise the text"):
        read_pdf(pdf(tmp_path / "a.pdf", []))


@pytest.mark.parametrize("raw", [b"hello", b"%PDF-1.4\n%%EOF", b"%PDF-1.4\nxref\n0 1\ntrailer<</Root 9 0 R>>"])
def test_a_damaged_file_is_one_line(raw: bytes, tmp_path: Path) -> None:
    """Whatever the reader stumbles over, the error is ours."""
    path = tmp_path / "a.pdf"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_pdf(path)
    assert "\n" not in str(caught.value)


TALK = ["I: How did you come here?", "R1: By the night train, with my sister.", "I: And then?", "R1: We stayed and never left."]


def _column(x: int, words: list[str], size: int = 12) -> list[tuple[int, int, int, str]]:
    return [(x, 720 - 16 * n, size, line) for n, line in enumerate(words)]


def test_running_heads_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    """What is the same at the head of all pages, and the numbers at their feet, are no words; a number that is said is."""
    said = [[f"I: Question {n} of many?", f"P: {n}{n} answers, all told.", "I: How old?", f"1{n}"] for n in (1, 2, 3)]
    pages = [
        [(50, 780, 9, "Study Harbour, Interview 3"), *_column(50, lines), (300, 20, 9, str(n))]
        for n, lines in enumerate(said, 1)
    ]
    text, notes = read_pdf(printed(tmp_path / "a.pdf", pages))
    assert text == "\n".join(line for lines in said for line in lines) + "\n"
    assert "6 running heads and page numbers left out" in notes


def test_numbers_of_lines_are_left_out(tmp_path: Path) -> None:
    """Lines numbered one by one, from page to page, lose their numbers; questions that are counted keep theirs."""
    lines = [f"{n} {line}" for n, line in enumerate(TALK * 3, 1)]
    text, notes = read_pdf(printed(tmp_path / "a.pdf", [_column(50, lines[:6]), _column(50, lines[6:])]))
    assert text == "\n".join(TALK * 3) + "\n"
    assert "12 numbers of lines left out" in notes
    asked = [
        "1. Why?",
        "Because it was late and cold.",
        "So we stayed.",
        "2. And then?",
        "Nothing.",
        "We slept.",
        "3. So?",
        "No.",
    ]
    assert read_pdf(pdf(tmp_path / "b.pdf", asked))[0] == "\n".join(asked) + "\n"


def test_two_columns_come_one_after_the_other(tmp_path: Path) -> None:
    """Columns that the file mixes row by row are read apart, and that is said; a table of names and words keeps its rows."""
    left, right = _column(50, TALK), _column(320, [line.upper() for line in TALK])
    mixed = [piece for pair in zip(left, right, strict=True) for piece in pair]
    text, notes = read_pdf(printed(tmp_path / "a.pdf", [mixed]))
    assert text.split("\n")[:8] == [*TALK, *(line.upper() for line in TALK)]
    assert any("two columns" in note for note in notes)
    names = [piece for n, line in enumerate(TALK) for piece in ((50, 720 - 16 * n, 12, "Ana"), (320, 720 - 16 * n, 12, line))]
    assert not any("two columns" in note for note in read_pdf(printed(tmp_path / "b.pdf", [names]))[1])


def test_words_broken_at_the_end_of_a_line_are_whole(tmp_path: Path) -> None:
    """A hyphen at the end of a line goes, unless the word has one elsewhere too."""
    lines = ["I: Tell me about the inter-", "view at the long-", "term ward, a long-term place."]
    text, notes = read_pdf(pdf(tmp_path / "a.pdf", lines))
    assert text == "I: Tell me about the interview at the long-term ward, a long-term place.\n"
    assert "2 words broken at the end of a line put together" in notes


def test_codes_printed_below_what_they_code_are_named(tmp_path: Path) -> None:
    """Lines in small type between the words are doubted, and the note says what to import instead."""
    lines = [
        p for n, line in enumerate(TALK * 3) for p in ((50, 740 - 40 * n, 12, line), (50, 728 - 40 * n, 8, "Arrival; Family"))
    ]
    assert any("codes printed below what they code?" in note for note in read_pdf(printed(tmp_path / "a.pdf", [lines]))[1])


def test_pages_without_text_are_counted_among_all(tmp_path: Path) -> None:
    """A page that is a picture is told as one of how many."""
    full = _column(50, ["I: one", "R1: two"])
    assert "1 of 3 pages hold no text" in read_pdf(printed(tmp_path / "a.pdf", [full, [], full]))[1]


def _table(columns: list[tuple[int, list[list[str]]]], gap: int) -> list[tuple[int, int, int, str]]:
    """A table of cells with several lines each, rows parted by `gap` beside the height of a line."""
    placed, y = [], 700
    for row in range(len(columns[0][1])):
        for x, cells in columns:
            placed += [(x, y - 14 * n, 12, line) for n, line in enumerate(cells[row])]
        y -= 14 * max(len(cells[row]) for _, cells in columns) + gap
    return placed


@pytest.mark.parametrize("gap", [0, 8])
@pytest.mark.parametrize("header", [True, False])
def test_a_table_with_names_beside_words_is_read_by_rows(tmp_path: Path, gap: int, header: bool) -> None:
    """Names, times and notes keep their columns, whether rows stand apart or not; a word broken in a cell is whole."""
    names = [["Int."], ["Doc. 2"]] * 3
    said = [
        ["What do you teach?"],
        ["A big question for nine in the morn-", "ing. History, and since the fire", "geography too."],
        ["Do they like it?"],
        ["Some of them do."],
        ["And you?"],
        ["On Mondays less than", "on Fridays."],
    ]
    times = [[f"00:0{n}:10"] for n in range(6)]
    notes: list[list[str]] = [[""], ["fire"], [""], [""], [""], [""]]
    if header:
        names, said, times, notes = [["Who"], *names], [["Words"], *said], [["When"], *times], [["Codes"], *notes]
    columns = [(50, times), (120, names), (180, said), *([(460, notes)] if header else [])]
    page = [(50, 760, 12, "Appendix 3: Interview with a teacher"), *_table(columns, gap)]
    document = read(printed(tmp_path / "a.pdf", [page])).documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == [
        ("Int", "What do you teach?"),
        ("Doc. 2", "A big question for nine in the morning. History, and since the fire geography too."),
        ("Int", "Do they like it?"),
        ("Doc. 2", "Some of them do."),
        ("Int", "And you?"),
        ("Doc. 2", "On Mondays less than on Fridays."),
    ]
    assert document.turns[1].start_ms == 70_000


def test_what_a_browser_prints_around_a_page_is_no_word(tmp_path: Path) -> None:
    """The day at the head and the address at the foot of a page printed from a browser are left out."""
    page = [(50, 780, 9, "5/3/24, 2:10 PM"), *_column(50, TALK * 2), (50, 20, 9, "https://example.org/talk 1/1")]
    text, notes = read_pdf(printed(tmp_path / "a.pdf", [page]))
    assert text == "\n".join(TALK * 2) + "\n"
    assert "2 running heads and page numbers left out" in notes
