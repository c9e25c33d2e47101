"""What large studies cost: processor seconds and peak memory of every verb, on an invented study of any size.

Run: `python benchmarks/scale.py [--segments 20000 200000] [--verbs import agree ...] [--folder DIR] [--write]`

The study has 60 codes in 12 themes, two coders, and 100 segments a document; `suggest` reads 20,000 segments of new
documents, for a table and with the evidence that a page and .jsonl show. Each verb is a process of its own, as a person
starts it. Vectors (384 numbers a segment) are made by a cheap encoder of this file and cached, so that the table shows
what autocode does with them: reading with the packaged encoder comes on top, in proportion to the words and once for
each text. The cheap encoder shows its last layer alone, as is learnt from in any study of more than 50,000 segments; in
smaller ones the layers below add to train and evaluate. With
`--folder` study, model and figures stay, and later calls with fewer verbs or sizes go on from them. `--write` puts the
table into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
DOC = ROOT / "docs" / "reliability.md"
CODES, THEMES, A_DOCUMENT, NEW = 60, 12, 100, 20_000
VERBS = {
    "import": "import coded.csv codebook.csv --study s",
    "agree": "agree s --all",
    "train": "train s --out m --config c.toml",
    "suggest": "suggest m new.csv --out suggestions.csv --overwrite",
    "suggest-html": "suggest m new.csv --out suggestions.html --overwrite",
    "suggest-jsonl": "suggest m new.csv --out suggestions.jsonl --overwrite",
    "evaluate": "evaluate s --config c.toml --all",
    "report": "report s --no-machine --config c.toml --out dossier --overwrite",
}
GOALS = {
    "import": (15, 700),
    "agree": (60, 1500),
    "train": (120, 3000),
    "suggest": (60, 1500),
    "suggest-html": (60, 1500),
    "suggest-jsonl": (60, 1500),
    "evaluate": (300, 3000),
    "report": (120, 2000),
}
"""Processor seconds and megabytes at 200,000 segments; `suggest` for 20,000 of them."""

_WORDS = np.random.default_rng(1).standard_normal((4096, 384), dtype=np.float32)


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Mean of the invented vectors of the words: (n, 384)."""
    places = [[zlib.crc32(word.encode()) % 4096 for word in text.lower().split()] or [0] for text in texts]
    return np.array([_WORDS[row].mean(axis=0) for row in places], dtype=np.float32)


def said(segments: int, seed: int) -> Iterator[tuple[str, str, int, str, set[int]]]:
    """Invented segments: document, id, order, words, and the codes that they speak of."""
    rng, common = np.random.default_rng(seed), 4000
    frequent = 1 / np.arange(1, common + 1)
    frequent /= frequent.sum()
    share = rng.permutation(1 / np.arange(2, CODES + 2) ** 0.7)
    share *= 0.9 / share.sum()
    for start in range(0, segments, A_DOCUMENT):
        mood = share * rng.gamma(2, 0.5, CODES)
        for i in range(min(A_DOCUMENT, segments - start)):
            spoken = np.flatnonzero(rng.random(CODES) < mood)
            told = [f"w{w}" for w in rng.choice(common, rng.integers(8, 28), p=frequent)]
            for code in spoken:
                told += [f"c{code}x{rng.integers(12)}" for _ in range(rng.integers(1, 4))]
            rng.shuffle(told)
            yield (
                f"{'N' if seed else 'D'}{start // A_DOCUMENT:05}",
                f"{start + i:07}",
                i,
                " ".join(told) + ".",
                set(spoken.tolist()),
            )


