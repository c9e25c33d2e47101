"""Quotes: central, contrasting, contested; pinned ones stay first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from autocode.dossier.blocks import Quoted, View
from autocode.dossier.quotes import choose, listed, quote_matrix, quoted
from autocode.dossier.record import Pinned, Record, Settings
from autocode.study import Coding, Study


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


def test_quotes_are_marked_where_words_are_left_out() -> None:
    """A long quote ends with a mark of the cut, one from within a sentence has ellipses, a whole one is left as it is."""
    assert quoted("One two  three\nfour.", 3) == "One two three […]"
    assert quoted("and so we left", 9) == "… and so we left …"
    assert quoted("We left.", 2) == "We left."
    assert quoted("“We left.”", 2) == "“We left.”"


def test_every_quote_is_cited_as_respondent_and_group(grouped: Study) -> None:
    """Respondent and group stand with each quote and nothing else, and each cell of the matrix is of its group."""
    view = View(grouped, Record(report=Settings(words=5)))
    chosen = choose(view, last_digit)
    shown = [b for b in listed(view, chosen) if isinstance(b, Quoted)]
    assert shown
    assert {b.source for b in shown} <= {f"D{i}, {'Student' if i < 5 else 'Teacher'}" for i in range(8)}
    assert not any("coded segments" in b.kind for b in shown), "how many segments a code has stands in Table 2"


def test_the_number_of_coded_segments_is_the_true_one(grouped: Study) -> None:
    """Where a code has more segments than are weighed, the workbook gives both numbers."""
    text = grouped.documents[0].text
    many = tuple(Coding("D0", i, len(text) - i, "Work > Time", "agreed") for i in range(50))
    crowded = replace(grouped, codings=(*grouped.codings, *many))
    whole = sum(c.code == "Work > Time" and c.coder == "agreed" for c in crowded.codings)
    (first, *_) = choose(View(crowded), lambda texts: np.ones((len(texts), 1), np.float32))["Work > Time"]
    assert first.why == f"nearest to the middle of {whole} coded segments, 40 of them weighed"


def test_the_matrix_of_quotes_has_a_cell_for_each_group(grouped: Study) -> None:
    """Each cell holds a quote of its own group."""
    view = View(grouped, Record(report=Settings(words=5)))
    chosen = choose(view, last_digit)
    matrix = quote_matrix(view, chosen)
    assert matrix is not None
    assert matrix.header == ("Theme", "Student", "Teacher")
    students, teachers = matrix.rows[0][1:]
    assert any(f"(D{i};" in str(students) for i in range(5))
    assert any(f"(D{i};" in str(teachers) for i in range(5, 8))
