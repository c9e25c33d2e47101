"""Tables of what people said, whose rows are units: long tables, survey answers, and transcripts of a turn a row.

Columns of a long table: `document_id, segment_id, order, speaker, text, coder, codes`; codes are
parted by ``|``, an empty cell means that the coder saw the segment and gave no code, and no row
means that the coder did not see it. The segments are given: they are the units of analysis, and
a document is the ordered run of its segments.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from autocode.errors import InputError, counted
from autocode.formats.files import Table
from autocode.formats.receipt import Receipt
from autocode.formats.tables.headings import HEADINGS, folded, speech_columns
from autocode.formats.transcripts.cues import (
    Cue,
    document_of_cues,
    oddities,
    seconds_in,
    speech,
    sure_words,
    time_in_cell,
    unit_of,
)
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.merge import Unit, lay_out, unit_readings


def is_long_table(table: Table) -> bool:
    """Whether the columns are those of a long table, or mean to be."""
    return "segment_id" in table.columns or {"document_id", "text"} <= set(table.columns)


@dataclass
class _Given:
    """One segment of the table: where it stands, its words, and who said what of it."""

    order: tuple[float, int]
    speaker: str
    text: str
    line: int
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)  # coder -> codes


def study_from_table(table: Table, coder: str = "") -> tuple[Study, Receipt]:
    """Read a long table; codes keep the words of the table until a codebook resolves them.

    Args:
        table: The rows.
        coder: Who coded, where the table has codes but no column `coder`.

    Returns:
        The study, with an empty codebook, and the receipt.

    Raises:
        InputError: A column is missing, a segment has two texts, a coder coded a segment
            twice, an order is no number, or a row has codes but nobody who gave them.
    """
    table.need("document_id", "segment_id", "text")
    if ("codes" in table.columns) != ("coder" in table.columns) and not (coder and "codes" in table.columns):
        table.need("coder", "codes")
    skipped: Counter[str] = Counter()
    documents = _collect(table, coder, skipped)
    studies = [_document(name, given, table.source) for name, given in documents.items()]
    coders = dict.fromkeys(c for given in documents.values() for g in given.values() for c in g.codes)
    study = Study(
        documents=tuple(document for document, _, _ in studies),
        coders=tuple(Coder(c, c) for c in coders),
        codings=tuple(coding for _, codings, _ in studies for coding in codings),
        readings=tuple(reading for _, _, readings in studies for reading in readings),
    )
    alone = sum(not row["document_id"].strip() for row in table.rows)
    note = (
        ((f"{counted(alone, 'row names', 'rows name')} no document: each segment stands as a document of its own"),)
        if alone
        else ()
    )
    kept = len(table.rows) - sum(skipped.values())
    return study, Receipt(table.source, "rows", kept, skipped, (*_notes(table), *note))


def _collect(table: Table, coder: str, skipped: Counter[str]) -> dict[str, dict[str, _Given]]:
    """The segments of every document, with the checks a row must pass."""
    documents: dict[str, dict[str, _Given]] = {}
    for number, (row, line) in enumerate(zip(table.rows, table.lines, strict=True)):
        where = f"{table.source}, line {line}"
        segment = row["segment_id"].strip()
        if not row["text"].strip() or not segment:
            skipped["without text" if segment else "without a segment_id"] += 1
            continue
        order = (_order(row.get("order", ""), where), number)
        new = _Given(order, row.get("speaker", "").strip(), row["text"], line)
        given = documents.setdefault(row["document_id"].strip() or segment, {}).setdefault(segment, new)
        if given.text != row["text"]:
            raise InputError(
                where,
                f"segment '{segment}' has another text than in line {given.line}",
                "Give the two segments different ids, or make their texts equal.",
            )
        skipped["doubled"] += not _add_codes(given, row, coder, where, segment)
    return documents


def _add_codes(given: _Given, row: dict[str, str], coder: str, where: str, segment: str) -> bool:
    """Note what a coder said of a segment; False for a row that only repeats another."""
    who = row.get("coder", "").strip() or coder
    codes = _codes_of(row.get("codes", ""))
    if not who:
        if codes:
            raise InputError(where, "it has codes but no coder", "Fill the column coder, or give --coder NAME.")
        return True
    if who not in given.codes:
        given.codes[who] = codes
        return True
    if set(given.codes[who]) != set(codes):
        raise InputError(
            where,
            f"segment '{segment}' is there twice for coder '{who}' with different codes (a duplicate id)",
            "Keep one row for each segment and coder.",
        )
    return False


@lru_cache(maxsize=4096)
def _codes_of(cell: str) -> tuple[str, ...]:
    """The codes of a cell, each once; most cells are met again and again."""
    return tuple(dict.fromkeys(c.strip() for c in cell.split("|") if c.strip()))


def _order(cell: str, where: str) -> float:
    try:
        return float(cell) if cell.strip() else 0.0
    except ValueError as error:
        raise InputError(where, "its order is not a number", "Number the segments, or leave order empty.") from error


def _document(name: str, given: dict[str, _Given], source: str) -> tuple[Document, list[Coding], tuple[Reading, ...]]:
    """Lay the segments of a document end to end, and the codings over them."""
    ordered = sorted(given.items(), key=lambda item: item[1].order)
    units = (Unit(identifier, g.text, g.speaker) for identifier, g in ordered)
    document = lay_out(Document(name, "", name, source=source), units)
    codings = [
        Coding(name, s.start, s.end, code, coder)
        for s, (_, g) in zip(document.segments, ordered, strict=True)
        for coder, codes in g.codes.items()
        for code in codes
    ]
    seen = ((identifier, coder) for identifier, g in ordered for coder in g.codes)
    return document, codings, unit_readings(document.segments, seen)


def _notes(table: Table) -> tuple[str, ...]:
    return (table.note,) if table.note else ()


def speech_of_table(
    table: Table, kind: str = "interview", columns: Mapping[str, str] | None = None
) -> tuple[Study, list[Receipt]]:
    """The transcripts in a table with a row for each turn or piece (Whisper's .tsv too), one for each name of a document.

    Raises:
        InputError: A time is none, or no row has words.
    """
    columns = columns or speech_columns(table, coded=True)
    rows: dict[str, list[Cue]] = {}
    empty = 0
    for row in table.rows:
        cell = {what: row[column].strip() for what, column in columns.items()}
        empty += not cell["text"]
        name = cell.get("document") or Path(table.source.partition(", sheet")[0]).stem
        start, end = (time_in_cell(cell.get(what, ""), table.source) for what in ("start", "end"))
        rows.setdefault(name, []).append(Cue(cell["text"], cell.get("speaker", ""), start, end))
    documents = tuple(
        replace(document_of_cues(cues, Path(table.source.partition(", sheet")[0]), {}, True), id=name, name=name, kind=kind)
        for name, cues in rows.items()
    )
    codes = {*HEADINGS["code"], *HEADINGS["codes"]} & {folded(c) for c in table.columns}
    told = f"codes beside the words are left out, since nobody is said to have given them ({', '.join(sorted(codes))}): "
    notes = (*_notes(table), *([f"{told}import again with --coder NAME to take them over"] if codes else []))
    receipt = Receipt(table.source, "rows of transcripts", len(table.rows) - empty, {"without words": empty}, notes)
    return Study(documents), [receipt]


_KEYS = {
    "speaker": "speaker_name speaker_display_name speaker speaker_label speaker_id speaker_tag user_profile author participant "
    "sender_name sender from username user role",
    "text": "punctuated_word sentence text transcript display content phrase utterance value message body content word",
    "start": "start_time start begin start_offset offset_milliseconds offset ts t_start_ms start_timestamp data_start "
    "timestamp_ms timestamp time from date",
    "end": "end_time end end_offset end_ts end_timestamp data_end to",
    "sure": "confidence conf score probability",
    "called": "real_name nickname display_name speaker_name name full_name username title id user",
}
"""What the fields of records of speech are called by programs, the best first; camelCase is read as snake_case."""
_BEST = ("n_best", "alternatives")  # of what was heard: the first is the likeliest
_DEEP, _ALIKE = 14, 0.9


@dataclass(slots=True)
class _Piece:
    """A record in JSON: what is said as it stands there, who says it, when, and how sure the program is."""

    text: str
    speaker: str
    channel: str
    start: object
    end: object
    sure: tuple[tuple[str, float], ...]


@lru_cache(maxsize=4096)
def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()


def _fields(given: Mapping[object, object]) -> dict[str, Any]:
    """The fields of a record with those of its first alternative, where it has several."""
    fields = {_snake(str(k)): v for k, v in given.items()}
    for key in _BEST:
        more: Any = fields.pop(key, None) if isinstance(fields.get(key), list) else None
        if more and isinstance(more[0], dict):
            fields = {**_fields(more[0]), **{k: v for k, v in fields.items() if v is not None}}
    return fields


def _first(fields: Mapping[str, Any], what: str) -> Any:
    return next((fields[n] for n in _KEYS[what].split() if fields.get(n) not in (None, "", [], {})), "")


def _called(value: Any, deep: int = 2) -> str:
    """A name, a number, or the name in a record of a person."""
    if isinstance(value, dict) and deep:
        return _called(_first({_snake(str(k)): v for k, v in value.items()}, "called"), deep - 1)
    return " ".join(str(value).split()) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _worded(value: Any) -> str:
    """Words, in one piece or in several that differ in type (links, mentions), or as a page."""
    if isinstance(value, list):
        parts = [v["text"] if isinstance(v, dict) and {"type", "text"} == {*v} else v for v in value]
        return "".join(parts) if all(isinstance(p, str) for p in parts) else ""
    if isinstance(value, dict) and isinstance(value.get("content"), str):
        plain = re.sub(r"<[^<>]*>", " ", value["content"]) if value.get("contentType") == "html" else value["content"]
        return html.unescape(plain).strip()
    return value if isinstance(value, str) else ""


class _Records:
    """All records of words in JSON, by their place in it, with the numbers of lists left out."""

    def __init__(self, content: object) -> None:
        self.pieces: dict[str, list[_Piece]] = {}
        self.names: dict[str, str] = {}  # of people, by their ids
        self.voices: dict[str, str] = {}  # when a voice begins, where another list has the words
        waiting: list[tuple[object, str, str, str, int]] = [(content, "", "", "", 0)]
        while waiting:
            item, path, speaker, channel, depth = waiting.pop()
            inner: Iterable[tuple[object, str, str, str, int]] = ()
            if isinstance(item, dict):
                fields = _fields(item)
                speaker, channel = self._take(fields, path, speaker, channel)
                inner = [(v, f"{path}.{k}", speaker, channel, depth + 1) for k, v in fields.items() if not _worded(v)]
            elif isinstance(item, list) and [type(i) in (int, float) for i in item] == [False, True, True]:  # word, start, end
                self.pieces.setdefault(path, []).append(_Piece(str(item[0]), speaker, channel, item[1], item[2], ()))
            elif isinstance(item, list):
                aside = path.endswith(".channels")
                inner = [(v, path, speaker, str(n) if aside else channel, depth + 1) for n, v in enumerate(item)]
            waiting += reversed([i for i in inner if depth < _DEEP and isinstance(i[0], dict | list)])

    def _take(self, fields: dict[str, Any], path: str, speaker: str, channel: str) -> tuple[str, str]:
        """Keep what a record says; who speaks in it, and on which channel."""
        name, text, start = _called(_first(fields, "speaker")), _worded(_first(fields, "text")), _first(fields, "start")
        of_people = re.search(r"speaker|participant|person|people|user|member", path)
        if of_people and not text and (called := _called(_first(fields, "called"))):
            self.names |= {str(fields[k]): called for k in fields if k in ("key", "label") or k.endswith("id")}
        channel = str(fields["channel"]) if isinstance(fields.get("channel"), str | int) else channel
        if text and not str(fields.get("subtype")).endswith(("_join", "_leave", "_topic", "_purpose", "_name")):  # Slack's own
            sure = _first(fields, "sure")
            said = (((text.strip(), float(sure)),) if isinstance(sure, int | float) else ()) if " " not in text.strip() else ()
            piece = _Piece(
                text, name or speaker, channel, start, _first(fields, "end"), sure_words(fields.get("words")) or said
            )
            self.pieces.setdefault(path, []).append(piece)
        elif name and isinstance(start, str | int | float):
            self.voices[str(start)] = name
        return name or speaker, channel

    def talk(self) -> list[_Piece]:
        """The list that tells most of who says what, of several the one whose pieces are longest; else one with times alone."""
        found: list[tuple[int, bool, list[_Piece]]] = []
        for pieces in self.pieces.values():
            self._name(pieces)
            named = _not_repeated(pieces)
            told = [p for p in named if p.speaker]
            voices = {p.speaker for p in told}
            few = len(voices) > 1 and (len(voices) <= 0.7 * len(told) or unit_of((p.text, p.start, p.end) for p in told) > 0)
            if few and len(told) >= _ALIKE * len(named):
                found.append((sum(len(p.text.replace(" ", "")) for p in told), True, named))
            elif len(voices) < 2 and sum(p.start != "" for p in pieces) >= _ALIKE * len(pieces):
                found.append((sum(len(p.text.replace(" ", "")) for p in pieces), False, pieces))
        spoken = [f for f in found if f[1]] or found
        most = max((letters for letters, _, _ in spoken), default=0)
        whole = [pieces for letters, _, pieces in spoken if letters >= _ALIKE * most]
        return min(whole, key=lambda pieces: (all(p.start == "" for p in pieces), len(pieces)), default=[])

    def _name(self, pieces: list[_Piece]) -> None:
        """Give names to pieces: as people are called, by when a voice begins, or by their channels."""
        begun = [self.voices.get(str(p.start), "") for p in pieces]
        timed = sum(p.start != "" for p in pieces)
        if not any(p.speaker for p in pieces) and timed and sum(map(bool, begun)) >= _ALIKE * timed:
            for p, voice in zip(pieces, begun, strict=True):
                p.speaker = voice
        elif not any(p.speaker for p in pieces) and timed == len(pieces) and len({p.channel for p in pieces}) > 1:
            for p in pieces:
                p.speaker = f"Channel {p.channel.removeprefix('ch_')}"
            pieces.sort(key=lambda p: seconds_in(p.start) or 0)
        last = ""
        for p in pieces:
            p.speaker = self.names.get(p.speaker, p.speaker)
            p.speaker = f"Speaker {p.speaker}" if p.speaker.isdigit() else p.speaker
            if len(p.text.split()) < 2 and last and not p.speaker:  # a sign of punctuation
                p.speaker = last
            last = p.speaker or last


def _not_repeated(pieces: list[_Piece]) -> list[_Piece]:
    """The pieces that name speakers alone, where they only say again what stands before them (Google's last result)."""
    named = [p for p in pieces if p.speaker]
    if len(named) >= _ALIKE * len(pieces):
        return pieces
    bare, again = ("".join(p.text for p in some).replace(" ", "") for some in ([p for p in pieces if not p.speaker], named))
    return named if bare and bare == again else pieces


def talk_in_json(content: Any, path: Path) -> tuple[Study, list[Receipt]]:
    """The transcript in JSON: as Whisper's family writes it, or the records that tell who says what, and when.

    Raises:
        InputError: It holds none.
    """
    try:
        heard = speech(content, path)
    except InputError:
        if not (heard := _in_records(content, path)):
            raise
    voiced = heard and any(t.speaker for t in heard[0].documents[0].turns)
    read = heard if voiced else _in_records(content, path, known=heard is not None) or heard
    if not read:
        raise InputError(path.name, "it is JSON of no known program, and nobody is said to speak", "Export it as .srt or .vtt.")
    return read


def _in_records(content: object, path: Path, known: bool = False) -> tuple[Study, list[Receipt]] | None:
    """The transcript in the records of any program; None where none is, or none with speakers where one without is `known`.

    Words are put together to turns; a record may take its speaker from the one around it, from a list of people, from the
    times at which voices begin, or from its channel. Where times are those of speech, the file is a recording's; else the
    receipt asks to compare some turns.
    """
    pieces, told = _Records(content).talk(), []
    letters = sorted({p.speaker for p in pieces if p.speaker})
    if letters and letters == list("ABCDEFGH"[: len(letters)]):
        pieces = [replace(p, speaker=f"Speaker {p.speaker}") for p in pieces]
    dates = [f"{t:020.6f}" if (t := seconds_in(p.start)) is not None else str(p.start) for p in pieces]
    if dates == sorted(dates, reverse=True) and len({*dates}) > 1 and all(re.match(r"\d{4}", d) for d in dates):
        pieces, told = pieces[::-1], ["the newest words stood first: read from the oldest on"]
    unit = unit_of((p.text, p.start, p.end) for p in pieces)
    cues = list(_runs(pieces, unit)) if pieces else []
    if not cues or ((known or not unit) and not any(c.speaker for c in cues)):
        return None
    document = document_of_cues(cues, path, cut=not unit)
    turns = f"{counted(len(document.turns), 'turn was', 'turns were')} found in it: compare some with the original"
    told += [] if unit else [f"the program that wrote this file is not known; {turns}"]
    return Study((document,)), [Receipt(path.name, "pieces of speech", len(pieces), {}, (*told, *oddities(document, cues)))]


def _runs(pieces: Sequence[_Piece], unit: float) -> Iterator[Cue]:
    """Cues: single words and signs of one speaker put together."""
    single = sum(len(p.text.split()) < 2 for p in pieces) > 0.7 * len(pieces)
    spaced = any(p.text != p.text.strip() for p in pieces[1:-1])  # the spaces between words stand in the file
    runs = groupby(pieces, key=lambda p: p.speaker) if single and unit else ((p.speaker, [p]) for p in pieces)
    for speaker, group in runs:
        run = list(group)
        text = "".join(("" if spaced or not any(map(str.isalnum, p.text)) else " ") + p.text for p in run)
        starts, ends = (
            [t for p in run if (t := seconds_in(getattr(p, side))) is not None and unit] for side in ("start", "end")
        )
        start, end = (round(unit * min(starts)) if starts else None), (round(unit * max(ends)) if ends else None)
        yield Cue(text, speaker, start, end, tuple(w for p in run for w in p.sure))
