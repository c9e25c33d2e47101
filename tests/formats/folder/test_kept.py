"""What the readable files of an open folder cannot say, and that what a person edits wins over it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read, read_all, write
from autocode.formats.folder.kept import DETAILS, file_names
from autocode.study import Coder, Coding, Document, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook

TEXT = "I: one\nR: two and three\n"


@pytest.fixture
def study() -> Study:
    """A study that a folder cannot hold without its details."""
    first = Document(
        "b/1",
        TEXT,
        "First",
        (Turn(3, 6, "Iris", 0, 900),),
        (Segment("b/1", 10, 23, "u1", "R"),),
        {"employer": "Clinic", "note": ""},
        "interview",
        "b.docx",
        "g-1",
        ("ward",),
    )
    second = Document("a", " \n")
    coding = Coding("b/1", 10, 13, "c", "ana")
    return Study((first, second), Codebook((Code("c"),)), (Coder("ana"),), (coding,), (Reading("b/1", "ana", 0, 13),), "s")


@pytest.mark.row(7)
def test_names_of_files_are_safe_and_distinct_on_every_system() -> None:
    """Slashes, reserved and hidden names, and names that differ only in case or in how they are composed."""
    names = file_names(["a/b", "a_b", "Con", "con.x", "readme", ".x", "E\u0301", "é", "ok", "x" * 300, ""])
    assert names["ok"] == "ok"
    assert (names["a/b"], names["a_b"]) == ("a_b", "a_b (2)")
    assert (names["Con"], names["con.x"], names["readme"], names[".x"]) == ("_Con", "_con.x", "_readme", "_.x")
    assert (names["E\u0301"], names["é"]) == ("E\u0301", "é (2)")
    assert len(names["x" * 300]) == 180
    assert len({name.casefold() for name in names.values()}) == len(names)


def test_a_plain_study_needs_no_details(study: Study, tmp_path: Path) -> None:
    """The file is written only where it is needed, and removed where it no longer is."""
    write(study, tmp_path / "s")
    assert (tmp_path / "s" / DETAILS).is_file()
    assert read(tmp_path / "s") == study
    plain = Document("b", "R: all\n", "b", source="b.txt")
    write(Study((plain,), name="s"), tmp_path / "s")
    assert not (tmp_path / "s" / DETAILS).exists()


def test_a_changed_transcript_loses_turns_and_units_and_says_so(study: Study, tmp_path: Path) -> None:
    """Offsets of another text are never used: speakers are found again in the text as it is."""
    write(study, tmp_path / "s")
    (tmp_path / "s" / "transcripts" / "b_1.txt").write_text(TEXT.replace("one", "oneself"))
    again, receipts = read_all([tmp_path / "s"])
    document = again.by_id["b/1"]
    assert ([t.speaker for t in document.turns], document.segments, document.groups) == (["I", "R"], (), ("ward",))
    assert any("the text of 'b/1' was changed" in note for r in receipts for note in r.notes)


def test_a_column_deleted_from_the_participants_is_gone(study: Study, tmp_path: Path) -> None:
    """What a person takes out of the table for privacy stands nowhere else."""
    write(study, tmp_path / "s")
    assert "Clinic" not in (tmp_path / "s" / DETAILS).read_text()
    (tmp_path / "s" / "participants.csv").write_text("document,kind\nb/1,literature\n")
    document = read(tmp_path / "s").by_id["b/1"]
    assert (dict(document.variables), document.kind) == ({}, "literature")


def test_who_read_what_follows_the_study_s_own_file(study: Study, tmp_path: Path) -> None:
    """A reading of a part holds as long as study.toml says that the coder read the document."""
    write(study, tmp_path / "s")
    about = tmp_path / "s" / "study.toml"
    about.write_text(about.read_text().replace('documents = ["b/1"]', "documents = []"))
    assert read(tmp_path / "s").readings == ()
    about.write_text(about.read_text().replace("documents = []", 'documents = ["a", "b/1"]'))
    assert read(tmp_path / "s").readings == (Reading("a", "ana", 0, 2), Reading("b/1", "ana", 0, 13))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"documents": {"b_1": 3}, "order": [], "codes": [], "readings": []}',
        '{"documents": {}, "order": [], "codes": [], "readings": [[1]]}',
    ],
)
def test_damaged_details_are_one_line(text: str, study: Study, tmp_path: Path) -> None:
    """The line says which file it is and that it may be deleted."""
    write(study, tmp_path / "s")
    (tmp_path / "s" / DETAILS).write_text(text)
    with pytest.raises(InputError, match=r"details\.json: it is damaged .* delete this file"):
        read(tmp_path / "s")


def test_a_turn_outside_its_text_is_damage(study: Study, tmp_path: Path) -> None:
    """An offset that somebody changed by hand is refused."""
    write(study, tmp_path / "s")
    said = json.loads((tmp_path / "s" / DETAILS).read_text())
    said["documents"]["b_1"]["turns"] = [[0, 10_000, "I", None, None]]
    (tmp_path / "s" / DETAILS).write_text(json.dumps(said))
    with pytest.raises(InputError, match="is damaged"):
        read(tmp_path / "s")
