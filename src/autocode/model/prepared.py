"""Documents -> what a classifier sees: units with their neighbours, vectors and features.

The same road for training, suggesting and holding out, so that the three can never differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.classify import HeldOutPredictions, held, nested_scores, out_of_document
from autocode.classify.material import Chunks, Features, Target, Turns, features, pieces_of
from autocode.classify.transfer import Gain, better, gain
from autocode.config import Config
from autocode.encode import cache_folder, file_sha256, kept_arrays
from autocode.encode.encoders import (
    PLUS,
    CachedEncoder,
    JoinedEncoder,
    Layers,
    each_layers,
    first_of,
    load_encoder,
    showing,
    widths_of,
)
from autocode.encode.engines import unit
from autocode.encode.tuning import Words, can_tune, words_of
from autocode.encode.weights import Encoder
from autocode.errors import StudyError, counted
from autocode.study import Document, Progress, Segment, Study
from autocode.study.codebook import SEPARATOR, Codebook
from autocode.study.matrix import CodingMatrix, coding_matrix, is_context, segment

Vectors = NDArray[np.float32]

_LETTERS_A_TOKEN = 4
_ROOMS = Path(__file__).parents[1]
_JUDGING = ("study", "encode", "classify", "model")  # rooms whose code decides what is judged


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


def prepare(documents: Iterable[Document], config: Config, encoder: Encoder, progress: Progress | None = None) -> Prepared:
    """Cut documents into units, encode them, and join each unit with what was said around it.

    The interviewer's turns are encoded as context, though they are not among the units.
    """
    units = [u for document in documents for u in _units(document, config)]
    kept = np.array([i for i, u in enumerate(units) if u.codable], dtype=np.int64)
    layers = _layers([units[i].text for i in kept], encoder, progress) if config.encode.layers else ()
    vectors, pieces = _encoded([u.text for u in units], encoder, progress)
    around = np.array([_neighbours(units, i) for i in kept], dtype=np.int64).reshape(-1, 2)
    own = vectors if len(kept) == len(units) else vectors[kept]
    texts, turns = tuple(units[i].text for i in kept), Turns(vectors, [u.role for u in units], kept, around, widths_of(encoder))
    before = [units[i].text if i >= 0 else "" for i in around[:, 0]]
    seen = replace(features(texts, turns, config.classify, pieces.take(kept), before), layers=layers)
    if config.encode.tuned:
        seen = replace(seen, words=words_of(first_of(encoder), texts, before))
    return Prepared(tuple(units[i].segment for i in kept), texts, own, seen)


LAYERS_MOST = 50_000
"""Segments to learn from up to which every layer of the encoder is learnt from: beyond, they take gigabytes and minutes."""


def sized(config: Config, segments: int) -> Config:
    """The settings by which so many segments are learnt from."""
    return config if segments <= LAYERS_MOST else replace(config, encode=replace(config.encode, layers=False))


def size_note(segments: int, encoder: Encoder) -> str:
    """What is left out because there are so many segments to learn from; "" for nothing."""
    if segments <= LAYERS_MOST or not showing(encoder):
        return ""
    return f"With more than {LAYERS_MOST:,} segments to learn from, the encoder's last layer alone is learnt from."


def _layers(texts: Sequence[str], encoder: Encoder, progress: Progress | None) -> tuple[Layers, ...]:
    """What each layer makes of texts; of a text longer than the encoder reads, the mean of its pieces."""
    limit = _LETTERS_A_TOKEN * encoder.identity.max_tokens or float("inf")
    parts = [pieces_of(text) if len(text) > limit else [text] for text in texts]
    counts = np.array([len(p) for p in parts], dtype=np.int64)
    found = each_layers(encoder, [piece for p in parts for piece in p], progress, narrow=True)
    if counts.sum() == len(texts):
        return found
    starts = np.cumsum(counts) - counts
    kept = tuple(L[starts] for L in found)
    for i in np.flatnonzero(counts > 1):
        letters = np.array([len(piece) for piece in parts[i]], dtype=np.float32)[:, None, None]
        for mine, L in zip(kept, found, strict=True):
            mine[i] = unit((letters * L[starts[i] : starts[i] + counts[i]]).sum(axis=0))
    return kept


def _encoded(texts: Sequence[str], encoder: Encoder, progress: Progress | None) -> tuple[Vectors, Chunks]:
    """Vectors of texts and of their pieces; a text longer than the encoder reads is the mean of its pieces."""
    parts = [pieces_of(text) for text in texts]
    vectors, whole = encoder.encode(texts, progress), all(len(p) == 1 for p in parts) and first_of(encoder) is encoder
    V = vectors if whole else first_of(encoder).encode([piece for p in parts for piece in p], progress)
    limit = _LETTERS_A_TOKEN * encoder.identity.max_tokens or float("inf")
    long = [i for i, text in enumerate(texts) if len(text) > limit]
    vectors = vectors.copy() if long else vectors
    for i in long:
        mean = np.array([len(p) for p in parts[i]], dtype=np.float32) @ encoder.encode(parts[i])
        vectors[i] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return vectors, Chunks(V, np.array([len(p) for p in parts], dtype=np.int64))


@dataclass(frozen=True, slots=True)
class _Unit:
    segment: Segment
    text: str
    codable: bool
    role: str


def _units(document: Document, config: Config) -> Iterator[_Unit]:
    found, roles = segment(document, config.segment), roles_of(document, config)
    for s in found:
        context = is_context(s, document, config.segment)
        yield _Unit(s, document.text_of(s), not context, roles.get(s.speaker.strip().casefold(), ""))


def roles_of(document: Document, config: Config) -> dict[str, str]:
    """The role of each speaker of a document, by name in lower case.

    Interviewers are one role, whatever they are called; whoever alone talks with them is the respondent. Other
    names stand for themselves: in a group, or where a table says teacher and pupil.
    """
    speakers = [*(t.speaker for t in document.turns), *(s.speaker for s in document.segments)]
    names = {s.strip().casefold() for s in speakers} - {""}
    asking = names & {*config.segment.interviewers, *map(str.casefold, document.interviewers)}
    roles = dict.fromkeys(asking, "interviewer")
    others = names - asking
    return roles | (dict.fromkeys(others, "respondent") if asking and len(others) == 1 else {n: n for n in others})


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
    entries = tuple(entry_text(codebook, c) for c in matrix.codes)
    return Target(
        Y=np.nan_to_num(matrix.share) if np.isnan(matrix.share).any() else matrix.share,  # a second copy for nothing
        groups=matrix.groups,
        prior=encoder.encode(entries),
        parents=np.array(below, dtype=np.int64),
        entries=entries,
    )


def entry_text(codebook: Codebook, path: str) -> str:
    """A code's codebook entry as one text; its example is left out, for it may be a quote."""
    code = codebook.by_path[path]
    spoken = path.replace(SEPARATOR, ": ").replace("_", " ").replace("-", " ")
    return ". ".join(part.rstrip(".") for part in (spoken, code.definition, code.include) if part)


