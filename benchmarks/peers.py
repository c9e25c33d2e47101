"""What a researcher would use instead: every peer as a learner, from rows to a scorer of rows.

Settings were fixed before any figure was seen and are the same for every set: the package's documented
default, or where it has none, the setting that its own examples or the literature use. Packages that the
product does not need come with `uv pip install --group bench`; a peer whose package is absent is left out, and the
table says so.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from nested import Learner, Scorer
from numpy.typing import NDArray
from product import encoder
from sets import Corpus

from autocode.encode.encoders import each_layers

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Options:
    """Where vectors are kept, and how long SetFit may train."""

    cache: Path
    setfit_steps: int = 40


def labels(corpus: Corpus) -> FloatArray:
    """What peers learn, (n, K) 0/1: codes that half of the coders or more gave."""
    return np.asarray(corpus.Y >= 0.5, dtype=float)


def logistic(A: Any, Y: FloatArray) -> Callable[[Any], FloatArray]:
    """One balanced logistic regression per code (C=10); a code that is constant in Y scores zero."""
    from sklearn.linear_model import LogisticRegression

    learnt = {
        k: LogisticRegression(class_weight="balanced", C=10, solver="liblinear", random_state=0).fit(A, Y[:, k])
        for k in np.flatnonzero((Y.min(axis=0) == 0) & (Y.max(axis=0) == 1))
    }

    def score(B: Any) -> FloatArray:
        P = np.zeros((B.shape[0], Y.shape[1]))
        for k, model in learnt.items():
            P[:, k] = model.predict_proba(B)[:, 1]
        return P

    return score


def tfidf(corpus: Corpus, options: Options) -> Learner:
    """TF-IDF of words and pairs of words, sublinear, and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts, Y = [t[1] for t in corpus.texts], labels(corpus)

    def learn(known: IntArray) -> Scorer:
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        score = logistic(vectorizer.fit_transform([texts[i] for i in known]), Y[known])
        return lambda rows: score(vectorizer.transform([texts[i] for i in rows]))

    return learn


def minilm(corpus: Corpus, options: Options) -> Learner:
    """Frozen all-MiniLM-L6-v2 of the unit alone, and logistic regression."""
    return _dense(_vectors(corpus, options, 1), labels(corpus))


def minilm_turns(corpus: Corpus, options: Options) -> Learner:
    """The same with the vectors of the turn before (weight .7) and the turn after (.3) beside the unit's own."""
    parts = [w * _vectors(corpus, options, place) for place, w in ((1, 1.0), (0, 0.7), (2, 0.3))]
    return _dense(np.hstack(parts), labels(corpus))


def _vectors(corpus: Corpus, options: Options, place: int) -> FloatArray:
    """Unit vectors (n, d) of the turn before (0), the unit (1) or the turn after (2); zeros for none."""
    texts = [t[place] for t in corpus.texts]
    X = np.array(encoder(corpus.config, options.cache).encode(texts))
    X[[not text for text in texts]] = 0
    return X


def minilm_layers(corpus: Corpus, options: Options) -> Learner:
    """All layers of all-MiniLM-L6-v2 side by side, each centred and of one spread, and logistic regression."""
    (L,) = each_layers(encoder(corpus.config, options.cache), [t[1] for t in corpus.texts])
    A = L.astype(np.float64)
    A -= A.mean(axis=0)
    A /= np.sqrt(A.shape[1] * np.square(A).sum(axis=2).mean(axis=0))[:, None] + 1e-9
    return _dense(A.reshape(len(A), -1), labels(corpus))


def e5(corpus: Corpus, options: Options) -> Learner:
    """multilingual-e5-small of the unit alone, and logistic regression; it must be added to the folder of vectors."""
    config = replace(corpus.config, encode=replace(corpus.config.encode, model="multilingual"))
    return _dense(np.array(encoder(config, options.cache).encode([t[1] for t in corpus.texts])), labels(corpus))


