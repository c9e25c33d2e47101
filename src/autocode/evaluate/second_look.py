"""Second look: the codings that a team would probably decide otherwise, from held-out predictions alone.

For each coder and code, the chance that this coder codes a unit is taken from models that have not seen the
unit's document, from what the other coders decided there, and from the coder's own rate for the code (pooled
over codes with few uses). A coding at a small chance, and a unit left alone at a great one, stand out.

What stands out is not an error. Three readings are kept apart: a `slip` (nothing else speaks for it), `drift`
(the coder's rate at equal chance changed over the order of the documents) and `difference` (the coders differ
steadily about this code, so the codebook should be discussed, not the coding changed).

Sources: Northcutt, C., Jiang, L. & Chuang, I. (2021). Confident learning. Journal of Artificial Intelligence
Research 70, 1373-1411; Mjaaland et al. (2025), arXiv 2508.19836 (old codings audited by embeddings). The share
of planted slips found is measured in `benchmarks/second_look.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autocode.agreement.judgement.plan import logistic
from autocode.errors import StudyError
from autocode.study import Segment, Study
from autocode.study.matrix import BoolArray, CodingMatrix, FloatArray, IntArray

SLIP, DRIFT, DIFFERENCE = "slip", "drift", "difference"
LIST = 30
"""How many decisions of one coder are listed at most."""

SLIP_RATE = 0.03
"""Share of a coder's codings taken to be slips when chances are turned into an order; audits find 2 to 5%."""

WORTH_A_LOOK = 0.1
"""Decisions are listed from this probability of being a slip on."""

LEAST_USES = 3  # of a code by the coder, in two documents, before its decisions are looked at
TESTED_USES = 10  # before drift in one code, or a steady difference about it, is tested
LEVEL = 0.05  # of both tests, after Holm's correction for the codes looked at
DRAWS = 999  # orders of the documents drawn for the test of drift


@dataclass(frozen=True, slots=True)
class Look:
    """One decision of a coder worth a second look; it holds no words of the text.

    Attributes:
        segment: The unit.
        code: Path of the code.
        coder: Id of the coder.
        coded: Whether the coder gave the code ("taken away?"); else it was left out ("added?").
        chance: Chance that this coder codes the unit, as other documents and other coders have it.
        slip: Probability that the decision is a slip, at the slip rate assumed.
        others: How many of the other coders who saw the unit gave the code, and how many saw it.
        kind: slip, drift or difference.
    """

    segment: Segment
    code: str
    coder: str
    coded: bool
    chance: float
    slip: float
    others: tuple[int, int]
    kind: str = SLIP

    @property
    def question(self) -> str:
        """What to ask oneself: `taken away?` of a code given, `added?` of a code left out."""
        return "taken away?" if self.coded else "added?"


@dataclass(frozen=True, slots=True)
class Trend:
    """Whether a coder's rate at equal chance changes over the order of the documents.

    Attributes:
        code: Path of the code, "" for all codes together.
        later_more: Codes more often in later documents than in earlier ones.
        p: Of a permutation test over the order of the documents; by code after Holm's correction.
    """

    code: str
    later_more: bool
    p: float


@dataclass(frozen=True, slots=True)
class Steady:
    """A steady difference between two coders about one code.

    Attributes:
        code: Path of the code.
        other: The other coder.
        more: The coder gives it more often than the other.
        uses: Units that one of the two coded and the other did not.
        p: By documents as clusters, after Holm's correction for all codes and other coders.
    """

    code: str
    other: str
    more: bool
    uses: int
    p: float


