"""What scikit-learn would do instead of our own hashing, heads, folds and calibration: processor seconds on one thread.

Run: `OMP_NUM_THREADS=1 python benchmarks/estimators.py TABLE`, say with `opp115/codings.csv.gz`. Vectors are random projections
of hashed words, so no encoder is needed: the comparison is of learners on the same numbers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold

from autocode.classify import folds_of
from autocode.classify.calibration import calibrate
from autocode.classify.heads import train
from autocode.classify.material import Features, Target, hashed
from autocode.config import ClassifyConfig, Config
from autocode.formats import read_all
from autocode.formats.receipt import ReadOptions
from autocode.model.prepared import learnable
from autocode.study.matrix import CodingMatrix

WIDTH = 65536


def spent(work: Callable[[], Any]) -> tuple[Any, float]:
    """A result and the processor seconds that it took."""
    start = time.process_time()
    return work(), time.process_time() - start


def material(table: Path, most: int) -> tuple[list[str], CodingMatrix]:
    """Texts and codings of the first units of a table."""
    study = read_all([table], ReadOptions(add_codes=True))[0]
    matrix = learnable(study, Config(), study.choose(None))
    matrix = matrix.select(np.arange(len(matrix.segments)) < most)
    return [study.by_id[s.document].text_of(s) for s in matrix.segments], matrix


def calibrated(X: Any, Y: Any, matrix: CodingMatrix) -> None:
    """Print the log loss of three calibrations learnt on a few documents and judged on others (mean over ten draws)."""
    config, K, theirs = ClassifyConfig(), Y.shape[1], (Y > 0.5).astype(np.float32)
    target = Target(theirs, matrix.groups, np.zeros((K, X.shape[1]), np.float32), np.full(K, -1))
    folds, S = folds_of(Features(X), target, config), np.zeros((1, len(X), K), np.float32)
    for fold in range(config.folds):
        known, out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        S[0, out] = train(Features(X), target, known, config).dense.score(X[out])
    documents = np.unique(matrix.groups)

    def alone(learn: Callable[[Any, Any], Any], known: Any, out: Any) -> Any:
        P = np.zeros((len(out), K))
        for k in range(K):
            y = theirs[known, k]
            P[:, k] = learn(S[0, known, k], y)(S[0, out, k]) if 0 < y.sum() < len(y) else (y.sum() + 1) / (len(y) + 2)
        return P

    def platt(s: Any, y: Any) -> Any:
        model = LogisticRegression(C=1e6, max_iter=1000).fit(s[:, None], y)
        return lambda new: model.predict_proba(new[:, None])[:, 1]

    def isotonic(s: Any, y: Any) -> Any:
        return IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1).fit(s, y).predict

    for many in sorted({5, 20, len(documents) // 2} & set(range(3, len(documents) // 2 + 1))):
        losses = []
        for seed in range(10):
            drawn = np.random.default_rng(seed).permutation(documents)
            known = np.flatnonzero(np.isin(matrix.groups, drawn[:many]))
            out = np.flatnonzero(np.isin(matrix.groups, drawn[len(documents) // 2 :]))
            ours = calibrate(S[:, known], theirs[known], config)
            ways = [expit(ours[:, 0] + S[0, out] * ours[:, 1]), *(alone(way, known, out) for way in (platt, isotonic))]
            losses.append([-np.log(np.clip(np.where(theirs[out] > 0, P, 1 - P), 1e-3, 1)).mean() for P in ways])
        told = ", ".join(
            f"{name} {x:.4f}" for name, x in zip(("ours", "Platt", "isotonic"), np.mean(losses, axis=0), strict=True)
        )
        print(f"log loss after calibration on {many} documents: {told}")


def main() -> None:
    """Print both ways side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--most", type=int, default=3000)
    options = parser.parse_args()
    texts, matrix = material(options.table, options.most)
    T, ours = spent(lambda: hashed(texts, WIDTH))
    half = {"n_features": WIDTH // 2, "alternate_sign": False, "norm": "l2"}
    kinds: list[dict[str, Any]] = [{"ngram_range": (1, 2)}, {"analyzer": "char_wb", "ngram_range": (3, 5)}]
    _, theirs = spent(lambda: sparse.hstack([HashingVectorizer(**half, **kind).transform(texts) for kind in kinds]))
    print(f"hashing {len(texts)} texts: ours {ours:.2f} s, HashingVectorizer {theirs:.2f} s ({theirs / ours:.1f} times)")
    rng = np.random.default_rng(0)
    X = np.asarray(T @ rng.normal(size=(WIDTH, 384)), dtype=np.float32)
    X /= np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9)
    Y = np.nan_to_num(matrix.share).astype(np.float32)
    K = Y.shape[1]
    known, out = next(GroupKFold(5).split(X, groups=matrix.groups))
    target = Target(Y, matrix.groups, np.zeros((K, 384), np.float32), np.full(K, -1))
    heads, ours = spent(lambda: train(Features(X), target, known, ClassifyConfig()))
    live = [k for k in range(K) if 0 < (Y[known, k] > 0.5).sum() < len(known)]

    def loop() -> Any:
        models = [LogisticRegression(C=10.0, class_weight="balanced", max_iter=200) for _ in live]
        return [m.fit(X[known], Y[known, k] > 0.5) for m, k in zip(models, live, strict=True)]

    models, theirs = spent(loop)
    print(f"{len(live)} codes on {len(known)} rows: ours {ours:.2f} s, a loop of LogisticRegression {theirs:.2f} s", end=" ")
    print(f"({theirs / ours:.1f} times)")
    judged = [(i, k) for i, k in enumerate(live) if (Y[out, k] > 0.5).any()]
    mine = np.mean([average_precision_score(Y[out, k] > 0.5, heads.dense.score(X[out])[:, k]) for _, k in judged])
    other = np.mean([average_precision_score(Y[out, k] > 0.5, models[i].decision_function(X[out])) for i, k in judged])
    print(f"mean average precision on the first fold: ours {mine:.3f}, theirs {other:.3f}")
    calibrated(X, Y, matrix)


if __name__ == "__main__":
    main()
