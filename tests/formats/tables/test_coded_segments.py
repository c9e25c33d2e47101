"""Tables with one coded segment a row, or a column for each code."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import AutocodeError, InputError
from autocode.formats import ReadOptions, read, read_all
from autocode.study import Coding, Study
from tests.conftest import shared

TALK = "I: So?\n\nR: It was hard. Very hard.\n\nR: It was hard.\n"


def _files(folder: Path, table: str, name: str = "t.csv") -> list[Path]:
    (folder / "Talk.txt").write_text(TALK, encoding="utf-8")
    (folder / name).write_text(table, encoding="utf-8")
    return [folder / name, folder / "Talk.txt"]  # the table first: order must not matter


def _coded(study: Study) -> set[tuple[str, str, str]]:
    return {(c.coder, c.code, study.by_id[c.document].text_of(c)) for c in study.codings}


@pytest.mark.parametrize(
    "table",
    [
        "Color;Comment;Document group;Document name;Code;Beginning;End;Weight score;Segment;Area;Coverage %;Author;"
        "Creation date\n"
        "●;m;G;Talk;T\\x;3;3;50;Very hard.;10;1;Ana;30.11.2017 20:55:14\n",
        "Color;Document group;Document name;Code;Beginning;End;Weight score;Segment;Modified by;Modified;Area;Coverage %\n"
        "●;G;Talk;T\\x;3;3;0;Very hard.;Ana;30.11.2017 20:55:14;10;1\n",
        "ID,Document,Quotation Content,Codes,Comment,Created by,Creation Date\n"
        "1:1,Talk,Very hard.,T::x,m,Ana,30.11.2017 20:55:14\n",
        "file,quote,tag,coder\nTalk.txt,Very hard.,T > x,Ana\n",
        "id,document,tag,content,user\n1,Talk,T > x,Very hard.,Ana\n",
    ],
)
def test_every_programs_rows_find_their_words(table: str, tmp_path: Path) -> None:
    """MAXQDA, ATLAS.ti, a home-made table and Taguette's columns give the same coding."""
    study = read_all(_files(tmp_path, table))[0]
    assert _coded(study) == {("Ana", "T > x", "Very hard.")}
    assert [d.id for d in study.documents] == ["Talk"]
    assert "T > x" in study.codebook


def test_what_the_table_says_of_a_coding_is_kept(tmp_path: Path) -> None:
    """Memo, date, weight, document group; the paragraph chooses between two equal quotes."""
    table = (
        "Farbe;Kommentar;Dokumentgruppe;Dokumentname;Code;Anfang;Ende;Gewicht;Segment;Autor;Erstellungsdatum\n"
        "●;m;G;Talk;x;5;5;50;It was hard.;Ana;30.11.2017 20:55:14\n"
    )
    study = read_all(_files(tmp_path, table))[0]
    at = TALK.rindex("It was hard.")
    assert study.codings == (Coding("Talk", at, at + 12, "x", "Ana", "m", "2017-11-30T20:55:14", 50),)
    assert study.documents[0].groups == ("G",)


def test_columns_may_be_named(tmp_path: Path) -> None:
    """--column reads a table in nobody's format, and the receipt says what was read from where."""
    table = "Wer,Was,Thema\nAna,Very hard.,x\n"
    options = ReadOptions(columns={"text": "Was", "code": "Thema", "coder": "Wer"})
    study, receipts = read_all(_files(tmp_path, table), options)
    assert _coded(study) == {("Ana", "x", "Very hard.")}
    assert "text from 'Was', code from 'Thema', coder from 'Wer'" in str(receipts[0])


def test_a_column_for_each_code(tmp_path: Path) -> None:
    """Cells that say yes are codings; a row of noes was read; other columns are no codes."""
    table = "text,coder,remark,Trust,Cost\nVery hard.,Ana,hm,1,0\nSo?,Ana,,0,x\nR: It,Ana,,0,\n"
    study = read_all(_files(tmp_path, table))[0]
    assert _coded(study) == {("Ana", "Trust", "Very hard."), ("Ana", "Cost", "So?")}


