"""Doctor: versions, encoder, network and integrity, fit to be pasted in a forum."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autocode.encode import cache_folder
from autocode.encode.encoders import load_encoder
from autocode.errors import AutocodeError
from autocode.footprint import guarded
from autocode.formats.files import csv_text, write_atomic
from autocode.formats.files import read_text as text_of
from autocode.model.history import Changes
from autocode.store.backups import check, cloud_of
from autocode.store.records import journal

_PACKAGES = ("autocode", "numpy", "scikit-learn", "onnxruntime", "sentence-transformers", "torch", "spacy", "datasets")


@dataclass(frozen=True, slots=True)
class Findings:
    """What the doctor saw: (what, finding) pairs, and what is wrong."""

    lines: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]

    def __str__(self) -> str:
        """One line a finding, faults last."""
        said = [f"{what:<24}{finding}" for what, finding in self.lines]
        return "\n".join([*said, *(f"FAULT  {fault}" for fault in self.faults), "" if self.faults else "All is well."])

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping."""
        return {"findings": dict(self.lines), "faults": list(self.faults)}


def examine(store: Path | None = None, changed: Changes | None = None) -> Findings:
    """Look at the installation and, where asked, at a study file.

    Args:
        store: A study file to check row by row.
        changed: What became of its codebook since a model was trained.
    """
    lines = [("python", platform.python_version()), ("system", platform.platform())]
    lines += [(name, _version(name)) for name in _PACKAGES]
    faults: list[str] = []
    try:
        encoder = load_encoder().identity
        lines += [("encoder", f"{encoder.name}, sha256 {encoder.sha256}"), ("runs through", encoder.backend)]
    except AutocodeError as error:
        faults.append(str(error))
    free = shutil.disk_usage(Path.home()).free / 1e9
    lines += [("vectors kept in", str(cache_folder()).replace(str(Path.home()), "~")), ("free disk", f"{free:.0f} GB")]
    lines.append(("network", _network()))
    if store:
        found = check(store)
        faults += found
        if begun := journal(store):
            faults.append(
                f"{store}: the forgetting of {begun.participant} was stopped: autocode forget {store.parent} "
                f"{begun.participant} --yes"
            )
        lines.append(("study", f"{store}: {'see the faults' if found else 'whole: rows, counts, ledger and log checked'}"))
        if cloud := cloud_of(store):
            lines.append(("cloud folder", f"{cloud}: the study is copied to other computers; work on it on one at a time"))
    if changed is not None:
        lines.append(("codes since the model", "; ".join(changed.lines()) or "as they were when it was trained"))
    return Findings(tuple(lines), tuple(faults))