def svm_turn(corpus: Corpus, options: Options) -> Learner:
    """TF-IDF of the unit and of the turn before it, side by side, and balanced linear support vector machines (C=1)."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    columns, Y = [[t[place] for t in corpus.texts] for place in (1, 0)], labels(corpus)

    def learn(known: IntArray) -> Scorer:
        used = [c for c in columns if any(re.search(r"\w\w", c[i]) for i in known)]
        made = [TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit([c[i] for i in known]) for c in used]

        def seen(rows: IntArray) -> Any:
            return hstack([v.transform([c[i] for i in rows]) for v, c in zip(made, used, strict=True)]).tocsr()

        A = seen(known)
        learnt = {
            k: LinearSVC(class_weight="balanced", random_state=0).fit(A, Y[known, k])
            for k in np.flatnonzero((Y[known].min(axis=0) == 0) & (Y[known].max(axis=0) == 1))
        }

        def score(rows: IntArray) -> FloatArray:
            B, P = seen(rows), np.zeros((len(rows), Y.shape[1]))
            for k, model in learnt.items():
                P[:, k] = 1 / (1 + np.exp(-model.decision_function(B)))
            return P

        return score

    return learn


def wordllama(corpus: Corpus, options: Options) -> Learner:
    """wordllama's packaged static vectors (256), unit norm, and logistic regression."""
    import wordllama as package

    # The package looks for its tokenizer under another name than it ships it, unless told where it is.
    model = package.WordLlama.load(cache_dir=Path(package.__file__).parent, disable_download=True)
    X = np.asarray(model.embed([t[1] or " " for t in corpus.texts], norm=True), dtype=np.float64)
    return _dense(np.nan_to_num(X), labels(corpus))


def _dense(X: FloatArray, Y: FloatArray) -> Learner:
    def learn(known: IntArray) -> Scorer:
        score = logistic(X[known], Y[known])
        return lambda rows: score(X[rows])

    return learn


def iqual(corpus: Corpus, options: Options) -> Learner:
    """iQual's documented default, one model a code: TF-IDF of question and of answer, logistic regression.

    The question is the turn before. Its threshold layer, which fits on the training rows themselves, is left
    out: thresholds come from held-out documents as for all peers.
    """
    import pandas as pd
    from iqual import iqualnlp
    from iqual.estimation import Classifier
    from iqual.vectorizers import Vectorizer

    # scikit-learn 1.8 and later ask a pipeline's last step whether it is fitted; iQual 0.1.3 cannot say.
    Vectorizer.__sklearn_is_fitted__ = Classifier.__sklearn_is_fitted__ = lambda self: True

    frame = pd.DataFrame([(before, own) for before, own, _ in corpus.texts], columns=["question", "answer"])
    question, Y = "question" if frame["question"].str.contains(r"\w\w").any() else None, labels(corpus)

    def one(known: IntArray, k: int) -> Any:
        asked = question if frame["question"].iloc[known].str.contains(r"\w\w").any() else None
        model = iqualnlp.Model(diagram=False)
        model.add_text_features(asked, "answer")
        model.add_classifier()
        model.compile()
        return model.fit(frame.iloc[known], Y[known, k].astype(int))

    def learn(known: IntArray) -> Scorer:
        usable = [k for k in range(Y.shape[1]) if 0 < Y[known, k].sum() < len(known)]
        learnt = {k: one(known, k) for k in usable}

        def score(rows: IntArray) -> FloatArray:
            P = np.zeros((len(rows), Y.shape[1]))
            for k, model in learnt.items():
                P[:, k] = model.predict_proba(frame.iloc[rows])
            return P

        return score

    return learn


SPACY_SEEN = 10000


