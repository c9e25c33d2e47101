"""QualCoder projects: read exactly, and written only as a copy with more in it."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.errors import AutocodeError, InputError
from autocode.formats import WriteOptions, read, read_all, write
from autocode.formats.receipt import MACHINE
from autocode.study import Coder, Coding, Document, Segment, Study, Suggestion
from autocode.study.codebook import Code, Codebook
from tests.conftest import shared
from tests.formats.projects_made import database

TEXT = "Hello 👩 there.\r\nIt was hard, you know.\n"
TABLES = """
CREATE TABLE project (databaseversion text);
CREATE TABLE source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text,
  date text, unique(name));
CREATE TABLE code_cat (catid integer primary key, name text, owner text, date text, memo text,
  supercatid integer, unique(name));
CREATE TABLE code_name (cid integer primary key, name text, memo text, catid integer, owner text, date text,
  color text{more}, unique(name));
CREATE TABLE code_text (ctid integer primary key, cid integer, fid integer, seltext text, pos0 integer,
  pos1 integer, owner text, date text, memo text, avid integer, important integer,
  unique(cid,fid,pos0,pos1,owner));
CREATE TABLE cases (caseid integer primary key, name text, memo text, owner text, date text);
CREATE TABLE case_text (id integer primary key, caseid integer, fid integer, pos0 integer, pos1 integer);
CREATE TABLE attribute (attrid integer primary key, name text, attr_type text, value text, id integer,
  date text, owner text);
CREATE TABLE annotation (anid integer primary key, fid integer, pos0 integer, pos1 integer, memo text);
CREATE TABLE code_image (imid integer primary key, cid integer);
"""


def _span(words: str) -> tuple[int, int]:
    return TEXT.index(words), TEXT.index(words) + len(words)


def _project(folder: Path, more: str = "", **rows: list[tuple[object, ...]]) -> Path:
    kept: dict[str, list[tuple[object, ...]]] = {
        "source": [
            (1, "Interview", TEXT, None, "a memo", "ana", "2026-01-01 10:00:00"),
            (2, "photo", None, "/images/p.png", "", "ana", ""),
        ],
        "code_cat": [(1, "Mood", "ana", "", "how it felt", None)],
        "code_name": [(1, "hard", "difficulty", 1, "ana", "", "#FFFFFF", *((None,) if more else ()))],
        "code_text": [(1, 1, 1, "It was hard", *_span("It was hard"), "ana", "2026-01-02 11:12:13", "note", 0, 0)],
        **rows,
    }
    database(folder / "p.qda" / "data.qda", TABLES.replace("{more}", more), **kept)
    return folder / "p.qda"


def test_a_project_is_read_with_its_categories_and_owners(tmp_path: Path) -> None:
    """Positions count the stored line ends; categories are themes; the owner is the coder."""
    study, receipts = read_all([_project(tmp_path)])
    (found,) = study.codings
    assert study.documents[0].text == TEXT.replace("\r\n", "\n")
    assert study.documents[0].text_of(found) == "It was hard"
    assert (found.code, found.coder, found.memo, found.when) == ("Mood > hard", "ana", "note", "2026-01-02T11:12:13")
    assert study.codebook.by_path["Mood"].definition == "how it felt"
    assert study.documents[0].variables == {"Memo": "a memo"}
    assert "1 that are not text" in str(receipts[0])


def test_owners_are_coders_and_one_span_may_have_two(tmp_path: Path) -> None:
    """Two owners of the same words and code are two codings."""
    rows = [(n, 1, 1, "hard", *_span("hard"), owner, "", "", None, None) for n, owner in enumerate(("ana", "ben"))]
    assert read(_project(tmp_path, code_text=rows)).humans == ("ana", "ben")


def test_words_that_moved_are_found_near_their_place(tmp_path: Path) -> None:
    """A text edited after coding keeps its coding where the words now are, and the receipt counts it."""
    start, end = _span("you know")
    rows = [
        (1, 1, 1, "you know", start + 3, end + 3, "ana", "", "", None, None),
        (2, 1, 1, "gone words", 0, 10, "ana", "", "", None, None),
    ]
    study, receipts = read_all([_project(tmp_path, code_text=rows)])
    assert [study.documents[0].text_of(c) for c in study.codings] == ["you know"]
    assert "1 were found elsewhere" in str(receipts[-1])
    assert receipts[-1].skipped["whose words are not found in the text"] == 1


def test_codes_under_codes_of_version_4_are_a_tree(tmp_path: Path) -> None:
    """A code may have a code as its parent since the database's version 16."""
    codes = [(1, "hard", "", 1, "", "", "", None), (2, "too hard", "", None, "", "", "", 1)]
    study = read(_project(tmp_path, ", supercid integer", code_name=codes))
    assert [c.path for c in study.codebook] == ["Mood", "Mood > hard", "Mood > hard > too hard"]


