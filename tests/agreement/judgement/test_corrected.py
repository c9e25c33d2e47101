"""Corrected frequencies of a batch."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.agreement.judgement.corrected import Batch, Design, corrected_document_frequencies, corrected_frequencies
from autocode.errors import StudyError


def batch(checked_documents: bool, seed: int = 0, documents: int = 40, each: int = 25) -> Batch:
    """A machine that misses a fifth of the uses; a third of the batch checked."""
    rng = np.random.default_rng(seed)
    n = documents * each
    groups = np.repeat(np.arange(documents), each)
    human = rng.random((n, 2)) < (0.2, 0.02)
    machine = (human & (rng.random((n, 2)) < 0.8)) | (rng.random((n, 2)) < 0.02)
    checked = groups < documents // 3 if checked_documents else rng.random(n) < 1 / 3
    return Batch(("often", "rare"), groups, machine, human & checked[:, None], checked)


def test_the_corrected_share_holds_the_truth() -> None:
    """The interval of the common code holds its share, the raw share stays what it was."""
    often, rare = corrected_frequencies(batch(False, documents=60), Design(random=True))
    assert often.method == "post_stratified"
    assert (often.corrected.low or 0) <= 0.2 <= (often.corrected.high or 0)
    assert often.raw_share.value == pytest.approx(often.raw / 1500)
    assert often.ppi_plus is not None
    assert rare.to_json()["code"] == "rare"


def test_unsafe_estimators_are_not_offered() -> None:
    """With few checked units PPI++ and the difference estimator stay away."""
    one = batch(False)
    few = Batch(one.codes, one.groups, one.machine, one.human, one.checked & (np.arange(1000) < 300))
    found = corrected_frequencies(few, Design(random=True))[0]
    assert found.ppi_plus is None
    assert found.difference is None
    assert found.to_json()["ppi_plus"] is None


def test_drawn_documents_are_the_unit_of_error() -> None:
    """Where whole documents were drawn the error per unit is a ratio over documents."""
    found = corrected_frequencies(batch(True), Design(random=True, drawn="documents"))[0]
    assert found.method == "ratio_by_document"
    assert (found.corrected.low or 0) < (found.corrected.value or 0) < (found.corrected.high or 0)


def test_too_few_errors_give_no_interval_by_document() -> None:
    """A code with hardly an error in the drawn documents gets a value without an interval."""
    one = batch(True)
    flawless = Batch(one.codes, one.groups, one.machine, one.machine & one.checked[:, None], one.checked)
    found = corrected_frequencies(flawless, Design(random=True, drawn="documents"))[0]
    assert found.corrected.no_interval == "few_errors"
    assert found.corrected.value == pytest.approx(found.raw_share.value)


def test_documents_with_the_code() -> None:
    """By document the share of documents that have the code is estimated."""
    found = corrected_document_frequencies(batch(True), Design(random=True, drawn="documents"))
    assert found[0].corrected.value == pytest.approx(1.0)
    assert 0.2 < (found[1].corrected.value or 0) < 0.8


@pytest.mark.parametrize(
    ("design", "message"),
    [
        (Design(random=False), "not drawn at random"),
        (Design(random=True, drawn="documents"), "coded only in part"),
    ],
)
def test_what_cannot_be_corrected_is_refused(design: Design, message: str) -> None:
    """A part that was not random, or documents coded in part, is refused in one line."""
    with pytest.raises(StudyError, match=message):
        corrected_frequencies(batch(False), design)


def test_single_segments_do_not_tell_of_documents() -> None:
    """Frequencies by document need whole documents."""
    with pytest.raises(StudyError, match="single segments were drawn"):
        corrected_document_frequencies(batch(False), Design(random=True))


def test_a_handful_of_units_is_refused() -> None:
    """Fewer than ten checked units are not a sample."""
    one = batch(False)
    few = Batch(one.codes, one.groups, one.machine, one.human, np.arange(1000) < 5)
    with pytest.raises(StudyError, match="only 5 units"):
        corrected_frequencies(few, Design(random=True))
