"""What the classifier learns from: settings, features of segments, and what the coders said of them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from autocode.config import ClassifyConfig

if TYPE_CHECKING:
    from scipy import sparse

FloatArray = NDArray[np.floating[Any]]
HashArray = NDArray[np.uint64]
IntArray = NDArray[np.integer[Any]]
_WORD = re.compile(r"[^\W_]+|[?!]")  # a question mark tells a question from a statement, so it counts as a word
# After the mark that ends a sentence, with its closing quotes; or at a line's end.
_SENTENCE = re.compile(r"(?<=[.!?;…])[\"'”’»)\]]*\s+|(?<=[。！？；])[」』”’]*|\n+")
_LEAST, _BATCH = 60, 1024  # letters of a piece, texts hashed together
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def hashed(texts: Sequence[str], width: int, beside: sparse.csr_array | None = None, parts: bool = True) -> sparse.csr_array:
    """Hash texts into sparse rows: the first half of the columns counts words, the second word parts.

    Args:
        texts: n texts in any language; an empty text gives an empty row.
        width: Number of columns, even, at least 2.
        beside: (n, w) further columns.
        parts: Without word parts there are half as many columns of words.

    Returns:
        (n, width + w) float32; each half of a row has about unit norm (sublinear counts).

    Raises:
        ValueError: The width is odd or below 2.
    """
    from scipy import sparse

    if width < 2 or width % 2:
        raise ValueError(f"the lexical width must be even and at least 2, not {width}")
    kinds = (_word_grams, _character_grams) if parts else (_word_grams,)
    columns = len(kinds) * width // 2 + (0 if beside is None else beside.shape[1])
    blocks = [sparse.csr_array((0, columns), dtype=np.float32)]
    for start in range(0, len(texts), _BATCH):
        words = [_WORD.findall(text.lower()) for text in texts[start : start + _BATCH]]
        found = [_counted(*grams(words), (len(words), width // 2)) for grams in kinds]
        found += [] if beside is None else [beside[start : start + _BATCH]]
        blocks.append(sparse.hstack(found, format="csr"))
    return sparse.vstack(blocks, format="csr")


def sentences_of(text: str) -> list[tuple[int, int]]:
    """The spans of a text's sentences and lines, without the spaces around them; none of an empty text."""
    found, start = [], 0
    for border in (*(m.end() for m in _SENTENCE.finditer(text)), len(text)):
        words = text[start:border].strip()
        if words:
            first = text.index(words[0], start)
            found.append((first, first + len(words)))
        start = border
    return found


def pieces_of(text: str) -> list[str]:
    """A text cut after sentences and lines, where that leaves pieces of 60 letters or more; at least one piece."""
    found: list[str] = []
    for start, end in sentences_of(text):
        part = text[start:end]
        if found and (len(found[-1]) < _LEAST or len(part) < _LEAST / 2):
            found[-1] += " " + part
        else:
            found.append(part)
    return found if len(found) > 1 else [text]


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
    known = {word: zlib.crc32(word.encode()) for word in set[str]().union(*words)}
    flat = [known[word] for line in words for word in line]
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

    order = (by := np.argsort(grams))[np.argsort(rows[by].astype(np.uint16), kind="stable")]  # rows of a batch fit two bytes
    rows, grams = rows[order], grams[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:] != rows[:-1]) | (grams[1:] != grams[:-1])
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, len(rows)))
    rows, grams, value = rows[starts], grams[starts], 1.0 + np.log(np.maximum(counts, 1))
    norm = np.sqrt(np.bincount(rows, weights=value**2, minlength=shape[0]))
    places = rows.astype(np.int32), (grams % np.uint64(shape[1])).astype(np.int32)  # half the room, and read faster
    return sparse.csr_array(((value / norm[rows]).astype(np.float32), places), shape=shape)


BoolArray = NDArray[np.bool_]


ROLES = 64
"""Columns that a speaker's role is hashed to, and as many for the role of the one who spoke before."""
_ROLE_WEIGHT = 0.5  # of a role beside a unit vector


@dataclass(frozen=True, slots=True)
class Chunks:
    """Sentences of n segments, or a few of them together: a mention is washed out in a long text's one vector."""

    V: FloatArray  # (m, d0) float32 unit vectors, in the order of the segments
    counts: IntArray  # (n,) pieces of each segment, at least 1

    def take(self, rows: IntArray) -> Chunks:
        """The pieces of some segments, in the order of `rows`."""
        if np.array_equal(rows, np.arange(len(self.counts))):
            return self
        starts, counts = np.cumsum(self.counts) - self.counts, self.counts[rows]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return Chunks(self.V[np.repeat(starts[rows], counts) + within], counts)

    def each(self) -> Iterator[FloatArray]:
        """The vectors (pieces, d0) of each segment's pieces, in order."""
        end = 0
        for count in self.counts.tolist():
            yield self.V[end : end + count]
            end += count

    def highest(self, W: FloatArray) -> FloatArray:
        """The score of each segment's best piece (n, K) for weights W (K, d0)."""
        if not len(self.counts):
            return np.zeros((0, len(W)), dtype=np.float32)
        return np.maximum.reduceat(self.V @ W.T, np.cumsum(self.counts) - self.counts, axis=0)


