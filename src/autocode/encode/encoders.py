"""Texts -> vectors: any sentence-transformers encoder, offline, each text encoded once.

An encoder is anything with an `identity` and `encode(texts, progress=None)`. `load_encoder` finds it by name on this disk, runs
it through OpenVINO or onnxruntime where it can (else through sentence-transformers, and says why) and keeps every vector
under the hash of its text. Nothing here calls the network but `add_encoder`.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autocode.config import Progress
from autocode.encode import VectorCache, Vectors, cache_folder
from autocode.encode.engines import Engine, GraphEncoder, GraphFacts, choose_engine, narrowed, unit
from autocode.encode.weights import (
    EXPORT_VERSION,
    WRITTEN,
    Encoder,
    EncoderIdentity,
    Weights,
    export_graph,
    find_weights,
    load_reference,
    read_facts,
)
from autocode.errors import EncoderError
from autocode.footprint import stay_offline

Layers: TypeAlias = NDArray[np.float16]
_PLUG_IN = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
PLUS = " + "  # stands between the names of encoders that are used together

_TEXTS_PER_SHARD = 2048  # a crash loses at most so many encoded texts


class CachedEncoder:
    """An encoder that encodes no text twice: duplicates are folded, known vectors come from the disk.

    Args:
        encoder: Who encodes what is not known yet.
        folder: Where vectors are kept; each encoder has its own folder in it.
        fingerprint: What besides the identity decides the vectors (tokenizer, pooling, precision).
    """

    def __init__(self, encoder: Encoder, folder: Path, fingerprint: str = "") -> None:
        self._encoder = encoder
        whole = {**asdict(encoder.identity), "note": "", "fingerprint": fingerprint}
        if whole["sha256"]:
            whole["name"] = ""  # the weights say who it is, under whatever name
        self._salt = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).digest()
        self._cache = VectorCache(folder / self._salt.hex()[:32], encoder.identity.dimension)
        self.depth: int = getattr(encoder, "depth", 1)
        width = (self.depth - 1) * encoder.identity.dimension
        self._lower = VectorCache(folder / f"{self._salt.hex()[:32]}-layers", width, np.int8)

    @property
    def identity(self) -> EncoderIdentity:
        """Identity of the encoder inside."""
        return self._encoder.identity

    @property
    def key(self) -> str:
        """What decides its vectors, as a hash in hex."""
        return self._salt.hex()

    @property
    def folder(self) -> Path | None:
        """Where the weights of the encoder inside are; None for a plug-in."""
        found: Path | None = getattr(self._encoder, "folder", None)
        return found

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode n texts as (n, dimension) float32 of unit norm, in the order given.

        Texts are compared and encoded in Unicode form NFC. `progress(done, total)` counts distinct
        texts, first those already known.

        Raises:
            EncoderError: where the encoder returns no such vectors or the cache cannot be written.
        """
        return np.asarray(self._looked_up(texts, self._cache, self._checked, progress), np.float32)

    def layers(self, texts: Sequence[str], progress: Progress | None = None, narrow: bool = False) -> Layers:
        """What each layer makes of n texts, (n, depth, dimension) float16 of unit norm; the first is what `encode` gives.

        Those below the last are kept in eight bits. `narrow` mixes them (`narrowed`); other args and errors: as for `encode`.
        """
        lower, vectors = self._looked_up(texts, self._lower, self._deep, progress), self.encode(texts)
        parts, blocks, step = ((vectors, 1), (lower, self.depth - 1)), [], _TEXTS_PER_SHARD
        for start in range(0, max(len(texts), 1), step):  # in higher precision the whole would take many times the room
            last, below = (M[start : start + step].reshape(-1, n, vectors.shape[1]) for M, n in parts)
            found = narrowed(last, below) if narrow else np.concatenate([last, unit(below)], axis=1)
            blocks.append(found.astype(np.float16))
        return np.concatenate(blocks)

    def _looked_up(
        self, texts: Sequence[str], cache: VectorCache, compute: Callable[..., NDArray[Any]], progress: Progress | None
    ) -> NDArray[Any]:
        """The rows of n texts; those that are not in the cache are computed and put there."""
        # A lone surrogate cannot be hashed or tokenized; it stands for a byte that was no text anyway.
        plain = [unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode() for text in texts]
        places = {text: i for i, text in enumerate(dict.fromkeys(plain))}
        distinct = list(places)
        keys = [hashlib.sha256(self._salt + text.encode()).digest() for text in distinct]
        vectors, found = cache.get(keys)
        report: Progress = progress or (lambda done, total: None)
        missing, known = np.flatnonzero(~found), int(found.sum())
        if distinct:
            report(known, len(distinct))
        for start in range(0, len(missing), _TEXTS_PER_SHARD):
            part = missing[start : start + _TEXTS_PER_SHARD]
            vectors[part] = compute(
                [distinct[i] for i in part], lambda done, _, n=known + start: report(n + done, len(distinct))
            )
            cache.put([keys[i] for i in part], vectors[part])
        return vectors if len(distinct) == len(plain) else vectors[[places[text] for text in plain]]

    def _deep(self, texts: Sequence[str], progress: Progress) -> NDArray[np.int8]:
        """The lower layers of distinct texts, (n, width) in eight bits; their vectors come with them, and are kept."""
        encoder: Any = self._encoder
        found = encoder.layers(texts, progress)
        self._cache.put([hashlib.sha256(self._salt + text.encode()).digest() for text in texts], found[:, 0])
        lower = found[:, 1:] / np.maximum(np.abs(found[:, 1:]).max(axis=2, keepdims=True), 1e-12)
        return np.asarray(np.rint(127 * lower).reshape(len(texts), -1), np.int8)

    def _checked(self, texts: Sequence[str], progress: Progress) -> Vectors:
        vectors = np.asarray(self._encoder.encode(texts, progress))
        shape = (len(texts), self.identity.dimension)
        if vectors.shape != shape:
            raise self._unfit(f"it returned vectors of shape {vectors.shape} instead of {shape}")
        # Written so that a NaN fails too.
        if not np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-3:
            raise self._unfit("it returned vectors that are not of unit norm")
        return vectors.astype(np.float32)

    def _unfit(self, why: str) -> EncoderError:
        return EncoderError(f"The encoder {self.identity.name!r}", why, "Choose another encoder.")