def learnable(study: Study, config: Config, coders: Sequence[str]) -> CodingMatrix:
    """The coding matrix of all units that at least one of the coders saw.

    Raises:
        StudyError: No unit carries a code, all that do lie in one document, or one of two documents has a single unit.
    """
    matrix = coding_matrix(study, config, coders)
    matrix = matrix.select(np.asarray(matrix.seen.any(axis=0)))
    if not matrix.Y.any():
        raise StudyError(
            f"study '{study.name}'",
            "no unit of analysis carries a code of these coders",
            "Check the coders and the unit of analysis.",
        )
    if len(set(matrix.groups.tolist())) < 2:
        raise StudyError(
            f"study '{study.name}'",
            "all coding is in one document; the model is checked on documents it has not seen",
            "Code a second document first.",
        )
    sizes = np.bincount(matrix.groups)
    sizes = sizes[sizes > 0]
    if min(config.classify.folds, len(sizes)) == 2 and (sizes.min() < 2 if len(sizes) == 2 else sizes.sum() < 4):
        raise StudyError(
            f"study '{study.name}'",
            "one of the two documents has a single segment, which is too little to check the model on"
            if len(sizes) == 2
            else (
                f"{counted(len(sizes), 'document')} with "
                f"{counted(sizes.sum(), 'segment')} in all are too little to check the model on"
            ),
            "Code more of it, or a further document.",
        )
    return matrix


