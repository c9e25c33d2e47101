"""The overview: what comes next, and what else is open."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from autocode.study import Study
from tests.desk.desks import desk
from tests.desk.test_server import Page


def _going(page: Page) -> str:
    """The words of the card that says what comes next."""
    card = page.room("").partition('class="going"')[2].partition("</section>")[0]
    return " ".join(re.sub("<[^>]+>", " ", card).split())


def test_of_several_open_steps_the_order_is_free(study: Study, tmp_path: Path) -> None:
    """One step is named first, the others are named beside it; while nobody has coded yet there is one step alone."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    codings = tuple(c for c in study.codings if c.coder != "agreed")
    readings = tuple(r for r in study.readings if r.coder != "agreed")
    page = Page(desk(replace(study, codings=codings, readings=readings), tmp_path / "a", None))
    page.enter()
    said = _going(page)
    assert "Next: look at the disagreements" in said
    assert "The order is yours. Open as well: train the model , write the dossier ." in said
    bare = Page(desk(replace(study, codings=(), readings=()), tmp_path / "b", None))
    bare.enter()
    assert "Next: code the first interviews" in _going(bare)
    assert "The order is yours" not in _going(bare)
