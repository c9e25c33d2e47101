"""Table 2: themes and codes with their coded segments, documents and participants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autocode.report.blocks import Cell, Figure, Table
from autocode.report.codemap import code_map
from autocode.report.counting import View
from autocode.study import Coding


def frequency_table(view: View) -> Table:
    """Coded segments per code: counted, by each coder, accepted from suggestions; where, by whom."""
    coders = [c for c in view.study.coders if c.id != view.study.agreed]
    counts = Counter((c.code, c.coder) for c in view.study.codings)
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    for theme in view.themes:
        if view.study.codebook.is_theme(theme):
            heads.add(len(rows))
            below = view.under(theme)
            by = [
                sum(n for (code, who), n in counts.items() if who == c.id and view.theme(code) == theme) for c in coders
            ]
            taken = [c for c in view.accepted if view.theme(c.code) == theme]
            rows.append((view.study.codebook.by_path[theme].name, *_line(view, below, by, len(taken))))
        for code in (c for c in view.used if view.theme(c) == theme):
            own = [c for c in view.under(code) if c.code == code]
            taken = [c for c in view.accepted if c.code == code]
            rows.append((_called(view, code), *_line(view, own, [counts[code, c.id] for c in coders], len(taken))))
    header = (
        "Theme and code",
        "Coded segments",
        *(c.name or c.id for c in coders),
        *_extra(view),
        "Documents",
        "Participants",
    )
    return Table(
        "Codes", "Themes, codes and frequencies", header, tuple(rows), "t" + "n" * (len(header) - 1),
        f"Coded segments, documents and participants: {view.basis}. Theme rows take all codes below them "
        "together, each "
        f"document and participant once. {_extra_note(view)}{_never(view)}", frozenset(heads))  # fmt: skip


def _called(view: View, code: str) -> str:
    is_theme = view.study.codebook.is_theme(code) and view.theme(code) == code
    return view.name(code) + (" (itself)" if is_theme else "")


def _extra(view: View) -> tuple[str, ...]:
    return ("Accepted suggestions",) if view.accepted else ()


def _extra_note(view: View) -> str:
    return "Accepted suggestions: codings of any human that began as a suggestion. " if view.accepted else ""


def _line(view: View, codings: Sequence[Coding], by_coder: Sequence[int], taken: int) -> tuple[Cell, ...]:
    accepted = (taken,) if view.accepted else ()
    return (len(codings), *by_coder, *accepted, len({c.document for c in codings}), view.people(codings))


def _never(view: View) -> str:
    book = view.study.codebook
    unused = [c.path for c in book if not book.is_theme(c.path) and c.path not in set(view.used)]
    return f"{len(unused)} codes that were never given are left out." if unused else "Every code was given."


def map_figure(view: View) -> Figure | None:
    """Figure 1: the code map, and the counts it was drawn from; None where nothing was coded."""
    drawing = code_map(view.frequencies, "", view.study.name)
    if drawing is None:
        return None
    rows = tuple((view.theme(f.code), view.name(f.code), f.count("")) for f in view.frequencies if f.count(""))
    data = Table(
        "Code map", "Figures of the code map", ("Theme", "Code", "Coded segments"), rows, "ttn", sheet_only=True
    )
    caption = f"Themes and codes; the area of a circle grows with the coded segments of {view.basis} (in brackets)."
    return Figure("codemap", caption, drawing, data)
