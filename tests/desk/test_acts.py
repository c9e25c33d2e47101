"""What a person does on the page, as decisions and their effects."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.desk.acts import act, moved, preview
from autocode.desk.advice import ReviewSession
from autocode.desk.guard import Ask, asked
from autocode.desk.session import Desk
from autocode.errors import AutocodeError, InputError, StudyError
from autocode.store import load
from autocode.store.backups import check
from autocode.store.ledger import entries, last_written
from autocode.study import Coding, Reading, Study
from autocode.trail import verify
from tests.desk.desks import EVE, desk, first, learnt


@pytest.fixture
def found(study: Study, tmp_path: Path) -> Desk:
    """A desk with two new interviews."""
    return desk(study, tmp_path, learnt(study))


def _do(found: Desk, do: str, sitting: ReviewSession = EVE, **more: object) -> None:
    item = first(found)
    ask = Ask(do, item.segment.document, item.segment.id, **more)  # type: ignore[arg-type]
    found.write(act(found, sitting, ask), sitting.coder)


def _mine(found: Desk) -> list[Coding]:
    assert load(found.path).codings == found.study.codings
    return [c for c in found.study.codings if c.coder == "eve"]


def test_accept_then_undo_leaves_the_study_as_it_was(found: Desk) -> None:
    """The file holds the coding after the key, and is as before after the undo."""
    before = load(found.path)
    code = first(found).suggestions[0].code
    _do(found, "accept", suggested=code)
    assert [c.code for c in _mine(found)] == [code]
    assert Reading("D6", "eve", first(found).segment.start, first(found).segment.end) in found.study.readings
    _do(found, "undo")
    after = load(found.path)
    assert (after.codings, after.readings) == (before.codings, before.readings)
    assert verify(entries(found.path), last_written(found.path)) == []


def test_undo_goes_back_to_the_beginning_and_then_says_so(found: Desk) -> None:
    """Every decision can be taken back, one after another, until none is left."""
    code = first(found).suggestions[0].code
    _do(found, "accept", suggested=code)
    _do(found, "add", code="Work > Time" if code != "Work > Time" else "Work")
    _do(found, "flag")
    _do(found, "note", text="look again")
    for _ in range(4):
        _do(found, "undo")
    assert _mine(found) == []
    with pytest.raises(StudyError, match="nothing left"):
        _do(found, "undo")


def test_nobody_undoes_another_persons_decision(found: Desk) -> None:
    """Undo takes back one's own decisions only."""
    _do(found, "accept", suggested=first(found).suggestions[0].code)
    with pytest.raises(StudyError, match="nothing left"):
        _do(found, "undo", ReviewSession("max", share=0.0))


def test_a_free_selection_is_coded_and_its_edges_move_by_words(found: Desk) -> None:
    """A code on selected words covers exactly these; edges stop at words."""
    item = first(found)
    text, start = found.study.by_id["D6"].text, item.segment.start
    end = start + text[start:].index(" ")
    _do(found, "add", code="Work", start=start, end=end)
    _do(found, "move", code="Work", start=start, end=end, edge="end", by=2)
    (coding,) = _mine(found)
    assert text[coding.start : coding.end] == " ".join(text[start:].split(" ")[:3])
    _do(found, "remove", code="Work", start=coding.start, end=coding.end)
    assert _mine(found) == []


@pytest.mark.parametrize("span", [(5, 5), (9, 3), (0, 10**9), (-5, 3)])
def test_an_impossible_selection_is_refused(found: Desk, span: tuple[int, int]) -> None:
    """A selection outside the document or without words changes nothing."""
    with pytest.raises(StudyError):
        _do(found, "add", code="Work", start=span[0], end=span[1])
    assert entries(found.path) == []


def test_hidden_suggestions_cannot_be_answered(found: Desk) -> None:
    """Before a control segment is decided its suggestions can be neither accepted nor rejected."""
    hidden = ReviewSession("eve", share=1.0)
    code = first(found).suggestions[0].code
    with pytest.raises(StudyError, match="hidden until"):
        _do(found, "accept", hidden, suggested=code)
    _do(found, "add", hidden, code=code)
    _do(found, "done", hidden)
    done = entries(found.path)[-1].decision
    assert done.hidden
    assert [(s.code, s.given) for s in done.shown] == [(code, True)]


def test_a_decided_segment_was_read_and_a_skipped_one_was_not(found: Desk) -> None:
    """Skipping leaves the segment unseen; deciding it makes what is uncoded a no."""
    _do(found, "skip")
    assert not [r for r in found.study.readings if r.coder == "eve"]
    _do(found, "done")
    assert [r for r in found.study.readings if r.coder == "eve"]


