"""Many problems minimised together: each to its own least loss, whatever the others need."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize, rosen, rosen_der

from autocode.classify import lbfgs
from autocode.classify.heads import _fit
from autocode.classify.lbfgs import Space, minimise
from autocode.config import ClassifyConfig


def bowls(K=5, d=12, seed=0):
    """K quadratic problems, from round to a thousand times longer than wide, and their least points."""
    rng = np.random.default_rng(seed)
    bends, least = np.geomspace(1, 10.0 ** np.linspace(0, 3, K), d).T, rng.normal(size=(K, d))

    def loss(V, codes):
        away = V - least[codes]
        values = 1 + 0.5 * np.sum(bends[codes] * away**2, axis=1)
        return values, np.asarray(bends[codes] * away, dtype=np.float32)

    return loss, least


def test_each_problem_reaches_its_least_point():
    """Round and narrow bowls beside each other are all solved."""
    loss, least = bowls()
    assert np.allclose(minimise(loss, least.shape, 200, 1e-9), least, atol=1e-2)


def test_problems_do_not_touch_each_other(monkeypatch):
    """A problem's point is the same alone, in company, and in a block of its own, to the last bit."""
    loss, least = bowls()
    together = minimise(loss, least.shape, 15)
    alone = [minimise(lambda V, codes, k=k: loss(V, codes + k), (1, 12), 15)[0] for k in range(5)]
    monkeypatch.setattr(lbfgs, "_ROOM", 12 * 2 * lbfgs._MEMORY)
    assert (together == alone).all()
    assert (together == minimise(loss, least.shape, 15)).all()


def test_a_curved_valley_as_scipy_has_it():
    """Rosenbrock's function, where a full step is often too long and must be taken back."""

    def loss(V, codes):
        return np.array([rosen(v + 2) for v in V]), np.array([rosen_der(v + 2) for v in V], dtype=np.float32)

    found = minimise(loss, (1, 4), 500, 0.0)[0] + 2
    theirs = minimize(rosen, np.full(4, 2.0), jac=rosen_der, method="L-BFGS-B").x
    assert np.allclose(found, theirs, atol=0.02)


def test_a_problem_that_is_done_is_not_asked_again():
    """The round bowl drops out at once; only the narrow ones are evaluated further."""
    loss, least = bowls()
    asked: list[int] = []

    def counted(V, codes):
        asked.append(len(codes))
        return loss(V, codes)

    minimise(counted, least.shape, 60)
    assert asked[0] == 5
    assert asked[-1] < 5
    assert sorted(asked, reverse=True) == asked


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_no_more_rounds_than_allowed(rounds):
    """One evaluation to begin with, then a round each."""
    loss, least = bowls()
    calls: list[int] = []

    def counted(V, codes):
        calls.append(1)
        return loss(V, codes)

    minimise(counted, least.shape, rounds, 0.0)
    assert len(calls) == rounds + 1


def test_weights_kept_as_sums_of_rows_are_the_same_weights(monkeypatch):
    """Sparse rows with far more columns than rows: scores, sums, products and weights are those of the columns themselves."""
    monkeypatch.setattr(lbfgs, "FEW", 0)
    rng = np.random.default_rng(0)
    A = sparse.random_array((20, 90), density=0.2, rng=rng, dtype=np.float32, format="csr")
    rows, columns = Space.of(A), Space.of(A.toarray())
    assert (rows.by_rows, columns.by_rows) == (True, False)
    assert rows.unknowns == 40
    G, H = rng.normal(size=(2, 20, 3)).astype(np.float32)
    by_rows, plain = [rows.summed(M) for M in (G, H)], [columns.summed(M) for M in (G, H)]
    for mine, theirs in zip(by_rows, plain, strict=True):
        assert np.allclose(rows.lift(mine), theirs, atol=1e-5)
        assert np.allclose(rows.scores(mine), columns.scores(theirs), atol=1e-4)
    biases = [np.full((3, 1), b, dtype=np.float32) for b in (2, 3)]
    mine, theirs = ([np.hstack([D, b]) for D, b in zip(ways, biases, strict=True)] for ways in (by_rows, plain))
    for bias in (0, 1):
        assert np.allclose(rows.inner(*mine, bias), columns.inner(*theirs, bias), rtol=1e-4)


def test_many_columns_are_learnt_as_few_are(monkeypatch):
    """A head learnt in sums of rows has the weights of one learnt column by column, but for rounding."""
    rng = np.random.default_rng(1)
    A = sparse.random_array((60, 300), density=0.1, rng=rng, dtype=np.float32, format="csr")
    Y = (A[:, [0, 1, 2]].toarray() > 0).astype(np.float32)
    monkeypatch.setattr(lbfgs, "FEW", 0)
    prior = rng.normal(size=(3, 300)).astype(np.float32) / 10
    found = [_fit(Space.of(X), Y, 3.0, prior, ClassifyConfig()).W for X in (A, A.toarray())]
    assert np.allclose(*found, atol=1e-4 * np.abs(found[1]).max())


def test_many_wide_problems_take_bounded_room():
    """Eighty problems in forty thousand unknowns are solved some at a time: their steps together would take more."""
    rng = np.random.default_rng(3)
    bend, least = rng.uniform(1, 4, 40_000).astype(np.float32), np.float32(0.01)

    def loss(V, codes):
        away = V - least * (codes[:, None] + 1)
        return 1 + 0.5 * np.einsum("kd,d,kd->k", away, bend, away), away * bend

    tracemalloc.start()
    found = minimise(loss, (80, 40_000), 10, 0.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.allclose(found, least * np.arange(1, 81)[:, None], atol=1e-3)
    assert peak < 80 * 40_000 * 4 * 2 * lbfgs._MEMORY  # bytes of all steps; everything at once takes three times that