def spacy(corpus: Corpus, options: Options) -> Learner:
    """spaCy's `textcat_multilabel`, TextCatBOW.v3 with pairs of words, on a blank pipeline.

    Batches of 16; as many passes over the training units as make 10,000 units seen, 3 to 30; 65,536 buckets of
    hashed words (the default is 262,144, four times as slow). Calibrated and cut on one inner fold.
    """
    import spacy as package
    from spacy.training import Example
    from spacy.util import fix_random_seed

    blank = package.blank("en")
    docs, Y = [blank.make_doc(t[1]) for t in corpus.texts], labels(corpus)
    names = [str(k) for k in range(Y.shape[1])]
    architecture = {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": False, "ngram_size": 2, "length": 65536}

    def learn(known: IntArray) -> Scorer:
        fix_random_seed(0)
        nlp = package.blank("en", vocab=blank.vocab)
        textcat = nlp.add_pipe("textcat_multilabel", config={"model": {**architecture, "no_output_layer": False}})
        for name in names:
            textcat.add_label(name)
        cats = [dict(zip(names, y, strict=True)) for y in Y[known].tolist()]
        examples = [Example.from_dict(docs[i].copy(), {"cats": c}) for i, c in zip(known, cats, strict=True)]
        optimizer = nlp.initialize(lambda: examples)
        mixer = random.Random(0)
        for _ in range(int(np.clip(SPACY_SEEN // len(examples), 3, 30))):
            mixer.shuffle(examples)
            for start in range(0, len(examples), 16):
                nlp.update(examples[start : start + 16], sgd=optimizer)
        return lambda rows: np.asarray(textcat.predict([docs[i] for i in rows]), dtype=np.float64)

    return learn


def setfit(corpus: Corpus, options: Options) -> Learner:
    """SetFit, one-vs-rest, from all-MiniLM-L6-v2: contrastive steps on coded units, then its head on all units.

    Steps as `--setfit-steps` says, 16 pairs each, in bfloat16 (half the time), the package's defaults
    otherwise; units without any code make no pairs. Calibrated and cut on one inner fold.
    """
    import torch
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    from autocode.encode.weights import find_default

    os.environ["HF_HUB_OFFLINE"] = "1"
    torch.set_num_threads(1)
    texts, Y = [t[1] or " " for t in corpus.texts], labels(corpus).astype(int)

    def learn(known: IntArray) -> Scorer:
        used = np.flatnonzero((Y[known].min(axis=0) == 0) & (Y[known].max(axis=0) == 1))
        coded = [i for i in known if Y[i, used].any()]
        model = SetFitModel.from_pretrained(str(find_default()), multi_target_strategy="one-vs-rest", device="cpu")
        arguments = TrainingArguments(
            max_steps=options.setfit_steps,
            batch_size=16,
            seed=0,
            save_strategy="no",
            report_to="none",
            output_dir=str(options.cache / "setfit"),
            show_progress_bar=False,
        )
        rows = Dataset.from_dict({"text": [texts[i] for i in coded], "label": Y[coded][:, used].tolist()})
        with torch.autocast("cpu", dtype=torch.bfloat16):
            Trainer(model=model, args=arguments, train_dataset=rows).train()
        model.model_head.fit(model.model_body.encode([texts[i] for i in known]), Y[known][:, used])

        def score(wanted: IntArray) -> FloatArray:
            P = np.zeros((len(wanted), Y.shape[1]))
            found = model.predict_proba([texts[i] for i in wanted], as_numpy=True)
            P[:, used] = np.asarray(found).reshape(len(wanted), len(used))
            return P

        return score

    return learn


def majority(corpus: Corpus, options: Options) -> Learner:
    """The floor: each unit gets each code's share of the training units; suggested where that is half or more."""
    Y = labels(corpus)
    return lambda known: lambda rows: np.tile(Y[known].mean(axis=0), (len(rows), 1))


PEERS: dict[str, Callable[[Corpus, Options], Learner]] = {
    "tfidf": tfidf,
    "minilm": minilm,
    "minilm_turns": minilm_turns,
    "minilm_layers": minilm_layers,
    "e5": e5,
    "svm_turn": svm_turn,
    "wordllama": wordllama,
    "iqual": iqual,
    "spacy": spacy,
    "setfit": setfit,
}
ONE_INNER_FOLD = ("setfit", "spacy")
