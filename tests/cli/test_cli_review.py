"""The verbs review and audit: what a person types and what comes back."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from pathlib import Path

import pytest

from autocode import cli
from autocode.desk.acts import act
from autocode.desk.guard import Ask
from autocode.store import STORE, load
from autocode.store.records import recordings
from autocode.study import Study
from autocode.trail import COLUMNS
from tests.desk.desks import EVE, desk, first, learnt


@pytest.fixture
def reviewed(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a study in which Eve accepted one suggestion, moved its end and took that back."""
    found = desk(study, tmp_path, learnt(study))
    item = first(found)
    code = item.suggestions[0].code
    found.write(act(found, EVE, Ask("accept", *item.key, suggested=code)))
    span = item.segment
    moved = Ask("move", *item.key, code=code, start=span.start, end=span.end, edge="end", by=-1)
    found.write(act(found, EVE, moved))
    found.write(act(found, EVE, Ask("undo")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["autocode", *words])
    code = 0
    try:
        cli.main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


Shown = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def test_audit_shows_the_trail_and_that_it_holds(reviewed: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """One line an entry, the rates below, and the state of the chain."""
    code, out, _ = _run(capsys, monkeypatch, "audit", ".")
    assert code == 0
    assert "accept" in out
    assert "(model: Work > Recognition, .94)" in out
    assert "takes back 2" in out
    assert "Chain: whole, 3 entries" in out


def test_audit_tells_how_a_coding_was_made(reviewed: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """Asked for the coding, it lists the accept, the move and the undo, and nothing else."""
    _, out, _ = _run(capsys, monkeypatch, "audit", ".", "--how", "--document", "D6", "--coder", "eve")
    assert [line.split()[3] for line in out.splitlines()[:3]] == ["accept", "move", "undo"]


def test_audit_narrows(reviewed: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """Only the kind asked for is listed; a coder without decisions has none."""
    assert _run(capsys, monkeypatch, "audit", ".", "--action", "move")[1].splitlines()[0].split()[3] == "move"
    assert _run(capsys, monkeypatch, "audit", ".", "--coder", "ana")[1].startswith(" " * 20)


def test_audit_exports(reviewed: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """The trail as .csv and .jsonl has the same rows; another ending is refused."""
    for name in ("trail.csv", "trail.jsonl"):
        assert _run(capsys, monkeypatch, "audit", ".", "--out", name)[0] == 0
    with (reviewed / "trail.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (reviewed / "trail.jsonl").read_text().splitlines()]
    assert [r["action"] for r in rows] == [r["action"] for r in lines] == ["accept", "move", "undo"]
    assert tuple(lines[0]) == COLUMNS
    assert _run(capsys, monkeypatch, "audit", ".", "--out", "trail.doc")[0] == 1


def test_audit_finds_a_break(reviewed: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """A changed row ends in exit code 1 and names the row."""
    with sqlite3.connect(reviewed / STORE) as connection:
        connection.execute("DROP TRIGGER ledger_fixed")
        connection.execute("UPDATE ledger SET at = '2020' WHERE seq = 2")
    code, out, err = _run(capsys, monkeypatch, "audit", ".", "--json")
    assert code == 1
    assert json.loads(out)["faults"][0].startswith("entry 2")
    assert "entry 2: it was changed" in err


def test_audit_says_which_offsets_are_of_a_replaced_text(reviewed: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """After a transcript was replaced, one line counts the entries written before; without that, none."""
    assert "transcript was replaced" not in _run(capsys, monkeypatch, "audit", ".")[1]
    (reviewed / "D6.txt").write_text("Recorded in June.\n\n" + load(reviewed / STORE).by_id["D6"].text)
    assert _run(capsys, monkeypatch, "import", "D6.txt", "--study", str(reviewed), "--replace")[0] == 0
    out = _run(capsys, monkeypatch, "audit", ".")[1]
    assert "D6: its transcript was replaced since; offsets of 3 earlier entries are of the old text" in out
    assert json.loads(_run(capsys, monkeypatch, "audit", ".", "--json")[1])["replaced"] == {"D6": 3}


def test_an_empty_trail_is_no_fault(study: Study, tmp_path: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """A study that was never reviewed has a whole chain of no entries."""
    desk(study, tmp_path, None)
    assert "Chain: whole, 0 entries" in _run(capsys, monkeypatch, "audit", str(tmp_path))[1]


def test_review_of_a_missing_study_is_one_line(tmp_path: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """No study, no server: one line and exit code 1."""
    code, _, err = _run(capsys, monkeypatch, "review", str(tmp_path / "none"), "--no-browser")
    assert code == 1
    assert err.count("\n") == 1


def test_training_leaves_out_what_was_decided_beside_a_suggestion(reviewed: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """Without --reviewed the model does not hear itself, and is told how much is left out; with it, it learns."""
    (reviewed / "quick.toml").write_text('[encode]\nmodel = "tests.fake_encoder:FakeEncoder"\n')
    words = ("train", ".", "--config", "quick.toml", "--out")
    code, _, err = _run(capsys, monkeypatch, *words, "plain")
    assert code == 0
    assert "Left out: 1 coding given, 0 refused" in err
    code, _, err = _run(capsys, monkeypatch, *words, "taught", "--reviewed")
    assert code == 0
    assert "1 coding given beside a suggestion, 0 without" in err
    made = [json.loads((reviewed / name / "manifest.json").read_text()) for name in ("plain", "taught")]
    assert made[1]["codings"] == made[0]["codings"] + 1
    assert [m["reviewed"]["learnt"] for m in made] == [False, True]


def test_a_recording_is_attached_and_stays_where_it_is(reviewed: Path, capsys: Shown, monkeypatch: Patch) -> None:
    """Its place and hash are kept; a document or form that is not known is refused."""
    (reviewed / "talk.wav").write_bytes(b"RIFF")
    (reviewed / "talk.doc").write_bytes(b"RIFF")
    code, out, _ = _run(capsys, monkeypatch, "import", "--study", str(reviewed), "--audio", "D6=talk.wav")
    assert code == 0
    assert "D6: recording attached" in out
    kept = recordings(reviewed / STORE)["D6"]
    assert (kept.path, kept.size, kept.fault(reviewed / STORE)) == ("talk.wav", 4, "")
    for wrong in ("D99=talk.wav", "D6=none.wav", "D6=talk.doc"):
        code, _, err = _run(capsys, monkeypatch, "import", "--study", str(reviewed), "--audio", wrong)
        assert code == 1
        assert len(err.strip().splitlines()) == 1
