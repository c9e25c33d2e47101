"""The figures of the card of transfer."""

from __future__ import annotations

import numpy as np

from autocode.classify import HeldOutPredictions
from autocode.classify.material import Target
from autocode.classify.transfer import TransferComparison
from autocode.model.transfer import Evidence, Gain, measure


def _held(taken: np.ndarray) -> HeldOutPredictions:
    P = np.where(taken, 0.9, 0.1)
    return HeldOutPredictions(
        P, taken.astype(np.int8) * 2, np.full((1, taken.shape[1]), 0.5), np.zeros(len(taken), dtype=np.int64)
    )


def _found(alone: np.ndarray, kept: np.ndarray) -> TransferComparison:
    nothing = np.zeros(alone.shape[1], dtype=np.int64)
    return TransferComparison(_held(alone), _held(kept), nothing[None], nothing, ())


def test_agreement_is_kappa_with_a_coder_drawn_at_random() -> None:
    """Two coders who disagree half the time bring the kappa of a perfect reader of one of them to that of a coin."""
    Y = np.array([1.0, 0.5, 0.0, 0.0] * 6)[:, None]
    target = Target(Y, np.repeat(np.arange(6), 4), np.zeros((1, 2)), np.array([-1]))
    (row,), mean = measure(_found(Y == 1, Y > 0), target)
    # alone: both 6, machine only 0, coder only 3, neither 15; with: 9, 3, 0, 12
    assert row.alone == round(2 * (6 * 15) / (6 * 15 + 9 * 18), 6)
    assert row.kept == round(2 * (9 * 12) / (12 * 15 + 9 * 12), 6)
    assert (mean.alone, mean.change, row.segments) == (row.alone, row.change, 12)


def test_limits_need_six_documents() -> None:
    """With five documents the difference has no limits; with six it has."""
    Y = np.array([1.0, 0.0, 0.0] * 6)[:, None]
    groups = np.repeat(np.arange(6), 3)
    kept = Y.astype(bool)
    alone = kept.copy()
    alone[:4] = False
    six, _ = measure(_found(alone, kept), Target(Y, groups, np.zeros((1, 2)), np.array([-1])))
    five, _ = measure(_found(alone[:15], kept[:15]), Target(Y[:15], groups[:15], np.zeros((1, 2)), np.array([-1])))
    assert six[0].low is not None
    assert six[0].high is not None
    assert six[0].low < (six[0].change or 0) < six[0].high
    assert (five[0].low, five[0].high) == (None, None)


def test_the_verdict_is_plain() -> None:
    """What lowers agreement is called so, and limits that include zero are called chance."""

    def card(helps: bool, used: str, low: float) -> str:
        mean = Gain("", 9, 0.4, 0.5, 0.1, low, 0.3)
        return str(Evidence("new", ("old",), mean, (Gain("A", 9, 0.4, 0.5, 0.1, low, 0.3, used),), helps))

    assert "does not help: agreement inside this study is lower" in card(False, "", 0.05)
    assert "does not help: no code agrees better" in card(True, "", 0.05)
    sure = card(True, "old", 0.05)
    assert "Used for 1 of 1 aligned codes; mean kappa +0.10 (+0.05 to +0.30). The limits exclude zero." in sure
    assert "it may be chance" in card(True, "old", -0.05)
