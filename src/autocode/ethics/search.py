"""Looking for a participant: their words, five in a row or a short sentence whole, and what they are called.

Files are read as words, whatever stands between them: quotes, tags, line ends, escapes of HTML, JSON or CSV make no
difference. What was reworded, and what is a picture or a sound, is beyond it.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autocode.formats.datasets.stream import cells_of
from autocode.study import Document

RUN = 5
"""Words in a row that are looked for; a shorter sentence is looked for whole."""

_LEAST = 8  # letters of a short sentence, below which everybody says it
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")  # scripts without spaces
_SENTENCE = re.compile(r"[.!?…;:\n。！？]+")
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrt\"/\\]))")
_PLAIN = {"n": "\n", "r": "\n", "t": "\t"}
_DEEPEST = 3  # containers in containers
_LONG = 6  # letters of a name that is looked for among numbers too
_LARGEST = 512 * 2**20  # bytes of a file that are read
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".mp3", ".m4a", ".mp4", ".wav", ".ogg", ".opus", ".flac", ".webm", ".mov", ".pdf")
"""Files whose words cannot be read here."""


def words(text: str) -> list[str]:
    """The words of a text, lower case, without what stands between them."""
    return _WORD.findall(text.casefold())


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, as words joined by spaces.

    Attributes:
        said: Their words.
        names: What they are called: ids, names, pseudonyms.
        common: Short sentences not looked for, because others say them too or they are very short.
    """

    said: frozenset[str]
    names: frozenset[str]
    common: int = 0

    @classmethod
    def of(cls, documents: Iterable[Document], others: Iterable[str] = (), names: Iterable[str] = ()) -> Search:
        """What is theirs alone: words that stand in `others` too are left out."""
        runs: set[str] = set()
        short: set[str] = set()
        few = 0
        for document in documents:
            for text in document.text.split("\n"):
                told = words(text)
                runs.update(" ".join(told[i : i + RUN]) for i in range(len(told) - RUN + 1))
                for sentence in _SENTENCE.split(text):
                    if 0 < len(part := words(sentence)) < RUN:
                        whole = " ".join(part)
                        (short.add(whole) if len(part) > 1 and len(whole) >= _LEAST else None)
                        few += len(part) == 1 or len(whole) < _LEAST
        found = runs | short
        theirs = frozenset(found - {hit for text in others for hit in _hits(words(text), frozenset(found))})
        called = frozenset(" ".join(w) for n in names if (w := words(n)) and len("".join(w)) > 1)
        return cls(theirs, called, few + len(short - theirs))

    def in_text(self, text: str) -> bool:
        """Whether any of their words stand in a text."""
        return next(_hits(words(text), self.said), None) is not None

    def names_in(self, text: str) -> bool:
        """Whether they are named in a text."""
        return next(_hits(words(text), self.names), None) is not None

    def in_file(self, path: Path) -> tuple[bool, bool]:
        """Whether their words stand in a file or what is packed in it, and whether it names them, in its name or within.

        Raises:
            OSError: It cannot be read.
        """
        with path.open("rb") as file:
            raw = file.read(_LARGEST)
        said, named = False, self.names_in(path.name)
        for part in parts_of(raw):
            names = self.names if _is_text(part) else frozenset(n for n in self.names if len(n) >= _LONG)
            for text in _texts(part):
                told = words(text)
                said = said or next(_hits(told, self.said), None) is not None
                named = named or next(_hits(told, names), None) is not None
            if said and named:
                break
        return said, named


def _hits(told: Sequence[str], needles: frozenset[str]) -> Iterator[str]:
    """The needles that stand in a row of words."""
    if not needles:
        return
    lengths = sorted({needle.count(" ") + 1 for needle in needles})
    first = {needle.partition(" ")[0] for needle in needles}
    for i, word in enumerate(told):
        if word in first:
            for length in lengths:
                if (run := " ".join(told[i : i + length])) in needles:
                    yield run


def _is_text(raw: bytes) -> bool:
    """Whether bytes are a text; among those of numbers a short name stands by chance."""
    head = raw[:65_536]
    return 0 not in head or head[:2] in (b"\xff\xfe", b"\xfe\xff")


def _texts(raw: bytes) -> Iterator[str]:
    """Bytes as texts: as UTF-8, and as other encodings where they may be that."""
    found = [raw.decode("utf-8", "ignore")]
    zeros = raw[:4096].count(0)
    if zeros > len(raw[:4096]) / 5:
        found += [raw.decode("utf-16-le", "ignore"), raw.decode("utf-16-be", "ignore")]
    elif len(found[0].encode("utf-8", "surrogatepass")) < len(raw):
        found.append(raw.decode("cp1252", "ignore"))
    for text in found:
        plain = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _PLAIN.get(m[2], m[2]), text) if "\\" in text else text
        plain = html.unescape(plain) if "&" in plain else plain
        yield plain
        if "<" in plain:
            yield _TAG.sub("", plain)
            yield _TAG.sub(" ", plain)


def parts_of(raw: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and what a zip or gzip container or a Parquet table holds, containers in containers too."""
    packed = list(_unpacked(raw)) if depth < _DEEPEST else []
    if not packed:
        yield raw  # what is packed says nothing as it stands
    for part in packed:
        yield from parts_of(part, depth + 1)


def _unpacked(raw: bytes) -> Iterator[bytes]:
    if raw[:4] == b"PAR1":
        yield from cells_of(raw)
    if raw[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                for info in archive.infolist():
                    yield info.filename.encode("utf-8", "surrogatepass")
                    if info.file_size <= _LARGEST:
                        yield archive.read(info)
        except (zipfile.BadZipFile, RuntimeError, zlib.error, NotImplementedError, EOFError):
            return
    if raw[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
                yield file.read(_LARGEST)
        except (OSError, EOFError, zlib.error):
            return
