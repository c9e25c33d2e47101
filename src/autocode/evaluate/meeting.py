"""The meeting: what two people who coded blind should talk about first, and what it changed.

Two studies (or exports) are put together by the words of their documents, whatever the files are called.
Disagreements are grouped by cause and put in the order of what they cost in agreement for each minute of talk.
After the meeting agreement is told before and after, and on text coded apart since: only the last is reliability,
for the rest was discussed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from autocode.agreement.coefficients import cohen_kappa
from autocode.agreement.counts import decisions, pair_counts
from autocode.agreement.differences import CAUSES, Difference, inventory, rows_of
from autocode.errors import StudyError
from autocode.study import Document, Segment, Study
from autocode.study.matrix import BoolArray, CodingMatrix
from autocode.trail import Entry, standing
from autocode.trail.review import said_again

VOTE = "vote"
"""What a second decision in a meeting is called in the ledger."""
MINUTES = 45.0
OPENING, EACH, MOST = 1.0, 0.75, 6
"""Minutes to open a point, minutes for each passage, passages of one point that are worth reading aloud."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the agenda: disagreements of one cause about one code or pair of codes.

    Attributes:
        cause: Key of `CAUSES`.
        codes: The code, and the code it is taken for where there is one.
        cells: The differences, in order of the documents.
        gain: What pooled kappa would rise by if these were settled.
    """

    cause: str
    codes: tuple[str, ...]
    cells: tuple[Difference, ...]
    gain: float

    @property
    def passages(self) -> tuple[Segment, ...]:
        """The passages to talk about, each once: where two codes are exchanged, one passage holds two differences."""
        return tuple(dict.fromkeys(c.segment for c in self.cells))

    @property
    def minutes(self) -> float:
        """How long it takes to talk about it."""
        return OPENING + EACH * min(len(self.passages), MOST)

    @property
    def title(self) -> str:
        """The point in a line."""
        return f"{' / '.join(self.codes)}: {CAUSES[self.cause]}"


@dataclass(frozen=True, slots=True)
class Agenda:
    """What to talk about.

    Attributes:
        coders: The two coders.
        documents: Ids of the documents both read, with the hash of their words.
        kappa: Pooled, as coded blind; None where undefined.
        after: Pooled, if every point of the agenda were settled.
        points: Those that fit the time, the best use of a minute first.
        left: Points that do not fit.
        disagreements: All units times codes on which the two differ.
    """

    coders: tuple[str, str]
    documents: Mapping[str, str]
    kappa: float | None
    after: float | None
    points: tuple[Point, ...]
    left: int
    disagreements: int

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; places, never words. It is also the record that `compare_since` reads."""
        points = [asdict(p) | {"title": p.title, "passages": len(p.passages), "minutes": p.minutes} for p in self.points]
        return asdict(self) | {"documents": dict(self.documents), "points": points}

    def table(self, study: Study) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        """Header and rows of every difference on the agenda, with its words."""
        rows: list[tuple[object, ...]] = [
            (
                n,
                p.cause,
                c.code,
                c.segment.document,
                c.segment.id,
                c.given,
                "|".join(c.by_other),
                study.by_id[c.segment.document].text_of(c.segment),
            )
            for n, p in enumerate(self.points, 1)
            for c in p.cells
        ]
        return ("point", "cause", "code", "document", "segment", "given_by", "other_gave", "text"), rows


def agenda(matrix: CodingMatrix, documents: Sequence[Document], pair: tuple[str, str], minutes: float = MINUTES) -> Agenda:
    """Put the disagreements of two coders in the order of what they cost.

    Args:
        matrix: Decisions of both.
        documents: Of the study.
        pair: Ids of the two coders.
        minutes: How long the meeting is.

    Raises:
        StudyError: There is no such coder, or the two share no document.
    """
    i, j = rows_of(matrix, *pair, shared=True)
    both = matrix.seen[i] & matrix.seen[j]
    counts = pair_counts(decisions(matrix), i, j).sum((0, 1))
    points = [
        Point(cause, codes, tuple(cells), _gain(counts, len(cells)))
        for (cause, codes), cells in inventory(matrix, *pair).groups().items()
    ]
    points.sort(key=lambda p: (-p.gain / p.minutes, p.codes, p.cause))
    chosen, spent = [], 0.0
    for p in points:
        if spent + p.minutes <= minutes:
            chosen.append(p)
            spent += p.minutes
    settled = sum(len(p.cells) for p in chosen)
    now = float(cohen_kappa(counts))
    known = {d.id: d.sha256 for d in documents}
    shared = dict.fromkeys(matrix.documents[g] for g in matrix.groups[both])
    return Agenda(
        pair,
        {d: known[d] for d in shared},
        now if np.isfinite(now) else None,
        now + _gain(counts, settled) if np.isfinite(now) else None,
        tuple(chosen),
        len(points) - len(chosen),
        int(counts[1] + counts[2]),
    )


