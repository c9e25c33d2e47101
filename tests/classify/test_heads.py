"""Words met in many segments are kept with all their zeros, which is faster to read; it must change nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.classify import heads
from autocode.classify.material import Features, Target, Turns, features
from autocode.config import ClassifyConfig

N, CONFIG = 1600, ClassifyConfig(width=2048)


def study() -> tuple[Features, Target]:
    """Sixteen hundred segments of frequent and rare words; a code follows a rare one, another a frequent one."""
    rng = np.random.default_rng(0)
    often = ["and", "then", "we", "said"]
    texts = [" ".join([*rng.choice(often, 3), f"w{rng.integers(300)}", *(["ferry"] * (i % 40 == 0))]) for i in range(N)]
    Y = np.stack([np.arange(N) % 40 == 0, [t.startswith("we") for t in texts]], axis=1).astype(np.float32)
    X = rng.normal(size=(N, 8)).astype(np.float32)
    turns = Turns(X / np.linalg.norm(X, axis=1, keepdims=True), [""] * N, np.arange(N), np.full((N, 2), -1))
    return features(texts, turns, CONFIG), Target(Y, np.arange(N) % 20, np.zeros((2, 8), np.float32), np.full(2, -1))


def test_frequent_words_apart_change_no_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether no column, some columns or every column stands apart, the head by wording is the same but for rounding."""
    known, target = study()
    found = []
    for share in (0, 20, 10**9):
        monkeypatch.setattr(heads, "_FULL", share)
        head = heads.train(known, target, np.arange(N), CONFIG).lexical
        assert head is not None
        found.append((head.W, head.b))
    for W, b in found[1:]:
        np.testing.assert_allclose(W, found[0][0], atol=2e-3 * np.abs(found[0][0]).max())
        np.testing.assert_allclose(b, found[0][1], atol=2e-3)


def test_scores_by_wording_are_centred_and_tell_the_codes() -> None:
    """Over the segments learnt from the scores have mean zero, and those with a code stand above those without."""
    known, target = study()
    head = heads.train(known, target, np.arange(N), CONFIG).lexical
    assert head is not None
    S = head.score(known.T)
    np.testing.assert_allclose(S.mean(axis=0), 0, atol=1e-4)
    for s, y in zip(S.T, target.Y.T > 0, strict=True):
        assert s[y].min() > np.quantile(s[~y], 0.9)


def test_rows_by_meaning_are_put_together_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are put together at a time, the head by meaning is the same to the last bit."""
    known, target = study()
    found = []
    for rows in (2048, 7, N):
        monkeypatch.setattr(heads, "_AT_ONCE", rows)
        found.append(heads.train(known, target, np.arange(0, N, 2), CONFIG).dense)
    for head in found[1:]:
        np.testing.assert_array_equal(head.W, found[0].W)
        np.testing.assert_array_equal(head.b, found[0].b)