def test_categories_in_a_circle_do_not_hang_the_reader(tmp_path: Path) -> None:
    """A circle of parents is cut and told."""
    cats = [(1, "a", "", "", "", 2), (2, "b", "", "", "", 1)]
    study, receipts = read_all([_project(tmp_path, code_cat=cats)])
    assert {"a", "b"} <= {c.path for c in study.codebook}
    assert "without a place in the tree" in str(receipts[-1])


def test_cases_and_attributes_are_variables(tmp_path: Path) -> None:
    """What QualCoder knows of a file and of its case is known of the document."""
    rows: dict[str, list[tuple[object, ...]]] = {
        "cases": [(1, "Mary", "", "", "")],
        "case_text": [(1, 1, 1, 0, 0)],
        "attribute": [(1, "Age", "case", "40", 1, "", ""), (2, "Place", "file", "Rome", 1, "", "")],
    }
    assert read(_project(tmp_path, **rows)).documents[0].variables == {
        "Case": "Mary",
        "Age": "40",
        "Place": "Rome",
        "Memo": "a memo",
    }


def _study(project: Path) -> Study:
    """The project read, with a coding, a code and a document more."""
    study = read(project)
    new = (Coding("Interview", 0, 5, "Mood > hard", "ana"), Coding("New", 0, 3, "Other > fresh", "ben", "why"))
    book = Codebook((*study.codebook, Code("Other"), Code("fresh", "Other", "new here")))
    documents = (*study.documents, Document("New", "one two 👩 three", "New"))
    return Study(documents, book, (*study.coders, Coder("ben", "ben")), (*study.codings, *new), study.readings)


def test_a_changed_copy_holds_more_and_the_original_stays(tmp_path: Path) -> None:
    """Codings, codes, documents and suggestions are added; the original is untouched to the byte."""
    project = _project(tmp_path)
    (project / "documents").mkdir()
    (project / "documents" / "x.docx").write_bytes(b"x")
    before = hashlib.sha256((project / "data.qda").read_bytes()).digest()
    suggestion = Suggestion(Segment("New", 4, 7, "1"), "Mood > hard", 0.7, "suggest")
    study = _study(project)
    write(study, tmp_path / "out.qda", WriteOptions((suggestion,), original=project))
    back = read(tmp_path / "out.qda")
    assert set(study.codings) <= set(back.codings)
    assert [back.by_id[c.document].text_of(c) for c in back.codings if c.coder == MACHINE] == ["two"]
    assert {c.id: c.kind for c in back.coders} == {"ana": "human", "ben": "human", MACHINE: "machine"}
    assert back.codebook.by_path["Other > fresh"].definition == "new here"
    assert (tmp_path / "out.qda" / "documents" / "x.docx").read_bytes() == b"x"
    assert hashlib.sha256((project / "data.qda").read_bytes()).digest() == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_quoted_words_of_added_codings_are_the_stored_ones(tmp_path: Path) -> None:
    """QualCoder's own check, the words at the positions, holds for every row of the copy."""
    project = _project(tmp_path)
    write(_study(project), tmp_path / "out.qda", WriteOptions(original=project))
    with closing(sqlite3.connect(tmp_path / "out.qda" / "data.qda")) as connection:
        rows = connection.execute("SELECT seltext, pos0, pos1, fulltext FROM code_text JOIN source ON fid=id").fetchall()
    assert len(rows) == 3
    assert all(text[start:end] == words for words, start, end, text in rows)


