"""The review page in a real Chromium: by keyboard, by mouse, blind, by two people, through a kill."""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autocode.store import STORE, load, update
from autocode.store.checking import check
from autocode.store.ledger import entries, last_written
from autocode.store.recordings import attach
from autocode.study import Coder, Coding, Document, Doubt, Reading, Study, Turn
from autocode.study.codebook import Code
from autocode.trail import verify
from tests.conftest import ROOT
from tests.desk.desks import half_coded, learnt
from tests.payloads import PAYLOADS

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
        if not self.address:
            raise AssertionError(self.process.communicate()[1])

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


def _seconds(process: subprocess.Popen[str]) -> float:
    """What a process has cost so far; on a quiet machine, the time since its start."""
    try:
        cells = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # no such folder on this system
        return 0.0
    return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")


def test_a_server_killed_while_deciding_loses_nothing(folder: Path) -> None:
    """SIGKILL at any moment: what was answered as saved is there, the chain holds, the next start is quick."""
    path, chosen = folder / "study" / STORE, random.Random(7)
    saved: set[str] = set()
    starts: list[float] = []
    for kill in range(KILLS):
        server = Running(folder, "--coder", "Eve")
        starts.append(_seconds(server.process))
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
    assert max(starts) < 5, starts
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
    update(
        folder / "study" / STORE,
        lambda s: replace(
            s,
            codings=tuple(c for c in s.codings if c.coder != "agreed"),
            readings=tuple(r for r in s.readings if r.coder != "agreed"),
        ),
    )
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
                if name == "bulk":
                    page.fill("#least", "0.2")
                    page.click("#bulk button[data-do=preview]")
                    page.locator("#previewed table").wait_for()
                assert _violations(page) == [], name
                page.keyboard.press("Escape")
            page.wait_for_timeout(150)
        assert _violations(page) == []
        for view in ("compare", "codebook", "code"):
            with page.expect_navigation():
                page.click(f"button[data-view=page][value={view}]")
            if view == "compare":
                with page.expect_navigation():
                    page.select_option("#f-document", "D1")
                page.locator("article.differs fieldset").first.wait_for()  # open for adjudication
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert _violations(page) == [], view
            page.set_viewport_size({"width": 320, "height": 256})  # 1280 pixels at 400 %
            assert _violations(page) == [], f"{view} at 400 %"
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, view
            page.set_viewport_size({"width": 1280, "height": 800})
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


def _poisoned(old: Study) -> Study:
    """The study with every payload as text, speaker, document, variable, code, definition, rule, coder and memo."""
    n, documents, codes, codings = len(PAYLOADS), [], [], []
    lines = [f"{p} said" for p in PAYLOADS]
    text = "\n".join(lines)
    starts = [sum(len(x) + 1 for x in lines[:i]) for i in range(n)]
    turns = tuple(Turn(s, s + len(x), p) for s, x, p in zip(starts, lines, PAYLOADS, strict=True))
    for i, p in enumerate(PAYLOADS):
        documents.append(Document(f"{i}{p}", "a word", p, variables={f"group {p}": "a", "other": p[:40]}, kind=p))
        codes.append(Code(p, "", p, p, p, p))
        codings += [Coding("all", s, s + 5, p, coder, p) for s, coder in ((starts[i], f"c{i}"), (starts[i], "ana"))]
    all_ = Document("all", text, "all", turns)
    readings = [Reading("all", c, 0, len(text)) for c in ("ana", "ben", *(f"c{i}" for i in range(n)))]
    return replace(
        old,
        documents=(all_, *documents, *old.documents),
        codebook=replace(old.codebook, codes=(*old.codebook.codes, *codes)),
        coders=(*old.coders, *(Coder(f"c{i}", p) for i, p in enumerate(PAYLOADS))),
        codings=(*old.codings, *codings),
        readings=(*old.readings, *readings),
        name="".join(PAYLOADS),
        notice="".join(PAYLOADS),
    )


