"""Outputs of several files: all of them come into their place at once."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autocode.encode import cache_folder, file_sha256, private_folder
from autocode.errors import AutocodeError, InputError, disk_fault
from autocode.footprint import moved, sweep, temporary, temporary_folder

_STUDY = "study.sqlite"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD; RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS


@contextmanager
def together(folder: Path, without: Collection[str] = (), alone: bool = False) -> Iterator[Path]:
    """A hidden folder to fill; at the end of the block all that is in it stands in `folder`, and what was there else stays.

    Killed at any point, or on a full disk, `folder` is as it was or as it shall be, never a mixture: one renaming
    exchanges the two. Only where a study, or the program itself, works in `folder`, files take their places one by one.

    Args:
        folder: Where the files go.
        without: Paths in `folder` that an earlier writing left, and that are not kept unless written again.
        alone: Keep nothing of what was in `folder`.

    Raises:
        InputError: The disk refuses; `folder` is as it was.
    """
    old = folder.with_name(f".{folder.name}.old")
    stage = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder.parent)
        bring_back(folder)
        inside = _worked_in(folder)
        stage = Path(tempfile.mkdtemp(prefix=temporary(folder.name), dir=folder if inside else folder.parent))
        yield stage
        if inside:
            _one_by_one(stage, folder)
        else:
            if not alone and folder.is_dir():
                _carry_over(folder, stage, without)
            _take_place(stage, folder, old)
        moved(stage, folder, alone)
    except OSError as error:
        why, mend = disk_fault(error, folder)
        raise InputError(str(folder), f"it cannot be written: {why}", f"{mend} It is as it was.") from error
    except AutocodeError as error:
        if stage is None or str(stage) not in error.what:
            raise
        what = error.what.replace(str(stage), str(folder))  # a person knows the folder, not the hidden one beside it
        raise type(error)(what, error.why, f"{error.mend} What was there is as it was.") from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)


def bring_back(folder: Path) -> None:
    """Mend a folder whose exchange was killed between its two renamings, where the system knows no exchange."""
    old = folder.with_name(f".{folder.name}.old")
    if old.is_dir():
        with suppress(OSError):
            shutil.rmtree(old) if folder.exists() else old.rename(folder)


def _worked_in(folder: Path) -> bool:
    """Whether a folder cannot be exchanged: a study or this very program works in it, or only what is in it may change."""
    if not folder.is_dir():
        return False
    here = (folder / _STUDY).exists() or Path.cwd().is_relative_to(folder.resolve())
    return here or folder.is_mount() or not os.access(folder.parent, os.W_OK)


def _one_by_one(stage: Path, folder: Path) -> None:
    for path in sorted(p for p in stage.rglob("*") if not p.is_dir()):
        target = folder / path.relative_to(stage)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)


def _carry_over(folder: Path, stage: Path, without: Collection[str]) -> None:
    """Put what the new files do not replace beside them: the same files once more, not copies, where the disk can do that."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        target = stage / name
        if path.is_dir() and not path.is_symlink():
            target.mkdir(exist_ok=True)
        elif name.as_posix() not in without and not target.exists():
            try:
                os.link(path, target, follow_symlinks=False)
            except OSError:
                shutil.copy2(path, target, follow_symlinks=False)


def _take_place(stage: Path, folder: Path, old: Path) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        with suppress(FileNotFoundError):
            folder.rmdir()
        os.replace(stage, folder)
    elif not _exchanged(stage, folder):
        folder.rename(old)
        try:
            stage.rename(folder)
        except OSError:
            old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return bool(library.renamex_np(os.fsencode(one), os.fsencode(other), _EXCHANGE) == 0)
        return bool(library.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
    except (OSError, AttributeError, TypeError):
        return False


def _mark(path: Path) -> Path:
    return cache_folder() / "written" / hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogatepass")).hexdigest()


def is_ours(path: Path) -> bool:
    """Whether a file holds what autocode last wrote there; False once somebody has changed it."""
    try:
        return _mark(path).read_text(encoding="ascii") == file_sha256(path)
    except (OSError, AutocodeError):
        return False


def remember(paths: Iterable[Path]) -> None:
    """Note what some files hold now; where the cache cannot be written, they count as somebody's own."""
    try:
        folder = private_folder(cache_folder() / "written")
        for path in paths:
            (folder / _mark(path).name).write_text(file_sha256(path), encoding="ascii")
    except (OSError, AutocodeError):
        return


class Incoming:
    """A private folder for files on their way into a study: limited in size and number, and gone with the last of them."""

    def __init__(self) -> None:
        """Make the folder, for this user alone; what a killed run left of such folders goes."""
        self._folder = tempfile.TemporaryDirectory(prefix=temporary("incoming"), dir=temporary_folder())
        self.paths: list[Path] = []
        self.bytes = 0

    def begin(self, name: str, again: bool = False) -> Path:
        """The path under which a file of this name comes in, empty as yet.

        Args:
            name: Its name, as the person's computer has it.
            again: It takes the place of an earlier file of this name.

        Raises:
            InputError: There are too many files, or it has no usable name.
        """
        kept = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable() and c not in '<>:"|?*').strip()
        if not kept.strip(".") or len(kept.encode("utf-8", "replace")) > 200:
            raise InputError("this file", "its name is no name for a file", "Rename it.")
        if len(self.paths) >= 500:
            raise InputError("these files", "there are more than 500", "Bring them in by parts.")
        path = Path(self._folder.name) / kept
        if again:
            self.drop(path)
        if path in self.paths:
            raise InputError(kept, "there are two files of this name", "Rename one, or bring them in one after the other.")
        path.touch(0o600)
        self.paths.append(path)
        return path

    def add(self, path: Path, chunk: bytes) -> None:
        """Some more of a file.

        Raises:
            InputError: All files together have more than a gigabyte, or the disk is full.
        """
        self.bytes += len(chunk)
        if self.bytes > 2**30:
            raise InputError("these files", "they have more than a gigabyte together", "Bring them in by parts.")
        try:
            with path.open("ab") as sink:
                sink.write(chunk)
        except OSError as error:
            raise InputError(path.name, f"it cannot be stored ({type(error).__name__})", "Free some space.") from error

    def drop(self, path: Path) -> None:
        """Forget one file."""
        path.unlink(missing_ok=True)
        self.paths = [p for p in self.paths if p != path]

    def close(self) -> None:
        """Forget them all."""
        self._folder.cleanup()
        self.paths = []
