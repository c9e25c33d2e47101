"""Word comments as codes."""

from __future__ import annotations

from pathlib import Path

from autocode.formats import ReadOptions, read, read_all
from autocode.study import Study
from tests.conftest import shared
from tests.formats.office import comment, docx, marked, paragraphs


def _coded(study: Study) -> set[tuple[str, str, str]]:
    return {(c.coder, c.code, study.by_id[c.document].text_of(c)) for c in study.codings}


def test_a_comment_names_codes(tmp_path: Path) -> None:
    """One line or semicolon a code; the author is the coder; long remarks are counted, not coded."""
    comments = comment(0, "Ana", "Code: Trust; Cost") + comment(1, "Ben", "#Work\\Time")
    comments += comment(2, "Ana", "Ask again. " * 20)
    body = marked(0, "R: well") + marked(1, "R: yes") + marked(2, "R: no")
    study, receipts = read_all([docx(tmp_path / "a.docx", body, comments)])
    assert _coded(study) == {("Ana", "Trust", "R: well"), ("Ana", "Cost", "R: well"), ("Ben", "Work > Time", "R: yes")}
    assert receipts[1].skipped == {"that name no code": 1}
    assert {c.when for c in study.codings} == {"2026-01-02"}


def test_beside_a_codebook_only_its_codes_count(tmp_path: Path) -> None:
    """Free comments like 'check this' are no unknown codes, but ones the codebook lacks are counted."""
    (tmp_path / "book.csv").write_text("code,parent\nTrust,\nHope, \n")
    path = docx(
        tmp_path / "a.docx",
        marked(0, "R: well") + marked(1, "R: no"),
        comment(0, "Ana", "Trust") + comment(1, "Ana", "check this"),
    )
    study, receipts = read_all([path, tmp_path / "book.csv"])
    assert _coded(study) == {("Ana", "Trust", "R: well")}
    assert receipts[1].skipped == {"that name no code": 1}


def test_dedooses_offsets_are_taken_where_they_fit(tmp_path: Path) -> None:
    """Offsets into the transcript decide if they begin and end with words as often as the ranges do."""
    body = marked(0, "R: it was hard") + paragraphs("R: yes")
    study, receipts = read_all([docx(tmp_path / "a.docx", body, comment(0, "Ana", "Codes (3-14)", "Trust", "Cost"))])
    assert _coded(study) == {("Ana", "Trust", "it was hard"), ("Ana", "Cost", "it was hard")}
    assert "positions from the offsets" in str(receipts[1])
    drifted = read_all([docx(tmp_path / "b.docx", body, comment(0, "Ana", "Codes (4-13)", "Trust"))])[0]
    assert _coded(drifted) == {("Ana", "Trust", "R: it was hard")}


def test_nobody_in_particular_gets_a_name(tmp_path: Path) -> None:
    """Comments signed 'Coder' are given to --coder; without it the receipt asks."""
    path = docx(tmp_path / "a.docx", marked(0, "R: well"), comment(0, "Coder", "x"))
    assert {c.coder for c in read(path, ReadOptions(coder="ana")).codings} == {"ana"}
    assert "give --coder NAME" in str(read_all([path])[1][1])
    signed = docx(tmp_path / "b.docx", marked(0, "R: well"), comment(0, "Ben", "x"))
    assert {c.coder for c in read(signed, ReadOptions(coder="ana")).codings} == {"Ben"}


def test_two_files_of_nobody_on_one_text_are_two_coders(tmp_path: Path) -> None:
    """Two people's copies of a transcript, both signed 'Coder', are not one person's work; copies of two texts are."""
    text = "R: it was hard for all of us in the first winter, but then neighbours came with soup, and it grew easier by the day"
    one = docx(tmp_path / "Talk ana.docx", marked(0, text), comment(0, "Coder", "x"))
    two = docx(tmp_path / "Talk ben.docx", marked(0, text), comment(0, "Coder", "y"))
    study, receipts = read_all([one, two])
    assert {(c.coder, c.code) for c in study.codings} == {("Coder", "x"), ("Coder (Talk ben)", "y")}
    assert "to name both, import again with --coder NAME=FILE" in str(receipts[-1])
    other = docx(tmp_path / "Other.docx", marked(0, "R: something else was said there"), comment(0, "Coder", "y"))
    assert {c.coder for c in read_all([one, other])[0].codings} == {"Coder"}


def test_real_coded_documents_are_read() -> None:
    """Two coders' copies of one transcript: every comment becomes a coding inside the text."""
    for name, codings in (("dedoose_docx_coder_a.docx", 6), ("dedoose_docx_coder_b.docx", 5)):
        study = read(shared("formats", "samples", "dedoose", name), ReadOptions(coder=name[-6]))
        assert len(study.codings) == codings
        assert all(study.documents[0].text_of(c).strip() for c in study.codings)
