"""How many single flipped bits, and cuts, of a study file the doctor reports: python benchmarks/flips.py [--flips N].

A study with a long ledger is made (as many decisions as asked), then one bit at a time is flipped at random places of a
copy, and the copy is examined. A flip counts as reported where the doctor names a fault; a flip in bytes that hold nothing
is counted apart, for there is nothing to report. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import time
from pathlib import Path

from autocode.store import STORE, update
from autocode.store.backups import check
from autocode.store.ledger import append, held
from autocode.study import Coder, Coding, Document, Study
from autocode.study.codebook import Code, Codebook
from autocode.trail import Decision, Effects


def long_ledger(store: Path, decisions: int) -> None:
    """A study of 20 documents whose codings all came by decisions."""
    text = " ".join(f"word{i}" for i in range(400))
    documents = tuple(Document(f"D{i}", f"{i} {text}", f"D{i}") for i in range(20))
    update(store, lambda _: Study(documents, Codebook((Code("a"), Code("b"))), (Coder("ana"),), name="flips"))
    with held(store):
        for start in range(0, decisions, 100):
            made = []
            for i in range(start, min(start + 100, decisions)):
                coding = Coding(f"D{i % 20}", i % 400, i % 400 + 9, "ab"[i % 2], "ana", "", f"2026-01-01T00:00:{i}")
                made.append(Decision("add", "ana", coding.document, code=coding.code, effects=Effects(added=(coding,))))
            append(store, made)


def flip(path: Path, place: int) -> None:
    """Flip one bit, counted from the start of the file."""
    with path.open("r+b") as file:
        file.seek(place // 8)
        byte = file.read(1)[0]
        file.seek(place // 8)
        file.write(bytes([byte ^ (1 << place % 8)]))


def reported(flips: int, cuts: int, decisions: int, seed: int = 0) -> dict[str, object]:
    """Flip and cut copies of a study, and count what is reported."""
    chance, missed, started = random.Random(seed), [], time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        whole, copy = Path(place) / "whole" / STORE, Path(place) / "copy" / STORE
        long_ledger(whole, decisions)
        sound = check(whole)
        raw, size, found, cut = whole.read_bytes(), whole.stat().st_size, 0, 0
        for n in range(flips + cuts):
            shutil.rmtree(copy.parent, ignore_errors=True)
            copy.parent.mkdir()
            at = chance.randrange(size * 8) if n < flips else chance.randrange(size)
            copy.write_bytes(raw if n < flips else raw[:at])
            if n < flips:
                flip(copy, at)
            told = bool(check(copy))
            found, cut = found + (told and n < flips), cut + (told and n >= flips)
            if n < flips and not told:
                missed.append(at // 8)
    return {
        "bytes": size,
        "decisions": decisions,
        "sound study called damaged": len(sound),
        "flips": flips,
        "reported": found,
        "missed at": missed,
        "cuts": cuts,
        "cuts reported": cut,
        "seconds": round(time.monotonic() - started, 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--decisions", type=int, default=1000)
    options = parser.parse_args()
    print(json.dumps(reported(options.flips, options.cuts, options.decisions), indent=2))
