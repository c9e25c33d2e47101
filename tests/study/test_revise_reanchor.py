"""A changed text: codings follow their words, and what has no place is named."""

from __future__ import annotations

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.moves import Anchors
from autocode.study.revise import reanchor

OLD = "I: How was it?\n\nR: The course was hard and long.\n\nI: And then?\n\nR: Yes. I left in May.\n"


def _where(new: str, words: str, old: str = OLD) -> tuple[str, bool] | None:
    """The words that a coding of `words` covers in the new text, and whether they are the same."""
    at = old.index(words)
    found = Anchors(old, new).place(at, at + len(words))
    return (new[found[0] : found[1]], found[2]) if found else None


def test_words_that_only_moved_are_found_letter_for_letter() -> None:
    """A passage put in before, or a speaker renamed on every line, moves codings and changes none."""
    longer = "Recorded in June.\n\n" + OLD
    renamed = OLD.replace("I: ", "Interviewer: ").replace("R: ", "Respondent: ")
    for new in (longer, renamed):
        for words in ("The course was hard and long.", "And then?", "Yes.", "hard"):
            assert _where(new, words) == (words, True)


def test_a_passage_that_changed_its_place_is_found_by_its_words() -> None:
    """Words that both texts hold once are the same words wherever they stand."""
    first, second = "R: The course was hard and long.\n", "R: Yes. I left in May.\n"
    assert _where(second + first, "The course was hard and long.", first + second) == ("The course was hard and long.", True)


def test_a_coding_with_a_word_mended_keeps_its_edges() -> None:
    """Where most words are left the coding stands between them, and is said to have changed."""
    assert _where(OLD.replace("hard", "very difficult"), "The course was hard and long.") == (
        "The course was very difficult and long.",
        False,
    )


def test_spaces_and_line_ends_do_not_count_as_change() -> None:
    """A text wrapped anew holds the same words."""
    new = OLD.replace("was hard and", "was  hard\nand")
    assert _where(new, "The course was hard and long.") == ("The course was  hard\nand long.", True)


def test_words_that_are_gone_have_no_place() -> None:
    """A passage deleted or rewritten is nowhere, though single words of it are left."""
    assert _where(OLD.replace("R: Yes. I left in May.\n", ""), "Yes. I left in May.") is None
    assert _where(OLD.replace("The course was hard and long.", "It was a joy."), "The course was hard and long.") is None


def test_a_short_answer_that_is_gone_is_not_found_elsewhere() -> None:
    """One of two equal answers deleted: it does not take the other's place."""
    old = "R: Yes.\nI: Did you find the lectures good?\nR: Yes.\nI: Thanks.\n"
    new = "I: Did you find the lectures good?\nR: Yes.\nI: Thanks.\n"
    anchors = Anchors(old, new)
    assert anchors.place(old.index("Yes."), old.index("Yes.") + 4) is None
    last = old.rindex("Yes.")
    assert anchors.place(last, last + 4) == (new.index("Yes."), new.index("Yes.") + 4, True)


def test_a_coding_of_the_whole_document_stays_whole() -> None:
    """It is about the document, whatever is added to it."""
    new = OLD + "R: One more thing.\n"
    assert Anchors(OLD, new).place(0, len(OLD)) == (0, len(new), True)


def test_what_is_new_was_not_read() -> None:
    """A paragraph put in is left out of a coder's reading; a word put in is not."""
    paragraph = "R: " + "Something that nobody has seen before. " * 5 + "\n\n"
    at = OLD.index("I: And")
    new = OLD[:at] + paragraph + OLD[at:]
    assert list(Anchors(OLD, new).seen(0, len(OLD))) == [(0, at), (at + len(paragraph), len(new))]
    mended = OLD.replace("hard", "very hard")
    assert list(Anchors(OLD, mended).seen(0, len(OLD))) == [(0, len(mended))]


def test_a_study_is_reanchored_with_a_count_of_everything() -> None:
    """Kept, changed and lost codings add up to all, and other documents are left alone."""
    spans = [(OLD.index(w), OLD.index(w) + len(w)) for w in ("hard", "The course was hard and long.", "Yes. I left in May.")]
    codings = (*(Coding("d", a, b, "x", "ana", "memo") for a, b in spans), Coding("e", 0, 1, "x", "ana"))
    study = Study(
        (Document("d", OLD), Document("e", "text")),
        coders=(Coder("ana"),),
        codings=codings,
        readings=(Reading("d", "ana", 0, len(OLD)),),
    )
    new = "Note.\n\n" + OLD.replace(" and long", " and very long").replace("R: Yes. I left in May.\n", "")
    found, (told,) = reanchor(study, {"d": Document("d", new)})
    assert (told.document, told.kept, told.changed, told.lost) == ("d", 1, 1, (codings[2],))
    assert [found.by_id[c.document].text_of(c) for c in found.codings] == ["hard", "The course was hard and very long.", "t"]
    assert {c.memo for c in found.codings[:2]} == {"memo"}
    assert [(r.start, r.end) for r in found.readings] == [(0, len(new))]


WORDS = st.lists(st.sampled_from(["ja", "nein", "und", "Kurs", "schwer", "\n", "😀", "café"]), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS, st.data())
def test_no_place_is_ever_outside_the_text(a: list[str], b: list[str], data: st.DataObject) -> None:
    """Whatever the two texts, a place holds words, and words called the same are the same."""
    old, new = " ".join(a), " ".join(b)
    start = data.draw(st.integers(0, len(old) - 1))
    end = data.draw(st.integers(start + 1, len(old)))
    anchors = Anchors(old, new)
    found = anchors.place(start, end)
    if found:
        assert 0 <= found[0] < found[1] <= len(new)
        if found[2] and (start, end) != (0, len(old)):
            assert new[found[0] : found[1]].split() == old[start:end].split()
    for first, last in anchors.seen(start, end):
        assert 0 <= first < last <= len(new)


def test_a_long_interview_changed_on_every_line_takes_seconds_at_most() -> None:
    """Twelve thousand words with every speaker renamed are done in reasonable time."""
    chance = random.Random(3)
    vocabulary = [f"word{n}" for n in range(2000)]
    lines = [" ".join(chance.choices(vocabulary, k=20)) for _ in range(600)]
    old, new = ("".join(f"{who} {line}\n" for line in lines) for who in ("I:", "Interviewer:"))
    began = time.process_time()
    at = old.index(lines[400])
    assert Anchors(old, new).place(at, at + len(lines[400])) is not None
    assert time.process_time() - began < 10
