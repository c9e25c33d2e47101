"""What programs call their columns."""

from __future__ import annotations

import pytest

from autocode.errors import InputError
from autocode.formats.files import Table
from autocode.formats.tables.headings import HEADINGS, code_path, codes_in, columns_by_place, columns_of, folded


def _table(columns: list[str], *rows: list[str]) -> Table:
    return Table("t", tuple(columns), tuple(dict(zip(columns, r, strict=True)) for r in rows), tuple(range(2, 2 + len(rows))))


@pytest.mark.parametrize(
    "columns",
    [
        [
            "Color",
            "Komentarz",
            "Grupa dokumentów",
            "Nazwa dokumentu",
            "Kod",
            "Początek",
            "Koniec",
            "Waga",
            "Fragment",
            "Autor",
        ],
        [
            "Color",
            "Comment",
            "Document group",
            "Document name",
            "Code",
            "Beginning",
            "End",
            "Weight score",
            "Segment",
            "Author",
        ],
        [
            "Farbe",
            "Kommentar",
            "Dokumentgruppe",
            "Dokumentname",
            "Code",
            "Anfang",
            "Ende",
            "Gewicht",
            "Segment",
            "Autor",
        ],
    ],
)
def test_maxqda_is_read_in_its_languages(columns: list[str]) -> None:
    """Polish as measured, English and German: the same columns by our names."""
    found = columns_of(_table(columns))
    wanted = ("memo", "group", "document", "code", "paragraph", "weight", "text", "coder")
    places = (1, 2, 3, 4, 5, 7, 8, 9)
    assert {name: found[name] for name in wanted} == {n: columns[p] for n, p in zip(wanted, places, strict=True)}


def test_a_map_decides_before_any_heading() -> None:
    """--column says which column is which, whatever its heading, in any case of letters."""
    found = columns_of(_table(["Text", "Antwort", "Thema"]), {"text": "antwort", "code": "THEMA"})
    assert (found["text"], found["code"]) == ("Antwort", "Thema")


@pytest.mark.parametrize(
    ("given", "said"), [({"words": "Text"}, "no such column"), ({"text": "Nope"}, "missing column Nope; I saw: Text")]
)
def test_a_map_that_names_nothing_is_refused(given: dict[str, str], said: str) -> None:
    """A name of ours or of theirs that is not there is told with those that are."""
    with pytest.raises(InputError, match=said):
        columns_of(_table(["Text"]), given)


def test_an_unknown_language_is_read_by_place() -> None:
    """A bullet first, the code before three columns of numbers, the words after them."""
    columns = [f"列{n}" for n in range(11)]
    row = ["●", "", "G", "Interview 1", "Theme\\Code", "3", "4", "0", "A longer quote of words.", "24", "Ana"]
    assert columns_by_place(_table(columns, row)) == {
        "code": "列4",
        "document": "列3",
        "paragraph": "列5",
        "weight": "列7",
        "text": "列8",
        "coder": "列10",
    }
    assert columns_by_place(_table(columns, ["x", *row[1:]])) == {}


def test_no_heading_stands_for_two_columns() -> None:
    """Every known heading is folded already and belongs to one column only; a theme alone is a code."""
    every = [h for ours, headings in HEADINGS.items() if ours != "theme" for h in headings]
    assert [h for h in every if folded(h) != h] == []
    assert len(set(every)) == len(every)


@pytest.mark.parametrize(
    ("name", "path"),
    [("A\\B", "A > B"), ("A > B", "A > B"), ("A::B", "A > B"), (" A ", "A"), ("a/b, c", "a/b, c"), ("\\", "")],
)
def test_paths_are_written_our_way(name: str, path: str) -> None:
    """Every program's separator becomes ours."""
    assert code_path(name) == path


@pytest.mark.parametrize(
    ("cell", "known", "codes"),
    [
        ("a; b", (), ("a", "b")),
        ("a\nb", (), ("a", "b")),
        ("a | b", (), ("a", "b")),
        ("a, b", (), ("a", "b")),
        ("a, b", ("a, b",), ("a, b",)),
        ("x, a, b, y", ("a, b",), ("x", "a, b", "y")),
        ("", (), ()),
        ("a; a", (), ("a",)),
        ("A\\B, C", (), ("A > B", "C")),
    ],
)
def test_a_cell_may_hold_several_codes(cell: str, known: tuple[str, ...], codes: tuple[str, ...]) -> None:
    """A comma parts codes only where no known code has it in its name."""
    assert codes_in(cell, known) == codes
