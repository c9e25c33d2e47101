"""From raw scores to probabilities, and how far the probabilities can be believed.

Sources: calibration, Platt 1999; share as offset, King and Zeng 2001 (prior correction); expected calibration error, Guo et
al. 2017 (arXiv 1706.04599); reliability diagram, DeGroot and Fienberg 1983; what a person has to read: work saved over
sampling, Cohen et al. 2006 (JAMIA 13(2), 206-219), by the bootstrap of documents (Field and Welsh 2007, JRSS B 69(3)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple, dataclass, replace
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autocode.agreement.coefficients import kappa_of_counts
from autocode.classify.bands import (
    LEAST_DOCUMENTS,
    BandThresholds,
    Known,
    aims,
    beating,
    draw,
    enough,
    factor_for_precision,
    interval,
    known,
    share_of,
)
from autocode.classify.lbfgs import ONE_THREAD, Blocks, newton
from autocode.classify.material import BoolArray, FloatArray, IntArray, Target
from autocode.config import ClassifyConfig
from autocode.errors import counted

FOUND = 0.9
"""The share of the coders' codings that is to be found by who reads what the machine expects most."""
LEAST_CODINGS, LEAST_CODED_DOCUMENTS = 20, 5  # below these nothing is said of it
BINS = 10
_DRAWS, _RESAMPLES, _SELDOM = 30, 400, 10  # draws of documents for a cut, for an interval; coded segments of what is rare
_ROWS, _KEPT = 512, 8192  # segments that fit into a processor's own memory; that are kept from round to round
_COMMON = 20_000  # segments that the common calibration is learnt from, evenly drawn; fewer than twice as many all count
_CELLS = 2_000_000  # of a matrix sorted at once
_SHARP = 4.0  # how much more the higher of two rivals counts: one of .5 to 8, told in docs/decisions.md
_BINNED = 4_000_000  # decisions that are put into bins, evenly drawn by segments where there are more


