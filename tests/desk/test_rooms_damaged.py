"""Damaged files beside a study: every room opens, says in one line what it lacks where it needs it, and the rest works."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.desk.jobs import FOLDER, Jobs, keep
from autocode.desk.server import PAGES
from autocode.errors import ModelError
from autocode.ethics.answers import ANSWERED
from autocode.study import Study
from tests.desk.desks import desk, learnt
from tests.desk.test_server import BASE, SAME, Page

NEEDING = {
    "",
    "/compare",
    "/second",
    "/second/meeting",
    "/second/clinic",
    "/second/twice",
    "/second/findings",
    "/model",
    "/dossier",
}
NO_TOML = ("[record\n", "nonsense = 1\n", "rounds = 3\n", "checklist = 3\n", "record = []\n", b"\xff\xfe\x81", "a = '\x00'")
TABLE = "document,start,end,chance,read,first,second,text\n"


def _spoil(path: Path, text: str | bytes | None) -> None:
    """Put something else in the place of a file; None is a folder."""
    path.parent.mkdir(exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if text is None:
        path.mkdir()
    else:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def _rooms(page: Page) -> dict[str, str]:
    """Every room's page, each of which must have been shown."""
    document = page.study.number_of("D6")
    code = page.study.number_of(f"code {page.desk.study.codebook.codes[1].identifier}")
    found = {}
    for path in (p for p in PAGES if "{name}" not in p):
        answer = page.client.get(BASE + path.format(document=document, code=code))
        assert answer.status_code == 200, (path, re.sub("<[^>]+>", " ", answer.text)[-300:])
        found[path] = answer.text
    assert page.client.get("/").status_code == 200
    return found


@pytest.mark.parametrize("text", NO_TOML)
def test_a_slip_in_dossier_toml_is_said_where_it_matters(study: Study, tmp_path: Path, text: str | bytes) -> None:
    """The rooms that need it say which line; no figure is told that rests on who is one person; coding goes on."""
    page = Page(desk(study, tmp_path, None))
    page.enter()
    _spoil(tmp_path / "dossier.toml", text)
    found = _rooms(page)
    assert {p for p, shown in found.items() if "dossier.toml" in shown} >= NEEDING
    assert not any(str(tmp_path) in shown for shown in found.values())
    assert "dossier.toml" not in found["/code"] + found["/codes"] + found["/people"] + found["/send"]
    assert "no figure is told" in page.do("/answer")[1]["parts"]["answer"]
    assert 'id="record"' not in found["/dossier"], "a form that cannot be stored is not offered"
    assert page.do(do="done", document="D6", unit="2")[0] == 200
    (tmp_path / "dossier.toml").unlink()
    assert not [p for p, shown in _rooms(page).items() if "dossier.toml" in shown]


def test_where_a_slip_in_dossier_toml_stands_is_said(study: Study, tmp_path: Path) -> None:
    """Line and column help to mend it."""
    page = Page(desk(study, tmp_path, None))
    page.enter()
    _spoil(tmp_path / "dossier.toml", '[record]\nquestion = "why\n')
    assert re.search("dossier.toml: it cannot be read as TOML \\(at line 2, column [0-9]+\\)", page.room(""))


@pytest.mark.parametrize("kind", ["look", "rounds", "meeting", "clinic", "plan", "enough", "findings"])
def test_what_a_second_look_kept_is_whole_or_not_there(study: Study, tmp_path: Path, kind: str) -> None:
    """A file cut short, of another kind, or changed in any place is not looked into; its view offers to look again."""
    page = Page(desk(study, tmp_path, None))
    page.enter()
    path = tmp_path / FOLDER / f"{kind}.json"
    keep(page.desk.path, page.desk.study, kind, {"answer": ["x"], "coders": ["ana", "ben"], "points": [], "eve": {}})
    whole = path.read_text()
    for text in (
        whole[:-9],
        whole.replace('"points"', '"point"'),
        whole.replace('"D6"', '"D5"', 1),
        "[]",
        "null",
        b"\xff",
        None,
    ):
        _spoil(path, text)
        shown = "".join(_rooms(page).values())
        assert kind == "rounds" or "What was found here before cannot be read" in shown


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            f"{FOLDER}/second-coder.csv",
            ("", "a,b\n1,2\n", f"{TABLE}D0,x,3,1,1,ana,,\n", f"{TABLE}NO,0,3,1,1,ana,,\n", b"\xff\x81", None),
        ),
        ("desk.json", ("{", "[]", "null", '{"retrain":3}', b"\xff\x81", None)),
        ("pseudonyms/proposals.csv", ("", "a\n", "apply,found,replacement\nx\n", b"\xff\x81", None)),
        (ANSWERED, ("{", "null", '[{"a":1}]', "[3]", b"\xff\x81", None)),
        *((folder, ("a file in its place",)) for folder in ("dossier", "export", "letters", "recordings", "backups", FOLDER)),
    ],
)
def test_any_other_damaged_file_closes_no_room(
    study: Study, tmp_path: Path, name: str, texts: tuple[str | bytes | None, ...]
) -> None:
    """Tables, settings, answers and folders."""
    page = Page(desk(study, tmp_path, None))
    page.enter()
    for text in texts:
        _spoil(tmp_path / name, text)
        found = _rooms(page)
        if name == ANSWERED:
            assert "The answers kept with the study: it" in found["/people"]
            assert str(tmp_path) not in found["/people"]


