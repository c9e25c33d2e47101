"""What a dossier is made of, before it is a page, a Word file or a workbook."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from autocode.agreement.estimate import apa
from autocode.dossier.drawing import Drawing
from autocode.dossier.record import Record
from autocode.dossier.tables import Frequency, frequencies, settled
from autocode.errors import StudyError, counted
from autocode.formats.tables.participants import participant_of, plain, variable
from autocode.study import Coding, Document, Study

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: a caption, a header, and rows of texts and numbers.

    Attributes:
        name: What its sheet in a workbook is called, at most 31 characters.
        kinds: One letter a column: t text, n count, k coefficient (two decimals, in APA style), p share
            (0 to 1, shown in per cent); it decides how a number is written.
        heads: Indices of rows that stand for a theme above the rows below it.
        sheet_only: Shown in the workbook alone: the figures of a picture, say.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    kinds: str = ""
    note: str = ""
    heads: frozenset[int] = frozenset()
    sheet_only: bool = False

    def kind(self, column: int) -> str:
        """The letter of a column, t where none was given."""
        return self.kinds[column] if column < len(self.kinds) else "t"

    def shown(self, row: int, column: int) -> str:
        """A cell as a reader sees it."""
        return shown(self.rows[row][column], self.kind(column))


def shown(value: Cell, kind: str = "t") -> str:
    """A number by its kind, a text as it is, a dash for what is undefined."""
    if value is None:
        return "" if kind == "t" else "–"
    if isinstance(value, str):
        return value
    if kind == "p":
        return f"{100 * value:.0f}%"
    if kind == "k":
        return apa(float(value)).replace("-", "−")
    return f"{value:,}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption and the figures it was drawn from; `drawings` are its parts, one page each at most."""

    name: str
    caption: str
    drawings: tuple[Drawing, ...]
    data: Table

    @property
    def said(self) -> str:
        """What the picture shows, in words."""
        return self.drawings[0].said


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; `style` is plain, soft (small print), lead (bold) or code (a command)."""

    text: str
    style: str = "plain"


@dataclass(frozen=True, slots=True)
class Points:
    """A list; each point is a heading and what is said of it, the mark says how far it holds.

    Attributes:
        rows: (mark, heading, text): the mark is yes, part, no, or "" for none.
    """

    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of a participant with what they stand for and where they stand."""

    text: str
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Title:
    """A heading within a section, of level 3 or 4."""

    text: str
    level: int = 3


Block = Table | Figure | Words | Points | Quoted | Title

REFERENCE = re.compile("\\b(Table|Figure)\u00a0(\\d+)\\b")
"""A reference of the dossier's own to a table or figure; what researchers write has a usual blank and is left alone."""


def reference(number: str) -> str:
    """The number of a table or figure as texts refer to it, on one line and told apart from what others wrote."""
    return number.replace(" ", "\u00a0") if number.startswith(("Table ", "Figure ")) else number


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a dossier: an anchor, a heading and its blocks; in print perhaps on a page of its own."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    own_page: bool = False


@dataclass(frozen=True, slots=True)
class Dossier:
    """All sections of a study's dossier, ready to be written in any form; and the paragraphs to paste into a paper."""

    title: str
    notice: str
    summary: str
    sections: tuple[Section, ...] = field(default=())
    pasted: tuple[Block, ...] = field(default=())

    def tables(self) -> list[Table]:
        """Every table, and the figures behind every picture, in order."""
        found: list[Table] = []
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    found.append(block)
                elif isinstance(block, Figure):
                    found.append(block.data)
        return found


_GROUPS = ("stakeholder", "stakeholder group", "group", "role", "type", "category")
_MINUTES = ("interview minutes", "minutes", "duration minutes", "length minutes", "duration", "interview length")


