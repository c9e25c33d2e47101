"""From timed pieces of speech to a transcript: one line a turn, ``Speaker: words``.

Recorders cut speech where the screen is full, not where a thought ends; pieces of one speaker
that follow one another become one turn, from the first one's start to the last one's end. Read are
subtitles and transcripts in tables, Whisper's .tsv among them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autocode.errors import InputError
from autocode.formats.files import Table, read_text
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.formats.transcripts.candidates import split_names
from autocode.formats.transcripts.labels import milliseconds
from autocode.formats.transcripts.roles import with_roles
from autocode.study import Document, Doubt, Study, Turn

LEAST = 0.5
"""Words heard with less confidence are kept as doubts: as likely wrong as right, by the program's own word."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One timed piece of speech; times in milliseconds, None where the file says none.

    Attributes:
        sure: Its words with the confidence of the program that heard them, 0 to 1, where it says so.
    """

    text: str
    speaker: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    sure: tuple[tuple[str, float], ...] = ()


def document_of_cues(cues: Iterable[Cue], path: Path) -> Document:
    """The transcript of a recording.

    Where no piece names its speaker, names are looked for in the words (``Anna: well``), and a
    piece without a name goes on with the speaker before. Without any names every piece is a
    turn of its own, so that its time is kept.

    Raises:
        InputError: No piece has words.
    """
    spoken = [Cue(" ".join(c.text.split()), " ".join(c.speaker.split()), c.start_ms, c.end_ms, c.sure) for c in cues]
    spoken = [c for c in spoken if c.text]
    if not spoken:
        raise InputError(path.name, "no words are spoken in it", "Choose the file that holds the transcript.")
    spoken = _named_twice(spoken) if any(c.speaker for c in spoken) else _named(spoken)
    at, lines, turns = 0, [], []
    doubts: list[Doubt] = []
    for cue in _joined(spoken):
        name = f"{cue.speaker}: " if cue.speaker else ""
        start, end = at + len(name), at + len(name) + len(cue.text)
        turns.append(Turn(start, end, cue.speaker, cue.start_ms, cue.end_ms))
        doubts += _doubts(cue, start)
        lines.append(f"{name}{cue.text}\n")
        at = end + 1
    turned, text = tuple(turns), "".join(lines)
    return with_roles(Document(path.stem, text, path.stem, turned, source=path.name, doubts=tuple(doubts)))


def _doubts(cue: Cue, start: int) -> Iterator[Doubt]:
    """The words of a cue that were heard with little confidence; `start` is where its text begins."""
    at = 0
    for word, confidence in cue.sure:
        found = cue.text.find(word.strip(), at)
        if not word.strip() or found < 0:
            continue
        at = found + len(word.strip())
        if confidence < LEAST:
            yield Doubt(start + found, start + at, round(confidence, 3))


def _named(cues: Sequence[Cue]) -> list[Cue]:
    """Cues with the speakers that their words begin with, each held until the next name."""
    named, speaker = [], ""
    for cue, (name, words) in zip(cues, split_names([c.text for c in cues]), strict=True):
        speaker = name or speaker
        named.append(Cue(words.strip(), speaker, cue.start_ms, cue.end_ms, cue.sure))
    return [c for c in named if c.text]


def _named_twice(cues: Sequence[Cue]) -> list[Cue]:
    """Cues whose words open with a name beside the file's own (noScribe's editor): the name in the words is the newer one."""
    pairs = split_names([c.text for c in cues])
    runs = [i for i, c in enumerate(cues) if c.speaker and (not i or cues[i - 1].speaker != c.speaker)]
    said: dict[str, list[str]] = {}
    for i in runs:
        said.setdefault(cues[i].speaker, []).append(pairs[i][0])
    names = {voice: set(found) - {""} for voice, found in said.items()}
    if not names or any(len(n) != 1 or said[v].count("") > 0.4 * len(said[v]) for v, n in names.items()):
        return list(cues)
    newer = {voice: next(iter(found)) for voice, found in names.items()}
    return [
        replace(c, speaker=newer.get(c.speaker, c.speaker), text=words.strip() if name else c.text)
        for c, (name, words) in zip(cues, pairs, strict=True)
    ]


def _joined(cues: Iterable[Cue]) -> list[Cue]:
    """One cue for each run of cues of one speaker."""
    runs: list[list[Cue]] = []
    for cue in cues:
        if runs and cue.speaker and runs[-1][0].speaker == cue.speaker:
            runs[-1].append(cue)
        else:
            runs.append([cue])
    return [
        replace(run[0], text=" ".join(c.text for c in run), end_ms=run[-1].end_ms, sure=tuple(w for c in run for w in c.sure))
        for run in runs
    ]


_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_TIMING = re.compile(rf"^[ \t]*({_TIME})[ \t]*(?:-->|,)[ \t]*({_TIME})(?:[ \t][^\n]*)?$", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[^ \t>]{0,80})?[ \t]{1,9}([^<>\n]{0,200})>")
_TAG = re.compile(r"</?(?:v|c|b|i|u|ruby|rt|lang|font)(?:[ .][^<>]{0,200})?>|<\d[\d:.]*>|\{\\an?\d+\}", re.IGNORECASE)
_INTERVAL = re.compile(
    r'name\s*=\s*"(?P<tier>(?:[^"]|"")*)"|xmin\s*=\s*(?P<start>[\d.eE+-]+)\s*\n'
    r'\s*xmax\s*=\s*(?P<end>[\d.eE+-]+)\s*\n\s*text\s*=\s*"(?P<text>(?:[^"]|"")*)"'
)


def read_subtitles(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Read a subtitle file as one transcript with speakers and times.

    Raises:
        InputError: It is unreadable or holds no timed words.
    """
    text, note = read_text(path, options.encoding)
    cues = list(_grid(text) if path.suffix.lower() == ".textgrid" else _cues(text))
    if not cues:
        raise InputError(path.name, "it holds no timed words", "Choose the file that holds the transcript.")
    receipt = Receipt(path.name, "timed pieces", len(cues), {}, (note,) if note else ())
    return Study((document_of_cues(cues, path),)), [receipt]


