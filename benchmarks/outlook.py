"""Does the learning curve come true, does `autocode next` choose better than chance, is the unfamiliar marked?

Run: `python benchmarks/outlook.py --corpora shared/corpora --cache DIR [--sets opp115 so_emotions] [--repeats 8]`.

Curve: some documents of a coded corpus are taken as coded, the agreement after some more is predicted,
then these are added and the agreement is measured on all that are left. Printed: how often it lay in
the 95 % interval, the mean error (measured minus predicted) and the mean half-width.
Next: from few coded documents, as many again are added, chosen by `next` or drawn at random; the mean
average precision on the documents left, and its part from codes with fewer than 5 codings at the start.
Unlike: a model's memory of half of a corpus; the share marked of the other half and of another corpus, and
how many clusters each gives.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from product import encoder
from sets import load

from autocode.agreement.coefficients import mean_kappa
from autocode.classify import fit
from autocode.classify.calibration import average_precisions
from autocode.config import ClassifyConfig, Config
from autocode.model.curve import Judged, _tested, learning_curve
from autocode.model.next import Open, _greedy, _rows
from autocode.model.precedents import Precedents, nearest_distance, unlike
from autocode.model.prepared import Prepared, prepare, rows_of, target

PLANS = {"opp115": (20, 5), "so_emotions": (200, 50)}  # documents coded, documents ahead
CHOSEN = {"opp115": 8, "so_emotions": 60, "cooking": 5, "annomi": 10}  # documents coded, and as many chosen
CONFIG = ClassifyConfig()
IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Data:
    """A corpus ready for learning."""

    judged: Judged
    prepared: Prepared
    place: IntArray  # (n,) document of each row


def data(name: str, corpora: Path, cache: Path) -> Data:
    """Features, target and codings of a corpus, as the product makes them, under its defaults."""
    corpus = load(name, corpora, Config())
    loaded, m = encoder(corpus.config, cache), corpus.matrix
    prepared = rows_of(prepare(corpus.study.documents, corpus.config, loaded), m)
    return Data(Judged(prepared.features, target(m, corpus.study.codebook, loaded), m, CONFIG), prepared, m.groups)


def part(judged: Judged, rows: IntArray) -> Judged:
    """Some rows of a corpus."""
    keep = np.zeros(len(judged.matrix.groups), dtype=bool)
    keep[rows] = True
    return Judged(judged.features.take(rows), judged.target.take(rows), judged.matrix.select(keep), CONFIG)


def curve(name: str, found: Data, repeats: int) -> str:
    """One row of the table of coverage."""
    known, ahead = PLANS[name]
    rows = []
    for seed in range(repeats):
        order = np.random.default_rng(100 + seed).permutation(np.unique(found.place))
        at = [np.flatnonzero(np.isin(found.place, d)) for d in (order[:known], order[: known + ahead], order[known + ahead :])]
        said = learning_curve(part(found.judged, at[0]), ahead)
        _, place = np.unique(found.place, return_inverse=True)
        true = float(mean_kappa(_tested(found.judged, place, at[1], at[2]).sum(axis=0)))
        rows.append((true, said.later or 0.0, said.low or 0.0, said.high or 0.0))
        sys.stderr.write(f"{name} {seed} {rows[-1]}\n")
    true, later, low, high = np.array(rows).T
    inside = (low <= true) & (true <= high)
    return (
        f"| {name} | {known} + {ahead} | {repeats} | {inside.mean():.2f} | {(true - later).mean():+.3f} | "
        f"{np.abs(true - later).mean():.3f} | {((high - low) / 2).mean():.3f} | {true.std(ddof=1):.3f} |"
    )


def chosen(found: Data, start: IntArray, pool: IntArray, count: int) -> IntArray:
    """The documents of a pool that `next` would take."""
    known, rows = (np.flatnonzero(np.isin(found.place, d)) for d in (start, pool))
    learnt = fit(found.judged.features.take(known), found.judged.target.take(known), CONFIG)
    P = learnt.predict_proba(found.judged.features.take(rows))
    names, place = np.unique(found.place[rows], return_inverse=True)
    seen = _rows(found.prepared, rows)
    distance = nearest_distance(seen.vectors, found.prepared.vectors[known])
    counts = (found.judged.target.Y[known] > 0).sum(axis=0)
    return names[[g for g, _ in _greedy(Open(seen, np.asarray(P, dtype=float), place, distance, counts), count)]]


def worth(found: Data, documents: IntArray, tested: IntArray, rare: BoolArray) -> tuple[float, float, float]:
    """Mean average precision of all codes and of rare ones, and pooled kappa, after learning from documents."""
    known, rows = (np.flatnonzero(np.isin(found.place, d)) for d in (documents, tested))
    learnt = fit(found.judged.features.take(known), found.judged.target.take(known), CONFIG)
    P = learnt.predict_proba(found.judged.features.take(rows))
    precision = average_precisions(P, found.judged.target.Y[rows])
    _, place = np.unique(found.place, return_inverse=True)
    kappa = float(mean_kappa(_tested(found.judged, place, known, rows).sum(axis=0)))
    return float(np.nanmean(precision)), float(np.nanmean(precision[rare])) if rare.any() else float("nan"), kappa


def choice(name: str, found: Data, repeats: int) -> str:
    """One row of the table of choices: gain of `next` over three random draws."""
    count = CHOSEN[name]
    gains = []
    for seed in range(repeats):
        rng = np.random.default_rng(200 + seed)
        order = rng.permutation(np.unique(found.place))
        start, rest = order[:count], order[count:]
        pool, tested = rest[: len(rest) // 2], rest[len(rest) // 2 :]
        rare = (found.judged.target.Y[np.isin(found.place, start)] > 0).sum(axis=0) < 5
        best = worth(found, np.concatenate([start, chosen(found, start, pool, count)]), tested, rare)
        drawn = [worth(found, np.concatenate([start, rng.choice(pool, count, replace=False)]), tested, rare) for _ in range(3)]
        gains.append(np.array(best) - np.mean(drawn, axis=0))
        sys.stderr.write(f"{name} {seed} {gains[-1]}\n")
    table = np.array(gains)
    cells = [f"{np.nanmean(g):+.3f} ± {np.nanstd(g, ddof=1) / np.sqrt(np.isfinite(g).sum()):.3f}" for g in table.T]
    return f"| {name} | {count} + {count} | {repeats} | {' | '.join(cells)} |"


def strange(name: str, found: Data, others: dict[str, Data]) -> list[str]:
    """Rows of the table of marks: the corpus's own other half, then other corpora."""
    order = np.random.default_rng(0).permutation(np.unique(found.place))
    known = np.isin(found.place, order[: len(order) // 2])
    memory = Precedents.gather(found.judged.matrix.select(known), [""] * int(known.sum()), found.prepared.vectors[known])
    tested = {f"{name}, other half": (found, ~known)}
    tested |= {other: (d, np.ones(len(d.place), dtype=bool)) for other, d in others.items() if other != name}
    rows = []
    for other, (d, seen_of) in tested.items():
        segments = [s for s, k in zip(d.judged.matrix.segments, seen_of, strict=True) if k]
        distances = nearest_distance(d.prepared.vectors[seen_of], memory.vectors)
        seen = unlike(segments, d.prepared.vectors[seen_of], distances, memory.edge)
        share = len(seen.segments) / len(segments)
        rows.append(f"| {name} | {other} | {len(segments)} | {share:.2f} | {len(seen.possible)} |")
    return rows


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", default=list(PLANS))
    parser.add_argument("--repeats", type=int, default=12)
    options = parser.parse_args()
    curves, choices, marks = [], [], []
    every = {name: data(name, options.corpora, options.cache) for name in options.sets}
    for name, found in every.items():
        marks += strange(name, found, every)
        if not options.repeats:
            continue
        choices.append(choice(name, found, options.repeats))
        curves += [curve(name, found, options.repeats)] if name in PLANS else []
    out = [
        "| Set | Coded + ahead | Repeats | Inside | Mean error | Mean absolute error | Half-width | Spread of truth |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *curves,
        "",
        "| Set | Coded + chosen | Repeats | mAP: next less random | of rare codes | pooled kappa |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *choices,
        "",
        "| Learnt from half of | Seen | Segments | Marked | Clusters |",
        "| --- | --- | ---: | ---: | ---: |",
        *marks,
    ]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
