"""The agreement engine measured: right digits, speed, coverage of intervals, errors of the verdict.

Run: `python benchmarks/agreement.py` for the table; parts by name:
    python benchmarks/agreement.py speed coverage verdict hopeless told pooling large frequencies
    python benchmarks/agreement.py --cases FILE.json        published cases: N passed, M failed
    python benchmarks/agreement.py --corpora FOLDER         annomi, opp115, mlss_interviews
Simulated documents have 40 segments; prevalence and coders' accuracy vary between documents
(logit-normal). Same seed, same figures; times depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from cases import compute, passes
from numpy.typing import NDArray

from autocode.agreement import agree, agree_on
from autocode.agreement.coefficients import cohen_kappa
from autocode.agreement.counts import Decisions, pair_counts
from autocode.agreement.estimate import AgreementOptions
from autocode.agreement.intervals import Evidence, bootstrap, fisher, jackknife, joint_share, partial_pooling
from autocode.agreement.judgement import ON_PAR, Comparison, chances_of, judge
from autocode.agreement.judgement.corrected import (
    Checked,
    difference_estimator,
    human_share,
    post_stratified,
    ppi_mean,
    ppi_plus_mean,
)
from autocode.agreement.rows import Verdict
from autocode.agreement.summary import summary
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


CLASSES = (("0", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3+", 3, 10**9))
GRID = ((8, 12, 20, 40), (0.01, 0.02, 0.05, 0.1, 0.2, 0.3), (0.0, 0.2, 0.4, 0.6, 0.8, 0.9), (1.0, 1.6))


def coverage(runs: int = 250) -> None:
    """Share of 95 % intervals that hold the true kappa, by units that both coders coded, where one is printed."""
    say(f"coverage of the 95 % interval of kappa by class of joint uses ({runs} runs of each of 288 settings: 8 to 40")
    say("  documents of 40 units, prevalence .01 to .3, kappa 0 to .9, the second coder as free with the code or 1.6 times)")
    say(f"  {'documents differ':<18}{'both':>5}{'printed':>9}{'coverage':>10}{'width':>7}{'jackknife':>11}{'width':>7}")
    for differ, spread in (("as interviews do", SPREAD), ("not at all", 0.0), ("strongly", 1.2)):
        tally = {name: np.zeros(5) for name, *_ in CLASSES}
        rng = np.random.default_rng(0)
        for G, prevalence, kappa, freedom in product(*GRID):
            counts, truth = two_coders(rng, (G, runs), (prevalence, kappa, freedom), spread)
            uses = counts[..., :3].sum(-1)
            found = Evidence(G, uses.sum(0), (uses > 0).sum(0).astype(float))
            joint = joint_share(counts[:, None], lambda tables: cohen_kappa(tables[0]), found.uses)
            with np.errstate(all="ignore"):
                left_out = fisher(jackknife(counts, cohen_kappa))
            printed = np.array([not found.against_interval(r) for r in range(runs)]) & np.isfinite(joint.low)
            both = counts[..., 0].sum(0)
            for name, least, most in CLASSES:
                kept = printed & (both >= least) & (both <= most)
                for at, (low, high) in ((1, (joint.low, joint.high)), (3, left_out)):
                    tally[name][at] += ((low <= truth + 1e-12) & (truth <= high + 1e-12))[kept].sum()
                    tally[name][at + 1] += np.nan_to_num(high - low)[kept].sum()
                tally[name][0] += kept.sum()
        for name, (n, held, width, before, wide) in tally.items():
            shares = f"{held / n:>10.1%}{width / n:>7.2f}{before / n:>11.1%}{wide / n:>7.2f}"
            say(f"  {differ:<18}{name:>5}{n:>9,.0f}{shares}")
    say("")


def two_coders(
    rng: np.random.Generator,
    shape: tuple[int, int],
    setting: tuple[float, float, float],
    spread: float,
    large: int = 400_000,
) -> tuple[Array, float]:
    """(G, runs, 4) tables of simulated documents, and the kappa of a study without end.

    Args:
        rng: Source of chance.
        shape: Documents G and runs.
        setting: Prevalence, kappa and the second coder's freedom with the code, of a typical document.
        spread: Standard deviation between documents, in log-odds, of prevalence and of kappa.
        large: Documents that stand for a study without end.
    """
    prevalence, kappa, freedom = setting

    def cells(u: Array, v: Array) -> Array:
        """Probabilities of both, first only, second only and neither in documents with these deviations."""
        first = expit(logit(prevalence) + spread * u)
        second = np.minimum(0.95, freedom * first)
        alike = expit(logit(kappa) + spread * v) if kappa else np.zeros_like(v)
        both = first * second + alike * (np.minimum(first, second) - first * second)
        return np.stack([both, first - both, second - both, 1 - first - second + both], axis=-1).clip(0, 1)

    many = np.random.default_rng(1)
    truth = float(cohen_kappa(cells(many.normal(size=large), many.normal(size=large)).mean(0)))
    p = cells(rng.normal(size=shape), rng.normal(size=shape))
    return rng.multinomial(UNITS, p / p.sum(-1, keepdims=True)).astype(np.float64), truth


def hopeless(runs: int = 300) -> None:
    """How often a machine that never codes, always codes or codes at random gets a favourable verdict."""
    say(f"favourable verdicts ('supported' or 'on par') for machines without sense ({runs} runs of each setting:")
    say("  8 to 40 documents of 40 units, prevalence .02 to .3; at most 1 % of the codes assessed)")
    say(f"  {'machine':<10}{'humans kappa':>13}{'codes':>8}{'assessed':>10}{'favourable':>12}{'most in a setting':>19}")
    for machine, (low, high) in product(("never", "always", "random"), ((0.0, 0.25), (0.25, 0.5), (0.5, 0.95))):
        done, judged, good, most = 0, 0, 0, 0.0
        rng = np.random.default_rng(3)
        for G, prevalence, kappa in product((8, 12, 20, 40), (0.02, 0.05, 0.1, 0.3), np.linspace(low, high, 4)):
            humans, _ = two_coders(rng, (G, runs), (prevalence, float(kappa), 1.0), SPREAD)
            labels = [v.label for v in judged_with(rng, humans, machine)]
            assessed, favourable = sum(x != "not_assessable" for x in labels), sum(x in ON_PAR for x in labels)
            done, judged, good = done + len(labels), judged + assessed, good + favourable
            most = max(most, favourable / len(labels))
        say(
            f"  {machine:<10}{f'{low} to {high}':>13}{done:>8,}{judged / done:>10.0%}"
            f"{good / max(1, judged):>12.2%}{most:>19.1%}"
        )
    say("")


def judged_with(rng: np.random.Generator, humans: Array, machine: str) -> list[Verdict]:
    """Verdicts on a machine that codes regardless of what (G, runs, 4) tables of two humans hold."""
    prevalence = float((humans[..., 0] + (humans[..., 1] + humans[..., 2]) / 2).sum() / humans.sum())
    rate = {"never": 0.0, "always": 1.0, "random": prevalence}[machine]
    hits = rng.binomial(humans.astype(np.int64), rate).astype(np.float64)  # where the machine gives the code
    a, b, c, d = (hits[..., i] for i in range(4))
    beside = [
        np.stack([x, y, z, w], -1)
        for x, y, z, w in (
            (a + b, humans[..., 0] + humans[..., 1] - a - b, c + d, humans[..., 2] + humans[..., 3] - c - d),
            (a + c, humans[..., 0] + humans[..., 2] - a - c, b + d, humans[..., 1] + humans[..., 3] - b - d),
        )
    ]
    uses = humans[..., :3].sum(-1)
    places = Evidence(len(humans), uses.sum(0), (uses > 0).sum(0).astype(float))
    compared = Comparison("machine", ("a", "b"), humans[:, None], np.stack(beside, axis=1), places)
    return judge(compared, [str(r) for r in range(1, humans.shape[1])], AgreementOptions(machines=("machine",)))


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
            labels, _ = simulate_verdicts(machine, (G, runs), prevalence)
            judged = [x for x in labels if x != "not_assessable"]
            par = sum(x in ON_PAR for x in judged) / max(1, len(judged))
            supported = sum(x == "supported" for x in judged) / max(1, len(judged))
            share = len(judged) / runs
            say(f"  {name:<22}{G:>10}{prevalence:>11}{share:>11.0%}{par:>8.1%}{supported:>10.1%}")
    say("")


def simulate_verdicts(
    machine: tuple[float, float], shape: tuple[int, int], prevalence: float
) -> tuple[list[str], NDArray[np.float64]]:
    """Labels of simulated studies with two humans and a machine, and how often both humans gave the code in each."""
    coders = ((0.9, 0.008), (0.9, 0.008), machine)
    joint = joint_counts(np.random.default_rng(3), shape, prevalence, coders)
    tables = [pair_table(joint, i, j, 3) for i, j in PAIRS]
    uses = tables[0][..., :3].sum(-1)
    places = Evidence(shape[0], uses.sum(0), (uses > 0).sum(0).astype(float))
    compared = Comparison("machine", ("a", "b"), tables[0][:, None], np.stack(tables[1:], axis=1), places)
    codes = [str(r) for r in range(1, shape[1])]
    labels = [v.label for v in judge(compared, codes, AgreementOptions(machines=("machine",)))]
    return labels, tables[0][..., 0].sum(0)


def told(studies: int = 60) -> None:
    """The verdict's error rates as single studies foretell them, beside how often it is so in studies of that kind."""
    say(f"error rates beside the pooled verdict: told by each of {studies} studies (median, quartiles), and met in 1,000")
    say(f"  {'documents':>9}{'prevalence':>12}{'machine':>20}{'told':>7}{'quartiles':>16}{'met':>7}")
    for prevalence, G in product((0.2, 0.05), (10, 20, 40)):
        humans = ((0.9, 0.008), (0.9, 0.008))
        joint = joint_counts(np.random.default_rng(8), (G, studies), prevalence, (*humans, (0.9, 0.008)))
        between = pair_table(joint, 0, 1, 3)
        sides = [pair_table(joint, i, 2, 3) for i in (0, 1)]
        found = []
        for s in range(studies):
            uses = between[:, s, :3].sum(-1)[:, None]
            places = Evidence(G, uses.sum(0), (uses > 0).sum(0).astype(float))
            one = Comparison("machine", ("a", "b"), between[:, None, [s]], np.stack(sides, 1)[:, :, [s]], places)
            pooled = judge(one, [], AgreementOptions(machines=("machine",), studies=200))[0]
            chances = chances_of(one, pooled, AgreementOptions(machines=("machine",), studies=200))
            found += [(chances.par_if_worse, chances.par_if_equal)] if chances else []
        for at, (name, machine) in enumerate((("at the margin", at_margin(prevalence)), ("like a human", (0.9, 0.008)))):
            labels, _ = simulate_verdicts(machine, (G, 1000), prevalence)
            met = np.mean([x in ON_PAR for x in labels if x != "not_assessable"])
            low, middle, high = np.quantile([pair[at] for pair in found], (0.25, 0.5, 0.75))
            say(f"  {G:>9}{prevalence:>12}{name:>20}{middle:>7.0%}{f'{low:.0%} to {high:.0%}':>16}{met:>7.0%}")
    say("")


