"""The review page in a real Chromium: by keyboard, by mouse, blind, by two people, through a kill."""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import os
import random
import re
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
from pypdf import PdfReader

from autocode.model import CodingModel
from autocode.store import STORE, load, update
from autocode.store.backups import backup, check
from autocode.store.ledger import entries, last_written
from autocode.store.records import attach, detach, recordings
from autocode.study import Coder, Coding, Document, Doubt, Reading, Study, Turn
from autocode.study.codebook import Code, Codebook
from autocode.trail import verify
from tests.browsers import CHROMIUM, Running, loads, log_in, press, ready, room, still_coming, tab, violations
from tests.browsers import running as desk_running
from tests.desk.desks import half_coded, learnt
from tests.fake_encoder import FakeEncoder
from tests.payloads import PAYLOADS

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
KILLS = int(os.environ.get("AUTOCODE_KILLS", "6"))  # a hundred were run for docs/desk.md


@pytest.fixture
def folder(study: Study, tmp_path: Path) -> Path:
    """A study with two new interviews, and a model that learnt from the other six."""
    update(tmp_path / "study" / STORE, lambda _: half_coded(study))
    learnt(study).save(tmp_path / "model")
    return tmp_path


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """`autocode review` that is gone afterwards."""
    with desk_running(folder, "review", str(folder / "study"), *options) as found:
        yield found


MODEL = ("--control", "0")


def _open(browser: Any, address: str, name: str = "Eve", blind: bool = False) -> Any:
    return log_in(tab(browser, address), name, blind)


_press = press
ROOMS = (
    "Overview",
    "Bring in",
    "Codes",
    "passages",
    "Memos",
    "Compare",
    "Second look",
    "Model",
    "Dossier",
    "Send back",
    "People",
    "Code",
)


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
        assert _by(folder, "Eve") == [("D6", "Learning > Recognition"), ("D6", "Work > Recognition")]
        assert [e.decision.action for e in entries(folder / "study" / STORE)] == ["accept", "reject", "other"]
        page.locator("#pane[data-document=D6] .ended").wait_for()  # nothing asks any more: it says so, and stays
        with loads(page):
            page.keyboard.press("n")
        page.locator("#pane[data-document=D7]").wait_for()
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
        page.keyboard.press("Shift+R")
        page.locator("#resting button.main").wait_for()
        assert "D7: 2 unread segments" in page.locator("#resting").inner_text()
        page.keyboard.press("Tab")
        _press(page, "Enter")
        page.locator("#u1.decided").wait_for()
        assert page.faults == []
    assert verify(entries(folder / "study" / STORE)) == []
    assert check(folder / "study" / STORE) == []


def test_a_document_is_reviewed_by_mouse_alone(browser: Any, folder: Path) -> None:
    """Buttons, segments, the code window, bulk accept with its preview, and undo: no keys."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        page.locator("#u2.asked").wait_for()  # the page may come before the model has read
        page.click("#u2 .t")
        page.locator("#pane[data-unit='3']").wait_for()
        page.click("#pane button[data-do=accept]")
        page.locator("#u2.decided").wait_for()
        page.click("#u1 .t")
        page.locator("#pane[data-unit='2']").wait_for()
        page.click("#pane button[data-do=add]")
        page.click("#options li[data-code='Work > Time']")
        page.locator("#pane .row.own").wait_for()
        page.click("#pane button[aria-label='End one word earlier']")
        page.locator("#saved.ok").wait_for()
        page.click("button[data-do=bulk-ask]")
        page.fill("#least", "0.5")
        page.click("#bulk button[data-do=preview]")
        page.click("#previewed button[data-do=bulk]")
        page.locator("#u5.decided").wait_for()
        assert len(_by(folder, "Eve")) == 4
        page.click("button[data-do=undo]")
        page.locator("#u5.asked").wait_for()
        assert len(_by(folder, "Eve")) == 2
        page.click("button[data-do=undo]")
        page.click("#documents a[data-document=D7]")
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
        for key in ("a", "x", "Shift+A"):
            page.keyboard.press(key)
        page.wait_for_timeout(200)
        for text in bodies:
            assert not re.search("machine|likely|possible|similarity|Nearest|coded by", text)
    assert {e.decision.action for e in entries(folder / "study" / STORE)} == {"done"}
    assert all(e.decision.hidden and e.decision.blind for e in entries(folder / "study" / STORE))


@pytest.mark.row(3)
def test_two_people_review_at_once(browser: Any, folder: Path) -> None:
    """Two servers on one study: the second is told of the first, and nobody's decision is lost."""
    with running(folder, *_model(folder)) as one, running(folder, *_model(folder)) as two:
        eve, max_ = _open(browser, one.address, "Eve"), _open(browser, two.address, "Max")
        with loads(max_):
            max_.click("#documents a[data-document=D7]")
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
        _press(page, "j")
        unit = page.locator("#pane").get_attribute("data-unit")
        page.reload()
        assert page.locator("#pane").get_attribute("data-unit") == unit


@pytest.mark.row(24)
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


@pytest.mark.row(1)
def test_a_server_killed_while_deciding_loses_nothing(folder: Path) -> None:
    """SIGKILL at any moment: what was answered as saved is there, the chain holds, the next start is quick."""
    path, chosen = folder / "study" / STORE, random.Random(7)
    saved: set[str] = set()
    starts: list[float] = []
    for kill in range(KILLS):
        server = Running(folder, "review", str(folder / "study"), "--coder", "Eve")
        starts.append(_seconds(server.process))
        found = entries(path)
        assert saved <= {e.decision.note for e in found}
        assert verify(found, last_written(path)) == []
        cookie, home = _token(server.address)
        after = ["sh", "-c", f"sleep {chosen.uniform(0.02, 0.4):.3f}; kill -9 {server.process.pid}"]
        timer: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError, http.client.HTTPException):
            for n in range(10_000):
                note = f"{kill} {n}"
                body = {"do": "note", "document": f"D{n % 8}", "unit": "3", "text": note}
                if b'"saved"' in _post(home, cookie, "s/1/do", json.dumps(body).encode()):
                    saved.add(note)
                timer = timer or subprocess.Popen(after)  # from the first answer on, however slow the machine
        assert timer
        timer.wait()
        server.process.communicate()
    assert max(starts) < 5, starts
    assert len(saved) > KILLS
    assert saved <= {e.decision.note for e in entries(path)}
    assert verify(entries(path), last_written(path)) == []
    assert check(path) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_accessible(browser: Any, folder: Path, scheme: str) -> None:
    """Zero axe violations: login, review, every window, compare, codebook, closed page, blind, small screen."""
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
        assert violations(page) == []
        log_in(page)
        assert violations(page) == []
        for key, name in (
            ("a", ""),
            ("x", ""),
            ("?", "help"),
            ("c", "codes"),
            ("m", "note"),
            ("Shift+A", "bulk"),
            ("Shift+R", "rest"),
        ):
            page.keyboard.press(key)
            if name:
                page.locator(f"#{name}[open]").wait_for()
                if name == "rest":
                    page.locator("#resting button").first.wait_for()
                if name == "codes":
                    page.keyboard.type("zzz")
                if name == "bulk":
                    page.fill("#least", "0.2")
                    page.click("#bulk button[data-do=preview]")
                    page.locator("#previewed table").wait_for()
                assert violations(page) == [], name
                page.keyboard.press("Escape")
            ready(page)
        assert violations(page) == []
        with loads(page):
            page.click("#documents a[data-document=D7]")
        page.fill("#q", "manager")
        page.keyboard.press("Enter")
        page.locator("#found a").first.wait_for()
        assert violations(page) == []
        for view in (*ROOMS, "Studies"):
            if view in ("passages", "Studies"):
                with loads(page):
                    page.click(".tree a >> nth=2" if view == "passages" else "text=Studies")
            else:
                room(page, view)
            if view == "Compare":
                page.locator("#answer .big").wait_for()
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert violations(page) == [], view
            page.set_viewport_size({"width": 320, "height": 256})  # 1280 pixels at 400 %
            assert violations(page) == [], f"{room} at 400 %"
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, room
            page.set_viewport_size({"width": 1280, "height": 800})
        stranger = browser.new_context(color_scheme=scheme).new_page()
        stranger.goto(page.url)
        assert violations(stranger) == []


