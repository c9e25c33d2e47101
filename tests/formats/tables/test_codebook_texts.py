"""Codebooks in Word and plain text: lists and tables are codebooks, interviews stay interviews."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.shared import Cm

from autocode.errors import InputError
from autocode.formats import ReadOptions, read_all

TREE = ["Barriers", "Barriers > Cost", "Barriers > Time", "Help", "Help > Family"]
LINES = [(0, "Barriers"), (1, "Cost: what it costs"), (1, "Time: hours"), (0, "Help"), (1, "Family: kin")]


def _saved(folder: Path, how: str, name: str = "Codebook final.docx") -> Path:
    made = docx.Document()
    made.add_paragraph("Codebook", style="Title")
    for depth, text in LINES:
        if how == "lists":
            made.add_paragraph(text, style="List Bullet 2" if depth else "List Bullet")
        elif how == "indents":
            made.add_paragraph(text).paragraph_format.left_indent = Cm(depth)
        elif how == "headings":
            made.add_heading(text.split(":")[0], 1 + depth)
            made.add_paragraph(text.split(": ")[-1] + ".") if depth else None
        elif how == "capitals":
            made.add_paragraph(text if depth else text.upper())
        elif how == "bold":
            made.add_paragraph("").add_run(text).bold = not depth
        else:
            made.add_paragraph("\t" * depth + text)
    made.save(folder / name)
    return folder / name


@pytest.mark.parametrize("how", ["lists", "indents", "headings", "capitals", "bold", "tabs"])
def test_a_list_in_word_is_a_tree(tmp_path: Path, how: str) -> None:
    """List levels, indents, headings, capitals, bold type and tabs all tell what stands under what."""
    study, receipts = read_all([_saved(tmp_path, how)])
    assert [c.path.casefold() for c in study.codebook] == [p.casefold() for p in TREE]
    definition = {c.name: c.definition.strip(".") for c in study.codebook}
    assert definition["Cost"] == "what it costs"
    assert not study.documents
    assert "in 5 codes = kept 5" in str(receipts[0])


@pytest.mark.parametrize("name", ["Codebook.docx", "Coding frame v2.docx", "Kodierleitfaden.docx", "code_list.docx"])
def test_the_name_of_the_file_says_that_it_is_a_codebook(tmp_path: Path, name: str) -> None:
    """A list under such a name is no interview."""
    assert len(read_all([_saved(tmp_path, "lists", name)])[0].codebook) == 5


def test_a_list_under_another_name_is_a_codebook_when_the_user_says_so(tmp_path: Path) -> None:
    """`--kind codebook` decides; without it the file stays a text."""
    path = _saved(tmp_path, "lists", "Attachment 3.docx")
    assert len(read_all([path])[0].documents) == 1
    assert len(read_all([path], ReadOptions(kind="codebook"))[0].codebook) == 5


def test_a_table_in_word_with_the_headings_of_a_codebook_is_one(tmp_path: Path) -> None:
    """Theme, code and definition as headings say it whatever the file is called; merged cells keep their theme."""
    made = docx.Document()
    rows = [("Theme", "Code", "Definition"), ("Barriers", "Cost", "money"), ("", "Time", "hours"), ("Help", "Family", "kin")]
    table = made.add_table(0, 3)
    for row in rows:
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    made.save(tmp_path / "appendix.docx")
    study, _ = read_all([tmp_path / "appendix.docx"])
    assert [c.path for c in study.codebook] == TREE
    assert not study.documents


def test_an_interview_in_a_table_stays_an_interview(tmp_path: Path) -> None:
    """A table of speakers and words has no headings of a codebook."""
    made = docx.Document()
    table = made.add_table(0, 2)
    for who, said in (("I", "How was it?"), ("R", "It was hard."), ("I", "Why?"), ("R", "No time.")):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = who, said
    made.save(tmp_path / "interview.docx")
    study, _ = read_all([tmp_path / "interview.docx"])
    assert len(study.documents) == 1
    assert not len(study.codebook)


def test_a_table_of_codings_in_word_is_no_codebook(tmp_path: Path) -> None:
    """Whatever the file is called: its headings say what it is, and the line says how to bring it in."""
    body = docx.Document()
    table = body.add_table(2, 3)
    for row, words in zip(table.rows, (("Document", "Code", "Segment"), ("T4", "Money", "none")), strict=True):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word
    body.save(str(tmp_path / "codes.docx"))
    with pytest.raises(InputError, match=r"headings of codings, not of a codebook\. .* \.xlsx"):
        read_all([tmp_path / "codes.docx"])


def test_a_plain_text_that_is_called_a_codebook_is_read_by_its_indents(tmp_path: Path) -> None:
    """Spaces and bullets in a text file are levels too."""
    text = "Codebook\n" + "".join("    " * depth + f"- {said}\n" for depth, said in LINES)
    (tmp_path / "codebook.txt").write_text(text, encoding="utf-8")
    assert [c.path for c in read_all([tmp_path / "codebook.txt"])[0].codebook] == TREE


def test_what_is_no_codebook_is_refused_where_one_is_asked_for(tmp_path: Path) -> None:
    """Asked to read a codebook from a text of sentences, the program says what would do."""
    (tmp_path / "a.txt").write_text("It was hard. I had no time at all.\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"no list or table of codes.*Theme \| Code \| Definition"):
        read_all([tmp_path / "a.txt"], ReadOptions(kind="codebook"))
