"""How often the promises of the bands hold: by simulation, and on real coded sets.

Run: `python benchmarks/guarantees.py [--draws 100]` for the simulation, `--verdict` for the error rates and the power of the
verdict on a machine by class of joint uses, and
`python benchmarks/guarantees.py --corpora shared/corpora --cache DIR [--sets opp115 ...]` for real sets.

A promise is held where the share it speaks of reaches the target among *all* documents it was drawn from:
in the simulation 400 further documents of the same world; on a real set the whole corpus, from which as
many documents as it has are drawn with replacement (`again`), so that the true share is known. `halves`
fits on a random half of the documents and looks at the other half: there the share measured has an error
of its own, so that a promise that holds may still be missed. The scores behind it are out of document,
from models trained once per set; a promise by a group of codes counts as one.

Columns: promises of `suggest` per code and draw (in groups: codes under them), how many of them held, and
how often one was broken among all codes and draws; the share of the coders' codings in `suggest`; the same
for `ask`; and how many codes a segment asks about.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from product import material
from sets import TABLES, load

from agreement import SPREAD, at_margin, judged_with, simulate_verdicts, two_coders
from autocode.agreement.judgement import ON_PAR
from autocode.classify import out_of_document
from autocode.classify.calibration import Calibrator, judge
from autocode.classify.material import Target
from autocode.config import ClassifyConfig, Config

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
CONFIG = ClassifyConfig()
SETS = ("opp115", "mlss", "scrum", "scrum_fine", "shuffle", "so_emotions", "annomi", "bundled")
NOISE = (0.3, 0.6, 0.6, 0.6, 0.4)  # of the heads in the simulation: meaning, wording, likeness, the telling piece, layers
HEAD = ("set", "suggest", "held", "broken", "coverage", "ask", "held", "broken", "found", "asks a segment", "s")


@dataclass
class Tally:
    """What was promised and what became of it, over many draws."""

    codes: int = 0  # codes x draws that could promise
    promised: list[int] = field(default_factory=lambda: [0, 0])  # suggest, ask: codes under a promise
    promises: list[int] = field(default_factory=lambda: [0, 0])
    held: list[int] = field(default_factory=lambda: [0, 0])
    broken: list[int] = field(default_factory=lambda: [0, 0])  # codes under a broken promise
    coverage: list[float] = field(default_factory=list)
    found: list[float] = field(default_factory=list)
    asks: list[float] = field(default_factory=list)

    def add(self, judged: Calibrator, P: FloatArray, Y: FloatArray, parents: IntArray) -> None:
        """Hold the promises of one judge against decisions (n, K) on other documents."""
        suggested, asked = judged.cuts.suggest <= P, judged.cuts.ask <= P
        self.codes += int(np.isfinite(judged.thresholds).sum())
        bases = (judged.cuts.suggest_basis, judged.cuts.ask_basis)
        # Of what share: right among what is suggested, found among what coders gave.
        wholes, targets = (suggested, Y), (CONFIG.precision, CONFIG.recall)
        for i, (basis, taken) in enumerate(zip(bases, (suggested, asked), strict=True)):
            for group in groups(basis, parents):
                whole = wholes[i][:, group].sum()
                if whole < 1:
                    continue  # nothing was taken, or nothing was there to find: neither held nor broken
                kept = bool((Y * taken)[:, group].sum() / whole >= targets[i])
                self.promises[i] += 1
                self.held[i] += kept
                self.promised[i] += len(group)
                self.broken[i] += len(group) * (not kept)
        self.coverage.append(float((Y * suggested).sum() / Y.sum()))
        self.found.append(float((Y * asked).sum() / Y.sum()))
        self.asks.append(float((asked & ~suggested).sum(axis=1).mean()))

    def row(self, name: str, spent: float) -> str:
        """One line of the table."""
        shown = [f"{name}"]
        for i, covered in enumerate((self.coverage, self.found)):
            made, held = self.promised[i] / max(self.codes, 1), self.held[i] / max(self.promises[i], 1)
            shown += [f"{made:.0%}", f"{held:.1%}" if self.promises[i] else "-", f"{self.broken[i] / max(self.codes, 1):.1%}"]
            shown += [f"{np.mean(covered):.2f}"]
        return "| " + " | ".join([*shown, f"{np.mean(self.asks):.2f}", f"{spent:.0f}"]) + " |"


def groups(basis: IntArray, parents: IntArray) -> Iterator[IntArray]:
    """The codes (indices) that share a promise."""
    yield from np.flatnonzero(basis == 1)[:, None]
    by_theme = np.flatnonzero(basis == 2)
    yield from (by_theme[parents[by_theme] == theme] for theme in np.unique(parents[by_theme]))
    if (basis == 3).any():
        yield np.flatnonzero(basis == 3)


@dataclass(frozen=True)
class World:
    """Interviews whose segments resemble each other."""

    documents: int
    prevalence: float  # share of the segments with a code, on average over codes
    intraclass_correlation: float  # correlation of the codings within a document, beyond what the scores tell
    quality: float  # slope of the log odds on the score: 2 weak, 4 strong
    codes: int
    segments: int = 50  # per document, on average

    def draw(self, rng: np.random.Generator, documents: int) -> tuple[FloatArray, Target]:
        """Scores (H, n, K) and codings of new documents; the codes stay the same."""
        K, sizes = self.codes, rng.poisson(self.segments, documents) + 1
        group = np.repeat(np.arange(documents), sizes)
        n = len(group)
        score = np.sqrt(0.85) * rng.normal(size=(n, K)) + np.sqrt(0.15) * rng.normal(size=(documents, K))[group]
        spread = self.intraclass_correlation / (1 - self.intraclass_correlation) * np.pi**2 / 3
        mood = np.sqrt(spread) * rng.normal(size=(documents, K))[group]
        codes = np.random.default_rng(5)
        slope = self.quality * codes.uniform(0.6, 1.4, K)
        level = np.log(self.prevalence * codes.uniform(0.4, 1.6, K)) - 0.35 * slope
        Y = rng.random((n, K)) < 1 / (1 + np.exp(-(level + slope * score + mood)))
        S = np.stack([score + noise * rng.normal(size=(n, K)) for noise in NOISE])
        return S.astype(np.float32), Target(Y.astype(np.float32), group, np.zeros((K, 1)), np.arange(K) // 4)


WORLDS = tuple(
    World(documents, prevalence, intraclass_correlation, quality, codes)
    for documents in (10, 20, 40)
    for prevalence, quality, codes in ((0.02, 4.0, 24), (0.08, 2.5, 8), (0.08, 4.0, 8), (0.25, 4.0, 4))
    for intraclass_correlation in (0.0, 0.2)
)


def simulated(draws: int) -> Iterator[str]:
    """A row for each world."""
    whole = Tally()
    for world in WORLDS:
        start, rng, tally = time.perf_counter(), np.random.default_rng(11), Tally()
        S_all, all_ = world.draw(np.random.default_rng(7), 400)
        for _ in range(draws):
            S, target = world.draw(rng, world.documents)
            judged, _ = judge(S, target, CONFIG)
            for kept in (tally, whole):
                kept.add(judged, judged.probabilities(S_all), all_.Y, all_.parents)
        name = f"{world.documents} documents, {world.codes} codes at {world.prevalence:.2f}, slope {world.quality}"
        yield tally.row(f"{name}, likeness {world.intraclass_correlation}", time.perf_counter() - start)
    yield whole.row("all worlds", 0)


def real(name: str, corpora: Path, cache: Path, draws: int) -> Iterator[str]:
    """Two rows for a set: documents drawn again, and halves."""
    features, target = material(load(name, corpora, Config()), cache)
    S = out_of_document(features, target, CONFIG)
    of = [np.flatnonzero(target.groups == g) for g in np.unique(target.groups)]
    for kind in ("again", "halves"):
        start, rng, tally = time.perf_counter(), np.random.default_rng(3), Tally()
        for _ in range(draws):
            taken, out = drawn(of, kind, rng)
            rows, group = np.concatenate(taken), np.repeat(np.arange(len(taken)), [len(r) for r in taken])
            judged, _ = judge(S[:, rows], replace(target, Y=target.Y[rows], groups=group), CONFIG)
            tally.add(judged, judged.probabilities(S[:, out]), target.Y[out], target.parents)
        yield tally.row(f"{name}, {kind} ({len(of)} documents)", time.perf_counter() - start)


def verdicts(runs: int) -> Iterator[str]:
    """By joint uses of the two humans: how often codes are assessed, machines without sense and one at the margin found on par
    (errors), and an equal machine recognised (power); 8 to 40 documents of 40 units, prevalence .02 to .2.
    """
    yield "| joint uses | codes | assessed | never | always | random | at the margin | equal machine on par | supported |"
    yield "|---|---|---|---|---|---|---|---|---|"
    classes = (("0", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3 to 9", 3, 9), ("10 to 29", 10, 29), ("30 or more", 30, 10**9))
    kinds = ("never", "always", "random", "margin", "equal")
    tally = {(name, kind): np.zeros(4) for name, *_ in classes for kind in kinds}
    rng = np.random.default_rng(3)
    for prevalence in (0.02, 0.05, 0.2):
        margin = at_margin(prevalence)
        for documents in (8, 12, 20, 40):
            for kind in kinds:
                if kind in ("margin", "equal"):
                    labels, both = simulate_verdicts(
                        margin if kind == "margin" else (0.9, 0.008), (documents, runs), prevalence
                    )
                else:
                    kappa = float(rng.choice([0.1, 0.3, 0.6, 0.8]))
                    humans, _ = two_coders(rng, (documents, runs), (prevalence, kappa, 1.0), SPREAD, 50_000)
                    labels, both = [v.label for v in judged_with(rng, humans, kind)], humans[..., 0].sum(0)
                for name, least, most in classes:
                    kept = [x for x, b in zip(labels, both, strict=True) if least <= b <= most]
                    judged = [x for x in kept if x != "not_assessable"]
                    counts = (len(kept), len(judged), sum(x in ON_PAR for x in judged), sum(x == "supported" for x in judged))
                    tally[name, kind] += counts
    for name, *_ in classes:
        done, judged = (sum(tally[name, kind][i] for kind in kinds) for i in (0, 1))
        par = [tally[name, kind][2] / tally[name, kind][1] if tally[name, kind][1] else np.nan for kind in kinds]
        sure = tally[name, "equal"][3] / tally[name, "equal"][1] if tally[name, "equal"][1] else np.nan
        shares = ["-" if np.isnan(x) else f"{x:.1%}" for x in (*par, sure)]
        yield f"| {name} | {done:,.0f} | {judged / max(1, done):.0%} | {' | '.join(shares)} |"


def drawn(of: Sequence[IntArray], kind: str, rng: np.random.Generator) -> tuple[list[IntArray], IntArray]:
    """Rows of each document to fit on, and rows to look at."""
    if kind == "again":
        return [of[i] for i in rng.integers(0, len(of), len(of))], np.concatenate(of)
    order = rng.permutation(len(of))
    half = len(of) // 2
    return [of[i] for i in order[:half]], np.concatenate([of[i] for i in order[half:]])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--sets", nargs="+", default=SETS, choices=tuple(TABLES))
    parser.add_argument("--verdict", action="store_true", help="error rates and power of the verdict on a machine")
    options = parser.parse_args()
    if options.verdict:
        for line in verdicts(options.draws):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        return
    if options.corpora and not options.cache:
        parser.error("--cache is where vectors are kept: name a folder")
    sys.stdout.write("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD) + "\n")
    for name in options.sets if options.corpora else ("",):
        rows = real(name, options.corpora, options.cache, options.draws) if name else simulated(options.draws)
        for line in rows:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
