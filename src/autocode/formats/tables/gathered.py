"""A project gathered from the tables of another tool: codes into a tree, codings onto texts."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from autocode.formats.projects.positions import Counted, RawText, Selection, View
from autocode.formats.receipt import Receipt
from autocode.formats.tables.locate import Found, Locator
from autocode.formats.transcripts.speakers import with_turns
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Code, Codebook, check_length


@dataclass(frozen=True, slots=True)
class Node:
    """A code or category as a tool keeps it: by a key, under the key of another."""

    key: str
    name: str
    parent: str = ""
    definition: str = ""


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
        code = apart(Code(" ".join(node.name.split()) or "unnamed", above, node.definition.strip()), codes)
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
        self.documents[key] = with_turns(
            Document(
                free,
                raw.text,
                name.strip() or free,
                variables={k: v for k, v in variables.items() if v},
                kind=kind,
                source=self.source,
            )
        )
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
            right = f"the words kept with {c['right']:,} of {c['quoting']:,} codings are there"
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
