"""A study is read where nothing can be written; what the disk refuses is told apart; older formats come up after a copy."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.errors import StoreError, disk_fault
from autocode.store import STORE, foreign, load, update
from autocode.store.backups import backups, check
from autocode.store.opening import explained
from autocode.study import Study

_INSIDE = """
import sys, shutil, subprocess
from pathlib import Path
mount, source, kind = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)], check=True)
shutil.copytree(source, mount / "s")
if kind == "read-only":
    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
else:
    try:
        (mount / "fill").write_bytes(b"x" * 8 * 2**20)
    except OSError:
        pass
from autocode.errors import AutocodeError
from autocode.formats import read, write
from autocode.store import STORE, load, update
from autocode.store.backups import check
from autocode.store.ledger import append, entries
from autocode.trail import Decision
from autocode.agreement import agree
from dataclasses import replace
store = mount / "s" / STORE
study = load(store)
print("documents", len(study.documents), "entries", len(entries(store)), "faults", check(store))
write(read(mount / "s"), source.parent / f"{kind}.qdpx")
print("exported", len(read(source.parent / f"{kind}.qdpx").codings))
for act in (
    lambda: update(store, lambda old: replace(old, notice="n" * 3_000_000)),
    lambda: append(store, [Decision("note", "ana", "D1", note="n" * 3_000_000)]),
    lambda: write(study, mount / "out"),
    lambda: write(study, mount / "out.qdpx"),
):
    try:
        act()
        print("WENT THROUGH")
    except AutocodeError as error:
        print("SAID", error)
print("same", load(store) == study and len(entries(store)) == 5 and check(store) == [])
print("left", sorted(p.name for p in mount.rglob(".*")))
"""


@pytest.mark.row(2, 25)
@pytest.mark.parametrize("kind", ["read-only", "full"])
def test_a_study_is_read_where_nothing_can_be_written(study: Study, tmp_path: Path, kind: str) -> None:
    """On a read-only or full disk, with decisions in the log alone, a study is read, checked, exported; writing is one line."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare, which makes a disk of its own, is not on this computer")
    update(tmp_path / "s" / STORE, lambda _: study)
    left = "import os, sys; from pathlib import Path; from autocode.store.ledger import append, held; "
    left += "from autocode.trail import Decision; h = held(Path(sys.argv[1])); h.__enter__(); "
    left += "append(Path(sys.argv[1]), [Decision('skip', 'ana', 'D1')] * 5); os._exit(9)"
    subprocess.run([sys.executable, "-c", left, str(tmp_path / "s" / STORE)], check=False)
    (tmp_path / "m").mkdir()
    run = ["unshare", "-rm", sys.executable, "-c", _INSIDE, str(tmp_path / "m"), str(tmp_path / "s"), kind]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr or "permission denied" in done.stderr.lower():
        pytest.skip("this computer lets nobody mount a disk")
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert lines[0] == "documents 8 entries 5 faults []"
    assert lines[1] == f"exported {len(study.codings)}"
    said = [line for line in lines if line.startswith("SAID")]
    assert len(said) == 4, done.stdout
    assert not [line for line in said if "damaged" in line]
    word = "full" if kind == "full" else "read"
    assert all(word in line for line in said), said
    assert "same True" in lines
    assert lines[-1] == "left []"


