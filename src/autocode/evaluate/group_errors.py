"""Does the machine err more for some people than for others?

Each group of documents (a value of a participants' variable: stakeholder group, interviewer, ...) is set
against all other documents: mean kappa of the machine with each human, codes pooled, on documents the machine
has not seen. The difference has an interval by leaving out one document at a time; with several groups of one
variable the intervals are widened so that all of them hold together (Bonferroni). Beside it stands the same
difference between the humans: where they too agree less, the group is harder to code, and not only for the
machine.

Source of the interval: see `autocode.agreement.intervals`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from autocode.agreement.coefficients import mean_kappa
from autocode.agreement.counts import Decisions, decisions, pair_counts, with_pooled
from autocode.agreement.estimate import Estimate, apa, number
from autocode.agreement.intervals import plain, spread
from autocode.agreement.render import WIDTH, aligned
from autocode.study.matrix import FloatArray

if TYPE_CHECKING:
    from autocode.evaluate import HeldOut

LEAST_DOCUMENTS = 6
"""Fewer documents in a group, or beside it, are not enough to say."""
LEAST_USES = 10
"""Fewer coded segments in a group are not enough to say."""
_MOST_GROUPS = 12  # more values than this are no groups but names


@dataclass(frozen=True, slots=True)
class GroupBias:
    """How well the machine codes the documents of one group, beside all others.

    Attributes:
        variable: The participants' variable.
        group: Its value.
        documents: Documents of the group.
        uses: Segments of them that a human coded.
        precision: Share of the machine's codings that humans share, in the group.
        recall: Share of the humans' codings that the machine shares.
        kappa: Machine with humans, codes pooled, in the group.
        others: The same in all other documents.
        difference: `kappa` minus `others`, with its interval.
        humans: Kappa between humans in the group minus that in all other documents; undefined for one coder.
        said: "differs", "no difference shown" or "not enough data to say".
    """

    variable: str
    group: str
    documents: int
    uses: int
    precision: float | None
    recall: float | None
    kappa: float | None
    others: float | None
    difference: Estimate
    humans: Estimate
    said: str


@dataclass(frozen=True, slots=True)
class BiasReport:
    """The groups of all variables; printed, a table."""

    rows: tuple[GroupBias, ...]
    confidence: float = 0.95

    def to_json(self) -> list[dict[str, Any]]:
        """JSON-ready rows."""
        return [asdict(r) | {"difference": r.difference.to_json(), "humans": r.humans.to_json()} for r in self.rows]

    def __str__(self) -> str:
        """A line for each group; only a sentence where nobody can say."""
        if not self.rows:
            return "Bias check: the documents have no variable that makes groups, so nothing can be said."
        heads = ("", "docs", "coded", "precision", "recall", "kappa", "minus others", "humans")
        title = (
            "Bias check: the machine's kappa with the humans in each group, minus that in all other documents "
            f"({self.confidence:.0%} over all groups of a variable)"
        )
        rows: list[Sequence[str] | str] = []
        said = ""
        for row in self.rows:
            if said != (said := row.variable):
                rows.append(said)
            d = row.difference
            known = f"{apa(d.value, plus=True)} [{apa(d.low, plus=True)}, {apa(d.high, plus=True)}]"
            numbers = (apa(v) for v in (row.precision, row.recall, row.kappa))
            shown = "too few to say" if row.said.startswith("not") else known
            mark = " differs" if row.said == "differs" else ""
            humans = apa(row.humans.value, plus=True)
            rows.append((f"  {row.group}{mark}", str(row.documents), str(row.uses), *numbers, shown, humans))
        few = any(row.said.startswith("not") for row in self.rows)
        least = f"below {LEAST_DOCUMENTS} documents or {LEAST_USES} coded segments there is not enough data to say"
        note = f"\nToo few to say: {least}." if few else ""
        return f"{textwrap.fill(title, WIDTH)}\n{aligned(heads, rows)}{note}"


def bias(held: HeldOut, confidence: float = 0.95) -> BiasReport:
    """Compare the machine's errors between groups of documents.

    Args:
        held: The machine on documents it has not seen, and what is known of the documents.
        confidence: Of all intervals of one variable together.
    """
    data = decisions(held.with_machine)
    tables = _Tables.of(data)
    rows = []
    for variable, values in _variables(held):
        groups = sorted(set(values) - {""})
        level = 1 - (1 - confidence) / (len(groups) if len(groups) > 2 else 1)  # two groups: one comparison
        rows += [_row(tables, variable, group, np.array([v == group for v in values]), level) for group in groups]
    return BiasReport(tuple(rows), confidence)


def _variables(held: HeldOut) -> Iterator[tuple[str, list[str]]]:
    """Variables that make groups: at least two values, one of them shared, not too many."""
    known = [held.documents[d] for d in held.matrix.documents]
    for variable in sorted({name for d in known for name in d.variables}):
        values = [d.variables.get(variable, "") for d in known]
        groups = set(values) - {""}
        if 1 < len(groups) <= _MOST_GROUPS and len(groups) < sum(v != "" for v in values):
            yield variable, values


@dataclass(frozen=True, slots=True)
class _Tables:
    """Tables by document (G, P, 4), codes pooled: machine with each human, and between humans; uses (G,)."""

    machine: FloatArray
    humans: FloatArray
    uses: FloatArray

    @classmethod
    def of(cls, data: Decisions) -> _Tables:
        """Tables of each person with the machine and with each other, by document; the machine is the last coder."""
        machine = len(data.coders) - 1  # it stands last
        people = range(machine)
        between = [with_pooled(pair_counts(data, i, j))[:, 0] for i, j in combinations(people, 2)]
        coded = (data.Y[:machine] & data.seen[:machine, :, None]).any(0).sum(1)
        return cls(
            np.stack([with_pooled(pair_counts(data, r, machine))[:, 0] for r in people], axis=1),
            np.stack(between, axis=1) if between else np.zeros((len(data.documents), 0, 4)),
            np.asarray(np.bincount(data.groups, coded, minlength=len(data.documents)), dtype=np.float64),
        )


def _row(tables: _Tables, variable: str, group: str, inside: Any, confidence: float) -> GroupBias:
    used = tables.machine.sum((1, 2)) > 0
    inside, outside = inside & used, ~inside & used
    uses = int(tables.uses[inside].sum())
    kappa, others = (float(mean_kappa(tables.machine[part].sum(0))) for part in (inside, outside))
    enough = min(inside.sum(), outside.sum()) >= LEAST_DOCUMENTS and min(uses, tables.uses[outside].sum()) >= LEAST_USES
    difference = _difference(tables.machine, inside, outside, confidence if enough else 0.0)
    both, only_human, only_machine, _ = tables.machine[inside].sum((0, 1)).tolist() if inside.any() else (0, 0, 0, 0)
    sure = difference.low is not None and difference.high is not None
    differs = sure and not (difference.low or 0.0) <= 0 <= (difference.high or 0.0)
    return GroupBias(
        variable,
        group,
        int(inside.sum()),
        uses,
        _share(both, only_machine),
        _share(both, only_human),
        number(kappa),
        number(others),
        difference,
        _difference(tables.humans, inside, outside, 0.0),
        "not enough data to say" if not sure else "differs" if differs else "no difference shown",
    )


def _share(hits: float, misses: float) -> float | None:
    return hits / (hits + misses) if hits + misses else None


def _difference(tables: FloatArray, inside: Any, outside: Any, confidence: float) -> Estimate:
    """Kappa inside minus outside; with an interval where a confidence is given."""
    all_in, all_out = tables[inside].sum(0), tables[outside].sum(0)
    value = float(mean_kappa(all_in) - mean_kappa(all_out))
    if not np.isfinite(value):
        return Estimate(None, reason="no_pairs")
    if not confidence:
        return Estimate(value, no_interval="few_documents")
    without_inside = mean_kappa(all_in - tables[inside]) - mean_kappa(all_out)
    without_outside = mean_kappa(all_in) - mean_kappa(all_out - tables[outside])
    found = spread(np.array(value), np.concatenate([without_inside, without_outside]))
    low, high = (float(v) for v in plain(found, confidence))
    return Estimate(value, low, high, float(found.se))
