"""The clinic for a codebook: why a code is weak, and which codes the codebook does not divide.

For each code on which two coders agree little the likeliest cause is named with its evidence; for each pair of
codes that are taken for one another, what agreement would be if they were one code, with an interval that allows
for having looked at many pairs. Nothing is written for the researcher: a decision rule can be found in the
human-coded segments that divide two codes best, and these are named.

Source of the intervals: `autocode.agreement.intervals` (delete-one-document jackknife), with
Bonferroni's correction for the pairs looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autocode.agreement.coefficients import cohen_kappa
from autocode.agreement.counts import by_theme, decisions, pair_counts, theme
from autocode.agreement.differences import inventory, rows_of
from autocode.agreement.estimate import apa
from autocode.agreement.intervals import MIN_DOCUMENTS, jackknife, joint_share, t_quantile
from autocode.errors import counted
from autocode.study import Segment
from autocode.study.codebook import SEPARATOR
from autocode.study.matrix import BoolArray, CodingMatrix, FloatArray

_Machine = tuple[FloatArray, BoolArray] | None

WEAK = 0.6  # kappa below which a code comes to the clinic
LEAST_USES = 10  # of the two coders together, before a cause is named
SAME_NAME, SILENT, NEIGHBOUR, LEVEL, BOUNDARY, RARE, MISSED, SCATTERED = (
    "the same name twice",
    "one coder silent",
    "confused with a neighbour",
    "divided at the theme, not at the code",
    "a boundary",
    "too rare to say",
    "seen by one, missed by the other",
    "taken for several other codes",
)


@dataclass(frozen=True, slots=True)
class Weakness:
    """A code on which the coders agree little, and the likeliest cause.

    Attributes:
        code: Path of the code.
        kappa: Between the two coders; None where undefined.
        uses: Units that either coder gave the code.
        cause: The likeliest cause, in words.
        evidence: What the cause rests on, in a sentence.
        others: Paths of the codes concerned, the likeliest first.
        low: Lower end of the 95% interval of kappa; None where there is too little for one.
        high: Upper end: below the line the code is surely weak, above it the coders may agree after all.
    """

    code: str
    kappa: float | None
    uses: int
    cause: str
    evidence: str
    others: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> str:
        """The interval in words; empty where there is none."""
        return "" if self.low is None else f"[{apa(self.low)}, {apa(self.high)}]"

    @property
    def sure(self) -> bool:
        """Whether kappa is below the line beyond chance."""
        return self.high is not None and self.high < WEAK


@dataclass(frozen=True, slots=True)
class Pair:
    """Two codes taken for one another, and what one code instead of two would do.

    Attributes:
        first: Path of one code.
        second: Path of the other.
        exchanged: Units to which one coder gave the first and the other the second (shared out where there are more).
        apart: Mean kappa of the two codes as they are.
        merged: Kappa of the two as one code.
        low: Lower end of the gain's interval, wide enough for all pairs looked at; None where undefined.
        high: Upper end.
        machine: The same gain for machine and humans; None without held-out predictions.
        divide_first: Units that both coders gave the first code alone, the surest of the machine first.
        divide_second: The same for the second code.
    """

    first: str
    second: str
    exchanged: float
    apart: float
    merged: float
    low: float | None
    high: float | None
    machine: float | None = None
    divide_first: tuple[Segment, ...] = ()
    divide_second: tuple[Segment, ...] = ()

    @property
    def gain(self) -> float:
        """What merging would bring between the humans."""
        return self.merged - self.apart

    @property
    def sure(self) -> bool:
        """Whether the gain is above 0 with all pairs looked at allowed for."""
        return self.low is not None and self.low > 0


@dataclass(frozen=True, slots=True)
class Clinic:
    """Weak codes and pairs not divided, of two coders.

    Attributes:
        coders: The two coders.
        codes: How many codes either of them used.
        weak: Codes with a kappa below the line, or too rare to say, the weakest first.
        pairs: Pairs that meet across coders, the greatest gain first.
        looked_at: How many pairs were looked at.
    """

    coders: tuple[str, str]
    codes: int
    weak: tuple[Weakness, ...]
    pairs: tuple[Pair, ...]
    looked_at: int

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; places, never words."""
        pairs = [asdict(p) | {"gain": p.gain, "sure": p.sure} for p in self.pairs]
        weak = [asdict(w) | {"sure": w.sure} for w in self.weak]
        return {"coders": self.coders, "codes": self.codes, "pairs_looked_at": self.looked_at, "weak": weak, "pairs": pairs}


