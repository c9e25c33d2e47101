"""The whole job in a real Chromium, from an empty folder to a Word file: by mouse and keys alone, and through kills."""

from __future__ import annotations

import contextlib
import random
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autocode.desk.jobs import PROGRESS
from autocode.store import STORE, load, update
from autocode.store.backups import check
from autocode.store.ledger import entries, last_written
from autocode.study import Study
from autocode.trail import verify
from tests.browsers import CHROMIUM, Running, loads, log_in, press, ready, room, running, tab, violations
from tests.ethics.test_answers import _filled as answered

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")

SAID = {
    "Work": [
        "My manager values the badge when people are hired for {} and for a better post",
        "At the {} my employer put the badge on my file before the talk about my pay",
        "The boss of the {} asked to see the badge before I was hired there",
        "When I was hired at the {} the manager looked at the badge first",
    ],
    "Time": [
        "My shift at the {} leaves no evening free, so the course had to wait for weeks",
        "I had no hours left after the {} and the evening course was put off again",
        "The evening is short when you work at the {} and the shift ends late",
        "After a late shift in the {} there is no time left in the evening",
    ],
}
IDLE = ["The bus to the {} was late and it rained all day", "We have a small cat and a garden behind the {}"]
PLACES = ["bakery", "clinic", "harbour", "library", "garage", "school", "hotel", "farm", "theatre", "market", "station", "mill"]


def _talk(number: int) -> list[tuple[str, str, str]]:
    """The turns of one interview: speaker, words, code."""
    chosen = random.Random(number)
    turns = [("Interviewer", "How did it begin for you?", "")]
    for code in ("Work", "Time", "", "Work", "Time", ""):
        words = chosen.choice(SAID[code] if code else IDLE).format(PLACES[(number + len(turns)) % 12])
        turns += [(f"R{number:02}", f"{words}, number {number}.", code), ("Interviewer", "And what came then?", "")]
    return [*turns, (f"R{number:02}", "Thank you, and good luck with your work on the badges.", "")]


def _word(path: Path, number: int) -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    for speaker, words, _ in _talk(number):
        document.add_paragraph(f"{speaker}: {words}")
    document.save(str(path))


def _table(path: Path, coder: str, other: dict[tuple[int, int], str], called: dict[int, str]) -> None:
    """A coder's table of coded segments, as exported; some codings are other than in the talk."""
    rows = ["Document,Code,Segment,Coder"]
    for number in range(1, 13):
        talk = _talk(number)
        for at, (_, words, code) in enumerate(talk):
            if number in called:  # one passage that every interview has: the words alone do not tell which it is
                code = "Work" if at == len(talk) - 1 else ""
            if given := other.get((number, at), code):
                rows.append(f'{called.get(number, f"R{number:02}")},{given},"{words}",{coder}')
    path.write_text("\n".join(rows), encoding="utf-8")


@pytest.fixture
def material(tmp_path: Path) -> Path:
    """Twelve Word transcripts, two coders' tables that differ in three places, and two new interviews."""
    folder = tmp_path / "desktop"
    folder.mkdir()
    for number in range(1, 15):
        _word(folder / f"R{number:02}.docx", number)
    _table(folder / "ana.csv", "Ana", {}, {})
    _table(folder / "ben.csv", "Ben", {(2, 1): "", (5, 3): "", (9, 1): "Time"}, {7: "Interview 7"})
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 no Word file at all")
    return folder


