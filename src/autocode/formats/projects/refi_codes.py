"""The code tree of REFI-QDA, in projects and codebooks, both directions."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

from autocode.formats.files import node
from autocode.formats.receipt import MIRROR
from autocode.formats.tables.gathered import apart
from autocode.study.codebook import SEPARATOR, Code, Codebook, check_length, hex_colour

NAMESPACE = uuid.UUID("a64f2d0e-0a3b-5a0f-9c55-2f0f6f0b7d11")  # ours: guids follow from what they name
DEEPEST = 64

_DEEP = f"more than {DEEPEST} levels deep"
_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")


def key(guid: str) -> str:
    """A guid as it is compared: lower case, without braces."""
    return guid.strip().strip("{}").lower()


def derived(*parts: object) -> str:
    """The guid that follows from what it names (RFC 9562, version 5)."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(map(str, parts)).encode("utf-8", "replace").decode()))


def valid(guid: str) -> bool:
    """Whether the schema takes it for a guid."""
    return bool(_GUID.fullmatch(guid))


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
    tree = CodeTree()
    taken: set[str] = set()
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
        if not (own and valid(code.guid)):
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
    paths = dict(tree.paths)
    codes = {code.path: code for code in tree.codes}
    free = {code.path for code in tree.codes if not code.parent} - {code.parent for code in tree.codes}
    moved: dict[str, str] = {}
    members = [(s, [paths[k] for m in s.findall("MemberCode") if (k := _member(m)) in paths]) for s in sets]
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


def _member(element: Element) -> str:
    return key(element.get("targetGUID", "") or element.get("guid", ""))


def _regrown(tree: CodeTree, codes: Mapping[str, Code], moved: Mapping[str, str]) -> CodeTree:
    """The tree with each moved root under its theme."""
    themes = dict.fromkeys(moved.values())
    below = {theme: [codes[p] for p in moved if moved[p] == theme] for theme in themes}
    grown: list[Code] = []
    for code in codes.values():
        if code.path not in moved:
            grown.append(code)
            grown += [replace(child, parent=code.path) for child in below.get(code.path, [])]
    paths = {k: moved[p] + SEPARATOR + p if p in moved else p for k, p in tree.paths.items()}
    return CodeTree(grown, paths, tree.notes, tree.skipped)


def described(code: Code) -> str:
    """What a codebook says of a code, in one text: its definition, then its rules."""
    rules = (("Include", code.include), ("Exclude", code.exclude), ("Example", code.example))
    parts = [code.definition, *(f"{name}: {text}" for name, text in rules if text)]
    return "\n\n".join(part for part in parts if part)


def guids(book: Codebook) -> dict[str, str]:
    """The guid to write for each path: the code's own where it is valid and unique."""
    found: dict[str, str] = {}
    used: set[str] = set()
    for code in book:
        guid = code.identifier
        if not valid(guid) or key(guid) in used:
            guid = derived("code", code.path)
        used.add(key(guid))
        found[code.path] = guid
    return found


def shown_names(book: Codebook) -> dict[str, str]:
    """The name to write for each path: a name that an earlier code has is qualified by its parent.

    QualCoder and ATLAS.ti know a code by its name and would make two codes of one name one.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for code in depth_first(book):
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
    root = Element("Codes")
    made: dict[str, Element] = {"": root}
    names = shown_names(book)
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


def depth_first(book: Codebook) -> Iterator[Code]:
    """The codes in the order in which XML holds the tree."""
    stack = list(reversed(book.children()))
    while stack:
        code = stack.pop()
        yield code
        stack += reversed(book.children(code.path))
