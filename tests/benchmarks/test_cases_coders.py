"""Cases given as spans, segments, coders or a batch."""

from __future__ import annotations

import pytest
from cases_coders import coded_units, params, spans


def test_a_bundle_of_two_humans_and_a_machine() -> None:
    """Delta is the mean of the machine's kappas minus the humans', undefined where one is."""
    units = [
        {"doc": 0, "codes": [["A"], ["A"], []]},
        {"doc": 0, "codes": [["A"], [], ["A"]]},
        {"doc": 1, "codes": [[], [], []]},
        {"doc": 1, "codes": [["A"], ["A"], ["A"]]},
    ]
    found = coded_units("multilabel_bundle", {"raters": ["H1", "H2", "M"], "codes": ["A", "B"], "units": units})
    a = found["per_code"]["A"]
    assert a["delta"] == pytest.approx((a["kappa_H1_M"] + a["kappa_H2_M"]) / 2 - a["kappa_H1_H2"])
    assert found["per_code"]["B"]["delta"] is None
    assert found["macro_mean_kappa"]["H1_H2"] == pytest.approx(a["kappa_H1_H2"])


def test_characters_of_spans() -> None:
    """Half of one coder's text coded by the other gives kappa 0 where the first coded all."""
    raters = {"A": [{"start": 0, "end": 120, "code": "q"}], "B": [{"start": 0, "end": 60, "code": "q"}]}
    assert spans("nvivo_kappa_spans", {"raters": raters, "length": 120}) == 0.0


def test_unknown_parameters() -> None:
    """A value that is not known is a KeyError, which the runner counts as failed."""
    with pytest.raises(KeyError):
        params("magic", {})
