"""scikit-learn's door: estimators that pass its checks, and learn what CodingModel learns."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import autocode as ac
from autocode.classify import fit
from autocode.classify.material import Features, Target
from autocode.config import ClassifyConfig
from tests.fake_encoder import FakeEncoder

TALK = ("my shift takes all hours", "the badge is valued at work", "my family helps me", "tea and rain today")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["CodeClassifier", "TextEncoder"])
def test_the_estimators_pass_the_checks_of_scikit_learn(name: str) -> None:
    """What scikit-learn asks of an estimator holds, check by check."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(getattr(ac, name)(), on_skip=None, on_fail=None)
    assert not [f"{r['check_name']}: {r['exception']}" for r in results if r["status"] not in ("passed", "skipped")]
    assert any(r["status"] == "passed" for r in results)


def said(n: int = 60) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts of some documents, with up to two codes each."""
    rng = np.random.default_rng(0)
    parts = rng.random((n, 3)) < 0.4
    texts = [" ".join([TALK[3], *(TALK[k] for k in np.flatnonzero(row)), f"number {i}"]) for i, row in enumerate(parts)]
    return texts, parts.astype(int), np.arange(n) % 6


def test_texts_to_codes_in_a_pipeline_by_document() -> None:
    """Encoder and classifier make a pipeline that cross_val_predict judges by whole documents, several codes a text."""
    texts, Y, groups = said()
    pipeline = make_pipeline(ac.TextEncoder(FakeEncoder()), ac.CodeClassifier())
    P = cross_val_predict(pipeline, texts, Y, groups=groups, cv=GroupKFold(3), method="predict_proba")
    assert P.shape == Y.shape
    assert P[Y == 1].mean() > P[Y == 0].mean() + 0.3
    found = clone(pipeline).fit(texts, Y, codeclassifier__groups=groups).predict(texts)
    assert ((found == 1) == (Y == 1)).mean() > 0.9


def test_grid_search_sets_its_strength() -> None:
    """A grid over the classifier's settings runs, and finds its best by a metric of scikit-learn."""
    texts, Y, groups = said()
    X = ac.TextEncoder(FakeEncoder()).fit_transform(texts)
    search = GridSearchCV(ac.CodeClassifier(), {"strength": [1e-4, 10.0]}, scoring="f1_macro", cv=GroupKFold(3))
    assert search.fit(X, Y, groups=groups).best_params_["strength"] in (1e-4, 10.0)
    assert search.best_score_ > 0.6


def test_it_is_the_classifier_that_models_learn_with() -> None:
    """Its probabilities and thresholds are those of `classify.fit` on the same numbers."""
    texts, Y, groups = said()
    X = np.asarray(FakeEncoder().encode(texts), np.float64)
    ours = ac.CodeClassifier().fit(X, Y, groups)
    middle = X.mean(axis=0)
    unit = np.sqrt(np.square(X - middle).sum(axis=1).mean())
    numbers = Features(((X - middle) / unit).astype(np.float32))
    target = Target(Y.astype(np.float32), groups, np.zeros((3, X.shape[1]), np.float32), np.full(3, -1))
    theirs = fit(numbers, target, ClassifyConfig())
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(numbers), atol=1e-5)
    np.testing.assert_array_equal(ours.thresholds_, np.minimum(theirs.judge.thresholds, 1))
    np.testing.assert_array_equal(ours.predict(X), theirs.coded(theirs.predict_proba(numbers)))


def test_shares_of_coders_and_codes_without_evidence() -> None:
    """Half a coder is learnt as half, and a code given twice is never given by the machine."""
    texts, Y, groups = said()
    shares = Y.astype(float)
    shares[::2] /= 2
    shares[:, 2] = 0
    shares[:2, 2] = 1
    found = ac.CodeClassifier().fit(FakeEncoder().encode(texts), shares, groups)
    assert found.thresholds_[2] == 1
    assert not found.predict(FakeEncoder().encode(texts))[:, 2].any()


def test_codebook_entries_pull_a_code_that_is_hardly_coded() -> None:
    """With a prior, a code with few rows ranks what its codebook entry says first."""
    encoder = FakeEncoder()
    texts, Y, groups = said()
    Y[:, 0] = 0
    Y[[0, 7], 0] = 1
    X, entries = encoder.encode(texts), 10 * encoder.encode(list(TALK[:3]))
    entries[1:] = 0
    plain, drawn = ac.CodeClassifier().fit(X, Y, groups), ac.CodeClassifier(prior=entries).fit(X, Y, groups)
    true = np.array([TALK[0] in text for text in texts])

    def apart(model: ac.CodeClassifier) -> float:
        score = model.decision_function(X)[:, 0]
        return float((score[true][:, None] > score[~true]).mean())

    assert apart(drawn) > apart(plain)


@pytest.mark.parametrize("wrong", [[1, 2], [["a", "b"], ["c", "d"]], "text"])
def test_what_is_no_text_is_refused(wrong: object) -> None:
    """Numbers, tables of several columns and a bare string are no list of texts."""
    with pytest.raises(ValueError, match="texts are one list"):
        ac.TextEncoder(FakeEncoder()).fit_transform(wrong)


def test_importing_autocode_imports_no_scikit_learn() -> None:
    """The estimators are there by name, and scikit-learn comes only when one of them is asked for."""
    code = "import sys, autocode; print('sklearn' in sys.modules); autocode.CodeClassifier; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "True"]
