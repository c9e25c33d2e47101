"""Suggest with a model made for another codebook: its codes are said as those of the new one.

What the model promises, it promises for documents like those it was made from; of a new study with another
codebook nothing is known yet. So nothing is suggested outright: every code is asked about at most, and each
suggestion carries the model's own code and the study it comes from (`transfer`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from autocode.model.changes import asked_at_most
from autocode.study import Suggestion


def translated(
    suggestions: Iterable[Suggestion], pairs: Sequence[tuple[str, str]], study: str
) -> Iterator[Suggestion]:
    """Suggestions in the codes of another codebook; those without a counterpart are left out.

    Args:
        suggestions: Of a model, unit by unit.
        pairs: (code, other) paths: the new codebook's and the model's.
        study: Name of the study the model was made from.

    Returns:
        In the order of the units; within a unit, the likeliest first, each code once.
    """
    for _, unit in groupby(suggestions, key=lambda s: (s.segment.document, s.segment.id, s.segment.start)):
        best: dict[str, Suggestion] = {}
        for s in unit:
            for code in (c for c, other in pairs if other == s.code):
                if code not in best or s.probability > best[code].probability:
                    best[code] = _moved(s, code, study)
        yield from sorted(best.values(), key=lambda s: -s.probability)


def _moved(s: Suggestion, code: str, study: str) -> Suggestion:
    said = f"{study}: {s.code}" if study else s.code
    evidence = tuple(replace(e, document=f"{study}: {e.document}" if study else e.document) for e in s.evidence)
    return asked_at_most(replace(s, code=code, evidence=evidence, transfer=said))
