"""Vectors -> calibrated probabilities, thresholds and silence: the machine that codes beside the humans.

Two linear heads per code are trained, one on embeddings (with the codebook entry as prior mean, recursive
regularisation towards the theme, and a count-aware strength) and one on hashed words; a small calibration,
shared by all codes and freed by evidence, turns their two scores into one probability. Everything a
segment is judged by comes from other documents. Numpy and scipy only.

Sources: prior mean, Mueller et al. 2022 (Label Tuning, ACL); theme back-off, Gopal and Yang 2013 (KDD);
calibration, Platt 1999; prior correction, King and Zeng 2001; thresholds, Lipton et al. 2014.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from autocode.lexical import sketch

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Progress = Callable[[int, int], object]

SILENT, ASK, SUGGEST = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ClassifyConfig:
    """How codes are learnt; the defaults hold for every corpus and were chosen by benchmarks/recipe.py."""

    folds: int = 5  # held-out parts, made of whole documents
    seed: int = 0
    min_segments: int = 3  # a code with fewer coded segments stays silent
    min_documents: int = 2  # a code met in fewer documents stays silent
    previous: float = 0.7  # weight of the previous turn (the question) beside the segment's own vector
    following: float = 0.3  # weight of the next turn
    width: int = 4096  # columns of the hashed text
    equalise: float = 0.5  # 0: hashed columns as they are; 1: all columns of one variance
    strength: float = 10.0  # inverse regularisation of the embedding head for a code with much evidence
    lexical_strength: float = 10.0  # the same of the lexical head
    half_count: float = 10.0  # coded segments at which a code has half of that strength
    prior_weight: float = 10.0  # length of the weight vector that a codebook entry alone would get
    theme_weight: float = 0.5  # share of the theme's weights in the prior of its codes
    iterations: int = 60  # L-BFGS steps per head
    max_rows: int = 20000  # training segments per head; beyond, segments without rare codes are drawn
    calibration_counts: tuple[float, float] = (5.0, 20.0)  # evidence that frees a code's intercept, slopes
    smoothing: float = 10.0  # pseudo-segments of expected evidence behind each threshold
    ask_share: float = 0.5  # ask from this share of the suggestion threshold on


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of n segments."""

    X: FloatArray  # (n, d) float32: own vector, weighted previous turn, weighted next turn
    T: FloatArray  # (n, h) float32: hashed words and word parts


@dataclass(frozen=True, slots=True)
class Target:
    """What the coders said of n segments and K codes, and what the codebook says of the codes."""

    Y: FloatArray  # (n, K) in [0, 1]: share of the coders who saw the segment and gave the code
    groups: IntArray  # (n,) document index
    prior: FloatArray  # (K, d0) embedding of the codebook entry; zeros where there is none
    parents: IntArray  # (K,) index of the theme, or -1


@dataclass(frozen=True, slots=True)
class Held:
    """Held-out judgements: nothing behind a row has seen that row's document."""

    P: FloatArray  # (n, K) float64 probabilities
    bands: IntArray  # (n, K) int8: 2 suggest, 1 ask, 0 silent
    thresholds: FloatArray  # (folds, K): suggest from here on; inf for a silent code
    fold: IntArray  # (n,) the fold that held the segment out


@dataclass(frozen=True, slots=True)
class Reliability:
    """What the codes' own out-of-document evidence says, one entry per code."""

    segments: IntArray  # (K,) segments any coder gave the code
    documents: IntArray  # (K,) documents among them
    average_precision: FloatArray  # (K,) nan without coded segments
    precision: FloatArray  # (K,) at the suggestion threshold, nan without suggestions
    recall: FloatArray  # (K,) at the suggestion threshold
    reasons: tuple[str, ...]  # (K,) why a code is silent, or ""


def features(
    vectors: FloatArray,
    texts: Sequence[str],
    neighbours: IntArray,
    config: ClassifyConfig = ClassifyConfig(),
    context_vectors: FloatArray | None = None,
) -> Features:
    """Join a segment's own vector, its neighbouring turns and its hashed text.

    Args:
        vectors: (n, d0) unit-norm embeddings.
        texts: n texts.
        neighbours: (n, 2) row of the previous and of the next turn in `context_vectors`, -1 for none.
        config: Weights of the turns and width of the hashed text.
        context_vectors: (m, d0) embeddings of the turns; the segments themselves when None.

    Raises:
        ValueError: The numbers of vectors, texts and neighbours differ.
    """
    own = np.asarray(vectors, dtype=np.float32)
    if not len(own) == len(texts) == len(neighbours):
        raise ValueError(f"{len(own)} vectors, {len(texts)} texts and {len(neighbours)} neighbours: not one per segment")
    turns = own if context_vectors is None else np.asarray(context_vectors, dtype=np.float32)
    turns = np.vstack([turns, np.zeros((1, own.shape[1]), dtype=np.float32)])  # row -1: no neighbour
    around = [w * turns[neighbours[:, i]] for i, w in enumerate((config.previous, config.following)) if w]
    return Features(np.hstack([own, *around]), sketch(texts, config.width))


