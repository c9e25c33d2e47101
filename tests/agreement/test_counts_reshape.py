"""The same decisions on other units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autocode.agreement import agree_on
from autocode.agreement.counts import both_coded, by_group, by_theme, by_whole_document, coded_at_all, denominators, relevant
from tests.agreement.made import decided, noisy


def test_themes_hold_any_of_their_codes() -> None:
    """A theme is given where any code under it is; a root without children is its own theme."""
    data = replace(noisy(codes=3), codes=("T > a", "T > b > c", "alone"))
    themes = by_theme(data)
    assert themes.codes == ("T", "alone")
    assert (themes.Y[:, :, 0] == (data.Y[:, :, 0] | data.Y[:, :, 1])).all()


def test_coded_at_all_is_one_column() -> None:
    """Any code counts, whichever it is."""
    data = noisy()
    assert (coded_at_all(data).Y[:, :, 0] == data.Y.any(2)).all()


def test_whole_documents() -> None:
    """A document has a code where a segment has it, and is seen where all of it was."""
    Y = np.zeros((2, 6, 1), dtype=bool)
    Y[0, 1] = True
    seen = np.ones((2, 6), dtype=bool)
    seen[1, 4] = False
    whole = by_whole_document(decided(Y, 3, seen))
    assert whole.Y[:, :, 0].tolist() == [[True, False, False], [False, False, False]]
    assert whole.seen.tolist() == [[True, True, True], [True, True, False]]
    assert agree_on(whole).units == 2


def test_groups_of_documents() -> None:
    """A variable of the documents splits the decisions; unnamed documents are left out."""
    parts = by_group(noisy(documents=4), {"d0": "student", "d2": "student", "d3": "industry"})
    assert {name: len(part.groups) for name, part in parts.items()} == {"student": 60, "industry": 30}


def test_relevant_and_both_coded_units() -> None:
    """Relevant: any coder gave any code; both coded: each coder who saw the unit did."""
    Y = np.array([[1, 1, 0, 0], [1, 0, 0, 1]], dtype=bool)[:, :, None]
    assert len(relevant(decided(Y)).groups) == 3
    assert len(both_coded(decided(Y)).groups) == 1


def test_denominators_are_told_apart() -> None:
    """All units both saw, those coded by any, and documents."""
    Y = np.array([[1, 1, 0, 0], [1, 0, 0, 1]], dtype=bool)[:, :, None]
    seen = np.array([[True] * 4, [True, True, True, False]])
    assert denominators(decided(Y, 2, seen)) == {"units": 3, "units_coded_by_any": 2, "documents": 2}
