"""What became of a codebook since a model was made."""

from __future__ import annotations

from dataclasses import replace

from autocode.model.history import changes
from autocode.study import Segment, Suggestion
from autocode.study.codebook import Code, Codebook


def _with(book: Codebook, **fields: str) -> Codebook:
    """The codebook with other fields of the code Work > Time."""
    return Codebook(tuple(replace(c, **fields) if c.path == "Work > Time" else c for c in book), book.name)


def test_nothing_changed(book: Codebook) -> None:
    """The same codes and rules are no change, whatever the name of the codebook and the examples in it."""
    found = changes(book, replace(_with(book, example="We had no time."), name="Other"))
    assert not found
    assert "as it was" in str(found)
    assert not found.another


def test_a_changed_rule_is_stale(book: Codebook) -> None:
    """Definition, inclusion and exclusion are the rule; a change of any makes the code's model stale."""
    for field in ("definition", "include", "exclude"):
        found = changes(book, _with(book, **{field: "New words."}))
        assert (found.redefined, found.added, found.gone, found.renamed) == (("Work > Time",), (), (), ())
    assert "Work > Time: its definition changed" in str(found)


def test_a_new_name_with_the_old_rule_is_one_code(book: Codebook) -> None:
    """A code with another name and the same rule is renamed; with another rule too, one is gone and one new."""
    assert changes(book, _with(book, name="Hours")).renamed == (("Work > Time", "Work > Hours"),)
    found = changes(book, _with(book, name="Hours", definition="Quite another thing."))
    assert (found.gone, found.added, found.renamed) == (("Work > Time",), ("Work > Hours",), ())


def test_an_identifier_tells_a_renamed_code() -> None:
    """A code that keeps its identifier is the same code, whatever its name and rule."""
    before = Codebook((Code("A", definition="x", guid="g1"), Code("B")))
    after = Codebook((Code("Z", definition="y", guid="g1"), Code("B")))
    assert changes(before, after).renamed == (("A", "Z"),)


def test_a_rule_that_several_codes_share_tells_nothing() -> None:
    """Two new codes with the rule of one that is gone are not taken for it."""
    before = Codebook((Code("A", definition="pattern code"), Code("B")))
    after = Codebook((Code("Y", definition="pattern code"), Code("Z", definition="pattern code"), Code("B")))
    found = changes(before, after)
    assert (found.gone, found.renamed, found.added) == (("A",), (), ("Y", "Z"))


def test_few_codes_left_are_another_codebook(book: Codebook) -> None:
    """With fewer than half of the codes left it is another codebook; with half it is the same, changed."""
    codes = tuple(Code(name) for name in "ABCD")
    assert changes(Codebook(codes), Codebook((*codes[:1], Code("X")))).another
    assert not changes(Codebook(codes), Codebook((*codes[:2], Code("X")))).another


def test_only_what_holds_is_said(book: Codebook) -> None:
    """Gone and renamed codes are left out, stale ones fall from suggest to ask, silent ones stay silent."""
    now = _with(book, definition="New words.")
    now = Codebook(tuple(c for c in now if c.path != "Work > Recognition"))
    unit = Segment("d", 0, 5, "1")
    said = [
        Suggestion(unit, c, 0.5, band)
        for c, band in (
            ("Work > Time", "suggest"),
            ("Work > Time", "silent"),
            ("Work > Recognition", "suggest"),
            ("Learning > Recognition", "suggest"),
        )
    ]
    assert [(s.code, s.band) for s in changes(book, now).current(said)] == [
        ("Work > Time", "ask"),
        ("Work > Time", "silent"),
        ("Learning > Recognition", "suggest"),
    ]
