"""More studies than one: codebooks aligned, material lent, and what it is worth in the new study.

An alignment is proposed with scores (`propose`), confirmed by a person in a table (`alignment`), and used twice:
to train with the material of other studies (`learn`), each code keeping it only where the evidence inside the
new study is not worse (`evidence`); and to suggest with a model of another codebook (`reuse`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from autocode.agreement.coefficients import cohen_kappa, mean_defined
from autocode.agreement.estimate import apa
from autocode.agreement.intervals import MIN_DOCUMENTS, jackknife, plain
from autocode.classify import HeldOutPredictions
from autocode.classify.material import Target
from autocode.classify.transfer import SourceMaterial, TransferComparison, checkable, compare_transfer, fit_transfer
from autocode.errors import StudyError, counted
from autocode.model.alignment import (
    Alignment,
    Pair,
    Side,
    propose,
    read_alignment,
    side_of_model,
    side_of_study,
    translated,
    write_alignment,
)
from autocode.model.prepared import learnable, prepare, rows_of, target
from autocode.study import Progress, Study
from autocode.study.matrix import FloatArray

__all__ = [
    "Alignment",
    "Evidence",
    "Gain",
    "Others",
    "Pair",
    "Side",
    "learn_with",
    "propose",
    "read_alignment",
    "side_of_model",
    "side_of_study",
    "translated",
    "write_alignment",
]

if TYPE_CHECKING:
    from autocode.model import CodingModel


@dataclass(frozen=True, slots=True)
class Gain:
    """One code, "" for the mean over codes; None where undefined.

    Attributes:
        code: Path of the code in the new study.
        segments: Segments of the new study to which any coder gave it.
        alone: Kappa of the machine that knows the new study only.
        kept: Kappa of the machine that uses the other studies by the rule.
        change: The difference.
        low: 95% limits of the difference, over documents; None below 6 documents.
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
        yield "| Code | Coded segments | Alone | With | Change (95%) | Used in the model |"
        yield "|---|---:|---:|---:|---:|---|"
        for row in (self.mean, *self.rows):
            yield (
                f"| {row.code or 'mean over codes'} | {row.segments:,} | {apa(row.alone)} | {apa(row.kept)} | "
                f"{_change(row)} | {row.used or row.why} |"
            )

    def _verdict(self) -> str:
        used = sum(bool(r.used) for r in self.rows)
        if not self.helps:
            return "It does not help: agreement inside this study is lower with it. The model uses this study alone."
        if not used:
            return "It does not help: no code agrees better with it. The model uses this study alone."
        m = self.mean
        sure = (
            ""
            if m.low is None
            else (" The limits exclude zero." if m.low > 0 else " The limits include zero: it may be chance.")
        )
        return f"Used for {used} of {len(self.rows)} aligned codes; mean kappa {_change(m)}.{sure}"

    def to_json(self) -> dict[str, Any]:
        """JSON-ready mapping."""
        rows = [{f: getattr(r, f) for f in Gain.__dataclass_fields__} for r in (self.mean, *self.rows)]
        return {"study": self.study, "lenders": list(self.lenders), "helps": self.helps, "codes": rows}


def measure(found: TransferComparison, target: Target) -> tuple[list[Gain], Gain]:
    """Kappa of every code (K rows) and the mean, without and with; `used` and `why` are left to the caller."""
    counts = np.stack([_tables(h, target) for h in (found.alone, found.kept)], axis=2)  # (G, K, 2, 4)
    kappa = cohen_kappa(counts.sum(axis=0)).T  # (2, K)
    each, whole = jackknife(counts, _difference), jackknife(counts, lambda tables: mean_defined(_difference(tables), -1))
    given, enough = (target.Y > 0).sum(axis=0).tolist(), len(counts) >= MIN_DOCUMENTS
    columns = zip(*kappa.tolist(), each.value.tolist(), *(x.tolist() for x in plain(each)), strict=True)
    rows = [_gain(segments, values, enough) for segments, values in zip(given, columns, strict=True)]
    means = (*(float(v) for v in mean_defined(kappa, -1)), float(whole.value), *(float(x) for x in plain(whole)))
    return rows, _gain(sum(given), means, enough)


def _gain(segments: int, values: Sequence[float], enough: bool) -> Gain:
    """Alone, kept, change, low and high; the limits only where there are `enough` documents."""
    alone, kept, change, low, high = (round(v, 6) if np.isfinite(v) else None for v in values)
    return Gain("", segments, alone, kept, change, low if enough else None, high if enough else None)


def _tables(held: HeldOutPredictions, target: Target) -> FloatArray:
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


def _change(row: Gain) -> str:
    if row.change is None:
        return "-"
    limits = "" if row.low is None or row.high is None else f" ({row.low:+.2f} to {row.high:+.2f})"
    return f"{row.change:+.2f}{limits}"


@dataclass(frozen=True, slots=True)
class Others:
    """The other studies, and which of their codes mean the same as codes of the new one."""

    studies: tuple[Study, ...]
    alignment: Alignment


