"""Does the machine err more on some participants than on others? Agreement by group, with intervals.

Each group is set against all others, on documents the machine had not seen. Intervals leave out one
document at a time (Efron & Tibshirani 1993, ch. 11), for segments of one interview resemble each other.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autocode.agreement.binary import cohen_kappa
from autocode.agreement.estimate import Estimate, number
from autocode.agreement.intervals import Statistic, jackknife, t_quantile
from autocode.errors import StudyError
from autocode.evaluate import HeldOut
from autocode.matrix import FloatArray

LEAST = 3
"""Documents that a group and its rest need for an interval."""


@dataclass(frozen=True, slots=True)
class GroupError:
    """How the machine does on one group of documents; codes and coders pooled.

    Attributes:
        documents: Held-out documents of the group.
        kappa: Mean over coders of pooled Cohen's kappa of machine and coder.
        missed: Share of the coders' codings that the machine does not suggest.
        wrong: Share of the machine's suggestions that a coder did not give.
        difference: Kappa of the group minus kappa of all other documents.
    """

    group: str
    documents: int
    kappa: Estimate
    missed: Estimate
    wrong: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Bias:
    """The groups of one variable."""

    variable: str
    groups: tuple[GroupError, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        return {"variable": self.variable, "groups": [asdict(g) for g in self.groups]}

    def __str__(self) -> str:
        heads = f"{'documents':>10}{'kappa':>8}{'missed':>8}{'wrong':>8}{'difference':>12}  95 % interval"
        lines = [f"{self.variable[:29]:<30}{heads}"]
        for g in self.groups:
            shown = [g.kappa, g.missed, g.wrong, g.difference]
            cells = [f"{'-' if e.value is None else f'{e.value:.2f}':>{w}}" for e, w in zip(shown, (8, 8, 8, 12), strict=True)]
            lines.append(f"{(g.group or 'not given')[:29]:<30}{g.documents:>10}{''.join(cells)}  {_span(g.difference)}")
        apart = [g.group or "not given" for g in self.groups if _apart(g.difference)]
        said = f"Beyond chance: {', '.join(apart)}." if apart else "No group differs from the rest beyond chance."
        return "\n".join([*lines, "", f"{said} Of twenty such comparisons about one differs by chance alone."])


def _span(e: Estimate) -> str:
    return f"no interval below {LEAST} documents" if e.low is None or e.high is None else f"{e.low:.2f} to {e.high:.2f}"


def _apart(e: Estimate) -> bool:
    return e.low is not None and e.high is not None and not e.low <= 0 <= e.high


def bias(held: HeldOut, variable: str) -> Bias:
    """Set every group of a variable (stakeholder group, interviewer) against the others.

    Args:
        held: What the machine said of documents it had not seen.
        variable: A variable of the documents.

    Raises:
        StudyError: No document has it, or all have the same value.
    """
    names = held.matrix.documents
    given = [held.documents[names[g]].variables.get(variable, "") for g in np.unique(held.matrix.groups)]
    known = sorted({v for d in held.documents.values() for v in d.variables})
    if variable not in known or len(set(given)) < 2:
        why = f"the participants' variables are {', '.join(known) or 'none'}"
        raise StudyError(f"variable '{variable}'", "all coded documents have the same value" if variable in known else why,
                         "Choose a variable that parts them.")  # fmt: skip
    counts = _tables(held)
    groups = tuple(_error(counts, name, np.array(given) == name) for name in sorted(set(given)))
    return Bias(variable, groups)


def _tables(held: HeldOut) -> FloatArray:
    """Both, machine only, coder only, neither: (G, R, 4) by document and coder, summed over codes."""
    m, said = held.matrix, held.held.bands == 2
    documents, place = np.unique(m.groups, return_inverse=True)
    counts = np.zeros((len(documents), len(m.coders), 4))
    for r in range(len(m.coders)):
        given, seen = m.Y[r], m.seen[r][:, None]
        cells = [said & given, said & ~given, ~said & given, ~said & ~given]
        np.add.at(counts[:, r], place, np.stack([(c & seen).sum(axis=1) for c in cells], axis=1))
    return counts


def _error(counts: FloatArray, name: str, inside: np.ndarray[Any, np.dtype[np.bool_]]) -> GroupError:
    own, members = counts[inside], int(inside.sum())
    kappa, missed, wrong = (_estimate(own, statistic, members) for statistic in (_kappa, _missed, _wrong))
    sides = np.stack([counts * inside[:, None, None], counts * ~inside[:, None, None]], axis=1)
    fewest = min(members, len(inside) - members)
    return GroupError(name, members, kappa, missed, wrong, _estimate(sides, _difference, fewest))


def _estimate(counts: FloatArray, statistic: Statistic, fewest: int) -> Estimate:
    """A coefficient with an interval on the t distribution of the smaller side."""
    found = jackknife(counts, statistic)
    value, se = number(float(found.value)), number(float(found.se))
    if value is None:
        return Estimate(None, reason="no_variance")
    if fewest < LEAST or se is None or found.undefined > 0:
        return Estimate(value, no_interval="few_documents")
    half = t_quantile(0.95, fewest) * se
    return Estimate(value, value - half, value + half, se)


def _mean(values: FloatArray) -> FloatArray:
    """Mean over coders (last axis) of what is defined."""
    defined = np.isfinite(values)
    some = np.where(defined.any(-1), defined.sum(-1), np.nan)
    return np.asarray(np.where(defined, values, 0).sum(-1) / some)


def _kappa(tables: FloatArray) -> FloatArray:
    return _mean(cohen_kappa(tables))


def _missed(tables: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return _mean(tables[..., 2] / (tables[..., 0] + tables[..., 2]))


def _wrong(tables: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return _mean(tables[..., 1] / (tables[..., 0] + tables[..., 1]))


def _difference(tables: FloatArray) -> FloatArray:
    """Kappa of the group minus that of the rest, tables (..., 2, R, 4)."""
    kappa = _kappa(tables)
    return np.asarray(kappa[..., 0] - kappa[..., 1])