@dataclass(frozen=True, slots=True)
class _Head:
    """A linear scorer of K codes: x @ W.T + b."""

    W: FloatArray  # (K, d)
    b: FloatArray  # (K,)

    def score(self, X: FloatArray) -> FloatArray:
        return (X @ self.W.T + self.b).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Judge:
    """From the two heads' scores to probabilities and bands; learnt on out-of-document scores."""

    theta: FloatArray  # (K, 3): intercept, slope of the embedding score, slope of the lexical score
    thresholds: FloatArray  # (K,) inf: silent
    ask_share: float

    def probabilities(self, S: FloatArray) -> FloatArray:
        z = self.theta[:, 0] + S[0] * self.theta[:, 1] + S[1] * self.theta[:, 2]
        return np.clip(expit(np.asarray(z, dtype=np.float64)), 1e-6, 1 - 1e-6)

    def bands(self, P: FloatArray) -> IntArray:
        ask = P >= self.ask_share * self.thresholds
        return (ask.astype(np.int8) + (P >= self.thresholds)).astype(np.int8)


def _fit_head(X: FloatArray, Y: FloatArray, C: FloatArray, prior: FloatArray, iterations: int) -> _Head:
    """Balanced one-vs-rest logistic regressions whose weights are drawn towards `prior` instead of zero.

    X (n, d) centred, Y (n, K) in [0, 1], C (K,) inverse strengths, prior (K, d). All codes in one L-BFGS.
    """
    (n, d), K = X.shape, Y.shape[1]
    positives = np.clip(Y.sum(axis=0), 1e-6, n - 1e-6)
    up, down = (n / (2 * positives)).astype(np.float32), (n / (2 * (n - positives))).astype(np.float32)
    S = Y * up + (1 - Y) * down
    goal = Y * up
    # Variables in units of sqrt(C): codes of different strength then converge at one pace.
    unit = np.sqrt(C)[:, None].astype(np.float32)

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        D, b = flat[: K * d].reshape(K, d), flat[K * d :]
        W = (prior + unit * D).astype(np.float32)
        Z = X @ W.T + b.astype(np.float32)
        G = S * expit(Z) - goal
        value = np.sum(S * np.logaddexp(np.float32(0), Z) - goal * Z, dtype=np.float64) + 0.5 * np.vdot(D, D)
        return float(value), np.concatenate([(unit * (G.T @ X) + D).ravel(), G.sum(axis=0)]).astype(np.float64)

    start = np.zeros(K * d + K)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "ftol": 1e-6}).x
    return _Head((prior + unit * found[: K * d].reshape(K, d)).astype(np.float32), found[K * d :])


def _centred(prior: FloatArray) -> FloatArray:
    """Codebook entries with what all entries share taken out, unit norm; zeros stay zeros."""
    known = np.linalg.norm(prior, axis=1) > 0
    middle = prior[known].mean(axis=0) if known.sum() > 2 else 0.0
    moved = np.where(known[:, None], prior - middle, 0.0)
    return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12)


def _themes(target: Target) -> tuple[FloatArray, FloatArray]:
    """Membership of codes in themes (M, K) and coded themes (n, M): a theme is given with any of its codes."""
    members = np.arange(target.parents.max(initial=-1) + 1)[:, None] == target.parents
    members = members[members.sum(axis=1) > 1]
    given = [target.Y[:, m].max(axis=1) for m in members]
    return members.astype(np.float32), np.array(given, dtype=np.float32).reshape(len(given), len(target.Y)).T


def _backed_off(X: FloatArray, target: Target, C: float, entries: FloatArray, config: ClassifyConfig) -> _Head:
    """Heads of the codes, each drawn to its codebook entry and to the head of its theme."""
    members, given = _themes(target)
    prior = np.asarray(entries, dtype=np.float32)
    if len(members):
        parents = members @ prior / members.sum(axis=1, keepdims=True)
        themes = _fit_head(X, given, _strengths(given, C, config), parents, config.iterations)
        prior = prior + config.theme_weight * (members.T @ (themes.W - parents))
    return _fit_head(X, target.Y, _strengths(target.Y, C, config), prior, config.iterations)


