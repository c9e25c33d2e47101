"""How fast encode is beside `SentenceTransformer.encode` with its defaults, on the same weights and texts.

Run: `python benchmarks/encode.py [--texts turns|paragraphs] [--transcripts FOLDER] [--n 400] [--rounds 2]`.
The texts are the first n speaker turns, as a study is encoded, or random runs of 60 to 130 words. Each way
runs in a process of its own, rounds interleaved; the table shows the best round. Processor seconds say more
than the clock on a machine that others use.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autocode.encode import find_default, load_encoder
from autocode.formats.transcript import read_transcript

WAYS = ("sentence-transformers", "autocode", "autocode, second run")
TRANSCRIPTS = Path(__file__).parents[1] / "corpora" / "microcredentials" / "transcripts"


def paragraphs(folder: Path, n: int) -> list[str]:
    """n runs of 60 to 130 words, the same for the same folder."""
    words = " ".join(path.read_text("utf-8") for path in sorted(folder.glob("*.txt"))).split()
    rng = np.random.default_rng(0)
    starts, lengths = rng.integers(0, len(words) - 130, n), rng.integers(60, 131, n)
    return [" ".join(words[start : start + length]) for start, length in zip(starts, lengths, strict=True)]


def turns(folder: Path, n: int) -> list[str]:
    """The first n turns of the transcripts, the interviewer's too."""
    read = (read_transcript(path)[0] for path in sorted(folder.glob("*.txt")))
    return [document.text_of(turn) for document in read for turn in document.turns][:n]


TEXTS = {"turns": turns, "paragraphs": paragraphs}


def one_way(way: str, texts: list[str], cache: Path) -> dict[str, Any]:
    """Load, warm up on other texts, encode; seconds by clock and processor, MB, and the vectors."""
    began = time.perf_counter()
    encode = _loaded(way, cache)
    loaded = time.perf_counter() - began
    encode(["warm up " * 40, "a"])
    wall, cpu = time.perf_counter(), time.process_time()
    vectors = encode(texts)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    np.save(cache / f"{way}.npy", vectors)
    return {"load_s": loaded, "wall_s": wall, "cpu_s": cpu, "peak_mb": peak}


def _loaded(way: str, cache: Path) -> Callable[[list[str]], Any]:
    if way == WAYS[0]:
        from sentence_transformers import SentenceTransformer

        encode: Callable[[list[str]], Any] = SentenceTransformer(str(find_default()), device="cpu").encode
        return encode
    return load_encoder(cache=cache).encode


def measure(options: argparse.Namespace, cache: Path) -> dict[str, list[dict[str, Any]]]:
    """Run every way in its own process, `rounds` times over."""
    _run(WAYS[1], options, cache)  # exports the graph, which is not what is timed here
    rows: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for shard in cache.rglob("*.npz"):
            shard.unlink()
        for way in WAYS:
            rows[way].append(_run(way, options, cache))
    return rows


def _run(way: str, options: argparse.Namespace, cache: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--way", way, "--cache", str(cache), "--n", str(options.n)]
    command += ["--transcripts", str(options.transcripts), "--texts", options.texts]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def report(rows: dict[str, list[dict[str, Any]]], n: int, cache: Path) -> None:
    """Print the table: best round of each way, and the lowest cosine to the first way."""
    reference = np.load(cache / f"{WAYS[0]}.npy")
    best = {way: {key: min(row[key] for row in rows[way]) for key in rows[way][0]} for way in WAYS}
    print(f"{n} texts, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print("| way | texts/s | x | texts per processor second | x | load s | peak MB | lowest cosine |")
    print("|---|---|---|---|---|---|---|---|")
    for way, row in best.items():
        first = best[WAYS[0]]
        cosine = (np.load(cache / f"{way}.npy") * reference).sum(axis=1).min()
        print(
            f"| {way} | {n / row['wall_s']:.1f} | {first['wall_s'] / row['wall_s']:.1f} "
            f"| {n / row['cpu_s']:.1f} | {first['cpu_s'] / row['cpu_s']:.1f} "
            f"| {row['load_s']:.1f} | {row['peak_mb']:.0f} | {cosine:.6f} |"
        )


def main() -> None:
    """Measure everything, or one way where a parent process asks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transcripts", type=Path, default=TRANSCRIPTS)
    parser.add_argument("--texts", choices=tuple(TEXTS), default="turns")
    parser.add_argument("--n", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(one_way(options.way, TEXTS[options.texts](options.transcripts, options.n), options.cache)))
        return
    with tempfile.TemporaryDirectory() as folder:
        report(measure(options, Path(folder)), options.n, Path(folder))


if __name__ == "__main__":
    main()
