"""Who runs an exported graph: OpenVINO where it is there, else onnxruntime; several batches side by side."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from threading import RLock
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autocode.config import Progress
from autocode.encode import Vectors
from autocode.errors import EncoderError

_LOG = logging.getLogger("autocode")

PRECISIONS = ("auto", "float32", "bfloat16")

# About 1024 tokens keep the activations in the processor's cache; larger batches are slower.
_BATCH_TOKENS = 1024
_OPENVINO_STEP = 8
_HINTS = {"float32": "f32", "bfloat16": "bf16"}


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What a graph's folder says of itself: sizes in tokens and dimensions, and why there is no graph.

    Attributes:
        dimension: Length of a vector.
        max_tokens: Where a text is cut, special tokens included; 0 where the model sets no limit.
        pooling: `mean` or `cls`.
        inputs: Names of the graph's inputs, ids first.
        graph_sha256: Of the graph's file, to notice a damaged one; empty without a graph.
        reason: Why the model cannot be exported; empty where it was.
        layers: How many states of the tokens the graph gives: the last layer's, then those of the word vectors and of
            each layer below the last; 1 where it gives the last alone.
    """

    dimension: int
    max_tokens: int
    pooling: str
    inputs: tuple[str, ...]
    graph_sha256: str
    reason: str
    layers: int = 1


@dataclass(frozen=True, slots=True)
class Engine:
    """Who runs the graph, `openvino` or `onnxruntime`, and in which precision, `float32` or `bfloat16`.

    With bfloat16 the products of matrices are rounded to it and everything else stays float32: vectors keep
    a cosine of .999 and more to those of float32, in half the time.
    """

    backend: str
    precision: str


def choose_engine(precision: str = "auto") -> Engine:
    """The fastest engine here that gives the precision.

    Args:
        precision: `float32`, `bfloat16`, or `auto`: bfloat16 where the processor computes with it.
            Where it does not, float32 stands in for bfloat16 as well.

    Raises:
        EncoderError: There is no such precision.
    """
    if precision not in PRECISIONS:
        why = f"known are {', '.join(PRECISIONS)}"
        raise EncoderError(f"The precision {precision!r}", why, "Choose one of these under [encode].")
    if importlib.util.find_spec("openvino") is None:
        return Engine("onnxruntime", "float32")
    return Engine("openvino", "bfloat16" if precision != "float32" and _has_bfloat16() else "float32")


@cache
def _has_bfloat16() -> bool:
    return "BF16" in _openvino().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@cache
def _openvino() -> Any:
    # Its model converter is not needed: it takes as long as all the rest, and brings a telemetry package along.
    with _absent("openvino.tools.ovc"):
        import openvino

        return openvino.Core()


@contextmanager
def _absent(module: str) -> Iterator[None]:
    """Make a module look not installed inside the block, unless it was imported before."""
    kept = sys.modules.get(module)
    sys.modules[module] = kept  # type: ignore[assignment]
    try:
        yield
    finally:
        if kept is None:
            del sys.modules[module]


