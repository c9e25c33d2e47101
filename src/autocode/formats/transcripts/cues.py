"""From timed pieces of speech to a transcript: one line a turn, ``Speaker: words``.

Recorders cut speech where the screen is full, not where a thought ends; pieces of one speaker that follow one another become
one turn, from the first one's start to the last one's end. Read are subtitles and the JSON of Whisper's family: its command
line and API, whisper.cpp, WhisperX, faster-whisper, the chunks of Hugging Face's pipeline; and YouTube's json3. JSON of other
programs is read by `tables.units`.

Sources: openai/whisper `transcribe.py`; OpenAI's API reference; whisper.cpp `examples/cli`; WhisperX `types.py`.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autocode.errors import InputError, counted
from autocode.formats.files import read_text
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.formats.transcripts import CLOCK, ends_sentence, milliseconds, names_in_turn
from autocode.formats.transcripts.roles import with_roles
from autocode.formats.transcripts.speakers import split_names
from autocode.study import Document, Doubt, Study, Turn

LEAST = 0.5
"""Words heard with less confidence are kept as doubts: as likely wrong as right, by the program's own word."""
_CUT, _CUT_HEARD = 1.25, 1.4  # pieces a turn, at most, where turns were cut by people, and by a program at ends of sentences


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


def document_of_cues(cues: Iterable[Cue], path: Path, meanings: Mapping[str, str] | None = None, cut: bool = False) -> Document:
    """The transcript of a recording, or of pieces that people have `cut`; `meanings` says what its speakers' names mean.

    Where no piece names its speaker, names are looked for in the words (``Anna: well``), and a piece without a name goes
    on with the speaker before. Without any names every piece is a turn of its own, so that its time is kept. Pieces that
    people have cut are turns, and of a machine those that end as sentences; else pieces of one speaker in a run are one.

    Raises:
        InputError: No piece has words.
    """
    pieces = ((c, " ".join(t.split())) for c in cues for t in (_PARTED.split(c.text) if "\n" in c.text else [c.text]))
    spoken = [Cue(text, " ".join(c.speaker.split()), c.start_ms, c.end_ms, c.sure) for c, text in pieces if text]
    if not spoken:
        raise InputError(path.name, "no words are spoken in it", "Choose the file that holds the transcript.")
    spoken = _named_twice(spoken) if any(c.speaker for c in spoken) else _named(spoken)
    at, lines, turns, doubts = 0, list[str](), list[Turn](), list[Doubt]()
    joined = _joined(spoken)
    whole = cut or (len(joined) > 5 and all(ends_sentence(c.text) for c in spoken))
    for cue in joined if not whole or len(spoken) > (_CUT if cut else _CUT_HEARD) * len(joined) else spoken:
        name = f"{cue.speaker}: " if cue.speaker else ""
        start, end = at + len(name), at + len(name) + len(cue.text)
        turns.append(Turn(start, end, cue.speaker, cue.start_ms, cue.end_ms))
        doubts += _doubts(cue, start)
        lines.append(f"{name}{cue.text}\n")
        at = end + 1
    document = Document(path.stem, "".join(lines), path.stem, tuple(turns), source=path.name, doubts=tuple(doubts))
    return with_roles(document, meanings)


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
    pairs = split_names([c.text for c in cues])
    if not any(name for name, _ in pairs):
        return _in_turn(cues)
    for cue, (name, words) in zip(cues, pairs, strict=True):
        speaker = name or speaker
        named.append(Cue(words.strip(), speaker, cue.start_ms, cue.end_ms, cue.sure))
    return [c for c in named if c.text]


_CHANGE = re.compile(r"(?:>{2,3}|[-–—](?!\d))[ \t]*(?=\S)")
"""What opens words where another person speaks, in subtitles that name nobody."""
_PARTED = re.compile(rf"\n(?={_CHANGE.pattern})")