def pooling(studies: int = 300) -> None:
    """Partial pooling over codes beside each code's own kappa: coverage, and root mean squared error."""
    say(f"partial pooling: {studies} codebooks of 10 to 50 codes, 10 to 40 documents of 40 units, prevalence around .008,")
    say("  kappa around .2 to .6, differing between codes by 0, .5 or 1 in log-odds")
    say(f"  {'uses':<8}{'codes':>8}{'coverage':>10}{'width':>7}{'error':>8}{'own kappa, error':>18}")
    rng, tally = np.random.default_rng(0), {name: np.zeros(5) for name in ("1-3", "4-9", "10+")}
    for _ in range(studies):
        K, G, middle = int(rng.choice([10, 25, 50])), int(rng.choice([10, 20, 40])), float(rng.choice([0.2, 0.4, 0.6]))
        apart = float(rng.choice([0.0, 0.5, 1.0]))
        prevalence = np.exp(rng.normal(np.log(0.008), 1.0, K)).clip(0.0005, 0.3)
        kappa = expit(logit(middle) + apart * rng.standard_normal(K))
        each = [
            two_coders(rng, (G, 1), (float(p), float(k), 1.0), SPREAD, 20_000) for p, k in zip(prevalence, kappa, strict=True)
        ]
        counts, truth = np.concatenate([c for c, _ in each], axis=1), np.array([t for _, t in each])
        uses, own = counts[..., :3].sum((0, 2)), cohen_kappa(counts.sum(0))
        value, low, high = partial_pooling(counts[:, None], lambda tables: cohen_kappa(tables[0]), uses)
        for name, least, most in (("1-3", 1, 3), ("4-9", 4, 9), ("10+", 10, 10**9)):
            kept = (uses >= least) & (uses <= most) & np.isfinite(value)
            inside = ((low <= truth) & (truth <= high))[kept].sum()
            errors = ((value - truth) ** 2)[kept].sum(), ((own - truth) ** 2)[kept].sum()
            tally[name] += (kept.sum(), inside, (high - low)[kept].sum(), *errors)
    for name, (n, inside, width, error, alone) in tally.items():
        say(f"  {name:<8}{n:>8,.0f}{inside / n:>10.1%}{width / n:>7.2f}{(error / n) ** 0.5:>8.3f}{(alone / n) ** 0.5:>18.3f}")
    say("")


