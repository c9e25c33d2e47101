"""Bad input by mouse in a real Chromium: hostile files, full disks, two tabs, another process: a clear line, nothing lost."""

from __future__ import annotations

import base64
import io
import os
import shutil
import subprocess
import sys
import time
import wave
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autocode.store import STORE, load, update
from autocode.store.backups import check
from autocode.store.ledger import entries, last_written
from autocode.store.records import attach
from autocode.study import Study
from autocode.study.codebook import Code, Codebook
from autocode.trail import verify
from tests.browsers import CHROMIUM, loads, log_in, press, ready, room, running, tab
from tests.conftest import ROOT
from tests.desk.desks import half_coded, learnt

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
_DROP = """files => {
  const dropped = new DataTransfer();
  for (const [name, words] of files) dropped.items.add(new File([Uint8Array.from(atob(words), c => c.charCodeAt(0))], name));
  for (const kind of ["dragenter", "dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: dropped, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def store(study: Study, tmp_path: Path) -> Path:
    """A study that two people have coded, two of its interviews new."""
    path = tmp_path / "Badges" / STORE
    update(path, lambda _: half_coded(study))
    return path


def _zip(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in members:
            archive.writestr(name, words)
    return made.getvalue()


HOSTILE = {
    "broken.docx": b"PK\x03\x04 no Word file at all",
    "bomb.docx": _zip(("word/document.xml", b"<w:p>" + b" " * 60_000_000)),
    "out.qdpx": _zip(("../../escaped.txt", b"out"), ("project.qde", b"<Project/>")),
    "entity.qdpx": _zip(("project.qde", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Project name="&e;"/>')),
    "<img src=x onerror=hit=1>.txt": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3,
    "empty.txt": b"",
    "study.sqlite": b"SQLite format 3\x00" + b"\x07" * 500,
}


def _drop(page: Any, files: dict[str, bytes]) -> None:
    page.evaluate(_DROP, [[name, base64.b64encode(words).decode()] for name, words in files.items()])


def _whole(store: Path) -> None:
    assert verify(entries(store), last_written(store)) == []
    assert check(store) == []


def test_hostile_files_dropped_in_every_room_change_nothing(browser: Any, store: Path, tmp_path: Path) -> None:
    """Bring in names each file that stays out; every other room says where files go; no room is left for the file."""
    before = load(store)
    with running(tmp_path, "open", "Badges") as server:
        page = tab(browser, server.address)
        room(page, "Bring in")
        _drop(page, HOSTILE)
        page.locator("#preview.preview").wait_for()
        said = page.locator("#preview").inner_text()
        for name in HOSTILE:
            assert name.strip("<").replace(">", "") in said, said
        assert page.locator("button[data-do=take-files]").count() == 0
        with loads(page):
            page.click("button[data-do=leave]")
        room(page, "Code")
        log_in(page)
        address = page.url
        _drop(page, {"broken.docx": HOSTILE["broken.docx"]})
        page.locator("#recording-said >> text=a recording is one of").wait_for()
        page.keyboard.press("Escape")
        assert page.url == address
        for name in ("Overview", "Codes", "Memos", "Compare", "Second look", "Model", "Dossier", "Send back"):
            room(page, name)
            address = page.url
            _drop(page, {"broken.docx": HOSTILE["broken.docx"]})
            page.locator("#told >> text=Files are dropped in the room Bring in").wait_for()
            assert page.url == address
        room(page, "People")
        _drop(page, {"broken.docx": HOSTILE["broken.docx"]})
        page.locator("#preview .bad").first.wait_for()
        assert page.evaluate("window.hit") is None
        assert page.faults == []
    assert load(store) == before
    assert not list(tmp_path.rglob("escaped.txt"))
    _whole(store)


def test_two_tabs_that_import_lose_nothing(browser: Any, store: Path, tmp_path: Path) -> None:
    """The slower of two tabs is told that the study has changed, sees its preview anew by itself, and takes over then."""
    for name in ("D8", "D9"):
        (tmp_path / f"{name}.txt").write_text(f"Interviewer: And then?\n\nR: It was late in {name} and I went home by bus.\n")
    with running(tmp_path, "open", "Badges") as server:
        one = tab(browser, server.address)
        room(one, "Bring in")
        two = one.context.new_page()
        two.goto(one.url)
        ready(two)
        for page, name in ((one, "D8"), (two, "D9")):
            page.set_input_files("#files", str(tmp_path / f"{name}.txt"))
            page.locator(f"#preview.preview >> text={name}").first.wait_for()
        one.click("button[data-do=take-files]")
        one.locator(".steps").wait_for()
        two.click("button[data-do=take-files]")
        two.locator("#saved.bad >> text=has changed since").wait_for()
        two.locator("#preview >> text=10 documents").wait_for()
        assert sorted(load(store).by_id)[-1] == "D8"
        two.click("button[data-do=take-files]")
        two.locator(".steps").wait_for()
        assert one.faults == []
    assert {"D8", "D9"} <= set(load(store).by_id)
    _whole(store)


_DISK = """
import subprocess, sys, time, shutil
from pathlib import Path
disk, outside, python = Path(sys.argv[1]), Path(sys.argv[2]), sys.executable
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], check=True)
shutil.copytree(outside / "Badges", disk / "Badges")
desk = subprocess.Popen([python, "-m", "autocode", "open", "Badges", "--no-browser"], cwd=disk)
want, fill = outside / "fill", disk / "fill"
while desk.poll() is None and not (outside / "end").exists():
    if want.exists() and not fill.exists():
        try:
            with fill.open("wb", buffering=0) as file:
                for size in (4096, 64):
                    try:
                        while True:
                            file.write(b"x" * size)
                    except OSError:
                        pass
        except OSError:
            pass
        want.rename(outside / "filled")
    elif (outside / "free").exists() and fill.exists():
        fill.unlink()
        (outside / "free").rename(outside / "freed")
    time.sleep(0.05)