def _in_turn(cues: Sequence[Cue]) -> list[Cue]:
    """Cues that name nobody, cut into turns of two people where signs say that another person speaks."""
    if sum(bool(_CHANGE.match(c.text)) for c in cues) < max(2, 0.1 * len(cues)):
        return list(cues)
    runs: list[list[Cue]] = []
    for c in cues:
        m = _CHANGE.match(c.text)
        runs += [[]] if m or not runs else []
        runs[-1].append(replace(c, text=c.text[m.end() :]) if m else c)
    names = names_in_turn([" ".join(c.text for c in run) for run in runs])
    return [replace(c, speaker=names[n % 2]) for n, run in enumerate(runs) for c in run]


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
_IDENTIFIER = re.compile(r'(?:^|\n)\d+[ \t]+"([^"\n]{1,80})"[^\n]{0,40}\n$')
_VOICE = re.compile(r"<v(?:\.[^ \t>]{0,80})?[ \t]{1,9}([^<>\n]{0,200})>")
_TAG = re.compile(r"</?(?:v|c|b|i|u|ruby|rt|lang|font)(?:[ .][^<>]{0,200})?>|<\d[\d:.]*>|\{\\an?\d+\}", re.IGNORECASE)
_SECONDS = r"\d{1,9}(?:\.\d+)?(?:[eE][+-]?\d{1,2})?"
_INTERVAL = re.compile(
    rf'name\s*=\s*"(?P<tier>(?:[^"]|"")*)"|xmin\s*=\s*(?P<start>{_SECONDS})\s*\n'
    rf'\s*xmax\s*=\s*(?P<end>{_SECONDS})\s*\n\s*text\s*=\s*"(?P<text>(?:[^"]|"")*)"'
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
    document = document_of_cues(cues, path)
    notes = (*([note] if note else []), *oddities(document, cues))
    return Study((document,)), [Receipt(path.name, "timed pieces", len(cues), {}, notes)]


def oddities(document: Document, cues: Sequence[Cue]) -> tuple[str, ...]:
    """What makes a careful reader look again: words hardly heard, voices that speak once, pieces without a voice."""
    told = []
    signs = sum(bool(_CHANGE.match(line)) for c in cues for line in c.text.split("\n"))
    if signs > 1 and not any(_CHANGE.match(document.text_of(t)) for t in document.turns):
        told.append(f"no names; the signs of another speaker ({signs:,}) taken as two people who speak in turn: right?")
    if document.doubts:
        told.append(
            f"{counted(len(document.doubts), 'word')} heard with less than {LEAST:.0%} confidence: marked to be checked"
        )
    voices = Counter(turn.speaker for turn in document.turns)
    rare = [name for name, n in voices.items() if name and n == 1 and len(document.turns) > 5]
    if rare and len(rare) <= 5:
        told.append(f"{', '.join(map(repr, rare))}: one turn only; a speaker?")
    if voices[""] and len(voices) > 1:
        told.append(f"{counted(voices[''], 'turn')} without a speaker")
    return tuple(told)


def _cues(text: str) -> Iterator[Cue]:
    """The cues of a file whose blocks are parted by blank lines and begin with a timing line."""
    timings = list(_TIMING.finditer(text))
    for number, timing in enumerate(timings, 1):
        end = timings[number].start() if number < len(timings) else len(text)
        block = re.split(r"\n[ \t]*\n", text[timing.end() : end].lstrip("\n"), maxsplit=1)
        words = block[0] if len(block) > 1 else re.sub(r"\n\d+[ \t]*\n?$", "", block[0])  # the next cue's number
        named = _IDENTIFIER.search(text, max(0, timing.start() - 200), timing.start())  # Webex names the voice there
        voices = _voices(words, *map(_clock, timing.groups()))
        yield from (replace(c, speaker=c.speaker or named[1]) for c in voices) if named else voices


def _clock(stamp: str) -> int:
    """Milliseconds of a time in subtitles."""
    hours, minutes, seconds = ("0:" + stamp if stamp.count(":") < 2 else stamp).replace(",", ".").split(":")
    return round(1000 * (3600 * int(hours) + 60 * int(minutes) + float(seconds)))


def _voices(words: str, start: int, end: int) -> Iterator[Cue]:
    """One cue for each voice tag of a block; the block without tags is one cue."""
    parts = _VOICE.split(words)
    plain = [html.unescape(_TAG.sub("", said)).strip() for said in parts[::2]]
    if plain[0]:
        yield Cue(plain[0], "", start, end)
    for name, said in zip(parts[1::2], plain[1:], strict=True):
        yield Cue(said, html.unescape(name).strip(" /\t"), start, end)


def _grid(text: str) -> list[Cue]:
    """The intervals of a TextGrid in order of time; a tier is a speaker."""
    cues, tier = [], ""
    for m in _INTERVAL.finditer(text):
        if m["tier"] is not None:
            tier = m["tier"].replace('""', '"')
        elif m["text"].strip():
            cues.append(Cue(m["text"].replace('""', '"'), tier, _from_seconds(m["start"]), _from_seconds(m["end"])))
    return sorted(cues, key=lambda c: c.start_ms or 0)


def read_json(path: Path, options: ReadOptions) -> Any:
    """The content of a JSON file; of one with an object a line, their list.

    Raises:
        InputError: It is unreadable, no JSON or nested too deeply.
    """
    text, _ = read_text(path, options.encoding)
    try:
        lines = [text] if path.suffix.lower() != ".jsonl" else filter(str.strip, text.split("\n"))
        found = [json.loads(line) for line in lines]
        return found if path.suffix.lower() == ".jsonl" else found[0]
    except (ValueError, RecursionError) as error:
        raise InputError(path.name, "it is no JSON", "Export it again from its program.") from error


def speech(content: Any, path: Path) -> tuple[Study, list[Receipt]] | None:
    """The transcript that Whisper, a program of its family or YouTube has heard; None in other JSON.

    Raises:
        InputError: It holds no timed words, or a part of it is not what it should be.
    """
    lists = ("segments", "transcription", "events", "chunks")
    known = isinstance(content, list) and all(isinstance(s, dict) and {"text", "start"} <= {*s} for s in content or [0])
    if isinstance(content, dict):
        known = any(isinstance(content.get(key), list) for key in lists) or isinstance(content.get("text"), str)
    if not known:
        return None
    try:
        cues = list(_recognised(content if isinstance(content, Mapping) else {"segments": content}))
    except (AttributeError, TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise InputError(path.name, "it is no transcript of a known shape", "Export it as .srt or .vtt.") from error
    document = document_of_cues(cues, path)
    return Study((document,)), [Receipt(path.name, "timed pieces", len(cues), {}, oddities(document, cues))]


def _recognised(content: Mapping[str, Any]) -> Iterator[Cue]:
    if isinstance(content.get("transcription"), list):
        for piece in content["transcription"]:
            sure = sure_words(_tokens_joined(piece.get("tokens")))
            offsets = piece.get("offsets") or {}
            start, end = (int(offsets["from"]), int(offsets["to"])) if offsets else (None, None)
            voice = str(piece.get("speaker") or "")
            yield Cue(str(piece["text"]), f"Speaker {voice}" if voice.isdigit() else voice, start, end, sure)
    elif isinstance(content.get("events"), list):
        for event in content["events"]:
            words = "".join(str(part.get("utf8", "")) for part in event.get("segs") or ())
            start = int(event.get("tStartMs", 0))
            yield Cue(words, "", start, start + int(event.get("dDurationMs", 0)))
    elif isinstance(content.get("segments"), list):
        for segment in content["segments"]:
            yield from _segment(segment)
    else:
        for piece in content.get("speakers") or content.get("chunks") or [{"text": content["text"]}]:
            times = piece.get("timestamp") or (None, None)
            yield Cue(str(piece["text"]), str(piece.get("speaker") or ""), _from_seconds(times[0]), _from_seconds(times[1]))


def _segment(segment: Mapping[str, Any]) -> Iterator[Cue]:
    """A Whisper or WhisperX segment; its words may name several speakers in turn, whatever the segment says.

    A word without a speaker or a time (WhisperX cannot place "$300") goes with the word before.
    """
    words = [w for w in segment.get("words") or () if isinstance(w, dict)]
    runs: list[tuple[str, list[Mapping[str, Any]]]] = []
    for word in words:
        speaker = str(word.get("speaker") or (runs[-1][0] if runs else ""))
        if not runs or (runs[-1][0] and runs[-1][0] != speaker):
            runs.append((speaker, []))
        runs[-1] = (speaker, [*runs[-1][1], word])
    start, end = _from_seconds(segment.get("start")), _from_seconds(segment.get("end"))
    if len(runs) < 2:
        speaker = segment.get("speaker") or (runs[0][0] if runs else "")
        yield Cue(str(segment["text"]), str(speaker), start, end, sure_words(words))
        return
    texts = _apart(str(segment["text"]), [said for _, said in runs])
    for number, (speaker, said) in enumerate(runs):
        times = [t for w in said for t in (_from_seconds(w.get("start")), _from_seconds(w.get("end"))) if t is not None]
        first, last = (min(times), max(times)) if times else (None, None)
        yield Cue(texts[number], speaker, first if number else start, last if number < len(runs) - 1 else end, sure_words(said))


def _apart(text: str, runs: Sequence[Sequence[Mapping[str, Any]]]) -> list[str]:
    """A segment's text cut where the words of each run begin; joined words where they are not found in it."""
    cuts, at = [], 0
    for said in runs:
        for number, word in enumerate(str(w["word"]).strip() for w in said):
            found = text.find(word, at)
            if found < 0:
                return [" ".join(str(w["word"]).strip() for w in run) for run in runs]
            cuts += [found] if not number else []
            at = found + len(word)
    return [text[a:b].strip() for a, b in zip([0, *cuts[1:]], [*cuts[1:], len(text)], strict=True)]


def sure_words(words: Any) -> tuple[tuple[str, float], ...]:
    """Words with their confidence: `probability` (Whisper), `score` (WhisperX), `confidence` (Deepgram), `p`."""
    found = []
    for w in (w for w in (words if isinstance(words, list) else ()) if isinstance(w, dict)):
        said = next((w[key] for key in ("probability", "score", "confidence", "p") if key in w), None)
        word = w.get("punctuated_word") or w.get("word") or w.get("text")
        if word and re.fullmatch(r"[01](?:\.\d+)?|\d(?:\.\d+)?e-\d{1,3}", str(said)):
            found.append((str(word), float(str(said))))
    return tuple(found)


def _tokens_joined(tokens: Any) -> list[dict[str, Any]]:
    """whisper.cpp's tokens as words: one begins with a space, and is as sure as its least sure part."""
    words: list[dict[str, Any]] = []
    for token in tokens if isinstance(tokens, list) else ():
        text = str(token.get("text", ""))
        if text.startswith("[_") or "p" not in token:  # a mark of the program's own
            continue
        if words and not text.startswith(" "):
            words[-1] = {"word": words[-1]["word"] + text, "p": min(words[-1]["p"], token["p"])}
        else:
            words.append({"word": text, "p": token["p"]})
    return words


def _from_seconds(seconds: Any) -> int | None:
    return round(1000 * float(seconds)) if seconds is not None and math.isfinite(float(seconds)) else None


def seconds_in(value: Any) -> float | None:
    """A time as seconds or in the program's own unit: a number, ``1.5s``, ``PT1M1.5S``, ``0:01:01.5``, seconds and nanos."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        nanos = value.get("nanos") or 0
        value = value.get("relative", value.get("seconds", 0 if nanos else None))
        return None if (whole := seconds_in(value)) is None else whole + (nanos / 1e9 if isinstance(nanos, int) else 0)
    if isinstance(value, str) and (m := re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", value)):
        return sum(float(part or 0) * unit for part, unit in zip(m.groups(), (3600, 60, 1), strict=True))
    if isinstance(value, str) and re.fullmatch(CLOCK + r"\d*", value):
        return milliseconds(re.sub(r"(\.\d{3})\d+$", r"\1", value)) / 1000
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,12}(?:\.\d{1,12})?s?", value):
        value = float(value.rstrip("s"))
    return float(value) if type(value) in (int, float) and abs(value) < 1e15 else None  # also no nan


def unit_of(pieces: Iterable[tuple[str, Any, Any]]) -> float:
    """Milliseconds in the unit of when words begin and end: 1,000 for fractions, else as fast as people speak, or 0."""
    given = [(words, (first, last)) for words, first, last in pieces]
    times = [t for _, both in given for t in map(seconds_in, both) if t is not None]
    if not times or max(times) > 5e8 or min(times) < 0:  # hours of the clock, or days
        return 0
    if any(t % 1 for t in times) or any(isinstance(first, str | dict) and not str(first).isdigit() for _, (first, _) in given):
        return 1000 if max(times) < 1e6 else 0
    rate = sum(len(words.split()) for words, _ in given) / (max(times) - min(times) or 1)
    return 1000 if 0.1 <= rate <= 20 else 1 if 0.0005 <= rate < 0.02 else 0


def time_in_cell(cell: str, source: str) -> int | None:
    """Milliseconds: a whole number is milliseconds already (Whisper), one with a fraction seconds."""
    if not cell:
        return None
    if ":" in cell:
        return milliseconds(cell)
    try:
        return int(cell) if re.fullmatch(r"\d+", cell) else round(1000 * float(cell.replace(",", ".")))
    except (ValueError, OverflowError) as error:
        told = f"'{cell}' is" if re.fullmatch(r"[\d.,;+-]{1,20}", cell) else "what stands in a cell for a time is"
        raise InputError(source, f"{told} not a time", "Correct that row.") from error
