"""All codes at once: coded at all, which code, sets of codes, many coders, and what shares refer to.

Beside the coefficients of each code: two coders may agree well on what is worth coding and poorly on
the code, or the other way round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import all_rows, coder_pairs
from autocode.agreement.coefficients.nominal import (
    Terms,
    brennan_prediger_of_many,
    conger_kappa,
    fleiss_kappa,
    gwet_ac_of_many,
    light_kappa,
    percent_of_many,
    terms,
)
from autocode.agreement.counts import (
    Decisions,
    both_coded,
    by_document,
    check_coders,
    cluster,
    coded_at_all,
    denominators,
    relevant,
)
from autocode.agreement.estimate import AgreementOptions, Estimate
from autocode.agreement.intervals import Evidence, fisher, spread
from autocode.agreement.rows import Findings, Measure, Row, estimates
from autocode.errors import counted
from autocode.study.matrix import BoolArray, FloatArray, IntArray


def summary(data: Decisions, options: AgreementOptions | None = None) -> list[Measure]:
    """Agreement of the humans over all codes, in the order in which it should be read.

    Machines are left out where two humans remain. Sets of codes and the coefficients of many coders
    count units, so they are left out where units are stretches of text of different lengths.

    Raises:
        StudyError: One coder only, or coders who share no unit.

    Example:
        >>> Y = np.array([[[1, 0], [0, 1], [1, 0], [0, 0]], [[1, 0], [0, 1], [0, 1], [0, 0]]])
        >>> data = Decisions.of(Y)
        >>> [(m.name, m.estimate.value) for m in summary(data)[:2]]
        [('units that two coders saw', 4.0), ('of these, coded by anyone', 3.0)]
    """
    chosen = options or AgreementOptions()
    humans = among(data, chosen.machines)
    check_coders(humans)
    found = [*_shares(humans), *_means(humans), *_at_all(humans, chosen)]
    humans = cluster(humans, dict(chosen.clusters))
    if not humans.adjacent:
        found += [*_sets(humans, chosen), *_many(humans)]
    return found


def among(data: Decisions, machines: tuple[str, ...]) -> Decisions:
    """The decisions of the humans; of all coders where fewer than two are human."""
    rows = [r for r, coder in enumerate(data.coders) if coder not in machines]
    if len(rows) < 2:
        return data
    return Decisions(
        tuple(data.coders[r] for r in rows), data.codes, data.documents, data.groups, data.Y[rows], data.seen[rows], data.weight
    )


def _shares(data: Decisions) -> Iterator[Measure]:
    """What a percentage can refer to: all that two coders saw, what anyone coded, documents opened."""
    counts = denominators(data)
    what = "characters" if data.adjacent else "units"
    yield Measure("Denominators", f"{what} that two coders saw", Estimate(float(counts["units"])), "")
    yield Measure("Denominators", "of these, coded by anyone", Estimate(float(counts["units_coded_by_any"])), "")
    yield Measure("Denominators", "documents that two coders opened", Estimate(float(counts["documents"])), "")


def _means(data: Decisions) -> Iterator[Measure]:
    """Unweighted means over the codes whose coefficient the table shows: defined, and given to more than 3 units."""
    rows = _all_pairs(data, AgreementOptions())[1:]
    for name, found in (("kappa", [r.kappa for r in rows]), ("alpha", [r.alpha for r in rows])):
        values = [e.value for e in found if e.value is not None and e.shown]
        mean = Estimate(float(np.mean(values))) if values else Estimate(None, reason="no_variance")
        yield Measure(
            "Mean over codes", f"mean {name}", mean, (f"{len(values)} of {counted(len(rows), 'code')} (4 uses or more)")
        )


def _at_all(data: Decisions, options: AgreementOptions) -> Iterator[Measure]:
    """Whether a unit is coded at all, whichever the code."""
    plain = AgreementOptions(confidence=options.confidence, clusters=options.clusters, interval=options.interval)
    row = _all_pairs(cluster(coded_at_all(data), dict(options.clusters)), plain)[1]
    for name, estimate in (("kappa", row.kappa), ("alpha", row.alpha), ("positive agreement", row.positive)):
        yield Measure("Coded at all", name, estimate, "all characters" if data.adjacent else "all units")


def _all_pairs(data: Decisions, options: AgreementOptions) -> list[Row]:
    """The rows of all pairs of coders, taken as humans: pooled, then each code."""
    return all_rows(data, [pair for pair in coder_pairs(data, ()) if pair.documents], options)


def _sets(data: Decisions, options: AgreementOptions) -> Iterator[Measure]:
    """The set of codes of a unit: on all units, on those anyone coded, on those all coded."""
    scopes = {"all units": data, "units coded by anyone": relevant(data), "units all coders coded": both_coded(data)}
    for scope, part in scopes.items():
        found = set_agreement(part, options.confidence)
        if not found.units:  # units were seen by two coders, else nothing were compared at all
            why = "none_all_coded" if scope.startswith("units all") else "no_positives"
            nothing = Estimate(None, reason=why)
            found = SetAgreement(0, nothing, nothing, nothing)
        about = "Which code" if scope.startswith("units all") else "Sets of codes"
        over = f"{scope} ({found.units:,})"
        yield Measure(about, "alpha, MASI distance", found.masi, over)
        yield Measure(about, "alpha, Jaccard distance", found.jaccard, over)
        yield Measure(about, "share with the same codes", found.exact, over)


@dataclass(frozen=True, slots=True)
class SetAgreement:
    """Agreement on sets of codes.

    Attributes:
        units: Units that two coders or more saw.
        masi: Krippendorff's alpha with MASI distance (Passonneau 2006).
        jaccard: Krippendorff's alpha with Jaccard distance.
        exact: Mean share of coder pairs with the very same set.
    """

    units: int
    masi: Estimate
    jaccard: Estimate
    exact: Estimate


def set_agreement(data: Decisions, confidence: float = 0.95) -> SetAgreement:
    """Alpha over sets of codes, with intervals over documents.

    On all units it tells mostly whether coders code at all; give it `both_coded(data)` for which code they choose.

    Example:
        >>> Y = np.array([[[1, 0], [0, 1], [1, 0], [0, 0]], [[1, 0], [0, 1], [0, 1], [0, 0]]])
        >>> found = set_agreement(Decisions.of(Y))
        >>> round(found.masi.value, 3), found.exact.value
        (0.667, 0.75)
    """
    shared = data.select(data.seen.sum(0) >= 2)
    if not len(shared.groups):
        nothing = Estimate(None, reason="no_pairs")
        return SetAgreement(0, nothing, nothing, nothing)
    index, sets = distinct_sets(shared)
    m = shared.seen.sum(0)
    same, pairs = np.zeros(len(m)), list(combinations(range(len(data.coders)), 2))
    for i, j in pairs:
        same += (index[i] == index[j]) & shared.seen[i] & shared.seen[j]
    exact = Estimate(float((2 * same / (m * (m - 1))).mean()))
    if len(sets) > MOST_SETS:
        many = Estimate(None, reason="many_sets")
        return SetAgreement(len(m), many, many, exact)
    masi, jaccard = (_set_alpha(shared, index, sets, likeness, confidence) for likeness in (masi_likeness, jaccard_likeness))
    return SetAgreement(len(m), masi, jaccard, exact)


def distinct_sets(data: Decisions) -> tuple[IntArray, BoolArray]:
    """(R, n) index of each coder's set of codes on each unit, and the (S, K) distinct sets."""
    R, n, K = data.Y.shape
    rows = data.Y.reshape(R * n, K)
    packed = np.packbits(rows, axis=1) if K else np.zeros((R * n, 1), np.uint8)
    whole = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, first, index = np.unique(whole, return_index=True, return_inverse=True)
    return index.reshape(R, n).astype(np.int64), np.asarray(rows[first])