def _bring(page: Any, *files: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#files")
    chooser.value.set_files([str(f) for f in files])
    page.locator("#preview.preview").wait_for()


def _work(page: Any, form: str = "#work") -> None:
    """Begin work beside the page, and wait until it is done."""
    with loads(page):
        page.click(f"{form} button")
    page.locator("#job-state >> text='done'").wait_for(timeout=240_000)


def _new_study(page: Any, material: Path, name: str = "Badges") -> None:
    """Make a study and bring the twelve transcripts and two tables in, with the one name mended."""
    page.fill("#study-name", name)
    with loads(page):
        page.click("#new-study button")
    _bring(page, *sorted(material.glob("R0*.docx")), *(material / f"R{n}.docx" for n in (10, 11, 12)), *material.glob("*.csv"))
    page.locator(".loose >> text=Interview 7").wait_for()
    page.click(".loose button >> text=It is R07")
    page.locator(".notice >> text=is taken for R07").wait_for()
    page.click("button[data-do=take-files]")
    page.locator(".steps").wait_for()


def test_the_whole_job_from_an_empty_folder_to_a_word_file(browser: Any, tmp_path: Path, material: Path) -> None:
    """New study, twelve Word files and two tables, one name mended, agreement, three adjudications, model, review, dossier."""
    home = tmp_path / "studies"
    home.mkdir()
    with running(home, "open") as server:
        page = tab(browser, server.address)
        page.fill("#study-name", "Badges")
        with loads(page):
            page.keyboard.press("Enter")
        _bring(page, *sorted(material.iterdir()))
        assert "1 file cannot be read" in page.locator("#preview").inner_text()  # the broken one; the others come in
        assert not (home / "Badges" / STORE).exists()  # only looked at
        with loads(page):
            page.click("button[data-do=leave]")
        with loads(page):
            page.click("text=Studies")
        assert page.locator(".cardlet").count() == 0
        assert not (home / "Badges").exists()
        _new_study(page, material, "Badges 2")
        study = load(home / "Badges 2" / STORE)
        assert sorted(study.by_id) == [f"R{n:02}" for n in range(1, 13)]
        assert len([c for c in study.codings if c.coder == "Ana"]) == 48
        assert len([c for c in study.codings if c.coder == "Ben"]) == 43
        (mended,) = [c for c in study.codings if (c.coder, c.document) == ("Ben", "R07")]
        assert study.by_id["R07"].text_of(mended).startswith("Thank you")
        assert "Look at the disagreements" in page.locator(".going").inner_text()
        page.click(".going a")
        page.locator("#coder").wait_for()
        page.fill("#coder", "Eve")
        page.keyboard.press("Enter")
        page.locator("#answer .big").wait_for()
        assert re.search(r"kappa is \.\d\d", page.locator("#answer").inner_text())
        for n, key in enumerate("132"):
            page.locator("article.differs").first.wait_for()
            press(page, key)
            if n < 2:
                with loads(page):
                    page.click("text=Next open one")
        study, made = load(home / "Badges 2" / STORE), entries(home / "Badges 2" / STORE)
        assert [e.decision.action for e in made] == ["agree"] * 3
        for entry, who in zip(made, (("Ana",), ("Ana", "Ben"), ("Ben",)), strict=True):
            d = entry.decision
            here = [c for c in study.codings if c.document == d.document and d.start <= c.start and c.end <= d.end]
            given = {c.code for c in here if c.coder in who}
            assert {c.code for c in d.effects.added} == given
        room(page, "Model")
        _work(page)
        page.locator("#card h1").wait_for()
        room(page, "Bring in")
        _bring(page, material / "R13.docx", material / "R14.docx")
        page.click("button[data-do=take-files]")
        page.locator(".steps").wait_for()
        assert "2 interviews not looked at" in page.locator(".steps").inner_text()
        page.click(".steps a >> text=Review")
        page.locator("#pane[data-document=R13]").wait_for()
        page.locator("#reading[hidden]").wait_for(state="attached", timeout=60_000)
        page.locator("#pane .suggestion").first.wait_for()
        for _ in range(30):  # a control segment has no suggestion on the screen: it is decided by Enter
            if page.locator("#pane .ended").count():
                break
            press(page, "a" if page.locator("#pane .suggestion:not(.past)").count() else "Enter")
        page.locator("#pane .ended").wait_for()
        mine = [c for c in load(home / "Badges 2" / STORE).codings if c.coder == "Eve"]
        assert {c.document for c in mine} == {"R13"}
        assert {c.code for c in mine} == {"Work", "Time"}
        room(page, "Dossier")
        page.fill("#f-sampling", "purposive")
        page.click("#record button")
        page.locator("#live >> text=Written").wait_for(state="attached")
        _work(page)
        with page.expect_download() as download:
            page.click("main a[download] >> text=.docx")
        words = zipfile.ZipFile(download.value.path()).read("word/document.xml").decode()
        assert "purposive" in words
        room(page, "Send back")
        _work(page)
        with page.expect_download() as download:
            page.click("main a[download] >> text=.qdpx")
        assert "project.qde" in zipfile.ZipFile(download.value.path()).namelist()
        assert page.faults == []
    store = home / "Badges 2" / STORE
    assert verify(entries(store), last_written(store)) == []
    assert check(store) == []


def test_what_came_in_can_be_given_back_whole(browser: Any, tmp_path: Path, material: Path) -> None:
    """One click takes an import back, also after a kill; after a decision it is refused, and nothing is lost."""
    with running(tmp_path, "open") as server:
        _new_study(tab(browser, server.address), material)
    with running(tmp_path, "open", "Badges") as server:
        page = tab(browser, server.address)
        store = tmp_path / "Badges" / STORE
        before = load(store)
        room(page, "Bring in")
        _bring(page, material / "R13.docx")
        page.click("button[data-do=take-files]")
        page.locator(".steps").wait_for()
        assert len(load(store).documents) == 13
        server.kill()
    with running(tmp_path, "open", "Badges") as server:
        page = tab(browser, server.address)
        room(page, "Bring in")
        with loads(page):
            page.click("button[data-do=untake]")
        assert load(store) == before
        _bring(page, material / "R13.docx")
        page.click("button[data-do=take-files]")
        page.locator(".steps").wait_for()
        room(page, "Code")
        log_in(page)
        press(page, "Enter")
        room(page, "Bring in")
        with page.expect_response("**/untake"):
            page.click("button[data-do=untake]")
        page.locator("#saved.bad").wait_for()
        assert len(load(store).documents) == 13
        assert page.faults == []


def _begun_by_the_desk(environment: Path, folder: Path) -> bool:
    """Whether a process is work that the desk of a folder began."""
    with contextlib.suppress(OSError):
        said = environment.read_bytes()
        return PROGRESS.encode() + b"=1" in said and str(folder).encode() in said
    return False


def test_a_server_killed_in_the_middle_of_each_step_loses_nothing(browser: Any, tmp_path: Path, material: Path) -> None:
    """Killed while files come in, while they are taken over, while a model is trained and while a dossier is written."""
    store, chosen = tmp_path / "Badges" / STORE, random.Random(3)

    def killed(server: Running, page: Any) -> None:
        page.wait_for_timeout(chosen.uniform(20, 600))
        server.kill()
        page.close()

    server = Running(tmp_path, "open")
    page = tab(browser, server.address)
    _new_study(page, material)
    before = load(store)
    room(page, "Bring in")
    _bring(page, material / "R13.docx")
    killed(server, page)
    assert load(store) == before
    for _ in range(2):
        server = Running(tmp_path, "open", "Badges")
        page = tab(browser, server.address)
        room(page, "Bring in")
        if len(load(store).documents) < 13:
            _bring(page, material / "R13.docx")
            page.click("button[data-do=take-files]")
        killed(server, page)
        assert len(load(store).documents) in (12, 13)
        assert check(store) == []
    for name, folder in (("Model", tmp_path / "models" / "Badges"), ("Dossier", tmp_path / "Badges" / "dossier")):
        server = Running(tmp_path, "open", "Badges")
        page = tab(browser, server.address)
        room(page, name)
        page.click("#work button")
        page.locator("#job-state").wait_for()
        page.reload()  # the work goes on
        page.locator("#job-state").wait_for()
        work = [int(p.parent.name) for p in Path("/proc").glob("[0-9]*/environ") if _begun_by_the_desk(p, tmp_path)]
        killed(server, page)
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{number}").exists() for number in work):  # nothing works on for nobody
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert not list(folder.glob(".*tmp*"))
        assert check(store) == []
    with running(tmp_path, "open", "Badges") as server:
        page = tab(browser, server.address)
        assert "documents" in page.locator(".steps").inner_text()
        assert page.faults == []


def test_work_is_stopped_and_leaves_nothing_half_done(browser: Any, tmp_path: Path, material: Path) -> None:
    """A model whose training is stopped is not there; a second job of the study waits its turn."""
    with running(tmp_path, "open") as server:
        page = tab(browser, server.address)
        _new_study(page, material)
        room(page, "Model")
        page.click("#work button")
        page.locator("button[data-do=cancel]").wait_for()
        assert page.locator("#judge button").is_disabled()
        page.click("button[data-do=cancel]")
        page.locator("#job-state >> text=stopped").wait_for()
        assert not (tmp_path / "models" / "Badges").exists()
        _work(page)
        assert (tmp_path / "models" / "Badges" / "manifest.json").is_file()
        assert page.faults == []


def test_what_is_owed_to_people_is_done_in_one_room(browser: Any, tmp_path: Path, material: Path) -> None:
    """Letters, a list of names, and forgetting: looked at first, then only with the name typed by hand."""
    store = tmp_path / "Badges" / STORE
    with running(tmp_path, "open") as server:
        page = tab(browser, server.address)
        _new_study(page, material)
        room(page, "People")
        _work(page, "#letters")
        assert len(list((tmp_path / "Badges" / "letters").glob("*.docx"))) == 12
        _work(page, "#names")
        assert "No name was found" in page.locator("#job-said").inner_text()
        assert page.locator("#replace").count() == 0
        room(page, "Bring in")
        (tmp_path / "R20.txt").write_text("Interviewer: Who?\n\nR20: I met Mrs. Henderson. Mrs. Henderson was kind to me.\n")
        _bring(page, tmp_path / "R20.txt")
        page.click("button[data-do=take-files]")
        page.locator(".steps").wait_for()
        room(page, "People")
        _work(page, "#names")
        row = page.locator("#replace tbody tr").first
        name = row.locator("[data-found]").get_attribute("data-found")
        assert any(name in d.text for d in load(store).documents)
        row.locator("[data-found]").check()
        row.locator("td input").fill("Sunflower")
        assert violations(page) == []
        _work(page, "#replace")
        assert "replaced; the key is in" in page.locator("#job-said").inner_text()
        assert not any(name in d.text for d in load(store).documents)
        assert any("Sunflower" in d.text for d in load(store).documents)
        assert (tmp_path / "Key of Badges.csv").is_file()
        assert page.locator("#forget").count() == 0  # nothing is erased before it was looked at
        page.select_option("#participant", "R05")
        _work(page, "#forgetting")
        assert "Nothing is erased yet" in page.locator("#job-said").inner_text()
        page.fill("#again", "R06")
        with page.expect_response("**/work"):
            page.click("#forget button")
        page.locator("#saved.bad >> text=Type R05").wait_for()
        assert "R05" in load(store).by_id
        page.fill("#again", "R05")
        _work(page, "#forget")
        assert "R05" not in load(store).by_id
        assert "certificate" in " ".join(p.name for p in (tmp_path / "Badges").iterdir())
        room(page, "Overview")
        assert "12 documents" in page.locator(".steps").inner_text()
        assert page.faults == []


def test_letters_that_came_back_are_looked_at_and_taken_over(browser: Any, tmp_path: Path, material: Path) -> None:
    """Each letter's answer, corrections and what they cost are shown first; a file that is no letter stays out."""
    store = tmp_path / "Badges" / STORE
    with running(tmp_path, "open") as server:
        page = tab(browser, server.address)
        _new_study(page, material)
        room(page, "People")
        _work(page, "#letters")
        for path in (tmp_path / "Badges" / "letters").glob("*.docx"):
            answered(path, 2, 2, "The bus was early and it did not rain", "Please use it.") if "R05" in path.name else None
        (tmp_path / "no letter.docx").write_bytes((material / "R01.docx").read_bytes())
        came = [next((tmp_path / "Badges" / "letters").glob("R05*.docx")), tmp_path / "no letter.docx"]
        before = load(store)
        page.set_input_files("#files", came)
        page.locator("#preview >> text=approved with corrections").wait_for()
        assert "no letter of a member check" in page.locator("#preview .bad").first.inner_text()
        assert violations(page) == []
        assert load(store) == before
        with loads(page):
            page.click("#preview [data-do=take-letters]")
        page.locator("#job-state >> text='done'").wait_for(timeout=120_000)
        assert "The bus was early" in load(store).by_id["R05"].text
        assert "1 interview is answered so far: 1 approved with corrections" in page.locator("#drop").inner_text()
        assert page.locator("#job-state").inner_text() == "done"
        assert check(store) == []
        assert page.faults == []


def test_rooms_can_be_walked_while_work_goes_on(browser: Any, tmp_path: Path, material: Path) -> None:
    """Every room opens while a model is trained, and says what is being done."""
    with running(tmp_path, "open") as server:
        page = tab(browser, server.address)
        _new_study(page, material)
        room(page, "Model")
        page.select_option("#effort", "full")
        page.click("#work button")
        page.locator("#job-bar").wait_for()
        for name in ("Overview", "Bring in", "Dossier", "Send back", "People"):
            room(page, name)
            assert page.locator("main").count() == 1, name
        room(page, "Overview")
        assert "Training the model" in page.locator("#strip").inner_text()
        page.click("#strip a")
        page.click("button[data-do=cancel]")
        page.locator("#job-state >> text=stopped").wait_for()
        assert page.faults == []


def test_a_study_opened_lately_is_on_the_first_page(browser: Any, tmp_path: Path, study: Study) -> None:
    """A study of another folder is a card on the first page once it was opened; one that is gone is not."""
    update(tmp_path / "far" / "Old" / STORE, lambda _: study)
    home = tmp_path / "near"
    home.mkdir()
    with running(tmp_path, "open", "far/Old") as server:
        page = tab(browser, server.address)
        page.locator(".steps").wait_for()
    with running(tmp_path, "open", "near") as server:
        page = tab(browser, server.address)
        assert "opened lately" in page.locator(".cardlet").inner_text()
        page.click(".cardlet a")
        page.locator(".steps").wait_for()
    (tmp_path / "far" / "Old" / STORE).unlink()
    with running(tmp_path, "open", "near") as server:
        assert tab(browser, server.address).locator(".cardlet").count() == 0


def test_a_file_that_is_too_large_is_named_and_stays_out(browser: Any, tmp_path: Path, material: Path) -> None:
    """Of two files dropped the one above 200 MB is named; alone it brings no preview of nothing."""
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(201 * 2**20)
    with running(tmp_path, "open") as server:
        page = tab(browser, server.address)
        page.fill("#study-name", "Badges")
        with loads(page):
            page.click("#new-study button")
        page.set_input_files("#files", [str(huge)])
        page.locator("#sending >> text=huge.txt is larger than 200 MB").wait_for()
        assert page.locator("#preview.preview").count() == 0
        page.set_input_files("#files", [str(huge), str(material / "R01.docx")])
        page.locator("#preview.preview >> text=R01").first.wait_for()
        assert "huge.txt" in page.locator("#sending").inner_text()
        assert page.faults == []


def _reach(page: Any, selector: str, back: bool = False) -> None:
    """Go by the Tab key alone to something on the page."""
    for _ in range(300):
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"no Tab leads to {selector}")


