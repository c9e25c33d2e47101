"""The alternative-annotator test: is the machine as close to the other humans as a human is?

Source: Calderon, N., Reichart, R. & Dror, R. (2025). The alternative annotator test for
LLM-as-a-judge. ACL. Used here on units where anybody gave the code (`relevant`): on all units a
machine that never gives a rare code passes (measured, methods guide 4.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autocode.agreement.counts import Decisions, by_document
from autocode.errors import StudyError
from autocode.study.matrix import BoolArray, FloatArray, IntArray

SMALL = 30


@dataclass(frozen=True, slots=True)
class AltTestOptions:
    """Settings of the test.

    Attributes:
        epsilon: Advantage given to the machine for its price: .2 where humans are experts, .15
            where they are trained, .1 for a crowd.
        q: False discovery rate.
        by_document: Whether decisions of one document count as dependent (cluster-robust t).
    """

    epsilon: float = 0.15
    q: float = 0.05
    by_document: bool = True


@dataclass(frozen=True, slots=True)
class AltTest:
    """Result of the test.

    Attributes:
        humans: Ids of the humans, in the order of the next two.
        p_values: Of each human: that the machine loses by epsilon or more.
        advantage: Of each human: share of units on which the machine is at least as close to the
            other humans as this one.
        omega: Winning rate, share of humans beaten.
        rho: Mean advantage.
        passes: omega of at least .5; with two humans both must be beaten.
        indicative: Only two humans, so each is compared by closeness to the other alone.
        units: Units used for each human.
    """

    humans: tuple[str, ...]
    p_values: tuple[float, ...]
    advantage: tuple[float, ...]
    omega: float
    rho: float
    passes: bool
    indicative: bool
    units: tuple[int, ...]


def alt_test(
    similarity: FloatArray,
    seen: BoolArray,
    humans: Sequence[str],
    options: AltTestOptions | None = None,
    groups: IntArray | None = None,
) -> AltTest:
    """Run the test on similarities between coders.

    Args:
        similarity: (R, R, n) likeness of two coders' decisions on each unit; the machine is last.
        seen: (R, n) whether the coder saw the unit.
        humans: Ids of the R - 1 humans.
        options: Epsilon and false discovery rate.
        groups: (n,) document of each unit, for the cluster-robust t; None takes units as
            independent, as the authors do.

    Raises:
        StudyError: Fewer than two humans, or a human who shares no unit with another.
    """
    chosen = options or AltTestOptions()
    found = [_against(similarity, seen, j, groups) for j in range(len(humans))]
    if len(humans) < 2 or any(not len(d) for d, _, _ in found):
        raise StudyError(
            "the alternative-annotator test",
            "it needs two humans who saw the same units as the machine",
            "Have a second coder code some of the same documents.",
        )
    p_values = [_p_value(d, where, chosen) for d, _, where in found]
    beaten = rejected(p_values, chosen.q)
    omega = sum(beaten) / len(humans)
    advantage = tuple(float(w.mean()) for _, w, _ in found)
    passes = omega >= (1.0 if len(humans) == 2 else 0.5)
    return AltTest(
        tuple(humans),
        tuple(p_values),
        advantage,
        omega,
        float(np.mean(advantage)),
        passes,
        len(humans) == 2,
        tuple(len(d) for d, _, _ in found),
    )


def _against(
    similarity: FloatArray, seen: BoolArray, j: int, groups: IntArray | None
) -> tuple[FloatArray, FloatArray, IntArray | None]:
    """(d, W of the machine, documents) on the units human j shares with another and the machine."""
    R = len(seen)
    others = seen[: R - 1].copy()
    others[j] = False
    rows = np.flatnonzero(seen[j] & seen[R - 1] & others.any(0))
    with_others = others[:, rows].astype(np.float64)
    n = with_others.sum(0)
    machine, human = ((similarity[r, : R - 1][:, rows] * with_others).sum(0) / n for r in (R - 1, j))
    near = 1e-12  # means of the same similarities may differ in the last digit
    won, lost = (machine >= human - near).astype(np.float64), (human >= machine - near).astype(np.float64)
    return lost - won, won, None if groups is None else groups[rows]


def _p_value(d: FloatArray, groups: IntArray | None, options: AltTestOptions) -> float:
    """P-value against mean d >= epsilon."""
    from scipy import stats

    if groups is not None and options.by_document:
        return _clustered(d, groups, options.epsilon)
    if np.ptp(d) == 0:
        return 0.0 if d[0] < options.epsilon else 1.0
    if len(d) < SMALL:
        return float(stats.wilcoxon(d - options.epsilon, alternative="less").pvalue)
    return float(stats.ttest_1samp(d, options.epsilon, alternative="less").pvalue)


def _clustered(d: FloatArray, groups: IntArray, epsilon: float) -> float:
    """Cluster-robust t over documents, G - 1 degrees of freedom."""
    from scipy.special import stdtr

    sums = by_document(np.stack([d, np.ones(len(d))], 1), groups, int(groups.max()) + 1)
    D, n = sums[sums[:, 1] > 0].T
    G, mean = len(D), d.mean()
    se = np.sqrt(G / max(1, G - 1) * ((D - mean * n) ** 2).sum()) / len(d)
    if G < 2 or se <= 1e-15:
        return (0.0 if mean < epsilon else 1.0) if G >= 2 else 1.0
    return float(stdtr(G - 1, (mean - epsilon) / se))


def rejected(p_values: Sequence[float], q: float) -> list[bool]:
    """Benjamini-Yekutieli: which hypotheses fall at false discovery rate q."""
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    limits = np.arange(1, m + 1) / m * q / (1 / np.arange(1, m + 1)).sum()
    passed = np.flatnonzero(np.asarray(p_values)[order] <= limits)
    result = np.zeros(m, dtype=bool)
    if len(passed):
        result[order[: passed[-1] + 1]] = True
    return [bool(r) for r in result]


def masi_similarity(A: BoolArray, B: BoolArray) -> FloatArray:
    """(n,) 1 - MASI of two coders' codes (n, K) on each unit; 1 where neither gave a code."""
    both, either = (A & B).sum(1), (A | B).sum(1)
    equal, contained = (A == B).all(1), (both == A.sum(1)) | (both == B.sum(1))
    monotony = np.where(equal, 1.0, np.where(both == 0, 0.0, np.where(contained, 2 / 3, 1 / 3)))
    return np.where(either == 0, 1.0, both / np.maximum(either, 1)) * monotony


