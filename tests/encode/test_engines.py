"""Tests of encode/engines: what runs side by side, and that it always comes back."""

from __future__ import annotations

import logging
import os
import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from autocode.encode import engines
from autocode.encode.encoders import load_encoder
from autocode.encode.engines import Engine, GraphEncoder, narrowed, unit
from autocode.encode.weights import read_facts

FRESH = int(os.environ.get("AUTOCODE_FRESH_PROCESSES", "2"))
ENGINES = [Engine("onnxruntime", "float32"), Engine("openvino", "float32")]

ENCODE = """
import random, sys
from pathlib import Path
from autocode.encode.encoders import load_encoder
rng = random.Random(int(sys.argv[2]))
texts = [" ".join(f"w{rng.randrange(10**6)}" for _ in range(rng.randrange(3, 60))) for _ in range(200)]
print(load_encoder(cache=Path(sys.argv[1]), threads=4).encode(texts).shape)
"""


def texts(count: int) -> list[str]:
    """Texts of many lengths."""
    rng = random.Random(0)
    return [" ".join(f"w{rng.randrange(1000)}" for _ in range(rng.randrange(1, 40))) for _ in range(count)]


def opened(folder: Path, engine: Engine, threads: int) -> GraphEncoder:
    """The default graph in an engine."""
    graph = next((folder / "graphs").iterdir())
    facts = read_facts(graph)
    assert facts is not None
    return GraphEncoder(graph, facts, engine, threads)


@pytest.mark.parametrize("number", range(FRESH))
def test_a_fresh_process_comes_back(warm: Path, number: int) -> None:
    """A process that encodes for the first time ends, also where every system call is watched and slow.

    AUTOCODE_FRESH_PROCESSES=40 runs as many; before engines were entered by one thread, 4 of 14 stood still.
    """
    watch = ["strace", "-f", "-o", os.devnull, "-e", "trace=connect"] if shutil.which("strace") and number % 2 == 0 else []
    command = [*watch, sys.executable, "-c", ENCODE, str(warm), str(number)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "(200, 384)", done.stderr


def test_openvino_is_entered_by_the_calling_thread_alone(warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches run side by side without a thread of Python: none can wait for another inside the binding."""

    def refused(self: threading.Thread) -> None:
        raise AssertionError("a thread of Python was started")

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert opened(warm, ENGINES[1], 3).encode(texts(60)).shape == (60, 384)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.backend)
def test_callers_and_threads_do_not_change_a_bit(warm: Path, engine: Engine) -> None:
    """Two callers at once, each with several batches under way, get what one gets alone."""
    alone = opened(warm, engine, 1).encode(texts(80))
    encoder, found = opened(warm, engine, 3), dict[int, np.ndarray]()
    callers = [threading.Thread(target=lambda i=i: found.update({i: encoder.encode(texts(80))})) for i in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert (found[0] == alone).all()
    assert (found[1] == alone).all()


@pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.backend)
def test_an_encoder_that_was_stopped_goes_on(warm: Path, engine: Engine) -> None:
    """A caller that breaks off in the midst leaves nothing under way."""
    encoder = opened(warm, engine, 2)
    whole = encoder.encode(texts(40))

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode(texts(80), stop)
    assert (encoder.encode(texts(40)) == whole).all()


@pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.backend)
def test_a_batch_that_does_not_end_is_spoken_of(
    warm: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who waits longer than patience allows says so, names the engine and no word of a text, and goes on waiting."""
    encoder = opened(warm, engine, 1)
    monkeypatch.setattr(engines, "_PATIENCE", 0.001)
    with caplog.at_level(logging.WARNING, logger="autocode"):
        assert encoder.encode([" ".join(["quokka"] * 250)] * 12).shape == (12, 384)
    assert "has not finished a batch of texts" in caplog.text
    assert "quokka" not in caplog.text


def test_a_loaded_encoder_has_vectors_of_both_callers(warm: Path) -> None:
    """The encoder that programs use, with its cache, serves two threads as well."""
    encoder, found = load_encoder(cache=warm), dict[int, np.ndarray]()
    callers = [threading.Thread(target=lambda i=i: found.update({i: encoder.encode(texts(30 + i))})) for i in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert (found[0] == found[1][:30]).all()


@pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.backend)
def test_layers_come_with_the_vector_and_do_not_depend_on_neighbours(warm: Path, engine: Engine) -> None:
    """The first layer given is the vector itself, bit for bit; each text's layers are those it has alone, and all differ."""
    encoder = opened(warm, engine, 2)
    found = encoder.layers(texts(30))
    assert found.shape == (30, 7, 384)
    assert (found[:, 0] == encoder.encode(texts(30))).all()
    assert all((encoder.layers([text])[0] == found[i]).all() for i, text in enumerate(texts(30)[:5]))
    assert (np.linalg.norm(np.diff(found, axis=1), axis=2) > 0.01).all()


def test_layers_mixed_down_keep_their_angles_and_do_not_depend_on_neighbours() -> None:
    """Fewer numbers a layer, inner products but for some hundredths, and the same bits alone as among others."""
    rng = np.random.default_rng(0)
    last = unit(rng.normal(size=(200, 384)) + rng.normal(size=384))[:, None]
    lower = rng.integers(-127, 128, (200, 3, 384)).astype(np.int8)
    found = narrowed(last, lower)
    assert found.shape == (200, 4, 128)
    assert np.abs(found[:, 0] @ found[:, 0].T - last[:, 0] @ last[:, 0].T).mean() < 0.08
    assert all((narrowed(last[i : i + 1], lower[i : i + 1])[0] == found[i]).all() for i in range(0, 200, 7))
    assert narrowed(last[:0], lower[:0]).shape == (0, 4, 128)
