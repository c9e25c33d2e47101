"""Dated copies: made while others write, put back, kept in number; and the list of outputs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from autocode import footprint
from autocode.errors import StoreError
from autocode.formats.files import write_atomic
from autocode.store import STORE, load, update
from autocode.store.backups import (
    backup,
    backup_of,
    backups,
    before_import,
    check,
    drop_import,
    import_kept,
    keep_import,
    restore,
)
from autocode.store.ledger import append, entries, held, last_written
from autocode.store.records import outputs, record_outputs, record_taken
from autocode.study import Document, Study
from autocode.trail import Decision, verify


@pytest.fixture
def store(study: Study, tmp_path: Path) -> Path:
    """A stored study."""
    update(tmp_path / "s" / STORE, lambda _: study)
    return tmp_path / "s" / STORE


def test_a_copy_made_during_a_review_holds_every_decision_and_comes_back(store: Path, study: Study) -> None:
    """Decisions that stand in the log alone are in the copy; it is one file, and is restored under a review's hands."""
    with held(store):
        append(store, [Decision("note", "ana", "D1", note="one")])
        kept = backup(store)
        append(store, [Decision("note", "ana", "D1", note="two")])
        update(store, lambda old: replace(old, codings=()))
        assert [p.name for p in kept.parent.iterdir()] == [kept.name]
        assert check(kept) == []
        before = restore(store, kept)
        assert load(store) == study
        assert [e.decision.note for e in entries(store)] == ["one"]
    assert check(store) == []
    assert before is not None
    assert len(entries(before)) == 2
    assert not load(before).codings


@pytest.mark.row(4)
@pytest.mark.parametrize("damage", [b"", b"\x00" * 5000, b"no database at all" * 300])
def test_a_study_that_cannot_be_opened_is_moved_aside(store: Path, study: Study, damage: bytes) -> None:
    """The last good state is back, and the damaged file is kept."""
    kept = backup(store)
    store.write_bytes(damage)
    restore(store, kept)
    assert load(store) == study
    store.unlink()
    assert restore(store, kept) is None
    assert load(store) == study


