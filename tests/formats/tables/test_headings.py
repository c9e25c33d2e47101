"""What programs call their columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats.files import Table, read_csv
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


SPOKEN = "then my brother Ravi took the keys and never came back"
ASKED = "How did you and your family feel about the long way to the clinic?"


def test_no_error_about_columns_quotes_what_may_have_been_said(tmp_path: Path) -> None:
    """A long heading is counted, of a long question the first words are shown, and short headings whole."""
    path = tmp_path / "t.csv"
    path.write_text(
        f"apply,{SPOKEN},{ASKED},我们那时候真的不知道应该怎么办才好后来就走了\n" + "yes,x,y,z\n" * 3, encoding="utf-8"
    )
    for told in (lambda: read_csv(path).need("found"), lambda: columns_of(read_csv(path), {"text": "none"})):
        with pytest.raises(InputError) as error:
            told()
        assert "I saw: apply, (11 words), How did you and … (14 words), (11 words)." in str(error.value)


def test_a_row_of_talk_in_the_place_of_headings_is_counted_whatever_its_length(tmp_path: Path) -> None:
    """Where a number stands among the headings, the first row is one of many: no word of it is shown."""
    path = tmp_path / "t.csv"
    path.write_text("1,my wife Ana,left us\n2,so I stayed,here\n", encoding="utf-8")
    with pytest.raises(InputError, match="I saw: 1, .3 words., .2 words.") as error:
        read_csv(path).need("text")
    assert "Ana" not in str(error.value)