class JoinedEncoder:
    """Encoders whose vectors stand side by side; the cosine of two texts is the mean of theirs.

    Args:
        encoders: Two or more.
    """

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        """Keep the encoders, in order."""
        self.encoders = tuple(encoders)

    @property
    def widths(self) -> tuple[int, ...]:
        """Columns of each encoder's vectors."""
        return tuple(e.identity.dimension for e in self.encoders)

    @property
    def first(self) -> Encoder:
        """The encoder that stands first."""
        return self.encoders[0]

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Named by all of them; the shortest limit of tokens counts."""
        known = [e.identity for e in self.encoders]
        limits = [k.max_tokens for k in known if k.max_tokens]
        return EncoderIdentity(
            PLUS.join(k.name for k in known),
            hashlib.sha256(" ".join(k.sha256 for k in known).encode()).hexdigest(),
            sum(k.dimension for k in known),
            min(limits, default=0),
            known[0].backend,
            "; ".join(k.note for k in known if k.note),
            known[0].precision,
        )

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode n texts as (n, dimension) float32 of unit norm; each encoder tells its progress anew."""
        parts = [encoder.encode(texts, progress) for encoder in self.encoders]
        return np.hstack(parts) / np.float32(np.sqrt(len(parts)))


def widths_of(encoder: Encoder) -> tuple[int, ...]:
    """Columns of each encoder's vectors in those of one that may be joined of several."""
    return encoder.widths if isinstance(encoder, JoinedEncoder) else (encoder.identity.dimension,)