def _strengths(Y: FloatArray, C: float, config: ClassifyConfig) -> FloatArray:
    """Count-aware inverse regularisation: balanced weights would let two segments outvote the prior."""
    counts = Y.sum(axis=0)
    return np.maximum(C * counts / (counts + config.half_count), 1e-3)


def _train(features: Features, target: Target, rows: IntArray, config: ClassifyConfig) -> tuple[_Head, _Head]:
    """Embedding head and lexical head from the given rows only; centring and scaling are folded into them."""
    rows = _drawn(target.Y, rows, config)
    part = Target(target.Y[rows].astype(np.float32), target.groups[rows], target.prior, target.parents)
    X, T = features.X[rows], features.T[rows]
    middle = X.mean(axis=0)
    entries = np.zeros((target.Y.shape[1], X.shape[1]), dtype=np.float32)
    entries[:, : target.prior.shape[1]] = config.prior_weight * _centred(target.prior)
    dense = _backed_off(X - middle, part, config.strength, entries, config)
    centre, spread = T.mean(axis=0), T.std(axis=0)
    scale = np.maximum(spread, 0.1 * spread.mean() + 1e-12) ** -config.equalise
    scale /= np.sqrt(np.mean(np.sum((T * scale) ** 2, axis=1))) + 1e-12
    lexical = _backed_off((T - centre) * scale, part, config.lexical_strength, np.zeros((len(entries), T.shape[1])), config)
    wide = lexical.W * scale
    return _Head(dense.W, dense.b - dense.W @ middle), _Head(wide, lexical.b - wide @ centre)


def _drawn(Y: FloatArray, rows: IntArray, config: ClassifyConfig) -> IntArray:
    """At most `max_rows` rows: those with the rarest codes first, the rest by lot."""
    if len(rows) <= config.max_rows:
        return rows
    counts = np.maximum(Y[rows].sum(axis=0), 1.0)
    rarity = np.max(Y[rows] * np.minimum(1.0, config.max_rows / (2 * Y.shape[1] * counts)), axis=1)
    lot = np.random.default_rng(config.seed).random(len(rows)) * config.max_rows / (2 * len(rows))
    # A row stays with the certainty of its rarest code; lots order the rest.
    order = np.argsort(-np.maximum(rarity * np.random.default_rng(config.seed + 1).random(len(rows)), lot), kind="stable")
    return np.sort(rows[order[: config.max_rows]])


def _scores(heads: tuple[_Head, _Head], features: Features, rows: IntArray) -> FloatArray:
    """Scores of both heads, (2, rows, K)."""
    return np.stack([heads[0].score(features.X[rows]), heads[1].score(features.T[rows])])


def _folds(groups: IntArray, folds: int, seed: int) -> IntArray:
    """Fold of every segment: whole documents, the largest first into the emptiest fold, (n,)."""
    documents, where, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(documents))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold, load = np.zeros(len(documents), dtype=np.int64), np.zeros(min(folds, len(documents)))
    for document in order:
        fold[document] = np.argmin(load)
        load[fold[document]] += sizes[document]
    return fold[where]


def _newton(A: FloatArray, Y: FloatArray, offset: FloatArray, theta: FloatArray, weight: FloatArray) -> FloatArray:
    """Penalised logistic regressions, one per code: A (3, n, K), Y (n, K), prior means theta (K, 3).

    `weight` (3,) is the precision of the prior; ten Newton steps reach the optimum of this convex loss.
    """
    mean = theta.copy()
    for _ in range(10):
        P = expit(offset + np.einsum("jnk,kj->nk", A, theta))
        gradient = np.einsum("jnk,nk->kj", A, P - Y) + weight * (theta - mean)
        curve = np.einsum("ink,jnk,nk->kij", A, A, P * (1 - P), optimize=True) + np.diag(weight)
        theta = theta - np.clip(np.linalg.solve(curve, gradient[..., None])[..., 0], -2, 2)
    return theta


def _calibration(S: FloatArray, Y: FloatArray, config: ClassifyConfig) -> FloatArray:
    """Intercept and two slopes per code, (K, 3), drawn to those of all codes together.

    Log odds of each code's share enter as a fixed offset, so that one intercept can serve rare and
    frequent codes alike.
    """
    n, K = Y.shape
    spread = S.std(axis=(1, 2)) + 1e-9
    A = np.stack([np.ones((n, K)), S[0] / spread[0], S[1] / spread[1]])
    counts = Y.sum(axis=0)
    offset = np.log((counts + 0.5) / (n - counts + 0.5))
    pooled = _newton(A.reshape(3, -1, 1), Y.reshape(-1, 1), np.tile(offset, n)[:, None], np.array([[0.0, 0.5, 0.5]]), np.full(3, 1.0))
    free = np.array([config.calibration_counts[0], config.calibration_counts[1], config.calibration_counts[1]])
    theta = _newton(A, Y, offset, np.repeat(pooled, K, axis=0), free)
    theta[:, 0] += offset
    theta[:, 1:] /= spread
    return theta