def _harmless(page: Any) -> None:
    """Nothing ran, no attribute that could run, no element of a payload, nothing was asked of elsewhere."""
    assert page.evaluate("window.hit") is None
    assert (
        page.evaluate(
            "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on|javascript:/i"
            ".test(a.name + a.value.slice(0, 11)) && !['value', 'data-code', 'title', 'data-suggested']"
            ".includes(a.name))).length"
        )
        == 0
    )
    strange = "img, iframe, svg, object, embed, math, marquee, base, style, [autofocus]:not(#coder), script:not([src])"
    assert page.locator(strange).count() == 0
    assert page.faults == []


def test_sixty_payloads_in_every_field_are_only_words(browser: Any, folder: Path) -> None:
    """Each payload in each field of the study, and typed into each field of the page, stays words on every page."""
    path = folder / "study" / STORE
    learnt(update(path, _poisoned)).save(folder / "poisoned")
    with running(folder, "--model", str(folder / "poisoned"), "--control", "0") as server:
        page = _open(browser, server.address, PAYLOADS[0][:80])
        with page.expect_navigation():
            page.locator("#documents button[value=all]").click()
        _harmless(page)
        assert page.locator(".unit .t").nth(20).text_content() == f"{PAYLOADS[20]} said"
        send = """async ([path, bodies]) => { const said = []; for (const body of bodies) said.push(await (await fetch(path,
            {method: 'POST', body: JSON.stringify(body)})).json()); return said.map(s => s.error || ''); }"""
        typed: list[dict[str, Any]] = []
        for i, p in enumerate(PAYLOADS):
            unit = {"document": "all", "unit": str(i + 1)}
            typed += [
                {"do": "note", "text": p, **unit},
                {"do": "correct", "text": f"{p} {p}", **unit},
                {"do": "agree", "text": p, "codes": [p], **unit},
                {"do": "code-define", "code": p, "text": f"{p} {i}"},
                {"do": "code-add", "code": p, "text": f"{i} {p}"[:63]},
                {"do": p, **unit},
                {"do": "add", "code": p + "!", **unit},
            ]
        said = page.evaluate(send, ["/do", typed])
        assert sum(not s for s in said) >= 4 * len(PAYLOADS)
        page.evaluate(send, ["/view", [{"first": p, "second": p, "code": p, "coder": p} for p in PAYLOADS] + [{"clear": "1"}]])
        for view in ("codebook", "compare", "code"):
            with page.expect_navigation():
                page.click(f"button[data-view=page][value={view}]")
            _harmless(page)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            _harmless(page)
        page.evaluate("document.querySelector('#u30 .t').click()")
        page.locator("#pane[data-unit='31']").wait_for()
        page.keyboard.press("e")
        page.locator("#words").wait_for()
        assert page.locator("#words").input_value() == f"{PAYLOADS[30]} {PAYLOADS[30]}"
        page.keyboard.press("Escape")
        page.locator("#words").wait_for(state="detached")
        page.keyboard.press("c")
        page.locator("#options li").first.wait_for()
        _harmless(page)
        page.keyboard.press("Escape")
        with page.expect_navigation():
            page.click("button[data-do=logout]")
        _harmless(page)
    assert verify(entries(path), last_written(path)) == []


