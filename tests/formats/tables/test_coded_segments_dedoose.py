"""Dedoose's excerpts."""

from __future__ import annotations

from pathlib import Path

from autocode.config import Config
from autocode.formats import read_all
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.study.matrix import coding_matrix
from tests.conftest import shared

HEAD = [
    "Media Title",
    "Excerpt Range",
    "Excerpt Creator",
    "Excerpt Date",
    "Excerpt Copy",
    "Codes Applied Combined",
    "Code: A, really Applied",
    "Code: A, really Weight",
    "Code: B\\C Applied",
    "Code: B\\C Weight",
]


def _file(path: Path, *rows: list[object]) -> Path:
    write_workbook(path, {"Sheet1": (HEAD, rows)})
    return path


def test_codes_come_from_their_columns(tmp_path: Path) -> None:
    """A comma in a name parts nothing, a backslash makes the tree, weights and dates are kept."""
    path = _file(
        tmp_path / "e.xlsx",
        ["T.docx", "Excerpt 4-9", "ana", "7/1/2025", "words", "A, really, C", "True", 3, "True", ""],
        ["T.docx", "4-9", "ben", "7/1/2025", "words", "", "False", "", "False", ""],
    )
    study, _ = read_all([path])
    assert [c.path for c in study.codebook] == ["A, really", "B", "B > C"]
    assert [(c.code, c.coder, c.when, c.weight) for c in study.codings] == [
        ("A, really", "ana", "2025-07-01", 3),
        ("B > C", "ana", "2025-07-01", None),
    ]
    assert {r.coder for r in study.readings} == {"ana", "ben"}
    assert [s.id for s in study.documents[0].segments] == ["4-9"]


def test_excerpts_are_located_where_the_transcript_is_known(tmp_path: Path) -> None:
    """Dedoose's offsets only choose between two equal quotes."""
    (tmp_path / "T.txt").write_text("R: words, words\n")
    path = _file(tmp_path / "e.xlsx", ["T.docx", "12-17", "ana", "", "words", "", "True", "", "False", ""])
    study, _ = read_all([path, tmp_path / "T.txt"])
    assert [(c.start, c.end) for c in study.codings] == [(10, 15)]


def test_a_real_export_has_its_double_coding() -> None:
    """1,200 rows of seven coders; 293 places are coded by more than one of them."""
    study, receipts = read_all([shared("formats", "samples", "dedoose", "dedoose_excerpts_multicoder_scrubbed.xlsx")])
    assert (len(study.documents), len(study.coders), len(study.codings)) == (14, 7, 1952)
    assert receipts[0].given == 1200
    assert receipts[0].skipped == {"doubled": 2}
    seen = coding_matrix(study, Config(), study.humans)
    assert len(seen.segments) == sum(len(d.segments) for d in study.documents)


def test_a_simulated_export_is_read() -> None:
    """Ranges that begin with a word, codes parted by semicolons: 20 rows, 120 codings."""
    study, _ = read_all([shared("formats", "samples", "dedoose", "dedoose_demo_excerpts_simulated.xlsx")])
    assert (len(study.codebook), len(study.coders), len(study.codings)) == (11, 6, 120)
