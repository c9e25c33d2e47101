"""Hostile and nonsensical files: refused or contained in under a second and 100 MB of memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autocode.errors import CodebookError, InputError
from autocode.formats import read_all
from autocode.formats.tables.spreadsheet import write_workbook
from tests.conftest import ROOT, SHARED

SAMPLES = sorted(SHARED.joinpath("formats", "samples", "adversarial").glob("*"))
REFUSED = {
    "billion_laughs.qdpx",
    "bomb_200MB_text.qdpx",
    "no_qde.qdpx",
    "not_a_zip.qdpx",
    "sqlite_evil_view.qda",
    "xxe.qdpx",
    "zipslip_member.qdpx",
}

MEASURE = """
import os, resource, sys
from pathlib import Path
from autocode.errors import AutocodeError
from autocode.formats import ReadOptions, read_all

def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime, now.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)

for name in sys.argv[1:]:
    sys.stdout.flush()
    if os.fork():
        os.wait()
        continue
    before = used()
    try:
        read_all([Path(name)], ReadOptions(coder="c", add_codes=True))
        said = "read"
    except AutocodeError as error:
        said = "refused" if "\\n" not in str(error) else "several lines"
    except BaseException as error:
        said = type(error).__name__
    after = used()
    print(Path(name).name, said, round(after[0] - before[0], 2), round(after[1] - before[1], 1), sep="\\t", flush=True)
    os._exit(0)
"""

NONSENSE: dict[str, str] = {
    "colons.txt": "a:\n" * 700_000,
    "labels.txt": "".join(f"Speaker {n}: hi\n" for n in range(120_000)),
    "spaces.txt": " " * 2_000_000 + "x",
    "stamps.txt": "00:00:01\n" * 200_000,
    "references.txt": "<Files\\\\A> - § 1 reference coded [1%]\nReference 1 - 1%\n\n" * 20_000,
    "legend.txt": "a = b; " * 300_000,
    "deep.rtf": "{\\rtf1" + "{" * 1_000_000 + "x" + "}" * 1_000_000 + "}",
    "deep.json": "[" * 1_000_000,
    "voices.vtt": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n" + "<v " * 500_000,
    "arrows.srt": "-->\n" * 500_000,
    "quotes.csv": "text,code,coder\n" + '"' * 2_000_000,
    "wide.csv": ",".join(f"c{n}" for n in range(200_000)) + "\n",
    "divs.html": "<div>" * 200_000 + "x",
}


def _measured(paths: list[Path]) -> dict[str, tuple[str, float, float]]:
    """What became of each file, in a process of its own: processor seconds, and megabytes at the peak."""
    if not hasattr(os, "fork"):
        pytest.skip("resource usage per file needs fork")
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=True,
    )
    rows = (line.split("\t") for line in told.stdout.splitlines())
    return {name: (said, float(seconds), float(more)) for name, said, seconds, more in rows}


def _bounded(found: dict[str, tuple[str, float, float]]) -> None:
    assert {name: row for name, row in found.items() if row[1] >= 3 or row[2] >= 100} == {}  # a second on a quiet machine
    assert {name: row[0] for name, row in found.items() if row[0] not in ("read", "refused")} == {}


@pytest.mark.row(5, 6, 7)
@pytest.mark.skipif(not SAMPLES, reason="shared/formats/samples is not on this machine")
def test_adversarial_samples_cost_little_and_say_one_line() -> None:
    """Bombs, entities and paths out are refused, odd files read, all within a second and 100 MB."""
    found = _measured(SAMPLES)
    assert len(found) == len(SAMPLES)
    _bounded(found)
    assert {name for name, row in found.items() if row[0] == "refused"} == REFUSED


@pytest.mark.row(18)
def test_megabytes_of_nonsense_cost_little(tmp_path: Path) -> None:
    """No pattern looks at a text again and again, whatever it is made of."""
    for name, content in NONSENSE.items():
        (tmp_path / name).write_text(content)
    found = _measured(sorted(tmp_path.iterdir()))
    assert found.keys() == NONSENSE.keys()
    _bounded(found)


@pytest.mark.row(5)
def test_output_is_bounded_as_input_is(tmp_path: Path) -> None:
    """A name of thousands of letters above thousands of codes, and a text shown in a hundred thousand cells, are refused."""
    codes = "".join(f'<Code guid="{n:08}-0000-4000-8000-000000000000" name="c{n}" isCodable="true"/>' for n in range(1500))
    book = f'<Codes><Code guid="a" name="{"x" * 40_000}">{codes}</Code></Codes>'
    (tmp_path / "b.qdc").write_text(f'<CodeBook xmlns="urn:QDA-XML:codebook:1.0">{book}</CodeBook>')
    with pytest.raises(CodebookError, match="characters together"):
        read_all([tmp_path / "b.qdc"])
    rows = [["d", f"{n}", "x" * 30_000] for n in range(4000)]
    write_workbook(tmp_path / "t.xlsx", {"s": (["document_id", "segment_id", "text"], rows)})
    with pytest.raises(InputError, match="more than 100,000,000 characters"):
        read_all([tmp_path / "t.xlsx"])