def _gain(counts: Any, settled: int) -> float:
    """What pooled kappa rises by where so many differences are settled, half of them each way."""
    both, one, other, neither = (float(c) for c in counts)
    share = settled / max(1.0, one + other)
    better = np.array([both + settled / 2, one * (1 - share), other * (1 - share), neither + settled / 2])
    gained = float(cohen_kappa(better) - cohen_kappa(np.array([both, one, other, neither])))
    return gained if np.isfinite(gained) else 0.0


def decided_as(matrix: CodingMatrix, said: Mapping[tuple[str, str, int, int, str], bool]) -> CodingMatrix:
    """The matrix with some decisions as they were said to be, in place of the codings of now.

    Args:
        matrix: Decisions of the coders.
        said: By coder, document, start, end and code, whether the coder gives the code to that unit. A unit, code or
            coder that the matrix does not have is passed over.
    """
    place = {(s.document, s.start, s.end): u for u, s in enumerate(matrix.segments)}
    column, row = ({name: n for n, name in enumerate(names)} for names in (matrix.codes, matrix.coders))
    Y = matrix.Y.copy()
    for (coder, document, start, end, code), given in said.items():
        u = place.get((document, start, end))
        if u is not None and code in column and coder in row:
            Y[row[coder], u, column[code]] = given
    return replace(matrix, Y=Y)


@dataclass(frozen=True, slots=True)
class Since:
    """What a meeting changed.

    Attributes:
        before: Pooled kappa on the text discussed, as coded blind; None where undefined.
        after: The same text now.
        apart: Pooled kappa on text that was no part of the meeting: this alone is reliability.
        apart_units: Units of that text.
        yielded: How many of the points' decisions each coder changed.
        open: Of the points' disagreements, how many are still there.
        discussed: How many the agenda held.
    """

    before: float | None
    after: float | None
    apart: float | None
    apart_units: int
    yielded: Mapping[str, int]
    open: int
    discussed: int

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"yielded": dict(self.yielded)}


def compare_since(matrix: CodingMatrix, documents: Sequence[Document], record: Mapping[str, Any]) -> Since:
    """Hold the codings of now against the agenda of a meeting.

    Args:
        matrix: Decisions of both coders as they are now.
        documents: Of the study.
        record: What `Agenda.to_json` gave.

    Raises:
        StudyError: The agenda is of another study, or its text was edited since.
    """
    try:
        pair = (str(record["coders"][0]), str(record["coders"][1]))
        hashes, points = dict(record["documents"]), list(record["points"])
        cells = [(c["segment"], str(c["code"]), str(c["given"])) for p in points for c in p["cells"]]
        before = record["kappa"]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise StudyError("the agenda", "it is no agenda that `meet` wrote", "Give the .json file of the meeting.") from error
    known = {d.sha256: d.id for d in documents}
    missing = [name for name, sha in hashes.items() if sha not in known]
    if missing or not set(pair) <= set(matrix.coders):
        what = f"document '{missing[0]}' has other words here, or is not there" if missing else "its coders are not here"
        raise StudyError("the agenda", f"it is of another study: {what}", "Give the agenda of this study's meeting.")
    renamed = {name: known[sha] for name, sha in hashes.items()}
    i, j = (matrix.coders.index(c) for c in pair)
    both = matrix.seen[i] & matrix.seen[j]
    talked = np.isin(np.array(matrix.documents)[matrix.groups], list(renamed.values()))
    if not (both & talked).any():
        why = f"it is of another study: {pair[0]} and {pair[1]} have not both coded its documents here"
        raise StudyError("the agenda", why, "Give the agenda of this study's meeting.")
    place = {(s.document, s.start, s.end): u for u, s in enumerate(matrix.segments)}
    column = {c: k for k, c in enumerate(matrix.codes)}
    yielded, still = Counter({pair[0]: 0, pair[1]: 0}), 0
    for segment, code, given in cells:
        u = place.get((renamed.get(segment["document"], ""), segment["start"], segment["end"]))
        k = column.get(code)
        now = {c: bool(u is not None and k is not None and matrix.Y[matrix.coders.index(c), u, k]) for c in pair}
        still += now[pair[0]] != now[pair[1]]
        other = pair[1] if given == pair[0] else pair[0]
        yielded[given] += not now[given]
        yielded[other] += now[other]
    apart = both & ~talked
    return Since(
        before,
        _kappa(matrix, i, j, both & talked),
        _kappa(matrix, i, j, apart),
        int(apart.sum()),
        dict(yielded),
        still,
        len(cells),
    )


