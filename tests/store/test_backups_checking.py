"""The doctor of a study: flips, cuts, edits behind the program's back, lost logs and doubles are reported; sound ones never."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flips import flip, long_ledger, reported

from autocode.store import STORE, rewrite_receipts, scrub, update
from autocode.store.backups import check, doubles, unused_flips
from autocode.store.ledger import append, forget_words, held
from autocode.store.opening import still
from autocode.store.records import ReceiptRow, record_outputs
from autocode.store.rows import log_of
from autocode.study import Coding, Study
from autocode.trail import Decision, Effects

NIGHT = bool(os.environ.get("AUTOCODE_NIGHTLY"))


@pytest.mark.row(4)
def test_flipped_bits_and_cuts_are_reported() -> None:
    """Of single flipped bits of a study with a long ledger 99 % and more are reported, of cuts all, and it itself is sound."""
    told = reported(flips=300 if NIGHT else 100, cuts=100 if NIGHT else 10, decisions=1000 if NIGHT else 300)
    assert told["sound study called damaged"] == 0
    assert int(str(told["reported"])) >= 0.99 * int(str(told["flips"]))
    assert told["cuts reported"] == told["cuts"]


@pytest.mark.row(4)
def test_any_flip_in_the_head_of_the_file_is_a_fault_in_words(study: Study, tmp_path: Path) -> None:
    """Size of pages, forms of writing, or space kept for later: each flipped bit is named, and none is an error of ours."""
    whole, copy = tmp_path / "whole" / STORE, tmp_path / "copy" / STORE
    update(whole, lambda _: study)
    copy.parent.mkdir()
    silent = []
    for bit in range(8 * 100):
        shutil.copy(whole, copy)
        flip(copy, bit)
        if not check(copy):
            silent.append(bit // 8)
    # Counters of changes and of the program's version say nothing of what is kept; SQLite reads past them.
    assert set(silent) <= {*range(24, 28), *range(40, 48), *range(92, 100)}


def _edited(path: Path, statement: str) -> None:
    """What another program does: no guards, no hashes."""
    with sqlite3.connect(path) as connection:
        for name in ("ledger_kept", "ledger_fixed"):
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        connection.execute(statement)
    connection.close()


@pytest.mark.row(4)
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM coding WHERE rowid = 7", "table coding holds 29 rows, 30 were written"),
        ("DELETE FROM reading", ""),
        ("DELETE FROM document WHERE id = 'D3'", "table document holds 19 rows, 20 were written"),
        ("UPDATE coding SET row_sha256 = (SELECT row_sha256 FROM coding LIMIT 1) WHERE rowid = 9", "row 9 of table coding"),
        ("INSERT INTO coding SELECT * FROM coding WHERE rowid = 5", "table coding holds 31 rows, 30 were written"),
        ("UPDATE ledger SET decision = replace(decision, 'ana', 'eve') WHERE seq = 4", "ledger, entry 4: it was changed"),
        ("DELETE FROM ledger WHERE seq = 4", "ledger, entry 5: the one before it is missing"),
        ("DELETE FROM ledger WHERE seq > 20", "ledger, entries after 20 are missing: 30 were written"),
        ("DROP TABLE ledger", "the ledger is missing: 30 decisions were written"),
        ("UPDATE tally SET n = n - 1 WHERE name = 'coding'", "the tally of its tables is damaged"),
        ("DELETE FROM tally WHERE name = 'coding'", "written into table coding is no longer known"),
        ("DROP TABLE tally", "the tally of its tables is missing"),
        ("PRAGMA user_version = 0", "no study file"),
    ],
)
def test_edits_behind_the_programs_back_are_named(tmp_path: Path, statement: str, fault: str) -> None:
    """Rows deleted, doubled or exchanged, entries of the ledger edited, cut out or cut off: each is named in plain words."""
    path = tmp_path / STORE
    long_ledger(path, 30)
    assert check(path) == []
    _edited(path, statement)
    faults = check(path)
    if fault:
        assert any(fault in told for told in faults), faults
    assert any("guards are gone" in told or fault in told for told in faults)


_BUSY: dict[str, Callable[[Path, Study], object]] = {
    "importing": lambda path, study: update(path, lambda old: replace(study, codings=study.codings[::2])),
    "deciding": lambda path, study: append(path, [Decision("note", "ana", "D1", note="ä" * 3000)] * 30),
    "coding": lambda path, study: append(
        path, [Decision("add", "ana", effects=Effects(added=(Coding("D1", 0, n, "Work", "ana"),))) for n in range(1, 50)]
    ),
    "forgetting words": lambda path, study: forget_words(path),
    "scrubbing": lambda path, study: scrub(path),
    "listing outputs": lambda path, study: record_outputs(path, [path.parent / f"{n}.html" for n in range(40)], "report"),
    "growing": lambda path, study: update(
        path, lambda old: replace(old, documents=tuple(replace(d, text=d.text + "x" * 9000) for d in old.documents))
    ),
    "shrinking": lambda path, study: update(path, lambda old: replace(old, codings=(), readings=())),
}


@pytest.mark.row(4)
def test_a_sound_study_is_never_called_damaged(study: Study, tmp_path: Path) -> None:
    """After every kind of writing, in two orders, and while another has it open, there is no fault."""
    path = tmp_path / STORE
    update(path, lambda _: study)
    for act in (*_BUSY.values(), *reversed(_BUSY.values())):
        act(path, study)
        assert check(path) == []
    with held(path):
        append(path, [Decision("skip", "ana", "D1")])
        assert log_of(path).stat().st_size
        assert check(path) == []


@pytest.mark.row(4)
@pytest.mark.parametrize("tidied", [False, True])
def test_a_study_coded_for_long_is_never_called_damaged(study: Study, tmp_path: Path, tidied: bool) -> None:
    """Codings of every length that come and go leave sizes of free pieces in unused space; that is no flipped bit."""
    path, made, chance = tmp_path / STORE, list[Coding](), random.Random(3)
    receipt = ReceiptRow("t", "D.txt", "rows", 1)
    update(path, lambda _: replace(study, documents=study.documents[:3], codings=(), readings=()), lambda: [receipt])
    record_outputs(path, [tmp_path / "letters.docx"], "letters")
    if tidied:
        update(path, lambda old: old)
        rewrite_receipts(path, lambda entry: entry)
        scrub(path)
    for n in range(90):
        if made and chance.random() < 0.5:
            effects = Effects(removed=(made.pop(chance.randrange(len(made))),))
        else:
            made.append(Coding(f"D{n % 3}", n, n + 1, "Work > Time", "ana", "m" * chance.choice([0, 3, 40, 200])))
            effects = Effects(added=(made[-1],))
        append(path, [Decision("undo", "ana", note="n" * chance.choice([0, 10, 90]), effects=effects)])
        assert check(path) == []


@pytest.mark.row(4)
def test_a_flipped_bit_in_unused_space_is_told_from_what_sqlite_left_there(study: Study, tmp_path: Path) -> None:
    """One bit where all was zero is a fault of the disk; the size of a free piece that was used again is none."""
    path = tmp_path / STORE
    update(path, lambda _: study)
    raw = path.read_bytes()
    page = next(n for n in range(1, len(raw) // 4096) if raw[n * 4096] == 13 and not any(raw[n * 4096 + 900 : n * 4096 + 1800]))
    for byte, found in ((0b1000_0000, [page + 1]), (0b1, [page + 1]), (0b1001_1011, [])):
        assert unused_flips(raw[: (at := page * 4096 + 1200)] + bytes([byte]) + raw[at + 1 :]) == found


_LEFT = """
import os, sys
from pathlib import Path
from autocode.store.ledger import append, held
from autocode.trail import Decision
with held(Path(sys.argv[1])):
    for n in range(40):
        append(Path(sys.argv[1]), [Decision("note", "ana", "D1", note=f"number {n}")])
    os._exit(9)
