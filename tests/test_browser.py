"""The review page in a real Chromium: by keyboard, by mouse, blind, by two people, through a kill."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autocode.audit import verify
from autocode.codebook import Code
from autocode.store import STORE, check, load, update
from autocode.store.ledger import entries, last_written
from autocode.study import Coder, Document, Study, Turn
from tests.conftest import ROOT
from tests.review.desks import half_coded, learnt

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
KILLS = int(os.environ.get("AUTOCODE_KILLS", "6"))  # a hundred were run for docs/review.md


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def folder(study: Study, tmp_path: Path) -> Path:
    """A study with two new interviews, and a model that learnt from the other six."""
    update(tmp_path / "study" / STORE, lambda _: half_coded(study))
    learnt(study).save(tmp_path / "model")
    return tmp_path


class Running:
    """`autocode review` as a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        """Start it and wait for the address."""
        command = [sys.executable, "-m", "autocode", "review", str(folder / "study"), "--no-browser", *options]
        path = {"PYTHONPATH": str(ROOT / "src"), "XDG_CACHE_HOME": str(folder / "cache")}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **path}
        )
        self.address = (self.process.stdout or sys.stdin).readline().strip()

    def next_address(self) -> str:
        """The address for another browser, from the terminal."""
        for line in self.process.stderr or ():
            if "another browser" in line:
                return line.split()[-1]
        raise AssertionError("no address for another browser was printed")

    def kill(self) -> None:
        """End it at once, without a goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """A server that is gone afterwards."""
    found = Running(folder, *options)
    try:
        yield found
    finally:
        found.kill()


MODEL = ("--control", "0")


def _open(browser: Any, address: str, name: str = "Eve", blind: bool = False) -> Any:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("dialog", lambda dialog: page.faults.append("dialog"))
    page.on("request", lambda r: None if r.url.startswith("http://127.0.0.1:") else page.faults.append(r.url))
    page.goto(address)
    page.fill("#coder", name)
    if blind:
        page.check("#blind")
    page.click("button.main")
    page.locator("#pane").wait_for()
    page.wait_for_load_state("load")
    return page


def _press(page: Any, key: str) -> None:
    """Press a key and wait until it is saved or shown."""
    with page.expect_response(lambda r: r.request.method == "POST") as answer:
        page.keyboard.press(key)
    assert answer.value.status == 200
    page.wait_for_timeout(250)  # time to draw, or to load the next document
    page.wait_for_load_state("load")


def _model(folder: Path) -> tuple[str, ...]:
    return ("--model", str(folder / "model"), *MODEL)


def _by(folder: Path, name: str) -> list[tuple[str, str]]:
    codings = [c for c in load(folder / "study" / STORE).codings if c.coder == name]
    return sorted((c.document, c.code) for c in codings)


def test_a_document_is_reviewed_by_keyboard_alone(browser: Any, folder: Path) -> None:
    """Accept, reject, other code, flag, comment, selection, edges, undo, close the rest: no mouse."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        _press(page, "a")
        _press(page, "x")
        page.keyboard.press("o")
        page.keyboard.type("lerecog")  # fuzzy: Learning > Recognition
        _press(page, "Enter")
        page.locator("#saved.ok").wait_for()
        page.wait_for_url("**/")
        assert _by(folder, "Eve") == [("D6", "Learning > Recognition"), ("D6", "Work > Recognition")]
        assert [e.decision.action for e in entries(folder / "study" / STORE)] == ["accept", "reject", "other"]
        page.locator("#pane[data-document=D7]").wait_for()  # D6 has nothing left that asks
        _press(page, "f")
        page.keyboard.press("m")
        page.locator("#comment").fill("odd")
        page.keyboard.press("Tab")
        _press(page, "Enter")
        page.keyboard.press("s")
        page.keyboard.press("]")
        page.keyboard.press("c")
        page.keyboard.type("time")
        _press(page, "Enter")
        _press(page, "]")
        study = load(folder / "study" / STORE)
        (coding,) = [c for c in study.codings if c.coder == "Eve" and c.document == "D7"]
        assert study.by_id["D7"].text_of(coding) == "my manager and"
        for _ in range(4):
            _press(page, "u")
        assert [d for d, _ in _by(folder, "Eve")] == ["D6", "D6"]
        page.keyboard.press("R")
        page.locator("#rest[open]").wait_for()
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.locator("#rest button.main").press("Enter")
        assert page.faults == []
    assert verify(entries(folder / "study" / STORE)) == []
    assert check(folder / "study" / STORE) == []


