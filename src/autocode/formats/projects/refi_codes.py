"""The code tree of REFI-QDA, in projects and codebooks, both directions; and what only files of our own say beside it."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree.ElementTree import Element

from autocode.formats.files import node
from autocode.formats.projects.positions import ONE, STORED, UTF16, View
from autocode.formats.receipt import MIRROR
from autocode.formats.tables.gathered import apart
from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import SEPARATOR, Code, Codebook, check_length, hex_colour

NAMESPACE = uuid.UUID("a64f2d0e-0a3b-5a0f-9c55-2f0f6f0b7d11")  # ours: guids follow from what they name
DEEPEST = 64

_DEEP = f"more than {DEEPEST} levels deep"
GUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")


def key(guid: str) -> str:
    """A guid as it is compared: lower case, without braces."""
    return guid.strip().strip("{}").lower()


def derived(*parts: object) -> str:
    """The guid that follows from what it names (RFC 9562, version 5)."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(map(str, parts)).encode("utf-8", "replace").decode()))


@dataclass
class CodeTree:
    """A codebook read from XML and what its guids stand for.

    Attributes:
        paths: From the guid of a code, as `key` gives it, to its path.
        skipped: Codes that were not taken over, by reason.
    """

    codes: list[Code] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def book(self) -> Codebook:
        """The codes as a codebook."""
        return Codebook(tuple(self.codes))


def read_codes(parent: Element | None, memos: Mapping[str, str], plain: bool = False) -> CodeTree:
    """Read the codes below a `CodeBook` element, without recursion.

    Args:
        parent: The element; None gives an empty tree.
        memos: Texts of notes by guid; those that a code refers to end its definition.
        plain: Take names and descriptions as they are (a file of our own).

    Returns:
        The tree. Siblings of one name are told apart by a number, a guid given twice stands
        for the first of its codes, and codes more than 64 levels deep are left out.
    """
    tree, taken = CodeTree(), set[str]()
    roots = parent.findall("Codes/Code") if parent is not None else []
    stack = [(element, "", 1) for element in reversed(roots)]
    doubled = length = 0
    while stack:
        element, above, depth = stack.pop()
        given = _code(element, above, memos, plain)
        code = apart(given, taken)
        doubled += code != given
        taken.add(code.path)
        length += len(code.path)
        check_length(length)
        own = bool(code.guid) and key(code.guid) not in tree.paths
        if own:
            tree.paths[key(code.guid)] = code.path  # codings refer to it, whatever it looks like
        if not (own and GUID.fullmatch(code.guid)):
            tree.notes.append(f"code '{code.path}' has no identifier of its own; it gets one")
            code = replace(code, guid="")
        tree.codes.append(replace(code, guid="") if code.guid == replace(code, guid="").identifier else code)
        below = element.findall("Code")
        if depth < DEEPEST:
            stack += [(child, code.path, depth + 1) for child in reversed(below)]
        elif below:
            tree.skipped[_DEEP] = tree.skipped.get(_DEEP, 0) + sum(1 for child in below for _ in child.iter("Code"))
    if doubled:
        tree.notes.append(f"{doubled} codes had the name of a sibling; a number tells them apart")
    return tree


def _code(element: Element, parent: str, memos: Mapping[str, str], plain: bool) -> Code:
    said = element.findtext("Description") or ""
    codable = element.get("isCodable", "true").strip().lower() not in ("false", "0")
    notes = (memos.get(key(ref.get("targetGUID", "")), "") for ref in element.findall("NoteRef"))
    said = said if plain else joined(said, *notes)
    name, colour = _name(element, plain), hex_colour(element.get("color"))
    return Code(name, parent, said, guid=element.get("guid", ""), codable=codable, colour=colour)


def _name(element: Element, plain: bool) -> str:
    name = element.get("name", "")
    return name if plain and name else " ".join(name.split()) or "unnamed"


