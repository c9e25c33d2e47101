"""The long table of codings as .csv."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocode.errors import InputError
from autocode.formats import ReadOptions, WriteOptions, read, read_all, write
from autocode.formats.tables.longtable import COLUMNS
from autocode.study import Segment, Study, Suggestion
from tests.formats.exchanged import exchanged
from tests.formats.tabled import studies


@settings(max_examples=100, deadline=None)
@given(studies() | exchanged(), st.sampled_from(["t.csv", "t.xlsx", "t.parquet"]))
def test_a_study_survives_a_round_trip(study: Study, name: str) -> None:
    """read(write(study)) == study, every field of every noun, as .csv, workbook and Parquet."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(study, path)
        assert read(path) == study


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_coding_is_a_row(study: Study, tmp_path: Path) -> None:
    """Columns say what, where, by whom and under which theme."""
    write(study, tmp_path / "t.csv", WriteOptions(table="codings"))
    rows = _rows(tmp_path / "t.csv")
    first = study.codings[0]
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(study.codings)
    assert rows[0] | {"memo": ""} == {
        "document": first.document,
        "start": str(first.start),
        "end": str(first.end),
        "memo": "",
        "created": "",
        "text": study.documents[0].text_of(first),
        "code": first.code,
        "theme": "Work",
        "coder": "ana",
        "kind": "human",
        "weight": "",
        "probability": "",
    }


def test_suggestions_are_rows_of_the_machine_and_not_read_back(study: Study, tmp_path: Path) -> None:
    """A suggestion has a probability; only a human makes a coding of it."""
    suggestion = Suggestion(Segment("D0", 0, 11, "1"), "Work > Time", 0.61, "suggest")
    write(study, tmp_path / "t.csv", WriteOptions(suggestions=(suggestion,)))
    row = next(r for r in _rows(tmp_path / "t.csv") if r["probability"])
    assert (row["coder"], row["kind"], row["probability"], row["text"]) == (
        "autocode (suggested)",
        "machine",
        "0.610000",
        "Interviewer",
    )
    again, receipts = read_all([tmp_path / "t.csv"])
    assert again.codings == study.codings
    assert receipts[0].skipped["suggestions, on which nobody has decided"] == 1


def test_a_long_text_is_split_and_a_long_quote_cut(tmp_path: Path, study: Study) -> None:
    """No cell is longer than Excel's, and the study still comes back whole."""
    document = replace(study.documents[0], text="word 😀 " * 12_000, turns=())
    coding = replace(study.codings[0], start=0, end=len(document.text))
    long = Study((document,), study.codebook, study.coders, (coding,))
    write(long, tmp_path / "t.csv")
    assert max(len(r["text"].encode("utf-16-le")) // 2 for r in _rows(tmp_path / "t.csv")) <= 32_767
    again = read(tmp_path / "t.csv")
    assert (again.documents[0].text, again.codings) == (document.text, (coding,))


def test_codings_alone_are_set_into_known_transcripts(study: Study, tmp_path: Path) -> None:
    """Without texts the transcripts must be known; codings whose words moved are found again."""
    write(study, tmp_path / "t.csv", WriteOptions(table="codings"))
    moved = tuple(replace(d, text="New first line.\n" + d.text, turns=()) for d in study.documents)
    again, receipts = read_all([tmp_path / "t.csv"], ReadOptions(documents=moved))
    assert {(c.code, again.by_id[c.document].text_of(c)) for c in again.codings} == {
        (c.code, study.by_id[c.document].text_of(c)) for c in study.codings
    }
    assert f"{len(study.codings)} found again by their words" in str(receipts[0])
    with pytest.raises(InputError, match="holds no transcript"):
        read(tmp_path / "t.csv")


def test_a_coding_whose_words_are_gone_is_counted(tmp_path: Path) -> None:
    """Never a wrong position silently: other words at the place are no match."""
    head = ",".join(COLUMNS)
    (tmp_path / "t.csv").write_text(f"{head}\nD,0,3,old,x,x,ana,human,,,,\nD,0,3,new,,,,,,,,\n")
    study, receipts = read_all([tmp_path / "t.csv"])
    assert (study.codings, receipts[0].skipped) == ((), {"not found in the transcript": 1})


def test_an_offset_that_is_no_number_names_its_line(tmp_path: Path) -> None:
    """The line is told, its words are not."""
    (tmp_path / "t.csv").write_text(f"{','.join(COLUMNS)}\nD,a,3,secret,x,x,ana,human,,,,\n")
    with pytest.raises(InputError, match="line 2: start, end and weight") as caught:
        read(tmp_path / "t.csv")
    assert "secret" not in str(caught.value)
