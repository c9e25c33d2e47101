"""The views of the second look: what they ask of the command line, and what they show."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autocode.config import Config
from autocode.desk.acts import act
from autocode.desk.advice import ReviewSession
from autocode.desk.coding import address
from autocode.desk.guard import Ask
from autocode.desk.jobs import FOLDER, SECOND_CODER, keep
from autocode.desk.second_look import WORK
from autocode.desk.session import Desk
from autocode.desk.studies import OpenStudy
from autocode.desk.view import drawn_for, drawn_left
from autocode.errors import AutocodeError
from autocode.evaluate.double_coding import Drawn, read_drawn, write_drawn
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from tests.desk.desks import desk, opened
from tests.desk.test_server import PAYLOADS, Page, _Live

VIEWS = ("second", "second/meeting", "second/clinic", "second/twice", "second/findings")


@pytest.fixture
def found(study: Study, tmp_path: Path) -> Desk:
    """A desk without a model."""
    return desk(study, tmp_path, None)


@pytest.fixture
def at(found: Desk) -> OpenStudy:
    """The study of that desk."""
    return opened(found)[1]


@pytest.mark.parametrize(
    ("kind", "row", "wanted"),
    [
        ("look", {}, ["second-look", "--json"]),
        ("meeting", {"minutes": "30", "first": "ben", "second": "ana"}, ["meet", "--minutes=30", "--coder=ben", "--coder=ana"]),
        ("meeting", {"first": "--out=x", "second": "eve"}, ["--minutes=45", "--coder=ana", "--coder=ben"]),
        (
            "plan",
            {"units": "40", "prevalence": "0.1", "kappa": "0.7"},
            ["plan", "--units=40", "--prevalence=0.1", "--kappa=0.7"],
        ),
        ("draw", {"passages": "12"}, ["next", "--second-coder", "--units=12"]),
        ("findings", {}, ["stability", "--json"]),
    ],
)
def test_a_view_asks_for_a_verb(at: OpenStudy, kind: str, row: dict[str, str], wanted: list[str]) -> None:
    """Each view starts its verb with what the form says, and unknown coders give way to the study's."""
    _, arguments = WORK[kind](at, row)
    assert set(wanted) <= set(arguments)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("meeting", {"minutes": "soon"}),
        ("meeting", {"minutes": "1e9"}),
        ("plan", {"kappa": "2"}),
        ("plan", {"units": "nan"}),
        ("findings", {"by": "--out=/etc/passwd"}),
        ("enough", {}),
    ],
)
def test_a_form_that_cannot_be_is_one_clear_line(at: OpenStudy, kind: str, row: dict[str, str]) -> None:
    """Numbers out of range, unknown groups and a question before the draw are refused before any work starts."""
    with pytest.raises(AutocodeError):
        WORK[kind](at, row)


def test_every_view_says_what_it_is_before_anything_is_asked(found: Desk) -> None:
    """An empty view has its question, its button and no error; a study of one coder says what is missing."""
    page = Page(found)
    page.enter("ana")
    for view in VIEWS:
        text = page.room(view)
        assert "data-work" in text
        assert "fault" not in text.lower()


def test_blind_mode_keeps_the_second_look_away(found: Desk) -> None:
    """A person who codes blind sees none of the views, and begins none of their work."""
    page = Page(found)
    page.enter("eve", blind=True)
    for view in (*VIEWS, "second/again"):
        assert "second-look" not in page.room(view)
        assert "Look again" not in page.room(view)
    assert page.do("/again", do="begin")[0] == 409
    assert page.do("/since")[0] == 409
    assert page.do(do="vote", view="meeting", code="ana", edge="p0-0")[0] == 409


def _poisoned(found: Desk, p: str) -> None:
    """Files of every view in which each text is a payload."""
    span = next(i for i in found.items("D1") if not i.context).segment
    s = {"document": "D1", "start": span.start, "end": span.end, "id": span.id, "speaker": p}
    look: dict[str, Any] = {"segment": s, "code": p, "coder": "ana", "coded": True, "chance": 0.1, "slip": 0.5}
    look |= {"others": [0, 1], "kind": p}
    weak = {"code": p, "kappa": 0.1, "uses": 9, "cause": p, "evidence": p, "others": [p]}
    pair = {"first": "Work", "second": p, "apart": 0.1, "merged": 0.2, "low": None, "high": None, "sure": False}
    pair |= {"divide_first": [s], "divide_second": [s]}
    cell = {"segment": s, "code": p, "given": "ana", "by_other": [p]}
    point = {"cause": p, "codes": [p, "Work"], "cells": [cell], "gain": 0.1, "minutes": 2.0, "title": p}
    finding = {"kind": p, "text": p, "verdict": "stands", "why": p, "support": 0.9}
    row = {"documents": 4, "half_width": 0.1, "above": 0.5, "defined": 1.0}
    files: dict[str, dict[str, Any]] = {
        "look": {"coders": [{"coder": "ana", "answer": [p], "looks": [look]}]},
        "meeting": {"coders": ["ana", "ben"], "answer": [p], "points": [point], "documents": {}, "kappa": 0.1},
        "clinic": {"answer": [p], "weak": [weak], "pairs": [pair], "pairs_looked_at": 1},
        "plan": {"sentence": p, "line": 0.6, "rows": [row]},
        "findings": {"sentence": p, "findings": [finding]},
        "rounds": {
            "ana": {"number": 1, "after": 0, "texts": {"D1": found.study.by_id["D1"].sha256}, "items": [[s, p, True, True]]}
        },
    }
    for kind, content in files.items():
        keep(found.path, found.study, kind, content)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_in_what_was_found_are_only_words(found: Desk, payload: str) -> None:
    """Whatever stands in a code, a cause, a sentence or a verdict is shown and never obeyed, in every view."""
    _poisoned(found, payload)
    page = Page(found)
    page.enter("ana")
    page.do(do="vote", view="meeting", edge="p0-0", document="D1", unit="1", code="ana", codes=[payload])
    page.do(do="look-again", view="again", start=0, by=1)
    for view in (*VIEWS, "second/again"):
        text = page.room(view)
        assert _Live.found_in(text) == []
        assert payload in _Live.words_of(text)


