"""Letters to participants: what they said, and nothing that is not theirs."""

from __future__ import annotations

from pathlib import Path

import docx

from autocode.ethics.letters import write_letters
from autocode.study import Study


def test_each_interview_has_a_word_file_and_a_page(study: Study, tmp_path: Path) -> None:
    """Two files for each interview, with every unit of its transcript and no words of another."""
    written = write_letters(study, tmp_path)
    assert len(written) == 2 * len(study.documents)
    page = (tmp_path / "D3.html").read_text(encoding="utf-8")
    assert "hello number 3" in page
    assert "hello number 4" not in page
    table = docx.Document(str(tmp_path / "D3.docx")).tables[1]
    said = [row.cells[2].text for row in table.rows[1:]]
    assert said == [study.by_id["D3"].text_of(t) for t in study.by_id["D3"].turns]


def test_a_letter_names_no_code_unless_it_is_a_summary(study: Study, tmp_path: Path) -> None:
    """The transcript goes without the coding; a summary has only coded passages, with definitions."""
    write_letters(study, tmp_path / "whole")
    write_letters(study, tmp_path / "short", summary=True)
    assert "The employer values" not in (tmp_path / "whole" / "D3.html").read_text(encoding="utf-8")
    short = (tmp_path / "short" / "D3.html").read_text(encoding="utf-8")
    assert "Recognition: The employer values a badge." in short
    assert "my cat sleeps" not in short


def test_letters_are_the_same_bytes_twice(study: Study, tmp_path: Path) -> None:
    """Exporting again gives equal files."""
    first = [p.read_bytes() for p in write_letters(study, tmp_path / "a")]
    assert first == [p.read_bytes() for p in write_letters(study, tmp_path / "b")]
