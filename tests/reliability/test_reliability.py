"""The table of faults itself: every row has its tests, and every promise of the README too."""

from __future__ import annotations

import re

from reliability import NOT_PROMISED, PROMISES
from tests.conftest import ROOT
from tests.rows import ROWS

SOURCES = [p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py")]


def test_every_row_has_a_test() -> None:
    """No row of the table stands without a test that is marked with it."""
    marked = {int(n) for text in SOURCES for given in re.findall(r"mark\.row\(([\d, ]+)\)", text) for n in given.split(",")}
    assert marked == set(ROWS)


def test_every_promise_has_its_tests() -> None:
    """Each promise of the README names tests that are there."""
    there = {name for text in SOURCES for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    assert [name for names in PROMISES.values() for name in names if name not in there] == []


def test_the_page_lists_what_the_command_writes() -> None:
    """docs/reliability.md has a line for every row, for every promise with its tests, and for what is not promised."""
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == list(ROWS)
    told = {
        line.partition(": `")[0]: re.findall(r"`(test_\w+)`", line)
        for line in page.splitlines()
        if re.match("- .*: `test_", line)
    }
    assert {f"- {promise}": list(names) for promise, names in PROMISES.items()} == told
    assert [line for line in NOT_PROMISED if f"- {line}" not in page] == []
