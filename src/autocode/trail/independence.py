"""Which codings a person gave without having seen a suggestion, and which beside one.

A model that learns from its own accepted suggestions hears itself; agreement that rests on them is
partly the machine's with itself. So the two kinds are kept apart, by what the ledger says was shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from autocode.study import Coding, Reading, Study
from autocode.trail import BACK, Entry, Wording, undone

_VERDICTS = ("accept", "reject", "other")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How many decisions of a review a model learns from, or leaves out.

    Attributes:
        prompted: Codings given beside a suggestion that was on the screen.
        unprompted: Codings given in the review without one: by hand, blind, or on a control segment.
        rejected: Suggestions rejected or replaced.
    """

    prompted: int
    unprompted: int
    rejected: int

    def to_json(self) -> dict[str, int]:
        """JSON-ready mapping."""
        return {"prompted": self.prompted, "unprompted": self.unprompted, "rejected": self.rejected}


def prompted(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that hold and were decided with a suggestion for the segment on the screen.

    On a control segment, or in blind mode, that is none, but for what came after the opening of a
    control segment.
    """
    listed = list(entries)
    gone, opened, found = undone(listed), set(), []
    for e in listed:
        d = e.decision
        if e.seq in gone or d.action in BACK or not d.shown:
            continue
        key = (d.coder, d.document, d.segment)
        if not d.hidden or d.action in _VERDICTS or key in opened:
            found.append(e)
        elif d.action == "done" and not d.blind:
            opened.add(key)
    return found


def independent(study: Study, entries: Sequence[Entry]) -> Study:
    """The study without what coders decided while they saw suggestions: as if they had not seen those segments.

    What was there before the review, and what was imported, stays.
    """
    beside = prompted(entries)
    given = {_made(c) for e in beside for c in e.decision.effects.added}
    cuts = [r for e in beside for r in e.decision.effects.read for r in [_now(r, entries[e.seq :])]]
    readings = [part for r in study.readings for part in _less(r, cuts)] if cuts else study.readings
    codings = tuple(c for c in study.codings if not (c.when and _made(c) in given))
    return replace(study, codings=codings, readings=tuple(readings))


def reviewed(study: Study, entries: Sequence[Entry]) -> Reviewed:
    """What the study holds of decisions made in review."""
    seqs = {e.seq for e in prompted(entries)}
    gone = undone(entries)
    beside = {_made(c) for e in entries if e.seq in seqs for c in e.decision.effects.added}
    made = {_made(c) for e in entries if e.seq not in gone and e.decision.action not in BACK for c in e.decision.effects.added}
    kinds = [_made(c) in beside for c in study.codings if c.when and _made(c) in made]
    refused = sum(e.decision.action in ("reject", "other") for e in entries if e.seq in seqs)
    return Reviewed(sum(kinds), len(kinds) - sum(kinds), refused)


def _made(coding: Coding) -> tuple[str, str, str]:
    """What a coding keeps when it is moved, or its code renamed: the moment it was given."""
    return coding.document, coding.coder, coding.when


def _now(reading: Reading, later: Iterable[Entry]) -> Reading:
    """Where a reading is after later corrections of the text."""
    for e in later:
        words: Wording | None = e.decision.effects.words
        if words and words.document == reading.document:
            start, end = words.around(reading.start, reading.end)
            reading = replace(reading, start=start, end=end)
    return reading


def _less(reading: Reading, cuts: Iterable[Reading]) -> Iterator[Reading]:
    """A reading without some stretches of it."""
    at = reading.start
    mine = [c for c in cuts if (c.document, c.coder) == (reading.document, reading.coder)]
    for cut in sorted(c for c in mine if c.start < reading.end and c.end > reading.start):
        if cut.start > at:
            yield replace(reading, start=at, end=cut.start)
        at = max(at, cut.end)
    if at < reading.end:
        yield replace(reading, start=at)