def rows_of(prepared: Prepared, matrix: CodingMatrix) -> Prepared:
    """The prepared units that are the rows of a matrix, in its order."""
    index = {(s.document, s.id): i for i, s in enumerate(prepared.segments)}
    rows = np.array([index[s.document, s.id] for s in matrix.segments], dtype=np.int64)
    if np.array_equal(rows, np.arange(len(prepared.segments))):
        return prepared
    texts = tuple(prepared.texts[i] for i in rows)
    return Prepared(matrix.segments, texts, prepared.vectors[rows], prepared.features.take(rows))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to learn a study: settings, encoder, and the coded units as these see them.

    Attributes:
        minutes: What fine-tuning would have taken where it was left out for that; else 0.
    """

    config: Config
    encoder: Encoder
    features: Features
    target: Target
    minutes: float = 0.0

    @classmethod
    def of(
        cls, study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None
    ) -> Candidate:
        """Prepare the units of a coding matrix as `fit` does."""
        config, encoder = sized(seen[0], len(matrix.segments)), seen[1]
        rows = rows_of(prepare(study.documents, config, encoder, progress), matrix)
        return cls(config, encoder, rows.features, target(matrix, study.codebook, encoder))

    def affordable(self) -> Candidate:
        """This way, without fine-tuning where that would take more minutes than the settings allow.

        Reckoned for two threads and all trainings of `fit`: the folds on trial, the folds of the model, the model.
        """
        words, encode = self.features.words, self.config.encode
        minutes = words.seconds(2 * self.config.classify.folds + 1) / 120 if isinstance(words, Words) else 0.0
        if minutes <= encode.minutes:
            return self
        config = replace(self.config, encode=replace(encode, tuned=False))
        return replace(self, config=config, features=replace(self.features, words=None), minutes=minutes)

    @property
    def name(self) -> str:
        """What is dear about it."""
        encoders = f"the encoders {self.config.encode.model}" if PLUS in self.config.encode.model else ""
        return " and ".join(filter(None, ("fine-tuning" if self.config.encode.tuned else "", encoders)))


@dataclass(frozen=True, slots=True)
class Trial:
    """What the effort `full` tried, and what became of it; without a gain nothing was affordable."""

    way: Candidate
    gain: Gain | None

    @property
    def kept(self) -> bool:
        """Whether the dearer way is taken."""
        return self.gain is not None and self.gain.taken

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, for the record."""
        found: dict[str, Any] = {"name": self.way.name, "kept": self.kept, "minutes": round(self.way.minutes, 1)}
        if self.kept:
            found["encode"] = {"model": self.way.config.encode.model, "tuned": self.way.config.encode.tuned}
        return found | (asdict(self.gain) if self.gain else {})


def tried(study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None) -> Trial | None:
    """Try what the settings allow beyond the effort `quick`; None where that is nothing.

    Args:
        study: Documents and codebook.
        matrix: The codings to learn from.
        seen: Settings, and the encoder that is there anyway.
        progress: Told of the steps.

    Raises:
        EncoderError: A further encoder is not on this computer.
    """
    wanted = _dearer(*seen)
    if wanted is None:
        return None
    dear = Candidate.of(study, matrix, wanted, progress).affordable()
    if not dear.name:
        return Trial(dear, None)
    plain, config = Candidate.of(study, matrix, seen, progress), seen[0].classify
    scores = [out_of_document(way.features, way.target, config, progress) for way in (plain, dear)]
    return Trial(dear, gain(scores[0], scores[1], plain.target, config))


