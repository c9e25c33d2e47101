"""What was coded beside a suggestion is told from what was coded without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from autocode.desk.acts import act
from autocode.desk.advice import Item, ReviewSession
from autocode.desk.guard import Ask
from autocode.desk.session import Desk
from autocode.store import load
from autocode.store.ledger import entries
from autocode.study import Study
from autocode.trail.review import independent, reviewed
from tests.desk.desks import EVE, desk, first, learnt

HIDDEN = ReviewSession("max", share=1.0)
BLIND = ReviewSession("pat", blind=True)


def _do(found: Desk, sitting: ReviewSession, item: Item, do: str, **more: object) -> None:
    found.write(act(found, sitting, replace(Ask(do, *item.key), **more)))  # type: ignore[arg-type]


def test_only_what_was_given_beside_a_suggestion_is_left_out(study: Study, tmp_path: Path) -> None:
    """Accepted goes, with its reading; blind, control and earlier codings stay; after an opening they go again."""
    found = desk(study, tmp_path, learnt(study))
    item, before = first(found), load(found.path)
    code = item.suggestions[0].code
    _do(found, EVE, item, "accept", suggested=code)
    _do(found, EVE, item, "add", code="Work > Time")
    for sitting in (HIDDEN, BLIND):
        _do(found, sitting, item, "add", code="Work > Time")
        _do(found, sitting, item, "done")
    _do(found, HIDDEN, item, "accept", suggested=code)
    now, trail = load(found.path), entries(found.path)
    alone = independent(now, trail)
    assert set(before.codings) < set(alone.codings)
    assert sorted((c.coder, c.code) for c in set(alone.codings) - set(before.codings)) == [
        ("max", "Work > Time"),
        ("pat", "Work > Time"),
    ]
    assert {r.coder for r in alone.readings if r.document == "D6"} == {"max", "pat"}
    assert reviewed(now, trail).to_json() == {"prompted": 3, "unprompted": 2, "rejected": 0}


def test_what_was_taken_back_does_not_count(study: Study, tmp_path: Path) -> None:
    """After an undo the study is as it was; after the redo the decision counts again."""
    found = desk(study, tmp_path, learnt(study))
    item, before = first(found), load(found.path)
    _do(found, EVE, item, "accept", suggested=item.suggestions[0].code)
    found.write(act(found, EVE, Ask("undo")))
    assert independent(load(found.path), entries(found.path)).codings == before.codings
    assert reviewed(load(found.path), entries(found.path)).prompted == 0
    found.write(act(found, EVE, Ask("redo")))
    assert reviewed(load(found.path), entries(found.path)).prompted == 1
    assert len(load(found.path).codings) == len(before.codings) + 1


def test_a_reading_is_cut_where_it_was_brought_by_a_suggestion(study: Study, tmp_path: Path) -> None:
    """A rejected suggestion leaves its segment unseen, at its new place after a correction before it."""
    found = desk(study, tmp_path, learnt(study))
    item = first(found)
    for s in item.suggestions:
        _do(found, EVE, item, "reject", suggested=s.code)
    words = load(found.path).by_id["D6"].text_of(item.segment)
    _do(found, EVE, found.items("D6")[1], "correct", text="short")
    now = load(found.path)
    assert [now.by_id["D6"].text[r.start : r.end] for r in now.readings if r.coder == "eve"] == [words]
    assert [r for r in independent(now, entries(found.path)).readings if r.coder == "eve"] == []
