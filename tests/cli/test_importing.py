"""The verb import in a person's hands: what is shown, asked, left and named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autocode.cli import app
from autocode.store import STORE, load

Run = Callable[..., tuple[int, str, str]]
TALK = "I: How did it go for you then?\nR: It was hard, I had no time at all and no money, so I left in May.\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A verb in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def made(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, list(words))
        error = str(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else ""
        return done.exit_code, done.stdout, done.stderr + error

    return made


def test_one_bad_file_leaves_the_others_and_an_exit_code(run: Run, tmp_path: Path) -> None:
    """The good file is in the study, the bad one is named, and a script can tell."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "R01.txt").write_text(TALK)
    (tmp_path / "in" / "bad.docx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"locked")
    code, out, _ = run("import", "in", "--study", "s")
    assert code == 1
    assert "Not read: bad.docx: it is protected by a password" in out
    assert [d.id for d in load(tmp_path / "s" / STORE).documents] == ["R01"]


def test_a_likely_name_is_asked_about_and_one_option_accepts_it(run: Run, tmp_path: Path) -> None:
    """The line that asks holds the option; with it the codings land in the transcript."""
    (tmp_path / "R01.txt").write_text(TALK)
    (tmp_path / "t.csv").write_text("document,text,code,coder\nInterview 01,hard,Mood,ana\n")
    run("import", "R01.txt", "--study", "s")
    out = run("import", "t.csv", "--study", "s", "--dry-run")[1]
    assert "may be 'R01'" in out
    option = out.split("--same '")[1].split("'")[0]
    assert run("import", "t.csv", "--study", "s", "--same", option)[0] == 0
    assert [(c.document, c.code) for c in load(tmp_path / "s" / STORE).codings] == [("R01", "Mood")]


def test_a_study_is_called_after_its_folder_or_as_the_user_says_and_can_be_renamed(run: Run, tmp_path: Path) -> None:
    """Not after the folder of the transcripts; one command changes it."""
    (tmp_path / "raw data").mkdir()
    (tmp_path / "raw data" / "R01.txt").write_text(TALK)
    run("import", "raw data", "--study", "pilot")
    assert load(tmp_path / "pilot" / STORE).name == "pilot"
    run("import", "raw data", "--study", "other", "--name", "Life after the course")
    assert load(tmp_path / "other" / STORE).name == "Life after the course"
    assert "now called 'Badges'" in run("rename", "pilot", "Badges")[2]
    assert load(tmp_path / "pilot" / STORE).name == "Badges"
    assert run("rename", "pilot", "  ")[0] == 1


def test_json_tells_a_program_everything(run: Run, tmp_path: Path) -> None:
    """The table, the counts and every receipt, also of what was not read."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "R01.txt").write_text(TALK)
    (tmp_path / "in" / "a.pptx").write_text("x")
    made = json.loads(run("import", "in", "--study", "s", "--json")[1])
    assert made["table"][0]["speakers"] == ["I (interviewer)", "R"]
    assert made["receipts"][-1]["notes"][0].startswith("not read: a.pptx")


def test_a_codebook_that_comes_later_gives_its_themes(run: Run, tmp_path: Path) -> None:
    """Codings first, codebook after: describe shows the codes under their themes."""
    (tmp_path / "R01.txt").write_text(TALK)
    (tmp_path / "t.csv").write_text("document,text,code,coder\nR01,hard,Mood,ana\n")
    (tmp_path / "b.csv").write_text("Theme,Code,Definition\nState,Mood,how it felt\n")
    run("import", "R01.txt", "t.csv", "--study", "s")
    run("import", "b.csv", "--study", "s")
    study = load(tmp_path / "s" / STORE)
    assert [c.code for c in study.codings] == ["State > Mood"]
    assert study.codebook.by_path["State > Mood"].definition == "how it felt"


@pytest.mark.row(17)
def test_halves_of_characters_do_not_stop_an_import(run: Run, tmp_path: Path) -> None:
    """A speech file with a broken emoji comes in, the place is shown, and it is told."""
    (tmp_path / "a.json").write_text('{"segments": [{"start": 0, "end": 1, "text": "Well \\ud83d so."}]}')
    code, out, err = run("import", "a.json", "--study", "s")
    assert code == 0, err
    assert "halves of characters" in out
    assert "\ufffd" in load(tmp_path / "s" / STORE).documents[0].text


WAVED = "=~ Ana ~= Why did you go?\nSo soon?\nSo far?\n=~ Ben ~= No idea.\n=~ Ana ~= And now?\n=~ Ben ~= Home.\n"


def test_an_example_of_how_speakers_are_named_is_remembered(run: Run, tmp_path: Path) -> None:
    """One line read by example mends a transcript that is there, and the next files need no example."""
    for name in ("R01", "R02"):
        (tmp_path / f"{name}.txt").write_text(WAVED.replace("Home", name))
    assert "no speakers found" in run("import", "R01.txt", "--study", "s")[1]
    code, out, _ = run("import", "R01.txt", "--study", "s", "--speaker-pattern", "=~ Ana ~= Why")
    assert (code, "4 of 4 turns named in this way" in out) == (0, True)
    run("import", "R02.txt", "--study", "s")
    speakers = {d.id: [t.speaker for t in d.turns] for d in load(tmp_path / "s" / STORE).documents}
    assert speakers == {"R01": ["Ana", "Ben", "Ana", "Ben"], "R02": ["Ana", "Ben", "Ana", "Ben"]}
    assert "Ana" not in "".join(run("describe", "s", "--receipts")[1].split("turns named in this way")[0].splitlines()[-1:])


def test_an_example_that_no_line_looks_like_is_named(run: Run, tmp_path: Path) -> None:
    """The user hears that the example found nothing, and what to give instead."""
    (tmp_path / "R01.txt").write_text(TALK)
    _, _, told = run("import", "R01.txt", "--study", "s", "--speaker-pattern", "<< Ana >>")
    assert "No line looks like '<< Name >>'" in told
    code, _, told = run("import", "R01.txt", "--study", "s", "--speaker-pattern", "...")
    assert (code > 0, "no speaker is named" in told) == (True, True)


@pytest.mark.skipif(os.name == "nt", reason="pipes close in another way there")
@pytest.mark.parametrize(("closed", "ends"), [(True, 0), (False, 1)])
def test_an_import_that_nobody_listens_to_is_done_all_the_same(tmp_path: Path, closed: bool, ends: int) -> None:
    """The study is there though the pipe was closed at once, or the disk took no word of the receipt (which is said)."""
    (tmp_path / "R01.txt").write_text(TALK)
    if closed:
        reader, out = os.pipe()
        os.close(reader)
    elif Path("/dev/full").exists():
        out = os.open("/dev/full", os.O_WRONLY)
    else:
        pytest.skip("no device that is always full")
    words = [sys.executable, "-m", "autocode", "import", "R01.txt", "--study", "s"]
    done = subprocess.run(words, cwd=tmp_path, stdout=out, stderr=subprocess.PIPE, text=True)
    os.close(out)
    assert done.returncode == ends
    assert [d.id for d in load(tmp_path / "s" / STORE).documents] == ["R01"]
    assert "Traceback" not in done.stderr
    assert ("what it printed could not be written" in done.stderr) is not closed
