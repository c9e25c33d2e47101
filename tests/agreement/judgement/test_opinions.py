"""Second opinions on a machine."""

from __future__ import annotations

import numpy as np

from autocode.agreement.estimate import AgreementOptions
from autocode.agreement.judgement.opinions import opinions
from tests.agreement.made import decided, noisy

MACHINE = AgreementOptions(machines=("c",))


def test_a_machine_like_the_humans_passes() -> None:
    """The test is passed, said to be indicative with two humans, and nobody stands apart."""
    (found,) = opinions(noisy(documents=20, noise=0.02), MACHINE)
    said = list(found.lines())
    assert "passes (omega 1.00" in said[0]
    assert "indicative" in said[0]
    assert said[-1] == "coder who stands apart from all others: none"


def test_a_machine_that_never_codes_does_not_pass() -> None:
    """It fails the restricted test, and alpha is higher without it."""
    data = noisy(documents=20)
    data.Y[2] = False
    (found,) = opinions(data, MACHINE)
    test = found.tests[""]
    assert test is not None
    assert not test.passes
    assert found.odd == "c"


def test_without_two_humans_there_is_no_test() -> None:
    """One human and a machine: the test is left out, alpha has nothing left to compare."""
    data = noisy(coders=2)
    (found,) = opinions(data, AgreementOptions(machines=("b",)))
    assert set(found.tests.values()) == {None}
    assert list(found.lines()) == ["coder who stands apart from all others: none"]
    assert opinions(decided(np.zeros((2, 4, 1), dtype=bool)), AgreementOptions()) == []
