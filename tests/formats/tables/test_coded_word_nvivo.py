"""NVivo's node report, in the shape its manuals show."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import ReadOptions, read, read_all
from autocode.formats.tables.coded_word import is_node_report
from tests.formats.office import docx, paragraphs

REPORT = """<Files\\\\Interview 1> - § 2 references coded  [4.21% Coverage]

Reference 1 - 1.20% Coverage

It was hard.

Reference 2 - 3,01% Coverage

Two lines
of words.

<Internals\\\\Group\\\\Interview 2> - § 1 reference coded [0.50% Coverage]

Reference 1 - 0.50% Coverage

Other words.
"""


def test_references_are_located_in_their_transcripts(tmp_path: Path) -> None:
    """The report's file name is the code; each reference finds its words in the file it names."""
    (tmp_path / "Interview 1.txt").write_text("R: Well. It was hard.\nTwo lines\nof words.\n")
    (tmp_path / "Trust.txt").write_text(REPORT, encoding="utf-8")
    study, receipts = read_all([tmp_path / "Interview 1.txt", tmp_path / "Trust.txt"], ReadOptions(coder="ana"))
    found = [(c.document, c.code, study.by_id[c.document].text_of(c)) for c in study.codings]
    assert found == [
        ("Interview 1", "Trust", "It was hard."),
        ("Interview 1", "Trust", "Two lines\nof words."),
        ("Interview 2", "Trust", "Other words."),
    ]
    assert "read as an NVivo node report" in str(receipts[-1])


def test_a_heading_names_the_node(tmp_path: Path) -> None:
    """Where the report says the node, its path is the code; Word files are read too."""
    path = docx(tmp_path / "r.docx", paragraphs("Name: Nodes\\\\A\\\\B", *REPORT.replace("<", "&lt;").split("\n")))
    study = read(path, ReadOptions(coder="ana"))
    assert {c.code for c in study.codings} == {"A > B"}
    assert {d.id for d in study.documents} == {"Interview 1", "Interview 2"}


def test_the_report_names_no_coder(tmp_path: Path) -> None:
    """--coder must say whose coding it is."""
    (tmp_path / "r.txt").write_text(REPORT, encoding="utf-8")
    with pytest.raises(InputError, match="--coder NAME"):
        read(tmp_path / "r.txt")


def test_a_transcript_is_no_report() -> None:
    """Angle brackets and percents in talk do not make one."""
    assert not is_node_report("I: <laughs> - so 50 % of them?\nR: Reference 1 - yes.\n")
