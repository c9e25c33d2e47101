"""Table 1 and Table 2: participants; themes and codes with their coded segments, documents and participants."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from autocode.dossier.blocks import Cell, Figure, Table, View, Words
from autocode.dossier.drawing import LINE, PAGE, PALETTE, Bend, Circle, Drawing, Label, Shape, by_height, wrapped
from autocode.dossier.tables import Frequency
from autocode.errors import counted
from autocode.formats.tables.participants import RESPONDENT
from autocode.study import Coding
from autocode.study.codebook import shade

_MOST_VALUES = 12  # of a variable whose values are listed; more are no groups


def participants(view: View) -> Table | None:
    """Table 1: every interview with what is known of its participant; None where nothing is."""
    documents = view.interviews
    names = list(dict.fromkeys(name for d in documents for name in d.variables))
    if not names:
        return None
    names.sort(key=lambda name: name.replace("_", " ").casefold() not in RESPONDENT)
    counts = Counter(c.document for c in view.codings)
    rows: list[tuple[Cell, ...]] = [
        (d.id, *(_as_number(d.variables.get(n, "")) for n in names), len(d.text.split()), counts[d.id]) for d in documents
    ]
    cells = [[row[i + 1] for row in rows if row[i + 1] != ""] for i in range(len(names))]
    kinds = "t" + "".join("n" if own and all(isinstance(c, int) for c in own) else "t" for own in cells) + "nn"
    header = ("Document", *(n.replace("_", " ").capitalize() for n in names), "Words", "Coded segments")
    caption = "Participants and their interviews"
    return Table("Participants", caption, header, tuple(rows), kinds, f"Coded segments: {view.basis}.")


def _as_number(text: str) -> Cell:
    """A number where a text is one as it would be written again, else the text."""
    return int(text) if text.isascii() and text.isdigit() and str(int(text)) == text else text


def sample(view: View) -> Table | None:
    """How the sample is made up: each variable with few values, and the participants of each; None where there is none."""
    rows: list[tuple[Cell, ...]] = []
    for name in dict.fromkeys(name for d in view.interviews for name in d.variables):
        people: dict[str, set[str]] = {}
        for d in view.interviews:
            people.setdefault(d.variables.get(name, "") or "not known", set()).add(view.participant[d.id])
        if 1 < len(people) <= _MOST_VALUES and any(len(found) > 1 for found in people.values()):
            rows += [(name.replace("_", " ").capitalize(), value, len(people[value])) for value in sorted(people)]
    if not rows:
        return None
    return Table(
        "Sample",
        "Make-up of the participants",
        ("Variable", "Value", "Participants"),
        tuple(rows),
        "ttn",
        f"Variables with 2 to {_MOST_VALUES} values, some of them shared.",
    )


_COLUMNS = 6  # coders who have a column each in print


def by_coder(view: View) -> Table | None:
    """Each code with how often each coder gave it, for the workbook, where coders are too many for columns in print."""
    coders = [c for c in view.study.coders if c.id != view.study.agreed]
    if len(coders) <= _COLUMNS:
        return None
    given = Counter((c.code, c.coder) for c in view.study.codings)
    rows: list[tuple[Cell, ...]] = []
    for code in view.used:
        rows.append((view.theme(code), view.name(code), *(given[code, c.id] for c in coders)))
    header = ("Theme", "Code", *(c.name or c.id for c in coders))
    return Table("Codes by coder", "Coded segments by coder", header, tuple(rows), "tt" + "n" * len(coders), sheet_only=True)


def frequency_table(view: View) -> Table:
    """Coded segments per code: counted, by each coder, accepted from suggestions; where, by whom."""
    coders = [c for c in view.study.coders if c.id != view.study.agreed]
    coders = coders if len(coders) <= _COLUMNS else []
    counts = Counter((c.code, c.coder) for c in view.study.codings)
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    for theme, codes in view.by_theme.items():
        if view.headed(theme):
            heads.add(len(rows))
            below = view.under(theme)
            by = [sum(n for (code, who), n in counts.items() if who == c.id and view.strand(code) == theme) for c in coders]
            accepted = sum(view.strand(c.code) == theme for c in view.accepted)
            rows.append((view.name(theme), *_line(view, below, by, accepted)))
        for code in codes:
            own = view.of(code)
            accepted = sum(c.code == code for c in view.accepted)
            rows.append((view.called(code), *_line(view, own, [counts[code, c.id] for c in coders], accepted)))
    unused = sum(not view.study.codebook.is_theme(c.path) and c.path not in set(view.used) for c in view.study.codebook)
    never = (
        f"{counted(unused, 'code')} never given {'is' if unused == 1 else 'are'} left out."
        if unused
        else "Every code was given."
    )
    each = "" if coders else " What each coder gave stands in the workbook, sheet “Codes by coder”." if by_coder(view) else ""
    taken = "Accepted suggestions: codings of any human that began as a suggestion. " if view.accepted else ""
    header = (
        "Theme and code",
        "Coded segments",
        *(c.name or c.id for c in coders),
        *(("Accepted suggestions",) if view.accepted else ()),
        "Documents",
        "Participants",
    )
    return Table(
        "Codes",
        "Themes, codes and frequencies",
        header,
        tuple(rows),
        "t" + "n" * (len(header) - 1),
        f"Coded segments, documents and participants: {view.basis}. Theme rows take all codes below them "
        f"together, each document and participant once. {taken}{never}{each}",
        frozenset(heads),
    )


def _line(view: View, codings: Sequence[Coding], by_coder: Sequence[int], taken: int) -> tuple[Cell, ...]:
    accepted = (taken,) if view.accepted else ()
    return (len(codings), *by_coder, *accepted, len({c.document for c in codings}), view.people(codings))


def corrected(view: View) -> Words | None:
    """Where a random part is coded by hand and the rest waits: how to count all of it."""
    read = {r.document for r in view.study.readings} | {c.document for c in view.study.codings}
    waiting = len(view.study.documents) - len(read)
    if view.record.record.sampling != "random" or not waiting:
        return None
    return Words(
        f"{counted(len(read), 'document drawn at random is', 'documents drawn at random are')} "
        f"coded by hand, {waiting} not. These counts are of the coded "
        "documents alone; `autocode frequencies STUDY --random` counts all of them, corrected for the machine's errors.",
        "soft",
    )


def map_figure(view: View) -> Figure | None:
    """Figure 1: the code map, and the counts it was drawn from; None where nothing was coded."""
    ranked = sorted((f for f in view.frequencies if f.count("")), key=lambda f: -f.count(""))
    kept = {f.code for f in ranked[:_MAPPED]}
    chosen = {c.path: shade(c.colour, *_SEEN) for c in view.study.codebook if c.colour}
    drawings = code_map([f for f in view.frequencies if f.code in kept], "", view.study.name, chosen)
    if not drawings:
        return None
    rows = tuple((view.theme(f.code), view.name(f.code), f.count("")) for f in view.frequencies if f.count(""))
    data = Table("Code map", "Figures of the code map", ("Theme", "Code", "Coded segments"), rows, "ttn", sheet_only=True)
    left = f" The {_MAPPED} codes with most coded segments are drawn." if len(ranked) > _MAPPED else ""
    caption = (
        f"Themes and codes; the area of a circle grows with its coded segments (in brackets), counting {view.basis}.{left}"
    )
    return Figure("codemap", caption, drawings, data)


_GAP, _LARGEST = 26, 15  # space between themes; largest radius
_TRIED = 10  # themes of which every division into two sides is tried
_MAPPED = 144  # codes on all parts of a map


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What a map is drawn on.

    Attributes:
        width: Of the page, in units.
        tallest: Height at which the map stays readable on its page.
        inner: From the middle to the names of themes.
        outer: From the middle to the circles of codes.
        themes: Characters of a line of a theme's name.
        codes: Characters of a line of a code's name.
        piece: Codes of a theme that stand together.
        between: Space between codes.
    """

    width: float
    tallest: float
    inner: float
    outer: float
    themes: int
    codes: int
    piece: int
    between: float