def test_an_unsound_copy_is_refused(store: Path, study: Study) -> None:
    """A damaged copy is never put in the place of a study."""
    kept = backup(store)
    raw = bytearray(kept.read_bytes())
    raw[len(raw) // 2 :] = b"\x55" * (len(raw) - len(raw) // 2)
    kept.write_bytes(raw)
    with pytest.raises(StoreError, match="not sound"):
        restore(store, kept)
    assert load(store) == study


def test_copies_that_nobody_asked_for_are_ten_at_most(store: Path) -> None:
    """The latest ten stay; those a person made stay for ever; a copy is found by number, name or latest."""
    asked = backup(store)
    made = [backup(store, "import") for _ in range(13)]
    left = backups(store)
    assert asked in [b.path for b in left]
    assert len(left) == 11
    assert backup_of(store.parent, "latest") == left[0].path
    assert backup_of(store.parent, "2") == left[1].path
    assert backup_of(store.parent, asked.name) == asked
    assert made[-1] in [b.path for b in left]
    with pytest.raises(StoreError, match="no such copy"):
        backup_of(store.parent, "nothing")


@pytest.mark.row(4)
def test_the_oldest_of_ten_copies_is_put_back_whole(store: Path, study: Study) -> None:
    """The copy made before putting it back does not push it out, for the study would be emptied."""
    oldest = backup(store, "import")
    for _ in range(9):
        update(store, lambda old: replace(old, codings=old.codings[1:]))
        backup(store, "import")
    assert backups(store)[-1].path == oldest
    before = restore(store, oldest)
    assert load(store) == study
    assert before is not None
    assert len(load(before).codings) == len(study.codings) - 9
    assert load(oldest) == study


class _Clock(datetime):
    """A clock that was set back to noon, and stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Clock:
        """Noon of an earlier day."""
        return cls(2020, 1, 1, 12, tzinfo=tz)


@pytest.mark.row(4)
def test_a_clock_that_goes_back_takes_no_copy_for_an_older_one(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy made last is the latest in the list, is not the first to go, and is what `latest` gives back."""
    early = [backup(store, "import") for _ in range(12)]
    monkeypatch.setattr("autocode.store.opening.datetime", _Clock)
    append(store, [Decision("note", "ana", "D1", note="after the clock was set back")])
    made = [backup(store, "import") for _ in range(3)]
    listed = backups(store)
    assert [b.path for b in listed] == [*reversed(made), *reversed(early[-7:])]
    assert backup_of(store.parent, "latest") == made[-1]
    assert [e.decision.note for e in entries(made[-1])] == ["after the clock was set back"]


@pytest.mark.row(4)
def test_no_damaged_file_moved_aside_takes_the_place_of_another(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Restored twice within a second, or after the clock went back: each damaged file is kept."""
    monkeypatch.setattr("autocode.store.backups.datetime", _Clock)
    kept = backup(store)
    for damage in (b"first" * 500, b"second" * 500):
        store.write_bytes(damage)
        restore(store, kept)
    aside = sorted((store.parent / "backups").glob("damaged-*"))
    assert [p.read_bytes()[:5] for p in aside] in ([b"first", b"secon"], [b"secon", b"first"])


def test_a_ledger_goes_on_when_the_clock_goes_back(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries stand in the order they were made: the chain is whole, the study sound, and undo takes back the last one."""
    append(store, [Decision("note", "ana", "D1", note="at noon")])
    monkeypatch.setattr("autocode.store.opening.datetime", _Clock)
    for note in ("an hour before noon", "at noon again"):
        append(store, [Decision("note", "ana", "D1", note=note)])
    found = entries(store)
    assert [e.decision.note for e in found] == ["at noon", "an hour before noon", "at noon again"]
    assert found[0].at > found[1].at
    assert verify(found, last_written(store)) == []
    assert check(store) == []


def test_a_copy_elsewhere_never_overwrites(store: Path, tmp_path: Path) -> None:
    """A named copy goes where it is told, and not over what is there."""
    assert backup(store, "", tmp_path / "usb" / "copy.sqlite").stat().st_mode & 0o077 == 0
    with pytest.raises(StoreError, match="already"):
        backup(store, "", tmp_path / "usb" / "copy.sqlite")


def test_outputs_are_listed_with_what_they_held(store: Path, tmp_path: Path) -> None:
    """Each output has its place, kind, hash and moment; written again it stands once; a change shows."""
    footprint.taken()
    load(store)
    write_atomic(tmp_path / "out" / "report.html", "<p>said</p>")
    assert record_taken("report") == []
    write_atomic(tmp_path / "out" / "report.html", "<p>said again</p>")
    load(store)
    record_taken("report")
    (listed,) = outputs(store)
    assert (listed.path, listed.kind) == ("../out/report.html", "report")
    assert listed.place(store) == tmp_path / "out" / "report.html"
    assert listed.unchanged(store)
    (tmp_path / "out" / "report.html").write_text("mine")
    assert not listed.unchanged(store)
    assert check(store) == []


def test_a_list_survives_an_import(store: Path, tmp_path: Path, study: Study) -> None:
    """Bringing more in leaves the list of outputs alone."""
    record_outputs(store, [tmp_path / "a.csv"], "export")
    update(store, lambda _: study)
    assert [o.path for o in outputs(store)] == ["../a.csv"]


def test_an_import_is_given_back_from_the_copy_before_it(study: Study, tmp_path: Path) -> None:
    """What it was before is known as long as nobody has worked since, and the copy is there."""
    store = tmp_path / STORE
    before = update(store, lambda _: study)
    copy = backup(store, "import")
    update(store, lambda s: replace(s, documents=(*s.documents, Document("late", "One more."))))
    keep_import(store, copy)
    assert before_import(store) == before
    update(store, lambda s: replace(s, documents=(*s.documents, Document("later", "And another."))))
    with pytest.raises(StoreError, match="worked on since"):
        before_import(store)
    copy.unlink()
    assert not import_kept(store)
    drop_import(store)
    with pytest.raises(StoreError, match="no longer there"):
        before_import(store)
