"""Do the findings stand: the statements of a study again under each coder and without each interview.

A finding is a sign: this code is used more than that one, these two codes meet more often than those two, this
group speaks of a code more than the other. It is computed from the agreed coding (else the mean of the human coders),
and again under each coder alone, with the documents drawn again, and without each document; and where nobody coded some
documents, over all of them from the machine's coding, corrected by what the humans coded (prediction-powered inference).
A few documents that agree by luck look sure when they are drawn again, so that chance is asked as well: how often it would
bring as much were the difference dealt out over the documents at random.

Sources: Efron, B. & Tibshirani, R. (1993). An Introduction to the Bootstrap, ch. 11 (documents as clusters) and 15
(permutation tests); Fisher, R. A. (1935). The Design of Experiments, ch. 21 (signs of paired differences);
Angelopoulos, A. N. et al. (2023). Prediction-powered inference. Science 382, 669-674.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.errors import StudyError, counted
from autocode.study.codebook import SEPARATOR
from autocode.study.matrix import BoolArray, CodingMatrix, FloatArray

STANDS, CODER, FEW = "stands", "depends on the coder", "depends on few interviews"
CLOSE, LITTLE = "too close to call", "not enough data to say"
DRAWS = 2000
SURE = 0.95  # share of the draws of documents that must have the finding's sign
LEVEL = 0.05  # share of the random deals that may bring as much, either way, where a finding stands
CONTRARY = 0.8  # share of the draws in which another coder's coding says the opposite, to call it the coder's
LEAST_USES = 5  # of the two things compared, together
FEW_INTERVIEWS = 2  # a finding that this many interviews can turn depends on them


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement of a study, and whether it stands.

    Attributes:
        kind: order (of codes within a theme), themes, link (of the code map) or group (contrast).
        text: The statement in words.
        value: The difference behind it, above 0 (uses, meetings, or share of a group's segments).
        support: Share of the draws of documents that agree, 0 to 1.
        by_coder: The difference under each coder alone, in the documents that the coder read.
        against: Coders under whom it is not above 0, though in their documents it is.
        corrected: The difference over all documents in the machine's coding, corrected by the humans; None where every
            document is coded by hand, or without a machine.
        turned_by: Documents without which the difference would vanish or turn, at most `FEW_INTERVIEWS`.
        verdict: stands, depends on the coder, depends on few interviews, too close to call, not enough data to say.
        chance: Share of the random deals over the documents that bring as great a difference, either way, 0 to 1 (times the
            pairs that it was picked from).
    """

    kind: str
    text: str
    value: float
    support: float
    by_coder: Mapping[str, float]
    corrected: float | None
    turned_by: tuple[str, ...]
    verdict: str
    against: tuple[str, ...] = ()
    chance: float = 0.0

    @property
    def why(self) -> str:
        """What the verdict rests on, in a few words."""
        if self.verdict == CODER:
            return f"not under {' and '.join(filter(None, (', '.join(self.against[:-1]), self.against[-1])))}"
        if self.verdict == FEW:
            return f"not without {' and '.join(self.turned_by)}"
        if self.verdict == LITTLE:
            return f"fewer than {LEAST_USES} uses"
        if self.verdict == CLOSE and self.corrected is not None and self.corrected <= 0 < self.value:
            return "not over all interviews, with the uncoded ones coded by the machine and corrected"
        if self.verdict == CLOSE and self.support >= SURE and self.chance > LEVEL:
            return f"chance alone would bring as much in {100 * self.chance:.0f} of 100 such studies"
        return f"in {100 * self.support:.0f} of 100 draws of interviews"