desk.kill()
desk.wait()
shutil.copytree(disk / "Badges", outside / "after")
"""


def _signal(outside: Path, sent: str, done: str) -> None:
    (outside / sent).touch()
    for _ in range(200):
        if (outside / done).exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"no {done}")


def test_a_disk_that_is_full_while_coding_is_said_and_nothing_is_lost(browser: Any, store: Path, tmp_path: Path) -> None:
    """No decision is called saved that is not; each room says why; with space again the work goes on, the ledger whole."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare, which makes a disk of its own, is not on this computer")
    (tmp_path / "disk").mkdir()
    (tmp_path / "D8.txt").write_text("Interviewer: And then?\n\nR: It was late and I went home.\n" * 3000)
    paths = {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    run = ["unshare", "-rm", sys.executable, "-c", _DISK, str(tmp_path / "disk"), str(tmp_path)]
    with (tmp_path / "err").open("w") as err:
        server = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=err, text=True, env={**os.environ, **paths})
    try:
        address = (server.stdout or sys.stdin).readline().strip()
        if not address:
            pytest.skip("this computer lets nobody mount a disk")
        page = tab(browser, address)
        room(page, "Code")
        log_in(page)
        press(page, "Enter")
        _signal(tmp_path, "fill", "filled")
        said = []
        for _ in range(40):  # what the file has room for may still be written
            with page.expect_response("**/do") as answer:
                page.click("#pane [data-do=flag]")
            said.append(answer.value.status)
            if said[-1] != 200:
                break
            ready(page)
        assert said[-1] == 409, said
        page.locator("#saved.bad >> text=full").wait_for()
        room(page, "Bring in")
        page.set_input_files("#files", str(tmp_path / "D8.txt"))
        page.locator("#preview.preview >> text=D8").first.wait_for()
        page.click("button[data-do=take-files]")
        page.locator("#saved.bad >> text=full").wait_for()
        _signal(tmp_path, "free", "freed")
        room(page, "Code")
        press(page, "f")
        assert page.faults == []
    finally:
        (tmp_path / "end").touch()
        server.wait(20)
        if server.stdout:
            server.stdout.close()
    after = tmp_path / "after" / STORE
    written = [e.decision.action for e in entries(after)]
    assert written == ["done", *["flag"] * len(said)]  # the one refused is not among them
    assert "D8" not in load(after).by_id
    _whole(after)


