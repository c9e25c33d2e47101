"""A table of codes over a large machine-coded batch, corrected with a random human-coded part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autocode.agreement.counts import by_document, theme
from autocode.agreement.estimate import Estimate
from autocode.agreement.judgement.frequencies import (
    Checked,
    difference_estimator,
    post_stratified,
    ppi_plus_mean,
    ratio_by_document,
    raw_share,
    share_by_document,
)
from autocode.errors import StudyError
from autocode.study.matrix import BoolArray, FloatArray, IntArray

SAFE_UNITS, SAFE_ERRORS = 300, 10
MIN_CHECKED = 10


@dataclass(frozen=True, slots=True)
class Design:
    """How the human-coded part was drawn.

    Attributes:
        random: Whether it was drawn at random; there is no default, the researcher must say so.
        drawn: `units` (segments one by one) or `documents` (whole documents).
        finite: Whether the claim is about this batch, not about what it was drawn from.
        confidence: Coverage.
        seed: Same seed, same intervals.
    """

    random: bool
    drawn: str = "units"
    finite: bool = True
    confidence: float = 0.95
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Frequency:
    """One code in the batch.

    Attributes:
        code: Path of the code.
        raw: Units to which the machine gave it.
        raw_share: Their share; not corrected.
        corrected: Corrected share with its interval: what to report.
        method: post_stratified or ratio_by_document.
        humans: Share among the human-coded units alone, with documents as clusters.
        ppi_plus: PPI++, None where too few units or errors make it unsafe.
        difference: Difference estimator, None where unsafe.
        errors: Checked units on which human and machine differ.
    """

    code: str
    raw: int
    raw_share: Estimate
    corrected: Estimate
    method: str
    humans: Estimate
    ppi_plus: Estimate | None
    difference: Estimate | None
    errors: int

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping; an unsafe estimator is null."""
        names = ("raw_share", "corrected", "humans", "ppi_plus", "difference")
        values = {name: getattr(self, name) for name in names}
        return {"code": self.code, "raw": self.raw, "method": self.method, "errors": self.errors} | {
            name: value.to_json() if value is not None else None for name, value in values.items()
        }


@dataclass(frozen=True)
class Batch:
    """A batch of n units coded by the machine, part of it checked by a human.

    Attributes:
        codes: Paths of the K codes.
        groups: (n,) document of each unit.
        machine: (n, K) decisions of the machine.
        human: (n, K) decisions of the human, read where `checked`.
        checked: (n,) whether a human coded the unit without seeing the suggestions.
    """

    codes: tuple[str, ...]
    groups: IntArray
    machine: BoolArray
    human: BoolArray
    checked: BoolArray


def batch_by_theme(batch: Batch) -> Batch:
    """The same batch with themes in the place of codes: a unit has a theme where it has any of its codes."""
    themes = tuple(dict.fromkeys(theme(code) for code in batch.codes))
    columns = [[k for k, code in enumerate(batch.codes) if theme(code) == t] for t in themes]
    machine, human = (np.stack([Y[:, c].any(1) for c in columns], axis=1) for Y in (batch.machine, batch.human))
    return replace(batch, codes=themes, machine=np.asarray(machine), human=np.asarray(human))


def corrected_frequencies(batch: Batch, design: Design) -> list[Frequency]:
    """Share of each code among the units of the batch.

    Raises:
        StudyError: The human-coded part was not drawn at random, is too small, or (documents
            drawn) covers documents only in part.
    """
    _check(batch, design)
    return [_one(batch, k, design) for k in range(len(batch.codes))]


def corrected_document_frequencies(batch: Batch, design: Design) -> list[Frequency]:
    """Share of documents that have each code; needs whole documents, drawn at random.

    Raises:
        StudyError: As `corrected_frequencies`, and where units, not documents, were drawn.
    """
    if design.drawn != "documents":
        raise StudyError(
            "frequencies by document",
            "single segments were drawn, not documents",
            "Ask for frequencies by segment, or have whole documents coded.",
        )
    _check(batch, design)
    groups, place = np.unique(batch.groups, return_inverse=True)
    present, known, checked = (
        by_document(a.astype(np.float64), place, len(groups)) > 0
        for a in (batch.machine, batch.human & batch.checked[:, None], batch.checked[:, None])
    )
    whole = Batch(batch.codes, np.arange(len(groups)), present, known, checked[:, 0])
    units = Design(True, "units", design.finite, design.confidence, design.seed)
    return [_one(whole, k, units) for k in range(len(batch.codes))]


def _check(batch: Batch, design: Design) -> None:
    if not design.random:
        raise StudyError(
            "corrected frequencies",
            "the human-coded part was not drawn at random, so its errors do not stand for the batch",
            "Draw units or documents at random and code them.",
        )
    checked = batch.groups[batch.checked]
    sampled = len(np.unique(checked)) if design.drawn == "documents" else len(checked)
    if sampled < MIN_CHECKED:
        raise StudyError(
            "corrected frequencies",
            f"only {sampled} {design.drawn} were coded by a human",
            f"Draw at least {MIN_CHECKED}; 100 or more give useful intervals.",
        )
    if design.drawn == "documents" and np.isin(batch.groups[~batch.checked], checked).any():
        raise StudyError(
            "corrected frequencies",
            "some drawn documents are coded only in part",
            "Finish them, or say that single units were drawn.",
        )


def _one(batch: Batch, k: int, design: Design) -> Frequency:
    f, y, c = (a.astype(np.float64) for a in (batch.machine[:, k], batch.human[:, k], batch.checked))
    taken = c == 1
    data = Checked(y[taken], f[taken], f[~taken])
    safe = design.drawn == "units" and data.n >= SAFE_UNITS and data.errors >= SAFE_ERRORS
    if design.drawn == "documents":
        corrected, method = _by_ratio(batch, (f, y, taken), design), "ratio_by_document"
    else:
        corrected = post_stratified(data, design.confidence, design.finite, design.seed)
        method = "post_stratified"
    return Frequency(
        batch.codes[k],
        int(f.sum()),
        raw_share(data),
        corrected,
        method,
        share_by_document(y[taken], batch.groups[taken], design.confidence),
        ppi_plus_mean(data, design.confidence) if safe else None,
        difference_estimator(data, design.confidence) if safe else None,
        data.errors,
    )


def _by_ratio(batch: Batch, values: tuple[FloatArray, FloatArray, BoolArray], design: Design) -> Estimate:
    """Machine share plus the mean error per unit of the drawn documents, jackknifed by document.

    Where the drawn documents hold too few errors the interval would be too short: none is given.
    """
    f, y, taken = values
    groups, place = np.unique(batch.groups[taken], return_inverse=True)
    sums = by_document(np.stack([y[taken], np.ones(int(taken.sum())), f[taken]], 1), place, len(groups))
    sampled = len(groups) / len(np.unique(batch.groups)) if design.finite else 0.0
    mean, low, high = ratio_by_document(sums[:, :2], sums[:, 2], design.confidence, sampled)
    raw = float(f.mean())
    if int((y[taken] != f[taken]).sum()) < SAFE_ERRORS:
        return Estimate(raw + mean, no_interval="few_errors")
    return Estimate(raw + mean, max(0.0, raw + low), min(1.0, raw + high))
