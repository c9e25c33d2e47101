"""What to code next, on paper: the same in the terminal, as JSON and as a page with a figure."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from autocode.dossier.drawing import svg
from autocode.dossier.html import Outlook, expectation, figure
from autocode.model.curve import Curve, Point
from autocode.model.next import Pick
from autocode.model.precedents import PossibleCode, Unlike
from autocode.study import Segment
from tests.conftest import spoken

CURVE = Curve(12, 5, (Point(3, 0.2), Point(8, 0.4)), (Point(3, 0.2), Point(8, 0.4), Point(17, 0.5)), 0.45, 0.5, 0.4, 0.6, 0.7)


@pytest.fixture
def outlook() -> Outlook:
    """One document to code, and a possible code whose words could break a page."""
    document = replace(spoken(1), name="Mira <b>")
    parts = tuple(Segment("D1", t.start, t.end, str(i), t.speaker) for i, t in enumerate(document.turns[1:4]))
    found = Unlike(parts, (0.9, 0.8, 0.7), 0.6, (PossibleCode(parts, parts),))
    pick = Pick("D1", None, 0.2, 0.1, 0.5, ("4 decisions in doubt in 5 segments, most on Work > Time",))
    return Outlook((pick,), CURVE, found, {"D1": document}, "Invented.")


def test_the_terminal_shows_place_reason_and_expectation(outlook: Outlook) -> None:
    """Rank, document and reason; the possible code with central quotes; the curve in words."""
    text = str(outlook)
    assert "  1. D1 (Mira <b>)\n     4 decisions in doubt" in text
    assert "A possible new code: 3 of them, in D1" in text
    assert "After 5 more, expect about .50 (95% interval [.40, .60]). The coders agree among themselves at .70." in text


def test_it_says_whether_the_order_matters(outlook: Outlook) -> None:
    """With codes hardly met it names how many, without them that any order will do; of one document there is no order."""
    two = replace(outlook, picks=outlook.picks * 2)
    for rare, said in (
        (2, "2 codes with fewer than 5 coded segments so far."),
        (1, "1 code with fewer"),
        (0, "any of these will do."),
    ):
        found = replace(two, rare=rare)
        assert said in str(found)
        assert said in found.html()
        assert found.to_json()["rare_codes"] == rare
    assert "order" not in str(replace(outlook, rare=0))
    assert "order" not in str(two)


def test_json_holds_no_words_of_a_transcript(outlook: Outlook) -> None:
    """Places, reasons and numbers only."""
    text = json.dumps(outlook.to_json())
    assert '"later": 0.5' in text
    assert "manager" not in text


def test_the_page_has_the_figure_with_its_data(outlook: Outlook) -> None:
    """An SVG with a description, the table of its numbers, the notice, and escaped names."""
    page = outlook.html()
    assert "<title>Learning curve</title><desc>Agreement of machine and coders" in page
    assert "17 documents (expected)" in page
    assert "Invented." in page
    assert "Mira &lt;b&gt;" in page
    assert "Mira <b>" not in page
    assert page == outlook.html()


def test_too_few_documents_are_said_in_words() -> None:
    """Without a prediction the reason stands there, and no figure is drawn."""
    curve = Curve(8, 5, reason="8 coded documents, at least 10 are needed to say")
    assert expectation(curve) == f"What more coding would bring cannot be said yet: {curve.reason}."
    page = Outlook((), curve, Unlike((), (), 0.5, ()), {}).html()
    assert "<svg" not in page
    assert "Nothing is open" in page


def test_the_figure_shows_every_point_once() -> None:
    """Two measured discs, one ring for what is expected, a dashed line beyond what was measured."""
    drawn = svg(figure(CURVE).drawings[0])
    assert drawn.count("<circle") == 3
    assert drawn.count('fill="none" stroke="#0072b2" stroke-width="2"/><rect') == 1
    assert drawn.count("stroke-dasharray") == 2
