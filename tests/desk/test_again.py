"""The blind re-look: nothing of the first coding before the decision, a round of its own, nothing overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from autocode.config import Config
from autocode.desk.acts import act
from autocode.desk.advice import ReviewSession
from autocode.desk.again import adopt, begin, look_again, outcome, rounds
from autocode.desk.guard import Ask
from autocode.desk.jobs import FOLDER, keep, kept
from autocode.desk.session import Desk
from autocode.errors import StudyError
from autocode.evaluate.second_look import second_look
from autocode.model.prepared import learnable
from autocode.store import update
from autocode.store.ledger import entries
from autocode.study import Study
from tests.desk.desks import desk

ANA = ReviewSession("ana", share=0.0)


@pytest.fixture
def found(study: Study, tmp_path: Path) -> Desk:
    """A desk with a list for each coder, made from chances that know nothing."""
    made = desk(study, tmp_path, None)
    matrix = learnable(made.study, Config(), made.study.humans)
    P = np.random.default_rng(1).uniform(0.02, 0.6, (len(matrix.segments), len(matrix.codes)))
    keep(made.path, made.study, "look", second_look(matrix, P).to_json())
    return made


def _begun(found: Desk) -> Desk:
    begin(found, "ana")
    return found


def _decide(found: Desk, number: int, yes: bool) -> None:
    found.write(look_again(found, ANA, Ask("look-again", start=number, by=int(yes), view="again")))


def test_listed_passages_come_among_others_drawn_at_random(found: Desk) -> None:
    """Every listed decision of the coder is in the round, mixed with drawn ones, each with the first decision."""
    items = rounds(_begun(found), "ana")
    row = next(c for c in kept(found.path, found.study, "look").found["coders"] if c["coder"] == "ana")  # type: ignore[union-attr]
    listed = {(x["segment"]["document"], x["segment"]["id"], x["code"]) for x in row["looks"]}
    assert listed == {(x.segment.document, x.segment.id, x.code) for x in items if x.listed}
    assert sum(x.drawn for x in items) > len(listed) > 0
    given = {(c.document, c.start, c.code) for c in found.study.codings if c.coder == "ana"}
    assert all(x.first == ((x.segment.document, x.segment.start, x.code) in given) for x in items)
    assert rounds(found, "ben") == []


def test_an_answer_is_a_row_of_the_ledger_and_changes_no_coding(found: Desk) -> None:
    """Each answer stands in the trail under the coder's name; the codings are as before; undo takes it back."""
    before = _begun(found).study.codings
    _decide(found, 0, True)
    _decide(found, 1, False)
    assert [x.now for x in rounds(found, "ana")[:3]] == [True, False, None]
    assert [(e.decision.action, e.decision.coder, e.decision.hidden) for e in entries(found.path)] == [
        ("look again", "ana", True)
    ] * 2
    assert found.study.codings == before
    with pytest.raises(StudyError, match="decided already"):
        _decide(found, 1, True)
    found.write(act(found, ANA, Ask("undo")))
    assert rounds(found, "ana")[1].now is None


def test_the_round_goes_on_after_a_restart(found: Desk) -> None:
    """A desk that is opened anew has the same passages and answers."""
    _decide(_begun(found), 0, False)
    again = Desk(found.path, found.advice)
    assert rounds(again, "ana") == rounds(found, "ana")


def test_a_round_begun_by_an_earlier_version_goes_on(found: Desk) -> None:
    """What an earlier version kept says of each passage only whether it was drawn; the rest was listed."""
    items = rounds(_begun(found), "ana")
    past = kept(found.path, found.study, "rounds")
    assert past is not None
    row = past.found["ana"]
    row["items"] = [[place, code, drawn, first] for place, code, drawn, _, first in row["items"]]
    keep(found.path, found.study, "rounds", {"ana": row})
    assert [(x.first, x.drawn) for x in rounds(found, "ana")] == [(x.first, x.drawn) for x in items]
    assert all(x.listed != x.drawn for x in rounds(found, "ana"))


def _finished(found: Desk) -> Desk:
    """Everything decided as at first, but for the first listed passage."""
    items = rounds(_begun(found), "ana")
    other = next(x.number for x in items if x.listed and x.first)
    for x in items:
        _decide(found, x.number, x.first != (x.number == other))
    return found


