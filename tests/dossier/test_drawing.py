"""Pictures of a dossier: names are whole, long lists go over pages by their height, axes follow the APA."""

from __future__ import annotations

import pytest

from autocode.dossier.drawing import (
    PAGE,
    Drawing,
    Entry,
    Grid,
    Label,
    Span,
    by_height,
    heat_map,
    interval_chart,
    strip_chart,
    wrapped,
)

LONG = "explainability-debugging-instead-explanations of a model"


def texts(drawings: tuple[Drawing, ...]) -> list[str]:
    """What stands on the drawings, each label as one text."""
    return [" ".join(shape.lines).replace("- ", "-") for d in drawings for shape in d.shapes if isinstance(shape, Label)]


def test_no_name_is_cut() -> None:
    """Names of codes, documents and verdicts longer than their column stand in lines, none ends in an ellipsis."""
    grid = Grid([LONG] * 3, [LONG, "I02"], [[1, 0]] * 3)
    word = "on par, humans unreliable"
    chart = interval_chart([Entry(LONG, (Span(0.5, 0.2, 0.7, 0),), word, "#000000")], "t", "s", ("between humans",))
    strips = strip_chart([("1017_sci-news.com", [(0.1, 0.2, 0)])], [LONG], "s")
    for drawn in (heat_map(grid, "t", "s"), chart, strips):
        assert any(LONG in text for text in texts(drawn))
        assert not any("…" in text for text in texts(drawn))
    assert word in texts(chart)
    assert "1017_sci-news.com" in texts(strips)


def test_axes_follow_the_apa() -> None:
    """No leading zero, a minus sign, and 1.00 whole."""
    chart = interval_chart([Entry("a", (Span(-0.1, -0.2, 0.1, 0),), "")], "t", "s", ("between humans",))
    assert {"−.25", ".00", ".25", ".50", ".75", "1.00"} <= set(texts(chart))


@pytest.mark.parametrize("heights", [[20.0] * 99, [20.0, 38.0] * 40, [24.0], []])
def test_rows_go_over_pages_by_their_height(heights: list[float]) -> None:
    """No row is lost or doubled, parts are about as high, and none is much higher than the room."""
    parts = by_height(heights, 400)
    assert [h for part in parts for h in heights[part]] == heights
    sums = [sum(heights[part]) for part in parts]
    assert max(sums) - min(sums) <= 2 * max([0.0, *heights])
    assert max(sums) <= 400 + 38


def test_a_long_matrix_fits_its_pages() -> None:
    """99 long names give parts that fit a page each."""
    grid = Grid([f"{LONG} {i}" for i in range(99)], ["a", "b"], [[i, 0] for i in range(99)], frozenset({10, 50}))
    drawn = heat_map(grid, "t", "s")
    assert all(d.height <= PAGE + 60 for d in drawn)
    assert sum(LONG in text for text in texts(drawn)) == 99


def test_a_line_ends_behind_an_underscore_before_a_word_is_broken() -> None:
    """Names that programs wrote are broken where people would break them; nothing is left out, and short ones stay whole."""
    assert wrapped("mlss_interviews", 12) == ("mlss_", "interviews")
    assert wrapped("a_b and c_ d", 14) == ("a_b and c_ d",)
    assert "".join(wrapped("explainability_issues_of_models", 9)) == "explainability_issues_of_models"
