"""Paragraphs for a paper."""

from __future__ import annotations

from autocode.agreement import agree_on
from autocode.agreement.estimate import AgreementOptions, Estimate
from autocode.agreement.render import REFERENCES, methods_paragraph, number, results_paragraph
from tests.agreement.made import noisy


def test_methods_name_the_study_s_own_numbers() -> None:
    """Coders, units, documents, codes and the margin stand in the text; each citation has a reference."""
    text = methods_paragraph(agree_on(noisy(), AgreementOptions(machines=("c",), margin=0.08)))
    assert "2 human coders were compared on 360 units in 12 documents" in text
    assert "margin of .08" in text
    assert all(name.split(" (")[0].split(" & ")[0] in text for name in REFERENCES)


def test_results_give_values_with_intervals() -> None:
    """Humans, machine and the word on the machine."""
    text = results_paragraph(agree_on(noisy(documents=30), AgreementOptions(machines=("c",))))
    assert "Pooled agreement between humans was kappa = ." in text
    assert "95% CI [" in text
    assert "supports the use of c as an additional coder alongside humans" in text


def test_numbers_in_apa_style() -> None:
    """No zero before the point, a minus stays, undefined is a word."""
    assert number(Estimate(0.705, 0.6, 0.8), "kappa", 0.95) == "kappa = .70, 95% CI [.60, .80]"
    assert number(Estimate(-0.25), "difference", 0.95) == "difference = -.25"
    assert number(Estimate(None, reason="no_variance"), "kappa", 0.95) == "kappa undefined"
    assert number(Estimate(1.0), "alpha", 0.95) == "alpha = 1.00"


def test_two_humans_without_a_machine() -> None:
    """Without a machine nothing is said of one."""
    report = agree_on(noisy(coders=2))
    assert "machine" not in methods_paragraph(report) + results_paragraph(report)
