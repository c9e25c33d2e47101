"""Taguette projects: bytes over the text of HTML, coders from the command log, out as a changed copy."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.errors import InputError, StoreError
from autocode.formats import ReadOptions, WriteOptions, read, read_all, write
from autocode.formats.projects.taguette import text_of_html
from autocode.formats.receipt import MACHINE
from autocode.study import Coder, Coding, Document, Segment, Study, Suggestion
from autocode.study.codebook import Code, Codebook
from tests.conftest import shared
from tests.formats.projects_made import database

HTML = "<h1>Title</h1>\n<p>Hello <b>👩 thére</b> &amp; all</p><p>it was hard</p>"
PLAIN = "Title\nHello 👩 thére & allit was hard"
TABLES = """
CREATE TABLE users (login VARCHAR(30) PRIMARY KEY, created DATETIME NOT NULL, hashed_password VARCHAR(120),
  email VARCHAR(256));
CREATE TABLE projects (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, description TEXT NOT NULL,
  created DATETIME NOT NULL);
CREATE TABLE project_members (project_id INTEGER, user_login TEXT, privileges TEXT);
CREATE TABLE documents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, description TEXT NOT NULL,
  filename TEXT NOT NULL,
  created DATETIME NOT NULL, project_id INTEGER NOT NULL, text_direction TEXT NOT NULL,
  contents TEXT NOT NULL);
CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL, path TEXT NOT NULL,
  description TEXT NOT NULL,
  UNIQUE (project_id, path));
CREATE TABLE highlights (id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL,
  start_offset INTEGER NOT NULL,
  end_offset INTEGER NOT NULL, snippet TEXT NOT NULL);
CREATE TABLE highlight_tags (highlight_id INTEGER NOT NULL, tag_id INTEGER NOT NULL,
  PRIMARY KEY (highlight_id, tag_id));
CREATE TABLE commands (id INTEGER PRIMARY KEY AUTOINCREMENT, date DATETIME NOT NULL,
  user_login TEXT NOT NULL REFERENCES users (login),
  project_id INTEGER NOT NULL, document_id INTEGER, payload TEXT NOT NULL);
"""


def _bytes(words: str) -> tuple[int, int]:
    start = len(PLAIN[: PLAIN.index(words)].encode())
    return start, start + len(words.encode())


def _added(number: int, user: str, highlight: int, tags: list[int]) -> tuple[object, ...]:
    payload = {"type": "highlight_add", "highlight_id": highlight, "start_offset": 0, "end_offset": 1, "tags": tags}
    return (number, f"2026-01-0{number} 10:00:00.000000", user, 1, 1, json.dumps(payload))


def _project(folder: Path, **rows: list[tuple[object, ...]]) -> Path:
    kept: dict[str, list[tuple[object, ...]]] = {
        "users": [("ana", "2026", "scrypt:secret", "ana@example.org"), ("ben", "2026", None, None)],
        "projects": [(1, "Pilot", "", "2026")],
        "project_members": [(1, "ana", "ADMIN"), (1, "ben", "TAG")],
        "documents": [(1, "Interview", "about it", "i.docx", "2026", 1, "LEFT_TO_RIGHT", HTML)],
        "tags": [(1, 1, "mood", "how it felt"), (2, 1, "mood.hard", ""), (3, 1, "e.g. this", "")],
        "highlights": [(1, 1, *_bytes("thére"), "thére"), (2, 1, *_bytes("it was hard"), "<p>it was hard</p>")],
        "highlight_tags": [(1, 1), (2, 2)],
        "commands": [_added(1, "ana", 1, [1]), _added(2, "ben", 2, [2])],
        **rows,
    }
    return database(folder / "p.sqlite3", TABLES, **kept)


def test_the_text_is_that_of_the_html_with_lines_where_blocks_touch() -> None:
    """Tags do not count, entities count as one sign, and two paragraphs do not run together."""
    raw = text_of_html(HTML)
    assert raw.text == "Title\nHello 👩 thére & all\nit was hard"
    assert len(raw.added) == 1


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("\n  <p>a</p>", "a"),
        ("<p>a</p>\n<p>b</p>", "a\nb"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<p>a</p><!-- no --><p> b</p>", "a\n b"),
        ("<pre>\na\r\nb</pre>", "a\nb"),
        ("plain &lt;text&gt;", "plain <text>"),
        ("", ""),
    ],
)
def test_texts_of_html_are_those_a_browser_shows(markup: str, text: str) -> None:
    """Blocks, breaks, comments and entities, as Taguette's own parser sees them."""
    assert text_of_html(markup).text == text


