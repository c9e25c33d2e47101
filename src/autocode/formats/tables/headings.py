"""What programs call their columns, in the languages they speak.

Polish MAXQDA 12, English ``Segment`` and ``Document name``, Dedoose and Taguette are seen in real
files; the other headings are from manuals and hearsay and cost nothing where they are wrong.
"""

from __future__ import annotations

import re
import statistics
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.files import Table
from autocode.formats.transcripts import CLOCK, INTERVIEWER, milliseconds, role_of_word

_TOLD: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("headings.toml").read_text(encoding="utf-8"))
_LISTS: Mapping[str, tuple[str, ...]] = {
    ours: tuple(" ".join(heading.split()) for heading in theirs.split("|"))
    for ours, theirs in _TOLD.items()
    if isinstance(theirs, str)
}
HEADINGS = {ours: headings for ours, headings in _LISTS.items() if ours != "definition"}
"""Our name of a column to its headings, the surest first."""

_SPEECH = {what: frozenset(names.split()) for what, names in _TOLD["speech"].items()}
_CODES = re.compile("|".join(_TOLD["signs"]["codes"].split()), re.IGNORECASE)

DEFINITIONS = (*_LISTS["definition"], *HEADINGS["memo"])


def columns_of(table: Table, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The table's columns by our names: those given, else those whose heading is known.

    Args:
        table: The rows.
        given: Our name to the table's column; decides before any heading.

    Raises:
        InputError: A column given is not there, or a name of ours does not exist.
    """
    chosen = _checked(table, given or {})
    by_heading: dict[str, str] = {}
    for column in table.columns:
        by_heading.setdefault(folded(column), column)
    for ours, headings in HEADINGS.items():
        column = next((by_heading[h] for h in headings if h in by_heading), "")
        if column and ours not in chosen and column not in chosen.values():
            chosen[ours] = column
    return chosen


def _checked(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    for ours in given:
        if ours not in HEADINGS:
            raise InputError(f"column '{ours}'", "we have no such column", f"Known: {', '.join(HEADINGS)}.")
    by_fold = {folded(column): column for column in table.columns}
    table.need(*(c for c in given.values() if folded(c) not in by_fold))
    return {ours: by_fold[folded(theirs)] for ours, theirs in given.items()}


def folded(heading: str) -> str:
    """A heading without case, signs and surplus spaces."""
    return " ".join(re.sub(r"[%_:#.*]+", " ", heading).casefold().split())


def columns_by_place(table: Table) -> dict[str, str]:
    """The columns of MAXQDA's coded segments in a language whose headings we do not know.

    Its first column is a bullet in the code's colour, and two whole numbers (the paragraphs)
    and a weight follow the code. Empty where the table does not look like this.
    """
    columns = table.columns
    if len(columns) < 9 or not _all(table, columns[0], r"[●•■]?"):
        return {}
    counts = [_all(table, c, r"[\d: .,]+") for c in columns]
    numbers = [i for i in range(3, len(columns) - 2) if all(counts[i : i + 3])]
    if not numbers or not any(row[columns[0]] for row in table.rows):
        return {}
    at = numbers[0]
    found = {"code": columns[at - 1], "document": columns[at - 2], "paragraph": columns[at], "weight": columns[at + 2]}
    found["text"] = max(columns[at + 3 :], key=lambda c: sum(len(row[c]) for row in table.rows))
    rest = columns[columns.index(found["text"]) + 1 :]
    authors = [c for c in rest if _all(table, c, r"(?=.*[^\W\d_]).*") and not _all(table, c, r".*\d{4}.*")]
    return {**found, "coder": authors[-1]} if authors else found


def _all(table: Table, column: str, pattern: str) -> bool:
    return all(re.fullmatch(pattern, row[column].strip(), re.DOTALL) for row in table.rows)


def code_path(name: str) -> str:
    """A code's path in our writing, from ``A\\B`` (MAXQDA, Dedoose), ``A::B`` or ``A > B``."""
    parts = (part.strip() for part in re.split(r"\\+|::+|\s+>\s+", name))
    return " > ".join(part for part in parts if part)


def codes_in(cell: str, known: Sequence[str] = ()) -> tuple[str, ...]:
    """The codes of a cell that may hold several, parted by line, ``|``, ``;`` or else ``,``.

    A comma inside a known code's name does not part it.
    """
    parts = [p for p in re.split(r"[\n|;]", cell) if p.strip()]
    if len(parts) == 1 and code_path(cell) not in known:
        parts = _commas(cell, known)
    return tuple(dict.fromkeys(path for p in parts if (path := code_path(p))))


def _commas(cell: str, known: Sequence[str]) -> list[str]:
    """Parts between commas, the longest known name first."""
    parts = cell.split(",")
    done: list[str] = []
    while parts:
        size = next((n for n in range(len(parts), 1, -1) if code_path(",".join(parts[:n])) in known), 1)
        done.append(",".join(parts[:size]))
        parts = parts[size:]
    return done


_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?\s*Z?$")
_NUMBERS = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?:,?[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?[ \u202f]*([AaPp]\.?[Mm]\.?)?)?$"
)