HOSTILE = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>'\"`{{7*7}}\u202e👩‍👩‍👧"


@pytest.mark.row(9)
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
        with loads(page):
            page.click("#documents li:last-child a")
        page.click("#pane button[data-do=add]")
        page.locator("#code").fill("img")
        with page.expect_response("**/do"):
            page.keyboard.press("Enter")
        for view in ("Compare", "Codes", "Memos", "Overview", "Model", "Dossier", "Code"):
            room(page, view)
            assert page.title() != "hit"
            assert page.locator("img").count() == 0
        assert page.faults == []
        page.click("#documents li:last-child a")
        page.locator("#transcript[data-document=hostile]").wait_for()
        assert page.locator(".unit .t").first.text_content() == text
        (coding,) = [c for c in load(path).codings if c.coder == "Eve<b>"]
        assert (coding.code, coding.start, coding.end) == (HOSTILE, 0, len(text))


@pytest.mark.row(17)
def test_offsets_of_a_selection_are_code_points(browser: Any, folder: Path) -> None:
    """Words selected after emoji, combining and right-to-left letters are the words that are coded."""
    text = "👩‍👩‍👧 שלום cafe\u0301 𝒳 the badge matters"
    update(folder / "study" / STORE, lambda s: replace(s, documents=(*s.documents, Document("odd", text, "odd"))))
    with running(folder) as server:
        page = _open(browser, server.address)
        with loads(page):
            page.click("#documents a[data-document=odd]")
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


@pytest.mark.row(9)
def test_sixty_payloads_in_every_field_are_only_words(browser: Any, folder: Path) -> None:
    """Each payload in each field of the study, and typed into each field of the page, stays words on every page."""
    path = folder / "study" / STORE
    learnt(update(path, _poisoned)).save(folder / "poisoned")
    with running(folder, "--model", str(folder / "poisoned"), "--control", "0") as server:
        page = _open(browser, server.address, PAYLOADS[0][:80])
        with loads(page):
            page.locator("#documents a[data-document=all]").click()
        _harmless(page)
        assert page.locator(".unit .t").nth(20).text_content() == f"{PAYLOADS[20]} said"
        send = """async ([path, bodies]) => { const said = []; for (const body of bodies) said.push(await (await fetch(
            "/s/1" + path, {method: 'POST', body: JSON.stringify(body)})).json()); return said.map(s => s.error || ''); }"""
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
        page.evaluate(send, ["/search", [{"do": "search", "text": p} for p in PAYLOADS]])
        for view in ROOMS:
            if view == "passages":
                with loads(page):
                    page.click(".tree a >> nth=20")
            else:
                room(page, view)
            _harmless(page)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            _harmless(page)
        with loads(page):
            page.click("#documents a[data-document=all]")
        page.locator("#transcript[data-document=all]").wait_for()
        page.evaluate("document.querySelector('#u30 .t').click()")
        page.locator("#pane[data-unit='31']").wait_for()
        page.keyboard.press("w")
        page.locator("#words").wait_for()
        assert page.locator("#words").input_value() == f"{PAYLOADS[30]} {PAYLOADS[30]}"
        page.keyboard.press("Escape")
        page.locator("#words").wait_for(state="detached")
        page.keyboard.press("c")
        page.locator("#options li").first.wait_for()
        _harmless(page)
        page.keyboard.press("Escape")
        with loads(page):
            page.click("button[data-do=logout]")
        _harmless(page)
    assert verify(entries(path), last_written(path)) == []


def _actions(folder: Path) -> list[str]:
    return [e.decision.action for e in entries(folder / "study" / STORE)]


def _drag(page: Any, start: tuple[str, float, float], end: tuple[str, float, float]) -> None:
    """Select by mouse from a place in one element to a place in another; places are shares of width and height."""
    points = []
    for selector, across, down in (start, end):
        box = page.locator(selector).bounding_box()
        points.append((box["x"] + across * box["width"], box["y"] + down * box["height"]))
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=8)
    page.mouse.up()


def _give(page: Any, name: str) -> None:
    """Code the selection or segment by the window of codes."""
    page.keyboard.press("c")
    page.locator("#codes[open]").wait_for()
    page.keyboard.type(name)
    _press(page, "Enter")


def _words(folder: Path, coder: str = "Eve") -> list[tuple[str, str]]:
    study = load(folder / "study" / STORE)
    return sorted((study.by_id[c.document].text_of(c), c.code) for c in study.codings if c.coder == coder)