def _go(page: Any, name: str) -> None:
    """Another room, by Tab and Enter."""
    path = {"Overview": "", "Bring in": "/bring", "Send back": "/send"}.get(name, f"/{name.lower()}")
    with loads(page):
        _reach(page, f"nav[aria-label=Rooms] a[href$='/s/1{path}']")
        page.keyboard.press("Enter")


def test_the_whole_job_by_the_keyboard_alone(browser: Any, tmp_path: Path, material: Path) -> None:
    """No mouse: bring files in, code, compare, train, write the dossier, send the study back."""
    with running(tmp_path, "open") as server:
        page = tab(browser, server.address)
        page.on("filechooser", lambda _: None)  # so that it is caught from the beginning, however busy the machine
        _reach(page, "#study-name")
        page.keyboard.type("Badges")
        with loads(page):
            page.keyboard.press("Enter")
        _reach(page, "#files")
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files([str(f) for f in sorted(material.iterdir()) if f.stem not in ("broken", "R13", "R14")])
        page.locator("#preview.preview").wait_for()
        _reach(page, "button[data-do=mend]")
        page.keyboard.press("Enter")
        page.locator(".notice >> text=is taken for R07").wait_for()
        _reach(page, "button[data-do=take-files]")
        with loads(page):
            page.keyboard.press("Enter")
        _go(page, "Code")
        page.keyboard.type("Eve")  # the field has the focus
        with page.expect_event("load"):
            page.keyboard.press("Enter")
        ready(page)
        page.keyboard.press("c")
        page.locator("#codes[open]").wait_for()
        page.keyboard.type("work")
        press(page, "Enter")
        press(page, "Enter")
        store = tmp_path / "Badges" / STORE
        assert [e.decision.action for e in entries(store)] == ["add", "done"]
        _go(page, "Compare")
        page.locator("#answer .big").wait_for()
        press(page, "1")
        assert entries(store)[-1].decision.action == "agree"
        for name, form in (("Model", "#work"), ("Dossier", "#work"), ("Send back", "#work")):
            _go(page, name)
            _reach(page, f"{form} button")
            with loads(page):
                page.keyboard.press("Enter")
            page.locator("#job-state >> text='done'").wait_for(timeout=240_000)
            ready(page)
        _reach(page, "main a[download]")
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        assert download.value.suggested_filename.endswith(".qdpx")
        assert {p.suffix for p in (tmp_path / "Badges" / "dossier").iterdir()} >= {".html", ".docx", ".xlsx"}
        assert page.faults == []
