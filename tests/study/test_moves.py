"""The one map of places: places through edits, shared runs, evened texts."""

from __future__ import annotations

import random
import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.study.moves import Anchors, Edit, Evened, Moves, apply_to_text, edits_between, shared_runs

_WORDS = st.lists(st.sampled_from(["yes", "no", "well", " ", "\n", ",", "so"]), max_size=60)


@given(_WORDS, _WORDS)
def test_edits_lead_from_any_text_to_any_other(old: list[str], new: list[str]) -> None:
    """Whatever changed, the edits make the new text of the old one, and no edit overlaps the next."""
    before, after = "".join(old), "".join(new)
    edits = edits_between(before, after)
    assert apply_to_text(before, edits) == after
    assert all(a.end <= b.start for a, b in pairwise(edits))


@given(_WORDS, _WORDS)
def test_shared_runs_are_shared_and_rise(a: list[str], b: list[str]) -> None:
    """Every run stands in both sequences, and no run crosses another."""
    i = k = 0
    for x, y, n in shared_runs(a, b):
        assert a[x : x + n] == b[y : y + n]
        assert x >= i
        assert y >= k
        i, k = x + n, y + n


def test_long_sequences_are_parted_at_what_is_rare() -> None:
    """A long text with words put in, taken out and changed throughout is matched to almost all that is left."""
    chance = random.Random(5)
    old = [f"w{chance.randrange(4000)}" if chance.random() < 0.4 else chance.choice("abcdef") for _ in range(6000)]
    new = [w for i, w in enumerate(old) if i % 17] + ["end"]
    assert sum(n for _, _, n in shared_runs(old, new)) == len(new) - 1


def test_time_grows_with_the_length_of_the_text_not_with_its_square() -> None:
    """Four times as many changed words take about four times as long: sixteen would be the square."""

    def seconds(words: int) -> float:
        chance = random.Random(3)
        old = [chance.choice(["and", "so", "the", f"word{chance.randrange(999)}"]) for _ in range(words)]
        new = [w + "x" if i % 2 else w for i, w in enumerate(old)]
        begun = time.process_time()
        edits_between(" ".join(old), " ".join(new))
        Anchors(" ".join(old), " ".join(new)).place(5, 20)
        return time.process_time() - begun

    seconds(500)
    short = min(seconds(4000) for _ in range(2))
    assert seconds(16_000) < 10 * max(short, 0.02)


@pytest.mark.parametrize(
    ("span", "there"),
    [((0, 3), (0, 3)), ((4, 6), None), ((6, 8), None), ((8, 12), (9, 13)), ((2, 9), (2, 10)), ((0, 5), None)],
)
def test_a_span_with_an_edge_in_changed_words_is_named_and_no_other(
    span: tuple[int, int], there: tuple[int, int] | None
) -> None:
    """Characters 5 to 7 became three: what lies before, behind or around it is known without a look."""
    assert Moves(((5, 7, 3),)).untouched(*span) == there


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6), st.text("xy", max_size=4)), max_size=6), st.data())
def test_places_through_many_edits_are_places_through_one_after_another(
    drawn: list[tuple[int, int, str]], data: st.DataObject
) -> None:
    """One map of all edits says the same as moving a place edit by edit, the last edit first."""
    edits: list[Edit] = []
    for start, length, text in sorted(drawn):
        if not edits or start > edits[-1].end:
            edits.append(Edit(start, start + length, text))
    at, opening, past = data.draw(st.integers(0, 50)), data.draw(st.booleans()), data.draw(st.booleans())
    by_one = at
    for e in reversed(edits):
        by_one = Moves.of([e]).place(by_one, opening, past)
    assert Moves.of(edits).place(at, opening, past) == by_one


def test_an_evened_text_knows_the_way_back() -> None:
    """What was found in a text with its spaces made one kind is found in the text as it is."""
    text = "one\n\n  two three"
    evened = Evened.of(text, re.compile(r"\s{2,}|\n"), lambda _: " ")
    assert evened.text == "one two three"
    assert [text[a:b] for a, b in evened.places("one two", True, 9)] == ["one\n\n  two"]
    assert [text[a:b] for a, b in evened.places("e", True, 9)] == ["e", "e", "e"]