"""


@pytest.mark.row(4)
def test_a_copy_without_its_log_is_known(tmp_path: Path) -> None:
    """The file alone of a study that a program had open lacks the latest; with its log it is whole, also after a kill."""
    path = tmp_path / "s" / STORE
    long_ledger(path, 30)
    subprocess.run([sys.executable, "-c", _LEFT, str(path)], check=False)
    (tmp_path / "c").mkdir()
    shutil.copy(path, tmp_path / "c" / STORE)
    assert any("without its log" in told for told in check(tmp_path / "c" / STORE))
    assert check(path) == []
    assert check(path) == []  # by now the log is in the file


@pytest.mark.row(4)
def test_damage_in_the_log_is_reported(tmp_path: Path) -> None:
    """SQLite passes over a damaged frame and all behind it in silence; the doctor does not, and changes nothing."""
    path = tmp_path / STORE
    long_ledger(path, 30)
    subprocess.run([sys.executable, "-c", _LEFT, str(path)], check=False)
    raw = log_of(path).read_bytes()
    for at in (40, 32 + 24 + 100, len(raw) // 2):
        log_of(path).write_bytes(raw)
        flip(log_of(path), at * 8)
        assert any("pages of its log" in told for told in check(path)), at
        assert log_of(path).stat().st_size == len(raw)
    log_of(path).write_bytes(raw)
    assert still(path).execute("SELECT count(*) FROM ledger").fetchone()[0] == 70
    assert check(path) == []


@pytest.mark.row(22)
@pytest.mark.parametrize(
    "name",
    [
        "study (conflicted copy 2026-11-28).sqlite",
        "study-LAPTOP-7F3.sqlite",
        "study.sync-conflict-20261128-101010-ABC.sqlite",
        "study 2.sqlite",
        "study (Ana's conflicted copy).sqlite-wal",
    ],
)
def test_doubles_made_by_cloud_folders_are_named(tmp_path: Path, name: str) -> None:
    """A second version beside the study is named; its log, its copies and other studies are none."""
    long_ledger(tmp_path / STORE, 1)
    for other in ("study.sqlite-wal", "studyplan.sqlite", "other.sqlite"):
        (tmp_path / other).write_bytes(b"")
    assert doubles(tmp_path / STORE) == []
    (tmp_path / name).write_bytes(b"x")
    assert doubles(tmp_path / STORE) == [name]
    assert any(name in told for told in check(tmp_path / STORE))
