"""The sources of a REFI-QDA project: their texts, and the selections and codings on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element

from autocode.errors import InputError
from autocode.formats.files import BOM, decode_text, read_bytes
from autocode.formats.projects import RATIO, RATIO_FROM, Archive, local, open_archive, parse_xml
from autocode.formats.projects.positions import RawText, Selection
from autocode.formats.projects.refi_codes import joined, key

ALL_TEXTS = 64 * 2**20
"""The most bytes of text read from one project."""

_TEXTS = ("TextSource", "Representation", "TextDescription", "Transcript")
_LARGEST = 2**62
_MISSING = "whose text is not in the file"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\]")


@dataclass
class Container:
    """Where a project is read from: a .qdpx, or a bare .qde with its texts beside it."""

    source: str
    qde: bytes
    root: Element
    archive: Archive | None = None
    folder: Path | None = None
    left: int = ALL_TEXTS
    members: dict[str, str] = field(default_factory=dict)

    def bytes_of(self, address: str) -> bytes | None:
        """The bytes of a text file named in the project, None where it is not in the container.

        Only the last part of an ``internal:`` or bare address counts; an absolute or relative
        one names a file of somebody's machine and is never opened.

        Raises:
            InputError: It is not there, and a part of the container has a damaged name.
        """
        name = PurePosixPath(address.removeprefix("internal:").replace("\\", "/")).name.lower()
        if not name or (not address.startswith("internal:") and _SCHEME.match(address)):
            return None
        if self.archive is None:
            beside = [p for p in self._beside() if p.name.lower() == name and p.is_file() and not p.is_symlink()]
            if not beside:
                return None
            self._within(beside[0].stat().st_size)
            return beside[0].read_bytes()
        member = self.members.get("sources/" + name) or self.members.get(name)
        if member is None:
            self.archive.check_names()
            return None
        self._within(self.archive.members[member].file_size)
        return self.archive.read(member, ALL_TEXTS)

    def _within(self, size: int) -> None:
        """Take `size` bytes off what may be read.

        Raises:
            InputError: That is more than all texts of a project may be, or than its container explains.
        """
        self.left -= size
        read = ALL_TEXTS - self.left
        packed = len(self.archive.raw) if self.archive else ALL_TEXTS
        if self.left < 0 or read > max(RATIO_FROM, RATIO * packed):
            raise InputError(
                self.source,
                f"its texts are larger than {ALL_TEXTS >> 20} MB or than its size explains",
                "It is refused as unsafe; split a project that large.",
            )

    def _beside(self) -> Iterator[Path]:
        for folder in self.folder.iterdir() if self.folder else ():
            if folder.is_dir() and not folder.is_symlink() and folder.name.lower() == "sources":
                yield from folder.iterdir()


def open_project(path: Path) -> Container:
    """Open a .qdpx or .qde.

    Raises:
        InputError: It is no zip or XML file, unsafe, or holds no single project.
    """
    if path.suffix.lower() == ".qde":
        raw = read_bytes(path)
        return Container(path.name, raw, plain_names(parse_xml(raw, path.name)), folder=path.parent)
    archive = open_archive(path)
    projects = [m for m in archive.members if m.lower().endswith(".qde") and "/" not in m.strip("/")]
    if len(projects) != 1:
        why = "it holds no project (.qde)" if not projects else f"it holds {len(projects)} projects (.qde)"
        raise InputError(path.name, why, "Export it as a REFI-QDA project again.")
    raw = archive.read(projects[0])
    members = {m.lower(): m for m in archive.members}
    return Container(path.name, raw, plain_names(parse_xml(raw, path.name)), archive, members=members)


def plain_names(root: Element) -> Element:
    """The tree with namespaces taken off the names of elements; tools disagree about them."""
    for element in root.iter():
        element.tag = local(element)
    return root


@dataclass(frozen=True, slots=True)
class Mark:
    """A selection with its element; `whole` where it stands for the whole document."""

    element: Element
    selection: Selection
    whole: bool = False


@dataclass
class Source:
    """One text of a project.

    Attributes:
        element: The source as a whole, such as the PDFSource around the text.
        raw: The text; None where there is none, and `why` says why.
        marks: Selections, in order; those whose positions are no numbers are in `unreadable`.
        elsewhere: Codings on pictures, areas of pages and recordings.
    """

    element: Element
    name: str
    raw: RawText | None
    why: str = ""
    marks: list[Mark] = field(default_factory=list)
    unreadable: int = 0
    elsewhere: int = 0
    note: str = ""

    @property
    def guid(self) -> str:
        """The guid of the source, as the file writes it."""
        return self.element.get("guid", "")


def read_sources(container: Container) -> list[Source]:
    """Every source of a project, and every note that carries codings."""
    elements = [e for e in container.root.findall("Sources/*") if e.tag.endswith("Source")]
    notes = [n for n in container.root.findall("Notes/Note") if n.find(".//Coding") is not None]
    return [source for element in (*elements, *notes) for source in _sources(container, element)]


def _sources(container: Container, element: Element) -> Iterator[Source]:
    """The texts of one source: itself, its representation or its transcripts."""
    texts = [element] if element.tag in ("TextSource", "Note") else [e for e in element if e.tag in _TEXTS]
    selections = [e for e in element if e.tag.endswith("Selection") and e.tag != "PlainTextSelection"]
    elsewhere = sum(len(e.findall("Coding")) for e in selections)
    if not texts:
        yield Source(
            element,
            element.get("name", ""),
            None,
            "that are not text",
            elsewhere=elsewhere + len(element.findall("Coding")),
        )
    for number, text in enumerate(texts, 1):
        name = element.get("name", "") + (f" ({number})" if number > 1 else "")
        raw, why, note = _text(container, text)
        source = Source(element, name, raw, why, elsewhere=elsewhere if number == 1 else 0, note=note)
        _mark(source, text, element if number == 1 else None)
        yield source


def _text(container: Container, element: Element) -> tuple[RawText | None, str, str]:
    """The text of a source, else why there is none; and a note where its encoding was a guess."""
    address = element.get("plainTextPath", "")
    if not address:
        content = element.findtext("PlainTextContent")
        return (RawText(content), "", "") if content is not None else (None, _MISSING, "")
    raw = container.bytes_of(address)
    if raw is None:
        return None, _MISSING, ""
    text, note = decode_text(raw, PurePosixPath(address.replace("\\", "/")).name)
    return (RawText(text), "", note) if text or not raw else (None, "whose text cannot be decoded", note)


def _mark(source: Source, text: Element, whole: Element | None) -> None:
    points = {key(p.get("guid", "")): p.get("position", "") for p in text.findall("SyncPoint")}
    for element in text:
        if element.tag == "PlainTextSelection":
            ends = [element.get("startPosition", ""), element.get("endPosition", "")]
        elif element.tag == "TranscriptSelection":
            ends = [points.get(key(element.get(k, "")), "") for k in ("fromSyncPoint", "toSyncPoint")]
        else:
            continue
        start, end = map(_position, ends)
        if start is None or end is None:
            source.unreadable += len(element.findall("Coding"))
        else:
            source.marks.append(Mark(element, Selection(start, end, element.get("name", ""))))
    if whole is not None and whole.find("Coding") is not None:
        source.marks.append(Mark(whole, Selection(0, 0), whole=True))


def _position(text: str) -> int | None:
    """A position as a number, kept within what arithmetic on offsets can bear."""
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,300}\s*", text):
        return None
    return max(-_LARGEST, min(_LARGEST, int(text)))


def memo_texts(container: Container) -> dict[str, str]:
    """The texts of notes by guid."""
    found = {}
    for note in container.root.findall("Notes/Note"):
        raw, _, _ = _text(container, note)
        found[key(note.get("guid", ""))] = joined(raw.text if raw else "", note.findtext("Description") or "")
    return found


def memo_of(element: Element, memos: Mapping[str, str]) -> str:
    """What is written of an element: its description and the notes it refers to."""
    refs = (memos.get(key(ref.get("targetGUID", "")), "") for ref in element.findall("NoteRef"))
    return joined(element.findtext("Description") or "", *refs)


class Variables:
    """What a project says of its sources: values of variables, cases and document groups."""

    def __init__(self, root: Element, owners: Mapping[str, str]) -> None:
        """Read them.

        Args:
            root: The project.
            owners: From the guid of a source or selection to the guid of its source.
        """
        self._names = {key(v.get("guid", "")): v.get("name", "") for v in root.findall("Variables/Variable")}
        self.values: dict[str, dict[str, list[str]]] = {}
        self.groups: dict[str, list[str]] = {}
        for case in root.findall("Cases/Case"):
            refs = [*case.findall("SourceRef"), *case.findall("SelectionRef")]
            for owner in dict.fromkeys(owners.get(key(ref.get("targetGUID", "")), "") for ref in refs):
                self.add(owner, case, case.get("name", ""))
        for group in root.findall("Sets/Set"):
            for member in group.findall("MemberSource"):
                self.groups.setdefault(key(member.get("targetGUID", "")), []).append(group.get("name", ""))

    def add(self, owner: str, element: Element, case: str = "") -> None:
        """Note the values that an element gives for a source."""
        values = self.values.setdefault(owner, {})
        if case:
            values.setdefault("Case", []).append(case)
        for value in element.findall("VariableValue"):
            reference = value.find("VariableRef")
            name = self._names.get(key(reference.get("targetGUID", "")), "") if reference is not None else ""
            said = next((e.text or "" for e in value if e.tag.endswith("Value")), "")
            if name:
                values.setdefault(name, []).append(said)

    def of(self, owner: str) -> dict[str, str]:
        """The values for a source; several of one variable are parted by semicolons."""
        return {name: "; ".join(dict.fromkeys(said)) for name, said in self.values.get(owner, {}).items()}


def marked(sources: Sequence[Source]) -> list[tuple[RawText, list[Selection]]]:
    """The texts with their selections, for fitting; whole documents say nothing of positions."""
    return [(s.raw, [m.selection for m in s.marks if not m.whole]) for s in sources if s.raw and s.raw.text]


def untold(text: str) -> bool:
    """Whether a text holds nothing but spaces and marks."""
    return not text.strip().strip(BOM)
