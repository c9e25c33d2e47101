"""What became of a codebook since a model was made: code by code, what the model may still say.

A code under its old path with the same rule is current. One whose rule changed is stale: the model learnt the
old rule, so it may ask and never suggest. A code that is gone or has another name is not spoken of; a new one is
not learnt yet. Where fewer than half of the codes are left, it is another codebook (`another`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from autocode.codebook import Code, Codebook
from autocode.errors import ModelError
from autocode.study import Suggestion


@dataclass(frozen=True, slots=True)
class Changes:
    """How a codebook differs from the one a model was made with; printed, a line for each code.

    Attributes:
        added: Codes that the model has not learnt.
        gone: Codes that the codebook no longer has.
        renamed: (old, new) paths of codes with another name or place.
        redefined: Codes whose definition, inclusion or exclusion changed: their model is stale.
        another: It is not the same codebook any more.
    """

    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    redefined: tuple[str, ...] = ()
    another: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.renamed or self.redefined)

    def lines(self) -> Iterator[str]:
        """One line for each code that changed: what it is called, and what follows for the model."""
        yield from (f"stale: {c}: its rule changed, so it is asked about at most" for c in self.redefined)
        yield from (f"silent: {old}: now called {new}" for old, new in self.renamed)
        yield from (f"silent: {c}: the codebook no longer has it" for c in self.gone)
        yield from (f"not learnt yet: {c}" for c in self.added)

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "The codebook is as it was when the model was trained."

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping."""
        return {
            "added": list(self.added), "gone": list(self.gone), "renamed": dict(self.renamed),
            "redefined": list(self.redefined)}  # fmt: skip

    def current(self, suggestions: Iterable[Suggestion]) -> Iterator[Suggestion]:
        """The suggestions that still hold: of codes that are there; of stale codes, `ask` at most."""
        away, stale = {*self.gone, *(old for old, _ in self.renamed)}, set(self.redefined)
        for s in suggestions:
            if s.code not in away:
                yield asked_at_most(s) if s.code in stale else s


def asked_at_most(suggestion: Suggestion) -> Suggestion:
    """The same suggestion, for a human to look at where the model would have suggested or coded."""
    return replace(suggestion, band="ask" if suggestion.band == "suggest" else suggestion.band, coded=False)


def changes(made: Codebook, now: Codebook) -> Changes:
    """Compare the codebook a model was made with and the one of today.

    A code that is gone and a new one with the same identifier, or alone with the same rule, are one code renamed.
    """
    before, after = made.by_path, now.by_path
    gone = [path for path in before if path not in after]
    added = [path for path in after if path not in before]
    renamed = dict(_renamed({p: before[p] for p in gone}, {p: after[p] for p in added}))
    kept = [path for path in before if path in after]
    return Changes(
        added=tuple(p for p in added if p not in renamed.values()),
        gone=tuple(p for p in gone if p not in renamed),
        renamed=tuple(renamed.items()),
        redefined=tuple(p for p in kept if rule(before[p]) != rule(after[p])),
        another=2 * len(kept) < len(before),
    )


def changes_to(now: Codebook, made: Codebook) -> Changes:
    """The changes that a model made with `made` can follow; none where `now` is nobody's codebook.

    Raises:
        ModelError: It is another codebook.
    """
    found = changes(made, now) if now.name else Changes()
    if found.another:
        raise ModelError(
            "the model", f"it was made with codebook {made.sha256[:12]}, the study has codebook {now.sha256[:12]}, with "
            "few of the same codes",
            "Train on the study, or align the two first: autocode align STUDY MODEL --out alignment.csv.")  # fmt: skip
    return found


def rule(code: Code) -> tuple[str, ...]:
    """What decides whether the code fits: its definition and what it includes and excludes."""
    return code.definition.strip(), code.include.strip(), code.exclude.strip()


def _renamed(gone: Mapping[str, Code], added: Mapping[str, Code]) -> Iterator[tuple[str, str]]:
    taken: set[str] = set()
    for path, code in gone.items():
        same = [p for p, c in added.items() if p not in taken and code.guid and c.guid == code.guid]
        same = same or [p for p, c in added.items() if p not in taken and any(rule(code)) and rule(c) == rule(code)]
        if len(same) == 1:
            taken.add(same[0])
            yield path, same[0]