def test_a_document_is_reviewed_by_mouse_alone(browser: Any, folder: Path) -> None:
    """Buttons, segments, the code window, bulk accept with its preview, and undo: no keys."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        page.click("#pane button[data-do=accept]")
        page.locator("#u2.decided").wait_for()
        page.click("#u1 .t")
        page.locator("#pane[data-unit='2']").wait_for()
        page.click("#pane button[data-do=add]")
        page.click("#options li[data-code='Work > Time']")
        page.locator("#pane .row.own").wait_for()
        page.click("#pane button[aria-label='End one word earlier']")
        page.locator("#saved.ok").wait_for()
        page.click("button[data-dialog=bulk]")
        page.fill("#least", "0.5")
        page.click("#bulk button[data-do=preview]")
        with page.expect_navigation():
            page.click("#previewed button[data-do=bulk]")
        page.locator("#u5.decided").wait_for()
        assert len(_by(folder, "Eve")) == 4
        with page.expect_navigation():
            page.click("button[data-do=undo]")
        page.locator("#u5.asked").wait_for()
        assert len(_by(folder, "Eve")) == 2
        page.click("button[data-do=undo]")
        page.click("#documents button[value=D7]")
        page.locator("#transcript[data-document=D7]").wait_for()
        assert page.faults == []


def test_blind_mode_never_reveals_a_suggestion(browser: Any, folder: Path) -> None:
    """Neither the source nor what the page shows holds a suggestion, from the login to the last segment."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address, blind=True)
        bodies: list[str] = []

        def listen(route: Any) -> None:
            answer = route.fetch()
            bodies.append(answer.text())
            route.fulfill(response=answer)

        page.route(lambda url: url.endswith(("/do", "/pane", "/next", "/preview")), listen)
        page.reload()
        for _ in range(5):
            bodies.append(page.content())
            _press(page, "Enter")
        for key in ("a", "x", "A"):
            page.keyboard.press(key)
        page.wait_for_timeout(200)
        for text in bodies:
            assert not re.search("machine|likely|unsure|similarity|Nearest|coded by", text)
    assert {e.decision.action for e in entries(folder / "study" / STORE)} == {"done"}
    assert all(e.decision.hidden and e.decision.blind for e in entries(folder / "study" / STORE))


def test_two_people_review_at_once(browser: Any, folder: Path) -> None:
    """Two servers on one study: the second is told of the first, and nobody's decision is lost."""
    with running(folder, *_model(folder)) as one, running(folder, *_model(folder)) as two:
        eve, max_ = _open(browser, one.address, "Eve"), _open(browser, two.address, "Max")
        with max_.expect_navigation():
            max_.click("#documents button[value=D7]")
        for _ in range(3):
            _press(eve, "a")
            _press(max_, "a")
        assert len(_by(folder, "Eve")) == len(_by(folder, "Max")) == 3
        other = _open(browser, one.next_address(), "Pat")
        assert other.locator("header .who").inner_text().endswith("Pat")
        assert "Another review holds this study" in (two.process.stderr or sys.stdin).readline()
    assert verify(entries(folder / "study" / STORE), last_written(folder / "study" / STORE)) == []


def test_a_reload_in_the_middle_goes_on_where_it_was(browser: Any, folder: Path) -> None:
    """After a reload the same segment is current, and what was decided is."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        _press(page, "a")
        unit = page.locator("#pane").get_attribute("data-unit")
        page.reload()
        assert page.locator("#pane").get_attribute("data-unit") == unit
        assert page.locator("#transcript .decided").count() == 1
        assert "token" not in page.url


def test_a_lost_connection_is_said_and_no_decision_is_lost(browser: Any, folder: Path) -> None:
    """While the server does not answer the page says not saved; when it does, the decision is saved once."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        lost: list[Any] = []
        back: list[bool] = []

        def drop(route: Any) -> None:
            lost.append(route)
            if len(lost) == 1:
                route.fetch()  # the server has it, but its answer never arrives
            route.continue_() if back else route.abort()

        page.route("**/do", drop)
        page.keyboard.press("a")
        page.get_by_text("not saved, retrying").wait_for()
        back.append(True)
        page.locator("#saved.bad").wait_for(state="detached")
        page.locator("#u2.decided").wait_for()
    assert [e.decision.action for e in entries(folder / "study" / STORE)] == ["accept"]


