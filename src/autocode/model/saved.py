"""The model folder: numbers and text, hashed file by file, replaced whole.

Layout: ``weights.safetensors``, ``precedents.jsonl``, ``config.toml``, ``codebook.yaml``,
``README.md`` (the model card), ``reliability.svg`` (its figure), ``history.jsonl`` (its versions) and
``manifest.json``, which holds the hash of each of them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.config import Config, load_config
from autocode.encode.weights import EncoderIdentity
from autocode.errors import ConfigError, ModelError
from autocode.formats.files import write_atomic
from autocode.formats.tables.codebooks import codebook_yaml, read_codebook
from autocode.model.history import FILE as HISTORY
from autocode.study.codebook import Codebook

FORMAT = 1
MANIFEST = "manifest.json"
DIAGRAM = "reliability.svg"
_PACKAGES = ("autocode", "numpy", "scipy", "scikit-learn", "onnxruntime", "tokenizers")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a model folder holds.

    Attributes:
        arrays: Weights and vectors by name.
        precedents: Coded segments, one JSON-ready mapping each.
        manifest: Hashes and counts of what the model was made from.
        card: The model card, Markdown.
        diagram: The figure that the card shows, SVG.
        history: What each version was made from, the last being this one.
    """

    arrays: Mapping[str, NDArray[Any]]
    config: Config
    codebook: Codebook
    precedents: Sequence[Mapping[str, Any]]
    manifest: Mapping[str, Any]
    card: str = ""
    diagram: str = ""
    history: Sequence[Mapping[str, Any]] = ()


def write(folder: Path, parts: Parts) -> None:
    """Write a model folder: into a new folder first, which then takes the old one's place.

    Raises:
        ModelError: `folder` exists and is no model.
        InputError: The disk is full, or the place may not be written.
    """
    from safetensors.numpy import save

    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(str(folder), "it exists and is no model", "Choose another name with --out.")
    contents = {
        "weights.safetensors": save({k: np.ascontiguousarray(v) for k, v in sorted(parts.arrays.items())}),
        "precedents.jsonl": "".join(_json(row) + "\n" for row in parts.precedents).encode("utf-8", "surrogatepass"),
        "config.toml": parts.config.to_toml().encode(),
        "codebook.yaml": codebook_yaml(parts.codebook).encode(),
        "README.md": parts.card.encode("utf-8", "surrogatepass"),
        DIAGRAM: parts.diagram.encode(),
        HISTORY: "".join(_json(row) + "\n" for row in parts.history).encode(),
    }
    manifest = {
        "format": FORMAT,
        **parts.manifest,
        "versions": {name: version(name) for name in _PACKAGES},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()},
    }
    contents[MANIFEST] = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    _swap(folder, contents)


def _swap(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Put new files in place of a folder; what was there stays until the new ones are whole."""
    new, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    shutil.rmtree(new, ignore_errors=True)
    for name, data in contents.items():
        write_atomic(new / name, data)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def read(folder: Path) -> Parts:
    """Read a model folder, each file checked against the manifest.

    Raises:
        ModelError: It is missing, damaged, no model, or made by a newer program.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    old = folder.with_name(f".{folder.name}.old")
    if not folder.exists() and old.exists():
        old.rename(folder)  # a saving was killed between its two renames
    manifest = _manifest(folder)
    files = {name: _whole(folder, name, digest) for name, digest in manifest["files"].items()}
    try:
        return Parts(
            arrays=load(files["weights.safetensors"]),
            config=load_config(folder / "config.toml"),
            codebook=read_codebook(folder / "codebook.yaml"),
            # splitlines would also part at U+2028 and the like, which stand within quotes
            precedents=[
                json.loads(line) for line in files["precedents.jsonl"].decode("utf-8", "surrogatepass").split("\n") if line
            ],
            manifest=manifest,
        )
    except (SafetensorError, ConfigError, KeyError, ValueError) as error:
        raise foreign(folder, f"its parts cannot be read ({type(error).__name__})") from error


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        made = int(manifest["format"])
        _ = manifest["encoder"]["sha256"], manifest["codes"], manifest["coders"], dict(manifest["files"])
    except FileNotFoundError as error:
        why = "there is no manifest in it" if folder.exists() else "there is no such folder"
        raise foreign(folder, why) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise foreign(folder, "its manifest cannot be read") from error
    if made != FORMAT:
        raise foreign(folder, f"it has format {made}, this program reads {FORMAT}")
    return dict(manifest)


def _whole(folder: Path, name: str, digest: str) -> bytes:
    path = folder / name
    data = path.read_bytes() if Path(name).name == name and path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != digest:
        raise foreign(folder, f"{name} is missing or was changed after the model was saved")
    return data


def foreign(folder: Path, why: str) -> ModelError:
    """The error for a folder that is no sound model of this program; it names the mend."""
    return ModelError(f"model {folder}", why, "Train it again: autocode train STUDY --out MODEL.")


def check_encoder(folder: Path, made: Mapping[str, Any], here: EncoderIdentity) -> None:
    """Refuse an encoder other than the one a model was made with.

    Raises:
        ModelError: The hashes or the dimensions differ; both are named.
    """
    if made["sha256"] != here.sha256 or made["dimension"] != here.dimension:
        raise foreign(
            folder, f"it was made with encoder {made['name']} ({made['sha256'][:12]}), this is {here.name} ({here.sha256[:12]})"
        )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
