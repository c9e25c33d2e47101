"""A study and what comes later: changed transcripts, belated transcripts, newer files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autocode.errors import StudyError
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Code, Codebook
from autocode.study.merge import Unit, lay_out, unit_readings
from autocode.study.revise import merge_newer

TALK = "I: So?\n\nR: It was hard. Very hard.\n\nR: I left in May, and nobody asked me why.\n"


def _coding(words: str, text: str = TALK, memo: str = "", coder: str = "ana", document: str = "Talk") -> Coding:
    at = text.index(words)
    return Coding(document, at, at + len(words), "x", coder, memo)


def _study(*codings: Coding, text: str = TALK, document: str = "Talk") -> Study:
    coders = tuple(Coder(c) for c in dict.fromkeys(c.coder for c in codings))
    readings = tuple(Reading(document, c.id, 0, len(text)) for c in coders)
    return Study((Document(document, text, document),), Codebook((Code("x"),)), coders, codings, readings)


def _excerpts(name: str, *words: str) -> Study:
    """What a table of coded segments gives where no transcript is known."""
    document = lay_out(Document(name, "", name), [Unit(str(i), w) for i, w in enumerate(words)])
    codings = tuple(Coding(name, s.start, s.end, "x", "ana") for s in document.segments)
    readings = unit_readings(document.segments, [(s.id, "ana") for s in document.segments])
    return Study((document,), Codebook((Code("x"),)), (Coder("ana"),), codings, readings)


def _words(study: Study) -> list[str]:
    return [study.by_id[c.document].text_of(c) for c in study.codings]


def test_a_changed_transcript_is_refused_unless_asked_for() -> None:
    """The error names the option that replaces it."""
    with pytest.raises(StudyError, match="--replace"):
        merge_newer(_study(_coding("hard")), Study((Document("Talk", TALK + "more"),)))


def test_a_replaced_transcript_takes_its_codings_along() -> None:
    """Words that stand are coded still, words that are gone are told, and nothing else is lost."""
    gone = _coding("Very hard.")
    new = "Recorded in June.\n\n" + TALK.replace(" Very hard.", "")
    merged = merge_newer(_study(_coding("It was hard."), gone, _coding("I left in May")), Study((Document("Talk", new),)), True)
    assert _words(merged.study) == ["It was hard.", "I left in May"]
    assert [(m.document, m.kept, m.changed, m.lost) for m in merged.moved] == [("Talk", 2, 0, (gone,))]
    assert merged.study.by_id["Talk"].text == new


def test_replacing_with_the_same_text_moves_nothing() -> None:
    """--replace on an unchanged file is no change."""
    study = _study(_coding("hard"))
    merged = merge_newer(study, study, True)
    assert (merged.study.sha256, merged.moved, merged.changes) == (study.sha256, (), ())


def test_the_newer_file_brings_its_own_codings() -> None:
    """A coding that the study has already, at its new place, is not doubled."""
    new = "Recorded in June.\n\n" + TALK
    theirs = _study(_coding("hard", new), _coding("May", new), text=new)
    merged = merge_newer(_study(_coding("hard")), theirs, True)
    assert _words(merged.study) == ["hard", "May"]


def test_excerpts_become_codings_of_the_transcript_that_comes_later() -> None:
    """As if the transcript had been there first: the coder has read all of it."""
    merged = merge_newer(_excerpts("Talk", "Very hard.", "I left in  May"), Study((Document("Talk", TALK, "Talk"),)))
    assert _words(merged.study) == ["Very hard.", "I left in May"]
    assert [(r.start, r.end) for r in merged.study.readings] == [(0, len(TALK))]
    assert merged.study.by_id["Talk"].segments == ()
    assert merged.moved[0].kept == 2


def test_one_excerpt_is_not_the_whole_transcript() -> None:
    """A coding of all that the table quotes covers these words alone."""
    merged = merge_newer(_excerpts("Talk", "Very hard."), Study((Document("Talk", TALK),)))
    assert _words(merged.study) == ["Very hard."]


def test_excerpts_under_the_name_of_the_file_are_found() -> None:
    """A table calls the interview `Talk.docx`, the transcript is called `Talk`."""
    merged = merge_newer(_excerpts("Talk.docx", "Very hard."), Study((Document("Talk", TALK, "Talk", source="talk.DOCX"),)))
    assert [d.id for d in merged.study.documents] == ["Talk"]
    assert _words(merged.study) == ["Very hard."]


def test_excerpts_that_are_not_in_the_transcript_are_refused() -> None:
    """One that is missing means another interview, or another version of it."""
    with pytest.raises(StudyError, match="another text"):
        merge_newer(_excerpts("Talk", "Very hard.", "never said"), Study((Document("Talk", TALK),)))


def test_units_seen_and_not_coded_do_not_make_a_whole_reading() -> None:
    """A table that says what its coder saw says so of the transcript too."""
    excerpts = _excerpts("Talk", "Very hard.", "I left in May")
    merged = merge_newer(replace(excerpts, codings=excerpts.codings[:1]), Study((Document("Talk", TALK),)))
    assert (0, len(TALK)) not in [(r.start, r.end) for r in merged.study.readings]


def test_a_transcript_is_never_replaced_by_a_table_of_units() -> None:
    """The table may hold a part of it only."""
    with pytest.raises(StudyError, match="another text"):
        merge_newer(_study(_coding("hard")), _excerpts("Talk", "Very hard."), True)


def test_a_changed_unit_replaces_the_old_one() -> None:
    """The other units stay, also those that the newer table lacks."""
    old = _excerpts("T", "It was hard.", "I left in the month of May.")
    new = replace(_excerpts("T", "It was hard.", "I left in the month of June."), codings=())
    assert _words(merge_newer(old, new, True).study) == ["It was hard.", "I left in the month of June."]
    with pytest.raises(StudyError, match="unit '1' has another text.*--replace"):
        merge_newer(old, new)


def test_a_newer_file_shows_what_changed() -> None:
    """New codings, codings that it lacks, other memos, new codes and documents: in numbers and names."""
    old = _study(_coding("hard", memo="first"), _coding("May"))
    new = _study(_coding("hard", memo="second"), _coding("nobody"))
    book = Codebook((Code("x", definition="d"), Code("y")))
    new = replace(new, documents=(*new.documents, Document("E", "e")), codebook=book)
    merged = merge_newer(old, new)
    assert list(merged.changes) == [
        "1 new document: E",
        "1 new code: y",
        "1 code has another definition (the study's stays): x",
        "1 new coding in a document that was there: ana in Talk 1",
        "1 coding with another memo, date or weight: ana in Talk 1",
        "1 coding stays though the new file does not have it: ana in Talk 1",
    ]
    assert len(merged.study.codings) == 3


def test_one_coding_with_two_memos_keeps_both() -> None:
    """Memos are joined once, however often the newer file comes."""
    new = _study(replace(_coding("hard", memo="second"), when="2026-01-02", weight=7))
    once = merge_newer(_study(_coding("hard", memo="first")), new).study
    assert [(c.memo, c.when, c.weight) for c in once.codings] == [("first\n\nsecond", "2026-01-02", 7)]
    assert merge_newer(once, new).study.codings == once.codings


def test_a_first_import_tells_no_changes() -> None:
    """Everything is new then."""
    assert merge_newer(Study(), _study(_coding("hard"))).changes == ()
