"""The trail: sealed rows, breaks that are found, undoing that is a row."""

from __future__ import annotations

import itertools
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.errors import StoreError
from autocode.store import STORE, load, update
from autocode.store.backups import check
from autocode.store.ledger import append, entries, last_written
from autocode.study import Coder, Coding, Reading, Study
from autocode.study.codebook import Code, Codebook
from autocode.trail import Decision, Effects, Entry, Shown, from_text, of_coding, reverse, standing, to_text, verify

CODING = Coding("D0", 30, 60, "Work > Time", "eve", when="2026-01-01")


def _accept(coding: Coding = CODING) -> Decision:
    return Decision(
        "accept",
        coding.coder,
        coding.document,
        "2",
        coding.start,
        coding.end,
        coding.code,
        coding.code,
        0.8,
        "suggest",
        (Shown(coding.code, 0.8, "suggest"),),
        seconds=1.5,
        note="caf\u00e9 \ud800 👩‍👧",
        effects=Effects(added=(coding,), read=(Reading("D0", coding.coder, 30, 60),)),
    )


@pytest.fixture
def path(study: Study, tmp_path: Path) -> Path:
    """A study file with three decisions by Eve."""
    update(tmp_path / STORE, lambda _: study)
    for start in (30, 40, 50):
        append(tmp_path / STORE, [_accept(replace(CODING, start=start))], [Coder("eve", "Eve")])
    return tmp_path / STORE


def test_a_decision_reads_back_equal() -> None:
    """Text and back gives the same decision, odd characters and a codebook change included."""
    book = Codebook((Code("A"), Code("B", "A")))
    decision = replace(_accept(), effects=Effects(removed=(CODING,), book=(book, Codebook())))
    assert from_text(to_text(decision)) == decision


def test_what_is_no_decision_is_refused() -> None:
    """A row that is not JSON, or lacks a field, is one clear error."""
    for text in ("", "[]", "{}", '{"action":"accept"}'):
        with pytest.raises(StoreError, match="a row cannot be read"):
            from_text(text)


def test_a_decision_changes_the_study_in_the_same_step(path: Path) -> None:
    """The coding, the reading and the coder are in the study once the entry is in the ledger."""
    found = load(path)
    assert CODING in found.codings
    assert Reading("D0", "eve", 30, 60) in found.readings
    assert "eve" in found.humans
    assert check(path) == []


def test_the_chain_holds(path: Path) -> None:
    """Untouched entries verify and number from one."""
    assert verify(entries(path), last_written(path)) == []
    assert [e.seq for e in entries(path)] == [1, 2, 3]
    assert [e.seq for e in entries(path, after=2)] == [3]


def _without_guard(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER ledger_kept")
        connection.execute("DROP TRIGGER ledger_fixed")
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE ledger SET decision = replace(decision, '0.8', '0.9') WHERE seq = 2", "entry 2: it was changed"),
        ("UPDATE ledger SET at = '2020' WHERE seq = 1", "entry 1: it was changed"),
        ("DELETE FROM ledger WHERE seq = 2", "entry 3: the one before it is missing"),
        ("DELETE FROM ledger WHERE seq = 1", "entry 2: the one before it is missing"),
        ("DELETE FROM ledger WHERE seq = 3", "entries after 2 are missing: 3 were written"),
    ],
)
def test_a_break_is_found(path: Path, statement: str, fault: str) -> None:
    """A row changed, cut from the middle, the beginning or the end is named."""
    _without_guard(path, statement)
    assert any(found.startswith(fault) for found in verify(entries(path), last_written(path)))


@pytest.mark.parametrize("statement", ["DELETE FROM ledger", "UPDATE ledger SET at = ''"])
def test_the_file_itself_refuses_to_lose_a_row(path: Path, statement: str) -> None:
    """Rows of the ledger can be neither deleted nor changed while its guards stand."""
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)


def test_undo_is_a_row_and_gives_the_study_back(path: Path) -> None:
    """Undoing adds an entry, takes the codings and readings back, and nothing else stands."""
    before = load(path)
    (added,) = append(path, [_accept(replace(CODING, end=70))])
    assert load(path) != before
    append(path, [reverse([added], "eve")])
    assert load(path) == before
    found = entries(path)
    assert [e.decision.action for e in found][-2:] == ["accept", "undo"]
    assert [e.seq for e in standing(found)] == [1, 2, 3]


def test_a_decision_on_what_is_gone_changes_nothing(path: Path) -> None:
    """Removing a coding that is not there, or adding an unknown code, leaves file and ledger as they were."""
    before = (load(path), entries(path))
    gone = Decision("remove", "eve", effects=Effects(removed=(replace(CODING, end=999),)))
    unknown = _accept(replace(CODING, code="No such code"))
    for decision in (gone, unknown):
        with pytest.raises(StoreError, match="was changed meanwhile"):
            append(path, [_accept(replace(CODING, end=71)), decision])
    assert (load(path), entries(path)) == before


def test_an_import_leaves_the_ledger_alone(path: Path) -> None:
    """Rewriting the study's tables keeps every entry."""
    before = entries(path)
    update(path, lambda s: replace(s, name="other"))
    assert entries(path) == before


def test_a_coding_tells_how_it_was_made(path: Path) -> None:
    """A coding moved twice is followed back to the suggestion that it came from."""
    moved = [replace(CODING, end=CODING.end + i) for i in (0, 4, 8)]
    for old, new in itertools.pairwise(moved):
        append(path, [Decision("move", "eve", effects=Effects(added=(new,), removed=(old,)))])
    story = of_coding(entries(path), moved[-1])
    assert [e.decision.action for e in story] == ["accept", "move", "move"]
    assert story[0].decision.suggested == CODING.code


def test_the_end_of_a_chain_can_be_looked_at_alone(path: Path) -> None:
    """Entries that follow a known one verify without those before; after another one they do not."""
    found = entries(path)
    assert verify(found[1:], 3, found[0]) == []
    assert verify(found[2:], 3, found[0]) != []
    assert verify([], 4, found[2]) == ["entries after 3 are missing: 4 were written"]


def test_an_entry_out_of_nowhere_breaks_the_chain(path: Path) -> None:
    """An entry that was not sealed after the last one is found."""
    found = entries(path)
    forged = Entry(4, found[-1].at, _accept(), found[-1].sha256, "f" * 64)
    assert verify([*found, forged]) == ["entry 4: it was changed after it was written"]