def test_highlights_are_codings_of_who_added_them(tmp_path: Path) -> None:
    """Bytes become code points, the log names the coder and the day, dots make the tree."""
    study, receipts = read_all([_project(tmp_path)])
    told = [(study.documents[0].text_of(c), c.code, c.coder, c.when) for c in study.codings]
    assert told == [
        ("thére", "mood", "ana", "2026-01-01T10:00:00"),
        ("it was hard", "mood > hard", "ben", "2026-01-02T10:00:00"),
    ]
    assert [c.path for c in study.codebook] == ["mood", "mood > hard", "e.g. this"]
    assert "2 of 2" in str(receipts[-1])


def test_who_first_gave_a_tag_is_its_coder(tmp_path: Path) -> None:
    """A second coder who adds a tag to a highlight does not become the coder of the first tag."""
    commands = [_added(1, "ana", 1, [1]), _added(2, "ben", 1, [1, 2]), _added(3, "ben", 2, [2])]
    study = read(_project(tmp_path, highlight_tags=[(1, 1), (1, 2), (2, 2)], commands=commands))
    assert [(c.code, c.coder) for c in study.codings] == [
        ("mood", "ana"),
        ("mood > hard", "ben"),
        ("mood > hard", "ben"),
    ]


def test_a_tag_taken_off_and_given_again_is_the_second_coders(tmp_path: Path) -> None:
    """The latest who gave the tag after it was taken off is its coder."""
    commands = [_added(1, "ana", 1, [1]), _added(2, "ana", 1, []), _added(3, "ben", 1, [1])]
    assert [c.coder for c in read(_project(tmp_path, highlight_tags=[(1, 1)], commands=commands)).codings] == ["ben"]


def test_a_merged_tag_keeps_its_coder(tmp_path: Path) -> None:
    """After tag 9 was merged into tag 1, its highlights are still ana's."""
    merge = (2, "2026-01-02", "ben", 1, None, json.dumps({"type": "tag_merge", "src_tag_id": 9, "dest_tag_id": 1}))
    study = read(_project(tmp_path, highlight_tags=[(1, 1)], commands=[_added(1, "ana", 1, [9]), merge]))
    assert [c.coder for c in study.codings] == ["ana"]


def test_without_a_log_the_options_name_the_coder(tmp_path: Path) -> None:
    """An imported project may have lost its log; a damaged line of it is passed over."""
    broken = (1, "2026", "ana", 1, 1, "{no json")
    study = read(_project(tmp_path, commands=[broken]), ReadOptions(coder="Zoe"))
    assert study.humans == ("Zoe",)


def test_several_projects_of_a_server_are_document_groups(tmp_path: Path) -> None:
    """A tag that two projects have is one code."""
    study, receipts = read_all(
        [
            _project(
                tmp_path,
                projects=[(1, "Pilot", "", ""), (2, "Main", "", "")],
                documents=[(1, "A", "", "", "", 1, "", HTML), (2, "B", "", "", "", 2, "", HTML)],
                tags=[(1, 1, "mood", ""), (2, 2, "mood", "")],
                highlights=[(1, 1, *_bytes("thére"), "thére"), (2, 2, *_bytes("thére"), "thére")],
            )
        ]
    )
    assert [(d.id, d.groups) for d in study.documents] == [("A", ("Pilot",)), ("B", ("Main",))]
    assert [(c.document, c.code) for c in study.codings] == [("A", "mood"), ("B", "mood")]
    assert "2 projects" in str(receipts[-1])


def _more(project: Path) -> tuple[Study, Suggestion]:
    study = read(project)
    codings = (
        *study.codings,
        Coding("Interview", 6, 13, "mood > hard", "ben"),
        Coding("New", 4, 9, "theme > new", "zoe"),
    )
    book = Codebook((*study.codebook, Code("theme"), Code("new", "theme", "said so")))
    documents = (*study.documents, Document("New", "été <two> 👩\nthree", "New"))
    suggestion = Suggestion(Segment("Interview", 0, 5, "1"), "mood > hard", 0.7, "suggest")
    return Study(documents, book, (*study.coders, Coder("zoe", "zoe")), codings, study.readings), suggestion