@dataclass(frozen=True, slots=True)
class Workload:
    """What it takes to find `FOUND` of the coders' codings in new documents; nan where there is not enough to say."""

    share: float = float("nan")  # of the segments to be read, those first of which the machine expects most
    low: float = float("nan")  # lower limit of its 95% interval
    high: float = float("nan")  # upper limit
    questions: float = float("nan")  # codes shown beside a segment (suggested or asked) for each one that a coder gave
    answered: float = float("nan")  # share of the coders' codings among the codes shown

    def to_json(self) -> dict[str, float | None]:
        """JSON-ready mapping; None where there is not enough to say."""
        return {name: None if v != v else round(v, 4) for name, v in asdict(self).items()}

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell a reader, a sentence each; none where there is not enough to say."""
        if self.share != self.share:
            return ()
        read = f"{self.share:.0%} of the segments (95% CI {100 * self.low:.0f} to {100 * self.high:.0f}%)"
        told = [f"To find {FOUND:.0%} of what you would code, read {read}, where the model expects most."]
        if self.questions == self.questions:
            many, right = max(10, round(self.questions)), max(1, round(10 / self.questions))
            told.append(
                f"Of {many} codes that it shows, about {right} {'is one' if right == 1 else 'are ones'} that you would give; "
                f"so it finds {self.answered:.0%} of what you would code."
            )
        return tuple(told)


def workload(P: FloatArray, Y: FloatArray, shown: NDArray[np.bool_], groups: NDArray[np.integer], seed: int = 0) -> Workload:
    """Measure what a person has to read.

    Args:
        P: (n, K) probabilities, out of document.
        Y: (n, K) shares of the coders who gave the code.
        shown: (n, K) whether the code is suggested or asked about.
        groups: (n,) document of each segment.
        seed: Of the bootstrap.
    """
    total, documents = float(Y.sum()), np.unique(groups, return_inverse=True)[1]
    if total < LEAST_CODINGS or documents.max(initial=-1) + 1 < LEAST_CODED_DOCUMENTS:
        return Workload()
    order = np.argsort(-np.round(P.sum(axis=1), 9), kind="stable")
    codings, owner = Y.sum(axis=1)[order], documents[order]
    draws = np.random.default_rng(seed).multinomial(n := owner.max() + 1, np.full(n, 1 / n), _RESAMPLES)
    low, high = np.nanquantile([_share(codings, weights[owner]) for weights in draws], (0.025, 0.975))
    questions = float(shown.sum()) / hits if (hits := float((Y * shown).sum())) else float("nan")
    return Workload(_share(codings, np.ones(len(owner))), float(low), float(high), questions, hits / total)


def _share(codings: FloatArray, weights: FloatArray) -> float:
    """Share of the segments, in their order, that holds `FOUND` of the codings; nan without codings."""
    gained = np.cumsum(codings * weights)
    if not gained[-1]:
        return float("nan")
    return float(np.cumsum(weights)[np.searchsorted(gained, FOUND * gained[-1] - 1e-9)] / weights.sum())


def rivals(S: FloatArray) -> Iterator[FloatArray]:
    """How far each code stands above the likeliest others, by the first two heads and by the rest: (n, K) of S (H, n, K).

    A coder who may give any of 34 codes chooses among them: a score says less of each where several are high. The others count
    by the logarithm of their summed exponentials, mostly the highest. One code, or one head alone, has no rivals.
    """
    for part in [S[:2], S[2:]][: len(S) - 1] if S.shape[2] > 1 else []:
        M = part.mean(axis=0, dtype=np.float32)
        top = M.argmax(axis=1)[:, None]
        M -= np.take_along_axis(M, top, axis=1)
        E = np.exp(_SHARP * M)
        np.put_along_axis(E, top, 0, axis=1)
        rest = E.sum(axis=1, keepdims=True)
        above = np.log(1 + rest - E)
        np.put_along_axis(above, top, np.log(rest + 1e-9), axis=1)
        yield M - above / _SHARP


def logits(S: FloatArray, theta: FloatArray) -> FloatArray:
    """Log odds (n, K) of scores S (H, n, K) by a calibration (K, 1 + J); models from before there were rivals have J = H."""
    weighed = zip(theta.T[1:], chain(S, rivals(S)), strict=False)  # rivals only where a weight asks for them
    return np.asarray(theta[:, 0] + sum(w * s for w, s in weighed), dtype=np.float64)


def calibrate(S: FloatArray, Y: FloatArray, config: ClassifyConfig, rivalled: bool = True) -> FloatArray:
    """Intercept and one weight per score for each code (K, 1 + J), J heads and rivals, drawn to those of all codes together.

    The log odds of a code's share enter as a fixed offset: one intercept then serves rare and frequent
    codes alike. With evidence a code's own intercept and weights take over.

    Args:
        S: (H, n, K) scores from heads that had not seen the document of the segment.
        Y: (n, K) shares of the coders.
        config, rivalled: Strength of the common calibration; whether codes are weighed against their rivals.
    """
    S = S.astype(np.float32) if S.dtype == np.float16 else S
    (H, n, K), counts = S.shape, Y.sum(axis=0)
    spread = S.std(axis=(1, 2)) + 1e-9
    # Rivals are as wide spread as the heads they are made of.
    spread = np.append(spread, [part.mean() for part in (spread[:2], spread[2:])[: H - 1]] if rivalled and K > 1 else [])
    # Shares are smoothed: a rare code must not look rarer just where its few segments are held out.
    offset, J = np.log((counts + config.free_intercept) / (n - counts + config.free_intercept)), len(spread)

    def blocks(step: int = 1) -> Blocks:
        """Some rows at a time: (K, 1 + J, m) a row of ones and scores by their spread, (K, m) codings, (K, 1) offsets."""
        drawn, given = S[:, ::step], Y[::step]
        for start in range(0, len(given), _ROWS):
            part, A = drawn[:, start : start + _ROWS], np.ones((K, 1 + J, len(given[start : start + _ROWS])))
            for j, score in enumerate(islice(chain(part, rivals(part)), J)):
                np.divide(score.T, spread[j], out=A[:, 1 + j])
            yield A, given[start : start + _ROWS].T, offset[:, None]

    def together() -> Blocks:
        """The same rows with all decisions as those of one code; some thousand segments are enough."""
        for A, y, shares in blocks(max(1, n // _COMMON)):
            yield A.swapaxes(0, 1).reshape(1, 1 + J, -1), y.reshape(1, -1), np.repeat(shares, y.shape[1]).reshape(1, -1)

    def kept(made: Callable[[], Blocks]) -> Callable[[], Blocks]:
        """The same blocks, made once where they are few."""
        once = list(made()) if n <= _KEPT else []
        return (lambda: iter(once)) if once else made

    start, free = np.array([[0.0, *[1 / J] * J]]), np.array([config.free_intercept, *[config.free_slope] * J])
    with ONE_THREAD:
        mean, step = np.repeat(newton(kept(together), start, np.ones(1 + J), start), K, axis=0), max(1, n // _COMMON)
        # Of very many segments a part leads nearly there, and all of them need fewer rounds.
        theta = newton(kept(blocks), mean, free, mean if step == 1 else newton(lambda: blocks(step), mean, free, mean))
    return np.column_stack([theta[:, 0] + offset, theta[:, 1:] / spread])


def reliability_bins(P: FloatArray, Y: FloatArray, groups: IntArray, confidence: float = 0.95) -> FloatArray:
    """What was said beside what came true, in bins of equal width: (B, 5), B = 10.

    Of more than four million decisions one in so many segments counts. Columns: number of decisions, mean
    probability, share coded, and its exact limits on counts that allow for decisions of one document being alike;
    nan in an empty bin.

    Args:
        P: (n, K) probabilities, out of document.
        Y: (n, K) shares of the coders.
        groups: (n,) document index.
        confidence: Of the limits.
    """
    step = max(1, -(-P.size // _BINNED))
    p, y, group = P[::step].ravel(), Y[::step].ravel(), np.repeat(groups[::step], P.shape[1])
    place = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    rows = np.full((BINS, 5), np.nan)
    for b in range(BINS):
        inside = place == b
        rows[b, 0] = inside.sum()
        if inside.any():
            found = share_of(y[inside], np.ones(int(inside.sum())), group[inside], 0.0)
            rows[b, 1:] = p[inside].mean(), found.value, *interval(found, confidence)
    return rows


def calibration_error(bins: FloatArray) -> float:
    """Expected calibration error: mean distance of said and true over the bins, weighted by decisions."""
    filled = bins[bins[:, 0] > 0]
    return float((filled[:, 0] * np.abs(filled[:, 1] - filled[:, 2])).sum() / max(filled[:, 0].sum(), 1))


@dataclass(frozen=True, slots=True)
class Reliability:
    """What is known of K codes, one entry per code, and of all probabilities together."""

    segments: IntArray  # (K,) segments to which any coder gave the code
    documents: IntArray  # (K,) documents among them
    average_precision: FloatArray  # (K,) nan without coded segments
    precision: FloatArray  # (K,) of the machine's coding; nan where it codes nothing
    recall: FloatArray  # (K,) of the machine's coding; nan without coded segments
    suggested: FloatArray  # (K, 3) share of `suggest` that is right, and its limits; nan where empty
    coverage: FloatArray  # (K,) share of the coders' codings in `suggest`
    found: FloatArray  # (K, 3) share of the coders' codings in `suggest` or `ask`, and its limits
    asked: FloatArray  # (K,) share of all segments in `ask`
    suggest_basis: IntArray  # (K,) on whose evidence `suggest` rests: index into BASES
    ask_basis: IntArray  # (K,) the same of `ask`
    needed: FloatArray  # (K, 2) further coded segments, roughly, for a promise of `suggest` and of `ask`; nan: unknown
    workload: FloatArray  # (5,) what a person has to read, see `Workload`
    bins: FloatArray  # (B, 5) said and true probabilities, see `reliability_bins`
    reasons: tuple[str, ...]  # (K,) why a code is silent, "" where it is not


class Predicted(NamedTuple):
    """What was said of n segments and K codes: all arrays (n, K)."""

    P: FloatArray  # probabilities
    coded: BoolArray  # what the machine codes
    bands: IntArray  # 2 suggest, 1 ask, 0 silent


def measured(
    k: Known, cuts: BandThresholds, reasons: tuple[str, ...], config: ClassifyConfig, seen: Predicted | None = None
) -> Reliability:
    """Measure what is said of segments, beside what the coders said of them.

    Args:
        k: Out-of-document evidence of n segments and K codes.
        cuts: The bands drawn from it.
        reasons: Why a code is silent, "" where it is not.
        config: Targets and confidence.
        seen: What was said of the same segments by calibration and thresholds from other documents; None measures
            the thresholds on the evidence they were drawn from, which flatters them.
    """
    given = k.Y > 0
    P, coded, bands = seen or (k.P, k.coding <= k.P, (cuts.suggest <= k.P).astype(np.int8) + (cuts.ask <= k.P))
    suggested, asked, total = bands > 1, bands > 0, k.Y.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = (k.Y * coded).sum(axis=0) / coded.sum(axis=0), (k.Y * coded).sum(axis=0) / total
        coverage = (k.Y * suggested).sum(axis=0) / total
    return Reliability(
        segments=given.sum(axis=0),
        documents=np.array([len(np.unique(k.groups[column])) for column in given.T], dtype=np.int64),
        average_precision=average_precisions(P, k.Y),
        precision=precision,
        recall=recall,
        suggested=_with_limits(k.Y, suggested * 1.0, k.groups, k.right, config),
        coverage=coverage,
        found=_with_limits(asked * 1.0, k.Y, k.groups, k.found, config),
        asked=(asked & ~suggested).mean(axis=0),
        suggest_basis=cuts.suggest_basis,
        ask_basis=cuts.ask_basis,
        needed=_needed(k, cuts, config),
        workload=np.array(astuple(workload(P, k.Y, asked, k.groups, config.seed))),
        bins=reliability_bins(P, k.Y, k.groups, config.confidence),
        reasons=reasons,
    )


def _with_limits(hits: FloatArray, weights: FloatArray, groups: IntArray, alike: float, config: ClassifyConfig) -> FloatArray:
    """Shares of K columns with their limits (K, 3); no limits where fewer than five documents speak."""
    rows = []
    for column in range(hits.shape[1]):
        own = share_of(hits[:, column], weights[:, column], groups, alike)
        rows.append((own.value, *((np.nan, np.nan) if own.documents < LEAST_DOCUMENTS else interval(own, config.confidence))))
    return np.array(rows).reshape(-1, 3)


def _needed(k: Known, cuts: BandThresholds, config: ClassifyConfig) -> FloatArray:
    """Further coded segments of each code (K, 2) that would let it promise by itself, if coding goes on alike.

    nan where more of it will not do: it is not precise enough, or enough is coded and it would ask too much.
    """
    right, found = aims(config)
    rows, least = np.full((len(k.coding), 2), np.nan), enough(1.0, found)
    for code in np.flatnonzero(np.isfinite(k.coding)):
        d = k.of(np.array([code]))
        segments, effective = float((d.y > 0).sum()), share_of(np.ones(len(d.y)), d.y, d.group, k.found).effective
        factors = factor_for_precision(d, beating(right, d), k.right, config.least_probability), least / effective
        done = cuts.suggest_basis[code] == 1, cuts.ask_basis[code] == 1
        more = [float(np.ceil((f - 1) * segments)) if f > 1 else np.nan for f in factors]
        rows[code] = [0.0 if own else m for m, own in zip(more, done, strict=True)]
    return rows


def average_precisions(P: FloatArray, Y: FloatArray) -> FloatArray:
    """Average precision per code (K,) of shares Y (n, K) ranked by P; nan where nothing is coded.

    A segment coded by half of its coders counts as half a hit. Ties in P keep the order of the rows.
    """
    found = [np.zeros(0)]
    width = max(1, _CELLS // max(1, len(P)))  # a few columns at a time, so that sorting them takes bounded memory
    for columns in (slice(k, k + width) for k in range(0, P.shape[1], width)):
        order = np.argsort(-P[:, columns], axis=0, kind="stable")
        hits = np.take_along_axis(np.asarray(Y[:, columns], dtype=np.float64), order, axis=0)
        precision = np.cumsum(hits, axis=0) / np.arange(1, len(Y) + 1)[:, None]
        with np.errstate(invalid="ignore"):
            found.append(np.asarray((precision * hits).sum(axis=0) / hits.sum(axis=0)))
    return np.concatenate(found)


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Calibration, threshold of coding and bands of K codes."""

    theta: FloatArray  # (K, 1 + J) intercept, weight of each head's score and of each rival's
    thresholds: FloatArray  # (K,) the machine codes from this probability on; inf: never
    cuts: BandThresholds

    def probabilities(self, S: FloatArray) -> FloatArray:
        """Probabilities (n, K) float64 inside (0, 1) of scores S (H, n, K)."""
        from scipy.special import expit

        return np.asarray(np.clip(expit(logits(S, self.theta)), 1e-6, 1 - 1e-6))

    def coded(self, P: FloatArray) -> BoolArray:
        """Whether the machine, as one more coder, gives the codes: (n, K) bool."""
        return np.asarray(self.thresholds <= P)

    def bands(self, P: FloatArray) -> IntArray:
        """Bands (n, K) int8 of probabilities: 2 suggest, 1 ask, 0 silent."""
        return (self.cuts.suggest <= P).astype(np.int8) + (self.cuts.ask <= P).astype(np.int8)


