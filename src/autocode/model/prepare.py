"""Documents -> what a classifier sees: units with their neighbours, vectors and features.

The same road for training, suggesting and holding out, so that the three can never differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.classify import Features, Target, features
from autocode.codebook import SEPARATOR, Codebook
from autocode.config import Config
from autocode.encode import Encoder
from autocode.matrix import CodingMatrix
from autocode.segment import is_context, segment
from autocode.study import Document, Progress, Segment

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The units of some documents as a classifier sees them.

    Attributes:
        segments: The n units that can be coded.
        texts: Their words.
        vectors: (n, d) unit vectors of the units alone.
        features: Vectors with context, and hashed words.
    """

    segments: tuple[Segment, ...]
    texts: tuple[str, ...]
    vectors: Vectors
    features: Features

    @property
    def groups(self) -> NDArray[np.int64]:
        """Number of each unit's document (n,), ascending."""
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(s.document, len(numbers)) for s in self.segments], dtype=np.int64)


def prepare(
    documents: Iterable[Document], config: Config, encoder: Encoder, progress: Progress | None = None
) -> Prepared:
    """Cut documents into units, encode them, and join each unit with what was said around it.

    The interviewer's turns are encoded as context, though they are not among the units.
    """
    units = [unit for document in documents for unit in _units(document, config)]
    vectors = encoder.encode([u.text for u in units], progress)
    kept = np.array([i for i, u in enumerate(units) if u.codable], dtype=np.int64)
    around = np.array([_neighbours(units, i) for i in kept], dtype=np.int64).reshape(-1, 2)
    texts = tuple(units[i].text for i in kept)
    return Prepared(
        segments=tuple(units[i].segment for i in kept),
        texts=texts,
        vectors=vectors[kept],
        features=features(vectors[kept], texts, around, config.classify, vectors),
    )


@dataclass(frozen=True, slots=True)
class _Unit:
    segment: Segment
    text: str
    codable: bool


def _units(document: Document, config: Config) -> Iterator[_Unit]:
    for s in segment(document, config.segment):
        yield _Unit(s, document.text_of(s), not is_context(s, document, config.segment))


def _neighbours(units: Sequence[_Unit], i: int) -> tuple[int, int]:
    """The unit before and the unit after within the same document, -1 for none."""
    document = units[i].segment.document
    before = i - 1 if i and units[i - 1].segment.document == document else -1
    after = i + 1 if i + 1 < len(units) and units[i + 1].segment.document == document else -1
    return before, after


def target(matrix: CodingMatrix, codebook: Codebook, encoder: Encoder) -> Target:
    """What the coders said, and what the codebook says of the codes.

    A segment that one of two coders gave a code counts half: disagreement is learnt, not
    decided.
    """
    themes = {path: i for i, path in enumerate(dict.fromkeys(codebook.theme(c) for c in matrix.codes))}
    below = [themes[codebook.theme(c)] if codebook.theme(c) != c else -1 for c in matrix.codes]
    return Target(
        Y=np.nan_to_num(matrix.share),
        groups=matrix.groups,
        prior=encoder.encode([entry_text(codebook, c) for c in matrix.codes]),
        parents=np.array(below, dtype=np.int64),
    )


def entry_text(codebook: Codebook, path: str) -> str:
    """A code's codebook entry as one text; its example is left out, for it may be a quote."""
    code = codebook.by_path[path]
    spoken = path.replace(SEPARATOR, ": ").replace("_", " ").replace("-", " ")
    return ". ".join(part.rstrip(".") for part in (spoken, code.definition, code.include) if part)
