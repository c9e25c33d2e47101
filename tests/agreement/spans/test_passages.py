"""Whole passages over a study."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autocode.agreement.spans import Span
from autocode.agreement.spans.passages import Opened, offsets_by_code, opened_documents, passages, similarity_of_boundaries
from autocode.agreement.spans.unitizing import alpha_u, continuum, u_alpha
from autocode.study import Study

A, B = (Span(0, 40, "x"), Span(60, 80, "y")), (Span(5, 40, "x"), Span(60, 90, "y"))
ONE = Opened("d", 100, {"ana": A, "ben": B})


def test_a_document_counts_where_two_opened_it(study: Study) -> None:
    """A coder who read a document and coded nothing opened it; one who never saw it did not."""
    found = opened_documents(study, study.humans)
    assert [d.document for d in found] == [d.id for d in study.documents]
    alone = replace(study, readings=(), codings=tuple(c for c in study.codings if c.coder == study.humans[0]))
    assert opened_documents(alone, study.humans) == []


def test_one_document_gives_the_coefficients_of_that_document() -> None:
    """Sums over a single document are the functions of one document."""
    found = passages([ONE], ["x", "y"])
    own = [[s for s in spans if s.code == "x"] for spans in (A, B)]
    assert found["x"]["u_alpha"] == u_alpha(continuum(100, own, ["x"]))
    assert found["x"]["alpha_u_1995"] == alpha_u(100, [A, B], "x")
    assert found[""]["cu_alpha"].value == 1


def test_overlapping_codes_are_told() -> None:
    """Where one coder's codes overlap, which code cannot be told, but single codes can."""
    both = Opened("d", 50, {"ana": (Span(0, 20, "x"), Span(10, 30, "y")), "ben": (Span(0, 20, "x"),)})
    found = passages([both], ["x", "y"])
    assert found[""]["cu_alpha"].reason == "overlapping_codes"
    assert found["x"]["u_alpha"].value == 1


def test_near_boundaries_cost_less() -> None:
    """Three of four ends: two alike, one five characters off (half a miss), one ten off (two misses)."""
    assert similarity_of_boundaries([ONE]).value == pytest.approx(1 - 2.5 / 5)
    assert similarity_of_boundaries([]).reason == "no_positives"


def test_offsets_are_summed_up_by_code() -> None:
    """Number of matched segments, median distances whatever the direction, share of equal ends."""
    assert offsets_by_code([("x", -4, 2), ("x", 2, 0), ("y", 0, 0)]) == {"x": (2, 3.0, 1.0, 0.0), "y": (1, 0.0, 0.0, 1.0)}