def _network() -> str:
    if guarded():
        return "off: telemetry of all libraries is switched off, and connections to other computers are refused"
    return "telemetry of all libraries is switched off; connections are refused in the program alone, not in a script"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the main verbs did in an empty home.

    Attributes:
        verbs: The commands that ran, as a person would type them.
        reached: Other computers that a system call went to; None where system calls cannot be seen here.
        asked: Hosts that a library asked for and was refused.
        written: Every file that was there afterwards, relative to the empty home, with its bytes.
        failed: The first command that failed, and what it said; "" where none did.
    """

    verbs: tuple[str, ...]
    reached: tuple[str, ...] | None
    asked: tuple[str, ...]
    written: tuple[tuple[str, int], ...]
    failed: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing left this computer and nothing tried to."""
        return not (self.failed or self.reached or self.asked)

    def __str__(self) -> str:
        """The proof as a page: the answer first."""
        lines = ["Nothing left this computer." if self.holds else "NOT PROVED: see below.", "", "What ran, in an empty home:"]
        lines += [f"  {verb}" for verb in self.verbs]
        lines += [f"FAILED  {self.failed}"] if self.failed else []
        seen = "system calls cannot be watched here (strace is missing); Python's sockets were"
        told = (
            seen
            if self.reached is None
            else ", ".join(self.reached) or "nothing (every system call of every thread was watched)"
        )
        lines += [
            "",
            f"Connected to: {told}",
            f"Asked for, and refused: {', '.join(self.asked) or 'nothing'}",
            "",
            "Files written:",
        ]
        lines += [f"  {size:>12,}  {name}" for name, size in self.written]
        return "\n".join(lines)

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping."""
        return {
            "holds": self.holds,
            "verbs": list(self.verbs),
            "reached": None if self.reached is None else list(self.reached),
            "asked": list(self.asked),
            "written": dict(self.written),
            "failed": self.failed,
        }


_WITNESS = (
    "import atexit, json, pathlib, sys; from autocode import footprint; from autocode.cli import main; "
    "place = pathlib.Path(sys.argv.pop(1)); "
    "atexit.register(lambda: place.write_text(json.dumps(footprint.refused))); main()"
)
_VERBS = (
    "import said.csv --study s",
    "describe s",
    "agree s",
    "train s --out m",
    "suggest m said.csv --out suggestions.html",
    "export s --out s.qdpx",
    "report s --out dossier --no-machine",
    "doctor s",
)


def prove_privacy() -> Proof:
    """Run the main verbs on a small study in an empty home, watched: what they reach, and what they write.

    Where `strace` is on this computer every system call of every thread is seen, below Python; the guard of the program
    is seen everywhere.
    """
    with tempfile.TemporaryDirectory(prefix="autocode-proof-") as place:
        home = Path(place)
        write_atomic(home / "said.csv", csv_text(_COLUMNS, _small_study(), plain=True))
        for name in ("home", "cache", "temporary"):
            os.makedirs(home / name)  # noqa: PTH103
        return _watched(home)


_COLUMNS = ("document_id", "segment_id", "order", "speaker", "text", "coder", "codes")
_SAID = (
    ("my manager and the employer value the badge when they hire people", "Recognition"),
    ("my shift at work takes all the hours and no evening is left", "Time"),
    ("the rain in the town was heavy and the bus came late", ""),
)


def _small_study() -> list[tuple[object, ...]]:
    """Ten invented interviews of six segments, coded alike by two coders."""
    rows: list[tuple[object, ...]] = []
    for d in range(10):
        for i in range(6):
            text, code = _SAID[i % 3]
            rows += [(f"P{d:02d}", f"P{d:02d}-{i}", i, "Guest", f"{text} {d} {i}", coder, code) for coder in ("ana", "ben")]
    return rows


def _watched(home: Path) -> Proof:
    env = {k: v for k, v in os.environ.items() if k not in ("XDG_CACHE_HOME", "RAY_ADDRESS")}
    env |= {"HOME": str(home / "home"), "USERPROFILE": str(home / "home"), "XDG_CACHE_HOME": str(home / "cache")}
    env |= {"LOCALAPPDATA": str(home / "cache"), "TMPDIR": str(home / "temporary"), "TEMP": str(home / "temporary")}
    strace = shutil.which("strace")
    trace, witness, asked, failed = home / "trace", home / "witness", list[str](), ""
    calls = [strace, "-f", "-qq", "-A", "-o", str(trace), "-e", "trace=connect,sendto,sendmsg,sendmmsg"] if strace else []
    for verb in _VERBS:
        command = [*calls, sys.executable, "-c", _WITNESS, str(witness), *verb.split()]
        done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
        asked += json.loads(text_of(witness)[0]) if witness.is_file() else []
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
            failed = f"autocode {verb}: {last[0]}"
            break
    reached = None
    if trace.is_file():
        text = text_of(trace)[0] if trace.stat().st_size else ""
        reached = tuple(dict.fromkeys(m for m in _ADDRESS.findall(text) if not m.startswith(("127.", "::1", "0.0.0.0"))))  # noqa: S104
    ours = {"trace", "witness", "said.csv"}
    files = sorted(p for p in home.rglob("*") if p.is_file() and p.name not in ours)
    written = tuple((p.relative_to(home).as_posix(), p.stat().st_size) for p in files)
    return Proof(tuple(f"autocode {v}" for v in _VERBS), reached, tuple(dict.fromkeys(asked)), written, failed)


_ADDRESS = re.compile(r'(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"')