def iso_dates(cells: Sequence[str], month_first: bool | None = None) -> tuple[str, ...]:
    """A column of dates as ISO 8601, "" for a cell that is no date.

    Args:
        cells: The column as written.
        month_first: Whether ``7/1/2025`` is the first of July; None lets the column decide: dots
            mean the day is first, else a number over 12 tells. A column that leaves it open
            gives "" rather than a guess.
    """
    found = [_NUMBERS.match(c.strip()) for c in cells]
    if month_first is None:
        month_first = _month_first(found)
    return tuple(_iso(c.strip()) or _numbers(m, month_first) for c, m in zip(cells, found, strict=True))


def _month_first(found: Sequence[re.Match[str] | None]) -> bool | None:
    dates = [m for m in found if m]
    if any(int(m[1]) > 12 for m in dates) or any(m[2] == "." for m in dates):
        return False
    return True if any(int(m[3]) > 12 for m in dates) else None


def _iso(cell: str) -> str:
    m = _ISO.match(cell)
    return _real_date(m[1], m[2], m[3], m.groups()[3:]) if m else ""


def _numbers(m: re.Match[str] | None, month_first: bool | None) -> str:
    if m is None or (month_first is None and m[1] != m[3]):
        return ""
    month, day = (m[1], m[3]) if month_first else (m[3], m[1])
    hour = m[5]
    if hour and m[8]:
        hour = str(int(hour) % 12 + 12 * (m[8][0] in "Pp"))
    return _real_date(m[4] if len(m[4]) == 4 else f"20{m[4]}", month, day, (hour, m[6], m[7]))


def _real_date(year: str, month: str, day: str, clock: Sequence[str | None]) -> str:
    """The date, with its time where that is not midnight; "" where the calendar has no such day."""
    try:
        hour, minute, second = (int(part or 0) for part in clock)
        when = datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return ""
    return when.isoformat() if hour or minute or second else when.date().isoformat()


def speech_columns(table: Table, coded: bool = False) -> dict[str, str]:
    """The columns of a transcript in a table, by what they hold: text, speaker, start, end, document; {} for another table.

    A row is a turn or a piece of one: its words, and who says them or when. A heading in a language that we do not know
    is told by what stands below it: times that go on, a few names in turn, and words.

    Args:
        table: The rows.
        coded: Take the table for a transcript though it has a column of codes.
    """
    found: dict[str, str] = {}
    for column in table.columns:
        plain = re.sub(r"[\W_]+", "_", re.sub(r"\(.*\)", "", column).strip().casefold()).strip("_")
        for what, names in _SPEECH.items():
            if plain in names and what not in found:
                found[what] = column
                break
    if len(table.rows) > 3:
        _by_content(table, found)
    if "text" not in found or not {"speaker", "start"} & found.keys() or len(table.rows) < 2:
        return {}
    others = [c for c in table.columns if c not in found.values() and _CODES.search(c)]
    voices = [row[found["speaker"]] for row in table.rows] if "speaker" in found else []
    timed = "start" in found and all(re.fullmatch(r"[\d:.,;\s-]*", row[found["start"]]) for row in table.rows)
    return {} if (others and not coded) or not (timed or len(set(voices)) <= 0.7 * len(voices)) else found


def by_turns(table: Table) -> Table:
    """A table with a column for who asks and one for who answers, as a turn a row; any other table as it is."""
    sides = [c for c in table.columns if role_of_word(c) and statistics.mean(len(row[c]) for row in table.rows) > 12]
    if (
        len({role_of_word(c) for c in sides}) < 2
        or role_of_word(sides[0]) != INTERVIEWER
        or len(sides) + 2 < len(table.columns)
    ):
        return table
    others = tuple(c for c in table.columns if c not in sides)
    asked, answers = sides[0], [len(row[c].split()) for row in table.rows for c in sides[1:]]
    if (
        sum("?" in row[asked] or "？" in row[asked] for row in table.rows) < 0.4 * len(table.rows)
        or statistics.median(answers) < 3
    ):
        return table  # persons: who asked whom, and when
    told = [
        (line, {**{o: row[o] for o in others}, "speaker": c, "text": row[c]})
        for row, line in zip(table.rows, table.lines, strict=True)
        for c in sides
        if row[c].strip()
    ]
    note = "; ".join(filter(None, (table.note, "each row holds what is asked and what is answered: read as turns")))
    return Table(
        table.source, (*others, "speaker", "text"), tuple(row for _, row in told), tuple(line for line, _ in told), note
    )


