"""REFI-QDA projects (.qdpx, .qde) in: every tool's, with positions fitted and nothing lost unsaid."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree.ElementTree import Element

from autocode.errors import InputError, counted
from autocode.formats.names import unite_copies
from autocode.formats.projects.positions import (
    ONE,
    STORED,
    UTF16,
    Counted,
    Fit,
    Span,
    View,
    ends_word,
    fit,
    quotes,
    starts_word,
)
from autocode.formats.projects.refi_codes import UNDATED, Told, key, read_codes, restored, themes_from_sets, told
from autocode.formats.projects.refi_sources import (
    Container,
    Mark,
    Source,
    Variables,
    marked,
    memo_of,
    memo_texts,
    open_project,
    read_sources,
    untold,
)
from autocode.formats.receipt import MACHINE, ReadOptions, Receipt
from autocode.formats.transcripts.speakers import with_turns
from autocode.study import Coder, Coding, Document, Reading, Study

_DEFAULTS = {"nvivo": View(UTF16, STORED), "atlas": View(newline=ONE), "maxqda": View(), "qualcoder": View()}
_SHOWN = 10
_ENOUGH = 4  # selections from which a share says something
_HABIT = 0.2


def read_project(path: Path, options: ReadOptions = ReadOptions()) -> tuple[Study, list[Receipt]]:
    """Read a REFI-QDA project.

    Returns:
        The study; receipts for documents, codes, coders and codings, the last with the way in
        which positions were counted.

    Raises:
        InputError: It is no project, or unsafe to read.
    """
    container = open_project(path)
    if container.root.tag != "Project":
        raise InputError(
            path.name, f"its root is '{container.root.tag[:40]}', not a project", "Export it as a REFI-QDA project again."
        )
    kept = told(container.qde)
    sources = read_sources(container)
    view, ours = (kept.view, kept.parts.get("texts")) if kept else (None, None)
    texts = [hashlib.sha256(s.raw.raw.encode("utf-8", "surrogatepass")).hexdigest() for s in sources if s.raw]
    if kept and texts != ours:
        kept, view = None, view if isinstance(ours, list) and set(texts) <= set(ours) else None
    project = _Project(container, options, kept, sources, view)
    project.read()
    study = project.study()
    own = restored(study, kept) if kept else None
    if own is None:
        documents, doubts = with_turns(study.documents, options.shapes)
        study, notes = unite_copies(replace(study, documents=documents))
        project.notes["documents"] += [*notes, *doubts]
    return own or study, project.receipts(own or study)


@dataclass
class _Project:
    """A project while it is read.

    Attributes:
        kept: The private part of a file of our own, where nothing was changed since.
        view: How positions count, where all texts are as we wrote them.
    """

    container: Container
    options: ReadOptions
    kept: Told | None
    sources: list[Source]
    view: View | None = None
    notes: dict[str, list[str]] = field(default_factory=lambda: {k: [] for k in ("documents", "codes", "coders", "codings")})
    skipped: dict[str, Counter[str]] = field(default_factory=lambda: {k: Counter() for k in ("documents", "codings")})
    documents: list[Document] = field(default_factory=list)
    codings: list[Coding] = field(default_factory=list)
    users: dict[str, Coder] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    lost: dict[str, list[str]] = field(default_factory=dict)

    def read(self) -> None:
        """Read everything but the private part."""
        root = self.container.root
        self.memos = memo_texts(self.container)
        self.tree = read_codes(root.find("CodeBook"), self.memos, plain=self.kept is not None)
        if self.kept is None:
            self.tree = themes_from_sets(self.tree, root.findall("Sets/Set"))
        self.users = _users(root)
        self.fit = self._fit()
        self._owners()
        for source in self.sources:
            self._source(source)

    def _fit(self) -> Fit:
        if self.view:
            return Fit(self.view, "written by this program" + (" and unchanged since" if self.kept else ""))
        origin = self.container.root.get("origin", "").lower()
        default = next((view for name, view in _DEFAULTS.items() if name in origin), View())
        return fit(marked(self.sources), default)

    def _owners(self) -> None:
        """Who owns a selection, for cases; and the values that sources give themselves."""
        owners = {}
        for s in self.sources:
            owners[key(s.guid)] = key(s.guid)
            owners.update({key(m.element.get("guid", "")): key(s.guid) for m in s.marks if not m.whole})
        self.variables = Variables(self.container.root, owners)
        for s in self.sources:
            self.variables.add(key(s.guid), s.element)

    def _source(self, source: Source) -> None:
        lost = self.skipped["codings"]
        lost["on pictures, page areas or recordings"] += source.elsewhere
        lost["whose positions are not numbers"] += source.unreadable
        if source.note:
            self.notes["documents"].append(source.note)
        empty = source.raw is not None and untold(source.raw.text) and not self.kept
        if source.raw is None or empty:
            why = "whose text is empty" if empty else source.why
            self.skipped["documents"][why] += 1
            self.lost.setdefault(why, []).append(source.name or source.guid)
            lost["in documents without a text"] += sum(len(m.element.findall("Coding")) for m in source.marks)
            return
        document = self._document(source, source.raw.text)
        self.documents.append(document)
        counted = Counted(source.raw, self.fit.view)
        for mark in source.marks:
            self._mark(document, mark, Span(0, len(document.text)) if mark.whole else counted.span(mark.selection))

    def _document(self, source: Source, text: str) -> Document:
        guid = key(source.guid)
        groups = tuple(dict.fromkeys(self.variables.groups.get(guid, ())))
        variables = self.variables.of(guid)
        memo = "" if self.kept else memo_of(source.element, self.memos)
        name = source.name.strip() or source.guid or "document"
        return Document(
            id=_unique(name, groups, {d.id for d in self.documents}),
            text=text,
            name=name,
            variables={**variables, "Memo": memo} if memo else variables,
            kind="field note" if source.element.tag == "Note" else self.options.kind,
            source=self.container.source,
            guid=source.guid,
            groups=groups,
        )

    def _mark(self, document: Document, mark: Mark, span: Span | None) -> None:
        """Take over the codings of one selection."""
        codings = mark.element.findall("Coding")
        if not codings:
            self.counts[
                "selections without a code (memos)" if memo_of(mark.element, self.memos) else "selections without a code"
            ] += 1
        if span is None or span.start >= span.end:
            self.skipped["codings"]["with an impossible range"] += len(codings)
            return
        if not mark.whole:
            self._check(document, mark, span)
        memo = ""
        if not mark.whole:
            memo = (mark.element.findtext("Description") or "") if self.kept else memo_of(mark.element, self.memos)
        for element in codings:
            reference = element.find("CodeRef")
            guid = key(reference.get("targetGUID", "")) if reference is not None else ""
            if guid not in self.tree.paths:
                self.skipped["codings"]["of an unknown code"] += 1
                self.unknown[guid or "none"] += 1
                continue
            own = memo if self.kept else "\n\n".join(filter(None, (memo, memo_of(element, self.memos))))
            when = element.get("creationDateTime", "") or ("" if mark.whole else mark.element.get("creationDateTime", ""))
            when = "" if when == UNDATED else when
            code, coder = self.tree.paths[guid], self._coder(element, mark)
            self.codings.append(Coding(document.id, span.start, span.end, code, coder, own, when))

    def _check(self, document: Document, mark: Mark, span: Span) -> None:
        """Count how well a selection falls on words and on what it quotes."""
        said = quotes(document.text, span, mark.selection.quote)
        self.counts["selections"] += 1
        self.counts["clipped"] += span.clipped
        self.counts["on words"] += starts_word(document.text, span.start) and ends_word(document.text, span.end)
        self.counts["quoting"] += said is not None
        self.counts["quoted right"] += said is True

    def _coder(self, coding: Element, mark: Mark) -> str:
        """The id of the coder: the user of the coding, or of the selection, as the options say."""
        ours = key(coding.get("creatingUser", ""))
        theirs = "" if mark.whole else key(mark.element.get("creatingUser", ""))
        if ours and theirs and ours != theirs:
            self.counts["disagreeing"] += 1
        guid = (theirs or ours) if self.options.users == "selection" else (ours or theirs)
        if not guid:
            self.counts["nameless"] += 1
            name = self.options.coder or "coder"
            return self.users.setdefault("", Coder(_unique(name, (), {c.id for c in self.users.values()}), name)).id
        return self.users.setdefault(guid, Coder(guid, guid, guid=guid)).id

    def study(self) -> Study:
        """All that was read; a coder who coded in a document is taken to have read all of it."""
        codings = self.codings if self.kept else list(dict.fromkeys(self.codings))
        self.skipped["codings"]["doubled"] += len(self.codings) - len(codings)
        self.codings = codings
        used = {c.coder for c in codings}
        coders = [c for c in self.users.values() if c.id in used or self.kept]
        lengths = {d.id: len(d.text) for d in self.documents}
        seen = dict.fromkeys((c.document, c.coder) for c in codings)
        readings = tuple(Reading(d, c, 0, lengths[d]) for d, c in sorted(seen))
        name = self.container.root.get("name", "")
        return Study(tuple(self.documents), self.tree.book, tuple(coders), tuple(codings), readings, name)

    def receipts(self, study: Study) -> list[Receipt]:
        """What became of everything."""
        name, c = self.container.source, self.counts
        lost = len(self.users) - len(study.coders)
        return [
            Receipt(
                name,
                "documents",
                len(self.documents),
                dict(self.skipped["documents"]),
                (*self.notes["documents"], *(f"{why}: {_listed(names)}" for why, names in self.lost.items())),
            ),
            Receipt(name, "codes", len(self.tree.codes), self.tree.skipped, tuple(self.tree.notes)),
            Receipt(name, "coders", len(study.coders), {"without a coding": max(0, lost)}, tuple(self._coder_notes())),
            Receipt(
                name,
                "codings",
                len(self.codings),
                dict(self.skipped["codings"]),
                tuple(self._coding_notes(c)),
                (c["quoted right"], c["quoting"]) if self._quotes() else None,
            ),
        ]

    def _coder_notes(self) -> Iterable[str]:
        c = self.counts
        if c["disagreeing"]:
            yield (
                f"{counted(c['disagreeing'], 'coding names', 'codings name')} another user than the selection; "
                f"the {self.options.users}'s "
                "user was taken"
            )
        if c["nameless"]:
            yield f"{counted(c['nameless'], 'coding')} without a user: given to '{self.users[''].id}'"

    def _quotes(self) -> bool:
        """Whether the file quotes its selections: a name as long as its selection by chance is no quote."""
        return self.counts["quoting"] > _HABIT * self.counts["selections"]

    def _coding_notes(self, c: Mapping[str, int]) -> Iterable[str]:
        n = c["selections"]
        if n:
            yield (f"positions: {self.fit.view} ({self.fit.why}); {c['on words']:,} of {n:,} selections start and end on words")
        if n >= _ENOUGH and c["on words"] < n / 2 and not self._quotes():
            yield (
                "look at some codings before you go on: most do not start and end on words, so the file's positions "
                "may not belong to its text"
            )
        if self._quotes():
            yield f"quoted text: {c['quoted right']:,} of {c['quoting']:,} quotes are where the file says"
        if c["clipped"]:
            yield f"{c['clipped']:,} selections ran beyond the end of their text and were cut there"
        for what in ("selections without a code (memos)", "selections without a code"):
            if c[what]:
                yield f"{c[what]:,} {what} are not kept"
        if self.unknown:
            yield f"unknown codes: {_listed([guid for guid, _ in self.unknown.most_common()])}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _users(root: Element) -> dict[str, Coder]:
    """The users of a project by guid; ids are their names, numbered where two have one."""
    found: dict[str, Coder] = {}
    for user in root.findall("Users/User"):
        guid = user.get("guid", "")
        name = " ".join(user.get("name", "").split()) or user.get("id", "").strip() or guid or "coder"
        kind = "machine" if name == MACHINE else "human"
        if key(guid) not in found:
            found[key(guid)] = Coder(_unique(name, (), {c.id for c in found.values()}), name, kind, guid)
    return found


def _unique(name: str, groups: tuple[str, ...], taken: set[str]) -> str:
    """A name that is not taken: with its document group, else with a number."""
    if name in taken and groups and (grouped := f"{name} ({groups[0]})") not in taken:
        return grouped
    number, free = 2, name
    while free in taken:
        free = f"{name} ({number})"
        number += 1
    return free
