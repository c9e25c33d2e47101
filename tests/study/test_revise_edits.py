"""Words change, and what stands over them moves along."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from autocode.study import Coder, Coding, Document, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook
from autocode.study.moves import Edit, edits_between
from autocode.study.revise import apply_edits

TEXT = "R: we met Anna Lee at the old mill, and Anna laughed.\n\nR: then home"


def _study(*spans: tuple[int, int]) -> Study:
    document = Document("d", TEXT, turns=(Turn(3, 53, "R"), Turn(58, 67, "R")), segments=(Segment("d", 3, 53, "1", "R"),))
    codings = tuple(Coding("d", a, b, "c", "x") for a, b in spans)
    return Study((document,), Codebook((Code("c"),)), (Coder("x"),), codings, (Reading("d", "x", 0, len(TEXT)),))


def _span(words: str) -> tuple[int, int]:
    return TEXT.index(words), TEXT.index(words) + len(words)


def test_a_coding_keeps_its_words_when_others_change() -> None:
    """A longer name before a coding moves it; its words stay the same."""
    done = apply_edits(_study(_span("old mill")), "d", [Edit(*_span("Anna Lee"), "[Person 1]")])
    (coding,) = done.study.codings
    assert done.study.documents[0].text_of(coding) == "old mill"
    assert done.moved == ()
    assert done.lost == ()


def test_a_coding_takes_in_new_words_within_it() -> None:
    """Words replaced inside a coding belong to it, and it is listed as moved."""
    done = apply_edits(_study(_span("Anna Lee at the old mill")), "d", [Edit(*_span("Lee at"), "Ng, at")])
    assert done.study.documents[0].text_of(done.study.codings[0]) == "Anna Ng, at the old mill"
    assert len(done.moved) == 1


def test_a_coding_whose_words_are_gone_is_lost_and_listed() -> None:
    """Deleting all words of a coding takes it out of the study and names it."""
    done = apply_edits(_study(_span("Anna laughed"), _span("old mill")), "d", [Edit(*_span("Anna laughed"), "")])
    assert [c.code for c in done.lost] == ["c"]
    assert len(done.study.codings) == 1


def test_words_added_at_the_end_of_a_turn_belong_to_the_turn() -> None:
    """A speaker's afterthought lies within the turn, the unit and the reading, not within the coding before it."""
    study = _study(_span("Anna laughed."))
    done = apply_edits(study, "d", [Edit(53, 53, " Loudly."), Edit(3, 3, "Well, ")])
    document = done.study.documents[0]
    assert document.text_of(document.turns[0]).endswith("laughed. Loudly.")
    assert document.text_of(document.turns[0]).startswith("Well, we met")
    assert document.text_of(document.segments[0]) == document.text_of(document.turns[0])
    assert document.text_of(done.study.codings[0]) == "Anna laughed."
    assert document.text_of(document.turns[1]) == "then home"
    assert done.study.readings[0].end == len(document.text)


def test_other_documents_stay_as_they_are() -> None:
    """An edit of one document leaves the codings of another."""
    study = _study((3, 5))
    other = replace(study.documents[0], id="e")
    two = replace(study, documents=(*study.documents, other), codings=(*study.codings, Coding("e", 3, 5, "c", "x")))
    done = apply_edits(two, "d", [Edit(0, 0, "xx")])
    assert Coding("e", 3, 5, "c", "x") in done.study.codings


@given(st.text("ab c.", max_size=40), st.text("ab c.", max_size=40))
def test_edits_between_two_texts_lead_from_one_to_the_other(old: str, new: str) -> None:
    """Applying the edits found gives the new text, and every span stays within it."""
    document = Document("d", old, turns=(Turn(0, len(old)),))
    codings = (Coding("d", 0, len(old), "c", "x"),) if old else ()
    study = Study((document,), Codebook((Code("c"),)), (Coder("x"),), codings)
    done = apply_edits(study, "d", edits_between(old, new))
    text = done.study.documents[0].text
    assert text == new
    assert all(0 <= c.start <= c.end <= len(text) for c in (*done.study.codings, *done.study.documents[0].turns))
    assert len(done.study.codings) + len(done.lost) == len(codings)
