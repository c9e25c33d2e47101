"""Train for one study with the material of others, and say what it is worth.

The studies are never poured together: the model is for the new study, with its codebook and its coders, and
the others lend coded segments for the codes that were confirmed as the same. Whether a code uses them is
decided by evidence inside the new study (`classify.several`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autocode.classify import Lent, Several, Target, checkable, compare_several, fit_several
from autocode.errors import StudyError
from autocode.model import CodingModel, learnable, prepare, rows_of, target
from autocode.study import Progress, Study
from autocode.transfer.alignment import Alignment
from autocode.transfer.evidence import Evidence, measure


@dataclass(frozen=True, slots=True)
class Others:
    """The other studies, and which of their codes mean the same as codes of the new one."""

    studies: tuple[Study, ...]
    alignment: Alignment


def learn_with(
    model: CodingModel, study: Study, others: Others, coders: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> tuple[CodingModel, Evidence]:  # fmt: skip
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
        raise StudyError(f"study '{study.name}'", "no confirmed code is coded both here and in another study",
                         "Confirm other codes, or train on this study alone.")  # fmt: skip
    examples = learnable(study, model.config, chosen)
    features = rows_of(prepare(study.documents, model.config, model.encoder, progress), examples).features
    taught = target(examples, study.codebook, model.encoder)
    found = compare_several(features, taught, list(lent.values()), config, progress)
    found, evidence = _weighed(found, taught, own, study.name, lent)
    if found.choice.any():
        own = replace(own, classifier=fit_several(features, taught, list(lent.values()), found, config))
    return replace(own, provenance={**(own.provenance or {}), "transfer": _provenance(others, evidence)}), evidence


def _plain(model: CodingModel) -> CodingModel:
    """The model at the effort `quick`: what another study lends is weighed by heads that can be put together code by code."""
    encode, classify = replace(model.config.encode, tuned=False), replace(model.config.classify, effort="quick")
    return replace(model, config=replace(model.config, encode=encode, classify=classify))


def _apart(study: Study, other: Study) -> None:
    if same := len(_read(study) & _read(other)):
        raise StudyError(f"study '{other.name}'", f"{same:,} of its texts are coded in '{study.name}' too, so the model would "
                         "be judged on texts it has learnt", "Leave it out, or take these documents out of it.")  # fmt: skip


def _read(study: Study) -> set[str]:
    """Hashes of the texts that a coder of a study has read."""
    ids = {r.document for r in study.readings} | {c.document for c in study.codings}
    return {d.sha256 for d in study.documents if d.id in ids}


def _weighed(
    found: Several, taught: Target, own: CodingModel, study: str, lent: Mapping[str, Lent]
) -> tuple[Several, Evidence]:
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


def lend(other: Study, pairs: Sequence[tuple[str, str]], model: CodingModel) -> Lent:
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
    return Lent(features, np.asarray(share, dtype=np.float32), matrix.groups, codes)