def test_a_changed_copy_holds_more_and_the_original_stays(tmp_path: Path) -> None:
    """Codings, tags, documents and suggestions are added, the latter under tags of their own."""
    project = _project(tmp_path)
    before = project.read_bytes()
    study, suggestion = _more(project)
    write(study, tmp_path / "out.sqlite3", WriteOptions((suggestion,), original=project))
    back = read(tmp_path / "out.sqlite3")
    told = {(back.by_id[c.document].text_of(c), c.code, c.coder) for c in back.codings}
    assert told == {
        ("thére", "mood", "ana"),
        ("it was hard", "mood > hard", "ben"),
        ("Hello 👩", "mood > hard", "ben"),
        ("<two>", "theme > new", "zoe"),
        ("Title", "autocode: mood > hard", MACHINE),
    }
    assert back.by_id["New"].text == "été <two> 👩\nthree"
    assert project.read_bytes() == before


def test_the_copy_has_no_passwords_and_no_addresses(tmp_path: Path) -> None:
    """What is secret in the original is not in a single byte of the copy."""
    project = _project(tmp_path)
    write(read(project), tmp_path / "out.sqlite3", WriteOptions(original=project))
    raw = (tmp_path / "out.sqlite3").read_bytes()
    assert b"scrypt:secret" not in raw
    assert b"ana@example.org" not in raw


def test_the_log_of_the_copy_is_what_taguette_s_import_demands(tmp_path: Path) -> None:
    """Every command has its columns and fields, and every user it names is there."""
    project = _project(tmp_path)
    study, suggestion = _more(project)
    write(study, tmp_path / "out.sqlite3", WriteOptions((suggestion,), original=project))
    fields = {
        "highlight_add": ({"type", "highlight_id", "start_offset", "end_offset", "tags"}, True),
        "tag_add": ({"type", "tag_id", "tag_path", "description"}, False),
        "document_add": ({"type", "document_name", "description", "text_direction"}, True),
    }
    with closing(sqlite3.connect(tmp_path / "out.sqlite3")) as connection:
        commands = connection.execute("SELECT user_login, document_id, payload FROM commands").fetchall()
        users = {row[0] for row in connection.execute("SELECT login FROM users")}
        loose = connection.execute("SELECT count(*) FROM highlight_tags WHERE tag_id NOT IN (SELECT id FROM tags)").fetchone()
    for user, document, payload in commands:
        told = json.loads(payload)
        assert (set(told), document is not None) == fields[told["type"]]
        assert user in users
    assert len(commands) > 6
    assert loose == (0,)


def test_what_taguette_s_import_refuses_is_not_written(tmp_path: Path) -> None:
    """Taguette wants a file name, names of documents up to 50 letters, and snippets of paragraphs like its own."""
    original = _project(tmp_path)
    document = Document("d" * 80, "one line\nanother & more")
    study = Study((document,), Codebook((Code("c"),)), (Coder("ana"),), (Coding(document.id, 4, 15, "c", "ana"),))
    write(study, tmp_path / "out.sqlite3", WriteOptions(original=original))
    with closing(sqlite3.connect(tmp_path / "out.sqlite3")) as connection:
        name, file = connection.execute("SELECT name, filename FROM documents ORDER BY id DESC").fetchone()
        (snippet,) = connection.execute("SELECT snippet FROM highlights ORDER BY id DESC").fetchone()
    assert (len(name), bool(file), snippet) == (50, True, "<p>line</p>\n<p>anothe</p>")
    assert read(tmp_path / "out.sqlite3").by_id[name].text == document.text


def test_a_copy_needs_an_original(tmp_path: Path) -> None:
    """The error says which menu of Taguette exports it."""
    with pytest.raises(InputError, match="--original FILE"):
        write(Study(), tmp_path / "out.sqlite3")


def test_another_database_is_refused(tmp_path: Path) -> None:
    """A SQLite file without Taguette's tables is none."""
    with pytest.raises(InputError, match="no Taguette project"):
        read(database(tmp_path / "p.sqlite3", "CREATE TABLE x (y);"))


def test_a_real_project_is_read_with_its_words_in_place() -> None:
    """Ten documents, six tags, 18 highlights with 24 tags, each where its snippet says."""
    study, receipts = read_all([shared("formats", "samples", "taguette", "taguette_sample_project.sqlite3")])
    assert (len(study.documents), len(study.codebook), len(study.codings)) == (10, 6, 24)
    assert study.humans == ("admin",)
    assert "24 of 24" in str(receipts[-1])