Likeness = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
"""From the sizes of the common part and of both sets, none of it empty, to 1 - distance."""


def jaccard_likeness(common: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Jaccard: the common codes among all of both."""
    return common / (first + second - common)


def masi_likeness(common: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """MASI (Passonneau 2006): Jaccard, times 1 for equal sets, 2/3 for one within the other, 1/3 for an overlap."""
    alike = np.where(common == np.minimum(first, second), 2.0, 1.0)
    return jaccard_likeness(common, first, second) * np.where((common == first) & (common == second), 1.0, alike / 3)


def _set_alpha(data: Decisions, index: IntArray, sets: BoolArray, likeness: Likeness, confidence: float) -> Estimate:
    """Alpha from the sums of each document: sets given, and distances within units.

    Only sets with a common code are alike at all, so likeness, not distance, is what is summed: sparse products.
    """
    from scipy.sparse import csr_array

    documents, place = np.unique(data.groups, return_inverse=True)
    G, S, sizes = len(documents), len(sets), sets.sum(1).astype(np.float64)
    X = csr_array(sets.astype(np.float64))
    coder, unit = np.nonzero(data.seen)
    given = csr_array((np.ones(len(unit)), (place[unit], index[coder, unit])), shape=(G, S))
    given.sum_duplicates()
    n = np.asarray(given.sum(axis=0))
    empty = sizes == 0
    alike = np.where(empty, n, 0.0)  # to each set, what all sets given are alike to it
    for at in range(0, S, ROWS):
        rows = X[at : at + ROWS]
        alike[at : at + ROWS] += _likenesses(rows, X, sizes[at : at + ROWS], sizes, likeness) @ n
    ends = zip(given.indptr[:-1], given.indptr[1:], strict=True)
    within = [_own(given.indices[a:b], given.data[a:b], sets, likeness) for a, b in ends]
    apart = by_document(_distances(data, index, sets, likeness)[:, None], place, G)[:, 0]
    size = np.asarray(given.sum(axis=1))
    counts = np.r_[n.sum(), n.sum() - size]
    common = n @ alike - np.r_[0.0, 2 * (given @ alike) - np.array(within)]
    expected, observed = counts**2 - common, apart.sum() - np.r_[0.0, apart]
    defined = expected > 1e-12 * np.maximum(counts, 1) ** 2
    alpha = 1 - (counts - 1) * observed / np.where(defined, expected, np.nan)
    result = spread(alpha[:1], alpha[1:, None])
    enough = Evidence(G, np.array([np.inf]), np.array([float(G)]))
    return estimates(result, fisher(result, confidence), enough, "no_variance")[0]


MOST_SETS = 10_000  # different sets of codes, all pairs of which are compared within seconds
ROWS = 512  # sets whose likeness to all others is held at a time


def _likenesses(rows: Any, X: Any, first: FloatArray, second: FloatArray, likeness: Likeness) -> Any:
    """Sparse likeness of some sets (rows) to all (columns), 0 where they share no code."""
    from scipy.sparse import csr_array

    common = (rows @ X.T).tocoo()
    first, second = first[common.coords[0]], second[common.coords[1]]
    return csr_array((likeness(common.data, first, second), common.coords), shape=common.shape)


def _own(used: IntArray, times: FloatArray, sets: BoolArray, likeness: Likeness) -> float:
    """Sum of the likeness of all ordered pairs of the sets given so many times in one document, each with itself too."""
    rows = sets[used].astype(np.float64)
    common, size = rows @ rows.T, rows.sum(1)
    a, b = np.nonzero(common)
    alike = float((times[a] * times[b] * likeness(common[a, b], size[a], size[b])).sum())
    return alike + float((times[size == 0] ** 2).sum())


def _distances(data: Decisions, index: IntArray, sets: BoolArray, likeness: Likeness) -> FloatArray:
    """(n,) distances between the sets of all ordered pairs of a unit's coders, by its coders less one."""
    total, sizes = np.zeros(index.shape[1]), sets.sum(1).astype(np.float64)
    for i, j in combinations(range(len(index)), 2):
        units = np.flatnonzero(data.seen[i] & data.seen[j] & (index[i] != index[j]))
        a, b = index[i, units], index[j, units]
        common = (sets[a] & sets[b]).sum(1).astype(np.float64)
        total[units] += 2 * (1 - likeness(common, sizes[a], sizes[b]))
    return np.asarray(total / np.maximum(data.seen.sum(0) - 1, 1))


def _many(data: Decisions) -> Iterator[Measure]:
    """Coefficients of two coders or more, all codes pooled: each unit and code is one decision."""
    over = f"{counted(len(data.coders), 'coder')}, codes pooled"
    for name, estimate in many_coders(*decisions_by_coder(data)).items():
        yield Measure("All coders together", name, estimate, over)


def decisions_by_coder(data: Decisions, code: int | None = None) -> tuple[IntArray, FloatArray]:
    """Decisions on units and codes, alike ones once: of one code by its index, or of all.

    Returns:
        (m, R) 1 given, 0 not given, -1 not seen by each coder; (m,) on how many units and codes.
    """
    R, found = len(data.coders), Counter[tuple[int, ...]]()
    for k in range(len(data.codes)) if code is None else (code,):
        states = np.where(data.seen, data.Y[:, :, k], -1).astype(np.int8)
        rows = np.ascontiguousarray(states.T).view(np.dtype((np.void, R)))[:, 0] if R > WIDEST else _keys(states)
        _, first, times = np.unique(rows, return_index=True, return_counts=True)
        for u, n in zip(first.tolist(), times.tolist(), strict=True):
            found[tuple(states[:, u].tolist())] += n
    ratings = np.array(sorted(found), dtype=np.int64).reshape(len(found), R)
    return ratings, np.array([found[tuple(row)] for row in ratings.tolist()], dtype=np.float64)


WIDEST = 39  # coders whose decisions fit into one number


def _keys(states: NDArray[np.int8]) -> IntArray:
    """(n,) one number for each pattern of (R, n) decisions -1, 0 or 1."""
    keys = np.zeros(states.shape[1], dtype=np.int64)
    for row in states:
        keys = 3 * keys + (row + 1)
    return keys


def many_coders(ratings: IntArray, times: FloatArray | None = None) -> dict[str, Estimate]:
    """Coefficients of any number of coders on (n, R) decisions 1, 0 or -1 for not seen.

    Without standard errors: those of the literature take units as independent of one another.

    Args:
        ratings: Decisions, alike ones once or each.
        times: (n,) how many units each row stands for; 1 where None.

    Example:
        >>> ratings = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]])
        >>> [(name, round(e.value, 2)) for name, e in many_coders(ratings).items()][:2]
        [("Fleiss' kappa", 0.62), ("Conger's kappa", 0.64)]
    """
    seen = (ratings >= 0).any(1)
    kept, n = ratings[seen], (np.ones(len(ratings)) if times is None else times)[seen]
    counts = np.stack([(kept == k).sum(1) for k in (0, 1)], axis=1).astype(np.float64)
    t: Terms = terms(counts, times=n)
    if not t.several.any():
        return {"percent agreement": Estimate(None, reason="no_pairs")}
    values = {
        "Fleiss' kappa": fleiss_kappa(t),
        "Conger's kappa": conger_kappa(kept, 2, times=n),
        "Light's kappa": light_kappa(kept, 2, n),
        "Randolph's kappa": brennan_prediger_of_many(t, 2),
        "Gwet's AC1": gwet_ac_of_many(t),
        "percent agreement": percent_of_many(t),
    }
    return {name: Estimate(e.value, reason=e.reason, flags=e.flags) for name, e in values.items()}


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record about the comparison; None where nobody said.

    Attributes:
        unseen: The machine was not trained, tuned or prompted with the documents compared.
        independent: The coders coded without talking about these documents.
        suggestions_hidden: The coders saw no suggestions before they coded.
        sampling: How the documents were chosen (all, random, chosen by hand), "" where not known.
        participants: Participant of each document by its id, where known.
    """

    unseen: bool | None = None
    independent: bool | None = None
    suggestions_hidden: bool | None = None
    sampling: str = ""
    participants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: met, not met, or not known; and what that was judged by."""

    text: str
    met: bool | None
    evidence: str

    def __str__(self) -> str:
        """The condition as a line for a report."""
        word = {True: "met", False: "NOT MET", None: "not known"}[self.met]
        return f"{self.text}: {word}" + (f" ({self.evidence})" if self.evidence else "")


def conditions(report: Findings, record: Record | None = None) -> list[Condition]:
    """The conditions under which a verdict may be quoted, to be printed with it."""
    known = record or Record()
    pooled = report.verdict()
    units, documents = report.between_humans
    size = f"{counted(documents, 'document')}, {counted(units, report.unit)}"
    if pooled is not None:
        uses = counted(pooled.uses, "use")
        size += f", {uses} of a code by a human in {counted(pooled.coded_documents, 'document')}"
    return [
        Condition("the documents were not used to train or tune the machine", known.unseen, ""),
        Condition("the coders coded independently of each other", known.independent, ""),
        Condition("no suggestions were shown before coding", known.suggestions_hidden, ""),
        _sampling(known),
        _clusters(report, known),
        Condition("the evidence is counted", True, size),
    ]


def _sampling(known: Record) -> Condition:
    text = "the documents are all that the claim is about, or were drawn from them at random"
    met = {"": None, "all": True, "random": True}.get(known.sampling, False)
    return Condition(text, met, known.sampling)


def _clusters(report: Findings, known: Record) -> Condition:
    text = "intervals leave out whole participants"
    if report.options.clusters:
        return Condition(text, True, "participants given")
    if not known.participants:
        return Condition(text, None, "the participant of a document is not on record")
    several = sum(n > 1 for n in Counter(known.participants.values()).values())
    told = f"{counted(several, 'participant has', 'participants have')} several documents" if several else "one each"
    return Condition(text, not several, told)