def joined(*texts: str) -> str:
    """Texts that say something, a blank line between them, each said once."""
    return "\n\n".join(dict.fromkeys(text.strip() for text in texts if text.strip()))


def themes_from_sets(tree: CodeTree, sets: list[Element]) -> CodeTree:
    """Make sets of codes (code groups) the themes of codes that have no place in a tree.

    The largest set comes first; a code that it took stays there. A set named like a root code
    becomes that code's children. A code that has a parent keeps it.
    """
    paths, codes = dict(tree.paths), {code.path: code for code in tree.codes}
    free = {code.path for code in tree.codes if not code.parent} - {code.parent for code in tree.codes}
    moved: dict[str, str] = {}
    members = [
        (s, [paths[k] for m in s.findall("MemberCode") if (k := key(m.get("targetGUID", "") or m.get("guid", ""))) in paths])
        for s in sets
    ]
    for element, listed in sorted(members, key=lambda item: -len(item[1])):
        name = _name(element, False)
        new = [path for path in listed if path in free and path not in moved and path != name]
        if not new or name in moved:
            if listed:
                tree.notes.append(f"code group '{name}' ({len(listed)} codes) overlaps the tree and is not kept")
            continue
        codes.setdefault(name, Code(name, guid=element.get("guid", "")))
        free.discard(name)
        moved.update(dict.fromkeys(new, name))
        left = f"; {len(listed) - len(new)} more of its codes stand elsewhere" if len(new) < len(listed) else ""
        tree.notes.append(f"code group '{name}' is the theme of {len(new)} codes{left}")
    return _regrown(tree, codes, moved) if moved else tree


def _regrown(tree: CodeTree, codes: Mapping[str, Code], moved: Mapping[str, str]) -> CodeTree:
    """The tree with each moved root under its theme."""
    below = {theme: [codes[p] for p in moved if moved[p] == theme] for theme in moved.values()}
    grown: list[Code] = []
    for code in codes.values():
        if code.path not in moved:
            grown += [code, *(replace(child, parent=code.path) for child in below.get(code.path, []))]
    paths = {k: moved[p] + SEPARATOR + p if p in moved else p for k, p in tree.paths.items()}
    return CodeTree(grown, paths, tree.notes, tree.skipped)


def described(code: Code) -> str:
    """What a codebook says of a code, in one text: its definition, then its rules."""
    rules = (("Include", code.include), ("Exclude", code.exclude), ("Example", code.example))
    return "\n\n".join(filter(None, (code.definition, *(f"{name}: {text}" for name, text in rules if text))))


def guids(book: Codebook) -> dict[str, str]:
    """The guid to write for each path: the code's own where it is valid and unique."""
    found, used = dict[str, str](), set[str]()
    for code in book:
        own = code.identifier
        found[code.path] = own if GUID.fullmatch(own) and key(own) not in used else derived("code", code.path)
        used.add(key(found[code.path]))
    return found


def shown_names(book: Codebook) -> dict[str, str]:
    """The name to write for each path: a name that an earlier code has is qualified by its parent.

    QualCoder and ATLAS.ti know a code by its name and would make two codes of one name one.
    """
    names, taken = dict[str, str](), set[str]()
    for code in book.tree:
        name, numbers = code.name, itertools.count(2)
        if name in taken and code.parent:
            near = book.by_path[code.parent].name
            name = f"{code.name} ({MIRROR if book.theme(code.path) == MIRROR else near})"
        while name in taken:
            name = f"{code.name} ({next(numbers)})"
        taken.add(name)
        names[code.path] = name
    return names