_SIDEWAYS = _Sheet(1080, 590, 155, 300, 16, 30, 14, 7)
_LOW = 420  # units of height: half an upright page
_UPRIGHT = _Sheet(760, PAGE - 60, 112, 190, 12, 23, 14, 4)


@dataclass(frozen=True, slots=True)
class _Row:
    """One code on the map: its label in lines and its circle."""

    lines: tuple[str, ...]
    count: int
    radius: float
    height: float


@dataclass(frozen=True, slots=True)
class _Theme:
    name: str
    colour: str
    total: int
    rows: tuple[_Row, ...]

    @property
    def height(self) -> float:
        """What the theme takes, in pixels."""
        return max(sum(row.height for row in self.rows), (len(wrapped(self.name, 16)) + 1) * LINE if self.name else LINE)


_SEEN = (0.15, 0.3)  # luminance of a chosen colour that stands out from white paper and from a dark page alike


def code_map(
    codes: Sequence[Frequency], coder: str = "", title: str = "", colours: Mapping[str, str] | None = None
) -> tuple[Drawing, ...]:
    """Draw the code map, in parts where themes and codes are too many for a page.

    Args:
        codes: The codes with their counts.
        coder: Whose counts; "" takes the sum over all human coders.
        title: What stands in the middle.
        colours: By theme, where the researchers chose one.

    Returns:
        The drawings; none where there is nothing to draw.
    """
    pages = {}
    for sheet in (_UPRIGHT, _SIDEWAYS):
        made: list[list[_Theme]] = []
        for theme in _themes(codes, coder, colours or {}, sheet):
            if made and max(map(_height, _sides([*made[-1], theme]))) <= sheet.tallest:
                made[-1].append(theme)
            else:
                made.append([theme])
        pages[sheet] = made
    low = len(pages[_UPRIGHT]) < 2 and all(max(map(_height, _sides(page))) <= _LOW for page in pages[_UPRIGHT])
    # A low map stands between texts; one that fills a page on its side has that; one of more pages is upright.
    sheet = _SIDEWAYS if len(pages[_SIDEWAYS]) < 2 and not low else _UPRIGHT
    return tuple(_drawn(themes, title, sheet) for themes in pages[sheet])


