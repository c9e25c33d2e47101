"""The alignment of two codebooks: a table that a person edits, ``alignment.csv``.

Columns: `study` (the other study, or model), `code` (path in the new study), `other` (path in the other one),
`score` (0 to 1), `why`, and `decision`: yes, no, or empty for undecided. Only what is decided with yes is used.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autocode.config import Config
from autocode.encode.weights import Encoder
from autocode.errors import InputError, StudyError
from autocode.formats.files import csv_text, read_csv, unguarded, write_atomic
from autocode.model.history import asked_at_most, rule
from autocode.model.prepared import entry_text, prepare, rows_of
from autocode.study import Progress, Study, Suggestion
from autocode.study.codebook import Codebook
from autocode.study.matrix import coding_matrix

if TYPE_CHECKING:
    from autocode.model import CodingModel

COLUMNS = ("study", "code", "other", "score", "why", "decision")
_WORDS = {"yes": "yes", "y": "yes", "1": "yes", "true": "yes", "no": "no", "n": "no", "0": "no", "false": "no", "": ""}


@dataclass(frozen=True, slots=True)
class Pair:
    """One code of the new study and its counterpart in another; either may be empty, for want of one.

    Attributes:
        score: How alike they are, 0 to 1; None where a person wrote the row.
        decision: yes, no, or "" for undecided.
    """

    study: str
    code: str
    other: str
    score: float | None = None
    why: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The pairs of one new study with any number of other studies."""

    pairs: tuple[Pair, ...] = ()

    def taken(self, study: str) -> tuple[tuple[str, str], ...]:
        """The (code, other) pairs with one other study that were confirmed."""
        return tuple((p.code, p.other) for p in self.pairs if p.study == study and p.decision == "yes" and p.code and p.other)

    @property
    def undecided(self) -> tuple[Pair, ...]:
        """The proposals nobody has decided yet."""
        return tuple(p for p in self.pairs if p.code and p.other and not p.decision)

    def check(self, study: str, book: Codebook, other: Codebook) -> None:
        """See that the confirmed codes exist.

        Raises:
            StudyError: A code is in neither the one codebook nor the other, or nothing is confirmed.
        """
        pairs = self.taken(study)
        for code, codebook in [(c, book) for c, _ in pairs] + [(o, other) for _, o in pairs]:
            if code not in codebook:
                raise codebook.unknown(code)
        if not pairs:
            raise StudyError(
                f"alignment with '{study}'",
                "no code is confirmed",
                "Write yes in the column decision where two codes mean the same, or leave this study out.",
            )


def write_alignment(path: Path, alignment: Alignment) -> None:
    """Write the table.

    Raises:
        InputError: The file cannot be written.
    """
    rows = ((p.study, p.code, p.other, "" if p.score is None else f"{p.score:.2f}", p.why, p.decision) for p in alignment.pairs)
    write_atomic(path, csv_text(COLUMNS, rows))


def read_alignment(path: Path) -> Alignment:
    """Read the table back, as it was written or edited.

    Raises:
        InputError: It cannot be read, a column is missing, or a decision is neither yes, no nor empty.
    """
    table = read_csv(path)
    table.need("study", "code", "other", "decision")
    return Alignment(tuple(_pairs(path.name, zip(table.rows, table.lines, strict=True))))


def _pairs(source: str, rows: Iterable[tuple[dict[str, str], int]]) -> Iterable[Pair]:
    for row, line in rows:
        study, code, other = (unguarded(row[c]).strip() for c in ("study", "code", "other"))
        said = row["decision"].strip().casefold()
        if said not in _WORDS:
            raise InputError(f"{source}, line {line}", "the decision is neither yes, no nor empty", "Write one of these.")
        yield Pair(study, code, other, _score(row.get("score", "")), row.get("why", ""), _WORDS[said])


def _score(text: str) -> float | None:
    """A proposal's score; what a person typed over it is theirs to know."""
    try:
        return float(text)
    except ValueError:
        return None


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
    """A study with whatever its human coders have coded so far.

    Raises:
        StudyError: Its codebook is empty.
    """
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


def _side(name: str, book: Codebook, encoder: Encoder, vectors: Vectors, given: Mapping[str, NDArray[np.bool_]]) -> Side:
    codes = tuple(c.path for c in book if c.path in given or not book.is_theme(c.path))
    if not codes:
        raise StudyError(f"study '{name}'", "its codebook has no codes to align", "Import a codebook, or code something first.")
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
    from scipy.optimize import linear_sum_assignment

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
        why = "same path, rule differs or is missing; " if code == counterpart else ""
        why += ", ".join(f"{what} {value:.2f}" for what, value in parts)
        yield Pair(other.name, code, counterpart, round(float(scores[a, b]), 4), why)


def _name(first: str, second: str) -> float:
    """How alike the last names of two paths are spelt, 0 to 1."""
    a, b = (path.rsplit(" > ", 1)[-1].casefold().replace("_", " ").replace("-", " ") for path in (first, second))
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def translated(suggestions: Iterable[Suggestion], pairs: Sequence[tuple[str, str]], study: str) -> Iterator[Suggestion]:
    """Suggestions in the codes of another codebook; those without a counterpart are left out.

    Args:
        suggestions: Of a model, unit by unit.
        pairs: (code, other) paths: the new codebook's and the model's.
        study: Name of the study the model was made from.

    Returns:
        In the order of the units; within a unit, the likeliest first, each code once.
    """
    for _, unit in groupby(suggestions, key=lambda s: (s.segment.document, s.segment.id, s.segment.start)):
        best: dict[str, Suggestion] = {}
        for s in unit:
            for code in (c for c, other in pairs if other == s.code):
                if code not in best or s.probability > best[code].probability:
                    best[code] = _moved(s, code, study)
        yield from sorted(best.values(), key=lambda s: -s.probability)


def _moved(s: Suggestion, code: str, study: str) -> Suggestion:
    said = f"{study}: {s.code}" if study else s.code
    evidence = tuple(replace(e, document=f"{study}: {e.document}" if study else e.document) for e in s.evidence)
    return asked_at_most(replace(s, code=code, evidence=evidence, transfer=said))
