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
from autocode.store import STORE, update
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


_FAR = "9" * 23
_LATE = {
    "a.json": f'{{"segments":[{{"start":0,"end":{_FAR},"text":"we begin"}},{{"start":5,"end":6,"text":"in the first year"}}]}}',
    "b.json": '{"segments":[{"start":0,"end":2e30,"text":"we begin"},{"start":5,"end":6,"text":"in the first year"}]}',
    "c.tsv": f"start\tend\ttext\n0\t{_FAR}\tAna: we begin\n5000\t6000\tBo: in the first year\n",
    "d.vtt": f"WEBVTT\n\n00:01.000 --> {_FAR}:00:00.000\n<v Ana>we begin\n\n00:05.000 --> 00:06.000\n<v Bo>in the first year\n",
}


@pytest.mark.row(28)
@pytest.mark.parametrize("name", _LATE)
def test_times_that_no_recording_reaches_are_left_out(name: str, tmp_path: Path) -> None:
    """A number of many digits where a time should stand stops no import: the words come in, and the study can be stored."""
    (tmp_path / name).write_text(_LATE[name], encoding="utf-8")
    study, receipts = read_all([tmp_path / name])
    stored = update(tmp_path / "s" / STORE, lambda _: study)
    assert "in the first year" in stored.documents[0].text
    times = [t for turn in stored.documents[0].turns for t in (turn.start_ms, turn.end_ms) if t is not None]
    assert max(times, default=0) < 1e13
    assert any("no recording reaches" in note for r in receipts for note in r.notes) or name == "d.vtt"


@pytest.mark.row(28)
@pytest.mark.parametrize("time", ["1e400", "nan", "-inf", "my wife left"])
def test_a_time_that_is_no_number_is_one_line(time: str, tmp_path: Path) -> None:
    """What is infinite is no time, and is refused as any other word is; the word itself is not said."""
    (tmp_path / "t.tsv").write_text(f"start\tend\ttext\n0\t{time}\twe begin\n2900\t6320\tin the first year\n", encoding="utf-8")
    with pytest.raises(InputError, match="is not a time") as refused:
        read_all([tmp_path / "t.tsv"])
    assert "wife" not in str(refused.value)


@pytest.mark.row(14)
@pytest.mark.parametrize("name", ["t.tsv", "t.csv"])
def test_a_table_without_headings_is_refused_without_its_words(name: str, tmp_path: Path) -> None:
    """What would be headings is what somebody said: it is counted, not quoted; headings that are short are told."""
    rows = [["0", "2480", "my wife left that spring", "x"], ["2900", "6320", "and then I stayed", "y"]]
    (tmp_path / name).write_text("".join(("\t" if name == "t.tsv" else ",").join(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(InputError, match=r"\(5 words\)") as refused:
        read_all([tmp_path / name])
    assert "wife" not in str(refused.value)
    long = "well my wife left that spring and I was alone then"
    (tmp_path / "u.csv").write_text(f"Name,{long},when\nAna,{long},1\n", encoding="utf-8")
    with pytest.raises(InputError, match="Name, .* words.*, when") as refused:
        read_all([tmp_path / "u.csv"])
    assert "wife" not in str(refused.value)
