"""Codebooks in tables: whatever the layout, no theme is lost, and every row is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import CodebookError
from autocode.formats import ReadOptions, read_all
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.study import Coder, Coding, Document, Study
from autocode.study.codebook import Code, Codebook
from autocode.study.merge import merge
from tests.conftest import shared

TREE = ["Barriers", "Barriers > Cost", "Barriers > Time", "Help", "Help > Family"]


def _paths(folder: Path, text: str, name: str = "book.csv") -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    study, receipts = read_all([folder / name])
    rows = text.strip().count("\n") + (name != "book.csv")
    assert receipts[0].given >= rows - text.count("sep=") or "column is a theme" in str(receipts[0])
    return [c.path for c in study.codebook]


@pytest.mark.parametrize(
    "text",
    [
        "Theme,Code,Definition\nBarriers,Cost,money\nBarriers,Time,hours\nHelp,Family,kin\n",
        "Theme,Code,Definition\nBarriers,Cost,money\n,Time,hours\nHelp,Family,kin\n",
        "Code,Theme,Description\nCost,Barriers,money\nTime,Barriers,hours\nFamily,Help,kin\n",
        "code,parent,definition\nCost,Barriers,money\nTime,Barriers,hours\nFamily,Help,kin\n",
        "Code,Parent\nFamily2,\nCost,Barriers\nTime,Barriers\nFamily,Help\n",
        "Category,Code,Memo\nBarriers,Cost,money\nBarriers,Time,hours\nHelp,Family,kin\n",
        "Code,Definition\nBARRIERS,\nCost,money\nTime,hours\nHELP,\nFamily,kin\n",
        "Code,Memo\nBarriers\\Cost,money\nBarriers\\Time,hours\nHelp\\Family,kin\n",
        "Code,Memo\nBarriers/Cost,money\nBarriers/Time,hours\nHelp,\nHelp/Family,kin\n",
        "Level 1,Level 2,Definition\nBarriers,Cost,money\nBarriers,Time,hours\nHelp,Family,kin\n",
        "Hauptkategorie,Unterkategorie,Ankerbeispiel\nBarriers,Cost,money\n,Time,hours\nHelp,Family,kin\n",
        "Thema;Kode;Beschreibung\nBarriers;1. Cost;money\nBarriers;2. Time;hours\nHelp;1. Family;kin\n",
    ],
)
def test_the_tree_survives_every_layout(tmp_path: Path, text: str) -> None:
    """Theme columns, merged cells, parents without a row, capitals, paths and numbers give one tree."""
    assert [p.casefold() for p in _paths(tmp_path, text) if p != "Family2"] == [p.casefold() for p in TREE]


def test_a_theme_heads_each_column_where_the_file_says_codebook(tmp_path: Path) -> None:
    """Categories as headings and their codes below them are read from a file that is called a codebook."""
    assert _paths(tmp_path, "Barriers,Help\nCost,Family\nTime,\n", "my codebook.csv") == TREE


def test_merged_cells_of_a_workbook_keep_their_theme(tmp_path: Path) -> None:
    """Three levels with merged cells: what is empty belongs to what stands above, and the receipt says so."""
    rows = [["Theme", "Category", "Code", "Definition"], ["Work", "Load", "Stress", "too much"], ["", "", "Rest", "pauses"]]
    rows += [["", "Pay", "Wage", "money"], ["Home", "Care", "Children", "own"]]
    write_workbook(tmp_path / "b.xlsx", {"codes": (rows[0], rows[1:])})
    study, receipts = read_all([tmp_path / "b.xlsx"])
    assert [c.path for c in study.codebook if c.definition] == [
        "Work > Load > Stress",
        "Work > Load > Rest",
        "Work > Pay > Wage",
        "Home > Care > Children",
    ]
    assert "merged cells" in str(receipts[0])


def test_an_empty_theme_is_no_merged_cell_where_themes_are_repeated(tmp_path: Path) -> None:
    """A table that repeats its themes leaves a code without one at the root."""
    text = "Theme,Code,Definition\nBarriers,Cost,money\nBarriers,Time,hours\n,Other,rest\n"
    assert _paths(tmp_path, text) == ["Barriers", "Barriers > Cost", "Barriers > Time", "Other"]


def test_a_theme_has_a_row_and_a_definition_of_its_own(tmp_path: Path) -> None:
    """A row with a theme and no code defines the theme."""
    (tmp_path / "b.csv").write_text("Theme,Code,Definition\nBarriers,,what hinders\nBarriers,Cost,money\n")
    book = read_all([tmp_path / "b.csv"])[0].codebook
    assert [(c.path, c.definition) for c in book] == [("Barriers", "what hinders"), ("Barriers > Cost", "money")]


def test_rules_and_examples_are_taken_and_other_columns_named(tmp_path: Path) -> None:
    """What a codebook says of when to use a code comes along; columns that are not read are named."""
    text = "Code,Definition,When to use,When not to use,Typical quote,Colour\nCost,money,price,time,too dear,red\n"
    (tmp_path / "b.csv").write_text(text)
    study, receipts = read_all([tmp_path / "b.csv"])
    code = study.codebook.codes[0]
    assert (code.include, code.exclude, code.example) == ("price", "time", "too dear")
    assert "columns not read: Colour" in str(receipts[0])


def test_a_circle_of_parents_is_refused(tmp_path: Path) -> None:
    """Parents that lead back to the code are named."""
    with pytest.raises(CodebookError, match="cycle"):
        _paths(tmp_path, "code,parent\na,b\nb,a\n")


def test_a_table_of_quotes_is_no_codebook(tmp_path: Path) -> None:
    """Themes beside quoted words and their coder are coded segments."""
    text = "document,theme,code,text,coder\nd,Barriers,Cost,it was dear,ana\n"
    assert len(_study(tmp_path, text).codings) == 1


def _study(folder: Path, text: str) -> Study:
    (folder / "c.csv").write_text(text)
    return read_all([folder / "c.csv"])[0]


@pytest.mark.parametrize("name", ["codes", "codebook", "Themes"])
@pytest.mark.parametrize(
    "heads", ["Document,Code,Segment,Coder", "Participant,Code,Quote", "Code,Segment", "Interview,Theme,Passage,Coder"]
)
def test_headings_of_codings_win_over_the_name_of_the_file(tmp_path: Path, name: str, heads: str) -> None:
    """A table of codings is one whatever it is called, with commas or with tabs."""
    said = {"Code": "Money", "Theme": "Money", "Coder": "Ana", "Document": "Talk 4", "Interview": "Talk 4", "Participant": "P4"}
    text = f"{heads}\n{','.join(said.get(h, 'We had no money at all.') for h in heads.split(','))}\n"
    for ending, parted in ((".csv", text), (".txt", text.replace(",", "\t"))):
        (tmp_path / f"{name}{ending}").write_text(parted)
        study, _ = read_all([tmp_path / f"{name}{ending}"], ReadOptions(coder="Ana"))
        assert [(c.code, c.coder) for c in study.codings] == [("Money", "Ana")], ending
        assert [c.path for c in study.codebook] == ["Money"]


def test_a_codebook_after_the_codings_gives_places_and_definitions() -> None:
    """Codes that stand alone get their theme and definition; the codings follow; what was defined stays."""
    book = Codebook((Code("cost"), Code("Stress ", definition="ours"), Code("Other")))
    coded = Study((Document("d", "some words"),), book, (Coder("ana"),), (Coding("d", 0, 4, "cost", "ana"),))
    late = Codebook((Code("Barriers"), Code("Cost", "Barriers", "money"), Code("stress", definition="theirs")))
    done = merge(coded, Study(codebook=late))
    assert [(c.path, c.definition) for c in done.codebook] == [
        ("Stress ", "ours"),
        ("Other", ""),
        ("Barriers", ""),
        ("Barriers > Cost", "money"),
    ]
    assert [c.code for c in done.codings] == ["Barriers > Cost"]


def test_two_coded_studies_keep_their_trees_apart() -> None:
    """A code of one name in another place is another code where both have been used."""
    text = Document("d", "some words")
    one = Study((text,), Codebook((Code("Cost"),)), (Coder("ana"),), (Coding("d", 0, 4, "Cost", "ana"),))
    book = Codebook((Code("Barriers"), Code("Cost", "Barriers")))
    two = Study((text,), book, (Coder("ben"),), (Coding("d", 0, 4, "Barriers > Cost", "ben"),))
    assert {c.code for c in merge(one, two).codings} == {"Cost", "Barriers > Cost"}


@pytest.mark.parametrize("name", ["codebook_theme_column.csv", "codebook_parent_without_own_row.csv"])
def test_codebooks_that_lost_their_themes(name: str) -> None:
    """Files that failed before: the theme is there, its codes are under it."""
    study, _ = read_all([shared("cases", name)])
    assert [c.path for c in study.codebook] == ["Barriers", "Barriers > Cost", "Barriers > Time"]


def test_a_column_of_colours_is_read_where_it_holds_nothing_else(tmp_path: Path) -> None:
    """Beside definitions, and under parents; words in a column of that name are left out and told."""
    for name, column, found in (("a.csv", "#EF8256", "#ef8256"), ("b.csv", "reddish", "")):
        (tmp_path / name).write_text(f"Theme,Code,Color,Definition\nA,B,{column},first\n", encoding="utf-8")
        study, receipts = read_all([tmp_path / name])
        assert study.codebook.by_path["A > B"].colour == found
        assert ("Color" in str(receipts[0].notes)) == (not found)
    (tmp_path / "c.csv").write_text("Code,Parent,Colour\nB,A,#00f\n", encoding="utf-8")
    assert read_all([tmp_path / "c.csv"])[0].codebook.by_path["A > B"].colour == "#0000ff"