def large() -> None:
    """Time and peak memory of `agree` and the summary on 20,000 and 200,000 segments x 60 codes x 2 coders."""
    say("large studies: 60 codes, 2 coders, 100 segments a document; library only, without reading files")
    for n in (20_000, 200_000):
        rng = np.random.default_rng(0)
        truth = rng.random((n, 60), dtype=np.float32) < rng.uniform(0.001, 0.015, 60).astype(np.float32)
        draws = (rng.random((2, *truth.shape), dtype=np.float32) for _ in range(2))
        Y = (truth & (next(draws) < 0.8)) | (next(draws) < 0.001)
        start, cpu = time.perf_counter(), time.process_time()
        data = Decisions.of(Y, np.arange(n) // 100)
        report = agree_on(data)
        summary(data)
        spent = f"{time.process_time() - cpu:.1f} s of processor, {time.perf_counter() - start:.1f} s by the clock"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
        say(
            f"  {n:>7,} segments: {spent}, {peak:,.0f} MB at most; pooled kappa {report.overall('human-human').kappa.value:.3f}"
        )
    say("")


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
    off = "".join(f"{np.mean([np.concatenate([d.f, d.rest]).mean() for d in drawn[s]]) - s[0]:>+14.3f}" for s in settings)
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
    "hopeless": hopeless,
    "told": told,
    "pooling": pooling,
    "large": large,
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
