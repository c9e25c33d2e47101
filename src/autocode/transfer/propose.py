"""Which code of one codebook means the same as which of another: proposals with scores.

Three kinds of evidence: the names, the codebook entries as the encoder reads them, and the segments that were
coded. Entries are seen from the mean of their own codebook and coded segments from the mean of their own study,
so that what all codes share (a phrase in every definition, the topic of the interviews) does not pass for
likeness. The pairs are chosen one to one for the highest sum of scores.

Source of the one-to-one choice: Kuhn 1955 (assignment), as scipy's linear_sum_assignment.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.config import Config
from autocode.encode import Encoder
from autocode.matrix import coding_matrix
from autocode.model import CodingModel, prepare, rows_of
from autocode.model.changes import rule
from autocode.model.prepare import entry_text
from autocode.study import Progress, Study
from autocode.transfer.alignment import Pair

Vectors = NDArray[np.float64]
LEAST = 0.4
"""Score below which a pair is not proposed (benchmarks/transfer.py: above it few pairs were wrong, below it many)."""
_NAME, _ENTRY, _EXAMPLES = 1.0, 2.0, 2.0  # weights: names mislead more often than rules and examples


@dataclass(frozen=True)
class Side:
    """One codebook as it is compared: K codes that are no themes, or were given all the same.

    Attributes:
        entries: (K, d) unit vectors of the codebook entries, seen from their mean.
        centres: (K, d) unit vectors of the coded segments' means, seen from the mean of all; zeros where
            nothing is coded.
    """

    name: str
    codebook: Codebook
    codes: tuple[str, ...]
    entries: Vectors
    centres: Vectors

    @property
    def coded(self) -> Side:
        """The codes that somebody gave: what can be learnt, or lent."""
        given = np.asarray(self.centres.any(axis=1))
        codes = tuple(c for c, there in zip(self.codes, given, strict=True) if there)
        return Side(self.name, self.codebook, codes, self.entries[given], self.centres[given])


def side_of_study(study: Study, config: Config, encoder: Encoder, progress: Progress | None = None) -> Side:
    """A study with whatever its human coders have coded so far."""
    matrix = coding_matrix(study, config, study.humans)
    matrix = matrix.select(np.asarray(matrix.seen.any(axis=0)))
    vectors = np.zeros((0, encoder.identity.dimension))
    if len(matrix.segments):
        vectors = rows_of(prepare(study.documents, config, encoder, progress), matrix).vectors.astype(np.float64)
    given = np.asarray(matrix.Y.any(axis=0))
    return _side(study.name, study.codebook, encoder, vectors, {c: given[:, k] for k, c in enumerate(matrix.codes)})


def side_of_model(model: CodingModel) -> Side:
    """A saved model with the coded segments it keeps as precedents."""
    kept = model.precedents
    items, vectors = (kept.items, kept.vectors) if kept else ((), np.zeros((0, model.encoder.identity.dimension)))
    given = {c: np.array([c in item.codes for item in items], dtype=bool) for c in model.codes}
    name = (model.provenance or {}).get("study", {}).get("name", "")
    return _side(name, model.codebook, model.encoder, np.asarray(vectors, dtype=np.float64), given)


def _side(
    name: str, book: Codebook, encoder: Encoder, vectors: Vectors, given: Mapping[str, NDArray[np.bool_]]
) -> Side:
    codes = tuple(c.path for c in book if c.path in given or not book.is_theme(c.path))
    entries = encoder.encode([entry_text(book, c) for c in codes]).astype(np.float64).reshape(len(codes), -1)
    entries = entries - entries.mean(axis=0) if len(codes) > 2 else entries
    centres = np.zeros((len(codes), vectors.shape[1]))
    middle = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1])
    for k, code in enumerate(codes):
        if code in given and given[code].any():
            centres[k] = vectors[given[code]].mean(axis=0) - middle
    return Side(name, book, codes, _unit(entries), _unit(centres))


def _unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def propose(new: Side, other: Side, least: float = LEAST) -> tuple[Pair, ...]:
    """Pair the codes of two codebooks, each at most once.

    Codes with the same path and the same rule are one code and already decided; other pairs wait for a person.
    Of a study with codings, the codes that nobody gave there have nothing to lend and are left out.

    Returns:
        The pairs, the surest first; then the codes of either side without a counterpart, for a person to fill in.
    """
    other = other.coded if other.centres.any() else other
    same = [c for c in new.codes if c in other.codes and _alike(new.codebook, other.codebook, c)]
    pairs = [Pair(other.name, c, c, 1.0, "same path and rule", "yes") for c in same]
    rows = [i for i, c in enumerate(new.codes) if c not in same]
    columns = [j for j, c in enumerate(other.codes) if c not in same]
    matched = (p for p in _matched(new, other, rows, columns) if (p.score or 0.0) >= least)
    found = sorted(matched, key=lambda p: -(p.score or 0.0))
    mine, theirs = {p.code for p in (*pairs, *found)}, {p.other for p in (*pairs, *found)}
    alone = [Pair(other.name, c, "", None, "no counterpart found") for c in new.codes if c not in mine]
    alone += [Pair(other.name, "", c, None, "no counterpart found") for c in other.codes if c not in theirs]
    return (*pairs, *found, *alone)


def _alike(book: Codebook, other: Codebook, code: str) -> bool:
    """Whether the rules are the same; two codes without a rule share no more than a name."""
    return any(rule(book.by_path[code])) and rule(book.by_path[code]) == rule(other.by_path[code])


def _matched(new: Side, other: Side, rows: list[int], columns: list[int]) -> Iterator[Pair]:
    from scipy.optimize import linear_sum_assignment  # late: the command line must start at once

    if not rows or not columns:
        return
    names = np.array([[_name(new.codes[i], other.codes[j]) for j in columns] for i in rows])
    entries = np.clip(new.entries[rows] @ other.entries[columns].T, 0, 1)
    coded = np.outer(new.centres[rows].any(axis=1), other.centres[columns].any(axis=1))
    examples = np.clip(new.centres[rows] @ other.centres[columns].T, 0, 1)
    weights = _NAME + _ENTRY + _EXAMPLES * coded
    scores = (_NAME * names + _ENTRY * entries + _EXAMPLES * examples * coded) / weights
    for a, b in zip(*linear_sum_assignment(-scores), strict=True):
        code, counterpart = new.codes[rows[a]], other.codes[columns[b]]
        parts = [("name", names[a, b]), ("entry", entries[a, b]), ("examples", examples[a, b])][: 2 + coded[a, b]]
        yield Pair(other.name, code, counterpart, round(float(scores[a, b]), 4), _why(code, counterpart, parts))


def _why(code: str, counterpart: str, parts: Iterable[tuple[str, float]]) -> str:
    said = ", ".join(f"{what} {value:.2f}" for what, value in parts)
    return ("same path, rule differs or is missing; " if code == counterpart else "") + said


def _name(first: str, second: str) -> float:
    """How alike the last names of two paths are spelt, 0 to 1."""
    a, b = (path.rsplit(" > ", 1)[-1].casefold().replace("_", " ").replace("-", " ") for path in (first, second))
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
