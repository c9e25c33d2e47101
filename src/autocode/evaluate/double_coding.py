"""What is read a second time: by a second coder, drawn with known chances, or blind by the same coder.

The draw and its estimate are of `autocode.agreement.judgement.plan`; here they meet the study: passages of the
documents that the first coder has read, and a table that names them.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autocode.agreement.judgement.plan import drawn, expected_spread, inclusion, second_chances
from autocode.errors import InputError, StudyError, counted
from autocode.evaluate.second_look import LIST, CoderLook
from autocode.formats.files import csv_text, read_csv, write_atomic
from autocode.study import Segment, Study
from autocode.study.matrix import CodingMatrix, FloatArray
from autocode.trail import Decision, Entry
from autocode.trail.review import said_again

AGAIN = "look again"
"""What a blind second decision is called in the ledger."""
LEAST_DRAWN = 5  # answered of either half, before agreement with oneself is told
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

    def units(self, segments: Sequence[Segment]) -> list[tuple[int, ...]]:
        """For each passage drawn, which segments it is today, by their numbers: wherever it is asked about, the same.

        It is the segment at its place; where words before it were corrected since, or the text is cut more finely, those
        whose middles lie in it; where it is cut more coarsely, the one in which its own middle lies.

        Args:
            segments: Those that can be coded, in order within each document.

        Raises:
            StudyError: The table is of another study, or of other units.
        """
        place = {(s.document, s.start, s.end): u for u, s in enumerate(segments)}
        of: dict[str, list[int]] = {}
        for u, s in enumerate(segments):
            of.setdefault(s.document, []).append(u)
        found = []
        for document, start, end in self.rows:
            mine, middle = of.get(document, []), (start + end) / 2
            first, last = (bisect_left(mine, 2 * at, key=lambda u: segments[u].start + segments[u].end) for at in (start, end))
            within = [u for u in mine[max(first - 1, 0) : first + 1] if segments[u].start <= middle < segments[u].end]
            at = (place[document, start, end],) if (document, start, end) in place else tuple(mine[first:last] or within)
            if not at:
                why = f"its passage at letters {start:,} to {end:,} of {document!r} is no unit of this study"
                raise StudyError("the table of passages drawn", why, "Give the table of this study, or draw anew.")
            found.append(at)
        return found

    def chances(self, matrix: CodingMatrix) -> FloatArray:
        """(n,) chance of each unit of a matrix; 0 for units that were not drawn.

        Raises:
            StudyError: The table is of another study, or of other units.
        """
        found = np.zeros(len(matrix.segments))
        for row, units in zip(self.rows, self.units(matrix.segments), strict=True):
            s = matrix.segments[units[0]]
            if len(units) > 1 or not (s.start <= sum(row[1:]) / 2 < s.end and row[1] <= (s.start + s.end) / 2 < row[2]):
                why = f"its passage at letters {row[1]:,} to {row[2]:,} of {row[0]!r} is cut otherwise now"
                raise StudyError("the table of passages drawn", why, "Cut the study as it was, or draw anew.")
            found[units[0]] = self.chance[row]
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
            f"--units {units}",
            (f"{m.coders[row]} has read {counted(len(places), 'passage')}"),
            f"Choose from 1 to {len(places)}.",
        )
    first = m.Y[row][places]
    chances = inclusion(expected_spread(second_chances(np.asarray(P[places], np.float64), first), first), units)
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
    try:
        table = read_csv(path)
        if not table.rows:
            raise ValueError("empty")
        keys = [(r["document"], int(r["start"]), int(r["end"])) for r in table.rows]
        chance = {k: float(r["chance"]) for k, r in zip(keys, table.rows, strict=True)}
        if not all(0 < c <= 1 for c in chance.values()):
            raise ValueError("chance")
        rows = tuple(k for k, r in zip(keys, table.rows, strict=True) if r["read"] == "1")
        head = table.rows[0]
        return Drawn(head["first"], head["second"], rows, chance)
    except (InputError, KeyError, ValueError) as error:
        raise InputError(
            path.name, "it is no table of passages drawn, or it was changed", "Give the file that next --second-coder wrote."
        ) from error


@dataclass(frozen=True, slots=True)
class BlindItem:
    """One unit and code of a blind re-look, without the earlier decision.

    Attributes:
        segment: The unit.
        code: Path of the code to decide on.
        drawn: Drawn at random: its answer counts for intra-coder agreement.
        listed: Listed by the second look; one that is listed may be drawn as well.
    """

    segment: Segment
    code: str
    drawn: bool
    listed: bool


def blind_relook(m: CodingMatrix, look: CoderLook, seed: int = 0) -> list[BlindItem]:
    """The listed decisions of one coder among others drawn at random, in an order that tells nothing.

    As many are drawn as are listed, and `LIST` at least. Half of those drawn are codings that the coder gave and half are
    codes left out, of all the coder's decisions, the listed among them: agreement with oneself is of the whole.
    """
    rng = np.random.default_rng(seed)
    row = m.coders.index(look.coder)
    place = {(s.document, s.id): i for i, s in enumerate(m.segments)}
    column = {code: k for k, code in enumerate(m.codes)}
    listed = {(place[x.segment.document, x.segment.id], column[x.code]) for x in look.looks}
    drawn: set[tuple[int, int]] = set()
    for coded in (True, False):
        cells = np.argwhere((m.Y[row] == coded) & m.seen[row][:, None] & (m.Y[row].any(0))[None])
        size = min(len(cells), (max(len(listed), LIST) + 1) // 2)
        drawn |= {(int(u), int(k)) for u, k in cells[rng.choice(len(cells), size, False)]}
    both = sorted(listed | drawn)
    items = [BlindItem(m.segments[u], m.codes[k], (u, k) in drawn, (u, k) in listed) for u, k in both]
    return [items[i] for i in rng.permutation(len(items))]


@dataclass(frozen=True, slots=True)
class Relooked:
    """What a blind re-look found.

    Attributes:
        kappa: Of the coder with themselves, from the decisions drawn at random; None where too few are answered, or where
            so many codes are given anew that the coder codes otherwise now.
        low: Lower end of its 95% interval.
        high: Upper end.
        drawn: How many decisions were drawn at random and answered.
        listed: How many listed decisions were answered.
        changed: How many of these were decided otherwise.
        given: How many codings were drawn, and how many of them were given again.
        left: How many codes left out were drawn, and how many of them are given now.
    """

    kappa: float | None
    low: float | None
    high: float | None
    drawn: int
    listed: int
    changed: int
    given: tuple[int, int]
    left: tuple[int, int]


def relooked(m: CodingMatrix, coder: str, answers: Iterable[tuple[BlindItem, bool]]) -> Relooked:
    """Compare the answers of a blind re-look with the first coding, which stays as it was.

    Agreement with oneself rests on the decisions drawn at random alone. Codes are rare, so that a few units left out tell
    next to nothing of all that were; but who codes as often a second time gives a coding again with the chance
    r + kappa (1 - r), r being the share of decisions that are codings, and the codings drawn tell that chance. The units
    left out that were drawn show whether the coder does: where more of them are given now than this allows for, nothing
    is told. The interval is Jeffreys' of that chance.
    """
    from scipy.special import bdtrc, betaincinv

    row = m.coders.index(coder)
    place = {(s.document, s.id): i for i, s in enumerate(m.segments)}
    column = {code: k for k, code in enumerate(m.codes)}
    rows = [
        (bool(m.Y[row, place[x.segment.document, x.segment.id], column[x.code]]), said, x.drawn, x.listed)
        for x, said in answers
    ]
    a, b, random, listed = np.array(rows, dtype=bool).reshape(-1, 4).T
    given, left = b[random & a], b[random & ~a]
    n, again, added = len(given), int(given.sum()), int(left.sum())
    counts = int(random.sum()), int(listed.sum()), int((a != b)[listed].sum()), (n, again), (len(left), added)
    rate = float(m.Y[row].sum() / max(1, m.seen[row].sum() * m.Y[row].any(0).sum()))
    if n < LEAST_DRAWN or len(left) < LEAST_DRAWN or rate >= 1:
        return Relooked(None, None, None, *counts)
    low = 0.0 if again == 0 else float(betaincinv(again + 0.5, n - again + 0.5, 0.025))
    high = 1.0 if again == n else float(betaincinv(again + 0.5, n - again + 0.5, 0.975))
    most = min(1.0, (1 - low) * rate / (1 - rate))  # of those left out that are given anew by who codes as often
    if added and float(bdtrc(added - 1, len(left), most)) < 0.025:
        return Relooked(None, None, None, *counts)
    kappa, low, high = ((x - rate) / (1 - rate) for x in (again / n, low, high))
    return Relooked(kappa, low, high, *counts)


def looked_again(m: CodingMatrix, entries: Iterable[Entry]) -> dict[str, Relooked]:
    """What each coder's blind re-looks found, from the ledger alone: of a decision looked at twice the last counts.

    A coding that its coder changed after looking again is held against what stood before.
    """
    before, said = said_again(m, entries, AGAIN)
    found: dict[str, list[tuple[BlindItem, bool]]] = {}
    for (row, u, k), note in said.items():
        item = BlindItem(m.segments[u], m.codes[k], "drawn at random" in note, "listed" in note)
        found.setdefault(m.coders[row], []).append((item, note.startswith("given")))
    return {coder: relooked(before, coder, answers) for coder, answers in found.items()}


BLIND_COLUMNS = ("coder", "document", "segment", "code", "text", "answer", "key")


def write_blind(path: Path, study: Study, items: Sequence[BlindItem], coder: str) -> None:
    """Write a blind sheet: passages and codes, with a column for the answer and none that tells the first coding.

    Raises:
        InputError: The file cannot be written.
    """
    rows = [
        (
            coder,
            x.segment.document,
            x.segment.id,
            x.code,
            study.by_id[x.segment.document].text_of(x.segment),
            "",
            _key(coder, x),
        )
        for x in items
    ]
    write_atomic(path, csv_text(BLIND_COLUMNS, rows))


def _key(coder: str, item: BlindItem) -> str:
    """A short name of an item that does not tell whether it was drawn or listed."""
    parts = (coder, item.segment.document, item.segment.id, item.code, item.drawn, item.listed)
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:10]


def read_blind(path: Path, matrix: CodingMatrix) -> tuple[str, list[tuple[BlindItem, bool]]]:
    """Read a filled-in blind sheet: the coder, and each item with the answer; rows left empty are passed over.

    Raises:
        InputError: It is no blind sheet of this study, an answer is neither 1 nor 0, or nothing is answered.
    """
    table = read_csv(path)
    places = {(s.document, s.id): s for s in matrix.segments}
    answers, coder = [], ""
    for number, row in enumerate(table.rows, 1):
        said = row.get("answer", "").strip()
        segment = places.get((row.get("document", ""), row.get("segment", "")))
        if segment is None or row.get("code") not in matrix.codes or row.get("coder") not in matrix.coders:
            raise InputError(
                path.name, f"row {number} is of no unit of this study", "Give the sheet of this study's second look."
            )
        coder = row["coder"]
        items = [BlindItem(segment, row["code"], *which) for which in ((True, False), (False, True), (True, True))]
        item = next((x for x in items if _key(coder, x) == row.get("key")), None)
        if item is None:
            raise InputError(path.name, f"row {number} was changed (its key does not fit)", "Change the column 'answer' alone.")
        if said not in ("", "0", "1"):
            raise InputError(path.name, f"row {number} is answered neither 1 nor 0", "Write 1 for yes, 0 for no.")
        if said:
            answers.append((item, said == "1"))
    if not answers:
        raise InputError(path.name, "no row is answered", "Write 1 or 0 into the column 'answer'.")
    return coder, answers


def relook_round(coder: str, answers: Iterable[tuple[BlindItem, bool]]) -> list[Decision]:
    """The answers of a blind re-look as entries of the ledger; they change no coding."""
    return [
        Decision(
            AGAIN,
            coder,
            x.segment.document,
            x.segment.id,
            x.segment.start,
            x.segment.end,
            x.code,
            hidden=True,
            blind=True,
            note=f"{'given' if said else 'not given'} ({' and '.join(['listed'] * x.listed + ['drawn at random'] * x.drawn)})",
            request=f"{AGAIN} {_key(coder, x)} {int(said)}",
        )
        for x, said in answers
    ]
