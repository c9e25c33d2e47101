"""Versions of the codebook: put together from imports and from the steps of review."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autocode.desk.acts import act
from autocode.desk.codes import step
from autocode.desk.guard import Ask
from autocode.desk.session import Desk
from autocode.dossier.blocks import Table
from autocode.dossier.findings import Trail
from autocode.dossier.provenance import difference, version_blocks, versions_of
from autocode.store.ledger import entries
from autocode.store.records import ReceiptRow
from autocode.study import Study
from autocode.study.codebook import Codebook
from tests.desk.desks import EVE, desk

IMPORT = ReceiptRow("2020-01-01T00:00:00+00:00", "codebook.yaml", "codes", 6)


@pytest.fixture
def found(study: Study, tmp_path: Path) -> Desk:
    """A coded study on the desk, one code renamed and two merged."""
    made = desk(study, tmp_path, None)
    made.write([step(made, EVE, Ask("code-rename", code="Work > Time", text="Hours"))])
    moved = sum(c.code == "Work > Recognition" for c in made.study.codings)
    made.write([step(made, EVE, Ask("code-merge", code="Work > Recognition", suggested="Learning > Recognition", by=moved))])
    return made


def _trail(found: Desk, *imports: ReceiptRow) -> Trail:
    return Trail(written=entries(found.path), imports=imports)


def test_each_step_is_a_version_with_its_state_before_and_after(found: Desk, study: Study) -> None:
    """The import has the codebook from before the first step, each step the codebook after it, the last one today's."""
    made = versions_of(found.study.codebook, _trail(found, IMPORT))
    assert [(v.who, v.change.partition(":")[0]) for v in made] == [
        ("import of codebook.yaml", "6 codes read"),
        ("eve", "rename"),
        ("eve", "merge"),
    ]
    assert made[0].book == study.codebook
    assert made[1].book is not None
    assert "Work > Hours" in made[1].book
    assert "Work > Recognition" in made[1].book
    assert made[2].book == found.study.codebook
    renamed = sum(c.code == "Work > Time" for c in study.codings if c.document not in ("D6", "D7"))
    assert made[1].moved == renamed > 0


def test_an_undone_step_is_a_version_too(found: Desk) -> None:
    """Taking a step back is on record with the state it leads to, which is the one before the step."""
    found.write(act(found, EVE, Ask("undo")))
    made = versions_of(found.study.codebook, _trail(found, IMPORT))
    assert made[-1].change == "undo of entry 2"
    assert made[-1].book == made[1].book == found.study.codebook


def test_steps_stand_in_their_order_when_the_clock_went_back(found: Desk) -> None:
    """The order of the record counts: no state is taken for one that was made by other means."""
    trail = _trail(found)
    back = [replace(e, at=f"2019-01-0{9 - e.seq}T00:00:00") for e in trail.written]
    made = versions_of(found.study.codebook, replace(trail, written=back))
    assert [(v.who, v.change.partition(":")[0]) for v in made[1:]] == [("eve", "rename"), ("eve", "merge")]


def test_what_the_record_lacks_is_said(found: Desk) -> None:
    """An early import whose state no step shows, and a change nobody recorded, stand there as such."""
    other = ReceiptRow("2019-01-01T00:00:00+00:00", "old.yaml", "codes", 5)
    now = found.study.codebook.with_paths(["Work > Later"])
    made = versions_of(now, _trail(found, other, IMPORT))
    assert made[0].book is None
    assert made[-1].who == "not on record"
    assert made[-1].book == now
    shown = version_blocks(versions_of(now, _trail(found, other, IMPORT)), _trail(found, other, IMPORT))
    assert "1 of them cannot be put together" in str(shown[1])
    alone = versions_of(Codebook(), Trail())
    assert [(v.at, v.who) for v in alone] == [("", "not on record")]


def test_imports_of_one_moment_are_one_version_and_other_receipts_none() -> None:
    """A codebook read together with codings that bring new codes is one change; transcripts are none."""
    more = ReceiptRow(IMPORT.at, "pilot", "codings in the study", 9, {}, ("2 new codes: A, B", "3 new documents: x"))
    texts = ReceiptRow("2021-01-01T00:00:00+00:00", "texts", "transcripts", 3)
    (made,) = versions_of(Codebook(), Trail(imports=(IMPORT, more, texts)))
    assert made.change == "6 codes read; 2 new codes: A, B"


def test_a_difference_names_what_came_what_went_and_what_was_reworded(study: Study, found: Desk) -> None:
    """Added, gone and reworded codes are named."""
    book = study.codebook
    assert difference(None, book) == "first version on record"
    assert difference(book, book) == "none"
    assert difference(book, found.study.codebook) == "added Hours; gone Recognition, Time"
    found.write([step(found, EVE, Ask("code-define", code="Work > Hours", text="Other words."))])
    assert difference(versions_of(found.study.codebook, _trail(found))[-2].book, found.study.codebook) == "reworded Hours"


def test_every_known_state_stands_in_full_on_a_sheet(found: Desk, study: Study) -> None:
    """The sheet of states lists each version's codes with their definitions."""
    states = version_blocks(versions_of(found.study.codebook, _trail(found, IMPORT)), _trail(found, IMPORT))[-1]
    assert isinstance(states, Table)
    assert states.sheet_only
    assert [row[1] for row in states.rows if row[0] == 1] == [c.path for c in study.codebook]
    assert [row[2] for row in states.rows if row[0] == 3] == [c.definition for c in found.study.codebook]