def test_a_damaged_model_closes_no_room(study: Study, tmp_path: Path) -> None:
    """Its folder cannot be read when the study is opened, or any more: the Model room says so, and coding goes on."""
    (tmp_path / "study").mkdir()
    page = Page(desk(study, tmp_path / "study", learnt(study)))

    def cut(folder: Path) -> object:
        """A model that cannot be read."""
        raise ModelError(str(folder), "it is damaged", "Train it again.")

    page.study.tools = replace(page.study.tools, cut=cut)  # type: ignore[arg-type]
    page.study.model.mkdir(parents=True)
    page.enter()
    for text in ("{", "other"):
        (page.study.model / "manifest.json").write_text(text)
        found = _rooms(page)
        assert "it is damaged" in found[""]
        assert "it is damaged" in found["/code/{document}"]
    assert page.do(do="done", document="D6", unit="2")[0] == 200


def test_one_damaged_study_does_not_close_the_others(study: Study, tmp_path: Path) -> None:
    """The first page says which, and leads to its copies; while a copy is put back no request is answered."""
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
    page = Page(desk(study, tmp_path / "good", None))
    page.enter()
    other = desk(study, tmp_path / "bad", None)
    found = page.all.add(other.path.parent)
    other.path.write_bytes(b"SQLite format 3\x00" + b"\x81" * 5000)
    shown = page.client.get("/").text
    assert f'href="{found.base}/copies"' in shown
    assert "good" in shown
    assert str(tmp_path / "bad") not in shown
    page.study.away = True
    assert page.client.get(f"{BASE}/code").status_code == 500
    assert page.client.post(f"{BASE}/do", content="{}", headers=SAME).json()["error"].startswith("this study: an earlier copy")


def test_a_study_that_lies_where_the_desk_was_opened_is_told_of_plainly(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder is called "." then: the line is no other for it."""
    page = Page(desk(study, tmp_path, None))
    page.enter()
    monkeypatch.chdir(tmp_path)
    page.all.folder = Path()
    found = page.all.add(Path())
    found.folder, found.store = Path(), Path("study.sqlite")
    found.store.write_bytes(b"SQLite format 3\x00" + b"\x81" * 5000)
    shown = page.client.get("/").text
    assert "study.sqlite: it" in shown
    assert shown.partition("notice bad")[2].partition("</p>")[0].count("the study") == 1


def test_work_whose_result_cannot_be_kept_ends(tmp_path: Path) -> None:
    """A fault in keeping it is told, and other work can begin: nothing is said to go on for ever."""
    jobs = Jobs((sys.executable, "-c"))

    def then(_: object) -> None:
        """A fault of the program."""
        raise KeyError("sentence")

    job = jobs.start("plan", "Planning", ["print('no JSON')"], then)
    for _ in range(200):
        if job.state != "running":
            break
        time.sleep(0.05)
    assert job.state == "failed"
    assert job.said == ["What it found cannot be kept: a fault of the program itself (KeyError)."]
    assert jobs.start("plan", "Planning", ["pass"])


def test_two_browsers_that_begin_work_at_once_begin_it_once(study: Study, tmp_path: Path) -> None:
    """One of the two is told that work is going on."""
    jobs = Jobs((sys.executable, "-c"))

    async def both() -> list[object]:
        """Two requests, each in a thread of its own."""
        begin = [asyncio.to_thread(jobs.start, "plan", "Planning", ["import time; time.sleep(3)"]) for _ in range(2)]
        return await asyncio.gather(*begin, return_exceptions=True)

    found = asyncio.run(both())
    jobs.cancel()
    assert sorted(type(x).__name__ for x in found) == ["Job", "StudyError"]
