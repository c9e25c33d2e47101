"""Two studies as one: documents of given units that come in parts."""

from __future__ import annotations

import pytest

from autocode.errors import StudyError
from autocode.study import Coder, Coding, Document, Study
from autocode.study.merge import Unit, lay_out, merge, unit_readings


def _study(coder: str, ids: list[str], coded: list[str], texts: dict[str, str] | None = None) -> Study:
    """One coder's table: units of document d, a code x on some of them."""
    units = [Unit(i, (texts or {}).get(i, f"text {i}")) for i in ids]
    document = lay_out(Document("d", "", "d"), units)
    codings = tuple(Coding("d", s.start, s.end, "x", coder) for s in document.segments if s.id in coded)
    readings = unit_readings(document.segments, [(i, coder) for i in ids])
    return Study((document,), coders=(Coder(coder),), codings=codings, readings=readings)


def _words(study: Study, coder: str) -> list[str]:
    return [study.documents[0].text_of(c) for c in sorted(study.codings) if c.coder == coder]


def _seen(study: Study, coder: str) -> list[str]:
    return [study.documents[0].text[r.start : r.end] for r in study.readings if r.coder == coder]


def test_two_coders_tables_are_united_in_order() -> None:
    """Units of both come once each, in the order of their numbers, and codings move along."""
    both = merge(_study("a", ["1", "3", "10"], ["3"]), _study("b", ["2", "3", "4"], ["2", "3"]))
    assert [s.id for s in both.documents[0].segments] == ["1", "2", "3", "4", "10"]
    assert _words(both, "a") == ["text 3"]
    assert _words(both, "b") == ["text 2", "text 3"]


def test_readings_are_runs_of_units_for_each_coder() -> None:
    """Units in any order, some seen twice: a reading for each run, from its first unit's start to its last one's end."""
    segments = lay_out(Document("d", "", "d"), [Unit(str(i), "x" * (i + 1)) for i in range(6)]).segments
    seen = [("5", "b"), ("1", "b"), ("0", "b"), ("1", "b"), ("3", "a"), ("4", "b")]
    found = [(r.coder, r.start, r.end) for r in unit_readings(segments, seen)]
    places = [(s.start, s.end) for s in segments]
    assert found == [
        ("a", *places[3]),
        ("b", places[0][0], places[1][1]),
        ("b", places[4][0], places[5][1]),
    ]


def test_a_unit_that_a_coder_did_not_see_stays_unseen() -> None:
    """Uniting puts b's units between those of a; a has still not read them."""
    both = merge(_study("a", ["1", "3"], []), _study("b", ["2"], []))
    assert _seen(both, "a") == ["text 1", "text 3"]
    assert _seen(both, "b") == ["text 2"]


def test_units_without_numbers_keep_their_neighbours() -> None:
    """A run that only the second table has stands before the unit that follows it there."""
    both = merge(_study("a", ["q", "c"], []), _study("b", ["x", "c", "b"], []))
    assert [s.id for s in both.documents[0].segments] == ["q", "x", "c", "b"]


def test_uniting_is_the_same_in_either_order_where_ids_are_numbers() -> None:
    """Which file is named first changes neither the text nor the codings."""
    a, b = _study("a", ["1", "3"], ["1"]), _study("b", ["2", "3"], ["3"])
    one, other = merge(a, b), merge(b, a)
    assert one.documents[0].text == other.documents[0].text
    assert sorted(one.codings) == sorted(other.codings)


def test_importing_a_part_again_adds_nothing() -> None:
    """The second import of a coder's table leaves the study as it was."""
    a, b = _study("a", ["1", "3"], ["1"]), _study("b", ["2", "3"], ["3"])
    both = merge(a, b)
    assert merge(both, a).sha256 == both.sha256


def test_one_unit_with_two_texts_is_refused() -> None:
    """The unit is named, its words are not."""
    with pytest.raises(StudyError, match="unit '2' has another text") as caught:
        merge(_study("a", ["1", "2"], []), _study("b", ["2"], [], {"2": "secret"}))
    assert "secret" not in str(caught.value)


def test_a_transcript_and_a_table_of_units_are_not_united() -> None:
    """Only documents that are nothing but their units can be put together."""
    with pytest.raises(StudyError, match="another text"):
        merge(Study((Document("d", "All the talk."),)), _study("a", ["1"], []))


def test_what_is_known_of_a_document_is_kept() -> None:
    """Variables, groups, guid and kind of either side stay."""
    old = Document("d", "t", variables={"a": "1"}, kind="literature", guid="G", groups=("g",))
    new = Document("d", "t", variables={"b": "2"}, groups=("h",))
    found = merge(Study((old,)), Study((new,))).documents[0]
    assert (dict(found.variables), found.kind, found.guid, found.groups) == (
        {"a": "1", "b": "2"},
        "literature",
        "G",
        ("g", "h"),
    )
