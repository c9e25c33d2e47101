"""Answers come back: approval, comments, corrections."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import docx
import pytest

from autocode.errors import InputError, StudyError
from autocode.members import Kept, load_answers, read_answer, save_answers, take, write_letters
from autocode.study import Study


def _letter(study: Study, folder: Path, document: str = "D3") -> Path:
    write_letters(study, folder)
    return folder / f"{document}.docx"


def _filled(path: Path, mark: int, passage: int = 0, words: str = "", comment: str = "") -> Path:
    """A letter as a participant fills it in."""
    letter = docx.Document(str(path))
    letter.tables[0].rows[mark].cells[0].text = "x"
    if passage:
        letter.tables[1].rows[passage].cells[2].text = words
    letter.tables[2].rows[1].cells[0].text = comment
    letter.save(str(path))
    return path


def test_a_letter_comes_back_with_its_answer_and_comment(study: Study, tmp_path: Path) -> None:
    """The marked box, the comment and the document are read; nothing was changed."""
    answer = read_answer(_filled(_letter(study, tmp_path), 1, comment="All fine."))
    assert (answer.document, answer.answer, answer.comments) == ("D3", "approved", {"": "All fine."})
    assert take(study, answer).study == study


def test_no_mark_is_no_answer_and_two_are_refused(study: Study, tmp_path: Path) -> None:
    """An unmarked letter counts as no answer; two marks are an error that names the file."""
    path = _letter(study, tmp_path)
    assert read_answer(path).answer == "no answer"
    with pytest.raises(InputError, match="more than one"):
        read_answer(_filled(_filled(path, 1), 2))


def test_a_correction_moves_codings_along(study: Study, tmp_path: Path) -> None:
    """A corrected passage changes the text; codings over and after it still stand on their words."""
    words = "my boss and the employer value the badge when they hire people 3"
    taken = take(study, read_answer(_filled(_letter(study, tmp_path), 2, 3, words)))
    document = taken.study.by_id["D3"]
    assert taken.corrected == ("3",)
    assert words in document.text
    said = {document.text_of(c) for c in taken.study.codings if c.document == "D3"}
    assert words in said
    assert "my shift at work takes all the hours and no evening is left 3" in said
    assert {c.coder for c in taken.moved} == {"ana", "ben", "agreed"}
    assert len(taken.study.codings) == len(study.codings)


def test_a_passage_taken_out_loses_its_codings_and_lists_them(study: Study, tmp_path: Path) -> None:
    """What a participant deletes is gone, with the codings over it, which are named."""
    taken = take(study, read_answer(_filled(_letter(study, tmp_path), 2, 3, "")))
    assert {c.code for c in taken.lost} == {"Work > Recognition"}
    assert len(taken.study.codings) == len(study.codings) - len(taken.lost)


def test_corrections_to_an_older_wording_are_refused(study: Study, tmp_path: Path) -> None:
    """Where the transcript changed after the letter was made, corrections have no place."""
    answer = read_answer(_filled(_letter(study, tmp_path), 2, 3, "quite other words"))
    newer = replace(study, documents=tuple(replace(d, text=d.text + "\n") for d in study.documents))
    with pytest.raises(StudyError, match="changed since"):
        take(newer, answer)


def test_another_word_file_is_no_letter(tmp_path: Path) -> None:
    """A Word file without our tables is refused in one line."""
    docx.Document().save(str(tmp_path / "x.docx"))
    with pytest.raises(InputError, match="no letter"):
        read_answer(tmp_path / "x.docx")


def test_the_last_answer_of_a_document_stands(tmp_path: Path) -> None:
    """Answers are kept beside the study, one for each document."""
    path = tmp_path / "members.json"
    save_answers(path, [Kept("a", "no answer", 0, {}), Kept("b", "approved", 0, {})])
    save_answers(path, [Kept("a", "approved", 0, {"": "ok"})])
    assert [(k.document, k.answer) for k in load_answers(path)] == [("a", "approved"), ("b", "approved")]
    path.write_text("{")
    with pytest.raises(InputError, match="damaged"):
        load_answers(path)