@dataclass(frozen=True, slots=True)
class Context:
    """What one encoder knows of n segments and of what was said around them: rows (n, d), put together when asked for.

    Own vector, weighted previous and next turn, and roles stand side by side; kept apart they take a third of the memory.
    """

    known: FloatArray  # (m, d0) vectors of all turns
    own: IntArray  # (n,) the turn of each segment
    around: IntArray  # (n, 2) the turns before and after, -1 for none
    weights: tuple[float, ...]  # of these two
    roles: sparse.csr_array  # (n, 2 * ROLES)

    @property
    def shape(self) -> tuple[int, int]:
        """n and d."""
        return len(self.own), self.known.shape[1] * (1 + sum(map(bool, self.weights))) + self.roles.shape[1]

    def __len__(self) -> int:
        """How many segments."""
        return len(self.own)

    def __getitem__(self, rows: IntArray | slice) -> FloatArray:
        """The rows of some segments, float32."""
        parts = [self.known[self.own[rows]]]
        for side, weight in enumerate(self.weights):
            if weight:
                turns = self.around[rows, side]
                there = (turns >= 0).astype(np.float32)[:, None]
                parts.append(np.float32(weight) * (self.known[turns] * there))
        return np.hstack([*parts, _ROLE_WEIGHT * self.roles[rows].toarray()])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        """All rows, for NumPy."""
        return self[:] if dtype is None else self[:].astype(dtype)

    def take(self, rows: IntArray) -> Context:
        """What is known of some segments, in the order of `rows`."""
        return Context(self.known, self.own[rows], self.around[rows], self.weights, self.roles[rows])


class Words(Protocol):
    """The words of n segments, for a network that learns to read them."""

    def take(self, rows: IntArray) -> Words:
        """Some of them, in the order of `rows`."""

    def read(self) -> None:
        """Get ready for parts of them to be learnt side by side."""

    def learn(self, Y: FloatArray, seed: int) -> Network:
        """Learn from shares of coders Y (n, K)."""


class Network(Protocol):
    """What has learnt K codes from words."""

    @property
    def arrays(self) -> Mapping[str, FloatArray]:
        """All there is to it, by name."""

    def score(self, words: Any) -> FloatArray:
        """Scores (n, K) float32."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of n segments; numbers alone have the first head only."""

    X: FloatArray | Context  # (n, d) float32: own vector, weighted previous turn, weighted next turn, roles
    T: sparse.csr_array | None = None  # (n, h) float32: hashed words and word parts, roles
    pieces: Chunks | None = None
    more: tuple[FloatArray | Context, ...] = ()  # further encoders' view of the same segments, each like X
    words: Words | None = None  # where a network is to learn as well
    layers: tuple[FloatArray, ...] = ()  # (n, l, d) what each layer of an encoder makes of the segments, encoder by encoder
    before: sparse.csr_array | None = None  # (n, h / 2) float32: hashed words of the turn before; where T is

    @property
    def heads(self) -> int:
        """How many scores a code gets: by meaning, wording, likeness, best piece, each further encoder, layers, a network."""
        parts = (self.T, self.before, self.pieces, self.words)
        return 1 + sum(part is not None for part in parts) + len(self.more) + 2 * len(self.layers)

    def take(self, rows: IntArray) -> Features:
        """The features of some segments, in the order of `rows`."""
        words = self.words.take(rows) if self.words else None
        T, before = (None if M is None else M[rows] for M in (self.T, self.before))
        pieces = self.pieces.take(rows) if self.pieces else None
        X, *more = (M.take(rows) if isinstance(M, Context) else M[rows] for M in (self.X, *self.more))
        return Features(X, T, pieces, tuple(more), words, tuple(L[rows] for L in self.layers), before)

    def joined(self, other: Features) -> Features:
        """These segments and, below them, those of `other`; no network learns from both."""
        from scipy import sparse

        both_pieces = [(p.V, p.counts) for p in (self.pieces, other.pieces) if p is not None]
        V, counts = (np.concatenate(both) for both in zip(*both_pieces, strict=True))
        T, before = (sparse.vstack(M, format="csr") for M in ((self.T, other.T), (self.before, other.before)))
        views = zip((self.X, *self.more), (other.X, *other.more), strict=True)
        X, *more = (np.vstack([mine[:], theirs[:]]) for mine, theirs in views)
        layers = tuple(np.vstack(both) for both in zip(self.layers, other.layers, strict=True))
        return Features(X, T, Chunks(V, counts), tuple(more), layers=layers, before=before)