def _token(address: str) -> tuple[str, str]:
    """Come in with the token by hand; the cookie and the address without the token."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(address)
    except urllib.error.HTTPError as answer:
        return answer.headers["set-cookie"].split(";")[0], address.split("?")[0]
    raise AssertionError("the token was not taken")


def _post(home: str, cookie: str, path: str, body: bytes) -> bytes:
    request = urllib.request.Request(home + path, body, {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return bytes(answer.read())


def test_a_server_killed_while_deciding_loses_nothing(folder: Path) -> None:
    """SIGKILL at any moment: what was answered as saved is there, the chain holds, the next start is quick."""
    path, chosen = folder / "study" / STORE, random.Random(7)
    saved: set[str] = set()
    for kill in range(KILLS):
        began = time.monotonic()
        server = Running(folder, "--coder", "Eve")
        assert time.monotonic() - began < 15  # under 5 s on a quiet machine; see docs/review.md
        found = entries(path)
        assert saved <= {e.decision.note for e in found}
        assert verify(found, last_written(path)) == []
        cookie, home = _token(server.address)
        after = f"sleep {chosen.uniform(0.02, 0.4):.3f}; kill -9 {server.process.pid}"
        timer = subprocess.Popen(["sh", "-c", after])
        with contextlib.suppress(OSError, http.client.HTTPException):
            for n in range(10_000):
                note = f"{kill} {n}"
                body = {"do": "note", "document": f"D{n % 8}", "unit": "3", "text": note}
                if b'"saved"' in _post(home, cookie, "do", json.dumps(body).encode()):
                    saved.add(note)
        timer.wait()
        server.process.communicate()
    assert len(saved) > KILLS
    assert saved <= {e.decision.note for e in entries(path)}
    assert verify(entries(path), last_written(path)) == []
    assert check(path) == []


def _axe() -> Any:
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def _violations(page: Any) -> list[str]:
    """What axe finds; injected past the page's own policy, which forbids it as it should."""
    source = Path(sys.modules["axe_playwright_python"].__file__ or "").parent / "axe.min.js"
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": source.read_text(encoding="utf-8")})
    run = "axe.run().then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.target)])))"
    answer = session.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
    return [] if answer["result"]["value"] == "[]" else [answer["result"]["value"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_accessible(browser: Any, folder: Path, scheme: str) -> None:
    """Zero axe violations: login, review, every window, compare, codebook, closed page, blind, small screen."""
    _axe()
    with running(folder, *_model(folder)) as server:
        page = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 800}).new_page()
        page.goto(server.address)
        assert _violations(page) == []
        page.fill("#coder", "Eve")
        page.click("button.main")
        page.locator("#pane").wait_for()
        assert _violations(page) == []
        for key, name in (
            ("a", ""),
            ("x", ""),
            ("?", "help"),
            ("c", "codes"),
            ("m", "note"),
            ("A", "bulk"),
            ("R", "rest"),
        ):
            page.keyboard.press(key)
            if name:
                page.locator(f"#{name}[open]").wait_for()
                assert _violations(page) == [], name
                page.keyboard.press("Escape")
            page.wait_for_timeout(150)
        assert _violations(page) == []
        for view in ("compare", "codebook", "code"):
            with page.expect_navigation():
                page.click(f"button[data-view=page][value={view}]")
            if view == "compare":
                page.select_option("#f-document", "D1")
                page.wait_for_timeout(300)
            assert _violations(page) == [], view
        page.set_viewport_size({"width": 320, "height": 256})
        assert _violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        stranger = browser.new_context(color_scheme=scheme).new_page()
        stranger.goto(page.url)
        assert _violations(stranger) == []


HOSTILE = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>'\"`{{7*7}}\u202e👩‍👩‍👧"


def test_a_hostile_study_is_only_words(browser: Any, folder: Path) -> None:
    """Script in text, code, coder, document name and variable is shown as words, and runs nowhere."""
    path = folder / "study" / STORE
    text = f"{HOSTILE} {HOSTILE}"

    def poison(old: Study) -> Study:
        document = Document("hostile", text, HOSTILE, (Turn(0, len(text), HOSTILE),), variables={"group": HOSTILE[:30]})
        book = replace(old.codebook, codes=(*old.codebook.codes, Code(HOSTILE, definition=HOSTILE, include=HOSTILE)))
        coders = (*old.coders, Coder("h", HOSTILE))
        return replace(old, documents=(*old.documents, document), codebook=book, coders=coders, notice=HOSTILE)

    update(path, poison)
    with running(folder) as server:
        page = _open(browser, server.address, "Eve<b>")
        with page.expect_navigation():
            page.click("#documents li:last-child button")
        page.click("#pane button[data-do=add]")
        page.locator("#code").fill("img")
        with page.expect_response("**/do"):
            page.keyboard.press("Enter")
        for view in ("compare", "codebook", "code"):
            with page.expect_navigation():
                page.click(f"button[data-view=page][value={view}]")
            assert page.title() != "hit"
            assert page.locator("img").count() == 0
        assert page.faults == []
        assert page.locator(".unit .t").first.text_content() == text
        (coding,) = [c for c in load(path).codings if c.coder == "Eve<b>"]
        assert (coding.code, coding.start, coding.end) == (HOSTILE, 0, len(text))


def test_offsets_of_a_selection_are_code_points(browser: Any, folder: Path) -> None:
    """Words selected after emoji, combining and right-to-left letters are the words that are coded."""
    text = "👩‍👩‍👧 שלום cafe\u0301 𝒳 the badge matters"
    update(folder / "study" / STORE, lambda s: replace(s, documents=(*s.documents, Document("odd", text, "odd"))))
    with running(folder) as server:
        page = _open(browser, server.address)
        with page.expect_navigation():
            page.click("#documents button[value=odd]")
        page.keyboard.press("s")
        for key in "]]]]]}}}}":
            page.keyboard.press(key)
        page.keyboard.press("c")
        page.locator("#code").fill("time")
        _press(page, "Enter")
    (coding,) = [c for c in load(folder / "study" / STORE).codings if c.coder == "Eve"]
    assert text[coding.start : coding.end] == "the badge"
