"""Tests of batch and the rooms behind it: the stream of documents and the parts on the disk."""

from __future__ import annotations

import csv
import gzip
import io
import pickle
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autocode.classify.heads import learning_by
from autocode.config import Config, EncodeConfig, load_config
from autocode.errors import InputError
from autocode.evaluate import hold_out
from autocode.formats import read
from autocode.formats.datasets.stream import is_stream, stream_documents
from autocode.formats.datasets.suggestions import write_suggestions
from autocode.model import CodingModel, batch
from autocode.model.batch import Job, on_ray, suggest_all
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Code, Codebook
from tests.fake_encoder import FakeEncoder

COLUMNS = ("document_id", "segment_id", "order", "speaker", "text", "coder", "codes")
WORDS = ("money", "friends", "teachers", "exams", "travel", "nothing")


@pytest.fixture(autouse=True)
def vectors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Vectors go to a folder of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small model that knows two codes."""
    documents, codings, readings = [], [], []
    for d in range(6):
        text, start = "", 0
        for i in range(12):
            words = f"so we spoke of {WORDS[(i + d) % 6]} again\n\n"
            for word in ("money", "friends"):
                if word in words:
                    codings.append(Coding(f"d{d}", start, start + len(words) - 2, word, "ana"))
            text, start = text + words, start + len(words)
        documents.append(Document(f"d{d}", text))
        readings.append(Reading(f"d{d}", "ana", 0, len(text)))
    book = Codebook((Code("money"), Code("friends")))
    study = Study(tuple(documents), book, (Coder("ana", "ana"),), tuple(codings), tuple(readings))
    config = replace(load_config(None), encode=EncodeConfig("tests.fake_encoder:FakeEncoder"))
    CodingModel.from_config(config).fit(study).save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of 40 documents with odd cells."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for d in range(40):
        for i in range(1 + d % 7):
            words = f'so we spoke of {WORDS[(d + i) % 6]}, "NA" and\nnull, the {d}th time'
            writer.writerow([f"doc {d}", f"{d}-{i}", i, "NA", words, "gold", "x" * (i % 2)])
    path = tmp_path / "big.csv.gz"
    path.write_bytes(gzip.compress(text.getvalue().encode()))
    return path


def at_once(model: Path, table: Path, out: Path) -> bytes:
    """What the call for everything in memory writes."""
    new = read(table)
    said, strange = CodingModel.load(model).read(new)
    write_suggestions(out, said, new.by_id, unlike=strange.segments)
    return out.read_bytes()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part is full with ten units."""
    monkeypatch.setattr(batch, "_UNITS", 10)


def test_streamed_documents_are_those_of_reading_at_once(table: Path) -> None:
    """Text, turns, units and names are the same, whatever odd words a cell holds."""
    assert is_stream(table, 1)
    assert not is_stream(table)
    assert tuple(stream_documents(table)) == read(table).documents


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_parts_make_the_bytes_of_one_call(model: Path, table: Path, tmp_path: Path, small_parts: None, suffix: str) -> None:
    """The file is the same byte for byte, and nothing is left beside it."""
    out = tmp_path / "out" / f"streamed{suffix}"
    out.parent.mkdir()
    totals = suggest_all(Job(model, out), stream_documents(table))
    assert out.read_bytes() == at_once(model, table, tmp_path / f"whole{suffix}")
    assert totals.suggested + totals.asked > 0
    assert (totals.documents, totals.ready) == (40, 0)
    assert totals.parts > 5
    assert [p.name for p in out.parent.iterdir()] == [out.name]


def test_parquet_holds_the_rows_of_one_call(model: Path, table: Path, tmp_path: Path, small_parts: None) -> None:
    """The rows are the same; row groups follow the parts."""
    from pyarrow import parquet

    suggest_all(Job(model, tmp_path / "s.parquet"), stream_documents(table))
    at_once(model, table, tmp_path / "w.parquet")
    assert parquet.read_table(tmp_path / "s.parquet").equals(parquet.read_table(tmp_path / "w.parquet"))


def killed(documents: Iterator[Document], after: int) -> Iterator[Document]:
    """Documents until the lights go out."""
    for n, document in enumerate(documents):
        if n == after:
            raise KeyboardInterrupt
        yield document


def test_a_stopped_run_goes_on_where_it_was(model: Path, table: Path, tmp_path: Path, small_parts: None) -> None:
    """Parts made before the stop are not made again, and the file is that of an unbroken run."""
    out = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        suggest_all(Job(model, out), killed(stream_documents(table), 25))
    assert not out.exists()
    assert (tmp_path / ".out.csv.parts").stat().st_mode & 0o077 == 0
    made = len(list((tmp_path / ".out.csv.parts").glob("0*")))
    totals = suggest_all(Job(model, out), stream_documents(table))
    assert 5 < made == totals.ready < totals.parts
    assert out.read_bytes() == at_once(model, table, tmp_path / "whole.csv")
    assert not (tmp_path / ".out.csv.parts").exists()


