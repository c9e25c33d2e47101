"""The tree of codes."""

from __future__ import annotations

import pytest

from autocode.errors import CodebookError
from autocode.study.codebook import Code, Codebook, codebook_from_rows


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
