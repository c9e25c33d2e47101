"""What a dossier is made of, before it is a page, a Word file or a workbook."""

from __future__ import annotations

from dataclasses import dataclass, field

from autocode.report.drawing import Drawing

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: a caption, a header, and rows of texts and numbers.

    Attributes:
        name: What its sheet in a workbook is called, at most 31 characters.
        kinds: One letter a column: t text, n count, k coefficient (two decimals), p share
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
        return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
    return f"{value:,}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption, what it says in words, and the figures it was drawn from."""

    name: str
    caption: str
    drawing: Drawing
    data: Table


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


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a dossier: an anchor, a heading and its blocks; in print perhaps on a page of its own."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    own_page: bool = False


@dataclass(frozen=True, slots=True)
class Dossier:
    """All sections of a study's dossier, ready to be written in any form."""

    title: str
    notice: str
    summary: str
    sections: tuple[Section, ...] = field(default=())

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
