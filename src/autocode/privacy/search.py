"""The words of a participant, looked for byte by byte, in packed files too."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autocode.config import Config
from autocode.formats.stream import cells_of
from autocode.segment import segment
from autocode.study import Document

_WINDOW, _STEP = 24, 12  # characters looked for, and from one to the next: any 36 characters in a row hold one


@dataclass(frozen=True, slots=True)
class Search:
    """The words of some documents, as bytes to look for."""

    needles: tuple[bytes, ...]

    @classmethod
    def of(cls, documents: Iterable[Document], others: str = "") -> Search:
        """Windows on all passages; one that stands in `others` too is not theirs alone and left out."""
        found: dict[bytes, None] = {}
        for d in documents:
            for unit in segment(d, Config().segment):
                words = d.text_of(unit).strip()
                for line in words.split("\n"):
                    for part in _plain_parts(line):
                        if part not in others:
                            found[part.encode("utf-8", "surrogatepass")] = None
        return cls(tuple(found))

    def in_bytes(self, raw: bytes) -> bool:
        """Whether any of the words stand in these bytes, or in what is packed in them."""
        return any(needle in part for part in parts_of(raw) for needle in self.needles)

    def in_text(self, text: str) -> bool:
        """Whether any of the words stand in a text."""
        return self.in_bytes(text.encode("utf-8", "surrogatepass"))

    def in_file(self, path: Path) -> bool:
        """Whether any of the words stand in a file."""
        return self.in_bytes(path.read_bytes())


def _plain_parts(line: str) -> Iterator[str]:
    """Windows on a line, without characters that HTML, XML, JSON or CSV would write another way."""
    stretch = ""
    for character in line + "\x00":
        if character in "\"'&<>\\\x00\t" or not character.isprintable():
            yield from (stretch[i : i + _WINDOW] for i in range(0, len(stretch) - _WINDOW + 1, _STEP))
            stretch = ""
        else:
            stretch += character


def parts_of(raw: bytes) -> Iterator[bytes]:
    """The bytes, and what a zip or gzip container or a Parquet table holds."""
    yield raw
    if raw[:4] == b"PAR1":
        yield from cells_of(raw)
    if raw[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                yield from (archive.read(name) for name in archive.namelist())
        except (zipfile.BadZipFile, RuntimeError, zlib.error, NotImplementedError):
            return
    if raw[:2] == b"\x1f\x8b":
        try:
            yield gzip.decompress(raw)
        except (OSError, EOFError, zlib.error):
            return