def codes_element(book: Codebook, written: Mapping[str, str], flatten: str = "") -> Element:
    """The `Codes` element of a codebook.

    Args:
        book: The codes; there is at least one.
        written: The guid for each path.
        flatten: Joins the names of a path where codes are written without a tree.
    """
    root, names = Element("Codes"), shown_names(book)
    made = {"": root}
    for code in book:
        name = flatten.join(code.path.split(SEPARATOR)) if flatten else names[code.path]
        element = node("Code", guid=written[code.path], isCodable=str(code.codable).lower())
        element.set("name", name)
        if code.colour:
            element.set("color", code.colour.upper())
        if said := described(code):
            element.append(node("Description", said))
        (root if flatten else made[code.parent]).append(element)
        made[code.path] = element
    return root


UNDATED = "1980-01-01T00:00:00Z"
"""Stands where a date is not known: QualCoder (up to 3.6) stops at a selection without one."""

_OPEN, _CLOSE = b"<?autocode ", b"?>\n"


@dataclass(frozen=True, slots=True)
class Told:
    """The private part of a file of our own: study, documents, coders, codes, codings, readings, view, in the XML's order.

    What REFI-QDA has no place for stands in a processing instruction after the root, which every other program passes over.
    It counts only as long as the rest is byte for byte what we wrote: its first word is the hash of all before it.
    """

    parts: Mapping[str, Any]

    @property
    def view(self) -> View:
        """How the file counts positions."""
        return View(*self.parts["view"])


def signed(xml: str, parts: Mapping[str, Any]) -> bytes:
    """An XML text with its private part at the end."""
    before = xml.encode("utf-8")
    said = json.dumps({**parts, "version": 1}, separators=(",", ":")).replace(">", "\\u003e")
    return before + _OPEN + f"{hashlib.sha256(before).hexdigest()} {said}".encode("ascii") + _CLOSE


def told(raw: bytes) -> Told | None:
    """The private part of an XML text, None where it has none or was changed since."""
    before, opening, rest = raw.rpartition(_OPEN)
    digest, _, said = rest.removesuffix(_CLOSE).partition(b" ")
    if not opening or not rest.endswith(_CLOSE) or digest != hashlib.sha256(before).hexdigest().encode():
        return None
    try:
        parts = json.loads(said)
        return Told(parts) if parts["version"] == 1 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def private_part(study: Study, codings: Sequence[tuple[int, Coding]], texts: Sequence[str], view: View) -> dict[str, Any]:
    """What the XML of a study cannot hold.

    Args:
        study: As it is.
        codings: In the order of the XML, each with its place in the study; -1 for a suggestion.
        texts: The hash of each text file, to see whether one was changed.
        view: How positions count.
    """
    place = {d.id: i for i, d in enumerate(study.documents)}
    coder = {c.id: i for i, c in enumerate(study.coders)}
    order = {c.path: i for i, c in enumerate(study.codebook)}
    return {
        "study": [study.name, study.notice],
        "view": [view.unit, view.newline],
        "texts": list(texts),
        "documents": [_document(d) for d in study.documents],
        "coders": [[c.id, c.name, c.kind, c.guid] for c in study.coders],
        "codes": code_part(study.codebook, order),
        "book": [study.codebook.name, study.codebook.version],
        "codings": [[at, c.when, c.weight] for at, c in codings],
        "readings": [[place[r.document], coder[r.coder], r.start, r.end] for r in study.readings],
    }


def _document(d: Document) -> list[Any]:
    turns = [[t.start, t.end, t.speaker, t.start_ms, t.end_ms] for t in d.turns]
    units = [[s.start, s.end, s.id, s.speaker] for s in d.segments]
    doubts = [[w.start, w.end, w.confidence] for w in d.doubts]
    return [d.id, d.name, d.kind, d.source, d.guid, turns, units, list(d.groups), list(d.interviewers), doubts]


def code_part(book: Codebook, order: Mapping[str, int]) -> list[list[Any]]:
    """Of each code, in the order of the XML: its place in the book and its texts, one by one."""
    return [[order[c.path], c.name, c.definition, c.include, c.exclude, c.example, c.guid] for c in book.tree]