@dataclass(frozen=True, slots=True)
class Stability:
    """The findings of a study, and how many of them stand.

    Attributes:
        coders: Human coders, each of whom the findings were tried under.
        documents: How many documents are coded by hand.
        uncoded: How many more the machine coded; their share in each finding is `Finding.corrected`.
        agreed: Whether the findings are those of the agreed coding.
    """

    findings: tuple[Finding, ...]
    coders: tuple[str, ...]
    documents: int
    uncoded: int = 0
    agreed: bool = False

    def count(self, verdict: str) -> int:
        """How many findings got this verdict."""
        return sum(f.verdict == verdict for f in self.findings)

    def sentence(self) -> str:
        """A sentence for the paper."""
        said = [f for f in self.findings if f.verdict != LITTLE]
        words = {CODER: "on who coded", FEW: "on one or two interviews"}
        parts = [
            f"{self.count(v)} {'depends' if self.count(v) == 1 else 'depend'} {w}" for v, w in words.items() if self.count(v)
        ]
        if close := self.count(CLOSE):
            parts.append(f"{close} {'is' if close == 1 else 'are'} too close to call")
        if not said:
            return "Not enough data to say of any finding whether it stands."
        each = f"each of the {len(self.coders)} coders" if len(self.coders) > 1 else "one coder"
        stand = f"{self.count(STANDS) or 'none'} {'stands' if self.count(STANDS) < 2 else 'stand'}"
        told = f"Of {counted(len(said), 'finding')}{' of the agreed coding' if self.agreed else ''}, {stand} under {each}"
        whole = f", over all {self.documents + self.uncoded} interviews" if self.uncoded else ""
        tail = f"; {', '.join(parts)}" if parts else ""
        coded = f"{self.documents} coded" if self.uncoded else f"{self.documents}"
        return f"{told}{whole} and whichever of the {coded} interviews is left out{tail}."

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        rows = [asdict(f) | {"by_coder": dict(f.by_coder), "why": f.why} for f in self.findings]
        of = {"coders": list(self.coders), "documents": self.documents, "uncoded": self.uncoded, "agreed": self.agreed}
        return {**of, "sentence": self.sentence(), "findings": rows}


def stability(
    matrix: CodingMatrix,
    groups: Mapping[str, str] | None = None,
    machine: BoolArray | None = None,
    most: int = 60,
    agreed: str = "",
) -> Stability:
    """Say of each finding of a study whether it stands.

    Args:
        matrix: The human coders' decisions (and the agreed coding's) over the units.
        groups: Group of each document by its id, for contrasts between groups; documents not named are left out.
        machine: (n, K) the machine's coding of the same units, documents that nobody coded among them
            (`autocode.evaluate.beside_all`).
        most: Findings of each kind at most, those with the most uses first.
        agreed: Id of the agreed coding among the coders: where it stands, findings are its own.

    Raises:
        StudyError: Nothing is coded, or fewer than two documents are.
    """
    by_hand = np.unique(matrix.groups[matrix.seen.any(0)])
    if len(by_hand) < 2 or not matrix.Y.any():
        why = "it compares documents, and fewer than two are coded"
        raise StudyError("stability", why, "Code a second document, then run it again.")
    present = by_hand if machine is None else np.unique(matrix.groups)
    uncoded = len(present) - len(by_hand)
    sums = _sums(matrix, machine if uncoded else None, agreed)
    coded = np.isin(present, by_hand)
    documents = tuple(matrix.documents[g] for g in present)
    of_group = np.array([(groups or {}).get(d, "") for d in documents])
    coders = tuple(c for c in matrix.coders if c != agreed) or (agreed,)
    tried = coders if len(coders) > 1 or agreed not in ("", *coders) else ()
    counts = _Counts(documents, sums[:, :, present], of_group, coded, tried, bool(uncoded))
    drawn = np.random.default_rng(0).multinomial(len(by_hand), np.full(len(by_hand), 1 / len(by_hand)), size=DRAWS)
    weights = np.zeros((DRAWS, len(present)))
    weights[:, coded] = drawn
    made = tuple(_finding(statement, counts, weights) for statement in _statements(matrix, counts, most))
    return Stability(made, coders, len(by_hand), uncoded, agreed not in ("", *coders))


