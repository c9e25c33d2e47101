"""From counts to estimates: the rules of evidence."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.coefficients import cohen_kappa, mean_over
from autocode.agreement.estimate import AgreementOptions
from autocode.agreement.intervals import Evidence
from autocode.agreement.rows import STANDARD, measure


def evidence(documents: int, uses: float, coded: float) -> Evidence:
    """Evidence for one code."""
    return Evidence(documents, np.array([uses]), np.array([coded]))


@pytest.mark.parametrize(
    ("documents", "uses", "coded", "rule"),
    [
        (5, 50, 5, "few_documents"),
        (20, 3, 3, "counts_only"),
        (20, 9, 6, "few_uses"),
        (20, 30, 4, "few_coded_documents"),
        (20, 30, 1, "single_cluster"),
        (20, 10, 5, ""),
        (6, 10, 5, ""),
    ],
)
def test_rules_that_forbid_an_interval(documents: int, uses: int, coded: int, rule: str) -> None:
    """An interval needs 6 documents, 10 uses and 5 documents with the code."""
    assert evidence(documents, uses, coded).against_interval(0) == rule


def test_six_to_nine_documents_are_flagged() -> None:
    """With 6 to 9 documents the interval is given, and flagged."""
    assert evidence(6, 20, 6).flags(0) == ("very_few_documents",)
    assert evidence(10, 20, 6).flags(0) == ()


def test_estimates_carry_reasons() -> None:
    """A code nobody used is undefined for its own reason in every coefficient."""
    counts = np.tile([0.0, 0.0, 0.0, 10.0], (8, 1))[:, None]
    found = measure(counts, evidence(8, 0, 0), STANDARD, AgreementOptions())
    assert found["cohen_kappa"][0].reason == "no_variance"
    assert found["positive_agreement"][0].reason == "no_positives"
    assert found["percent_agreement"][0].value == 1.0


def test_complete_agreement_has_an_interval_below_one() -> None:
    """Kappa 1 on 24 uses does not prove agreement beyond doubt: the interval says how low it may be."""
    counts = np.tile([3.0, 0.0, 0.0, 10.0], (8, 1))[:, None]
    found = measure(counts, evidence(8, 24, 8), STANDARD, AgreementOptions())
    kappa, percent = found["cohen_kappa"][0], found["percent_agreement"][0]
    assert (kappa.value, kappa.high) == (1.0, 1.0)
    assert kappa.low is not None
    assert 0.7 < kappa.low < 0.95
    assert percent.no_interval == "perfect"


def test_means_skip_undefined_pairs() -> None:
    """The mean over pairs is over those where kappa is defined; without any it is undefined."""
    pairs = np.array([[[4.0, 1, 1, 10]], [[0, 0, 0, 16]]])
    mean = mean_over(cohen_kappa)
    assert mean(pairs)[0] == pytest.approx(float(cohen_kappa(pairs[0, 0])))
    assert np.isnan(mean(pairs[1:])[0])
