"""The desk keeps in step with the file, whoever writes to it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.desk.acts import act
from autocode.desk.advice import ReviewSession, advise
from autocode.desk.guard import Ask
from autocode.desk.session import Desk
from autocode.errors import ModelError, StoreError
from autocode.store import update
from autocode.study import Document, Study
from autocode.study.codebook import Code, Codebook
from tests.desk.desks import EVE, NEW, desk, first, half_coded, learnt


def test_a_model_is_silent_on_what_it_learnt_from(study: Study, tmp_path: Path) -> None:
    """Only the new interviews carry suggestions."""
    found = desk(study, tmp_path, learnt(study))
    with_suggestions = {d for d in found.advice.items if any(i.suggestions for i in found.items(d))}
    assert with_suggestions == set(NEW)


def test_without_a_model_everything_can_be_coded_by_hand(study: Study, tmp_path: Path) -> None:
    """No segment carries a suggestion and none is hidden."""
    found = desk(study, tmp_path, None)
    assert not any(i.suggestions or EVE.hides(i) for d in found.advice.items for i in found.items(d))


@pytest.mark.row(3)
def test_two_desks_on_one_study_see_each_others_decisions(study: Study, tmp_path: Path) -> None:
    """What one writes the other has after a refresh, and both stand in one chain."""
    model = learnt(study)
    one = desk(study, tmp_path, model)
    two = Desk(one.path, one.advice)
    item = first(one)
    one.write(act(one, EVE, Ask("accept", *item.key, suggested=item.suggestions[0].code)))
    two.refresh()
    max_ = ReviewSession("max", share=0.0)
    two.write(act(two, max_, Ask("reject", *item.key, suggested=item.suggestions[0].code)))
    one.refresh()
    assert [e.decision.coder for e in one.standing.entries] == ["eve", "max"]
    assert one.study.codings == two.study.codings
    assert {"eve", "max"} <= set(one.study.humans)


def test_documents_that_come_while_it_runs_ask_for_a_new_start(study: Study, tmp_path: Path) -> None:
    """An import of a document during the review is said, not passed over."""
    found = desk(study, tmp_path, None)
    update(found.path, lambda s: replace(s, documents=(*s.documents, Document("late", "words"))))
    with pytest.raises(StoreError, match="documents were added"):
        found.refresh()


def test_a_broken_chain_is_not_built_upon(study: Study, tmp_path: Path) -> None:
    """A ledger that was tampered with stops the desk."""
    found = desk(study, tmp_path, learnt(study))
    item = first(found)
    found.write(act(found, EVE, Ask("accept", *item.key, suggested=item.suggestions[0].code)))
    with sqlite3.connect(found.path) as connection:
        connection.execute("DROP TRIGGER ledger_fixed")
        connection.execute("UPDATE ledger SET at = 'x'")
    with pytest.raises(StoreError, match="the ledger is damaged"):
        Desk(found.path, found.advice)


def test_a_model_of_another_codebook_is_refused(study: Study) -> None:
    """Suggestions never come from a model of another codebook; one with a new code beside the old ones is followed."""
    model, half = learnt(study), half_coded(study)
    more = advise(replace(half, codebook=study.codebook.with_paths(["New"])), model)
    assert more.items == advise(half, model).items
    with pytest.raises(ModelError, match="codebook"):
        advise(replace(half, codebook=Codebook((Code("New"),), study.codebook.name)), model)


def test_counts_add_up(study: Study, tmp_path: Path) -> None:
    """Decided, asked and silent are all segments that can be coded, before and after a decision."""
    found = desk(study, tmp_path, learnt(study))
    total = sum(not i.context for i in found.items("D6"))
    item = first(found)
    assert found.progress("D6", EVE).total == total
    found.write(act(found, EVE, Ask("accept", *item.key, suggested=item.suggestions[0].code)))
    assert (found.progress("D6", EVE).decided, found.progress("D6", EVE).total) == (1, total)
