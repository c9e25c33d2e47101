"""What a person has to read: counted by hand where it can be, and no figure where there is too little."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from autocode.classify.calibration import LEAST_CODINGS, Workload, workload


def _ten_documents(order: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ten documents of ten segments; three of each carry the code; P (100, 1), Y (100, 1), documents (100,)."""
    Y = np.tile([1.0, 1, 1, 0, 0, 0, 0, 0, 0, 0], 10)[:, None]
    return np.tile(order, 10)[:, None], Y, np.repeat(np.arange(10), 10)


def test_a_machine_that_ranks_rightly_saves_most_of_the_reading() -> None:
    """With all codings first, 27 of 30 are found in 27 of 100 segments; with all last, in 97."""
    best = [0.9, 0.8, 0.7, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    P, Y, groups = _ten_documents(best)
    found = workload(P, Y, P > 0.5, groups)
    assert (found.share, found.questions, found.answered) == (0.27, 1.0, 1.0)
    assert found.low <= 0.27 <= found.high
    worst = workload(1 - P, Y, P < 2, groups)
    assert 0.95 <= worst.share <= 0.97
    assert (worst.questions, worst.answered) == (100 / 30, 1.0)
    assert "read 27% of the segments (95% CI" in found.sentences[0]
    assert found.sentences[1].startswith("Of 10 codes that it shows, about 10 are ones that you would give; so it finds 100%")
    assert (
        replace(found, questions=9.6).sentences[1].startswith("Of 10 codes that it shows, about 1 is one that you would give")
    )
    assert replace(found, questions=31.0).sentences[1].startswith("Of 31 codes that it shows, about 1 is one that")


def test_a_half_given_code_is_half_found() -> None:
    """A segment that one of two coders gave the code counts half."""
    P, Y, groups = _ten_documents([0.9, 0.8, 0.7, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    shown = P > 0.85
    assert workload(P, np.where(shown, 0.5, Y), shown, groups).questions == 2.0


def test_nothing_is_said_of_few_codings() -> None:
    """Too few codings or documents: not enough data to say, in numbers and in words."""
    P, Y, groups = _ten_documents([0.9] * 10)
    for some in (Y * (np.arange(100)[:, None] < 5 * (LEAST_CODINGS // 10)), Y):
        found = workload(P, some, P > 0.5, groups if some is not Y else groups // 5)
        assert math.isnan(found.share)
        assert (found.sentences, set(found.to_json().values())) == ((), {None})
    assert Workload(0.3, 0.2, 0.4).sentences[0].startswith("To find 90%")
    assert len(Workload(0.3, 0.2, 0.4).sentences) == 1