def test_a_selection_that_leaves_the_words_is_clipped_to_them(browser: Any, folder: Path) -> None:
    """A drag over speaker lines and into the next segment codes the words between, and the record is of those segments."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        _drag(page, ("#u5 .who", 0.0, 0.5), ("#u6 .who", 0.9, 0.5))  # from one speaker line to the next
        _give(page, "time")
        text = "the university gave us a ceremony and honoured our badge on stage 6"
        assert _words(folder) == [(text, "Work > Time")]
        _drag(page, ("#u6 .who", 0.0, 0.3), ("#u6 p.t", 0.5, 0.5))
        _give(page, "lerecog")
        assert page.faults == []
    decisions = [e.decision for e in entries(folder / "study" / STORE)]
    assert [d.segment for d in decisions] == ["6", "7"]  # where the words are, not where the page looked (3)
    assert [s.code for s in decisions[0].shown] == ["Learning > Recognition"]  # what stood beside these words
    assert decisions[1].shown == ()
    (_, second) = sorted(_words(folder), reverse=True)
    assert second[0] or second == second
    assert all("R:" not in words and "Interviewer" not in words for words, _ in _words(folder))


def test_a_selection_outside_the_transcript_is_refused(browser: Any, folder: Path) -> None:
    """Words selected in the pane beside it never turn into the whole segment."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        page.locator("#pane .definition").first.dblclick()
        page.keyboard.press("c")
        page.locator("#told >> text=holds no words of the transcript").wait_for()
        assert page.locator("#codes[open]").count() == 0
        page.keyboard.press("Escape")
        _give(page, "time")
        assert _words(folder) == [("my manager and the employer value the badge when they hire people 6", "Work > Time")]


def test_a_control_segment_counts_as_hidden_only_for_its_own_words(browser: Any, folder: Path) -> None:
    """Coding visible words while a control segment is current is no independent coding."""
    with running(folder, "--model", str(folder / "model"), "--control", "0.5") as server:
        page = _open(browser, server.address)
        hidden = page.locator(".unit.hidden").first.get_attribute("id")
        shown = page.locator(".unit.asked").first.get_attribute("id")
        page.click(f"#{hidden} p.t")
        page.locator(f"#{hidden}[aria-current]").wait_for()
        ready(page)
        page.locator(f"#{shown} p.t").scroll_into_view_if_needed()
        _drag(page, (f"#{shown} p.t", 0.0, 0.25), (f"#{shown} p.t", 0.6, 0.25))
        _give(page, "lerecog")
    (entry,) = entries(folder / "study" / STORE)
    assert (entry.decision.hidden, bool(entry.decision.shown)) == (False, True)


def test_a_renamed_code_keeps_its_suggestions(browser: Any, folder: Path) -> None:
    """After renaming a theme the suggestions stand under the new name, before and after a new start."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        room(page, "Codes")
        with loads(page):
            page.click(".tree a >> text='Work'")
        page.locator("summary >> text=Rename").click()
        page.fill("#name", "Job")
        with loads(page):
            page.click("button[data-do=code-rename]")
        room(page, "Code")
        assert page.locator("#pane .path").first.inner_text() == "Job > Recognition"
        _press(page, "a")
        assert page.locator("#pane h2").inner_text().startswith("Segment 4")
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        assert page.locator("#u2.decided").count() == 1  # decided under the new name, and still
        assert page.locator("#pane .path").first.inner_text() == "Job > Time"
    assert _by(folder, "Eve") == [("D6", "Job > Recognition")]


def test_the_last_decision_of_an_interview_leads_nowhere_by_itself(browser: Any, folder: Path) -> None:
    """The page says what is decided and unread; closing the rest names document and number and asks for another key."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        for key in ("a", "x", "a"):
            _press(page, key)
        page.locator("#pane[data-document=D6] .ended").wait_for()
        assert "2 unread" in page.locator(".ended").inner_text()
        page.keyboard.press("Shift+R")
        page.locator("#resting button").first.wait_for()
        page.keyboard.press("Enter")  # the same hand goes on: nothing is closed
        page.keyboard.press("Shift+R")
        page.locator("#resting >> text=D6: 2 unread segments").wait_for()
        page.keyboard.press("Escape")
        assert _actions(folder) == ["accept", "reject", "accept"]
        page.click(".ended button[data-do=next]")
        page.locator("#pane[data-document=D7]").wait_for()
        page.go_back()
        page.locator("#pane[data-document=D6]").wait_for()


def test_the_window_of_codes_gives_what_was_typed(browser: Any, folder: Path) -> None:
    """An exact name comes first, Enter alone gives nothing, a search given up leaves the order as it was."""
    book = (Code("Time"), Code("Timetable"), Code("Overtime"))
    update(folder / "study" / STORE, lambda s: replace(s, codebook=replace(s.codebook, codes=(*book, *s.codebook.codes))))
    with running(folder) as server:
        page = _open(browser, server.address)
        page.keyboard.press("c")
        page.keyboard.press("Enter")
        page.wait_for_timeout(150)
        assert _actions(folder) == []  # nothing was chosen
        before = page.locator("#options li").all_inner_texts()
        page.keyboard.type("zzq")
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        page.locator("#codes[open]").wait_for()
        assert page.locator("#options li").all_inner_texts() == before
        page.keyboard.type("overtime")
        _press(page, "Enter")
        _give(page, "time")
        assert {code for _, code in _words(folder)} == {"Overtime", "Time"}
        _press(page, "j")
        page.reload()
        page.keyboard.press("c")
        page.locator("#codes[open]").wait_for()
        _press(page, "2")  # the last but one that was given
        assert ("Overtime" in dict(map(reversed, _words(folder)))) is True


def test_keys_count_for_what_is_on_the_screen_or_not_at_all(browser: Any, folder: Path) -> None:
    """Keys sent before an answer decide nothing else, and a held key decides once."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        held: list[Any] = []
        page.route("**/do", lambda route: held.append(route))
        page.keyboard.press("x")
        for key in ("a", "a", "Enter", "o", "x"):
            page.keyboard.press(key)
        page.wait_for_timeout(300)
        for route in held:
            route.continue_()
        page.unroute("**/do")
        page.locator("#u2.decided").wait_for()
        ready(page)
        assert _actions(folder) == ["reject"]
        assert page.locator("#codes[open]").count() == 0
        page.keyboard.down("a")
        for _ in range(6):
            page.keyboard.down("a")  # the keyboard repeats it
            page.wait_for_timeout(60)
        page.keyboard.up("a")
        page.wait_for_timeout(300)
        assert _actions(folder) == ["reject", "accept"]


def test_who_leaves_while_something_is_saved_loses_nothing(browser: Any, folder: Path) -> None:
    """Two acts are on their way on a slow machine when a link is pressed: both are stored, then the page is left."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        held: list[Any] = []
        page.route("**/do", lambda route: route.continue_() if held else held.append(route))
        page.keyboard.press("f")
        page.click("#tree button >> nth=1")  # gives the code: it waits for the flag
        page.click("nav[aria-label=Rooms] >> text='Codes'")
        page.wait_for_timeout(300)
        assert len(held) == 1
        assert "/code/" in page.url
        with loads(page):
            held[0].continue_()
        assert page.url.endswith("/codes")
        assert _actions(folder) == ["flag", "add"]
        assert page.faults == []


