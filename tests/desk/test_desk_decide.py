"""The queue: what is shown, what comes next, and the one way from a suggestion to a coding."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.desk import Choice, DecisionIndex, complete, decide, ranked, visible, waiting
from autocode.desk.advice import Item, ReviewSession, shifted
from autocode.errors import CodebookError, StudyError
from autocode.study import Coding, Document, Grounds, Segment, Study, Suggestion
from autocode.trail import Entry, Wording
from tests.conftest import ROOT


def _item(number: int, *probabilities: float, judged: bool = True) -> Item:
    span = Segment("D", number * 10, number * 10 + 9, str(number))
    codes = ("Work > Time", "Work > Recognition", "Learning > Recognition")
    said = tuple(Suggestion(span, c, p, "suggest") for c, p in zip(codes, probabilities, strict=False))
    return Item(span, said, judged=judged)


EVE = ReviewSession("eve", share=0.0)
NONE = DecisionIndex([])


def _choice(study: Study, action: str, code: str = "") -> Choice:
    return Choice(action, "2026-01-01", study.codebook, code)


def test_accepting_codes_the_segment_for_the_person(study: Study) -> None:
    """An accepted suggestion is a coding of the whole segment by the human, its origin kept beside it."""
    item = _item(1, 0.8)
    made = decide(item, item.suggestions[0], _choice(study, "accept"), EVE, [])
    assert made.effects.added == (Coding("D", 10, 19, "Work > Time", "eve", when="2026-01-01"),)
    assert (made.suggested, made.probability, made.band) == ("Work > Time", 0.8, "suggest")
    assert made.codebook == study.codebook.sha256
    assert [s.code for s in made.shown] == ["Work > Time"]


def test_accepting_codes_the_words_that_carry_the_suggestion(study: Study) -> None:
    """Where the model knows which words carry a code, these are coded; a later reject takes that coding back."""
    item = _item(1, 0.8)
    suggestion = replace(item.suggestions[0], span=(12, 16))
    made = decide(item, suggestion, _choice(study, "accept"), EVE, [])
    assert [(c.start, c.end) for c in made.effects.added] == [(12, 16)]
    assert decide(item, suggestion, _choice(study, "reject"), EVE, made.effects.added).effects.removed == made.effects.added


def test_corrected_words_move_the_span_or_drop_it() -> None:
    """A correction before a segment moves its suggestion's words; one within it leaves the whole segment."""
    said = replace(_item(1, 0.8).suggestions[0], span=(12, 16), grounds=Grounds(words=((13, 15, 1.0),)))
    item = replace(_item(1), suggestions=(said,))
    document = Document("D", "0123456789abcdefghi and more")
    before = shifted([item], document, Wording("D", 0, 2, 3, "", "", "01", "xyz"))[0].suggestions[0]
    assert (before.segment.start, before.span, before.grounds.words) == (11, (13, 17), ((14, 16, 1.0),))
    within = shifted([item], document, Wording("D", 12, 14, 3, "", "", "cd", "xyz"))[0].suggestions[0]
    assert (within.passage, within.grounds.words) == ((10, 20), ())


def test_what_was_answered_stays_decided_without_its_suggestion(study: Study) -> None:
    """Before the model has read, and after it is gone, an answered segment is no unread one."""
    item = _item(1, 0.8, 0.6)
    standing = DecisionIndex([])
    for n, suggestion in enumerate(item.suggestions, 1):
        assert not complete(replace(item, suggestions=(), judged=False), EVE, standing)
        made = decide(item, suggestion, _choice(study, "reject"), EVE, [])
        standing.add(Entry(n, "2026-01-01", made, "", ""))
    assert complete(replace(item, suggestions=(), judged=False), EVE, standing)
    assert complete(item, EVE, standing)


def test_another_code_replaces_the_suggestion(study: Study) -> None:
    """The code given instead is coded, and the suggestion it answers is kept."""
    item = _item(1, 0.8)
    made = decide(item, item.suggestions[0], _choice(study, "other", "Learning > Recognition"), EVE, [])
    assert [c.code for c in made.effects.added] == ["Learning > Recognition"]
    assert made.suggested == "Work > Time"


def test_rejecting_codes_nothing_and_takes_back_an_earlier_accept(study: Study) -> None:
    """A reject adds no coding; the coding of an earlier accept goes."""
    item = _item(1, 0.8)
    assert decide(item, item.suggestions[0], _choice(study, "reject"), EVE, []).effects.added == ()
    earlier = Coding("D", 10, 19, "Work > Time", "eve")
    assert decide(item, item.suggestions[0], _choice(study, "reject"), EVE, [earlier]).effects.removed == (earlier,)


def test_the_same_coding_is_not_given_twice(study: Study) -> None:
    """Accepting what the person has coded already adds nothing."""
    item = _item(1, 0.8)
    made = decide(item, item.suggestions[0], _choice(study, "accept"), EVE, [Coding("D", 10, 19, "Work > Time", "eve")])
    assert made.effects.added == ()