def _by_content(table: Table, found: dict[str, str]) -> None:
    """Add the columns of times, names and words that no heading tells, where times go on down the table."""
    rest = {c: [row[c].strip() for row in table.rows] for c in table.columns if c not in found.values()}
    for column, values in list(rest.items()):
        times = [milliseconds(v) for v in values if re.fullmatch(rf"[\[(<#]?{CLOCK}(?:-\d)?[\])>#]?", v)]
        if len(times) == len(values) and times == sorted(times):
            found.setdefault("end" if "start" in found else "start", column)
            del rest[column]
    said = max(rest, key=lambda c: sum(map(len, rest[c])), default="")
    if "text" not in found and said and statistics.median(len(v.split()) for v in rest[said]) >= 4:
        found["text"] = said
        del rest[said]
    names = [c for c, values in rest.items() if _are_names(values)] if {"text", "start"} <= found.keys() else []
    if names:
        found.setdefault("speaker", names[0])


def _are_names(values: Sequence[str]) -> bool:
    """Whether the cells of a column are a few short names that come in turn."""
    filled = [v for v in values if v]
    changes = sum(a != b for a, b in pairwise(filled))
    short = all(len(v) <= 40 and v[:1].isalpha() for v in filled)
    return (
        short
        and len(filled) >= 0.9 * len(values)
        and 1 < len(set(filled)) <= 0.6 * len(filled)
        and changes >= 0.4 * len(filled)
    )


def text_columns(table: Table) -> dict[str, str]:
    """The columns of a table of texts, a document and its words a row and nothing about codes or speakers; {} for another."""
    found: dict[str, str] = {}
    for column in table.columns:
        plain = re.sub(r"[\W_]+", "_", column.strip().casefold()).strip("_")
        for what in ("text", "document"):
            if plain in _SPEECH[what] or folded(column) in (
                *HEADINGS[what][:1],
                *(HEADINGS[what] if what == "document" else ()),
            ):
                found.setdefault(what, column)
    coded = {folded(c) for c in table.columns} & {*HEADINGS["code"], *HEADINGS["codes"]}
    return found if len(found) == 2 and found["text"] != found["document"] and not coded else {}


def with_heading(table: Table) -> Table:
    """A transcript of a turn a row that has no row of headings, with headings; any other table as it is.

    Its first row is a turn too: the name in it comes back below, or a time stands where all others do.
    """
    if not 2 <= len(table.columns) <= 6 or len(table.rows) < 3:
        return table
    cells = {c: [c, *(row[c].strip() for row in table.rows)] for c in table.columns}
    said = max(cells, key=lambda c: sum(map(len, cells[c])))
    names: dict[str, str] = {said: "text"} if len(said.split()) > 2 else {}
    for column, values in cells.items():
        filled = [v for v in values if v]
        stamps = sum(bool(re.fullmatch(rf"[\[(<#]?{CLOCK}[\])>#]?", v)) for v in filled)
        back = (
            values.count(column) > 1 and len(set(filled)) <= 0.5 * len(filled) + 1 and max(map(len, filled), default=99) <= 40
        )
        what = "" if column == said else "start" if filled and stamps == len(filled) else "speaker" if back else ""
        if what == "start" and "start" in names.values():
            what = "end"
        if what and what not in names.values() and (what != "speaker" or re.match(r"[^\W\d_]", column)):
            names[column] = what
    if said not in names or not {"speaker", "start"} & set(names.values()):
        return table
    columns = {c: names.get(c, f"column {n}") for n, c in enumerate(table.columns, 1)}
    rows = tuple({columns[c]: cells[c][n] for c in table.columns} for n in range(len(table.rows) + 1))
    note = "; ".join(filter(None, (table.note, "its first row has no headings and is read as a turn")))
    first = max(1, table.lines[0] - 1)
    return Table(table.source, tuple(columns.values()), rows, (first, *table.lines), note)