def test_files_dropped_while_others_are_sent_come_after_them(browser: Any, folder: Path) -> None:
    """Two drops, the second before the first has a batch: both are in one preview, and none is lost."""
    with running(folder) as server:
        page = _open(browser, server.address)
        room(page, "Bring in")
        held: list[Any] = []
        asked: list[str] = []
        page.on("request", lambda r: asked.append(r.url) if r.url.endswith("/batch") else None)
        page.route("**/batch", lambda route: route.continue_() if held else held.append(route))
        for name in ("R41.txt", "R42.txt"):
            text = (
                f"Interviewer: Why did you come, {name[:3]}?\n\nR: The badge matters.\n\nInterviewer: And then?\n\nR: It did.\n"
            )
            page.set_input_files("#files", [{"name": name, "mimeType": "text/plain", "buffer": text.encode()}])
        page.wait_for_timeout(300)
        held[0].continue_()
        for name in ("R41", "R42"):
            page.locator(f"#preview.preview >> text={name}").first.wait_for()
        assert len(asked) == 1
        assert page.faults == []


def test_a_mistyped_name_makes_no_code(browser: Any, folder: Path) -> None:
    """Names that are nearly so come first and none is chosen; a new code is a row that somebody goes to, with undo."""
    with running(folder) as server:
        page = _open(browser, server.address)
        page.keyboard.press("c")
        page.keyboard.type("Recogintion")
        first = page.locator("#options li:not([hidden])").first
        first.locator("text=called nearly so").wait_for()
        assert "Recognition" in first.inner_text()
        assert page.locator("#options [aria-selected=true]").count() == 0
        page.keyboard.press("Enter")
        page.locator("#code-unsure:not([hidden])").wait_for()
        assert violations(page) == []
        assert (_actions(folder), "Recogintion" in load(folder / "study" / STORE).codebook) == ([], False)
        page.keyboard.press("ArrowDown")
        _press(page, "Enter")
        assert {code for _, code in _words(folder)} <= {"Work > Recognition", "Learning > Recognition"}
        page.keyboard.press("c")
        page.keyboard.type("Recogniton")
        page.keyboard.press("ArrowUp")  # the last row
        with loads(page):
            page.keyboard.press("Enter")
        assert "“Recogniton” is a new code" in page.locator("#made").inner_text()
        with loads(page):
            page.click("#made button")
        assert "Recogniton" not in load(folder / "study" / STORE).codebook
        assert page.locator("#made").count() == 0


def test_without_a_model_enter_goes_on_and_the_pane_follows_the_words_coded(browser: Any, folder: Path) -> None:
    """Decided leads to the next segment that is unread; words coded in another segment bring that segment beside the text."""
    with running(folder) as server:
        page = _open(browser, server.address)
        units = page.locator(".unit:not(.context)").evaluate_all("all => all.map((u) => u.dataset.unit)")
        assert page.locator("#pane").get_attribute("data-unit") == units[0]
        _press(page, "Enter")
        assert page.locator("#pane").get_attribute("data-unit") == units[1]
        assert page.locator(".unit[aria-current]").get_attribute("data-unit") == units[1]
        page.evaluate(
            """(id) => { const p = document.querySelector(`.unit[data-unit="${id}"] .t`);
            getSelection().selectAllChildren(p); }""",
            units[0],
        )
        top = page.locator("main.middle").evaluate("m => m.scrollTop")
        _give(page, "Recognition")
        assert page.locator("#pane").get_attribute("data-unit") == units[0]
        assert page.locator("main.middle").evaluate("m => m.scrollTop") == top
        _press(page, "u")
        assert page.locator("#pane").get_attribute("data-unit") == units[0]
        assert page.faults == []


def test_new_codes_are_made_while_coding(browser: Any, folder: Path) -> None:
    """A name that is not there makes a code and the coding at once; in their own words likewise; each one undo."""
    with running(folder) as server:
        page = _open(browser, server.address)
        page.keyboard.press("c")
        page.keyboard.type("Pride")
        page.locator("#fresh-line:not([hidden])").wait_for()
        with loads(page):
            page.keyboard.press("Enter")
        assert [code for _, code in _words(folder)] == ["Pride"]
        _press(page, "j")
        page.keyboard.press("s")
        page.keyboard.press("]")
        page.keyboard.press("i")
        page.locator("#codes[open]").wait_for()
        assert page.locator("#code").input_value() == "my manager"
        with loads(page):
            page.keyboard.press("Enter")
        assert _words(folder)[1] == ("my manager", "my manager")
        with loads(page):
            page.keyboard.press("u")
        study = load(folder / "study" / STORE)
        assert ("my manager" in study.codebook, "Pride" in study.codebook) == (False, True)


def test_memos_are_found_again_and_changed(browser: Any, folder: Path) -> None:
    """A comment, a memo on a document, on a coding and on the study stand in one list, and can be changed there."""
    with running(folder) as server:
        page = _open(browser, server.address)
        page.keyboard.press("m")
        page.fill("#comment", "odd passage")
        page.reload()  # a half-written comment is not lost
        page.keyboard.press("m")
        assert page.locator("#comment").input_value() == "odd passage"
        with page.expect_response("**/do"):
            page.click("#note button.main")
        page.click("text=Memo on this document")
        page.fill("#memo-text", "a good talk")
        with page.expect_response("**/do"):
            page.click("#memo button.main")
        _give(page, "time")  # the page stays; nothing is drawn anew under one's hands
        page.click("#pane button[data-do=memo-ask]")
        page.fill("#coding-memo-text", "ask Ben")
        with page.expect_response("**/do"):
            page.click("#coding-memo button.main")
        page.locator("#pane .comment >> text=ask Ben").wait_for()
        _press(page, "f")
        room(page, "Memos")
        said = page.locator("main").inner_text()
        for words in ("odd passage", "a good talk", "ask Ben", "Your flags"):
            assert words in said
        page.locator("article.memo summary").first.click()
        page.locator("article.memo textarea").first.fill("a very good talk")
        with loads(page):
            page.locator("article.memo button").first.click()
        assert "a very good talk" in page.locator("main").inner_text()
        assert page.locator("article.memo").count() == 2
        page.click("article.memo a >> nth=1")
        page.locator("#pane").wait_for()
        assert page.faults == []


