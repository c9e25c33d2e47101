"""Steps of the codebook: what they do to the tree, to the codings, and back."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.desk.acts import act
from autocode.desk.advice import ReviewSession
from autocode.desk.codes import crossed, step
from autocode.desk.coding import taken_back, tree
from autocode.desk.guard import Ask
from autocode.desk.session import Desk, colours_css, stale
from autocode.desk.studies import Reading
from autocode.desk.view import colour
from autocode.errors import CodebookError
from autocode.store import load
from autocode.store.backups import check
from autocode.study import Study
from autocode.study.codebook import Code
from tests.desk.desks import EVE, NEW, desk, learnt
from tests.desk.test_server import Page


@pytest.fixture
def found(study: Study, tmp_path: Path) -> Desk:
    """A coded study on the desk."""
    return desk(study, tmp_path, None)


def _step(found: Desk, do: str, **more: object) -> None:
    found.write([step(found, EVE, Ask(do, **more))])  # type: ignore[arg-type]
    stored = load(found.path)
    assert stored.codebook == found.study.codebook
    assert Counter(stored.codings) == Counter(found.study.codings)
    assert check(found.path) == []


def _paths(found: Desk) -> list[str]:
    return [c.path for c in found.study.codebook]


def test_a_renamed_code_keeps_its_codings_and_its_place(found: Desk) -> None:
    """Renaming a theme renames the paths below it; every coding follows."""
    before, codings = _paths(found), Counter(c.code for c in found.study.codings)
    _step(found, "code-rename", code="Work", text="Job")
    assert _paths(found) == [p.replace("Work", "Job") for p in before]
    assert Counter(c.code.replace("Job", "Work") for c in found.study.codings) == codings


def test_a_moved_code_takes_its_codings_along(found: Desk) -> None:
    """A code under another theme is the same code elsewhere."""
    count = sum(c.code == "Work > Time" for c in found.study.codings)
    _step(found, "code-move", code="Work > Time", suggested="Learning")
    assert "Learning > Time" in _paths(found)
    assert sum(c.code == "Learning > Time" for c in found.study.codings) == count


def test_merged_codes_are_one(found: Desk) -> None:
    """All codings of the first are codings of the second, none twice."""
    count = sum(c.code == "Work > Recognition" for c in found.study.codings)
    _step(found, "code-merge", code="Work > Recognition", suggested="Learning > Recognition", by=count)
    assert "Work > Recognition" not in _paths(found)
    assert not [c for c in found.study.codings if c.code == "Work > Recognition"]
    assert max(Counter(found.study.codings).values()) == 1


def test_a_split_adds_codes_and_leaves_the_codings(found: Desk) -> None:
    """The codings stay with the old code until a person gives them out."""
    before = found.study.codings
    _step(found, "code-split", code="Work > Time", text="Shifts, Family")
    assert {"Work > Shifts", "Work > Family", "Work > Time"} <= set(_paths(found))
    assert found.study.codings == before


@pytest.mark.parametrize(
    ("do", "more"),
    [
        ("code-rename", {"code": "Work", "text": "Job"}),
        ("code-move", {"code": "Work > Time", "suggested": ""}),
        ("code-merge", {"code": "Work > Recognition", "suggested": "Learning > Recognition", "by": 17}),
        ("code-split", {"code": "Work > Time", "text": "A, B"}),
        ("code-add", {"code": "Work", "text": "New"}),
        ("code-define", {"code": "Work", "text": "Another definition."}),
    ],
)
def test_every_step_can_be_undone(found: Desk, do: str, more: dict[str, str | int]) -> None:
    """After an undo codebook and codings are what they were."""
    book, codings = found.study.codebook, Counter(found.study.codings)
    _step(found, do, **more)
    assert found.study.codebook != book
    undone = act(found, EVE, Ask("undo"))
    found.write(undone)
    assert re.fullmatch(r"Taken back: the [a-z ]+ “[\w ]+”[.]", taken_back(found, undone[-1]))
    assert load(found.path).codebook == book
    assert Counter(load(found.path).codings) == codings


@pytest.mark.parametrize(
    ("do", "more"),
    [
        ("code-rename", {"code": "Nowhere", "text": "x"}),
        ("code-rename", {"code": "Work", "text": "Learning"}),
        ("code-rename", {"code": "Work", "text": "a > b"}),
        ("code-rename", {"code": "Work", "text": " "}),
        ("code-move", {"code": "Work", "suggested": "Work > Time"}),
        ("code-move", {"code": "Work", "suggested": "Nowhere"}),
        ("code-merge", {"code": "Work", "suggested": "Learning"}),
        ("code-merge", {"code": "Work > Time", "suggested": "Work > Time"}),
        ("code-split", {"code": "Work > Time", "text": "one"}),
        ("code-add", {"code": "Work", "text": "Time"}),
    ],
)
def test_an_impossible_step_changes_nothing(found: Desk, do: str, more: dict[str, str]) -> None:
    """Unknown codes, doubled names, circles and merges of themes are refused."""
    before = load(found.path)
    with pytest.raises(CodebookError):
        found.write([step(found, EVE, Ask(do, **more))])  # type: ignore[arg-type]
    assert load(found.path) == before


def test_what_a_change_makes_stale_is_counted(found: Desk) -> None:
    """Decisions made with an earlier codebook are counted after a change; a change taken back is no change."""
    item = next(i for i in found.items("D6") if not i.context)
    found.write(act(found, EVE, Ask("add", *item.key, code="Work")))
    assert stale(found)["older"] == 0
    _step(found, "code-define", code="Work", text="Another definition.")
    assert stale(found)["older"] == 1
    found.write([*act(found, EVE, Ask("undo"))])
    assert stale(found) == {"steps": [], "older": 0}


def test_a_model_is_out_of_date_when_it_must_learn_anew(study: Study, tmp_path: Path) -> None:
    """A rule, a new or a lost code make it so, at once and in every room; a name, place, colour or example do not."""
    page = Page(desk(study, tmp_path, model := learnt(study)))
    page.enter()
    page.study.reading = Reading(8, book=model.codebook)

    def out_of_date() -> bool:
        """As the overview, the codes and the model's room say."""
        rooms = [page.room(name) for name in ("", "codes", "model")]
        said = ["the codebook has changed since it was trained", "The model is out of date", "The codebook has changed since"]
        found = {s in r for s, r in zip(said, rooms, strict=True)}
        assert len(found) == 1
        return found.pop()

    assert not out_of_date()
    rules = next(c for c in page.desk.study.codebook if c.path == "Work > Time")
    texts = [rules.definition, rules.include, rules.exclude]
    steps: list[tuple[dict[str, object], bool]] = [
        ({"do": "code-rename", "code": "Work", "text": "Job"}, False),
        ({"do": "code-move", "code": "Job > Time", "suggested": "Learning"}, False),
        ({"do": "code-colour", "code": "Job", "text": "#00ff00"}, False),
        ({"do": "code-define", "code": "Learning > Time", "codes": [*texts, "We had no time."]}, False),
        ({"do": "code-define", "code": "Learning > Time", "codes": ["Anything with a clock.", *texts[1:], ""]}, True),
        ({"do": "undo"}, False),
        ({"do": "code-add", "code": "Job", "text": "Pay"}, True),
    ]
    for body, wanted in steps:
        status, answer = page.do(edge="page", **body)
        assert status == 200, answer
        assert out_of_date() is wanted, body