def make(folder: Path, segments: int) -> None:
    """Write the tables of a study and of new documents, and the settings."""
    name = [f"Theme {k % THEMES} > Code {k}" for k in range(CODES)]
    rng = np.random.default_rng(7)
    head = "document_id,segment_id,order,speaker,text"
    with (folder / "coded.csv").open("w", encoding="utf-8") as file:
        file.write(f"{head},coder,codes\n")
        for document, own, order, text, codes in said(segments, 0):
            for coder in ("ana", "ben"):
                given = {k for k in codes if rng.random() < 0.85} | (
                    {int(rng.integers(CODES))} if rng.random() < 0.05 else set()
                )
                file.write(f"{document},{own},{order},P,{text},{coder},{'|'.join(name[k] for k in sorted(given))}\n")
    with (folder / "new.csv").open("w", encoding="utf-8") as file:
        file.write(f"{head}\n")
        for document, own, order, text, _ in said(NEW, 1):
            file.write(f"{document},{own},{order},P,{text}\n")
    rows = [f"Theme {t},,All of theme {t}." for t in range(THEMES)]
    rows += [f"{path},{path.split(' > ')[0]},What speaks of c{k}x1 and c{k}x2." for k, path in enumerate(name)]
    (folder / "codebook.csv").write_text("\n".join(["code,parent,definition", *rows]) + "\n", encoding="utf-8")
    (folder / "c.toml").write_text('[encode]\nmodel = "scale:vectors"\n', encoding="utf-8")


def measured(words: str, folder: Path) -> tuple[float, float]:
    """Processor seconds and peak megabytes of one command; its output goes to a file beside the study."""
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(Path(__file__).parent)]),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    with (folder / "told.txt").open("a", encoding="utf-8") as told:
        run = subprocess.Popen(
            [sys.executable, "-m", "autocode", *words.split()], cwd=folder, env=env, stdout=told, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        sys.exit(f"autocode {words}: exit code {run.returncode}; see {folder / 'told.txt'}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def table(found: dict[int, dict[str, tuple[float, float]]]) -> str:
    """The figures as Markdown: a row a verb, a pair of columns a size."""
    sizes = sorted(found)
    head = "| verb | " + " | ".join(f"{n:,} segments: s, MB" for n in sizes) + " | goal at 200,000 |"
    lines = [head, "| --- |" + " ---: |" * (len(sizes) + 1)]
    for verb in VERBS:
        cells = [
            f"{s:,.1f}, {mb:,.0f}" if (pair := found[n].get(verb)) and (s := pair[0]) and (mb := pair[1]) else "-"
            for n in sizes
        ]
        lines.append(f"| {verb} | " + " | ".join(cells) + " | {:,} s, {:,} MB |".format(*GOALS[verb]))
    return "\n".join(["\n".join(lines), "", *_beside_the_goals(found.get(200_000, {}))])


def _beside_the_goals(found: dict[str, tuple[float, float]]) -> Iterator[str]:
    """What is within the goals and by how much what is not, as sentences."""
    over = [
        f"{verb} ({what} by {made / goal - 1:.0%})"
        for verb, figures in found.items()
        for what, made, goal in zip(("time", "memory"), figures, GOALS[verb], strict=True)
        if made > goal
    ]
    if found:
        yield f"Each was measured once, beside other work. Beyond its goal at 200,000: {', '.join(over) or 'nothing'}."


def write(text: str) -> None:
    """Put the table between its two marks in docs/reliability.md."""
    marks = "<!-- scale -->\n", "<!-- /scale -->"
    whole = DOC.read_text(encoding="utf-8")
    found = re.sub(f"{marks[0]}.*?{marks[1]}", lambda _: f"{marks[0]}{text}\n{marks[1]}", whole, flags=re.S)
    DOC.write_text(found, encoding="utf-8")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--verbs", nargs="+", choices=VERBS, default=list(VERBS))
    parser.add_argument("--folder", type=Path, help="where the studies stay; a temporary folder without it")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    options = parser.parse_args()
    found: dict[int, dict[str, tuple[float, float]]] = {}
    kept = options.folder / "figures.json" if options.folder else None
    if kept and kept.exists():
        found = {int(n): {verb: tuple(pair) for verb, pair in own.items()} for n, own in json.loads(kept.read_text()).items()}
    with tempfile.TemporaryDirectory() as temporary:
        for segments in options.segments:
            folder = (options.folder or Path(temporary)) / str(segments)
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "c.toml").exists():
                make(folder, segments)
            for verb in options.verbs:
                seconds, peak = found.setdefault(segments, {})[verb] = measured(VERBS[verb], folder)
                if kept:
                    kept.write_text(json.dumps(found), encoding="utf-8")
                print(f"{segments:,} segments, {verb}: {seconds:.1f} s of processor, {peak:,.0f} MB", flush=True)
    print(table(found))
    if options.write:
        write(table(found))


if __name__ == "__main__":
    main()
