"""Krippendorff's alpha."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from autocode.agreement import coefficients as binary
from autocode.agreement.coefficients import krippendorff
from autocode.agreement.counts import Decisions, coincidence_counts
from tests.agreement.coefficients.test_nominal_many import RAW4
from tests.agreement.made import any_decisions


@pytest.mark.parametrize(
    ("level", "expected"), [("nominal", 0.743421052632), ("ordinal", 0.815387503755), ("interval", 0.849107142857)]
)
def test_four_observers_with_missing_data(level: str, expected: float) -> None:
    """Krippendorff 2011, example C, at three levels of measurement."""
    counts = np.stack([np.equal(RAW4, k).sum(1) for k in range(5)], axis=1).astype(float)
    assert krippendorff.alpha(counts, [1, 2, 3, 4, 5], level).value == pytest.approx(expected, abs=1e-10)


def test_expected_agreement_of_the_atlasti_manual() -> None:
    """1100000000 against 0110010100: 60 % agreement, chance 56 %, alpha .095."""
    rows = list(zip("1100000000", "0110010100", strict=True))
    counts = np.array([[pair.count("0"), pair.count("1")] for pair in rows], dtype=float)
    assert krippendorff.expected_agreement(counts) == pytest.approx(0.557894736842)
    assert krippendorff.alpha(counts).value == pytest.approx(0.0952380952381)


def test_undefined_without_variance_or_pairs() -> None:
    """One value throughout, and units seen by one coder, are undefined for different reasons."""
    assert krippendorff.alpha(np.array([[2.0, 0.0]] * 5)).reason == "no_variance"
    assert krippendorff.alpha(np.array([[1.0, 0.0]] * 5)).reason == "no_pairs"


def test_sets_of_codes() -> None:
    """DKPro's nine items: exact match, Dice, any overlap and the alphas of its two distances."""
    units = [
        [list(a), list(b)]
        for a, b in (
            ("", ""),
            ("A", ""),
            ("A", "A"),
            ("A", "B"),
            ("AB", "A"),
            ("AB", "AC"),
            ("ABC", "ABC"),
            ("C", "AC"),
            ("C", "AC"),
        )
    ]
    assert krippendorff.exact_match(units).value == pytest.approx(1 / 3)
    assert krippendorff.mean_over_pairs(units, krippendorff.dice).value == pytest.approx(0.5)
    assert krippendorff.mean_over_pairs(units, krippendorff.overlap).value == pytest.approx(2 / 3)
    assert krippendorff.set_alpha(units, "passonneau2004").value == pytest.approx(0.186170212766)
    assert krippendorff.set_alpha(units, "masi_dkpro").value == pytest.approx(0.252947481243)
    assert krippendorff.set_alpha(units, "jaccard").value == pytest.approx(0.315619967794)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(any_decisions(coders=4, codes=1))
def test_binary_shortcut_equals_the_coincidence_matrix(data: Decisions) -> None:
    """The sums o11, o10, o00 give the same alpha as the full matrix, missing decisions included."""
    seen, yes = data.seen.sum(0), (data.Y[:, :, 0] & data.seen).sum(0)
    full = krippendorff.alpha(np.stack([yes, seen - yes], axis=1).astype(float)).value
    short = float(binary.krippendorff_alpha(coincidence_counts(data, [0, 1, 2, 3]).sum(0))[0])
    assert (full is None and np.isnan(short)) or short == pytest.approx(full, abs=1e-10)
