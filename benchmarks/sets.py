"""The studies of the benchmark as the product reads them, and how each is parted into training and test.

A study is read, cut into units and joined with its context by the product's own code, so that a system
under test sees what `autocode evaluate` would see. Formats and licences of the public tables are in the
README beside each; they are not part of this repository.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from autocode.classify import folds_of
from autocode.config import ClassifyConfig, Config
from autocode.formats import read, read_all
from autocode.formats.receipt import ReadOptions
from autocode.model.prepared import learnable
from autocode.study import Study
from autocode.study.matrix import CodingMatrix, segment

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
BUNDLED = Path(__file__).parents[1] / "corpora" / "microcredentials"
TABLES = {
    "bundled": "",
    "scrum": "scrum_interviews/codings.csv",
    "scrum_fine": "scrum_interviews/codings_fine.csv",
    "shuffle": "shuffle_music/codings.csv",
    "issues_nl": "issuepositions_nl/codings.csv",
    "mlss": "mlss_interviews/codings_double.csv",
    "mlss_parents": "mlss_interviews/codings_double.csv",
    "cooking": "cooking_politeness/codings.csv",
    "so_emotions": "so_emotions/codings.csv",
    "opp115": "opp115/codings.csv.gz",
    "annomi": "annomi/codings.csv",
}
SIZES = (50, 100, 200, 500, 1000)
DRAWS = 3


@dataclass(frozen=True)
class Corpus:
    """One coded study: n units, C coders, K codes."""

    name: str
    study: Study
    config: Config
    matrix: CodingMatrix
    tested: NDArray[np.bool_] | None = None  # (n,) units of the fixed test documents; None: folds

    @property
    def groups(self) -> IntArray:
        """Document of each unit, (n,)."""
        return self.matrix.groups

    @cached_property
    def votes(self) -> FloatArray:
        """(C, n, K) float32: 1 given, 0 seen and not given, nan not seen."""
        votes = self.matrix.Y.astype(np.float32)
        votes[~self.matrix.seen] = np.nan
        return votes

    @cached_property
    def Y(self) -> FloatArray:
        """Share of the coders who saw the unit and gave the code, (n, K)."""
        return np.nan_to_num(self.matrix.share)

    @cached_property
    def texts(self) -> tuple[tuple[str, str, str], ...]:
        """Of each unit: the turn before, its own words, the turn after; "" where there is none."""
        return tuple(texts for _, texts in _around(self))


@dataclass(frozen=True)
class Split:
    """Rows to learn from, with the inner fold of each, and rows to be judged."""

    known: IntArray
    inner: IntArray
    out: IntArray
    only: int  # the inner fold for systems that can afford one only


def load(name: str, root: Path | None, config: Config, file: Path | None = None) -> Corpus:
    """Read one set by name, or any long table `file` under that name.

    Raises:
        AutocodeError: It cannot be read, or holds no coding in two documents.
    """
    study = _read(name, root, file)
    if name == "mlss_parents":
        codings = (replace(c, code=study.codebook.theme(c.code)) for c in study.codings)
        study = replace(study, codings=tuple(dict.fromkeys(codings)))
    corpus = Corpus(name, study, config, learnable(study, config, study.choose(None)))
    return replace(corpus, tested=_many_coders(corpus)) if name == "annomi" else corpus


def _read(name: str, root: Path | None, file: Path | None) -> Study:
    if name == "bundled":
        return read(BUNDLED)
    table = file if file is not None else cast(Path, root) / TABLES[name]
    book = table.parent / "codebook.csv"
    return read_all([table, book] if book.exists() else [table], ReadOptions(add_codes=True))[0]


def _many_coders(corpus: Corpus) -> NDArray[np.bool_]:
    """Units of the documents that several coders read, (n,)."""
    several = np.unique(corpus.groups[corpus.matrix.seen.sum(axis=0) > 1])
    return np.isin(corpus.groups, several)


def _around(corpus: Corpus) -> list[tuple[int, tuple[str, str, str]]]:
    place = {(s.document, s.id): i for i, s in enumerate(corpus.matrix.segments)}
    found = []
    for document in corpus.study.documents:
        units = segment(document, corpus.config.segment)
        texts = ["", *(document.text_of(u) for u in units), ""]
        keys = [(u.document, u.id) for u in units]
        found += [(place[k], (texts[j], texts[j + 1], texts[j + 2])) for j, k in enumerate(keys) if k in place]
    return sorted(found)


def product_folds(groups: IntArray, config: ClassifyConfig) -> IntArray:
    """The product's folds of whole documents, (n,).

    Raises:
        ValueError: There is one document, or two of which one has a single unit.
    """
    rows = cast(Any, SimpleNamespace(X=groups, Y=groups, groups=groups))
    return folds_of(rows, rows, config)


def splits(corpus: Corpus) -> list[Split]:
    """The product's folds, or the fixed training and test documents of the set."""
    if corpus.tested is not None:
        known, out = np.flatnonzero(~corpus.tested), np.flatnonzero(corpus.tested)
        return [Split(known, product_folds(corpus.groups[known], corpus.config.classify), out, 0)]
    fold = product_folds(corpus.groups, corpus.config.classify)
    return [_split(fold, f) for f in range(fold.max() + 1)]


def _split(fold: IntArray, f: int) -> Split:
    """Folds come in twos, and share the one inner model of those who can afford no more."""
    known = np.flatnonzero(fold != f)
    partner = f ^ 1 if f ^ 1 <= fold.max() else 0
    return Split(known, fold[known], np.flatnonzero(fold == f), partner)


def draws(corpus: Corpus, size: int, number: int) -> list[Split]:
    """Draw `number` of a learning curve, within the training part of each split.

    Whole documents until `size` units are reached, two documents at least; larger draws hold the smaller. Empty
    where there are not so many units, or documents so large that the next smaller size already drew the same.
    """
    parts = [_drawn(corpus, split, size, [number, f]) for f, split in enumerate(splits(corpus))]
    smaller = max((s for s in SIZES if s < size), default=0)
    before = [_drawn(corpus, split, smaller, [number, f]) for f, split in enumerate(splits(corpus))]
    same = smaller and all(len(a.known) == len(b.known) for a, b in zip(parts, before, strict=True))
    return [] if same or any(len(part.known) < size for part in parts) else parts


def _drawn(corpus: Corpus, whole: Split, size: int, seed: list[int]) -> Split:
    documents, counts = np.unique(corpus.groups[whole.known], return_counts=True)
    order = np.random.default_rng(seed).permutation(len(documents))
    reached = np.searchsorted(np.cumsum(counts[order]), size) + 1
    chosen = documents[order[: max(int(reached), 2)]]
    known = whole.known[np.isin(corpus.groups[whole.known], chosen)]
    return Split(known, product_folds(corpus.groups[known], corpus.config.classify), whole.out, 0)