def _recorded(folder: Path) -> None:
    """Attach a recording of 12 seconds to D6, whose turns take two seconds each; a word of it is doubtful."""
    with wave.open(str(folder / "talk.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes(128 + round(60 * math.sin(n / 5)) for n in range(8000 * 14)))

    def timed(old: Study) -> Study:
        d = old.by_id["D6"]
        turns = tuple(replace(t, start_ms=2000 * n, end_ms=2000 * n + 2000) for n, t in enumerate(d.turns))
        at = d.text.index("manager")
        new = replace(d, turns=turns, doubts=(Doubt(at, at + 7, 0.31),))
        return replace(old, documents=tuple(new if x.id == d.id else x for x in old.documents))

    update(folder / "study" / STORE, timed)
    attach(folder / "study" / STORE, "D6", folder / "talk.wav")


def test_a_transcript_is_checked_against_its_recording(browser: Any, folder: Path) -> None:
    """Play from the segment, loop it, slow down, correct a doubtful word in place; what is behind moves along."""
    _recorded(folder)
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        assert page.locator(".doubt").inner_text() == "manager"
        page.keyboard.press("p")
        page.wait_for_timeout(900)
        at, paused = page.evaluate("[audio.currentTime, audio.paused]")
        assert 4 < at < 6.5  # the third turn, from its beginning
        assert not paused
        page.keyboard.press("l")
        for _ in range(4):
            page.keyboard.press("<")
        assert page.evaluate("audio.playbackRate") == 0.5
        assert page.locator("#rate").inner_text() == "0.50×"
        page.wait_for_timeout(4500)
        assert page.evaluate("audio.currentTime") < 6.5  # looped
        page.keyboard.press("e")
        page.locator("#words").wait_for()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type("my supervisor and the employer value the badge when they hire people 6")
        page.keyboard.press("Control+ ")
        assert page.evaluate("audio.paused")
        _press(page, "Enter")
        assert page.locator(".doubt").count() == 0
        _press(page, "a")  # the next segment: its offsets have moved
        study = load(folder / "study" / STORE)
        (coding,) = [c for c in study.codings if c.coder == "Eve"]
        assert study.by_id["D6"].text_of(coding).startswith("my supervisor")
        page.keyboard.press("s")
        page.keyboard.press("c")
        page.keyboard.type("time")
        _press(page, "Enter")
        study = load(folder / "study" / STORE)
        assert "my" in {study.by_id["D6"].text_of(c) for c in study.codings if c.coder == "Eve"}
        for _ in range(3):
            _press(page, "u")
        assert "supervisor" not in load(folder / "study" / STORE).by_id["D6"].text
        assert page.locator(".doubt").inner_text() == "manager"
        _press(page, "U")
        assert "supervisor" in load(folder / "study" / STORE).by_id["D6"].text
        assert page.faults == []
    assert verify(entries(folder / "study" / STORE), last_written(folder / "study" / STORE)) == []
    assert check(folder / "study" / STORE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_verbatim_check_is_accessible(browser: Any, folder: Path, scheme: str) -> None:
    """Zero axe violations with a recording, a field open, a loss to agree to, and after it; at 400 % too."""
    _axe()
    _recorded(folder)
    with running(folder, *_model(folder)) as server:
        page = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 800}).new_page()
        page.goto(server.address)
        page.fill("#coder", "Eve")
        page.click("button.main")
        page.locator("#audio").wait_for()
        assert _violations(page) == []
        for key in ("s", "c"):
            page.keyboard.press(key)
        page.keyboard.type("time")
        _press(page, "Enter")
        page.click("#pane button[data-do=edit]")
        page.locator("#words").wait_for()
        assert _violations(page) == []
        page.locator("#words").fill("the employer")
        page.click(".editing button.main")
        page.locator("#losing button").wait_for()
        for width, height in ((1280, 800), (320, 256)):
            page.set_viewport_size({"width": width, "height": height})
            assert _violations(page) == [], width
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.click("#losing button")
        page.locator("#pane .comment").wait_for()
        assert _violations(page) == []
        blind = _open(browser, server.next_address(), "Max", blind=True)
        assert blind.locator("button[data-do=edit]").count() == 0
        assert _violations(blind) == []
    assert [e.decision.action for e in entries(folder / "study" / STORE)] == ["add", "correct"]


def test_a_document_is_reviewed_by_touch(browser: Any, folder: Path) -> None:
    """On a tablet: tap accept, another segment, a code from the window, undo and redo."""
    with running(folder, *_model(folder)) as server:
        page = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, is_mobile=True).new_page()
        page.goto(server.address)
        page.fill("#coder", "Eve")
        page.tap("button.main")
        page.tap("#pane button[data-do=accept]")
        page.locator("#u2.decided").wait_for()
        page.tap("#u1 .t")
        page.locator("#pane[data-unit='2']").wait_for()
        page.tap("#pane button[data-do=add]")
        page.tap("#options li[data-code='Work > Time']")
        page.locator("#pane .row.own").wait_for()
        for name in ("undo", "redo"):
            with page.expect_response("**/do"):
                page.tap(f"button[data-do={name}]")
        page.locator("#pane .row.own").wait_for()
    assert _by(folder, "Eve") == [("D6", "Work > Recognition"), ("D6", "Work > Time")]
