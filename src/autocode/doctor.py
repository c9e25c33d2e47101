"""Doctor: versions, encoder, network and integrity, fit to be pasted in a forum."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autocode.encode.cache import cache_folder
from autocode.encode.encoders import load_encoder
from autocode.errors import AutocodeError
from autocode.footprint import guarded
from autocode.model.history import Changes
from autocode.store.checking import check

_PACKAGES = ("autocode", "numpy", "scikit-learn", "onnxruntime", "sentence-transformers", "torch", "spacy", "datasets")


@dataclass(frozen=True, slots=True)
class Findings:
    """What the doctor saw: (what, finding) pairs, and what is wrong."""

    lines: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]

    def __str__(self) -> str:
        """One line a finding, faults last."""
        said = [f"{what:<24}{finding}" for what, finding in self.lines]
        return "\n".join([*said, *(f"FAULT  {fault}" for fault in self.faults), "" if self.faults else "All is well."])

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping."""
        return {"findings": dict(self.lines), "faults": list(self.faults)}


def examine(store: Path | None = None, changed: Changes | None = None) -> Findings:
    """Look at the installation and, where asked, at a study file.

    Args:
        store: A study file to check row by row.
        changed: What became of its codebook since a model was trained.
    """
    lines = [("python", platform.python_version()), ("system", platform.platform())]
    lines += [(name, _version(name)) for name in _PACKAGES]
    faults: list[str] = []
    try:
        encoder = load_encoder().identity
        lines += [("encoder", f"{encoder.name}, sha256 {encoder.sha256}"), ("runs through", encoder.backend)]
    except AutocodeError as error:
        faults.append(str(error))
    free = shutil.disk_usage(Path.home()).free / 1e9
    lines += [("vectors kept in", str(cache_folder()).replace(str(Path.home()), "~")), ("free disk", f"{free:.0f} GB")]
    lines.append(("network", _network()))
    if store:
        found = check(store)
        faults += found
        lines.append(("study", f"{store}: {'damaged' if found else 'whole, every row checked'}"))
    if changed is not None:
        lines.append(("codes since the model", "; ".join(changed.lines()) or "as they were when it was trained"))
    return Findings(tuple(lines), tuple(faults))


def _network() -> str:
    if guarded():
        return "off: telemetry of all libraries is switched off, and connections to other computers are refused"
    return "telemetry of all libraries is switched off; connections are refused in the program alone, not in a script"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
