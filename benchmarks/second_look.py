"""The second look on planted truth: slips, false alarms, the sampler of double coding, and findings that do not stand.

    python benchmarks/second_look.py [--corpora FOLDER] [--sets bundled,mlss,annomi,opp115] [--draws 3]

Slips are planted before the machine learns: 3 % of one coder's codings are dropped and as many added anywhere, and
every document is judged anew without having been seen. Nothing here was used to choose a setting but the bundled
study, on which the order of the list was found.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import sets

from autocode.agreement.coefficients import cohen_kappa
from autocode.agreement.counts import decisions, pair_counts
from autocode.agreement.judgement.plan import drawn, expected_spread, inclusion, progressed, second_chances
from autocode.config import Config
from autocode.evaluate import HeldOut
from autocode.evaluate.second_look import LIST, SLIP_RATE, second_look
from autocode.evaluate.stability import CODER, FEW, STANDS, stability
from autocode.model import CodingModel
from autocode.model.prepared import judged
from autocode.study.matrix import CodingMatrix

SIMULATED = 100  # studies for the false alarms, and for the findings
SAMPLED = 200  # draws of the sampler for each size


def held_of(corpus: sets.Corpus, model: CodingModel, Y: np.ndarray | None = None) -> HeldOut:
    """Held-out predictions of a set, of its codings as they are or as planted."""
    matrix = corpus.matrix if Y is None else replace(corpus.matrix, Y=Y)
    return HeldOut(matrix, judged(corpus.study, matrix, (model.config, model.encoder)), dict(corpus.study.by_id))


def planted(matrix: CodingMatrix, row: int, rng: np.random.Generator) -> tuple[np.ndarray, set[tuple[int, int]]]:
    """The codings with slips of one coder, and where they are."""
    seen = matrix.seen[row][:, None]
    given, left = np.argwhere(matrix.Y[row] & seen), np.argwhere(~matrix.Y[row] & seen)
    many = max(1, round(SLIP_RATE * len(given)))
    dropped, added = given[rng.choice(len(given), many, False)], left[rng.choice(len(left), many, False)]
    Y = matrix.Y.copy()
    Y[row, dropped[:, 0], dropped[:, 1]] = False
    Y[row, added[:, 0], added[:, 1]] = True
    return Y, {(int(u), int(k)) for u, k in [*dropped, *added]}


def slips(corpus: sets.Corpus, model: CodingModel, draws: int) -> Iterator[tuple[int, int, int, float]]:
    """For each draw: planted slips among the first 30, how many were listed, how many planted, expected by chance."""
    matrix = corpus.matrix
    place = {(s.document, s.id): u for u, s in enumerate(matrix.segments)}
    busiest = np.argsort(-matrix.Y.sum((1, 2)), kind="stable")
    for draw in range(draws):
        row = int(busiest[draw % min(2, len(busiest))])
        Y, where = planted(matrix, row, np.random.default_rng(draw))
        looks = second_look(replace(matrix, Y=Y), held_of(corpus, model, Y).held.P, [matrix.coders[row]]).coders[0].looks
        hits = sum((place[x.segment.document, x.segment.id], matrix.codes.index(x.code)) in where for x in looks)
        cells = matrix.seen[row].sum() * len(matrix.codes)
        yield hits, len(looks), len(where), LIST * len(where) / cells


def false_alarms() -> tuple[float, float, float]:
    """Simulated coders who decide by known chances: decisions that stand out, those told as chance, listed."""
    found = []
    for seed in range(SIMULATED):
        rng = np.random.default_rng(seed)
        P = np.clip(rng.beta(0.15, 4, (500, 12)), 1e-4, 1 - 1e-4)
        Y = rng.random((2, *P.shape)) < P
        held = simulated_study(P, Y)
        look = second_look(held.matrix, held.held.P, ["ana"]).coders[0]
        found.append((look.standing_out, look.by_chance, len(look.looks)))
    a, b, c = np.mean(found, axis=0)
    return float(a), float(b), float(c)


def simulated_study(P: np.ndarray, Y: np.ndarray, documents: int = 20, names: tuple[str, ...] = ()) -> HeldOut:
    """Held-out predictions P of a study with codings Y (R, n, K), laid out over 20 documents."""
    from autocode.classify import HeldOutPredictions
    from autocode.study import Segment

    n, K = P.shape
    groups = np.sort(np.arange(n) % documents)
    segments = tuple(Segment(f"D{g}", i, i + 1, str(i)) for i, g in enumerate(groups))
    matrix = CodingMatrix(
        segments,
        tuple(f"D{g}" for g in range(documents)),
        groups,
        names or tuple(f"code {k}" for k in range(K)),
        ("ana", "ben")[: len(Y)],
        Y,
        np.ones(Y.shape[:2], bool),
        np.zeros(len(Y), np.int64),
    )
    return HeldOut(matrix, HeldOutPredictions(P, np.zeros(P.shape, np.int8), np.full((1, K), 0.5), np.zeros(n, np.int64)), {})


def sampler(corpus: sets.Corpus, model: CodingModel) -> Iterator[tuple[float, str, float, float, int]]:
    """For each share read: how it was drawn, mean half-width, coverage of the kappa of all units, units read.

    The model has learnt from all coders but the second, who is still to begin.
    """
    m = corpus.matrix
    shared = [(int((m.seen[i] & m.seen[j]).sum()), i, j) for i in range(len(m.coders)) for j in range(i)]
    _, i, j = max(shared)
    rest = [r for r in range(len(m.coders)) if r != j]
    known = np.asarray(m.seen[rest].any(0))
    others = replace(m, Y=m.Y[rest], seen=m.seen[rest], coders=tuple(m.coders[r] for r in rest), outside=m.outside[rest])
    P_all = np.zeros((len(m.segments), len(m.codes)))
    P_all[known] = judged(corpus.study, others.select(known), (model.config, model.encoder)).P
    both = m.seen[i] & m.seen[j]
    data = decisions(replace(m, Y=m.Y[[i, j]], seen=m.seen[[i, j]], coders=(m.coders[i], m.coders[j]))).select(both)
    n, P = int(both.sum()), P_all[both]
    whole = float(cohen_kappa(pair_counts(data, 0, 1).sum((0, 1))))
    expected = expected_spread(second_chances(P, data.Y[0]), data.Y[0])
    for share in (0.2, 0.3, 0.4, 0.5):
        for way, chances in (("equal chances", np.full(n, share)), ("sampler", inclusion(expected, share * n))):
            expected_by = P if way == "sampler" else None
            rows = []
            for seed in range(SAMPLED):
                read = np.stack([data.seen[0], drawn(chances, seed)])
                said = progressed(replace(data, Y=data.Y & read[:, :, None], seen=read), (0, 1), chances, (0.1, 1), expected_by)
                if said.low is not None and said.high is not None:
                    rows.append(((said.high - said.low) / 2, said.low <= whole <= said.high, said.read))
            if rows:
                half, covered, units = np.mean(np.array(rows, float), axis=0)
                yield share, way, float(half), float(covered), round(float(units))


def findings() -> tuple[float, float, float]:
    """Planted findings named: of one coder, of one interview; and differences of pure chance that "stand"."""
    coder, interview, chance = [], [], []
    for seed in range(SIMULATED):
        rng = np.random.default_rng(seed)
        Y = np.repeat(rng.random((1, 800, 4)) < (0.10, 0.0, 0.05, 0.01), 2, 0)  # a, b under one theme; c, d under another
        Y[0, :, 1], Y[1, :, 1] = rng.random(800) < 0.15, rng.random(800) < 0.03  # b before a is true of one coder alone
        Y[:, 200:240, 3] = True  # d before c is true of one interview of 20
        names = ("S > a", "S > b", "T > c", "T > d")
        made = {
            f.text.split(" (")[0]: f for f in stability(simulated_study(np.zeros((800, 4)), Y, names=names).matrix).findings
        }
        coder.append(any({"a", "b"} <= set(text.split()) and f.verdict == CODER for text, f in made.items()))
        interview.append(any({"c", "d"} <= set(text.split()) and f.verdict == FEW for text, f in made.items()))
        same = np.repeat(rng.random((1, 400, 2)) < 0.1, 2, 0)
        chance.append(any(f.verdict == STANDS for f in stability(simulated_study(np.zeros((400, 2)), same).matrix).findings))
    return float(np.mean(coder)), float(np.mean(interview)), float(np.mean(chance))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--sets", default="bundled")
    parser.add_argument("--draws", type=int, default=3)
    given = parser.parse_args()
    model = CodingModel.from_config(Config())
    print("| set | coders | planted slips | listed | of them planted | by chance in 30 | seconds beyond evaluate |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    loaded = {}
    for name in given.sets.split(","):
        corpus = sets.load(name, given.corpora, Config())
        loaded[name] = corpus
        P = held_of(corpus, model).held.P
        started = time.monotonic()
        second_look(corpus.matrix, P)
        seconds = time.monotonic() - started
        hits, listed, many, chance = np.mean(list(slips(corpus, model, given.draws)), axis=0)
        print(
            f"| {name} | {len(corpus.matrix.coders)} | {many:.0f} | {listed:.1f} | {hits:.1f} | {chance:.2f} | {seconds:.1f} |",
            flush=True,
        )
    print("\n| set | share read | drawn with | half-width | covers kappa of all | units read |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, corpus in loaded.items():
        if len(corpus.matrix.coders) > 1:
            for share, way, half, covered, units in sampler(corpus, model):
                print(f"| {name} | {share:.0%} | {way} | {half:.3f} | {covered:.3f} | {units} |", flush=True)
    out, told, listed = false_alarms()
    print(
        f"\nWithout slips ({SIMULATED} simulated studies): {out:.1f} stand out, {told:.1f} told as chance, {listed:.1f} listed."
    )
    coder, interview, chance = findings()
    print(
        f"Planted findings named: of one coder {coder:.2f}, of one interview {interview:.2f}; chance that stands {chance:.2f}."
    )


if __name__ == "__main__":
    main()
