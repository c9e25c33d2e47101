"""Texts -> hashed lexical features: which words and word parts a segment uses, without keeping them.

A saved model must not contain a transcript's words, so no vocabulary is built: every word 1-2-gram and
every character 3-5-gram inside a word is hashed to one of a fixed number of columns (Weinberger et al.
2009, Feature Hashing, ICML). Several words share a column, so a column cannot be read back as a word;
whether a guessed word may have occurred can be tested, so a model is no public document.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

FloatArray = NDArray[np.floating[Any]]
HashArray = NDArray[np.uint64]
IntArray = NDArray[np.integer[Any]]

# A question mark tells a question from a statement, so it counts as a word.
_WORD = re.compile(r"[^\W_]+|[?!]")
_BATCH = 1024
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def hashed(texts: Sequence[str], width: int) -> sparse.csr_array:
    """Hash texts into sparse rows: the first half of the columns counts words, the second word parts.

    Args:
        texts: n texts in any language; an empty text gives an empty row.
        width: Number of columns, even, at least 2.

    Returns:
        (n, width) float32; each half of a row has about unit norm (sublinear counts).

    Raises:
        ValueError: The width is odd or below 2.
    """
    from scipy import sparse

    if width < 2 or width % 2:
        raise ValueError(f"the lexical width must be even and at least 2, not {width}")
    blocks = [sparse.csr_array((0, width), dtype=np.float32)]
    for start in range(0, len(texts), _BATCH):
        words = [_WORD.findall(text.lower()) for text in texts[start : start + _BATCH]]
        halves = [_counted(*grams(words), (len(words), width // 2)) for grams in (_word_grams, _character_grams)]
        blocks.append(sparse.hstack(halves, format="csr"))
    return sparse.vstack(blocks, format="csr")


def word_weights(text: str, weights: FloatArray) -> tuple[list[tuple[int, int]], FloatArray]:
    """How much each word of a text adds to linear scores of the hashed text.

    Args:
        text: One text.
        weights: (K, width) of K scores.

    Returns:
        Spans of the m words in code points of `text`, and (m, K) what each adds: weight times value
        over the word's own hashed grams; a pair of words is shared by the two. Summed over the words
        this is `hashed([text], width) @ weights.T`.
    """
    lowered, half = text.lower(), weights.shape[1] // 2
    found = list(_WORD.finditer(lowered))
    words, added = [m.group() for m in found], np.zeros((len(found), len(weights)))
    if not words:
        return [], added
    (_, grams), (owners, parts) = _word_grams([words]), _character_grams([[word] for word in words])
    value, part_value = _each(grams), _each(parts)
    columns, part_columns = (grams % np.uint64(half)).astype(np.int64), (parts % np.uint64(half)).astype(np.int64)
    single, m = weights[:, columns].T * value[:, None], len(words)
    added += single[:m]
    added[:-1] += single[m:] / 2
    added[1:] += single[m:] / 2
    np.add.at(added, owners, weights[:, half + part_columns].T * part_value[:, None])
    # A lowered text may be longer than its original (Turkish dotted capital I).
    places = [i for i, letter in enumerate(text) for _ in letter.lower()]
    return [(places[f.start()], places[f.end() - 1] + 1) for f in found], added


def _each(grams: HashArray) -> FloatArray:
    """The value that each occurrence of a gram brings to its row: damped count, unit norm, shared evenly."""
    _, place, counts = np.unique(grams, return_inverse=True, return_counts=True)
    value = 1.0 + np.log(counts)
    return np.asarray((value / np.sqrt((value**2).sum() or 1.0) / counts)[place])


def _mix(values: HashArray) -> HashArray:
    """Spread hashes over all 64 bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _word_grams(words: Sequence[Sequence[str]]) -> tuple[IntArray, HashArray]:
    """Rows and hashes of all words and pairs of neighbouring words."""
    rows = np.repeat(np.arange(len(words)), [len(w) for w in words])
    known: dict[str, int] = {}
    flat = [known.setdefault(word, zlib.crc32(word.encode())) for line in words for word in line]
    single = _mix(np.array(flat, dtype=np.uint64) + np.uint64(1))
    if len(single) < 2:
        return rows, single
    inside = rows[1:] == rows[:-1]
    pairs = _mix(single[:-1] * _PRIME + single[1:])[inside]
    return np.concatenate([rows, rows[1:][inside]]), np.concatenate([single, pairs])


def _character_grams(words: Sequence[Sequence[str]]) -> tuple[IntArray, HashArray]:
    """Rows and hashes of all runs of 3 to 5 characters inside a word, its two borders included."""
    padded = ["".join(f" {word} \0" for word in line) for line in words]
    rows = np.repeat(np.arange(len(words)), [len(line) for line in padded])
    points = np.frombuffer("".join(padded).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    # Hashes of longer and longer runs: one pass over all characters per length.
    ends, gram, found = points == 0, _mix(points + np.uint64(7)), []
    whole = ~ends
    for length in range(2, 6):
        gram = _mix(gram[:-1] * _PRIME + points[length - 1 :])
        whole = whole[:-1] & ~ends[length - 1 :]
        if length > 2:
            found.append((rows[: len(gram)][whole], gram[whole]))
    return np.concatenate([r for r, _ in found]), np.concatenate([g for _, g in found])


def _counted(rows: IntArray, grams: HashArray, shape: tuple[int, int]) -> sparse.csr_array:
    """Count grams per row, damp the counts, scale rows to unit norm and place them by their hash."""
    from scipy import sparse

    order = np.lexsort((grams, rows))
    rows, grams = rows[order], grams[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:] != rows[:-1]) | (grams[1:] != grams[:-1])
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, len(rows)))
    rows, grams, value = rows[starts], grams[starts], 1.0 + np.log(np.maximum(counts, 1))
    norm = np.sqrt(np.bincount(rows, weights=value**2, minlength=shape[0]))
    columns = (grams % np.uint64(shape[1])).astype(np.int64)
    return sparse.csr_array(((value / norm[rows]).astype(np.float32), (rows, columns)), shape=shape)