def test_people_are_called_by_their_names(study: Study, tmp_path: Path) -> None:
    """An answer names coders as the rest of the page does, not by ids; where whose it is was not kept, it is shown as it is."""
    named = replace(study, coders=tuple(replace(c, name=f"Dr. <{c.id}>") for c in study.coders))
    found = desk(named, tmp_path, None)
    answer = ["ana and ben differ once; ana and ben"]
    empty = {"answer": answer, "points": [], "documents": {}, "kappa": 0.1}
    keep(found.path, found.study, "meeting", {"coders": ["ana", "ben"], **empty})
    keep(found.path, found.study, "clinic", {"answer": answer, "weak": [], "pairs": [], "pairs_looked_at": 1})
    page = Page(found)
    page.enter("eve")
    assert "Dr. &lt;ana&gt; and Dr. &lt;ben&gt; differ once; ana and ben" in page.room("second/meeting")
    assert "ana and ben differ once" in page.room("second/clinic")


def _drawn(found: Desk, *wanted: tuple[str, int]) -> list[tuple[str, str]]:
    """Draw segments for a second coder, by document and number among those that can be coded; the segments' keys."""
    items = [[i for i in found.items(d) if not i.context][n] for d, n in wanted]
    rows = tuple((i.segment.document, i.segment.start, i.segment.end) for i in items)
    chance = {(i.segment.document, i.segment.start, i.segment.end): 0.5 for d in found.study.by_id for i in found.items(d)}
    path = found.path.parent / FOLDER / SECOND_CODER
    path.parent.mkdir(exist_ok=True)
    write_drawn(path, found.study, Drawn("ana", "", rows, chance))
    return [i.key for i in items]


def test_a_blind_second_coder_goes_through_what_was_drawn(found: Desk) -> None:
    """The order leads through the drawn passages alone, counts them, and says at the end what comes next."""
    keys = _drawn(found, ("D6", 1), ("D6", 3), ("D7", 0))
    page = Page(found)
    page.enter("eve", blind=True)
    told = page.look("D6")
    assert "3 passages are drawn for you" in told
    assert told.count("drawn for you</span>") == 2
    _, answer = page.do("/view", document="D1", unit="", view="", order="drawn")
    assert f"at={keys[0][1]}" in answer["go"]
    view = re.search(r"view=([\w-]+)", answer["go"])
    assert view
    place = {"view": view[1]}
    shown = page.client.get(answer["go"]).text
    assert "0 of 3 drawn passages coded" in shown
    assert 'data-document="D1"' not in shown.partition('id="documents"')[2].partition("</ul>")[0]  # nothing is drawn there
    _, answer = page.do(do="done", document="D6", unit=keys[0][1], **place)
    assert f'data-unit="{keys[1][1]}"' in answer["parts"]["pane"]
    assert "1 of 3 drawn passages coded" in answer["parts"]["drawn"]
    _, answer = page.do(do="done", document="D6", unit=keys[1][1], **place)
    assert "Nothing drawn for you is left in this document.</strong> 1 passage is left in others." in answer["parts"]["pane"]
    _, answer = page.do("/next", do="next", document="D6", unit=keys[1][1], **place)
    assert answer["go"].endswith(f"at={keys[2][1]}")
    _, answer = page.do(do="done", document="D7", unit=keys[2][1], **place)
    assert "All drawn passages are coded." in answer["parts"]["pane"]
    assert "/login?to=compare" in answer["parts"]["pane"]
    _, answer = page.do(do="undo", document="D7", unit=keys[2][1], **place)
    assert "2 of 3 drawn passages coded" in answer["parts"]["drawn"]
    assert "All drawn" not in answer["parts"]["pane"]


