"""Which files autocode wrote, so that nobody's own file and no table that a person has worked on is overwritten.

For each file one mark lies in the private cache: a hash of where it is and a hash of what it held; no name, no word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from autocode.encode.cache import cache_folder, file_sha256, private_folder
from autocode.errors import AutocodeError


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
