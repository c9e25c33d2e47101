"""study.sqlite: nothing lost, nothing silently damaged."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.errors import StoreError, StudyError
from autocode.store import STORE, load, scrub, update
from autocode.store.backups import check
from autocode.store.ledger import append, entries, sizes
from autocode.study import Coding, Document, Study
from autocode.study.codebook import Code, Codebook
from autocode.trail import START, Decision, Effects, sealed, to_text, verify


def test_a_study_reads_back_equal(study: Study, tmp_path: Path) -> None:
    """What was stored is what is loaded, to the last field."""
    update(tmp_path / STORE, lambda _: study)
    assert load(tmp_path / STORE) == study


@pytest.mark.row(17)
def test_odd_text_survives(study: Study, tmp_path: Path) -> None:
    """Emoji, right-to-left text, decomposed accents and line separators come back unchanged."""
    odd = Document("odd", "👩‍👩‍👧 שלום cafe\u0301 \u2028 \x0b end")
    update(tmp_path / STORE, lambda _: replace(study, documents=(*study.documents, odd)))
    assert load(tmp_path / STORE).by_id["odd"].text == odd.text


def test_a_change_that_fails_changes_nothing(study: Study, tmp_path: Path) -> None:
    """Where the change raises, the study is as it was."""
    update(tmp_path / STORE, lambda _: study)

    def fails(old: Study) -> Study:
        raise StudyError("x", "y")

    with pytest.raises(StudyError):
        update(tmp_path / STORE, fails)
    assert load(tmp_path / STORE) == study


@pytest.mark.row(4)
def test_a_changed_cell_is_found(study: Study, tmp_path: Path) -> None:
    """A row altered behind the program's back is refused when read and named by the check."""
    path = tmp_path / STORE
    update(path, lambda _: study)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE coding SET start = start + 1 WHERE rowid = 3")
    with pytest.raises(StoreError, match="row 3 of table coding is damaged"):
        load(path)
    assert check(path)


def test_a_sound_study_has_no_faults(study: Study, tmp_path: Path) -> None:
    """The check of a study just written finds nothing."""
    update(tmp_path / STORE, lambda _: study)
    assert check(tmp_path / STORE) == []


@pytest.mark.parametrize("content", [b"", b"no database at all, just some text that is long enough", os.urandom(4096)])
def test_a_file_that_is_no_study_is_refused(content: bytes, tmp_path: Path) -> None:
    """An empty, textual or random file ends in one clear error and is left alone."""
    path = tmp_path / STORE
    path.write_bytes(content)
    with pytest.raises(StoreError):
        load(path)
    assert path.read_bytes() == content


@pytest.mark.row(4)
def test_cut_files_never_load(study: Study, tmp_path: Path) -> None:
    """A study file cut short anywhere is reported, not read as a smaller study."""
    path = tmp_path / STORE
    update(path, lambda _: study)
    whole = path.read_bytes()
    for share in (0.1, 0.35, 0.6, 0.85, 0.99):
        cut = tmp_path / f"{share}" / STORE
        cut.parent.mkdir()
        cut.write_bytes(whole[: int(len(whole) * share)])
        assert check(cut), share


@pytest.mark.row(26)
def test_a_newer_format_is_refused(study: Study, tmp_path: Path) -> None:
    """A study made by a later program is not opened."""
    path = tmp_path / STORE
    update(path, lambda _: study)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(StoreError, match="newer autocode"):
        load(path)


@pytest.mark.row(27)
def test_the_file_is_for_its_owner_only(study: Study, tmp_path: Path) -> None:
    """Transcripts are sensitive: on POSIX nobody else may read the file."""
    update(tmp_path / STORE, lambda _: study)
    assert (tmp_path / STORE).stat().st_mode & 0o077 == 0


_WRITER = """
import sys
from pathlib import Path
from contextlib import closing
from dataclasses import replace
from autocode.store import update
from autocode.study import Coding
path, coder, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for i in range(count):
    update(path, lambda s: replace(s, codings=(*s.codings, Coding("D0", i, i + 1, "Work", coder))))
    print(i, flush=True)
"""


@pytest.mark.row(3)
def test_two_programs_may_write_at_once(study: Study, tmp_path: Path) -> None:
    """Two processes that each add codings lose none of them."""
    path = tmp_path / STORE
    update(path, lambda _: replace(study, codings=()))
    jobs = [subprocess.Popen([sys.executable, "-c", _WRITER, str(path), c, "15"]) for c in ("ana", "ben")]
    assert [job.wait(60) for job in jobs] == [0, 0]
    assert len(load(path).codings) == 30