@dataclass(frozen=True, slots=True)
class _Counts:
    """Sums by document: `sums[s, m, g]` of measure m by source s (base, coders ..., machine, its excess where checked).

    Attributes:
        coded: (G,) which documents somebody coded.
        coders: Coders under whom a finding is tried again; none where there is one coding only.
        checked: Whether the machine's two sources are there.
    """

    documents: tuple[str, ...]
    sums: FloatArray
    of_group: Any
    coded: BoolArray
    coders: tuple[str, ...]
    checked: bool


def _sums(matrix: CodingMatrix, machine: BoolArray | None, agreed: str) -> FloatArray:
    """(S, M, G) sums by document: K codes, then K(K-1)/2 meetings, then the themes, then the units seen.

    Sources: the agreed coding of a unit, else the mean of the coders who saw it; each coder alone; the machine over all
    units; the machine less the first source where both are known (what is subtracted from the machine to correct it).
    """
    G, K = len(matrix.documents), len(matrix.codes)
    pairs = list(combinations(range(K), 2))
    themes = [[k for k, c in enumerate(matrix.codes) if c.partition(SEPARATOR)[0] == t] for t in _themes(matrix.codes)]
    people = [r for r, c in enumerate(matrix.coders) if c != agreed]
    shares = np.zeros(matrix.seen.shape)
    shares[people] = matrix.seen[people] / np.maximum(matrix.seen[people].sum(0), 1)
    for r in (r for r in range(len(matrix.coders)) if r not in people):
        shares[:, matrix.seen[r]] = 0.0
        shares[r] = matrix.seen[r]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    order = np.argsort(matrix.groups, kind="stable")
    rows_of = np.split(order, np.searchsorted(matrix.groups[order], np.arange(1, G)))

    def measures(Y: BoolArray, weight: NDArray[Any]) -> FloatArray:
        """Document by document: pairs of codes in all units at once would be units times codes squared."""
        out = np.zeros((K + len(pairs) + len(themes) + 1, G))
        for g, rows in enumerate(rows_of):
            given, w = Y[rows].astype(np.float64), weight[rows]
            together = (given * w[:, None]).T @ given
            whole = [w @ given[:, t].any(1) for t in themes]
            out[:, g] = np.concatenate([w @ given, together[first, second], whole, [w.sum()]])
        return out

    each = [measures(matrix.Y[r], matrix.seen[r].astype(np.float64)) for r in people]
    mean = np.sum([measures(matrix.Y[r], np.asarray(shares[r])) for r in range(len(matrix.coders))], axis=0)
    found = [np.asarray(mean), *each]
    if machine is not None:
        known = np.asarray(matrix.seen.any(0)).astype(np.float64)
        found.append(measures(machine, np.ones(len(machine))))
        found.append(measures(machine, known) - found[0])
    return np.stack(found)