def test_the_outcome_counts_what_was_changed(found: Desk) -> None:
    """One listed decision is decided otherwise; what a person takes over changes a coding, and one undo brings it back."""
    assert outcome(_begun(found), "ana", rounds(found, "ana")) is None
    told = outcome(_finished(found), "ana", rounds(found, "ana"))
    assert told is not None
    listed = sum(x.listed for x in rounds(found, "ana"))
    assert told["answer"][0].startswith(f"1 of {listed} listed decision")
    assert len(told["changed"]) == 1
    before, changed = found.study.codings, told["changed"][0]
    found.write(adopt(found, ANA, Ask("adopt", start=changed.number, view="again")))
    assert len(found.study.codings) == len(before) - 1
    after = outcome(found, "ana", rounds(found, "ana"))
    assert after is not None
    assert after["answer"] == told["answer"]  # the first decision of the round stands, whatever the coding is now
    with pytest.raises(StudyError, match="as you decided"):
        adopt(found, ANA, Ask("adopt", start=changed.number, view="again"))
    found.write(act(found, ANA, Ask("undo")))
    assert set(found.study.codings) == set(before)


def test_a_coding_that_reaches_further_is_left_alone(found: Desk) -> None:
    """Where the coding is longer than the passage, it is not taken away with it."""
    items = rounds(_begun(found), "ana")
    x = next(i for i in items if i.first)
    _decide(found, x.number, False)
    coding = next(
        c
        for c in found.study.codings
        if (c.document, c.start, c.code, c.coder) == (x.segment.document, x.segment.start, x.code, "ana")
    )
    found.write(
        act(
            found,
            ANA,
            Ask("move", x.segment.document, x.segment.id, x.code, start=coding.start, end=coding.end, edge="end", by=3),
        )
    )
    with pytest.raises(StudyError, match="beyond the passage"):
        adopt(found, ANA, Ask("adopt", start=x.number, view="again"))


def test_nothing_begins_on_a_list_that_is_out_of_date(found: Desk) -> None:
    """Once a coding has changed, or for a person without a list, the list has to be made again."""
    with pytest.raises(StudyError, match="no list for you"):
        begin(found, "eve")
    item = next(i for i in found.items("D1") if not i.context)
    found.write(act(found, ANA, Ask("add", *item.key, code="Learning > Recognition")))
    with pytest.raises(StudyError, match="Make the list again"):
        begin(found, "ana")


def test_passages_whose_words_changed_are_passed_over(found: Desk) -> None:
    """A correction of a transcript takes its passages out of the round; the rest stays."""
    items = rounds(_begun(found), "ana")
    document = items[0].segment.document
    unit = next(i for i in found.items(document) if not i.context)
    found.write(act(found, ANA, Ask("correct", *unit.key, text=found.study.by_id[document].text_of(unit.segment) + " indeed")))
    after = rounds(found, "ana")
    assert {x.words is None for x in after if x.segment.document == document} == {True}
    assert all(x.words for x in after if x.segment.document != document)
    with pytest.raises(StudyError, match="no part"):
        _decide(found, items[0].number, True)


def test_what_is_kept_holds_places_and_no_words(found: Desk) -> None:
    """The files of the second look hold no word of a transcript, and one that is damaged counts as none."""
    _begun(found)
    for path in (found.path.parent / FOLDER).glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert "manager" not in text
        assert "Could you" not in text
        path.write_text(text[: len(text) // 2], encoding="utf-8")
    assert kept(found.path, found.study, "look") is None
    assert rounds(found, "ana") == []


def test_another_coders_passages_are_checked_against_their_own_words(found: Desk) -> None:
    """A round that another coder begins later does not make an older one's changed words pass for unchanged."""
    items = rounds(_begun(found), "ana")
    document = items[0].segment.document
    update(found.path, lambda s: s)
    unit = next(i for i in found.items(document) if not i.context)
    found.write(act(found, ANA, Ask("correct", *unit.key, text="Quite other words.")))
    state = json.loads((found.path.parent / FOLDER / "look.json").read_text(encoding="utf-8"))
    keep(found.path, found.study, "look", state["found"])
    begin(found, "ben")
    assert {x.words is None for x in rounds(found, "ana") if x.segment.document == document} == {True}