def each_layers(
    encoder: Encoder, texts: Sequence[str], progress: Progress | None = None, narrow: bool = False
) -> tuple[Layers, ...]:
    """What each layer makes of n texts, (n, layers, d) for each of the encoders that shows its layers."""
    return tuple(e.layers(texts, progress, narrow) for e in showing(encoder))


def showing(encoder: Encoder) -> tuple[CachedEncoder, ...]:
    """Which of the encoders in one that may be joined of several show their layers."""
    encoders = encoder.encoders if isinstance(encoder, JoinedEncoder) else (encoder,)
    return tuple(e for e in encoders if isinstance(e, CachedEncoder) and e.depth > 1)


def first_of(encoder: Encoder) -> Encoder:
    """The first of several encoders, or the only one."""
    return encoder.first if isinstance(encoder, JoinedEncoder) else encoder


def load_encoder(
    name: str = "default", cache: Path | None = None, threads: int | None = None, precision: str = "auto"
) -> CachedEncoder | JoinedEncoder:
    """Load an encoder by name: `default`, a folder, an added model or a plug-in `package.module:factory`.

    Several names with ` + ` between them are loaded side by side.

    The first load of a model exports its graph, which takes seconds and imports torch (ask
    `needs_export`); later loads take well under a second and do not.

    Args:
        name: What to load.
        cache: Folder for graphs and vectors; `cache_folder()` where None.
        threads: Processor threads; all that this process may use where None. No effect on vectors.
        precision: `auto`, `float32` or `bfloat16`, as `choose_engine` takes them; a plug-in has its own.

    Raises:
        EncoderError: where the name is not on this disk, its weights are altered, or it cannot run.
    """
    loaded = [_load_one(each, cache or cache_folder(), threads, precision) for each in name.split(PLUS)]
    return loaded[0] if len(loaded) == 1 else JoinedEncoder(loaded)


def _load_one(name: str, place: Path, threads: int | None, precision: str) -> CachedEncoder:
    stay_offline()
    if _is_plug_in(name):
        return CachedEncoder(_plug_in(name), place / "vectors")
    weights = find_weights(name, place)
    graph = _graph_folder(weights, place)
    facts = read_facts(graph)
    if facts is None and graph == weights.folder:
        raise EncoderError(f"The encoder {name!r}", "its graph is damaged", f"Add it again: autocode encoder add {name}")
    facts = facts or export_graph(weights.folder, graph)
    engine = Engine("sentence-transformers", "float32") if facts.reason else choose_engine(precision)
    encoder = _ModelEncoder(weights, graph, facts, (engine, threads or _processors()))
    return CachedEncoder(encoder, place / "vectors", _fingerprint(weights))


def needs_export(name: str = "default", cache: Path | None = None) -> bool:
    """Whether `load_encoder` would have to export a graph first (seconds instead of a moment).

    Raises:
        EncoderError: where a name is not on this disk or its weights are altered.
    """
    place = cache or cache_folder()
    models = (each for each in name.split(PLUS) if not _is_plug_in(each))
    return any(read_facts(_graph_folder(find_weights(each, place), place)) is None for each in models)


class _ModelEncoder:
    """Found weights, opened at the first text that has no vector yet."""

    def __init__(self, weights: Weights, graph: Path, facts: GraphFacts, run: tuple[Engine, int]) -> None:
        self._weights, self._graph, self._facts, (self._engine, self._threads) = weights, graph, facts, run
        self.folder = weights.folder
        sizes = facts.dimension, facts.max_tokens
        self.identity = EncoderIdentity(
            weights.name, weights.sha256, *sizes, self._engine.backend, facts.reason, self._engine.precision
        )
        self.depth = facts.layers

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors (n, d) of n texts, by the exported graph or, where that differs, by the reference one text at a time."""
        if self._facts.reason:
            return _encode_singly(self._reference, texts, progress)
        return self._opened.encode(texts, progress)

    def layers(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """What each layer makes of n texts, (n, layers, d)."""
        return self._opened.layers(texts, progress)

    @cached_property
    def _opened(self) -> GraphEncoder:
        return GraphEncoder(self._graph, self._facts, self._engine, self._threads)

    @cached_property
    def _reference(self) -> Any:
        return load_reference(self._weights.folder)


def _encode_singly(reference: Any, texts: Sequence[str], progress: Progress | None) -> Vectors:
    """Encode one text at a time: torch gives a text other bits in another batch."""
    vectors = []
    for done, text in enumerate(texts, start=1):
        vectors.append(reference.encode([text], show_progress_bar=False)[0])
        if progress is not None:
            progress(done, len(texts))
    return unit(np.array(vectors, np.float32))


def _fingerprint(weights: Weights) -> str:
    """What decides the vectors besides the engine: the weights, their settings, our export and its weights' precision."""
    whole = f"{EXPORT_VERSION} fp32 {weights.sha256} {weights.settings_sha256}"
    return hashlib.sha256(whole.encode()).hexdigest()