@dataclass(frozen=True, slots=True)
class CoderLook:
    """What one coder should look at again.

    Attributes:
        coder: Id of the coder.
        looks: At most `LIST`, the likeliest slip first.
        codings: Units times codes that the coder gave, of the codes looked at.
        codes: How many codes had enough uses, and how many the coder used at all.
        standing_out: How many decisions look like slips in all, listed or not.
        by_chance: How many would as much as those listed, if the coder decided by these chances and there were no slip.
        trend: Over all codes; None where there are too few documents to say.
        drifting: Codes with a trend of their own.
        steady: Codes about which the coder and another differ steadily.
    """

    coder: str
    looks: tuple[Look, ...]
    codings: int
    codes: tuple[int, int]
    standing_out: int = 0
    by_chance: float = 0.0
    trend: Trend | None = None
    drifting: tuple[Trend, ...] = ()
    steady: tuple[Steady, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; places, never words."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SecondLook:
    """The second look at every coder of a study."""

    coders: tuple[CoderLook, ...]
    documents: int

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; places, never words."""
        return {"documents": self.documents, "coders": [c.to_json() for c in self.coders]}

    def table(self, study: Study) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        """Header and rows of every decision listed, with its words."""
        rows: list[tuple[object, ...]] = [
            (
                x.coder,
                x.segment.document,
                x.segment.id,
                x.code,
                int(x.coded),
                x.question,
                x.kind,
                x.chance,
                x.slip,
                f"{x.others[0]} of {x.others[1]}",
                study.by_id[x.segment.document].text_of(x.segment),
            )
            for look in self.coders
            for x in look.looks
        ]
        header = ("coder", "document", "segment", "code", "coded", "question", "kind", "chance", "slip", "others", "text")
        return header, rows


def second_look(matrix: CodingMatrix, P: FloatArray, coders: Iterable[str] | None = None, most: int = LIST) -> SecondLook:
    """List each coder's decisions that this team would probably make otherwise.

    Args:
        matrix: Decisions of the coders over n units and K codes.
        P: (n, K) held-out probabilities of a machine that learnt from these coders (`autocode.evaluate.hold_out`).
        coders: Ids of the coders to look at; None takes all of them.
        most: How many decisions to list for one coder.

    Raises:
        StudyError: There is one document only, or no such coder.
    """
    if len(np.unique(matrix.groups)) < 2:
        raise StudyError(
            "second look", "it compares documents, and only one is coded", "Code a second document, then run it again."
        )
    wanted = tuple(coders) if coders is not None else matrix.coders
    for coder in wanted:
        if coder not in matrix.coders:
            raise StudyError(f"coder '{coder}'", f"the coders are {', '.join(matrix.coders)}", "Name one of these.")
    return SecondLook(tuple(_look(matrix, P, matrix.coders.index(c), most) for c in wanted), len(np.unique(matrix.groups)))


def _look(matrix: CodingMatrix, P: FloatArray, row: int, most: int) -> CoderLook:
    units = np.flatnonzero(matrix.seen[row])
    given = matrix.Y[row][units]
    in_documents = np.array([len(np.unique(matrix.groups[units[given[:, k]]])) for k in range(given.shape[1])])
    enough = np.flatnonzero((given.sum(0) >= LEAST_USES) & (in_documents >= 2))
    used = int((given.sum(0) > 0).sum())
    if not len(enough):
        return CoderLook(matrix.coders[row], (), 0, (0, used))
    rest = [r for r in range(len(matrix.coders)) if r != row]
    saw = matrix.seen[rest][:, units]
    yes = (matrix.Y[rest][:, units] & saw[:, :, None]).sum(0)[:, enough]
    y = given[:, enough]
    q = coder_chances(np.asarray(P[units][:, enough], np.float64), y, yes, saw.sum(0))
    trend, drifting = _drift(y, q, matrix.groups[units])
    steady = _steady(matrix, row, rest, enough)
    names = [matrix.codes[k] for k in enough]
    slip = slip_probability(y, q)
    looks = []
    for place in np.argsort(-slip, axis=None, kind="stable")[:most]:
        u, k = divmod(int(place), len(enough))
        if slip[u, k] < WORTH_A_LOOK:
            break
        kind = _kind(names[k], bool(y[u, k]), matrix.groups[units[u]], matrix.groups, [drifting, names, steady])
        looks.append(
            Look(
                matrix.segments[units[u]],
                names[k],
                matrix.coders[row],
                bool(y[u, k]),
                float(q[u, k]),
                float(slip[u, k]),
                (int(yes[u, k]), int(saw[:, u].sum())),
                kind,
            )
        )
    found = tuple(Trend(names[k], more, p) for k, more, p in drifting)
    share = SLIP_RATE * max(1, int(y.sum())) / y.size
    cut = min((x.slip for x in looks), default=WORTH_A_LOOK) if len(looks) == most else WORTH_A_LOOK
    left, given = (slip_odds(q, share, coded) >= cut / (1 - cut) for coded in (False, True))
    by_chance = float(((1 - q) * left + q * given).sum())
    out = int((slip >= WORTH_A_LOOK).sum())
    return CoderLook(matrix.coders[row], tuple(looks), int(y.sum()), (len(enough), used), out, by_chance, trend, found, steady)


def coder_chances(P: FloatArray, y: BoolArray, yes: IntArray, saw: IntArray) -> FloatArray:
    """The chance (n, K) that one coder gives each code to each unit.

    A logistic regression over all units and codes on the held-out log-odds and on what the other coders
    decided, with an offset for each code that is shrunk to the coder's common rate (a normal prior of
    standard deviation 1 on the log-odds), so that a code with few uses borrows from the others.

    Args:
        P: (n, K) held-out probabilities.
        y: (n, K) what the coder decided.
        yes: (n, K) how many of the other coders gave the code.
        saw: (n,) how many of them saw the unit; 0 everywhere for a single coder.
    """
    P = np.clip(P, 1e-6, 1 - 1e-6)
    odds = np.log(P / (1 - P))
    met = np.broadcast_to((saw > 0)[:, None], odds.shape)
    share = np.where(met, yes / np.maximum(saw, 1)[:, None], 0.0)
    columns = [np.ones_like(odds), odds]
    if met.any():
        columns += [share, share * odds]
    if met.any() and not met.all():
        columns += [met.astype(np.float64)]
    X, target = np.stack([c.ravel() for c in columns], 1), y.ravel().astype(np.float64)
    weights = logistic(X, target, np.full(X.shape[1], 0.01))
    common, offset = (X @ weights).reshape(odds.shape), np.zeros(odds.shape[1])
    for _ in range(20):
        q = _expit(common + offset)
        offset += ((y - q).sum(0) - offset) / ((q * (1 - q)).sum(0) + 1.0)
    return _expit(common + offset)


def _expit(x: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -40, 40))))


def slip_probability(y: BoolArray, q: FloatArray, rate: float = SLIP_RATE) -> FloatArray:
    """Probability (n, K) that a decision is a slip, where `rate` of the codings were dropped and as many added by chance.

    Bayes' rule: a code left out is a slip with odds rate q / (1 - q); a code given is one with odds
    a (1 - q) / q, a being the chance of a coding added anywhere. So a coding is doubted only where its
    chance is as small as that of any unit whatever.
    """
    added = rate * max(1, int(y.sum())) / y.size
    odds = np.where(y, slip_odds(q, added, True), slip_odds(q, added, False, rate))
    return np.asarray(odds / (1 + odds))


def slip_odds(q: FloatArray, added: float, coded: bool, rate: float = SLIP_RATE) -> FloatArray:
    """Odds (n, K) that a decision is a slip, if the code was given (`coded`) or left out; see `slip_probability`."""
    return np.asarray(added * (1 - q) / q if coded else rate * q / (1 - q))


def _holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given."""
    adjusted, worst = [0.0] * len(p), 0.0
    for rank, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        worst = max(worst, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = worst
    return adjusted


def _drift(y: BoolArray, q: FloatArray, groups: IntArray) -> tuple[Trend | None, list[tuple[int, bool, float]]]:
    """Trend of the residuals over the documents in their order: of all codes, and of codes used often enough."""
    present, where = np.unique(groups, return_inverse=True)
    if len(present) < 6:
        return None, []
    residual = np.zeros((len(present), y.shape[1]))
    np.add.at(residual, where, y - q)
    order = np.arange(len(present)) - (len(present) - 1) / 2
    often = np.flatnonzero(y.sum(0) >= TESTED_USES)
    series = np.concatenate([residual.sum(1, keepdims=True), residual[:, often]], axis=1)
    series = series - series.mean(0)
    found = order @ series
    rng = np.random.default_rng(0)
    drawn = np.stack([rng.permutation(order) for _ in range(DRAWS)]) @ series
    p = (1 + (np.abs(drawn) >= np.abs(found) - 1e-12).sum(0)) / (DRAWS + 1)
    each = _holm(p[1:].tolist())
    drifting = [(int(k), bool(found[1 + i] > 0), each[i]) for i, k in enumerate(often) if each[i] < LEVEL]
    return Trend("", bool(found[0] > 0), float(p[0])), drifting


def _steady(m: CodingMatrix, row: int, rest: Sequence[int], codes: IntArray) -> tuple[Steady, ...]:
    """Codes that the coder gives more often, or less, than another, with documents as clusters (a sign-flip test).

    Holm's correction is for all codes and all other coders at once: beside many coders, some difference would else be found.
    """
    rng = np.random.default_rng(0)
    signs, found, p = rng.choice((-1.0, 1.0), size=(4 * DRAWS, len(m.documents))), [], []
    for other in rest:
        both = m.seen[row] & m.seen[other]
        mine, theirs = (m.Y[r][both][:, codes] for r in (row, other))
        excess = np.zeros((len(m.documents), len(codes)))
        np.add.at(excess, m.groups[both], mine.astype(np.float64) - theirs)
        uses, total = (mine ^ theirs).sum(0), excess.sum(0)
        for k in np.flatnonzero(uses >= TESTED_USES):
            found.append((other, int(k), bool(total[k] > 0), int(uses[k])))
            p.append(float((1 + (np.abs(signs @ excess[:, k]) >= abs(total[k]) - 1e-12).sum()) / (len(signs) + 1)))
    return tuple(
        Steady(m.codes[codes[k]], m.coders[other], more, uses, each)
        for (other, k, more, uses), each in zip(found, _holm(p), strict=True)
        if each < LEVEL
    )


def _kind(code: str, coded: bool, group: int, groups: IntArray, known: Sequence[Any]) -> str:
    """A decision that goes the way of a steady difference, or of a drift, is no slip."""
    drifting, names, steady = known
    if any(s.code == code and s.more == coded for s in steady):
        return DIFFERENCE
    late = group > np.median(np.unique(groups))
    if any(names[k] == code and (more == late) == coded for k, more, _ in drifting):
        return DRIFT
    return SLIP