def test_tables_count_what_was_coded(found: Desk) -> None:
    """Codes by document add up to all codings; two codes are a pair where a segment carries both; blind, one's own count."""
    heads, rows = crossed(found, EVE)["documents"]
    assert heads == [d.name or d.id for d in found.study.documents]
    assert {c.path: sum(counts) for c, counts in rows} == Counter(c.code for c in found.study.codings)
    before = dict(crossed(found, EVE)["pairs"])
    for code in ("Work > Time", "Learning > Recognition"):
        found.write(act(found, EVE, Ask("add", document=NEW[0], unit="3", code=code)))
    pair = ("Learning > Recognition", "Work > Time")
    assert dict(crossed(found, EVE)["pairs"]) == {**before, pair: before.get(pair, 0) + 1}
    assert crossed(found, ReviewSession("eve", blind=True))["pairs"] == [(pair, 1)]


def test_a_colour_is_chosen_inherited_and_taken_back(found: Desk) -> None:
    """The codes below have it too; nothing is out of date for it; what is no colour is refused."""
    plain = colour(found, "Work > Time")
    _step(found, "code-colour", code="Work", text="#FFEE00")
    assert {colour(found, c.path) for c in found.study.codebook if c.path.startswith("Work")} == {"xffee00"}
    assert not stale(found)["older"]
    css = colours_css(found.study.codebook)
    assert css.count(".xffee00{--c:") == 2
    assert ".xffee00{--c:#ffee00}" in css.partition("dark")[2], "on a dark page a light colour stays as it is"
    assert ".xffee00{--c:#ffee00}" not in css.partition("@media")[0], "on a light page it is darkened"
    found.write([*act(found, EVE, Ask("undo"))])
    assert colour(found, "Work > Time") == plain
    with pytest.raises(CodebookError, match="not written as"):
        step(found, EVE, Ask("code-colour", code="Work", text="red;}"))


def test_a_code_stands_below_its_theme_in_the_tree(found: Desk) -> None:
    """However late a code came to the codebook: beside the text and in the room of the codes it hangs under its parent."""
    late = replace(found.study.codebook, codes=(*found.study.codebook.codes, Code("Alone"), Code("Latest", "Work")))
    found.study = replace(found.study, codebook=late)
    found._number_themes()
    paths = [row[0].path for row in tree(found, EVE, "D6")]
    assert paths.index("Work > Latest") < paths.index("Alone")
    assert all(not c.parent or any(p == c.parent for p in paths[:n]) for n, c in enumerate(late.tree))
