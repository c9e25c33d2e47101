"""Quotes found in a transcript."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.formats.tables.gathered import Found, Locator

TEXT = "I: Well, “it’s\u00a0hard”.\n\nR: Yes. And no — yes\u00ad terday.\nR: Yes. cafe\u0301\n"


def _words(quote: str, near: int | None = None, paragraph: int | None = None) -> str:
    found = Locator(TEXT).find(quote, near, paragraph)
    return TEXT[found.start : found.end] if isinstance(found, Found) else found


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("And no", "And no"),
        (" And no\n", "And no"),
        ('"it\'s hard"', "“it’s\u00a0hard”"),
        ("no - yes  terday", "no — yes\u00ad terday"),
        ("café", "cafe\u0301"),
        ("nowhere", "not found"),
        ("", "not found"),
        ("\u200b", "not found"),
        ("Yes.", "ambiguous"),
    ],
)
def test_words_are_found_as_written_or_evened_out(quote: str, words: str) -> None:
    """Letter for letter first; then quotation marks, dashes, spaces and compositions may differ."""
    assert _words(quote) == words


def test_a_place_chooses_among_several() -> None:
    """The nearest offset, or the one occurrence in the paragraph; a tie stays ambiguous."""
    locator = Locator(TEXT)
    first, second = TEXT.index("Yes."), TEXT.rindex("Yes.")
    assert locator.find("Yes.", near=second - 2) == Found(second, second + 4, hinted=True)
    assert locator.find("Yes.", near=(first + second) // 2) == "ambiguous" or (first + second) % 2
    assert locator.find("Yes.", paragraph=4) == Found(second, second + 4, hinted=True)
    assert locator.find("Yes.", paragraph=2) == Found(first, first + 4, hinted=True)  # counted without empty lines


@given(st.text(st.sampled_from("ab \n’'—\u0301é😀"), min_size=1, max_size=40), st.data())
def test_every_part_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    """A quote taken from the text is found with its own words, or is ambiguous; never missed."""
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    found = Locator(text).find(quote)
    if isinstance(found, Found):
        assert text[found.start : found.end] == quote.strip()
    else:
        assert found == "ambiguous" or not quote.strip()