def test_its_codebook_table_gives_the_same_codes() -> None:
    """Taguette's .csv and .qdc name the tags of the project."""
    project = read(shared("formats", "samples", "taguette", "taguette_sample_project.sqlite3")).codebook
    for name in ("codebook.csv", "codebook.qdc"):
        assert {c.path for c in read(shared("formats", "samples", "taguette", name)).codebook} == {c.path for c in project}


def test_its_table_of_highlights_is_located_in_the_transcripts(tmp_path: Path) -> None:
    """The export has no positions and no coder: words are found, the coder is named by the caller."""
    document = Document("Interview", "it was hard, it was, hard to say", "Interview")
    (tmp_path / "highlights.csv").write_text(
        'id,document,tag,content\n1,Interview,mood,hard to say\n1,Interview,other,hard to say\n2,Interview,mood,"it was"\n',
        encoding="utf-8",
    )
    study, receipts = read_all([tmp_path / "highlights.csv"], ReadOptions(coder="ana", documents=(document,), add_codes=True))
    assert [(c.start, c.end, c.code, c.coder) for c in study.codings] == [
        (21, 32, "mood", "ana"),
        (21, 32, "other", "ana"),
    ]
    assert sum(receipts[-1].skipped.values()) == 1


def test_columns_that_a_newer_schema_requires_are_filled_by_their_types(tmp_path: Path) -> None:
    """Whatever a version of Taguette adds to its tables, a new login and highlight go in, the old rows stay."""
    newer = TABLES.replace("hashed_password VARCHAR(120),", "hashed_password VARCHAR(120), disabled BOOLEAN NOT NULL,")
    newer = newer.replace("snippet TEXT NOT NULL", "snippet TEXT NOT NULL, colour VARCHAR(9) NOT NULL, seen DATETIME NOT NULL")
    project = database(tmp_path / "new.sqlite3", newer, **_rows_of_a_newer_schema())
    study = read(project)
    more = Coding(study.documents[0].id, 0, 5, "mood", "carl")
    study = replace(study, coders=(*study.coders, Coder("carl", "carl")), codings=(*study.codings, more))
    write(study, tmp_path / "out.sqlite3", WriteOptions(original=project))
    back = read(tmp_path / "out.sqlite3")
    assert [(c.start, c.end, c.code) for c in back.codings if c.coder == "carl"] == [(0, 5, "mood")]
    with closing(sqlite3.connect(tmp_path / "out.sqlite3")) as base:
        assert base.execute("SELECT disabled FROM users WHERE login='carl'").fetchone() == (0,)
        assert base.execute("SELECT colour, seen FROM highlights ORDER BY id DESC").fetchone() == (
            "",
            "1980-01-01 00:00:00.000000",
        )


def _rows_of_a_newer_schema() -> dict[str, list[tuple[object, ...]]]:
    """The rows of the small project, with the cells that the newer tables require."""
    return {
        "users": [("ana", "2026", None, 0, None), ("ben", "2026", None, 0, None)],
        "projects": [(1, "Pilot", "", "2026")],
        "documents": [(1, "Interview", "", "i.docx", "2026", 1, "LEFT_TO_RIGHT", HTML)],
        "tags": [(1, 1, "mood", "how it felt")],
        "highlights": [(1, 1, *_bytes("thére"), "thére", "red", "2026")],
        "highlight_tags": [(1, 1)],
        "commands": [_added(1, "ana", 1, [1])],
    }


def test_a_copy_that_cannot_take_our_rows_is_not_called_a_damaged_original(tmp_path: Path) -> None:
    """A rule of the file that our rows break is named as that, and no half copy is left."""
    strict = TABLES.replace("snippet TEXT NOT NULL", "snippet TEXT NOT NULL CHECK (length(snippet) > 5000)")
    project = database(tmp_path / "p.sqlite3", strict, **{**_rows_of_a_newer_schema(), "users": [], "highlights": []})
    study = Study((Document("Interview", "Some words", "Interview"),), Codebook((Code("mood"),)), (Coder("ana"),))
    study = replace(study, codings=(Coding("Interview", 0, 4, "mood", "ana"),))
    with pytest.raises(StoreError, match=r"cannot take the new rows.*CHECK.*unharmed"):
        write(study, tmp_path / "out.sqlite3", WriteOptions(original=project))
    assert not (tmp_path / "out.sqlite3").exists()
