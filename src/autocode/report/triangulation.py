"""Themes across kinds of document: where sources agree, and where only one of them speaks."""

from __future__ import annotations

from autocode.report.blocks import Cell, Table
from autocode.report.counting import View


def kinds(view: View) -> list[str]:
    """The kinds of document in the study, in order of appearance."""
    return list(dict.fromkeys(d.kind for d in view.study.documents))


def triangulation(view: View) -> Table | None:
    """Documents with each code by kind of document; None where there is one kind only."""
    listed = kinds(view)
    if len(listed) < 2:
        return None
    kind = {d.id: d.kind for d in view.study.documents}
    sizes = {k: sum(d.kind == k for d in view.study.documents) for k in listed}
    rows: list[tuple[Cell, ...]] = []
    heads = set()
    for theme in view.themes:
        if view.study.codebook.is_theme(theme):
            heads.add(len(rows))
            rows.append((view.name(theme), *_line(view, theme, listed, kind)))
        rows += [(view.name(c), *_line(view, c, listed, kind)) for c in view.used if view.theme(c) == theme]
    header = ("Theme and code", *(f"{k.capitalize()} ({sizes[k]})" for k in listed), "Sources")
    return Table("Triangulation", "Triangulation: documents that hold each code, by kind of "
        "source", header, tuple(rows),
                 "t" + "n" * len(listed) + "t", _note(view, listed), frozenset(heads))  # fmt: skip


def _line(view: View, path: str, listed: list[str], kind: dict[str, str]) -> list[Cell]:
    whole = path in view.themes and view.study.codebook.is_theme(path)
    found = view.under(path) if whole else [c for c in view.under(path) if c.code == path]
    where = {c.document for c in found}
    counts = [sum(kind[d] == k for d in where) for k in listed]
    speaking = [k for k, n in zip(listed, counts, strict=True) if n]
    said = (
        "all" if len(speaking) == len(listed) else f"{speaking[0]} only" if len(speaking) == 1 else ", ".join(speaking)
    )
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
    return (
        f"Codes that rest on one kind of source: {told}."
        if told
        else "Every code is found in more than one kind of source."
    )