def test_all_passages_of_a_code_are_in_one_place(browser: Any, folder: Path) -> None:
    """Click a code: its passages in all documents, each with its way back into the text; a search goes the same way."""
    with running(folder) as server:
        page = _open(browser, server.address)
        _give(page, "lerecog")
        page.click("#tree a >> nth=4")
        page.locator(".passage").first.wait_for()
        study = load(folder / "study" / STORE)
        count = sum(c.code == "Learning > Recognition" for c in study.codings)
        assert page.locator("h3").first.inner_text() == f"{count} passages"
        page.locator(".passage button[data-do=recode]").first.click()
        page.keyboard.type("time")
        with loads(page):
            page.keyboard.press("Enter")
        assert [code for _, code in _words(folder)] == ["Work > Time"]
        with loads(page):
            page.click(".passage a >> nth=0")
        page.keyboard.press("/")
        page.keyboard.type("CEREMONY")
        page.keyboard.press("Enter")
        page.locator("#found a").first.wait_for()
        assert "8 places in 8 documents" in page.locator("#found").inner_text()
        page.click("#found a >> nth=7")
        page.locator("#pane[data-document=D7]").wait_for()
        assert (
            page.locator(".unit[aria-current]").inner_text().startswith("6")
            or "ceremony" in page.locator(".unit[aria-current]").inner_text()
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_code_has_the_colour_that_was_chosen_for_it(browser: Any, folder: Path, scheme: str) -> None:
    """Chosen in the room of the codes, it marks tree and stripes, in a shade to be seen on a light and a dark page."""
    with running(folder, *_model(folder)) as server:
        page = log_in(tab(browser, server.address, color_scheme=scheme))
        room(page, "Codes")
        with loads(page):
            page.click(".tree a >> text=Work")
        with loads(page):
            page.fill("#colour", "#ffee00")
            page.dispatch_event("#colour", "change")
        shown = page.evaluate("getComputedStyle(document.querySelector('.tree [aria-current] .swatch')).backgroundColor")
        assert (shown == "rgb(255, 238, 0)") == (scheme == "dark"), shown
        assert violations(page) == []
        room(page, "Code")
        page.locator(".bar.xffee00").first.wait_for(state="attached")
        assert page.evaluate("getComputedStyle(document.querySelector('.stripe.xffee00')).borderLeftColor") == shown
        assert violations(page) == []
        room(page, "Codes")
        with loads(page):
            page.click(".tree a >> text=Work")
        with loads(page):
            page.click("text=No colour of its own")
        assert page.locator(".xffee00").count() == 0
        assert page.faults == []


def _reviewed(page: Any) -> None:
    """Accept what is suggested in the document until nothing asks any more."""
    for _ in range(60):
        if page.locator(".ended").count():
            return
        _press(page, "a" if page.locator("#pane .suggestion:not(.past)").count() else "Enter")
    raise AssertionError("the interview has no end")


def test_the_model_learns_between_interviews(browser: Any, study: Study, tmp_path: Path) -> None:
    """When an interview is reviewed the model is trained again beside the page; the better one takes over, and it is said.

    The reviewer goes on meanwhile; what was suggested before stands until the new model has read everything.
    """
    update(tmp_path / "study" / STORE, lambda _: half_coded(study))
    learnt(study).save(tmp_path / "models" / "study")
    before = (tmp_path / "models" / "study" / "manifest.json").read_bytes()
    with running(tmp_path, "--control", "0") as server:
        page = _open(browser, server.address)
        first = page.locator("#transcript").get_attribute("data-document")
        _reviewed(page)
        page.locator("#learnt >> text=is learning").wait_for()
        page.click("#pane [data-do=next]")
        page.locator(f"#transcript:not([data-document={first}])").wait_for()
        ready(page)
        assert page.locator("#pane .suggestion").count(), "the old model's word stands meanwhile"
        _press(page, "a")
        page.locator("#learnt >> text=held out").wait_for(timeout=90_000)
        said = page.locator("#learnt").inner_text()
        assert "better on 6 documents held out" in said
        assert (tmp_path / "models" / "study" / "manifest.json").read_bytes() != before
        assert said in (tmp_path / "models" / "study" / "README.md").read_text(encoding="utf-8")
        assert [e.decision.note for e in entries(tmp_path / "study" / STORE) if e.decision.action == "model"] == [said]
        page.locator("#reading[hidden]").wait_for(state="attached", timeout=30_000)
        _press(page, "u")  # one's own decision is taken back, not the training
        assert page.locator("#pane .suggestion").count()
        with loads(page):
            page.click(f"#documents a[data-document={first}]")
        assert page.locator("#pane >> text=has learnt from this document").count()
        room(page, "Model")
        assert violations(page) == []
        with page.expect_response("**/learning"):
            page.uncheck("#learning")
        room(page, "Code")
        with loads(page):
            page.click("#documents a[data-document=D7]" if first == "D6" else "#documents a[data-document=D6]")
        _reviewed(page)
        page.wait_for_timeout(1500)
        assert page.locator("#learnt").inner_text() == said, "it is switched off"
        assert page.faults == []


@pytest.mark.row(1)
def test_a_desk_killed_while_the_model_learns_leaves_a_whole_one(browser: Any, study: Study, tmp_path: Path) -> None:
    """At whatever moment: the old model or the new one is there, whole, and every decision too."""
    update(tmp_path / "study" / STORE, lambda _: half_coded(study))
    learnt(study).save(tmp_path / "models" / "study")
    chosen = random.Random(7)
    for kill in range(3):
        with running(tmp_path, "--control", "0") as server:
            page = _open(browser, server.address, f"Eve {kill}")
            with loads(page):
                page.click("#documents a[data-document=D7]")
            _reviewed(page)
            page.wait_for_timeout(chosen.uniform(0, 4000))
            server.kill()
            page.context.close()
        model = CodingModel.load(tmp_path / "models" / "study", FakeEncoder())
        assert model.codes
        assert {f"Eve {n}" for n in range(kill + 1)} <= {c.coder for c in load(tmp_path / "study" / STORE).codings}
        assert verify(entries(tmp_path / "study" / STORE), last_written(tmp_path / "study" / STORE)) == []


def test_every_tab_keeps_its_own_place(browser: Any, folder: Path) -> None:
    """Two tabs of one browser look at two documents with two filters; a decision in one moves nothing in the other."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        other = page.context.new_page()
        other.goto(page.url)
        other.click("#documents a[data-document=D7]")
        other.locator("#pane[data-document=D7]").wait_for()
        with loads(other):
            other.locator("summary >> text=Filters").click()
            other.select_option("#f-theme", "Work")
        other.locator("main >> text=pass the filters").first.wait_for()
        _press(page, "a")
        page.reload()
        other.reload()
        assert page.locator("#transcript").get_attribute("data-document") == "D6"
        assert other.locator("#transcript").get_attribute("data-document") == "D7"
        assert "pass the filters" in other.locator("main").inner_text()
        assert "pass the filters" not in page.locator("main").inner_text()


def test_what_is_done_while_a_page_is_still_coming_is_not_lost(browser: Any, folder: Path) -> None:
    """A button, a key, a click on a segment, a filter and a dropped file wait for the scripts; each counts once, in order."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        address = page.url
        with still_coming(page, address):
            page.click("#pane .row [data-do=accept]")
        assert _actions(folder) == ["accept"]
        with still_coming(page, address):
            page.click(".top [data-do=undo]")
        assert _actions(folder) == ["accept", "undo"]
        with page.expect_response("**/view"), still_coming(page, address):
            page.locator("summary >> text=Filters").click()
            page.select_option("#f-theme", "Work")
        page.locator("main >> text=pass the filters").first.wait_for()
        with still_coming(page, re.sub("/code.*", "/bring", address)):
            page.evaluate(
                """() => {
                const dataTransfer = new DataTransfer(), words = "Interviewer: Why? And who was there?";
                dataTransfer.items.add(new File([words], "R30.txt"));
                const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer });
                document.querySelector("#drop").dispatchEvent(drop); }"""
            )
        page.locator("#preview.preview >> text=R30").first.wait_for()
        assert page.faults == []


def test_keys_work_by_their_places_and_capitals_are_the_shift_key(browser: Any, folder: Path) -> None:
    """A Russian layout, brackets on a German one, and a locked capital: the same decisions."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        send = """([key, code, shift]) => document.querySelector('.unit[aria-current]').dispatchEvent(
            new KeyboardEvent('keydown', {key, code, shiftKey: shift, bubbles: true, cancelable: true}))"""
        for key, code, shift in (("ф", "KeyA", False), ("ч", "KeyX", False)):
            with page.expect_response("**/do"):
                page.evaluate(send, [key, code, shift])
            ready(page)
        assert _actions(folder) == ["accept", "reject"]
        with page.expect_response("**/do"):
            page.evaluate(send, ["A", "KeyA", False])  # the capitals are locked
        ready(page)
        assert page.locator("#bulk[open]").count() == 0
        assert _actions(folder) == ["accept", "reject", "accept"]
        page.click("#u2 p.t")
        page.locator("#pane[data-unit='3']").wait_for()
        page.keyboard.press("2")  # the coding made first
        with page.expect_response("**/do"):
            page.evaluate(send, ["ü", "BracketLeft", False])
        ready(page)
        assert ("my manager and the employer value the badge when they hire people", "Work > Recognition") in _words(folder)


def _edge(page: Any, words: str, last: bool) -> tuple[float, float]:
    """Where the first or last letter of some words stands on the screen."""
    find = (
        "([words, last]) => { const all = [...document.querySelectorAll('.unit[aria-current] p.t, article p.t')];"
        "const p = all.find(p => p.textContent.includes(words));"
        "const at = p.textContent.indexOf(words) + (last ? words.length - 1 : 0), walk = document.createTreeWalker(p, 4);"
        "let n, k = at; while ((n = walk.nextNode()) && k >= n.length) k -= n.length;"
        "const r = document.createRange(); r.setStart(n, k); r.setEnd(n, k + 1); const b = r.getBoundingClientRect();"
        "return [(b.left + b.right) / 2, (b.top + b.bottom) / 2]; }"
    )
    x, y = page.evaluate(find, [words, last])
    return x, y


def _pull(page: Any, grip: str, words: str, last: bool) -> None:
    box = page.locator(f".grip[data-grip={grip}]").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    x, y = _edge(page, words, last)
    page.mouse.move((x + box["x"]) / 2, y)
    page.mouse.move(x, y)
    page.mouse.up()


def test_the_words_of_a_coding_are_edited_by_keys_and_by_dragging_their_marks(browser: Any, folder: Path) -> None:
    """A suggestion gets its words before it is accepted, a coding afterwards; Escape leaves both as they were."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        text = page.locator(".unit[aria-current] p.t").inner_text()
        words = text.split()
        page.keyboard.press("e")
        page.locator("#spanning:not([hidden])").wait_for()
        assert page.evaluate("getSelection().toString()") == text
        assert violations(page) == []
        for key in ("BracketLeft", "ArrowLeft", "Shift+BracketRight"):
            page.keyboard.press(key)
        assert page.evaluate("getSelection().toString()").split() == words[1:-2]
        page.keyboard.press("a")  # no other key counts meanwhile
        page.keyboard.press("Escape")
        page.locator("#spanning").wait_for(state="hidden")
        assert _words(folder) == []
        page.click("#pane .suggestion [data-do=span]")
        _pull(page, "last", words[-3], True)
        _pull(page, "first", words[2], False)
        assert page.evaluate("getSelection().toString()").split() == words[2:-2]
        _press(page, "Enter")
        (first,) = _words(folder)
        assert first[0].split() == words[2:-2]
        page.keyboard.press("k")
        page.locator(".row.own").first.wait_for()
        page.keyboard.press("e")
        x, y = _edge(page, words[-1], True)
        page.mouse.click(x, y)  # the nearer edge comes to the word clicked
        _pull(page, "first", words[1], False)
        _press(page, "Enter")
        assert [(w.split(), code) for w, code in _words(folder)] == [(words[1:], first[1])]
        _press(page, "u")
        assert _words(folder) == [first]
        assert page.faults == []


def test_half_corrected_words_outlive_a_reload(browser: Any, folder: Path) -> None:
    """What was typed into the words of a segment is back in its field after a reload."""
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        page.keyboard.press("w")
        page.locator("#words").wait_for()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type("my supervisor")
        page.reload()
        page.locator("#words").wait_for()
        ready(page)
        assert page.locator("#words").input_value() == "my supervisor"
        page.keyboard.press("Escape")
        page.locator("#words").wait_for(state="detached")
        page.reload()
        ready(page)
        assert page.locator("#words").count() == 0


def test_text_that_runs_from_right_to_left_does_so(browser: Any, folder: Path) -> None:
    """Arabic words stand at the right edge, Latin ones at the left."""
    text = "\u0642\u0627\u0644 \u0644\u064a \u0627\u0644\u0645\u062f\u064a\u0631\n\nthe badge matters"
    update(folder / "study" / STORE, lambda s: replace(s, documents=(*s.documents, Document("ar", text, "ar"))))
    with running(folder) as server:
        page = _open(browser, server.address)
        page.click("#documents a[data-document=ar]")
        page.locator("#transcript[data-document=ar]").wait_for()
        found = [page.evaluate(f"getComputedStyle(document.querySelector('#u{n} p.t')).direction") for n in (0, 1)]
        assert found == ["rtl", "ltr"]


def test_stripes_stand_beside_their_words(browser: Any, folder: Path) -> None:
    """A bar is as high as the words it is about, and two over the same words stand side by side."""
    with running(folder) as server:
        page = browser.new_context(viewport={"width": 900, "height": 800}).new_page()
        page.goto(server.address)
        log_in(page)
        page.click("#u5 p.t")
        page.locator("#pane[data-unit='6']").wait_for()
        page.keyboard.press("s")
        for code in ("time", "lerecog"):
            page.keyboard.press("s")
            _give(page, code)
        page.wait_for_timeout(200)
        bars = page.evaluate("[...document.querySelectorAll('#u5 .bar')].map(b => [b.offsetTop, b.offsetHeight, b.offsetLeft])")
        words = page.evaluate("document.querySelector('#u5 p.t').offsetHeight")
        assert len(bars) == 2
        assert all(height < words / 1.5 for _, height, _ in bars)
        assert bars[0][2] != bars[1][2]


def test_words_stay_where_they_are_however_many_bars_stand_beside_them(browser: Any, folder: Path) -> None:
    """Six codings of one segment have their bars within the width that one has."""
    with running(folder) as server:
        page = _open(browser, server.address)
        left = page.locator("#u1 .t").bounding_box()["x"]
        document = page.locator("#transcript").get_attribute("data-document")

        def more(s: Study) -> Study:
            unit = next(d for d in s.documents if d.id == document)
            turn = unit.turns[1]
            codes = tuple(Code(f"Code {n}") for n in range(6))
            new = tuple(Coding(unit.id, turn.start, turn.end, c.path, "ana") for c in codes)
            return replace(s, codebook=replace(s.codebook, codes=(*s.codebook.codes, *codes)), codings=(*s.codings, *new))

        update(folder / "study" / STORE, more)
        page.reload()
        page.locator("#u1 .bar >> nth=5").wait_for()
        assert page.locator("#u1 .t").bounding_box()["x"] == left == page.locator("#u3 .t").bounding_box()["x"]
        bars = page.locator("#u1 .bar").evaluate_all("all => all.map((b) => b.getBoundingClientRect().right)")
        box = page.locator("#u1 .bars").bounding_box()
        assert max(bars) <= box["x"] + box["width"] + 0.5


def test_adjudication_goes_by_one_key_and_nothing_jumps(browser: Any, folder: Path) -> None:
    """1, 2, 3 and 0 resolve in place; a half-written reason outlives a reload; what agrees is taken over at once."""
    path = folder / "study" / STORE

    def open_(s: Study) -> Study:
        codings = tuple(c for c in s.codings if c.coder != "agreed")
        return replace(s, codings=codings, readings=tuple(r for r in s.readings if r.coder != "agreed"))

    update(path, open_)
    with running(folder) as server:
        page = _open(browser, server.address)
        room(page, "Compare")
        page.locator("#answer .big").wait_for()
        assert "kappa is" in page.locator("#answer").inner_text()
        page.locator("article.differs[aria-current]").wait_for()
        assert page.locator("article.differs .reason input").first.input_value() == ""  # nobody has given one
        page.locator("article.differs [data-do=reason]").nth(1).click()
        assert page.locator("article.differs .reason input").first.input_value() == "The definition does not cover this."
        assert page.locator("article.differs [aria-pressed=true]").count() == 1
        page.locator("article.differs [data-do=reason]").nth(1).click()
        assert page.locator("article.differs .reason input").first.input_value() == ""
        page.fill("article.differs .reason input", "half a reason")
        page.reload()
        assert page.locator("article.differs .reason input").first.input_value() == "half a reason"
        page.locator("article.differs .t").first.click()
        _press(page, "1")
        page.locator("article.resolved").first.wait_for()
        (made,) = [c for c in load(path).codings if c.coder == "agreed"]
        assert (made.code, made.memo) == ("Work > Time", "half a reason")
        page.click("article.resolved .t")
        page.keyboard.press("e")
        page.locator("#spanning:not([hidden])").wait_for()
        assert violations(page) == []
        page.keyboard.press("Shift+BracketRight")
        _press(page, "1")
        (part,) = [c for c in load(path).codings if c.coder == "agreed"]
        assert (part.code, part.end) == (made.code, made.end)
        assert load(path).by_id[part.document].text[made.start : part.start].split() != []
        page.click("text=Take over what agrees …")
        with loads(page):
            page.click("#taking button.main")
        found = load(path)
        first = {(c.document, c.start, c.code) for c in found.codings if c.coder == "ana"}
        second = {(c.document, c.start, c.code) for c in found.codings if c.coder == "ben"}
        agreed = {(c.document, c.start, c.code) for c in found.codings if c.coder == "agreed"}
        assert first & second < agreed
        with loads(page):
            page.click("button[data-do=undo]")
        assert len([c for c in load(path).codings if c.coder == "agreed"]) == 1
        assert page.faults == []


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (720, 450), (390, 844)])
def test_the_keys_of_a_disagreement_stay_in_sight(browser: Any, folder: Path, width: int, height: int) -> None:
    """However long the segment is, its decision buttons are on the screen, above the reason, and nothing lies over them."""
    path = folder / "study" / STORE

    def long(s: Study) -> Study:
        """The study with 1,500 more words in the turn of its first coding, which one of two coders gave."""
        d = s.by_id["D0"]
        first = min((c for c in s.codings if c.document == "D0"), key=lambda c: c.start)
        more = " and then it went on" * 300
        turns = [replace(t, end=t.end + len(more)) if t.start <= first.start < t.end else t for t in d.turns]
        at = next(t.end for t in d.turns if t.start <= first.start < t.end)
        moved = tuple(t if t.start < at else replace(t, start=t.start + len(more), end=t.end + len(more)) for t in turns)
        new = replace(d, text=d.text[:at] + more + d.text[at:], turns=moved)
        only = tuple(c for c in s.codings if c == first)
        seen = tuple(Reading("D0", coder, 0, len(new.text)) for coder in ("ana", "ben"))
        return replace(s, documents=tuple(new if x.id == "D0" else x for x in s.documents), codings=only, readings=seen)

    update(path, long)
    with running(folder) as server:
        page = _open(browser, server.address)
        page.set_viewport_size({"width": width, "height": height})
        room(page, "Compare")
        page.locator("#answer p").first.wait_for()
        article = page.locator("article.differs[aria-current]")
        assert article.bounding_box()["height"] > height
        if width < 900:  # a small screen begins with the answer
            page.locator("p.t").first.evaluate("p => p.scrollIntoView()")
            page.mouse.wheel(0, 2 * height)
            page.wait_for_timeout(300)
        button = article.locator("[data-choice='1']")
        box = button.bounding_box()
        assert box["y"] > 0
        assert box["y"] + box["height"] <= height
        over = "([x, y]) => document.elementFromPoint(x, y)?.closest('[data-choice]')?.dataset.choice"
        assert page.evaluate(over, [box["x"] + 5, box["y"] + 5]) == "1"
        assert article.locator(".decide ~ .reason").count() == 1
        assert violations(page) == []
        _press(page, "1")
        page.locator("article.resolved").first.wait_for()
        assert page.faults == []


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
        page.keyboard.press("w")
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
        _press(page, "Shift+U")
        assert "supervisor" in load(folder / "study" / STORE).by_id["D6"].text
        assert page.faults == []
    assert verify(entries(folder / "study" / STORE), last_written(folder / "study" / STORE)) == []
    assert check(folder / "study" / STORE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_verbatim_check_is_accessible(browser: Any, folder: Path, scheme: str) -> None:
    """Zero axe violations with a recording, a field open, a loss to agree to, and after it; at 400 % too."""
    _recorded(folder)
    with running(folder, *_model(folder)) as server:
        page = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 800}).new_page()
        page.goto(server.address)
        log_in(page)
        page.locator("#audio").wait_for()
        assert violations(page) == []
        for key in ("s", "c"):
            page.keyboard.press(key)
        page.keyboard.type("time")
        _press(page, "Enter")
        page.click("#pane button[data-do=edit]")
        page.locator("#words").wait_for()
        assert violations(page) == []
        page.locator("#words").fill("the employer")
        page.click(".editing button.main")
        page.locator("#losing button").wait_for()
        for width, height in ((1280, 800), (320, 256)):
            page.set_viewport_size({"width": width, "height": height})
            assert violations(page) == [], width
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.click("#losing button")
        page.locator("#pane .comment").wait_for()
        assert violations(page) == []
        blind = _open(browser, server.next_address(), "Max", blind=True)
        assert blind.locator("button[data-do=edit]").count() == 0
        assert violations(blind) == []
    assert [e.decision.action for e in entries(folder / "study" / STORE)] == ["add", "correct"]


