"""REFI-QDA projects (.qdpx, .qde) out: valid against the schema, the same bytes for the same study."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from xml.etree.ElementTree import Element

from autocode.errors import InputError
from autocode.formats.files import BOM, INSTEAD, legal, node, read_bytes, write_atomic, xml_text
from autocode.formats.projects import parse_xml
from autocode.formats.projects.positions import RawText
from autocode.formats.projects.refi_codes import (
    GUID,
    UNDATED,
    code_part,
    codes_element,
    derived,
    guids,
    key,
    own_view,
    private_part,
    read_codes,
    restored_book,
    signed,
    themes_from_sets,
    told,
)
from autocode.formats.projects.refi_sources import plain_names
from autocode.formats.receipt import MACHINE, ReadOptions, Receipt, WriteOptions, suggested
from autocode.formats.staged import together
from autocode.study import Coding, Document, Study
from autocode.study.codebook import Codebook

ORIGIN = "autocode"

_SQUARE = "\u25a1"  # a white square stands for what a program may count in two ways
_NAME = 100  # characters of a selection's name, as the tools cut it
_STAMP = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")

_SOURCES = "sources"  # the folder of texts in a project


@dataclass(frozen=True, slots=True)
class _Placed:
    """A coding to write: its place in the study (-1 for a suggestion), itself and its user."""

    at: int
    coding: Coding
    user: str


@dataclass
class Export:
    """A study on its way into a project.

    Attributes:
        study: What is written.
        options: How.
        files: The text files by name, filled while the project is made.
    """

    study: Study
    options: WriteOptions = field(default_factory=WriteOptions)
    files: dict[str, bytes] = field(default_factory=dict)

    def qdpx(self) -> bytes:
        """The project as a .qdpx container."""
        out = io.BytesIO()
        project = self.qde()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
            for name, content in (("project.qde", project), *self.files.items()):
                info = zipfile.ZipInfo(name)  # dated 1980: the same study gives the same bytes
                info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
                zipped.writestr(info, content)
        return out.getvalue()

    def qde(self) -> bytes:
        """The project as XML; `files` then holds the texts."""
        placed = list(self._placed())
        root = self._project(placed)
        xml = xml_text(root)
        if self.options.flatten or self.options.astral == "replace" or (self.options.mirror and self.options.suggestions):
            return xml.encode("utf-8")  # something was changed on purpose, so nothing is put back on reading
        texts = [hashlib.sha256(self._content(d).encode("utf-8")).hexdigest() for d in self.study.documents]
        view = own_view(self.options.newlines, self.options.astral)
        return signed(xml, private_part(self.study, [(p.at, p.coding) for p in placed], texts, view))

    @cached_property
    def _book(self) -> Mapping[str, str]:
        """The guid of every code, by path, those mirrored for suggestions too."""
        return guids(self._codes)

    @cached_property
    def _codes(self) -> Codebook:
        """The codes of the study and of the suggestions."""
        book = self.study.codebook
        return book.with_paths(c.code for c in suggested(self.options) if c.code not in book)

    @cached_property
    def _users(self) -> dict[str, str]:
        """The guid of every coder by id; the machine's under its name."""
        return _guids("coder", {c.id: c.guid for c in self.study.coders})

    @cached_property
    def _documents(self) -> dict[str, str]:
        """The guid of every document by id."""
        return _guids("document", {d.id: d.guid for d in self.study.documents})

    @cached_property
    def _machine(self) -> str:
        """The guid of the user who suggests."""
        return self._users.get(MACHINE, derived("coder", MACHINE))

    @cached_property
    def _date(self) -> str:
        """The date of the project: that of its newest coding."""
        return max((w for c in self.study.codings if (w := _stamp(c.when))), default=UNDATED)

    @property
    def _first(self) -> str:
        """The guid of the first user, who stands for whoever made the documents; "" where there is none."""
        return next(iter(self._users.values()), self._machine if self.options.suggestions else "")

    def _placed(self) -> Iterator[_Placed]:
        """Codings by document, in the order of the study, then the suggestions of the document."""
        below: dict[str, list[_Placed]] = {d.id: [] for d in self.study.documents}
        for at, c in enumerate(self.study.codings):
            below[c.document].append(_Placed(at, c, self._users[c.coder]))
        for c in suggested(self.options):
            below[c.document].append(_Placed(-1, c, self._machine))
        for d in self.study.documents:
            yield from below[d.id]

    def _project(self, placed: Sequence[_Placed]) -> Element:
        date = self._date
        root = node(
            "Project",
            xmlns="urn:QDA-XML:project:1.0",
            name=self.study.name or "study",
            origin=ORIGIN,
            creatingUserGUID=self._first,
            creationDateTime=date,
        )
        names = dict.fromkeys(name for d in self.study.documents for name in d.variables)
        variables = [_named("Variable", name, guid=derived("variable", name), typeOfVariable="Text") for name in names]
        parts = (
            ("Users", list(self._user_elements())),
            ("CodeBook", [codes_element(self._codes, self._book, self.options.flatten)] if len(self._codes) else []),
            ("Variables", variables),
            ("Sources", list(self._source_elements(placed))),
            ("Sets", list(self._set_elements())),
        )
        for tag, elements in parts:
            if elements:
                part = node(tag)
                part.extend(elements)
                root.append(part)
        return root

    def _user_elements(self) -> Iterator[Element]:
        for coder in self.study.coders:
            yield node("User", guid=self._users[coder.id], name=coder.name or coder.id)
        if self.options.suggestions and MACHINE not in self._users:
            yield node("User", guid=self._machine, name=MACHINE)

    def _set_elements(self) -> Iterator[Element]:
        groups = dict.fromkeys(g for d in self.study.documents for g in d.groups)
        for group in groups:
            element = _named("Set", group, guid=derived("group", group))
            members = (d for d in self.study.documents if group in d.groups)
            element.extend(node("MemberSource", targetGUID=self._documents[d.id]) for d in members)
            yield element

    def _content(self, document: Document) -> str:
        """The text as it stands in its file."""
        text = legal(document.text)
        if text.startswith(BOM):  # it would be taken for a mark and not be counted
            text = INSTEAD + text[1:]
        if self.options.astral == "replace":
            text = re.sub("[^\x00-\uffff]", _SQUARE, text)
        return text.replace("\n", "\r\n") if self.options.newlines == "crlf" else text

    def _source_elements(self, placed: Sequence[_Placed]) -> Iterator[Element]:
        below: dict[str, list[_Placed]] = {}
        for p in placed:
            below.setdefault(p.coding.document, []).append(p)
        names: set[str] = set()
        for d in self.study.documents:
            guid = self._documents[d.id]
            file = derived("text", key(guid)) + ".txt"
            self.files[f"{_SOURCES}/{file}"] = self._content(d).encode("utf-8")
            name = d.name if d.name and d.name not in names else d.id
            names.add(name)
            element = _named(
                "TextSource",
                name,
                guid=guid,
                plainTextPath="internal://" + file,
                creatingUser=self._first,
                creationDateTime=self._date,
            )
            element.extend(self._selections(d, below.get(d.id, ())))
            element.extend(_value(name, value) for name, value in d.variables.items())
            yield element

    def _selections(self, document: Document, placed: Iterable[_Placed]) -> Iterator[Element]:
        """One selection for each coding, with the same user on both."""
        starts = RawText(document.text).starts(own_view("lf", self.options.astral))
        given: dict[tuple[object, ...], int] = {}
        for p in placed:
            c = p.coding
            what = (self._documents[c.document], c.start, c.end, c.code, p.user)
            number = given[what] = given.get(what, 0) + 1  # one span may be coded twice, at two times
            when = _stamp(c.when) or UNDATED
            selection = node(
                "PlainTextSelection",
                guid=derived("selection", *what, number),
                name=_quoted(document.text_of(c)),
                startPosition=str(starts[c.start]),
                endPosition=str(starts[c.end]),
                creatingUser=p.user,
                creationDateTime=when,
                modifyingUser=p.user,
                modifiedDateTime=when,
            )
            if c.memo:
                selection.append(node("Description", c.memo))
            coding = node("Coding", guid=derived("coding", *what, number), creatingUser=p.user, creationDateTime=when)
            coding.append(node("CodeRef", targetGUID=self._book[c.code]))
            selection.append(coding)
            yield selection


