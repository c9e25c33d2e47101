"""Quotes for every code: pinned, representative, contrasting, contested; and themes by groups in quotes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.classify.material import hashed
from autocode.dossier.blocks import Block, Cell, Quoted, Table, Title, View, Words
from autocode.dossier.findings import Vectors
from autocode.study import Coding

_WEIGHED = 40  # coded segments of a code that are encoded at most, drawn evenly; more cost minutes on large studies


_ENDS = '.?!…:;"\u201d\u2019)]\u00bb'  # what a sentence, or a quote that needs no ellipsis, ends with
_BRIEF, _ROWS = 4, 40  # quotes of a theme, and rows of all, in the size of a journal
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


def choose(view: View, vectors: Vectors | None) -> dict[str, list[Quote]]:
    """Quotes for every code that was given: at most one of each kind beside the pinned ones.

    Representative is the segment nearest to the mean vector of the code's segments; contrasting
    the one nearest to the mean among the other groups of participants; contested is one that
    only some of the coders gave the code.

    Args:
        view: The study.
        vectors: From texts to vectors, called once; None chooses quotes by their words.

    Returns:
        Quotes by code; none where the study keeps quotes back.
    """
    if not view.record.report.quotes:
        return {}
    vectors = vectors or by_words
    weighed = {code: _evenly(view.of(code)) for code in view.used}
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


def _weighed(view: View, code: str, found: Sequence[Coding]) -> str:
    """How many coded segments a code has, and how many of these were weighed where not all were."""
    whole = len(view.of(code))
    return f"{whole:,} coded segments" + (f", {len(found)} of them weighed" if len(found) < whole else "")


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
        f"nearest to the middle of {_weighed(view, code, found)}" if len(found) > 1 else "the only coded segment",
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
    given: dict[str, list[Coding]] = {}
    for c in view.human_codings.get(code, ()):
        given.setdefault(c.document, []).append(c)
    for document, own in given.items():
        for c in own:
            missing = [h for h in view.humans if h != c.coder and view.has_read(h, c) and not _gave(own, h, c)]
            if missing and (document, c.start) not in taken and c.end - c.start >= _SHORTEST:
                yield Quote(c, "contested", f"given by {c.coder}, not by {', '.join(missing)}")
                return


def _gave(codings: Sequence[Coding], coder: str, place: Coding) -> bool:
    """Whether a coder gave one of the codings of a document somewhere within the place of another."""
    return any(c.coder == coder and c.start < place.end and place.start < c.end for c in codings)


def quoted(text: str, words: int) -> str:
    """A coded segment as it is quoted: on one line, with at most `words` words, and a mark wherever words are left out.

    A segment that begins or ends within a sentence has an ellipsis there; one that is cut ends in "[…]".
    """
    listed = text.split()
    inside = listed and listed[0][0].islower()
    start = ["…"] if inside else []
    if len(listed) > words:
        return " ".join([*start, *listed[:words], "[…]"])
    end = [] if not listed or listed[-1][-1] in _ENDS else ["…"]
    return " ".join([*start, *listed, *end])


def blocks(view: View, chosen: dict[str, list[Quote]]) -> Iterator[Block]:
    """Themes by groups in quotes, quotes under their themes and codes, and all of them whole for the workbook."""
    if not any(chosen.values()):
        return
    matrix = quote_matrix(view, chosen)
    if matrix:
        yield matrix
    yield Words(
        "Representative: the coded segment nearest to the middle of its code. Contrasting: the nearest from "
        "another group of participants. Contested: given by one coder and not by another who read it. Choose with "
        "judgement; these are offers. Cited as participant, group; … and […] mark where words are left out.",
        "soft",
    )
    yield from listed(view, chosen)
    yield quote_table(view, chosen)


def brief(view: View, chosen: dict[str, list[Quote]]) -> Iterator[Block]:
    """One quote for each of the commonest codes of each theme, in a table."""
    rows: list[tuple[Cell, ...]] = []
    heads, most = set(), _BRIEF if view.themes else _ROWS
    for theme, codes in view.by_theme.items():
        often = sorted((c for c in codes if chosen.get(c)), key=lambda c: -len(view.of(c)))[:most]
        if view.headed(theme) and often:
            heads.add(len(rows))
            rows.append((view.name(theme), "", ""))
        for code in often:
            coding = chosen[code][0].coding
            words = quoted(view.words(coding), min(35, view.record.report.words))
            rows.append((view.called(code), f"“{words}”", view.cited(coding)))
    if rows:
        of = f"{_BRIEF} codes of each theme" if view.themes else f"{_ROWS} codes"
        note = f"At most {of}, those given most often. … and […]: words left out."
        header = ("Theme and code" if view.themes else "Code", "Quote", "Participant")
        yield Table(
            "Quotes",
            f"Quotes by {'theme' if view.themes else 'code'}",
            header,
            tuple(rows[:_ROWS]),
            "ttt",
            note,
            frozenset(heads),
        )


def listed(view: View, chosen: dict[str, list[Quote]]) -> Iterator[Block]:
    """The quotes under their themes and codes, ready to print."""
    for theme, codes in view.by_theme.items():
        if view.headed(theme):
            yield Title(view.name(theme))
        for code in (c for c in codes if chosen.get(c)):
            yield Title(view.called(code), 4 if view.headed(theme) else 3)
            for quote in chosen[code]:
                kind = quote.kind.capitalize() + (f" ({quote.why})" if quote.kind in ("contrasting", "contested") else "")
                yield Quoted(quoted(view.words(quote.coding), view.record.report.words), kind, view.cited(quote.coding))


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
    for theme in view.strands:
        ranked = sorted(view.under(theme), key=lambda c: (central.get(c.code) != c, abs(c.end - c.start - 200)))
        cells = (next((c for c in ranked if view.group.get(c.document) == group), None) for group in view.groups)
        rows.append((view.name(theme), *(_cell(view, c) for c in cells)))
    note = (
        "The quote of a group is one already chosen above where there is one, else one of middling length. "
        "An empty cell: nobody of the group was coded so."
    )
    return Table(
        "Quote matrix",
        f"{'Themes' if view.themes else 'Codes'} by {view.grouping.replace('_', ' ')}, in quotes",
        ("Theme" if view.themes else "Code", *view.groups),
        tuple(rows),
        note=note,
    )


def _cell(view: View, coding: Coding | None) -> str:
    if coding is None:
        return ""
    words = quoted(view.words(coding), min(28, view.record.report.words))
    return f"“{words}” ({view.participant[coding.document]}; {view.name(coding.code)})"
