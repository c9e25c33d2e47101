"""The model folder: numbers and text, hashed file by file, replaced whole.

Layout: ``weights.safetensors``, ``precedents.jsonl``, ``config.toml``, ``codebook.yaml``,
``README.md`` (the model card), ``reliability.svg`` (its figure), ``history.jsonl`` (its versions) and
``manifest.json``, which holds the hash of each of them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.config import Config, load_config
from autocode.encode.weights import EncoderIdentity
from autocode.errors import AutocodeError, ModelError, disk_fault
from autocode.footprint import touched
from autocode.formats.files import write_atomic
from autocode.formats.staged import bring_back, together
from autocode.formats.tables.codebooks import codebook_yaml, read_codebook
from autocode.model.history import FILE as HISTORY
from autocode.study.codebook import Codebook

OLDEST, FORMAT = 4, 5  # models of format 4 say what they said, without rivals
MANIFEST = "manifest.json"
DIAGRAM = "reliability.svg"
_PACKAGES = ("autocode", "numpy", "scipy", "scikit-learn", "onnxruntime", "tokenizers")

UNFIT = (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, RecursionError, MemoryError)
"""What parts of another shape than ours run into."""


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


def check_place(folder: Path) -> None:
    """Refuse a place where saving a model would replace something else.

    Raises:
        ModelError: `folder` is a file, or a folder that holds something and no model.
    """
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(
            str(folder), "it is there already and is not a model", "Choose another name for the model: --model NAME."
        )


def write(folder: Path, parts: Parts) -> None:
    """Write a model folder: into a new folder first, which then takes the old one's place.

    Raises:
        ModelError: `folder` exists and is no model.
        InputError: The disk is full, or the place may not be written.
    """
    from safetensors.numpy import save

    check_place(folder)
    arrays = {**parts.arrays, "lists": np.frombuffer(_lists(parts.manifest), np.uint8)}
    contents = {
        "weights.safetensors": save({k: np.ascontiguousarray(v) for k, v in sorted(arrays.items())}),
        "precedents.jsonl": "".join(_json(row) + "\n" for row in parts.precedents).encode("utf-8", "surrogatepass"),
        "config.toml": parts.config.to_toml().encode(),
        "codebook.yaml": codebook_yaml(parts.codebook).encode(),
        "README.md": parts.card.encode("utf-8", "surrogatepass"),
        DIAGRAM: parts.diagram.encode(),
        HISTORY: "".join(_json(row) + "\n" for row in parts.history).encode(),
    }
    manifest = {
        **parts.manifest,
        "format": FORMAT,
        "versions": {name: version(name) for name in _PACKAGES},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()},
    }
    manifest["sha256"] = _seal(manifest)
    contents[MANIFEST] = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    with together(folder, alone=True) as stage:
        for name, data in contents.items():
            write_atomic(stage / name, data)


def read(folder: Path) -> Parts:
    """Read a model folder, each file checked against the manifest, and the manifest against itself and the weights.

    Raises:
        ModelError: It is missing, damaged, no model, or made by another version of the program.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    bring_back(folder)  # where a saving was killed
    manifest = _manifest(folder)
    files = {name: _whole(folder, name, digest) for name, digest in manifest["files"].items()}
    try:
        arrays = load(files.pop("weights.safetensors"))
        found = Parts(
            arrays=arrays,
            config=load_config(folder / "config.toml"),
            codebook=read_codebook(folder / "codebook.yaml"),
            # as bytes, for lines of text would also part at U+2028 and the like, which stand within quotes
            precedents=[
                json.loads(line.decode("utf-8", "surrogatepass"))
                for line in io.BytesIO(files.pop("precedents.jsonl"))
                if line.strip(b"\n")
            ],
            manifest=manifest,
        )
        _check(found)
    except (SafetensorError, AutocodeError, *UNFIT) as error:
        why = f"{error.what}: {error.why}" if isinstance(error, AutocodeError) else type(error).__name__
        raise foreign(folder, f"its parts cannot be read ({why})") from error
    for store in _made_from(folder):
        touched(store)
    return found


def _check(parts: Parts) -> None:
    """Refuse lists that are not those the weights were saved with, shapes that fit no list, and numbers that are none.

    Raises:
        ModelError: They do not fit.
    """
    arrays, manifest = parts.arrays, parts.manifest
    if arrays["lists"].tobytes() != _lists(manifest):
        raise ModelError("its manifest", "the lists of codes and coders are not those of its weights")
    wide = {name: len(arrays[name]) for name in ("thresholds", "dense_W", "dense_b", "lexical_W", "lexical_b")}
    if set(wide.values()) != {len(manifest["codes"])}:
        raise ModelError("its weights", f"they are for {set(wide.values())} codes, its list has {len(manifest['codes'])}")
    evidence = len(parts.precedents), manifest["encoder"]["dimension"]
    if arrays["precedents"].shape != evidence:
        raise ModelError("its evidence", f"its vectors are {arrays['precedents'].shape}, its segments ask for {evidence}")
    for name, array in arrays.items():
        learnt = not name.startswith(("known_", "cut_")) and name not in ("edge", "thresholds")  # those may be undefined
        if learnt and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelError("its weights", f"'{name}' holds something that is not a number")