def judge(
    S: FloatArray, target: Target, config: ClassifyConfig, seen: Predicted | None = None
) -> tuple[Calibrator, Reliability]:
    """Calibrate, and set the thresholds of coding and of the bands.

    Args:
        S: (H, n, K) scores from heads that had not seen the document of the segment.
        target: Of the same n segments.
        config: Smoothing, least evidence and promises.
        seen: What reliability is measured on, see `measured`.
    """
    made, evidence, reasons = calibrated(S, target, config)
    return made, measured(evidence, made.cuts, reasons, config, seen)


def calibrated(
    S: FloatArray, target: Target, config: ClassifyConfig, rivalled: bool = True
) -> tuple[Calibrator, Known, tuple[str, ...]]:
    """Calibration, the evidence its thresholds were drawn from, why a code is silent; args as for `judge` and `calibrate`."""
    Y = np.asarray(target.Y, dtype=np.float64)
    never = np.full(Y.shape[1], np.inf)
    nothing = BandThresholds(never, never, np.zeros(len(never), dtype=np.int8), np.zeros(len(never), dtype=np.int8))
    plain = Calibrator(calibrate(S, Y, config, rivalled), never, nothing)
    best = best_cuts(P := plain.probabilities(S), target, config)
    given, taken = Y > 0, best <= P
    better = (taken * Y).sum(axis=0) * len(Y) > taken.sum(axis=0) * Y.sum(axis=0)
    reasons = []
    for n, column, improves in zip(given.sum(axis=0).tolist(), given.T, better.tolist(), strict=True):
        why = "" if improves else "on documents it had not seen it did no better than chance"
        if (d := len(np.unique(target.groups[column]))) < config.min_documents:
            why = f"coded in {counted(d, 'document')}, {config.min_documents} needed"
        reasons.append(f"{counted(n, 'coded segment')}, {config.min_segments} needed" if n < config.min_segments else why)
    coding = np.where([bool(why) for why in reasons], np.inf, best)
    evidence = known(P, (Y, target.groups, target.parents), coding)
    return replace(plain, thresholds=coding, cuts=draw(evidence, config)), evidence, tuple(reasons)


