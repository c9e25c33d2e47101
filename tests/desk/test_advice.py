"""The verbatim check: words change, codings move along, and every step can be taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autocode.desk.acts import act
from autocode.desk.advice import ReviewSession, advise
from autocode.desk.guard import asked
from autocode.desk.session import Desk
from autocode.errors import StudyError
from autocode.ethics.forget import Places, forget
from autocode.store import STORE, load, update
from autocode.store.backups import check
from autocode.store.ledger import entries, forget_words, last_written
from autocode.store.records import attach, recordings
from autocode.study import Coder, Coding, Document, Doubt, Reading, Study, Turn
from autocode.trail import of_coding, to_text, verify
from tests.desk.desks import EVE, half_coded, learnt

TEXT = "I: Why?\nR: my manger and the employer value the badge\nR: thank you\n"


def at(words: str) -> tuple[int, int]:
    """Where words stand in the text."""
    return TEXT.index(words), TEXT.index(words) + len(words)


SECOND = "my manger and the employer value the badge"
TURNS = (Turn(*at("Why?"), "I"), Turn(*at(SECOND), "R", 1000, 5000), Turn(*at("thank you"), "R"))


@pytest.fixture
def desk(study: Study, tmp_path: Path) -> Desk:
    """One transcript with a word heard wrongly, coded around, over and behind that word."""
    codings = (
        Coding("T", *at(SECOND), "Work > Recognition", "ana"),
        Coding("T", *at("manger"), "Work > Time", "ana"),
        Coding("T", *at("the employer"), "Work > Time", "ben", "memo"),
        Coding("T", *at("thank you"), "Learning > Recognition", "ben"),
        Coding("T", 0, len(TEXT), "Work > Time", "ana"),
    )
    made = replace(
        study,
        documents=(Document("T", TEXT, "T", TURNS, doubts=(Doubt(*at("manger"), 0.3), Doubt(*at("thank"), 0.4))),),
        codings=codings,
        readings=(Reading("T", "ana", 0, len(TEXT)),),
        coders=(Coder("ana"), Coder("ben")),
    )
    update(tmp_path / STORE, lambda _: made)
    return Desk(tmp_path / STORE, advise(load(tmp_path / STORE), None))


def do(desk: Desk, name: str, sitting: ReviewSession = EVE, **more: object) -> None:
    """One act of the page."""
    desk.write(act(desk, sitting, asked({"do": name, "document": "T", "unit": "2", **more})), "Eve")


def said(desk: Desk) -> list[tuple[str, str]]:
    """Coder and words of every coding, in order, as the file has them."""
    study = load(desk.path)
    assert study == replace(desk.study, coders=study.coders)
    return sorted((c.coder, study.by_id["T"].text_of(c).strip()) for c in study.codings)


def correct(desk: Desk, words: str, **more: object) -> None:
    """Correct the second turn."""
    do(desk, "correct", EVE, text=words, **more)


def test_codings_turns_segments_and_doubts_move_with_the_words(desk: Desk) -> None:
    """A longer word: all behind it moves, what covers it covers it still, its doubt is cleared."""
    before = said(desk)
    correct(desk, "my line manager and the employer value the badge")
    document = load(desk.path).by_id["T"]
    words = ["Why?", "my line manager and the employer value the badge", "thank you"]
    assert [document.text_of(t) for t in document.turns] == words
    assert [document.text_of(i.segment) for i in desk.items("T")] == [document.text_of(t) for t in document.turns]
    assert said(desk) == sorted(
        (who, words.replace("my manger", "my line manager").replace("manger", "line manager")) for who, words in before
    )
    assert [document.text[d.start : d.end] for d in document.doubts] == ["thank"]
    assert check(desk.path) == []
    (entry,) = entries(desk.path)
    assert (entry.decision.action, entry.decision.effects.words and entry.decision.effects.words.old) == ("correct", SECOND)


def test_undo_and_redo_restore_everything(desk: Desk) -> None:
    """Undo brings text, codings, doubts and turns back exactly; redo the corrected ones."""
    first = load(desk.path)
    correct(desk, "the badge")
    assert len(entries(desk.path)[0].decision.effects.lost) == 2
    second = load(desk.path)
    do(desk, "undo")
    back = load(desk.path)
    assert (back.documents, set(back.codings)) == (first.documents, set(first.codings))
    assert back.readings == first.readings
    do(desk, "redo")
    again = load(desk.path)
    assert (again.documents, set(again.codings)) == (second.documents, set(second.codings))
    do(desk, "undo")
    assert set(load(desk.path).codings) == set(first.codings)
    with pytest.raises(StudyError, match="nothing left"):
        do(desk, "undo")
    assert verify(entries(desk.path), last_written(desk.path)) == []


def test_undo_keeps_what_was_coded_since(desk: Desk) -> None:
    """Another coder codes over corrected words; taking the correction back moves that coding too."""
    correct(desk, "my line manager and the employer value the badge")
    do(desk, "add", ReviewSession("max", share=0.0), code="Work > Time", start=14, end=26)  # line manager
    do(desk, "undo")
    assert ("max", "manger") in said(desk)


def test_an_older_decision_is_undone_at_its_new_place(desk: Desk) -> None:
    """Max's coding moved with Eve's correction; his undo finds it there, and his redo puts it there."""
    max_ = ReviewSession("max", share=0.0)
    do(desk, "add", max_, code="Learning > Recognition", **dict(zip(("start", "end"), at("the badge"), strict=True)))
    correct(desk, "and the employer value the new badge")
    assert ("max", "the new badge") in said(desk)
    do(desk, "undo", max_)
    assert all(who != "max" for who, _ in said(desk))
    do(desk, "redo", max_)
    assert any(who == "max" and words.endswith("the new badge") for who, words in said(desk))


def test_how_a_coding_was_made_is_told_through_corrections(desk: Desk) -> None:
    """The trail of a coding behind corrected words begins where it was added, at its old place."""
    do(desk, "add", unit="3", code="Work > Time")
    correct(desk, "my line manager and the employer value the badge")
    (coding,) = [c for c in load(desk.path).codings if c.coder == "eve"]
    assert [e.decision.action for e in of_coding(entries(desk.path), coding)] == ["add"]


def test_a_second_desk_follows(desk: Desk, tmp_path: Path) -> None:
    """A desk that was open before sees the new words and shifted segments after its next look."""
    other = Desk(desk.path, advise(load(desk.path), None))
    correct(desk, "my line manager and the employer value the badge")
    other.refresh()
    assert other.items("T") == desk.items("T")
    do(other, "add", unit="3", code="Work > Time")
    assert ("eve", "thank you") in said(other)


def test_what_may_not_be_corrected(desk: Desk) -> None:
    """No word left, nothing changed, blind mode: refused, and nothing is written."""
    for words, why in (("  ", "at least one word"), ("my manger and the employer value the badge", "as they were")):
        with pytest.raises(StudyError, match=why):
            correct(desk, words)
    with pytest.raises(StudyError, match="blind"):
        do(desk, "correct", ReviewSession("max", True), text="x")
    assert entries(desk.path) == []


def test_no_word_of_a_correction_is_in_the_ledger(desk: Desk) -> None:
    """The sealed row holds places and hashes; the words lie beside it and can be erased, the chain holds."""
    correct(desk, "my supervisor and the employer value the badge")
    forget_words(desk.path, ["T"])
    assert verify(entries(desk.path), last_written(desk.path)) == []
    assert not any("supervisor" in to_text(e.decision) for e in entries(desk.path))
    with pytest.raises(StudyError, match="changed again since"):
        do(Desk(desk.path, advise(load(desk.path), None)), "undo")


def test_a_correction_keeps_the_segments_of_a_text_without_speakers(study: Study, tmp_path: Path) -> None:
    """A correction that would make two paragraphs of one is refused: decisions are kept by segment."""
    update(
        tmp_path / STORE,
        lambda _: replace(half_coded(study), documents=(Document("T", "one two\n\nthree"),), codings=(), readings=()),
    )
    found = Desk(tmp_path / STORE, advise(load(tmp_path / STORE), None))
    with pytest.raises(StudyError, match="other segments"):
        correct(found, "three\n\nfour")
    correct(found, "three four")
    assert load(tmp_path / STORE).documents[0].text == "one two\n\nthree four"


def test_suggestions_stay_with_their_segment(study: Study, tmp_path: Path) -> None:
    """Behind a correction a suggestion is accepted at the words it was made for."""
    update(tmp_path / STORE, lambda _: half_coded(study))
    found = Desk(tmp_path / STORE, advise(load(tmp_path / STORE), learnt(study)))
    item = next(i for i in found.items("D6") if i.suggestions)
    words = load(found.path).by_id["D6"].text_of(item.segment)
    found.write(act(found, EVE, asked({"do": "correct", "document": "D6", "unit": "2", "text": "short"})))
    code = item.suggestions[0].code
    found.write(act(found, EVE, asked({"do": "accept", "document": "D6", "unit": item.segment.id, "suggested": code})))
    stored = load(found.path)
    (coding,) = [c for c in stored.codings if c.coder == "eve"]
    assert stored.by_id["D6"].text_of(coding) == words


def test_a_participant_is_forgotten_with_corrections_and_recording(desk: Desk, tmp_path: Path) -> None:
    """No byte of old or new words is left in the file; the recording is named, for people to delete."""
    correct(desk, "my supervisor and the employer value the badge")
    (tmp_path / "talk.wav").write_bytes(b"RIFF")
    attach(desk.path, "T", tmp_path / "talk.wav")
    done = forget("T", Places(tmp_path, None, None, ()))
    raw = b"".join(p.read_bytes() for p in tmp_path.glob("study.sqlite*"))
    assert b"supervisor" not in raw
    assert b"manger" not in raw
    assert recordings(desk.path) == {}
    assert any("recording" in why for _, why in done.left)
    assert verify(entries(desk.path), last_written(desk.path)) == []