def test_writing_twice_adds_nothing_twice(tmp_path: Path) -> None:
    """What the project has already is not added again."""
    project = _project(tmp_path)
    write(read(project), tmp_path / "out.qda", WriteOptions(original=project))
    assert read(tmp_path / "out.qda").codings == read(project).codings


def test_names_of_new_coders_are_listed_where_the_project_lists_them(tmp_path: Path) -> None:
    """Since version 14 QualCoder keeps a table of coder names."""
    project = _project(tmp_path)
    with closing(sqlite3.connect(project / "data.qda")) as connection, connection:
        connection.execute("CREATE TABLE coder_names (name TEXT UNIQUE NOT NULL, visibility INTEGER NOT NULL DEFAULT 1)")
    write(_study(project), tmp_path / "out.qda", WriteOptions(original=project))
    with closing(sqlite3.connect(tmp_path / "out.qda" / "data.qda")) as connection:
        assert connection.execute("SELECT name FROM coder_names ORDER BY name").fetchall() == [("ana",), ("ben",)]


def test_a_copy_needs_an_original_and_a_free_name(tmp_path: Path) -> None:
    """Nothing is made up and nothing is overwritten."""
    project = _project(tmp_path)
    with pytest.raises(InputError, match="changed copy of the original"):
        write(read(project), tmp_path / "out.qda")
    with pytest.raises(InputError, match="there already"):
        write(read(project), project, WriteOptions(original=project))


def test_a_project_with_triggers_is_not_written_to(tmp_path: Path) -> None:
    """A trigger would run with every row that is added."""
    project = _project(tmp_path)
    with closing(sqlite3.connect(project / "data.qda")) as connection, connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON code_text BEGIN DELETE FROM source; END")
    with pytest.raises(AutocodeError, match="triggers"):
        write(_study(project), tmp_path / "out.qda", WriteOptions(original=project))
    assert not (tmp_path / "out.qda").exists()


def test_views_are_no_tables_and_another_database_is_refused(tmp_path: Path) -> None:
    """A view that never ends is never asked; a database of another program is named as such."""
    with pytest.raises(InputError, match="no QualCoder project"):
        read(shared("formats", "samples", "adversarial", "sqlite_evil_view.qda"))


def test_every_coding_of_a_real_project_is_where_it_says() -> None:
    """All 394 codings of a real project match the words kept with them."""
    study, receipts = read_all([shared("formats", "samples", "qualcoder", "mannheimer_a.qda")])
    assert (len(study.documents), len(study.codebook), len(study.codings)) == (15, 285, 394)
    assert "394 of 394" in str(receipts[-1])


def test_a_changed_copy_of_a_real_project_keeps_everything(tmp_path: Path) -> None:
    """The copy reads as the original and the suggestion."""
    original = shared("formats", "samples", "qualcoder", "mannheimer_a.qda")
    study = read(original)
    suggestion = Suggestion(Segment(study.documents[3].id, 100, 140, "1"), study.codebook.codes[7].path, 0.7, "suggest")
    write(study, tmp_path / "out.qda", WriteOptions((suggestion,), original=original))
    back = read(tmp_path / "out.qda")
    assert back.codings[:-1] == study.codings
    assert back.codings[-1].coder == MACHINE
    assert back.codebook == study.codebook


def test_a_code_has_its_colour_there_and_back(tmp_path: Path) -> None:
    """The colour chosen in the project is the code's; a copy that gets a new code gives it its own, or grey."""
    original = _project(tmp_path)
    with closing(sqlite3.connect(original / "data.qda")) as base, base:
        base.execute("UPDATE code_name SET color = '#EF8256'")
    study = read(original)
    assert study.codebook.by_path["Mood > hard"].colour == "#ef8256"
    book = Codebook((*study.codebook, Code("blue", colour="#0000ff"), Code("plain")))
    (one,) = study.codings
    more = tuple(replace(one, code=code) for code in ("blue", "plain"))
    write(replace(study, codebook=book, codings=(one, *more)), tmp_path / "q.qda", WriteOptions(original=original))
    back = read(tmp_path / "q.qda").codebook.by_path
    assert [back[c].colour for c in ("Mood > hard", "blue", "plain")] == ["#ef8256", "#0000ff", ""]
