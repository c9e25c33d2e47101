"""One document in two document groups of a table: two coders, as MAXQDA does it, or two documents.

For a comparison of coders MAXQDA wants every document twice under one name, in two document
groups. A table of coded segments then names it twice; so it does where two different interviews
bear one name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autocode.formats.options import ReadOptions
from autocode.formats.quotes import Quote, known_document

_LONG = 20  # characters: shorter quotes are equal by chance
_Groups = Mapping[str, list[Quote]]


def told_apart(quotes: Sequence[Quote], options: ReadOptions) -> tuple[list[Quote], list[str]]:
    """Quotes with documents of one name in several groups made one with several coders, or told apart.

    They are one where the transcript is known, or where two groups quote the same passage. Then
    the groups are the coders if some author coded in several of them, or none is named; else the
    authors stay. Documents that are not one get their group after their name.

    Returns:
        The quotes, and notes on what was decided.
    """
    named: dict[str, dict[str, list[Quote]]] = {}
    for q in quotes:
        if q.group.strip() and q.text.strip():
            named.setdefault(q.document.strip(), {}).setdefault(q.group.strip(), []).append(q)
    several = {name: groups for name, groups in named.items() if len(groups) > 1}
    one = {n for n, groups in several.items() if known_document(n, options.documents) or _share_a_passage(groups)}
    by_group = bool(one) and _groups_are_coders([several[name] for name in one])
    changed = [_changed(q, one if by_group else set(), several.keys() - one) for q in quotes]
    return changed, _notes(one, by_group, len(several) - len(one))


def _changed(q: Quote, by_group: set[str], apart: set[str]) -> Quote:
    name, group = q.document.strip(), q.group.strip()
    if group and name in by_group:
        return replace(q, coder=group)
    return replace(q, document=f"{name} ({group})") if group and name in apart else q


def _share_a_passage(groups: _Groups) -> bool:
    """Whether the quotes of two groups overlap: one holds the words of another."""
    seen: list[str] = []
    for quotes in groups.values():
        words = {" ".join(q.text.split()) for q in quotes}
        words = {w for w in words if len(w) >= _LONG}
        if any(a in b or b in a for a in words for b in seen):
            return True
        seen += words
    return False


def _groups_are_coders(documents: Sequence[_Groups]) -> bool:
    """Whether some author coded in several groups, or somebody without a name did."""
    homes: dict[str, set[str]] = {}
    for groups in documents:
        for group, quotes in groups.items():
            for q in quotes:
                homes.setdefault(q.coder.strip(), set()).add(group)
    return "" in homes or any(len(groups) > 1 for groups in homes.values())


def _notes(one: set[str], by_group: bool, apart: int) -> list[str]:
    who = "the groups are the coders" if by_group else "the authors are the coders"
    notes = [f"{len(one)} documents stand in several document groups and are one each; {who}"] if one else []
    return notes + ([f"{apart} names stand for a document in each of several groups: the group is added"] if apart else [])
