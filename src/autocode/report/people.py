"""The people of a study: Table 1, and how the sample is made up."""

from __future__ import annotations

from collections import Counter

from autocode.formats.participants import RESPONDENT, variable
from autocode.report.blocks import Cell, Table
from autocode.report.counting import View
from autocode.study import Document

_MOST_VALUES = 12  # of a variable whose values are listed; more are no groups
MINUTES = ("interview minutes", "minutes", "duration minutes", "length minutes", "duration", "interview length")
"""What a variable with the length of an interview may be called."""


def interviews(view: View) -> list[Document]:
    """The documents in which participants speak."""
    return [d for d in view.study.documents if d.kind == "interview"]


def minutes(document: Document) -> float | None:
    """How long the interview took: what a variable says, else the end of its last timed turn."""
    said = variable(document, MINUTES).split()
    try:
        return float(said[0]) if said else _timed(document)
    except ValueError:
        return _timed(document)


def _timed(document: Document) -> float | None:
    ends = [t.end_ms for t in document.turns if t.end_ms is not None]
    return max(ends) / 60_000 if ends else None


def participants(view: View) -> Table | None:
    """Table 1: every interview with what is known of its participant; None where nothing is."""
    documents = interviews(view)
    names = list(dict.fromkeys(name for d in documents for name in d.variables))
    if not names:
        return None
    names.sort(key=lambda name: name.replace("_", " ").casefold() not in RESPONDENT)
    counts = Counter(c.document for c in view.codings)
    rows: list[tuple[Cell, ...]] = [
        (d.id, *(_number(d.variables.get(n, "")) for n in names), len(d.text.split()), counts[d.id]) for d in documents
    ]
    kinds = "t" + "".join("n" if _numeric(rows, i + 1) else "t" for i in range(len(names))) + "nn"
    header = ("Document", *(n.replace("_", " ").capitalize() for n in names), "Words", "Coded segments")
    caption = "Participants and their interviews"
    return Table("Participants", caption, header, tuple(rows), kinds, f"Coded segments: {view.basis}.")


def _number(text: str) -> Cell:
    """A number where a text is one as it would be written again, else the text."""
    return int(text) if text.isascii() and text.isdigit() and str(int(text)) == text else text


def _numeric(rows: list[tuple[Cell, ...]], column: int) -> bool:
    cells = [row[column] for row in rows if row[column] != ""]
    return bool(cells) and all(isinstance(cell, int) for cell in cells)


def sample(view: View) -> Table:
    """How the sample is made up: each variable with few values, and the participants of each."""
    rows: list[tuple[Cell, ...]] = []
    for name in dict.fromkeys(name for d in interviews(view) for name in d.variables):
        people: dict[str, set[str]] = {}
        for d in interviews(view):
            people.setdefault(d.variables.get(name, "") or "not known", set()).add(view.participant[d.id])
        if 1 < len(people) <= _MOST_VALUES and any(len(found) > 1 for found in people.values()):
            rows += [(name.replace("_", " ").capitalize(), value, len(people[value])) for value in sorted(people)]
    return Table("Sample", "Make-up of the sample", ("Variable", "Value", "Participants"), tuple(rows), "ttn",
                 f"Variables with 2 to {_MOST_VALUES} values, some of them shared.")  # fmt: skip
