"""The long table back in: damage to what it says of documents, and rows of older tables."""

from __future__ import annotations

from pathlib import Path

from autocode.formats import read, read_all, write
from autocode.formats.tables.longtable import COLUMNS, MORE
from autocode.study import Study


def test_a_damaged_cell_of_details_is_left_out_and_said(study: Study, tmp_path: Path) -> None:
    """Texts, codes and codings stay; the receipt tells that the column is damaged."""
    write(study, tmp_path / "t.csv")
    raw = (tmp_path / "t.csv").read_text(encoding="utf-8-sig")
    assert raw.splitlines()[0].endswith("," + MORE)
    (tmp_path / "t.csv").write_text(raw.replace('""turns""', '""turns'))
    again, receipts = read_all([tmp_path / "t.csv"])
    assert any(MORE in note and "damaged" in note for r in receipts for note in r.notes)
    assert [d.text for d in again.documents] == [d.text for d in study.documents]
    assert again.codings == study.codings


def test_a_table_whose_text_was_changed_loses_the_turns_and_says_so(study: Study, tmp_path: Path) -> None:
    """Turns belong to the very text they were written with."""
    write(study, tmp_path / "t.csv")
    raw = (tmp_path / "t.csv").read_text(encoding="utf-8-sig")
    text = study.documents[0].text
    (tmp_path / "t.csv").write_text(raw.replace(text[:11], text[:10] + "R", 2))
    again, receipts = read_all([tmp_path / "t.csv"])
    assert again.documents[0].turns == ()
    assert any("was changed" in note for r in receipts for note in r.notes)


def test_a_table_without_that_column_is_read(tmp_path: Path) -> None:
    """Documents are then called as the table calls them and come from its file."""
    rows = ["D,0,3,new,x,x,ana,human,,,,", "D,0,3,new,,,,,,,,", ",,,,x,x,,,,,meaning,"]
    (tmp_path / "t.csv").write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    study = read(tmp_path / "t.csv")
    assert (study.documents[0].name, study.documents[0].source) == ("D", "t.csv")
    assert study.codebook.codes[0].definition == "meaning"
