"""The tree of codes."""

from __future__ import annotations

import pytest

from autocode.errors import CodebookError
from autocode.study.codebook import Code, Codebook, codebook_from_rows, hex_colour, join_codebooks, shade


def test_a_code_is_known_by_its_path(book: Codebook) -> None:
    """Two codes of one name under different themes are two codes."""
    assert book.resolve("Work > Recognition") != book.resolve("Learning > Recognition")


def test_a_name_that_two_codes_share_is_refused(book: Codebook) -> None:
    """An ambiguous name is an error that lists the paths."""
    with pytest.raises(CodebookError, match="Work > Recognition; Learning > Recognition"):
        book.resolve("Recognition")


def test_a_unique_name_finds_its_path(book: Codebook) -> None:
    """A name that only one code has stands for its path."""
    assert book.resolve("Time") == "Work > Time"


def test_an_unknown_code_names_the_nearest(book: Codebook) -> None:
    """A misspelt code is answered with the code that was probably meant."""
    with pytest.raises(CodebookError, match="Did you mean 'Work > Time'"):
        book.resolve("Work > Tim")


def test_rows_may_come_in_any_order() -> None:
    """A child listed before its parent still hangs under it."""
    made = codebook_from_rows([{"code": "b", "parent": "a"}, {"code": "a"}])
    assert [c.path for c in made] == ["a", "a > b"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"code": "a", "parent": "b"}, {"code": "b", "parent": "a"}], "cycle"),
        ([{"code": "a"}, {"code": "a"}], "share the path 'a'"),
        ([{"code": "a", "parent": "x"}], "is not in the codebook"),
        ([{"code": "a"}, {"code": "b", "parent": "a"}, {"code": "b", "parent": "a"}], "share the path"),
        ([{"code": "a"}, {"code": "c", "parent": "c"}], "cycle"),
    ],
)
def test_what_is_no_tree_is_refused(rows: list[dict[str, str]], said: str) -> None:
    """A cycle, two roots or siblings of one name, or a missing parent is one clear error."""
    with pytest.raises(CodebookError, match=said):
        codebook_from_rows(rows)


def test_the_theme_of_a_code_is_its_root(book: Codebook) -> None:
    """Every code belongs to the theme at the top of its branch; a theme to itself."""
    assert (book.theme("Work > Time"), book.theme("Work")) == ("Work", "Work")


def test_missing_codes_are_added_with_their_ancestors() -> None:
    """A path whose theme is missing brings the theme along."""
    assert [c.path for c in Codebook().with_paths(["a > b", "a > c"])] == ["a", "a > b", "a > c"]


def test_guids_follow_from_paths() -> None:
    """The same path has the same identifier in every run, another path another one."""
    assert Code("x", "a").identifier == Code("x", "a").identifier != Code("x", "b").identifier


def test_the_hash_sees_definitions(book: Codebook) -> None:
    """Changing one definition changes the codebook's hash."""
    first, *rest = book.codes
    changed = Codebook((Code(first.name, definition="Else."), *rest), book.name)
    assert changed.sha256 != book.sha256


def _contrast(one: str, two: str) -> float:
    """The contrast of two colours by WCAG 2.2, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#ffff00", "#0000ff", "#808080", "#ef8256", "#17171a", "#00ff00"])
def test_a_shade_of_any_colour_stands_out_from_its_ground(colour: str) -> None:
    """Darkened it has 3:1 against white, lightened 3:1 against black, and what has it already stays as it is."""
    assert _contrast(shade(colour, 0, 0.3), "#ffffff") >= 3
    assert _contrast(shade(colour, 0.1, 1), "#000000") >= 3
    assert shade("#a03a6b", 0.05, 0.3) == "#a03a6b"


def test_colours_are_read_as_programs_write_them() -> None:
    """Three or six digits, with or without the sign; anything else is no colour."""
    assert [hex_colour(c) for c in ("#EF8256", "ef8256", "#FA0")] == ["#ef8256", "#ef8256", "#ffaa00"]
    assert [hex_colour(c) for c in (None, "", "red", "#12345", "#ef8256;}")] == [""] * 5


def test_a_code_without_a_colour_has_that_of_the_code_above_it() -> None:
    """The nearest one counts; a colour is no change of what the codebook says."""
    book = Codebook((Code("A", colour="#0000ff"), Code("B", "A"), Code("C", "A > B", colour="#ff0000"), Code("D")))
    assert [book.colour(c.path) for c in book] == ["#0000ff", "#0000ff", "#ff0000", ""]
    assert book.sha256 == Codebook((Code("A"), Code("B", "A"), Code("C", "A > B"), Code("D"))).sha256
    assert join_codebooks(Codebook((Code("A"),)), book).book.by_path["A"].colour == "#0000ff"


def test_the_tree_has_each_code_below_its_parent_however_the_codes_came() -> None:
    """Codes that came one by one from a table stand under their themes, siblings in the order in which they came."""
    book = Codebook().with_paths(["Work > Pay", "Time", "Work > Boss", "Time > Evening", "Work > Pay > Raise"])
    assert [c.path for c in book.tree] == ["Work", "Work > Pay", "Work > Pay > Raise", "Work > Boss", "Time", "Time > Evening"]
