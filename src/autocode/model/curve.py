"""The learning curve: how agreement grows with the documents coded, and what to expect of a few more.

Classifiers are trained on growing numbers of documents and judged on others; an inverse power law is
fitted to the agreement (Figueroa et al. 2012, BMC Medical Informatics 12:8; Viering & Loog 2023, IEEE
TPAMI 45(6)). Coverage of the interval is measured in `benchmarks/outlook.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement.coefficients import cells, mean_kappa
from autocode.agreement.intervals import t_quantile
from autocode.classify import fit, folds_of, held_out_scores, others
from autocode.classify.heads import trained
from autocode.classify.material import Features, Target
from autocode.classify.transfer import Gain, gain
from autocode.config import ClassifyConfig
from autocode.encode.weights import Encoder
from autocode.errors import counted
from autocode.model.prepared import Prepared, learnable, prepare, rows_of, target
from autocode.study import Progress, Study
from autocode.study.matrix import CodingMatrix, coding_matrix

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
        low: Lower end of the 95% interval of `later`.
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
    steps = np.round(np.linspace(sizes[0], G + ahead, min(25, G + ahead - sizes[0] + 1)))
    at = np.array([G, G + ahead, *np.unique(steps.astype(np.int64))], dtype=np.float64)
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


@dataclass(frozen=True, slots=True)
class Retrained:
    """Whether a model that learns what was decided since is better than the one there is; printed, a sentence.

    Attributes:
        adopted: The new one is better on the documents held out.
        learnt: Documents that it learns from and the old one did not.
        held_out: Documents, coded without a suggestion on the screen, on which both were judged without having seen them.
        before: Mean log loss of a decision of the old one there, in nats; `after` that of the new one.
        beside: The new one learns also from what was decided beside a suggestion on the screen.
        reason: Why nothing was compared, "" where something was.
    """

    adopted: bool = False
    learnt: int = 0
    held_out: int = 0
    before: float = 0.0
    after: float = 0.0
    beside: bool = False
    reason: str = ""

    def __str__(self) -> str:
        if self.reason:
            return f"The model stays as it is: {self.reason}."
        which = "with" if self.beside else "without"
        judged = f"on {counted(self.held_out, 'document')} held out (mean error {self.after:.4f}, before {self.before:.4f})"
        more = f"{counted(self.learnt, 'more document')} and the decisions made {which} suggestions on the screen"
        if self.adopted:
            return f"The model was trained again and is better {judged}; it learnt from {more}."
        return f"The model stays as it is: training again, from {more}, is no better {judged}."

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        return asdict(self) | {"sentence": str(self)}


def retrained(
    model: CodingModel, without: Study, within: Study, progress: Progress | None = None
) -> tuple[CodingModel | None, Retrained]:
    """Learn what was decided since a model was made, and say whether that makes it better.

    Two ways are tried: from what people coded without a suggestion on the screen, and from all they decided. Both are
    judged where the old one is: on the documents that it learnt from, as far as these were coded without a suggestion,
    each by a model that has not seen it. What was coded in view of a suggestion never judges.

    Args:
        model: The one there is.
        without: The study without what was decided beside suggestions.
        within: The study with it.
        progress: Told of the classifiers trained.

    Returns:
        The better model, learnt from all documents, None where neither way is better; and the evidence.
    """
    humans = {*within.humans, within.agreed} - {""}
    since = [c.coder for c in within.codings if c.coder in humans and c.document not in model.met]
    coders = list(dict.fromkeys([*(c for c in model.coders if c in humans), *since]))
    config, encoder = model.working, model.encoder
    wide = coding_matrix(within, config, coders)
    narrow = coding_matrix(without, config, coders, wide.codes)
    known = np.isin(np.array(wide.documents)[wide.groups], list(model.met))
    seen = [np.asarray(m.seen.any(axis=0)) for m in (narrow, wide)]
    own = narrow if not (model.provenance or {}).get("reviewed", {}).get("learnt") else wide
    tested = np.flatnonzero(seen[0] & known)
    if len(set(wide.groups[tested].tolist())) < 2 or not narrow.Y[:, tested].any():
        return None, Retrained(reason="fewer than two of the documents that it learnt from are in the study as it was")
    if not (seen[1] & ~known).any():
        return None, Retrained(reason="nothing was decided since in a document that it has not learnt from")
    judged = _Unseen.of(prepare(within.documents, config, encoder), (narrow, tested), (within, encoder), config.classify)
    before = judged.scores(own, np.flatnonzero(np.asarray(own.seen.any(axis=0)) & known))
    found: list[tuple[Gain, bool]] = []
    for n, (matrix, rows) in enumerate(zip((narrow, wide), map(np.flatnonzero, seen), strict=True)):
        if (~known[rows]).any() and (n == 0 or not _alike(narrow, wide)):
            found.append((gain(before, judged.scores(matrix, rows), judged.target, config.classify), bool(n)))
        if progress:
            progress(n + 1, 3)
    best, beside = max(found, key=lambda f: f[0].mean)
    learnt = len(set(wide.groups[seen[int(beside)] & ~known].tolist()))
    held_out = len(set(wide.groups[tested].tolist()))
    told = Retrained(best.mean > 0, learnt, held_out, best.plain, best.plain - best.mean, beside)
    if not told.adopted:
        return None, told
    quick = replace(model.working, classify=replace(config.classify, effort="quick"))
    made = replace(model, config=quick, classifier=None, precedents=None, provenance=None).fit(
        within if beside else without, coders, progress
    )
    kept = {**(made.provenance or {}), "reviewed": {"learnt": beside}, "retrained": told.to_json()}
    return replace(made, provenance=kept), told


def _alike(one: CodingMatrix, other: CodingMatrix) -> bool:
    return np.array_equal(one.Y, other.Y) and np.array_equal(one.seen, other.seen)


@dataclass(frozen=True, slots=True)
class _Unseen:
    """Units that are judged by classifiers that have not seen their document.

    Attributes:
        prepared: All units of the study.
        rows: Which of them are judged; `target` is what the coders said of them.
        folds: By document, the fold in which it is held out; documents of none are always learnt from.
    """

    prepared: Prepared
    rows: Ints
    target: Target
    folds: dict[int, int]
    seen: tuple[Study, Encoder]
    config: ClassifyConfig

    @classmethod
    def of(
        cls, prepared: Prepared, tested: tuple[CodingMatrix, Ints], seen: tuple[Study, Encoder], config: ClassifyConfig
    ) -> _Unseen:
        """The units held out, with all that is needed to learn without the document of each."""
        matrix, rows = tested
        units = rows_of(prepared, matrix)
        taught = target(matrix, seen[0].codebook, seen[1]).take(rows)
        folds = folds_of(units.features.take(rows), taught, config)
        return cls(units, rows, taught, dict(zip(matrix.groups[rows].tolist(), folds.tolist(), strict=True)), seen, config)

    def scores(self, matrix: CodingMatrix, rows: Ints) -> NDArray[np.floating[Any]]:
        """Raw scores (H, n, K) of the judged units, learnt from some rows of a matrix; a document never from itself."""
        features, taught = self.prepared.features.take(rows), target(matrix, self.seen[0].codebook, self.seen[1]).take(rows)
        fold = np.array([self.folds.get(g, -1) for g in matrix.groups[rows].tolist()])
        S = held_out_scores(features, taught, fold, trained(features, taught, others(fold), self.config))
        return S[:, np.searchsorted(rows, self.rows)]
