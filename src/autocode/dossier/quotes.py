"""Quotes for every code: pinned, representative, contrasting, contested; and themes by groups in quotes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.classify.lexical import hashed
from autocode.dossier.blocks import Block, Cell, Quoted, Table, Title, View, Words
from autocode.dossier.findings import Vectors
from autocode.study import Coding

_WEIGHED = 40  # coded segments of a code that are encoded at most, drawn evenly; more cost minutes on large studies


_SHORTEST = 25  # characters: shorter passages rarely stand alone


@dataclass(frozen=True, slots=True)
class Quote:
    """A coded segment chosen to be quoted.

    Attributes:
        kind: pinned, representative, contrasting or contested.
        why: What the kind rests on, in words.
    """

    coding: Coding
    kind: str
    why: str = ""


def by_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors from hashed words, where no encoder is at hand: (n, d)."""
    X = hashed(texts, 512).toarray()
    return np.asarray(X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def choose(view: View, vectors: Vectors) -> dict[str, list[Quote]]:
    """Quotes for every code that was given: at most one of each kind beside the pinned ones.

    Representative is the segment nearest to the mean vector of the code's segments; contrasting
    the one nearest to the mean among the other groups of participants; contested is one that
    only some of the coders gave the code.

    Args:
        view: The study.
        vectors: From texts to vectors; called once.
    """
    weighed = {code: _evenly([c for c in view.under(code) if c.code == code]) for code in view.used}
    texts = [view.words(c) for found in weighed.values() for c in found]
    X, at, chosen = vectors(texts) if texts else np.zeros((0, 1), np.float32), 0, {}
    for code, found in weighed.items():
        chosen[code] = list(_chosen(view, code, found, X[at : at + len(found)]))
        at += len(found)
    return chosen


def _evenly(codings: list[Coding]) -> list[Coding]:
    """At most `_WEIGHED` segments at equal distances, long ones where there are any."""
    long = [c for c in codings if c.end - c.start >= _SHORTEST] or codings
    step = max(1.0, len(long) / _WEIGHED)
    return [long[int(i * step)] for i in range(min(len(long), _WEIGHED))]


def _chosen(view: View, code: str, found: list[Coding], X: NDArray[np.float32]) -> Iterator[Quote]:
    pinned = [Coding(p.document, p.start, p.end, code, "") for p in view.record.pinned if p.code == code]
    yield from (Quote(c, "pinned", "chosen by the researchers") for c in pinned)
    if not found:
        return
    closeness = np.round((X @ X.mean(0)).astype(np.float64), 6)
    order = [found[i] for i in np.argsort(-closeness, kind="stable")]
    first = order[0]
    yield Quote(
        first,
        "representative",
        f"nearest to the middle of {len(found)} coded segments" if len(found) > 1 else "the only coded segment",
    )
    taken = {(c.document, c.start) for c in (*pinned, first)}
    own = view.group.get(first.document)
    other = next((c for c in order if own and view.group.get(c.document, own) != own), None)
    if other:
        yield Quote(other, "contrasting", f"{view.group[other.document]}, not {own}")
        taken.add((other.document, other.start))
    yield from _contested(view, code, taken)


def _contested(view: View, code: str, taken: set[tuple[str, int]]) -> Iterator[Quote]:
    """The first segment of a coder that another coder, who read it, did not give the code at all."""
    humans = view.humans
    own = [c for c in view.study.codings if c.code == code and c.coder in humans]
    for c in sorted(own):
        missing = [h for h in humans if h != c.coder and _read(view, h, c) and not _gave(own, h, c)]
        if missing and (c.document, c.start) not in taken and c.end - c.start >= _SHORTEST:
            yield Quote(c, "contested", f"given by {c.coder}, not by {', '.join(missing)}")
            return


def _gave(codings: Sequence[Coding], coder: str, place: Coding) -> bool:
    """Whether a coder gave one of `codings` somewhere within the place of another coding."""
    return any(
        c.coder == coder and c.document == place.document and c.start < place.end and place.start < c.end for c in codings
    )


def _read(view: View, coder: str, coding: Coding) -> bool:
    readings = view.study.readings
    return any(
        r.coder == coder and r.document == coding.document and r.start <= coding.start and coding.end <= r.end for r in readings
    )


def shortened(text: str, words: int) -> str:
    """The text on one line with at most `words` words; cut at its end, which is marked."""
    listed = text.split()
    return " ".join(listed) if len(listed) <= words else " ".join(listed[:words]) + " […]"


def blocks(view: View, vectors: Vectors | None) -> Iterator[Block]:
    """Quotes under their themes and codes, themes by groups in quotes, and all of them whole for the workbook.

    Args:
        view: The study; nothing comes of it where it keeps quotes back.
        vectors: Encoder of quotes; None chooses them by their words.
    """
    chosen = choose(view, vectors or by_words) if view.record.report.quotes else {}
    if not any(chosen.values()):
        return
    yield Words(
        "Representative: the coded segment nearest to the middle of its code. Contrasting: the nearest from "
        "another group of participants. Contested: given by one coder and not by another who read it. Choose with "
        "judgement; these are offers.",
        "soft",
    )
    yield from listed(view, chosen)
    matrix = quote_matrix(view, chosen)
    if matrix:
        yield matrix
    yield quote_table(view, chosen)


def listed(view: View, chosen: dict[str, list[Quote]]) -> Iterator[Block]:
    """The quotes under their themes and codes, ready to print."""
    for theme in view.themes:
        yield Title(view.name(theme))
        for code in (c for c in view.used if view.theme(c) == theme and chosen.get(c)):
            yield Title(view.name(code), 4)
            for quote in chosen[code]:
                kind = quote.kind.capitalize() + (f" ({quote.why})" if quote.why else "")
                yield Quoted(shortened(view.words(quote.coding), view.record.report.words), kind, view.source(quote.coding))


def quote_table(view: View, chosen: dict[str, list[Quote]]) -> Table:
    """All chosen quotes, whole, for a workbook."""
    rows: list[tuple[Cell, ...]] = []
    for code, quotes in chosen.items():
        for q in quotes:
            c = q.coding
            rows.append(
                (
                    view.theme(code),
                    code,
                    q.kind,
                    q.why,
                    view.participant[c.document],
                    view.group.get(c.document, ""),
                    c.document,
                    c.start,
                    c.end,
                    view.words(c),
                )
            )
    header = ("Theme", "Code", "Kind", "Why", "Participant", "Group", "Document", "Start", "End", "Quote")
    return Table("Quotes", "Quotes", header, tuple(rows), "tttttttnnt", sheet_only=True)


def quote_matrix(view: View, chosen: dict[str, list[Quote]]) -> Table | None:
    """Theme x group: one quote in each cell; None where there are no groups or the study keeps quotes back."""
    if len(view.groups) < 2:
        return None
    central = {c: quotes[0].coding for c, quotes in chosen.items() if quotes}
    rows: list[tuple[Cell, ...]] = []
    for theme in view.themes:
        ranked = sorted(view.under(theme), key=lambda c: (central.get(c.code) != c, abs(c.end - c.start - 200)))
        cells = (next((c for c in ranked if view.group.get(c.document) == group), None) for group in view.groups)
        rows.append((view.name(theme), *(_cell(view, c) for c in cells)))
    note = (
        "The quote of a group is one already chosen above where there is one, else one of middling length. "
        "An empty cell: nobody of the group was coded so."
    )
    return Table(
        "Quote matrix",
        f"Themes by {view.grouping.replace('_', ' ')}, in quotes",
        ("Theme", *view.groups),
        tuple(rows),
        note=note,
    )


def _cell(view: View, coding: Coding | None) -> str:
    if coding is None:
        return ""
    words = shortened(view.words(coding), min(35, view.record.report.words))
    return f"“{words}” ({view.participant[coding.document]}; {view.name(coding.code)})"
