"""What the trail says of a review: which codings were given beside a suggestion, rates, the anchoring control, time.

A model that learns from its own accepted suggestions hears itself; agreement that rests on them is
partly the machine's with itself. So the two kinds are kept apart, by what the ledger says was shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median

from autocode.study import Coding, Reading, Study
from autocode.study.codebook import renames
from autocode.study.matrix import CodingMatrix
from autocode.trail import BACK, Entry, Wording, of_coding, standing, undone

_VERDICTS = ("accept", "reject", "other")
_ENOUGH = 10  # decisions of each kind, below which no comparison is made


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; an empty field asks for all."""

    coder: str = ""
    code: str = ""
    document: str = ""
    action: str = ""

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is one of them."""
        d = entry.decision
        return (
            self.coder in ("", d.coder)
            and self.code in ("", d.code, d.suggested)
            and self.document in ("", d.document)
            and self.action in ("", d.action)
        )


def narrowed(study: Study, entries: Sequence[Entry], wanted: Wanted, how: bool) -> list[Entry]:
    """The entries asked for; with `how`, all that made the codings that stand there now."""
    if not how:
        return [e for e in entries if wanted.takes(e)]
    codings = [
        c
        for c in study.codings
        if wanted.code in ("", c.code) and wanted.document in ("", c.document) and wanted.coder in ("", c.coder)
    ]
    found = {e.seq: e for c in codings for e in of_coding(entries, c)}
    return [found[seq] for seq in sorted(found)]


@dataclass(frozen=True, slots=True)
class Rates:
    """How suggestions were answered: by code or by coder."""

    name: str
    accepted: int = 0
    rejected: int = 0
    replaced: int = 0
    moved: int = 0

    @property
    def answered(self) -> int:
        """All suggestions answered."""
        return self.accepted + self.rejected + self.replaced

    def __str__(self) -> str:
        """One line."""
        share = f"{self.accepted / self.answered:.0%}" if self.answered else "–"
        return f"{self.name[:44]:<44} {self.accepted:>8} {self.rejected:>8} {self.replaced:>8} {self.moved:>8} {share:>8}"


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Suggestions that were shown beside those kept hidden until the segment was decided.

    Attributes:
        taken: Shown suggestions that were accepted, of `shown`.
        given: Hidden suggestions whose code the coder gave unprompted, of `hidden`.
    """

    taken: int
    shown: int
    given: int
    hidden: int

    def __str__(self) -> str:
        """One sentence."""
        if self.shown < _ENOUGH or self.hidden < _ENOUGH:
            return (
                f"Anchoring: too little to compare ({self.shown} suggestions decided while shown, {self.hidden} "
                f"while hidden; {_ENOUGH} of each are needed)."
            )
        return (
            f"Anchoring: a code was taken in {self.taken / self.shown:.0%} of {self.shown} suggestions shown, "
            f"and given unprompted in {self.given / self.hidden:.0%} of {self.hidden} hidden. The difference is "
            "what seeing the suggestion adds."
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a trail."""

    by_code: tuple[Rates, ...]
    by_coder: tuple[Rates, ...]
    anchoring: Anchoring
    seconds: tuple[float | None, float | None]

    def __str__(self) -> str:
        """Tables in plain text."""
        head = f"{'':<44} {'accepted':>8} {'rejected':>8} {'replaced':>8} {'moved':>8} {'taken':>8}"
        lines = [head, *map(str, self.by_code), "", *map(str, self.by_coder), "", str(self.anchoring), self._time]
        return "\n".join(lines)

    @property
    def _time(self) -> str:
        shown, hidden = self.seconds
        if shown is None or hidden is None:
            return f"Time: too little to compare ({_ENOUGH} segments with and without suggestions are needed)."
        return (
            f"Time: a segment took {shown:.1f} s with suggestions and {hidden:.1f} s without (medians): "
            f"{hidden - shown:+.1f} s saved each. The kinds were not timed on the same segments."
        )

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping."""
        return {
            "by_code": [asdict(r) for r in self.by_code],
            "by_coder": [asdict(r) for r in self.by_coder],
            "anchoring": asdict(self.anchoring),
            "seconds_shown": self.seconds[0],
            "seconds_hidden": self.seconds[1],
        }


def figures(entries: Iterable[Entry]) -> Summary:
    """Sum up the decisions that still hold.

    Only the last answer to a suggestion counts, and only answers given while it was on the screen
    from the beginning: those after a hidden segment was opened are left out of the rates.
    """
    held = standing(entries)
    last: dict[tuple[str, str, str, str], Entry] = {}
    for e in held:
        d = e.decision
        if d.action in _VERDICTS and not d.hidden:
            last[d.coder, d.document, d.segment, d.suggested] = e
    answers = list(last.values())
    moves = [e for e in held if e.decision.action == "move"]
    codes = sorted({e.decision.suggested for e in answers})
    coders = sorted({e.decision.coder for e in answers})
    return Summary(
        tuple(
            _rates(c, [e for e in answers if e.decision.suggested == c], [e for e in moves if e.decision.code == c])
            for c in codes
        ),
        tuple(
            _rates(c, [e for e in answers if e.decision.coder == c], [e for e in moves if e.decision.coder == c])
            for c in coders
        ),
        _anchoring(answers, held),
        _seconds(held),
    )


def _rates(name: str, answers: Sequence[Entry], moves: Sequence[Entry]) -> Rates:
    counts = [sum(e.decision.action == a for e in answers) for a in _VERDICTS]
    accepted, rejected, replaced = counts
    return Rates(
        name,
        accepted,
        rejected,
        replaced,
        len({(e.decision.document, e.decision.segment, e.decision.coder) for e in moves}),
    )


def _anchoring(answers: Sequence[Entry], held: Sequence[Entry]) -> Anchoring:
    hidden = [s for e in held if e.decision.action == "done" and e.decision.hidden for s in e.decision.shown]
    taken = sum(e.decision.action == "accept" and not e.decision.batch for e in answers)
    shown = sum(not e.decision.batch for e in answers)
    return Anchoring(taken, shown, sum(s.given for s in hidden), len(hidden))


def _seconds(held: Sequence[Entry]) -> tuple[float | None, float | None]:
    """Median seconds per segment that had suggestions: shown, hidden; None where there are too few."""
    spent: dict[bool, dict[tuple[str, str, str], float]] = {True: {}, False: {}}
    for e in held:
        d = e.decision
        if d.shown and not d.batch and d.action in (*_VERDICTS, "add", "done"):
            key = (d.coder, d.document, d.segment)
            spent[d.hidden][key] = spent[d.hidden].get(key, 0.0) + d.seconds
    medians = [median(spent[h].values()) if len(spent[h]) >= _ENOUGH else None for h in (False, True)]
    return medians[0], medians[1]


def said_again(m: CodingMatrix, entries: Iterable[Entry], action: str) -> tuple[CodingMatrix, dict[tuple[int, int, int], str]]:
    """What coders said a second time without changing a coding: in a blind re-look, or by a vote in a meeting.

    Args:
        m: Decisions as they are now.
        entries: Of the ledger, in order.
        action: What such a decision is called there.

    Returns:
        The decisions as they were before a coder acted on what was said; and the last note by row, unit and code, of units,
        codes (as they are called now) and coders of the matrix.
    """
    held = standing(entries)
    books = [(e.seq, renames(*e.decision.effects.book)) for e in held if e.decision.effects.book]
    place = {(s.document, s.id): u for u, s in enumerate(m.segments)}
    column, rows = ({name: n for n, name in enumerate(names)} for names in (m.codes, m.coders))
    first, said = m.Y.copy(), {}
    for e in held:
        d, code = e.decision, e.decision.code
        for seq, went in books:
            code = went.get(code, code) if seq > e.seq else code
        u = place.get((d.document, d.segment))
        if u is None or code not in column or d.coder not in rows:
            continue
        key = rows[d.coder], u, column[code]
        if d.action == action:
            said[key] = d.note
        elif d.action in ("add", "remove") and key in said:
            first[key] = d.action == "remove"
    return replace(m, Y=first), said