def best_cuts(P: FloatArray, target: Target, config: ClassifyConfig) -> FloatArray:
    """The probability, not below the least, where coding agrees best with a coder drawn at random, by Cohen's kappa, (K,).

    The median over draws of whole documents, with the calibrated probabilities as `smoothing` coded segments beside the
    codings: neither few codings nor one document can move it far.
    """
    place = np.unique(target.groups, return_inverse=True)[1]
    drawn = np.random.default_rng(config.seed).multinomial(n := int(place.max()) + 1, np.full(n, 1 / n), _DRAWS)
    weights, found = drawn.astype(np.float32)[:, place], np.empty(P.shape[1])
    exact, units = weights.astype(np.float64, order="C"), weights.sum(axis=1)[:, None]
    lowest = config.least_probability / np.where((target.Y > 0).sum(axis=0) < _SELDOM, 2, 1)
    for k, (p, y, least) in enumerate(zip(P.T, np.asarray(target.Y, dtype=np.float64).T, lowest, strict=True)):
        goal = (y.sum() * y + config.smoothing * p) / (y.sum() + config.smoothing)
        # One place further than a cut may lie: the cut is half way to the probability below.
        high, below = np.flatnonzero(p >= least), np.where(p < least, p, -1).argmax()
        order = np.append(high[np.argsort(-p[high], kind="stable")], below)[: len(p)]
        ranked, own = p[order], weights[:, order]
        hits, taken = np.cumsum(own * goal[order], axis=1), np.cumsum(own, axis=1)
        best = np.argmax(np.nan_to_num(kappa_of_counts(hits, taken, (exact @ goal)[:, None], units)), axis=1)
        found[k] = np.median(ranked[best] + ranked[np.minimum(best + 1, len(ranked) - 1)]) / 2
    return np.maximum(found, lowest)
