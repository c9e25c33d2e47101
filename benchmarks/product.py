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
from sets import Corpus, IntArray, Split

from autocode.classify import Classifier, HeldOutPredictions, cross_predict, fit, held, nested_scores, out_of_document
from autocode.classify.material import Features, Target
from autocode.classify.transfer import better, gain
from autocode.config import ClassifyConfig, Config
from autocode.encode.encoders import PLUS, load_encoder
from autocode.encode.weights import Encoder
from autocode.model.prepared import prepare, rows_of, target


def settings(effort: str, more: Sequence[str] = (), encoder: str = "default") -> Config:
    """The product's defaults with an effort level, an encoder, and the further encoders that `full` tries."""
    config, changed = Config(), {"effort": effort}
    classify = replace(config.classify, **cast(Any, changed))
    return replace(config, classify=classify, encode=replace(config.encode, model=encoder, more=tuple(more)))


def encoder(config: Config, cache: Path | None, more: Sequence[str] = ()) -> Encoder:
    """The encoder of these settings, alone or with others beside it; vectors kept in `cache`, or where the product does."""
    names = PLUS.join([config.encode.model, *more])
    return load_encoder(names, cache, threads=1, precision=config.encode.precision)


def material(corpus: Corpus, cache: Path, full: bool = False) -> tuple[Features, Target]:
    """Features and target of the corpus, as `evaluate` makes them; with all that the effort `full` adds."""
    config = corpus.config
    loaded = encoder(config, cache, config.encode.more if full else ())
    config = replace(config, encode=replace(config.encode, tuned=full))
    rows = rows_of(prepare(corpus.study.documents, config, loaded), corpus.matrix)
    return rows.features, target(corpus.matrix, corpus.study.codebook, loaded)


def _held(ways: Sequence[tuple[Features, Target]], config: ClassifyConfig) -> HeldOutPredictions:
    """Every document judged unseen; of two ways, by the one that the other folds speak for."""
    if len(ways) == 1:
        return cross_predict(*ways[0], config)
    scores = [nested_scores(*way, config) for way in ways]
    return held(better(*scores, ways[0][1], config), ways[0][1], config)


def _fitted(ways: Sequence[tuple[Features, Target]], known: IntArray, config: ClassifyConfig) -> tuple[int, Classifier]:
    """The way that documents held out of `known` speak for, and what it learns from `known`."""
    parts = [(features.take(known), target.take(known)) for features, target in ways]
    scores = [out_of_document(*part, config) for part in parts] if len(parts) > 1 else []
    place = int(bool(scores) and gain(scores[0], scores[1], parts[0][1], config).taken)
    return place, fit(*parts[place], config)


def judge(corpus: Corpus, parts: Sequence[Split], cache: Path) -> tuple[Answer, NDArray[np.int8]]:
    """Judge the `out` rows of each part, as a coder; also the bands (n, K): 2 suggest, 1 ask, 0 silent.

    The product's folds go through `cross_predict`; a fixed test, or a draw of a learning curve, through `fit`.

    Raises:
        RuntimeError: The product parts documents otherwise than the other systems are parted.
    """
    config = corpus.config.classify
    ways = [material(corpus, cache, full) for full in ((False, True) if config.effort == "full" else (False,))]
    taught = ways[0][1]
    train, suggest = Clock(), Clock()
    P, bands = np.zeros(taught.Y.shape), np.zeros(taught.Y.shape, dtype=np.int8)
    coded = np.zeros(taught.Y.shape, dtype=bool)
    folds = len(parts) > 1 and all(len(p.known) + len(p.out) == len(P) for p in parts)
    for part in parts[:1] if folds else parts:
        clock = Clock() if folds else train
        place, model = clock.run(partial(_fitted, ways[: 1 if folds else 2], part.known, config))
        P[part.out] = suggest.run(partial(model.predict_proba, ways[place][0].take(part.out)))
        bands[part.out] = suggest.run(partial(model.bands, P[part.out]))
        coded[part.out] = model.coded(P[part.out])
    if folds:
        found = train.run(partial(_held, ways, config))
        if any(set(np.flatnonzero(found.fold == found.fold[p.out[0]])) != set(p.out) for p in parts):
            raise RuntimeError("the product's folds differ from those of the other systems: mend sets.product_folds")
        P, bands, coded = found.P, found.bands, found.coded
    times = {"train": train, "suggest": suggest}
    shares = {"train": len(parts), "suggest": 1 if folds else len(parts)}
    seconds = {f"{n}_s": c.wall / shares[n] for n, c in times.items()}
    seconds |= {f"{n}_cpu": c.cpu / shares[n] for n, c in times.items()}
    return Answer(P, coded.astype(float), {}, (), seconds), bands
