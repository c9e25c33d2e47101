"""Native project files of MAXQDA, NVivo and ATLAS.ti: refused, with the menu that helps.

Their contents are encrypted or undocumented; each of these programs exports REFI-QDA instead.
"""

from __future__ import annotations

import re
from pathlib import Path

from autocode.errors import InputError

_THEN = "then import the .qdpx file. For the codes alone, export a REFI-QDA codebook (.qdc)."
_TOOLS = (
    (r"\.(mx\d{1,2}|mex\d*|mtr|mqda|mx\w*bac|mqbac)", "MAXQDA", "Home > Export > REFI-QDA Project"),
    (r"\.(nvp|nvpx|nvcx|nvb|nvpb|nvl)", "NVivo",
     "Share > Export Project > REFI-QDA Project (on a Mac: File > Export Project)"),
    (r"\.(atlproj\w*|atlcb\w*|atlpac\w*|hpr\d|acb\d?)", "ATLAS.ti", "File > Export > REFI-QDA (QDPX)"),
)  # fmt: skip


def refuse_native(path: Path) -> None:
    """See that a file is not a native project of a program that keeps its format to itself.

    Raises:
        InputError: It is; the line names the program's menu that exports REFI-QDA.
    """
    for suffix, tool, menu in _TOOLS:
        if re.fullmatch(suffix, path.suffix.lower()):
            raise InputError(
                path.name, f"it is a native {tool} file, which only {tool} can read",
                f"In {tool} choose {menu}, {_THEN}")  # fmt: skip
