"""Where in a unit a code is carried: spans of the machine beside those of the coders, on documents not learnt from.

    python benchmarks/spans.py [STUDY]

In five parts of whole documents each part is judged by a model of the others, rule of spans and all. Of every unit and
code that a human gave there, the human's characters are set beside those of the machine, of the whole unit and of its
single best sentence. Overlap is the shared characters over those of either; kappa is of characters within coded units;
alpha is Krippendorff's u-alpha over all of a document, of the codings of these units, mean over codes used by both.
The default is the bundled study, on which the clues were chosen; a study of your own says more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocode.agreement.coefficients import kappa_of_counts
from autocode.agreement.spans import Span
from autocode.agreement.spans.unitizing import continuum, u_alpha
from autocode.classify import folds_of
from autocode.classify.material import word_weights
from autocode.formats import read
from autocode.model import CodingModel
from autocode.model.grounds import Sentences
from autocode.model.prepared import learnable, prepare, rows_of, target
from autocode.study import Segment, Study

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Place:
    """One unit and code that humans gave: who marked which characters of it."""

    segment: Segment
    code: str
    humans: dict[str, Mask]
    machine: Mask
    best: Mask

    @property
    def whole(self) -> Mask:
        """The unit from its first word to its last."""
        return np.ones_like(self.machine)


def marked(study: Study, segment: Segment, code: str, coders: tuple[str, ...]) -> dict[str, Mask]:
    """The characters of a unit to which each coder gave a code."""
    found: dict[str, Mask] = {}
    for c in study.codings:
        inside = c.document == segment.document and c.start < segment.end and segment.start < c.end
        if inside and c.code == code and c.coder in coders:
            own = found.setdefault(c.coder, np.zeros(segment.end - segment.start, dtype=bool))
            own[max(0, c.start - segment.start) : c.end - segment.start] = True
    return found


def places(study: Study, model: CodingModel) -> Iterator[Place]:
    """All units and codes that humans gave, each with a span from models that have not seen its document."""
    matrix = learnable(study, model.config, study.humans)
    rows = rows_of(prepare(study.documents, model.config, model.encoder), matrix)
    fold = folds_of(rows.features, target(matrix, study.codebook, model.encoder), model.config.classify)
    of_document = {s.document: int(f) for s, f in zip(matrix.segments, fold, strict=True)}
    for f in sorted(set(of_document.values())):
        kept = tuple(c for c in study.codings if of_document.get(c.document) != f)
        seen = tuple(r for r in study.readings if of_document.get(r.document) != f)
        others = tuple(d for d in study.documents if of_document.get(d.id) != f)
        fitted = model.fit(replace(study, documents=others, codings=kept, readings=seen), study.humans)
        yield from _of_fold(study, fitted, [d for d, g in of_document.items() if g == f])


def _of_fold(study: Study, fitted: CodingModel, documents: list[str]) -> Iterator[Place]:
    prepared = prepare([study.by_id[d] for d in documents], fitted.working, fitted.encoder)
    classifier, chunks = fitted.classifier, prepared.features.pieces
    assert classifier is not None
    assert chunks is not None
    each = zip(prepared.segments, prepared.texts, chunks.each(), strict=True)
    for segment, text, pieces in each:
        for k, code in enumerate(fitted.codes):
            humans = marked(study, segment, code, study.humans)
            sentences = Sentences.of(text)
            if humans and len(sentences.spans) > 1:
                meaning = classifier.meaning(pieces, [k])[:, 0]
                words, added = word_weights(text, classifier.wording([k]))
                clues = sentences.clues(meaning, (words, added[:, 0]))
                first = sentences.spans[int(meaning[sentences.piece].argmax())]
                size = segment.end - segment.start
                yield Place(segment, code, humans, _mask(size, fitted.spans.chosen(sentences.spans, clues)), _mask(size, first))


def _mask(size: int, span: tuple[int, int]) -> Mask:
    found = np.zeros(size, dtype=bool)
    found[slice(*span)] = True
    return found


def overlap(pairs: list[tuple[Mask, Mask]]) -> float:
    """Mean shared characters over those of either."""
    return float(np.mean([(a & b).sum() / (a | b).sum() for a, b in pairs]))


def kappa(pairs: list[tuple[Mask, Mask]]) -> float:
    """Cohen's kappa of all characters together."""
    a, b = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return float(kappa_of_counts((a & b).sum(), a.sum(), b.sum(), len(a)))


def alpha(
    study: Study, found: list[Place], one: Callable[[Place], Mask | None], other: Callable[[Place], Mask | None]
) -> float:
    """Krippendorff's u-alpha of two sets of spans, mean over codes that both used; documents side by side."""
    values = []
    for code in dict.fromkeys(p.code for p in found):
        own = [p for p in found if p.code == code]
        total = None
        for document in dict.fromkeys(p.segment.document for p in own):
            here = [p for p in own if p.segment.document == document]
            coders = [[s for p in here for s in _runs(p, side(p))] for side in (one, other)]
            sums = continuum(len(study.by_id[document].text), coders, (code,))
            total = sums if total is None else total + sums
        value = u_alpha(total).value if total is not None else None
        if value is not None and any(one(p) is not None for p in own) and any(other(p) is not None for p in own):
            values.append(value)
    return float(np.mean(values)) if values else float("nan")


def _runs(place: Place, mask: Mask | None) -> Iterator[Span]:
    if mask is not None and mask.any():
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
        for start, end in edges.reshape(-1, 2).tolist():
            yield Span(place.segment.start + start, place.segment.start + end, place.code)


def main() -> None:
    """Print the table."""
    study = read(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("corpora/microcredentials"))
    found = list(places(study, CodingModel.from_config()))
    both = [p for p in found if len(p.humans) > 1]
    first, second = study.humans[:2]
    print(f"{study.name}: {len(found)} coded units and codes of several sentences, {len(both)} by two coders\n")
    print("| spans of | overlap | kappa of characters | u-alpha |\n|---|---:|---:|---:|")
    pairs = [(p.humans[first], p.humans[second]) for p in both if {first, second} <= p.humans.keys()]
    between = alpha(study, both, lambda p: p.humans.get(first), lambda p: p.humans.get(second))
    print(f"| {first} and {second} | {overlap(pairs):.3f} | {kappa(pairs):.3f} | {between:.3f} |")
    kinds: dict[str, Callable[[Place], Mask]] = {
        "the machine": lambda p: p.machine,
        "whole units": lambda p: p.whole,
        "the best sentence": lambda p: p.best,
    }
    for name, side in kinds.items():
        pairs = [(side(p), human) for p in found for human in p.humans.values()]
        beside = [alpha(study, found, side, lambda p, c=c: p.humans.get(c)) for c in (first, second)]  # type: ignore[misc]
        print(f"| {name} and a coder | {overlap(pairs):.3f} | {kappa(pairs):.3f} | {np.mean(beside):.3f} |")


if __name__ == "__main__":
    main()
