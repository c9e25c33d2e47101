"""Whole documents held out: the folds, the models that leave some of them out, and the scores these give."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits

from autocode.classify.heads import Heads, train
from autocode.classify.material import Features, FloatArray, IntArray, Target
from autocode.config import ClassifyConfig

Tick: TypeAlias = Callable[[], object]


def folds_of(features: Features, target: Target, config: ClassifyConfig) -> IntArray:
    """Fold of every segment (n,): whole documents, the largest first into the emptiest fold; -1 without document."""
    if len(features.X) != len(target.Y):
        raise ValueError(f"{len(features.X)} rows of features for {len(target.Y)} coded segments: they must match")
    own = target.groups >= 0
    documents, where, sizes = np.unique(target.groups[own], return_inverse=True, return_counts=True)
    if len(documents) < 2:
        raise ValueError("all coding is in one document: code a second, for the model is checked on unseen documents")
    order = np.random.default_rng(config.seed).permutation(len(documents))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold, load = np.zeros(len(documents), dtype=np.int64), np.zeros(min(config.folds, len(documents)))
    for document in order:
        fold[document] = np.argmin(load)
        load[fold[document]] += sizes[document]
    if len(load) == 2 and load.min() < 2:
        raise ValueError("one of two documents has a single segment: code more of it, so that either can be checked")
    found = np.full(len(own), -1)
    found[own] = fold[where]
    return found


def others(fold: IntArray) -> list[IntArray]:
    """The rows outside each fold, those of no fold (-1) among them."""
    return [np.flatnonzero(fold != f) for f in range(int(fold.max()) + 1)]


def held_out_scores(
    features: Features, target: Target, fold: IntArray, learnt: Iterator[Heads], tick: Tick = int
) -> FloatArray:
    """Scores (H, n, K) of each segment from the heads learnt from `_others`; zeros in rows of no fold (-1)."""
    S = np.zeros((features.heads, *target.Y.shape), dtype=np.float32)
    for f in range(int(fold.max()) + 1):
        out = np.flatnonzero(fold == f)
        S[:, out] = next(learnt).score(features.take(out))
        tick()
    return S


def trained(
    features: Features, target: Target, parts: Sequence[IntArray], config: ClassifyConfig
) -> Iterator[Heads]:
    """Heads for each part (rows to learn from), in order; as many at once as there are processors.

    Each fit runs on one thread: small matrices shared among threads are many times slower on a busy
    machine, and one thread gives the same bits everywhere.
    """
    if features.words:
        features.words.read()
    crew = os.cpu_count() or 1
    with threadpool_limits(1), ThreadPoolExecutor(crew) as pool:
        for i in range(0, len(parts), crew):
            yield from pool.map(lambda rows: train(features, target, rows, config), parts[i : i + crew])


def pair_scores(
    features: Features, target: Target, fold: IntArray, config: ClassifyConfig, tick: Tick
) -> FloatArray:
    """Out-of-document scores within each training part (F, H, n, K): entry f has seen nothing of fold f.

    Heads that leave out the folds f and g serve twice: they score g for the judge of f, and f for the
    judge of g. Five folds so need ten models, not twenty.
    """
    folds = int(fold.max()) + 1
    S = np.zeros((folds, features.heads, *target.Y.shape), dtype=np.float32)
    pairs = list(combinations(range(folds), 2))
    parts = [np.flatnonzero((fold != f) & (fold != g)) for f, g in pairs]
    for (f, g), heads in zip(pairs, trained(features, target, parts, config), strict=True):
        for judged, scored in ((f, g), (g, f)):
            out = np.flatnonzero(fold == scored)
            S[judged][:, out] = heads.score(features.take(out))
        tick()
    return S


def half_scores(
    features: Features, target: Target, fold: IntArray, config: ClassifyConfig, tick: Tick
) -> FloatArray:
    """The same where there are two folds only: each is halved, by documents if it has several."""
    S = np.zeros((2, features.heads, *target.Y.shape), dtype=np.float32)
    for f in range(2):
        known = np.flatnonzero(fold != f)
        own = fold[known] >= 0
        documents = np.unique(target.groups[known[own]], return_inverse=True)[1]
        place = documents if documents.max() else np.arange(own.sum())
        half = np.full(len(known), -1)
        half[own] = place * 2 > place.max()
        seen, taught = features.take(known), target.take(known)
        S[f][:, known] = held_out_scores(seen, taught, half, trained(seen, taught, others(half), config), tick)
    return S