def _drawn(themes: Sequence[_Theme], title: str, sheet: _Sheet) -> Drawing:
    left, right = _sides(themes)
    height = max(_height(left), _height(right), 120) + 30
    middle = wrapped(title or "Codes", sheet.themes)
    start = _half(middle) + 12
    shapes = [shape for side, sign in ((left, -1), (right, 1)) for shape in _side(side, sign, (start, height), sheet)]
    shapes.append(Label(sheet.width / 2, height / 2, middle, "middle", True, 15))
    told = ((t.name or "without a theme", counted(t.total, "coded segment"), counted(len(t.rows), "code")) for t in themes)
    said = "; ".join(f"{name}: {segments} in {many}" for name, segments, many in told)
    return Drawing("Code map", said, sheet.width, height, tuple(shapes))


def _themes(codes: Sequence[Frequency], coder: str, colours: Mapping[str, str], sheet: _Sheet) -> list[_Theme]:
    """Themes with the codes that were used, in pieces that fit on a page; codes without a theme stand together.

    A theme used itself is one of its own codes.
    """
    used = [c for c in codes if c.count(coder)]
    most = max((c.count(coder) for c in used), default=1)
    groups: dict[str, list[Frequency]] = {}
    for c in used:
        groups.setdefault(c.theme, []).append(c)
    alone = [members[0] for theme, members in groups.items() if [m.code for m in members] == [theme]]
    groups = {theme: members for theme, members in groups.items() if [m.code for m in members] != [theme]} | {"": alone}
    made = []
    for i, (theme, members) in enumerate((theme, members) for theme, members in groups.items() if members):
        for part in by_height([1.0] * len(members), sheet.piece):
            rows = tuple(_row(c, c.count(coder), most, sheet) for c in members[part])
            made.append(_Theme(theme, colours.get(theme) or PALETTE[i % len(PALETTE)], sum(r.count for r in rows), rows))
    return made


def _row(code: Frequency, count: int, most: int, sheet: _Sheet) -> _Row:
    """The circle's area, not its radius, grows with the count."""
    lines, radius = wrapped(f"{code.name} ({count:,})", sheet.codes), 3 + _LARGEST * math.sqrt(count / most)
    return _Row(lines, count, radius, max(len(lines) * LINE, 2 * radius) + sheet.between)


def _sides(themes: Sequence[_Theme]) -> tuple[list[_Theme], list[_Theme]]:
    """Themes left and right, each side in their order, chosen so that the higher side is as low as can be."""
    many = len(themes) > _TRIED
    choices = [range(i) for i in range(len(themes) + 1)] if many else _subsets(range(len(themes)))
    best = min(choices, key=lambda left: max(_height(side) for side in _parted(themes, left)))
    return _parted(themes, best)


def _subsets(places: Sequence[int]) -> list[tuple[int, ...]]:
    """Every choice of some places, those that keep the beginning on the left first."""
    found = [chosen for n in range(len(places) + 1) for chosen in combinations(places, n)]
    return sorted(found, key=lambda chosen: sum(chosen) - len(chosen) * (len(chosen) - 1) // 2)


def _parted(themes: Sequence[_Theme], left: Sequence[int]) -> tuple[list[_Theme], list[_Theme]]:
    return [t for i, t in enumerate(themes) if i in left], [t for i, t in enumerate(themes) if i not in left]


def _height(themes: Sequence[_Theme]) -> float:
    return sum(t.height for t in themes) + _GAP * max(0, len(themes) - 1)


def _half(lines: Sequence[str]) -> float:
    """Half of what a bold name takes, in units."""
    return 4.1 * max(map(len, lines), default=0)


def _side(themes: Sequence[_Theme], sign: int, middle: tuple[float, float], sheet: _Sheet) -> Iterator[Shape]:
    """Themes below one another; `middle` is how far from it curves begin, and the height of the sheet."""
    start, height = middle
    y = (height - _height(themes)) / 2
    for theme in themes:
        yield from _theme(theme, sign, (y, start, height / 2), sheet)
        y += theme.height + _GAP


def _theme(theme: _Theme, sign: int, place: tuple[float, float, float], sheet: _Sheet) -> Iterator[Shape]:
    (top, start, centre), middle = place, sheet.width / 2
    x, y = middle + sign * sheet.inner, top + theme.height / 2
    near = middle + sign * start
    if theme.name:
        lines = wrapped(theme.name, sheet.themes)
        half = _half(lines)
        yield Bend(near, centre, x - sign * half, y, theme.colour)
        yield Label(x, y, lines, "middle", True)
        near, centre = x + sign * half, y
    at = top + (theme.height - sum(r.height for r in theme.rows)) / 2
    for row in theme.rows:
        cx, cy = middle + sign * sheet.outer, at + row.height / 2
        yield Bend(near, centre, cx - sign * row.radius, cy, theme.colour)
        yield Circle(cx, cy, row.radius, theme.colour)
        yield Label(cx + sign * (_LARGEST + 9), cy, row.lines, "end" if sign < 0 else "start")
        at += row.height
