"""Paint and save times of the desk's page of the code, and of its rooms with a large study, in a real Chromium.

    python benchmarks/desk.py [--keys 100] [--rooms]

Every segment carries suggestions of an invented model; every key is a decision that is on the disk
before the page says saved. Printed are the time from opening the page to its first contentful paint, to
the end of loading, and the time from a key press to "saved" (median and 95th percentile); and, since the clock tells
little on a busy machine, the processor time that a key takes the browser's page and the server. With --rooms alone
the rooms are measured: 100 documents with 1 million words and 20,000 codings, in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import sync_playwright

from autocode.config import SegmentConfig
from autocode.desk.advice import Advice, Item
from autocode.desk.guard import Auth
from autocode.desk.jobs import Tools
from autocode.desk.server import Server, listen, settle
from autocode.desk.session import Desk
from autocode.desk.studies import Studies
from autocode.formats import read_all
from autocode.store import STORE, update
from autocode.store.ledger import held
from autocode.study import Coder, Coding, Document, Evidence, Reading, Segment, Study, Suggestion, Turn
from autocode.study.codebook import Code, Codebook

CODES = tuple(Code(f"Code {n}", "" if n < 4 else f"Code {n % 4}", f"Definition of code {n}.") for n in range(30))
PAINT = "performance.getEntriesByName('first-contentful-paint')"
PASSAGES = """(() => {
  const now = () => performance.timeOrigin + performance.now();
  const look = () => requestAnimationFrame(document.querySelector(".passage") ? () => (window.painted = now()) : look);
  requestAnimationFrame(look);
  addEventListener("click", () => sessionStorage.setItem("clicked", now()), true);
})()"""  # asking the page from outside whether it shows them would lay it out before its style sheet is there
WORDS = "well you know the course was on at night and my shift left me no hours so I put it off until the badge came up"


def invented(count: int) -> tuple[Study, Advice]:
    """A study of one document with `count` turns, coded by two people, and suggestions for half of the turns."""
    text, turns = "", []
    for n in range(count):
        said = " ".join(WORDS.split()[n % 20 :] + WORDS.split()[: n % 20])
        turns.append(Turn(len(text), len(text) + len(said), "Interviewer" if n % 4 == 0 else "R"))
        text += said + "\n\n"
    segments = [Segment("D", t.start, t.end, str(n), t.speaker) for n, t in enumerate(turns, 1)]
    paths = [c.path for c in CODES]
    coded = [(s, paths[n % 30]) for n, s in enumerate(segments) if n % 9 == 0]
    codings = [Coding("D", s.start, s.end, code, coder) for s, code in coded for coder in ("ana", "ben")]
    study = Study(
        (Document("D", text, "Long interview", tuple(turns)),),
        Codebook(CODES),
        (Coder("ana"), Coder("ben")),
        tuple(codings),
        tuple(Reading("D", c, 0, len(text)) for c in ("ana", "ben")),
        "benchmark",
    )
    items = tuple(_item(n, s, paths) for n, s in enumerate(segments))
    return study, Advice({"D": items}, "0" * 64, "invented")


def _item(n: int, segment: Segment, paths: list[str]) -> Item:
    evidence = tuple(Evidence("R1", "ana", WORDS, 0.5) for _ in range(3))
    said = [Suggestion(segment, paths[(n + k) % 30], 0.9 - k / 5, ("suggest", "ask")[k], evidence) for k in range(2)]
    return Item(segment, tuple(said) if n % 4 in (1, 2) else (), None, n % 4 == 0, True)


def _no_model(folder: Path) -> Any:
    raise ValueError(folder)


def _no_cut(folder: Path) -> SegmentConfig:
    return SegmentConfig()


def measure(count: int, keys: int) -> dict[str, float]:
    """Milliseconds: first paint, loaded, save median and 95th percentile, processor time of a key; megabytes of the page."""
    study, advice = invented(count)
    with tempfile.TemporaryDirectory() as folder:
        update(Path(folder) / STORE, lambda _: study)
        bound = listen(0)
        port = bound.getsockname()[1]
        door = Auth(port, lambda token: None)
        studies = Studies(Path(folder), Tools(_no_model, _no_cut, (), read_all, share=0.0))
        study = studies.add(Path(folder))
        study._desk = Desk(study.store, advice)
        server = Server(studies, door, "eve", first=f"{study.base}/code")
        running = uvicorn.Server(uvicorn.Config(server.app, log_level="critical", access_log=False, lifespan="off"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            settle()
            with held(Path(folder) / STORE):
                clock = time.pthread_getcpuclockid(thread.ident or 0)
                return _in_browser(f"http://127.0.0.1:{port}/?token={door.token}", keys, lambda: time.clock_gettime(clock))
        finally:
            running.should_exit = True
            thread.join(10)


def _in_browser(address: str, keys: int, served: Callable[[], float]) -> dict[str, float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)  # the token becomes a cookie
        page.reload()
        page.wait_for_timeout(800)
        paint = page.evaluate(f"{PAINT}[0].startTime")
        load = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        size = page.evaluate("performance.getEntriesByType('navigation')[0].decodedBodySize") / 1e6
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = _busy(session), served()
        times = [_saved(page, "ax"[n % 2]) for n in range(keys)]
        after = _busy(session), served()
        browser.close()
    return {
        "paint": paint,
        "loaded": load,
        "median": statistics.median(times),
        "p95": statistics.quantiles(times, n=20)[-1],
        "browser": (after[0] - before[0]) / keys * 1000,
        "server": (after[1] - before[1]) / keys * 1000,
        "megabytes": size,
    }


def _busy(session: Any) -> float:
    """Processor seconds that the page has taken so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


