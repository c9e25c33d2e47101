"""Adjudication: a third coding with a reason; the originals stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.desk import Desk
from autocode.desk.acts import Ask, act
from autocode.desk.advice import ReviewSession
from autocode.desk.recode import agree, compared
from autocode.desk.view import Session
from autocode.errors import CodebookError, StudyError
from autocode.study import Study
from tests.desk.desks import EVE, desk, first, learnt


@pytest.fixture
def found(study: Study, tmp_path: Path) -> Desk:
    """Two coders differ on one segment of D1: Ben gave no code there."""
    return desk(study, tmp_path, learnt(study))


def _seat(document: str = "D1") -> Session:
    return Session(EVE, document=document, pair=("ana", "ben"))


def test_disagreements_come_first(found: Desk) -> None:
    """The one segment on which the coders differ heads the list, unresolved only while it is."""
    rows = compared(found, _seat())["rows"]
    assert (rows[0]["first"], rows[0]["second"]) != ([], [])
    differ = [r["first"] != r["second"] for r in rows if r["agreed"] is None]
    assert differ == sorted(differ, reverse=True)


def test_a_resolution_is_a_third_coding(found: Desk) -> None:
    """The codes agreed on stand under `agreed`, with the reason; both originals are as before."""
    item = next(i for i in found.items("D1") if not i.context)
    before = [c for c in found.study.codings if c.coder != "agreed"]
    found.write(agree(found, EVE, Ask("agree", *item.key, codes=("Work > Time",), text="Ana is right")))
    made = [c for c in found.touching(item) if c.coder == "agreed"]
    assert [(c.code, c.memo) for c in made] == [("Work > Time", "Ana is right")]
    assert [c for c in found.study.codings if c.coder != "agreed"] == before
    found.write(act(found, EVE, Ask("undo")))
    assert not [c for c in found.touching(item) if c.coder == "agreed" and c.memo]


def test_a_resolution_to_no_code_counts(found: Desk) -> None:
    """Agreeing on no code takes the earlier resolution away and leaves the segment resolved."""
    item = next(i for i in found.items("D1") if any(c.coder == "agreed" for c in found.touching(i)))
    found.write(agree(found, EVE, Ask("agree", *item.key, codes=(), text="neither fits")))
    row = next(r for r in compared(found, _seat())["rows"] if r["item"] == item)
    assert row["agreed"] == []


def test_a_resolution_needs_a_reason_and_known_codes(found: Desk) -> None:
    """Without a reason, with an unknown code, or in blind mode nothing is resolved."""
    item = first(found)
    with pytest.raises(StudyError, match="reason"):
        agree(found, EVE, Ask("agree", *item.key, codes=("Work",), text="  "))
    with pytest.raises(CodebookError):
        agree(found, EVE, Ask("agree", *item.key, codes=("Nowhere",), text="x"))
    with pytest.raises(StudyError, match="blind"):
        agree(found, ReviewSession("eve", blind=True), Ask("agree", *item.key, codes=("Work",), text="x"))


def test_what_only_one_has_read_is_no_disagreement(found: Desk) -> None:
    """In a document that only one coder has worked on nothing is compared."""
    item = first(found)
    found.write(act(found, EVE, Ask("accept", *item.key, suggested=item.suggestions[0].code)))
    seat = Session(EVE, document="D6", pair=("eve", "ana"))
    assert compared(found, seat)["rows"] == []
