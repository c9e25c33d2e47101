"""AgreementReport."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autocode.agreement import agree_on
from autocode.agreement.render import to_text
from autocode.errors import StudyError
from tests.agreement.made import noisy


def test_printing_a_report_gives_its_table() -> None:
    """str(report) is the plain-text table."""
    report = agree_on(noisy())
    assert str(report) == to_text(report)
    assert "All codes pooled" in str(report)


def test_names_that_differ_in_blanks_or_capitals_are_told() -> None:
    """'Stress' and 'stress ' are two codes to the comparison; the report says so and what to do."""
    data = replace(noisy(coders=2, codes=3), codes=("Stress", "stress ", "Work"))
    report = agree_on(data)
    assert len(report.notes) == 1
    assert "'Stress' and 'stress ' differ only in capital letters or blanks" in report.notes[0]
    assert report.notes[0] in report.to_json()["notes"]


def test_a_theme_given_for_one_of_its_codes_points_to_themes() -> None:
    """Where one coder gives the theme and the other its code, kappa is low by code and the note points to --by theme."""
    data = noisy(coders=2, codes=1, documents=10)
    Y = np.zeros((2, data.Y.shape[1], 2), bool)
    Y[0, :, 0], Y[1, :, 1] = data.Y[0, :, 0], data.Y[1, :, 0]
    mixed = replace(data, codes=("Stress", "Stress > At work"), Y=Y)
    assert [note for note in agree_on(mixed).notes if "--by theme" in note]
    assert not agree_on(replace(data, codes=("Stress",))).notes


def test_who_never_gave_a_code_is_named() -> None:
    """With three coders the one who never gave a code is named, not the pair of the others."""
    data = noisy(coders=3, codes=2)
    data.Y[2, :, 0] = False
    text = " ".join(str(agree_on(data)).split())
    assert "c never gave c0: kappa with c is 0 whatever the others did." in text
    assert "a never gave" not in text


def test_a_coder_named_twice_is_refused() -> None:
    """A coder compared with themselves would agree completely."""
    data = replace(noisy(coders=2), coders=("a", "a"))
    with pytest.raises(StudyError, match="named twice"):
        agree_on(data)
