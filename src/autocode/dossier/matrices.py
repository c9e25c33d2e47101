"""Codes by documents, codes by codes, codes by groups, and how codes arrive as interviews go on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from autocode.dossier.blocks import Block, Cell, Figure, Table, View
from autocode.dossier.drawing import (
    PALETTE,
    Box,
    Circle,
    Drawing,
    Grid,
    Label,
    Line,
    Scale,
    Shape,
    heat_map,
    strip_chart,
    turned_height,
)
from autocode.errors import counted
from autocode.study import Coding

BASE, RUN, SHARE = 4, 3, 0.05
"""Interviews of the base, of the run, and the new codes of the run, as a share of the base's, that still count as flat."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """How codes came up over the interviews that were read.

    Attributes:
        rows: Document, codes in it, new codes, codes so far, in the order of the study.
        once: Codes found in one interview only.
        twice: Codes found in exactly two.
    """

    rows: tuple[tuple[str, int, int, int], ...]
    once: int
    twice: int

    @property
    def codes(self) -> int:
        """Codes seen in all."""
        return self.rows[-1][3] if self.rows else 0

    @property
    def share(self) -> float | None:
        """New codes of the last run as a share of those of the base; None for fewer interviews than both."""
        if len(self.rows) < BASE + RUN or not self.rows[BASE - 1][3]:
            return None
        return sum(row[2] for row in self.rows[-RUN:]) / self.rows[BASE - 1][3]

    @property
    def reached(self) -> bool:
        """Whether the curve is flat by the rule."""
        return self.share is not None and self.share <= SHARE

    @property
    def to_come(self) -> tuple[float, float, float] | None:
        """Codes still to come, with the ends of their 95% interval; None where it cannot be said.

        Chao's estimator for codes by interviews, bias-corrected. It is a lower bound where interviews differ much.
        """
        m, f1, f2 = len(self.rows), self.once, self.twice
        if m < 2 or not self.codes:
            return None
        a = (m - 1) / m
        value = a * f1 * (f1 - 1) / (2 * (f2 + 1))
        if not value:
            return None
        variance = value + a * a * f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
        variance += a * a * f1 * f1 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)
        factor = math.exp(1.96 * math.sqrt(math.log(1 + variance / value**2)))
        return value, value / factor, value * factor

    def told(self) -> str:
        """The rule, whether it is met, and what is still to come, in a sentence or two."""
        new = sum(row[2] for row in self.rows[-RUN:])
        if self.share is None:
            return f"Fewer than {BASE + RUN} coded interviews: whether new codes still come up cannot be judged."
        rule = (
            f"The last {RUN} interviews brought {new} new {'code' if new == 1 else 'codes'}, {100 * self.share:.0f}% of the "
            f"{self.rows[BASE - 1][3]} that the first {BASE} had brought; "
            f"{'flat' if self.reached else 'not flat'} by the rule of at most {100 * SHARE:.0f}% (Guest et al., 2020)."
        )
        if self.to_come is None:
            few = counted(self.once, "code was", "codes were") if self.once else "No code was"
            return f"{rule} {few} found in one interview only: too few to estimate codes still to come."
        value, low, high = self.to_come
        return (
            f"{rule} From the {self.once} codes found in one interview only, about {value:.0f} more codes are to be expected "
            f"of interviews like these (95% interval {low:.0f} to {high:.0f}; Chao, 1987)."
        )


def saturation(view: View) -> Saturation:
    """Count new codes interview by interview, in the order of the study; interviews nobody has read yet are left out."""
    used: dict[str, set[str]] = {}
    for c in view.codings:
        used.setdefault(c.document, set()).add(c.code)
    read = {r.document for r in view.study.readings} | used.keys()
    documents = [d for d in view.interviews if d.id in read]
    known: set[str] = set()
    rows = []
    for d in documents:
        new = used.get(d.id, set()) - known
        known |= new
        rows.append((d.id, len(used.get(d.id, ())), len(new), len(known)))
    spread = Counter(Counter(code for d in documents for code in used.get(d.id, ())).values())
    return Saturation(tuple(rows), spread[1], spread[2])


def saturation_figure(found: Saturation) -> Figure | None:
    """The curve of codes over interviews; None for fewer than three interviews."""
    if len(found.rows) < 3 or not found.codes:
        return None
    header = ("Document", "Codes in it", "New codes", "Codes so far")
    rows: tuple[tuple[Cell, ...], ...] = found.rows
    data = Table("Saturation", "New codes per interview", header, rows, "tnnn", sheet_only=True)
    fresh, totals = [row[2] for row in found.rows], [row[3] for row in found.rows]
    said = (
        f"{counted(totals[-1], 'code')} after {counted(len(rows), 'interview')}; "
        f"{sum(fresh[-RUN:])} of them came in the last {RUN}."
    )
    drawing = curve([row[0] for row in found.rows], totals, fresh, ("Saturation", said, "codes"))
    caption = f"Saturation: {said} {found.told()} Interviews in the order of the study, which may not be that of the field."
    return Figure("saturation", caption, (drawing,), data)


def blocks(view: View) -> Iterator[Block]:
    """Where codes stand: in documents, beside one another, along interviews; nothing where nothing was coded."""
    if view.codings:
        found = (code_matrix(view), close_pairs(view), relations(view), timeline(view))
        yield from (block for block in found if block is not None)


_DRAWN = 160  # documents of a code matrix that is drawn: five pages of columns
_ALONG = 60  # interviews whose themes are drawn along them
_RELATED = 32  # codes of a drawn matrix of overlaps: a page


def _breaks(view: View, codes: Sequence[str]) -> frozenset[int]:
    """Rows at which another theme begins."""
    strands = [strand if view.headed(strand := view.strand(c)) else "" for c in codes] if view.themes else []
    return frozenset(i for i, pair in enumerate(pairwise(strands), 1) if pair[0] != pair[1])


def code_matrix(view: View) -> Block:
    """Codes x documents: coded segments in each cell; where documents are too many to draw, a sheet of the cells alone."""
    documents = [d.id for d in view.study.documents]
    counts = Counter((c.code, c.document) for c in view.codings)
    if len(documents) > _DRAWN:
        cells = tuple((view.theme(c), view.name(c), d, counts[c, d]) for c in view.used for d in documents if (c, d) in counts)
        header = ("Theme", "Code", "Document", "Coded segments")
        return Table("Code matrix", "Coded segments by code and document", header, cells, "tttn", sheet_only=True)
    codes = [c for listed in view.by_theme.values() for c in listed]
    values = [[counts[code, d] for d in documents] for code in codes]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (view.theme(c), view.name(c), *row) for c, row in zip(codes, values, strict=True)
    )
    data = Table(
        "Code matrix",
        "Coded segments by code and document",
        ("Theme", "Code", *documents),
        rows,
        "tt" + "n" * len(documents),
        sheet_only=True,
    )
    grid = Grid([view.name(c) for c in codes], documents, values, _breaks(view, codes))
    said = (
        f"{counted(len(view.used), 'code')} by "
        f"{counted(len(documents), 'document')}; the darker a cell, the more coded segments."
    )
    caption = f"Code matrix: coded segments by code and document, {view.basis}; the darker, the more."
    return Figure("matrix", caption, heat_map(grid, "Code matrix", said), data)


def overlaps(view: View) -> Counter[tuple[str, str]]:
    """How often coded segments of two codes share at least one character, by the pair of codes.

    Two segments are counted once for each pair; pairs are in the order of the codebook.
    """
    order = {code: i for i, code in enumerate(view.used)}
    found: Counter[tuple[str, str]] = Counter()
    open_: list[Coding] = []
    for c in view.codings:
        open_ = [o for o in open_ if o.document == c.document and o.end > c.start]
        for o in open_:
            if o.code != c.code and o.coder == c.coder:
                found[min(o.code, c.code, key=order.__getitem__), max(o.code, c.code, key=order.__getitem__)] += 1
        open_.append(c)
    return found


def relations(view: View) -> Figure | None:
    """Codes x codes: how often their segments overlap; None where none do."""
    shared = overlaps(view)
    weight: Counter[str] = Counter()
    for pair, n in shared.items():
        weight.update(dict.fromkeys(pair, n))
    if not weight:
        return None
    kept = {code for code, _ in weight.most_common(_RELATED)}
    codes = [c for c in view.used if c in kept]
    values = [[shared[a, b] or shared[b, a] if a != b else None for b in codes] for a in codes]
    rows = tuple((a, b, n) for (a, b), n in sorted(shared.items(), key=lambda item: (-item[1], item[0])))
    data = Table(
        "Code relations",
        "Pairs of codes whose segments overlap",
        ("Code", "Other code", "Overlaps"),
        rows,
        "ttn",
        sheet_only=True,
    )
    grid = Grid([view.name(c) for c in codes], [view.name(c) for c in codes], values)
    said = "; ".join(f"{view.name(a)} and {view.name(b)}: {n}" for a, b, n in rows[:5])
    left = f" The {_RELATED} codes that overlap most are drawn." if len(weight) > _RELATED else ""
    caption = (
        "Code relations: pairs of coded segments that share at least one character, by the same coder. "
        f"Codes that overlap with none are left out.{left} {view.basis.capitalize()}."
    )
    return Figure("relations", caption, heat_map(grid, "Code relations", said), data)


def close_pairs(view: View) -> Table:
    """Codes x codes by document: pairs of codes given in the same documents, most frequent first."""
    where: dict[str, set[str]] = {}
    for c in view.codings:
        where.setdefault(c.code, set()).add(c.document)
    rows = [(a, b, len(where[a] & where[b]), len(where[a] | where[b])) for a, b in combinations(view.used, 2)]
    rows = sorted((r for r in rows if r[2]), key=lambda r: (-r[2], r[0], r[1]))
    return Table(
        "Codes together",
        "Pairs of codes given in the same documents",
        ("Code", "Other code", "Documents with both", "Documents with either"),
        tuple(rows),
        "ttnn",
        sheet_only=True,
    )


def by_group(view: View) -> Table | None:
    """Codes x stakeholder group: segments, and participants with the code as a share of the group."""
    if len(view.groups) < 2:
        return None
    people = {g: {view.participant[d] for d, found in view.group.items() if found == g} for g in view.groups}
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    for theme, codes in view.by_theme.items():
        if view.headed(theme):
            heads.add(len(rows))
            rows.append((view.name(theme), *_in_groups(view, view.under(theme), people)))
        for code in codes:
            rows.append((view.called(code), *_in_groups(view, view.of(code), people)))
    header = ("Theme and code", *(part for g in view.groups for part in (f"{g} (n = {len(people[g])})", "gave it")))
    return Table(
        "Codes by group",
        f"Codes by {view.grouping.replace('_', ' ')}: coded segments, and share of the participants",
        header,
        tuple(rows),
        "t" + "np" * len(view.groups),
        group_note(view, people),
        frozenset(heads),
    )


def _in_groups(view: View, codings: Sequence[Coding], people: dict[str, set[str]]) -> list[Cell]:
    cells: list[Cell] = []
    for group in view.groups:
        own = [c for c in codings if view.group.get(c.document) == group]
        cells += [len(own), len({view.participant[c.document] for c in own}) / len(people[group])]
    return cells


def group_note(view: View, people: dict[str, set[str]]) -> str:
    """What the groups can bear: plain words, and the groups that are too small to compare."""
    small = view.record.report.small
    few = [f"{g} ({len(people[g])})" for g in view.groups if len(people[g]) < small]
    text = "gave it: participants of the group with at least one segment of the code. "
    if few:
        text += f"Too small to compare, with fewer than {small} participants: {'; '.join(few)}. "
    return text + f"Cells with fewer than {small} coded segments are counts, not evidence of a difference between groups."


def timeline(view: View) -> Block | None:
    """Where each theme is spoken of within each interview; None where nothing was coded, a sheet alone where they are many."""
    documents = view.interviews
    if not view.codings or not documents:
        return None
    often = Counter({strand: len(view.under(strand)) for strand in view.strands})
    drawn = [strand for strand in view.strands if strand in dict(often.most_common(len(PALETTE)))]
    length = {d.id: max(1, len(d.text)) for d in documents}
    bars: dict[str, list[tuple[float, float, int]]] = {d.id: [] for d in documents}
    tidy: list[tuple[Cell, ...]] = []
    for c in view.codings:
        if c.document in bars:
            strand, start, end = view.strand(c.code), c.start / length[c.document], c.end / length[c.document]
            if strand in drawn:
                bars[c.document].append((start, end, drawn.index(strand)))
            tidy.append((c.document, view.theme(c.code), c.code, c.start, c.end, start, end))
    header = ("Document", "Theme", "Code", "Start", "End", "Start as share", "End as share")
    data = Table("Timeline", "Coded segments along each document", header, tuple(tidy), "tttnnkk", sheet_only=True)
    if len(documents) > _ALONG:
        return data
    what = "theme" if view.themes else "code"
    said = (
        f"For each of {counted(len(documents), 'interview')}, from its beginning on "
        f"the left to its end, the parts coded by {what}."
    )
    caption = (
        f"{what.capitalize()}s along each interview, from beginning (left) to end; every {what} has its own lane."
        + (f" The {len(drawn)} {what}s with most coded segments are drawn." if len(drawn) < len(view.strands) else "")
        + f" {view.basis.capitalize()}."
    )
    return Figure(
        "timeline", caption, strip_chart([(d.id, bars[d.id]) for d in documents], [view.name(s) for s in drawn], said), data
    )


def triangulation(view: View) -> Table | None:
    """Documents with each code by kind of document; None where there is one kind only."""
    listed = view.kinds
    if len(listed) < 2:
        return None
    kind = {d.id: d.kind for d in view.study.documents}
    sizes = {k: sum(d.kind == k for d in view.study.documents) for k in listed}
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    for theme, codes in view.by_theme.items():
        if view.headed(theme):
            heads.add(len(rows))
            rows.append((view.name(theme), *_by_kind(view.under(theme), listed, kind)))
        rows += [(view.called(c), *_by_kind(view.of(c), listed, kind)) for c in codes]
    header = ("Theme and code", *(f"{k.capitalize()} ({sizes[k]})" for k in listed), "Sources")
    return Table(
        "Triangulation",
        "Triangulation: documents that hold each code, by kind of source",
        header,
        tuple(rows),
        "t" + "n" * len(listed) + "t",
        _note(view, listed),
        frozenset(heads),
    )


def _by_kind(found: Sequence[Coding], listed: list[str], kind: dict[str, str]) -> list[Cell]:
    where = {c.document for c in found}
    counts = [sum(kind[d] == k for d in where) for k in listed]
    speaking = [k for k, n in zip(listed, counts, strict=True) if n]
    said = "all" if len(speaking) == len(listed) else f"{speaking[0]} only" if len(speaking) == 1 else ", ".join(speaking)
    return [*counts, said]


def _note(view: View, listed: list[str]) -> str:
    """How many codes rest on one kind of source alone."""
    kind = {d.id: d.kind for d in view.study.documents}
    alone = dict.fromkeys(listed, 0)
    for code in view.used:
        found = {kind[c.document] for c in view.under(code) if c.code == code}
        if len(found) == 1:
            alone[found.pop()] += 1
    told = "; ".join(f"{k} only: {n}" for k, n in alone.items() if n)
    return f"Codes that rest on one kind of source: {told}." if told else "Every code is found in more than one kind of source."


def curve(names: Sequence[str], totals: Sequence[int], fresh: Sequence[int], words: tuple[str, str, str]) -> Drawing:
    """A running total as a line over bars of what each step added.

    Args:
        names: Of the steps.
        totals: Running total after each step.
        fresh: What each step added.
        words: Title, description, name of what is counted.
    """
    high = max([*totals, 1])
    ys, xs = Scale(0, high, 270, 24), Scale(0, max(1, len(names) - 1), 70, 730)
    width = min(26.0, 560 / max(1, len(names)))
    shapes: list[Shape] = [Line(50, 270, 750, 270)]
    step = next(s * 10**e for e in range(9) for s in (1, 2, 5) if high / (s * 10**e) <= 5)
    for mark in range(0, high + 1, step):  # at most six, round
        shapes += [
            Line(50, ys.at(mark), 750, ys.at(mark), faint=True),
            Label(44, ys.at(mark), (f"{mark}",), "end", size=11),
        ]
    for i, name in enumerate(names):
        if fresh[i]:
            shapes.append(Box(xs.at(i) - width / 2, ys.at(fresh[i]), width, 270 - ys.at(fresh[i]), "#9db8d2"))
        if len(names) <= 30 or i % (len(names) // 20) == 0:
            shapes.append(Label(xs.at(i) + 4, 280, (name,), "end", size=11, turned=True))
    points = [(xs.at(i), ys.at(total)) for i, total in enumerate(totals)]
    shapes += [Line(*a, *b, colour=PALETTE[0], width=2) for a, b in pairwise(points)]
    shapes += [Circle(x, y, 3.5, PALETTE[0]) for x, y in points]
    shapes.append(Label(50, 10, (f"line: {words[2]} so far; bars: new in this document",), size=12))
    return Drawing(words[0], words[1], 760, 285 + max(60.0, turned_height(names)), tuple(shapes))
