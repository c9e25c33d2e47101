"""Agreement from document to document."""

from __future__ import annotations

import pytest

from autocode.agreement import agree_on
from autocode.agreement.differences import agreement_by_document
from autocode.errors import StudyError
from tests.agreement.made import noisy


def test_each_shared_document_once() -> None:
    """Units add up to those of the whole, in the order of the documents."""
    data = noisy(documents=6)
    found = agreement_by_document(data, "a", "b")
    assert [d.document for d in found] == [f"d{g}" for g in range(6)]
    assert sum(d.units for d in found) == 180


def test_influence_is_what_leaving_out_changes() -> None:
    """Kappa of all documents minus kappa without the one."""
    data = noisy(documents=6)
    found = agreement_by_document(data, "a", "b", "c1")[2]
    whole = agree_on(data).row("c1", "a", "b")
    rest = agree_on(data.select(data.groups != 2)).row("c1", "a", "b")
    assert whole is not None
    assert rest is not None
    assert found.influence == pytest.approx((whole.kappa.value or 0) - (rest.kappa.value or 0))


def test_unknown_names_are_refused() -> None:
    """A coder or code that is not there gives one clear line."""
    with pytest.raises(StudyError, match="zoe"):
        agreement_by_document(noisy(), "a", "zoe")
