"""The alternative-annotator test."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.coefficients.krippendorff import masi_distance
from autocode.agreement.judgement.alternative_annotator import AltTestOptions, alt_test, alt_test_on, masi_similarity, rejected
from autocode.errors import StudyError
from tests.agreement.made import decided, noisy

rng = np.random.default_rng(0)


def test_a_machine_that_never_codes_does_not_pass() -> None:
    """On units where anybody gave the code a mute machine loses; on all units it would win."""
    data = noisy(documents=30, coders=2, codes=1)
    data.Y[:, ::3] = False
    mute = decided(np.concatenate([data.Y, np.zeros_like(data.Y[:1])]), 30)
    assert not alt_test_on(mute, "c", "c0").passes
    assert alt_test_on(mute, "c", "c0", scope="all").passes


def test_a_machine_like_the_humans_passes() -> None:
    """With three humans and the same errors the machine beats at least half of them."""
    found = alt_test_on(noisy(documents=40, coders=4, noise=0.03), "d")
    assert found.passes
    assert not found.indicative
    assert len(found.p_values) == 3
    assert found.rho > 0.7


def test_two_humans_must_both_be_beaten() -> None:
    """With two humans the result is marked indicative and needs both."""
    found = alt_test_on(noisy(documents=40, coders=3), "c")
    assert found.indicative
    assert found.passes == (found.omega == 1.0)


def test_without_spread_the_answer_is_certain() -> None:
    """Identical coders give p = 0, not NaN, with and without documents."""
    data = noisy(coders=1, documents=4)
    same = decided(np.repeat(data.Y, 3, axis=0), 4)
    for by_document in (True, False):
        options = AltTestOptions(by_document=by_document)
        assert alt_test_on(same, "c", options=options).p_values == (0.0, 0.0)


def test_documents_make_the_test_more_careful() -> None:
    """When the machine fails in whole documents, counting units as independent exaggerates."""
    Y = np.ones((3, 200, 1), dtype=bool)
    groups = np.arange(200) // 20
    Y[1, (np.arange(200) % 7) == 0] = False
    Y[2, groups == 3] = False
    data = decided(Y, 10)
    careful, naive = (alt_test_on(data, "c", options=AltTestOptions(by_document=b)).p_values[1] for b in (True, False))
    assert careful > naive


def test_one_human_is_refused() -> None:
    """The test needs another human to be close to."""
    with pytest.raises(StudyError, match="two humans"):
        alt_test_on(noisy(coders=2), "b")
    apart = np.array([[True, False], [False, True], [True, True]])
    with pytest.raises(StudyError, match="two humans"):
        alt_test(np.ones((3, 3, 2)), apart, ["a", "b"])


def test_false_discovery_rate() -> None:
    """All p-values up to the largest one under its limit are rejected, in the order given."""
    assert rejected([0.04, 0.001, 0.02], 0.05) == [False, True, False]
    assert rejected([0.027, 0.001, 0.018], 0.05) == [True, True, True]


def test_similarity_of_sets_is_one_minus_masi() -> None:
    """The array form equals the distance of the sets."""
    A, B = rng.random((60, 4)) < 0.4, rng.random((60, 4)) < 0.4
    names = "wxyz"
    expected = [
        1 - masi_distance([n for n, y in zip(names, a, strict=True) if y], [n for n, y in zip(names, b, strict=True) if y])
        for a, b in zip(A, B, strict=True)
    ]
    np.testing.assert_allclose(masi_similarity(A, B), expected)
