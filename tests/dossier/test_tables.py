"""Distinct passages: what several coders found is counted once."""

from __future__ import annotations

from autocode.dossier.blocks import View
from autocode.dossier.tables import distinct
from autocode.study import Coder, Coding, Document, Study
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
