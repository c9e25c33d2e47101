"""Names meet: the same is taken and told, the likely is asked, nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import CodebookError
from autocode.formats import ReadOptions, read_all
from autocode.formats.names import Known, likely, plain_name, renamed, twins
from autocode.study import Coder, Coding, Document, Study
from autocode.study.codebook import Code, Codebook

WORDS = "It was hard to find the time for all of it, and then the money went as well, so I left in the end. "


@pytest.mark.parametrize(
    ("new", "known", "found"),
    [
        ("Interview 10_final", ["Interview 1", "Interview 10"], "Interview 10"),
        ("Interview 10.docx", ["Interview 1", "Interview 10"], "Interview 10"),
        ("Interview 1", ["Interview 10", "Interview 11"], ""),
        ("ana.s", ["ana", "ben"], "ana"),
        ("Stres", ["Stress", "Wage"], "Stress"),
        ("Ana", ["Ben", "Eva"], ""),
        ("Interview 10 v2", ["Interview 10", "Interview 10 (copy)"], ""),
    ],
)
def test_the_likely_name_is_the_only_one_that_fits(new: str, known: list[str], found: str) -> None:
    """Versions, endings and letters may differ; numbers may not, and two candidates are none."""
    assert likely(new, known) == found


def test_a_number_tells_where_a_table_names_documents() -> None:
    """P01 may be Interview 01; without the number nothing is said."""
    assert likely("P01", ["Interview 01", "Interview 02"], numbered=True) == "Interview 01"
    assert likely("P01", ["Interview 01", "Interview 02"]) == ""


def test_plain_names_are_without_endings_numbers_of_atlas_and_accents_of_another_form() -> None:
    """Unicode forms, case, the ending of a file and ATLAS.ti's document number make no other name."""
    assert plain_name("D 1: Zoe\u0308.DOCX") == plain_name("zo\u00eb") == "zo\u00eb"


def test_the_same_words_under_two_names_are_one_document(tmp_path: Path) -> None:
    """A copy under another name, with other line ends, is the document that is there, and the receipt says so."""
    (tmp_path / "R01.txt").write_text(f"I: Well?\n\nR: {WORDS}\n")
    (tmp_path / "Interview one.txt").write_text(f"I: Well?\nR:  {WORDS}")
    study, receipts = read_all([tmp_path / "R01.txt", tmp_path / "Interview one.txt"])
    assert [(d.id, d.variables["also called"]) for d in study.documents] == [("R01", "Interview one")]
    assert "document 'Interview one' is 'R01' by its words" in str(receipts[-1])


@pytest.mark.row(17)
def test_names_in_two_forms_of_unicode_are_one_name(tmp_path: Path) -> None:
    """A Mac writes e and an accent where others write one sign."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "Zo\u00eb.txt").write_text(f"R: {WORDS}")
    (tmp_path / "b" / "Zoe\u0308.txt").write_text(f"R: {WORDS}\n")
    study, _ = read_all([tmp_path / "a", tmp_path / "b"])
    assert len(study.documents) == 1


def test_coders_are_the_same_but_for_case_and_asked_about_where_they_are_likely() -> None:
    """`Ana ` is ana; ana.s is a question that names the option, and stays apart."""
    known = Known()
    known.add((), ["ana"])
    one, notes = known.meet(Study(coders=(Coder("Ana"),)))
    assert ([c.id for c in one.coders], notes) == (["ana"], ("coder 'Ana' is 'ana'",))
    other, asked = known.meet(Study(coders=(Coder("ana.s"),)))
    assert [c.id for c in other.coders] == ["ana.s"]
    assert "--same 'ana.s=ana'" in asked[0]


def test_what_the_user_says_is_the_same_becomes_the_same() -> None:
    """One option for documents, coders and codes."""
    study = Study((Document("R1", WORDS),), coders=(Coder("ana.s"),), codings=(Coding("R1", 0, 5, "stres", "ana.s"),))
    made = renamed(study, {"ana.s": "ana", "stres": "Stress", "R1": "R01"})
    assert made.codings == (Coding("R01", 0, 5, "Stress", "ana"),)
    assert [d.id for d in made.documents] == ["R01"]


def test_a_passage_that_stands_in_one_transcript_names_its_document(tmp_path: Path) -> None:
    """A table that calls the document otherwise is located by what it quotes; otherwise the receipt asks."""
    (tmp_path / "R01.txt").write_text(f"I: Well?\nR: {WORDS}\n")
    (tmp_path / "R02.txt").write_text("I: Well?\nR: Nothing of the kind, everything went as smoothly as it can go.\n")
    table = tmp_path / "t.csv"
    table.write_text(f"document,text,code,coder\nsession-7,{WORDS[:40]},x,ana\n")
    study, receipts = read_all([tmp_path / "R01.txt", tmp_path / "R02.txt", table])
    assert [c.document for c in study.codings] == ["R01"]
    assert "'session-7' is R01: its passages stand there" in str(receipts[-1])
    table.write_text("document,text,code,coder\nInterview R02,words that nobody has ever said in there,x,ana\n")
    study, receipts = read_all([tmp_path / "R01.txt", tmp_path / "R02.txt", table])
    assert "is no transcript that is there" in str(receipts[-1])
    study, _ = read_all([tmp_path / "R01.txt", tmp_path / "R02.txt", table], ReadOptions(same={"Interview R02": "R02"}))
    assert not study.codings
    assert len(study.documents) == 2


def test_a_code_written_otherwise_is_found_and_one_that_is_likely_is_asked_about(tmp_path: Path) -> None:
    """Case, spaces and the sign between levels make no other code; a misspelt one names the option."""
    book = Codebook((Code("Work"), Code("Stress", "Work")))
    table = tmp_path / "t.csv"
    table.write_text("document,text,code,coder\nd,some words,work/stress ,ana\n")
    study, receipts = read_all([table], ReadOptions(codebook=book))
    assert [c.code for c in study.codings] == ["Work > Stress"]
    assert "code 'work/stress' is 'Work > Stress'" in str(receipts[-1])
    table.write_text("document,text,code,coder\nd,some words,Stres,ana\n")
    with pytest.raises(CodebookError, match=r"--same 'Stres=Stress'"):
        read_all([table], ReadOptions(codebook=book))


def test_the_same_codings_under_two_coders_are_named() -> None:
    """Identical to the letter: somebody exported one person twice."""
    codings = [Coding("d", n, n + 2, "c", who) for who in ("ana", "ben") for n in range(6)]
    study = Study((Document("d", WORDS),), coders=(Coder("ana"), Coder("ben")), codings=tuple(codings))
    assert "'ana' and 'ben' are the same to the letter" in twins(study)[0]
    assert not twins(Study(study.documents, coders=study.coders, codings=tuple(codings[:-1])))
