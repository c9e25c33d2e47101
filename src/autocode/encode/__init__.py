"""Texts to vectors, each text encoded once; here where encode keeps what is slow to make, in one private folder.

`encoders` loads an encoder, or several side by side; `weights` finds and checks its files and makes its graph,
`engines` runs it, `tuning` lets its upper layers learn. Vectors say much about the text they were made of, so folders
are 0700 and files 0600 where the system knows such modes. A file appears whole or not at all: it is written under a
temporary name, flushed to the disk and then renamed.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.errors import EncoderError, disk_fault
from autocode.footprint import is_temporary, sweep
from autocode.footprint import temporary as mark

Vectors = NDArray[np.float32]

_KEY_BYTES = 32
_MANY_SHARDS = 32
# Reading one vector reads its whole shard, so a shard stays near 30 MB at 384 dimensions.
_ROWS_PER_SHARD = 20_000
_KEPT_BYTES = 256 * 2**20  # of arrays kept by `kept_arrays`, those made latest first


def cache_folder() -> Path:
    """The folder for autocode's cache when none is named: the system's own cache place.

    `XDG_CACHE_HOME` or `~/.cache` on Linux (XDG Base Directory specification 0.8), `~/Library/Caches`
    on macOS, `LOCALAPPDATA` on Windows. The folder is not made here.
    """
    home = Path.home()
    if sys.platform == "win32":
        place = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        place = home / "Library" / "Caches"
    else:
        named = Path(os.environ.get("XDG_CACHE_HOME") or "")
        # The specification says that a relative path is invalid and must be ignored.
        place = named if named.is_absolute() else home / ".cache"
    return place / "autocode"


def private_folder(folder: Path) -> Path:
    """Make `folder` and its parents, readable by this user alone, and return it.

    Raises:
        EncoderError: where the folder cannot be made.
    """
    if not folder.is_dir():
        private_folder(folder.parent)  # mkdir(parents=True) would leave the parents open to others
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from error
    return folder


def write_private(path: Path, content: bytes) -> None:
    """Write `content` to `path` as one step, with mode 0600; the folder must exist.

    Raises:
        EncoderError: where the disk refuses.
    """
    sweep(path.parent)
    try:
        handle, temporary = tempfile.mkstemp(prefix=mark(path.name), dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """A private folder to fill, which at the end of the block takes the place of `target`, whole.

    Raises:
        EncoderError: where the disk refuses.
    """
    parent = private_folder(target.parent)
    sweep(parent)
    try:
        with tempfile.TemporaryDirectory(prefix=mark(target.name), dir=parent, ignore_cleanup_errors=True) as stage:
            fresh, old = Path(stage) / "fresh", Path(stage) / "old"
            fresh.mkdir(mode=0o700)
            yield fresh
            if target.exists():
                os.replace(target, old)
            os.replace(fresh, target)
    except OSError as error:
        raise _unwritable(parent, error) from error


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hex.

    Raises:
        EncoderError: where the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"The encoder's file {path.name}", f"it cannot be read ({error.strerror})") from error


@dataclass(slots=True)
class VectorCache:
    """Vectors of one encoder by content key, in a folder of shards that are never changed in place.

    A shard is an npz file of two arrays, `keys` (n, 32) uint8 and `vectors` (n, dimension), named by the
    sha256 of its bytes: a torn or altered shard no longer fits its name and is dropped.
    Safe with several programs at once: a shard that another one has merged away is a miss, no error.
    """

    folder: Path
    dimension: int
    kind: type[np.float32] | type[np.int8] = np.float32
    _rows: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def get(self, keys: Sequence[bytes]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Look up n keys of 32 bytes: vectors (n, dimension) and a mask (n,) of those found."""
        self._refresh()
        vectors = np.zeros((len(keys), self.dimension), self.kind)
        found = np.zeros(len(keys), bool)
        wanted: dict[str, list[int]] = {}
        for i, key in enumerate(keys):
            if key in self._rows:
                wanted.setdefault(self._rows[key][0], []).append(i)
        for name, places in wanted.items():
            shard = self._read(name)
            if shard is not None:
                vectors[places] = shard[1][[self._rows[keys[i]][1] for i in places]]
                found[places] = True
        return vectors, found

    def put(self, keys: Sequence[bytes], vectors: NDArray[Any]) -> None:
        """Keep n vectors (n, dimension) under n keys, in one new shard; merges when shards are many.

        Raises:
            EncoderError: where the disk refuses.
        """
        self._write(np.frombuffer(b"".join(keys), np.uint8).reshape(-1, _KEY_BYTES), vectors)
        full = _ROWS_PER_SHARD * (_KEY_BYTES + np.dtype(self.kind).itemsize * self.dimension)
        small = [name for name in self._names() if self._size(name) < full]
        if len(small) > _MANY_SHARDS:
            self._merge(small)

    def _names(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.npz")) if self.folder.is_dir() else []

    def _refresh(self) -> None:
        """Bring the table of rows in line with the shards on the disk."""
        names = self._names()
        if not self._known.issubset(names):
            self._known.clear()
            self._rows.clear()
        for name in names:
            if name not in self._known:
                self._index(name)

    def _index(self, name: str) -> None:
        shard = self._read(name)
        if shard is not None:
            self._known.add(name)
            self._rows.update({key.tobytes(): (name, row) for row, key in enumerate(shard[0])})

    def _read(self, name: str) -> tuple[NDArray[np.uint8], NDArray[Any]] | None:
        """The keys and vectors of a shard; None, and the shard is gone, where it is not whole."""
        path = self.folder / name
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest() != path.stem:
            self._drop(name)
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as shard:
            return shard["keys"], shard["vectors"]

    def _write(self, keys: NDArray[np.uint8], vectors: NDArray[Any]) -> str:
        buffer = io.BytesIO()
        np.savez(buffer, keys=keys, vectors=np.asarray(vectors, self.kind))
        content = buffer.getvalue()
        name = hashlib.sha256(content).hexdigest() + ".npz"
        write_private(private_folder(self.folder) / name, content)
        return name

    def _merge(self, names: Sequence[str]) -> None:
        """Write the rows of many shards as few, then remove the many: a crash between leaves both."""
        shards = [shard for shard in map(self._read, names) if shard is not None]
        keys, first = np.unique(np.concatenate([shard[0] for shard in shards]), axis=0, return_index=True)
        vectors = np.concatenate([shard[1] for shard in shards])[first]
        steps = range(0, len(keys), _ROWS_PER_SHARD)
        kept = {self._write(keys[i : i + _ROWS_PER_SHARD], vectors[i : i + _ROWS_PER_SHARD]) for i in steps}
        for name in set(names) - kept:
            self._drop(name)

    def _drop(self, name: str) -> None:
        # A shard that cannot be removed is no harm: it is ignored, or holds the same rows.
        with suppress(OSError):
            (self.folder / name).unlink()

    def _size(self, name: str) -> int:
        try:
            return (self.folder / name).stat().st_size
        except OSError:
            return 0


def kept_arrays(
    folder: Path, key: str, make: Callable[[], Mapping[str, NDArray[Any]]], most: int = _KEPT_BYTES
) -> Mapping[str, NDArray[Any]]:
    """Arrays that are slow to make: read where they were kept under this key, else made and kept.

    What cannot be read back whole is made again; what cannot be written is not kept, and nothing is lost but time.

    Args:
        folder: Where they are kept; nothing else lies there.
        key: A hash of all that decides them.
        make: Makes them.
        most: Bytes that the folder may hold; the oldest files go first.
    """
    path = folder / f"{key}.npz"
    with suppress(OSError, ValueError, zipfile.BadZipFile), np.load(path, allow_pickle=False) as kept:
        return {name: kept[name] for name in kept.files}
    made = make()
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **dict(made))
    with suppress(OSError, EncoderError):
        write_private(private_folder(folder) / path.name, buffer.getvalue())
        files = sorted(((p.stat(), p) for p in folder.glob("*.npz")), key=lambda f: (-f[0].st_mtime_ns, f[1].name))
        sizes = np.cumsum([stat.st_size for stat, _ in files])
        for (_, old), size in zip(files, sizes, strict=True):
            if size > most:
                old.unlink(missing_ok=True)
    return made


def _unwritable(folder: Path, error: OSError) -> EncoderError:
    why, mend = disk_fault(error, folder)
    hidden = next((up for up in (folder, *folder.parents) if is_temporary(up.name)), None)
    return EncoderError(f"The cache folder {hidden.parent if hidden else folder}", f"it cannot be written: {why}", mend)