def restored(study: Study, kept: Told) -> Study | None:
    """A study as read from the XML, with its private part put back; None where the two disagree."""
    with suppress(KeyError, TypeError, ValueError, IndexError, AttributeError):
        return _restored(study, kept.parts)
    return None


def _restored(study: Study, parts: Mapping[str, Any]) -> Study:
    documents = [_put_back(d, p) for d, p in zip(study.documents, parts["documents"], strict=True)]
    coders = [Coder(*map(str, p)) for p in parts["coders"]]
    coders += study.coders[len(coders) :]  # the machine's, where suggestions were written
    ids = {old.id: new.id for old, new in zip(study.documents, documents, strict=True)}
    names = {old.id: new.id for old, new in zip(study.coders, coders, strict=True)}
    codes = _codes(study.codebook, parts)
    codings = [
        (
            at if at >= 0 else len(study.codings),
            Coding(
                ids[c.document],
                c.start,
                c.end,
                codes[c.code].path,
                names[c.coder],
                c.memo,
                str(when),
                weight if weight is None else int(weight),
            ),
        )
        for c, (at, when, weight) in zip(study.codings, parts["codings"], strict=True)
    ]
    name, notice = parts["study"]
    return Study(
        tuple(documents),
        restored_book(study.codebook, parts),
        tuple(coders),
        tuple(c for _, c in sorted(codings, key=lambda item: item[0])),
        tuple(_reading(r, documents, coders) for r in parts["readings"]),
        str(name),
        str(notice),
    )


def _put_back(d: Document, part: Sequence[Any]) -> Document:
    name, title, kind, source, guid, turns, units, groups, *more = part
    asking, doubts = more or ((), ())
    _check([(span[0], span[1]) for span in (*turns, *units, *doubts)], len(d.text))
    return replace(
        d,
        id=str(name),
        name=str(title),
        kind=str(kind),
        source=str(source),
        guid=str(guid),
        groups=tuple(map(str, groups)),
        turns=tuple(Turn(*t) for t in turns),
        segments=tuple(Segment(str(name), *u) for u in units),
        interviewers=tuple(map(str, asking)),
        doubts=tuple(Doubt(*w) for w in doubts),
    )


def _reading(row: Sequence[int], documents: Sequence[Document], coders: Sequence[Coder]) -> Reading:
    document, coder, start, end = row
    _check([(start, end)], len(documents[document].text))
    return Reading(documents[document].id, coders[coder].id, start, end)


def _check(spans: Sequence[tuple[int, int]], length: int) -> None:
    """See that spans lie within a text of `length` characters; ValueError where one does not."""
    if not all(0 <= start <= end <= length for start, end in spans):
        raise ValueError("outside the text")


def restored_book(book: Codebook, parts: Mapping[str, Any]) -> Codebook:
    """A codebook as read from the XML, with the texts and the order of its codes put back.

    Raises:
        ValueError: The two do not have the same codes.
    """
    codes = _codes(book, parts)
    name, version = parts["book"]
    ranked = sorted(zip((at for at, *_ in parts["codes"]), codes.values(), strict=True), key=lambda item: item[0])
    return Codebook(tuple(code for _, code in ranked), str(name), str(version))


def _codes(book: Codebook, parts: Mapping[str, Any]) -> dict[str, Code]:
    """The code that each path in the XML stands for; names there may be qualified to be unique."""
    codes: dict[str, Code] = {}
    for c, (_, name, *texts) in zip(book, parts["codes"], strict=True):
        parent = codes[c.parent].path if c.parent else ""
        codes[c.path] = Code(str(name), parent, *map(str, texts[:5]), codable=c.codable, colour=c.colour)
    return codes


def own_view(newlines: str, astral: str) -> View:
    """How a file that we write counts: code points, unless UTF-16 is asked for; a line end is one."""
    return View(UTF16 if astral == "utf16" else View().unit, ONE if newlines == "crlf" else STORED)
