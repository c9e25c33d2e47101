"""The acceptance table of faults and bad inputs: 28 rows, which tests stand behind each, and what they measured.

A test says `@pytest.mark.row(n)` and may tell a figure through the fixture `figure`. At the end of a run the rows that
were touched are printed, each with its figures; `benchmarks/reliability.py --write` makes docs/reliability.md of them.
Sizes for the night stand behind the variable AUTOCODE_NIGHTLY.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

NIGHT = bool(os.environ.get("AUTOCODE_NIGHTLY"))

ROWS = {
    1: ("kill -9 in import, train, suggest, review and report", "no acknowledged decision lost, no unreadable file"),
    2: ("full disk", "one line with free megabytes, the study as before, no temporary file, the next run works"),
    3: ("several processes write at once", "every write stored, no lock error shown"),
    4: ("flipped bits and cut files", "99 % of flips and all cuts reported, restore brings the last good state, no traceback"),
    5: ("zip bombs, lying sizes, nesting", "refused in less than 1 s and 100 MB"),
    6: ("XML bombs and entities", "every document type refused in less than 1 s and 100 MB, no foreign file read"),
    7: ("paths out of archives, links, reserved names", "no file outside the project"),
    8: ("formulas in cells", "no live formula in .csv, .xlsx or .docx, the text the same"),
    9: ("scripts in transcripts, codes, coders, file names", "none runs, no request to elsewhere"),
    10: ("other pages reach for the desk", "400, 403 or 413 for all, no GET writes, this computer alone"),
    11: ("malicious or foreign model", "refused, nothing unpickled"),
    12: ("model of another encoder, codebook or version", "one line with both values, no silent suggestion"),
    13: ("no network", "no attempt in any main verb, a missing encoder says so within 2 s"),
    14: ("leaks into logs", "no word of a transcript in stdout, stderr, logs or temporary files"),
    15: ("a participant withdraws", "no byte left in study, log, cache, evidence, reports and copies, or it is listed"),
    16: ("wrong encodings", "UTF-8 and UTF-16 always right, legacy never silent"),
    17: ("emoji, accents, right to left, control and half characters", "what is shown is text[start:end]; no export fails"),
    18: ("sizes from nothing to very large", "nothing crashes"),
    19: ("messy coding", "no traceback, in = kept + skipped"),
    20: ("same input, same seed", "the same bytes over processes, hash seeds, threads and time zones"),
    21: ("a scanner holds the file (Windows)", "waited for, then one line"),
    22: ("study in a cloud folder", "said, and copies in conflict are found"),
    23: ("narrow console or pipe", "no UnicodeEncodeError"),
    24: ("port taken, no browser, lost connection", "said, and no key press is lost"),
    25: ("read-only folder, odd and long names", "reading works, writing is one line"),
    26: ("study of a newer or older version", "newer: refused; older: copied, then brought up"),
    27: ("files for their owner", "0600 and 0700 on POSIX"),
    28: ("faulty subtitles", "read, or refused in one line"),
}
"""What is tried, and what must hold."""


@dataclass
class Outcome:
    """What became of a row: its tests by outcome, and the figures that they told."""

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The figures and counts; failures first."""
        counts = f"{len(self.passed)} tests hold" if len(self.passed) != 1 else "1 test holds"
        said = [f"{len(self.failed)} FAILED: {', '.join(self.failed)}"] if self.failed else []
        said += [*self.figures, counts, *([f"{len(self.skipped)} could not be tried here"] if self.skipped else [])]
        return "; ".join(said)


def outcomes(reports: Iterable[tuple[str, str, Iterable[tuple[str, Any]]]]) -> dict[int, Outcome]:
    """Outcomes of the rows of some tests: (name, "passed" or "failed" or "skipped", properties)."""
    found: dict[int, Outcome] = defaultdict(Outcome)
    for name, outcome, properties in reports:
        told = list(properties)
        for number in dict.fromkeys(int(value) for key, value in told if key == "row"):
            getattr(found[number], outcome).append(name)
            found[number].figures += [str(value) for key, value in told if key == f"figure {number}"]
    return dict(sorted(found.items()))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rows 1,15` runs the tests of these rows alone."""
    parser.addoption("--rows", help="run the tests of these rows of docs/reliability.md alone: 1,15")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of other rows, where some are named."""
    if config.getoption("--rows"):
        wanted = set(map(int, config.getoption("--rows").split(",")))
        chosen = [item for item in items if any(wanted & set(mark.args) for mark in item.iter_markers("row"))]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


@pytest.fixture(autouse=True)
def _rows_of_the_test(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """Note the rows of a test, so that its report knows them."""
    for mark in request.node.iter_markers("row"):
        for number in mark.args:
            record_property("row", number)


@pytest.fixture
def figure(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Tell a figure of the test's (first) row, in words."""
    mark = request.node.get_closest_marker("row")
    assert mark, "a test that tells a figure says which row it is of: @pytest.mark.row(n)"
    return lambda told: record_property(f"figure {mark.args[0]}", told)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the rows that were touched, each with its figures."""
    found = outcomes(_reports(terminalreporter.stats))
    if found:
        terminalreporter.section("faults and bad inputs")
    for number, outcome in found.items():
        terminalreporter.write_line(f"{number:>3}  {ROWS[number][0]}: {outcome}")


def _reports(stats: dict[str, list[Any]]) -> Iterator[tuple[str, str, list[tuple[str, Any]]]]:
    for outcome in ("passed", "failed", "skipped", "error"):
        for report in stats.get(outcome, ()):
            if outcome != "passed" or report.when == "call":
                yield report.nodeid, outcome.replace("error", "failed"), getattr(report, "user_properties", [])