def test_what_was_drawn_is_for_a_blind_second_coder_alone(found: Desk) -> None:
    """The first coder and who sees others' codings get no such order; what was read elsewhere counts as coded."""
    _drawn(found, ("D1", 0), ("D6", 0))
    for name, blind, said in (("ana", True, ""), ("eve", False, ""), ("ben", True, "you have coded 1 yet")):
        page = Page(found)
        page.enter(name, blind=blind)
        text = page.look("D6")
        assert ("drawn for" in text) == bool(said)
        assert said in text


def test_the_view_tells_how_far_the_second_coder_is(found: Desk) -> None:
    """Coding twice says what is drawn and who has coded how many; a table changed by hand is said in a line, and no order."""
    _drawn(found, ("D1", 0), ("D6", 0))
    page = Page(found)
    page.enter("ana")
    text = page.room("second/twice")
    assert re.search(r"<strong>2 of \d+ passages</strong> that Ana coded are drawn. Ben has coded 1 of them.", text)
    assert "Is it enough by now?" in text
    (found.path.parent / FOLDER / SECOND_CODER).write_text("document,start\nD1,x\n", encoding="utf-8")
    text = page.room("second/twice")
    assert "no table of passages drawn" in text
    assert "Is it enough by now?" not in text
    blind = Page(found)
    blind.enter("ben", blind=True)
    assert "drawn for" not in blind.look("D6")


def test_of_three_coders_the_second_is_asked_for(found: Desk) -> None:
    """Where several have read what was drawn, whoever is chosen is set beside the first coder; a stranger is not."""
    _drawn(found, ("D1", 0), ("D6", 0))
    at = opened(found)[1]
    assert WORK["enough"](at, {"second": "ben"})[1][-2:] == ["--coder=ana", "--coder=ben"]
    for second in ("", "ana", "--out=x"):
        assert not any("--coder" in word for word in WORK["enough"](at, {"second": second})[1])


def test_a_segment_is_found_by_whatever_it_is_called(at: OpenStudy) -> None:
    """An address leads to a segment whose name has other signs than letters and digits."""
    assert address(at, "D6", "key", "I31_p021 ä").endswith("?view=key&at=I31_p021%20%C3%A4")


def test_a_passage_of_several_segments_is_coded_when_all_are(found: Desk) -> None:
    """Where the desk cuts finer than the draw, the segments of a passage count as one; a smaller passage is its segment."""
    a, b = [i for i in found.items("D6") if not i.context][:2]
    path = found.path.parent / FOLDER / SECOND_CODER
    path.parent.mkdir()
    whole = ("D6", a.segment.start, b.segment.end)
    part = ("D7", found.items("D7")[-1].segment.start + 1, found.items("D7")[-1].segment.start + 3)
    write_drawn(path, found.study, Drawn("ana", "", (whole, part), {whole: 1.0, part: 1.0}))
    eve = ReviewSession("eve", blind=True)
    numbers = drawn_for(found, eve)
    assert {numbers[a.key], numbers[b.key]} == {0}
    assert [k for k, n in numbers.items() if n == 1] == [found.items("D7")[-1].key]
    found.write(act(found, eve, Ask("done", "D6", a.segment.id)))
    assert set(drawn_left(found, eve).values()) == {0, 1}
    found.write(act(found, eve, Ask("done", "D6", b.segment.id)))
    assert set(drawn_left(found, eve).values()) == {1}


def test_what_is_read_of_a_draw_is_counted_alike_everywhere(found: Desk) -> None:
    """After words before it were corrected the room Code, Coding twice and the verb speak of the same passages."""
    keys = _drawn(found, ("D6", 1), ("D6", 3), ("D7", 0))
    first = next(i for i in found.items("D6") if not i.context)
    longer = f"Well, {found.study.by_id['D6'].text_of(first.segment)}"
    found.write(act(found, ReviewSession("ana"), Ask("correct", *first.key, text=longer)))
    eve, made = ReviewSession("eve", blind=True), read_drawn(found.path.parent / FOLDER / SECOND_CODER)
    assert list(drawn_for(found, eve)) == keys
    for count, key in enumerate(keys, 1):
        found.write(act(found, eve, Ask("done", *key)))
        assert len(drawn_left(found, eve)) == len(keys) - count
        page = Page(found)
        page.enter("ana")
        number = "all" if count == len(keys) else str(count)
        assert f"eve has coded {number} of them." in page.room("second/twice")
        matrix = coding_matrix(found.study, Config(), ("ana", "eve"))
        assert int((matrix.seen[1] & (made.chances(matrix) > 0)).sum()) == count


def test_a_draw_of_other_texts_is_said_and_leads_nowhere(found: Desk) -> None:
    """A passage that is no passage of the study any more: Coding twice says so each time it is looked at, Code has no order."""
    _drawn(found, ("D6", 1))
    path = found.path.parent / FOLDER / SECOND_CODER
    path.write_text(path.read_text(encoding="utf-8").replace("D6", "D9"), encoding="utf-8")
    eve = ReviewSession("eve", blind=True)
    assert drawn_for(found, eve) == {}
    page = Page(found)
    page.enter("ana")
    for _ in range(2):
        assert "is no unit of this study" in page.room("second/twice")
