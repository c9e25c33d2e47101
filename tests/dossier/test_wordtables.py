"""Tables of a Word file: columns that hold in any font, a page on its side or parts where they do not fit."""

from __future__ import annotations

import pytest
from docx import Document
from docx.oxml.ns import qn
from matplotlib import get_data_path

from autocode.dossier.blocks import Table
from autocode.dossier.wordtables import LANDSCAPE, PORTRAIT, _inches, add_part, layout


def _table(columns: int, word: str, rows: int = 3) -> Table:
    header = tuple(f"{word}{j}" for j in range(columns))
    return Table("T", "T", header, tuple(tuple("x" for _ in header) for _ in range(rows)), "t" * columns)


def test_a_narrow_table_stands_upright_in_the_usual_print() -> None:
    """Few short columns need no page on its side."""
    how = layout(_table(4, "Code"))
    assert (how.points, how.inches, len(how.parts)) == (8.5, PORTRAIT, 1)


def test_print_shrinks_a_little_before_the_page_turns() -> None:
    """Columns that just miss the width are printed smaller, no smaller than 7.5 points; more of them turn the page."""
    made = [layout(_table(n, "Respondent")) for n in range(5, 14)]
    assert any(how.inches == PORTRAIT and how.points < 8.5 for how in made)
    assert any(how.inches == LANDSCAPE for how in made)
    assert all(how.points >= 7.5 for how in made)


def test_what_fits_on_no_page_is_parted_by_columns() -> None:
    """Every column stands in one part, the first in all of them, and no part is wider than the page."""
    how = layout(_table(40, "Respondent"))
    assert len(how.parts) > 1
    assert all(part[0] == 0 for part in how.parts)
    assert sorted(j for part in how.parts for j in part[1:]) == list(range(1, 40))
    assert all(sum(how.least[j] for j in part) <= LANDSCAPE for part in how.parts)


def test_no_word_is_wider_than_its_column_in_the_widest_font() -> None:
    """Columns are measured in DejaVu Sans, wider than Calibri and Carlito: 10 bold letters take what they take."""
    narrow, wide = layout(_table(3, "iiiiiiiiii")), layout(_table(3, "WWWWWWWWWW"))
    assert wide.least[0] > 2 * narrow.least[0]


def test_an_interval_has_a_column_that_holds_it_whole() -> None:
    """No line begins with a point, so [.00, .16] is one word to a writer of pages; its column is as wide."""
    short, whole = layout(_column("[.00, .16]")), layout(_column("[.00, 16]"))
    assert short.least[1] > 1.5 * whole.least[1]


def _column(words: str) -> Table:
    return Table("T", "T", ("Code", "CI", "Evidence"), ((("code"), words, "word " * 60),) * 4, "ttt")


def test_a_short_cell_stays_on_one_line_beside_long_names() -> None:
    """The verdict of a code has its width before names that are broken anyhow share what is left."""
    rows = ((("Stakeholders lack of knowledge of what a model can do " * 3), "not assessable", "word " * 30),) * 3
    table = Table("T", "T", ("Code", "Verdict", "Evidence"), rows, "ttt")
    document = Document()
    grid = add_part(document, table, (0, 1, 2))
    width = int(grid._tbl.tblGrid.gridCol_lst[1].get(qn("w:w"))) / 1440
    assert width >= layout(table).points * _inches("not assessable", False)


@pytest.mark.parametrize("text", ["−.03 to .20", "1,522", "machine-human", "Data-collection-manual", "on documents"])
def test_a_text_is_as_wide_as_its_signs_in_the_font_itself(text: str) -> None:
    """Widths are those of the font, not of small print on a screen: figures would come out too narrow and words too wide."""
    from fontTools.ttLib import TTFont

    font = TTFont(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf")
    signs, advances = font.getBestCmap(), font["hmtx"].metrics
    true = sum(advances[signs[ord(sign)]][0] for sign in text) / font["head"].unitsPerEm / 72
    assert _inches(text, False) == pytest.approx(true, rel=0.03)


def test_why_a_code_is_silent_takes_two_lines_beside_long_names() -> None:
    """With 100 codes of long names on the card, a reason stands in at most two lines, also in DejaVu Sans."""
    header = ("Theme and code", "Coded segments", "Documents", "Average precision", "Precision", "Recall", "Silent because")
    whys = ("no better than chance", "2 coded segments, 3 needed", "1 document, 2 needed", "")
    rows = tuple((f"Metrics-disconnected-from-user-adoption-fix {i}", 9, 3, 0.1, 0.1, 0.1, whys[i % 4]) for i in range(100))
    table = Table("Model card", "T", header, rows, "tnnkkkt")
    grid = add_part(Document(), table, range(7))
    width = int(grid._tbl.tblGrid.gridCol_lst[6].get(qn("w:w"))) / 1440 - 2 * 60 / 1440
    for why in whys:
        lines = [""]
        for word in why.split():
            wider = f"{lines[-1]} {word}".strip()
            lines = [*lines[:-1], wider] if layout(table).points * _inches(wider, False) <= width else [*lines, word]
        assert len(lines) <= 2, (lines, width)


def test_an_empty_cell_is_as_high_as_others_and_no_row_stands_alone() -> None:
    """The end of every cell has the size of the print; the first row keeps the second, the last but one the last."""
    table = Table("T", "T", ("Code", "95% interval"), (("a", ""), ("b", ".10 to .20"), ("c", ""), ("d", "")), "tt")
    grid = add_part(Document(), table, (0, 1))
    paragraphs = [list(row.iter(qn("w:p"))) for row in grid._tbl.iter(qn("w:tr"))]
    assert {p.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{qn('w:sz')}").get(qn("w:val")) for row in paragraphs[1:] for p in row} == {
        "17"
    }
    assert [all(p.find(f".//{qn('w:keepNext')}") is not None for p in row) for row in paragraphs] == [
        True,
        True,
        False,
        True,
        False,
    ]
