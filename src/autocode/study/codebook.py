"""Code and Codebook: the tree of codes and the questions one asks of it.

A code is known by its path (``Industry Factors > Recognition``), never by its name alone: two
themes may each have a code of the same name. A theme is a code that has children.
"""

from __future__ import annotations

import colorsys
import difflib
import hashlib
import math
import re
import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from autocode.errors import CodebookError, counted

SEPARATOR = " > "
_NAMESPACE = uuid.UUID("6f1d7c3e-52f0-4c58-9d5e-3b9a5f0c7a11")  # ours: guids follow from paths


@dataclass(frozen=True, slots=True)
class Code:
    """One code: its name, its place in the tree and what the codebook says of it.

    Attributes:
        name: What the researcher calls it; unique among its siblings.
        parent: Path of the code above it, "" for a root.
        guid: Stable identifier for exchange files; follows from the path unless one is given.
        codable: False for a category, which only holds codes and is not given itself.
        colour: How the researcher marks it, as ``#rrggbb`` in small letters; "" where nobody chose one.
    """

    name: str
    parent: str = ""
    definition: str = ""
    include: str = ""
    exclude: str = ""
    example: str = ""
    guid: str = ""
    codable: bool = field(default=True, kw_only=True)
    colour: str = field(default="", kw_only=True)

    @property
    def path(self) -> str:
        """The names from the root down, joined by `` > ``."""
        return self.parent + SEPARATOR + self.name if self.parent else self.name

    @property
    def identifier(self) -> str:
        """The guid given, else one that follows from the path (RFC 9562, version 5)."""
        return self.guid or str(uuid.uuid5(_NAMESPACE, self.path))


