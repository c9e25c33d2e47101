"""Rich text (.rtf), as f4 and TextEdit save it; striprtf does the reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from autocode.errors import InputError
from autocode.formats.files import read_bytes

_LARGEST = 32 * 2**20  # bytes; pictures in it count too
_DEEPEST = 1000  # groups within groups; Word writes about ten


def read_rtf(path: Path) -> str:
    """The text of a rich-text file, newlines as ``\\n``.

    Raises:
        InputError: It is no .rtf, larger than 32 MB, nested too deep, damaged or holds no words.
    """
    from striprtf.striprtf import rtf_to_text

    raw = read_bytes(path)
    if not raw.lstrip().startswith(b"{\\rtf"):
        raise InputError(path.name, "it is no rich text (.rtf)", "Save it as .rtf or .docx.")
    if len(raw) > _LARGEST:
        raise InputError(path.name, "it is larger than 32 MB", "Save it as .docx or plain text.")
    if _depth(raw) > _DEEPEST:
        raise InputError(path.name, "its groups are nested deeper than any text's", "Save it as .docx or plain text.")
    try:
        text = str(rtf_to_text(raw.decode("latin-1"), errors="replace"))
    except Exception as error:  # the guest names no errors of its own
        raise InputError(path.name, "it is damaged", "Save it again, or as .docx.") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not text.strip():
        raise InputError(path.name, "it holds no text", "Choose the file that holds the transcript.")
    return text


def _depth(raw: bytes) -> int:
    """How deep groups are nested."""
    signs = np.frombuffer(raw.replace(b"\\{", b"").replace(b"\\}", b""), dtype=np.uint8)
    steps = (signs == ord("{")).astype(np.int8) - (signs == ord("}"))
    return int(np.cumsum(steps, dtype=np.int32).max(initial=0))
