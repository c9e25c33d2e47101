"""Projects of other programs: here the zip containers they come in, and the XML in these.

From people we do not know: bounded, in memory, never extracted. Limits follow the shared format guide, section 9: a member
is looked at before it is unpacked, and a document type declaration is refused outright, for none of our formats has one.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from autocode.errors import InputError
from autocode.formats.files import read_bytes

MEMBERS = 10_000
MEMBER_BYTES = 64 * 2**20  # an XML tree takes about ten times this
TOTAL_BYTES = 2 * 2**30
RATIO, RATIO_FROM = 200, 10 * 2**20  # text packs 20 to 1 at best; nothing honest packs 200 to 1
ELEMENTS, DEPTH = 1_000_000, 256

_LOCKED = bytes.fromhex("d0cf11e0a1b11ae1")  # how Office wraps what it encrypts (MS-CFB)
_AGAIN = "Export it again from its program."


@dataclass(frozen=True, slots=True)
class Archive:
    """A checked zip container; `members` maps slashed names to their entries."""

    source: str
    raw: bytes
    members: Mapping[str, zipfile.ZipInfo]

    def read(self, name: str, limit: int = MEMBER_BYTES) -> bytes:
        """The bytes of a member.

        Raises:
            InputError: It is not there, larger than `limit` or damaged.
        """
        info = self.members.get(name)
        if info is None:
            raise InputError(self.source, f"it has no part '{name[:80]}'", _AGAIN)
        if info.file_size > limit:
            raise InputError(self.source, f"its part '{name[:80]}' is too large", _AGAIN)
        try:
            with zipfile.ZipFile(io.BytesIO(self.raw)) as zipped, zipped.open(info) as member:
                data = member.read(limit + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
            RuntimeError,
            NotImplementedError,
            UnicodeError,
        ) as error:
            raise InputError(self.source, f"its part '{name[:80]}' is damaged", _AGAIN) from error
        if len(data) > limit:
            raise InputError(self.source, f"its part '{name[:80]}' is too large", _AGAIN)
        return data

    def check_names(self) -> None:
        """See that every part is called in the list of parts as it is where it begins.

        Raises:
            InputError: One is not: a part that seems missing is there under a damaged name.
        """
        with zipfile.ZipFile(io.BytesIO(self.raw)) as zipped:
            for info in self.members.values():
                try:
                    zipped.open(info).close()
                except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError, NotImplementedError) as error:
                    raise InputError(self.source, f"its part '{info.filename[:80]}' is damaged", _AGAIN) from error

    def xml(self, name: str) -> ElementTree.Element:
        """The root element of an XML member.

        Raises:
            InputError: As `read` and `parse_xml`.
        """
        return parse_xml(self.read(name), self.source)


def open_archive(path: Path) -> Archive:
    """Open a zip container after looking at every entry.

    Raises:
        InputError: It is no zip file, or an entry is encrypted, doubled, a link, outside the
            container or larger than anything honest.
    """
    raw = read_bytes(path)
    if raw.startswith(_LOCKED):
        why = "it is protected by a password, or saved in the old format under a new ending"
        raise InputError(path.name, why, f"Open it, take the password out, and save it as {path.suffix.lower()} again.")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as zipped:
            infos = zipped.infolist()
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        EOFError,
        UnicodeError,
        NotImplementedError,
        RuntimeError,
        zlib.error,
        OverflowError,
    ) as error:
        raise InputError(
            path.name, "it is damaged, copied in part only, or not what the end of its name says", _AGAIN
        ) from error
    if len(infos) > MEMBERS:
        raise InputError(path.name, f"it has more than {MEMBERS:,} parts", _AGAIN)
    members: dict[str, zipfile.ZipInfo] = {}
    total = 0
    for info in infos:
        name = info.filename.replace("\\", "/")
        total += info.file_size
        why = "two parts have the same name" if name in members else _fault(info, name, total)
        if why:
            raise InputError(path.name, why, "It is refused as unsafe. " + _AGAIN)
        members[name] = info
    return Archive(path.name, raw, members)


def _fault(info: zipfile.ZipInfo, name: str, total: int) -> str:
    """What is wrong with an entry, "" where nothing is."""
    if name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name):
        return "a part lies outside the container"
    if info.flag_bits & 1:
        return "a part is encrypted"
    if (info.external_attr >> 16) & 0o170000 == 0o120000:
        return "a part is a link"
    if info.file_size > RATIO_FROM and info.file_size > RATIO * max(1, info.compress_size):
        return "a part unpacks to more than 200 times its size"
    return "it unpacks to more than 2 GB" if total > TOTAL_BYTES else ""


class _Builder(ElementTree.TreeBuilder):
    """Builds a tree of bounded size and depth and refuses a document type declaration."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = self.depth = 0

    def start(self, tag: Any, attrs: Any, /) -> Any:
        """Count an element; refuse the file where there are too many or they lie too deep."""
        self.elements += 1
        self.depth += 1
        if self.elements > ELEMENTS or self.depth > DEPTH:
            raise _RefusedError(f"it has more than {ELEMENTS:,} elements or {DEPTH} levels")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Any:
        """Close an element."""
        self.depth -= 1
        return super().end(tag)

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """Refuse a document type, which could make a small file huge or name other files."""
        raise _RefusedError("it declares a document type (DTD), which is refused as unsafe")


class _RefusedError(Exception):
    """Why a well-formed XML text is not read."""


def parse_xml(raw: bytes, source: str) -> ElementTree.Element:
    """The root element of an XML text.

    Raises:
        InputError: It is not well-formed, declares a document type, or is too large or deep.
    """
    opened = raw.count(b"<") - raw.count(b"</") - raw.count(b"<!--") - raw.count(b"<?")
    if opened > ELEMENTS:  # the builder would refuse it too, but only seconds later
        raise InputError(source, f"it has more than {ELEMENTS:,} elements", _AGAIN)
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314 (a DTD is refused, size is bounded)
    try:
        parser.feed(raw)
        root = parser.close()
    except _RefusedError as error:
        raise InputError(source, str(error), _AGAIN) from error
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise InputError(source, "its XML is damaged", _AGAIN) from error
    if not isinstance(root, ElementTree.Element):
        raise InputError(source, "its XML is empty", _AGAIN)
    return root


def local(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: ElementTree.Element, name: str) -> str:
    """An attribute by its name without namespace, "" where it is missing."""
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "")
