"""Bands with a promise: where `suggest` and `ask` begin, and on whose evidence.

`suggest` promises that a share of it is right, `ask` (with `suggest` above it) that a share of what coders
code is found. A code's own evidence comes first; where it cannot carry the promise, the codes of its theme
that are in the same position are taken together, then all that are left, each group at one probability. Such
a promise holds for the group as a whole and is marked so. Else nothing is suggested, and `ask` begins at a
share of the threshold of coding, without a promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from autocode.classify.material import FloatArray, IntArray, Target
from autocode.classify.promise import Aim, Decisions, contradicted, likeness, precision_cut, recall_cut, share_of
from autocode.config import ClassifyConfig

BASES = ("", "code", "theme", "all")
"""On whose evidence a promise rests, by number; 0: no promise."""
_NONE = float("inf")


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the bands of K codes begin, in probability; inf: nowhere."""

    suggest: FloatArray  # (K,)
    ask: FloatArray  # (K,) at most `suggest`
    suggest_basis: IntArray  # (K,) int8, index into `BASES`
    ask_basis: IntArray  # (K,) int8


@dataclass(frozen=True, slots=True)
class Known:
    """What thresholds are drawn from: n segments, K codes, all judged out of document."""

    P: FloatArray  # (n, K) probabilities
    Y: FloatArray  # (n, K) shares of the coders
    groups: IntArray  # (n,) document index
    parents: IntArray  # (K,) index of the theme, or -1
    coding: FloatArray  # (K,) the machine codes from here on; inf for a silent code
    right: float  # correlation of right and wrong within a document, among what the machine codes
    found: float  # the same of found and missed, among what coders code

    def of(self, codes: IntArray) -> Decisions:
        """The decisions on some codes, joined."""
        groups = np.repeat(self.groups, len(codes))
        return Decisions(self.P[:, codes].ravel(), self.Y[:, codes].ravel(), groups)


def known(P: FloatArray, target: Target, coding: FloatArray) -> Known:
    """Gather what `draw` needs from probabilities (n, K), codings and thresholds of coding (K,)."""
    Y, groups = np.asarray(target.Y, dtype=np.float64), target.groups
    taken = coding <= P
    live = np.flatnonzero(np.isfinite(coding))
    right = likeness((Y[:, k], taken[:, k].astype(np.float64), groups) for k in live)
    found = likeness((taken[:, k].astype(np.float64), Y[:, k], groups) for k in live)
    return Known(P, Y, groups, target.parents, coding, right, found)


def aims(config: ClassifyConfig) -> tuple[Aim, Aim]:
    """What `suggest` and what `ask` promise.

    Recall is tested at a fifth of the risk: only promises that ask bearably often are kept, and of codes whose
    true threshold asks too much, just those would be kept whose threshold was found too strict by accident.
    """
    return Aim(config.precision, config.confidence), Aim(config.recall, config.confidence).surer


def draw(k: Known, config: ClassifyConfig) -> Cuts:
    """Draw the bands.

    Args:
        k: Out-of-document evidence.
        config: Targets, confidence, floor, and the most that may be asked.
    """
    right, found = aims(config)
    suggest, suggest_basis = _promised(k, lambda d: precision_cut(d, right, k.right, config.least_probability))
    _without_evidence_against(k, suggest, suggest_basis, right)
    promised, ask_basis = _promised(k, lambda d: _bearable(k, d, found, config))
    ask = np.where(ask_basis > 0, promised, config.ask_share * k.coding)
    # Whatever is coded or suggested is at least asked.
    return Cuts(suggest, np.minimum(np.minimum(ask, k.coding), suggest), suggest_basis, ask_basis)


def _bearable(k: Known, d: Decisions, aim: Aim, config: ClassifyConfig) -> float:
    """The threshold of recall, unless it asks in vain about so many segments that nobody would read on."""
    cut = recall_cut(d, aim, k.found)
    most = min(config.ask_most, config.ask_load / max(np.isfinite(k.coding).sum(), 1))
    return cut if np.isfinite(cut) and np.mean((cut <= d.p) * (1 - d.y)) <= most else _NONE


def _promised(k: Known, find: Callable[[Decisions], float]) -> tuple[FloatArray, IntArray]:
    """Thresholds (K,) and on whose evidence: the code's own, its theme's, that of all that are left."""
    K = len(k.coding)
    cuts, basis = np.full(K, _NONE), np.zeros(K, dtype=np.int8)
    for number, groups in ((1, _singly), (2, _by_theme), (3, _together)):
        left = np.flatnonzero(np.isfinite(k.coding) & np.isinf(cuts))
        for codes in groups(left, k.parents):
            cut = find(k.of(codes))
            if np.isfinite(cut):
                cuts[codes], basis[codes] = cut, number
    return cuts, basis


def _singly(left: IntArray, parents: IntArray) -> Iterator[IntArray]:
    yield from left[:, None]


def _by_theme(left: IntArray, parents: IntArray) -> Iterator[IntArray]:
    for theme in np.unique(parents[left]):
        members = left[parents[left] == theme]
        if theme >= 0 and len(members) > 1:
            yield members


def _together(left: IntArray, parents: IntArray) -> Iterator[IntArray]:
    if len(left) > 1:
        yield left


def _without_evidence_against(k: Known, cuts: FloatArray, basis: IntArray, aim: Aim) -> None:
    """Take out of a group's promise the codes that never reach its threshold, or are clearly worse than it."""
    for code in np.flatnonzero(basis > 1):
        taken = (cuts[code] <= k.P[:, code]).astype(np.float64)
        own = share_of(k.Y[:, code], taken, k.groups, k.right)
        if not taken.any() or contradicted(own, aim):
            cuts[code], basis[code] = _NONE, 0
