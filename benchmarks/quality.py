"""How well autocode suggests, beside all that a researcher would use instead, on the same held-out documents.

Run: `python benchmarks/quality.py --corpora FOLDER --cache FOLDER --out results.jsonl --resume --table quality.md`.
Each system is run on each set in a process of its own with one thread for linear algebra. Results are written
as they are done; `--resume` skips what the file holds, `--table` renders it (alone: `--render-only`). The
best peer of a set is the best of PEERS without the extras (`tables.EXTRAS`). What is measured: `measures.py`; how peers
are calibrated and cut: `nested.py`; their settings, fixed beforehand: `peers.py`; sets and folds: `sets.py`.

    python benchmarks/quality.py ... --sets opp115 mlss --systems autocode tfidf minilm
    python benchmarks/quality.py ... --systems autocode --effort full     again, without --resume: replaces its rows
    python benchmarks/quality.py ... --keep FOLDER                         rows of peers say how much higher autocode is, paired
    python benchmarks/quality.py ... --curve --systems autocode tfidf     learning curves, 50 to 1,000 units
    python benchmarks/quality.py ... --file my/codings.csv                any long table, codebook.csv beside it
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nested
import numpy as np
import product
from measures import Judged, agreement, ceiling, measures, paired
from nested import Answer
from peers import ONE_INNER_FOLD, PEERS, Options, majority
from sets import DRAWS, SIZES, TABLES, Corpus, Split, draws, load, splits
from tables import document

SYSTEMS = ("autocode", *PEERS, "majority", "coder")
NEEDED = {"wordllama": "wordllama", "iqual": "iqual", "setfit": "setfit", "spacy": "spacy"}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
KEY = ("set", "system", "effort", "size", "draw")
Row = dict[str, Any]


def cell(job: Row) -> Row:
    """Measure one system on one set, in this process.

    Args:
        job: KEY and the options of the run; see `jobs`.
    """
    config = product.settings(job["effort"] or "quick", job["more"], job["encoder"])
    file = Path(job["file"]) if job["file"] else None
    corpus = load(job["set"], Path(job["corpora"]) if job["corpora"] else None, config, file)
    parts = splits(corpus) if job["size"] is None else draws(corpus, job["size"], job["draw"])
    if not parts:
        return {"skipped": "not so many units"}
    rows = np.sort(np.concatenate([part.out for part in parts]))
    return _described(corpus, parts, rows) | _measured(corpus, parts, rows, job)


def _described(corpus: Corpus, parts: list[Split], rows: Any) -> Row:
    return {
        "units": len(rows),
        "documents": len(np.unique(corpus.groups[rows])),
        "learnt": round(float(np.mean([len(part.known) for part in parts]))),
        "all_codes": corpus.Y.shape[1],
        "coders": len(corpus.votes),
    }


def _measured(corpus: Corpus, parts: list[Split], rows: Any, job: Row) -> Row:
    votes, groups = corpus.votes[:, rows], corpus.groups[rows]
    if job["system"] == "coder":
        nothing = np.zeros((len(rows), votes.shape[2]))
        human = agreement(Judged(votes, groups, nothing, nothing))
        return ceiling(votes) | {"human": human["human"]} if len(votes) > 1 else {"skipped": "one coder"}
    more: Row = {}
    if job["system"] == "autocode":
        answer, bands = product.judge(corpus, parts, Path(job["cache"]))
        more = _asked(bands[rows], corpus.Y[rows])
    else:
        answer = _peer(corpus, parts, job)
    values = measures(Judged(votes, groups, answer.P[rows], answer.D[rows]))
    if job["keep"]:
        folder, name = Path(job["keep"]), f"{job['set'].replace('/', '_')}-{job['size']}-{job['draw']}"
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / f"{name}-{job['system']}.npz", P=answer.P[rows], D=answer.D[rows])
        if job["system"] != "autocode" and (ours := folder / f"{name}-autocode.npz").exists():
            own = np.load(ours)
            more |= paired(Judged(votes, groups, own["P"], own["D"]), answer.D[rows])
    more |= {
        f"{n}_{rule}": agreement(Judged(votes, groups, answer.P[rows], D[rows]))[n]
        for rule, D in answer.by_rule.items()
        for n in ("ratio",)
    }
    rules = " ".join(f"{rule} {n}" for rule, n in sorted(Counter(answer.rules).items()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return values | more | answer.seconds | {"rules": rules, "peak_mb": peak}


def _asked(bands: Any, Y: Any) -> Row:
    """How often a unit is asked about, and the share of codings that `suggest` or `ask` finds."""
    names = (("coverage_ask", 1), ("suggest_coverage", 2))
    found = {name: float((Y * (bands >= least)).sum() / Y.sum()) for name, least in names}
    right = float((Y * (bands == 2)).sum() / max((bands == 2).sum(), 1)) if (bands == 2).any() else float("nan")
    return found | {"asked": float((bands == 1).sum(axis=1).mean()), "suggest_precision": right}


def _peer(corpus: Corpus, parts: list[Split], job: Row) -> Answer:
    name, options = job["system"], Options(Path(job["cache"]), job["setfit_steps"])
    if name == "majority":
        answer = nested.judge(corpus, parts, majority(corpus, options), one=True)
        shares = np.zeros(answer.P.shape)
        for part in parts:
            shares[part.out] = majority(corpus, options)(part.known)(part.out)
        return replace(answer, P=shares, D=(shares >= 0.5).astype(float), by_rule={}, rules=())
    return nested.judge(corpus, parts, PEERS[name](corpus, options), one=name in ONE_INNER_FOLD)


def jobs(options: argparse.Namespace) -> Iterator[Row]:
    """The cells asked for, set by set."""
    paths = {"corpora": str(options.corpora or ""), "cache": str(options.cache)}
    paths |= {"keep": str(options.keep or "")}
    shared = paths | {"more": options.more, "encoder": options.encoder, "setfit_steps": options.setfit_steps}
    points = [(s, d) for s in SIZES for d in range(DRAWS)] if options.curve else [(None, None)]
    tables = [(f"{f.parent.name}/{f.name}", str(f)) for f in options.file or ()]
    for name, file in tables or [(name, "") for name in options.sets]:
        for system in options.systems:
            for size, number in points:
                if size is None or system != "coder":
                    effort = options.effort if system == "autocode" else ""
                    key = dict(zip(KEY, (name, system, effort, size, number), strict=True))
                    yield key | shared | {"file": file}


def run(job: Row, limit: float | None) -> Row:
    """Run a cell in a process of its own; a cell that cannot be run becomes a row that says why."""
    key = {name: job[name] for name in KEY}
    package = NEEDED.get(job["system"])
    if package and importlib.util.find_spec(package) is None:
        return key | {"skipped": f"{package} is not installed"}
    env = os.environ | dict.fromkeys(THREADS, "1") | {"PYTHONHASHSEED": "0", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, __file__, "--cell", json.dumps(job)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return key | {"skipped": f"took longer than {limit:.0f} s"}
    if done.returncode:
        return key | {"skipped": (done.stderr.strip().splitlines() or ["it failed"])[-1][:200]}
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return key | found


def known_rows(path: Path) -> dict[tuple[Any, ...], Row]:
    """The latest row of each cell in a file of results."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines if line.strip()]
    return {tuple(row[name] for name in KEY): row for row in rows}


