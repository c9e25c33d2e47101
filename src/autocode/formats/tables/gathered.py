"""A project gathered from the tables of another tool: codes into a tree, codings onto texts."""

from __future__ import annotations

import bisect
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from autocode.errors import counted
from autocode.formats.projects.positions import Counted, RawText, Selection, View
from autocode.formats.receipt import Receipt
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Code, Codebook, check_length, hex_colour
from autocode.study.moves import Evened, Piece, Stretches

_SAME = str.maketrans(
    {**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‐‑‒–—―−", "-"), "…": "..."}
)
_DROPPED = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_ODD = re.compile(rf"\s[\s{_DROPPED.pattern[1:-1]}]*\s|[^\S ]|[{''.join(map(chr, _SAME))}{_DROPPED.pattern[1:-1]}]")
_MOST = 1000  # occurrences looked at: a quote this frequent is no help anyway


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quote stands, and whether it was found as written.

    Attributes:
        exact: Whether the words are there letter for letter.
        hinted: Whether the place that the table gives chose between several.
    """

    start: int
    end: int
    exact: bool = True
    hinted: bool = False


@dataclass(frozen=True)
class Locator:
    """Finds quotes in one text.

    Attributes:
        text: The transcript.
    """

    text: str
    _cache: dict[str, list[tuple[int, int]]] = field(default_factory=dict, repr=False, compare=False)
    _even_cache: dict[str, list[tuple[int, int]]] = field(default_factory=dict, repr=False, compare=False)

    def find(self, quote: str, near: int | None = None, paragraph: int | None = None) -> Found | str:
        """The place of a quote.

        Args:
            quote: The words, as a table quotes them.
            near: The offset at which the table says they begin; it chooses between several
                occurrences, the nearest wins.
            paragraph: The number of the paragraph, from 1, counted with or without empty lines.

        Returns:
            The place, or why there is none: "not found" or "ambiguous".
        """
        quote = quote.strip()
        if not quote:
            return "not found"
        spans, exact = self._exact(quote), True
        if not spans:
            spans, exact = self._evened(quote), False
        if len(spans) == 1:
            return Found(*spans[0], exact)
        return self._chosen(spans, near, paragraph, exact) if spans else "not found"

    def _chosen(self, spans: list[tuple[int, int]], near: int | None, paragraph: int | None, exact: bool) -> Found | str:
        if near is not None:
            ranked = sorted(spans, key=lambda span: abs(span[0] - near))
            if abs(ranked[0][0] - near) < abs(ranked[1][0] - near):
                return Found(*ranked[0], exact, hinted=True)
        if paragraph is not None:
            inside = [span for span in spans if paragraph in self.paragraphs_of(span[0])]
            if len(inside) == 1:
                return Found(*inside[0], exact, hinted=True)
        return "ambiguous"

    def paragraphs_of(self, offset: int) -> tuple[int, int]:
        """The number of the paragraph at `offset`, counting all lines and counting only full ones."""
        line = bisect.bisect_right(self._lines, offset)
        return line, self._full[line - 1]

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer("\n", self.text))]

    @cached_property
    def _full(self) -> list[int]:
        numbers, n = [], 0
        for line in self.text.split("\n"):
            n += bool(line.strip())
            numbers.append(n)
        return numbers

    def _exact(self, quote: str) -> list[tuple[int, int]]:
        if quote not in self._cache:
            whole = Evened(self.text, Stretches((Piece(0, len(self.text), 0, len(self.text)),)))
            self._cache[quote] = whole.places(quote, overlapping=True, most=_MOST)
        return self._cache[quote]

    def _evened(self, quote: str) -> list[tuple[int, int]]:
        words = _even(quote).text.strip()
        if words not in self._even_cache:
            spans = self._even_text.places(words, overlapping=True, most=_MOST)
            self._even_cache[words] = list(dict.fromkeys(spans))
        return self._even_cache[words]

    @cached_property
    def _even_text(self) -> Evened:
        return _even(self.text)


def _even(text: str) -> Evened:
    """A text with its spaces, quotation marks, dashes and compositions made one kind."""
    odd = _ODD
    if not unicodedata.is_normalized("NFC", text):
        marks = "".join({c for c in text if unicodedata.combining(c)})
        odd = re.compile(f"[^{re.escape(marks)}][{re.escape(marks)}]+|{_ODD.pattern}") if marks else _ODD
    return Evened.of(text, odd, _put)


def _put(odd: str) -> str:
    kept = _DROPPED.sub("", unicodedata.normalize("NFC", odd))
    return " " if kept.isspace() else kept.translate(_SAME)


@dataclass(frozen=True, slots=True)
class Node:
    """A code or category as a tool keeps it: by a key, under the key of another."""

    key: str
    name: str
    parent: str = ""
    definition: str = ""
    colour: str = ""


def apart(code: Code, taken: Container[str]) -> Code:
    """The code, with a number after its name where a sibling has the name already."""
    numbers, name = itertools.count(2), code.name
    while code.path in taken:
        code = replace(code, name=f"{name} ({next(numbers)})")
    return code


def grow(nodes: Sequence[Node]) -> tuple[Codebook, dict[str, str], list[str]]:
    """A codebook from nodes in any order.

    Returns:
        The codebook, the path for each key, and notes. A node whose parent is missing, or whose
        parents lead back to it, becomes a root.
    """
    known = {n.key: n for n in nodes}
    parents = {n.key: n.parent if _rooted(n, known) else "" for n in nodes}
    below: dict[str, list[Node]] = {}
    for n in nodes:
        below.setdefault(parents[n.key], []).append(n)
    codes: dict[str, Code] = {}
    paths: dict[str, str] = {}
    stack, length = [(n, "") for n in reversed(below.get("", []))], 0
    while stack:
        node, above = stack.pop()
        name = " ".join(node.name.split()) or "unnamed"
        code = apart(Code(name, above, node.definition.strip(), colour=hex_colour(node.colour)), codes)
        codes[code.path] = code
        length += len(code.path)
        check_length(length)
        paths[node.key] = code.path
        stack += [(child, code.path) for child in reversed(below.get(node.key, []))]
    loose = sum(bool(n.parent) and not parents[n.key] for n in nodes)
    return (
        Codebook(tuple(codes.values())),
        paths,
        [f"{loose} codes without a place in the tree are roots"] if loose else [],
    )


def _rooted(node: Node, known: Mapping[str, Node]) -> bool:
    """Whether following the parents of a node ends at a root, all of them known."""
    at = node
    for _ in range(65):
        if not at.parent:
            return True
        if at.parent not in known:
            return False
        at = known[at.parent]
    return False


@dataclass
class Gathered:
    """What has been read of a project so far.

    Attributes:
        source: Name of the file.
        view: How the tool counts positions.
    """

    source: str
    view: View
    nodes: Sequence[Node]
    documents: dict[str, Document] = field(default_factory=dict)
    skipped: dict[str, Counter[str]] = field(default_factory=lambda: {k: Counter() for k in ("documents", "codings")})
    notes: list[str] = field(default_factory=list)
    _texts: dict[str, Counted] = field(default_factory=dict)
    _locators: dict[str, Locator] = field(default_factory=dict)
    _codings: dict[Coding, None] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Grow the codebook."""
        self.book, self.paths, notes = grow(self.nodes)
        self.notes += notes

    def add_document(self, key: str, name: str, raw: RawText, variables: Mapping[str, str], kind: str) -> None:
        """Take over a text as the tool stores it; an empty one is listed."""
        if not raw.text.strip():
            self.skipped["documents"]["whose text is empty"] += 1
            return
        taken, number, free = {d.id for d in self.documents.values()}, 2, name.strip() or f"document {key}"
        while free in taken:
            free, number = f"{name.strip()} ({number})", number + 1
        said = {k: v for k, v in variables.items() if v}
        self.documents[key] = Document(free, raw.text, name.strip() or free, variables=said, kind=kind, source=self.source)
        self._texts[key] = Counted(raw, self.view)
        self._locators[key] = Locator(raw.text)

    def group(self, homes: Mapping[str, str]) -> None:
        """Put each document, by its key, into a document group."""
        self.documents = {k: replace(d, groups=(homes[k],)) for k, d in self.documents.items()}

    def add_coding(self, document: str, code: str, selection: Selection, coding: Coding) -> None:
        """Set a coding where its words are: as the tool says, else nearest to there.

        Args:
            document: Key of its document.
            code: Key of its code.
            selection: Positions in the tool's own count, and the words it keeps; "" for none.
            coding: Coder, memo and date; the rest is filled in.
        """
        lost = self.skipped["codings"]
        if document not in self.documents:
            lost["in documents without a text"] += 1
        elif code not in self.paths:
            lost["of an unknown code"] += 1
        elif (span := self._span(document, selection)) is None:
            pass
        else:
            start, end = span
            new = replace(coding, document=self.documents[document].id, start=start, end=end, code=self.paths[code])
            lost["doubled"] += new in self._codings
            self._codings[new] = None

    def _span(self, document: str, selection: Selection) -> tuple[int, int] | None:
        span = self._texts[document].span(selection)
        text = self.documents[document].text
        words = RawText(selection.quote).text
        if not words.strip():
            if span is None:
                self.skipped["codings"]["with an impossible range"] += 1
            return (span.start, span.end) if span else None
        self._counts["quoting"] += 1
        if span and " ".join(text[span.start : span.end].split()) == " ".join(words.split()):
            self._counts["right"] += 1
            return span.start, span.end
        found = self._locators[document].find(words, near=max(0, selection.start))
        if isinstance(found, Found):
            self._counts["moved"] += 1
            return found.start, found.end
        self.skipped["codings"][f"whose words are {found} in the text"] += 1
        return None

    def study(self, name: str, machines: Iterable[str] = ()) -> Study:
        """All that was read; who coded in a document is taken to have read all of it."""
        codings = tuple(self._codings)
        known = set(machines)
        lengths = {d.id: len(d.text) for d in self.documents.values()}
        coders = dict.fromkeys(c.coder for c in codings)
        seen = sorted(dict.fromkeys((c.document, c.coder) for c in codings))
        return Study(
            tuple(self.documents.values()),
            self.book,
            tuple(Coder(c, c, "machine" if c in known else "human") for c in coders),
            codings,
            tuple(Reading(d, c, 0, lengths[d]) for d, c in seen),
            name,
        )

    def receipts(self, study: Study) -> list[Receipt]:
        """What became of everything."""
        c, said = self._counts, list(self.notes)
        if c["quoting"]:
            right = f"the words kept with {c['right']:,} of {counted(c['quoting'], 'coding')} are there"
            said.append(
                f"positions: {replace(self.view, bom=False)}; {right}"
                + (f", {c['moved']:,} were found elsewhere and moved" if c["moved"] else "")
            )
        return [
            Receipt(self.source, "documents", len(study.documents), dict(self.skipped["documents"])),
            Receipt(self.source, "codes", len(study.codebook)),
            Receipt(self.source, "coders", len(study.coders)),
            Receipt(
                self.source,
                "codings",
                len(study.codings),
                dict(self.skipped["codings"]),
                tuple(said),
                (c["right"], c["quoting"]) if c["quoting"] else None,
            ),
        ]


def number(cell: object) -> int:
    """A cell as a whole number; -1 where it is none."""
    try:
        return int(str(cell).partition(".")[0]) if cell is not None else -1
    except ValueError:
        return -1


def words(cell: object) -> str:
    """A cell as a text, "" for nothing."""
    return "" if cell is None else cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