def test_parts_of_other_settings_are_thrown_away(model: Path, table: Path, tmp_path: Path, small_parts: None) -> None:
    """A stopped run with other options leaves nothing that this one would take."""
    out = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        suggest_all(Job(model, out, everything=True), killed(stream_documents(table), 25))
    totals = suggest_all(Job(model, out), stream_documents(table))
    assert totals.ready == 0
    assert out.read_bytes() == at_once(model, table, tmp_path / "whole.csv")


def test_a_changed_document_is_judged_again(model: Path, table: Path, tmp_path: Path, small_parts: None) -> None:
    """A part whose words changed since the stop is made anew; the others are taken."""
    out = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        suggest_all(Job(model, out), killed(stream_documents(table), 25))
    text = gzip.decompress(table.read_bytes()).decode().replace("the 3th time", "the third time")
    table.write_bytes(gzip.compress(text.encode()))
    totals = suggest_all(Job(model, out), stream_documents(table))
    assert 0 < totals.ready < totals.parts
    assert out.read_bytes() == at_once(model, table, tmp_path / "whole.csv")


def test_rows_of_a_document_that_are_torn_apart_are_refused(tmp_path: Path) -> None:
    """Half a document would be judged without its context, so the table must be sorted."""
    path = tmp_path / "torn.csv"
    path.write_text("document_id,segment_id,text\na,1,x\nb,2,y\na,3,z\n", "utf-8")
    with pytest.raises(InputError, match=r"torn.csv, line 4.*do not stand together.*Sort"):
        list(stream_documents(path))


def test_html_is_not_for_very_many(model: Path, tmp_path: Path) -> None:
    """A page of a whole archive would open in no browser."""
    with pytest.raises(InputError, match="written as .csv, .jsonl or .parquet"):
        suggest_all(Job(model, tmp_path / "x.html"), [])


def test_two_workers_on_ray_make_the_same_bytes(model: Path, table: Path, tmp_path: Path, small_parts: None) -> None:
    """The engine changes who works, not what comes out."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'autocode[ray]'")
    out = tmp_path / "out.csv"
    try:
        totals = suggest_all(Job(model, out), stream_documents(table), workers=2)
    finally:
        ray.shutdown()
    assert totals.documents == 40
    assert out.read_bytes() == at_once(model, table, tmp_path / "whole.csv")


class _Ray:
    """What `on_ray` asks of Ray, in this process: everything goes through bytes, as it would to another computer."""

    def __init__(self) -> None:
        self.fits = 0

    def is_initialized(self) -> bool:
        """A cluster is there."""
        return True

    def put(self, thing: object) -> bytes:
        """Keep a thing."""
        return pickle.dumps(thing)

    def remote(self, num_cpus: int) -> Any:
        """Wrap a function, which then gives references."""

        def wrapped(function: Any) -> Any:
            def call(shared: bytes, *rest: object) -> bytes:
                self.fits += 1
                return pickle.dumps(function(pickle.loads(shared), *pickle.loads(pickle.dumps(rest))))

            return SimpleNamespace(remote=call)

        return wrapped

    def get(self, reference: bytes) -> Any:
        """The thing itself."""
        return pickle.loads(reference)


def _folds(study: Study) -> tuple[bytes, dict[str, bytes]]:
    """Held-out probabilities and the weights of a model, as bytes."""
    blank = CodingModel(Config(), FakeEncoder())
    learnt = blank.fit(study).classifier
    assert learnt is not None
    return hold_out(blank, study).held.P.tobytes(), {name: array.tobytes() for name, array in learnt.to_arrays().items()}


def test_folds_learnt_elsewhere_give_the_same_bytes(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever learns the folds: held-out predictions and the saved weights are the same to the bit."""
    ray, here = _Ray(), _folds(study)
    monkeypatch.setitem(sys.modules, "ray", ray)
    with learning_by(on_ray(2)):
        assert _folds(study) == here
    fits = ray.fits
    assert fits > 10
    assert (_folds(study), ray.fits) == (here, fits)  # and afterwards they are learnt here again


def test_folds_learnt_on_ray_give_the_same_bytes(study: Study) -> None:
    """The same with Ray itself."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'autocode[ray]'")
    here = _folds(study)
    try:
        with learning_by(on_ray(2)):
            assert _folds(study) == here
    finally:
        ray.shutdown()


def test_ray_that_is_not_there_is_named(model: Path, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"autocode\[ray\]"):
        suggest_all(Job(model, tmp_path / "out.csv"), stream_documents(table), workers=2)
