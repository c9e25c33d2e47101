"""Does agreement hold from document to document, and does one document carry the result?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import autocode.agreement.binary as binary
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.estimate import number
from autocode.errors import StudyError


@dataclass(frozen=True, slots=True)
class DocumentAgreement:
    """Agreement of two coders in one document, all codes or one.

    Attributes:
        document: Id of the document.
        units: Units both coders saw.
        uses: Units (times codes) that at least one coder coded.
        kappa: Kappa within the document, None where undefined.
        positive: Positive agreement within the document, None where nobody coded.
        influence: Kappa of all documents minus kappa without this one.
    """

    document: str
    units: int
    uses: int
    kappa: float | None
    positive: float | None
    influence: float | None


def agreement_by_document(data: Decisions, first: str, second: str, code: str = "") -> list[DocumentAgreement]:
    """Agreement of two coders in each document that both saw, in order.

    For one coder coding twice (intra-coder stability), give both rounds as two coders.

    Raises:
        StudyError: There is no such coder or code.

    Example:
        >>> data = Decisions.of([[[1], [0], [1], [0]], [[1], [0], [0], [1]]], [0, 0, 1, 1])
        >>> [(x.document, x.kappa) for x in agreement_by_document(data, 'c1', 'c2')]
        [('d1', 1.0), ('d2', -1.0)]
    """
    for name, known in ((first, data.coders), (second, data.coders), (code or "", ("", *data.codes))):
        if name not in known:
            raise StudyError(f"'{name}'", "the comparison has no such coder or code", "Check the name.")
    counts = pair_counts(data, data.coders.index(first), data.coders.index(second))
    units = counts[:, 0].sum(-1) if data.codes else np.zeros(len(counts))
    tables = counts[:, data.codes.index(code)] if code else counts.sum(1)
    kappa, positive = binary.cohen_kappa(tables), binary.positive_agreement(tables)
    total = tables.sum(0)
    influence = binary.cohen_kappa(total) - binary.cohen_kappa(total - tables)
    return [
        DocumentAgreement(
            data.documents[g], int(units[g]), int(tables[g, :3].sum()), number(kappa[g]),
            number(positive[g]), number(influence[g]))
        for g in np.flatnonzero(units > 0)
    ]  # fmt: skip