def clinic(
    matrix: CodingMatrix,
    first: str,
    second: str,
    machine: _Machine = None,
    half: Callable[[], CodingMatrix] | None = None,
) -> Clinic:
    """Look at every code of two coders.

    Args:
        matrix: Decisions of both over the units.
        first: Id of one coder.
        second: Id of the other.
        machine: Held-out probabilities and codings (n, K) of the same units, where the machine's view is wanted.
        half: Makes the matrix under the rule "half of the unit"; None where codings are whole units anyway.

    Raises:
        StudyError: There is no such coder, or the two share no unit.
    """
    i, j = rows_of(matrix, first, second, shared=True)
    data = decisions(matrix)
    per = pair_counts(data, i, j)
    kappa = cohen_kappa(per.sum(0))
    uses = per.sum(0)[:, :3].sum(-1)
    table = inventory(matrix, first, second).confusion
    strict = _half_kappa(half() if half else None, matrix.codes, first, second)
    themes = by_theme(data)
    of_theme = dict(zip(themes.codes, cohen_kappa(pair_counts(themes, i, j).sum(0)), strict=True))
    used = np.flatnonzero(uses > 0)
    joint = joint_share(per[:, None], lambda tables: cohen_kappa(tables)[0], uses)
    documents = int((per.sum((1, 2)) > 0).sum())
    weak = []
    for k in used:
        if np.isfinite(kappa[k]) and kappa[k] >= WEAK and uses[k] >= LEAST_USES:
            continue
        cells = per.sum(0)[k]
        cause, evidence, others = _cause(int(k), matrix.codes, cells, table, (kappa, strict, of_theme))
        value = float(kappa[k]) if np.isfinite(kappa[k]) else None
        ends: tuple[float | None, float | None] = None, None
        if value is not None and documents >= MIN_DOCUMENTS and uses[k] >= LEAST_USES and np.isfinite(joint.high[k]):
            ends = float(joint.low[k]), float(joint.high[k])
        weak.append(Weakness(matrix.codes[k], value, int(uses[k]), cause, evidence, others, *ends))
    weak.sort(key=lambda w: (w.cause == RARE, w.kappa if w.kappa is not None else -2.0, w.code))
    pairs, looked = _pairs(matrix, (i, j), per, table, machine)
    return Clinic((first, second), len(used), tuple(weak), pairs, looked)


def _half_kappa(matrix: CodingMatrix | None, codes: Sequence[str], first: str, second: str) -> FloatArray:
    """Kappa of each code where a coding counts only if it covers half of the unit; NaN without such a matrix."""
    if matrix is None:
        return np.full(len(codes), np.nan)
    found = cohen_kappa(pair_counts(decisions(matrix), *rows_of(matrix, first, second)).sum(0))
    at = {code: k for k, code in enumerate(matrix.codes)}
    return np.array([found[at[c]] if c in at else np.nan for c in codes])


def _cause(
    k: int, codes: Sequence[str], cells: FloatArray, table: FloatArray, kappas: tuple[FloatArray, FloatArray, dict[str, float]]
) -> tuple[str, str, tuple[str, ...]]:
    """The likeliest cause of little agreement on one code, in the order in which one would ask."""
    kappa, strict, of_theme = kappas
    both, mine, theirs = (int(c) for c in cells[:3])
    code = codes[k]
    twins = tuple(c for n, c in enumerate(codes) if n != k and _plain(c) == _plain(code))
    if twins:
        return SAME_NAME, f"{twins[0]!r} differs from it in case, spaces or theme alone", twins
    if both + mine + theirs < LEAST_USES:
        missing = LEAST_USES - (both + mine + theirs)
        return RARE, f"{counted(both + mine + theirs, 'use')}; about {missing} more would do", ()
    if min(both + mine, both + theirs) == 0:
        return SILENT, f"given {max(mine, theirs)} times by one coder and never by the other", ()
    swapped = table[k, :-1] + table[:-1, k]
    swapped[k] = 0
    other = int(np.argmax(swapped))
    if swapped[other] >= 3 and swapped[other] >= 0.3 * (mine + theirs):
        return NEIGHBOUR, f"{swapped[other]:.0f} of {mine + theirs} differences meet {_leaf(codes[other])}", (codes[other],)
    top, within = of_theme.get(theme(code), np.nan), sum(swapped[n] for n, c in enumerate(codes) if theme(c) == theme(code))
    if SEPARATOR in code and np.isfinite(kappa[k]) and top - kappa[k] >= 0.15 and within >= 0.5 * (mine + theirs):
        why = f"{within:.0f} of {mine + theirs} differences stay within its theme, whose kappa is {apa(float(top))}"
        return LEVEL, why, (theme(code),)
    if np.isfinite(strict[k]) and np.isfinite(kappa[k]) and kappa[k] - strict[k] >= 0.15:
        return BOUNDARY, f"kappa falls to {apa(float(strict[k]))} where half of the unit must be covered", ()
    left = table[k, -1] + table[-1, k]
    if left < 0.5 * (mine + theirs):
        met = f"{mine + theirs - left:.0f} of {mine + theirs} differences meet one of several other codes"
        return SCATTERED, f"{met}, {_leaf(codes[other])} most often", (codes[other],)
    return MISSED, f"in {left:.0f} of {mine + theirs} differences the other coder gave no code at all", ()