def test_another_process_that_imports_is_noticed_and_nothing_is_lost(browser: Any, store: Path, tmp_path: Path) -> None:
    """Where a second program brings a document in while somebody codes: said in a line, the decisions before it stay."""
    (tmp_path / "D8.txt").write_text("Interviewer: And then?\n\nR: It was late and I went home by bus.\n")
    with running(tmp_path, "open", "Badges") as server:
        page = tab(browser, server.address)
        room(page, "Code")
        log_in(page)
        press(page, "Enter")
        words = [sys.executable, "-m", "autocode", "import", "D8.txt", "--study", "Badges"]
        paths = {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, **paths})
        assert done.returncode == 0, done.stderr
        press(page, "f")
        page.reload()
        ready(page)
        assert "D8" in page.locator("#documents").inner_text()
        with loads(page):
            page.click("#documents a[data-document=D8]")
        press(page, "Enter")
        assert page.faults == []
    assert [(e.decision.action, e.decision.document) for e in entries(store)] == [
        ("done", "D6"),
        ("flag", "D6"),
        ("done", "D8"),
    ]
    _whole(store)


def test_a_model_of_another_codebook_is_said(browser: Any, study: Study, store: Path, tmp_path: Path) -> None:
    """It suggests nothing; the overview and the room of the code say why and what to do; coding goes on."""
    learnt(study).save(tmp_path / "models" / "Badges")
    other = Codebook((Code("Alpha"), Code("Beta")))
    update(store, lambda old: replace(old, codebook=other, codings=(), readings=()))
    with running(tmp_path, "open", "Badges") as server:
        page = tab(browser, server.address)
        room(page, "Code")
        page.fill("#coder", "Eve")
        with loads(page):
            page.click("button.main")
        page.locator("#reading >> text=the study has none of its codes").wait_for()
        assert page.locator(".suggestion").count() == 0
        press(page, "Enter")
        room(page, "Overview")
        assert "the study has none of its codes" in page.locator(".steps li.stale").inner_text()
        assert page.faults == []
    assert [e.decision.action for e in entries(store)] == ["done"]
    _whole(store)


def test_a_recording_that_is_gone_is_said(browser: Any, store: Path, tmp_path: Path) -> None:
    """Taken away while the page is open: drawn anew the page says so and what to do, and coding goes on."""
    with wave.open(str(tmp_path / "talk.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes([128]) * 8000 * 4)

    def timed(old: Study) -> Study:
        documents = tuple(
            replace(d, turns=tuple(replace(t, start_ms=500 * n, end_ms=500 * n + 500) for n, t in enumerate(d.turns)))
            for d in old.documents
        )
        return replace(old, documents=documents)

    update(store, timed)
    attach(store, "D6", tmp_path / "talk.wav")
    with running(tmp_path, "open", "Badges") as server:
        page = tab(browser, server.address)
        room(page, "Code")
        log_in(page)
        (tmp_path / "talk.wav").unlink()
        page.keyboard.press("p")
        page.reload()
        ready(page)
        assert "Put the file back where it was" in page.locator(".player .notice").inner_text()
        assert page.locator("#audio").count() == 0
        press(page, "Enter")
        assert page.faults == []
    _whole(store)


def test_a_browser_closed_in_the_middle_leaves_no_half(browser: Any, store: Path, tmp_path: Path) -> None:
    """Closed while files come in, while a preview waits, and while a decision is on its way: the study is whole."""
    before = load(store)
    (tmp_path / "D8.txt").write_text("Interviewer: And then?\n\nR: It was late and I went home by bus.\n")
    big = tmp_path / "big.txt"
    big.write_text("R: It was late and I went home by bus and by train.\n\n" * 400_000)
    with running(tmp_path, "open", "Badges") as server:
        page = tab(browser, server.address)
        room(page, "Bring in")
        page.set_input_files("#files", str(big))
        page.wait_for_timeout(30)
        page.context.close()
        page = tab(browser, server.next_address())
        room(page, "Bring in")
        assert page.locator("#preview.preview").count() == 0
        assert load(store) == before
        page.set_input_files("#files", str(tmp_path / "D8.txt"))
        page.locator("#preview.preview >> text=D8").first.wait_for()
        page.context.close()
        assert load(store) == before
        page = tab(browser, server.next_address())
        room(page, "Code")
        log_in(page)
        page.keyboard.press("f")
        page.context.close()
        page = tab(browser, server.next_address())
        room(page, "Code")
        log_in(page)
        press(page, "Enter")
        assert page.faults == []
    actions = [e.decision.action for e in entries(store)]
    assert actions in (["done"], ["flag", "done"])
    assert list(load(store).by_id) == list(before.by_id)
    _whole(store)