def _kappa_cuts(P: FloatArray, Y: FloatArray, smoothing: float) -> FloatArray:
    """Per code the probability from which on coding agrees best with the coders, (K,).

    Cohen's kappa of the decision with a coder drawn at random. Observed codings are mixed with the
    calibrated expectation, which weighs as much as `smoothing` coded segments: few codings then
    cannot move a threshold far.
    """
    n = len(P)
    counts = Y.sum(axis=0)
    goal = (counts * Y + smoothing * P) / (counts + smoothing)
    order = np.argsort(-P, axis=0, kind="stable")
    ranked = np.take_along_axis(P, order, axis=0)
    hits = np.cumsum(np.take_along_axis(goal, order, axis=0), axis=0)
    taken, total = np.arange(1, n + 1)[:, None], goal.sum(axis=0)
    kappa = 2 * (hits * n - taken * total) / ((taken + total) * n - 2 * taken * total + 1e-9)
    best = np.argmax(kappa, axis=0)[None]
    below = np.take_along_axis(ranked, np.minimum(best + 1, n - 1), axis=0)
    return ((np.take_along_axis(ranked, best, axis=0) + below) / 2)[0]


def _judge(S: FloatArray, target: Target, rows: IntArray, config: ClassifyConfig) -> _Judge:
    """Calibration and thresholds from out-of-document scores S (2, rows, K) of the given rows."""
    Y = target.Y[rows].astype(np.float64)
    judge = _Judge(_calibration(S, Y, config), np.full(Y.shape[1], np.inf), config.ask_share)
    P = judge.probabilities(S)
    cuts = _kappa_cuts(P, Y, config.smoothing)
    segments, documents = _evidence(Y, target.groups[rows])
    known = (segments >= config.min_segments) & (documents >= config.min_documents)
    return _Judge(judge.theta, np.where(known, cuts, np.inf), config.ask_share)


def _evidence(Y: FloatArray, groups: IntArray) -> tuple[IntArray, IntArray]:
    """Coded segments and documents with coded segments, per code."""
    given = Y > 0
    documents = [len(np.unique(groups[given[:, k]])) for k in range(Y.shape[1])]
    return given.sum(axis=0), np.array(documents, dtype=np.int64)


def _held_out(features: Features, target: Target, fold: IntArray, config: ClassifyConfig, tick: Callable[[], object]) -> FloatArray:
    """Scores (2, n, K) of each segment from heads trained on the other folds."""
    S = np.zeros((2, *target.Y.shape), dtype=np.float32)
    for f in range(fold.max() + 1):
        out = np.flatnonzero(fold == f)
        S[:, out] = _scores(_train(features, target, np.flatnonzero(fold != f), config), features, out)
        tick()
    return S


def _inner(features: Features, target: Target, fold: IntArray, config: ClassifyConfig, tick: Callable[[], object]) -> FloatArray:
    """Out-of-document scores within each training part, (F, 2, n, K): entry f has seen nothing of fold f.

    Heads that leave out the folds f and g serve twice: they score g for the judge of f, and f for that of g.
    """
    F = fold.max() + 1
    S = np.zeros((F, 2, *target.Y.shape), dtype=np.float32)
    for f, g in combinations(range(F), 2):
        heads = _train(features, target, np.flatnonzero((fold != f) & (fold != g)), config)
        for judged, scored in ((f, g), (g, f)):
            out = np.flatnonzero(fold == scored)
            S[judged][:, out] = _scores(heads, features, out)
        tick()
    return S


def cross_predict(features: Features, target: Target, config: ClassifyConfig = ClassifyConfig(), progress: Progress | None = None) -> Held:
    fold = _folds(target.groups, config.folds, config.seed)
    F = int(fold.max() + 1)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, F + F * (F - 1) // 2)

    outer = _held_out(features, target, fold, config, tick)
    inner = _inner(features, target, fold, config, tick)
    P, bands = np.zeros(target.Y.shape), np.zeros(target.Y.shape, dtype=np.int8)
    thresholds = []
    for f in range(F):
        rows, out = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
        judge = _judge(inner[f][:, rows], target, rows, config)
        P[out] = judge.probabilities(outer[:, out])
        bands[out] = judge.bands(P[out])
        thresholds.append(judge.thresholds)
    return Held(P, bands, np.array(thresholds), fold)
