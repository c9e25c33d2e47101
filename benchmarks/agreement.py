"""The agreement engine measured: right digits, speed, coverage of intervals, errors of the verdict.

Run: `python benchmarks/agreement.py` for the table; parts by name:
    python benchmarks/agreement.py speed coverage verdict frequencies
    python benchmarks/agreement.py --cases FILE.json        published cases: N passed, M failed
    python benchmarks/agreement.py --corpora FOLDER         annomi, opp115, mlss_interviews
Simulated documents have 40 segments; prevalence and coders' accuracy vary between documents
(logit-normal). Same seed, same figures; times depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from cases import compute, passes
from numpy.typing import NDArray

from autocode.agreement import AgreementOptions, agree
from autocode.agreement.coefficients.binary import cohen_kappa
from autocode.agreement.coefficients.nominal import cohen_kappa as cohen_kappa_two
from autocode.agreement.coefficients.nominal import cohen_kappa_se
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.judgement.frequencies import (
    Checked,
    difference_estimator,
    human_share,
    post_stratified,
    ppi_mean,
    ppi_plus_mean,
    raw_share,
)
from autocode.agreement.judgement.intervals import bootstrap, fisher, jackknife
from autocode.agreement.judgement.verdict import Comparison, judge
from autocode.agreement.rows import Evidence
from autocode.errors import AutocodeError

Array = NDArray[np.float64]
UNITS = 40
SPREAD = 0.8  # standard deviation between documents, in log-odds, of prevalence and of every coder's accuracy
PAIRS = ((0, 1), (0, 2), (1, 2))


def say(line: str) -> None:
    """Write one line of a table."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def expit(x: Array) -> Array:
    """From log-odds to probability."""
    return 1 / (1 + np.exp(-x))


def logit(p: float) -> float:
    """From probability to log-odds."""
    return float(np.log(p / (1 - p)))


def joint_counts(
    rng: np.random.Generator, shape: tuple[int, int], prevalence: float, coders: Sequence[tuple[float, float]]
) -> Array:
    """(G, runs, 2**r) units of each pattern of r coders' decisions in simulated documents.

    Args:
        rng: Source of chance.
        shape: Documents G and runs.
        prevalence: Share of units of a typical document that truly have the code.
        coders: Sensitivity and false-positive rate of each coder in a typical document.
    """
    p = around(rng, shape, prevalence)
    hits = [around(rng, shape, s) for s, _ in coders]
    wrongs = [around(rng, shape, w) for _, w in coders]
    cells = []
    for pattern in product((1, 0), repeat=len(coders)):
        yes, no = p.copy(), 1 - p
        for said, hit, wrong in zip(pattern, hits, wrongs, strict=True):
            yes *= hit if said else 1 - hit
            no *= wrong if said else 1 - wrong
        cells.append(yes + no)
    cell = np.stack(cells, axis=-1)
    return rng.multinomial(UNITS, cell / cell.sum(-1, keepdims=True)).astype(np.float64)


def around(rng: np.random.Generator, shape: tuple[int, int], middle: float) -> Array:
    """Logit-normal rates of the documents around a middle; 0 and 1 stay what they are."""
    if not 0 < middle < 1:
        return np.full(shape, middle)
    return expit(logit(middle) + SPREAD * rng.standard_normal(shape))


def pair_table(joint: Array, i: int, j: int, coders: int) -> Array:
    """(..., 4) table of two of the coders from pattern counts (..., 2**r)."""
    patterns = list(product((1, 0), repeat=coders))
    cells = [
        sum(joint[..., k] for k, pattern in enumerate(patterns) if (pattern[i], pattern[j]) == want)
        for want in ((1, 1), (1, 0), (0, 1), (0, 0))
    ]
    return np.stack(cells, axis=-1)


def speed() -> None:
    """Counts and 2,000 resamples of 34 codes x 3 pairs x 5,000 units, beside scikit-learn."""
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(0)
    truth = rng.random((5000, 34)) < rng.uniform(0.01, 0.2, 34)
    Y = np.stack([truth ^ (rng.random(truth.shape) < 0.03) for _ in range(3)])
    groups = np.repeat(np.arange(50), 100)
    data = Decisions(
        ("a", "b", "m"),
        tuple(map(str, range(34))),
        tuple(map(str, range(50))),
        groups,
        Y,
        np.ones((3, 5000), bool),
        np.ones(5000),
    )
    times = []
    for _ in range(5):
        start = time.perf_counter()
        counts = np.stack([pair_counts(data, i, j) for i, j in PAIRS], axis=1)
        found = bootstrap(counts, cohen_kappa, resamples=2000, seed=1)
        times.append(time.perf_counter() - start)
    ours = min(times)
    start = time.perf_counter()
    loops = 40
    for k in range(loops):
        cohen_kappa_score(Y[0, :, k % 34], Y[1, :, k % 34])
    theirs = (time.perf_counter() - start) / loops * 2000 * 34 * 3
    worst = max(
        abs(cohen_kappa_score(Y[i, :, k], Y[j, :, k]) - found.value[p, k]) for p, (i, j) in enumerate(PAIRS) for k in range(34)
    )
    start = time.perf_counter()
    jackknife(counts, cohen_kappa)
    jack = time.perf_counter() - start
    say("speed: 34 codes x 3 pairs x 5,000 units in 50 documents, kappa")
    say(f"  counts and 2,000 cluster resamples     {ours:9.3f} s   (target 0.2 s)")
    say(f"  counts once, jackknife by document     {jack:9.4f} s")
    say(f"  scikit-learn loop ({loops} of 204,000 timed) {theirs:6.0f} s   {theirs / ours:,.0f} times slower")
    say(f"  largest difference of the 102 kappas   {worst:9.1e}\n")