def _cues(text: str) -> Iterator[Cue]:
    """The cues of a file whose blocks are parted by blank lines and begin with a timing line."""
    timings = list(_TIMING.finditer(text))
    for number, timing in enumerate(timings, 1):
        end = timings[number].start() if number < len(timings) else len(text)
        block = re.split(r"\n[ \t]*\n", text[timing.end() : end].lstrip("\n"), maxsplit=1)
        words = block[0] if len(block) > 1 else re.sub(r"\n\d+[ \t]*\n?$", "", block[0])  # the next cue's number
        yield from _voices(words, _ms(timing[1]), _ms(timing[2]))


def _voices(words: str, start: int, end: int) -> Iterator[Cue]:
    """One cue for each voice tag of a block; the block without tags is one cue."""
    parts = _VOICE.split(words)
    if _plain(parts[0]):
        yield Cue(_plain(parts[0]), "", start, end)
    for name, said in zip(parts[1::2], parts[2::2], strict=True):
        yield Cue(_plain(said), html.unescape(name).strip(" /\t"), start, end)


def _plain(words: str) -> str:
    return html.unescape(_TAG.sub("", words)).strip()


def _ms(time: str) -> int:
    clock, _, fraction = time.replace(",", ".").partition(".")
    seconds = 0
    for part in clock.split(":"):
        seconds = 60 * seconds + int(part)
    return 1000 * seconds + int((fraction or "0").ljust(3, "0"))


def _grid(text: str) -> list[Cue]:
    """The intervals of a TextGrid in order of time; a tier is a speaker."""
    cues, tier = [], ""
    for m in _INTERVAL.finditer(text):
        if m["tier"] is not None:
            tier = m["tier"].replace('""', '"')
        elif m["text"].strip():
            cues.append(Cue(m["text"].replace('""', '"'), tier, _seconds(m["start"]), _seconds(m["end"])))
    return sorted(cues, key=lambda c: c.start_ms or 0)