class GraphEncoder:
    """Runs an exported graph: texts -> (n, dimension) float32 of unit norm.

    Args:
        folder: Where `export_graph` put the graph.
        facts: What `read_facts` says of it.
        engine: Who runs it.
        threads: How many batches run side by side; more do not change the vectors.
    """

    def __init__(self, folder: Path, facts: GraphFacts, engine: Engine, threads: int = 1) -> None:
        from tokenizers import Tokenizer

        # Its threads would count against ours, and hold the program up on a busy machine.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self.facts = facts
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(facts.max_tokens)
        self._step = _OPENVINO_STEP if engine.backend == "openvino" else 1
        with _ENTERED:
            opened = _OpenvinoRunner if engine.backend == "openvino" else _OnnxRunner
            self._runner: _Runner = opened(folder / "model.onnx", engine, threads)
        self._ahead = threads + 1  # one more than run at once: none waits while a result is taken up

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode n texts; `progress(done, n)` is called after each batch."""
        return self._pooled(texts, 1, progress)[:, 0]

    def layers(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """What each layer makes of n texts: (n, layers, dimension) of unit norm; the first is what `encode` gives."""
        return self._pooled(texts, self.facts.layers, progress)

    def _pooled(self, texts: Sequence[str], layers: int, progress: Progress | None) -> Vectors:
        with _ENTERED:
            ids = [code.ids for code in self._tokenizer.encode_batch_fast(list(texts))]
            vectors = np.empty((len(ids), layers, self.facts.dimension), np.float32)
            batches, done = _batches([_padded(len(one), self._step) for one in ids]), 0
            # One batch per thread beats many threads per batch: nobody waits for anybody.
            walked = self._walked(([ids[i] for i in batch] for batch in batches), layers)
            for batch, rows in zip(batches, walked, strict=True):
                vectors[batch] = rows
                done += len(batch)
                if progress is not None:
                    progress(done, len(ids))
        return vectors

    def _walked(self, batches: Iterator[list[list[int]]], layers: int) -> Iterator[Vectors]:
        """The vectors (m, layers, d) of each batch, in order; several batches are under way at any time."""
        waiting: deque[tuple[Any, NDArray[np.int64]]] = deque()
        try:
            for ids in batches:
                if len(waiting) == self._ahead:
                    yield self._finished(*waiting.popleft(), layers)
                feed, mask = self._feed(ids)
                waiting.append((self._runner.start(feed), mask))
            while waiting:
                yield self._finished(*waiting.popleft(), layers)
        finally:
            for ticket, _ in waiting:
                self._runner.states(ticket, 1)

    def _feed(self, ids: Sequence[Sequence[int]]) -> tuple[Feed, NDArray[np.int64]]:
        """What the graph takes, and the mask, of texts of one padded length: each is what it would be alone."""
        width = _padded(max(map(len, ids)), self._step)
        tokens, mask = np.zeros((2, len(ids), width), np.int64)
        for row, one in enumerate(ids):
            tokens[row, : len(one)], mask[row, : len(one)] = one, 1
        feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        return {name: feed[name] for name in self.facts.inputs}, mask

    def _finished(self, ticket: Any, mask: NDArray[np.int64], layers: int) -> Vectors:
        last, *lower = self._runner.states(ticket, layers)
        first = last[:, 0] if self.facts.pooling == "cls" else _mean(last, mask)
        return np.stack([unit(first), *(unit(_mean(states, mask)) for states in lower)], axis=1)


def unit(vectors: NDArray[Any]) -> Vectors:
    """Scale the rows (..., d) to length one, as float32; a row of zeros stays zero."""
    lengths = np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=-1, keepdims=True))
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def narrowed(last: NDArray[Any], lower: NDArray[Any]) -> Vectors:
    """Layers (n, 1, d) and (n, l, d) mixed down to fewer numbers, (n, 1 + l, q) of unit norm.

    q is the largest power of two that is at most half of d: 128 of 384, 256 of 768.
    Inner products keep but for some hundredths (Johnson and Lindenstrauss 1984). Each layer is turned by rows of a Hadamard
    matrix, under signs of its own (Ailon and Chazelle 2009). Sums of whole numbers are exact, so that a text has the same
    bits whatever texts stand beside it.
    """
    whole = np.concatenate([np.rint(last * np.float32(2**16)), lower], axis=1, dtype=np.float32)
    _, depth, d = whole.shape
    mixed = np.ones((1, 1), np.float32)
    while 4 * len(mixed) <= d:
        mixed = np.block([[mixed, mixed], [mixed, -mixed]])
    turn = np.tile(mixed, (-(-d // len(mixed)), 1))[:d]
    signs = 1 - 2 * (np.frombuffer(hashlib.shake_256(b"layers").digest(depth * d), np.uint8) & 1).astype(np.float32)
    return unit(np.stack([whole[:, i] @ (one[:, None] * turn) for i, one in enumerate(signs.reshape(depth, d))], axis=1))


def _mean(hidden: Vectors, mask: NDArray[np.int64]) -> Vectors:
    """The mean (n, d) of the token vectors (n, tokens, d) under the mask (n, tokens)."""
    weights = mask[:, None].astype(np.float32)
    return np.asarray((weights @ hidden)[:, 0] / weights.sum(axis=2), np.float32)


def _padded(length: int, step: int) -> int:
    return -(-length // step) * step


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Places of texts that share a padded length, shortest first, about `_BATCH_TOKENS` tokens each."""
    batches = []
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i], i))
    for length, places in groupby(order, key=lambda i: lengths[i]):
        group, step = list(places), max(1, _BATCH_TOKENS // max(1, length))
        batches += [group[i : i + step] for i in range(0, len(group), step)]
    return batches


Feed: TypeAlias = dict[str, NDArray[np.int64]]

_ENTERED = RLock()
"""Held by the one thread that is inside an engine.

A binding initialises much at first use, behind locks that know nothing of the interpreter's own: two threads
of Python that come first at once can wait for each other for ever. So one thread at a time opens engines, hands
batches in and takes results out; what runs side by side are the engine's own threads, which never enter Python.
"""
_PATIENCE = 60.0  # seconds that a batch may take before the log says so; none takes one second


class _Runner(Protocol):
    """A graph that works on several batches at once."""

    def start(self, feed: Feed) -> Any:
        """Begin a batch; what comes back stands for it."""

    def states(self, ticket: Any, layers: int) -> list[Vectors]:
        """Wait for a batch: the states of its tokens (n, tokens, d) in so many layers, good until the next `start`."""


class _OpenvinoRunner:
    """One stream of one thread for each batch that runs side by side, kept by the engine itself."""

    def __init__(self, graph: Path, engine: Engine, threads: int) -> None:
        settings = {
            "INFERENCE_PRECISION_HINT": _HINTS[engine.precision],
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": threads,
            "INFERENCE_NUM_THREADS": threads,
        }
        self._model = _openvino().compile_model(str(graph), "CPU", settings)
        self._free: list[Any] = []

    def start(self, feed: Feed) -> Any:
        """Begin a batch; gives the request to wait for."""
        request = self._free.pop() if self._free else self._model.create_infer_request()
        request.start_async(feed)
        return request

    def states(self, ticket: Any, layers: int) -> list[Vectors]:
        """Wait for a batch: the states (batch, tokens, d) of as many layers as asked for."""
        while not ticket.wait_for(int(1000 * _PATIENCE)):
            _say_stuck("OpenVINO")
        self._free.append(ticket)
        return [np.asarray(ticket.get_output_tensor(i).data) for i in range(layers)]


class _OnnxRunner:
    """As many threads as batches run side by side; the binding was used in this thread before any of them starts."""

    def __init__(self, graph: Path, engine: Engine, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._session.run(None, {given.name: np.ones((1, 8), np.int64) for given in self._session.get_inputs()})
        self._pool = ThreadPoolExecutor(threads)

    def start(self, feed: Feed) -> Any:
        """Begin a batch in the pool; gives the future to wait for."""
        return self._pool.submit(self._session.run, None, feed)

    def states(self, ticket: Any, layers: int) -> list[Vectors]:
        """Wait for a batch: the states (batch, tokens, d) of as many layers as asked for."""
        while not wait([ticket], _PATIENCE).done:
            _say_stuck("onnxruntime")
        return [np.asarray(states) for states in ticket.result()[:layers]]


def _say_stuck(engine: str) -> None:
    _LOG.warning("%s has not finished a batch of texts for %.0f seconds; it goes on waiting.", engine, _PATIENCE)
