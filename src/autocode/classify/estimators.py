"""scikit-learn's door: the classifier and the encoder as estimators, for pipelines, cross-validation and grid search.

`autocode.CodeClassifier` and `autocode.TextEncoder` come from here; scikit-learn is imported when one of them is first
asked for. The classifier learns by `classifier.fit`, as `CodingModel` does: there is one implementation.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from autocode.classify import fit
from autocode.classify.material import Features, FloatArray, IntArray, Target
from autocode.config import ClassifyConfig
from autocode.encode.encoders import load_encoder
from autocode.encode.weights import Encoder

_SURE = 1e-9  # probabilities are kept this far from 0 and 1 where log odds are made of them


class CodeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Calibrated one-vs-rest logistic regressions for rare codes: binary, multi-class or multi-label.

    The head by meaning of a `CodingModel` on its own: balanced weights, strength that grows with a code's evidence,
    weights drawn to `prior`; calibration and thresholds learnt out of group. With several labels a code is given from
    the probability on where it agrees best with the coders by Cohen's kappa, and never where there is too little
    evidence; else the likeliest class is given.

    Args:
        strength: Inverse regularisation of a code with much evidence, for rows of unit spread.
        half_count: Positive rows at which a code has half of that strength.
        folds: Groups of rows held out in turn to calibrate.
        min_segments: With several labels, a code with fewer positive rows, or all of them in one group, is never given.
        prior: (K, d) weights to which codes are drawn, such as vectors of codebook entries; None for none.
        random_state: Seed of the folds.

    Attributes:
        classes_: The classes; with several labels the numbers of the columns.
        coef_: (K, d) weights of the calibrated log odds; K is 1 for two classes.
        intercept_: (K,) their constants.
        thresholds_: (K,) probabilities from which on codes are given; 1 for a code never given.
    """

    def __init__(
        self,
        strength: float = 10.0,
        half_count: float = 10.0,
        folds: int = 5,
        min_segments: int = 3,
        prior: ArrayLike | None = None,
        random_state: int = 0,
    ) -> None:
        self.strength = strength
        self.half_count = half_count
        self.folds = folds
        self.min_segments = min_segments
        self.prior = prior
        self.random_state = random_state

    def fit(self, X: Any, Y: Any, groups: ArrayLike | None = None) -> CodeClassifier:
        """Learn from rows X (n, d) and their classes Y (n,), or shares of coders Y (n, K) in [0, 1].

        Args:
            X: Numbers.
            Y: One class a row, or K columns for several labels.
            groups: (n,) what belongs together, such as the document of each row; None takes each row by itself.

        Raises:
            ValueError: There is one class, one group, or X and Y do not fit.
        """
        X, Y = validate_data(self, X, Y, multi_output=True, ensure_min_samples=2)
        shares = self._shares(np.asarray(Y))
        place = np.arange(len(X)) if groups is None else np.unique(column_or_1d(groups), return_inverse=True)[1]
        if len(place) != len(X):
            raise ValueError(f"{len(place)} groups for {len(X)} rows: they must match")
        middle = X.mean(axis=0)
        unit = float(np.sqrt(np.square(X - middle).sum(axis=1).mean())) or 1.0
        K, d = shares.shape[1], X.shape[1]
        prior = np.zeros((K, d), np.float32) if self.prior is None else np.asarray(self.prior, np.float32)
        target = Target(shares.astype(np.float32), place, prior, np.full(K, -1))
        learnt = fit(Features(((X - middle) / unit).astype(np.float32)), target, self._config())
        self.classifier_ = learnt
        slope = learnt.judge.theta[:, 1:2].astype(np.float64)
        self.coef_: FloatArray = slope * learnt.heads.dense.W / unit
        scored = learnt.heads.dense.b.astype(np.float64) * slope[:, 0]
        self.intercept_: FloatArray = learnt.judge.theta[:, 0] + scored - self.coef_ @ middle
        self.thresholds_: FloatArray = np.minimum(learnt.judge.thresholds, 1.0)
        return self

    def _config(self) -> ClassifyConfig:
        return ClassifyConfig(
            strength=self.strength,
            half_count=self.half_count,
            folds=self.folds,
            min_segments=self.min_segments,
            seed=self.random_state,
        )

    def _shares(self, Y: Any) -> FloatArray:
        """Classes as columns (n, K); keeps what the classes are."""
        if Y.ndim == 2 and Y.shape[1] > 1:
            if not np.issubdtype(Y.dtype, np.number) or Y.min() < 0 or Y.max() > 1:
                raise ValueError("several labels are columns of 0 and 1, or of shares between them")
            self.classes_, self.several_ = np.arange(Y.shape[1]), True
            return np.asarray(Y, np.float64)
        y = column_or_1d(Y, warn=True)
        check_classification_targets(y)
        self.classes_, self.several_ = np.unique(y), False
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes or more; the data hold 1 class")
        wanted = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        return np.asarray(y[:, None] == wanted, np.float64)

    def _log_odds(self, X: ArrayLike) -> FloatArray:
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False)
        return np.asarray(rows @ self.coef_.T + self.intercept_)

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Calibrated probabilities (n, classes); of classes that exclude each other they add up to one."""
        from scipy.special import expit

        P = expit(self._log_odds(X))
        if self.several_:
            return np.asarray(P)
        if len(self.classes_) == 2:
            return np.hstack([1 - P, P])
        P = np.maximum(P, 1e-300)
        return np.asarray(P / P.sum(axis=1, keepdims=True))

    def decision_function(self, X: ArrayLike) -> FloatArray:
        """How much speaks for each class (n, K), (n,) for two classes; with several labels above zero where it is given."""
        found = self._log_odds(X)
        if self.several_:
            cut = np.clip(self.thresholds_, _SURE, 1 - _SURE)
            return np.asarray(found - np.log(cut / (1 - cut)))
        return found[:, 0] if len(self.classes_) == 2 else found

    def predict(self, X: ArrayLike) -> Any:
        """The likeliest class of each row (n,), or the labels given (n, K) of 0 and 1."""
        found = self.decision_function(X)
        if self.several_:
            return ((found >= 0) & (self.thresholds_ < 1)).astype(np.int64)
        return self.classes_[(found > 0).astype(int) if found.ndim == 1 else found.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.single_output = True
        return tags


class TextEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts -> vectors (n, dimension) float32 of unit norm, each text encoded once and kept in the cache.

    Args:
        encoder: `default`, a folder, the name of an encoder on this computer, several with ` + ` between them,
            `module:factory`, or an object with `identity` and `encode`.
        precision: `auto`, `float32` or `bfloat16`.
    """

    def __init__(self, encoder: str | Encoder = "default", precision: str = "auto") -> None:
        self.encoder = encoder
        self.precision = precision

    def fit(self, texts: Any, y: Any = None) -> TextEncoder:
        """Nothing is learnt: an encoder knows all it needs. The texts are checked."""
        self._texts(texts)
        return self

    def transform(self, texts: Any) -> FloatArray:
        """Vectors of n texts: a list, an array or a column of a table.

        Raises:
            ValueError: They are not texts.
            EncoderError: The encoder is not on this computer.
        """
        return self._encoder().encode(self._texts(texts))

    def get_feature_names_out(self, input_features: Any = None) -> IntArray:
        """Names of the columns."""
        return np.array([f"encoded{i}" for i in range(self._encoder().identity.dimension)], dtype=object)

    def _encoder(self) -> Encoder:
        return _loaded(self.encoder, self.precision) if isinstance(self.encoder, str) else self.encoder

    def _texts(self, texts: Any) -> list[str]:
        found = np.asarray(texts, dtype=object)
        if found.ndim == 2 and found.shape[1] == 1:
            found = found[:, 0]
        if found.ndim != 1 or not all(isinstance(text, str) for text in found):
            raise ValueError("texts are one list or one column of strings")
        return list(found)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.requires_fit = False
        return tags


@lru_cache(maxsize=4)
def _loaded(name: str, precision: str) -> Encoder:
    """An encoder is opened once, though cross-validation copies the estimator again and again."""
    return load_encoder(name, precision=precision)
