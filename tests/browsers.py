"""A real Chromium at a desk that runs in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of a file; they are skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield found
        found.close()


class Running:
    """The desk as a process of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        """Start it in a folder and wait for the address."""
        command = [sys.executable, "-m", "autocode", *words, "--no-browser"]
        paths = {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))), "XDG_CACHE_HOME": str(folder / "cache")}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **paths}, cwd=folder
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
def running(folder: Path, *words: str) -> Iterator[Running]:
    """A desk that is gone afterwards."""
    found = Running(folder, *words)
    try:
        yield found
    finally:
        found.kill()


def tab(browser: Any, address: str, **options: Any) -> Any:
    """A tab of a new browser that came in, with a list of everything that went wrong in it."""
    page = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options)).new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("dialog", lambda dialog: page.faults.append("dialog"))
    page.on("request", lambda r: None if r.url.startswith(("http://127.0.0.1:", "blob:")) else page.faults.append(r.url))
    page.set_default_timeout(30_000)  # a machine on which much else runs is slow, not wrong
    page.goto(address)
    return page


def log_in(page: Any, name: str = "Eve", blind: bool = False) -> Any:
    """Sit down at the page of the code, and wait until the model has read."""
    page.fill("#coder", name)
    if blind:
        page.check("#blind")
    page.click("button.main")
    page.locator("#pane").wait_for()
    page.locator("#reading[hidden], body:not(:has(#reading))").first.wait_for(state="attached", timeout=30_000)
    return ready(page)


def ready(page: Any) -> Any:
    """Wait until the page hears every key and nothing is on its way."""
    page.locator("body[data-ready], body.plain").wait_for(state="attached", timeout=30_000)
    return page


@contextmanager
def still_coming(page: Any, address: str) -> Iterator[None]:
    """A page whose own scripts come only after what is done here, as on a slow machine."""
    waiting: list[Any] = []
    page.route(re.compile("/static/(?!early)[a-z]+[.]js$"), lambda route: waiting.append(route))
    page.goto(address, wait_until="commit")
    page.locator("main").wait_for(state="attached")
    yield
    assert waiting, "no script was held back"
    for route in waiting:
        route.continue_()
    page.unroute_all(behavior="wait")
    page.wait_for_load_state()
    ready(page)


@contextmanager
def loads(page: Any) -> Iterator[None]:
    """Wait until what is done here has brought a new page; a change of the address alone brings none."""
    with page.expect_event("load"):
        yield
    ready(page)


def room(page: Any, name: str) -> None:
    """Go to another room of the study."""
    with loads(page):
        page.click(f"nav[aria-label=Rooms] >> text='{name}'")


def press(page: Any, key: str) -> None:
    """Press a key and wait until it is saved or shown."""
    ready(page)
    with page.expect_response(lambda r: r.request.method == "POST") as answer:
        page.keyboard.press(key)
    assert answer.value.status == 200
    ready(page)


def violations(page: Any) -> list[str]:
    """What axe finds; injected past the page's own policy, which forbids it as it should."""
    pytest.importorskip("axe_playwright_python.sync_playwright")
    source = Path(sys.modules["axe_playwright_python"].__file__ or "").parent / "axe.min.js"
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": source.read_text(encoding="utf-8")})
    run = "axe.run().then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.target)])))"
    answer = session.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
    return [] if answer["result"]["value"] == "[]" else [answer["result"]["value"]]
