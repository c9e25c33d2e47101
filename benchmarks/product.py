"""The product as a system of the benchmark, by its public interface alone, features made as it makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from nested import Answer, Clock
from numpy.typing import NDArray
from sets import Corpus, Split

from autocode.classify import ClassifyConfig, Features, Target, cross_predict, fit
from autocode.config import Config
from autocode.encode import Encoder, load_encoder
from autocode.model import prepare, rows_of, target


def settings(effort: str) -> Config:
    """The product's defaults with an effort level, where this version knows levels.

    Raises:
        ValueError: It does not know them, and another than `quick` is asked for.
    """
    config = Config()
    if "effort" in {f.name for f in fields(ClassifyConfig)}:
        changed: Any = {"effort": effort}
        return replace(config, classify=replace(config.classify, **changed))
    if effort != "quick":
        raise ValueError(f"this version of autocode knows no effort '{effort}'")
    return config


def encoder(config: Config, cache: Path | None) -> Encoder:
    """The encoder of these settings, its vectors kept in `cache`; None: where the product keeps them."""
    return load_encoder(config.encode.model, cache, threads=1, precision=config.encode.precision)


def material(corpus: Corpus, cache: Path) -> tuple[Features, Target]:
    """Features and target of the corpus, as `evaluate` makes them."""
    loaded = encoder(corpus.config, cache)
    rows = rows_of(prepare(corpus.study.documents, corpus.config, loaded), corpus.matrix)
    return rows.features, target(corpus.matrix, corpus.study.codebook, loaded)


def judge(corpus: Corpus, parts: Sequence[Split], cache: Path) -> tuple[Answer, NDArray[np.int8]]:
    """Judge the `out` rows of each part, as a coder; also the bands (n, K): 2 suggest, 1 ask, 0 silent.

    The product's folds go through `cross_predict`; a fixed test, or a draw of a learning curve, through `fit`.

    Raises:
        RuntimeError: The product parts documents otherwise than the other systems are parted.
    """
    features, taught = material(corpus, cache)
    train, suggest = Clock(), Clock()
    P, bands = np.zeros(taught.Y.shape), np.zeros(taught.Y.shape, dtype=np.int8)
    coded = np.zeros(taught.Y.shape, dtype=bool)
    folds = len(parts) > 1 and all(len(p.known) + len(p.out) == len(P) for p in parts)
    for part in parts[:1] if folds else parts:
        clock = Clock() if folds else train
        model = clock.run(partial(fit, features.take(part.known), taught.take(part.known), corpus.config.classify))
        P[part.out] = suggest.run(partial(model.predict_proba, features.take(part.out)))
        bands[part.out] = suggest.run(partial(model.bands, P[part.out]))
        coded[part.out] = model.coded(P[part.out])
    if folds:
        held = train.run(partial(cross_predict, features, taught, corpus.config.classify))
        if any(set(np.flatnonzero(held.fold == held.fold[p.out[0]])) != set(p.out) for p in parts):
            raise RuntimeError("the product's folds differ from those of the other systems: mend sets.product_folds")
        P, bands, coded = held.P, held.bands, held.coded
    times = {"train": train, "suggest": suggest}
    shares = {"train": len(parts), "suggest": 1 if folds else len(parts)}
    seconds = {f"{n}_s": c.wall / shares[n] for n, c in times.items()}
    seconds |= {f"{n}_cpu": c.cpu / shares[n] for n, c in times.items()}
    return Answer(P, coded.astype(float), {}, (), seconds), bands
