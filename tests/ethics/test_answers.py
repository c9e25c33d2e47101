"""Answers come back: approval, comments, corrections."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from autocode.errors import InputError, StudyError
from autocode.ethics.answers import Answer, Kept, load_answers, read_answers, save_answers, take
from autocode.ethics.letters import write_letters
from autocode.study import Study
from tests.dossier.soffice import convert


def _letter(study: Study, folder: Path, document: str = "D3") -> Path:
    write_letters(study, folder)
    return folder / f"{document}.docx"


def _read(path: Path) -> Answer:
    """The one answer of a letter on one interview."""
    (answer,) = read_answers(path)
    return answer


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
    answer = _read(_filled(_letter(study, tmp_path), 1, comment="All fine."))
    assert (answer.document, answer.answer, answer.comments) == ("D3", "approved", {"": "All fine."})
    assert take(study, answer).study == study


def test_no_mark_is_no_answer_and_two_are_refused(study: Study, tmp_path: Path) -> None:
    """An unmarked letter counts as no answer; two marks are an error that names the file."""
    path = _letter(study, tmp_path)
    assert read_answers(path)[0].answer == "no answer"
    with pytest.raises(InputError, match="more than one"):
        _read(_filled(_filled(path, 1), 2))


def test_a_correction_moves_codings_along(study: Study, tmp_path: Path) -> None:
    """A corrected passage changes the text; codings over and after it still stand on their words."""
    words = "my boss and the employer value the badge when they hire people 3"
    taken = take(study, _read(_filled(_letter(study, tmp_path), 2, 3, words)))
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
    taken = take(study, _read(_filled(_letter(study, tmp_path), 2, 3, "")))
    assert {c.code for c in taken.lost} == {"Work > Recognition"}
    assert len(taken.study.codings) == len(study.codings) - len(taken.lost)


def test_corrections_to_an_older_wording_are_refused(study: Study, tmp_path: Path) -> None:
    """Where the transcript changed after the letter was made, corrections have no place."""
    answer = _read(_filled(_letter(study, tmp_path), 2, 3, "quite other words"))
    newer = replace(study, documents=tuple(replace(d, text=d.text + "\n") for d in study.documents))
    with pytest.raises(StudyError, match="changed since"):
        take(newer, answer)


def test_another_word_file_is_no_letter(tmp_path: Path) -> None:
    """A Word file without our tables is refused in one line."""
    docx.Document().save(str(tmp_path / "x.docx"))
    with pytest.raises(InputError, match="no letter"):
        read_answers(tmp_path / "x.docx")[0]


def _two_interviews(study: Study) -> Study:
    """D3 and D5 are interviews with one person."""
    people = tuple(replace(d, variables={"respondent": "Ms & Co" if d.id in ("D3", "D5") else d.id}) for d in study.documents)
    return replace(study, documents=people)


def _answer_both(path: Path) -> None:
    """Correct a passage of the second interview, comment on one of the first and on the whole."""
    letter = docx.Document(str(path))
    letter.tables[0].rows[2].cells[0].text = "x"
    letter.tables[1].rows[2].cells[3].text = "On the rain."
    letter.tables[2].rows[4].cells[2].text = "my shift takes all the hours 5"
    letter.tables[3].rows[1].cells[0].text = "Thank you."
    letter.save(str(path))


def test_a_participant_with_two_interviews_gets_one_letter_that_answers_both(study: Study, tmp_path: Path) -> None:
    """Each interview has its own answer; corrections and comments go to the one they were written in."""
    two = _two_interviews(study)
    written = write_letters(two, tmp_path)
    assert len(written) == 2 * (len(study.documents) - 1)
    path = tmp_path / "Ms _ Co.docx"
    _answer_both(path)
    first, second = read_answers(path)
    assert (first.document, second.document) == ("D3", "D5")
    assert first.answer == second.answer == "approved with corrections"
    assert (first.comments, second.comments) == ({"2": "On the rain.", "": "Thank you."}, {})
    assert take(two, first).corrected == ()
    taken = take(two, second)
    assert taken.corrected == ("4",)
    assert "my shift takes all the hours 5" in taken.study.by_id["D5"].text
    assert taken.study.by_id["D3"] == two.by_id["D3"]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_a_letter_saved_by_another_writer_program_is_still_ours(study: Study, tmp_path: Path) -> None:
    """LibreOffice saves the file anew; documents, answer, correction and comments are read all the same."""
    two = _two_interviews(study)
    write_letters(two, tmp_path)
    _answer_both(tmp_path / "Ms _ Co.docx")
    convert(tmp_path / "Ms _ Co.docx", "docx", tmp_path / "back")
    first, second = read_answers(tmp_path / "back" / "Ms _ Co.docx")
    assert (first.document, first.sha256, first.comments) == (
        "D3",
        two.by_id["D3"].sha256,
        {"2": "On the rain.", "": "Thank you."},
    )
    assert take(two, second).corrected == ("4",)


def test_the_last_answer_of_a_document_stands(tmp_path: Path) -> None:
    """Answers are kept beside the study, one for each document."""
    path = tmp_path / "members.json"
    save_answers(path, [Kept("a", "no answer", 0, {}), Kept("b", "approved", 0, {})])
    save_answers(path, [Kept("a", "approved", 0, {"": "ok"})])
    assert [(k.document, k.answer) for k in load_answers(path)] == [("a", "approved"), ("b", "approved")]
    path.write_text("{")
    with pytest.raises(InputError, match="damaged"):
        load_answers(path)
