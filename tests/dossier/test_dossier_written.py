"""The three forms on disk: the same bytes twice, real tables, nothing that runs."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from autocode.agreement import agree
from autocode.config import Config
from autocode.dossier import dossier, write_dossier
from autocode.dossier.blocks import Figure, Section, Table, Title, Words
from autocode.dossier.findings import Findings
from autocode.dossier.office import word
from autocode.errors import InputError
from autocode.study import Study
from autocode.study.matrix import coding_matrix

EVIL = '=HYPERLINK("http://x","y")'


def _findings(study: Study) -> Findings:
    matrix = coding_matrix(study, Config(), study.humans)
    return Findings(agreement=agree(matrix), matrix=matrix, command="autocode report x --out y")


def _parts(path: Path, pattern: str) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {n: archive.read(n).decode("utf-8") for n in archive.namelist() if re.search(pattern, n)}


def test_writing_twice_gives_the_same_bytes(study: Study, tmp_path: Path) -> None:
    """Page, Word file (with its pictures), workbook, paragraphs and questions are equal byte for byte."""
    first = [p.read_bytes() for p in write_dossier(study, _findings(study), tmp_path / "a")]
    second = [p.read_bytes() for p in write_dossier(study, _findings(study), tmp_path / "b")]
    assert first == second
    assert len(first) == 6


def test_one_form_can_be_written_alone(study: Study, tmp_path: Path) -> None:
    """Only the form asked for is written; an unknown one is refused by name."""
    assert [p.name for p in write_dossier(study, Findings(), tmp_path, ("xlsx",))] == ["dossier.xlsx"]
    assert [p.name for p in tmp_path.iterdir()] == ["dossier.xlsx"]
    with pytest.raises(InputError, match="pdf"):
        write_dossier(study, Findings(), tmp_path, ("pdf",))


def test_word_tables_have_captions_repeated_headers_and_all_cells(study: Study, tmp_path: Path) -> None:
    """Each printed table is a Word table with its rows, after a numbered caption in the style Caption."""
    (path,) = write_dossier(study, _findings(study), tmp_path, ("docx",))
    document = docx.Document(str(path))
    made = dossier(study, _findings(study))
    printed = [t for s in made.sections for t in s.blocks if t in made.tables() and not t.sheet_only]  # type: ignore[union-attr]
    assert len(document.tables) == len(printed)
    for found, wanted in zip(document.tables, printed, strict=True):
        cells = [[c.text.replace("\u200b", "").replace("\xa0", " ") for c in row.cells] for row in found.rows]
        rows = range(len(wanted.rows))  # type: ignore[union-attr]
        columns = range(len(wanted.header))  # type: ignore[union-attr]
        assert cells == [list(wanted.header), *([wanted.shown(i, j).replace("\xa0", " ") for j in columns] for i in rows)]  # type: ignore[union-attr]
        assert "w:tblHeader" in found.rows[0]._tr.xml
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption"]
    assert "Table . Themes, codes and frequencies" in captions  # the number is a field, which Word fills in
    assert "SEQ Table" in document.element.xml


def test_word_pictures_are_300_dots_an_inch_with_alt_text(study: Study, tmp_path: Path) -> None:
    """Each figure is a PNG of 300 dots an inch at its printed width, and says itself in words."""
    (path,) = write_dossier(study, _findings(study), tmp_path, ("docx",))
    document = docx.Document(str(path))
    figures = [b for s in dossier(study, _findings(study)).sections for b in s.blocks if isinstance(b, Figure)]
    parts = [drawing for figure in figures for drawing in figure.drawings]
    assert len(document.inline_shapes) == len(parts)
    for shape, drawing in zip(document.inline_shapes, parts, strict=True):
        blob = document.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed].blob
        width = struct.unpack(">I", blob[16:20])[0]
        assert abs(width / shape.width.inches - 300) < 1
        assert drawing.said[:50] in shape._inline.docPr.get("descr")


def test_a_formula_in_a_name_stays_text(study: Study, tmp_path: Path) -> None:
    """No cell of the workbook is a formula or a link, whatever a code, coder or document is called."""
    coders = tuple(replace(c, name=EVIL) for c in study.coders)
    documents = tuple(replace(d, variables={"role": EVIL}) for d in study.documents)
    evil = replace(study, coders=coders, documents=documents, name=EVIL)
    (path,) = write_dossier(evil, _findings(evil), tmp_path, ("xlsx",))
    sheets = _parts(path, r"worksheets/")
    assert not [n for n, text in sheets.items() if "<f>" in text or "<hyperlink" in text]
    assert "=HYPERLINK" in _parts(path, "sharedStrings")["xl/sharedStrings.xml"]


def test_sheets_are_tidy_with_a_frozen_header(study: Study, tmp_path: Path) -> None:
    """Each table has a sheet of its own, its header frozen, the theme a column of every row."""
    import openpyxl

    (path,) = write_dossier(study, _findings(study), tmp_path, ("xlsx",))
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    assert book.sheetnames[0] == "Contents"
    assert all(sheet.freeze_panes == "A2" for sheet in book.worksheets)
    rows = list(book["Codes"].iter_rows(values_only=True))
    assert rows[0][:3] == ("Theme", "Code", "Coded segments")
    assert ("Work", "Time", 8, 8, 7, 8, 8) in rows
    listed = [str(row[0]) for row in book["Contents"].iter_rows(min_row=3, values_only=True)]
    assert listed == book.sheetnames[1:]


def test_the_notice_stands_in_every_form(study: Study, tmp_path: Path) -> None:
    """What must be said of a study is said on the page, in the Word file and in the workbook."""
    write_dossier(study, Findings(), tmp_path)
    for path in (tmp_path / f"dossier.{form}" for form in ("html", "docx", "xlsx")):
        raw = path.read_bytes()
        texts = [raw.decode()] if path.suffix == ".html" else list(_parts(path, r"\.xml$").values())
        assert any("Invented for tests." in text for text in texts)


def test_no_heading_stands_alone_with_its_note(study: Study) -> None:
    """A note behind a heading keeps what it is about, in any section; a note with nothing after it keeps nothing."""
    table = Table("T", "Table 1. T", ("A",), (("x",),), "t")
    blocks = (
        Words("of all", "soft"),
        table,
        Title("Part"),
        Words("of it", "soft"),
        table,
        Title("End"),
        Words("alone", "soft"),
    )
    made = replace(dossier(study, Findings()), sections=(Section("s", "Whole", blocks),))
    document = docx.Document(io.BytesIO(word(made)))
    kept = {p.text: bool(p.paragraph_format.keep_with_next) for p in document.paragraphs}
    assert (kept["of all"], kept["of it"], kept["alone"]) == (True, True, False)


def test_a_picture_stands_apart_from_what_is_above_it(study: Study) -> None:
    """Between the last row of a table and a picture there is room."""
    document = docx.Document(io.BytesIO(word(dossier(study, _findings(study)))))
    pictures = [p for p in document.paragraphs if p._p.xpath(".//wp:docPr")]
    assert pictures
    assert all(p.paragraph_format.space_before for p in pictures)
