"""The one inventory of where a study's words and names may lie, for pseudonyms, for forgetting, for the doctor and the desk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autocode.ethics.answers import ANSWERED
from autocode.footprint import is_temporary
from autocode.formats.datasets.stream import is_parts
from autocode.model.saved import MANIFEST
from autocode.store import STORE
from autocode.store.opening import BACKUPS
from autocode.store.outputs import Output, outputs

KINDS = {
    "study": "the study file, with its ledger, receipts and earlier codebooks",
    "backup": "a dated copy of the study",
    "answers": "what participants answered in a member check",
    "model": "a model: its evidence, codebook and card",
    "cache": "vectors of passages",
    "stopped run": "parts of suggestions, of a run that was stopped",
    "temporary": "what a killed run left",
    "output": "written by autocode and on the study's list",
    "file": "a file that nobody has on a list",
}
"""What may hold words of a study."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look beside what the study itself knows of.

    Attributes:
        study: The study's folder.
        models: A folder of model folders.
        cache: Folder of cached vectors.
        also: Further folders and files, of reports and exports say.
    """

    study: Path
    models: Path | None = None
    cache: Path | None = None
    also: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or a folder that is one thing, which may hold words.

    Attributes:
        kind: One of `KINDS`.
        output: How it stands on the study's list; None where it does not.
    """

    path: Path
    kind: str
    output: Output | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """All places, and outputs that are no longer where they were written."""

    places: tuple[Place, ...]
    gone: tuple[Output, ...] = ()

    def of(self, *kinds: str) -> list[Place]:
        """The places of some kinds."""
        return [p for p in self.places if p.kind in kinds]

    def __str__(self) -> str:
        """One line a kind, with how many there are."""
        counts = {kind: len(self.of(kind)) for kind in KINDS}
        return "\n".join(f"{n:>6,}  {KINDS[kind]}" for kind, n in counts.items() if n)


def inventory(where: Places) -> Inventory:
    """Every place where words or names of a study may lie, each once.

    The study's folder, everything on its list of outputs and what lies hidden beside that, models, the cache of
    vectors, the folders named, and the system's folder for temporary files.

    Raises:
        StoreError: The study cannot be read.
    """
    store = where.study / STORE
    listed = {o.place(store): o for o in outputs(store)}
    found: dict[Path, Place] = {}
    for path in _candidates(where, listed):
        whole = path.absolute()
        if whole not in found:
            found[whole] = Place(path, _kind(path, store, listed), listed.get(whole))
    inside = [
        p for p in found.values() if not any(up in found and found[up].kind in _WHOLE for up in p.path.absolute().parents)
    ]
    missing = tuple(o for path, o in listed.items() if not path.exists())
    return Inventory(tuple(sorted(inside, key=lambda p: str(p.path))), missing)


_WHOLE = ("model", "stopped run", "temporary")


def _candidates(where: Places, listed: Iterable[Path]) -> Iterator[Path]:
    """Files, and folders that are one thing, anywhere a study may have left words."""
    roots = [where.study, *where.also]
    for path in listed:
        roots += [path, *path.parent.glob(f".{path.name[:60]}.*")] if path.parent.is_dir() else []
    if where.models and where.models.is_dir():
        roots += [p.parent for p in where.models.glob(f"*/{MANIFEST}")] + list(where.models.glob(".*"))
    if where.cache and where.cache.is_dir():
        roots += where.cache.rglob("*.npz")
    roots += [p for p in Path(tempfile.gettempdir()).glob(".*.autocode-*") if is_temporary(p.name)]
    for root in roots:
        if root.is_dir() and not _is_whole(root):
            yield from (p for p in root.rglob("*") if p.is_file() or _is_whole(p))
        elif root.exists():
            yield root


def _is_whole(path: Path) -> bool:
    return path.is_dir() and ((path / MANIFEST).is_file() or is_parts(path) or is_temporary(path.name))


def _kind(path: Path, store: Path, listed: Iterable[Path]) -> str:
    if is_temporary(path.name) or (path.name.startswith(".") and path.name.endswith((".old", ".new"))):
        return "temporary"
    if (path / MANIFEST).is_file():
        return "model"
    if is_parts(path):
        return "stopped run"
    if path.parent == store.parent and path.name.startswith(store.name):
        return "study"
    if path.parent.name == BACKUPS and path.suffix == store.suffix:
        return "backup"
    if path == store.parent / ANSWERED:
        return "answers"
    if path.suffix == ".npz":
        return "cache"
    return "output" if path.absolute() in listed else "file"