@dataclass(frozen=True)
class Codebook:
    """The tree of codes, parents before their children, in the researcher's order.

    Raises:
        CodebookError: Two codes share a path, or a parent is missing or comes after its child.
    """

    codes: tuple[Code, ...] = ()
    name: str = ""
    version: str = "1"

    def __post_init__(self) -> None:
        known: set[str] = set()
        for code in self.codes:
            if code.path in known:
                raise CodebookError(
                    "the codebook", f"two codes share the path '{code.path}'", "Rename one of them or give it another parent."
                )
            if code.parent and code.parent not in known:
                raise CodebookError(
                    "the codebook",
                    f"'{code.name}' hangs under '{code.parent}', which is not there",
                    "Add the parent code, or leave the parent empty.",
                )
            known.add(code.path)

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes)

    def __contains__(self, path: object) -> bool:
        return path in self.by_path

    @cached_property
    def by_path(self) -> Mapping[str, Code]:
        """Every code by its path."""
        return {code.path: code for code in self.codes}

    @cached_property
    def _children(self) -> Mapping[str, tuple[Code, ...]]:
        below: dict[str, list[Code]] = {}
        for code in self.codes:
            below.setdefault(code.parent, []).append(code)
        return {parent: tuple(codes) for parent, codes in below.items()}

    def children(self, path: str = "") -> tuple[Code, ...]:
        """The codes directly under `path`; the roots where it is empty."""
        return self._children.get(path, ())

    @cached_property
    def tree(self) -> tuple[Code, ...]:
        """The codes as a tree is shown and XML holds it: below each all that hang under it, in the researcher's order."""
        found, stack = [], list(reversed(self.children()))
        while stack:
            found.append(stack.pop())
            stack += reversed(self.children(found[-1].path))
        return tuple(found)

    def theme(self, path: str) -> str:
        """The path of the root above `path`, or `path` itself where it is a root.

        Raises:
            CodebookError: The codebook has no such code.
        """
        if path not in self.by_path:
            raise self.unknown(path)
        while parent := self.by_path[path].parent:
            path = parent
        return path

    def is_theme(self, path: str) -> bool:
        """Whether `path` has codes under it."""
        return bool(self.children(path))

    def colour(self, path: str) -> str:
        """The colour of a code: its own, else that of the nearest code above it that has one, else ""."""
        while (code := self.by_path.get(path)) and not code.colour:
            path = code.parent
        return code.colour if code else ""

    def sizes(self, given: Iterable[str] = ()) -> tuple[int, int]:
        """How many codes there are and how many themes hold them: what every count of codes shows.

        Args:
            given: Paths that somebody gave to a passage; a theme among them counts as a code too.
        """
        themes = {c.path for c in self.codes if self.is_theme(c.path) or not c.codable}
        return len(self.codes) - len(themes - set(given)), len(themes)

    def resolve(self, text: str) -> str:
        """The path meant by a path or by a name that only one code has.

        Raises:
            CodebookError: No code, or more than one, is called so.
        """
        if text in self.by_path:
            return text
        paths = self._paths_by_name.get(text) or self._evened.get(evened(text), ())
        if len(paths) == 1:
            return paths[0]
        if paths:
            raise CodebookError(
                f"code '{text}'", f"{counted(len(paths), 'code')} have this name: {'; '.join(paths)}", "Write the whole path."
            )
        raise self.unknown(text)

    @cached_property
    def _paths_by_name(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for code in self.codes:
            found[code.name] = (*found.get(code.name, ()), code.path)
        return found

    @cached_property
    def _evened(self) -> Mapping[str, tuple[str, ...]]:
        """Paths by their evened writing, and by the evened names of those that no path is written like."""
        paths: dict[str, tuple[str, ...]] = {}
        names: dict[str, tuple[str, ...]] = {}
        for code in self.codes:
            for found, text in ((paths, code.path), (names, code.name)):
                found[evened(text)] = (*found.get(evened(text), ()), code.path)
        return {**names, **paths}

    def unknown(self, text: str) -> CodebookError:
        """The error for a code that is not there; it names the nearest code that is."""
        near = difflib.get_close_matches(text, [*self.by_path, *self._paths_by_name], n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "Add it to the codebook first."
        return CodebookError(f"code '{text}'", "the codebook does not have it", hint)

    def with_paths(self, paths: Iterable[str]) -> Codebook:
        """This codebook and, at its end, the codes of `paths` that it lacks, ancestors first."""
        codes, known = list(self.codes), set(self.by_path)
        for path in paths:
            parent = ""
            for name in path.split(SEPARATOR):
                code = Code(name, parent)
                if code.path not in known:
                    codes.append(code)
                    known.add(code.path)
                parent = code.path
        return Codebook(tuple(codes), self.name, self.version)

    @cached_property
    def sha256(self) -> str:
        """Hash of every code with its texts; colours, and the name and version of the codebook, do not count."""
        digest = hashlib.sha256()
        for c in self.codes:
            fields = [c.path, c.identifier, c.definition, c.include, c.exclude, c.example]
            fields += [] if c.codable else ["category"]
            digest.update("\x1f".join(fields).encode("utf-8", "surrogatepass") + b"\x1e")
        return digest.hexdigest()


def renames(old: Codebook, new: Codebook) -> dict[str, str]:
    """From the paths of codes to their paths in another codebook, where they are called otherwise there."""
    if old is new:
        return {}
    there = {c.identifier: c.path for c in new}
    return {c.path: p for c in old if (p := there.get(c.identifier, c.path)) != c.path}


def hex_colour(text: object) -> str:
    """A colour as a code keeps it, from ``#RGB`` or ``#RRGGBB`` with or without the sign; "" for anything else."""
    found = re.fullmatch(r"#?([0-9a-f]{6}|[0-9a-f]{3})", str(text or "").strip().lower())
    digits = found[1] if found else ""
    return "#" + ("".join(d + d for d in digits) if len(digits) == 3 else digits) if digits else ""


def shade(colour: str, darkest: float, lightest: float) -> str:
    """A colour of the same hue that is neither darker nor lighter than it may be, so that it stands out from its ground.

    Args:
        colour: As ``#rrggbb``.
        darkest: The least relative luminance (WCAG 2.2), 0 to 1; `lightest` the most.
    """
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    hue, now, strength = colorsys.rgb_to_hls(red, green, blue)
    low, high = 0.0, 1.0
    if darkest <= (luminance := _luminance((red, green, blue))) <= lightest:
        return colour
    wanted = darkest if luminance < darkest else lightest
    for _ in range(20):  # luminance grows with lightness
        now = (low + high) / 2
        low, high = (now, high) if _luminance(colorsys.hls_to_rgb(hue, now, strength)) < wanted else (low, now)
    mixed = colorsys.hls_to_rgb(hue, high if luminance < darkest else low, strength)
    rounded = math.ceil if luminance < darkest else math.floor
    return "#" + "".join(f"{min(max(rounded(c * 255), 0), 255):02x}" for c in mixed)


def _luminance(rgb: tuple[float, float, float]) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


LONGEST = 20_000_000
"""Characters that the paths of a codebook may have together: a long name above many codes stands in each of them."""


def check_length(length: int) -> None:
    """See that paths do not grow beyond anything that a person wrote.

    Raises:
        CodebookError: They have more than 20 million characters together.
    """
    if length > LONGEST:
        why = f"the names of its codes and of all above them have more than {LONGEST:,} characters together"
        raise CodebookError("the codebook", why, "Shorten the names, or use fewer levels.")


def codebook_from_rows(rows: Iterable[Mapping[str, str]], name: str = "") -> Codebook:
    """Build the tree from rows that name a code and its parent, in any order.

    Args:
        rows: Mappings with `code`, `parent` (the `code` of another row, or "") and, where
            known, `definition`, `include`, `exclude`, `example`, `guid`, `colour`. A code written as a
            path below its parent (``A > B`` with parent ``A``) keeps only its own name.
        name: Name of the codebook.

    Returns:
        The codebook, every parent before its children, siblings in the order of the rows.

    Raises:
        CodebookError: A parent is missing or ambiguous, codes form a cycle, or siblings (or
            roots) share a name.
    """
    listed = [{k: (v or "").strip() for k, v in row.items() if k} for row in rows]
    keys = Counter(row["code"] for row in listed)
    below: dict[str, list[Mapping[str, str]]] = {}
    for row in listed:
        parent = row.get("parent", "")
        if parent and keys[parent] != 1:
            why = "is not in the codebook" if not keys[parent] else "names more than one code"
            raise CodebookError(
                f"code '{row['code']}'", f"its parent '{parent}' {why}", "Add the parent as a row of its own, once."
            )
        below.setdefault(parent, []).append(row)
    parents = {row["code"]: row.get("parent", "") for row in listed}
    for row in listed:
        if not _rooted(row["code"], parents):
            raise CodebookError(
                f"code '{row['code']}'",
                "following its parents leads back to itself (a cycle)",
                "Give one code of the circle another parent, or none.",
            )
    return Codebook(tuple(_grow(below)), name)


def _grow(below: Mapping[str, list[Mapping[str, str]]]) -> Iterator[Code]:
    """Walk the tree from the roots, parents first, without recursion."""
    stack = [(row, "") for row in reversed(below.get("", []))]
    while stack:
        row, parent = stack.pop()
        own = row["code"].removeprefix(row.get("parent", "") + SEPARATOR)
        texts = (row.get(k, "") for k in ("definition", "include", "exclude", "example", "guid"))
        code = Code(own, parent, *texts, colour=hex_colour(row.get("colour")))
        yield code
        stack += [(child, code.path) for child in reversed(below.get(row["code"], []))]


def _rooted(code: str, parents: Mapping[str, str]) -> bool:
    """Whether following the parents of `code` ends at a root."""
    return any(not (code := parents.get(code, "")) for _ in parents)


@lru_cache(maxsize=4096)  # a path is asked about again and again
def evened(text: str) -> str:
    """A name or path as one compares it: case, spaces, Unicode forms and the signs between levels aside."""
    parts = re.split(r"\s+>\s+|\\+|::+|/", unicodedata.normalize("NFC", text).casefold())
    return SEPARATOR.join(filter(None, (" ".join(part.replace("_", " ").split()) for part in parts)))


@dataclass(frozen=True, slots=True)
class JoinedCodebook:
    """Two codebooks as one.

    Attributes:
        book: The codes of the first and, at its end, those that only the second has.
        first: From paths in the first to paths in `book`, where they differ; `second` likewise.
    """

    book: Codebook
    first: Mapping[str, str]
    second: Mapping[str, str]


def join_codebooks(first: Codebook, second: Codebook, adopting: bool = False) -> JoinedCodebook:
    """Two codebooks as one; a code of both keeps what the first says of it, and gets what only the second says.

    Codes are the same where their paths are, case and spaces aside.

    Args:
        first: What is there.
        second: What comes in.
        adopting: `second` is a codebook that comes after the codings: a code of `first` that stands
            alone, with neither parent, children nor definition, gets the place of the one code of its
            name there.
    """
    mine, counts = _alone(first), _alone(second)
    theirs = {path: path for path in second.by_path if path in first}
    theirs |= {p: mine[e] for e, p in counts.items() if e in mine and p not in theirs and mine[e] not in theirs}
    moved: dict[str, str] = {}
    if adopting:
        names = Counter(evened(c.name) for c in second)
        alone = {evened(c.name): c for c in first if not (c.parent or c.definition or first.is_theme(c.path))}
        placed = {c.path: alone[evened(c.name)].path for c in second if evened(c.name) in alone and names[evened(c.name)] == 1}
        moved = {old: new for new, old in placed.items() if new not in theirs}
    codes = {c.path: c for c in first if c.path not in moved}
    below: dict[str, str] = {}
    for c in second:
        parent = below.get(c.parent, c.parent)
        path = theirs.get(c.path) or (parent + SEPARATOR + c.name if parent else c.name)
        below[c.path] = path
        codes[path] = _filled(codes[path], c) if path in codes else replace(c, parent=parent)
    book = Codebook(tuple(codes.values()), first.name or second.name, (first if len(first) else second).version)
    return JoinedCodebook(book, moved, {old: new for old, new in below.items() if old != new})


def _alone(book: Codebook) -> dict[str, str]:
    """Paths by their evened writing, where no other path is written so."""
    counts = Counter(evened(path) for path in book.by_path)
    return {e: path for path in book.by_path if counts[e := evened(path)] == 1}


def _filled(code: Code, other: Code) -> Code:
    """A code with what only another says of it."""
    texts = ("definition", "include", "exclude", "example", "guid", "colour")
    return replace(code, **{name: getattr(other, name) for name in texts if not getattr(code, name)})