@dataclass(frozen=True)
class View:
    """A study as its dossier counts it.

    Attributes:
        study: All of it.
        record: What the researchers said.
        accepted: Codings that began as a suggestion and that a human accepted.
    """

    study: Study
    record: Record = field(default_factory=Record)
    accepted: frozenset[Coding] = frozenset()

    @property
    def humans(self) -> tuple[str, ...]:
        """Ids of the human coders, each person once."""
        return self.record.humans(self.study)

    @cached_property
    def _settled(self) -> tuple[list[Coding], list[Coding]]:
        return settled(self.study, self.humans)

    @cached_property
    def codings(self) -> tuple[Coding, ...]:
        """The codings counted: those agreed on; where nothing is, each passage that a human coded, once however many did."""
        agreed, alone = self._settled
        return tuple(sorted((*agreed, *alone), key=lambda c: (c.document, c.start, c.end, c.code, c.coder)))

    @property
    def basis(self) -> str:
        """Whose codings are counted, in words."""
        agreed, alone = self._settled
        people = self.humans
        words = f"the coding by {people[0]}" if len(people) == 1 else f"passages that any of {len(people)} human coders coded"
        if not agreed and (alone or not self.study.agreed):
            return words
        return f"the agreed coding and, where nothing is agreed yet, {words}" if alone else "the agreed coding"

    @property
    def began(self) -> str:
        """How many codings began as a suggestion, and how many of these are counted, in words."""
        if not self.accepted:
            return "By the record, no coding began as a suggestion."
        taken = sum(c in self.accepted for c in self.codings)
        began = counted(len(self.accepted), "coding")
        return f"{began} began as a suggestion that a human accepted; {taken:,} counted in the tables."

    @cached_property
    def interviews(self) -> list[Document]:
        """The documents in which participants speak."""
        return [d for d in self.study.documents if d.kind == "interview"]

    @cached_property
    def minutes(self) -> list[float]:
        """Lengths of the interviews whose length is known."""
        return [found for d in self.interviews if (found := _minutes(d)) is not None]

    @property
    def kinds(self) -> list[str]:
        """The kinds of document in the study, in order of appearance."""
        return list(dict.fromkeys(d.kind for d in self.study.documents))

    @cached_property
    def frequencies(self) -> list[Frequency]:
        """Every code with its counted segments, in the order of the codebook."""
        return frequencies(replace(self.study, codings=self.codings))

    @cached_property
    def used(self) -> list[str]:
        """Paths of the codes that were given, in the order of the codebook."""
        return [f.code for f in self.frequencies if f.count("")]

    @cached_property
    def themes(self) -> list[str]:
        """Paths of the themes below which a code was given, in the order of the codebook; none in a flat codebook."""
        return [theme for theme in self.by_theme if theme]

    @property
    def strands(self) -> list[str]:
        """What findings are told by: the themes, with "" for codes in none; the codes themselves in a flat codebook."""
        return list(self.by_theme) if self.themes else self.used

    def strand(self, code: str) -> str:
        """The theme of a code, "" where it is in none; the code itself in a flat codebook."""
        if not self.themes:
            return code
        return theme if (theme := self.theme(code)) in self.themes else ""

    @property
    def sized(self) -> str:
        """How many codes were given, in how many themes, in words."""
        codes, themes = counted(len(self.used), "code"), counted(len(self.themes), "theme")
        outside = len(self.by_theme.get("", ()))
        if not self.themes:
            return codes
        return f"{codes}, {len(self.used) - outside:,} of them in {themes}" if outside else f"{codes} in {themes}"

    def theme(self, code: str) -> str:
        """The theme of a code."""
        return self.study.codebook.theme(code)

    @cached_property
    def by_theme(self) -> dict[str, list[str]]:
        """The codes that were given under their themes, in the order of the codebook; codes in no theme last, under ""."""
        return self.grouped(self.used)

    def grouped(self, codes: Iterable[str]) -> dict[str, list[str]]:
        """Codes under their themes; first themes that were given alone, without a code below; last, under "", codes in none."""
        found: dict[str, list[str]] = {}
        for code in codes:
            found.setdefault(self.theme(code), []).append(code)
        alone = [theme for theme, listed in found.items() if listed == [theme]]
        single = [theme for theme in alone if self.study.codebook.is_theme(theme)]
        outside = [theme for theme in alone if theme not in single]
        headed = {theme: listed for theme, listed in found.items() if theme not in alone}
        return {theme: [theme] for theme in single} | headed | ({"": outside} if outside else {})

    def headed(self, theme: str, groups: Mapping[str, list[str]] | None = None) -> bool:
        """Whether the codes of a group stand under a head: not a theme given as it is, nor the codes of a flat codebook."""
        groups = self.by_theme if groups is None else groups
        return groups.get(theme) != [theme] if theme else len(groups) > 1

    def called(self, code: str) -> str:
        """The name of a code below its theme; a theme that was given itself says so."""
        return self.name(code) + (" (itself)" if code in self.themes and self.headed(code) else "")

    def name(self, code: str) -> str:
        """The name of a code, with its parents below the theme; of "", where codes without a theme stand."""
        return code.removeprefix(self.theme(code) + " > ").replace(" > ", " › ") if code else "In no theme"

    @cached_property
    def participant(self) -> Mapping[str, str]:
        """The participant of each document: what a variable says, else the document itself."""
        return {d.id: participant_of(d) or d.id for d in self.study.documents}

    @cached_property
    def grouping(self) -> str:
        """Name of the variable that groups participants, "" where there is none.

        Raises:
            StudyError: The record names a variable that no document has.
        """
        names = list(dict.fromkeys(name for d in self.interviews for name in d.variables))
        wanted = self.record.report.group
        if wanted and wanted not in names:
            raise StudyError(
                f"group '{wanted}'",
                f"the participants' variables are {', '.join(names)}" if names else "no participant is described by a variable",
                "Name one of these in dossier.toml." if names else "Import a table of the participants first.",
            )
        if wanted:
            return wanted
        for known in _GROUPS:
            for name in names:
                if plain(name) == known:
                    return name
        return ""

    @cached_property
    def group(self) -> Mapping[str, str]:
        """The group of each interview by its document; without the documents that have none."""
        found = {d.id: d.variables.get(self.grouping, "") for d in self.interviews}
        return {document: group for document, group in found.items() if group}

    @cached_property
    def groups(self) -> list[str]:
        """All groups, in alphabetical order."""
        return sorted(set(self.group.values()))

    def of(self, code: str) -> list[Coding]:
        """The counted codings of a code itself, without the codes below it."""
        return self._by_code.get(code, [])

    def under(self, path: str) -> list[Coding]:
        """The counted codings of a code; of all codes below it where it is a theme; of codes in no theme for ""."""
        if not path:
            return [c for code in self.by_theme.get("", ()) for c in self.of(code)]
        return self.of(path) + [c for code, listed in self._by_code.items() if code.startswith(path + " > ") for c in listed]

    @cached_property
    def _by_code(self) -> dict[str, list[Coding]]:
        found: dict[str, list[Coding]] = {}
        for c in self.codings:
            found.setdefault(c.code, []).append(c)
        return found

    def people(self, codings: Iterable[Coding]) -> int:
        """Participants in whose interviews codings stand."""
        by_id = self.study.by_id
        return len({self.participant[c.document] for c in codings if by_id[c.document].kind == "interview"})

    def words(self, coding: Coding) -> str:
        """The words of a coded segment."""
        return self.study.by_id[coding.document].text_of(coding)

    def cited(self, coding: Coding) -> str:
        """Who said a coded segment, as every quote is cited: the participant and their group.

        The document stands there too where a participant spoke in more than one; places are in the workbook.
        """
        who, document = self.participant[coding.document], coding.document
        parts = (who, self.group.get(document, ""), document if self._documents_of[who] > 1 else "")
        return ", ".join(part for part in parts if part)

    @cached_property
    def _documents_of(self) -> Counter[str]:
        return Counter(self.participant.values())

    @cached_property
    def human_codings(self) -> dict[str, list[Coding]]:
        """What the human coders gave, by code, in the order of the texts."""
        humans, found = set(self.humans), dict[str, list[Coding]]()
        for c in sorted(c for c in self.study.codings if c.coder in humans):
            found.setdefault(c.code, []).append(c)
        return found

    @cached_property
    def _readings(self) -> dict[tuple[str, str], list[tuple[int, int]]]:
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for r in self.study.readings:
            found.setdefault((r.coder, r.document), []).append((r.start, r.end))
        return found

    def has_read(self, coder: str, coding: Coding) -> bool:
        """Whether a coder read all of the place of a coding."""
        spans = self._readings.get((coder, coding.document), ())
        return any(start <= coding.start and coding.end <= end for start, end in spans)


def _minutes(document: Document) -> float | None:
    """How long an interview took: what a variable says, else the end of its last timed turn."""
    said = variable(document, _MINUTES).split()
    try:
        return float(said[0])
    except (IndexError, ValueError):
        ends = [t.end_ms for t in document.turns if t.end_ms is not None]
        return max(ends) / 60_000 if ends else None