def _seconds(number: str) -> int:
    try:
        return round(1000 * float(number))
    except (ValueError, OverflowError):
        return 0


_COLUMNS = {
    what: frozenset(names.split())
    for what, names in {
        "text": "text what_was_said said gesagtes transkript dialog dialogue utterance utterances transcript "
        "transcription words content speech message "
        "wortlaut äußerung aussage texte texto testo tekst текст نص 内容 文本 发言 テキスト 発話 본문",
        "speaker": "speaker name who person voice sprecher sprecherin locuteur locutrice hablante falante parlante spreker "
        "mówca speaker_name speaker_label participant_name говорящий 说话人 発言者 話者 화자",
        "start": "start from_time anfang zeit start_time starttime begin beginning from in timestamp time timecode "
        "time_code start_timecode start_ms "
        "start_seconds onset beginn début inicio inizio tid 时间 開始",
        "end": "end to_time end_time endtime to out stop end_timecode end_ms end_seconds offset ende fin fine 終了",
        "document": "document document_name interview file filename recording source session transcript_name dokument",
    }.items()
}


def speech_columns(table: Table) -> dict[str, str]:
    """The columns of a transcript in a table, by what they hold: text, speaker, start, end, document; {} for another table.

    A row is a turn or a piece of one: its words, and who says them or when.
    """
    found: dict[str, str] = {}
    for column in table.columns:
        plain = re.sub(r"[\W_]+", "_", re.sub(r"\(.*\)", "", column).strip().casefold()).strip("_")
        for what, names in _COLUMNS.items():
            if plain in names and what not in found:
                found[what] = column
                break
    if "text" not in found or not {"speaker", "start"} & found.keys() or len(table.rows) < 2:
        return {}
    others = [c for c in table.columns if c not in found.values() and re.search(r"(?i)code|theme|label|category|kode|thema", c)]
    voices = [row[found["speaker"]] for row in table.rows] if "speaker" in found else []
    timed = "start" in found and all(re.fullmatch(r"[\d:.,;\s-]*", row[found["start"]]) for row in table.rows)
    return {} if others or not (timed or len(set(voices)) <= 0.7 * len(voices)) else found


def speech_of_table(table: Table, kind: str = "interview") -> tuple[Study, list[Receipt]]:
    """The transcripts in a table with a row for each turn or piece (Whisper's .tsv too), one for each name of a document.

    Raises:
        InputError: A time is none, or no row has words.
    """
    columns = speech_columns(table)
    rows: dict[str, list[Cue]] = {}
    empty = 0
    for row in table.rows:
        cell = {what: row[column].strip() for what, column in columns.items()}
        empty += not cell["text"]
        name = cell.get("document") or Path(table.source.partition(",")[0]).stem
        start, end = (_time_in_cell(cell.get(what, ""), table.source) for what in ("start", "end"))
        rows.setdefault(name, []).append(Cue(cell["text"], cell.get("speaker", ""), start, end))
    documents = tuple(
        replace(document_of_cues(cues, Path(table.source.partition(",")[0])), id=name, name=name, kind=kind)
        for name, cues in rows.items()
    )
    notes = (table.note,) if table.note else ()
    receipt = Receipt(table.source, "rows of transcripts", len(table.rows) - empty, {"without words": empty}, notes)
    return Study(documents), [receipt]


def _time_in_cell(cell: str, source: str) -> int | None:
    """Milliseconds: a whole number is milliseconds already (Whisper), one with a fraction seconds."""
    if not cell:
        return None
    if ":" in cell:
        return milliseconds(cell)
    try:
        return int(cell) if re.fullmatch(r"\d+", cell) else round(1000 * float(cell.replace(",", ".")))
    except ValueError as error:
        raise InputError(source, f"the time '{cell[:20]}' is none", "Correct that row.") from error
