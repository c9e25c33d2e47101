"""How many documents are still needed, and how often the verdict itself errs."""

from __future__ import annotations

import numpy as np

from autocode.agreement import agree_on
from autocode.agreement.estimate import AgreementOptions, Chances, Estimate
from autocode.agreement.judgement import ON_PAR, documents_for_interval, documents_for_verdict
from tests.agreement.made import noisy


def test_half_the_width_needs_four_times_the_documents() -> None:
    """Widths shrink with the root; a target already reached needs no more."""
    found = Estimate(0.7, 0.6, 0.8)
    assert documents_for_interval(found, 10, 0.05) == 40
    assert documents_for_interval(found, 10, 0.5) == 10
    assert documents_for_interval(Estimate(0.7), 10, 0.05) is None


def test_documents_for_a_verdict() -> None:
    """A worse machine needs more documents; one below the margin none can help."""
    verdict = agree_on(noisy(documents=10), AgreementOptions(machines=("c",))).verdict()
    assert verdict is not None
    near, far = (documents_for_verdict(verdict, 0.10, d) for d in (-0.08, 0.0))
    assert near is not None
    assert far is not None
    assert near > far >= 8
    assert documents_for_verdict(verdict, 0.10, -0.2) is None


def chances(documents: int, seed: int = 0) -> Chances:
    """The verdict's own error rates in a made-up study."""
    options = AgreementOptions(machines=("c",), studies=200)
    verdict = agree_on(noisy(seed, documents=documents, each=15, noise=0.06), options).verdict()
    assert verdict is not None
    assert verdict.chances is not None
    return verdict.chances


def test_more_documents_recognise_an_equal_machine_more_often() -> None:
    """With 40 documents an equal machine is recognised more often than with 10; a worse one rarely in either."""
    few, many = chances(10), chances(40)
    assert many.par_if_equal > few.par_if_equal + 0.1
    assert max(few.par_if_worse, many.par_if_worse) < 0.1
    assert chances(10) == few


def test_the_rate_told_is_the_rate_met() -> None:
    """Of 120 studies with an equal machine about as many find it on par as one of them foretells."""
    labels = []
    for seed in range(120):
        verdict = agree_on(noisy(seed, documents=15, each=15, noise=0.06), AgreementOptions(machines=("c",))).verdict()
        assert verdict is not None
        labels.append(verdict.label)
    told = np.mean([chances(15, seed).par_if_equal for seed in range(5)])
    assert abs(np.mean([label in ON_PAR for label in labels]) - told) < 0.15


def test_the_rates_stand_beside_the_verdict_and_in_its_json() -> None:
    """The report says them in a sentence; loops that do not ask for them do not pay for them."""
    data = noisy(documents=12)
    report = agree_on(data, AgreementOptions(machines=("c",), studies=50))
    assert "a machine .10 worse would be called on par in" in " ".join(str(report).split())
    assert report.verdicts[0].to_json()["chances"]["studies"] == 50
    assert agree_on(data, AgreementOptions(machines=("c",))).verdicts[0].chances is None
