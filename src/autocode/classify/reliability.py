"""What the out-of-document evidence says of each code: the figures behind licences and the model card."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autocode.classify.bands import Cuts, Known, aims
from autocode.classify.calibration import reliability_bins
from autocode.classify.material import FloatArray, IntArray
from autocode.classify.promise import LEAST_DOCUMENTS, enough, factor_for_precision, interval, share_of
from autocode.config import ClassifyConfig


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
    bins: FloatArray  # (B, 5) said and true probabilities, see `reliability_bins`
    reasons: tuple[str, ...]  # (K,) why a code is silent, "" where it is not


def measured(k: Known, cuts: Cuts, reasons: tuple[str, ...], config: ClassifyConfig) -> Reliability:
    """Measure what the thresholds do on the evidence they were drawn from.

    Args:
        k: Out-of-document evidence of n segments and K codes.
        cuts: The bands drawn from it.
        reasons: Why a code is silent, "" where it is not.
        config: Targets and confidence.
    """
    given, coded = k.Y > 0, k.coding <= k.P
    suggested, asked = cuts.suggest <= k.P, cuts.ask <= k.P
    total = k.Y.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = (k.Y * coded).sum(axis=0) / coded.sum(axis=0), (k.Y * coded).sum(axis=0) / total
        coverage = (k.Y * suggested).sum(axis=0) / total
    return Reliability(
        segments=given.sum(axis=0),
        documents=np.array([len(np.unique(k.groups[column])) for column in given.T], dtype=np.int64),
        average_precision=average_precisions(k.P, k.Y),
        precision=precision,
        recall=recall,
        suggested=_with_limits(k.Y, suggested * 1.0, k.groups, k.right, config),
        coverage=coverage,
        found=_with_limits(asked * 1.0, k.Y, k.groups, k.found, config),
        asked=(asked & ~suggested).mean(axis=0),
        suggest_basis=cuts.suggest_basis,
        ask_basis=cuts.ask_basis,
        needed=_needed(k, cuts, config),
        bins=reliability_bins(k.P, k.Y, k.groups, config.confidence),
        reasons=reasons,
    )


def _with_limits(
    hits: FloatArray, weights: FloatArray, groups: IntArray, alike: float, config: ClassifyConfig
) -> FloatArray:
    """Shares of K columns with their limits (K, 3); no limits where fewer than five documents speak."""
    rows = []
    for column in range(hits.shape[1]):
        own = share_of(hits[:, column], weights[:, column], groups, alike)
        few = own.documents < LEAST_DOCUMENTS
        rows.append((own.value, *((np.nan, np.nan) if few else interval(own, config.confidence))))
    return np.array(rows).reshape(-1, 3)


def _needed(k: Known, cuts: Cuts, config: ClassifyConfig) -> FloatArray:
    """Further coded segments of each code (K, 2) that would let it promise by itself, if coding goes on alike.

    nan where more of it will not do: it is not precise enough, or enough is coded and it would ask too much.
    """
    right, found = aims(config)
    rows, least = np.full((len(k.coding), 2), np.nan), enough(1.0, found)
    for code in np.flatnonzero(np.isfinite(k.coding)):
        d = k.of(np.array([code]))
        segments = float((d.y > 0).sum())
        effective = share_of(np.ones(len(d.y)), d.y, d.group, k.found).effective
        factors = factor_for_precision(d, right, k.right, config.least_probability), least / effective
        done = cuts.suggest_basis[code] == 1, cuts.ask_basis[code] == 1
        rows[code] = [_more(f, segments, own) for f, own in zip(factors, done, strict=True)]
    return rows


def _more(factor: float, segments: float, done: bool) -> float:
    return 0.0 if done else float(np.ceil((factor - 1) * segments)) if factor > 1 else float("nan")


def average_precisions(P: FloatArray, Y: FloatArray) -> FloatArray:
    """Average precision per code (K,) of shares Y (n, K) ranked by P; nan where nothing is coded.

    A segment coded by half of its coders counts as half a hit. Ties in P keep the order of the rows.
    """
    order = np.argsort(-P, axis=0, kind="stable")
    hits = np.take_along_axis(np.asarray(Y, dtype=np.float64), order, axis=0)
    precision = np.cumsum(hits, axis=0) / np.arange(1, len(Y) + 1)[:, None]
    with np.errstate(invalid="ignore"):
        return np.asarray((precision * hits).sum(axis=0) / hits.sum(axis=0))
