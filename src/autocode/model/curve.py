"""The learning curve: how agreement grows with the documents coded, and what to expect of a few more.

Classifiers are trained on growing numbers of documents and judged on others; an inverse power law is
fitted to the agreement (Figueroa et al. 2012, BMC Medical Informatics 12:8; Viering & Loog 2023, IEEE
TPAMI 45(6)). Coverage of the interval is measured in `benchmarks/outlook.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement.coefficients import cells, mean_kappa
from autocode.agreement.intervals import t_quantile
from autocode.classify import fit
from autocode.classify.material import Features, Target
from autocode.config import ClassifyConfig
from autocode.model.prepared import learnable, prepare, rows_of, target
from autocode.study import Progress, Study
from autocode.study.matrix import CodingMatrix

if TYPE_CHECKING:
    from autocode.model import CodingModel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 10
"""Coded documents below which nothing is said."""

_TESTED = 0.3  # share of the documents that judge a draw
_SIZES, _DRAWS, _RESAMPLES = 4, 6, 500
_POWERS = (0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Point:
    """Mean agreement of the machine with the coders after learning from some documents."""

    documents: int
    agreement: float


@dataclass(frozen=True, slots=True)
class Curve:
    """How agreement grows with coded documents.

    Attributes:
        documents: Coded documents now.
        ahead: How many more are meant by `later`.
        points: Measured, from few to many documents; each on documents not learnt from.
        line: (documents, agreement) of the fitted curve, from the first point to now and later.
        now: Agreement the curve gives for all documents coded now.
        later: The same after `ahead` more.
        low: Lower end of the 95 % interval of `later`.
        high: Upper end.
        humans: Mean pooled kappa between the coders, None where no unit was seen by two.
        reason: Why nothing is said, "" where something is.
    """

    documents: int
    ahead: int
    points: tuple[Point, ...] = ()
    line: tuple[Point, ...] = ()
    now: float | None = None
    later: float | None = None
    low: float | None = None
    high: float | None = None
    humans: float | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a learning curve is drawn from: n units that at least one coder has seen."""

    features: Features
    target: Target
    matrix: CodingMatrix
    config: ClassifyConfig = field(default_factory=ClassifyConfig)


def learning_curve(judged: Judged, ahead: int = 5, progress: Progress | None = None) -> Curve:
    """Agreement (pooled kappa, mean over coders) by the number of documents learnt from.

    Args:
        judged: Features, target and codings of the same units.
        ahead: How many more documents to look forward.
        progress: Told (done, total) after every trained classifier.

    Returns:
        The curve; with a reason and no numbers below ten coded documents.
    """
    documents, place = np.unique(judged.matrix.groups, return_inverse=True)
    G = len(documents)
    if G < LEAST:
        return Curve(G, ahead, reason=f"{G} coded documents, at least {LEAST} are needed to say")
    sizes = _sizes(G)
    counts = np.array(list(_draws(judged, place, sizes, progress)))  # (D, S, G, R, 4)
    measured = mean_kappa(counts.sum(axis=2))
    at = np.array([G, G + ahead, *_steps(sizes[0], G + ahead)], dtype=np.float64)
    fitted = _power_law(sizes, np.nanmean(measured, axis=0)[None], at)[0]
    half = t_quantile(0.95, G) * _error(counts, sizes, G + ahead, judged.config.seed)
    low, high = max(-1.0, fitted[1] - half), min(1.0, fitted[1] + half)
    points = [Point(int(m), float(v)) for m, v in zip(sizes, np.nanmean(measured, axis=0), strict=True)]
    line = [Point(int(m), float(v)) for m, v in zip(at[2:], fitted[2:], strict=True)]
    return Curve(
        G,
        ahead,
        tuple(points),
        tuple(line),
        float(fitted[0]),
        float(fitted[1]),
        float(low),
        float(high),
        _humans(judged.matrix),
    )


def curve_of(model: CodingModel, study: Study, ahead: int = 5, progress: Progress | None = None) -> Curve:
    """The learning curve of a study, with a model's settings, encoder and coders.

    Args and result: as `learning_curve`.

    Raises:
        StudyError: There are no codings, or all of them are in one document.
    """
    known = {coder.id for coder in study.coders}
    matrix = learnable(study, model.config, study.choose([c for c in model.coders if c in known] or None))
    prepared = rows_of(prepare(study.documents, model.working, model.encoder), matrix)
    taught = target(matrix, study.codebook, model.encoder)
    return learning_curve(Judged(prepared.features, taught, matrix, model.working.classify), ahead, progress)


