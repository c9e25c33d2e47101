"""Positions of other tools: the way of counting is fitted, and every position lands where it should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.formats.projects.positions import (
    ONE,
    POINTS,
    STORED,
    TWO,
    UTF8,
    UTF16,
    Counted,
    RawText,
    Selection,
    Span,
    View,
    fit,
    quotes,
)
from tests.formats.exchanged import TEXTS

TEXT = "I: 👩‍👧 hello there.\r\nR: 𝔘ber all, naïve words.\r\nI: and so it goes on.\r\n"


def _offset(text: str, unit: str) -> int:
    """How much a tool that counts in `unit` counts for a text."""
    return {POINTS: len(text), UTF16: len(text.encode("utf-16-le")) // 2, UTF8: len(text.encode())}[unit]


def _selections(raw: str, view: View) -> list[Selection]:
    """Every word of a text, as a tool that counts in that way would write its selection."""
    found = []
    stored = raw.replace("\r\n", "\n") if view.newline == ONE else raw
    at = 0
    for word in stored.split():
        start = stored.index(word, at)
        at = start + len(word)
        found.append(Selection(_offset(stored[:start], view.unit), _offset(stored[:at], view.unit) - view.inclusive))
    return found


@pytest.mark.parametrize("unit", [POINTS, UTF16, UTF8])
@pytest.mark.parametrize("newline", [STORED, ONE])
def test_the_way_of_counting_is_found_whatever_the_default(unit: str, newline: str) -> None:
    """From the positions of words alone, every unit and newline is told from every other."""
    raw, view = RawText(TEXT), View(unit, newline)
    chosen = fit([(raw, _selections(TEXT, view))], View(UTF16 if unit == POINTS else POINTS, STORED)).view
    assert (raw.starts(chosen) == raw.starts(view)).all()
    spans = [Counted(raw, chosen).span(s) for s in _selections(TEXT, view)]
    assert [raw.text[s.start : s.end] for s in spans if s] == raw.text.split()


def test_an_inclusive_end_is_found() -> None:
    """A tool that names the last character of a selection is read right."""
    text = "one two three four five six seven"
    chosen = fit([(RawText(text), _selections(text, View(inclusive=True)))], View())
    assert chosen.view.inclusive
    assert "fits better" in chosen.why


def test_a_few_odd_selections_do_not_turn_the_end_inclusive() -> None:
    """Two selections that leave out the last letter of a word are taken as they are."""
    text = "one two three four five six seven"
    selections = [*_selections(text, View())[:4], Selection(19, 22), Selection(24, 26)]
    assert fit([(RawText(text), selections)], View()).view == View()


def test_a_byte_order_mark_counts_only_where_that_fits() -> None:
    """Positions that are all one too high are those of a tool that counts the mark."""
    text = "one two three four five"
    raw = RawText("\ufeff" + text)
    shifted = [Selection(s.start + 1, s.end + 1) for s in _selections(text, View())]
    assert fit([(raw, shifted)], View()).view.bom
    assert not fit([(raw, _selections(text, View()))], View()).view.bom


def test_quoted_words_decide_where_word_boundaries_do_not() -> None:
    """A selection that quotes its words outweighs one that merely starts on a word."""
    text = "👩 aa aa aa aa aa aa"
    quoting = [Selection(3, 8, "aa aa"), Selection(6, 11, "aa aa")]
    assert fit([(RawText(text), quoting)], View()).view.unit == UTF16


def test_a_text_without_special_characters_needs_no_choice() -> None:
    """Where all units agree, the receipt says so."""
    assert "agree" in fit([(RawText("one two"), [Selection(0, 3)])], View()).why


@pytest.mark.row(17)
@given(TEXTS, st.sampled_from([POINTS, UTF16, UTF8]), st.sampled_from([STORED, ONE, TWO]), st.data())
def test_every_span_comes_back_from_its_positions(text: str, unit: str, newline: str, data: st.DataObject) -> None:
    """Whatever the unit and the newline, start and end turn back into the same span."""
    raw, view = RawText(text.replace("\n", "\r\n")), View(unit, newline)
    if not raw.text:
        return
    start = data.draw(st.integers(0, len(raw.text) - 1))
    end = data.draw(st.integers(start + 1, len(raw.text)))
    starts = raw.starts(view)
    assert Counted(raw, view).span(Selection(int(starts[start]), int(starts[end]))) == Span(start, end)


def test_a_position_inside_a_surrogate_pair_is_rounded_outwards() -> None:
    """Half an emoji at either end counts as the whole emoji."""
    assert Counted(RawText("a👩b👩c"), View(UTF16)).span(Selection(2, 5)) == Span(1, 4)


@pytest.mark.parametrize(("start", "end"), [(-5, 2), (3, 1), (2, 2), (99, 100), (5, 9), (-(2**80), 2**80)])
def test_an_impossible_range_gives_no_span(start: int, end: int) -> None:
    """Negative, reversed, empty and outside ranges are never repaired into something."""
    assert Counted(RawText("hello"), View()).span(Selection(start, end)) is None


def test_an_end_beyond_the_text_is_cut_and_said() -> None:
    """A selection that runs over is clipped."""
    assert Counted(RawText("hello"), View()).span(Selection(1, 2**70)) == Span(1, 5, clipped=True)


@pytest.mark.parametrize(
    ("quote", "right"),
    [
        ("one two three", True),
        ("one\n two  three", True),
        ("one too three", False),
        ("line:6", None),
        ("", None),
        ("a long name of its own", None),
    ],
)
def test_a_quote_is_told_from_a_name(quote: str, right: bool | None) -> None:
    """Only what is about as long as the span is a quote; a name says nothing of positions."""
    assert quotes("one two three", Span(0, 13), quote) is right


def test_a_quote_cut_by_the_tool_still_counts() -> None:
    """A hundred characters with an ellipsis match a longer span."""
    text = "word " * 60
    assert quotes(text, Span(0, 299), text[:99] + "…") is True
