"""Coded quotes set into transcripts, or made into documents."""

from __future__ import annotations

import pytest

from autocode.errors import InputError
from autocode.formats.receipt import ReadOptions
from autocode.formats.tables.quotes import Quote, study_from_quotes
from autocode.study import Document, Study
from autocode.study.merge import Unit, lay_out, merge

TALK = Document("Talk 1", "I: So?\nR: It was hard. Very hard.\nR: It was hard.\n", source="Talk 1.docx")


def _read(*quotes: Quote, documents: tuple[Document, ...] = (TALK,)) -> tuple[Study, str]:
    study, receipts = study_from_quotes(quotes, "t.xlsx", ReadOptions(documents=documents))
    return study, "\n".join(map(str, receipts))


def _coded(study: Study) -> list[tuple[str, str, str]]:
    return [(c.coder, c.code, study.by_id[c.document].text_of(c)) for c in study.codings]


@pytest.mark.parametrize("name", ["Talk 1", "talk 1", "Talk 1.docx", "TALK 1.DOCX", ""])
def test_a_quote_is_located_in_the_transcript(name: str) -> None:
    """The table may call the transcript by id or file; the only one need not be named."""
    study, said = _read(Quote(2, name, "Very hard.", ("x",), "Ana"))
    assert _coded(study) == [("Ana", "x", "Very hard.")]
    assert study.documents == (TALK,)
    assert "1 located by their words" in said


def test_what_is_not_found_or_ambiguous_is_listed() -> None:
    """In = kept + skipped, with the lines of what has no place, never its words."""
    _, said = _read(
        Quote(2, "Talk 1", "It was hard.", ("x",), "a"),
        Quote(3, "Talk 1", "secret", ("x",), "a"),
        Quote(4, "Talk 1", " ", ("x",), "a"),
        Quote(5, "Talk 1", "Very hard.", ("x",), "a"),
    )
    assert (
        "in 4 coded segments = kept 1 + skipped 3 (1 without quoted words, 1 ambiguous in the transcript, "
        "1 not found in the transcript)"
    ) in said
    assert "not found in the transcript: lines 3" in said
    assert "secret" not in said


def test_offsets_count_only_where_the_words_are() -> None:
    """Given offsets that fit are taken; those that do not only choose the nearest occurrence."""
    at = TALK.text.rindex("It was hard.")
    right, _ = _read(Quote(2, "Talk 1", "It was hard.", ("x",), "a", start=at, end=at + 12))
    drifted, said = _read(Quote(2, "Talk 1", "It was hard.", ("x",), "a", start=at + 3, end=at + 15))
    assert [c.start for c in right.codings] == [c.start for c in drifted.codings] == [at]
    assert "1 chosen among several by the place given" in said


def test_without_a_transcript_the_quotes_are_the_document() -> None:
    """Units in the order of their places; two coders of one place share it, and see only their own."""
    study, _ = _read(
        Quote(2, "D", "later", ("x",), "a", start=9, end=14),
        Quote(3, "D", "early", ("y",), "a", start=1, end=6),
        Quote(4, "D", "early", ("x",), "b", start=1, end=6),
        documents=(),
    )
    assert [s.id for s in study.documents[0].segments] == ["1-6", "9-14"]
    assert _coded(study) == [("a", "x", "later"), ("a", "y", "early"), ("b", "x", "early")]
    assert [study.documents[0].text[r.start : r.end] for r in study.readings if r.coder == "b"] == ["early"]


def test_two_coders_files_of_quotes_unite() -> None:
    """The same words at the same place are one unit though they come in two files."""
    one, _ = _read(Quote(2, "D", "p", ("x",), "a", paragraph=2), Quote(3, "D", "q", ("x",), "a", paragraph=2), documents=())
    two, _ = _read(Quote(2, "D", "q", ("x",), "b", paragraph=2), documents=())
    both = merge(one, two)
    assert len(both.documents[0].segments) == 2
    assert {(c.coder, both.documents[0].text_of(c)) for c in both.codings} == {("a", "p"), ("a", "q"), ("b", "q")}


def test_a_row_without_codes_was_read() -> None:
    """A coder who gave an excerpt no code has still seen it."""
    study, _ = _read(Quote(2, "D", "words", (), "a"), documents=())
    assert study.codings == ()
    assert [r.coder for r in study.readings] == ["a"]


def test_a_doubled_row_is_counted() -> None:
    """The same coding twice is kept once."""
    _, said = _read(Quote(2, "Talk 1", "Very hard.", ("x",), "a"), Quote(3, "Talk 1", "Very hard.", ("x",), "a"))
    assert "kept 1 + skipped 1 (1 doubled)" in said


def test_codes_need_a_coder() -> None:
    """A table that names nobody asks for --coder."""
    with pytest.raises(InputError, match="line 7: it has codes but no coder"):
        _read(Quote(7, "D", "words", ("x",)))


def test_a_table_without_words_is_refused() -> None:
    """An export without the quoted text places nothing."""
    with pytest.raises(InputError, match="none of its rows quotes"):
        _read(Quote(2, "D", "", ("x",), "a"))


def test_importing_quotes_again_adds_nothing() -> None:
    """Documents made of quotes are no transcripts: the same table is the same units, another's are more."""
    rows = [
        Quote(2, "D", "p", ("x",), "a", paragraph=1),
        Quote(3, "D", "p", ("y",), "a", paragraph=3),
        Quote(4, "D", "q", ("x",), "a", paragraph=3),
    ]
    once, _ = _read(*rows, documents=())
    again, _ = _read(*rows, documents=once.documents)
    assert merge(once, again).sha256 == once.sha256
    other, _ = _read(Quote(2, "D", "new", ("x",), "b", paragraph=2), documents=once.documents)
    both = merge(once, other)
    assert [both.documents[0].text_of(s) for s in both.documents[0].segments] == ["p", "p", "q", "new"]


def test_quotes_find_the_units_of_another_table() -> None:
    """Where a document came with its own units, quotes of its words are located in them."""
    units = lay_out(Document("D", "", "D"), [Unit("s1", "It was hard."), Unit("s2", "Very.")])
    study, _ = _read(Quote(2, "D", "Very.", ("x",), "a", paragraph=9), documents=(units,))
    assert (study.documents, _coded(study)) == ((units,), [("a", "x", "Very.")])


def test_the_receipt_counts_quotes_at_their_offsets() -> None:
    """Of the rows that give offsets, how many have their words there; None where no row does."""
    at = TALK.text.index("Very hard.")
    rows = [
        Quote(2, "Talk 1", "Very hard.", ("x",), "a", start=at, end=at + 10),
        Quote(3, "Talk 1", "So?", ("x",), "a", start=0, end=3),
        Quote(4, "Talk 1", "So?", ("y",), "a"),
    ]
    assert study_from_quotes(rows, "t.xlsx", ReadOptions(documents=(TALK,)))[1][0].quoted == (1, 2)
    assert study_from_quotes(rows[2:], "t.xlsx", ReadOptions(documents=(TALK,)))[1][0].quoted is None