def judged(
    study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None
) -> HeldOutPredictions:
    """Judge every document unseen; with the effort `full`, each fold by the way that the other folds speak for.

    Args and errors: as for `tried`.
    """
    config, wanted = seen[0].classify, _dearer(*seen)
    way = Candidate.of(study, matrix, seen, progress)
    taught, plain = way.target, nested_scores(way.features, way.target, config, progress)
    del way  # its features are most of what a large study takes, and the scores say all
    other = Candidate.of(study, matrix, wanted, progress).affordable() if wanted else None
    if other is None or not other.name:
        return held(plain, taught, config)
    dear = nested_scores(other.features, other.target, config, progress)
    return held(better(plain, dear, taught, config), taught, config)


def judged_once(
    study: Study, matrix: CodingMatrix, seen: tuple[Config, Encoder], progress: Progress | None = None
) -> HeldOutPredictions:
    """As `judged`, kept on the disk: `evaluate`, the second look, the clinic and the dossier ask the same of a study.

    Only what is the same to the last letter and number is taken from there (`_decided_by`); of an encoder that keeps no
    vectors, and with the effort `full`, everything is judged anew.
    """
    config, encoder = seen
    if not isinstance(encoder, CachedEncoder) or config.classify.effort != "quick":
        return judged(study, matrix, seen, progress)

    def make() -> dict[str, NDArray[Any]]:
        """What is judged, as arrays that can be kept."""
        found = judged(study, matrix, seen, progress)
        return {"P": found.P, "bands": found.bands, "thresholds": found.thresholds, "fold": found.fold}

    return HeldOutPredictions(**kept_arrays(cache_folder() / "held-out", _decided_by(study, matrix, config, encoder), make))


def _decided_by(study: Study, matrix: CodingMatrix, config: Config, encoder: CachedEncoder) -> str:
    """A hash of all that decides what is judged: the program, its settings, encoder, units, codebook and codings."""
    made = hashlib.sha256()

    def add(*parts: str) -> None:
        """Add some of it."""
        made.update("".join(f"{part}\x1f" for part in parts).encode("utf-8", "surrogatepass"))

    add(encoder.key, repr((config.encode, config.classify)), *map(version, ("numpy", "scipy", "scikit-learn")))
    add(*(file_sha256(p) for p in sorted(_ROOMS.rglob("*.py")) if p.relative_to(_ROOMS).parts[0] in _JUDGING))
    for document in study.documents:
        for u in _units(document, config):
            add(*map(str, (*astuple(u.segment), u.codable, u.role)), u.text)
    add(*(f"{path} {study.codebook.theme(path)} {entry_text(study.codebook, path)}" for path in matrix.codes))
    for array in (matrix.Y, matrix.seen, matrix.groups):
        made.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return made.hexdigest()


def _dearer(config: Config, encoder: Encoder) -> tuple[Config, Encoder] | None:
    """Settings and encoder of all that the effort `full` adds; None where it is quick or there is nothing to add."""
    tuned = not config.encode.tuned and config.encode.minutes > 0 and can_tune(first_of(encoder))
    if config.classify.effort != "full" or not (config.encode.more or tuned):
        return None
    further = [load_encoder(name, precision=config.encode.precision) for name in config.encode.more]
    model = PLUS.join([config.encode.model, *config.encode.more])
    encode = replace(config.encode, model=model, more=(), tuned=tuned or config.encode.tuned)
    return replace(config, encode=encode), JoinedEncoder([encoder, *further]) if further else encoder