def _themes(codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c.partition(SEPARATOR)[0] for c in codes))


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement before it is weighed.

    Attributes:
        per: (S, G, 2) counts compared, by source and document; (S, G, 4) counts and units of two groups.
        uses: Uses behind it.
        picked_from: Pairs that this one was picked from: what is asked of draws and deals is stricter by that.
    """

    kind: str
    text: str
    per: FloatArray
    uses: float
    picked_from: int = 1


def _statements(matrix: CodingMatrix, counts: _Counts, most: int) -> Iterator[_Statement]:
    """Every statement of the study, by kind."""
    codes, K = matrix.codes, len(matrix.codes)
    pairs = list(combinations(range(K), 2))
    sums = counts.sums
    total = sums[0].sum(1)
    names = _themes(codes)
    start = K + len(pairs)

    def compared(i: int, j: int) -> FloatArray:
        """(documents, 2) columns i and j of the sums, side by side."""
        return np.stack([sums[:, i], sums[:, j]], axis=-1)

    for theme in names:
        members = sorted((k for k in range(K) if codes[k].partition(SEPARATOR)[0] == theme), key=lambda k: (-total[k], k))
        for a, b in list(pairwise(members))[:most]:
            text = f"{_leaf(codes[a])} is coded more often than {_leaf(codes[b])} ({theme})"
            yield _Statement("order", text, compared(a, b), total[a] + total[b])
    if len(names) > 1:
        whole = {c.partition(SEPARATOR)[0] for c in codes if SEPARATOR in c}  # those of them that are themes; others are codes
        order = sorted(range(len(names)), key=lambda t: (-total[start + t], t))
        for a, b in list(pairwise(order))[:most]:
            text = f"{'the theme ' if names[a] in whole else ''}{names[a]} is coded more often than {names[b]}"
            uses, kind = total[start + a] + total[start + b], "themes" if whole & {names[a], names[b]} else "order"
            yield _Statement(kind, text, compared(start + a, start + b), uses)
    links = sorted((p for p in range(len(pairs)) if total[K + p] > 0), key=lambda p: (-total[K + p], p))[:6]
    for a, b in pairwise(links):
        first, second = (" with ".join(_leaf(codes[k]) for k in pairs[p]) for p in (a, b))
        text = f"{first} meet more often than {second}"
        yield _Statement("link", text, compared(K + a, K + b), total[K + a] + total[K + b])
    yield from _contrasts(codes, counts, most)


def _contrasts(codes: Sequence[str], counts: _Counts, most: int) -> Iterator[_Statement]:
    """Codes of which one group speaks more, by share of its units; the group with most against the one with least."""
    known = counts.of_group[counts.coded].tolist()
    present = [g for g in dict.fromkeys(known) if g and known.count(g) >= 2]
    if len(present) < 2:
        return
    units, rows = counts.sums[0, -1], []
    pairs = len(present) * (len(present) - 1) // 2
    for k, code in enumerate(codes):
        of = {g: counts.of_group == g for g in present}
        shares = {g: counts.sums[0, k][of[g]].sum() / n if (n := units[of[g]].sum()) else 0.0 for g in present}
        high, low = max(present, key=lambda g: shares[g]), min(present, key=lambda g: shares[g])
        rows.append((shares[high] - shares[low], k, code, high, low))
    for _, k, code, high, low in sorted(rows, key=lambda r: (-r[0], r[1]))[:most]:
        parts = [np.where(counts.of_group == g, counts.sums[:, m], 0.0) for g in (high, low) for m in (k, -1)]
        text = f"{high} speak of {_leaf(code)} more than {low}"
        yield _Statement("group", text, np.stack(parts, axis=-1), float(counts.sums[0, k].sum()), pairs)


def _leaf(path: str) -> str:
    return path.rpartition(SEPARATOR)[2]


def _difference(sums: FloatArray) -> FloatArray:
    """(..., 2) counts -> their difference; (..., 4) counts and units of two groups -> difference of shares."""
    if sums.shape[-1] == 2:
        return np.asarray(sums[..., 0] - sums[..., 1])
    return np.asarray(sums[..., 0] / np.maximum(sums[..., 1], 1) - sums[..., 2] / np.maximum(sums[..., 3], 1))


def _finding(statement: _Statement, counts: _Counts, weights: FloatArray) -> Finding:
    """Weigh one statement; its sources are the base first, then each coder, then the machine's two rows."""
    per, documents = statement.per, counts.documents
    value = float(_difference(per[0].sum(0)))
    draws = _difference(weights @ per[0])
    support = float(((draws > 0) + 0.5 * (draws == 0)).mean())
    by_coder = {c: float(_difference(per[1 + r].sum(0))) for r, c in enumerate(counts.coders)}
    chance = min(1.0, statement.picked_from * _by_chance(per[0], value))
    sure = support >= 1 - (1 - SURE) / statement.picked_from and chance <= LEVEL
    corrected = _corrected(statement, counts) if counts.checked else None
    turned = _turned_by(per[0], documents)
    # A coder who read other documents than the rest may say otherwise of these, and not as a coder.
    against = [
        r for r, v in enumerate(by_coder.values()) if v <= 0 < float(_difference(per[0][counts.sums[1 + r, -1] > 0].sum(0)))
    ]
    contrary = any((_difference(weights @ per[1 + r]) < 0).mean() >= CONTRARY for r in against)
    if statement.uses < LEAST_USES:
        verdict = LITTLE
    elif contrary and value > 0:
        verdict = CODER
    elif turned and not sure:
        verdict = FEW if _carried(per[0], turned, counts) else CLOSE
    elif not sure or value <= 0:
        verdict = CLOSE
    else:
        verdict = CODER if against else FEW if turned else STANDS
        if verdict == STANDS and corrected is not None and corrected <= 0:
            verdict = CLOSE
    named = tuple(counts.coders[r] for r in against)
    return Finding(statement.kind, statement.text, value, support, by_coder, corrected, turned, verdict, named, chance)