def test_a_document_is_reviewed_by_touch(browser: Any, folder: Path) -> None:
    """On a tablet: tap accept, another segment, a code from the window, undo and redo."""
    with running(folder, *_model(folder)) as server:
        page = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, is_mobile=True).new_page()
        page.goto(server.address)
        log_in(page)
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


def test_a_recording_is_attached_and_taken_away_by_mouse(browser: Any, folder: Path) -> None:
    """Chosen or dropped it is played from the study's folder; what is none is said; taken away it can come back."""
    _recorded(folder)
    store = folder / "study" / STORE
    detach(store, ["D6"])
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        page.click("text='Attach a recording'")
        assert violations(page) == []
        page.set_input_files("#recording-file", {"name": "talk.pdf", "mimeType": "application/pdf", "buffer": b"x"})
        page.locator("#recording-said >> text=a recording is one of").wait_for()
        with loads(page):
            page.set_input_files("#recording-file", str(folder / "talk.wav"))
        page.locator("#audio").wait_for()
        assert recordings(store)["D6"].path == "recordings/talk.wav"
        _press(page, "a")  # the page goes on
        page.click("text='Change …'")
        with loads(page):
            page.click("text='Take the recording away'")
        assert page.locator("#audio").count() == 0
        page.click("text='Attach a recording'")
        with loads(page):
            page.click("[data-do=record]")
        page.locator("#audio").wait_for()
        (folder / "study" / "recordings" / "talk.wav").unlink()
        page.reload()
        page.locator(".player >> text=is not where it was").wait_for()
        drop = "name => { const d = new DataTransfer(); d.items.add(new File([new Uint8Array(9)], name)); return d; }"
        with loads(page):
            page.dispatch_event("#transcript", "drop", {"dataTransfer": page.evaluate_handle(drop, "call.mp3")})
        page.locator("#audio").wait_for()
        assert recordings(store)["D6"].path == "recordings/call.mp3"
        assert page.faults == []