def learn_with(
    model: CodingModel,
    study: Study,
    others: Others,
    coders: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> tuple[CodingModel, Evidence]:
    """Learn from a study, with what other studies lend.

    Args:
        model: Its settings and encoder are used.
        study: The new study: the model is made for it, and judged in it.
        others: The other studies; all their human coders count.
        coders: Whose codings of the new study; None takes every human coder.
        progress: Told of the steps done.

    Returns:
        A fitted model, and the evidence; the model's card carries it.

    Raises:
        StudyError: A study has no codings or all of them in one document, no code is confirmed, or a text is coded
            in two studies: it would be judged by its own codings.
        CodebookError: The alignment names a code that its codebook does not have.
    """
    for other in others.studies:
        _apart(study, other)
        others.alignment.check(other.name, study.codebook, other.codebook)
    model = _plain(model)
    chosen, config = study.choose(coders), model.config.classify
    own = model.fit(study, chosen, progress)
    lent = {o.name: lend(o, others.alignment.taken(o.name), own) for o in others.studies}
    lent = {name: found for name, found in lent.items() if len(found.codes)}
    if not lent:
        raise StudyError(
            f"study '{study.name}'",
            "no confirmed code is coded both here and in another study",
            "Confirm other codes, or train on this study alone.",
        )
    examples = learnable(study, model.config, chosen)
    features = rows_of(prepare(study.documents, model.config, model.encoder, progress), examples).features
    taught = target(examples, study.codebook, model.encoder)
    found = compare_transfer(features, taught, list(lent.values()), config, progress)
    found, evidence = _weighed(found, taught, own, study.name, lent)
    if found.choice.any():
        own = replace(own, classifier=fit_transfer(features, taught, list(lent.values()), found, config))
    return replace(own, provenance={**(own.provenance or {}), "transfer": _provenance(others, evidence)}), evidence


def _plain(model: CodingModel) -> CodingModel:
    """The model at the effort `quick`: what another study lends is weighed by heads that can be put together code by code."""
    encode, classify = replace(model.config.encode, tuned=False), replace(model.config.classify, effort="quick")
    return replace(model, config=replace(model.config, encode=encode, classify=classify))


def _apart(study: Study, other: Study) -> None:
    if same := len(_read(study) & _read(other)):
        raise StudyError(
            f"study '{other.name}'",
            f"{counted(same, 'of its texts is', 'of its texts are')} coded in '{study.name}' too, "
            "so the model would be judged on texts it has learnt",
            "Leave it out, or take these documents out of it.",
        )


def _read(study: Study) -> set[str]:
    """Hashes of the texts that a coder of a study has read."""
    ids = {r.document for r in study.readings} | {c.document for c in study.codings}
    return {d.sha256 for d in study.documents if d.id in ids}


def _weighed(
    found: TransferComparison, taught: Target, own: CodingModel, study: str, lent: Mapping[str, SourceMaterial]
) -> tuple[TransferComparison, Evidence]:
    """The choice without the codes that the nested evidence speaks against, and the evidence in words."""
    rows, mean = measure(found, taught)
    worse = np.array([(row.change or 0.0) < 0 for row in rows])
    helps = (mean.change or 0.0) >= 0
    found = replace(found, choice=np.where(worse, 0, found.choice) if helps else np.zeros_like(found.choice))
    known = checkable(taught, own.config.classify)
    told = []
    for k in sorted({k for x in lent.values() for k in x.codes.tolist()}):
        used = list(lent)[found.choice[k] - 1] if found.choice[k] else ""
        why = "" if used else _why(bool(known[k]), helps, rows[k].change)
        told.append(replace(rows[k], code=own.codes[k], used=used, why=why))
    return found, Evidence(study, tuple(lent), mean, tuple(told), helps)


def _why(known: bool, helps: bool, change: float | None) -> str:
    """Why a code uses no other study."""
    if not known:
        return "not used: too few coded segments here to check it"
    if not helps:
        return "not used: lower agreement over all codes"
    if not change:
        return "not used: no better with it"
    return "not used: lower with it" if change < 0 else "not used: better here, not in the choice on all documents"


def _provenance(others: Others, evidence: Evidence) -> dict[str, Any]:
    """For the manifest: what was lent, by whom, for which codes, and the card."""
    lenders = [
        {"name": o.name, "sha256": o.sha256, "codebook": o.codebook.sha256, "codes": dict(others.alignment.taken(o.name))}
        for o in others.studies
    ]
    return {"lenders": lenders, "used": {r.code: r.used for r in evidence.rows if r.used}, "card": str(evidence)}


def lend(other: Study, pairs: Sequence[tuple[str, str]], model: CodingModel) -> SourceMaterial:
    """What another study says of the codes of a fitted model, by its own coders and its own units.

    Raises:
        StudyError: It has no codings, or all of them in one document.
    """
    matrix = learnable(other, model.config, other.choose(None))
    features = rows_of(prepare(other.documents, model.config, model.encoder), matrix).features
    columns = {code: k for k, code in enumerate(matrix.codes)}
    counterparts = {k: [columns[o] for c, o in pairs if c == code and o in columns] for k, code in enumerate(model.codes)}
    codes = np.array([k for k, found in counterparts.items() if found], dtype=np.int64)
    given = np.stack([matrix.Y[:, :, counterparts[k]].any(axis=2) for k in codes.tolist()], axis=2) if len(codes) else None
    shape = (len(matrix.segments), 0)
    share = np.zeros(shape) if given is None else given.sum(axis=0) / matrix.seen.sum(axis=0)[:, None]
    return SourceMaterial(features, np.asarray(share, dtype=np.float32), matrix.groups, codes)