def _graph_folder(weights: Weights, cache: Path) -> Path:
    """Where an encoder's graph is: in the cache, or with the encoder if it was written directly."""
    if (weights.folder / WRITTEN).is_file():
        return weights.folder
    return cache / "graphs" / _fingerprint(weights)[:32]


def _is_plug_in(name: str) -> bool:
    return _PLUG_IN.fullmatch(name) is not None


def _plug_in(name: str) -> Encoder:
    module, _, factory = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), factory)
        parameters = inspect.signature(made).parameters.values()
        alone = all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)
        encoder = as_encoder(made() if alone else made, name)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        why = f"it cannot be made ({type(error).__name__})"
        mend = "Name a function from texts to vectors, or one without arguments that gives an encoder."
        raise EncoderError(f"The encoder {name!r}", why, mend) from error
    return encoder


def as_encoder(given: Any, name: str = "") -> Encoder:
    """An encoder from what a script has: one of ours, an object with `encode`, or a function from texts to an array.

    Args:
        given: It gets a list of n texts and gives n vectors of one length, the same for the same texts.
        name: What it is called in records; by default its module and its own name.

    Raises:
        EncoderError: It gives no vectors of this shape.
    """
    if isinstance(getattr(given, "identity", None), EncoderIdentity) and hasattr(given, "encode"):
        own: Encoder = given
        return own
    run = given.encode if hasattr(given, "encode") else given
    called = name or f"{getattr(given, '__module__', '')}:{getattr(given, '__qualname__', type(given).__qualname__)}"
    if not callable(run):
        raise EncoderError(f"The encoder {called!r}", "it is no function and has no encode", "See the class Encoder.")
    return _Borrowed(called, run)


_PROBES = ("How did the course go?", "The badge helped me to find work, and my manager noticed.", "")


class _Borrowed:
    """A function from texts to vectors as an encoder; what it gives for some sentences is its identity."""

    def __init__(self, name: str, run: Callable[[list[str]], Any]) -> None:
        self._name, self._run = name, run
        vectors = self.encode(_PROBES)
        digest = hashlib.sha256(np.round(vectors, 3).tobytes()).hexdigest()
        self.identity = EncoderIdentity(name, digest, vectors.shape[1], 0, "function")

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors (n, d) of unit norm that the function gives for n texts.

        Raises:
            EncoderError: It gives something else.
        """
        try:
            vectors = np.asarray(self._run(list(texts)), dtype=np.float32)
        except (TypeError, ValueError) as error:
            why = f"it gives no vectors for {len(texts)} texts ({type(error).__name__})"
            raise EncoderError(f"The encoder {self._name!r}", why, "Give one finite vector for each text.") from error
        if vectors.ndim != 2 or len(vectors) != len(texts) or not vectors.size or not np.isfinite(vectors).all():
            why = f"it gives an array of shape {vectors.shape} for {len(texts)} texts, or numbers that are none"
            raise EncoderError(f"The encoder {self._name!r}", why, "Give one finite vector for each text.")
        if progress is not None:
            progress(len(texts), len(texts))
        return unit(vectors)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
