"""Codes by codes and by kinds of source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autocode.dossier.blocks import View
from autocode.dossier.matrices import overlaps, relations, saturation, saturation_figure, triangulation
from autocode.study import Coder, Coding, Document, Study
from autocode.study.codebook import Codebook


def _study(*codings: tuple[str, int, int, str], coder: str = "a") -> Study:
    book = Codebook().with_paths(["T > x", "T > y", "U > z"])
    documents = (
        Document("i1", "w " * 50),
        Document("i2", "w " * 50),
        Document("l1", "w " * 50, kind="literature"),
        Document("f1", "w " * 50, kind="field note"),
    )
    return Study(documents, book, (Coder(coder),), tuple(Coding(d, s, e, c, coder) for d, s, e, c in codings))


def test_overlaps_are_pairs_that_share_a_character() -> None:
    """Touching ends do not overlap, nested and crossing segments do, other documents never."""
    study = _study(
        ("i1", 0, 10, "T > x"),
        ("i1", 5, 15, "T > y"),
        ("i1", 6, 7, "U > z"),
        ("i1", 10, 12, "T > x"),
        ("i1", 15, 20, "U > z"),
        ("i2", 0, 10, "U > z"),
    )
    wanted = {("T > x", "T > y"): 2, ("T > x", "U > z"): 1, ("T > y", "U > z"): 1}
    assert dict(overlaps(View(study))) == wanted
    figure = relations(View(study))
    assert figure is not None
    assert {(r[0], r[1]): r[2] for r in figure.data.rows} == wanted


def test_segments_of_two_coders_do_not_overlap_with_one_another() -> None:
    """Where two coders gave one place two codes, that is disagreement and no relation of codes."""
    one = _study(("i1", 0, 10, "T > x"))
    two = replace(one, coders=(Coder("a"), Coder("b")), codings=(*one.codings, Coding("i1", 0, 10, "T > y", "b")))
    assert not overlaps(View(two))
    assert relations(View(two)) is None


def test_triangulation_says_where_only_one_source_speaks() -> None:
    """Documents by kind of source for each code and theme, and codes that rest on one kind."""
    study = _study(
        ("i1", 0, 5, "T > x"),
        ("i2", 0, 5, "T > x"),
        ("l1", 0, 5, "T > x"),
        ("f1", 0, 5, "T > x"),
        ("l1", 6, 9, "T > y"),
        ("i1", 6, 9, "U > z"),
        ("f1", 6, 9, "U > z"),
    )
    table = triangulation(View(study))
    assert table is not None
    rows = {row[0]: row[1:] for row in table.rows if row[0] not in ("T", "U")}
    assert rows == {"x": (2, 1, 1, "all"), "y": (0, 1, 0, "literature only"), "z": (1, 0, 1, "interview, field note")}
    assert {row[0]: row[1:] for row in table.rows}["T"] == (2, 1, 1, "all")
    assert "literature only: 1" in table.note


def test_one_kind_of_source_is_no_triangulation(study: Study) -> None:
    """A study of interviews alone has no such table."""
    assert triangulation(View(study)) is None


@pytest.mark.parametrize(("documents", "shown"), [(2, False), (3, True)])
def test_saturation_needs_three_interviews(study: Study, documents: int, shown: bool) -> None:
    """Two interviews make no curve."""
    kept = study.documents[:documents]
    ids = {d.id for d in kept}
    part = replace(study, documents=kept, codings=tuple(c for c in study.codings if c.document in ids))
    assert (saturation_figure(saturation(View(part))) is not None) == shown
