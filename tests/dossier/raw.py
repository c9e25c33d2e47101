"""The bundled study counted straight from its files, with nothing of autocode: the tests' own arithmetic."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.conftest import BUNDLED

PUBLISHED = {
    "Learner Factors": 22,
    "Developer Factors": 12,
    "Institutional Factors": 62,
    "Industry Factors": 29,
    "Technology Factors": 30,
}
"""Coded segments of each theme in the published study that the bundled one reproduces."""


@dataclass(frozen=True)
class Raw:
    """Rows of the files: (document, start, end, code) by coder; codes in order; who is in which group."""

    codings: dict[str, list[tuple[str, int, int, str]]] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def agreed(self) -> list[tuple[str, int, int, str]]:
        """The resolved coding."""
        return self.codings["agreed"]

    def counts(self, coder: str) -> Counter[str]:
        """Coded segments by code."""
        return Counter(row[3] for row in self.codings[coder])

    def documents(self) -> dict[str, set[str]]:
        """Documents of the agreed coding by code."""
        found: dict[str, set[str]] = defaultdict(set)
        for document, _, _, code in self.agreed:
            found[code].add(document)
        return found


def read_raw() -> Raw:
    """Read the files with csv and yaml alone."""
    made = Raw()
    for coder in ("coder_a", "coder_b", "agreed"):
        with (BUNDLED / "codings" / f"{coder}.csv").open(encoding="utf-8-sig", newline="") as file:
            made.codings[coder] = [(r["document"], int(r["start"]), int(r["end"]), r["code"]) for r in csv.DictReader(file)]
    for path in sorted(Path(BUNDLED / "transcripts").glob("*.txt")):
        made.texts[path.stem] = path.read_text(encoding="utf-8")
    with (BUNDLED / "participants.csv").open(encoding="utf-8-sig", newline="") as file:
        made.people.update(
            {row["document"]: row for row in csv.DictReader(file) if row["document"] in made.texts}  # not the next batch
        )
    book = yaml.safe_load((BUNDLED / "codebook.yaml").read_text(encoding="utf-8"))
    made.codes.extend(f"{t['name']} > {c['name']}" for t in book["codes"] for c in t["codes"])
    return made


def kappa(first: set[tuple[str, int]], second: set[tuple[str, int]], units: int) -> float | None:
    """Cohen's kappa of two sets of coded units out of `units`."""
    both = len(first & second)
    agree = (both + units - len(first | second)) / units
    a, b = len(first) / units, len(second) / units
    chance = a * b + (1 - a) * (1 - b)
    return None if chance == 1 else (agree - chance) / (1 - chance)


def alpha(first: set[tuple[str, int]], second: set[tuple[str, int]], units: int) -> float | None:
    """Krippendorff's alpha for two coders who gave a code to some of `units`, or not; none is missing.

    Source: Krippendorff, K. (2019). Content Analysis, 4th ed., chapter 12, binary data.
    """
    ones, values = len(first) + len(second), 2 * units
    expected = 2 * ones * (values - ones) / (values * (values - 1))
    return None if not expected else 1 - (len(first ^ second) / units) / expected


def turns(text: str) -> list[tuple[int, int]]:
    """Spans of the respondent's turns: paragraphs that do not begin with the interviewer's name."""
    found, at = [], 0
    for paragraph in text.split("\n\n"):
        speaker, _, words = paragraph.partition(": ")
        if words.strip() and speaker != "Interviewer":
            start = at + len(speaker) + 2
            found.append((start, start + len(words.rstrip("\n"))))
        at += len(paragraph) + 2
    return found
