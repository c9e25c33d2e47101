"""Several files come into their place at once: killed or out of space at any point, it is the old set or the new."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import autocode.footprint
from autocode.errors import InputError
from autocode.footprint import is_temporary, temporary
from autocode.formats.files import write_atomic
from autocode.formats.staged import Incoming, together

_WRITER = """
import os, sys
from pathlib import Path
from autocode.formats.files import write_atomic
from autocode.formats.staged import together
folder, stop, mode = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
seen = [0]
def watch(event, arguments):
    if event in ("open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "ctypes.dlsym", "shutil.rmtree"):
        if event == "ctypes.dlsym" or str(folder.parent) in str(arguments[0]):
            seen[0] += 1
            if seen[0] == stop:
                if mode == "kill":
                    os._exit(9)
                raise OSError(28, "No space left on device")
sys.addaudithook(watch)
with together(folder, without=("gone.txt",)) as stage:
    for n in range(6):
        write_atomic(stage / "part" / f"{n}.txt", "new")
print(seen[0])
"""


def _set(folder: Path) -> set[str]:
    return {p.read_text() for p in (folder / "part").glob("*.txt")} if (folder / "part").is_dir() else set()


@pytest.mark.row(1, 2)
@pytest.mark.parametrize("mode", ["kill", "full"])
def test_it_is_the_old_or_the_new_at_every_point(tmp_path: Path, mode: str) -> None:
    """Whatever the moment, no mixture is seen, what else lies in the folder stays, and scraps go at the next writing."""
    whole = tmp_path / "whole" / "out"
    for n in range(6):
        write_atomic(whole / "part" / f"{n}.txt", "old")
    write_atomic(whole / "mine" / "notes.txt", "my own")
    write_atomic(whole / "gone.txt", "of an earlier writing")
    folder, before = tmp_path / "here" / "out", 0
    run = [sys.executable, "-c", _WRITER, str(folder)]
    shutil.copytree(whole.parent, folder.parent)
    steps = int(subprocess.run([*run, "0", mode], capture_output=True, text=True, check=True).stdout)
    assert steps > 20
    for stop in range(1, steps + 1, 1 if os.environ.get("AUTOCODE_NIGHTLY") else 4):
        shutil.rmtree(folder.parent)
        shutil.copytree(whole.parent, folder.parent)
        done = subprocess.run([*run, str(stop), mode], capture_output=True, text=True, check=False)
        assert _set(folder) in ({"old"}, {"new"}), (stop, done.stderr[-300:])
        assert (folder / "mine" / "notes.txt").read_text() == "my own"
        before += _set(folder) == {"old"}
    assert before
    subprocess.run([*run, "0", mode], check=True, capture_output=True)
    assert _set(folder) == {"new"}
    assert not (folder / "gone.txt").exists()
    assert [p.name for p in folder.parent.iterdir()] == ["out"]


def test_a_folder_that_a_study_works_in_is_filled_one_by_one(tmp_path: Path) -> None:
    """The study's own file stays the very same file."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "study.sqlite").write_bytes(b"open elsewhere")
    number = (tmp_path / "s" / "study.sqlite").stat().st_ino
    with together(tmp_path / "s") as stage:
        write_atomic(stage / "codebook.yaml", "x")
    assert (tmp_path / "s" / "study.sqlite").stat().st_ino == number
    assert (tmp_path / "s" / "codebook.yaml").read_text() == "x"


@pytest.mark.row(1)
def test_scraps_of_killed_runs_are_swept_and_living_ones_are_not(tmp_path: Path) -> None:
    """A hidden file of a process that is over goes at the next writing; that of a living process stays."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    mine = temporary("a.csv")
    scrap = tmp_path / mine.replace(f"-{os.getpid()}-", f"-{dead.pid}-").__add__("x1y2")
    scrap.write_text("half")
    alive = tmp_path / mine.replace(f"-{os.getpid()}-", f"-{os.getppid()}-").__add__("x1y2")
    alive.write_text("half")
    own = tmp_path / ".a.csv.mine"
    own.write_text("the user's")
    assert is_temporary(scrap.name)
    write_atomic(tmp_path / "b.csv", "whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([alive.name, own.name, "b.csv"])


_KILLED = """
import os, signal
from autocode.formats.staged import Incoming
box = Incoming()
box.add(box.begin("ana.docx"), b"my mother never read")
print(box.paths[0].parent, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.row(2, 14)
def test_files_dropped_on_a_killed_desk_are_gone_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transcript that was on its way into a study when the desk was killed does not stay in the system's folder."""
    home = {**os.environ, "TMPDIR": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", _KILLED], capture_output=True, text=True, env=home, check=False)
    left = Path(ran.stdout.strip())
    assert ran.returncode == -9
    assert (left / "ana.docx").is_file()
    assert is_temporary(left.name)  # the inventory of words finds it by its name
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(autocode.footprint, "_swept", set())
    running = Incoming()
    assert not left.exists()
    assert running.begin("ben.docx").is_file()
    monkeypatch.setattr(autocode.footprint, "_swept", set())
    other = Incoming()
    assert running.paths[0].is_file(), "a desk that runs keeps its own"
    running.close()
    other.close()
    assert list(tmp_path.iterdir()) == []


def test_a_mended_file_takes_the_place_of_the_one_that_waits() -> None:
    """Two files of one name are refused, unless the second is said to be the first one once more."""
    box = Incoming()
    box.add(box.begin("codings.csv"), b"spoilt")
    with pytest.raises(InputError, match="two files of this name"):
        box.begin("codings.csv")
    box.add(box.begin("codings.csv", again=True), b"mended")
    assert [p.read_bytes() for p in box.paths] == [b"mended"]
    box.close()
