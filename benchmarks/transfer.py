"""Transfer between studies: are renamed codes found again, and does the other study help, or at least not harm?

Run: `python benchmarks/transfer.py --corpora shared/corpora --cache DIR [--cases scrum opp115 ...]`.

Halves of one corpus stand for two studies: few documents are the new study, others the older one, whose codes
get names that say nothing ("Topic 7"), so that only rules and examples can tell. `unrelated` cases confirm what
the proposal says of two studies that have nothing in common, or every best pair where it proposes none: the rule
must then keep the machine from getting worse.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from product import encoder
from sets import load

from autocode.config import Config
from autocode.model import CodingModel
from autocode.model.transfer import Alignment, Others, learn_with, propose, side_of_study
from autocode.study import Study
from autocode.study.codebook import Code, Codebook

HALVES = {"scrum": (10, 29), "opp115": (8, 30), "mlss": (6, 20), "bundled": (8, 12)}  # documents: new, older
UNRELATED = {"bundled-mlss": ("bundled", "mlss"), "scrum-bundled": ("scrum", "bundled")}


def named(name: str, root: Path) -> Study:
    """A study of the benchmark, by name."""
    return replace(load(name, root, Config()).study, name=name)


def part(study: Study, documents: set[str], name: str) -> Study:
    """The study with some of its documents."""
    return replace(
        study,
        name=name,
        documents=tuple(d for d in study.documents if d.id in documents),
        codings=tuple(c for c in study.codings if c.document in documents),
        readings=tuple(r for r in study.readings if r.document in documents),
    )


def renamed(study: Study) -> tuple[Study, dict[str, str]]:
    """The study with names that say nothing, and the old path of each new one."""
    names = {c.path: f"Topic {i}" for i, c in enumerate(study.codebook)}
    codes = [Code(names[c.path], "", c.definition, c.include, c.exclude) for c in study.codebook]
    codings = tuple(replace(c, code=names[c.code]) for c in study.codings)
    return replace(study, codebook=Codebook(tuple(codes), "Topics"), codings=codings), {n: p for p, n in names.items()}


def halves(name: str, root: Path) -> tuple[Study, Study, dict[str, str]]:
    """A new study, an older one with other names, and what the names mean."""
    whole = named(name, root)
    coded = [d.id for d in whole.documents if d.id in {c.document for c in whole.codings}]
    order = np.random.default_rng(0).permutation(coded).tolist()
    few, many = HALVES[name]
    old, meant = renamed(part(whole, set(order[few : few + many]), f"{name} (older)"))
    return part(whole, set(order[:few]), name), old, meant


def align(model: CodingModel, new: Study, old: Study, meant: dict[str, str]) -> Alignment:
    """Propose, print how well, and confirm everything proposed (all best pairs where nothing is)."""
    own, other = (side_of_study(s, model.config, model.encoder) for s in (new, old))
    pairs = [p for p in propose(own.coded, other) if p.code and p.other]
    if meant:
        used = {c.code for c in new.codings} & {meant[c.code] for c in old.codings}
        right = [p for p in pairs if meant[p.other] == p.code]
        coded = [p for p in right if p.code in used]
        print(f"proposed {len(pairs)}, right {len(right)}; of {len(used)} codes coded in both, found {len(coded)}")
        wrong = [p.score for p in pairs if meant[p.other] != p.code]
        print("scores right", _quartiles([p.score or 0 for p in right]), "wrong", _quartiles([s or 0 for s in wrong]))
    else:
        print(f"proposed {len(pairs)}: " + "; ".join(f"{p.code} = {p.other} {p.score:.2f}" for p in pairs[:5] if p.score))
        pairs = [p for p in propose(own.coded, other, least=0.0) if p.code and p.other]
        print(f"confirmed all the same: {len(pairs)}, scores {_quartiles([p.score or 0 for p in pairs])}")
    return Alignment(tuple(replace(p, decision="yes") for p in pairs))


def _quartiles(scores: list[float]) -> str:
    return " ".join(f"{q:.2f}" for q in np.quantile(scores, [0, 0.25, 0.5, 0.75, 1])) if scores else "-"


def main() -> None:
    """Print what was found for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=None)
    parser.add_argument("--cases", nargs="*", default=[*HALVES, *UNRELATED])
    options = parser.parse_args()
    config = Config()
    model = CodingModel.from_config(config, encoder(config, options.cache))
    for case in options.cases:
        print(f"\n# {case}")
        if case in UNRELATED:
            new, old = (named(name, options.corpora) for name in UNRELATED[case])
            meant: dict[str, str] = {}
        else:
            new, old, meant = halves(case, options.corpora)
        alignment = align(model, new, old, meant)
        _, evidence = learn_with(model, new, Others((old,), alignment))
        print(evidence)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