def test_an_unknown_code_or_action_is_refused(study: Study) -> None:
    """A code outside the codebook and an action outside the three raise."""
    item = _item(1, 0.8)
    with pytest.raises(CodebookError):
        decide(item, item.suggestions[0], _choice(study, "other", "Nowhere"), EVE, [])
    with pytest.raises(StudyError):
        decide(item, item.suggestions[0], _choice(study, "merge"), EVE, [])


def test_only_decide_makes_codings_of_suggestions() -> None:
    """Outside the room's own module nothing in the desk builds a Coding; others only alter those that it made."""
    for path in (ROOT / "src/autocode/desk").glob("*.py"):
        calls = [ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        assert ("Coding" in calls) == (path.name == "__init__.py"), path.name


def _entries(study: Study, *decided: tuple[Item, str]) -> list[Entry]:
    made = [decide(i, i.suggestions[0], _choice(study, a), EVE, []) for i, a in decided]
    return [Entry(n, "", d, "", "") for n, d in enumerate(made, 1)]


def test_the_most_uncertain_comes_first(study: Study) -> None:
    """Segments are ranked by how near their nearest open suggestion is to even odds."""
    items = [_item(1, 0.9), _item(2, 0.55), _item(3), _item(4, 0.95, 0.3)]
    assert [i.segment.id for i in ranked(items, EVE, NONE, "uncertain")] == ["2", "4", "1"]


def test_one_code_together(study: Study) -> None:
    """Suggestions of one code stand together, the likeliest first."""
    items = [_item(1, 0.5), _item(2, 0.1, 0.9), _item(3, 0.8)]
    items[1] = replace(items[1], suggestions=items[1].suggestions[::-1])
    assert [i.segment.id for i in ranked(items, EVE, NONE, "code")] == ["2", "3", "1"]


def test_the_random_share_is_the_same_each_time(study: Study) -> None:
    """About a fifth is drawn, and twice the same."""
    items = [_item(n, 0.7) for n in range(500)]
    drawn = ranked(items, EVE, NONE, "random")
    assert 60 < len(drawn) < 140
    assert drawn == ranked(items, EVE, NONE, "random")
    assert drawn != sorted(drawn, key=lambda i: i.segment.start)


def test_what_is_decided_or_undone(study: Study) -> None:
    """A decided segment no longer waits; undoing makes it wait again; skipping puts it last."""
    one, two = _item(1, 0.9), _item(2, 0.8)
    entries = _entries(study, (one, "accept"))
    assert not waiting(one, EVE, DecisionIndex(entries))
    undo = Entry(2, "", replace(entries[0].decision, action="undo", undoes=(1,)), "", "")
    assert waiting(one, EVE, DecisionIndex([*entries, undo]))
    skip = Entry(1, "", replace(entries[0].decision, action="skip"), "", "")
    assert ranked([one, two], EVE, DecisionIndex([skip]), "document") == [two, one]


def test_a_segment_is_complete_when_every_suggestion_is_answered(study: Study) -> None:
    """One answer of two leaves the segment waiting."""
    item = _item(1, 0.9, 0.8)
    assert not complete(item, EVE, DecisionIndex(_entries(study, (item, "accept"))))
    other = replace(item, suggestions=item.suggestions[::-1])
    both = [*_entries(study, (item, "accept")), Entry(2, "", _entries(study, (other, "reject"))[0].decision, "", "")]
    assert complete(item, EVE, DecisionIndex(both))


def test_blind_hides_everything() -> None:
    """In blind mode no segment shows suggestions, decided or not."""
    blind = ReviewSession("eve", blind=True)
    assert not any(visible(_item(n, 0.9), blind, NONE) for n in range(50))


def test_the_control_hides_its_share_with_and_without_suggestions() -> None:
    """About a tenth is hidden, whether there is a suggestion or not, and for each coder another tenth."""
    eve, max_ = ReviewSession("eve", share=0.1), ReviewSession("max", share=0.1)
    hidden = [n for n in range(1000) if eve.hides(_item(n, 0.9))]
    assert 70 < len(hidden) < 130
    assert hidden == [n for n in range(1000) if eve.hides(_item(n))]
    assert hidden != [n for n in range(1000) if max_.hides(_item(n))]
    assert not any(eve.hides(_item(n, judged=False)) for n in range(100))


def test_a_hidden_place_tells_nothing(study: Study) -> None:
    """The order of hidden segments does not depend on what is suggested for them."""
    eve = ReviewSession("eve", share=1.0)
    for order in ("uncertain", "code", "document", "random"):
        some = [i.segment.id for i in ranked([_item(n, 0.9) for n in range(40)], eve, NONE, order)]
        none = [i.segment.id for i in ranked([_item(n) for n in range(40)], eve, NONE, order)]
        assert some == none


def test_decide_is_named_where_the_house_says() -> None:
    """The one door is desk.decide."""
    assert "def decide(" in (Path(ROOT) / "src/autocode/desk/__init__.py").read_text()
