"""Quotes: central, contrasting, contested; pinned ones stay first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from autocode.dossier.blocks import View
from autocode.dossier.quotes import choose, listed, quote_matrix, shortened
from autocode.dossier.record import Pinned, Record, Settings
from autocode.study import Study


def last_digit(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors that turn with the last digit of a text: the middle one of 0 to 7 is nearest to their mean."""
    angles = np.array([int(text[-1]) / 8 for text in texts])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@pytest.fixture
def grouped(study: Study) -> Study:
    """The tiny study with D0 to D4 spoken by students, the others by teachers."""
    documents = tuple(
        replace(d, variables={"stakeholder": "Student" if i < 5 else "Teacher"}) for i, d in enumerate(study.documents)
    )
    return replace(study, documents=documents)


def test_the_representative_quote_is_nearest_to_the_middle(grouped: Study) -> None:
    """Among eight segments in a row of angles, one of the two in the middle is chosen."""
    (first, *_) = choose(View(grouped), last_digit)["Work > Time"]
    assert first.kind == "representative"
    assert first.coding.document in ("D3", "D4")


def test_the_contrasting_quote_comes_from_another_group(grouped: Study) -> None:
    """It is the most central one of the teachers where the representative one is a student's."""
    quote = next(q for q in choose(View(grouped), last_digit)["Work > Time"] if q.kind == "contrasting")
    assert quote.coding.document == "D5"
    assert quote.why == "Teacher, not Student"


def test_the_contested_quote_is_one_that_a_coder_who_read_it_did_not_give(grouped: Study) -> None:
    """Ben left Time out in D1: that segment is contested; a document nobody else read is not."""
    view = View(grouped)
    quote = next(q for q in choose(view, last_digit)["Work > Time"] if q.kind == "contested")
    assert (quote.coding.document, quote.why) == ("D1", "given by ana, not by ben")
    unread = replace(grouped, readings=tuple(r for r in grouped.readings if (r.document, r.coder) != ("D1", "ben")))
    assert "contested" not in {q.kind for q in choose(View(unread), last_digit)["Work > Time"]}


def test_a_pinned_quote_stands_first(grouped: Study) -> None:
    """What the researchers pinned comes before what is chosen, and is not cut away by it."""
    record = Record(pinned=(Pinned("Work > Time", "D6", 0, 30),))
    quotes = choose(View(grouped, record), last_digit)["Work > Time"]
    assert [q.kind for q in quotes][:2] == ["pinned", "representative"]
    assert (quotes[0].coding.start, quotes[0].coding.end) == (0, 30)


def test_quotes_keep_to_the_word_limit() -> None:
    """A long quote ends with a mark of the cut; a short one is left as it is."""
    assert shortened("one two  three\nfour", 3) == "one two three […]"
    assert shortened("one two", 3) == "one two"


def test_every_quote_names_its_participant_and_place(grouped: Study) -> None:
    """Respondent, group and position stand with each quote, and each cell of the matrix is of its group."""
    view = View(grouped, Record(report=Settings(words=5)))
    chosen = choose(view, last_digit)
    sources = [b.source for b in listed(view, chosen) if hasattr(b, "source")]
    assert sources
    assert all("characters" in s and ("Student" in s or "Teacher" in s) for s in sources)
    matrix = quote_matrix(view, chosen)
    assert matrix is not None
    assert matrix.header == ("Theme", "Student", "Teacher")
    students, teachers = matrix.rows[0][1:]
    assert any(f"(D{i};" in str(students) for i in range(5))
    assert any(f"(D{i};" in str(teachers) for i in range(5, 8))