def _lists(manifest: Mapping[str, Any]) -> bytes:
    """The sha256 of the lists by which the columns of arrays are read."""
    return hashlib.sha256(_json([list(manifest["codes"]), list(manifest["coders"])]).encode("utf-8", "surrogatepass")).digest()


def _seal(manifest: Mapping[str, Any]) -> str:
    """The sha256 of a manifest without its own."""
    kept = {k: v for k, v in manifest.items() if k != "sha256"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


_FROM = ".study"


def remember_studies(folder: Path, stores: Sequence[Path]) -> None:
    """Note beside a model which study files it was made from, so that what it writes comes on their lists.

    Raises:
        InputError: The folder cannot be written.
    """
    places = [os.path.relpath(store.absolute(), folder.absolute()) for store in stores]
    write_atomic(folder / _FROM, "".join(place + "\n" for place in places))


def _made_from(folder: Path) -> list[Path]:
    """The study files that a model was made from, where they still are."""
    try:
        named = (folder / _FROM).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    return [store for name in named if (store := Path(os.path.normpath(folder.absolute() / name))).is_file()]


def remembered_of(folder: Path) -> tuple[tuple[str, ...], frozenset[str]]:
    """What a saved model remembers of the transcripts that it learnt from.

    Returns:
        How speakers are named, by examples that a person gave; and the names of interviewers, in lower case.

    Raises:
        ModelError: It is no model, or was changed after it was saved.
    """
    made = _manifest(folder)
    return tuple(map(str, made.get("speaker_patterns", ()))), frozenset(map(str, made.get("interviewers", ())))


def erase_evidence(folder: Path, documents: Collection[str], theirs: Callable[[str], bool]) -> int:
    """Take the segments of some documents, and whatever else quotes them, out of a model; its weights stay.

    Args:
        folder: The model's folder.
        documents: Their ids.
        theirs: Whether a text quotes or names who withdrew.

    Returns:
        How many segments of evidence went.

    Raises:
        ModelError: It is no sound model.
        InputError: The disk refuses.
    """
    parts, stores = read(folder), _made_from(folder)

    def kept_lines(name: str) -> str:
        """The text of a file without the lines that go."""
        text = (folder / name).read_text(encoding="utf-8", errors="surrogateescape")
        return "".join(line for line in text.splitlines(keepends=True) if not theirs(line))

    kept = [i for i, row in enumerate(parts.precedents) if row["document"] not in documents]
    codes = tuple(replace(c, example="") if theirs(c.example) else c for c in parts.codebook)
    history = [json.loads(line) for line in kept_lines(HISTORY).splitlines() if line]
    made = replace(
        parts,
        arrays={**parts.arrays, "precedents": parts.arrays["precedents"][kept]},
        precedents=[parts.precedents[i] for i in kept],
        codebook=replace(parts.codebook, codes=codes),
        card=kept_lines("README.md"),
        diagram=(folder / DIAGRAM).read_text(encoding="utf-8"),
        history=history,
    )
    write(folder, made)
    if stores:
        remember_studies(folder, stores)
    return len(parts.precedents) - len(kept)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        made, seal = int(manifest["format"]), _seal(manifest)
        _ = manifest["encoder"]["sha256"], manifest["codes"], manifest["coders"], dict(manifest["files"])
    except FileNotFoundError as error:
        why = "there is no manifest in it" if folder.exists() else "there is no such folder"
        raise foreign(folder, why) from error
    except OSError as error:
        raise foreign(folder, f"its manifest cannot be read: {disk_fault(error, folder)[0]}") from error
    except UNFIT as error:
        raise foreign(folder, f"its manifest is not valid ({type(error).__name__})") from error
    if not OLDEST <= made <= FORMAT:
        raise foreign(folder, f"it has format {made}, this program reads {OLDEST} and {FORMAT}")
    if manifest.get("sha256") != seal:
        raise foreign(folder, f"{MANIFEST} was changed after the model was saved")
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


def card_text(folder: Path) -> str:
    """The model card of a model folder, in plain text; "" where it has none."""
    path = folder / "README.md"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
