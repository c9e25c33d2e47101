"""Conditions under which a verdict may be quoted."""

from __future__ import annotations

from autocode.agreement import agree_on
from autocode.agreement.estimate import AgreementOptions
from autocode.agreement.summary import Record, conditions
from tests.agreement.made import noisy


def test_what_is_not_on_record_is_not_known() -> None:
    """Without a record the conditions are printed as not known, never as met."""
    found = conditions(agree_on(noisy()))
    assert [c.met for c in found] == [None, None, None, None, None, True]
    assert str(found[0]).endswith("not known")


def test_the_record_is_used() -> None:
    """Held-out documents are met, documents chosen by hand are not."""
    found = conditions(agree_on(noisy()), Record(unseen=True, sampling="chosen by hand"))
    assert found[0].met is True
    assert "NOT MET (chosen by hand)" in str(found[3])


def test_several_documents_of_a_participant() -> None:
    """Two documents of one participant need clusters; with clusters the condition is met."""
    people = {"d0": "p", "d1": "p", "d2": "q"}
    assert conditions(agree_on(noisy()), Record(participants=people))[4].met is False
    clustered = agree_on(noisy(), AgreementOptions(clusters=people))
    assert conditions(clustered, Record(participants=people))[4].met is True


def test_evidence_is_counted_with_a_machine() -> None:
    """Uses by a human stand in the last condition."""
    report = agree_on(noisy(), AgreementOptions(machines=("c",)))
    verdict = report.verdict()
    assert verdict is not None
    assert f"{verdict.uses} uses of a code by a human" in conditions(report)[-1].evidence
