"""All codes at once: coded at all, which code, sets of codes, many coders, and what shares refer to.

Beside the coefficients of each code: two coders may agree well on what is worth coding and poorly on
the code, or the other way round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from autocode.agreement.coefficients.many_raters import (
    Terms,
    brennan_prediger,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    light_kappa,
    percent_agreement,
    terms,
)
from autocode.agreement.coefficients.sets import set_agreement
from autocode.agreement.counts import Decisions, both_coded, check_coders, cluster, coded_at_all, denominators, relevant
from autocode.agreement.estimate import AgreementOptions, Estimate
from autocode.agreement.pairs import all_rows, coder_pairs
from autocode.agreement.rows import Findings, Measure, Row
from autocode.study.matrix import IntArray


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
        yield Measure("Mean over codes", f"mean {name}", mean, f"{len(values)} of {len(rows)} codes, used over 3 times")


def _at_all(data: Decisions, options: AgreementOptions) -> Iterator[Measure]:
    """Whether a unit is coded at all, whichever the code."""
    plain = AgreementOptions(confidence=options.confidence, clusters=options.clusters, interval=options.interval)
    row = _all_pairs(cluster(coded_at_all(data), dict(options.clusters)), plain)[1]
    for name, estimate in (("kappa", row.kappa), ("alpha", row.alpha), ("positive agreement", row.positive)):
        yield Measure("Coded at all", name, estimate, "all units")


def _all_pairs(data: Decisions, options: AgreementOptions) -> list[Row]:
    """The rows of all pairs of coders, taken as humans: pooled, then each code."""
    return all_rows(data, [pair for pair in coder_pairs(data, ()) if pair.documents], options)


def _sets(data: Decisions, options: AgreementOptions) -> Iterator[Measure]:
    """The set of codes of a unit: on all units, on those anyone coded, on those all coded."""
    scopes = {"all units": data, "units coded by anyone": relevant(data), "units all coders coded": both_coded(data)}
    for scope, part in scopes.items():
        found = set_agreement(part, options.confidence)
        about = "Which code" if scope.startswith("units all") else "Sets of codes"
        over = f"{scope} ({found.units:,})"
        yield Measure(about, "alpha, MASI distance", found.masi, over)
        yield Measure(about, "alpha, Jaccard distance", found.jaccard, over)
        yield Measure(about, "share with the same codes", found.exact, over)


def _many(data: Decisions) -> Iterator[Measure]:
    """Coefficients of two coders or more, all codes pooled: each unit and code is one decision."""
    ratings = decisions_by_coder(data)
    over = f"{len(data.coders)} coders, codes pooled"
    for name, estimate in many_coders(ratings).items():
        yield Measure("All coders together", name, estimate, over)


def decisions_by_coder(data: Decisions, code: int | None = None) -> IntArray:
    """(n K, R) 1 given, 0 not given, -1 not seen; of one code by its index, or of all."""
    Y = data.Y if code is None else data.Y[:, :, [code]]
    ratings = np.where(data.seen[:, :, None], Y, -1).astype(np.int64)
    return np.asarray(ratings.reshape(len(data.coders), -1).T)


def many_coders(ratings: IntArray) -> dict[str, Estimate]:
    """Coefficients of any number of coders on (n, R) decisions 1, 0 or -1 for not seen.

    Without standard errors: those of the literature take units as independent of one another.

    Example:
        >>> ratings = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]])
        >>> [(name, round(e.value, 2)) for name, e in many_coders(ratings).items()][:2]
        [("Fleiss' kappa", 0.62), ("Conger's kappa", 0.64)]
    """
    kept = ratings[(ratings >= 0).sum(1) >= 1]
    counts = np.stack([(kept == k).sum(1) for k in (0, 1)], axis=1).astype(np.float64)
    t: Terms = terms(counts)
    if not t.several.any():
        return {"percent agreement": Estimate(None, reason="no_pairs")}
    values = {
        "Fleiss' kappa": fleiss_kappa(t),
        "Conger's kappa": conger_kappa(kept, 2),
        "Light's kappa": light_kappa(kept, 2),
        "Randolph's kappa": brennan_prediger(t, 2),
        "Gwet's AC1": gwet_ac(t),
        "percent agreement": percent_agreement(t),
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
    size = f"{report.documents} documents, {report.units} units"
    if pooled is not None:
        size += f", {pooled.uses} uses of a code by a human in {pooled.coded_documents} documents"
    return [
        Condition("the documents were not used to train or tune the machine", known.unseen, ""),
        Condition("the coders coded independently of each other", known.independent, ""),
        Condition("no suggestions were shown before coding", known.suggestions_hidden, ""),
        _sampling(known),
        _clusters(report, known),
        Condition("the evidence is counted", True, size),
    ]


def _sampling(known: Record) -> Condition:
    text = "the documents are all, or a random sample, of those the claim is about"
    met = {"": None, "all": True, "random": True}.get(known.sampling, False)
    return Condition(text, met, known.sampling)


def _clusters(report: Findings, known: Record) -> Condition:
    text = "intervals leave out whole participants"
    if report.options.clusters:
        return Condition(text, True, "participants given")
    if not known.participants:
        return Condition(text, None, "the participant of a document is not on record")
    several = sum(n > 1 for n in Counter(known.participants.values()).values())
    return Condition(text, not several, f"{several} participants have several documents" if several else "one each")
