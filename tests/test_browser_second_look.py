"""The second look in a real Chromium: from two people's codings to what they agree on, by mouse and by keyboard."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autocode.store import STORE, load, update
from autocode.store.ledger import entries
from autocode.study import Study
from autocode.trail import verify
from tests.browsers import CHROMIUM, loads, press, ready, running, tab, violations

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the encoder has read, for all tests together: preparing it takes half a minute."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def folder(bundled: Study, tmp_path: Path, cache: Path) -> Path:
    """The bundled study without its agreed coding."""
    (tmp_path / "cache").symlink_to(cache, target_is_directory=True)
    agreed = {c.id for c in bundled.coders if c.kind == "agreed"}
    codings = tuple(c for c in bundled.codings if c.coder not in agreed)
    readings = tuple(r for r in bundled.readings if r.coder not in agreed)
    coders = tuple(c for c in bundled.coders if c.id not in agreed)
    made = Study(bundled.documents, bundled.codebook, coders, codings, readings, name=bundled.name, notice=bundled.notice)
    update(tmp_path / "study" / STORE, lambda _: made)
    return tmp_path


def _open(browser: Any, address: str, **options: Any) -> Any:
    page = tab(browser, address, **options)
    page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
    page.goto(re.match(r"http://[^/]+", address)[0] + "/s/1/second")  # type: ignore[index]
    return page


def _ask(page: Any, view: str) -> None:
    """Go to a view and let its work be done."""
    page.click(f"nav.tabs >> text='{view}'")
    page.wait_for_load_state("load")
    page.locator("form[data-work] button.main:not([disabled])").last.click()
    page.locator(".big").first.wait_for(timeout=150_000)
    page.locator("form[data-work] button:not([disabled])").first.wait_for(timeout=150_000)
    ready(page)


def _trail(folder: Path) -> list[str]:
    return [e.decision.action for e in entries(folder / "study" / STORE)]


def test_a_coder_looks_again_by_keyboard_alone(browser: Any, folder: Path) -> None:
    """The list, the blind re-look one key a passage, undo, a reload in the middle, and the outcome; no coding changes."""
    before = load(folder / "study" / STORE).codings
    with running(folder, "review", str(folder / "study"), "--coder", "coder_a") as server:
        page = _open(browser, server.address)
        _ask(page, "Look again")
        assert "Coder A gave" in page.locator(".answer.mine").inner_text()
        assert page.locator("details table").is_hidden()  # who wants to look blind does not see the list
        page.locator("[data-do=begin]").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/again", wait_until="load")
        total = int(page.locator("#again progress").get_attribute("max"))
        assert total > 20
        text = page.locator("#again").inner_text()
        assert "first" not in text.split("Would you give")[0]
        press(page, "1")
        page.locator("#just").wait_for()
        press(page, "0")
        assert page.locator("#again strong").first.inner_text() == "2"
        press(page, "u")
        assert page.locator("#again strong").first.inner_text() == "1"
        page.reload(wait_until="load")
        seen = page.locator("#passage").get_attribute("data-number")
        press(page, " ")
        assert page.locator("#passage").get_attribute("data-number") != seen
        while page.locator("#passage").count():
            press(page, "0")
        page.locator(".going").wait_for()
        assert "listed decisions decided otherwise" in page.locator(".going").inner_text()
        assert load(folder / "study" / STORE).codings == before
        changed = page.locator("article.differs [data-do=adopt]")
        count = changed.count()
        assert count > 0
        changed.first.click()
        page.locator("article .verdict").first.wait_for()
        assert abs(len(load(folder / "study" / STORE).codings) - len(before)) == 1
        assert violations(page) == []
        assert page.faults == []
    assert set(_trail(folder)) - {"add", "remove"} == {"look again", "undo"}
    assert verify(entries(folder / "study" / STORE)) == []


def test_two_people_meet_by_mouse_and_by_key(browser: Any, folder: Path) -> None:
    """An agenda, votes of both, the agreed coding with its reason, a half-written reason over a reload, and undo."""
    with running(folder, "review", str(folder / "study"), "--coder", "coder_b") as server:
        page = _open(browser, server.address)
        _ask(page, "Meeting")
        assert page.locator("#progress strong").inner_text() == "0"
        first = page.locator("article.talk").first
        key, code = first.get_attribute("id"), first.locator("[data-do=vote]").first.get_attribute("data-code")
        for coder in ("coder_a", "coder_b"):
            ready(page)
            with page.expect_response(lambda r: r.url.endswith("/since")):
                page.click(f"#{key} [data-voter={coder}][data-code='{code}']")
            assert page.get_attribute(f"#{key} [data-voter={coder}][data-code='{code}']", "aria-pressed") == "true"
        page.fill(f"#{key} .reason input", "the promotion is the point")
        page.reload()
        assert page.input_value(f"#{key} .reason input") == "the promotion is the point"
        ready(page)
        with page.expect_response(lambda r: r.url.endswith("/since")):
            page.click(f"#{key} [data-do=settle]")
        page.locator(f"#{key}.resolved").wait_for()
        assert page.locator("#progress strong").inner_text() == "1"
        made = [c for c in load(folder / "study" / STORE).codings if c.coder == "agreed"]
        assert [(c.code, c.memo) for c in made] == [(code, "the promotion is the point")]
        with page.expect_response(lambda r: r.url.endswith("/since")):
            press(page, "3")
        assert page.locator("#progress strong").inner_text() == "2"
        assert "now, with your votes" in page.locator("#since").inner_text()
        press(page, "u")
        page.locator("#progress strong >> text=1").wait_for()
        assert violations(page) == []
        page.locator(".note textarea").first.fill("talk to the team")
        page.locator("[data-do=keep-note]").first.click()
        page.wait_for_timeout(500)
        page.emulate_media(media="print")
        assert page.locator(".top").is_hidden()
        assert page.locator("article.talk .t").first.is_visible()
        assert page.faults == []
    assert _trail(folder) == ["vote"] * 4 + ["agree", "agree", "undo", "note"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_views_are_calm_and_for_everyone(browser: Any, folder: Path, scheme: str) -> None:
    """Every view before and after its work, in both colours: no violation, no fault, no words of the command line."""
    with running(folder, "review", str(folder / "study"), "--coder", "coder_a") as server:
        page = _open(browser, server.address, color_scheme=scheme)
        for view in ("Clinic", "Coding twice", "Findings"):
            page.click(f"nav.tabs >> text='{view}'")
            page.wait_for_load_state("load")
            assert violations(page) == []
            _ask(page, view)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert violations(page) == []
            assert "autocode " not in page.locator("main").inner_text()
        assert page.locator(".findings progress").count() > 10
        page.set_viewport_size({"width": 390, "height": 844})
        wide = "[...document.querySelectorAll('.findings *')].filter(e => e.getBoundingClientRect().right > innerWidth).length"
        assert page.evaluate(wide) == 0  # a chart beside a table was cut off on a telephone
        assert violations(page) == []
        assert page.faults == []


def test_a_rule_that_divides_two_codes_is_stored(browser: Any, folder: Path) -> None:
    """The proposed sentence is edited and stored under "Not for"; the rest of the rules stays; one undo takes it back."""
    with running(folder, "review", str(folder / "study"), "--coder", "coder_a") as server:
        page = _open(browser, server.address)
        _ask(page, "Clinic")
        half = page.locator(".halves > div").first
        path = half.get_attribute("data-code")
        half.locator("summary").click()
        field = half.locator("textarea")
        assert "that is" in field.input_value()
        old = load(folder / "study" / STORE).codebook.by_path[path]
        field.fill("Not for <b>costs</b>.")
        with page.expect_navigation():
            half.locator("[data-do=divide]").click()
        new = load(folder / "study" / STORE).codebook.by_path[path]
        assert new.exclude == "Not for <b>costs</b>."
        assert (new.definition, new.include, new.example) == (old.definition, old.include, old.example)
        assert "have changed since" in page.locator("main").inner_text()
        with page.expect_navigation():
            page.click(".top [data-do=undo]")
        assert load(folder / "study" / STORE).codebook.by_path[path] == old
        assert page.faults == []


def test_a_second_coder_codes_blind_what_was_drawn(browser: Any, folder: Path) -> None:
    """From the draw to Compare by mouse: one coder's study, a blind second coder who meets the drawn passages alone."""
    one = {"coder_b"}

    def alone(study: Study | None) -> Study:
        """The study of the first coder."""
        assert study is not None
        return replace(
            study,
            coders=tuple(c for c in study.coders if c.id not in one),
            codings=tuple(c for c in study.codings if c.coder not in one),
            readings=tuple(r for r in study.readings if r.coder not in one),
        )

    update(folder / "study" / STORE, alone)
    with running(folder, "review", str(folder / "study"), "--coder", "coder_a") as server:
        page = _open(browser, server.address)
        page.click("nav.tabs >> text='Coding twice'")
        page.fill("#passages", "6")
        page.click("text='Draw the passages'")
        page.locator("a:has-text('Log in as the second coder')").wait_for(timeout=150_000)
        total = int(page.locator("form[data-work=draw] strong").inner_text().split()[0])
        assert violations(page) == []
        with loads(page):
            page.click("text='Log in as the second coder'")
        assert page.is_checked("#blind")
        page.fill("#coder", "Eve")
        with loads(page):
            page.click("button.main")
        assert f"{total} passages are drawn for you" in page.locator("#drawn").inner_text()
        assert page.locator("#drawn").bounding_box()["y"] < 400  # where one looks, however far the transcript is
        with loads(page):
            page.click("#drawn button.main")
        for n in range(total):
            assert f"{n} of {total} drawn" in page.locator("#drawn").inner_text()
            assert page.locator(".unit[aria-current=true] .drawn").count() == 1
            if n == 0:
                page.click("#pane [data-do=add]")
                page.locator("#options li").first.click()
                page.locator("#pane .row.own").wait_for()
                assert violations(page) == []
            ready(page)
            with page.expect_response(lambda r: r.request.method == "POST"):
                page.click("#pane [data-do=done]")
            ready(page)
            if page.locator(".ended [data-do=next]").count():
                with loads(page):
                    page.click(".ended [data-do=next]")
        assert "All drawn passages are coded." in page.locator(".ended").inner_text()
        with loads(page):
            page.click(".ended a.main")
        assert page.input_value("#coder") == "Eve"
        assert not page.is_checked("#blind")
        with loads(page):
            page.click("button.main")
        assert page.url.endswith("/compare")
        assert page.faults == []
    found = load(folder / "study" / STORE)
    assert sum(r.coder == "Eve" for r in found.readings) == total
    assert len([c for c in found.codings if c.coder == "Eve"]) == 1
