"""How fast autocode is: encoding, training and suggesting from the shell, each beside what one would use instead.

Run: `python benchmarks/speed.py [--parts encode train suggest] [--n 400] [--rounds 3]`, and
`--parts precision --corpora FOLDER --sets scrum shuffle`.

encode: `SentenceTransformer.encode` as it comes, bare onnxruntime, the engine that autocode uses, bare, on the
same batches, and autocode with no vector known; each in a process of its own, rounds interleaved.
train: 5,000 segments with 34 codes, vectors at hand: `classify.fit` with calibration and thresholds, beside the same
nested procedure in a loop over scikit-learn's LogisticRegression.
suggest: `autocode suggest` for one interview of 150 segments, from the shell, the encoder's graph made before.
precision: out-of-document measures with vectors in float32 and in bfloat16.

The best round counts. Where others use the machine, seconds of the processor say more than the clock. For a table
of hundreds of thousands of segments see parts.py and scale.py.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import product
from measures import Judged, measures
from sets import load

from autocode.classify import cross_predict, fit
from autocode.classify.material import Chunks, Features, Target, Turns, features
from autocode.config import Config, EncodeConfig
from autocode.encode.encoders import load_encoder
from autocode.encode.engines import Engine, GraphEncoder, _batches, _mean, _padded, choose_engine, narrowed, unit
from autocode.encode.weights import find_default, read_facts

Encode = Callable[[list[str]], Any]
ROOT = Path(__file__).parents[1]
TRANSCRIPTS = ROOT / "corpora" / "microcredentials" / "transcripts"
PARTS = ("encode", "train", "suggest", "precision")
WAYS = ("sentence-transformers", "bare onnxruntime", "bare engine", "autocode")


def texts_of(n: int) -> list[str]:
    """n different runs of 10 to 130 words of the bundled transcripts, the same each time."""
    found = [path.read_text(encoding="utf-8") for path in sorted(TRANSCRIPTS.glob("*.txt"))]
    words = " ".join(found).split()
    rng = np.random.default_rng(0)
    starts, lengths = rng.integers(0, len(words) - 130, n), np.clip(rng.lognormal(3.45, 0.6, n), 10, 130).astype(int)
    return [" ".join(words[start : start + length]) for start, length in zip(starts, lengths, strict=True)]


def spent(action: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What an action gives, and its seconds by clock and processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = action()
    return found, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def encoder_of(way: str, texts: list[str], cache: Path) -> Encode:
    """The function that encodes, ready."""
    if way == WAYS[0]:
        from sentence_transformers import SentenceTransformer

        encode: Encode = SentenceTransformer(str(find_default()), device="cpu").encode
        return encode
    if way == "autocode":
        return load_encoder(cache=cache).encode
    folder = next((cache / "graphs").iterdir())
    facts = read_facts(folder)
    if facts is None:
        sys.exit("There is no graph in the cache.")
    engine = Engine("onnxruntime", "float32") if way == "bare onnxruntime" else choose_engine()
    return bare(GraphEncoder(folder, facts, engine, os.cpu_count() or 1), texts)


def bare(encoder: GraphEncoder, texts: list[str]) -> Encode:
    """The engine alone on the same batches: not even tokenizing is counted, nor the order, the cache or the checks."""
    ids = [code.ids for code in encoder._tokenizer.encode_batch_fast(texts)]
    widths = [_padded(len(one), encoder._step) for one in ids]
    batches = _batches(widths)
    feeds = []
    for batch in batches:
        tokens, mask = np.zeros((2, len(batch), widths[batch[0]]), np.int64)
        for row, i in enumerate(batch):
            tokens[row, : len(ids[i])], mask[row, : len(ids[i])] = ids[i], 1
        feeds.append({"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)})

    def encode(given: list[str]) -> Any:
        if given is not texts:
            return encoder.encode(given)  # the warming up
        vectors = np.empty((len(texts), encoder.facts.dimension), np.float32)
        waiting = deque[tuple[list[int], Any, Any]]()
        for batch, feed in [*zip(batches, feeds, strict=True), *[([], None)] * encoder._ahead]:
            if len(waiting) == encoder._ahead or not batch:
                done, given_in, ticket = waiting.popleft()
                vectors[done] = _mean(encoder._runner.states(ticket, 1)[0], given_in["attention_mask"])
            if batch:
                waiting.append((batch, feed, encoder._runner.start(feed)))
        return unit(vectors)

    return encode


def one_way(way: str, n: int, cache: Path) -> dict[str, float]:
    """Load, warm up on other texts, encode; seconds and MB. The vectors are kept beside."""
    texts = texts_of(n)
    encode, loaded = spent(lambda: encoder_of(way, texts, cache))
    encode(["warm up " * 40, "a"])
    vectors, took = spent(lambda: encode(texts))
    np.save(cache / f"{way}.npy", vectors)
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return {**took, "load": loaded["cpu"], "mb": peak}


def encoding(n: int, rounds: int, cache: Path) -> None:
    """The table of encoding."""
    # Exports the graph, which is not what is timed here; elsewhere, for a child counts its parent's memory as its own.
    cache.mkdir()
    subprocess.run(
        [sys.executable, __file__, "--way", "autocode", "--cache", str(cache), "--n", "1"], check=True, capture_output=True
    )
    rows: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            for shard in cache.rglob("*.npz"):
                shard.unlink()
            command = [sys.executable, __file__, "--way", way, "--cache", str(cache), "--n", str(n)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows[way].append(json.loads(done.stdout.splitlines()[-1]))
    best = {way: {key: min(row[key] for row in found) for key in found[0]} for way, found in rows.items()}
    reference, first = np.load(cache / f"{WAYS[0]}.npy"), best[WAYS[0]]
    engine = choose_engine()
    say(
        f"\n{n} texts; the engine is {engine.backend} in {engine.precision}; "
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n"
    )
    say("| way | texts/s | x | texts per processor second | x | load, cpu s | peak MB | lowest cosine |")
    say("|---|---|---|---|---|---|---|---|")
    for way, row in best.items():
        vectors = np.load(cache / f"{way}.npy")
        say(
            f"| {way} | {n / row['wall']:.0f} | {first['wall'] / row['wall']:.1f} | {n / row['cpu']:.0f} "
            f"| {first['cpu'] / row['cpu']:.1f} | {row['load']:.1f} | {row['mb']:.0f} "
            f"| {(vectors * reference).sum(axis=1).min():.5f} |"
        )


def material(n: int = 5000, codes: int = 34) -> tuple[Features, Target]:
    """Segments with codes that their vectors and words speak for, from a fixed seed: as hard as a real study.

    In 50 documents of one size, two roles taking turns, each segment of one to three pieces, seven layers of the encoder.
    """
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(codes, 384))
    Y = (rng.random((n, codes)) < rng.uniform(0.005, 0.1, codes)).astype(np.float32)
    own = Y @ directions + rng.normal(size=(n, 384)) * 2
    X = (own / np.linalg.norm(own, axis=1, keepdims=True)).astype(np.float32)
    words = [f"w{i}" for i in range(4000)]
    texts = [" ".join([*(words[i] for i in rng.zipf(1.3, 25) % 4000), *(f"code{k}" for k in np.flatnonzero(row))]) for row in Y]
    groups, parents = np.repeat(np.arange(50), n // 50), np.arange(codes) // 6
    rows, place = np.arange(n), np.arange(n) % (n // 50)
    before, after = np.where(place == 0, -1, rows - 1), np.where(place == n // 50 - 1, -1, rows + 1)
    turns = Turns(X, ["interviewer", "respondent"] * (n // 2), rows, np.stack([before, after], axis=1))
    counts = rng.integers(1, 4, n)
    V = np.repeat(X, counts, axis=0) + rng.normal(size=(counts.sum(), 384)).astype(np.float32) / 20
    pieces = Chunks(V / np.linalg.norm(V, axis=1, keepdims=True), counts)
    lower = np.rint(300 * (X[:, None] + rng.normal(size=(n, 6, 384)).astype(np.float32) / 20)).clip(-127, 127).astype(np.int8)
    layers = narrowed(X[:, None], lower).astype(np.float16)
    known = replace(features(texts, turns, pieces=pieces, before=["", *texts[:-1]]), layers=(layers,))
    return known, Target(Y, groups, np.zeros((codes, 384), np.float32), parents, tuple(f"code{k}" for k in range(codes)))


def training(rounds: int) -> None:
    """The table of training: models are counted, for the loop is run on one fold of five and multiplied."""
    known, target = material()
    took = [spent(lambda: fit(known, target))[1] for _ in range(rounds)]
    nested = spent(lambda: cross_predict(known, target))[1]
    loop = spent(lambda: loop_of(known, target))[1]
    best = {key: min(row[key] for row in took) for key in ("wall", "cpu")}
    say("\n| training, 5,000 segments x 34 codes | s | cpu s |\n|---|---|---|")
    say(f"| autocode: fit (5 folds, calibration, thresholds, final model) | {best['wall']:.1f} | {best['cpu']:.1f} |")
    say(
        f"| the same in a loop over scikit-learn (one of six rounds, times 6) | {loop['wall'] * 6:.0f} "
        f"| {loop['cpu'] * 6:.0f} |"
    )
    say(f"| autocode: nested check (15 models, evaluate) | {nested['wall']:.1f} | {nested['cpu']:.1f} |")


def loop_of(known: Features, target: Target) -> None:
    """One held-out fold: a logistic regression per code and head, as one would write it; scores of the rest."""
    from sklearn.linear_model import LogisticRegression

    learnt, out = np.flatnonzero(target.groups % 5), np.flatnonzero(target.groups % 5 == 0)
    for rows in (known.X[:], known.T):
        for k in range(target.Y.shape[1]):
            model = LogisticRegression(class_weight="balanced", C=10, max_iter=200)
            model.fit(rows[learnt], target.Y[learnt, k]).predict_proba(rows[out])


def suggesting(rounds: int, cache: Path) -> None:
    """The table of `suggest` for one interview of 150 segments, whole processes from the shell."""
    run = [sys.executable, "-m", "autocode"]
    # As on a user's computer: Python keeps what it compiled, whatever this shell says.
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPYCACHEPREFIX": str(cache / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def shell(*arguments: str) -> dict[str, float]:
        before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(arguments, check=True, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"wall": time.perf_counter() - wall, "cpu": cpu}

    study, model, new = (str(cache / name) for name in ("study", "model", "new.txt"))
    Path(new).write_text("\n\n".join(f"P: {text}" for text in texts_of(150)), "utf-8")
    shell(*run, "import", str(ROOT / "corpora" / "microcredentials"), "--study", study)
    shell(*run, "train", study, "--out", model)
    guests = "import autocode.cli, scipy.sparse, scipy.special, tokenizers, safetensors.numpy\n"
    guests += "from autocode.encode.engines import choose_engine; choose_engine()"
    rows: dict[str, list[dict[str, float]]] = {"suggest, 150 segments": [], "of which imports": [], "--help": []}
    for _ in range(rounds):
        for shard in cache.rglob("*.npz"):
            shard.unlink()
        rows["suggest, 150 segments"].append(shell(*run, "suggest", model, new, "--out", str(cache / "out.csv")))
        rows["of which imports"].append(shell(sys.executable, "-c", guests))
        rows["--help"].append(shell(*run, "--help"))
    say("\n| from the shell | s | cpu s |\n|---|---|---|")
    for name, found in rows.items():
        say(f"| {name} | {min(r['wall'] for r in found):.1f} | {min(r['cpu'] for r in found):.1f} |")


def precisions(corpora: Path, sets: list[str], cache: Path) -> None:
    """What bfloat16 costs in suggestions: held-out measures of the same folds from vectors of both precisions."""
    say("\n| set | precision | mAP | R@3 | kappa | calibration error |\n|---|---|---|---|---|---|")
    for name in sets:
        for precision in ("float32", "bfloat16"):
            config = Config(encode=EncodeConfig(precision=precision))
            corpus = load(name, corpora, config)
            held = cross_predict(*product.material(corpus, cache), config.classify)
            found = measures(Judged(corpus.votes, corpus.groups, held.P, held.coded.astype(float)))
            shown = " | ".join(f"{found[key]:.4f}" for key in ("map", "r3", "kappa", "ece"))
            say(f"| {name} | {product.encoder(config, cache).identity.precision} | {shown} |")


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure the parts asked for, or one way of encoding where a parent process asks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS[:3])
    parser.add_argument("--corpora", type=Path, help="folder of coded corpora, for the part precision")
    parser.add_argument("--sets", nargs="+", default=["scrum", "shuffle"])
    parser.add_argument("--n", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        say(json.dumps(one_way(options.way, options.n, options.cache)))
        return
    with tempfile.TemporaryDirectory() as folder:
        if "encode" in options.parts:
            encoding(options.n, options.rounds, Path(folder) / "encode")
        if "train" in options.parts:
            training(options.rounds)
        if "precision" in options.parts and options.corpora:
            precisions(options.corpora, options.sets, Path(folder) / "precision")
        if "suggest" in options.parts:
            (Path(folder) / "shell").mkdir()
            suggesting(options.rounds, Path(folder) / "shell")


if __name__ == "__main__":
    main()