def _pairs(
    matrix: CodingMatrix, rows: tuple[int, int], per: FloatArray, table: FloatArray, machine: _Machine
) -> tuple[tuple[Pair, ...], int]:
    """Pairs of codes that meet across coders at least three times, by what merging them would bring."""
    i, j = rows
    K = len(matrix.codes)
    swapped = table[:K, :K] + table[:K, :K].T
    found = [(a, b) for a in range(K) for b in range(a + 1, K) if swapped[a, b] >= 3]
    pairs = []
    for a, b in found:
        joined = _merged(matrix, i, j, a, b)
        stacked = np.concatenate([per[:, [a, b]], joined[:, None]], axis=1)

        def gain(counts: FloatArray) -> FloatArray:
            """Kappa of the joined code less the mean of both, from counts (..., 3, 4)."""
            kappa = cohen_kappa(counts)
            return np.asarray(kappa[..., 2] - kappa[..., :2].mean(-1))

        spread = jackknife(stacked, gain)
        kappa = cohen_kappa(stacked.sum(0))
        if not np.isfinite(kappa).all():
            continue
        half = t_quantile(1 - 0.05 / len(found), spread.documents) * float(spread.se)
        known = np.isfinite(half)
        examples = [_dividing(matrix, rows, one, other, machine) for one, other in ((a, b), (b, a))]
        pairs.append(
            Pair(
                matrix.codes[a],
                matrix.codes[b],
                float(swapped[a, b]),
                float(kappa[:2].mean()),
                float(kappa[2]),
                max(float(spread.value - half), -1 - float(kappa[:2].mean())) if known else None,
                min(float(spread.value + half), 1 - float(kappa[:2].mean())) if known else None,
                _machine_gain(matrix, machine[1][:, [a, b]], rows, (a, b)) if machine else None,
                *examples,
            )
        )
    return tuple(sorted(pairs, key=lambda p: (-p.gain, p.first, p.second))), len(found)


def _merged(matrix: CodingMatrix, i: int, j: int, a: int, b: int) -> FloatArray:
    """(G, 4) counts of two codes as one."""
    both = matrix.seen[i] & matrix.seen[j]
    one, two = (matrix.Y[r][both][:, [a, b]].any(1) for r in (i, j))
    cells = np.stack([one & two, one & ~two, two & ~one, ~(one | two)], -1).astype(np.float64)
    out = np.zeros((len(matrix.documents), 4))
    np.add.at(out, matrix.groups[both], cells)
    return out


def _machine_gain(m: CodingMatrix, coded: BoolArray, rows: tuple[int, int], pair: tuple[int, int]) -> float | None:
    """What merging would bring between the machine and the two humans, on the mean of both."""
    gains = []
    for r in rows:
        mine, machine = m.Y[r][m.seen[r]][:, list(pair)], coded[m.seen[r]]
        tables = [
            np.stack([x & y, x & ~y, y & ~x, ~(x | y)], -1).astype(np.float64).sum(0)
            for x, y in ((mine, machine), (mine.any(1), machine.any(1)))
        ]
        gains.append(float(cohen_kappa(tables[1]) - cohen_kappa(tables[0]).mean()))
    return float(np.mean(gains)) if np.isfinite(gains).all() else None


def _dividing(
    matrix: CodingMatrix, rows: tuple[int, int], one: int, other: int, machine: _Machine, most: int = 2
) -> tuple[Segment, ...]:
    """Units that both coders gave one code and neither the other, those first that the machine divides best."""
    i, j = rows
    clear = matrix.Y[i][:, one] & matrix.Y[j][:, one] & ~matrix.Y[i][:, other] & ~matrix.Y[j][:, other]
    units = np.flatnonzero(clear)
    if machine is not None:
        units = units[np.argsort(machine[0][units, other] - machine[0][units, one], kind="stable")]
    return tuple(matrix.segments[u] for u in units[:most])


def _plain(path: str) -> str:
    return " ".join(_leaf(path).casefold().split())


def _leaf(path: str) -> str:
    return path.rpartition(SEPARATOR)[2]
