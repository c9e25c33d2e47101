"""From timed pieces of speech to a transcript: one line a turn, ``Speaker: words``.

Recorders cut speech where the screen is full, not where a thought ends; pieces of one speaker
that follow one another become one turn, from the first one's start to the last one's end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.transcript import split_names
from autocode.study import Document, Turn


@dataclass(frozen=True, slots=True)
class Cue:
    """One timed piece of speech; times in milliseconds, None where the file says none."""

    text: str
    speaker: str = ""
    start_ms: int | None = None
    end_ms: int | None = None


def document_of_cues(cues: Iterable[Cue], path: Path) -> Document:
    """The transcript of a recording.

    Where no piece names its speaker, names are looked for in the words (``Anna: well``), and a
    piece without a name goes on with the speaker before. Without any names every piece is a
    turn of its own, so that its time is kept.

    Raises:
        InputError: No piece has words.
    """
    spoken = [Cue(" ".join(c.text.split()), " ".join(c.speaker.split()), c.start_ms, c.end_ms) for c in cues]
    spoken = [c for c in spoken if c.text]
    if not spoken:
        raise InputError(path.name, "no words are spoken in it", "Choose the file that holds the transcript.")
    if not any(c.speaker for c in spoken):
        spoken = _named(spoken)
    at, lines, turns = 0, [], []
    for cue in _joined(spoken):
        name = f"{cue.speaker}: " if cue.speaker else ""
        start, end = at + len(name), at + len(name) + len(cue.text)
        turns.append(Turn(start, end, cue.speaker, cue.start_ms, cue.end_ms))
        lines.append(f"{name}{cue.text}\n")
        at = end + 1
    return Document(path.stem, "".join(lines), path.stem, tuple(turns), source=path.name)


def _named(cues: Sequence[Cue]) -> list[Cue]:
    """Cues with the speakers that their words begin with, each held until the next name."""
    named, speaker = [], ""
    for cue, (name, words) in zip(cues, split_names([c.text for c in cues]), strict=True):
        speaker = name or speaker
        named.append(Cue(words.strip(), speaker, cue.start_ms, cue.end_ms))
    return [c for c in named if c.text]


def _joined(cues: Iterable[Cue]) -> list[Cue]:
    """One cue for each run of cues of one speaker."""
    runs: list[list[Cue]] = []
    for cue in cues:
        if runs and cue.speaker and runs[-1][0].speaker == cue.speaker:
            runs[-1].append(cue)
        else:
            runs.append([cue])
    return [Cue(" ".join(c.text for c in run), run[0].speaker, run[0].start_ms, run[-1].end_ms) for run in runs]
