"""Damage real files and see that every reader answers in one line, in time, within the text.

Run: `python benchmarks/fuzz.py DIR [--places 100] [--seed 1]` cuts every file under DIR at random
places and flips a random bit at random places; meant for a nightly run. With atheris installed,
`python benchmarks/fuzz.py --atheris .qdpx [FLAGS OF LIBFUZZER]` fuzzes one reader by coverage.

It exits with 1 where a reader raised anything but one clear line, took more than five seconds, or
gave a coding outside its text. Only names of files and kinds of faults are printed.
"""

from __future__ import annotations

import argparse
import importlib
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from formats_check import sources

from autocode.errors import AutocodeError
from autocode.formats import READERS, ReadOptions, read_all

OPTIONS = ReadOptions(coder="coder", add_codes=True)
SECONDS = 5


def fault(path: Path) -> str:
    """What is wrong with the answer to a file; "" where nothing is."""
    began = time.process_time()
    try:
        study, _ = read_all([path], OPTIONS)
    except AutocodeError as error:
        return "an error of several lines" if "\n" in str(error) else ""
    except Exception as error:
        at = error.__traceback__
        while at and at.tb_next:
            at = at.tb_next
        return f"{type(error).__name__} at {Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else "?"
    texts = {d.id: len(d.text) for d in study.documents}
    if any(not 0 <= c.start < c.end <= texts.get(c.document, -1) for c in study.codings):
        return "a coding outside its text"
    return "too slow" if time.process_time() - began > SECONDS else ""


def damaged(raw: bytes, places: int, chance: random.Random) -> Iterator[bytes]:
    """The content cut at random places, and with one bit flipped at random places."""
    for _ in range(places):
        at = chance.randrange(len(raw))
        yield raw[:at]
        yield raw[:at] + bytes([raw[at] ^ (1 << chance.randrange(8))]) + raw[at + 1 :]


def check(path: Path, places: int, seed: int) -> Counter[str]:
    """The faults that damage to one file (or to the database of a project) brings out."""
    found: Counter[str] = Counter()
    chance = random.Random(f"{seed} {path.name}")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copytree(path, copy) if path.is_dir() else shutil.copyfile(path, copy)
        target = copy / "data.qda" if copy.is_dir() else copy
        for content in damaged(target.read_bytes(), places, chance):
            target.write_bytes(content)
            if said := fault(copy):
                found[said] += 1
    return found


def by_coverage(kind: str, flags: list[str]) -> None:
    """Let atheris look for bytes that break the reader of one kind of file."""
    atheris = importlib.import_module("atheris")
    folder = Path(tempfile.mkdtemp())

    def one(raw: bytes) -> None:
        path = folder / f"input{kind}"
        path.write_bytes(raw)
        if said := fault(path):
            raise RuntimeError(said)

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *flags], one)
    atheris.Fuzz()


def main() -> int:
    """Damage every file, or fuzz one reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--places", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", choices=sorted(READERS), metavar="SUFFIX")
    chosen, flags = parser.parse_known_args()
    if chosen.atheris:
        by_coverage(chosen.atheris, [*flags, *([str(chosen.folder)] if chosen.folder else [])])  # seeds to begin with
    if not chosen.folder:
        parser.error("name a folder of files, or --atheris SUFFIX")
    faults: Counter[str] = Counter()
    for path in sources(chosen.folder):
        found = check(path, chosen.places, chosen.seed)
        faults += found
        print(f"{path.name:<60}{'; '.join(f'{n} x {what}' for what, n in found.items()) or 'ok'}", flush=True)
    print(f"{faults.total()} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
