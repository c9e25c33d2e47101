"""`autocode forget` from the command line, killed by the system at many moments: it goes on, and the certificate is kept."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autocode.formats import write
from autocode.store import STORE, load, update
from autocode.store.backups import check
from autocode.store.records import journal, outputs
from autocode.study import Study
from tests.conftest import ROOT
from tests.rows import NIGHT

NEEDLE = b"hello number 3, the rain in the town was heavy"
STOPS = 40 if NIGHT else 8
_VERB = """
import os, signal, sys
stop, seen, here = int(sys.argv.pop(1)), [0], os.getcwd()
def watch(event, arguments):
    if event in ("open", "os.remove", "os.rename", "sqlite3.connect", "tempfile.mkstemp"):
        seen[0] += os.path.abspath(str(arguments[0])).startswith(here)
        if stop and seen[0] == stop:
            os.kill(os.getpid(), signal.SIGKILL)
from autocode import cli
sys.addaudithook(watch)
try:
    cli.main()
finally:
    print("events", seen[0], file=sys.stderr)
"""
FORGET = ("forget", "s", "D3", "--yes", "--also", ".", "--out", "certificate.txt")


def _started(folder: Path, stop: int, *words: str) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "XDG_CACHE_HOME": str(folder / "cache"), "TMPDIR": str(folder)}
    command = [sys.executable, "-c", _VERB, str(stop), *words]
    return subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _run(folder: Path, *words: str) -> tuple[int, str, str]:
    job = _started(folder, 0, *words)
    out, err = job.communicate(timeout=120)
    return job.returncode, out, err


@pytest.fixture
def folder(tmp_path: Path, study: Study) -> Path:
    """A study, an export, a page, a dated copy, and a note of somebody's own, all with words of D3."""
    place = tmp_path / "work"
    update(place / "s" / STORE, lambda old: study)
    write(study, place / "open")  # a copy that nobody has on a list
    for words in (("export", "s", "--out", "e.qdpx"), ("members", "export", "s", "--out", "letters"), ("backup", "s")):
        code, _, err = _run(place, *words)
        assert code == 0, err
    (place / "note.txt").write_bytes(b"My own note: " + NEEDLE)
    return place


def _with_needle(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and NEEDLE in p.read_bytes())


@pytest.mark.row(1, 15)
@pytest.mark.parametrize("how", ["at an event", "at a moment"])
def test_forget_killed_from_the_command_line_goes_on(how: str, folder: Path, figure: Callable[[str], None]) -> None:
    """Killed anywhere, the same command finishes: nothing is left that autocode may erase, and the certificate is there."""
    whole = Path(shutil.copytree(folder, folder.with_name("whole")))
    started = time.monotonic()
    code, _, err = _run(whole, *FORGET)
    took, events = time.monotonic() - started, int(err.rsplit("events ", 1)[1])
    assert (code, events > 50) == (0, True)
    expected = _with_needle(whole)
    assert "note.txt" in expected
    assert not any(name.endswith((".qdpx", ".docx", ".html", ".sqlite")) for name in expected)
    chance, resumed = random.Random(how), 0
    for n in range(STOPS):
        shutil.rmtree(place := folder.with_name("killed"), ignore_errors=True)
        shutil.copytree(folder, place)
        if how == "at an event":
            job = _started(place, 1 + round(n * (events - 1) / (STOPS - 1)), *FORGET)
        else:
            job = _started(place, 0, *FORGET)
            time.sleep(chance.uniform(0.1, took))
            job.send_signal(signal.SIGKILL)
        job.communicate(timeout=120)
        assert check(place / "s" / STORE) == []
        done = "D3" not in load(place / "s" / STORE).by_id and journal(place / "s" / STORE) is None
        code, _, err = _run(place, *FORGET)
        assert code == (1 if done else 0), err
        resumed += not done
        certificate = (place / "certificate.txt").read_text(encoding="utf-8")
        for part in ("Certificate: D3 was forgotten", "SEARCHED", "ERASED", "KEPT", "note.txt", "NOT SEARCHED"):
            assert part in certificate
        assert (_with_needle(place), journal(place / "s" / STORE)) == (expected, None)
        assert check(place / "s" / STORE) == []
        lists = [o.path for store in (place / "s").rglob("*.sqlite") for o in outputs(store)]
        assert [path for path in lists if "D3" in path] == [], "an erased letter stays on no list under their name"
    figure(f"forget from the command line: {STOPS} kills {how}, {resumed} resumed, {STOPS} certificates, 0 words left")


@pytest.mark.row(15)
def test_the_next_verb_finishes_a_stopped_forgetting_beside_its_own_answer(folder: Path) -> None:
    """Whoever comes next, even for a program: the forgetting goes on and certifies, and the answer is the verb's alone."""
    job = _started(folder, 60, *FORGET)
    job.communicate(timeout=120)
    assert journal(folder / "s" / STORE) is not None
    code, out, err = _run(folder, "describe", "s", "--json")
    assert (code, out[:1], "Certificate" in out) == (0, "{", False)
    assert "Certificate: D3 was forgotten" in err
    assert journal(folder / "s" / STORE) is None
    assert "D3" not in load(folder / "s" / STORE).by_id
