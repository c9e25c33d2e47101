"""Verbs where the disk says no: full, read-only, a limit on files, odd and long names, a cloud folder."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autocode.store import STORE, load, update
from autocode.store.backups import check
from autocode.study import Study
from tests.cli.test_cli import Shell, shell

__all__ = ["shell"]

_READING = ("describe s", "agree s", "audit s", "doctor s", "restore s", "export s --out {outside}/e.qdpx")
_WRITING = (
    "describe s --out c.csv",
    "export s --out e.qdpx",
    "export s --out folder",
    "import {outside}/new.txt --study s",
    "backup s",
    "rename s Other",
    "train s --out m --config {outside}/fake.toml",
    "report s --no-machine --out dossier",
    "members export s --out letters",
    "pseudonymise s --out names.csv --spacy none",
    "forget s D3 --yes",
)
_INSIDE = """
import contextlib, hashlib, io, json, os, shutil, subprocess, sys
from pathlib import Path
mount, source, kind = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)], check=True)
shutil.copytree(source / "s", mount / "s")
if kind == "read-only":
    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
else:
    with contextlib.suppress(OSError), (mount / "fill").open("wb", buffering=0) as fill:
        while True:
            fill.write(b"x" * 4096)
from autocode import cli

def sha():
    return hashlib.sha256((mount / "s" / "study.sqlite").read_bytes()).hexdigest()

def run(words):
    sys.argv = ["autocode", *words.format(outside=source).split()]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
    return words, code, [line for line in err.getvalue().splitlines() if line.startswith("autocode: ")]

os.chdir(mount)
before = sha()
told = [run(words) for words in json.loads(sys.argv[4])]
left = [p.name for p in mount.rglob(".*")]
after = sha()
again = []
if kind == "full":
    (mount / "fill").unlink()
    again = [run("describe s --out c.csv"), run("rename s Other")]
print(json.dumps({"told": told, "left": left, "same": before == after, "again": again}))
"""


@pytest.mark.row(2, 25)
@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_verbs_read_and_refuse_in_one_line(kind: str, study: Study, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Where nothing can be written, every verb that reads works; every other says one line, and nothing is changed or left."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare, which makes a disk of its own, is not on this computer")
    outside = tmp_path / "outside"
    update(outside / "s" / STORE, lambda _: study)
    (outside / "new.txt").write_text("R: something new was said here\n" * 2000)
    (outside / "fake.toml").write_text('[encode]\nmodel = "tests.fake_encoder:FakeEncoder"\n')
    (tmp_path / "m").mkdir()
    words = json.dumps([*_READING, *_WRITING])
    run = ["unshare", "-rm", sys.executable, "-c", _INSIDE, str(tmp_path / "m"), str(outside), kind, words]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "XDG_CACHE_HOME": str(outside / "cache")}
    done = subprocess.run(run, capture_output=True, text=True, check=False, env=env)
    if "Operation not permitted" in done.stderr or "permission denied" in done.stderr.lower():
        pytest.skip("this computer lets nobody mount a disk")
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    told = {words: (code, lines) for words, code, lines in found["told"]}
    assert [words for words in _READING if told[words] != (0, [])] == []
    reason = "disk is full" if kind == "full" else "only be read"
    for words in _WRITING:
        code, lines = told[words]
        assert lines, words
        assert code == 1, words
        assert len(lines) == 1, (words, lines)
        assert reason in lines[0] or "read-only" in lines[0], lines
        assert "damaged" not in lines[0]
        assert ".autocode-" not in lines[0], "a person knows no hidden file"
        assert kind != "full" or "MB free" in lines[0]
    assert found["left"] == []
    assert found["same"]
    assert all(code == 0 for _, code, _ in found["again"])
    figure(f"{kind} disk: {len(_READING)} verbs read, {len(_WRITING)} refuse in one line, 0 bytes changed, 0 files left")


@pytest.mark.row(2)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")
def test_a_limit_on_files_is_one_line(study: Study, tmp_path: Path) -> None:
    """Where the system allows files of 64 kB at most, an import says so and the study is as it was."""
    update(tmp_path / "s" / STORE, lambda _: study)
    (tmp_path / "new.txt").write_text("R: something new was said here, and much of it\n" * 9000)
    before = load(tmp_path / "s" / STORE)
    done = subprocess.run(
        [sys.executable, "-m", "autocode", "import", "new.txt", "--study", "s"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**18, 2**18)),
    )
    assert done.returncode == 1, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("autocode: ")]
    assert "refuses to write more" in line or "no file of this size" in line or "full" in line
    assert load(tmp_path / "s" / STORE) == before
    assert check(tmp_path / "s" / STORE) == []


@pytest.mark.row(25)
@pytest.mark.parametrize("name", ["my study", "Größe und Maß", "研究 🙂", "a'b\"c", "x" * 200, "/".join(["y" * 60] * 5)])
def test_a_folder_of_any_name_holds_a_study(name: str, shell: Shell) -> None:
    """Spaces, umlauts, emoji, quotes and a path of 300 characters: import, describe, export and doctor work there."""
    study, out = f"{name}/s", f"{name}/e.qdpx"
    for words in (
        ("import", "open", "--study", study),
        ("describe", study),
        ("export", study, "--out", out),
        ("backup", study),
        ("restore", study, "latest"),
    ):
        code, _, said = shell(*words)
        assert code == 0, said
    assert check(Path(study) / STORE) == []
