"""Killed at random in every verb that works long, and written to by several at once: nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.footprint import is_temporary
from autocode.formats import read, write
from autocode.model import CodingModel
from autocode.store import STORE, load, update
from autocode.store.backups import check
from autocode.store.ledger import entries, last_written
from autocode.study import Study
from autocode.trail import verify
from tests.conftest import ROOT
from tests.fake_encoder import FakeEncoder
from tests.rows import NIGHT

FAKE = '[encode]\nmodel = "tests.fake_encoder:FakeEncoder"\n'
KILLS = 40 if NIGHT else 4
VERBS = {
    "import": ("import", "open", "--study", "s", "--replace", "--yes"),
    "train": ("train", "s", "--out", "m", "--config", "fake.toml"),
    "suggest": ("suggest", "m", "open/transcripts", "--out", "o.csv", "--overwrite"),
    "report": ("report", "s", "--no-machine", "--out", "dossier", "--overwrite"),
}
_VERB = """
import sys
from autocode import cli, dossier, formats, model
print("begun", flush=True)
cli.main()
"""
_DECIDER = """
import sys
from pathlib import Path
from autocode.store.ledger import append, held
from autocode.study import Coding
from autocode.trail import Decision
from autocode.trail import Effects
store, own = Path(sys.argv[1]), sys.argv[2]
with held(store):
    print("begun", flush=True)
    for n in range(int(sys.argv[3])):
        coding = Coding("D0", n % 60, n % 60 + 5, "Work > Time", "ana", own, f"{n}")
        (entry,) = append(store, [Decision("add", own, "D0", code=coding.code, effects=Effects(added=(coding,)))])
        print(entry.seq, flush=True)
"""


def _started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A process that has said that it has begun."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))), "XDG_CACHE_HOME": str(folder / "cache")}
    job = subprocess.Popen(
        [sys.executable, "-c", *words], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert job.stdout is not None
    assert job.stdout.readline() == "begun\n"
    return job


def _killed(job: subprocess.Popen[str], after: float) -> list[str]:
    """The lines that a process said before it was killed."""
    time.sleep(after)
    job.send_signal(signal.SIGKILL)
    assert job.stdout is not None
    told = job.stdout.read()
    job.wait()
    return told.splitlines() if told.endswith("\n") or not told else told.splitlines()[:-1]


@pytest.fixture
def folder(tmp_path: Path, study: Study) -> Path:
    """A folder with an open study, its stored study, a model and settings."""
    write(study, tmp_path / "open")
    (tmp_path / "fake.toml").write_text(FAKE)
    update(tmp_path / "s" / STORE, lambda _: study)
    CodingModel.from_config(tmp_path / "fake.toml", FakeEncoder()).fit(study).save(tmp_path / "m")
    return tmp_path


@pytest.mark.row(1)
@pytest.mark.parametrize("verb", VERBS)
def test_no_kill_leaves_anything_unreadable(verb: str, folder: Path, figure: Callable[[str], None]) -> None:
    """Killed 50 to 200 ms into its work, a verb leaves study, model and outputs as they were or as they shall be."""
    chance, before = random.Random(verb), load(folder / "s" / STORE)
    whole = Path(shutil.copytree(folder, folder.with_name(f"{folder.name}-whole")))
    assert _started(whole, _VERB, *VERBS[verb]).wait(120) == 0
    after = load(whole / "s" / STORE)
    for _ in range(KILLS):
        _killed(_started(folder, _VERB, *VERBS[verb]), chance.uniform(0.05, 0.2))
        assert check(folder / "s" / STORE) == []
        assert load(folder / "s" / STORE) in (before, after)
        CodingModel.load(folder / "m", FakeEncoder())
    started = time.monotonic()
    job = _started(folder, _VERB, *VERBS[verb])
    assert job.wait(120) == 0
    left = [p.name for p in folder.rglob(".*") if is_temporary(p.name)]
    assert left == []  # the run that follows sweeps what the killed ones left
    figure(f"{verb}: {KILLS} kills, 0 unreadable; the next run took {time.monotonic() - started:.1f} s by the clock")


@pytest.mark.row(1)
def test_no_kill_loses_an_acknowledged_decision(folder: Path, figure: Callable[[str], None]) -> None:
    """Every decision that was reported as saved is in the ledger and in the study after the kill, in an unbroken chain."""
    store, chance, acknowledged = folder / "s" / STORE, random.Random(1), 0
    for _ in range(2 * KILLS):
        said = _killed(_started(folder, _DECIDER, str(store), "ana", "1000000"), chance.uniform(0.05, 0.2))
        found = entries(store)
        assert {int(seq) for seq in said} <= {e.seq for e in found}
        acknowledged += len(said)
        assert verify(found, last_written(store)) == []
        assert check(store) == []
    figure(f"review: {2 * KILLS} kills, {acknowledged:,} of {acknowledged:,} acknowledged decisions there")


@pytest.mark.row(3)
def test_three_writers_lose_nothing_and_see_no_lock(folder: Path, figure: Callable[[str], None]) -> None:
    """Three processes decide at once; each decision is there, and none of them met an error."""
    count = 1500 if NIGHT else 60
    store = folder / "s" / STORE
    update(store, lambda old: replace(old, codings=()))
    jobs = [_started(folder, _DECIDER, str(store), who, str(count)) for who in ("ana", "ben", "eve")]
    said = [job.communicate()[0].split() for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0, 0]
    assert [len(lines) for lines in said] == [count] * 3
    found = entries(store)
    assert len(found) == 3 * count
    assert verify(found, last_written(store)) == []
    assert check(store) == []
    assert read(folder / "s").codings
    figure(f"{len(found):,} of {3 * count:,} decisions stored, 0 lock errors")


@pytest.mark.row(4)
def test_a_folder_copied_while_a_review_decides_is_sound_or_said_to_be_incomplete(
    folder: Path, figure: Callable[[str], None]
) -> None:
    """Copied by hand with its log at any moment: `doctor` calls it sound only if it is; the study itself loses nothing."""
    store, chance, sound = folder / "s" / STORE, random.Random(7), 0
    copies = 3 * KILLS
    job = _started(folder, _DECIDER, str(store), "ana", "1000000")
    for n in range(copies):
        time.sleep(chance.uniform(0, 0.1))
        place = folder / f"copy{n}"
        place.mkdir()
        for file in sorted((folder / "s").glob(f"{STORE}*"), reverse=bool(n % 2)):  # the log first, or last
            with suppress(FileNotFoundError):
                shutil.copy2(file, place / file.name)
    said = _killed(job, 0)
    found = entries(store)
    assert {int(seq) for seq in said} <= {e.seq for e in found}
    assert (check(store), verify(found, last_written(store))) == ([], [])
    for n in range(copies):
        copy = folder / f"copy{n}" / STORE
        faults = check(copy)
        assert all(isinstance(line, str) and line for line in faults)
        if not faults:
            assert entries(copy) == found[: len(entries(copy))]
            assert set(load(copy).codings) <= set(load(store).codings)
            sound += 1
    figure(f"{copies} copies by hand while {len(found):,} decisions were made: {sound} sound, the others said to be damaged")