def _named(tag: str, name: str, /, **attributes: str) -> Element:
    """An element with a name, even an empty one; the schema wants it."""
    element = node(tag, **attributes)
    element.set("name", name)
    return element


def _value(name: str, value: str) -> Element:
    element = node("VariableValue")
    element.append(node("VariableRef", targetGUID=derived("variable", name)))
    element.append(node("TextValue", value))
    return element


def _quoted(text: str) -> str:
    """The name of a selection: the words it covers, on one line, cut as the tools cut them."""
    line = " ".join(text[: 2 * _NAME].split())
    return line if len(line) <= _NAME and len(text) <= 2 * _NAME else line[: _NAME - 1] + "…"


def _stamp(when: str) -> str:
    """A date and time as the schema wants it, "" where `when` is none."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", when):
        when += "T00:00:00Z"
    return when if _STAMP.fullmatch(when) else ""


def _guids(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """A guid for every id: the one it came with where that is valid and not taken, else one that follows from it."""
    found: dict[str, str] = {}
    used: set[str] = set()
    for identifier, guid in given.items():
        own = guid if GUID.fullmatch(guid) and key(guid) not in used else derived(kind, identifier)
        used.add(key(own))
        found[identifier] = own
    return found


def read_codes_file(path: Path, options: ReadOptions = ReadOptions()) -> tuple[Study, list[Receipt]]:
    """Read a codebook (.qdc).

    Returns:
        A study that holds the codebook alone, and the receipt.

    Raises:
        InputError: It is no codebook, or its XML is damaged or unsafe.
    """
    raw = read_bytes(path)
    root = plain_names(parse_xml(raw, path.name))
    book = root if root.tag == "CodeBook" else root.find("CodeBook")
    if book is None:
        raise InputError(path.name, f"its root is '{root.tag[:40]}', not a codebook", "Export the codebook again.")
    kept = told(raw)
    tree = read_codes(book, {}, plain=kept is not None)
    if kept is None:
        tree = themes_from_sets(tree, book.findall("Sets/Set"))
    read = tree.book
    if kept is not None:
        try:
            read = restored_book(read, kept.parts)
        except (KeyError, TypeError, ValueError):
            tree.notes.append("its private part does not fit its codes and is left aside")
    return Study(codebook=read), [Receipt(path.name, "codes", len(read), tree.skipped, tuple(tree.notes))]


def write_codes_file(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write the codebook of a study as .qdc.

    Raises:
        InputError: The study has no codes (the schema wants one), or the file cannot be written.
    """
    write_atomic(path, codebook_bytes(study.codebook, path.name, options.flatten))


def codebook_bytes(book: Codebook, name: str, flatten: str = "") -> bytes:
    """A codebook as the bytes of a .qdc.

    Raises:
        InputError: It has no codes.
    """
    if not len(book):
        raise InputError(name, "the study has no codes to write", "Import a codebook first.")
    root = node("CodeBook", xmlns="urn:QDA-XML:codebook:1.0", origin="autocode")
    root.append(codes_element(book, guids(book), flatten))
    order = {code.path: i for i, code in enumerate(book)}
    xml = xml_text(root)
    return xml.encode() if flatten else signed(xml, {"codes": code_part(book, order), "book": [book.name, book.version]})


def write_project(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write a study as a project: .qdpx, or .qde without the texts' container.

    Raises:
        InputError: The file cannot be written.
    """
    export = Export(study, options)
    if path.suffix.lower() != ".qde":
        write_atomic(path, export.qdpx())
        return
    made = export.qde()
    with together(path.parent / _SOURCES) as stage:
        for name, content in export.files.items():
            write_atomic(stage / name.removeprefix(f"{_SOURCES}/"), content)
    write_atomic(path, made)
