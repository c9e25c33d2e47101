"""Parquet and the folder that Hugging Face's datasets opens: out, in, and nothing left behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from autocode.errors import InputError
from autocode.formats import WriteOptions, read, read_all, write
from autocode.study import Coder, Coding, Document, Reading, Segment, Study, Suggestion
from autocode.study.codebook import Code, Codebook
from tests.formats.exchanged import exchanged

TEXT = "Hello 👩 thére.\n=it was hard"
STUDY = Study(
    (Document("d", TEXT, "Interview", variables={"role": "nurse"}, groups=("g",)),),
    Codebook((Code("T"), Code("c", "T", "meaning"))),
    (Coder("ana", "Ana"),),
    (Coding("d", 16, 27, "T > c", "ana", "'=memo", "2026-01-02", 80),),
    (Reading("d", "ana", 0, len(TEXT)),),
    "s",
)
SUGGESTION = Suggestion(Segment("d", 0, 5, "1"), "T > c", 0.25, "ask")


@settings(max_examples=30, deadline=None)
@given(exchanged())
def test_a_folder_reads_back_as_the_study_it_was_written_from(study: Study) -> None:
    """Everything that the nouns hold, in any script, comes back equal."""
    with tempfile.TemporaryDirectory() as folder:
        write(study, Path(folder) / "p.hf")
        assert read(Path(folder) / "p.hf") == study


@pytest.mark.row(20)
def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two writings are equal byte for byte."""
    for name in ("a.hf", "b.hf"):
        write(STUDY, tmp_path / name)
    files = sorted(p.relative_to(tmp_path / "a.hf") for p in (tmp_path / "a.hf").rglob("*") if p.is_file())
    assert len(files) == 1 + 6 + 1 + 6 * 3  # card, Parquet files, the list of parts, three files each as they lie in memory
    assert all((tmp_path / "a.hf" / f).read_bytes() == (tmp_path / "b.hf" / f).read_bytes() for f in files)


def test_datasets_opens_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """load_dataset finds each part under its name, offline, with typed columns."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    datasets.disable_progress_bars()
    write(STUDY, tmp_path / "p.hf", WriteOptions((SUGGESTION,)))
    codings = datasets.load_dataset(str(tmp_path / "p.hf"), "codings", cache_dir=str(tmp_path / "cache"))["train"]
    assert codings["text"][:] == ["it was hard", "Hello"]
    assert codings["probability"][:] == [None, 0.25]
    assert codings.features["start"].dtype == "int64"
    documents = datasets.load_dataset(str(tmp_path / "p.hf"), "documents", cache_dir=str(tmp_path / "cache"))["train"]
    assert documents[0]["text"] == TEXT


def test_suggestions_are_told_and_not_read_as_codings(tmp_path: Path) -> None:
    """A row with a probability waits for a human."""
    write(STUDY, tmp_path / "p.hf", WriteOptions((SUGGESTION,)))
    study, receipts = read_all([tmp_path / "p.hf"])
    assert study == STUDY
    assert "1 suggestions" in str(receipts[-1])


def test_a_part_that_is_now_empty_leaves_no_old_file(tmp_path: Path) -> None:
    """A folder written again holds the new study alone."""
    write(STUDY, tmp_path / "p.hf")
    empty = Study(STUDY.documents, STUDY.codebook)
    write(empty, tmp_path / "p.hf")
    assert read(tmp_path / "p.hf") == empty


def test_the_card_names_no_one_and_quotes_nothing(tmp_path: Path) -> None:
    """The card counts; it holds no words of a transcript and no coder."""
    write(STUDY, tmp_path / "p.hf")
    card = (tmp_path / "p.hf" / "README.md").read_text(encoding="utf-8")
    assert "1 document, 2 codes, 1 coding" in card
    assert "hard" not in card
    assert "Ana" not in card


@pytest.mark.row(17)
def test_half_surrogate_pairs_are_replaced_one_for_one(tmp_path: Path) -> None:
    """Parquet holds whole characters only; offsets stay."""
    write(Study((Document("d", "a\ud800b\x00c"),)), tmp_path / "p.hf")
    assert read(tmp_path / "p.hf").documents[0].text == "a\ufffdb\x00c"


def test_reading_leaves_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Transcripts are not copied into anybody's cache."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    write(STUDY, tmp_path / "p.hf")
    read(tmp_path / "p.hf")
    assert not (tmp_path / "hf-home").exists()
    assert sorted(os.listdir(tmp_path)) == ["p.hf"]


def test_one_parquet_file_is_the_long_table(tmp_path: Path) -> None:
    """Columns are those of the .csv; texts that a spreadsheet would guard come back unguarded."""
    write(STUDY, tmp_path / "p.parquet", WriteOptions((SUGGESTION,)))
    study = read(tmp_path / "p.parquet")
    assert study.codings == STUDY.codings
    assert [d.text for d in study.documents] == [TEXT]


def test_damaged_and_foreign_parts_are_refused_in_one_line(tmp_path: Path) -> None:
    """Parts that are damaged, lack columns or do not fit each other are named."""
    write(STUDY, tmp_path / "p.hf")
    data = tmp_path / "p.hf" / "data"
    kept = (data / "codings.parquet").read_bytes()
    (data / "codings.parquet").write_bytes(kept[: len(kept) // 2])
    with pytest.raises(InputError, match="damaged Parquet"):
        read(tmp_path / "p.hf")
    (data / "codings.parquet").write_bytes((data / "coders.parquet").read_bytes())
    with pytest.raises(InputError, match="lacks the columns"):
        read(tmp_path / "p.hf")
    (data / "codings.parquet").write_bytes(kept)
    (data / "documents.parquet").unlink()
    with pytest.raises(InputError, match="do not fit together"):
        read(tmp_path / "p.hf")


@pytest.mark.row(5)
def test_a_parquet_bomb_is_refused(tmp_path: Path) -> None:
    """A column that unpacks to hundreds of times its size is not unpacked."""
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"document": ["d"] * 2, "text": ["a" * (40 * 2**20)] * 2})
    parquet.write_table(table, tmp_path / "p.parquet", compression="zstd", use_dictionary=False)
    with pytest.raises(InputError, match="refused as unsafe"):
        read(tmp_path / "p.parquet")