def _saved(page: Any, key: str) -> float:
    """Milliseconds from a key press to its answer on the screen, measured in the page."""
    page.evaluate(
        "() => { const b = document.getElementById('pane').parentElement; window.took = new Promise(done => {"
        "addEventListener('keydown', () => { const t = performance.now();"
        "new MutationObserver((_, o) => { o.disconnect(); done(performance.now() - t); })"
        ".observe(b, {childList: true});"
        "}, {once: true, capture: true}); }); }"
    )
    page.wait_for_timeout(150)  # nobody types faster than this
    page.keyboard.press(key)
    return float(page.evaluate("window.took"))


def _large() -> Study:
    """100 documents with 400 turns each, and two coders who gave each of 10 codes 2,000 times."""
    one, _ = invented(400)
    text, turns = one.documents[0].text, one.documents[0].turns
    names = [f"D{n:03}" for n in range(100)]
    spoken = [t for t in turns if t.speaker == "R"]
    codings = [
        Coding(d, t.start, t.end, CODES[10 + (n + k) % 10].path, coder)
        for n, d in enumerate(names)
        for k, t in enumerate(spoken[:100])
        for coder in ("ana", "ben")
    ]
    return Study(
        tuple(Document(d, text, d, turns) for d in names),
        Codebook(CODES),
        (Coder("ana"), Coder("ben")),
        tuple(codings),
        tuple(Reading(d, c, 0, len(text)) for d in names for c in ("ana", "ben")),
        "large",
    )


def rooms() -> dict[str, float]:
    """Milliseconds to the first paint of each room, to the hits of a search and to the first passage; seconds; megabytes."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        update(Path(folder) / "large" / STORE, lambda _: _large())
        began = time.monotonic()
        with running(Path(folder), "open", "large") as (server, address):
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(address)
            found["start, s"] = time.monotonic() - began
            stat = Path(f"/proc/{server.pid}/stat")
            ticks = stat.read_text().rsplit(")", 1)[1].split()[11:13] if stat.exists() else ("0",)
            found["start, processor s"] = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            base = page.url.rstrip("/")
            page.goto(f"{base}/login")
            page.fill("#coder", "eve")
            page.click("button.main")
            page.locator("#pane").wait_for()
            for name in ("", "/code", "/codes", "/codes/tables", "/compare", "/bring", "/../../"):
                page.goto(base + name)
                while not page.evaluate(f"{PAINT}.length"):
                    page.wait_for_timeout(20)
                paint = page.evaluate(f"{PAINT}[0].startTime")
                found[{"": "/overview", "/../../": "/"}.get(name, name)] = paint
            page.goto(f"{base}/code")
            page.fill("#q", "shift left me no")
            began = time.monotonic()
            page.keyboard.press("Enter")
            page.locator("#found a").first.wait_for()
            found["search"] = (time.monotonic() - began) * 1000
            page.add_init_script(PASSAGES)
            found["passages of a code"] = statistics.median(_passages(page, base, n) for n in range(4, 10))
            status = Path(f"/proc/{server.pid}/status")
            found["memory, MB"] = int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024 if status.exists() else 0.0
            browser.close()
    return found


def _passages(page: Any, base: str, code: int) -> float:
    """Milliseconds from a click on a code with 2,000 passages to the frame in which the first of them is painted."""
    page.goto(f"{base}/codes")
    page.wait_for_timeout(400)
    page.click(f".tree li:has-text('2000') a >> nth={code}")
    while not page.evaluate("window.painted || 0"):
        page.wait_for_timeout(50)
    return float(page.evaluate("window.painted - Number(sessionStorage.getItem('clicked'))"))


@contextmanager
def running(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The desk in a process of its own, and the address that lets a browser in."""
    command = [sys.executable, "-m", "autocode", *words, "--no-browser"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield server, server.stdout.readline().strip() if server.stdout else ""
    finally:
        server.kill()
        server.wait()


def main() -> None:
    """Print one line a size, or one a room."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--rooms", action="store_true")
    asked = parser.parse_args()
    keys = asked.keys
    if asked.rooms:
        for name, figure in rooms().items():
            print(f"{name:<22} {figure:>8.1f}" if name.endswith(" s") else f"{name:<22} {figure:>8.0f}")
        return
    print(
        f"{'segments':>9} {'paint ms':>9} {'loaded ms':>9} {'save median ms':>15} {'save p95 ms':>12} "
        f"{'browser cpu ms':>15} {'server cpu ms':>14} {'page MB':>8}"
    )
    for count in (500, 2000, 8000):
        started = time.monotonic()
        m = measure(count, keys)
        print(
            f"{count:>9,} {m['paint']:>9.0f} {m['loaded']:>9.0f} {m['median']:>15.0f} {m['p95']:>12.0f} "
            f"{m['browser']:>15.1f} {m['server']:>14.1f} {m['megabytes']:>8.1f}   ({time.monotonic() - started:.0f} s in all)",
            flush=True,
        )


if __name__ == "__main__":
    main()
