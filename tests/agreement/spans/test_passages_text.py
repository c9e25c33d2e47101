"""Decisions on stretches of text."""

from __future__ import annotations

import numpy as np

from autocode.agreement import agree_on
from autocode.agreement.spans.passages import coded_documents, decisions_on_text
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Code, Codebook


def study() -> Study:
    """Two coders, two documents of 100 characters; the second read by one coder only in part."""
    return Study(
        documents=(Document("d", "x" * 100), Document("e", "y" * 100)),
        codebook=Codebook((Code("A"), Code("B"))),
        coders=(Coder("ana"), Coder("ben")),
        codings=(
            Coding("d", 0, 30, "A", "ana"),
            Coding("d", 20, 50, "A", "ana"),
            Coding("d", 10, 60, "A", "ben"),
            Coding("e", 0, 10, "B", "ana"),
        ),
        readings=(Reading("d", "ana", 0, 100), Reading("d", "ben", 0, 100), Reading("e", "ana", 0, 100)),
    )


def test_characters_are_counted_not_segments() -> None:
    """One coder's overlapping spans are one; both 40, one only 10 + 10, neither 40."""
    row = agree_on(decisions_on_text(study(), ("ana", "ben"))).row("A")
    assert row is not None
    assert (row.both, row.only_first, row.only_second, row.neither) == (40, 10, 10, 40)


def test_what_nobody_read_is_missing() -> None:
    """The second document was opened by one coder only, so it is no evidence of agreement."""
    data = decisions_on_text(study(), ("ana", "ben"))
    assert agree_on(data).documents == 1
    assert data.weight[data.seen.all(0)].sum() == 100


def test_documents_both_opened() -> None:
    """Other tools compare documents that both coders opened."""
    found = coded_documents(study(), "ana", "ben")
    assert [c.document for c in found] == ["d"]
    assert len(found[0].first) == 2


def test_a_chosen_code_and_an_empty_study() -> None:
    """Codes may be named; a study without documents has no stretch."""
    assert decisions_on_text(study(), ("ana", "ben"), ["B"]).codes == ("B",)
    empty = decisions_on_text(Study(), ("ana", "ben"), ["B"])
    assert empty.Y.shape == (2, 0, 1)
    assert np.size(empty.weight) == 0