def _sizes(G: int) -> Ints:
    """Growing numbers of documents to learn from, evenly spaced by ratio."""
    most = G - max(2, round(_TESTED * G))
    return np.unique(np.round(np.geomspace(max(3, 0.25 * most), most, _SIZES)).astype(np.int64))


def _steps(first: int, last: int) -> Ints:
    return np.unique(np.round(np.linspace(first, last, min(25, last - first + 1))).astype(np.int64))


def _draws(judged: Judged, place: Ints, sizes: Ints, progress: Progress | None) -> Iterator[Floats]:
    """For each draw (S, G, R, 4): the tables of machine and coder, by document held out.

    Within a draw the same documents judge every size, and a larger training set holds the smaller.
    """
    rng, G = np.random.default_rng(judged.config.seed), int(place.max()) + 1
    for d in range(_DRAWS):
        order = rng.permutation(G)
        tables = []
        for i, size in enumerate(sizes):
            rows = np.flatnonzero(np.isin(place, order[:size]))
            tested = np.flatnonzero(np.isin(place, order[sizes[-1] :]))
            tables.append(_tested(judged, place, rows, tested))
            if progress:
                progress(d * len(sizes) + i + 1, _DRAWS * len(sizes))
        yield np.array(tables)


def _tested(judged: Judged, place: Ints, rows: Ints, tested: Ints) -> Floats:
    """Learn from some rows, judge others: tables (G, R, 4) of machine and coder, by document."""
    learnt = fit(judged.features.take(rows), judged.target.take(rows), judged.config)
    said = learnt.coded(learnt.predict_proba(judged.features.take(tested)))
    m, G = judged.matrix, int(place.max()) + 1
    tables = np.zeros((G, len(m.coders), 4))
    for r in range(len(m.coders)):
        by_unit = cells(said, m.Y[r, tested]).sum(1) * m.seen[r, tested, None]
        np.add.at(tables[:, r], place[tested], by_unit)
    return tables


def _humans(matrix: CodingMatrix) -> float | None:
    """Mean pooled kappa of the pairs of coders."""
    seen = {(a, b): matrix.seen[a] & matrix.seen[b] for a, b in combinations(range(len(matrix.coders)), 2)}
    tables = [cells(matrix.Y[a, both], matrix.Y[b, both]).sum(axis=(0, 1)) for (a, b), both in seen.items()]
    found = float(mean_kappa(np.array(tables).reshape(-1, 4)))
    return found if np.isfinite(found) else None


def _power_law(sizes: Ints, values: Floats, at: Floats) -> Floats:
    """a - b / m^c fitted to rows of values (B, S) by least squares, never falling, read at `at`: (B, A)."""
    best, found = np.full(len(values), np.inf), np.zeros((len(values), len(at)))
    for power in _POWERS:
        x = sizes.astype(np.float64) ** -power
        middle, centred = values.mean(axis=1), x - x.mean()
        slope = np.minimum((values * centred).sum(axis=1) / (centred**2).sum(), 0)
        missed = ((values - middle[:, None] - slope[:, None] * centred) ** 2).sum(axis=1)
        read = middle[:, None] + slope[:, None] * (at**-power - x.mean())
        better = missed < best
        best, found = np.where(better, missed, best), np.where(better[:, None], read, found)
    return np.minimum(found, 1.0)


def _error(counts: Floats, sizes: Ints, at: int, seed: int) -> float:
    """Standard error of the prediction at `at` documents: documents and draws drawn again."""
    rng, (D, _, G) = np.random.default_rng(seed), counts.shape[:3]
    documents = rng.multinomial(G, np.full(G, 1 / G), size=_RESAMPLES).astype(np.float64)
    draws = rng.multinomial(D, np.full(D, 1 / D), size=_RESAMPLES).astype(np.float64)
    kappa = mean_kappa(np.einsum("bg,dsgrc->bdsrc", documents, counts))
    weight = draws[:, :, None] * np.isfinite(kappa)
    with np.errstate(invalid="ignore"):
        values = (np.where(np.isfinite(kappa), kappa, 0) * weight).sum(axis=1) / weight.sum(axis=1)
    values = values[np.isfinite(values).all(axis=1)]
    predicted = _power_law(sizes, values, np.array([float(at)]))[:, 0]
    return float(predicted.std(ddof=1)) if len(predicted) > 1 else float("inf")
