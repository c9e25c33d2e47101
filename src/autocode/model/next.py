"""What to code next: the open transcripts or segments from which the model would learn most.

Three things count alike: decisions in doubt, codes that have hardly been met, and distance from all
that is coded or already chosen. Sources: uncertainty, Lewis & Gale 1994 (SIGIR); distance chosen
greedily, Sener & Savarese 2018 (ICLR, k-center core set).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autocode.errors import counted
from autocode.model.precedents import nearest_distance
from autocode.model.prepared import Prepared, prepare
from autocode.study import Progress, Segment, Study
from autocode.study.matrix import coding_matrix

if TYPE_CHECKING:
    from autocode.model import CodingModel

Floats = NDArray[np.float64]

RARE = 5
"""A code with fewer coded segments is rare."""

_LOW, _HIGH = 0.1, 0.9
"""A decision is in doubt where its probability lies between them."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A transcript or segment worth coding next.

    Attributes:
        segment: None where the whole document is meant.
        doubt: Expected wrong decisions, were the likelier answer taken, per segment.
        rare: Expected codings of rare codes, per segment.
        distance: Mean cosine distance to what is coded or chosen before it.
        why: In plain words, what speaks most first.
    """

    document: str
    segment: Segment | None
    doubt: float
    rare: float
    distance: float
    why: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Open:
    """Units that no coder has seen, with what the model says of them.

    Attributes:
        prepared: The n units.
        P: (n, K) probabilities.
        place: (n,) which of the things offered (a document, a segment) each belongs to.
        distance: (n,) cosine distance to the nearest segment the model has met.
        counts: (K,) coded segments of each code so far.
    """

    prepared: Prepared
    P: Floats
    place: NDArray[np.int64]
    distance: Floats
    counts: NDArray[np.int64]


def next_to_code(
    model: CodingModel, study: Study, count: int = 10, whole: bool = True, progress: Progress | None = None
) -> list[Pick]:
    """Rank what no coder has seen, best first.

    Args:
        model: A fitted model of the study.
        study: Coded and open documents.
        count: How many at most.
        whole: Whole documents that nobody has begun; else single segments of any document.
        progress: Told of the units encoded.

    Returns:
        Picks in the order in which to code them; empty where everything has been seen.

    Raises:
        ModelError: The model is not fitted.
    """
    found = _open(model, study, whole, progress)
    if not len(found.prepared.segments):
        return []
    chosen = _greedy(found, count)
    return [_pick(model, found, g, whole, far) for g, far in chosen]


def _open(model: CodingModel, study: Study, whole: bool, progress: Progress | None) -> Open:
    """The units that none of the model's coders has seen."""
    coders = [c for c in model.coders if c in {k.id for k in study.coders}] or list(study.humans)
    matrix = coding_matrix(study, model.config, coders, model.codes)
    seen = np.asarray(matrix.seen.any(axis=0))
    begun = {matrix.documents[g] for g in set(matrix.groups[seen].tolist())}
    read = {(s.document, s.id) for s, is_seen in zip(matrix.segments, seen, strict=True) if is_seen}
    documents = [d for d in study.documents if not whole or d.id not in begun]
    prepared = prepare(documents, model.working, model.encoder, progress)
    rows = np.array([i for i, s in enumerate(prepared.segments) if (s.document, s.id) not in read], dtype=np.int64)
    prepared = _rows(prepared, rows)
    names = {name: i for i, name in enumerate(dict.fromkeys(s.document for s in prepared.segments))}
    place = np.array([names[s.document] for s in prepared.segments], dtype=np.int64) if whole else np.arange(len(rows))
    counts = matrix.Y.any(axis=0).sum(axis=0)
    return Open(prepared, model.probabilities(prepared), place, model.distances(prepared), counts)


def _rows(prepared: Prepared, rows: NDArray[np.int64]) -> Prepared:
    return Prepared(
        tuple(prepared.segments[i] for i in rows),
        tuple(prepared.texts[i] for i in rows),
        prepared.vectors[rows],
        prepared.features.take(rows),
    )


