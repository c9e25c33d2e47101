"""What can go wrong, said once: what happened, why, and what to do next.

Every error a user can cause descends from `AutocodeError`, so that the command line can print one
clear line and a program can catch one name. An error never quotes a transcript.
"""

from __future__ import annotations

import difflib
import errno
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path


class AutocodeError(Exception):
    """One clear line: what happened, why, and what to do next.

    Args:
        what: The thing that failed, with the file or the name concerned.
        why: The evidence: what was seen, where.
        mend: The next step for the user; may be empty where there is none.
    """

    def __init__(self, what: str, why: str, mend: str = "") -> None:
        self.what, self.why, self.mend = what, why, mend
        super().__init__(f"{what}: {why}." + (f" {mend}" if mend else ""))


class InputError(AutocodeError):
    """A file, table or text that cannot be read as what it should be."""


class CodebookError(AutocodeError):
    """A codebook that is no tree, or a code that the codebook lacks."""


class ConfigError(AutocodeError):
    """An unknown key or an impossible value in a configuration."""


class StudyError(AutocodeError):
    """A study that lacks what the job needs: codings, coders, shared documents."""


class StoreError(AutocodeError):
    """A study file that is damaged, foreign, newer than this program or held by another."""


class EncoderError(AutocodeError):
    """An encoder that is missing, altered or unfit for the model."""


class ModelError(AutocodeError):
    """A saved model that is damaged, foreign or made for another encoder or codebook."""


def did_you_mean(name: str, known: Iterable[str], instead: str = "") -> str:
    """What mends a misspelt name: the nearest one that is there, upper or lower case aside; else `instead`.

    Several names that stand in the place of one are told to have commas between them.
    """
    known = list(known)
    if len(parts := name.split()) > 1 and set(parts) <= set(known):
        return f"Put commas between names: {','.join(parts)}"
    by_fold = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(name.casefold(), by_fold, n=1)
    return f"Did you mean '{by_fold[near[0]]}'?" if near else instead


_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_DENIED = {errno.EACCES, errno.EPERM}
_LONG_ON_WINDOWS = 206


def free_space(path: Path) -> float:
    """Free megabytes on the disk of a path that may not exist yet; infinite where that cannot be told."""
    for place in (path, *path.absolute().parents):
        try:
            return shutil.disk_usage(place).free / 1e6
        except OSError:
            continue
    return float("inf")


def full(path: Path, needed: int = 0) -> tuple[str, str]:
    """Why a disk that is full refuses, and what to do."""
    more = f", {max(needed / 1e6, 0.1):.1f} MB needed" if needed else ""
    return f"its disk is full: {free_space(path):.1f} MB free{more}", "Free some space and run the command again."


def disk_fault(error: OSError, path: Path, needed: int = 0) -> tuple[str, str]:
    """Why the disk refused, told apart, and what to do: a full disk is not a damaged file.

    Args:
        error: What the system said.
        path: The file or folder.
        needed: Bytes that were to be written.

    Returns:
        The reason and the next step, each a piece of a sentence of `AutocodeError`.
    """
    code = error.errno
    if code in _FULL:
        return full(path, needed)
    if code == errno.EFBIG:
        return "the system allows no file of this size here", "Choose another disk, or ask for a larger limit."
    if code == errno.ENAMETOOLONG or getattr(error, "winerror", 0) == _LONG_ON_WINDOWS:
        return f"its path is too long for this system ({len(str(path.absolute()))} characters)", "Use shorter names."
    if code == errno.EROFS:
        return "it lies on a disk that can only be read", "Choose a place that you may write to."
    if code in _DENIED:
        return "you have no permission for it, or another program holds it", "Choose a place of your own, or close the program."
    if code == errno.ENOENT:
        return "there is no such file or folder", "Check the name and the folder."
    if code in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY):
        return "a folder stands where a file is meant, or the other way round", "Choose another name."
    if code == errno.EIO:
        return "the disk itself reports a fault", "Copy what you can to another disk."
    return f"the system refuses ({error.strerror or type(error).__name__})", "Choose another place."


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number with its noun: 1 document, 2 documents, 1,000 codings."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


_LONG = 6  # words of a heading that is shown whole
_UNSPACED = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"  # letters of scripts without spaces


def is_heading(name: str, columns: Iterable[str]) -> bool:
    """Whether one of some columns' names looks like a heading, not like what somebody said."""
    bare = any(re.fullmatch(r"[\d\s:.,]+", c) for c in columns)  # a number heads no column: the first row is one of many
    return _length(name) <= (1 if bare else _LONG) or (name.endswith(("?", "？")) and not bare)


def headings_of(columns: Sequence[str]) -> str:
    """Columns' names for a message: of a long question its first words, and what may be somebody's words is counted alone."""
    shown = []
    for c in columns[:20]:
        words = _length(c)
        if is_heading(c, columns):
            shown.append(c if words <= _LONG else f"{' '.join(c.split()[:4])[:30]} … ({words} words)")
        else:
            shown.append(f"({words} words)")
    return ", ".join(shown)[:600] or "none"


def _length(name: str) -> int:
    """How many words a heading has; two letters of a script without spaces count as one."""
    return len(re.sub(_UNSPACED, " ", name).split()) + len(re.findall(_UNSPACED, name)) // 2


def titles_above(filled: Sequence[int]) -> int:
    """How many rows stand above the header of a table, by how many cells of each of its first rows are filled.

    Titles are rows of one cell; so is what an empty row parts from a wider row with more as wide below it.
    """
    filled = filled[: max((i + 1 for i, n in enumerate(filled) if n), default=0)]
    several = next((i for i, n in enumerate(filled) if n > 1), 0)
    parted = next((i + 1 for i in range(1, len(filled) - 2) if filled[i] == 0 < filled[i - 1]), 0)
    wider = parted and max(filled[:parted]) < filled[parted] - 1 <= min(filled[parted + 1 :])
    return parted if wider else several