def coverage(runs: int = 2000) -> None:
    """Share of default 95 % intervals that hold the true kappa, where the evidence rules allow one."""
    say(f"coverage of the default 95 % interval ({runs} runs; where the evidence rules allow one)")
    say(f"  {'documents':>9}{'prevalence':>12}{'intervals':>11}{'coverage':>10}{'mean width':>12}{'as independent':>16}")
    coders = ((0.8, 0.015), (0.8, 0.015))
    for prevalence in (0.2, 0.05, 0.02):
        big = joint_counts(np.random.default_rng(99), (20000, 10), prevalence, coders).sum((0, 1))
        truth = float(cohen_kappa(big))
        for G in (8, 12, 20, 40):
            counts = joint_counts(np.random.default_rng(G), (G, runs), prevalence, coders)
            low, high = fisher(jackknife(counts, cohen_kappa))
            uses = counts[..., :3].sum(-1)
            found = Evidence(G, uses.sum(0), (uses > 0).sum(0).astype(float))
            kept = np.array([not found.against_interval(r) for r in range(runs)]) & np.isfinite(low)
            inside = ((low <= truth) & (truth <= high))[kept]
            share = f"{100 * inside.mean():9.1f}%" if kept.mean() > 0.02 else f"{'-':>10}"
            naive = 100 * np.mean([naive_holds(t, truth) for t in counts.sum(0)[kept][:500]])
            width = (high - low)[kept].mean()
            say(f"  {G:>9}{prevalence:>12}{100 * kept.mean():>10.0f}%{share}{width:>12.2f}{naive:>15.1f}%")
    say("")


def naive_holds(table: Array, truth: float) -> bool:
    """Whether the large-sample interval, which takes segments as independent, holds the true kappa."""
    square = table.reshape(2, 2)
    kappa, error = cohen_kappa_two(square).value, cohen_kappa_se(square).value
    return kappa is not None and error is not None and abs(kappa - truth) <= 1.96 * error


def true_delta(machine: tuple[float, float], prevalence: float) -> float:
    """Delta of a machine in a very large study."""
    humans = ((0.9, 0.008), (0.9, 0.008))
    joint = joint_counts(np.random.default_rng(7), (20000, 5), prevalence, (*humans, machine)).sum((0, 1))
    h, a, b = (float(cohen_kappa(pair_table(joint, i, j, 3))) for i, j in PAIRS)
    return (a + b) / 2 - h


def at_margin(prevalence: float, margin: float = 0.10) -> tuple[float, float]:
    """Machine whose true delta is just the margin below the humans, by bisection."""
    low, high = 0.2, 0.9
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (middle, high) if true_delta((middle, 0.008), prevalence) < -margin else (low, middle)
    return (high, 0.008)


def verdict(runs: int = 1000) -> None:
    """How often the verdict finds the machine on par, for machines at the margin, alike, and mute."""
    say(f"verdict ({runs} runs; 'on par' sums up supported and the two on-par labels)")
    say(f"  {'machine':<22}{'documents':>10}{'prevalence':>11}{'assessable':>11}{'on par':>8}{'supported':>10}")
    for prevalence in (0.2, 0.05):
        kinds = {"at the margin (null)": at_margin(prevalence), "like a human": (0.9, 0.008), "never codes": (0.0, 0.0)}
        for (name, machine), G in product(kinds.items(), (10, 20, 40)):
            labels = simulate_verdicts(machine, (G, runs), prevalence)
            judged = [x for x in labels if x != "not_assessable"]
            par = sum(x.startswith("on_par") or x == "supported" for x in judged) / max(1, len(judged))
            supported = sum(x == "supported" for x in judged) / max(1, len(judged))
            share = len(judged) / runs
            say(f"  {name:<22}{G:>10}{prevalence:>11}{share:>11.0%}{par:>8.1%}{supported:>10.1%}")
    say("")


