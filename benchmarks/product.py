"""The product as a system of the benchmark, by its public interface alone, features made as it makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from nested import Answer, Clock
from numpy.typing import NDArray
from sets import Corpus, Split

from autocode.classify import Features, Held, Target, better, cross_predict, fit, held, nested_scores
from autocode.config import Config
from autocode.encode import PLUS, Encoder, load_encoder
from autocode.model import prepare, rows_of, target


def settings(effort: str, more: Sequence[str] = ()) -> Config:
    """The product's defaults with an effort level, and the further encoders that `full` tries."""
    config, changed = Config(), {"effort": effort}
    classify = replace(config.classify, **cast(Any, changed))
    return replace(config, classify=classify, encode=replace(config.encode, more=tuple(more)))


def encoder(config: Config, cache: Path | None, more: Sequence[str] = ()) -> Encoder:
    """The encoder of these settings, alone or with others beside it; vectors kept in `cache`, or where the product does."""
    names = PLUS.join([config.encode.model, *more])
    return load_encoder(names, cache, threads=1, precision=config.encode.precision)


def material(corpus: Corpus, cache: Path, more: Sequence[str] = ()) -> tuple[Features, Target]:
    """Features and target of the corpus, as `evaluate` makes them."""
    loaded = encoder(corpus.config, cache, more)
    rows = rows_of(prepare(corpus.study.documents, corpus.config, loaded), corpus.matrix)
    return rows.features, target(corpus.matrix, corpus.study.codebook, loaded)


def _held(corpus: Corpus, seen: tuple[Features, Target], cache: Path) -> Held:
    """Every document judged unseen; with the effort `full` by the way that the other folds speak for."""
    config = corpus.config
    if config.classify.effort == "quick" or not config.encode.more:
        return cross_predict(*seen, config.classify)
    ways = [nested_scores(*way, config.classify) for way in (seen, material(corpus, cache, config.encode.more))]
    return held(better(*ways, seen[1], config.classify), seen[1], config.classify)


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
        found = train.run(partial(_held, corpus, (features, taught), cache))
        if any(set(np.flatnonzero(found.fold == found.fold[p.out[0]])) != set(p.out) for p in parts):
            raise RuntimeError("the product's folds differ from those of the other systems: mend sets.product_folds")
        P, bands, coded = found.P, found.bands, found.coded
    times = {"train": train, "suggest": suggest}
    shares = {"train": len(parts), "suggest": 1 if folds else len(parts)}
    seconds = {f"{n}_s": c.wall / shares[n] for n, c in times.items()}
    seconds |= {f"{n}_cpu": c.cpu / shares[n] for n, c in times.items()}
    return Answer(P, coded.astype(float), {}, (), seconds), bands
