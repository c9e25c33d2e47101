"""Which files autocode wrote, so that nobody's own file and no table that a person has worked on is overwritten.

For each file one mark lies in the private cache: a hash of where it is and a hash of what it held; no name, no word.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

from autocode.encode.cache import cache_folder, file_sha256, private_folder
from autocode.errors import AutocodeError, InputError


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
        """Make the folder, for this user alone."""
        self._folder = tempfile.TemporaryDirectory(prefix="autocode-")
        self.paths: list[Path] = []
        self.bytes = 0

    def begin(self, name: str) -> Path:
        """The path under which a file of this name comes in, empty as yet.

        Raises:
            InputError: There are too many files, or it has no usable name.
        """
        kept = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable() and c not in '<>:"|?*').strip()
        if not kept.strip(".") or len(kept.encode("utf-8", "replace")) > 200:
            raise InputError("this file", "its name is no name for a file", "Rename it.")
        if len(self.paths) >= 500:
            raise InputError("these files", "there are more than 500", "Bring them in by parts.")
        path = Path(self._folder.name) / kept
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