def simulate_verdicts(machine: tuple[float, float], shape: tuple[int, int], prevalence: float) -> list[str]:
    """Labels of simulated studies with two humans and a machine."""
    coders = ((0.9, 0.008), (0.9, 0.008), machine)
    joint = joint_counts(np.random.default_rng(3), shape, prevalence, coders)
    tables = [pair_table(joint, i, j, 3) for i, j in PAIRS]
    uses = tables[0][..., :3].sum(-1)
    places = Evidence(shape[0], uses.sum(0), (uses > 0).sum(0).astype(float))
    compared = Comparison("machine", ("a", "b"), tables[0][:, None], np.stack(tables[1:], axis=1), places)
    codes = [str(r) for r in range(1, shape[1])]
    return [v.label for v in judge(compared, codes, AgreementOptions(machines=("machine",)))]


def frequencies(runs: int = 500) -> None:
    """Share of 95 % intervals that hold the true share of a code in what the batch was drawn from."""
    methods: dict[str, Callable[[Checked], Any]] = {
        "humans alone, Wilson": human_share,
        "PPI": ppi_mean,
        "PPI++ (not below 300)": ppi_plus_mean,
        "difference (finite)": difference_estimator,
        "post-stratified": lambda d: post_stratified(d, finite=False),
    }
    settings = ((0.05, 30, 400), (0.05, 100, 2000), (0.05, 300, 5000), (0.2, 30, 400), (0.2, 100, 2000))
    say(f"frequencies: coverage of 95 % intervals ({runs} runs; machine sensitivity .8, specificity .97)")
    say(f"  {'share, checked/all':<24}" + "".join(f"{f'{p} {n}/{N}':>14}" for p, n, N in settings))
    rng = np.random.default_rng(5)
    drawn = {s: [_draw(rng, *s) for _ in range(runs)] for s in settings}
    for name, method in methods.items():
        line = f"  {name:<24}"
        for s in settings:
            ends = [(e.low, e.high) for e in map(method, drawn[s])]
            line += f"{100 * np.mean([a <= s[0] <= b for a, b in ends]):>13.1f}%"
        say(line)
    off = "".join(f"{np.mean([raw_share(d).value for d in drawn[s]]) - s[0]:>+14.3f}" for s in settings)
    say(f"  {'raw machine share, bias':<24}{off}\n")


def _draw(rng: np.random.Generator, share: float, n: int, N: int) -> Checked:
    """One batch of N units, n of them checked."""
    y = rng.random(N) < share
    f = np.where(y, rng.random(N) < 0.8, rng.random(N) < 0.03)
    a, b = y.astype(float), f.astype(float)
    return Checked(a[:n], b[:n], b[n:])


def run_cases(path: Path) -> int:
    """Recompute a file of published cases; prints what fails and `N passed, M failed`."""
    cases = json.loads(path.read_text("utf-8"))
    failed = [case for case in cases if not passes(case)]
    for case in failed:
        try:
            value: Any = compute(case)
        except (KeyError, ValueError, AutocodeError) as error:
            value = f"not computed: {error!r}"
        say(f"{case['id']} ({case['coefficient']}): {value}, expected {case['expected']}")
    say(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def corpora(folder: Path) -> None:
    """Pooled agreement on three real corpora, through the program's own import and matrix."""
    from autocode.config import Config
    from autocode.formats import read
    from autocode.study.matrix import coding_matrix

    files = {
        "mlss_interviews": "mlss_interviews/codings_double.csv",
        "annomi": "annomi/codings.csv",
        "opp115": "opp115/codings.csv.gz",
    }
    for name, file in files.items():
        study = read(folder / file)
        matrix = coding_matrix(study, Config(), study.humans)
        start = time.perf_counter()
        report = agree(matrix)
        seconds = time.perf_counter() - start
        row = report.overall("human-human")
        if row is not None:
            ends = "" if row.kappa.low is None else f" [{row.kappa.low:.3f}, {row.kappa.high:.3f}]"
            say(
                f"{name}: {report.units} units, {report.documents} documents, {len(report.codes)} codes, "
                f"{row.pairs} pairs ({row.pooling}); pooled kappa {row.kappa.value:.3f}{ends}, "
                f"alpha {row.alpha.value:.3f}, positive {row.positive.value:.3f}; {seconds:.2f} s"
            )


PARTS: dict[str, Callable[[], None]] = {
    "speed": speed,
    "coverage": coverage,
    "verdict": verdict,
    "frequencies": frequencies,
}


def main() -> int:
    """Run the parts asked for; all where none is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="parts to run (default: all)")
    parser.add_argument("--cases", type=Path, help="a file of published cases")
    parser.add_argument("--corpora", type=Path, help="folder of the real corpora")
    options = parser.parse_args()
    if options.cases:
        return run_cases(options.cases)
    if options.corpora:
        corpora(options.corpora)
        return 0
    for part in options.parts or PARTS:
        PARTS[part]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
