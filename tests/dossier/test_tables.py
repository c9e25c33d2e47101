"""Distinct passages: what several coders found is counted once."""

from __future__ import annotations

from dataclasses import replace

from autocode.dossier.blocks import View
from autocode.dossier.tables import distinct
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Code, Codebook


def coding(start: int, end: int, coder: str, code: str = "Pay", document: str = "D1") -> Coding:
    """One coding."""
    return Coding(document, start, end, code, coder)


def test_overlapping_codings_of_one_code_are_one_passage() -> None:
    """The longest stands for all; neighbours that only touch, other codes and other documents stay apart."""
    given = [
        coding(0, 10, "ana"),
        coding(5, 30, "ben"),
        coding(30, 40, "ana"),
        coding(0, 10, "ben", "Time"),
        coding(0, 10, "ben", document="D2"),
    ]
    assert distinct(given) == [given[1], given[2], given[3], given[4]]
    assert distinct(reversed(given)) == [given[4], given[3], given[1], given[2]]


def test_frequencies_never_add_up_coders() -> None:
    """Two coders who find the same two passages found two; the agreed coding, where there is one, is counted instead."""
    both = tuple(coding(s, s + 9, who) for s in (0, 20) for who in ("ana", "ben"))
    study = Study((Document("D1", "x" * 60),), Codebook((Code("Pay"),)), (Coder("ana"), Coder("ben")), both)
    view = View(study)
    assert [f.count("") for f in view.frequencies] == [2]
    assert (len(view.of("Pay")), view.basis) == (2, "passages that any of 2 human coders coded")


def test_a_study_agreed_on_in_part_counts_the_rest_by_its_coders() -> None:
    """Settled passages are counted as agreed, the others once however many coded them; the words say both."""
    people = (Coder("ana"), Coder("ben"), Coder("all", kind="agreed"))
    given = (
        *(Coding("D1", 0, 10, "Pay", who) for who in ("ana", "ben")),  # settled: the team gave it to no words
        *(Coding("D1", 30, 40, "Pay", who) for who in ("ana", "ben", "all")),
        *(Coding("D2", 0, 10, "Pay", who) for who in ("ana", "ben")),  # nobody has talked about it yet
    )
    texts = (Document("D1", "x" * 60), Document("D2", "y" * 60))
    readings = (Reading("D1", "all", 0, 20), Reading("D1", "all", 25, 45))
    study = Study(texts, Codebook((Code("Pay"),)), people, given, readings)
    view = View(study)
    assert [(c.document, c.start, c.coder) for c in view.codings] == [("D1", 30, "all"), ("D2", 0, "ana")]
    assert view.basis == "the agreed coding and, where nothing is agreed yet, passages that any of 2 human coders coded"
    whole = replace(study, readings=(Reading("D1", "all", 0, 60), Reading("D2", "all", 0, 60)))
    assert [(c.document, c.start) for c in View(whole).codings] == [("D1", 30)]
    assert View(whole).basis == "the agreed coding"
    silent = View(replace(study, readings=()))  # what it read is not known: a document with agreed codings is settled
    assert [(c.document, c.start) for c in silent.codings] == [("D1", 30), ("D2", 0)]
