"""The results of the benchmark as two pictures: every system on every set, and learning curves.

Run: `python benchmarks/picture.py quality.jsonl --out docs/pictures`; the rows are those of quality.py.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quality import known_rows
from tables import NAMES, PEERS, measure_of

Row = dict[str, Any]
INK, QUIET, OWN = "#1a1a1a", "#8a8a8a", "#00629b"
MARKS = dict(zip(PEERS, ("s", "^", "v", "D", "X", "P"), strict=True))
TITLES = {
    "bundled": "bundled study, 33 codes",
    "scrum": "Scrum interviews, 16 themes (kappa)",
    "scrum_fine": "Scrum interviews, 178 codes (kappa)",
    "shuffle": "open answers on music, 76 codes (kappa)",
    "issues_nl": "Dutch news statements, 33 codes",
    "cooking": "cooking conversations, 27 codes",
    "mlss": "ML interviews, 99 codes",
    "mlss_parents": "ML interviews, 28 themes",
    "so_emotions": "Stack Overflow emotions, 6 codes",
    "annomi": "counselling (AnnoMI), 12 codes",
    "opp115": "privacy policies (OPP-115), 13 codes",
}


def name_of(system: str) -> str:
    """The system's name without the marks of Markdown."""
    return NAMES[system].strip("*")


def systems(rows: Sequence[Row], path: Path) -> None:
    """One line a set: autocode and every peer on the scale of agreement."""
    from matplotlib.figure import Figure

    known = [r for r in rows if r["size"] is None and r.get(measure_of(r)) is not None and r["set"] in TITLES]
    whole, full = ([r for r in known if (r["effort"] == "full") == dear] for dear in (False, True))
    sets = [name for name in TITLES if any(r["set"] == name for r in whole)]
    figure = Figure(figsize=(9, 0.42 * len(sets) + 1.6), layout="constrained")
    axes = figure.subplots()
    for system in (*PEERS, "autocode"):
        points = [(r[measure_of(r)], sets.index(r["set"])) for r in whole if r["system"] == system]
        own = system == "autocode"
        look = {"s": 90, "c": OWN, "zorder": 3} if own else {"s": 36, "facecolors": "none", "edgecolors": QUIET}
        if points:
            axes.scatter(*zip(*points, strict=True), marker="o" if own else MARKS[system], label=name_of(system), **look)
    if full:
        points = [(r[measure_of(r)], sets.index(r["set"])) for r in full]
        axes.scatter(*zip(*points, strict=True), s=110, facecolors="none", edgecolors=OWN, linewidths=1.8, label="effort full")
    axes.set_yticks(range(len(sets)), [TITLES[name] for name in sets])
    axes.set_ylim(len(sets) - 0.5, -0.8)
    axes.grid(axis="y", color="#e5e5e5", linewidth=0.8)
    axes.axvline(1, color=INK, linewidth=0.8, linestyle=":")
    axes.text(0.99, -0.55, "as the coders agree", ha="right", va="center", fontsize=8, color=INK)
    figure.supxlabel("agreement with the coders over agreement between them (kappa where one coder coded)", fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=8, frameon=False, fontsize=8, handletextpad=0.2)
    figure.savefig(path, dpi=150)


def curves(rows: Sequence[Row], path: Path) -> None:
    """Small multiples: mean average precision by units learnt from, one line a system, a dot a draw."""
    from matplotlib.figure import Figure

    drawn: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["size"] is not None and row.get("map") is not None:
            drawn[row["set"]][row["system"]].append(row)
    sets = [name for name in TITLES if name in drawn]
    columns = 4
    lines = -(-len(sets) // columns)
    figure = Figure(figsize=(11, 2.7 * lines), layout="constrained")
    for place, name in enumerate(sets):
        axes = figure.add_subplot(lines, columns, place + 1)
        for system, members in drawn[name].items():
            color, width = (OWN, 2.2) if system == "autocode" else (INK if system == "tfidf" else QUIET, 1.2)
            sizes = sorted({r["size"] for r in members})
            means = [sum(found) / len(found) for s in sizes if (found := [r["map"] for r in members if r["size"] == s])]
            axes.plot(sizes, means, color=color, linewidth=width, label=name_of(system))
            axes.scatter([r["size"] for r in members], [r["map"] for r in members], s=6, color=color)
        axes.set_xscale("log")
        axes.set_xticks([50, 100, 200, 500, 1000], ["50", "100", "200", "500", "1,000"], fontsize=8)
        axes.minorticks_off()
        axes.tick_params(labelsize=8)
        axes.set_ylim(0, None)
        axes.set_title(TITLES[name].removesuffix(" (kappa)"), fontsize=9, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        if not place:
            axes.legend(frameon=False, fontsize=8)
    figure.supxlabel("units learnt from", fontsize=9)
    figure.supylabel("mean average precision, held out", fontsize=9)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Draw both pictures from a file of results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    options = parser.parse_args()
    rows = list(known_rows(options.results).values())
    systems(rows, options.out / "quality.png")
    curves(rows, options.out / "learning-curves.png")


if __name__ == "__main__":
    main()