def alt_test_on(
    data: Decisions,
    machine: str,
    code: str | None = None,
    scope: str = "relevant",
    options: AltTestOptions | None = None,
) -> AltTest:
    """Run the test on one code, or on the sets of all codes.

    Args:
        data: Decisions of the humans and the machine.
        machine: Id of the machine.
        code: Path of the code; None compares sets of codes by 1 - MASI.
        scope: `relevant`: units where any of them gave the code; `all`: every unit.
        options: Epsilon and false discovery rate.

    Raises:
        StudyError: Fewer than two humans share such a unit with the machine.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> truth = rng.random((200, 1)) < 0.3
        >>> Y = np.stack([truth ^ (rng.random((200, 1)) < noise) for noise in (0.1, 0.1, 0.02)])
        >>> found = alt_test_on(Decisions.of(Y, np.arange(200) // 20), 'c3')
        >>> found.passes, found.omega, round(found.rho, 2)
        (True, 1.0, 0.91)
    """
    order = [r for r, c in enumerate(data.coders) if c != machine] + [data.coders.index(machine)]
    columns = slice(None) if code is None else [data.codes.index(code)]
    Y, seen = data.Y[order][:, :, columns], data.seen[order]
    if scope == "relevant":
        kept = (Y & seen[:, :, None]).any((0, 2))
        Y, seen, groups = Y[:, kept], seen[:, kept], data.groups[kept]
    else:
        groups = data.groups
    R = len(order)
    similarity = np.ones((R, R, Y.shape[1]))
    for i in range(R):
        for j in range(i):
            similarity[i, j] = similarity[j, i] = masi_similarity(Y[i], Y[j])
    return alt_test(similarity, seen, [data.coders[r] for r in order[:-1]], options, groups)