def test_bulk_accept_does_what_the_preview_said_and_one_undo_takes_it_back(found: Desk) -> None:
    """All previewed suggestions are coded at once; one undo removes all of them."""
    listed, digest = preview(found, EVE, Ask("bulk", "D6", least=0.5))
    assert len(listed) >= 2
    found.write(act(found, EVE, Ask("bulk", "D6", least=0.5, digest=digest)))
    assert len(_mine(found)) == len(listed)
    assert found.progress("D6", EVE).asked == 0
    assert len({r for r in found.study.readings if r.coder == "eve"}) == len(listed)
    found.write(act(found, EVE, Ask("undo")))
    assert _mine(found) == []
    assert not [r for r in found.study.readings if r.coder == "eve"]
    assert check(found.path) == []


def test_bulk_accept_after_a_change_asks_for_a_new_preview(found: Desk) -> None:
    """Where a suggestion was decided since the preview, nothing is accepted."""
    _, digest = preview(found, EVE, Ask("bulk", "D6", least=0.5))
    _do(found, "reject", suggested=first(found).suggestions[0].code)
    with pytest.raises(StudyError, match="since the preview"):
        act(found, EVE, Ask("bulk", "D6", least=0.5, digest=digest))


def test_bulk_accept_leaves_hidden_segments_alone(found: Desk) -> None:
    """Control segments are never accepted in bulk, and blind mode has no bulk at all."""
    assert preview(found, ReviewSession("eve", share=1.0), Ask("bulk", "D6", least=0.0))[0] == []
    with pytest.raises(StudyError, match="blind"):
        preview(found, ReviewSession("eve", blind=True), Ask("bulk", "D6", least=0.0))


def test_closing_the_rest_is_a_reading_and_one_undo(found: Desk) -> None:
    """Segments without a question are closed together, and open again after one undo."""
    silent = found.progress("D6", EVE).silent
    with pytest.raises(StudyError, match="unread now"):
        act(found, EVE, Ask("rest", "D6", by=silent - 1))
    found.write(act(found, EVE, Ask("rest", "D6", by=silent)))
    assert found.progress("D6", EVE).silent == 0
    assert len([r for r in found.study.readings if r.coder == "eve"]) == silent
    found.write(act(found, EVE, Ask("undo")))
    assert found.progress("D6", EVE).silent == silent


def test_an_interviewers_turn_is_not_decided(found: Desk) -> None:
    """A context turn cannot be closed as a decision."""
    context = next(i for i in found.items("D6") if i.context)
    with pytest.raises(StudyError):
        act(found, EVE, Ask("done", "D6", context.segment.id))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
        max_leaves=6,
    )
)
def test_any_json_is_a_request_or_is_refused(row: object) -> None:
    """What the page did not send ends in one clear error, never in another."""
    with contextlib.suppress(InputError):
        assert isinstance(asked(row), Ask)


@given(
    st.text(alphabet="ab \n👩é", min_size=1, max_size=40),
    st.integers(0, 39),
    st.integers(-5, 5),
    st.sampled_from(["start", "end"]),
)
def test_a_moved_edge_stands_at_a_word(text: str, at: int, by: int, edge: str) -> None:
    """An edge moves to the beginning (or end) of a word in the direction asked for, or stays."""
    at = min(at, len(text))
    place = moved(text, Coding("D", at, at, "c", "eve"), edge, by)
    assert 0 <= place <= len(text)
    assert place == at or (place > at) == (by > 0)
    if place != at:
        beside = text[place : place + 1] if edge == "start" else text[place - 1 : place]
        assert beside.strip()


def test_faults_change_nothing(found: Desk) -> None:
    """Requests that do not fit the study leave file and ledger as they were."""
    before = found.path.read_bytes()
    for ask in (
        Ask("accept", "D6", "3", suggested="Nowhere"),
        Ask("add", "D6", "3", code="Nowhere"),
        Ask("fly"),
        Ask("done", "D6", "999"),
        Ask("done", "Nowhere", "1"),
        Ask("note", "D6", "3", text="  "),
        Ask("move", "D6", "3", code="Work", start=1, end=2, edge="end", by=1),
    ):
        with pytest.raises(AutocodeError):
            found.write(act(found, EVE, ask))
    assert found.path.read_bytes() == before


def test_both_edges_of_a_coding_move_in_one_step(found: Desk) -> None:
    """A coding of one's own gets other words, clipped of blanks, also in the next segment; undone in one step."""
    item = first(found)
    _do(found, "add", code="Work")
    (old,) = _mine(found)
    text = found.study.by_id["D6"].text
    begin = text.index(" ", old.start)
    then = text.index(" ", old.end + 2)
    place = {"code": "Work", "start": old.start, "end": old.end}
    _do(found, "span", **place, first=begin, last=then + 1)
    (new,) = _mine(found)
    assert (new.start, new.end) == (begin + 1, then)
    assert (new.code, new.memo, new.when) == (old.code, old.memo, old.when)
    for wrong in ({"first": new.start, "last": new.end}, {"first": 5, "last": 5}, {"first": 0, "last": 10**9}):
        with pytest.raises(StudyError):
            _do(found, "span", **{**place, "start": new.start, "end": new.end, **wrong})
    with pytest.raises(StudyError, match="no longer there"):
        _do(found, "span", **place, first=begin, last=then)
    _do(found, "undo")
    assert _mine(found) == [old]
    assert item.key == first(found).key
