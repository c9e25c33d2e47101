"""Themes where codes abstain: how often the right theme comes first, and how often an offered theme is right.

Run: `python benchmarks/themes.py [STUDY_FOLDER]`, by default the bundled study; held out by document. A theme's
probability is that of any of its codes, taken as independent. A theme is right where any coder gave one of its codes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from autocode.evaluate import hold_out
from autocode.formats import ReadOptions, read_all
from autocode.model import CodingModel
from autocode.model.grounds import LIKELIER

BUNDLED = Path(__file__).parents[1] / "corpora" / "microcredentials"


def main() -> None:
    """Print the figures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else BUNDLED
    study = read_all([folder], ReadOptions(open_files=True))[0]
    held = hold_out(CodingModel.from_config(), study)
    roots = [study.codebook.theme(c) for c in held.matrix.codes]
    themes = [t for t in dict.fromkeys(roots) if roots.count(t) > 1]
    members = [[k for k, root in enumerate(roots) if root == t] for t in themes]
    P = np.array([1 - np.prod(1 - held.held.P[:, m], axis=1) for m in members]).T
    given = np.array([held.matrix.Y[:, :, m].any(axis=(0, 2)) for m in members]).T
    taken = np.array([(held.held.bands[:, m] == 2).any(axis=1) for m in members]).T
    coded = given.any(axis=1)
    first = given[np.arange(len(P)), P.argmax(axis=1)][coded].mean()
    silent = ~(held.held.bands == 2).any(axis=1)
    out = [
        f"coded segments {coded.sum()}; the likeliest theme is one a coder used for {first:.2f} of them",
        f"segments with no code suggested {silent.sum()}, of these coded {(silent & coded).sum()}",
    ]
    for cut in (0.3, 0.4, LIKELIER, 0.6):
        offered = (cut <= P) & ~taken
        alone = offered & silent[:, None]
        out.append(
            f"theme from {cut:.1f} on: offered {offered.sum()}, right {_share(given, offered)}; where every code "
            f"abstains {alone.sum()} in {alone.any(axis=1).sum()} segments, right {_share(given, alone)}"
        )
    sys.stdout.write("\n".join(out) + "\n")


def _share(given: np.ndarray, chosen: np.ndarray) -> str:
    return f"{given[chosen].mean():.2f}" if chosen.any() else "-"


if __name__ == "__main__":
    main()