def test_a_wide_table_alone_is_its_own_document(tmp_path: Path) -> None:
    """Without a transcript the rows are the units."""
    (tmp_path / "t.csv").write_text("text,Trust\none,1\ntwo,0\n")
    study = read(tmp_path / "t.csv", ReadOptions(coder="ana"))
    assert study.documents[0].text == "one\n\ntwo"
    assert _coded(study) == {("ana", "Trust", "one")}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("text,code\nwords,x\n", "line 2: it has codes but no coder"),
        ("a,b\n1,2\n", "no kind of table has these columns: a, b"),
    ],
)
def test_a_bad_table_is_one_clear_line(table: str, said: str, tmp_path: Path) -> None:
    """Each fault names the line or the columns and the option that mends it."""
    (tmp_path / "t.csv").write_text(table)
    with pytest.raises(InputError, match=said):
        read(tmp_path / "t.csv")


def test_a_code_that_the_codebook_lacks_is_refused(tmp_path: Path) -> None:
    """Beside a codebook an unknown code is an error, or is added when asked."""
    files = [*_files(tmp_path, "document,text,code,coder\nTalk,So?,y,Ana\n"), tmp_path / "book.csv"]
    files[-1].write_text("code,parent\nx,\n")
    with pytest.raises(AutocodeError, match="code 'y'"):
        read_all(files)
    assert _coded(read_all(files, ReadOptions(add_codes=True))[0]) == {("Ana", "y", "So?")}


def test_maxqda_in_polish_is_read_whole() -> None:
    """The sample: 402 segments of 39 texts by one author, seven codes."""
    study, receipts = read_all([shared("formats", "samples", "maxqda", "maxqda12_coded_segments_polish_headers.xls")])
    assert (len(study.documents), len(study.codebook), len(study.codings)) == (39, 7, 402)
    assert [c.id for c in study.coders] == ["agata"]
    assert study.codings[0].when.startswith("2017-11-30T20:55")
    assert receipts[0].skipped == {}


@pytest.mark.parametrize(("first", "last"), [(0, 0), (1, 0), (0, -1)], ids=["from zero", "from one", "end inclusive"])
def test_places_without_words_are_read_from_the_transcript(first: int, last: int, tmp_path: Path) -> None:
    """A table of document, start, end, code and coder needs no quotes, however its program counts characters."""
    talk = (
        "I: How was it? 🫖\n\nR: It was hard, and then it was harder than that. Nobody came to help us\n\nI: And now?\nFine.\n"
    )
    (tmp_path / "Talk.txt").write_text(talk, encoding="utf-8")
    words = ["How was it", "It was hard", "it was harder", "Nobody came", "help us", "And now", "came to", "was hard", "Fine"]
    rows = [f"Talk,{talk.index(w) + first},{talk.index(w) + len(w) + last},x{n},Ana" for n, w in enumerate(words)]
    (tmp_path / "a.csv").write_text("document,start,end,code,coder\n" + "\n".join(rows) + "\n", encoding="utf-8")
    study, receipts = read_all([tmp_path])
    assert [study.by_id[c.document].text_of(c) for c in study.codings] == words
    assert f"{2 * len(words)} of {2 * len(words)} begin or end where words do" in str(receipts[-1])


def test_places_that_are_no_places_are_refused(tmp_path: Path) -> None:
    """Times are no places in a text; a row of a transcript that is not there is counted and its likely name proposed."""
    talk = "I: How was it?\n\nR: " + "unquestionably remarkable circumstances " * 40 + "\n"
    (tmp_path / "Talk 7.txt").write_text(talk, encoding="utf-8")
    head = "document,start,end,code,coder\n"
    (tmp_path / "t.csv").write_text(head + "".join(f"Talk 7,{n},{n + 4},x,Ana\n" for n in (33, 73, 140, 177, 213, 250)))
    with pytest.raises(InputError, match="do not fit the transcripts"):
        read_all([tmp_path])
    (tmp_path / "t.csv").write_text(head + "Talk 7,3,6,x,Ana\nTalk 7,3,9999,x,Ana\nTalk 7 final,3,6,x,Ana\n")
    receipt = str(read_all([tmp_path])[1][-1])
    assert "kept 1 + skipped 2 (1 with a place not found in the transcript, 1 in a transcript that is not found)" in receipt
    assert "--same 'Talk 7 final=Talk 7'" in receipt


def test_a_table_of_codings_may_be_called_codes(tmp_path: Path) -> None:
    """A file called 'codes' whose columns say document, quote and coder holds codings, not a codebook."""
    paths = _files(tmp_path, "Document,Quote,Code,Coder\nTalk,Very hard.,x,Ana\n", "codes.csv")
    study = read_all(paths)[0]
    assert _coded(study) == {("Ana", "x", "Very hard.")}