@dataclass(frozen=True, slots=True)
class Turns:
    """The m turns of some documents, of which n are segments: who says what before and after what."""

    vectors: FloatArray  # (m, d0) unit vectors; of several encoders side by side
    speakers: Sequence[str]  # m roles or names, "" for none
    own: IntArray  # (n,) the turn of each segment
    around: IntArray  # (n, 2) the turn before it and the turn after it, -1 for none
    widths: tuple[int, ...] = ()  # columns of each encoder; empty: there is one


@dataclass(frozen=True, slots=True)
class Target:
    """What the coders said of n segments and K codes, and what the codebook says of the codes."""

    Y: FloatArray  # (n, K) in [0, 1]: share of the coders who saw the segment and gave the code
    groups: IntArray  # (n,) document index; negative: another study's, always learnt from and never judged
    prior: FloatArray  # (K, d0) embedding of the codebook entry; zeros where there is none
    parents: IntArray  # (K,) index of the theme, or -1
    entries: tuple[str, ...] = ()  # K codebook entries in words; empty: not known

    def take(self, rows: IntArray) -> Target:
        """The target of some segments, in the order of `rows`."""
        if np.array_equal(rows, np.arange(len(self.Y))):
            return self
        return replace(self, Y=self.Y[rows], groups=self.groups[rows])

    def of(self, codes: IntArray) -> Target:
        """The target of some codes, in the order of `codes`."""
        entries = tuple(self.entries[k] for k in codes) if self.entries else ()
        return Target(self.Y[:, codes], self.groups, self.prior[codes], self.parents[codes], entries)


def features(
    texts: Sequence[str],
    turns: Turns,
    config: ClassifyConfig = ClassifyConfig(),
    pieces: Chunks | None = None,
    before: Sequence[str] | None = None,
) -> Features:
    """Join a segment's own vector, its neighbouring turns, the roles of who speaks, and its hashed text.

    Args:
        texts: The n segments' words.
        turns: What stands around them.
        config: Weights of the turns and width of the hashed text.
        pieces: Of the n segments, by the first encoder; None takes each segment whole.
        before: The words of the turn before each segment; None where they are not known.

    Raises:
        ValueError: The numbers of texts, turns and neighbours differ.
    """
    if not len(texts) == len(turns.own) == len(turns.around):
        counts = f"{len(turns.own)} turns, {len(texts)} texts and {len(turns.around)} neighbours"
        raise ValueError(f"{counts}: not one per segment")
    roles = _roles(turns)
    known = each_encoder(np.asarray(turns.vectors, dtype=np.float32), turns.widths)
    first, *more = (Context(V, turns.own, turns.around, (config.previous, config.following), roles) for V in known)
    if pieces is None:
        pieces = Chunks(known[0][turns.own], np.ones(len(texts), dtype=np.int64))
    said = hashed(before if before is not None else [""] * len(texts), config.width, parts=False)
    return Features(first, hashed(texts, config.width, roles), pieces, tuple(more), before=said)


def each_encoder(V: FloatArray, widths: tuple[int, ...]) -> list[FloatArray]:
    """The unit vectors of each encoder in vectors (m, d) that hold several, side by side."""
    if len(widths) < 2:
        return [V]
    return [np.float32(np.sqrt(len(widths))) * part for part in np.split(V, np.cumsum(widths)[:-1], axis=1)]


def _roles(turns: Turns) -> sparse.csr_array:
    """Who speaks and who spoke before (n, 2 * ROLES), hashed like words: a name cannot be read back."""
    from scipy import sparse

    column = np.array([zlib.crc32(s.encode("utf-8", "surrogatepass")) % ROLES if s else -1 for s in turns.speakers] + [-1])
    n, now, before = len(turns.own), column[turns.own], column[turns.around[:, 0]]
    places = np.stack([now, np.where(before < 0, -1, before + ROLES)], axis=1)
    rows, _ = np.nonzero(places >= 0)
    cells = (np.ones(len(rows), dtype=np.float32), (rows.astype(np.int32), places[places >= 0].astype(np.int32)))
    return sparse.csr_array(cells, shape=(n, 2 * ROLES))


def unshared_roles(T: sparse.csr_array, groups: IntArray) -> IntArray:
    """Which of the 2 * ROLES role columns are met in one document at most, (c,): names, not roles."""
    roles = T[:, -2 * ROLES :].tocoo()
    pairs = np.unique(np.stack([roles.col, groups[roles.row]]), axis=1)
    return np.flatnonzero(np.bincount(pairs[0], minlength=2 * ROLES) < 2)
