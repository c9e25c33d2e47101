"""The versions of a model folder: what each was made from, one line of ``history.jsonl`` a version.

No times are kept: equal versions are equal bytes. A version that repeats the last one is not counted again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autocode.classify import Reliability
from autocode.codebook import Codebook
from autocode.errors import AutocodeError
from autocode.formats.folder import read_codebook
from autocode.model.changes import changes

FILE = "history.jsonl"


def versions(folder: Path, made: Mapping[str, Any], known: Reliability, book: Codebook) -> list[dict[str, Any]]:
    """The versions of a model folder, the one about to be saved last.

    A history that cannot be read begins anew, for training again is the mend of a damaged model.

    Args:
        folder: The model folder as it is now, if it is there.
        made: Hashes and counts of the new version.
        known: Its out-of-document evidence.
        book: Its codebook.
    """
    past, row = _past(folder), _row(made, known)
    if past and {k: v for k, v in past[-1].items() if k not in ("version", "codes_changed")} == row:
        return past
    changed = changes(_book(folder), book).to_json() if past else {}
    return [*past, {"version": len(past) + 1, **row, "codes_changed": changed}]


def _past(folder: Path) -> list[dict[str, Any]]:
    try:
        rows = [json.loads(line) for line in (folder / FILE).read_text(encoding="utf-8").splitlines()]
        return [dict(row) for row in rows if row["version"] and row["study"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _book(folder: Path) -> Codebook:
    try:
        return read_codebook(folder / "codebook.yaml")
    except AutocodeError:
        return Codebook()


def _row(made: Mapping[str, Any], known: Reliability) -> dict[str, Any]:
    speaks = np.array([not why for why in known.reasons], dtype=bool)
    return {
        "study": made["study"]["sha256"],
        "codebook": made["codebook"]["sha256"],
        "encoder": made["encoder"]["sha256"],
        "coders": list(made["coders"]),
        "with": [lender["sha256"] for lender in made.get("transfer", {}).get("lenders", ())],
        "documents": made["documents"],
        "segments": made["segments"],
        "codings": made["codings"],
        "codes": len(made["codes"]),
        "silent": int((~speaks).sum()),
        "mean_average_precision": _mean(known.average_precision),
        "mean_precision": _mean(known.precision[speaks]),
        "mean_recall": _mean(known.recall[speaks]),
    }


def _mean(values: np.ndarray[Any, Any]) -> float | None:
    defined = values[np.isfinite(values)]
    return round(float(defined.mean()), 4) if len(defined) else None


def listed(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The versions as a section of the model card, Markdown; nothing where there is one only."""
    if len(rows) < 2:
        return
    yield "\n## Versions\n"
    yield "Rates are out of document, over the codes of each version; study and codebook by the first signs of their hashes.\n"
    yield ("| Version | Study | Codebook | Coders | Documents | Codings | Codes | Silent | Mean average precision | "
           "Codes changed |")  # fmt: skip
    yield "|---:|---|---|---|---:|---:|---:|---:|---:|---|"
    for row in rows:
        mean = row["mean_average_precision"]
        yield (
            f"| {row['version']} | {row['study'][:8]} | {row['codebook'][:8]} | {', '.join(row['coders'])} | "
            f"{row['documents']} | {row['codings']:,} | {row['codes']} | {row['silent']} | "
            f"{'-' if mean is None else f'{mean:.2f}'} | {_changed(row['codes_changed'])} |"
        )


def _changed(said: Mapping[str, Any]) -> str:
    parts = [f"{len(codes)} {kind}" for kind, codes in said.items() if codes]
    return ", ".join(parts)