def _greedy(found: Open, count: int) -> list[tuple[int, float]]:
    """The things offered, the best first, each with its distance when it was chosen.

    Each of the three is scaled so that the best thing offered has 1; ties go to the first.
    """
    means = (_mean(found, value) for value in (_doubt(found.P), _rare(found)))
    doubt, rare = (mean / max(float(mean.max()), 1e-9) for mean in means)
    distance, chosen = found.distance.copy(), list[tuple[int, float]]()
    unit = max(float(_mean(found, distance).max()), 1e-9)
    free = np.ones(len(doubt), dtype=bool)
    for _ in range(min(count, len(doubt))):
        far = _mean(found, distance)
        best = int(np.argmax(np.where(free, np.round(doubt + rare + far / unit, 6), -np.inf)))
        chosen.append((best, float(far[best])))
        free[best] = False
        taken = found.prepared.vectors[found.place == best]
        distance = np.minimum(distance, nearest_distance(found.prepared.vectors, taken))
    return chosen


def _mean(found: Open, values: Floats) -> Floats:
    """Mean of a value of units over each thing offered."""
    return np.asarray(np.bincount(found.place, values) / np.bincount(found.place))


def _doubt(P: Floats) -> Floats:
    """Expected wrong decisions on each unit; those below a tenth are left out, for all rare codes have them."""
    return np.asarray((np.minimum(P, 1 - P) * (P >= _LOW)).sum(axis=1))


def _rare(found: Open) -> Floats:
    """Expected codings of rare codes on each unit."""
    return np.asarray(found.P[:, found.counts < RARE].sum(axis=1))


def _pick(model: CodingModel, found: Open, g: int, whole: bool, far: float) -> Pick:
    rows = np.flatnonzero(found.place == g)
    first = found.prepared.segments[rows[0]]
    doubt, rare = float(_doubt(found.P[rows]).mean()), float(_rare(found)[rows].mean())
    why = tuple(_whole_why(model, found, rows) if whole else _one_why(model, found, int(rows[0])))
    return Pick(first.document, None if whole else first, doubt, rare, far, why or ("far from what is chosen before it",))


def _whole_why(model: CodingModel, found: Open, rows: NDArray[np.int64]) -> Iterator[str]:
    P, n = found.P[rows], len(rows)
    doubtful = (P >= _LOW) & (P <= _HIGH)
    if doubtful.any():
        most = _first(model.codes, doubtful.sum(axis=0))
        yield f"{counted(int(doubtful.sum()), 'decision')} in doubt in {counted(n, 'segment')}, most on {most}"
    strange = int(model.strange(found.distance[rows]).sum())
    if strange:
        yield f"{strange} of {counted(n, 'segment')} unlike anything coded"
    rare = np.where(found.counts < RARE, P.sum(axis=0), 0)
    if rare.sum() >= 0.5:
        most = _first(model.codes, rare)
        yield f"about {rare.sum():.1f} codings to expect of codes with fewer than {RARE} so far, most of {most}"


def _one_why(model: CodingModel, found: Open, row: int) -> Iterator[str]:
    p = found.P[row]
    doubtful = [k for k in np.argsort(-p, kind="stable") if _LOW <= p[k] <= _HIGH]
    if doubtful:
        yield "in doubt: " + ", ".join(f"{model.codes[k]} ({100 * p[k]:.0f}%)" for k in doubtful[:3])
    if model.strange(found.distance[[row]])[0]:
        yield "unlike anything coded"
    for k in _best(np.where(found.counts < RARE, p, 0), 0.05, 1):
        yield f"perhaps {model.codes[k]} ({100 * p[k]:.0f}%; coded so far: {int(found.counts[k])})"


def _first(codes: tuple[str, ...], values: NDArray[Any]) -> str:
    return " and ".join(codes[k] for k in _best(values, 1e-9, 2))


def _best(values: NDArray[Any], least: float, count: int) -> Iterable[int]:
    order = np.argsort(-values, kind="stable")[:count]
    return [int(k) for k in order if values[k] >= least]