def clean(row: Row) -> Row:
    """The row with what is not a number as null, floats at six places."""
    rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in rounded.items()}


def main() -> None:
    """Run the cells asked for, write their rows, render the table."""
    options = _options()
    if options.cell:
        sys.stdout.write("\n" + json.dumps(clean(cell(json.loads(options.cell)))) + "\n")
        return
    for job in () if options.render_only else jobs(options):
        key = tuple(job[name] for name in KEY)
        before = known_rows(options.out).get(key) if options.resume else None
        if before is None or "not installed" in before.get("skipped", ""):
            row = clean(run(job, options.limit))
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            sys.stderr.write(f"{key}: {row.get('skipped') or row.get('ratio') or row.get('kappa')}\n")
    if options.table:
        options.table.write_text(document(list(known_rows(options.out).values())), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, help="folder of the public tables; not needed for the bundled study")
    parser.add_argument("--cache", type=Path, default=Path("build/quality"), help="where vectors are kept")
    parser.add_argument("--out", type=Path, default=Path("quality.jsonl"), help="results, one JSON object a line")
    parser.add_argument("--table", type=Path, help="Markdown made of all rows in --out")
    parser.add_argument("--sets", nargs="+", default=list(TABLES), choices=tuple(TABLES))
    parser.add_argument("--file", nargs="+", type=Path, help="long tables instead of the sets")
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--effort", default="quick", choices=("quick", "full"))
    parser.add_argument("--more", nargs="+", default=[], help="further encoders that the effort full tries")
    parser.add_argument("--encoder", default="default", help="of autocode; write its rows into an --out of their own")
    parser.add_argument("--keep", type=Path, help="folder for decisions; peers run after autocode get a paired difference")
    parser.add_argument("--setfit-steps", type=int, default=40)
    parser.add_argument("--limit", type=float, help="seconds for one cell; beyond, its row says so")
    parser.add_argument("--curve", action="store_true", help="learning curves instead of all training units")
    parser.add_argument("--resume", action="store_true", help="skip what --out holds")
    parser.add_argument("--render-only", action="store_true")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
