"""Suggesting for a very large table in parts: segments per second as it goes, memory, and going on after a stop.

Run: `python benchmarks/parts.py TABLE MODEL OUT [--workers N]`, say with `talkmoves/codings.csv.gz` and a model
trained on some of its documents. Stop it and run it again: the parts that are ready are taken. Each line says how
many segments are done, how many were done in a second (clock, processor) since the line before, and the peak memory.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from autocode.formats.datasets.stream import stream_documents
from autocode.model.batch import Job, suggest_all
from autocode.study import Document

_EVERY = 20_000  # segments


def watched(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents, with a line on stdout now and then."""
    done, last, wall, cpu = 0, 0, time.perf_counter(), time.process_time()
    for document in documents:
        yield document
        done += max(1, len(document.segments))
        if done - last >= _EVERY:
            now, spent = time.perf_counter(), time.process_time()
            say(
                f"{done:,} segments, {(done - last) / (now - wall):.0f}/s by the clock, "
                f"{(done - last) / (spent - cpu):.0f}/s of processor, {peak_mb():.0f} MB"
            )
            last, wall, cpu = done, now, spent


def peak_mb() -> float:
    """Peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Suggest for the whole table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=0, help="processes on Ray; 0 works in this one")
    options = parser.parse_args()
    wall, cpu = time.perf_counter(), time.process_time()
    totals = suggest_all(Job(options.model, options.out), watched(stream_documents(options.table)), options.workers)
    say(
        f"{totals}; {time.perf_counter() - wall:.0f} s by the clock, {time.process_time() - cpu:.0f} s of processor, "
        f"{peak_mb():.0f} MB, {options.out.stat().st_size / 1e6:.0f} MB written"
    )


if __name__ == "__main__":
    main()