def _kappa(matrix: CodingMatrix, i: int, j: int, kept: BoolArray) -> float | None:
    value = float(cohen_kappa(pair_counts(decisions(matrix), i, j, kept.astype(np.float64)).sum((0, 1))))
    return value if np.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Voted:
    """What two coders voted in their meetings; the votes are rounds of their own and change no coding.

    Attributes:
        coders: The two coders.
        differed: Decisions on which they had differed and both voted again.
        agreed: Of these, how many both now decide alike.
        changed: How many of them each coder decided otherwise than at first.
        waiting: Decisions on which one of the two has still to vote.
        before: Pooled kappa of all that both coded, as coded apart; None where undefined.
        after: The same with the votes in the place of what was voted on.
    """

    coders: tuple[str, str]
    differed: int
    agreed: int
    changed: Mapping[str, int]
    waiting: int
    before: float | None
    after: float | None


def voted(matrix: CodingMatrix, entries: Iterable[Entry]) -> Voted | None:
    """What the two coders who voted on most found, from the ledger alone; None where nobody voted."""
    first, by = _votes(matrix, entries)
    many = Counter(pair for rows in by.values() for pair in combinations(sorted(rows), 2))
    if not many:
        return None
    i, j = min(many, key=lambda pair: (-many[pair], pair))
    Y, changed, differed, agreed = first.Y.copy(), Counter({i: 0, j: 0}), 0, 0
    for (u, k), rows in by.items():
        if i in rows and j in rows and first.Y[i, u, k] != first.Y[j, u, k]:
            differed, agreed = differed + 1, agreed + (rows[i] == rows[j])
            for r in (i, j):
                changed[r] += rows[r] != first.Y[r, u, k]
                Y[r, u, k] = rows[r]
    both = first.seen[i] & first.seen[j]
    return Voted(
        (matrix.coders[i], matrix.coders[j]),
        differed,
        agreed,
        {matrix.coders[r]: n for r, n in changed.items()},
        sum((i in rows) != (j in rows) for rows in by.values()),
        _kappa(first, i, j, both),
        _kappa(replace(first, Y=Y), i, j, both),
    )


def _votes(matrix: CodingMatrix, entries: Iterable[Entry]) -> tuple[CodingMatrix, dict[tuple[int, int], dict[int, bool]]]:
    """The codings as they were before anyone acted on a vote; and the last votes by unit and code, of each row."""
    first, said = said_again(matrix, entries, VOTE)
    by: dict[tuple[int, int], dict[int, bool]] = {}
    for (row, u, k), note in said.items():
        by.setdefault((u, k), {})[row] = note.startswith("given")
    return first, by


@dataclass(frozen=True, slots=True)
class Discussed:
    """What coders coded apart, and what they hold after they talked.

    Attributes:
        before: The codings as coded apart, of the human coders.
        after: The same with votes, and the agreed coding, in the place of what they settled.
        votes: Decisions on which coders had differed and voted again.
        settled: Segments on which coders had differed that have an agreed coding.
    """

    before: CodingMatrix
    after: CodingMatrix
    votes: int
    settled: int


def discussed(matrix: CodingMatrix, entries: Sequence[Entry], agreed: str = "") -> Discussed | None:
    """Two states of a coding, from the ledger alone; None where it knows of nothing that was settled.

    Args:
        matrix: Codings of the human coders, and of `agreed` where there is such a coder.
        entries: Of the ledger, in order.
        agreed: Id of the coder that holds the agreed coding.
    """
    first, by = _votes(matrix, entries)
    humans = np.array([r for r, coder in enumerate(matrix.coders) if coder != agreed], dtype=np.int64)
    Y, votes, settled = first.Y.copy(), 0, 0
    for (u, k), rows in by.items():
        if len({bool(first.Y[r, u, k]) for r in rows}) > 1:
            votes += 1
            Y[list(rows), u, k] = list(rows.values())
    resolved = {(e.decision.document, e.decision.segment) for e in standing(entries) if e.decision.action == "agree"}
    for u, s in enumerate(matrix.segments if agreed in matrix.coders else ()):
        saw = humans[matrix.seen[humans, u]]
        if (s.document, s.id) in resolved and (first.Y[saw, u] != first.Y[saw[:1], u]).any():
            settled += 1
            Y[saw, u] = matrix.Y[matrix.coders.index(agreed), u]
    if not votes and not settled:
        return None
    coders = tuple(matrix.coders[r] for r in humans)
    before = replace(first, coders=coders, Y=first.Y[humans], seen=matrix.seen[humans], outside=matrix.outside[humans])
    return Discussed(before, replace(before, Y=Y[humans]), votes, settled)