@pytest.mark.row(1)
def test_killing_a_writer_loses_nothing_acknowledged(study: Study, tmp_path: Path) -> None:
    """After kill -9 every coding that was reported as stored is there, and the file is sound."""
    path = tmp_path / STORE
    update(path, lambda _: replace(study, codings=()))
    for _ in range(5):
        before = len(load(path).codings)
        job = subprocess.Popen([sys.executable, "-c", _WRITER, str(path), "ana", "10000"], stdout=subprocess.PIPE, text=True)
        out = job.stdout
        assert out is not None
        out.readline()
        time.sleep(0.05)
        os.kill(job.pid, signal.SIGKILL)
        acknowledged = 1 + len(out.read().split())
        job.wait()
        assert check(path) == []
        assert len(set(load(path).codings)) >= min(before, acknowledged)
        assert Coding("D0", acknowledged - 1, acknowledged, "Work", "ana") in load(path).codings


@pytest.mark.row(15)
def test_scrubbing_leaves_no_trace_of_what_was_deleted(tmp_path: Path) -> None:
    """Even with another program holding the file open, deleted words stand in no byte of it or of its log."""
    path = tmp_path / STORE
    update(path, lambda old: Study((Document("a", "the withdrawn words"), Document("b", "other words"))))
    with closing(sqlite3.connect(path)) as other:
        other.execute("SELECT count(*) FROM document").fetchone()
        update(path, lambda old: replace(old, documents=(*old.documents[:1], Document("c", "more"))))
        update(path, lambda old: replace(old, documents=old.documents[1:]))
        assert b"withdrawn" in b"".join(p.read_bytes() for p in tmp_path.iterdir())
        scrub(path)
        assert b"withdrawn" not in b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert [d.id for d in load(path).documents] == ["c"]


def test_a_file_of_a_time_without_colours_opens_and_takes_them(study: Study, tmp_path: Path) -> None:
    """Its codes have none; a step of the codebook and an import may bring some, and the check finds nothing."""
    path = tmp_path / STORE
    for bring in ("step", "import"):
        path.unlink(missing_ok=True)
        update(path, lambda _: study)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE colour")
            connection.execute("DELETE FROM tally WHERE name = 'colour'")
        assert load(path) == study
        codes = tuple(replace(c, colour="#0a7f3c") if n % 2 else c for n, c in enumerate(study.codebook))
        book = replace(study.codebook, codes=codes)
        if bring == "step":
            append(path, [Decision("codebook", "ana", effects=Effects(book=(study.codebook, book)))])
        else:
            update(path, lambda s, book=book: replace(s, codebook=book))
        assert load(path).codebook == book
        assert check(path) == []


def test_a_step_that_an_earlier_version_sealed_is_not_taken_for_a_changed_one(study: Study, tmp_path: Path) -> None:
    """Codes told less then; the chain holds as it was written, and still tells a changed word."""
    path = tmp_path / STORE
    update(path, lambda _: study)
    book = Codebook((Code("A"),))
    text = to_text(Decision("codebook", "ana", note="first", effects=Effects(book=(book, book))))
    old = text.replace('"codable":true,', "")
    assert old != text
    append(path, [])
    for said, faults in ((old, 0), (old.replace("first", "other"), 1)):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TRIGGER ledger_kept")
            connection.execute("DELETE FROM ledger")
            connection.execute("INSERT INTO ledger VALUES (1, 'x', ?, ?, ?)", (said, START, sealed(1, "x", old, START)))
            connection.execute("CREATE TRIGGER ledger_kept BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'kept'); END")
        assert len(verify(entries(path))) == faults


def test_codes_are_counted_as_everywhere(study: Study, tmp_path: Path) -> None:
    """A theme counts as a code only where somebody gave it: the same number as the codebook's own."""
    path = tmp_path / STORE
    for codings in (study.codings, (*study.codings, replace(study.codings[0], code="Work"))):
        update(path, lambda _, codings=codings: replace(study, codings=codings))
        assert sizes(path)["code"] == study.codebook.sizes(c.code for c in codings)[0]


def test_people_alone_are_counted_as_coders(study: Study, tmp_path: Path) -> None:
    """What is agreed on stands beside the codings of people, and is nobody's; of a study without a file there is nothing."""
    assert set(sizes(tmp_path / STORE).values()) == {0}
    update(tmp_path / STORE, lambda _: study)
    found, by = sizes(tmp_path / STORE), [c.coder for c in study.codings]
    assert (found["coder"], found["coding"], found["agreed"]) == (2, by.count("ana") + by.count("ben"), by.count("agreed"))
