"""The card of transfer: agreement inside the new study, with and without the other studies, code by code.

Agreement is Cohen's kappa of the machine with a coder drawn at random (a segment that half of its coders gave
the code is half agreed), on documents that nothing behind the judgement has seen. Both machines judge the same
documents, so the difference is paired: its interval leaves out one document at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autocode.agreement.binary import cohen_kappa
from autocode.agreement.intervals import MIN_DOCUMENTS, jackknife, plain
from autocode.classify import Held, Several, Target
from autocode.matrix import FloatArray


@dataclass(frozen=True, slots=True)
class Gain:
    """One code, "" for the mean over codes; None where undefined.

    Attributes:
        code: Path of the code in the new study.
        segments: Segments of the new study to which any coder gave it.
        alone: Kappa of the machine that knows the new study only.
        kept: Kappa of the machine that uses the other studies by the rule.
        change: The difference.
        low: 95 % limits of the difference, over documents; None below 6 documents.
        high: The same.
        used: The study whose material the model uses for this code, "" for none.
        why: Why so.
    """

    code: str
    segments: int
    alone: float | None
    kept: float | None
    change: float | None
    low: float | None
    high: float | None
    used: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What other studies are worth in the new one; printed, the card of transfer.

    Attributes:
        study: Name of the new study.
        lenders: Names of the other studies.
        mean: Mean over all codes.
        rows: One for each code that another study has a counterpart for.
        helps: Whether the model uses the other studies at all: the mean agreement by the rule is not lower.
    """

    study: str
    lenders: tuple[str, ...]
    mean: Gain
    rows: tuple[Gain, ...]
    helps: bool

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The card, Markdown."""
        yield f"## Transfer from {', '.join(self.lenders)}\n"
        yield self._verdict() + "\n"
        yield (
            "Kappa with the coders inside this study, on documents not seen; limits are of the difference, over "
            "documents. In each fold the rule chose without the documents it was then judged on. The rule: a study's "
            "material is used for a code where neither average precision nor kappa is lower with it, in the choice "
            "and in this table.\n"
        )
        yield "| Code | Coded segments | Alone | With | Change (95 %) | Used in the model |"
        yield "|---|---:|---:|---:|---:|---|"
        for row in (self.mean, *self.rows):
            yield (
                f"| {row.code or 'mean over codes'} | {row.segments:,} | {_shown(row.alone)} | {_shown(row.kept)} | "
                f"{_change(row)} | {row.used or row.why} |"
            )

    def _verdict(self) -> str:
        used = sum(bool(r.used) for r in self.rows)
        if not self.helps:
            return "It does not help: agreement inside this study is lower with it. The model uses this study alone."
        if not used:
            return "It does not help: no code agrees better with it. The model uses this study alone."
        m = self.mean
        sure = "" if m.low is None else (
            " The limits exclude zero." if m.low > 0 else " The limits include zero: it may be chance.")  # fmt: skip
        return f"Used for {used} of {len(self.rows)} aligned codes; mean kappa {_change(m)}.{sure}"

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        rows = [{f: getattr(r, f) for f in Gain.__dataclass_fields__} for r in (self.mean, *self.rows)]
        return {"study": self.study, "lenders": list(self.lenders), "helps": self.helps, "codes": rows}


def measure(found: Several, target: Target) -> tuple[list[Gain], Gain]:
    """Kappa of every code (K rows) and the mean, without and with; `used` and `why` are left to the caller."""
    counts = np.stack([_tables(h, target) for h in (found.alone, found.kept)], axis=2)  # (G, K, 2, 4)
    kappa = cohen_kappa(counts.sum(axis=0)).T  # (2, K)
    each, whole = jackknife(counts, _difference), jackknife(counts, _mean_difference)
    given, enough = (target.Y > 0).sum(axis=0).tolist(), len(counts) >= MIN_DOCUMENTS
    columns = zip(*kappa.tolist(), each.value.tolist(), *(x.tolist() for x in plain(each)), strict=True)
    rows = [_gain(segments, values, enough) for segments, values in zip(given, columns, strict=True)]
    means = (*(float(v) for v in _mean(kappa)), float(whole.value), *(float(x) for x in plain(whole)))
    return rows, _gain(sum(given), means, enough)


def _gain(segments: int, values: Sequence[float], enough: bool) -> Gain:
    """Alone, kept, change, low and high; the limits only where there are `enough` documents."""
    alone, kept, change, low, high = (round(v, 6) if np.isfinite(v) else None for v in values)
    return Gain("", segments, alone, kept, change, low if enough else None, high if enough else None)


def _tables(held: Held, target: Target) -> FloatArray:
    """(G, K, 4) both, machine only, coder only, neither; by document."""
    taken, Y = (held.thresholds[held.fold] <= held.P).astype(np.float64), np.asarray(target.Y, dtype=np.float64)
    cells = np.stack([taken * Y, taken * (1 - Y), (1 - taken) * Y, (1 - taken) * (1 - Y)], axis=-1)
    documents, where = np.unique(target.groups, return_inverse=True)
    sums = np.zeros((len(documents), *cells.shape[1:]))
    np.add.at(sums, where, cells)
    return sums


def _difference(tables: FloatArray) -> FloatArray:
    """(..., K) from (..., K, 2, 4); a code never given and never coded agrees as well either way."""
    kappa = cohen_kappa(tables)
    return np.asarray(kappa[..., 1] - kappa[..., 0])


def _mean_difference(tables: FloatArray) -> FloatArray:
    return _mean(_difference(tables))


def _mean(values: FloatArray) -> FloatArray:
    """Over the last axis, of what is defined; nan where nothing is."""
    defined = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(defined, values, 0.0).sum(axis=-1) / defined.sum(axis=-1))


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _change(row: Gain) -> str:
    if row.change is None:
        return "-"
    limits = "" if row.low is None or row.high is None else f" ({row.low:+.2f} to {row.high:+.2f})"
    return f"{row.change:+.2f}{limits}"


