"""What a model learns from: the coded units of a study, and where they came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autocode.agreement import between_coders, decisions
from autocode.config import Config
from autocode.encode import Encoder
from autocode.errors import StudyError
from autocode.matrix import CodingMatrix, coding_matrix
from autocode.model.prepare import Prepared
from autocode.study import Study


def learnable(study: Study, config: Config, coders: Sequence[str]) -> CodingMatrix:
    """The coding matrix of all units that at least one of the coders saw.

    Raises:
        StudyError: No unit carries a code, or all that do lie in one document.
    """
    matrix = coding_matrix(study, config, coders)
    matrix = matrix.select(np.asarray(matrix.seen.any(axis=0)))
    if not matrix.Y.any():
        raise StudyError(f"study '{study.name}'", "no unit of analysis carries a code of these coders",
                         "Check the coders and the unit of analysis.")  # fmt: skip
    if len(set(matrix.groups.tolist())) < 2:
        raise StudyError(f"study '{study.name}'", "all coding is in one document; the model is checked on documents "
                         "it has not seen", "Code a second document first.")  # fmt: skip
    return matrix


def rows_of(prepared: Prepared, matrix: CodingMatrix) -> Prepared:
    """The prepared units that are the rows of a matrix, in its order."""
    index = {(s.document, s.id): i for i, s in enumerate(prepared.segments)}
    rows = np.array([index[s.document, s.id] for s in matrix.segments], dtype=np.int64)
    texts = tuple(prepared.texts[i] for i in rows)
    return Prepared(matrix.segments, texts, prepared.vectors[rows], prepared.features.take(rows))


def provenance(study: Study, matrix: CodingMatrix, encoder: Encoder) -> dict[str, Any]:
    """Hashes and counts of what a model is made from, JSON-ready."""
    identity = encoder.identity
    return {
        "study": {"name": study.name, "sha256": study.sha256, "notice": study.notice},
        "codebook": {"name": study.codebook.name, "sha256": study.codebook.sha256},
        "encoder": {"name": identity.name, "sha256": identity.sha256, "dimension": identity.dimension,
                    "precision": identity.precision},
        "coders": list(matrix.coders),
        "codes": list(matrix.codes),
        "documents": len(set(matrix.groups.tolist())),
        "segments": len(matrix.segments),
        "codings": int(matrix.Y.sum()),
        "humans": {code: kappa.to_json() for code, kappa in between_coders(decisions(matrix)).items()},
    }