@pytest.mark.row(2)
@pytest.mark.parametrize(
    ("code", "word"),
    [
        (errno.ENOSPC, "its disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "can only be read"),
        (errno.ENAMETOOLONG, "path is too long"),
        (errno.EIO, "disk itself reports a fault"),
        (errno.EFBIG, "no file of this size"),
        (errno.ENOENT, "no such file"),
    ],
)
def test_what_the_system_refuses_is_told_apart(code: int, word: str, tmp_path: Path) -> None:
    """Each reason has its own words and next step, and none is called damage."""
    why, mend = disk_fault(OSError(code, "words of the system"), tmp_path, 5_000_000)
    assert word in why
    assert mend
    said = str(explained(tmp_path / STORE, OSError(code, "words of the system")))
    assert "damaged" not in said
    assert word in said


@pytest.mark.row(2)
@pytest.mark.parametrize(
    ("code", "word"),
    [
        (sqlite3.SQLITE_FULL, "its disk is full"),
        (sqlite3.SQLITE_BUSY, "another program is writing"),
        (sqlite3.SQLITE_READONLY, "cannot be written"),
        (sqlite3.SQLITE_CORRUPT, "damaged"),
        (sqlite3.SQLITE_NOTADB, "damaged"),
        (sqlite3.SQLITE_TOOBIG, "too large"),
    ],
)
def test_what_sqlite_refuses_is_told_apart(code: int, word: str, tmp_path: Path) -> None:
    """A full disk, a lock and a read-only file are no damage, and no word of a cell is in the line."""
    error = sqlite3.OperationalError("near 'words of a transcript'")
    error.sqlite_errorcode, error.sqlite_errorname = code, "NAME"
    said = str(explained(tmp_path / STORE, error))
    assert word in said
    assert ("damaged" in said) == (word == "damaged")
    assert "transcript" not in said


@pytest.mark.row(25)
def test_a_very_long_path_is_one_line(study: Study, tmp_path: Path) -> None:
    """A path longer than the system takes says so."""
    deep = tmp_path.joinpath(*["d" * 200] * 3)
    with pytest.raises(StoreError, match="too long"):
        update(deep / ("n" * 300) / STORE, lambda _: study)
    with pytest.raises(StoreError, match="too long"):
        load(Path("d" * 300) / STORE)


def test_the_first_fault_is_the_one_that_is_told(study: Study, tmp_path: Path) -> None:
    """Where taking back fails too, because SQLite has done so already, the fault that came first is what is said."""
    update(tmp_path / STORE, lambda _: study)

    def change(old: Study) -> Study:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        update(tmp_path / STORE, change)
    limited = "import resource, sys; from dataclasses import replace; from pathlib import Path; "
    limited += "from autocode.store import update; from autocode.errors import StoreError\n"
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
    limited += "try: update(Path(sys.argv[1]), lambda s: replace(s, notice='n' * 5_000_000))\n"
    limited += "except StoreError as error: print(error)"
    told = subprocess.run([sys.executable, "-c", limited, str(tmp_path / STORE)], capture_output=True, text=True, check=False)
    assert "the system refuses to write more" in told.stdout or "full" in told.stdout, told.stderr[-500:]
    assert "damaged" not in told.stdout
    assert load(tmp_path / STORE) == study
    assert check(tmp_path / STORE) == []


@pytest.mark.row(26)
def test_an_older_format_is_read_and_comes_up_after_a_copy(study: Study, tmp_path: Path) -> None:
    """A study of format 1 is read as it is; the first writing copies it, then brings it up, and it is sound."""
    path = tmp_path / STORE
    update(path, lambda _: study)
    with sqlite3.connect(path) as connection:
        for table in ("tally", "output", "forgetting"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version=1")
    connection.close()
    assert load(path) == study
    assert not backups(path)
    update(path, lambda old: replace(old, notice="new"))
    assert [b.why for b in backups(path)] == ["upgrade"]
    assert load(backups(path)[0].path) == study
    assert check(path) == []
    assert load(path).notice == "new"


def test_a_new_study_file_appears_whole(tmp_path: Path) -> None:
    """Programs that look for a study while another one makes it find none, or one that they can read."""
    watcher = (
        "import sys, pathlib\n"
        "from autocode.store import load\n"
        "print('ready', flush=True)\n"
        "for folder in sys.argv[1:]:\n"
        "    path = pathlib.Path(folder, 'study.sqlite')\n"
        "    while not path.exists():\n"
        "        pass\n"
        "    load(path)\n"
    )
    folders = [tmp_path / str(n) for n in range(20)]
    with subprocess.Popen([sys.executable, "-c", watcher, *map(str, folders)], stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "ready\n"
        for folder in folders:
            update(folder / "study.sqlite", lambda study: study)
        assert job.wait(60) == 0
    assert {p.name for f in folders for p in f.iterdir()} <= {"study.sqlite", "study.sqlite-wal", "study.sqlite-shm"}


def test_a_disk_without_links_holds_studies_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file can have one name only, a new study is renamed into its place."""

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    update(tmp_path / "study.sqlite", lambda study: study)
    assert load(tmp_path / "study.sqlite").documents == ()
    assert [p.name for p in tmp_path.iterdir()] == ["study.sqlite"]


def test_a_name_of_a_table_that_is_no_text_is_damage_told_in_one_line(study: Study, tmp_path: Path) -> None:
    """Where SQLite's own message holds a flipped name, a study and a foreign database are damaged, and no message fails."""
    update(tmp_path / STORE, lambda old: study)
    with sqlite3.connect(tmp_path / "other.qda") as other:
        other.execute("CREATE TABLE coding (a INT)")
    for path in (tmp_path / STORE, tmp_path / "other.qda"):
        path.write_bytes(
            path.read_bytes().replace(b"codingcoding", b"cod\x97ngcoding").replace(b"TABLE coding", b"TABXE coding")
        )
    assert any("damaged" in fault for fault in check(tmp_path / STORE))
    for read in (load, lambda path: update(path, lambda old: old)):
        with pytest.raises(StoreError, match="damaged"):
            read(tmp_path / STORE)
    with pytest.raises(StoreError, match="damaged"), foreign(tmp_path / "other.qda"):
        pass