def _by_chance(per: FloatArray, value: float) -> float:
    """Share of random deals that bring as great a difference: of two counts each document's sign is drawn; of two groups
    which of their documents are whose."""
    rng = np.random.default_rng(0)
    if per.shape[-1] == 2:
        each = _difference(per)
        each = each[each != 0]
        dealt = rng.choice((-1.0, 1.0), (DRAWS, len(each))) @ each
    else:
        both = per[(per[:, 1] > 0) | (per[:, 3] > 0)]
        count, units, first = both[:, 0] + both[:, 2], both[:, 1] + both[:, 3], int((both[:, 1] > 0).sum())
        order = rng.random((DRAWS, len(both))).argsort(1)
        high, low = order[:, :first], order[:, first:]
        dealt = _difference(np.stack([column[side].sum(1) for side in (high, low) for column in (count, units)], -1))
    return float((1 + (np.abs(dealt) >= abs(value) - 1e-9).sum()) / (DRAWS + 1))


def _turned_by(per: FloatArray, documents: Sequence[str]) -> tuple[str, ...]:
    """The fewest documents, at most `FEW_INTERVIEWS`, without which the difference is no longer above 0."""
    left, out = per.sum(0), []
    gone = np.zeros(len(per), dtype=bool)
    for _ in range(FEW_INTERVIEWS):
        without = np.where(gone, np.inf, _difference(left[None] - per))
        g = int(np.argmin(without))
        out.append(documents[g])
        gone[g] = True
        left = left - per[g]
        if without[g] <= 0:
            return tuple(out)
    return ()


def _corrected(statement: _Statement, counts: _Counts) -> float:
    """The difference over all documents: what the machine says, less its excess where checked, scaled to all units.

    The excess is known on n of N units and stands for all of them, so that it is scaled by N / n (of each group, where
    groups are compared).
    """
    machine, excess = (statement.per[s].sum(0) for s in (-2, -1))
    if statement.per.shape[-1] == 2:
        scale = np.full(2, counts.sums[-2, -1].sum() / max(1.0, counts.sums[0, -1].sum()))
    else:
        known = np.maximum(statement.per[0].sum(0), 1.0)
        scale = np.array([machine[1] / known[1], 1.0, machine[3] / known[3], 1.0])
    return float(_difference(machine - scale * excess))


def _carried(per: FloatArray, turned: Sequence[str], counts: _Counts) -> bool:
    """Whether the documents named carry the difference, as against one that is small in all of them.

    The difference is then several times what a typical other document brings.
    """
    rest = ~np.isin(np.array(counts.documents), list(turned)) & counts.coded
    value = float(_difference(per.sum(0)))
    typical = float(np.median(np.abs(_difference(per[rest])))) if rest.any() else 0.0
    return value > 3 * max(typical, 0.5 if per.shape[-1] == 2 else 0.0)
