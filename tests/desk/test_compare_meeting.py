"""The meeting: points and passages, votes as rounds, the agreed coding, and what it changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.config import Config
from autocode.desk.compare import agree
from autocode.desk.guard import Ask
from autocode.desk.jobs import keep, kept
from autocode.desk.second_look import talk_of, undo_in_meeting, vote, votes_of
from autocode.desk.session import Desk
from autocode.errors import StudyError
from autocode.evaluate.meeting import agenda, compare_since, decided_as
from autocode.store.ledger import entries
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from tests.desk.desks import EVE, desk

PAIR = ("ana", "ben")


@pytest.fixture
def found(study: Study, tmp_path: Path) -> Desk:
    """A desk with the agenda of a meeting of Ana and Ben."""
    made = desk(study, tmp_path, None)
    keep(made.path, made.study, "meeting", _agenda(made))
    return made


def _agenda(found: Desk) -> dict[str, object]:
    return agenda(coding_matrix(found.study, Config(), PAIR), found.study.documents, PAIR).to_json()


def _talk(found: Desk):  # type: ignore[no-untyped-def]
    last = kept(found.path, found.study, "meeting")
    assert last is not None
    return [t for _, talked, _ in talk_of(found, last) for t in talked]


def _vote(found: Desk, key: str, who: str, *codes: str) -> None:
    found.write(vote(found, EVE, Ask("vote", code=who, codes=codes, edge=key, view="meeting")))


def test_the_agenda_shows_both_codings_and_what_is_agreed(found: Desk) -> None:
    """Each passage has what both gave, the codes that they differ on, and no votes yet."""
    passages = _talk(found)
    assert {(t.row.first, t.row.second) for t in passages} == {(("Work > Time",), ()), ((), ("Work > Recognition",))}
    assert all(len(t.codes) == 1 and not t.votes for t in passages)


def test_votes_are_rounds_beside_the_codings(found: Desk) -> None:
    """A vote is a row of the ledger under the voter's name; the last one counts; no coding changes."""
    before, first = found.study.codings, _talk(found)[0]
    _vote(found, first.key, "ben", *first.codes)
    _vote(found, first.key, "ana")
    assert _talk(found)[0].votes == {"ben": first.codes, "ana": ()}
    _vote(found, first.key, "ana", *first.codes)
    assert _talk(found)[0].votes == {"ben": first.codes, "ana": first.codes}
    assert found.study.codings == before
    made = [e.decision for e in entries(found.path)]
    assert [(d.action, d.coder) for d in made] == [("vote", "ben"), ("vote", "ana"), ("vote", "ana")]
    assert "written down by eve" in made[0].note
    found.write(undo_in_meeting(found, EVE, Ask("undo", view="meeting")))
    assert _talk(found)[0].votes == {"ben": first.codes, "ana": ()}


def test_undo_takes_back_the_latest_of_the_meeting(found: Desk) -> None:
    """Agreed codings and votes are taken back one by one, the latest first; then there is nothing left."""
    first = _talk(found)[0]
    before = set(found.study.codings)
    _vote(found, first.key, "ben", *first.codes)
    found.write(agree(found, EVE, Ask("agree", *first.item.key, codes=first.codes, text="why")))
    found.write(undo_in_meeting(found, EVE, Ask("undo", view="meeting")))
    assert set(found.study.codings) == before
    assert _talk(found)[0].votes
    found.write(undo_in_meeting(found, EVE, Ask("undo", view="meeting")))
    assert not _talk(found)[0].votes
    with pytest.raises(StudyError, match="nothing left"):
        undo_in_meeting(found, EVE, Ask("undo", view="meeting"))


@pytest.mark.parametrize(
    "ask",
    [
        Ask("vote", code="eve", edge="p0-0"),
        Ask("vote", code="ana", edge="p9-9"),
        Ask("vote", code="ana", codes=("Work",), edge="p0-0"),
    ],
)
def test_a_vote_is_on_a_passage_of_the_agenda_by_one_of_the_two(found: Desk, ask: Ask) -> None:
    """Another person, another passage or another code is refused."""
    with pytest.raises(StudyError, match="no passage"):
        vote(found, EVE, ask)


def test_votes_count_in_what_the_meeting_changed(found: Desk) -> None:
    """With Ben's vote for what Ana gave, agreement on the text discussed rises and he has yielded once."""
    last = kept(found.path, found.study, "meeting")
    assert last is not None
    first = next(t for t in _talk(found) if t.row.first)
    _vote(found, first.key, "ben", *first.codes)
    matrix = coding_matrix(found.study, Config(), PAIR)
    since = compare_since(decided_as(matrix, votes_of(found, PAIR)), found.study.documents, last.found)
    plain = compare_since(matrix, found.study.documents, last.found)
    assert (since.yielded["ben"], since.yielded["ana"], plain.yielded["ben"]) == (1, 0, 0)
    assert since.after is not None
    assert plain.after is not None
    assert since.after > plain.after


def test_what_a_matrix_does_not_have_is_passed_over(found: Desk) -> None:
    """A vote on a unit, code or coder that is not there changes nothing."""
    matrix = coding_matrix(found.study, Config(), PAIR)
    strange = {("ana", "D99", 0, 1, "Work > Time"): True, ("eve", "D1", 0, 1, "Work > Time"): True}
    assert (decided_as(matrix, strange).Y == matrix.Y).all()
