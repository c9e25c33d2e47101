"""What a person has to read to find 90 % of the codings, and how many codes are shown for each one found.

    python benchmarks/effort.py [--corpora FOLDER] [--sets bundled,mlss,annomi,opp115] [--config quick]

Every document is judged by models that have not seen it, calibration and bands too; intervals are over documents.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import sets

from autocode.classify.calibration import workload
from autocode.config import load_config
from autocode.model import CodingModel
from autocode.model.prepared import judged


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--corpora", type=Path)
    asked.add_argument("--sets", default="bundled")
    asked.add_argument("--config", default="default")
    given = asked.parse_args()
    config = load_config(given.config)
    model = CodingModel.from_config(config)
    print("| set | units | codes | share to read for 90 % (95 % CI) | codes shown for each found | found by them |")
    print("|---|---:|---:|---|---:|---:|", flush=True)
    for name in given.sets.split(","):
        corpus = sets.load(name, given.corpora, config)
        held = judged(corpus.study, corpus.matrix, (model.config, model.encoder))
        m = corpus.matrix
        found = workload(np.asarray(held.P, np.float64), np.nan_to_num(m.share), held.bands > 0, m.groups)
        print(
            f"| {name} | {len(m.segments):,} | {len(m.codes)} | {found.share:.2f} ({found.low:.2f} to {found.high:.2f}) | "
            f"{found.questions:.1f} | {found.answered:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