def test_a_copy_is_put_back_by_mouse(browser: Any, folder: Path) -> None:
    """Asked first, made, and the way back stands at the top of the list."""
    store = folder / "study" / STORE
    backup(store, "import")
    before = load(store)
    with running(folder, *_model(folder)) as server:
        page = _open(browser, server.address)
        _press(page, "a")
        room(page, "Overview")
        page.click("summary:has-text('Earlier copies')")
        page.click("text='Put back …'")
        page.keyboard.press("Escape")
        assert load(store) != before
        page.click("text='Put back …'")
        assert violations(page) == []
        with loads(page):
            page.click("dialog[open] [data-do=put-back]")
        page.locator("text=How it was before that is kept").wait_for()
        assert load(store) == before
        page.locator("[data-do=dialog]").first.click()
        with loads(page):
            page.click("dialog[open] [data-do=put-back]")
        assert [e.decision.action for e in entries(store)] == ["accept"]
        assert page.faults == []


def test_a_long_list_of_passages_is_whole_for_search_print_and_keys(browser: Any, tmp_path: Path) -> None:
    """2,100 passages: found and printed to the last one shown, reached by Tab, come back to after a recoding; then the rest."""
    said = [f"This is passage number {n} of a long talk." for n in range(2100)]
    starts = [sum(len(s) + 1 for s in said[:n]) for n in range(len(said))]
    turns = tuple(Turn(at, at + len(s), "R") for at, s in zip(starts, said, strict=True))
    codings = tuple(Coding("D", t.start, t.end, "Talk", "Eve") for t in turns)
    study = Study(
        (Document("D", "\n".join(said), turns=turns),), Codebook((Code("Talk"), Code("Else"))), (Coder("Eve"),), codings
    )
    update(tmp_path / "study" / STORE, lambda _: study)
    with running(tmp_path) as server:
        page = _open(browser, server.address)
        room(page, "Codes")
        with loads(page):
            page.click(".tree a >> nth=0")
        assert page.locator("h3").first.inner_text() == "2100 passages, 1 to 2000 shown"
        assert page.evaluate("find('passage number 1999')")
        assert not page.evaluate("find('passage number 2000')")
        file = tmp_path / "printed.pdf"
        page.pdf(path=file)
        assert "passage number 1999" in "".join(p.extract_text() for p in PdfReader(file).pages[-3:])
        page.locator(".passage button").nth(1997).focus()
        for _ in range(3):  # the source and the button of the next one, and the source of the one after it
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.passage').innerText").startswith(said[1999])
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.type("Else")
        with loads(page):
            page.keyboard.press("Enter")
        assert page.locator("h3").first.inner_text() == "2099 passages, 1 to 2000 shown"
        assert page.locator(".passage").nth(1998).is_visible()
        assert 0 < page.evaluate("$$('.passage')[1998].getBoundingClientRect().top") < 800
        with loads(page):
            page.click("nav[aria-label='More passages'] a >> nth=1")
        assert page.locator(".passage").count() == 99
        assert page.faults == []
