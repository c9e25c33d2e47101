"""Calibration of any number of heads, and how far probabilities can be believed."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.coefficients import kappa_of_counts
from autocode.classify.calibration import best_cuts, calibrate, calibration_error, logits, reliability_bins, rivals
from autocode.classify.material import Target
from autocode.config import ClassifyConfig


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_any_number_of_heads_is_calibrated(heads: int) -> None:
    """With one, two or three heads, expected and observed numbers of codings are close."""
    rng = np.random.default_rng(2)
    truth = rng.normal(size=(800, 4))
    Y = (rng.random((800, 4)) < 1 / (1 + np.exp(2 - 2 * truth))).astype(float)
    S = np.stack([truth + rng.normal(size=truth.shape) * h for h in range(heads)])
    theta = calibrate(S, Y, ClassifyConfig())
    P = 1 / (1 + np.exp(-logits(S, theta)))
    assert theta.shape == (4, 1 + heads + {1: 0, 2: 1, 3: 2}[heads])  # rivals of the first two heads and of the rest
    assert np.all(np.abs(P.sum(0) / Y.sum(0) - 1) < 0.1)
    assert calibration_error(reliability_bins(P, Y, np.arange(800))) < 0.03


def test_rivals_by_hand() -> None:
    """A code stands above the others by its score less the smoothed highest of theirs, far behind or far ahead too."""
    S = np.array([[[1, 0, 0.5], [30, 0, -30]], [[0, 0, 0.5], [30, 0, -30]]], dtype=np.float32)
    (above,) = rivals(S)
    for row, scores in zip(above, S.mean(axis=0).astype(float), strict=True):
        others = [np.log(np.exp(4 * np.delete(scores, k)).sum()) / 4 for k in range(3)]
        assert np.allclose(row, np.clip(scores - others, None, row.max()), atol=1e-5)
    assert above[1].argmax() == 0
    assert not list(rivals(S[:1]))  # one head
    assert not list(rivals(S[:, :, :1]))  # one code


def test_where_one_code_excludes_another_probabilities_know() -> None:
    """Coders who give the likelier of two codes: where both scores are high, neither is believed as where one alone is."""
    rng = np.random.default_rng(4)
    truth = rng.normal(size=(1500, 2))
    Y = np.zeros((1500, 2))
    Y[np.arange(1500), truth.argmax(axis=1)] = truth.max(axis=1) > 1
    S = np.stack([truth + rng.normal(size=truth.shape) / 4 for _ in range(2)]).astype(np.float32)
    theta = calibrate(S, Y, ClassifyConfig())
    both, alone = logits(np.full((2, 1, 2), 2.0), theta)[0], logits(np.tile([[[2.0, -1.0]]], (2, 1, 1)), theta)[0]
    assert alone[0] > both[0] + 1
    earlier = logits(S, theta[:, :3])  # a calibration from before there were rivals has a weight for each head alone
    assert np.allclose(earlier, theta[:, 0] + np.einsum("hnk,kh->nk", S, theta[:, 1:3]))


def test_bins_by_hand() -> None:
    """Four decisions in two bins: counts, means and shares as counted on paper, other bins empty."""
    bins = reliability_bins(np.array([[0.12], [0.18], [0.95], [0.97]]), np.array([[0.0], [1], [1], [1]]), np.arange(4))
    assert bins[:, 0].tolist() == [0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert bins[1, 1:3].tolist() == [pytest.approx(0.15), 0.5]
    assert bins[9, 1:3].tolist() == [pytest.approx(0.96), 1.0]
    assert np.isnan(bins[0, 1:]).all()
    assert calibration_error(bins) == pytest.approx((2 * 0.35 + 2 * 0.04) / 4)


def test_cuts_are_those_of_a_ranking_of_all_segments() -> None:
    """Ranking only what may be coded, and one below, finds the same cuts to the bit; with ties, all above and all below too."""
    rng, config = np.random.default_rng(3), ClassifyConfig()
    for n in (2, 7, 40):
        P = np.clip(np.round(rng.random((n, 6)) * [0.05, 0.3, 1, 1, 1, 1], 2), 1e-6, 1 - 1e-6)
        P[:, 4:] = 0.9, 0.01
        Y, groups = rng.choice([0, 0.5, 1], P.shape), np.sort(rng.integers(0, 4, n))
        place = np.unique(groups, return_inverse=True)[1]
        documents = int(place.max()) + 1
        drawn = np.random.default_rng(config.seed).multinomial(documents, np.full(documents, 1 / documents), 30)
        weights, expected = drawn.astype(np.float32)[:, place], []
        lowest = np.where((Y > 0).sum(axis=0) < 10, 0.05, 0.1)
        for p, y, least in zip(P.T, Y.T, lowest, strict=True):
            goal = (y.sum() * y + config.smoothing * p) / (y.sum() + config.smoothing)
            order = np.argsort(-p, kind="stable")[: int((p >= least).sum()) + 1]
            hits, taken = np.cumsum(weights[:, order] * goal[order], axis=1), np.cumsum(weights[:, order], axis=1)
            kappa = kappa_of_counts(hits, taken, (weights @ goal)[:, None], weights.sum(axis=1)[:, None])
            best, ranked = np.argmax(np.nan_to_num(kappa), axis=1), p[order]
            expected.append(max(np.median(ranked[best] + ranked[np.minimum(best + 1, len(ranked) - 1)]) / 2, least))
        found = best_cuts(P, Target(Y, groups, np.zeros((6, 1)), np.full(6, -1)), config)
        assert found.tobytes() == np.array(expected).tobytes()


def test_a_rare_code_is_given_from_half_of_the_least_probability_on() -> None:
    """What was coded nine times may be given at .06, where that agrees with the coders; what was coded ten times may not."""
    n, groups = 400, np.repeat(np.arange(20), 20)
    for coded, given in ((9, True), (10, False)):
        Y, P = np.zeros((n, 1)), np.full((n, 1), 0.001)
        Y[: 20 * coded : 20], P[: 40 * coded : 20] = 1, 0.06
        (cut,) = best_cuts(P, Target(Y, groups, np.zeros((1, 1)), np.full(1, -1)), ClassifyConfig(smoothing=0.1))
        assert (cut <= 0.06) == given
        assert cut >= (0.05 if given else 0.1)
