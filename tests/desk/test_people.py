"""Copies of a study, put back from the page with nothing lost; and the list of names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from anyio.from_thread import start_blocking_portal

from autocode.desk import people
from autocode.desk.studies import OpenStudy
from autocode.store import load, update
from autocode.store.backups import backup, backups
from autocode.store.ledger import entries
from autocode.study import Study
from tests.desk.desks import desk, first, learnt
from tests.desk.test_server import BASE, Page


@pytest.fixture
def page(study: Study, tmp_path: Path) -> Iterator[Page]:
    """A page on a study with two new interviews; all that is asked is answered in one thread, as by the desk."""
    found = Page(desk(study, tmp_path, learnt(study)))
    with start_blocking_portal() as portal:
        found.client.portal = portal
        yield found
        portal.call(found.study.close)


@pytest.mark.row(4)
def test_a_copy_is_put_back_and_the_way_back_is_kept(page: Page) -> None:
    """Documents and ledger are as they were; the state before is the first copy, and putting that back undoes it all."""
    page.enter()
    store, full = page.desk.path, load(page.desk.path)
    early = backup(store, "import")
    assert page.do(**page.accept())[0] == 200
    update(store, lambda s: replace(s, documents=s.documents[:7], codings=(), readings=()))
    shown = page.room("")
    assert "before files were taken over</td>" in shown
    assert '<td data-label="What it holds">8 documents' in shown
    assert page.do("/restore", copy=early.name) == (200, {"go": f"{BASE}?back=2"})
    assert load(store) == full
    assert entries(store) == []
    back = page.client.get(f"{BASE}?back=2").text
    assert "How it was before that is kept: it is the first of the copies below." in back
    assert [b.why for b in backups(store)] == ["restore", "import"]
    flag = {"do": "flag", "document": "D6", "unit": first(page.desk).segment.id}
    assert page.do(**flag)[0] == 200  # the desk goes on with what was put back
    assert [e.decision.action for e in entries(store)] == ["flag"]
    assert page.do("/restore", copy=backups(store)[-2].path.name) == (200, {"go": f"{BASE}?back=2"})
    assert len(load(store).documents) == 7
    assert [e.decision.action for e in entries(store)] == ["accept"]


@pytest.mark.row(10)
@pytest.mark.parametrize("name", ["../study.sqlite", "study.sqlite", "", None, 7, "study-2026-01-01-000000-000-kept.sqlite"])
def test_only_a_copy_that_is_listed_is_put_back(page: Page, name: object) -> None:
    """No path from the browser is opened; nothing changes."""
    page.enter()
    backup(page.desk.path)
    before = load(page.desk.path)
    assert page.do("/restore", copy=name)[0] == 400
    assert load(page.desk.path) == before
    assert len(backups(page.desk.path)) == 1


@pytest.mark.row(4)
def test_a_damaged_study_leads_to_its_copies(page: Page) -> None:
    """A study that cannot be opened any more shows its copies; one is put back, and the damaged file is kept."""
    page.enter()
    store, before = page.desk.path, load(page.desk.path)
    kept = backup(store, "import")
    page.study.close()
    for path in store.parent.glob("study.sqlite*"):
        path.unlink()
    store.write_bytes(b"no database at all" * 300)
    shown = page.room("")
    assert f'href="{BASE}/copies"' in shown
    assert f'data-copy="{kept.name}"' in page.room("copies")
    assert page.do("/restore", copy=kept.name) == (200, {"go": f"{BASE}?back=1"})
    assert load(store) == before
    assert "lies in the folder backups; nothing of it is deleted" in page.client.get(f"{BASE}?back=1").text
    assert [p.read_bytes()[:11] for p in (store.parent / "backups").glob("damaged-*")] == [b"no database"]


def test_nobody_in_blind_mode_puts_a_copy_back(page: Page) -> None:
    """Copies tell of others' codings and would change them."""
    page.enter(blind=True)
    kept = backup(page.desk.path)
    assert page.do("/restore", copy=kept.name)[0] == 409
    assert str(page.client.get(f"{BASE}/copies").url).startswith(f"http://127.0.0.1:4321{BASE}/code/")


def test_a_name_that_somebody_said_no_to_comes_up_without_a_tick(tmp_path: Path) -> None:
    """Only a yes, in any of the languages of the list, is a tick on the page; a no is none."""
    (tmp_path / people.NAMES).mkdir()
    rows = "yes,Ana Lim,P1\nno,Ben,P2\nJa,Cleo,P3\n,Dora,P4\n"
    (tmp_path / people.NAMES / "proposals.csv").write_text("apply,found,replacement\n" + rows)
    study = cast("OpenStudy", SimpleNamespace(folder=tmp_path))
    assert [r["apply"] for r in people._proposals(study)[1]] == ["yes", "", "yes", ""]
