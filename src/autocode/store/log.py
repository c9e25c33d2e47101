"""SQLite's write-ahead log, read as bytes: what it holds, and whether it is whole.

SQLite passes in silence over a frame that was damaged and all that follow it; they are latest changes.
The layout is that of https://www.sqlite.org/fileformat2.html (section 4, "The Write-Ahead Log").
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass, field
from pathlib import Path

_HEADER, _FRAME = 32, 24
_MAGIC = 0x377F0682  # the last bit says that checksums are of big-endian words


@dataclass(frozen=True, slots=True)
class Log:
    """The committed pages of a log.

    Attributes:
        pages: The latest content of each page, by its number from 1.
        size: Pages of the database after the last commit; 0 where nothing is committed.
        lost: Frames of this log that are damaged or follow a damaged one.
    """

    pages: dict[int, bytes] = field(default_factory=dict)
    size: int = 0
    lost: int = 0


def log_of(store: Path) -> Path:
    """Where the log of a study file lies."""
    return store.with_name(store.name + "-wal")


def read_log(raw: bytes) -> Log:
    """The log in some bytes; empty where there is none."""
    if len(raw) < _HEADER:
        return Log(lost=int(bool(raw)))
    magic, _, page, _, *salts = struct.unpack(">6I", raw[:24])
    order = "big" if magic & 1 else "little"
    sums = _checksum(raw[:24], (0, 0), order)
    if magic & ~1 != _MAGIC or page not in (1 << n for n in range(9, 17)) or sums != struct.unpack(">2I", raw[24:32]):
        return Log(lost=max(1, (len(raw) - _HEADER) // (_FRAME + 4096)))
    ours = [at for at in range(_HEADER, len(raw) - _FRAME + 1, _FRAME + page) if _salts(raw, at) == salts]
    pages, committed, size = dict[int, bytes](), dict[int, bytes](), 0
    for place, at in enumerate(range(_HEADER, len(raw) - _FRAME + 1, _FRAME + page)):
        head, content = raw[at : at + _FRAME], raw[at + _FRAME : at + _FRAME + page]
        if _salts(raw, at) == salts and len(content) == page:
            sums = _checksum(content, _checksum(head[:8], sums, order), order)
        if _salts(raw, at) != salts or len(content) < page or sums != struct.unpack(">2I", head[16:24]):
            later = len([other for other in ours if other > at])  # the last one may be what a killed run was writing
            return Log(committed, size, later and max(1, len(ours) - place))
        number, after = struct.unpack(">2I", head[:8])
        pages[number] = content
        if after:
            committed, size = dict(pages), after
    return Log(committed, size)


def _salts(raw: bytes, at: int) -> list[int]:
    """What marks the frame at a place as one of this round of the log."""
    return list(struct.unpack(">2I", raw[at + 8 : at + 16]))


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    """The running checksum of section 4.3 over pairs of 32-bit words."""
    words = array("I", data)
    if sys.byteorder != order:
        words.byteswap()
    a, b = sums
    for i in range(0, len(words), 2):
        a = (a + words[i] + b) & 0xFFFFFFFF
        b = (b + words[i + 1] + a) & 0xFFFFFFFF
    return a, b


def image(store: Path) -> bytes:
    """A study file with what is committed in its log, as one database in memory; nothing is written.

    Raises:
        OSError: A file cannot be read.
    """
    raw, log = bytearray(store.read_bytes()), read_log(log_of(store).read_bytes())
    if log.size:
        page = len(next(iter(log.pages.values())))
        raw[:] = raw[: log.size * page].ljust(log.size * page, b"\0")
        for number, content in log.pages.items():
            raw[(number - 1) * page : number * page] = content
    raw[18:20] = b"\x01\x01"  # a database in memory has no log
    return bytes(raw)
