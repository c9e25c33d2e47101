"""What the second coder reads: a draw with known chances, kept in a file until it is enough.

The draw and its estimate are of `autocode.agreement.judgement.plan`; here they meet the study: passages of the
documents that the first coder has read, and a table that names them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autocode.agreement.judgement.plan import drawn, expected_differences, inclusion
from autocode.errors import InputError, StudyError
from autocode.formats.files import csv_text, read_csv, write_atomic
from autocode.study import Study
from autocode.study.matrix import CodingMatrix, FloatArray

COLUMNS = ("document", "start", "end", "chance", "read", "first", "second", "text")


@dataclass(frozen=True)
class Drawn:
    """Every unit of the first coder, with the chance of being read by the second.

    Attributes:
        first: Id of the coder who has coded.
        second: Id of the coder who will, "" where not yet known.
        rows: (document, start, end) of the units drawn, in order.
        chance: Of every unit of the first coder by document, start and end; those not drawn among them.
    """

    first: str
    second: str
    rows: tuple[tuple[str, int, int], ...]
    chance: Mapping[tuple[str, int, int], float]

    def chances(self, matrix: CodingMatrix) -> FloatArray:
        """(n,) chance of each unit of a matrix; 0 for units that were not drawn.

        Raises:
            StudyError: The table is of another study, or of other units.
        """
        taken = {key: self.chance[key] for key in self.rows}
        found = np.array([taken.get((s.document, s.start, s.end), 0.0) for s in matrix.segments])
        if not found.any():
            why = "none of them is a unit of this study"
            raise StudyError("the table of passages drawn", why, "Give the table of this study, unchanged.")
        return found


def draw(m: CodingMatrix, P: FloatArray, units: int, seed: int = 0) -> Drawn:
    """Choose what the second coder reads of what the first has read: more where a difference is expected.

    Args:
        m: Decisions; the first coder is the one who has read most.
        P: (n, K) held-out probabilities that a coder codes.
        units: How many units to draw on average.
        seed: Same study and seed, same draw; a larger draw holds the smaller one.

    Raises:
        StudyError: There is nothing to draw from.
    """
    row = int(np.argmax(m.seen.sum(1)))
    places = np.flatnonzero(m.seen[row])
    if not 1 <= units <= len(places):
        raise StudyError(
            f"--units {units}", f"{m.coders[row]} has read {len(places):,} passages", f"Choose from 1 to {len(places)}."
        )
    expected = expected_differences(np.asarray(P[places], np.float64), m.Y[row][places])
    chances = inclusion(expected, units)
    taken = drawn(chances, seed)
    keys = [(m.segments[u].document, m.segments[u].start, m.segments[u].end) for u in places]
    return Drawn(
        m.coders[row],
        "",
        tuple(k for k, t in zip(keys, taken, strict=True) if t),
        {k: float(c) for k, c in zip(keys, chances, strict=True)},
    )


def write_drawn(path: Path, study: Study, made: Drawn) -> None:
    """Write the draw as a table: what is read has its words, the rest only its chance.

    Raises:
        InputError: The file cannot be written.
    """
    read, rows = set(made.rows), []
    for (document, start, end), chance in made.chance.items():
        taken = (document, start, end) in read
        words = study.by_id[document].text[start:end] if taken else ""
        rows.append((document, start, end, repr(chance), int(taken), made.first, made.second, words))
    write_atomic(path, csv_text(COLUMNS, rows))


def read_drawn(path: Path) -> Drawn:
    """Read a draw back.

    Raises:
        InputError: It is no table that `next --second-coder` wrote, or it was changed.
    """
    table = read_csv(path)
    try:
        if not table.rows:
            raise ValueError("empty")
        keys = [(r["document"], int(r["start"]), int(r["end"])) for r in table.rows]
        chance = {k: float(r["chance"]) for k, r in zip(keys, table.rows, strict=True)}
        if not all(0 < c <= 1 for c in chance.values()):
            raise ValueError("chance")
        rows = tuple(k for k, r in zip(keys, table.rows, strict=True) if r["read"] == "1")
        head = table.rows[0]
        return Drawn(head["first"], head["second"], rows, chance)
    except (KeyError, ValueError) as error:
        raise InputError(
            path.name, "it is no table of passages drawn, or it was changed", "Give the file that next --second-coder wrote."
        ) from error


def key_of(*parts: object) -> str:
    """A short name that tells nothing of what it stands for."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:10]
